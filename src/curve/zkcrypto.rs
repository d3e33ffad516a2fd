//! The default backend: the crate `bls12_381`, and the way to its field of coordinates.

use bls12_381::hash_to_curve::{
    ExpandMessage, ExpandMsgXmd, ExpandMsgXof, HashToCurve, HashToField, MapToCurve,
};
use crypto_bigint::{Odd, U384};
use sha2::Sha256;
use sha3::Shake256;
use subtle::ConditionallySelectable;

pub use bls12_381::{G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Scalar};
pub(super) use bls12_381::{Gt, MillerLoopResult, multi_miller_loop};
pub use ff::Field;
pub use group::Curve;

/// The base field of G1. The crate keeps the module private but the type is the public associated
/// type of a public trait, and its arithmetic is public.
pub(super) type Fp = <G1Projective as MapToCurve>::Field;

/// p, the order of the base field.
const MODULUS: Odd<U384> = Odd::<U384>::from_be_hex(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
);

/// The coordinates of a point that is not the identity (for the identity, whatever stands there).
pub(super) fn coordinates(point: &G1Affine) -> (Fp, Fp) {
    let bytes = point.to_uncompressed();
    let (x, y) = bytes.split_at(48);
    (field_element(x), field_element(y))
}

fn field_element(bytes: &[u8]) -> Fp {
    let mut array = [0; 48];
    array.copy_from_slice(bytes);
    // The flag bits stand above the 381 bits of a coordinate.
    if let Some(first) = array.first_mut() {
        *first &= 0x1f;
    }
    Fp::from_bytes(&array).unwrap_or(Fp::zero())
}

/// The point with these coordinates, which must satisfy the curve equation.
pub(super) fn from_coordinates(x: &Fp, y: &Fp) -> G1Affine {
    let mut bytes = [0; 96];
    let (left, right) = bytes.split_at_mut(48);
    left.copy_from_slice(&x.to_bytes());
    right.copy_from_slice(&y.to_bytes());
    G1Affine::from_uncompressed_unchecked(&bytes).unwrap_or(G1Affine::identity())
}

/// (factor·x, y), the identity to itself. Constant-time.
pub(super) fn scale_x(point: &G1Affine, factor: &Fp) -> G1Affine {
    let mut bytes = point.to_uncompressed();
    let (x, _) = bytes.split_at_mut(48);
    // For the identity this leaves x = 0 and y = 0 without the flag that would make it decode.
    x.copy_from_slice(&(field_element(x) * factor).to_bytes());
    let scaled = G1Affine::from_uncompressed_unchecked(&bytes).unwrap_or(G1Affine::identity());
    G1Affine::conditional_select(&scaled, &G1Affine::identity(), point.is_identity())
}

/// 1/a; 0 for 0.
pub(super) fn invert_vartime(a: &Fp) -> Fp {
    let value = U384::from_be_slice(&a.to_bytes());
    let inverse = value.invert_odd_mod_vartime(&MODULUS);
    let bytes = inverse.map_or([0; 48], |inverse| inverse.to_be_bytes().into());
    Fp::from_bytes(&bytes).unwrap_or(Fp::zero())
}

/// OS2IP(bytes) mod r. Constant-time.
pub(super) fn scalar_from_wide(bytes: &[u8; 48]) -> Scalar {
    Scalar::from_okm(bytes.into())
}

/// hash_to_curve of RFC 9380 for G1 with expand_message_xmd and SHA-256.
pub(super) fn hash_to_g1_xmd(message: &[&[u8]], dst: &[u8]) -> G1Affine {
    hash_to_g1::<ExpandMsgXmd<Sha256>>(message, dst)
}

/// hash_to_curve of RFC 9380 for G1 with expand_message_xof and SHAKE-256.
pub(super) fn hash_to_g1_xof(message: &[&[u8]], dst: &[u8]) -> G1Affine {
    hash_to_g1::<ExpandMsgXof<Shake256>>(message, dst)
}

fn hash_to_g1<X: ExpandMessage>(message: &[&[u8]], dst: &[u8]) -> G1Affine {
    <G1Projective as HashToCurve<X>>::hash_to_curve(message.iter(), dst).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_agree_with_the_crate() {
        let mut a = Fp::one() + Fp::one();
        for _ in 0..50 {
            a = a.square() + Fp::one();
            assert_eq!(invert_vartime(&a), a.invert().unwrap());
        }
        assert_eq!(invert_vartime(&-Fp::one()), -Fp::one());
        assert_eq!(invert_vartime(&Fp::zero()), Fp::zero());
    }
}
