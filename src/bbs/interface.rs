//! Ciphersuites, interfaces and their generators.
//!
//! A ciphersuite is a hash function for BLS12-381; an interface is a ciphersuite plus the way
//! messages become scalars and generators are made, named by its api_id. The drafts define three
//! for each ciphersuite: plain, blind, and with pseudonyms.

use std::fmt::Debug;
use std::sync::LazyLock;

use crate::curve::{FixedBase, G1Affine, HashSuite, Scalar};
use crate::signature::Generators;

mod sealed {
    pub trait Sealed {}
}

/// A ciphersuite of draft-irtf-cfrg-bbs-signatures §7.2. Keys, signatures and proofs carry it in
/// their type, so that two ciphersuites cannot be mixed.
pub trait Suite: sealed::Sealed + Copy + Eq + Debug + Send + Sync + 'static {
    /// The ciphersuite's identifier.
    const ID: &'static str;
    /// Its interfaces, with their caches of generators.
    #[doc(hidden)]
    fn interfaces() -> &'static Interfaces;
}

/// BLS12-381-SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sha256 {}

/// BLS12-381-SHAKE-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shake256 {}

impl sealed::Sealed for Sha256 {}
impl sealed::Sealed for Shake256 {}

impl Suite for Sha256 {
    const ID: &'static str = "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_";
    fn interfaces() -> &'static Interfaces {
        static ALL: LazyLock<Interfaces> =
            LazyLock::new(|| Interfaces::new(Sha256::ID, HashSuite::XmdSha256));
        &ALL
    }
}

impl Suite for Shake256 {
    const ID: &'static str = "BBS_BLS12381G1_XOF:SHAKE-256_SSWU_RO_";
    fn interfaces() -> &'static Interfaces {
        static ALL: LazyLock<Interfaces> =
            LazyLock::new(|| Interfaces::new(Shake256::ID, HashSuite::XofShake256));
        &ALL
    }
}

/// The three interfaces of a ciphersuite.
#[doc(hidden)]
#[derive(Debug)]
pub struct Interfaces {
    pub(super) core: Interface,
    pub(super) blind: Interface,
    pub(super) pseudonym: Interface,
}

impl Interfaces {
    fn new(id: &str, hash: HashSuite) -> Self {
        Self {
            core: Interface::new(id, "H2G_HM2S_", hash),
            blind: Interface::new(id, "BLIND_H2G_HM2S_", hash),
            pseudonym: Interface::new(id, "H2G_HM2S_PSEUDONYM_", hash),
        }
    }
}

/// One interface: its hash functions under their tags, its base point P1 and its generators.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(super) api_id: String,
    pub(super) hash: HashSuite,
    map_dst: String,
    h2s_dst: String,
    /// P1.
    pub(super) base_point: FixedBase,
    /// Q1, H_1, H_2, …
    pub(super) signer: Generators,
    /// Q2, J_1, J_2, … of the blind interfaces.
    pub(super) blind: Generators,
}

impl Interface {
    fn new(suite_id: &str, suffix: &str, hash: HashSuite) -> Self {
        let api_id = format!("{suite_id}{suffix}");
        Self {
            // P1 is made like a generator, from a seed of its own (§7.2), always for the plain interface.
            base_point: Generators::new(
                format!("{suite_id}H2G_HM2S_"),
                "BP_MESSAGE_GENERATOR_SEED",
                hash,
            )
            .only(),
            signer: Generators::new(api_id.clone(), "MESSAGE_GENERATOR_SEED", hash),
            blind: Generators::new(format!("BLIND_{api_id}"), "MESSAGE_GENERATOR_SEED", hash),
            map_dst: format!("{api_id}MAP_MSG_TO_SCALAR_AS_HASH_"),
            h2s_dst: format!("{api_id}H2S_"),
            hash,
            api_id,
        }
    }

    /// map_message_to_scalar_as_hash.
    pub(super) fn map_message(&self, message: &[u8]) -> Scalar {
        self.hash
            .hash_to_scalar(&[message], self.map_dst.as_bytes())
    }

    /// hash_to_scalar under the interface's default tag.
    pub(super) fn hash_to_scalar(&self, message: &[&[u8]]) -> Scalar {
        self.hash.hash_to_scalar(message, self.h2s_dst.as_bytes())
    }

    /// hash_to_scalar under a tag of the caller.
    pub(super) fn hash_to_scalar_with(&self, message: &[&[u8]], dst: &[u8]) -> Scalar {
        self.hash.hash_to_scalar(message, dst)
    }

    /// hash_to_curve under the bare api_id, as the pseudonym draft uses it.
    pub(super) fn hash_to_g1(&self, message: &[u8]) -> G1Affine {
        self.hash.hash_to_g1(&[message], self.api_id.as_bytes())
    }
}
