//! An issuer that cheats when it renews, and a guest who wants more than the same pass with other dates.

use super::super::issue::{IssueError, Response};
use super::super::offer::{OfferError, PendingOffer, digest};
use super::super::receive::ReceiveError;
use super::super::renew::CheckedRenewal;
use super::super::renewal::{PendingRenewal, RenewalRequest};
use super::super::request::RequestError;
use super::super::seal::seal;
use super::{add_one, place};
use crate::credential::{Credential, SyncError};
use crate::curve::{G1Affine, G1Projective, g1_to_bytes, hash_test_point, signed_pairing};
use crate::presentation::lab::{Lab, NOW, lab, lab_of_one_issuer};
use crate::scheme::{
    Accreditation, Bundle, Day, IssuerKey, Policy, RenewalPolicy, UnixTime, Value, at,
};
use crate::sigma::Hedge;

const HOUR: i64 = 3600;

/// The day to which the lab's passes are renewed.
const UNTIL: Day = Day(18_900);

fn again(key: &IssuerKey) -> IssuerKey {
    IssuerKey::from_bytes(&*key.expose_bytes()).unwrap()
}

impl Lab {
    fn renewal(&mut self, issuer: &IssuerKey) -> (PendingOffer, PendingRenewal) {
        let values = ["until", "until_strict"].map(|name| (name, Value::Date(UNTIL)));
        let bundle = &self.holder.bundle;
        let moments = (at(NOW), at(NOW + HOUR));
        let kept = issuer.offer_renewal(bundle, "renewal", &values, moments, &mut self.rng);
        let kept = kept.unwrap();
        let answered = (kept.offer()).renew(&self.holder, &self.credential, at(NOW), &mut self.rng);
        (kept, answered.unwrap())
    }

    /// Signs what an issuer was patched to sign: no check of its own.
    fn sign_renewal(
        &self,
        issuer: &IssuerKey,
        kept: &PendingOffer,
        pending: &PendingRenewal,
    ) -> Response {
        let bundle = &self.holder.bundle;
        let acc = self
            .accreditation
            .accredit(bundle.scheme(), issuer.public(), 3);
        let hidden = bundle.scheme().known_issuer().is_none();
        let checked = CheckedRenewal::unchecked(kept, bundle, issuer, pending.request());
        checked.sign(hidden.then_some(&acc.unwrap())).unwrap()
    }

    fn end_renewal(
        &self,
        issuer: &IssuerKey,
        kept: &PendingOffer,
        pending: PendingRenewal,
    ) -> Result<Credential, ReceiveError> {
        let response = self.sign_renewal(issuer, kept, &pending);
        pending.receive(&self.credential, &self.holder, &response, at(NOW))
    }
}

/// What a test compares of a result, since no pass is printed.
fn why(received: Result<Credential, ReceiveError>) -> Option<ReceiveError> {
    received.err()
}

#[test]
fn an_honest_renewal_keeps_secret_handle_and_whatever_is_carried() {
    let mut lab = lab();
    // Another issuer than that of the old pass.
    let portal = again(&lab.portal);
    let (kept, pending) = lab.renewal(&portal);
    let renewed = lab.end_renewal(&portal, &kept, pending).ok().unwrap();
    let (old, new) = (lab.credential.scalars.expose(), renewed.scalars.expose());
    for index in [0, 1, 4, 5, 6, 7] {
        assert_eq!(old[index], new[index], "{index}");
    }
    assert_eq!(
        renewed.values[2..4],
        [Some(Value::Date(UNTIL)), Some(Value::Date(UNTIL))]
    );
    assert_ne!(lab.credential.s.expose(), renewed.s.expose());
    // And can be renewed again.
    lab.credential = renewed;
    let clinic = again(&lab.clinic);
    let (kept, pending) = lab.renewal(&clinic);
    assert!(lab.end_renewal(&clinic, &kept, pending).is_ok());
}

#[test]
fn new_dates_or_a_salt_other_than_offered() {
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (mut kept, pending) = lab.renewal(&clinic);
    kept.values[0] = Value::Date(UNTIL.plus(1).unwrap());
    let received = lab.end_renewal(&clinic, &kept, pending);
    assert_eq!(why(received), Some(ReceiveError::Invalid));
    let (mut kept, pending) = lab.renewal(&clinic);
    kept.salt[0] ^= 1;
    let received = lab.end_renewal(&clinic, &kept, pending);
    assert_eq!(why(received), Some(ReceiveError::Invalid));
    // Nor does a store that was edited behind the issuer's back load.
    let (mut kept, _) = lab.renewal(&clinic);
    kept.values[0] = Value::Date(UNTIL.plus(1).unwrap());
    assert!(PendingOffer::from_bytes(&lab.holder.bundle.scheme, &kept.to_bytes()).is_err());
    let (mut kept, _) = lab.renewal(&clinic);
    let other = RenewalPolicy::new(
        8,
        "other".into(),
        2,
        None,
        kept.renewal().unwrap().anew().to_vec(),
    );
    kept.renewal = Some(other);
    assert!(PendingOffer::from_bytes(&lab.holder.bundle.scheme, &kept.to_bytes()).is_err());
}

#[test]
fn dates_past_the_limit_or_the_table_or_before_the_first_day() {
    // The issuer offers what its own program would not, and signs it.
    let received = |day: Day, change: fn(&mut Policy)| {
        let mut lab = lab();
        change(&mut lab.holder.bundle.policies[0]);
        let clinic = again(&lab.clinic);
        let (mut kept, _) = lab.renewal(&clinic);
        kept.values[0] = Value::Date(day);
        kept.offer.digest = digest(&kept.values, &kept.salt);
        let answered = (kept.offer()).renew(&lab.holder, &lab.credential, at(NOW), &mut lab.rng);
        why(lab.end_renewal(&clinic, &kept, answered.unwrap()))
    };
    // NOW is on day 18,806; the limit is 400 days, the table has 128.
    assert_eq!(received(Day(18_806 + 100), |_| {}), None);
    let past = Some(ReceiveError::PastLimit);
    assert_eq!(received(Day(18_806 + 401), |_| {}), past);
    let ahead = Some(ReceiveError::TooFarAhead);
    assert_eq!(received(Day(18_806 + 128), |_| {}), ahead);
    // The carried first day, 2021-06-14 in the lab, and the new end: what was good alone is too long together.
    // Here the first day is the birth date, long ago.
    let long = received(Day(18_806 + 100), |policy| {
        policy.minimum_age = None;
        policy.from = Some(6);
    });
    assert_eq!(long, Some(ReceiveError::TooLong));
}

#[test]
fn an_x1_or_an_issuer_that_is_not_the_offers() {
    let mut lab = lab();
    let other = IssuerKey::generate(&mut lab.rng);
    let cheat = lab.clinic.with_foreign_x1(&other);
    let (kept, pending) = lab.renewal(&cheat);
    let received = lab.end_renewal(&cheat, &kept, pending);
    assert_eq!(why(received), Some(ReceiveError::Invalid));

    let mut known = lab_of_one_issuer();
    let portal = again(&known.portal);
    let (kept, pending) = known.renewal(&portal);
    assert!(known.end_renewal(&portal, &kept, pending).is_ok());
    let clinic = again(&known.clinic);
    let (kept, pending) = known.renewal(&clinic);
    let received = known.end_renewal(&clinic, &kept, pending);
    assert_eq!(why(received), Some(ReceiveError::Invalid));
}

/// Opens an honest response as its holder would, changes what is in it, and seals it again.
fn resealed(change: impl FnOnce(&mut Lab, &mut [u8])) -> Option<ReceiveError> {
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (kept, pending) = lab.renewal(&clinic);
    let Response { draw, sealed } = lab.sign_renewal(&clinic, &kept, &pending);
    let request = pending.request.to_bytes();
    let context = super::issuance(&pending.offer, &request, &draw);
    let mut plain = pending.key.open(&sealed, &context).unwrap();
    change(&mut lab, &mut plain);
    let mut rng = Hedge::derived("test").finish();
    let sealed = seal(&pending.request.key, &plain, &context, &mut rng).unwrap();
    let response = Response { draw, sealed };
    why(pending.receive(&lab.credential, &lab.holder, &response, at(NOW)))
}

/// … A ‖ e ‖ X1 (48) ‖ flag (1) ‖ accreditation (84).
const AFTER_E: usize = 48 + 1 + 84;
const AFTER_A: usize = AFTER_E + 32;

#[test]
fn a_renewed_signature_that_is_not_one() {
    assert_eq!(resealed(|_, _| {}), None);
    let other = g1_to_bytes(&hash_test_point(b"A"));
    let received = resealed(|_, plain| place(plain, 48, AFTER_A).copy_from_slice(&other));
    assert_eq!(received, Some(ReceiveError::Invalid));
    let received = resealed(|_, plain| add_one(place(plain, 32, AFTER_E)));
    assert_eq!(received, Some(ReceiveError::Invalid));
    // An accreditation of somebody else's.
    let received = resealed(|lab, plain| {
        let scheme = &lab.holder.bundle.scheme;
        let other: Accreditation =
            (lab.accreditation.accredit(scheme, lab.portal.public(), 3)).unwrap();
        let bytes = other.to_bytes();
        place(plain, 84, 0).copy_from_slice(&bytes);
    });
    assert_eq!(received, Some(ReceiveError::OldAccreditation));
}

#[test]
fn a_response_received_with_another_pass_or_for_one_that_was_removed() {
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (kept, pending) = lab.renewal(&clinic);
    let response = lab.sign_renewal(&clinic, &kept, &pending);
    let bytes = pending.expose_bytes();
    let reread = |lab: &Lab| PendingRenewal::from_bytes(&lab.holder.bundle.scheme, &bytes).unwrap();
    // A pass with another secret, signed by the same clinic: the request does not renew it.
    let mut other = super::lab();
    other.sign_again(|scalars| scalars[0] += crate::curve::Scalar::one());
    assert!(!pending.renews(&lab.holder.bundle.scheme, &other.credential));
    let received = reread(&lab).receive(&other.credential, &lab.holder, &response, at(NOW));
    assert_eq!(why(received), Some(ReceiveError::Invalid));
    // Removed in the meantime: there are no witnesses, and the new pass gets none.
    lab.credential.witnesses.clear();
    let received = reread(&lab).receive(&lab.credential, &lab.holder, &response, at(NOW));
    assert!(matches!(
        why(received),
        Some(ReceiveError::Sync(SyncError::Witness(_)))
    ));
}

#[test]
fn a_first_offer_answered_as_a_renewal_and_the_reverse() {
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (renewal, proof) = lab.renewal(&clinic);
    let (first, request) = lab.begin(&clinic);
    let (scheme, rng) = (lab.holder.bundle.scheme.clone(), &mut lab.rng);
    let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
    let answered = renewal.offer().request(&scheme, &mine, at(NOW), rng);
    assert_eq!(
        answered.err(),
        Some(RequestError::OtherKind { renews: true })
    );
    let answered = first
        .offer()
        .renew(&lab.holder, &lab.credential, at(NOW), rng);
    assert_eq!(
        answered.err(),
        Some(RequestError::OtherKind { renews: false })
    );
    // A wallet that does it all the same. An issuer that took a first request for a renewal would sign two dates
    // and leave the rest to the guest: a hint, a birth date and a handle that nobody set.
    let bundle = &lab.holder.bundle;
    let mut patched = renewal.offer().clone();
    patched.renewal = 0;
    let forged = patched.request(&scheme, &mine, at(NOW), rng).unwrap();
    let mut forged = forged.request().clone();
    forged.offer = renewal.offer().id();
    let checked = renewal.check(&scheme, &clinic, &forged, at(NOW));
    assert_eq!(checked.err(), Some(IssueError::OtherKind { renews: true }));
    let checked = first.check_renewal(bundle, &clinic, proof.request(), at(NOW));
    assert_eq!(checked.err(), Some(IssueError::OtherKind { renews: false }));
    drop(request);
}

#[test]
fn what_an_issuer_refuses_to_renew() {
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (kept, pending) = lab.renewal(&clinic);
    let bytes = kept.to_bytes();
    let bundle = &lab.holder.bundle;
    let check = |bundle: &Bundle, key: &IssuerKey, request: &RenewalRequest, now: UnixTime| {
        let kept = PendingOffer::from_bytes(&lab.holder.bundle.scheme, &bytes).unwrap();
        kept.check_renewal(bundle, key, request, now).err()
    };
    let request = pending.request();
    assert_eq!(check(bundle, &clinic, request, at(NOW)), None);
    assert_eq!(
        check(bundle, &lab.portal, request, at(NOW)),
        Some(IssueError::OtherOffer)
    );
    let late = check(bundle, &clinic, request, at(NOW + HOUR));
    assert_eq!(late, Some(IssueError::Expired));
    let mut renamed = request.clone();
    renamed.offer[0] ^= 1;
    assert_eq!(
        check(bundle, &clinic, &renamed, at(NOW)),
        Some(IssueError::Request)
    );
    let mut cut = request.clone();
    cut.proof.pop();
    assert_eq!(
        check(bundle, &clinic, &cut, at(NOW)),
        Some(IssueError::NotProven)
    );
    // The policy is gone, or another one: then a limit, or what is carried, could be.
    let mut other = bundle.clone();
    other.renewals.clear();
    assert_eq!(
        check(&other, &clinic, request, at(NOW)),
        Some(IssueError::UnknownRenewal)
    );
    let fewer = bundle.renewals[0].anew()[..1].to_vec();
    other.renewals = vec![RenewalPolicy::new(9, "renewal".into(), 2, None, fewer)];
    assert_eq!(
        check(&other, &clinic, request, at(NOW)),
        Some(IssueError::UnknownRenewal)
    );
    let mut over = bundle.clone();
    over.expires = at(NOW);
    assert!(matches!(
        check(&over, &clinic, request, at(NOW)),
        Some(IssueError::Clock(_))
    ));
    // Too far ahead: not offered.
    let values = ["until", "until_strict"].map(|name| (name, Value::Date(Day(18_806 + 401))));
    let moments = (at(NOW), at(NOW + HOUR));
    let offered = clinic.offer_renewal(
        bundle,
        "renewal",
        &values,
        moments,
        &mut crate::sigma::Hedge::derived("x").finish(),
    );
    assert_eq!(
        offered.err(),
        Some(OfferError::TooFarAhead("until".into(), 400))
    );
}

#[test]
fn two_answers_to_one_offer() {
    // As for a first pass: two signatures with one e would be linear. e is a hash over C and the question.
    let mut lab = lab();
    let clinic = again(&lab.clinic);
    let (kept, first) = lab.renewal(&clinic);
    let second = (kept.offer()).renew(&lab.holder, &lab.credential, at(NOW), &mut lab.rng);
    let second = second.unwrap();
    let [one, two] = [&first, &second].map(|pending| lab.sign_renewal(&clinic, &kept, pending));
    assert_eq!(one, lab.sign_renewal(&clinic, &kept, &first));
    assert!(!first.opens(&two) && !second.opens(&one));
    let receive = |pending: PendingRenewal, response| {
        pending
            .receive(&lab.credential, &lab.holder, response, at(NOW))
            .ok()
            .unwrap()
    };
    let (one, two) = (receive(first, &one), receive(second, &two));
    assert_ne!(one.e.expose(), two.e.expose());
    let double_minus = |a: &G1Affine, b: &G1Affine| G1Projective::from(a).double() + (-b);
    let b = double_minus(one.b.expose(), two.b.expose());
    let key = clinic.public().x.into();
    let combined = double_minus(one.a.expose(), two.a.expose());
    for e in [one.e.expose(), two.e.expose()] {
        assert!(!signed_pairing(&combined.into(), &key, e, &b));
    }
}
