//! BBS signatures, blind BBS signatures and pseudonyms, byte-exact to the published vectors of
//! three drafts:
//!
//! | what | draft | types |
//! |---|---|---|
//! | BBS | draft-irtf-cfrg-bbs-signatures (the -10 vectors, kept by later drafts) | [`SecretKey`], [`PublicKey`], [`Signature`], [`Prover`], [`Proof`] |
//! | blind issuance | draft-irtf-cfrg-bbs-blind-signatures-02 | [`Pending`], [`Commitment`], [`BlindProver`] |
//! | pseudonyms | draft-irtf-cfrg-bbs-per-verifier-linkability-03 | [`PendingPseudonym`], [`NymSecrets`], [`SignerEntropy`], [`PseudonymProver`], [`Pseudonym`] |
//!
//! Each type carries its ciphersuite, [`Sha256`] or [`Shake256`]. Equation numbers are those of
//! docs/protocol.md.
//!
//! **Time.** Whatever sees a key, a signature, a hidden message or a nonce is constant-time in its
//! contents (lengths and counts are public). Checking a proof sees public data and is not.
//!
//! **Randomness** is an argument. In commitments and proofs it is hedged: secrets and everything
//! that the challenge will see are hashed together with 32 bytes of the generator, so a generator
//! that fails or repeats itself gives no secret away. Fresh keys, pseudonym secrets and entropy are
//! only as good as the generator.
//!
//! **Storing.** Provers have no encoding of their own: an application stores signature, header
//! and messages (with blind issuance also the committed messages and
//! [`Pending::expose_prover_blind`], with pseudonyms also secrets and entropy), encrypted, and
//! receives the signature again when it starts. That verifies it again, too.
//!
//! ```
//! use veilpass::bbs::{Claim, Proof, SecretKey, Shake256};
//!
//! let mut rng = rand::rng();
//! let issuer = SecretKey::<Shake256>::generate(&mut rng);
//! let messages = ["Anna", "Kuznetsova", "1985-03-08"];
//! let signature = issuer.sign(b"header", &messages)?;
//! let prover = issuer.public_key().verify(&signature, b"header", &messages)?;
//! let proof = prover.prove(b"nonce", &[0], &mut rng)?;
//! let disclosed: &[(usize, &[u8])] = &[(0, b"Anna")];
//! let claim = Claim { header: b"header", presentation_header: b"nonce", disclosed };
//! proof.verify(issuer.public_key(), &claim)?;
//! # Ok::<(), veilpass::Error>(())
//! ```
//!
//! An empty list of messages is `&[] as &[&[u8]]`, to say what it is a list of.

mod basis;
mod blind;
mod committed;
mod interface;
mod key;
mod proof;
mod pseudonym;
mod signature;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod trace;

/// The most messages that one signature may carry, secrets and blinding included.
pub const MAX_MESSAGES: usize = crate::signature::MAX_MESSAGES;

#[cfg(test)]
#[path = "../../tests/vectors/mod.rs"]
mod vectors;

pub use blind::{BlindClaim, BlindProver, Pending};
pub use committed::Commitment;
pub use interface::{Interfaces, Sha256, Shake256, Suite};
pub use key::{PublicKey, SecretKey};
pub use proof::{Claim, Proof};
pub use pseudonym::{
    NymSecrets, PendingPseudonym, Pseudonym, PseudonymClaim, PseudonymProver, SignerEntropy,
};
pub use signature::{Prover, Signature};
