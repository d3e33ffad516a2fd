//! Constant-time multi-scalar multiplication, for secrets.
//!
//! Each scalar is split into two halves of 127 bits ([`super::glv`]) and each half into signed
//! digits. All halves share the 127 doublings. A digit picks its multiple by a scan over the whole
//! table, so neither branches nor addresses depend on a scalar. The number of terms is public and
//! the bases steer nothing: the crate's addition formulas are complete.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::glv::{self, HALF_BITS, Half};
use super::{Base, G1Affine, G1Projective, Scalar, normalize};

/// Bits of a digit for points met once: a wider table would cost more than it saves.
const FRESH_WIDTH: usize = 4;
/// Bits of a digit for fixed bases, whose tables are there already.
const FIXED_WIDTH: usize = 5;
/// Digits of a half at the smallest width, one bit more than it has for the last carry.
const MAX_DIGITS: usize = (HALF_BITS + 1).div_ceil(FRESH_WIDTH);

/// 1·P … 2^(width−1)·P, and the same multiples of x²·P.
#[derive(Debug)]
pub(super) struct Table {
    width: usize,
    low: Vec<G1Affine>,
    high: Vec<G1Affine>,
}

impl Drop for Table {
    // A fixed base lives for ever; what is dropped was made for points that may be secret.
    fn drop(&mut self) {
        self.low.zeroize();
        self.high.zeroize();
    }
}

impl Table {
    /// The table of a fixed base.
    pub(super) fn new(point: &G1Affine) -> Self {
        Self::from_multiples(FIXED_WIDTH, normalize(&multiples(point, FIXED_WIDTH)))
    }

    fn from_multiples(width: usize, low: Vec<G1Affine>) -> Self {
        let high = low.iter().map(glv::times_x_squared).collect();
        Self { width, low, high }
    }
}

/// 1·P … 2^(width−1)·P: the even ones by doubling, which is cheaper, the odd ones by adding P.
fn multiples(point: &G1Affine, width: usize) -> Vec<G1Projective> {
    let count = 1 << (width - 1);
    let mut multiples = Vec::with_capacity(count + 1);
    multiples.push(G1Projective::from(point));
    for half in 0..count / 2 {
        let even = (multiples.get(half)).map_or(G1Projective::identity(), G1Projective::double);
        multiples.push(even);
        multiples.push(even + point);
    }
    multiples.truncate(count);
    multiples
}

/// The tables of points that had none, each made once for sums that are not kept apart.
struct Tables {
    points: Zeroizing<Vec<(u8, G1Affine)>>,
    tables: Vec<Table>,
}

impl Tables {
    /// Tables for the points of all sums, with one inversion. Which bases are the same point must be
    /// public: it shows in the time. It is where it follows from the equations; where it is chance, the
    /// sums are kept apart.
    fn new(sums: &[Terms<'_>]) -> Self {
        let all = (sums.iter())
            .flat_map(|terms| (terms.scaled.iter()).map(|(base, _)| (terms.apart, *base)));
        let mut points = Zeroizing::new(Vec::with_capacity(all.clone().count()));
        for (apart, base) in all {
            if let Base::Point(point) = base
                && !points.contains(&(apart, point))
            {
                points.push((apart, point));
            }
        }
        let count = points.len() << (FRESH_WIDTH - 1);
        let mut projective = Zeroizing::new(Vec::with_capacity(count));
        for (_, point) in points.iter() {
            let multiples = Zeroizing::new(multiples(point, FRESH_WIDTH));
            projective.extend(multiples.iter().copied());
        }
        let tables = Zeroizing::new(normalize(&projective))
            .chunks_exact(1 << (FRESH_WIDTH - 1))
            .map(|low| Table::from_multiples(FRESH_WIDTH, low.to_vec()))
            .collect();
        Self { points, tables }
    }

    fn of(&self, apart: u8, point: &G1Affine) -> Option<&Table> {
        let mut tables = self.points.iter().zip(&self.tables);
        let found =
            tables.find(|((known, point_known), _)| *known == apart && point_known == point);
        found.map(|(_, table)| table)
    }

    fn sum(&self, terms: &Terms<'_>) -> G1Projective {
        let mut rows = Vec::with_capacity(2 * terms.scaled.len());
        for (base, scalar) in &terms.scaled {
            let table = match base {
                Base::Fixed(base) => Some(base.table()),
                Base::Point(point) => self.of(terms.apart, point),
            };
            rows.extend(table.into_iter().flat_map(|table| Row::pair(table, scalar)));
        }
        let mut sum = G1Projective::identity();
        for bit in (0..=HALF_BITS).rev() {
            sum = sum.double();
            for row in &rows {
                if let Some(digit) = row.digit_at(bit) {
                    sum += select(row.multiples, digit);
                }
            }
        }
        sum + terms.plus
    }
}

/// Digits in −2^(width−1) ..= 2^(width−1) with half = Σ digit_i · 2^(width·i), least significant
/// first, for halves as [`glv::split`] makes them, of at most x²/2 + 1 < 1.36·2^126: then no carry
/// is left after the last digit. Constant-time.
fn signed_digits(half: Half, width: usize) -> [i8; MAX_DIGITS] {
    let base = 1u8 << width;
    let flip = 0i8.wrapping_sub(half.negative.unwrap_u8().cast_signed());
    let mut rest = half.magnitude;
    let mut carry = 0;
    [(); MAX_DIGITS].map(|()| {
        let [lowest, ..] = rest.to_le_bytes();
        rest >>= width;
        let window = (lowest & (base - 1)) + carry;
        carry = (window + base / 2) >> width;
        let digit = window.wrapping_sub(carry << width).cast_signed();
        (digit ^ flip).wrapping_sub(flip)
    })
}

/// digit · P by a scan over all multiples. Constant-time.
fn select(multiples: &[G1Affine], digit: i8) -> G1Affine {
    let negative = Choice::from(digit.cast_unsigned() >> 7);
    let digit = digit.cast_unsigned();
    let magnitude = u8::conditional_select(&digit, &digit.wrapping_neg(), negative);
    let mut chosen = G1Affine::identity();
    for (multiple, k) in multiples.iter().zip(1u8..) {
        chosen.conditional_assign(multiple, magnitude.ct_eq(&k));
    }
    G1Affine::conditional_select(&chosen, &-chosen, negative)
}

/// One half of one scalar with the multiples of its base.
struct Row<'a> {
    width: usize,
    multiples: &'a [G1Affine],
    digits: [i8; MAX_DIGITS],
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        self.digits.zeroize();
    }
}

impl<'a> Row<'a> {
    fn pair(table: &'a Table, scalar: &Scalar) -> [Self; 2] {
        let [low, high] = glv::split(scalar);
        [(&table.low, low), (&table.high, high)].map(|(multiples, half)| Row {
            width: table.width,
            multiples,
            digits: signed_digits(half, table.width),
        })
    }

    /// The digit that counts 2^bit, if one does.
    fn digit_at(&self, bit: usize) -> Option<i8> {
        if bit.is_multiple_of(self.width) {
            self.digits.get(bit / self.width).copied()
        } else {
            None
        }
    }
}

/// Σ scalar·base + a point, yet to be computed. Scalars and points are wiped after use.
pub struct Terms<'a> {
    scaled: Vec<(Base<'a>, Scalar)>,
    plus: G1Affine,
    apart: u8,
}

impl<'a> FromIterator<(Base<'a>, Scalar)> for Terms<'a> {
    fn from_iter<T: IntoIterator<Item = (Base<'a>, Scalar)>>(terms: T) -> Self {
        let terms = terms.into_iter();
        // The full capacity at once: growing would leave unwiped copies behind.
        let (least, most) = terms.size_hint();
        let mut scaled = Vec::with_capacity(most.unwrap_or(least));
        scaled.extend(terms);
        let plus = G1Affine::identity();
        Self {
            scaled,
            plus,
            apart: 0,
        }
    }
}

impl<'a, const N: usize> From<[(Base<'a>, Scalar); N]> for Terms<'a> {
    fn from(terms: [(Base<'a>, Scalar); N]) -> Self {
        terms.into_iter().collect()
    }
}

impl Terms<'_> {
    /// Twice the sum, for forgers in tests.
    #[cfg(test)]
    pub(crate) fn double(&mut self) {
        for (_, scalar) in &mut self.scaled {
            *scalar = scalar.double();
        }
        self.plus = (G1Projective::from(self.plus).double()).into();
    }

    /// The same sum, whose points share tables only with sums of the same `number` (else 0). For points
    /// that may be those of another sum by chance, which nobody may see in the time.
    #[must_use]
    pub(crate) fn apart(mut self, number: u8) -> Self {
        self.apart = number;
        self
    }

    /// The same sum and `point`.
    #[must_use]
    pub fn plus(mut self, point: G1Affine) -> Self {
        self.plus = point;
        self
    }
}

impl Drop for Terms<'_> {
    // Points may be secret as well: those of a signature, of a witness.
    fn drop(&mut self) {
        for (base, scalar) in &mut self.scaled {
            if let Base::Point(point) = base {
                point.zeroize();
            }
            scalar.zeroize();
        }
        self.plus.zeroize();
    }
}

/// Σ scalar·base. Constant-time in the scalars; the number and kind of the terms are public.
#[must_use]
pub fn msm<'a>(terms: impl IntoIterator<Item = (Base<'a>, Scalar)>) -> G1Projective {
    let terms = [terms.into_iter().collect()];
    let [only] = &terms;
    Tables::new(&terms).sum(only)
}

/// All the sums, in affine coordinates. They share the tables of the points that they have in common,
/// and two inversions. Constant-time like [`msm`]; that the same point stands in two sums is public.
#[must_use]
pub fn msm_each(sums: &[Terms<'_>]) -> Vec<G1Affine> {
    let tables = Tables::new(sums);
    let points: Zeroizing<Vec<_>> =
        Zeroizing::new(sums.iter().map(|terms| tables.sum(terms)).collect());
    normalize(&points)
}

/// How many tables these sums need: what their time depends on.
#[cfg(test)]
pub(crate) fn tables_of(sums: &[Terms<'_>]) -> usize {
    Tables::new(sums).tables.len()
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
        for width in [FRESH_WIDTH, FIXED_WIDTH] {
            for magnitude in [
                0,
                1,
                7,
                8,
                9,
                15,
                16,
                17,
                31,
                32,
                glv::LARGEST_HALF,
                0xffff_0000_ffff,
            ] {
                for negative in [0, 1] {
                    let negative = Choice::from(negative);
                    let digits = signed_digits(
                        Half {
                            magnitude,
                            negative,
                        },
                        width,
                    );
                    let digits = &digits[..(HALF_BITS + 1).div_ceil(width)];
                    assert!(digits.iter().all(|d| d.unsigned_abs() <= 1 << (width - 1)));
                    let again = digits.iter().rev().fold(0u128, |acc, d| {
                        (acc << width).wrapping_add_signed(i128::from(*d))
                    });
                    let expected =
                        u128::conditional_select(&magnitude, &magnitude.wrapping_neg(), negative);
                    assert_eq!(again, expected, "width {width}");
                }
            }
        }
    }

    #[test]
    fn single_terms_agree_with_the_crate_at_the_edges() {
        let g = G1Affine::generator();
        let fixed = FixedBase::new(g);
        for k in edge_scalars() {
            let expected = g * k;
            for base in [Base::Point(g), Base::Fixed(&fixed)] {
                assert_eq!(msm([(base, k)]), expected, "constant-time");
                assert_eq!(msm_vartime(&[(base, k)]), expected, "vartime");
            }
        }
    }

    #[test]
    fn no_terms_are_the_identity() {
        assert_eq!(msm([]), G1Projective::identity());
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
            assert_eq!(msm(terms.iter().copied()), naive(terms));
            assert_eq!(msm_vartime(terms), naive(terms));
        }
    }

    #[test]
    fn sums_kept_apart_make_tables_of_their_own_and_the_same_points() {
        let g = G1Affine::generator();
        let sums = |apart| {
            let (one, two) = (Scalar::from(5), Scalar::from(6));
            [
                Terms::from([(Base::Point(g), one)]),
                Terms::from([(Base::Point(g), two)]).apart(apart),
            ]
        };
        assert_eq!((tables_of(&sums(0)), tables_of(&sums(1))), (1, 2));
        assert_eq!(msm_each(&sums(0)), msm_each(&sums(1)));
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
            prop_assert_eq!(msm(terms.iter().copied()), naive(&terms));
            prop_assert_eq!(msm_vartime(&terms), naive(&terms));
        }
    }
}
