//! Square roots in the base fields: one exponentiation with a window of four bits in Fp, two in Fp2.
//! With the crate's own, a third more instructions for a root in Fp, and decoding a point of G2 takes
//! 1.8 times as many.

use std::sync::LazyLock;

use bls12_381::hash_to_curve::MapToCurve;
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::G2Projective;
use super::backend::Fp;

/// Fp[u]/(u² + 1), the field of G2's coordinates.
pub(super) type Fp2 = <G2Projective as MapToCurve>::Field;

/// The constant of the curve y² = x³ + 4; the twist has 4·(1 + u).
pub(super) static FOUR: LazyLock<Fp> = LazyLock::new(|| {
    let two = Fp::one() + Fp::one();
    two + two
});

static HALF: LazyLock<Fp> = LazyLock::new(|| {
    let two = Fp::one() + Fp::one();
    two.invert().unwrap_or(Fp::one())
});

/// (p − 3)/4, big-endian.
const EXPONENT: [u8; 48] = [
    0x06, 0x80, 0x44, 0x7a, 0x8e, 0x5f, 0xf9, 0xa6, 0x92, 0xc6, 0xe9, 0xed, 0x90, 0xd2, 0xeb, 0x35,
    0xd9, 0x1d, 0xd2, 0xe1, 0x3c, 0xe1, 0x44, 0xaf, 0xd9, 0xcc, 0x34, 0xa8, 0x3d, 0xac, 0x3d, 0x89,
    0x07, 0xaa, 0xff, 0xff, 0xac, 0x54, 0xff, 0xff, 0xee, 0x7f, 0xbf, 0xff, 0xff, 0xff, 0xea, 0xaa,
];

/// a^((p − 3)/4). Constant-time: the exponent is public.
fn power(a: &Fp) -> Fp {
    let mut powers = [Fp::one(); 16];
    let mut next = Fp::one();
    for power in powers.iter_mut().skip(1) {
        next *= a;
        *power = next;
    }
    let nibbles = EXPONENT.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    // The first nibble is zero.
    let mut result = Fp::one();
    for (place, nibble) in nibbles.skip(1).enumerate() {
        if place > 0 {
            result = result.square().square().square().square();
        }
        if let Some(power) = powers.get(usize::from(nibble)).filter(|_| nibble > 0) {
            result *= power;
        }
    }
    result
}

/// A square root in Fp: a^((p + 1)/4), for p = 3 modulo 4. Constant-time but for whether there is one.
pub(super) fn of_fp(a: &Fp) -> Option<Fp> {
    let root = power(a) * a;
    (root.square() == *a).then_some(root)
}

/// A square root in Fp2 by its real and imaginary part, with two exponentiations in Fp.
/// Constant-time but for whether there is one, and for b = 0, which is one number in 2^381.
///
/// (y + z·u)² = a + b·u asks for y² − z² = a and 2·y·z = b. With the norm s² = a² + b², y² is
/// t = (a + s)/2, and z = b/(2·y); or else −t is a square, of z, and y = b/(2·z). The exponentiation
/// that gives the root w of ±t also gives w's inverse, up to the same sign.
pub(super) fn of_fp2(value: &Fp2) -> Option<Fp2> {
    let (a, b) = (value.c0, value.c1);
    if bool::from(b.is_zero()) {
        // There t may be zero.
        return Option::from(value.sqrt());
    }
    let norm = of_fp(&(a.square() + b.square()))?;
    let t = (a + norm) * *HALF;
    let inverse = power(&t);
    let w = inverse * t;
    let other = b * *HALF * inverse;
    let real = Fp2 { c0: w, c1: other };
    let imaginary = Fp2 { c0: -other, c1: w };
    let root = Fp2::conditional_select(&imaginary, &real, w.square().ct_eq(&t));
    (root.square() == *value).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_agree_with_the_crate() {
        let mut a = *FOUR;
        for _ in 0..40 {
            a = a.square() + Fp::one();
            assert_eq!(of_fp(&a).is_some(), bool::from(a.sqrt().is_some()));
            assert_eq!(
                of_fp(&a.square()).map(|root| root.square()),
                Some(a.square())
            );
        }
        assert_eq!(of_fp(&Fp::zero()), Some(Fp::zero()));
    }

    #[test]
    fn of_a_number_and_its_negative_one_has_a_root() {
        // p = 3 modulo 4: the power exists for both, and only the check of the square tells them apart.
        let mut a = *FOUR;
        for _ in 0..40 {
            a = a.square() + Fp::one();
            assert!(of_fp(&a).is_some() != of_fp(&-a).is_some());
        }
        assert!(of_fp(&-Fp::one()).is_none());
    }

    #[test]
    fn roots_of_the_extension_agree_with_the_crate() {
        let mut a = Fp2 {
            c0: *FOUR,
            c1: Fp::one(),
        };
        for _ in 0..40 {
            a = a.square()
                + Fp2 {
                    c0: Fp::one(),
                    c1: *FOUR,
                };
            assert_eq!(of_fp2(&a).is_some(), bool::from(a.sqrt().is_some()));
            let square = a.square();
            assert_eq!(of_fp2(&square).map(|root| root.square()), Some(square));
        }
        for real in [Fp::zero(), Fp::one(), -Fp::one(), *FOUR, -*FOUR] {
            let real = Fp2 {
                c0: real,
                c1: Fp::zero(),
            };
            assert_eq!(of_fp2(&real).map(|root| root.square()), Some(real));
        }
        let imaginary = Fp2 {
            c0: Fp::zero(),
            c1: *FOUR,
        };
        let root = of_fp2(&imaginary).map(|root| root.square());
        assert_eq!(root.is_some(), bool::from(imaginary.sqrt().is_some()));
    }
}
