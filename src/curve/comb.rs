//! Constant-time multiplication of one point by many secrets: 64 additions each, from a table of the point's
//! multiples (25 kB in G1, 50 kB in G2).

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{G1Affine, G1Projective, G2Affine, G2Projective, Scalar};

/// Bits of a signed digit.
const WIDTH: usize = 4;
/// Multiples of a power in the table: 1 … 2^(WIDTH−1).
const MULTIPLES: usize = 1 << (WIDTH - 1);
/// Digits of a scalar.
const DIGITS: usize = 256 / WIDTH;

/// A comb of one group: the two have the same formulas under other names.
macro_rules! comb {
    ($vis:vis $comb:ident, $group:literal, $affine:ident, $projective:ident) => {
        #[doc = concat!("For i = 0 … 31 the multiples 1 … 8 of 256^i·P, P a public point of ", $group, ".")]
        $vis struct $comb(Vec<[$affine; MULTIPLES]>);

        impl $comb {
            /// The table of a public point.
            #[must_use]
            $vis fn new(point: &$affine) -> Self {
                let mut power = $projective::from(point);
                let powers = (0..DIGITS / 2).map(|_| {
                    let mut multiples = [power; MULTIPLES];
                    for i in 1..MULTIPLES {
                        let before = multiples.get(i - 1).map_or(power, |before| before + power);
                        if let Some(multiple) = multiples.get_mut(i) {
                            *multiple = before;
                        }
                    }
                    power = (0..2 * WIDTH).fold(power, |power, _| power.double());
                    let mut affine = [$affine::identity(); MULTIPLES];
                    $projective::batch_normalize(&multiples, &mut affine);
                    affine
                });
                Self(powers.collect())
            }

            /// k·P for a secret k. Constant-time: digits with odd places first, sixteen times them, then those with
            /// even places; the two share the table.
            #[must_use]
            $vis fn times(&self, k: &Scalar) -> $projective {
                let digits = Zeroizing::new(signed_digits(k));
                let mut sum = $projective::identity();
                for odd in [1, 0] {
                    if odd == 0 {
                        sum = (0..WIDTH).fold(sum, |sum, _| sum.double());
                    }
                    let digits = digits.iter().skip(odd).step_by(2);
                    for (multiples, digit) in self.0.iter().zip(digits) {
                        sum += Self::select(multiples, *digit);
                    }
                }
                sum
            }

            /// digit · P by a scan over all multiples. Constant-time.
            fn select(multiples: &[$affine; MULTIPLES], digit: i8) -> $affine {
                let negative = Choice::from(digit.cast_unsigned() >> 7);
                let digit = digit.cast_unsigned();
                let magnitude = u8::conditional_select(&digit, &digit.wrapping_neg(), negative);
                let mut chosen = $affine::identity();
                for (multiple, k) in multiples.iter().zip(1u8..) {
                    chosen.conditional_assign(multiple, magnitude.ct_eq(&k));
                }
                $affine::conditional_select(&chosen, &-chosen, negative)
            }
        }
    };
}

comb!(pub G1Comb, "G1", G1Affine, G1Projective);
comb!(pub(super) G2Comb, "G2", G2Affine, G2Projective);

/// Digits in −8 … 7 with k = Σ digit_i·16^i. k is below r, which begins with the byte 0x73: a highest
/// digit of 7 meets no carry, and no carry is left. Constant-time.
fn signed_digits(k: &Scalar) -> [i8; DIGITS] {
    let bytes = Zeroizing::new(k.to_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{hash_test_point, random_scalar};
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
        let (p, q) = (hash_test_point(b"P"), G2Affine::generator());
        let (of_p, of_q) = (G1Comb::new(&p), G2Comb::new(&q));
        for k in edges.chain(random) {
            assert_eq!(G1Affine::from(of_p.times(&k)), G1Affine::from(p * k));
            assert_eq!(G2Affine::from(of_q.times(&k)), G2Affine::from(q * k));
        }
    }
}
