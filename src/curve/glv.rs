//! The endomorphism φ(x, y) = (β·x, y) of G1 and the splitting of scalars it is for.
//!
//! With x the parameter of the curve, r = x⁴ − x² + 1, so λ = −x² satisfies λ² + λ + 1 = 0 (mod r),
//! and φ(P) = λ·P on G1 for the right cube root of unity β. A scalar in base x² has two digits of
//! 128 bits, k = k0 + k1·x², hence k·P = k0·P − k1·φ(P): the same additions, half the doublings.
//! (Gallant, Lambert, Vanstone 2001; the digits are exact, so no lattice is needed.)

use std::sync::LazyLock;

use bls12_381::hash_to_curve::MapToCurve;
use subtle::{Choice, ConditionallySelectable};

use super::{G1Affine, G1Projective, Scalar};

/// The base field of G1. The crate keeps the module private but the type is the public associated
/// type of a public trait, and its arithmetic is public.
pub(super) type Fp = <G1Projective as MapToCurve>::Field;

/// x².
const X_SQUARED: u128 = 0xd201_0000_0001_0000 * 0xd201_0000_0001_0000;

/// Bits of each half of a scalar.
pub(super) const HALF_BITS: usize = 128;

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

/// The coordinates of a point that is not the identity (for the identity, whatever stands there).
pub(super) fn coordinates(point: &G1Affine) -> (Fp, Fp) {
    let bytes = point.to_uncompressed();
    let (x, y) = bytes.split_at(48);
    (field_element(x), field_element(y))
}

fn field_element(bytes: &[u8]) -> Fp {
    let mut array = [0; 48];
    array.copy_from_slice(bytes);
    // The flag bits stand above the 381 bits of a coordinate.
    if let Some(first) = array.first_mut() {
        *first &= 0x1f;
    }
    Fp::from_bytes(&array).unwrap_or(Fp::zero())
}

/// The point with these coordinates, which must satisfy the curve equation.
pub(super) fn from_coordinates(x: &Fp, y: &Fp) -> G1Affine {
    let mut bytes = [0; 96];
    let (left, right) = bytes.split_at_mut(48);
    left.copy_from_slice(&x.to_bytes());
    right.copy_from_slice(&y.to_bytes());
    G1Affine::from_uncompressed_unchecked(&bytes).unwrap_or(G1Affine::identity())
}

fn scale_x(point: &G1Affine, factor: &Fp) -> G1Affine {
    let (x, y) = coordinates(point);
    let scaled = from_coordinates(&(x * factor), &y);
    G1Affine::conditional_select(&scaled, &G1Affine::identity(), point.is_identity())
}

/// −φ(P) = x²·P. Constant-time.
pub(super) fn times_x_squared(point: &G1Affine) -> G1Affine {
    -scale_x(point, &BETA)
}

/// The digits (k0, k1) of `scalar` in base x². Constant-time: a long division, bit by bit.
pub(super) fn split(scalar: &Scalar) -> (u128, u128) {
    let bytes = scalar.to_bytes();
    let (low, high) = bytes.split_at(16);
    let low = little_endian(low);
    // The upper half is below 2^127 and so below x²: it is the first remainder.
    let mut remainder = little_endian(high);
    let mut quotient = 0u128;
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        let shifted = (remainder << 1) | ((low >> bit) & 1);
        let (difference, borrow) = shifted.overflowing_sub(X_SQUARED);
        let fits = Choice::from(u8::from(carry == 1)) | !Choice::from(u8::from(borrow));
        remainder = u128::conditional_select(&shifted, &difference, fits);
        quotient = (quotient << 1) | u128::from(fits.unwrap_u8());
    }
    (remainder, quotient)
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
    fn the_two_digits_make_the_scalar_again() {
        let mut rng = StdRng::seed_from_u64(2);
        let base = Scalar::from_raw(limbs(X_SQUARED));
        let edges = [
            Scalar::zero(),
            Scalar::one(),
            -Scalar::one(),
            base,
            base - Scalar::one(),
            -base,
        ];
        let random = std::iter::repeat_with(|| random_scalar(&mut rng)).take(200);
        for k in edges.into_iter().chain(random) {
            let (k0, k1) = split(&k);
            assert!(k0 < X_SQUARED && k1 < X_SQUARED);
            let again = Scalar::from_raw(limbs(k0)) + base * Scalar::from_raw(limbs(k1));
            assert_eq!(again, k);
        }
    }
}
