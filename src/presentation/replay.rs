//! Nothing is accepted twice: what a verifier remembers of a pass, and the step from *verified* to
//! *accepted* that cannot be taken without it.
//!
//! A store of any kind can keep the entries. One that is asynchronous takes [`Verified::entry`], and what
//! it answered goes to [`Verified::accept`]; one that is not implements [`ReplayStore`], and
//! [`Door::check`](super::Door::check) does both.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::expected::Challenge;
use super::verdict::{Accepted, Reason, Verdict};
use crate::scheme::Day;

/// Bytes of a pseudonym, by which a pass that comes again is told; a code's own challenge is shorter.
const PSEUDONYM: usize = 48;

/// What a replay store remembers of a pass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReplayEntry {
    audience: String,
    day: Day,
    tag: Vec<u8>,
    answered: Option<Challenge>,
}

impl ReplayEntry {
    /// An entry that comes back from a store, or tests one.
    #[must_use]
    pub fn new(audience: &str, day: Day, tag: &[u8], answered: Option<Challenge>) -> Self {
        Self {
            audience: audience.to_owned(),
            day,
            tag: tag.to_vec(),
            answered,
        }
    }

    /// The venue that accepts the pass. Doors of one venue share what they remember.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The day that the pass is for.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// What may be accepted once for this venue and day: the pseudonym (48 bytes), or where the policy
    /// asks for none the proof's challenge (16 bytes).
    #[must_use]
    pub fn tag(&self) -> &[u8] {
        &self.tag
    }

    /// Why the pass is refused after a replay store said this; `None` if it is accepted.
    #[must_use]
    pub fn refused(&self, remembered: Remembered) -> Option<Reason> {
        match remembered {
            Remembered::New => None,
            Remembered::Known if self.tag.len() == PSEUDONYM => Some(Reason::SeenBefore),
            Remembered::Known => Some(Reason::CodeSeen),
            Remembered::NotOpen => Some(Reason::QuestionClosed),
        }
    }

    /// The challenge that the pass answers, if it answers one: used up when the entry is remembered.
    #[must_use]
    pub fn answered(&self) -> Option<&Challenge> {
        self.answered.as_ref()
    }
}

/// What a replay store says after it was asked to remember an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// The tag was new and the challenge, if there is one, was open. From now on the tag is known and the
    /// challenge is used up.
    New,
    /// The tag was known for this venue and day. Nothing changed; the challenge stays open.
    Known,
    /// The challenge was not open: another answer to it was accepted meanwhile, or its end came. Nothing
    /// changed.
    NotOpen,
}

/// A store that remembers what was accepted.
pub trait ReplayStore: Send {
    /// Why the store could not do it.
    type Error;

    /// Remembers an entry, in one transaction, durably before it returns: of two at once with the same
    /// tag, or with the same challenge, one is [`Remembered::New`].
    ///
    /// # Errors
    /// The store's own. Nobody may be accepted then.
    fn remember(&mut self, entry: &ReplayEntry) -> Result<Remembered, Self::Error>;
}

/// A replay store in memory, for one process.
#[derive(Debug, Default)]
pub struct MemoryReplayStore {
    tags: HashSet<(String, Day, Vec<u8>)>,
    answered: HashMap<Challenge, Day>,
}

impl ReplayStore for MemoryReplayStore {
    type Error = std::convert::Infallible;

    fn remember(&mut self, entry: &ReplayEntry) -> Result<Remembered, Self::Error> {
        let tag = (entry.audience.clone(), entry.day, entry.tag.clone());
        if self.tags.contains(&tag) {
            return Ok(Remembered::Known);
        }
        if let Some(challenge) = &entry.answered {
            match self.answered.entry(challenge.clone()) {
                Entry::Occupied(_) => return Ok(Remembered::NotOpen),
                Entry::Vacant(open) => open.insert(entry.day),
            };
        }
        self.tags.insert(tag);
        Ok(Remembered::New)
    }
}

impl MemoryReplayStore {
    /// Deletes all entries for days before `first`, the day on which it was two windows and the longest grace of a strip
    /// ago: nothing for an earlier day is accepted any more.
    pub fn forget_before(&mut self, first: Day) {
        let stays = |day: Day| day >= first;
        self.tags.retain(|(_, day, _)| stays(*day));
        self.answered.retain(|_, day| stays(*day));
    }
}

/// A pass whose proof holds, not accepted yet: it may have been here before. What it showed cannot be
/// read before a replay store has answered.
///
/// ```compile_fail,E0616
/// fn without_remembering(verified: veilpass::presentation::Verified) {
///     let accepted = verified.accepted;
/// }
/// ```
#[must_use = "a verified pass is accepted only after a replay store has remembered its entry"]
pub struct Verified {
    pub(super) accepted: Accepted,
    pub(super) entry: ReplayEntry,
}

impl Verified {
    /// What the replay store must remember.
    #[must_use]
    pub fn entry(&self) -> &ReplayEntry {
        &self.entry
    }

    /// The verdict, from what the replay store said of [`entry`](Self::entry).
    #[must_use]
    pub fn accept(self, remembered: Remembered) -> Verdict {
        match self.entry.refused(remembered) {
            None => Verdict::Accepted(self.accepted),
            Some(reason) => Verdict::Refused(reason),
        }
    }

    /// Lets a store remember the entry, and gives the verdict. A store that fails refuses.
    pub(super) fn accept_in<S: ReplayStore + ?Sized>(self, store: &mut S) -> Verdict {
        match store.remember(&self.entry) {
            Ok(remembered) => self.accept(remembered),
            Err(_) => Verdict::Refused(Reason::NotRemembered),
        }
    }
}
