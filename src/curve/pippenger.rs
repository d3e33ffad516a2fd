//! The bucket method (Pippenger) for many terms. Variable-time: public data only.

use super::affine::add_each_vartime;
use super::glv::{self, HALF_BITS, Half};
use super::jacobian::{Jacobian, Xy};
use super::{Base, Scalar};

/// Σ scalar·base by buckets.
pub(super) fn pippenger_vartime(terms: &[(Base<'_>, Scalar)]) -> Jacobian {
    let terms: Vec<_> = (terms.iter())
        .filter_map(|(base, scalar)| Some((Xy::new(base.point())?, *scalar)))
        .collect();
    sum_vartime(&terms)
}

/// Σ scalar·point by buckets: for each window of c bits, points with the same digit are added up
/// once, and the buckets are summed with their weights by a running sum. For points in the subgroup; what others
/// leave outside it, says [`super::on_curve`].
pub(super) fn sum_vartime(terms: &[(Xy, Scalar)]) -> Jacobian {
    let width = best_width(2 * terms.len());
    let count = (HALF_BITS + 1).div_ceil(width);
    let mut points = Vec::with_capacity(2 * terms.len());
    // The digits of all points in a row, `count` for each.
    let mut digits = Vec::with_capacity(2 * terms.len() * count);
    for (point, scalar) in terms {
        let [low, high] = glv::split(scalar);
        points.extend([*point, point.times_x_squared()]);
        digits.extend(signed_digits_vartime(low, width));
        digits.extend(signed_digits_vartime(high, width));
    }
    let windows: Vec<_> = (0..count).rev().collect();
    let sums = crate::parallel::map(&windows, |window| {
        let digits = digits.iter().skip(*window).step_by(count);
        window_sum_vartime(points.iter().zip(digits.copied()), width)
    });
    let mut sum = Jacobian::identity();
    for window in &sums {
        for _ in 0..width {
            sum = sum.double_vartime();
        }
        sum = sum.add_vartime(window);
    }
    sum
}

/// The digit width with the fewest additions for `halves` points.
fn best_width(halves: usize) -> usize {
    (4..=15)
        .min_by_key(|width| {
            let windows = (HALF_BITS + 1).div_ceil(*width);
            // A point costs six multiplications, a bucket two additions, 27 multiplications.
            windows * (2 * halves + (9 << (width - 1)))
        })
        .unwrap_or(8)
}

/// Digits in −2^(c−1) ..= 2^(c−1) with half = Σ digit_i · 2^(c·i), least significant first.
fn signed_digits_vartime(half: Half, width: usize) -> impl Iterator<Item = i16> {
    let base = 1 << width;
    let mut rest = half.magnitude;
    let mut carry = 0;
    let windows = (HALF_BITS + 1).div_ceil(width);
    std::iter::repeat_with(move || {
        let [low, next, ..] = rest.to_le_bytes();
        rest >>= width;
        let window = i32::from(u16::from_le_bytes([low, next])) % base + carry;
        carry = i32::from(window >= base / 2);
        let digit = i16::try_from(window - carry * base).unwrap_or(0);
        if bool::from(half.negative) {
            -digit
        } else {
            digit
        }
    })
    .take(windows)
}

/// Σ digit·point over points with their digits of one window.
fn window_sum_vartime<'a>(
    digits: impl Iterator<Item = (&'a Xy, i16)> + Clone,
    width: usize,
) -> Jacobian {
    let mut buckets = Buckets::new(digits, 1 << (width - 1));
    while buckets.add_pairs_vartime() {}
    let mut running = Jacobian::identity();
    let mut sum = Jacobian::identity();
    let mut points = buckets.points.iter().rev();
    for length in buckets.lengths.iter().rev() {
        for point in points.by_ref().take(*length) {
            running = running.add_mixed_vartime(point);
        }
        sum = sum.add_vartime(&running);
    }
    sum
}

/// Points sorted into buckets, one bucket after the other in one row: a bucket of its own memory each
/// would be thousands of small ones.
struct Buckets {
    points: Vec<Xy>,
    /// How many points each bucket has.
    lengths: Vec<usize>,
}

impl Buckets {
    /// Bucket i gets the points whose digit is i + 1, and the negatives of those whose digit is −(i + 1).
    fn new<'a>(digits: impl Iterator<Item = (&'a Xy, i16)> + Clone, count: usize) -> Self {
        let place = |digit: i16| usize::from(digit.unsigned_abs()).checked_sub(1);
        let mut lengths = vec![0; count];
        for (_, digit) in digits.clone() {
            if let Some(length) = place(digit).and_then(|place| lengths.get_mut(place)) {
                *length += 1;
            }
        }
        // Where each bucket's next point goes.
        let mut next: Vec<_> = (lengths.iter())
            .scan(0, |end, length| {
                let begin = *end;
                *end += length;
                Some(begin)
            })
            .collect();
        let total = lengths.iter().sum();
        let mut points = match digits.clone().next() {
            Some((point, _)) => vec![*point; total],
            None => Vec::new(),
        };
        for (point, digit) in digits {
            let Some(next) = place(digit).and_then(|place| next.get_mut(place)) else {
                continue;
            };
            if let Some(slot) = points.get_mut(*next) {
                *slot = if digit < 0 { point.negate() } else { *point };
            }
            *next += 1;
        }
        Self { points, lengths }
    }

    /// Adds the points of all buckets in pairs, with one inversion. Says whether there were any; when
    /// there are none every bucket has one point or, for the identity, none.
    fn add_pairs_vartime(&mut self) -> bool {
        let mut rest = self.points.as_slice();
        let mut pairs = Vec::with_capacity(rest.len() / 2);
        for length in &self.lengths {
            let (bucket, behind) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
            rest = behind;
            let (chunks, _) = bucket.as_chunks();
            pairs.extend(chunks.iter().map(|[p, q]| (*p, *q)));
        }
        if pairs.is_empty() {
            return false;
        }
        let mut sums = add_each_vartime(&pairs).into_iter();
        let mut points = Vec::with_capacity(self.points.len() - pairs.len());
        let mut rest = self.points.as_slice();
        for length in &mut self.lengths {
            let (bucket, behind) = rest.split_at_checked(*length).unwrap_or((rest, &[]));
            rest = behind;
            let (chunks, left_over) = bucket.as_chunks::<2>();
            let before = points.len();
            points.extend(sums.by_ref().take(chunks.len()).flatten());
            points.extend(left_over);
            *length = points.len() - before;
        }
        self.points = points;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{G1Affine, G1Projective, msm_vartime, random_scalar};
    use rand::{SeedableRng, rngs::StdRng};
    use subtle::Choice;

    #[test]
    fn digits_make_the_half_again() {
        for width in 4..=15 {
            for magnitude in [0, 1, 7, 8, 9, glv::LARGEST_HALF, 1 << 126, 0x8888_8888] {
                for negative in [0, 1].map(Choice::from) {
                    let half = Half {
                        magnitude,
                        negative,
                    };
                    let digits: Vec<_> = signed_digits_vartime(half, width).collect();
                    let again = digits.iter().rev().fold(0i128, |acc, digit| {
                        assert!(digit.unsigned_abs() <= 1 << (width - 1));
                        (acc << width).checked_add(i128::from(*digit)).unwrap()
                    });
                    assert_eq!(again.unsigned_abs(), magnitude, "width {width}");
                    assert_eq!(again < 0, bool::from(negative) && magnitude != 0);
                }
            }
        }
    }

    #[test]
    fn buckets_agree_with_separate_multiplications() {
        let mut rng = StdRng::seed_from_u64(3);
        for count in [1, 2, 30, 170] {
            let mut terms: Vec<_> = (0..count)
                .map(|_| {
                    let point = G1Affine::generator() * random_scalar(&mut rng);
                    (Base::Point(G1Affine::from(point)), random_scalar(&mut rng))
                })
                .collect();
            // The identity as a base, equal points and extreme scalars take their own branches.
            terms.push((Base::Point(G1Affine::identity()), Scalar::one()));
            terms.extend(
                [-Scalar::one(), Scalar::one(), Scalar::zero()]
                    .map(|k| (Base::Point(G1Affine::generator()), k)),
            );
            let expected: G1Projective = terms.iter().map(|(b, k)| b.point() * k).sum();
            let buckets = pippenger_vartime(&terms).to_projective_vartime();
            assert_eq!(buckets, expected, "{count} terms");
            assert_eq!(msm_vartime(&terms), expected, "{count} terms");
        }
    }
    #[test]
    fn buckets_where_points_coincide_and_cancel_are_right() {
        // Equal scalars put their points into the same buckets: P + P, P − P, an odd one left over, a
        // bucket that becomes empty and is added to the running sum as nothing.
        let mut rng = StdRng::seed_from_u64(4);
        let mut point = || G1Affine::from(G1Affine::generator() * random_scalar(&mut rng));
        let (p, q) = (point(), point());
        let k = random_scalar(&mut StdRng::seed_from_u64(5));
        let copies = |point: G1Affine, count| vec![(Base::Point(point), k); count];
        let cases = [
            copies(p, 161),
            [copies(p, 100), copies(-p, 100)].concat(),
            [copies(p, 101), copies(-p, 100)].concat(),
            [copies(p, 3), copies(-p, 2), copies(q, 200), copies(-q, 201)].concat(),
            copies(G1Affine::identity(), 170),
        ];
        for terms in &cases {
            let expected: G1Projective = terms.iter().map(|(b, k)| b.point() * k).sum();
            assert_eq!(pippenger_vartime(terms).to_projective_vartime(), expected);
            assert_eq!(msm_vartime(terms), expected);
        }
        // Many lists at once, long and short, some of them nothing.
        let short = [vec![], copies(p, 3), [copies(p, 1), copies(-p, 1)].concat()];
        let lists: Vec<_> = cases.into_iter().chain(short).collect();
        let expected: Vec<_> = (lists.iter())
            .map(|terms| {
                G1Affine::from(
                    terms
                        .iter()
                        .map(|(b, k)| b.point() * k)
                        .sum::<G1Projective>(),
                )
            })
            .collect();
        assert_eq!(crate::curve::msm_vartime_each(&lists), expected);
    }

    #[test]
    fn the_widest_windows_put_each_digit_into_its_bucket() {
        let point = |k: u64| Xy::new(&G1Affine::from(G1Affine::generator() * Scalar::from(k)));
        let points: Vec<_> = (1..=8).map(|k| point(k).unwrap()).collect();
        for width in 4..=15 {
            let largest = 1i16 << (width - 1);
            let digits = [
                largest,
                -largest,
                0,
                1,
                -1,
                largest - 1,
                1 - largest,
                largest,
            ];
            let sum = window_sum_vartime(points.iter().zip(digits), width);
            let expected = (1..).zip(digits).map(|(k, digit)| k * i64::from(digit));
            let expected: i64 = expected.sum();
            let magnitude = Scalar::from(expected.unsigned_abs());
            let scalar = if expected < 0 { -magnitude } else { magnitude };
            let expected = G1Affine::generator() * scalar;
            assert_eq!(sum.to_projective_vartime(), expected, "width {width}");
        }
    }

    #[test]
    fn terms_of_one_point_that_add_up_to_nothing_or_one_are_right() {
        let g = G1Affine::generator();
        let k = random_scalar(&mut StdRng::seed_from_u64(6));
        for total in [0, 1, 2].map(Scalar::from) {
            for last in [total - k, -(total - k)] {
                let terms = [(Base::Point(g), k), (Base::Point(g), last)];
                let plain = [terms[0], terms[1], (Base::Point(g), Scalar::one())];
                let minus = [
                    terms[0],
                    (Base::Point(-g), last),
                    (Base::Point(g), -Scalar::one()),
                ];
                for terms in [&terms[..], &plain, &minus] {
                    let expected: G1Projective = terms.iter().map(|(b, k)| b.point() * k).sum();
                    assert_eq!(msm_vartime(terms), expected);
                }
            }
        }
    }
}
