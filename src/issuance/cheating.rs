//! An issuer that cheats in the response: for each check of `receive`, the one thing it catches. A
//! check left out would let an issuer tag holders by what fails later. And a guest who wants more than
//! one signature for one offer.
//!
//! Compiled under `#[cfg(test)]` only.

mod renewal;

use super::draw::issuance;
use super::issue::{IssueError, Response};
use super::offer::PendingOffer;
use super::receive::ReceiveError;
use super::request::PendingRequest;
use super::seal::seal;
use crate::credential::SyncError;
use crate::curve::{
    G1Affine, G1Projective, Scalar, g1_to_bytes, hash_test_point, scalar_from_bytes,
    scalar_to_bytes, signed_pairing,
};
use crate::presentation::lab::{Lab, NOW, lab, lab_of_one_issuer};
use crate::registry::{Registry, RegistryKey};
use crate::scheme::{Day, IssuerKey, IssuerMode, KeySet, Schema, Scheme, Value, Venues, Zone, at};
use crate::sigma::Hedge;

impl Lab {
    fn begin(&mut self, issuer: &IssuerKey) -> (PendingOffer, PendingRequest) {
        let scheme = &self.holder.bundle.scheme;
        let values = [
            ("until", Value::Date(Day(18_900))),
            ("until_strict", Value::Date(Day(18_900))),
            ("birth_date", Value::Date(Day(7_000))),
            ("id_hint", Value::Text("A.K.".into())),
        ];
        let kept = issuer
            .offer(scheme, &values, at(NOW + 9), &mut self.rng)
            .unwrap();
        let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
        let pending = kept
            .offer()
            .request(scheme, &mine, at(NOW), &mut self.rng)
            .unwrap();
        (kept, pending)
    }

    /// Signs with no check of the issuer's own; the holder receives.
    fn end(
        &mut self,
        issuer: &IssuerKey,
        kept: &PendingOffer,
        pending: PendingRequest,
        foreign_handle: bool,
    ) -> Result<(), ReceiveError> {
        let scheme = &self.holder.bundle.scheme;
        let hidden = *scheme.issuer_mode() == IssuerMode::Hidden;
        let acc = self
            .accreditation
            .accredit(scheme, issuer.public(), 3)
            .unwrap();
        let handle = if foreign_handle {
            let key = RegistryKey::generate(&mut self.rng);
            let v0 = *self.registry.accumulator();
            Registry::new(key, v0, 1).draw(&mut self.rng).unwrap()
        } else {
            self.registry.draw(&mut self.rng).unwrap()
        };
        let acc = hidden.then_some(&acc);
        let response = kept
            .sign(scheme, issuer, acc, pending.request(), &handle)
            .unwrap();
        pending.receive(&self.holder, &response, at(NOW)).map(drop)
    }
}

#[test]
fn a_hint_with_a_letter_that_looks_like_another_is_not_received() {
    let mut lab = lab();
    let clinic = IssuerKey::generate(&mut lab.rng);
    let (mut kept, _) = lab.begin(&clinic);
    // Behind the back of the issuer's own check: the Cyrillic А in the place of the Latin one.
    kept.values[3] = Value::Text("\u{410}.K.".into());
    kept.offer.digest = super::offer::digest(&kept.values, &kept.salt);
    let scheme = lab.holder.bundle.scheme.clone();
    let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
    let pending = (kept.offer()).request(&scheme, &mine, at(NOW), &mut lab.rng);
    let received = lab.end(&clinic, &kept, pending.unwrap(), false);
    assert_eq!(received, Err(ReceiveError::Hint("id_hint".into())));
    // Nor does the issuer's own store hand it out.
    assert!(PendingOffer::from_bytes(&scheme, &kept.to_bytes()).is_err());
}

#[test]
fn an_honest_response_is_received() {
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    assert_eq!(lab.end(&clinic, &kept, pending, false), Ok(()));
}

#[test]
fn attributes_or_salt_other_than_offered() {
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (mut kept, pending) = lab.begin(&clinic);
    kept.values[0] = Value::Date(Day(18_901));
    let received = lab.end(&clinic, &kept, pending, false);
    assert_eq!(received, Err(ReceiveError::Invalid));
    let (mut kept, pending) = lab.begin(&clinic);
    kept.salt[0] ^= 1;
    let received = lab.end(&clinic, &kept, pending, false);
    assert_eq!(received, Err(ReceiveError::Invalid));
    // An honest issuer's store that was edited behind its back does not even load.
    let (mut kept, _) = lab.begin(&clinic);
    kept.values[0] = Value::Date(Day(18_901));
    let scheme = &lab.holder.bundle.scheme;
    assert!(PendingOffer::from_bytes(scheme, &kept.to_bytes()).is_err());
}

#[test]
fn an_x1_that_does_not_belong_to_x() {
    // Accredited under the foreign X1, so that only the link of the two is wrong.
    let mut lab = lab();
    let other = IssuerKey::generate(&mut lab.rng);
    let cheat = lab.clinic.with_foreign_x1(&other);
    let (kept, pending) = lab.begin(&cheat);
    let received = lab.end(&cheat, &kept, pending, false);
    assert_eq!(received, Err(ReceiveError::Invalid));
}

#[test]
fn a_handle_of_another_registry() {
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    let received = lab.end(&clinic, &kept, pending, true);
    assert_eq!(received, Err(ReceiveError::Sync(SyncError::Mismatch)));
}

#[test]
fn another_issuer_in_a_scheme_with_one() {
    let mut lab = lab_of_one_issuer();
    let portal = IssuerKey::from_bytes(&*lab.portal.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&portal);
    assert_eq!(lab.end(&portal, &kept, pending, false), Ok(()));
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    let received = lab.end(&clinic, &kept, pending, false);
    assert_eq!(received, Err(ReceiveError::Invalid));
}

#[test]
fn a_registration_whose_x1_is_of_another_key() {
    // A valid proof of possession for X1, and somebody else's X.
    let mut lab = lab();
    let other = IssuerKey::generate(&mut lab.rng);
    let cheat = other.with_foreign_x(&lab.clinic);
    let scheme = &lab.holder.bundle.scheme;
    assert!(other.register(scheme, &mut lab.rng).verify(scheme).is_ok());
    assert!(cheat.register(scheme, &mut lab.rng).verify(scheme).is_err());
}

#[test]
fn a_request_replayed_for_a_used_offer_and_another_one() {
    // Two signatures with the same e are linear: 2·A_1 − A_2 signs 2·B_1 − B_2, attributes 2·m_1 − m_2. With two
    // requests for one offer and one handle that is a third pass with the same dates and handle and
    // another pseudonym secret, and so on without end. e is a hash over the request, too.
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, first) = lab.begin(&clinic);
    let scheme = &lab.holder.bundle.scheme;
    let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
    let second = (kept.offer().request(scheme, &mine, at(NOW), &mut lab.rng)).unwrap();
    let acc = lab
        .accreditation
        .accredit(scheme, clinic.public(), 3)
        .unwrap();
    let handle = lab.registry.draw(&mut lab.rng).unwrap();
    let sign = |pending: &PendingRequest| {
        kept.sign(scheme, &clinic, Some(&acc), pending.request(), &handle)
            .unwrap()
    };
    // Whoever sends the same again gets the same bytes again, and learns nothing.
    assert_eq!(sign(&first), sign(&first));
    let (one, two) = (sign(&first), sign(&second));
    // Nor does an answer open for the other request.
    assert!(!first.opens(&two) && !second.opens(&one));
    let one = first.receive(&lab.holder, &one, at(NOW)).unwrap();
    let two = second.receive(&lab.holder, &two, at(NOW)).unwrap();
    assert_ne!(one.e.expose(), two.e.expose());

    let double_minus = |a: &G1Affine, b: &G1Affine| G1Projective::from(a).double() + (-b);
    let b = double_minus(one.b.expose(), two.b.expose());
    let key = clinic.public().x.into();
    let signed = |a: G1Projective, e| signed_pairing(&a.into(), &key, e, &b);
    let combined = double_minus(one.a.expose(), two.a.expose());
    assert!(!signed(combined, one.e.expose()) && !signed(combined, two.e.expose()));
    let exponent = (clinic.scalar() + one.e.expose()).invert().unwrap();
    let same_e = G1Affine::from(two.b.expose() * exponent);
    assert!(signed(
        double_minus(one.a.expose(), &same_e),
        one.e.expose()
    ));
}

/// Opens an honest response as its holder would, changes what is in it, and seals it again; the holder
/// receives.
fn resealed(change: impl FnOnce(&mut Lab, &mut [u8])) -> Result<(), ReceiveError> {
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    let scheme = &lab.holder.bundle.scheme;
    let acc = (lab.accreditation.accredit(scheme, clinic.public(), 3)).unwrap();
    let handle = lab.registry.draw(&mut lab.rng).unwrap();
    let honest = kept.sign(scheme, &clinic, Some(&acc), pending.request(), &handle);
    let Response { draw, sealed } = honest.unwrap();
    let context = issuance(&pending.offer, &pending.request.to_bytes(), &draw);
    let mut plain = pending.key.open(&sealed, &context).unwrap();
    change(&mut lab, &mut plain);
    let mut rng = Hedge::derived("test").finish();
    let sealed = seal(&pending.request.key, &plain, &context, &mut rng).unwrap();
    pending
        .receive(&lab.holder, &Response { draw, sealed }, at(NOW))
        .map(drop)
}

/// Where something of this length is whose end is so far from the end of the envelope's contents:
/// … k ‖ A ‖ e ‖ handle (88) ‖ X1 (48) ‖ flag (1) ‖ accreditation (84).
fn place(plain: &mut [u8], length: usize, to_the_end: usize) -> &mut [u8] {
    let end = plain.len() - to_the_end;
    &mut plain[end - length..end]
}

const AFTER_HANDLE: usize = 48 + 1 + 84;
const AFTER_E: usize = AFTER_HANDLE + 88;
const AFTER_A: usize = AFTER_E + 32;
const AFTER_K: usize = AFTER_A + 48;

fn add_one(scalar: &mut [u8]) {
    let old: [u8; 32] = scalar.to_vec().try_into().unwrap();
    let new = scalar_from_bytes(&old).unwrap() + Scalar::one();
    scalar.copy_from_slice(&scalar_to_bytes(&new));
}

#[test]
fn a_signature_that_is_not_one() {
    // e(A, X + e·g2) = e(B, g2) alone knows: digest, X1, accreditation and witness are good. The holder would
    // store a pass that no door takes, and whose wallet refuses to show it.
    let invalid = Err(ReceiveError::Invalid);
    assert_eq!(resealed(|_, _| {}), Ok(()));
    // Another A.
    let other = g1_to_bytes(&hash_test_point(b"A"));
    let received = resealed(|_, plain| place(plain, 48, AFTER_A).copy_from_slice(&other));
    assert_eq!(received, invalid);
    // Another e: A·(x + e) = B holds for one e only.
    let received = resealed(|_, plain| add_one(place(plain, 32, AFTER_E)));
    assert_eq!(received, invalid);
    // Another k: m_0 = m_0' + k, so B is off by H_0.
    let received = resealed(|_, plain| add_one(place(plain, 32, AFTER_K)));
    assert_eq!(received, invalid);
    // Another handle of the same registry, with its own good witness: B is off by (y − y')·H_1.
    let received = resealed(|lab, plain| {
        let other = lab.registry.draw(&mut lab.rng).unwrap();
        place(plain, 88, AFTER_HANDLE).copy_from_slice(&other.expose_bytes());
    });
    assert_eq!(received, invalid);
}

/// Another scheme with the same schema.
fn elsewhere() -> Scheme {
    let zone = Zone::new("Europe/Moscow").unwrap();
    let schema = Schema::default();
    Scheme::new(
        [3; 32],
        "lab".into(),
        schema,
        IssuerMode::Hidden,
        zone,
        Venues::Open,
    )
    .unwrap()
}

#[test]
fn an_offer_for_one_scheme_signed_for_another() {
    // The request says nothing of the scheme but through the offer's id, and its proof is over bases that all
    // schemes share: P1 + domain·Q1 comes in when B is made. So only the offer's scheme tells.
    let mut lab = lab();
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    let (request, other) = (pending.request(), elsewhere());
    let checked = |scheme, request| {
        let again = PendingOffer::from_bytes(&lab.holder.bundle.scheme, &kept.to_bytes()).unwrap();
        again.check(scheme, &clinic, request, at(NOW)).err()
    };
    assert_eq!(checked(&lab.holder.bundle.scheme, request), None);
    assert_eq!(checked(&other, request), Some(IssueError::OtherOffer));
    // The proof is over the id of the offer at hand: the name in the request is compared, or there would be
    // two requests with one proof.
    let mut renamed = request.clone();
    renamed.offer[0] ^= 1;
    let refused = Some(IssueError::Request);
    assert_eq!(checked(&lab.holder.bundle.scheme, &renamed), refused);

    // An issuer that signs all the same, for a wallet that received with the other scheme's bundle.
    for (changed, expected) in [(false, Err(ReceiveError::Invalid)), (true, Ok(()))] {
        let mut lab = self::lab();
        let (mut kept, mut pending) = lab.begin(&clinic);
        let (bundle, scheme) = (&mut lab.holder.bundle, elsewhere());
        let old = &bundle.key_sets[0];
        bundle.key_sets[0] = KeySet::new(
            &scheme,
            1,
            old.accreditation,
            old.date,
            old.table,
            old.registry,
        );
        bundle.scheme = scheme;
        if changed {
            kept.offer.scheme_id = *other.id();
            pending.offer.scheme_id = *other.id();
        }
        assert_eq!(lab.end(&clinic, &kept, pending, false), expected);
    }
}
