//! A verifier's state in memory.

use std::collections::{HashMap, HashSet};

use veilpass::scheme::Day;

use super::{Shared, count};
use crate::store::{StoreError, VerifierStore};

/// A verifier's store in memory.
#[derive(Clone, Default)]
pub struct MemoryVerifier(Shared<State>);

#[derive(Default)]
struct State {
    values: HashMap<String, Vec<u8>>,
    /// With its number.
    bundle: Option<(u32, Vec<u8>)>,
    /// Open nonces with the second in which each was asked, in the order of asking.
    asked: Vec<([u8; 16], i64)>,
    /// What was accepted, for a venue and day.
    seen: HashSet<(String, Day, Vec<u8>)>,
}

impl VerifierStore for MemoryVerifier {
    async fn put(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        held.values.insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().values.get(name).cloned())
    }

    async fn put_bundle(&self, version: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        match &held.bundle {
            Some((number, same)) if *number == version && same == bytes => {}
            Some((number, _)) if *number >= version => return Err(StoreError::OldBundle),
            _ => held.bundle = Some((version, bytes.to_vec())),
        }
        Ok(())
    }

    async fn bundle(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let held = self.0.lock();
        Ok(held.bundle.as_ref().map(|(_, bytes)| bytes.clone()))
    }

    async fn asked(&self, nonce: &[u8; 16], at: i64) -> Result<(), StoreError> {
        self.0.lock().asked.push((*nonce, at));
        Ok(())
    }

    async fn take_nonce(&self, since: i64) -> Result<Option<[u8; 16]>, StoreError> {
        let mut held = self.0.lock();
        let newest = held.asked.iter().rposition(|(_, at)| *at >= since);
        Ok(newest.map(|place| held.asked.remove(place).0))
    }

    async fn take_this_nonce(&self, nonce: &[u8; 16], since: i64) -> Result<bool, StoreError> {
        let mut held = self.0.lock();
        let mut asked = held.asked.iter();
        let place = asked.position(|(open, at)| open == nonce && *at >= since);
        Ok(place.map(|place| held.asked.remove(place)).is_some())
    }

    async fn mark(&self, venue: &str, day: Day, mark: &[u8]) -> Result<bool, StoreError> {
        let mut held = self.0.lock();
        Ok(held.seen.insert((venue.to_owned(), day, mark.to_vec())))
    }

    async fn forget_before(&self, day: Day, since: i64) -> Result<u32, StoreError> {
        let mut held = self.0.lock();
        let before = held.seen.len();
        held.seen.retain(|(_, of, _)| *of >= day);
        held.asked.retain(|(_, at)| *at >= since);
        Ok(count(before - held.seen.len()))
    }
}
