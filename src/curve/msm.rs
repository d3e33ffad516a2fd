//! Constant-time multi-scalar multiplication, for secrets.
//!
//! Each scalar is split into two halves of 128 bits ([`super::glv`]) and each half into 26 signed
//! digits of 5 bits. All halves share the 125 doublings. A digit picks its multiple by a scan over
//! the whole table, so neither branches nor addresses depend on a scalar. The number of terms and
//! the bases themselves steer nothing either: the crate's addition formulas are complete.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroize;

use super::glv::{self, HALF_BITS};
use super::{Base, G1Affine, G1Projective, Scalar, normalize};

/// Bits of a digit.
const WIDTH: usize = 5;
/// Multiples in a table: a signed digit of 5 bits has an absolute value of at most 16.
const MULTIPLES: usize = 1 << (WIDTH - 1);
/// Digits of a half: one bit more than it has, for the last carry.
const DIGITS: usize = (HALF_BITS + 1).div_ceil(WIDTH);

/// 1·P … 16·P, and the same multiples of x²·P.
#[derive(Debug)]
pub(super) struct Table {
    low: [G1Affine; MULTIPLES],
    high: [G1Affine; MULTIPLES],
}

impl Table {
    pub(super) fn new(point: &G1Affine) -> Self {
        let multiples = normalize(&multiples(point));
        Self::from_multiples(&multiples)
    }

    fn from_multiples(multiples: &[G1Affine]) -> Self {
        let mut low = [G1Affine::identity(); MULTIPLES];
        for (slot, multiple) in low.iter_mut().zip(multiples) {
            *slot = *multiple;
        }
        let high = low.map(|multiple| glv::times_x_squared(&multiple));
        Self { low, high }
    }
}

/// 1·P … 16·P.
fn multiples(point: &G1Affine) -> [G1Projective; MULTIPLES] {
    let mut next = G1Projective::identity();
    [(); MULTIPLES].map(|()| {
        next += point;
        next
    })
}

/// Tables for points that have none, with one inversion for all of them.
fn tables_for(points: &[G1Affine]) -> Vec<Table> {
    let projective: Vec<_> = points.iter().flat_map(multiples).collect();
    normalize(&projective)
        .chunks_exact(MULTIPLES)
        .map(Table::from_multiples)
        .collect()
}

/// Digits in −16 ..= 15 with half = Σ digit_i · 32^i, least significant first. Constant-time.
fn signed_digits(half: u128) -> [i8; DIGITS] {
    let mut rest = half;
    let mut carry = 0;
    [(); DIGITS].map(|()| {
        let [lowest, ..] = rest.to_le_bytes();
        rest >>= WIDTH;
        let window = (lowest & 31) + carry;
        carry = (window + 16) >> WIDTH;
        (window.wrapping_sub(carry << WIDTH)).cast_signed()
    })
}

/// digit · P by a scan over all multiples. Constant-time.
fn select(multiples: &[G1Affine; MULTIPLES], digit: i8) -> G1Affine {
    let negative = Choice::from(digit.cast_unsigned() >> 7);
    let magnitude = u8::conditional_select(
        &digit.cast_unsigned(),
        &digit.cast_unsigned().wrapping_neg(),
        negative,
    );
    let mut chosen = G1Affine::identity();
    for (multiple, k) in multiples.iter().zip(1u8..) {
        chosen.conditional_assign(multiple, magnitude.ct_eq(&k));
    }
    G1Affine::conditional_select(&chosen, &-chosen, negative)
}

/// Σ scalar·base. Constant-time in the scalars; the number and kind of the terms are public.
#[must_use]
pub fn msm(terms: &[(Base<'_>, Scalar)]) -> G1Projective {
    let points: Vec<_> = terms
        .iter()
        .filter_map(|(base, _)| match base {
            Base::Fixed(_) => None,
            Base::Point(point) => Some(*point),
        })
        .collect();
    let tables = tables_for(&points);
    let mut fresh = tables.iter();
    let mut halves: Vec<(&[G1Affine; MULTIPLES], [i8; DIGITS])> =
        Vec::with_capacity(2 * terms.len());
    for (base, scalar) in terms {
        let table = match base {
            Base::Fixed(base) => Some(base.table()),
            Base::Point(_) => fresh.next(),
        };
        let (low, high) = glv::split(scalar);
        if let Some(table) = table {
            halves.push((&table.low, signed_digits(low)));
            halves.push((&table.high, signed_digits(high)));
        }
    }
    let mut sum = G1Projective::identity();
    for position in (0..DIGITS).rev() {
        if position < DIGITS - 1 {
            for _ in 0..WIDTH {
                sum = sum.double();
            }
        }
        for (multiples, digits) in &halves {
            if let Some(digit) = digits.get(position) {
                sum += select(multiples, *digit);
            }
        }
    }
    for (_, digits) in &mut halves {
        digits.zeroize();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::FixedBase;
    use super::super::msm_vartime::msm_vartime;
    use super::*;
    use crate::curve::random_scalar;
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn naive(terms: &[(Base<'_>, Scalar)]) -> G1Projective {
        terms.iter().map(|(base, k)| base.point() * k).sum()
    }

    fn edge_scalars() -> Vec<Scalar> {
        let mut edges: Vec<_> = (0..40).map(Scalar::from).collect();
        edges.extend((0..40).map(|i| -Scalar::from(i)));
        edges.extend((0..4).map(|i| Scalar::from_raw([u64::MAX; 4].map(|l| l >> (7 * i)))));
        edges.push(Scalar::from_raw([0, 0, 1, 0]));
        edges
    }

    #[test]
    fn digits_make_the_half_again() {
        for half in [
            0,
            1,
            15,
            16,
            17,
            31,
            32,
            u128::MAX,
            u128::MAX >> 1,
            0xffff_0000_ffff,
        ] {
            let digits = signed_digits(half);
            assert!(digits.iter().all(|d| (-16..=15).contains(d)));
            let again = digits.iter().rev().fold(0u128, |acc, d| {
                acc.wrapping_mul(32).wrapping_add_signed(i128::from(*d))
            });
            assert_eq!(again, half);
        }
    }

    #[test]
    fn single_terms_agree_with_the_crate_at_the_edges() {
        let g = G1Affine::generator();
        let fixed = FixedBase::new(g);
        for k in edge_scalars() {
            let expected = g * k;
            for base in [Base::Point(g), Base::Fixed(&fixed)] {
                assert_eq!(msm(&[(base, k)]), expected, "constant-time");
                assert_eq!(msm_vartime(&[(base, k)]), expected, "vartime");
            }
        }
    }

    #[test]
    fn no_terms_are_the_identity() {
        assert_eq!(msm(&[]), G1Projective::identity());
        assert_eq!(msm_vartime(&[]), G1Projective::identity());
    }

    #[test]
    fn terms_that_cancel_or_coincide_are_right() {
        // Exceptional cases of incomplete formulas: P + P, P − P, a base that is the identity.
        let g = G1Affine::generator();
        let k = Scalar::from(0x1234_5678_9abc_def0);
        let cases = [
            vec![(Base::Point(g), k), (Base::Point(-g), k)],
            vec![(Base::Point(g), k), (Base::Point(g), -k)],
            vec![(Base::Point(g), k), (Base::Point(g), k)],
            vec![(Base::Point(G1Affine::identity()), k), (Base::Point(g), k)],
            vec![(Base::Point(G1Affine::identity()), k)],
        ];
        for terms in &cases {
            assert_eq!(msm(terms), naive(terms));
            assert_eq!(msm_vartime(terms), naive(terms));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn both_agree_with_separate_multiplications(seed: u64, fixed in 0usize..6, fresh in 0usize..12) {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut point = || G1Affine::from(G1Affine::generator() * random_scalar(&mut rng));
            let fixed: Vec<_> = (0..fixed).map(|_| FixedBase::new(point())).collect();
            let fresh: Vec<_> = (0..fresh).map(|_| point()).collect();
            let mut rng = StdRng::seed_from_u64(!seed);
            let terms: Vec<_> = fresh.iter().map(|p| Base::Point(*p))
                .chain(fixed.iter().map(Base::Fixed))
                .map(|base| (base, random_scalar(&mut rng)))
                .collect();
            prop_assert_eq!(msm(&terms), naive(&terms));
            prop_assert_eq!(msm_vartime(&terms), naive(&terms));
        }
    }
}
