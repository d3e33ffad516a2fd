//! What a wallet makes ahead, and then answers with another credential, under another bundle, after a
//! fault. What it let out would be refused at the door, and the refusal would name its holder.

use rand::{SeedableRng, rngs::StdRng};

use super::super::committed::{Committed, Spoiled};
use super::super::prepared::Prepared;
use super::forger::*;
use crate::curve::Scalar;
use crate::presentation::{Ask, PresentError};
use crate::scheme::{AccreditationKey, Day, KeySet, Mode, at};

const SELF_CHECK: Option<PresentError> = Some(PresentError::SelfCheck);
const OUT_OF_DATE: Option<PresentError> = Some(PresentError::OutOfDate);

fn ask(lab: &Lab) -> Ask {
    Ask::new(&lab.holder.bundle.scheme, Mode::Poster, "all", "Door")
}

/// The two things that a wallet makes ahead.
fn made(lab: &Lab) -> (Prepared, Committed) {
    let mut rng = StdRng::seed_from_u64(31);
    let mut prepare = || {
        let prepared = (lab.credential).prepare(&lab.holder, "all", at(NOW), &mut rng);
        prepared.ok().unwrap()
    };
    let (one, two) = (prepare(), prepare());
    let two = two.commit(&lab.credential, &lab.holder, &mut rng);
    (one, two.ok().unwrap())
}

/// What comes of them with the credential and bundle of `lab`, at the second `now`.
fn answered(
    (prepared, committed): (Prepared, Committed),
    lab: &Lab,
    now: i64,
) -> [Option<PresentError>; 2] {
    let mut rng = StdRng::seed_from_u64(32);
    let (credential, holder, ask) = (&lab.credential, &lab.holder, ask(lab));
    let one = prepared.answer(credential, holder, &ask, at(now), &mut rng);
    let two = committed.answer(credential, holder, &ask, at(now));
    [one.err(), two.err()]
}

#[test]
fn answered_with_the_credential_of_somebody_else() {
    let (mine, mut other) = (lab(), lab());
    assert_eq!(answered(made(&mine), &mine, NOW), [None, None]);
    other.sign_again(|scalars| scalars[var::SECRET - 1] += Scalar::one());
    // The pairings were good when the points were made, and nobody looks at them again. Prepared: w is of the
    // other, so the equations are false, and the Schnorr part alone sees it. Committed: w and the points
    // are of one credential, and the seal holds. Only the pseudonym, made late, is m_0'·OP, and the
    // response for m_0 does not answer T under it.
    let both_refuse = [SELF_CHECK, SELF_CHECK];
    assert_eq!(answered(made(&mine), &other, NOW), both_refuse);
    // Committing with the other's w: the rehearsal is k + c·w against T = Σ ℓ(k)·G and these points. The seal
    // is made of the same wrong w and would hold.
    let (prepared, _) = made(&mine);
    let mut rng = StdRng::seed_from_u64(33);
    let committed = prepared.commit(&other.credential, &other.holder, &mut rng);
    assert_eq!(committed.err(), SELF_CHECK);
}

#[test]
fn answered_under_keys_of_the_same_number() {
    // A key set with another Γ and the number of the old one. The question hashes the digest that is at
    // hand, so the Schnorr part would be good; e(Ā_c, Γ) was looked at with the old Γ.
    let mut lab = lab();
    let ahead = made(&lab);
    let gamma = *AccreditationKey::generate(&mut lab.rng).public();
    let bundle = &mut lab.holder.bundle;
    let (old, scheme) = (&bundle.keys, &bundle.scheme);
    bundle.keys = KeySet::new(scheme, old.number, gamma, old.date, old.table, old.registry);
    assert_eq!(answered(ahead, &lab, NOW), [OUT_OF_DATE, OUT_OF_DATE]);
}

#[test]
fn answered_in_another_accreditation_epoch() {
    // Between the two the wallet synced, so the credential is ready for the bundle. ρ·(P1' + 3·h_ep + X1') was
    // committed to and epoch 4 is asked: the answer of a Committed is not looked at again but for the
    // pseudonym. (That of a Prepared would fail its Schnorr part.)
    let mut lab = lab();
    let ahead = made(&lab);
    lab.holder.bundle.accreditation_epoch = 4;
    let scheme = &lab.holder.bundle.scheme;
    let acc = lab.accreditation.accredit(scheme, lab.clinic.public(), 4);
    lab.credential.accreditation = Some(acc.unwrap());
    assert_eq!(answered(ahead, &lab, NOW), [OUT_OF_DATE, OUT_OF_DATE]);
}

#[test]
fn answered_on_another_day() {
    // δ was counted to yesterday, and v·R − δ·W committed to. The epoch is the same one.
    let mut lab = lab();
    let tomorrow = NOW + 86_400;
    let bundle = &mut lab.holder.bundle;
    bundle.epochs[0].until = at(tomorrow + 9);
    bundle.expires = at(tomorrow + 9);
    assert_eq!(answered(made(&lab), &lab, NOW), [None, None]);
    assert_eq!(
        answered(made(&lab), &lab, tomorrow),
        [OUT_OF_DATE, OUT_OF_DATE]
    );
}

#[test]
fn a_fault_in_a_disclosed_date() {
    // What is disclosed has no response, so the seal does not know it; the door compares it.
    let mut lab = lab();
    lab.holder.bundle.policies[0].disclose = vec![2];
    let today = lab.question().day;
    for (spoiled, refused) in [
        (Spoiled::Nothing, None),
        (Spoiled::Disclosed(Day(today.0 - 1)), SELF_CHECK),
    ] {
        let (_, committed) = made(&lab);
        let committed = committed.spoil(spoiled);
        let answer = committed.answer(&lab.credential, &lab.holder, &ask(&lab), at(NOW));
        assert_eq!(answer.err(), refused);
    }
}
