//! veilpass: a privacy-preserving pass with selective disclosure.
//!
//! An *authority* keeps a scheme: it accredits issuers, hands out revocation handles, signs a bundle.
//! An *issuer* (a clinic) signs a guest's attributes, some of them unseen, with no connection to
//! anything. The *holder* keeps the credential and answers a *verifier*'s question with a QR code that
//! proves "eligible until at least today" and hides the rest: name, employer, and which clinic signed.
//! The verifier checks it with no network. Apart from what a policy discloses and one pseudonym a
//! venue and day, two showings of one holder cannot be told from showings of two.
//!
//! # Reading order
//!
//! | room | what it is |
//! |---|---|
//! | `parallel` | many items on all cores, with the feature of that name |
//! | [`curve`] | the only place that names a curve crate: points, hashing, multi-scalar multiplication, pairings |
//! | [`artefact`] | the table of artefacts: letters, names, parts |
//! | `codec`, `error`, `secret` | reading hostile bytes, saying what is wrong, wiping what is secret |
//! | `sigma` | one Schnorr engine: equations over G1 that share variables |
//! | [`bbs`] | the standard layer: BBS, blind BBS and pseudonyms of the IETF drafts, byte-exact |
//! | [`registry`] | revocation: the accumulator, its log, the holder's witness |
//! | [`scheme`] | schema, keys, date table, policies, the signed bundle |
//! | [`Authority`] | the authority's state |
//! | [`Credential`] | what a holder keeps |
//! | [`issuance`] | offer → request → response → credential |
//! | `statement` | one file for each thing a presentation proves |
//! | [`presentation`] | question → payload → verdict |
//! | [`layout`] | what is inside an artefact, part by part |
//! | [`qr`] | bytes ↔ text ↔ picture |
//! | [`text`] | what is shown to people: hexadecimal, and characters that deceive |
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

pub mod artefact;
mod authority;
pub mod bbs;
pub mod codec;
mod convert;
mod credential;
// Private, whatever its items say: signatures of the library name none of its types, so that the feature
// `blst` changes no public type. The feature `internals` lets the project's own benches and fuzzing in.
#[cfg_attr(not(feature = "internals"), expect(unreachable_pub))]
mod curve;
mod error;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
pub mod issuance;
pub mod layout;
pub mod parallel;
pub mod presentation;
pub mod qr;
pub mod registry;
pub mod scheme;
mod secret;
mod sigma;
mod statement;
pub mod text;
mod transcript;

pub use authority::{
    Authority, AuthorityError, AuthorityKeys, AuthorityState, Published, Rotation,
};
pub use codec::{DecodeError, Flaw};
pub use credential::{Credential, SyncError};
pub use curve::{CryptoRng, PointFlaw};
pub use error::Error;
pub use transcript::Transcript;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
