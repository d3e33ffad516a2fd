//! BBS signatures, blind BBS signatures and pseudonyms, byte-exact to the published vectors of
//! three drafts:
//!
//! | what | draft | types |
//! |---|---|---|
//! | BBS | draft-irtf-cfrg-bbs-signatures (the -10 vectors, kept by later drafts) | [`SecretKey`], [`PublicKey`], [`Signature`], [`Credential`], [`Proof`] |
//! | blind issuance | draft-irtf-cfrg-bbs-blind-signatures-02 | [`Pending`], [`Commitment`], [`BlindCredential`] |
//! | pseudonyms | draft-irtf-cfrg-bbs-per-verifier-linkability-03 | [`PendingPseudonym`], [`NymSecrets`], [`SignerEntropy`], [`PseudonymCredential`], [`Pseudonym`] |
//!
//! Each type carries its ciphersuite, [`Sha256`] or [`Shake256`]. Equation numbers are those of
//! docs/protocol.md.
//!
//! **Time.** Whatever sees a key, a signature, a hidden message or a nonce is constant-time in its
//! contents (lengths and counts are public). Checking a proof sees public data and is not.
//!
//! **Randomness** is an argument. It is hedged: keys, messages and everything that the challenge
//! will see are hashed together with 32 bytes of the generator, so a generator that fails or
//! repeats itself gives no secret away.

mod basis;
mod blind;
mod interface;
mod key;
mod proof;
mod pseudonym;
mod signature;

#[cfg(test)]
#[path = "../../tests/vectors/mod.rs"]
mod vectors;

pub use blind::{BlindClaim, BlindCredential, Commitment, Pending};
pub use interface::{Interfaces, MAX_MESSAGES, Sha256, Shake256, Suite};
pub use key::{PublicKey, SecretKey};
pub use proof::{Claim, Proof};
pub use pseudonym::{
    NymSecrets, PendingPseudonym, Pseudonym, PseudonymClaim, PseudonymCredential, SignerEntropy,
};
pub use signature::{Credential, Signature};
