//! The backend of the feature `blst`: the crate of that name, in C and assembly, behind the safe
//! wrapper `blstrs`. The same names as the default backend, the same bytes.
//!
//! The wrapper's types are wrapped once more: they lack zeroization, implement older traits than
//! ours, and compare scalars and negate points with branches. What is said here about time is read
//! from the sources of blst 0.3.17:
//!
//! | secret-dependent operation | in blst | constant-time |
//! |---|---|---|
//! | scalars: +, −, ·, bytes | `blst_fr_*`, Montgomery arithmetic | yes |
//! | inverse of a scalar | `blst_fr_eucl_inverse`, `ct_inverse_mod_256` | yes |
//! | sums and doublings in G1 | `blst_p1_add_or_double(_affine)`, `blst_p1_double` (`ec_ops.h`) | yes, complete by selection |
//! | affine forms | `blst_p1s_to_affine`, `blst_p1_to_affine` | yes, but for a check of Z = 1 |
//! | one multiplication, G1 and G2 | `blst_p1_mult`, `blst_p2_mult` (`ec_mult.h`) | yes, but for the scalar zero |
//! | product of pairings | `blst_miller_loop_n`, `blst_final_exp` | yes |
//!
//! `blst_p1s_mult_pippenger` is variable-time and is not used: [`super::msm`] is this crate's own
//! loop over the complete sums above. Decoding takes the same time for every point that it accepts.
//! Hashing to the curve sees public data.

pub(super) mod decode;
mod field;
mod pairing;
mod points;
mod scalar;
#[cfg(test)]
mod tests;

use bls12_381::hash_to_curve::{ExpandMsgXof, HashToCurve};
use sha3::Shake256;

pub use self::pairing::G2Prepared;
pub(super) use self::pairing::{Gt, MillerLoopResult, multi_miller_loop};
pub use ff::Field;
pub(super) use field::{Fp, coordinates, from_coordinates, invert_vartime, scale_x};
pub use points::{Curve, G1Affine, G1Projective, G2Affine, G2Projective};
pub use scalar::Scalar;
pub(super) use scalar::scalar_from_wide;

/// hash_to_curve of RFC 9380 for G1 with expand_message_xmd and SHA-256.
pub(super) fn hash_to_g1_xmd(message: &[&[u8]], dst: &[u8]) -> G1Affine {
    let point = blstrs::G1Projective::hash_to_curve(&message.concat(), dst, &[]);
    G1Projective(point).into()
}

/// hash_to_curve of RFC 9380 for G1 with expand_message_xof and SHAKE-256, which blst does not have.
pub(super) fn hash_to_g1_xof(message: &[&[u8]], dst: &[u8]) -> G1Affine {
    type Other = bls12_381::G1Projective;
    let point = <Other as HashToCurve<ExpandMsgXof<Shake256>>>::hash_to_curve(message.iter(), dst);
    let bytes = bls12_381::G1Affine::from(point).to_uncompressed();
    let point = blstrs::G1Affine::from_uncompressed_unchecked(&bytes);
    G1Affine(point.unwrap_or(blstrs::G1Affine::default()))
}
