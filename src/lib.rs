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
//! From the ground up: a module uses those above it in this table, and none below it.
//!
//! | module | what it is |
//! |---|---|
//! | [`text`] | which texts the format has; hexadecimal, characters that deceive, the alphabet of hints |
//! | [`parallel`] | the same work on many items, with the feature of that name on all cores |
//! | `curve` | the only module that names a curve crate: points, hashing, multi-scalar multiplication, pairings |
//! | [`artefact`] | the table of artefacts: letters, names, parts |
//! | [`codec`] | reading hostile bytes and saying what is wrong with them |
//! | `error` | why an operation of the standard layer was refused: [`Error`] |
//! | `secret` | values that are wiped and can be neither printed nor copied |
//! | `transcript` | labelled hashing: [`Transcript`] |
//! | `sigma` | one Schnorr engine: equations over G1 that share variables |
//! | `signature` | generators, and a BBS signature blinded for one proof |
//! | `bbs` | with the feature of that name, the standard layer: BBS, blind BBS and pseudonyms of the IETF drafts, byte-exact |
//! | [`registry`] | revocation: the accumulator, its log, the holder's witness |
//! | [`scheme`] | schema, days and times, keys, date table, policies, what is trusted, the signed bundle |
//! | `authority` | an authority's state and what it publishes: [`Authority`] |
//! | `credential` | what a holder keeps: [`Credential`] |
//! | `statement` | one file for each thing a presentation proves |
//! | [`presentation`] | question → payload → verdict |
//! | [`issuance`] | offer → request → response → credential, and its renewal |
//! | [`layout`] | what is inside an artefact, part by part |
//! | [`qr`] | bytes ↔ text ↔ picture |
//! | `convert` | `TryFrom<&[u8]>` for what is read from bytes alone |
//! | `internals` | with the feature of that name, for the project's own benches, fuzzing and test world |
//!
//! `tests/library/layers.rs` holds the direction, and that this table names every module. `text`, `parallel`,
//! [`Transcript`] and the reader and writer of [`codec`] are public for the packages of this project that share
//! its formats, hidden from this documentation, and outside semantic versioning.
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
#[cfg(feature = "bbs")]
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
#[doc(hidden)]
pub mod parallel;
pub mod presentation;
pub mod qr;
pub mod registry;
pub mod scheme;
mod secret;
mod sigma;
mod signature;
mod statement;
#[doc(hidden)]
pub mod text;
mod transcript;

pub use authority::{
    Authority, AuthorityError, AuthorityKeys, AuthorityState, OlderAccreditations, OlderKeySet,
    Published, RecoverError, Recovered, Replaced, Rotation,
};
pub use codec::{DecodeError, Flaw};
pub use credential::{Credential, SyncError};
#[doc(no_inline)]
pub use curve::CryptoRng;
pub use curve::PointFlaw;
pub use error::Error;
pub use text::TextFlaw;
#[doc(hidden)]
pub use transcript::Transcript;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
