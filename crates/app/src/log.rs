//! The audit log: typed events, chained by hashes.
//!
//! Authority and issuer append an event for every change, in the transaction that makes the change. What a program
//! reads later is the [`Event`]; words for people are made of it at the very end, by its `Display`. Events name no
//! person.
//!
//! Whoever changes, deletes or inserts a line breaks every hash after it. Cutting lines off the end leaves a good
//! chain: whoever relies on the log notes its head elsewhere now and then, and looks whether that head still stands
//! in it ([`contains`]).

mod event;
mod flag;
mod hex;
pub mod merkle;

pub use event::{Closing, Epochs, Event};
pub use flag::{CountRefusal, Flag};
pub use hex::Hex;

use crate::error::{Class, Classified};
use veilpass::Transcript;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// 1, 2, 3, …
    pub number: i64,
    /// Unix seconds, by the writer's clock.
    pub at: i64,
    /// What happened.
    pub event: Event,
    /// H(log; the hash before, number, at, word, detail) with the event as [`Event::word`] and [`Event::detail`]
    /// give it; the hash before the first line is zero.
    pub hash: Hex<32>,
}

/// Where the chain breaks: the number of the first line that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log is broken at line {0}: somebody changed, removed or inserted lines")]
pub struct Broken(pub i64);

impl Line {
    /// The line that follows `previous`.
    #[must_use]
    pub fn next(previous: Option<&Self>, at: i64, event: Event) -> Self {
        let (number, before) = previous.map_or((1, [0; 32]), |line| (line.number + 1, line.hash.0));
        let mut line = Self {
            number,
            at,
            event,
            hash: Hex([0; 32]),
        };
        line.hash = line.hash_after(&before);
        line
    }

    fn hash_after(&self, before: &[u8; 32]) -> Hex<32> {
        let digest = Transcript::new("log")
            .field(before)
            .field(&self.number.to_be_bytes())
            .field(&self.at.to_be_bytes())
            .field(self.event.word().as_bytes())
            .field(self.event.detail().as_bytes())
            .digest();
        Hex(digest)
    }
}

/// Checks the whole chain and returns its head, the last line's hash.
///
/// # Errors
/// [`Broken`].
pub fn verify(lines: &[Line]) -> Result<[u8; 32], Broken> {
    let mut before = [0; 32];
    for (line, number) in lines.iter().zip(1..) {
        if line.number != number || line.hash != line.hash_after(&before) {
            return Err(Broken(number));
        }
        before = line.hash.0;
    }
    Ok(before)
}

/// Whether a head that was noted earlier still stands in the chain.
#[must_use]
pub fn contains(lines: &[Line], head: &[u8; 32]) -> bool {
    lines.iter().any(|line| line.hash.0 == *head)
}

/// Why a log cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotWhole {
    /// Its chain is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A head that was noted earlier is gone.
    #[error("the noted head does not stand in the log any more: lines were cut off or replaced")]
    HeadGone,
}

impl Classified for NotWhole {
    fn class(&self) -> Class {
        Class::Refused
    }
}

/// Checks the whole chain, and that a head that was noted earlier still stands in it; the head now.
///
/// # Errors
/// [`NotWhole`].
pub fn check(lines: &[Line], noted: Option<&[u8; 32]>) -> Result<[u8; 32], NotWhole> {
    let head = verify(lines)?;
    match noted {
        Some(noted) if !contains(lines, noted) => Err(NotWhole::HeadGone),
        _ => Ok(head),
    }
}

/// Lines that this version does not know.
pub fn unknown(lines: &[Line]) -> impl Iterator<Item = Flag> + '_ {
    let other = |line: &&Line| matches!(line.event, Event::Other { .. });
    let flag = |line: &Line| Flag::Unknown { line: line.number };
    lines.iter().filter(other).map(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let accredited = |label: &str| Event::Accredited {
            label: label.into(),
        };
        for event in [
            accredited("one"),
            Event::Acknowledged,
            Event::Revoked { removal: 1 },
        ] {
            lines.push(Line::next(lines.last(), 7, event));
        }
        lines
    }

    #[test]
    fn a_good_chain_has_a_head_and_remembers_earlier_ones() {
        let lines = log();
        assert_eq!(verify(&lines), Ok(lines[2].hash.0));
        assert!(contains(&lines, &lines[0].hash.0));
        assert!(!contains(&lines, &[1; 32]));
        assert_eq!(verify(&[]), Ok([0; 32]));
    }

    #[test]
    fn every_change_breaks_it() {
        let changes: [fn(&mut Vec<Line>); 7] = [
            |lines| lines[1].event = Event::Revoked { removal: 1 },
            |lines| lines[2].event = Event::Revoked { removal: 2 },
            |lines| lines[1].at = 8,
            |lines| lines[1].hash.0[0] ^= 1,
            |lines| drop(lines.remove(1)),
            |lines| lines.swap(0, 1),
            |lines| {
                lines.remove(0);
            },
        ];
        for change in changes {
            let mut lines = log();
            change(&mut lines);
            assert!(verify(&lines).is_err());
        }
    }
}
