//! Point arithmetic of the variable-time side: Jacobian coordinates on y² = x³ + 4, where
//! (X, Y, Z) stands for (X/Z², Y/Z³) and Z = 0 for the identity. Formulas of the Explicit-Formulas
//! Database, a = 0. Branches depend on the points: public data only.

use super::backend::{Fp, coordinates, from_coordinates, invert_vartime};
use super::glv::BETA;
use super::{G1Affine, G1Projective};

/// A point that is not the identity, by its coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xy {
    pub(super) x: Fp,
    pub(super) y: Fp,
}

impl Xy {
    /// `None` for the identity.
    pub(super) fn new(point: &G1Affine) -> Option<Self> {
        let (x, y) = coordinates(point);
        (!bool::from(point.is_identity())).then_some(Self { x, y })
    }

    /// −P.
    pub(super) fn negate(self) -> Self {
        Self { y: -self.y, ..self }
    }

    /// Whether the point has prime order: φ(P) = −x²·P, that is x²·P = (β·x, −y) (Scott,
    /// ePrint 2021/1130; 2022/352). Meets no exceptional case of the formulas, and so takes the same
    /// time, for every point of prime order: no multiple on the way is ±P or the identity.
    #[cfg(not(feature = "blst"))]
    pub(super) fn is_in_subgroup(self) -> bool {
        // The bits of |x| after the highest. x is negative, which x² does not see.
        const X: u64 = 0xd201_0000_0001_0000;
        let below_top_of_x = || (0..63).rev().map(|bit| (X >> bit) & 1 == 1);
        let start = Jacobian::from(self);
        let once = below_top_of_x().fold(start, |sum, bit| match bit {
            true => sum.double_vartime().add_mixed_vartime(&self),
            false => sum.double_vartime(),
        });
        let twice = below_top_of_x().fold(once, |sum, bit| match bit {
            true => sum.double_vartime().add_vartime(&once),
            false => sum.double_vartime(),
        });
        let expected = self.times_x_squared();
        let z_squared = twice.z.square();
        !twice.is_identity_vartime()
            && twice.x == expected.x * z_squared
            && twice.y == expected.y * z_squared * twice.z
    }

    /// x²·P = −φ(P) = (β·x, −y), see [`super::glv`].
    pub(super) fn times_x_squared(self) -> Self {
        Self {
            x: self.x * *BETA,
            y: -self.y,
        }
    }
}

/// A point in Jacobian coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jacobian {
    x: Fp,
    y: Fp,
    z: Fp,
}

impl From<Xy> for Jacobian {
    fn from(point: Xy) -> Self {
        Self {
            x: point.x,
            y: point.y,
            z: Fp::one(),
        }
    }
}

fn twice(a: Fp) -> Fp {
    a + a
}

impl Jacobian {
    /// The neutral element.
    pub(super) fn identity() -> Self {
        Self {
            x: Fp::one(),
            y: Fp::one(),
            z: Fp::zero(),
        }
    }

    pub(super) fn is_identity_vartime(&self) -> bool {
        self.z.is_zero().into()
    }

    /// 2·P: dbl-2009-l, 2M + 5S.
    pub(super) fn double_vartime(&self) -> Self {
        if self.is_identity_vartime() {
            return *self;
        }
        let a = self.x.square();
        let b = self.y.square();
        let c = b.square();
        let d = twice((self.x + b).square() - a - c);
        let e = twice(a) + a;
        let x = e.square() - twice(d);
        let y = e * (d - x) - twice(twice(twice(c)));
        let z = twice(self.y * self.z);
        Self { x, y, z }
    }

    /// P + Q for Q in affine coordinates: madd-2007-bl, 7M + 4S.
    pub(super) fn add_mixed_vartime(&self, other: &Xy) -> Self {
        if self.is_identity_vartime() {
            return (*other).into();
        }
        let z_squared = self.z.square();
        let u = other.x * z_squared;
        let s = other.y * self.z * z_squared;
        let h = u - self.x;
        let r = twice(s - self.y);
        if bool::from(h.is_zero()) {
            return self.same_x_vartime(&r);
        }
        let h_squared = h.square();
        let i = twice(twice(h_squared));
        let j = h * i;
        let v = self.x * i;
        let x = r.square() - j - twice(v);
        let y = r * (v - x) - twice(self.y * j);
        let z = (self.z + h).square() - z_squared - h_squared;
        Self { x, y, z }
    }

    /// P + Q: add-2007-bl, 11M + 5S.
    pub(super) fn add_vartime(&self, other: &Self) -> Self {
        if self.is_identity_vartime() {
            return *other;
        }
        if other.is_identity_vartime() {
            return *self;
        }
        let z1_squared = self.z.square();
        let z2_squared = other.z.square();
        let u1 = self.x * z2_squared;
        let u2 = other.x * z1_squared;
        let s1 = self.y * other.z * z2_squared;
        let s2 = other.y * self.z * z1_squared;
        let h = u2 - u1;
        let r = twice(s2 - s1);
        if bool::from(h.is_zero()) {
            return self.same_x_vartime(&r);
        }
        let i = twice(h).square();
        let j = h * i;
        let v = u1 * i;
        let x = r.square() - j - twice(v);
        let y = r * (v - x) - twice(s1 * j);
        let z = ((self.z + other.z).square() - z1_squared - z2_squared) * h;
        Self { x, y, z }
    }

    /// The sum where both points have the same x: 2·P if also the same y, else P − P.
    fn same_x_vartime(&self, difference_of_y: &Fp) -> Self {
        if bool::from(difference_of_y.is_zero()) {
            self.double_vartime()
        } else {
            Self::identity()
        }
    }

    fn scaled_by(&self, z_inverse: &Fp) -> Xy {
        let squared = z_inverse.square();
        Xy {
            x: self.x * squared,
            y: self.y * squared * z_inverse,
        }
    }

    /// The point as the crate's type.
    pub(super) fn to_projective_vartime(self) -> G1Projective {
        if self.is_identity_vartime() {
            return G1Projective::identity();
        }
        let point = self.scaled_by(&invert_vartime(&self.z));
        from_coordinates(&point.x, &point.y).into()
    }
}

/// Affine coordinates of points that are not the identity, with one inversion (Montgomery's trick).
fn to_affine_vartime(points: &[Jacobian]) -> Vec<Xy> {
    let mut product = Fp::one();
    let prefixes: Vec<_> = points
        .iter()
        .map(|point| {
            let before = product;
            product *= point.z;
            before
        })
        .collect();
    let mut inverse = invert_vartime(&product);
    let mut affine: Vec<_> = points
        .iter()
        .zip(&prefixes)
        .rev()
        .map(|(point, prefix)| {
            let z_inverse = inverse * prefix;
            inverse *= point.z;
            point.scaled_by(&z_inverse)
        })
        .collect();
    affine.reverse();
    affine
}

/// The points as the crate's type, with one inversion; the identity stays the identity.
pub(super) fn to_points_vartime(points: &[Jacobian]) -> Vec<G1Affine> {
    let proper = points.iter().filter(|point| !point.is_identity_vartime());
    let mut affine = to_affine_vartime(&proper.copied().collect::<Vec<_>>()).into_iter();
    (points.iter())
        .map(|point| {
            let affine = if point.is_identity_vartime() {
                None
            } else {
                affine.next()
            };
            affine.map_or(G1Affine::identity(), |point| {
                from_coordinates(&point.x, &point.y)
            })
        })
        .collect()
}

#[cfg(test)]
#[cfg(not(feature = "blst"))]
mod tests {
    use super::*;

    #[test]
    fn the_subgroup_check_agrees_with_the_crate_on_the_whole_curve() {
        use crate::curve::{G1Affine, Scalar, hash_test_point, torsion};
        let good = hash_test_point(b"P");
        let three = torsion::of_order_three();
        let mut points = vec![good, -good, three, -three];
        // P + T, and points (β·x, y) of P: φ keeps the subgroup and each coset.
        points.extend([torsion::plus(&good, &three), torsion::plus(&good, &-three)]);
        points.extend((0..20u64).map(|k| G1Affine::from(good * Scalar::from(k + 1))));
        for point in points {
            let xy = Xy::new(&point).unwrap();
            let expected = bool::from(point.is_torsion_free());
            assert_eq!(xy.is_in_subgroup(), expected);
            assert_eq!(xy.times_x_squared().is_in_subgroup(), expected);
        }
    }
}
