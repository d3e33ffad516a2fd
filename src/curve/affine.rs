//! Additions of many points at once in affine coordinates: five multiplications and a square each,
//! because they share one inversion (Montgomery's trick). Variable-time: public data only.

use super::backend::{Fp, invert_vartime};
use super::jacobian::Xy;

/// P + Q for every pair, `None` for the identity.
pub(super) fn add_each_vartime(pairs: &[(Xy, Xy)]) -> Vec<Option<Xy>> {
    let slopes: Vec<_> = pairs.iter().map(|(p, q)| slope_vartime(p, q)).collect();
    // Products from the front; their inverses then come from the back.
    let mut product = Fp::one();
    let before: Vec<_> = (slopes.iter())
        .map(|slope| {
            let before = product;
            if let Some((_, below)) = slope {
                product *= below;
            }
            before
        })
        .collect();
    let mut inverse = invert_vartime(&product);
    let mut sums: Vec<_> = (pairs.iter().zip(&slopes).zip(&before).rev())
        .map(|(((p, q), slope), before)| {
            let (above, below) = (*slope)?;
            let slope = above * inverse * before;
            inverse *= below;
            let x = slope.square() - p.x - q.x;
            let y = slope * (p.x - x) - p.y;
            Some(Xy { x, y })
        })
        .collect();
    sums.reverse();
    sums
}

/// Numerator and denominator of the slope of the line through P and Q, or of the tangent where they
/// are the same; `None` where they cancel.
fn slope_vartime(p: &Xy, q: &Xy) -> Option<(Fp, Fp)> {
    if p.x != q.x {
        return Some((q.y - p.y, q.x - p.x));
    }
    // y is not zero: no point here has order two.
    (p.y == q.y).then(|| {
        let x_squared = p.x.square();
        (x_squared + x_squared + x_squared, p.y + p.y)
    })
}

/// P, 3·P, 5·P, … (2^(width−1) − 1)·P for every point, one after the other, with `width` − 1
/// inversions in all. The points have prime order, so none of these is the identity.
pub(super) fn odd_multiples_vartime(points: &[Xy], width: u32) -> Vec<Vec<Xy>> {
    let mut odd: Vec<Vec<Xy>> = points.iter().map(|point| vec![*point]).collect();
    let mut power = double_each_vartime(points);
    for step in 1..width - 1 {
        // 1, 3, … 2^step − 1 and 2^step give 2^step + 1 … 2^(step+1) − 1, and the power its double.
        let last = step == width - 2;
        let mut pairs: Vec<_> = (odd.iter().zip(&power))
            .flat_map(|(odd, power)| odd.iter().map(|odd| (*odd, *power)))
            .collect();
        if !last {
            pairs.extend(power.iter().map(|power| (*power, *power)));
        }
        let mut sums = add_each_vartime(&pairs).into_iter().flatten();
        for odd in &mut odd {
            let count = odd.len();
            odd.extend(sums.by_ref().take(count));
        }
        power = sums.collect();
    }
    odd
}

fn double_each_vartime(points: &[Xy]) -> Vec<Xy> {
    let pairs: Vec<_> = points.iter().map(|point| (*point, *point)).collect();
    add_each_vartime(&pairs).into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{G1Affine, Scalar, backend::from_coordinates, hash_test_point};

    fn point(xy: Xy) -> G1Affine {
        from_coordinates(&xy.x, &xy.y)
    }

    #[test]
    fn sums_agree_with_the_crate_where_points_coincide_or_cancel_too() {
        let (p, q) = (hash_test_point(b"P"), hash_test_point(b"Q"));
        let (x, y) = (Xy::new(&p).unwrap(), Xy::new(&q).unwrap());
        let pairs = [(x, y), (x, x), (y, y.negate()), (y, x), (x.negate(), x)];
        let sums = add_each_vartime(&pairs).into_iter();
        let sums: Vec<_> = sums.map(|sum| sum.map(point)).collect();
        let sum = G1Affine::from(p * Scalar::one() + q);
        let double = G1Affine::from(p * Scalar::from(2));
        assert_eq!(sums, [Some(sum), Some(double), None, Some(sum), None]);
        assert!(add_each_vartime(&[]).is_empty());
    }

    #[test]
    fn odd_multiples_are_odd_multiples() {
        let points = [hash_test_point(b"P"), hash_test_point(b"Q")];
        for width in 3..=8 {
            let xy = points.map(|point| Xy::new(&point).unwrap());
            for (multiples, p) in odd_multiples_vartime(&xy, width).into_iter().zip(points) {
                assert_eq!(multiples.len(), 1 << (width - 2));
                for (multiple, k) in multiples.into_iter().zip((1u64..).step_by(2)) {
                    assert_eq!(point(multiple), G1Affine::from(p * Scalar::from(k)));
                }
            }
        }
    }
}
