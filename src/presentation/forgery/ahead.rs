//! What a wallet makes ahead, and then answers with another credential, under another bundle, after a
//! fault. What it let out would be refused at the door, and the refusal would name its holder.

use rand::{SeedableRng, rngs::StdRng};

use super::super::prepared::Prepared;
use super::forger::*;
use crate::curve::Scalar;
use crate::presentation::{PresentError, Question};
use crate::scheme::{AccreditationKey, KeySet, Mode, at};

const SELF_CHECK: Option<PresentError> = Some(PresentError::SelfCheck);
const OUT_OF_DATE: Option<PresentError> = Some(PresentError::OutOfDate);

fn ask(lab: &Lab) -> Question {
    let bundle = &lab.holder.bundle;
    Question::new(&bundle.scheme, Mode::Poster, &bundle.policies[0], "Door")
}

/// What a wallet makes ahead.
fn made(lab: &Lab) -> Prepared {
    let mut rng = StdRng::seed_from_u64(31);
    let prepared = (lab.credential).prepare(&lab.holder, "all", at(NOW), &mut rng);
    prepared.ok().unwrap()
}

/// What comes of it with the credential and bundle of `lab`, at the second `now`.
fn answered(prepared: Prepared, lab: &Lab, now: i64) -> Option<PresentError> {
    let mut rng = StdRng::seed_from_u64(32);
    let (credential, holder) = (&lab.credential, &lab.holder);
    let answer = prepared.answer(credential, holder, &ask(lab), at(now), &mut rng);
    answer.err()
}

#[test]
fn answered_with_the_credential_of_somebody_else() {
    let (mine, mut other) = (lab(), lab());
    assert_eq!(answered(made(&mine), &mine, NOW), None);
    other.sign_again(|scalars| scalars[var::SECRET - 1] += Scalar::one());
    // The pairings were good when the points were made, and nobody looks at them again. The witness is of the
    // other, so the equations are false, and the Schnorr part alone sees it.
    assert_eq!(answered(made(&mine), &other, NOW), SELF_CHECK);
}

#[test]
fn answered_under_keys_of_the_same_number() {
    // A key set with another Γ and the number of the old one. The question hashes the digest that is at
    // hand, so the Schnorr part would be good; e(Ā_c, Γ) was looked at with the old Γ.
    let mut lab = lab();
    let ahead = made(&lab);
    let gamma = *AccreditationKey::generate(&mut lab.rng).public();
    let bundle = &mut lab.holder.bundle;
    let (old, scheme) = (&bundle.key_sets[0], &bundle.scheme);
    let keys = KeySet::new(scheme, old.number, gamma, old.date, old.table, old.registry);
    bundle.key_sets[0] = keys;
    assert_eq!(answered(ahead, &lab, NOW), OUT_OF_DATE);
}

#[test]
fn answered_in_another_accreditation_epoch() {
    // Between the two the wallet synced, so the credential is ready for the bundle. ρ·(P1' + 3·h_ep + X1') was
    // made and epoch 4 is asked. (The Schnorr part would fail, too.)
    let mut lab = lab();
    let ahead = made(&lab);
    lab.holder.bundle.epochs[0].standing.accreditation_epoch = 4;
    let scheme = &lab.holder.bundle.scheme;
    let acc = lab.accreditation.accredit(scheme, lab.clinic.public(), 4);
    lab.hold(acc.unwrap());
    assert_eq!(answered(ahead, &lab, NOW), OUT_OF_DATE);
}

#[test]
fn answered_on_another_day() {
    // δ was counted to yesterday. The epoch is the same one.
    let mut lab = lab();
    let tomorrow = NOW + 86_400;
    let bundle = &mut lab.holder.bundle;
    bundle.expires = at(tomorrow + 9);
    assert_eq!(answered(made(&lab), &lab, NOW), None);
    assert_eq!(answered(made(&lab), &lab, tomorrow), OUT_OF_DATE);
}
