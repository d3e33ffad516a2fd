//! Equations one at a time: everything else of the pass is true, and the forger knows the witness of every
//! equation but one.

use super::forger::*;
use crate::credential::point_b;
use crate::curve::{Field, G1Affine, Scalar};
use crate::scheme::{Day, Value, bases};
use crate::secret::Secret;

#[test]
fn a_signature_shown_with_an_opening_of_something_else() {
    // Whoever has one pass has B and (Ā, B̄) with B̄ = r1·r2·B − e'·Ā, which is a pair under X'. D̄ = r2·B* is of
    // other attributes, and the second equation of (20) opens it: (−1/r2)·D̄ + s·H_s + Σ m*_j·H_j = −(P1 + …).
    // Only the first, e'·Ā + (−r1)·D̄ = −B̄, says that D̄ and B̄ are of one B. Without it anybody with a pass
    // shows any attributes: a later day, another name, another pseudonym secret.
    let mut lab = lab();
    let mut scalars = lab.credential.scalars.expose().clone();
    let later = day(2021, 8, 1);
    scalars[var::SECRET - 1] = Scalar::from(4);
    scalars[var::UNTIL - 1] = later.to_scalar();
    scalars[var::NAME - 1] = Value::Text("Olga".into()).to_scalar();
    let scheme = &lab.holder.bundle.scheme;
    let forged_b = point_b(scheme, lab.credential.s.expose(), &scalars);
    lab.credential.scalars = Secret::new(scalars);
    lab.credential.values[2] = Some(Value::Date(later));
    let b = std::mem::replace(&mut lab.credential.b, Secret::new(forged_b));

    let mut parts = lab.honest();
    let [_, a_bar, b_bar] = point::SIGNATURE;
    let a_bar = parts.points[a_bar];
    let [e, minus_r1, minus_r3] =
        [var::E, var::MINUS_R1, var::MINUS_R3].map(|place| parts.witness[place]);
    // r1·r2 = (−r1)/(−r3).
    let r1_r2 = minus_r1 * minus_r3.invert().unwrap();
    parts.points[b_bar] = (*b.expose() * r1_r2 - a_bar * e).into();
    assert_eq!(lab.forge(&parts).0, ONLY_SCHNORR_REFUSES);
    // With D̄ of the B that was signed it is the other way about: the first holds, the second does not.
    lab.credential.b = b;
    assert_eq!(lab.as_it_is(), ONLY_SCHNORR_REFUSES);
}

/// v·T_digit and v·R − digit·v·T_digit: a true member of the table.
fn member(lab: &Lab, digit: u32, v: Scalar) -> [G1Affine; 2] {
    let w = lab.table().entry(digit).unwrap() * v;
    let w_bar = bases().date.point() * v - w * Scalar::from(u64::from(digit));
    [w.into(), w_bar.into()]
}

/// A pass of somebody born on `birth` with two true digits of the forger's choice, and d1 in the witness.
fn far_back(birth: Day, low: u32, high: u32, d1: Scalar) -> Found {
    let mut lab = lab();
    lab.sign_again(|scalars| scalars[6] = birth.to_scalar());
    let mut parts = lab.honest();
    let (v0, v1) = (Scalar::from(9), Scalar::from(10));
    let digits = [
        (point::FAR_LOW, member(&lab, low, v0)),
        (point::FAR_HIGH, member(&lab, high, v1)),
    ];
    for (places, points) in digits {
        for (place, point) in places.into_iter().zip(points) {
            parts.points[place] = point;
        }
    }
    parts.witness[var::V_LOW] = v0;
    parts.witness[var::V_HIGH] = v1;
    parts.witness[var::HIGH_DIGIT] = d1;
    lab.forge(&parts).0
}

#[test]
fn each_of_the_two_digits_of_an_age() {
    // From the last birthday that is old enough, 2003-06-28, to the next day δ = −1.
    let (enough, young) = (day(2003, 6, 28), day(2003, 6, 29));
    let (zero, minus_one) = (Scalar::ZERO, -Scalar::ONE);
    assert_eq!(far_back(enough, 0, 0, zero), GREEN);
    // −1 = 127 + 128·(−1): the first equation holds with d1 = −1. Only the second, v1·R − d1·W1 = W̄1, says
    // that d1 is the digit in W1, which is 0.
    assert_eq!(far_back(young, 127, 0, minus_one), ONLY_SCHNORR_REFUSES);
    // d1 = 0 is the digit in W1. Only the first, v0·R + m·W0 + u·d1·W0 = W̄0 + D·W0, says that what remains,
    // −1, is the digit in W0, which is 0; without it the birth date is in no equation but (20).
    assert_eq!(far_back(young, 0, 0, zero), ONLY_SCHNORR_REFUSES);
}

#[test]
fn each_pair_of_an_age_doubled() {
    // (2W, 2W̄) is still a pair under X_t, of a v that is not the witness's.
    let lab = lab();
    for places in [point::FAR_LOW, point::FAR_HIGH] {
        let mut parts = lab.honest();
        for place in places {
            parts.points[place] = (parts.points[place] * Scalar::from(2)).into();
        }
        assert_eq!(lab.forge(&parts).0, ONLY_SCHNORR_REFUSES);
    }
}
