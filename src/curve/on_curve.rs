//! Points of the curve whose order nobody has looked at, and their sums in the subgroup.
//!
//! Decoding a compressed point takes a square root and a check of its order. Where many points go into one sum,
//! both can be spared: coordinates are read and held against the curve's equation, and the order is mended once, at
//! the end. With x the curve's parameter, the curve is the subgroup of order r times a group whose exponent
//! divides 1 − x (Wahby and Boneh, ePrint 2019/403, 5). So (1 − x)·P is in the subgroup for every point P of the
//! curve, and
//!
//! ```text
//! (1 − x)·Σ (a_j/(1 − x) mod r)·P_j
//! ```
//!
//! is Σ a_j·P_j if the P_j are in the subgroup, and else the same sum of their parts in the subgroup: what stands
//! outside is gone, for all a_j alike. The endomorphism of [`super::glv`] is x² on the subgroup only; on the other
//! group it is something else, that does not leave it either.

use std::sync::LazyLock;

use super::backend::{Field, from_coordinates};
use super::decode;
use super::jacobian::{Jacobian, Xy};
use super::pippenger::sum_vartime;
use super::{G1Affine, PointFlaw, Scalar};

/// 1 − x.
const ONE_MINUS_X: u64 = 0xd201_0000_0001_0001;

static INVERSE: LazyLock<Scalar> =
    LazyLock::new(|| Scalar::from(ONE_MINUS_X).invert().unwrap_or(Scalar::ONE));

/// A point of the curve, not the identity, that may lie outside the subgroup. It has no arithmetic but
/// [`sum_in_subgroup_vartime`].
#[derive(Clone, Copy, Debug)]
pub struct CurvePoint(Xy);

impl CurvePoint {
    /// Reads both coordinates, 48 bytes each, big-endian. The identity has none.
    ///
    /// # Errors
    /// [`PointFlaw::NotOnCurve`] if a coordinate is not below the field's modulus or the curve's equation does
    /// not hold.
    pub fn from_coordinates(bytes: &[u8; 96]) -> Result<Self, PointFlaw> {
        decode::on_curve(bytes).map(Self)
    }

    /// A point of the subgroup; `None` for the identity.
    #[must_use]
    pub fn of(point: &G1Affine) -> Option<Self> {
        Xy::new(point).map(Self)
    }

    /// The point, if it is in the subgroup.
    ///
    /// # Errors
    /// [`PointFlaw::NotInSubgroup`].
    pub fn in_subgroup(&self) -> Result<G1Affine, PointFlaw> {
        let point = from_coordinates(&self.0.x, &self.0.y);
        match bool::from(point.is_torsion_free()) {
            true => Ok(point),
            false => Err(PointFlaw::NotInSubgroup),
        }
    }
}

/// Both coordinates of a point that is not the identity, 48 bytes each.
#[must_use]
pub fn g1_to_coordinates(point: &G1Affine) -> [u8; 96] {
    point.to_uncompressed()
}

/// Σ a_j·P_j over the parts of the P_j that lie in the subgroup. Always in the subgroup; it may be the identity.
/// Variable-time: public data only.
#[must_use]
pub fn sum_in_subgroup_vartime(terms: &[(CurvePoint, Scalar)]) -> G1Affine {
    let terms: Vec<_> = (terms.iter())
        .map(|(point, scalar)| (point.0, scalar * *INVERSE))
        .collect();
    times_one_minus_x_vartime(&sum_vartime(&terms))
        .to_projective_vartime()
        .into()
}

/// (1 − x)·P.
fn times_one_minus_x_vartime(point: &Jacobian) -> Jacobian {
    let below_top = (0..63).rev().map(|bit| (ONE_MINUS_X >> bit) & 1 == 1);
    below_top.fold(*point, |sum, bit| match bit {
        true => sum.double_vartime().add_vartime(point),
        false => sum.double_vartime(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Base, Curve, hash_test_point, msm_vartime, random_scalar};
    use rand::{SeedableRng, rngs::StdRng};

    fn read(point: &G1Affine) -> CurvePoint {
        let read = CurvePoint::from_coordinates(&g1_to_coordinates(point)).unwrap();
        if let Ok(point) = read.in_subgroup() {
            assert_eq!(CurvePoint::of(&point).unwrap().in_subgroup(), Ok(point));
        }
        read
    }

    #[test]
    fn sums_of_few_and_of_many_agree_with_the_usual_ones() {
        let mut rng = StdRng::seed_from_u64(1);
        for count in [0, 1, 2, 30, 200] {
            let points: Vec<_> = (0..count)
                .map(|i: u32| hash_test_point(&i.to_be_bytes()))
                .collect();
            let terms: Vec<_> = (points.iter())
                .map(|point| (*point, random_scalar(&mut rng)))
                .collect();
            let usual: Vec<_> = (terms.iter())
                .map(|(point, scalar)| (Base::Point(*point), *scalar))
                .collect();
            let read: Vec<_> = (terms.iter())
                .map(|(point, scalar)| (read(point), *scalar))
                .collect();
            let expected = msm_vartime(&usual).to_affine();
            assert_eq!(sum_in_subgroup_vartime(&read), expected, "{count}");
        }
    }

    #[test]
    fn the_sum_of_a_point_and_its_negative_is_the_identity() {
        let point = hash_test_point(b"P");
        let terms = [(read(&point), Scalar::ONE), (read(&-point), Scalar::ONE)];
        assert!(bool::from(sum_in_subgroup_vartime(&terms).is_identity()));
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_refused() {
        let good = g1_to_coordinates(&hash_test_point(b"P"));
        let point = CurvePoint::from_coordinates(&good).unwrap();
        assert_eq!(point.in_subgroup(), Ok(hash_test_point(b"P")));
        let refused = |bytes: [u8; 96]| CurvePoint::from_coordinates(&bytes).err();
        let flaw = Some(PointFlaw::NotOnCurve);
        for place in [0, 47, 48, 95] {
            let mut other = good;
            other[place] ^= 1;
            assert_eq!(refused(other), flaw, "{place}");
        }
        // Both coordinates exchanged; the identity, flagged or as zeros; the flags of a compressed point.
        let mut other = good;
        other.rotate_left(48);
        assert_eq!(refused(other), flaw);
        assert_eq!(refused([0; 96]), flaw);
        for flags in [0x20, 0x40, 0x80, 0xa0, 0xc0, 0xe0] {
            let mut flagged = good;
            flagged[0] |= flags;
            assert_eq!(refused(flagged), flaw, "{flags:x}");
            let mut identity = [0; 96];
            identity[0] = flags;
            assert_eq!(refused(identity), flaw, "{flags:x}");
        }
        let mut compressed = [0; 96];
        compressed[..48].copy_from_slice(&hash_test_point(b"P").to_compressed());
        assert_eq!(refused(compressed), flaw);
    }

    #[test]
    fn a_coordinate_that_is_not_reduced_is_refused() {
        // A coordinate c below 2^381 − p has a second spelling, c + p, of as many bytes.
        let modulus = hex::decode(
            "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
        )
        .unwrap();
        let plus_p = |bytes: &[u8]| {
            let mut carry = 0;
            let mut sum: Vec<_> = (bytes.iter().zip(&modulus).rev())
                .map(|(a, b)| {
                    let sum = u16::from(*a) + u16::from(*b) + carry;
                    carry = sum >> 8;
                    sum.to_le_bytes()[0]
                })
                .collect();
            sum.reverse();
            sum
        };
        let mut spelt = [false; 2];
        for i in 0..200u32 {
            let good = g1_to_coordinates(&hash_test_point(&i.to_be_bytes()));
            for (half, spelt) in spelt.iter_mut().enumerate() {
                let place = 48 * half..48 * (half + 1);
                let other = plus_p(&good[place.clone()]);
                if other[0] < 0x20 {
                    let mut bytes = good;
                    bytes[place].copy_from_slice(&other);
                    let flaw = CurvePoint::from_coordinates(&bytes).err();
                    assert_eq!(flaw, Some(PointFlaw::NotOnCurve));
                    *spelt = true;
                }
            }
        }
        assert_eq!(spelt, [true; 2]);
    }

    #[cfg(not(feature = "blst"))]
    #[test]
    fn what_lies_outside_the_subgroup_is_gone_whatever_the_scalars_are() {
        use crate::curve::torsion;
        let mut rng = StdRng::seed_from_u64(2);
        let (p, q) = (hash_test_point(b"P"), hash_test_point(b"Q"));
        let strays = torsion::of_every_small_order();
        for stray in &strays {
            let flaw = Some(PointFlaw::NotInSubgroup);
            assert_eq!(read(&torsion::plus(&p, stray)).in_subgroup().err(), flaw);
            // Every residue of a scalar modulo three, and any.
            let any = random_scalar(&mut rng);
            for scalar in (0..6).map(Scalar::from).chain([any, -any]) {
                let other = random_scalar(&mut rng);
                let good = [(read(&p), scalar), (read(&q), other)];
                let expected = sum_in_subgroup_vartime(&good);
                assert!(bool::from(expected.is_torsion_free()));
                let bad = [(read(&torsion::plus(&p, stray)), scalar), good[1]];
                assert_eq!(sum_in_subgroup_vartime(&bad), expected);
                // A point that is nothing else adds nothing.
                let bad = [good[0], good[1], (read(stray), scalar)];
                assert_eq!(sum_in_subgroup_vartime(&bad), expected);
            }
        }
        // All of them at once, in buckets where they meet and cancel.
        let terms: Vec<_> = (strays.iter().chain(&strays).chain(&strays))
            .map(|stray| (read(stray), Scalar::from(5)))
            .collect();
        assert!(bool::from(sum_in_subgroup_vartime(&terms).is_identity()));
    }
}
