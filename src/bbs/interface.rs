//! Ciphersuites, interfaces and their generators.
//!
//! A ciphersuite is a hash function for BLS12-381; an interface is a ciphersuite plus the way
//! messages become scalars and generators are made, named by its api_id. The drafts define three
//! for each ciphersuite: plain, blind, and with pseudonyms.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::codec::length_prefix;
use crate::curve::{FixedBase, G1Affine, HashSuite, Scalar};
use crate::error::Error;

/// The most messages that one signature may carry, secrets and blinding included. Generators are
/// kept once made, so a proof from outside must not be able to ask for any number of them.
pub const MAX_MESSAGES: usize = 1024;

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

/// create_generators of §4.1.1: an endless list of points with no known relation, computed as far
/// as asked for, once, and kept.
#[derive(Debug)]
pub(crate) struct Generators {
    seed_dst: String,
    generator_dst: String,
    hash: HashSuite,
    made: Mutex<Made>,
}

#[derive(Debug)]
struct Made {
    /// v of the draft, from which the next generator is made.
    state: [u8; 48],
    points: Vec<Arc<FixedBase>>,
}

impl Generators {
    pub(crate) fn new(api_id: String, seed: &str, hash: HashSuite) -> Self {
        let seed_dst = format!("{api_id}SIG_GENERATOR_SEED_");
        let state = hash.expand(&[api_id.as_bytes(), seed.as_bytes()], seed_dst.as_bytes());
        Self {
            generator_dst: format!("{api_id}SIG_GENERATOR_DST_"),
            seed_dst,
            hash,
            made: Mutex::new(Made {
                state,
                points: Vec::new(),
            }),
        }
    }

    fn next(&self, made: &mut Made) -> FixedBase {
        let index = length_prefix(made.points.len() + 1);
        let state = self
            .hash
            .expand(&[&made.state, &index], self.seed_dst.as_bytes());
        let point = self
            .hash
            .hash_to_g1(&[&state], self.generator_dst.as_bytes());
        made.state = state;
        FixedBase::new(point)
    }

    fn only(self) -> FixedBase {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        self.next(&mut made)
    }

    /// The first `count` generators, for up to [`MAX_MESSAGES`] messages.
    pub(super) fn first(&self, count: usize) -> Result<Vec<Arc<FixedBase>>, Error> {
        if count > MAX_MESSAGES + 1 {
            return Err(Error::TooManyMessages {
                count: count - 1,
                limit: MAX_MESSAGES,
            });
        }
        Ok(self.up_to_limit(count))
    }

    /// The first `count` generators, or as many as there may be.
    pub(crate) fn up_to_limit(&self, count: usize) -> Vec<Arc<FixedBase>> {
        let count = count.min(MAX_MESSAGES + 1);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        while made.points.len() < count {
            let next = self.next(&mut made);
            made.points.push(Arc::new(next));
        }
        made.points.iter().take(count).cloned().collect()
    }
}
