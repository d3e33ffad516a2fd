//! veilpass: a privacy-preserving pass with selective disclosure.
//!
//! An *issuer* signs messages, some of them unseen, with a BBS signature on BLS12-381; the *holder*
//! keeps it and makes proofs that disclose some messages and hide the rest; a *verifier* checks a
//! proof with the issuer's public key alone. Two proofs of one holder cannot be told from proofs of
//! two holders.
//!
//! # Reading order
//!
//! | room | what it is |
//! |---|---|
//! | [`curve`] | the only place that names a curve crate: points, hashing, multi-scalar multiplication, pairings |
//! | `codec`, `error`, `secret` | reading hostile bytes, saying what is wrong, wiping what is secret |
//! | `sigma` | one Schnorr engine: equations over G1 that share variables |
//! | [`bbs`] | the standard layer: BBS, blind BBS and pseudonyms of the IETF drafts, byte-exact |
//!
//! Imports point up this table, never down it; a test holds that.
//!
//! # Nomenclature
//!
//! `x`, `X = x·g2` an issuer's keys; `(A, e)` a signature over `B`; `Ā`, `B̄`, `D` its blinded form
//! in a proof; `c` a challenge; `ẑ` the response to it for a variable `z`; `H_j` the generator of the
//! j-th message. Groups are written additively. Code whose time depends on its input carries
//! `vartime` in its name and sees public data only. Equation numbers are those of docs/protocol.md.
//!
//! The example of the README is tested with the documentation.

pub mod bbs;
mod codec;
mod credential;
pub mod curve;
mod error;
pub mod issuance;
pub mod presentation;
pub mod qr;
pub mod registry;
pub mod scheme;
mod secret;
mod sigma;
mod statement;
mod transcript;

pub use codec::{DecodeError, Flaw};
pub use credential::{Credential, SyncError};
pub use error::Error;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
