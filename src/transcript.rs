//! Labelled hashing: H(label; field, field, …), every field with its length in front, so that no two
//! different lists of fields are the same bytes.

use sha2::{Digest, Sha256};

use crate::codec::length_prefix;
use crate::curve::{
    G1Affine, G2Affine, HashSuite, Scalar, g1_to_bytes, g2_to_bytes, scalar_from_bytes,
    scalar_to_bytes,
};

/// What is hashed so far.
///
/// ```
/// let hash = veilpass::Transcript::new("a label of its own").field(b"one").field(b"two").digest();
/// ```
#[derive(Clone)]
pub struct Transcript(Sha256);

impl Transcript {
    /// Starts under a label that no other use has.
    #[must_use]
    pub fn new(label: &str) -> Self {
        Self(Sha256::new())
            .field(b"veilpass v2")
            .field(label.as_bytes())
    }

    /// Adds a field, with its length in front.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update(length_prefix(bytes.len()));
        self.0.update(bytes);
        self
    }

    #[must_use]
    pub(crate) fn g1(self, point: &G1Affine) -> Self {
        self.field(&g1_to_bytes(point))
    }

    #[must_use]
    pub(crate) fn g2(self, point: &G2Affine) -> Self {
        self.field(&g2_to_bytes(point))
    }

    #[must_use]
    pub(crate) fn scalar(self, scalar: &Scalar) -> Self {
        self.field(&scalar_to_bytes(scalar))
    }

    /// The hash of label and fields: 32 bytes.
    #[must_use]
    pub fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// A uniform scalar: the digest, expanded and reduced.
    pub(crate) fn to_scalar(&self) -> Scalar {
        let digest = self.clone().digest();
        HashSuite::XmdSha256.hash_to_scalar(&[&digest], b"VEILPASS_V2_TRANSCRIPT_TO_SCALAR")
    }

    /// A challenge: the first 16 bytes, as they travel.
    pub(crate) fn challenge(self) -> ProofChallenge {
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.digest();
        ProofChallenge(head)
    }
}

/// The first 4 bytes of a hash: enough to tell people what went wrong, never a check.
pub(crate) fn tag(label: &str, bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = Transcript::new("tag")
        .field(label.as_bytes())
        .field(bytes)
        .digest();
    [a, b, c, d]
}

/// A challenge of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProofChallenge(pub(crate) [u8; 16]);

impl ProofChallenge {
    /// The challenge as a scalar, big-endian.
    pub(crate) fn to_scalar(self) -> Scalar {
        let mut bytes = [0; 32];
        let (_, low) = bytes.split_at_mut(16);
        low.copy_from_slice(&self.0);
        // 128 bits are always below r.
        scalar_from_bytes(&bytes).unwrap_or_default()
    }
}
