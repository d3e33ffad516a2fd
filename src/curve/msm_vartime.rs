//! Variable-time multi-scalar multiplication, for public data only.
//!
//! Few terms: interleaved width-w NAFs over tables of odd multiples (Straus), all halves of all
//! scalars sharing 127 doublings. Many terms: buckets ([`super::pippenger`]).

use std::collections::BTreeMap;

use super::affine::odd_multiples_vartime;
use super::glv::{self, HALF_BITS, Half};
use super::jacobian::{Jacobian, Xy, to_points_vartime};
use super::pippenger::pippenger_vartime;
use super::{Base, G1Affine, G1Projective, Scalar};

/// Digit width for points met once: 2^(5−2) odd multiples each.
const FRESH_WIDTH: u32 = 5;

/// From this many terms on, buckets beat tables (measured; the two are equal around here).
const PIPPENGER_FROM: usize = 160;

/// P, 3·P, 5·P, … (2^(width−1) − 1)·P, and the same multiples of x²·P; none for the identity.
#[derive(Debug)]
pub(super) struct OddMultiples {
    width: u32,
    low: Vec<Xy>,
    high: Vec<Xy>,
}

impl OddMultiples {
    pub(super) fn new(point: &G1Affine, width: u32) -> Self {
        let point: Vec<_> = Xy::new(point).into_iter().collect();
        let low = odd_multiples_vartime(&point, width).pop();
        Self::from_low(width, low.unwrap_or_default())
    }

    fn from_low(width: u32, low: Vec<Xy>) -> Self {
        let high = low.iter().map(|point| point.times_x_squared()).collect();
        Self { width, low, high }
    }
}

/// The digits of one half of a scalar, and the multiples of its base.
struct Row<'a> {
    multiples: &'a [Xy],
    /// Digit i counts 2^i; each is zero or odd, at most one of `width` in a row is not zero.
    digits: [i16; HALF_BITS + 1],
}

/// The width-w non-adjacent form of a half, least significant digit first.
fn non_adjacent_form_vartime(half: Half, width: u32) -> [i16; HALF_BITS + 1] {
    let mut digits = [0; HALF_BITS + 1];
    let mut rest = half.magnitude;
    for digit in &mut digits {
        if rest & 1 == 1 {
            let [low, next, ..] = rest.to_le_bytes();
            let window = i16::from_le_bytes([low, next]) & ((1 << width) - 1);
            let signed = if window >> (width - 1) == 0 {
                window
            } else {
                window - (1 << width)
            };
            // A half has 127 bits, so making room for a negative digit cannot overflow.
            rest = rest.wrapping_add_signed(-i128::from(signed));
            *digit = if bool::from(half.negative) {
                -signed
            } else {
                signed
            };
        }
        rest >>= 1;
    }
    digits
}

/// Σ scalar·base. Variable-time: public data only.
#[must_use]
pub fn msm_vartime(terms: &[(Base<'_>, Scalar)]) -> G1Projective {
    if terms.len() >= PIPPENGER_FROM {
        return pippenger_vartime(terms).to_projective_vartime();
    }
    let fresh = Fresh::new_vartime(terms);
    fresh.sum_vartime(terms).to_projective_vartime()
}

/// Σ scalar·base for every list of terms. The lists share the tables of points that they have in
/// common, and one inversion. Variable-time: public data only.
#[must_use]
pub fn msm_vartime_each(lists: &[Vec<(Base<'_>, Scalar)>]) -> Vec<G1Affine> {
    let few = || lists.iter().filter(|terms| terms.len() < PIPPENGER_FROM);
    let fresh = Fresh::new_vartime(few().flatten());
    let sums = crate::parallel::map(lists, |terms| {
        if terms.len() < PIPPENGER_FROM {
            fresh.sum_vartime(terms)
        } else {
            pippenger_vartime(terms)
        }
    });
    to_points_vartime(&sums)
}

/// The tables of points that had none, each made once. A point is found by its encoding.
struct Fresh(BTreeMap<Encoded, OddMultiples>);

/// A point by its coordinates, uncompressed.
type Encoded = [u8; 96];

impl Fresh {
    fn new_vartime<'a, 'b: 'a>(terms: impl IntoIterator<Item = &'a (Base<'b>, Scalar)>) -> Self {
        let points: BTreeMap<_, _> = (terms.into_iter())
            .filter_map(|(base, scalar)| match base {
                Base::Point(point) if !is_plain_vartime(scalar) => {
                    Some((point.to_uncompressed(), Xy::new(point)?))
                }
                _ => None,
            })
            .collect();
        let (encoded, points): (Vec<_>, Vec<_>) = points.into_iter().unzip();
        let tables = odd_multiples_vartime(&points, FRESH_WIDTH).into_iter();
        let tables = tables.map(|low| OddMultiples::from_low(FRESH_WIDTH, low));
        Self(encoded.into_iter().zip(tables).collect())
    }

    /// One sum over fixed bases, points that have a table here, and points that are only added.
    /// Terms of the same point become one.
    fn sum_vartime(&self, terms: &[(Base<'_>, Scalar)]) -> Jacobian {
        let mut of_points = BTreeMap::new();
        let mut plain = Vec::new();
        let mut rows = Vec::with_capacity(2 * terms.len());
        for (base, scalar) in terms {
            match base {
                Base::Fixed(base) => rows.extend(Row::pair_vartime(base.odd_multiples(), scalar)),
                Base::Point(point) if is_plain_vartime(scalar) => {
                    plain.extend(Xy::new(&if *scalar == Scalar::one() {
                        *point
                    } else {
                        -point
                    }));
                }
                Base::Point(point) => {
                    *of_points.entry(point.to_uncompressed()).or_default() += scalar;
                }
            }
        }
        for (point, scalar) in &of_points {
            // The identity has no table and adds nothing.
            if let Some(table) = self.0.get(point) {
                rows.extend(Row::pair_vartime(table, scalar));
            }
        }
        let sum = straus_vartime(&rows);
        (plain.iter()).fold(sum, |sum, point| sum.add_mixed_vartime(point))
    }
}

/// Whether the scalar is 1 or −1: such a term is an addition and needs no table.
fn is_plain_vartime(scalar: &Scalar) -> bool {
    *scalar == Scalar::one() || *scalar == -Scalar::one()
}

impl<'a> Row<'a> {
    fn pair_vartime(table: &'a OddMultiples, scalar: &Scalar) -> [Self; 2] {
        let [low, high] = glv::split(scalar);
        [(&table.low, low), (&table.high, high)].map(|(multiples, half)| Self {
            multiples,
            digits: non_adjacent_form_vartime(half, table.width),
        })
    }
}

fn straus_vartime(rows: &[Row<'_>]) -> Jacobian {
    let mut sum = Jacobian::identity();
    for position in (0..=HALF_BITS).rev() {
        sum = sum.double_vartime();
        for row in rows {
            let digit = row.digits.get(position).copied().unwrap_or(0);
            if digit == 0 {
                continue;
            }
            // The odd number 2i + 1 stands at place i.
            let place = usize::from(digit.unsigned_abs() >> 1);
            if let Some(multiple) = row.multiples.get(place) {
                let multiple = if digit < 0 {
                    multiple.negate()
                } else {
                    *multiple
                };
                sum = sum.add_mixed_vartime(&multiple);
            }
        }
    }
    sum
}
