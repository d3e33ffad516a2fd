//! What a verifier remembers; see the parent module for the contract.

use std::ops::RangeInclusive;
use std::time::Duration;

use veilpass::presentation::{Challenge, Reason, Remembered, ReplayEntry};
use veilpass::scheme::{Day, UnixTime};

use super::StoreError;

/// A question that was asked, and whose answer is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Its challenge.
    pub challenge: Challenge,
    /// When it was asked.
    pub at: UnixTime,
}

/// An hour, under which verdicts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour {
    /// The day that it belongs to in the scheme's zone.
    pub day: Day,
    /// When it begins.
    pub begins: UnixTime,
}

impl Hour {
    /// The hour of a moment on that day.
    #[must_use]
    pub fn of(day: Day, now: UnixTime) -> Self {
        let past = Duration::from_secs(now.as_seconds().rem_euclid(3600).unsigned_abs());
        Self {
            day,
            begins: now.saturating_sub(past),
        }
    }
}

/// How often a verdict was given in an hour: nothing about a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// When the hour begins.
    pub hour: UnixTime,
    /// Why they were refused; `None`: they were accepted.
    pub reason: Option<Reason>,
    /// How many.
    pub count: u32,
}

/// What stands for an accepted pass among the names of reasons.
const GREEN: &str = "green";

impl Tally {
    /// What the verdict is stored as.
    #[must_use]
    pub fn word(reason: Option<Reason>) -> &'static str {
        reason.map_or(GREEN, Reason::name)
    }

    /// The verdict that is stored as this word; `None` if none is.
    #[must_use]
    pub fn verdict(word: &str) -> Option<Option<Reason>> {
        match word {
            GREEN => Some(None),
            name => Reason::named(name).map(Some),
        }
    }
}

/// A verifier's state.
pub trait VerifierStore: Send + Sync {
    /// Keeps a named value: the scheme's pin, the venue, the policy.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&self, name: &str, value: &[u8]) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// A named value.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, name: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
    /// Keeps a bundle with its number, unless one at hand has that number or a higher one; the same
    /// bytes again are fine.
    ///
    /// # Errors
    /// [`StoreError::OldBundle`]; [`StoreError`].
    fn put_bundle(
        &self,
        version: u32,
        bytes: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The bundle at hand.
    ///
    /// # Errors
    /// [`StoreError`].
    fn bundle(&self) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
    /// Remembers a question that was asked at `at`: it is open.
    ///
    /// # Errors
    /// [`StoreError`].
    fn asked(
        &self,
        challenge: &Challenge,
        at: UnixTime,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The questions that are open and were asked in this time, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_questions(
        &self,
        asked: RangeInclusive<UnixTime>,
    ) -> impl Future<Output = Result<Vec<OpenQuestion>, StoreError>> + Send;
    /// Remembers that a pass was shown, and with it that the question was answered that it answers, which must be open and
    /// asked in this time: of two at once with the same tag, or for the same question, one is [`Remembered::New`].
    /// Otherwise neither is remembered. What it says is counted under the hour, if there is one.
    ///
    /// # Errors
    /// [`StoreError::DayForgotten`] if passes of the entry's day or of a later one were forgotten; [`StoreError`].
    fn remember(
        &self,
        entry: &ReplayEntry,
        asked: RangeInclusive<UnixTime>,
        hour: Option<Hour>,
    ) -> impl Future<Output = Result<Remembered, StoreError>> + Send;
    /// Counts a refusal.
    ///
    /// # Errors
    /// [`StoreError`].
    fn count(
        &self,
        hour: Hour,
        reason: Reason,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// What was counted on a day, by hour.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tallies(&self, day: Day) -> impl Future<Output = Result<Vec<Tally>, StoreError>> + Send;
    /// Forgets what was remembered and counted for days before `day`, and questions asked before `since`; but keeps the last
    /// day of which a pass is forgotten. Says how many are.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_before(
        &self,
        day: Day,
        since: UnixTime,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
}
