//! From a coordinate x to a point in the subgroup, for the default backend.

use subtle::{Choice, ConditionallySelectable};

use super::backend::{Fp, from_coordinates};
use super::jacobian::Xy;
use super::root::{self, FOUR, Fp2};
use super::{G1Affine, G2Affine, PointFlaw};

/// The point of G1 with this x (48 bytes, big-endian) and the larger or the smaller y. Takes the same
/// time for every point that it accepts.
pub(super) fn g1(x: &[u8; 48], larger: Choice) -> Result<G1Affine, PointFlaw> {
    let x = field_element(x)?;
    let y = root::of_fp(&(x.square() * x + *FOUR)).ok_or(PointFlaw::NotOnCurve)?;
    let point = Xy {
        x,
        y: Fp::conditional_select(&y, &-y, y.lexicographically_largest() ^ larger),
    };
    if point.is_in_subgroup() {
        Ok(from_coordinates(&point.x, &point.y))
    } else {
        Err(PointFlaw::NotInSubgroup)
    }
}

/// The point of the curve with these coordinates, 48 bytes each; nothing is said of its order. The identity has no
/// coordinates.
pub(super) fn on_curve(bytes: &[u8; 96]) -> Result<Xy, PointFlaw> {
    let (x, y) = bytes.split_at(48);
    let (x, y) = (field_element(x)?, field_element(y)?);
    if y.square() == x.square() * x + *FOUR {
        Ok(Xy { x, y })
    } else {
        Err(PointFlaw::NotOnCurve)
    }
}

/// The point of G2 with this x (96 bytes) and the larger or the smaller y. Takes the same time for every
/// point that it accepts.
pub(super) fn g2(x: &[u8; 96], larger: Choice) -> Result<G2Affine, PointFlaw> {
    let (c1, c0) = x.split_at(48);
    let x = Fp2 {
        c0: field_element(c0)?,
        c1: field_element(c1)?,
    };
    let b = Fp2 {
        c0: *FOUR,
        c1: *FOUR,
    };
    let y = root::of_fp2(&(x.square() * x + b)).ok_or(PointFlaw::NotOnCurve)?;
    let y = Fp2::conditional_select(&y, &-y, y.lexicographically_largest() ^ larger);
    let mut uncompressed = [0; 192];
    let coordinates = [x.c1, x.c0, y.c1, y.c0];
    for (part, coordinate) in uncompressed.chunks_exact_mut(48).zip(coordinates) {
        part.copy_from_slice(&coordinate.to_bytes());
    }
    let point = Option::<G2Affine>::from(G2Affine::from_uncompressed_unchecked(&uncompressed))
        .ok_or(PointFlaw::NotOnCurve)?;
    if bool::from(point.is_torsion_free()) {
        Ok(point)
    } else {
        Err(PointFlaw::NotInSubgroup)
    }
}

/// A coordinate below the modulus.
fn field_element(bytes: &[u8]) -> Result<Fp, PointFlaw> {
    let bytes = bytes.try_into().map_err(|_| PointFlaw::NotOnCurve)?;
    Option::from(Fp::from_bytes(bytes)).ok_or(PointFlaw::NotOnCurve)
}
