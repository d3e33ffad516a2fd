//! The only place that names a curve crate: BLS12-381 with what the crate leaves to its users.
//!
//! | file | what it adds |
//! |---|---|
//! | `encoding` | decoders that check everything and say what was wrong |
//! | `hash` | hashing to scalars and to G1 with SHA-256 and SHAKE-256, random scalars |
//! | `glv` | the endomorphism and the splitting of scalars that halves the doublings |
//! | `msm` | constant-time multi-scalar multiplication, for secrets |
//! | `msm_vartime` | variable-time multi-scalar multiplication, for public data only |
//! | `affine` | many additions with one inversion |
//! | `jacobian` | the point arithmetic under it |
//! | `comb` | constant-time multiplication of one point by many secrets, from a table |
//! | `g2` | the same of g2 |
//! | `on_curve` | points whose order nobody has looked at, and their sums in the subgroup |
//! | `fixed` | points that are used again and again, with their tables |
//! | `pairing` | one product of pairings, one final exponentiation |
//! | `zkcrypto` | the default backend, all Rust: the crate `bls12_381` |
//! | `decode` | decoding for it |
//! | `root` | square roots, for decoding |
//! | `blst` | the backend of the feature `blst`, in C and assembly: the same names, the same bytes |
//!
//! Constant-time code uses the backend's complete addition formulas and nothing else; own point
//! arithmetic exists only on the variable-time side, where a branch is allowed, and in the subgroup
//! check of decoding, which meets no branch for any point that it accepts.

mod affine;
#[cfg(feature = "blst")]
mod blst;
mod comb;
#[cfg(not(feature = "blst"))]
mod decode;
mod encoding;
mod fixed;
mod g2;
mod glv;
mod hash;
mod jacobian;
mod msm;
mod msm_vartime;
mod on_curve;
mod pairing;
mod pippenger;
#[cfg(not(feature = "blst"))]
mod root;
#[cfg(test)]
#[cfg(not(feature = "blst"))]
pub(crate) mod torsion;
#[cfg(not(feature = "blst"))]
mod zkcrypto;

// One of the two is the backend; both have the same names.
#[cfg(feature = "blst")]
use self::blst::{self as backend, decode};
#[cfg(not(feature = "blst"))]
use self::zkcrypto as backend;

// With the traits that the types are used through, so that nobody else names their crates.
pub use self::backend::{
    Curve, Field, G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Scalar,
};
pub use comb::G1Comb;
pub use encoding::{
    PointFlaw, g1_from_bytes, g1_to_bytes, g2_from_bytes, g2_to_bytes, normalize,
    scalar_from_bytes, scalar_to_bytes,
};
pub use fixed::{Base, FixedBase};
pub use g2::{g2_generator_times, g2_generator_times_plus};
pub use glv::weight;
pub use hash::{HashSuite, nonzero_random_scalar, random_scalar};
#[cfg(test)]
pub(crate) use msm::tables_of;
pub use msm::{Terms, msm, msm_each};
pub use msm_vartime::{msm_vartime, msm_vartime_each};
pub use on_curve::{CurvePoint, g1_to_coordinates, sum_in_subgroup_vartime};
pub use pairing::{g2_generator_prepared, pairing_equal, pairing_product_is_one, signed_pairing};
pub use rand_core::{CryptoRng, TryCryptoRng, TryRng};

/// A point for tests, of unknown logarithm.
#[cfg(test)]
pub(crate) fn hash_test_point(message: &[u8]) -> G1Affine {
    HashSuite::XmdSha256.hash_to_g1(&[message], b"TEST")
}
