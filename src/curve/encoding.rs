//! Points and scalars as bytes: the compressed encoding of the zcash convention (draft-irtf-cfrg-
//! pairing-friendly-curves, appendix C) and 32-byte big-endian scalars.

use subtle::Choice;

use super::{G1Affine, G1Projective, G2Affine, Scalar, decode};

/// Why bytes are not a point that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointFlaw {
    /// Wrong flag bits, a coordinate not below the field modulus, or no point with this coordinate.
    #[error("is not a canonical encoding of a point on the curve")]
    NotOnCurve,
    /// On the curve, outside the subgroup of prime order.
    #[error("is not in the subgroup of prime order")]
    NotInSubgroup,
    /// The point at infinity, which no statement may use.
    #[error("is the identity")]
    Identity,
}

/// Decodes a compressed point of G1 (48 bytes). Takes the same time for every point that it accepts.
///
/// # Errors
/// [`PointFlaw`] unless it is canonical, on the curve, in the subgroup and not the identity.
pub fn g1_from_bytes(bytes: &[u8; 48]) -> Result<G1Affine, PointFlaw> {
    let (larger, x) = split_flags(bytes)?;
    decode::g1(&x, larger)
}

/// Decodes a compressed point of G2 (96 bytes). Takes the same time for every point that it accepts.
///
/// # Errors
/// [`PointFlaw`] unless it is canonical, on the curve, in the subgroup and not the identity.
pub fn g2_from_bytes(bytes: &[u8; 96]) -> Result<G2Affine, PointFlaw> {
    let (larger, x) = split_flags(bytes)?;
    decode::g2(&x, larger)
}

/// Takes the three flags off: whether y is the larger of the two roots, and x.
fn split_flags<const N: usize>(bytes: &[u8; N]) -> Result<(Choice, [u8; N]), PointFlaw> {
    let mut x = *bytes;
    let first = x.first_mut().ok_or(PointFlaw::NotOnCurve)?;
    let (compressed, infinity, largest) = (*first >> 7, (*first >> 6) & 1, (*first >> 5) & 1);
    *first &= 0x1f;
    match (compressed, infinity) {
        (1, 0) => Ok((Choice::from(largest), x)),
        (1, 1) if largest == 0 && x.iter().all(|byte| *byte == 0) => Err(PointFlaw::Identity),
        _ => Err(PointFlaw::NotOnCurve),
    }
}

/// The compressed encoding of a point of G1, 48 bytes.
#[must_use]
pub fn g1_to_bytes(point: &G1Affine) -> [u8; 48] {
    point.to_compressed()
}

/// The compressed encoding of a point of G2, 96 bytes.
#[must_use]
pub fn g2_to_bytes(point: &G2Affine) -> [u8; 96] {
    point.to_compressed()
}

/// Decodes a scalar: 32 bytes, big-endian, below the group order. Constant-time.
#[must_use]
pub fn scalar_from_bytes(bytes: &[u8; 32]) -> Option<Scalar> {
    let mut little_endian = *bytes;
    little_endian.reverse();
    Scalar::from_bytes(&little_endian).into()
}

/// A scalar as 32 bytes, big-endian. Constant-time.
#[must_use]
pub fn scalar_to_bytes(scalar: &Scalar) -> [u8; 32] {
    let mut bytes = scalar.to_bytes();
    bytes.reverse();
    bytes
}

/// Brings points to the affine form they are encoded from, all with one inversion. Constant-time.
#[must_use]
pub fn normalize(points: &[G1Projective]) -> Vec<G1Affine> {
    let mut affine = vec![G1Affine::identity(); points.len()];
    G1Projective::batch_normalize(points, &mut affine);
    affine
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modulus_p() -> [u8; 48] {
        let hex = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
        hex::decode(hex).unwrap().try_into().unwrap()
    }

    #[test]
    fn a_point_survives_the_round_trip() {
        let g1 = G1Affine::generator();
        let g2 = G2Affine::generator();
        assert_eq!(g1_from_bytes(&g1_to_bytes(&g1)), Ok(g1));
        assert_eq!(g2_from_bytes(&g2_to_bytes(&g2)), Ok(g2));
    }

    #[test]
    fn the_identity_is_refused() {
        let mut bytes = [0; 48];
        bytes[0] = 0xc0;
        assert_eq!(g1_from_bytes(&bytes), Err(PointFlaw::Identity));
        let mut bytes = [0; 96];
        bytes[0] = 0xc0;
        assert_eq!(g2_from_bytes(&bytes), Err(PointFlaw::Identity));
    }

    #[test]
    fn a_second_encoding_of_the_identity_is_refused() {
        let mut bytes = [0; 48];
        bytes[0] = 0xe0;
        assert_eq!(g1_from_bytes(&bytes), Err(PointFlaw::NotOnCurve));
        let mut bytes = [0; 48];
        bytes[0] = 0xc0;
        bytes[47] = 1;
        assert_eq!(g1_from_bytes(&bytes), Err(PointFlaw::NotOnCurve));
    }

    #[test]
    fn an_encoding_without_the_compression_flag_is_refused() {
        let mut g1 = g1_to_bytes(&G1Affine::generator());
        g1[0] &= 0x7f;
        assert_eq!(g1_from_bytes(&g1), Err(PointFlaw::NotOnCurve));
        let mut g2 = g2_to_bytes(&G2Affine::generator());
        g2[0] &= 0x7f;
        assert_eq!(g2_from_bytes(&g2), Err(PointFlaw::NotOnCurve));
    }

    /// The smallest x, counted from `start`, for which `decodes` says that x is on the curve.
    fn first_x<const N: usize>(start: u8, decodes: impl Fn(&[u8; N]) -> bool) -> [u8; N] {
        let mut bytes = [0; N];
        bytes[0] = 0x80;
        bytes[N - 1] = start;
        while !decodes(&bytes) {
            bytes[N - 1] += 1;
        }
        bytes
    }

    #[test]
    fn a_coordinate_that_is_not_reduced_is_refused() {
        // x and x + p would be the same coordinate; only the smaller is canonical.
        let small: [u8; 48] = first_x(0, |b| {
            bool::from(bls12_381::G1Affine::from_compressed_unchecked(b).is_some())
        });
        assert_eq!(g1_from_bytes(&small), Err(PointFlaw::NotInSubgroup));
        let mut large = modulus_p();
        *large.last_mut().unwrap() += small.last().unwrap();
        large[0] |= 0x80;
        assert_eq!(g1_from_bytes(&large), Err(PointFlaw::NotOnCurve));
    }

    #[test]
    fn an_x_with_no_point_is_refused() {
        let off: [u8; 48] = first_x(1, |b| {
            bool::from(bls12_381::G1Affine::from_compressed_unchecked(b).is_none())
        });
        assert_eq!(g1_from_bytes(&off), Err(PointFlaw::NotOnCurve));
        // 4·(1 + u) is not a square.
        let mut zero = [0; 96];
        zero[0] = 0x80;
        assert_eq!(g2_from_bytes(&zero), Err(PointFlaw::NotOnCurve));
        let off: [u8; 96] = first_x(1, |b| {
            bool::from(bls12_381::G2Affine::from_compressed_unchecked(b).is_none())
        });
        assert_eq!(g2_from_bytes(&off), Err(PointFlaw::NotOnCurve));
    }

    #[test]
    fn a_point_outside_the_subgroup_is_refused() {
        // Points with a tiny x are on the curve but, in these two cases, not in the subgroup.
        let stray: [u8; 48] = first_x(4, |b| {
            bool::from(bls12_381::G1Affine::from_compressed_unchecked(b).is_some())
        });
        assert_eq!(g1_from_bytes(&stray), Err(PointFlaw::NotInSubgroup));
        let stray: [u8; 96] = first_x(1, |b| {
            bool::from(bls12_381::G2Affine::from_compressed_unchecked(b).is_some())
        });
        assert_eq!(g2_from_bytes(&stray), Err(PointFlaw::NotInSubgroup));
    }

    #[test]
    fn a_scalar_that_is_not_below_the_order_is_refused() {
        let r = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
        let mut bytes: [u8; 32] = hex::decode(r).unwrap().try_into().unwrap();
        assert_eq!(scalar_from_bytes(&bytes), None);
        bytes[31] = 0;
        assert_eq!(scalar_from_bytes(&bytes), Some(-Scalar::one()));
        assert_eq!(scalar_to_bytes(&-Scalar::one()), bytes);
        assert_eq!(scalar_from_bytes(&[0xff; 32]), None);
    }
}
