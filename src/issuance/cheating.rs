//! An issuer that cheats in the response: for each check of `receive`, the one thing it catches. A
//! check left out would let an issuer tag holders by what fails later. And a guest who wants more than
//! one signature for one offer.
//!
//! Compiled under `#[cfg(test)]` only.

use rand::{SeedableRng, rngs::StdRng};

use super::offer::PendingOffer;
use super::receive::ReceiveError;
use super::request::PendingRequest;
use crate::credential::SyncError;
use crate::curve::{G1Affine, G1Projective, signed_pairing};
use crate::registry::{Registry, RegistryKey};
use crate::scheme::{
    AccreditationKey, Bundle, DateTable, Day, Epoch, HolderBundle, IssuerKey, IssuerMode, KeySet,
    Schema, Scheme, SealedAccreditations, Value, Zone,
};

const NOW: i64 = 1_624_896_240;

struct Lab {
    rng: StdRng,
    holder: HolderBundle,
    registry: Registry,
    accreditation: AccreditationKey,
    clinic: IssuerKey,
}

fn lab(known: Option<&IssuerKey>) -> Lab {
    let mut rng = StdRng::seed_from_u64(21);
    let zone = Zone::new("Europe/Moscow").unwrap();
    let mode = known.map_or(IssuerMode::Hidden, |key| IssuerMode::Known(key.public().x));
    let scheme = Scheme::new([2; 32], "lab".into(), Schema::default(), mode, zone);
    let accreditation = AccreditationKey::generate(&mut rng);
    let (table, (date, length)) = DateTable::generate(16, &mut rng).unwrap();
    let key = RegistryKey::generate(&mut rng);
    let keys = KeySet::new(
        &scheme,
        1,
        *accreditation.public(),
        date,
        length,
        *key.public(),
    );
    let registry = Registry::new(key, KeySet::first_accumulator(&scheme, 1), 1);
    let clinic = IssuerKey::generate(&mut rng);
    let accreditations = SealedAccreditations::seal(
        &scheme,
        crate::scheme::Edition {
            keys: &keys,
            version: 1,
        },
        &[],
        1,
        &mut rng,
    )
    .unwrap();
    let holder = HolderBundle {
        bundle: Bundle {
            version: 1,
            issued: NOW,
            expires: NOW + 100,
            keys,
            accreditation_epoch: 3,
            epochs: vec![Epoch {
                number: 1,
                accumulator: *registry.accumulator(),
                removals: 0,
                from: NOW,
                until: NOW + 100,
                beacon: [0; 32],
            }],
            policies: vec![],
            holder_parts: [0; 32],
            scheme,
        },
        table,
        removals: registry.log().clone(),
        reissued: Default::default(),
        accreditations,
    };
    Lab {
        rng,
        holder,
        registry,
        accreditation,
        clinic,
    }
}

impl Lab {
    fn begin(&mut self, issuer: &IssuerKey) -> (PendingOffer, PendingRequest) {
        let scheme = &self.holder.bundle.scheme;
        let date = |name| (name, Value::Date(Day(18_900)));
        let mut values = ["until", "until_strict", "birth_date"].map(date).to_vec();
        values.push(("id_hint", Value::Text("A.K.".into())));
        let kept = issuer
            .offer(scheme, &values, NOW + 9, &mut self.rng)
            .unwrap();
        let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
        let pending = kept
            .offer()
            .request(scheme, &mine, NOW, &mut self.rng)
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
        pending.receive(&self.holder, &response, NOW).map(drop)
    }
}

#[test]
fn an_honest_response_is_received() {
    let mut lab = lab(None);
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    assert_eq!(lab.end(&clinic, &kept, pending, false), Ok(()));
}

#[test]
fn attributes_or_salt_other_than_offered() {
    let mut lab = lab(None);
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
    let mut lab = lab(None);
    let other = IssuerKey::generate(&mut lab.rng);
    let cheat = lab.clinic.with_foreign_x1(&other);
    let (kept, pending) = lab.begin(&cheat);
    let received = lab.end(&cheat, &kept, pending, false);
    assert_eq!(received, Err(ReceiveError::Invalid));
}

#[test]
fn a_handle_of_another_registry() {
    let mut lab = lab(None);
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, pending) = lab.begin(&clinic);
    let received = lab.end(&clinic, &kept, pending, true);
    assert_eq!(received, Err(ReceiveError::Sync(SyncError::Mismatch)));
}

#[test]
fn another_issuer_in_a_scheme_with_one() {
    let portal = IssuerKey::generate(&mut StdRng::seed_from_u64(22));
    let mut lab = lab(Some(&portal));
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
    let mut lab = lab(None);
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
    let mut lab = lab(None);
    let clinic = IssuerKey::from_bytes(&*lab.clinic.expose_bytes()).unwrap();
    let (kept, first) = lab.begin(&clinic);
    let scheme = &lab.holder.bundle.scheme;
    let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
    let second = (kept.offer().request(scheme, &mine, NOW, &mut lab.rng)).unwrap();
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
    let one = first.receive(&lab.holder, &one, NOW).unwrap();
    let two = second.receive(&lab.holder, &two, NOW).unwrap();
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
