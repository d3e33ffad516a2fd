//! What can go wrong, said so that a caller can act on it.
//!
//! Failures of the cryptography are one value, [`Error::Invalid`], on purpose: which equation
//! failed would tell an attacker more than it tells a user.

use crate::codec::DecodeError;

/// Why an operation of the standard layer was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signature, proof or commitment does not verify. There is deliberately no detail.
    #[error("does not verify")]
    Invalid,
    /// Bytes that are not an encoding of what they were said to be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An index list that is unsorted, repeats an index, or names a message that does not exist.
    #[error(
        "disclosed indexes must rise strictly and stay below the number of messages ({messages})"
    )]
    Indexes {
        /// How many messages there are.
        messages: usize,
    },
    /// More messages than one signature can carry, blinding and secrets included.
    #[error("{count} messages are more than the {limit} that one signature can carry")]
    TooManyMessages {
        /// How many were given.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The material that a key is made from is shorter than 32 bytes or its info longer than 65,535.
    #[error("key material must be at least 32 bytes, key info at most 65535 bytes")]
    KeyMaterial,
    /// A pseudonym needs at least one secret.
    #[error("a pseudonym needs at least one secret")]
    NoPseudonymSecret,
    /// A commitment to fewer scalars than the pseudonym secrets it is said to hold.
    #[error("the commitment holds {committed} scalars, fewer than the {secrets} pseudonym secrets")]
    NotCommitted {
        /// How many scalars are committed to.
        committed: usize,
        /// How many of them were said to be secrets.
        secrets: usize,
    },
}
