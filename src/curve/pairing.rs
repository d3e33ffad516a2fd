//! One product of pairings, one final exponentiation.

use std::sync::LazyLock;

use super::backend::{Gt, MillerLoopResult, multi_miller_loop};
use super::{Base, Curve, G1Affine, G1Projective, G2Affine, G2Prepared, Scalar, msm};

/// Pairs that share a Miller loop; more of them would save less than another core does.
const PAIRS_A_LOOP: usize = 32;

/// Whether Π e(Pᵢ, Qᵢ) = 1, the Qᵢ with their lines prepared. Costs shared Miller loops and one
/// final exponentiation. Constant-time (the crate's loop is), apart from the number of pairs.
#[must_use]
pub fn pairing_product_is_one(pairs: &[(&G1Affine, &G2Prepared)]) -> bool {
    let chunks: Vec<_> = pairs.chunks(PAIRS_A_LOOP).collect();
    let loops = crate::parallel::map(&chunks, |pairs| multi_miller_loop(pairs));
    let product = (loops.into_iter()).fold(MillerLoopResult::default(), |a, b| a + b);
    product.final_exponentiation() == Gt::identity()
}

/// e(left, key) = e(right, g2): the shape that every equation over G2 has here. Constant-time.
#[must_use]
pub fn pairing_equal(left: &G1Affine, key: &G2Prepared, right: &G1Affine) -> bool {
    pairing_product_is_one(&[(left, key), (&-right, g2_generator_prepared())])
}

/// e(S, X + a·g2) = e(B, g2) for S = B/(x + a), as e(S, X) = e(B − a·S, g2), so that the lines of X
/// can be prepared. Constant-time.
#[must_use]
pub fn signed_pairing(s: &G1Affine, key: &G2Prepared, a: &Scalar, b: &G1Projective) -> bool {
    let right = b - msm([(Base::Point(*s), *a)]);
    pairing_equal(s, key, &right.to_affine())
}

/// g2 with its lines prepared.
#[must_use]
pub fn g2_generator_prepared() -> &'static G2Prepared {
    static PREPARED: LazyLock<G2Prepared> = LazyLock::new(|| G2Affine::generator().into());
    &PREPARED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_one_exactly_when_the_exponents_cancel() {
        let (a, b) = (Scalar::from(1234), Scalar::from(5678));
        let g1 = G1Affine::generator();
        let g2 = G2Affine::generator();
        let left = G1Affine::from(g1 * a);
        let right = G2Prepared::from(G2Affine::from(g2 * b));
        let both = G1Affine::from(g1 * (a * b));
        let generator = g2_generator_prepared();
        assert!(pairing_product_is_one(&[
            (&left, &right),
            (&-both, generator)
        ]));
        assert!(!pairing_product_is_one(&[
            (&left, &right),
            (&both, generator)
        ]));
        assert!(!pairing_product_is_one(&[(&left, &right)]));
        assert!(pairing_product_is_one(&[]));
        assert!(pairing_product_is_one(&[(&G1Affine::identity(), &right)]));
    }
}
