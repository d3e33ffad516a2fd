//! Constant-time multiplication of g2, for secrets: 64 additions from a table that is made at first
//! use and kept (50 kB).

use std::sync::LazyLock;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{G2Affine, G2Projective, Scalar};

/// Bits of a signed digit.
const WIDTH: usize = 4;
/// Multiples of a power in the table: 1 … 2^(WIDTH−1).
const MULTIPLES: usize = 1 << (WIDTH - 1);
/// Digits of a scalar.
const DIGITS: usize = 256 / WIDTH;

/// For i = 0 … 31 the multiples 1 … 8 of 256^i·g2.
static POWERS: LazyLock<Vec<[G2Affine; MULTIPLES]>> = LazyLock::new(|| {
    let mut power = G2Projective::generator();
    (0..DIGITS / 2)
        .map(|_| {
            let mut multiples = [power; MULTIPLES];
            for i in 1..MULTIPLES {
                let before = multiples.get(i - 1).map_or(power, |before| before + power);
                if let Some(multiple) = multiples.get_mut(i) {
                    *multiple = before;
                }
            }
            power = (0..2 * WIDTH).fold(power, |power, _| power.double());
            let mut affine = [G2Affine::identity(); MULTIPLES];
            G2Projective::batch_normalize(&multiples, &mut affine);
            affine
        })
        .collect()
});

/// P + x·g2 for a secret x. Constant-time.
#[must_use]
pub fn g2_generator_times_plus(x: &Scalar, p: &G2Affine) -> G2Affine {
    G2Affine::from(times(x) + p)
}

/// x·g2 for a secret x. Constant-time.
#[must_use]
pub fn g2_generator_times(x: &Scalar) -> G2Affine {
    G2Affine::from(times(x))
}

/// Digits with odd places first, sixteen times them, then those with even places: the two share the
/// table.
fn times(x: &Scalar) -> G2Projective {
    let digits = Zeroizing::new(signed_digits(x));
    let mut sum = G2Projective::identity();
    for odd in [1, 0] {
        if odd == 0 {
            sum = (0..WIDTH).fold(sum, |sum, _| sum.double());
        }
        let digits = digits.iter().skip(odd).step_by(2);
        for (multiples, digit) in POWERS.iter().zip(digits) {
            sum += select(multiples, *digit);
        }
    }
    sum
}

/// Digits in −8 … 7 with x = Σ digit_i·16^i. x is below r, which begins with the byte 0x73: a highest
/// digit of 7 meets no carry, and no carry is left. Constant-time.
fn signed_digits(x: &Scalar) -> [i8; DIGITS] {
    let bytes = Zeroizing::new(x.to_bytes());
    let mut digits = [0; DIGITS];
    let nibbles = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    let mut carry = 0;
    for (digit, nibble) in digits.iter_mut().zip(nibbles) {
        let window = nibble + carry;
        carry = (window + 8) >> WIDTH;
        *digit = window.wrapping_sub(carry << WIDTH).cast_signed();
    }
    digits
}

/// digit · P by a scan over all multiples. Constant-time.
fn select(multiples: &[G2Affine; MULTIPLES], digit: i8) -> G2Affine {
    let negative = Choice::from(digit.cast_unsigned() >> 7);
    let digit = digit.cast_unsigned();
    let magnitude = u8::conditional_select(&digit, &digit.wrapping_neg(), negative);
    let mut chosen = G2Affine::identity();
    for (multiple, k) in multiples.iter().zip(1u8..) {
        chosen.conditional_assign(multiple, magnitude.ct_eq(&k));
    }
    G2Affine::conditional_select(&chosen, &-chosen, negative)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::random_scalar;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn multiples_agree_with_the_crate() {
        let mut rng = StdRng::seed_from_u64(1);
        let small = (0..40).map(Scalar::from);
        let edges = small.flat_map(|k| [k, -k]).chain([
            Scalar::from_raw([0x8888_8888_8888_8888; 4]) - Scalar::one(),
            Scalar::from_raw([0x7777_7777_7777_7777; 4]),
            Scalar::from_raw([u64::MAX, u64::MAX, 0, 0]),
            // The highest digit is 7, or becomes 7 by a carry through all the others.
            Scalar::from_raw([u64::MAX, u64::MAX, u64::MAX, 0x6fff_ffff_ffff_ffff]),
            Scalar::from_raw([0, 0, 0, 0x7000_0000_0000_0000]),
            Scalar::from_raw([u64::MAX, u64::MAX, u64::MAX, 0x72ff_ffff_ffff_ffff]),
        ]);
        let random = std::iter::repeat_with(|| random_scalar(&mut rng)).take(20);
        for x in edges.chain(random) {
            let expected = G2Affine::generator() * x;
            assert_eq!(g2_generator_times(&x), G2Affine::from(expected));
            let p = G2Affine::from(G2Affine::generator() * Scalar::from(7));
            let sum = G2Affine::from(expected + p);
            assert_eq!(g2_generator_times_plus(&x, &p), sum);
        }
    }
}
