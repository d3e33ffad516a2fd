//! A verifier's state in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;

use veilpass::presentation::{Challenge, Reason, Remembered, ReplayEntry};
use veilpass::scheme::{Day, UnixTime};

use super::{Shared, count};
use crate::store::{Hour, OpenQuestion, StoreError, Tally, VerifierStore};

/// A verifier's store in memory.
#[derive(Clone, Default)]
pub struct MemoryVerifier(Shared<State>);

#[derive(Clone, Default, PartialEq, Eq)]
struct State {
    values: BTreeMap<String, Vec<u8>>,
    /// With its number.
    bundle: Option<(u32, Vec<u8>)>,
    /// In the order of asking.
    open: Vec<OpenQuestion>,
    /// What was accepted, for a venue and day.
    seen: BTreeSet<(String, Day, Vec<u8>)>,
    /// The last day whose passes were forgotten.
    forgotten: Option<Day>,
    /// By hour and the word for the verdict.
    tallies: BTreeMap<(Hour, &'static str), u32>,
}

impl State {
    fn remember(
        &mut self,
        entry: &ReplayEntry,
        asked: &RangeInclusive<UnixTime>,
    ) -> Result<Remembered, StoreError> {
        if self.forgotten.is_some_and(|day| day >= entry.day()) {
            return Err(StoreError::DayForgotten);
        }
        let tag = (
            entry.audience().to_owned(),
            entry.day(),
            entry.tag().to_vec(),
        );
        if self.seen.contains(&tag) {
            return Ok(Remembered::Known);
        }
        if let Some(answered) = entry.answered() {
            let is = |open: &OpenQuestion| open.challenge == *answered && asked.contains(&open.at);
            match self.open.iter().position(is) {
                None => return Ok(Remembered::NotOpen),
                Some(place) => self.open.remove(place),
            };
        }
        self.seen.insert(tag);
        Ok(Remembered::New)
    }

    fn count(&mut self, hour: Hour, reason: Option<Reason>) {
        let count = self.tallies.entry((hour, Tally::word(reason))).or_default();
        *count = count.saturating_add(1);
    }
}

impl MemoryVerifier {
    /// Another store, with the same in it: what a copy of a folder is.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(Shared::new(self.0.lock().clone()))
    }

    /// All by which a verifier decides, in order: two stores of which it is the same decide the same. Counts are not in it.
    fn by_decisions<T>(&self, then: impl FnOnce(&State) -> T) -> T {
        then(&State {
            tallies: BTreeMap::new(),
            ..self.0.lock().clone()
        })
    }
}

impl PartialEq for MemoryVerifier {
    fn eq(&self, other: &Self) -> bool {
        self.by_decisions(|own| other.by_decisions(|other| own == other))
    }
}

impl Eq for MemoryVerifier {}

impl Hash for MemoryVerifier {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.by_decisions(|all| {
            (&all.values, &all.bundle, &all.seen, &all.forgotten).hash(hasher);
            for open in &all.open {
                (&open.challenge, open.at).hash(hasher);
            }
        });
    }
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

    async fn asked(&self, challenge: &Challenge, at: UnixTime) -> Result<(), StoreError> {
        let challenge = challenge.clone();
        self.0.lock().open.push(OpenQuestion { challenge, at });
        Ok(())
    }

    async fn open_questions(
        &self,
        asked: RangeInclusive<UnixTime>,
    ) -> Result<Vec<OpenQuestion>, StoreError> {
        let held = self.0.lock();
        let open = held.open.iter().filter(|open| asked.contains(&open.at));
        Ok(open.cloned().collect())
    }

    async fn remember(
        &self,
        entry: &ReplayEntry,
        asked: RangeInclusive<UnixTime>,
        hour: Option<Hour>,
    ) -> Result<Remembered, StoreError> {
        let mut held = self.0.lock();
        let remembered = held.remember(entry, &asked)?;
        if let Some(hour) = hour {
            held.count(hour, entry.refused(remembered));
        }
        Ok(remembered)
    }

    async fn count(&self, hour: Hour, reason: Reason) -> Result<(), StoreError> {
        self.0.lock().count(hour, Some(reason));
        Ok(())
    }

    async fn tallies(&self, day: Day) -> Result<Vec<Tally>, StoreError> {
        let held = self.0.lock();
        let of_day = held.tallies.iter().filter(|((hour, _), _)| hour.day == day);
        let tallies = of_day.filter_map(|((hour, word), count)| {
            Some(Tally {
                hour: hour.begins,
                reason: Tally::verdict(word)?,
                count: *count,
            })
        });
        Ok(tallies.collect())
    }

    async fn forget_before(&self, day: Day, since: UnixTime) -> Result<u32, StoreError> {
        let mut held = self.0.lock();
        let before = held.seen.len();
        let old = held.seen.iter().map(|(_, of, _)| *of);
        let last = old.filter(|of| *of < day).max();
        held.forgotten = held.forgotten.max(last);
        held.seen.retain(|(_, of, _)| *of >= day);
        held.tallies.retain(|(hour, _), _| hour.day >= day);
        held.open.retain(|open| open.at >= since);
        Ok(count(before - held.seen.len()))
    }
}
