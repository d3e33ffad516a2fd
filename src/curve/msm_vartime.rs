//! Variable-time multi-scalar multiplication, for public data only.
//!
//! Few terms: interleaved width-w NAFs over tables of odd multiples (Straus), all halves of all
//! scalars sharing 127 doublings. Many terms: buckets ([`super::pippenger`]).

use super::glv::{self, HALF_BITS, Half};
use super::jacobian::{Jacobian, Xy, to_affine_vartime};
use super::pippenger::pippenger_vartime;
use super::{Base, G1Affine, G1Projective, Scalar};

/// Digit width for points met once: 2^(5−2) odd multiples each.
const FRESH_WIDTH: u32 = 5;

/// From this many terms on, buckets beat tables (measured; the two are equal around here).
const PIPPENGER_FROM: usize = 160;

/// P, 3·P, 5·P, … (2^(width−1) − 1)·P; empty for the identity.
#[derive(Debug)]
pub(super) struct OddMultiples {
    width: u32,
    multiples: Vec<Xy>,
}

impl OddMultiples {
    pub(super) fn new(point: &G1Affine, width: u32) -> Self {
        let multiples = match Xy::new(point) {
            Some(point) => to_affine_vartime(&odd_multiples_vartime(point, width)),
            None => Vec::new(),
        };
        Self { width, multiples }
    }
}

fn odd_multiples_vartime(point: Xy, width: u32) -> Vec<Jacobian> {
    let twice = Jacobian::from(point).double_vartime();
    let mut next = Jacobian::from(point);
    let mut multiples = vec![next];
    for _ in 1..1 << (width - 2) {
        next = next.add_vartime(&twice);
        multiples.push(next);
    }
    multiples
}

/// The digits of one half of a scalar, and where their multiples stand.
struct Row<'a> {
    multiples: &'a [Xy],
    /// Digit i counts 2^i; each is zero or odd, at most one of `width` in a row is not zero.
    digits: [i16; HALF_BITS + 1],
    /// Whether this is the half that counts x².
    high: bool,
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
        return pippenger_vartime(terms);
    }
    let fresh: Vec<_> = terms
        .iter()
        .filter_map(|(base, _)| match base {
            Base::Fixed(_) => None,
            Base::Point(point) => Xy::new(point),
        })
        .collect();
    let projective: Vec<_> = fresh
        .iter()
        .flat_map(|point| odd_multiples_vartime(*point, FRESH_WIDTH))
        .collect();
    let affine = to_affine_vartime(&projective);
    let mut tables = affine.chunks_exact(1 << (FRESH_WIDTH - 2));

    let mut rows = Vec::with_capacity(2 * terms.len());
    for (base, scalar) in terms {
        let (multiples, width) = match base {
            Base::Fixed(base) => {
                let odd = base.odd_multiples();
                (odd.multiples.as_slice(), odd.width)
            }
            Base::Point(point) if bool::from(point.is_identity()) => continue,
            Base::Point(_) => (tables.next().unwrap_or(&[]), FRESH_WIDTH),
        };
        let [low, high] = glv::split(scalar);
        for (half, high) in [(low, false), (high, true)] {
            rows.push(Row {
                multiples,
                digits: non_adjacent_form_vartime(half, width),
                high,
            });
        }
    }
    straus_vartime(&rows).to_projective_vartime()
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
                let multiple = if row.high {
                    multiple.times_x_squared()
                } else {
                    *multiple
                };
                let multiple = if digit < 0 {
                    multiple.negate()
                } else {
                    multiple
                };
                sum = sum.add_mixed_vartime(&multiple);
            }
        }
    }
    sum
}
