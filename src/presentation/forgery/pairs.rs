//! Pairs (S̄, B̄) that the key did not sign, and what the trapdoors would give.

use super::forger::*;
use crate::curve::{Field, Scalar, hash_test_point, scalar_from_bytes};
use crate::presentation::Verdict;
use crate::scheme::{
    Accreditation, AccreditationKey, DateTable, IssuerKey, IssuerMode, Scheme, Value, Venues, bases,
};
use crate::secret::Secret;

#[test]
fn the_honest_pass_is_green() {
    let lab = lab();
    assert_eq!(lab.as_it_is(), GREEN);
    let (found, body) = lab.forge(&lab.honest());
    assert_eq!(found, GREEN);
    assert!(matches!(lab.door(&body), Verdict::Accepted(_)));
}

#[test]
fn a_signature_that_nobody_made() {
    // e(Ā, X') = e(B̄, g2) alone knows that A is not a signature.
    let mut lab = lab();
    lab.credential.a = Secret::new(hash_test_point(b"A"));
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn attributes_that_nobody_signed() {
    // A later date under an honest signature: B does not fit A.
    let mut lab = lab();
    let mut scalars = lab.credential.scalars.expose().clone();
    scalars[2] = day(2021, 8, 1).to_scalar();
    lab.credential.values[2] = Some(Value::Date(day(2021, 8, 1)));
    let scheme = &lab.holder.bundle.scheme;
    let b = crate::credential::point_b(scheme, lab.credential.s.expose(), &scalars);
    lab.credential.scalars = Secret::new(scalars);
    let signed_b = std::mem::replace(&mut lab.credential.b, Secret::new(b));
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
    // With the B that was signed, the pairings hold and the opening does not.
    lab.credential.b = signed_b;
    assert_eq!(lab.as_it_is(), ONLY_SCHNORR_REFUSES);
}

#[test]
fn an_issuer_whose_x1_belongs_to_an_accredited_stranger() {
    // A rogue issuer signs with its own x but shows the clinic's X1 and accreditation:
    // e(h, X') = e(X1', g2) alone ties the two together.
    let mut lab = lab();
    let rogue = IssuerKey::generate(&mut lab.rng);
    let e = *lab.credential.e.expose();
    let exponent = (rogue.scalar() + e).invert().unwrap();
    let a = *lab.credential.b.expose() * exponent;
    lab.credential.a = Secret::new(a.into());
    lab.credential.issuer.x = rogue.public().x;
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn an_issuer_that_nobody_accredited() {
    // e(Ā_c, Γ) = e(B̄_c, g2) alone knows.
    let mut lab = lab();
    let self_made = AccreditationKey::generate(&mut lab.rng);
    let scheme = &lab.holder.bundle.scheme;
    let acc = self_made.accredit(scheme, lab.clinic.public(), 3).unwrap();
    lab.hold(acc);
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn an_accreditation_for_another_epoch_or_issuer() {
    let mut lab = lab();
    let scheme = &lab.holder.bundle.scheme;
    let mut old = lab
        .accreditation
        .accredit(scheme, lab.clinic.public(), 2)
        .unwrap();
    old.epoch = 3;
    let other = IssuerKey::generate(&mut lab.rng);
    let others = lab
        .accreditation
        .accredit(scheme, other.public(), 3)
        .unwrap();
    for acc in [old, others] {
        lab.hold(acc);
        assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
    }
}

#[test]
fn an_accreditation_of_another_scheme_under_the_same_key() {
    // An authority that uses one γ for two schemes: P1' is hashed with the scheme, so what it accredited for one
    // is nothing in the other.
    let mut lab = lab();
    let here = &lab.holder.bundle.scheme;
    let other = Scheme::new(
        [9; 32],
        here.name().into(),
        here.schema().clone(),
        IssuerMode::Hidden,
        here.zone().clone(),
        Venues::Open,
    )
    .unwrap();
    let elsewhere = (lab.accreditation).accredit(&other, lab.clinic.public(), 3);
    lab.hold(elsewhere.unwrap());
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn a_date_that_the_table_does_not_have() {
    // The forger's own entry for δ: R/(x + δ) under a key of its own.
    let mut lab = lab();
    let (own, _) = DateTable::generate(128, &mut lab.rng).unwrap();
    let delta = 12;
    let entry = own.entry(12).unwrap();
    let table = lab.table().forged(delta, entry);
    let found = lab.show(&table, lab.witness());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
    // The same for the first day, 14 days ago.
    let table = lab.table().forged(14, own.entry(14).unwrap());
    let found = lab.show(&table, lab.witness());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
    // And for each digit of an age: 1274 days are 9·128 + 122.
    for digit in [9, 122] {
        let entry = own.entry(u32::try_from(digit).unwrap()).unwrap();
        let table = lab.table().forged(digit, entry);
        let found = lab.show(&table, lab.witness());
        assert_eq!(found, ONLY_PAIRINGS_REFUSE);
    }
    // A true entry of another day does not help either: the difference is not free.
    let table = (lab.table()).forged(delta, lab.table().entry(40).unwrap());
    let found = lab.show(&table, lab.witness());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
}

#[test]
fn a_witness_of_somebody_else_or_of_another_accumulator() {
    let mut lab = lab();
    let other = lab.registry.draw(&mut lab.rng).unwrap();
    let table = lab.table().clone();
    assert_eq!(lab.show(&table, *other.0.point()), ONLY_PAIRINGS_REFUSE);
    let made_up = hash_test_point(b"C");
    assert_eq!(lab.show(&table, made_up), ONLY_PAIRINGS_REFUSE);
}

/// The authority's γ.
fn gamma(lab: &Lab) -> Scalar {
    scalar_from_bytes(&lab.accreditation.expose_bytes()).unwrap()
}

#[test]
fn two_accreditations_with_one_exponent_would_give_those_of_any_epoch() {
    // Acc_i = B_i/(γ + a) with the same a: λ·Acc_2 + (1 − λ)·Acc_1 is one for λ·B_2 + (1 − λ)·B_1. With the
    // bases P1' + 2·h_ep + X1 and P1' + h_ep + X1 of two old epochs, λ = 2 gives P1' + 3·h_ep + X1, for the
    // epoch in force. So a is a hash of γ, scheme, epoch and key, and a restored backup repeats it
    // only for the very same base.
    let mut lab = lab();
    let gamma = gamma(&lab);
    let (scheme, clinic) = (&lab.holder.bundle.scheme, lab.clinic.public());
    let a = Scalar::from(77);
    let p1 = lab.holder.bundle.key_sets[0].prepared().accreditation_p1;
    let under_a =
        |epoch| Accreditation::base_vartime(&p1, epoch, &clinic.x1) * (gamma + a).invert().unwrap();
    let forged = Accreditation {
        point: (under_a(2).double() - under_a(1)).into(),
        exponent: a,
        epoch: 3,
    };
    let honest: Vec<_> = (1..=3)
        .map(|epoch| lab.accreditation.accredit(scheme, clinic, epoch).unwrap())
        .collect();
    let mut combined = honest[1];
    combined.point = (honest[1].point * Scalar::from(2) - honest[0].point * Scalar::ONE).into();
    combined.epoch = 3;
    let again = lab.accreditation.accredit(scheme, clinic, 3).unwrap();
    assert_eq!(again, honest[2], "the same base gives the same exponent");
    let other = IssuerKey::generate(&mut lab.rng);
    let others = lab
        .accreditation
        .accredit(scheme, other.public(), 3)
        .unwrap();
    let mut exponents: Vec<_> = honest.iter().map(|acc| acc.exponent.to_bytes()).collect();
    exponents.push(others.exponent.to_bytes());
    exponents.sort_unstable();
    exponents.dedup();
    assert_eq!(exponents.len(), 4, "another base gives another");

    lab.hold(forged);
    assert_eq!(lab.as_it_is(), GREEN, "the forgery that a repeated a is");
    lab.hold(combined);
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn without_any_accreditation_by_way_of_rho_zero() {
    // ρ = 0 leaves B̄_c = −σ·h − a·Ā_c, so the pairing asks for Ā_c = −σ·h/(γ + a), whatever X' is. That
    // no h/(γ + a) can be had is what stands against it: with γ anybody makes one.
    let lab = lab();
    let a = Scalar::from(5);
    let exponent = (gamma(&lab) + a).invert().unwrap();
    let h = *bases().acc_issuer.point();
    let stranger = hash_test_point(b"Acc");
    for (point, expected) in [
        (h * exponent, GREEN),
        (stranger.into(), ONLY_PAIRINGS_REFUSE),
    ] {
        let mut parts = lab.honest();
        let [a_bar, b_bar] = point::ACCREDITATION;
        let sent = -point;
        parts.points[a_bar] = sent.into();
        parts.points[b_bar] = (-(h * Scalar::ONE) - sent * a).into();
        parts.witness[var::RHO] = Scalar::ZERO;
        parts.witness[var::SIGMA] = Scalar::ONE;
        parts.witness[var::A] = a;
        assert_eq!(lab.forge(&parts).0, expected);
    }
}

#[test]
fn differences_that_no_table_has() {
    // A pass that ended yesterday has δ = −1, somebody too young δ = −1 or d1 = −1: the equations do not
    // mind, only no table entry R/(x_t − 1) exists. The forger sends the nearest that do. The clinic did
    // sign that the pass ended yesterday.
    let mut lab = lab();
    let today = lab.question().day.to_scalar();
    lab.sign_again(|scalars| scalars[2] = today - Scalar::ONE);
    let lab = lab;
    let v = Scalar::from(9);
    let r = *bases().date.point();
    let near = |lab: &Lab, entry: u32, delta: Scalar| {
        let w = lab.table().entry(entry).unwrap() * v;
        [w.into(), (r * v - w * delta).into()]
    };
    let minus_one = -Scalar::ONE;
    let put = |parts: &mut Parts, places: [usize; 2], points: [crate::curve::G1Affine; 2]| {
        for (place, point) in places.into_iter().zip(points) {
            parts.points[place] = point;
        }
    };
    for entry in [0, 127] {
        let mut parts = lab.honest();
        parts.witness[var::V_UNTIL] = v;
        put(&mut parts, point::UNTIL, near(&lab, entry, minus_one));
        assert_eq!(lab.forge(&parts).0, ONLY_PAIRINGS_REFUSE);
    }

    // Old enough only tomorrow: δ = −1 = (u − 1) − u. The low digit is a good one, the high digit is −1.
    let mut lab = self::lab();
    lab.sign_again(|scalars| scalars[6] = day(2003, 6, 29).to_scalar());
    for entry in [0, 127] {
        let mut parts = lab.honest();
        put(
            &mut parts,
            point::FAR_LOW,
            near(&lab, 127, Scalar::from(127)),
        );
        put(&mut parts, point::FAR_HIGH, near(&lab, entry, minus_one));
        parts.witness[var::V_LOW] = v;
        parts.witness[var::V_HIGH] = v;
        parts.witness[var::HIGH_DIGIT] = minus_one;
        assert_eq!(lab.forge(&parts).0, ONLY_PAIRINGS_REFUSE);
    }
}
