//! Points that no honest prover sends: the identity, and points outside the subgroup. Equations and
//! pairings take them; the decoder is all that refuses.

#[cfg(not(feature = "blst"))]
use rand::{SeedableRng, rngs::StdRng};

use super::forger::*;
#[cfg(not(feature = "blst"))]
use crate::curve::torsion;
use crate::curve::{Field, G1Affine, Scalar, g2_generator_times};
use crate::presentation::{Reason, Verdict};
use crate::scheme::bases;
use crate::statement::ShownIssuer;

const INVALID: Verdict = Verdict::Refused(Reason::Invalid);

/// Puts the identity in the place of a pair and zeros in the place of its variables: e(0, X) = e(0, g2)
/// under every key, and 0 = 0.
fn nothing(parts: &mut Parts, pair: [usize; 2], variables: &[usize]) {
    for place in pair {
        parts.points[place] = G1Affine::identity();
    }
    for place in variables {
        parts.witness[*place] = Scalar::ZERO;
    }
}

/// D̄ = B for the attributes of the witness, which nobody signed: (−1)·D̄ + s·H_s + Σ m_j·H_j = −(P1 + …).
fn unsigned(lab: &Lab, parts: &mut Parts) {
    let scheme = &lab.holder.bundle.scheme;
    let b = crate::credential::point_b(scheme, &parts.witness[0], &parts.witness[1..9]);
    let [d, a_bar, b_bar] = point::SIGNATURE;
    parts.points[d] = b;
    parts.witness[var::MINUS_R3] = -Scalar::ONE;
    nothing(parts, [a_bar, b_bar], &[var::MINUS_R1, var::E]);
}

#[test]
fn a_pass_made_of_nothing() {
    // No credential, no issuer, no accreditation, no date, no handle: everything is the identity but
    // X' = t·g2 with X1' = t·h, and D̄. It satisfies (19) and (20) to (25).
    let lab = lab();
    let mut parts = lab.honest();
    parts.witness[var::SECRET] = Scalar::ZERO;
    parts.witness[var::UNTIL] = Scalar::from(999_999);
    unsigned(&lab, &mut parts);
    let t = Scalar::from(3);
    parts.issuer = Some(ShownIssuer {
        x: g2_generator_times(&t),
        x1: (bases().acc_issuer.point() * t).into(),
    });
    nothing(
        &mut parts,
        point::ACCREDITATION,
        &[var::RHO, var::SIGMA, var::A],
    );
    nothing(&mut parts, point::UNTIL, &[var::V_UNTIL]);
    nothing(&mut parts, point::FROM, &[var::V_FROM]);
    nothing(&mut parts, point::WITNESS, &[var::W]);
    nothing(&mut parts, point::FAR_LOW, &[var::V_LOW]);
    nothing(&mut parts, point::FAR_HIGH, &[var::V_HIGH, var::HIGH_DIGIT]);
    nothing(&mut parts, [point::PSEUDONYM; 2], &[]);
    let (found, body) = lab.forge(&parts);
    assert_eq!(found, GREEN);
    assert_eq!(lab.door(&body), INVALID);
}

#[test]
fn the_identity_in_the_place_of_each_pair_alone() {
    let lab = lab();
    let pairs: [([usize; 2], &[usize]); 5] = [
        (point::ACCREDITATION, &[var::RHO, var::SIGMA, var::A]),
        (point::UNTIL, &[var::V_UNTIL]),
        (point::FROM, &[var::V_FROM]),
        (point::WITNESS, &[var::W]),
        (point::FAR_LOW, &[var::V_LOW]),
    ];
    for (pair, variables) in pairs {
        let mut parts = lab.honest();
        nothing(&mut parts, pair, variables);
        let (found, body) = lab.forge(&parts);
        assert_eq!(found, GREEN, "{pair:?}");
        assert_eq!(lab.door(&body), INVALID, "{pair:?}");
    }
    let mut parts = lab.honest();
    unsigned(&lab, &mut parts);
    let (found, body) = lab.forge(&parts);
    assert_eq!(found, GREEN);
    assert_eq!(lab.door(&body), INVALID);
}

#[test]
fn a_high_digit_that_is_anything() {
    // W1 = W̄1 = 0 leaves d1 free: with d1 = −1, d0 = δ + u, and the day after the last that is old
    // enough has d0 = u − 1, which is in the table.
    let mut lab = lab();
    let too_late = day(2003, 6, 29).to_scalar();
    lab.sign_again(|scalars| scalars[6] = too_late);
    let mut parts = lab.honest();
    let [w, w_bar] = point::FAR_LOW;
    let v = parts.witness[var::V_LOW];
    let entry = lab.table().entry(127).unwrap() * v;
    parts.points[w] = entry.into();
    parts.points[w_bar] = (bases().date.point() * v - entry * Scalar::from(127)).into();
    nothing(&mut parts, point::FAR_HIGH, &[var::V_HIGH]);
    parts.witness[var::HIGH_DIGIT] = -Scalar::ONE;
    let (found, body) = lab.forge(&parts);
    assert_eq!(found, GREEN);
    assert_eq!(lab.door(&body), INVALID);
}

#[cfg(not(feature = "blst"))]
#[test]
fn a_pseudonym_outside_the_subgroup() {
    // nym + T with T of order three: (25) is off by c·T, which is nothing where 3 divides c, and the
    // forger draws nonces until it does. One credential would have three pseudonyms at a venue and day.
    let lab = lab();
    let question = lab.question();
    let honest = lab.honest();
    assert_eq!(lab.forge(&honest).0, GREEN);
    let t = torsion::of_order_three();
    for t in [t, -t] {
        let mut parts = honest.clone();
        let nym = &mut parts.points[point::PSEUDONYM];
        *nym = torsion::plus(nym, &t);
        let accepted = (0..200).map(|seed| {
            let mut nonces = StdRng::seed_from_u64(seed);
            lab.prove(&question.statements(), &parts, &mut nonces)
        });
        let body = (accepted.into_iter())
            .find(|body| judge(lab.question(), lab.question().statements(), body.clone()) == GREEN)
            .expect("one challenge in three");
        assert_eq!(lab.door(&body), INVALID);
    }
}
