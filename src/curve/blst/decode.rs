//! From a coordinate x to a point in the subgroup. Takes the same time for every point that it accepts:
//! blst's roots and subgroup checks branch on nothing but what they refuse.

use subtle::Choice;

use super::super::PointFlaw;
use super::super::jacobian::Xy;
use super::{G1Affine, G2Affine};

/// The flags of a compressed encoding that is not the identity's: with the smaller y, and what the
/// larger adds.
const SMALLER: u8 = 0x80;
const LARGER: u8 = 0x20;

/// x with the flags of a compressed encoding.
fn compressed<const N: usize>(x: &[u8; N], larger: Choice) -> [u8; N] {
    let mut bytes = *x;
    if let Some(first) = bytes.first_mut() {
        *first |= SMALLER | (LARGER * larger.unwrap_u8());
    }
    bytes
}

/// The point of G1 with this x (48 bytes, big-endian) and the larger or the smaller y.
pub(in super::super) fn g1(x: &[u8; 48], larger: Choice) -> Result<G1Affine, PointFlaw> {
    // blst does not decode (0, 2) and (0, −2), which are on the curve.
    if x.iter().fold(0, |all, byte| all | byte) == 0 {
        return Err(PointFlaw::NotInSubgroup);
    }
    let point = blstrs::G1Affine::from_compressed_unchecked(&compressed(x, larger));
    let point = Option::<blstrs::G1Affine>::from(point).ok_or(PointFlaw::NotOnCurve)?;
    if bool::from(point.is_torsion_free()) {
        Ok(G1Affine(point))
    } else {
        Err(PointFlaw::NotInSubgroup)
    }
}

/// The point of G2 with this x (96 bytes) and the larger or the smaller y.
pub(in super::super) fn g2(x: &[u8; 96], larger: Choice) -> Result<G2Affine, PointFlaw> {
    // No point of this curve has x = 0: 4·(1 + u) is not a square.
    let point = blstrs::G2Affine::from_compressed_unchecked(&compressed(x, larger));
    let point = Option::<blstrs::G2Affine>::from(point).ok_or(PointFlaw::NotOnCurve)?;
    if bool::from(point.is_torsion_free()) {
        Ok(G2Affine(point))
    } else {
        Err(PointFlaw::NotInSubgroup)
    }
}

/// The point of the curve with these coordinates, 48 bytes each; nothing is said of its order. The identity has no
/// coordinates. blst holds them against the modulus and the curve's equation, and also refuses (0, 2) and (0, −2),
/// which the default backend takes and which add nothing to a sum.
pub(in super::super) fn on_curve(bytes: &[u8; 96]) -> Result<Xy, PointFlaw> {
    // With a flag it would be read as another encoding.
    if bytes.first().is_none_or(|first| first >> 5 != 0) {
        return Err(PointFlaw::NotOnCurve);
    }
    let point = blstrs::G1Affine::from_uncompressed_unchecked(bytes);
    let point = Option::<blstrs::G1Affine>::from(point).ok_or(PointFlaw::NotOnCurve)?;
    Xy::new(&G1Affine(point)).ok_or(PointFlaw::NotOnCurve)
}
