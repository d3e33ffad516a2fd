//! Constant-time multiplication of g2, for secrets, from a comb that is made at first use and kept.

use std::sync::LazyLock;

use super::comb::G2Comb;
use super::{G2Affine, Scalar};

static GENERATOR: LazyLock<G2Comb> = LazyLock::new(|| G2Comb::new(&G2Affine::generator()));

/// P + x·g2 for a secret x. Constant-time.
#[must_use]
pub fn g2_generator_times_plus(x: &Scalar, p: &G2Affine) -> G2Affine {
    G2Affine::from(GENERATOR.times(x) + p)
}

/// x·g2 for a secret x. Constant-time.
#[must_use]
pub fn g2_generator_times(x: &Scalar) -> G2Affine {
    G2Affine::from(GENERATOR.times(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_added_to_the_multiple() {
        let g2 = G2Affine::generator();
        let (x, p) = (Scalar::from(5), G2Affine::from(g2 * Scalar::from(7)));
        assert_eq!(g2_generator_times(&x), G2Affine::from(g2 * x));
        let sum = G2Affine::from(g2 * Scalar::from(12));
        assert_eq!(g2_generator_times_plus(&x, &p), sum);
    }
}
