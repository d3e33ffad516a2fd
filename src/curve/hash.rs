//! Hashing to scalars and to G1 (RFC 9380) and random scalars.

use bls12_381::hash_to_curve::{ExpandMessage, ExpandMsgXmd, ExpandMsgXof, Message};
use rand_core::CryptoRng;
use sha2::{Sha256, digest::consts::U32};
use sha3::Shake256;
use zeroize::Zeroize;

use super::backend::{hash_to_g1_xmd, hash_to_g1_xof, scalar_from_wide};
use super::{G1Affine, Scalar};

/// The hash function of a ciphersuite and how it expands a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashSuite {
    /// expand_message_xmd with SHA-256.
    XmdSha256,
    /// expand_message_xof with SHAKE-256, for the standard layer alone.
    #[cfg_attr(not(feature = "bbs"), allow(dead_code))]
    XofShake256,
}

/// Output bytes for one scalar: ⌈(⌈log2 r⌉ + 128) / 8⌉.
const EXPAND_LEN: usize = 48;

impl HashSuite {
    /// expand_message of RFC 9380 §5.3, 48 bytes.
    #[must_use]
    pub fn expand(self, message: &[&[u8]], dst: &[u8]) -> [u8; EXPAND_LEN] {
        let mut out = [0; EXPAND_LEN];
        self.expand_into(message, dst, &mut out);
        out
    }

    /// expand_message for an output of any length up to 8,160 bytes, the reach of the XMD variant.
    pub(crate) fn expand_into(self, message: &[&[u8]], dst: &[u8], out: &mut [u8]) {
        match self {
            Self::XmdSha256 => fill::<ExpandMsgXmd<Sha256>>(message, dst, out),
            Self::XofShake256 => fill::<ExpandMsgXof<Shake256>>(message, dst, out),
        }
    }

    /// hash_to_scalar of draft-irtf-cfrg-bbs-signatures §4.2: the concatenation of `message`
    /// expanded to 48 bytes, reduced modulo r.
    #[must_use]
    pub fn hash_to_scalar(self, message: &[&[u8]], dst: &[u8]) -> Scalar {
        let mut okm = self.expand(message, dst);
        let scalar = scalar_from_wide(&okm);
        okm.zeroize();
        scalar
    }

    /// hash_to_curve of RFC 9380 for G1, the random-oracle variant.
    #[must_use]
    pub fn hash_to_g1(self, message: &[&[u8]], dst: &[u8]) -> G1Affine {
        match self {
            Self::XmdSha256 => hash_to_g1_xmd(message, dst),
            Self::XofShake256 => hash_to_g1_xof(message, dst),
        }
    }
}

fn fill<X: ExpandMessage>(message: &[&[u8]], dst: &[u8], out: &mut [u8]) {
    fn init<X: ExpandMessage, M: Message>(message: M, dst: &[u8], len: usize) -> X {
        // U32: the output length that replaces an oversized tag, ⌈2·128 / 8⌉.
        X::init_expand::<M, U32>(message, dst, len)
    }
    init::<X, _>(message.iter(), dst, out.len()).read_into(out);
}

/// A uniform scalar: 48 bytes from `rng`, reduced modulo r (bias below 2^-128).
pub fn random_scalar<R: CryptoRng + ?Sized>(rng: &mut R) -> Scalar {
    let mut bytes = [0; EXPAND_LEN];
    rng.fill_bytes(&mut bytes);
    let scalar = scalar_from_wide(&bytes);
    bytes.zeroize();
    scalar
}

/// A uniform scalar that is not zero, for blinders and keys.
pub fn nonzero_random_scalar<R: CryptoRng + ?Sized>(rng: &mut R) -> Scalar {
    loop {
        let scalar = random_scalar(rng);
        if scalar != Scalar::zero() {
            return scalar;
        }
    }
}
