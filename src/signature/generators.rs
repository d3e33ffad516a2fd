//! Generators of messages: points with no known relation, hashed to the curve one after another.

use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::length_prefix;
use crate::curve::{FixedBase, HashSuite};

/// The most messages that one signature may carry, secrets and blinding included. Generators are
/// kept once made, so a proof from outside must not be able to ask for any number of them.
pub(crate) const MAX_MESSAGES: usize = 1024;

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

    /// The first generator alone.
    #[cfg(feature = "bbs")]
    pub(crate) fn only(self) -> FixedBase {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        self.next(&mut made)
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
