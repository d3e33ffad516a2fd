//! The bucket method (Pippenger) for many terms. Variable-time: public data only.

use super::affine::add_each_vartime;
use super::glv::{self, HALF_BITS, Half};
use super::jacobian::{Jacobian, Xy};
use super::{Base, Scalar};

/// Σ scalar·base by buckets: for each window of c bits, points with the same digit are added up
/// once, and the buckets are summed with their weights by a running sum.
pub(super) fn pippenger_vartime(terms: &[(Base<'_>, Scalar)]) -> Jacobian {
    let width = best_width(2 * terms.len());
    let mut halves = Vec::with_capacity(2 * terms.len());
    for (base, scalar) in terms {
        if let Some(point) = Xy::new(base.point()) {
            let [low, high] = glv::split(scalar);
            halves.push((point, signed_digits_vartime(low, width)));
            halves.push((point.times_x_squared(), signed_digits_vartime(high, width)));
        }
    }
    let windows: Vec<_> = (0..(HALF_BITS + 1).div_ceil(width)).rev().collect();
    let sums = crate::parallel::map(&windows, |window| {
        window_sum_vartime(&halves, *window, width)
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
fn signed_digits_vartime(half: Half, width: usize) -> Vec<i16> {
    let base = 1 << width;
    let mut rest = half.magnitude;
    let mut carry = 0;
    let windows = (HALF_BITS + 1).div_ceil(width);
    std::iter::repeat_with(|| {
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
    .collect()
}

fn window_sum_vartime(halves: &[(Xy, Vec<i16>)], window: usize, width: usize) -> Jacobian {
    let mut buckets = vec![Vec::new(); 1 << (width - 1)];
    for (point, digits) in halves {
        let digit = digits.get(window).copied().unwrap_or(0);
        let place = usize::from(digit.unsigned_abs());
        let Some(bucket) = place.checked_sub(1).and_then(|i| buckets.get_mut(i)) else {
            continue;
        };
        bucket.push(if digit < 0 { point.negate() } else { *point });
    }
    add_up_vartime(&mut buckets);
    let mut running = Jacobian::identity();
    let mut sum = Jacobian::identity();
    for bucket in buckets.iter().rev() {
        if let Some(point) = bucket.first() {
            running = running.add_mixed_vartime(point);
        }
        sum = sum.add_vartime(&running);
    }
    sum
}

/// Leaves the sum of every bucket in it, or nothing for the identity. In each round the points of all
/// buckets are added in pairs, with one inversion.
fn add_up_vartime(buckets: &mut [Vec<Xy>]) {
    loop {
        let pairs: Vec<_> = (buckets.iter())
            .flat_map(|bucket| bucket.chunks_exact(2))
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .collect();
        if pairs.is_empty() {
            return;
        }
        let mut sums = add_each_vartime(&pairs).into_iter();
        for bucket in buckets.iter_mut().filter(|bucket| bucket.len() > 1) {
            let count = bucket.len() / 2;
            let left_over = (bucket.len() % 2 == 1).then(|| bucket.pop()).flatten();
            bucket.clear();
            bucket.extend(sums.by_ref().take(count).flatten());
            bucket.extend(left_over);
        }
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
                    let digits = signed_digits_vartime(
                        Half {
                            magnitude,
                            negative,
                        },
                        width,
                    );
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
