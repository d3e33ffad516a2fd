//! The endomorphism φ(x, y) = (β·x, y) of G1 and the splitting of scalars it is for.
//!
//! With x the parameter of the curve, r = x⁴ − x² + 1, so λ = −x² satisfies λ² + λ + 1 = 0 (mod r),
//! and φ(P) = λ·P on G1 for the right cube root of unity β. A scalar in base x² has two digits,
//! k = k0 + k1·x², hence k·P = k0·P − k1·φ(P): the same additions, half the doublings. The digits
//! are taken with signs, so that each has 127 bits. (Gallant, Lambert, Vanstone 2001; the digits
//! are exact, so no lattice is needed.)

use std::sync::LazyLock;

use subtle::{Choice, ConditionallySelectable};

use super::backend::{Fp, scale_x};
use super::{G1Affine, Scalar};

/// x².
const X_SQUARED: u128 = 0xd201_0000_0001_0000 * 0xd201_0000_0001_0000;

/// Bits of the magnitude of each half of a scalar.
pub(super) const HALF_BITS: usize = 127;

/// (r − 1)/2, its two halves of 128 bits, most significant first.
const HALF_ORDER: [u128; 2] = [
    0x39f6_d3a9_94ce_bea4_199c_ec04_04d0_ec02,
    0xa9de_d201_7fff_2dff_7fff_ffff_8000_0000,
];

/// The cube root of unity with φ(P) = −x²·P: the one of the two that the generator confirms.
pub(super) static BETA: LazyLock<Fp> = LazyLock::new(|| {
    // (−1 ± √−3)/2 are the cube roots of unity; p = 3 mod 4, so one square root gives both.
    let one = Fp::one();
    let three = one + one + one;
    let half = (one + one).invert().unwrap_or(one);
    let root = (-three).sqrt().unwrap_or(one);
    let candidate = (root - one) * half;
    let generator = G1Affine::generator();
    let expected = -(generator * Scalar::from_raw(limbs(X_SQUARED)));
    if scale_x(&generator, &candidate) == G1Affine::from(expected) {
        candidate
    } else {
        candidate.square()
    }
});

/// The four limbs that [`Scalar::from_raw`] takes.
fn limbs(value: u128) -> [u64; 4] {
    let bytes = value.to_le_bytes();
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .rev()
            .fold(0, |acc, byte| (acc << 8) | u64::from(*byte));
    }
    limbs
}

/// A weight for random linear combinations: low + high·x² for the two halves of `bits`. Different
/// bits give different weights, and multiplying a point by one takes half the doublings of any other
/// scalar of 128 bits.
#[must_use]
pub fn weight(bits: u128) -> Scalar {
    let [low, high, ..] = limbs(bits);
    Scalar::from(low) + Scalar::from(high) * Scalar::from_raw(limbs(X_SQUARED))
}

/// −φ(P) = x²·P. Constant-time.
pub(super) fn times_x_squared(point: &G1Affine) -> G1Affine {
    -scale_x(point, &BETA)
}

/// The largest magnitude of a half.
#[cfg(test)]
pub(super) const LARGEST_HALF: u128 = X_SQUARED / 2 + 1;

/// One digit of a scalar in base x²: (−1)^negative · magnitude, with magnitude ≤ x²/2 + 1.
#[derive(Clone, Copy)]
pub(super) struct Half {
    pub(super) magnitude: u128,
    pub(super) negative: Choice,
}

/// The halves (k0, k1) of `scalar` = k0 + k1·x². Constant-time.
pub(super) fn split(scalar: &Scalar) -> [Half; 2] {
    // Of k and −k the one up to (r − 1)/2 is split; then the quotient is at most x²/2.
    let [low, high] = words(scalar);
    let (_, borrow) = HALF_ORDER[1].overflowing_sub(low);
    let (rest, borrow_1) = HALF_ORDER[0].overflowing_sub(high);
    let (_, borrow_2) = rest.overflowing_sub(u128::from(borrow));
    let negative = Choice::from(u8::from(borrow_1)) | Choice::from(u8::from(borrow_2));
    let [low, high] = words(&Scalar::conditional_select(scalar, &-scalar, negative));

    let (quotient, remainder) = divide(high, low);
    // A remainder above x²/2 is made negative by taking one more x².
    let (_, over) = (X_SQUARED / 2).overflowing_sub(remainder);
    let over = Choice::from(u8::from(over));
    let wrapped = X_SQUARED.wrapping_sub(remainder);
    [
        Half {
            magnitude: u128::conditional_select(&remainder, &wrapped, over),
            negative: negative ^ over,
        },
        Half {
            magnitude: quotient.wrapping_add(u128::from(over.unwrap_u8())),
            negative,
        },
    ]
}

/// The lower and the upper 128 bits.
fn words(scalar: &Scalar) -> [u128; 2] {
    let bytes = scalar.to_bytes();
    let (low, high) = bytes.split_at(16);
    [little_endian(low), little_endian(high)]
}

/// (high·2^128 + low) divided by x²: quotient and remainder, for high < x². Constant-time: a long
/// division, bit by bit.
fn divide(high: u128, low: u128) -> (u128, u128) {
    let mut remainder = high;
    let mut quotient = 0u128;
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        let shifted = (remainder << 1) | ((low >> bit) & 1);
        let (difference, borrow) = shifted.overflowing_sub(X_SQUARED);
        let fits = Choice::from(u8::from(carry == 1)) | !Choice::from(u8::from(borrow));
        remainder = u128::conditional_select(&shifted, &difference, fits);
        quotient = (quotient << 1) | u128::from(fits.unwrap_u8());
    }
    (quotient, remainder)
}

fn little_endian(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .rev()
        .fold(0, |acc, byte| (acc << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::random_scalar;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn the_endomorphism_multiplies_by_x_squared() {
        let mut rng = StdRng::seed_from_u64(1);
        for _ in 0..20 {
            let p = G1Affine::from(G1Affine::generator() * random_scalar(&mut rng));
            let expected = p * Scalar::from_raw(limbs(X_SQUARED));
            assert_eq!(times_x_squared(&p), G1Affine::from(expected));
        }
        let identity = G1Affine::identity();
        assert_eq!(times_x_squared(&identity), identity);
    }

    #[test]
    fn a_weight_has_two_short_halves() {
        for bits in [0, 1, u128::from(u64::MAX), 1 << 64, 7 << 100, u128::MAX] {
            let [low, high] = split(&weight(bits));
            assert_eq!(low.magnitude | (high.magnitude << 64), bits);
            assert!(!bool::from(low.negative | high.negative));
        }
        // Injective: low < 2^64 < x², so the two halves are the digits of the weight in base x².
        assert!(u128::from(u64::MAX) < X_SQUARED / 2);
    }

    fn value(half: Half) -> Scalar {
        let magnitude = Scalar::from_raw(limbs(half.magnitude));
        Scalar::conditional_select(&magnitude, &-magnitude, half.negative)
    }

    #[test]
    fn the_two_halves_make_the_scalar_again() {
        let mut rng = StdRng::seed_from_u64(2);
        let base = Scalar::from_raw(limbs(X_SQUARED));
        let half = Scalar::from(2).invert().unwrap();
        let landmarks = [
            Scalar::zero(),
            base,
            half,
            base * half,
            base * base,
            base * base * half,
        ];
        let around =
            |k: Scalar| (0..3).flat_map(move |i| [k + Scalar::from(i), k - Scalar::from(i)]);
        let edges = landmarks
            .into_iter()
            .flat_map(|k| around(k).chain(around(-k)));
        let random = std::iter::repeat_with(|| random_scalar(&mut rng)).take(500);
        for k in edges.chain(random) {
            let [k0, k1] = split(&k);
            assert!(k0.magnitude <= LARGEST_HALF && k1.magnitude <= LARGEST_HALF);
            assert_eq!(value(k0) + base * value(k1), k);
        }
    }
}
