//! Epochs: which keys, accreditations and accumulator are in force from when on, and for which days on paper.

use super::Day;
use super::time::UnixTime;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::G1Affine;

/// Under what a pass is shown: a key set, an accreditation epoch, and the removals so far. All of it switches
/// together, when an epoch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The number of a key set of the bundle.
    pub key_set: u32,
    /// ep: the accreditations of which epoch count.
    pub accreditation_epoch: u32,
    /// V, the accumulator.
    pub(crate) accumulator: G1Affine,
    /// How many removals V stands for: a place in the removal log of the key set.
    pub removals: u32,
}

/// A registry epoch. It is in force until the next one begins, the last one until the bundle expires, so that a
/// late publication stops nobody. It is published before it begins, and then stays as it is; only its beginning
/// may be moved to an earlier moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Rises by one.
    pub number: u32,
    /// Under what passes are shown while it is in force.
    pub standing: Standing,
    /// In force from this second on.
    pub from: UnixTime,
    /// Random, so that poster passes cannot be made before the epoch is published.
    pub beacon: [u8; 32],
}

/// A strip epoch: under what strips for the days of one week are shown, whenever they were printed, so that they do not
/// tell when. It is published before the week begins, and never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StripEpoch {
    /// Which week: they are counted from Monday, 29 December 1969, and begin on Mondays. With sign.
    pub period: i32,
    /// Under what strips for its days are shown.
    pub standing: Standing,
}

/// Days of a period.
const WEEK: i64 = 7;

/// Days from the beginning of period 0 to day 0, a Thursday.
const TO_DAY_0: i64 = 3;

impl StripEpoch {
    /// The period that contains a day: ⌊(D + 3)/7⌋.
    #[must_use]
    pub fn period_of(day: Day) -> i32 {
        let period = (i64::from(day.0) + TO_DAY_0).div_euclid(WEEK);
        // A seventh of a 32-bit number.
        i32::try_from(period).unwrap_or(i32::MAX)
    }

    /// The last day of its period; the last day of all beyond the range of days.
    #[must_use]
    pub fn last_day(&self) -> Day {
        let last = (i64::from(self.period) + 1) * WEEK - TO_DAY_0 - 1;
        Day(i32::try_from(last).unwrap_or(i32::MAX))
    }

    /// Whether `next` may stand behind this one in a bundle.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        self.period.checked_add(1) == Some(next.period) && self.standing.precedes(&next.standing)
    }

    /// Strip epochs, with their number in front, for a store.
    #[must_use]
    pub fn list_to_bytes(list: &[Self]) -> Vec<u8> {
        let list = Writer::default().list(list, |writer, epoch| epoch.write(writer));
        list.finish()
    }

    /// Reads what [`list_to_bytes`](Self::list_to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn list_from_bytes(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new("strip epochs", bytes);
        let list = Self::read_list(&mut reader)?;
        reader.finish()?;
        Ok(list)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        self.standing.write(writer.i32(self.period))
    }

    /// A list of epochs whose periods follow each other.
    pub(crate) fn read_list(reader: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        let mut list: Vec<Self> = Vec::new();
        for _ in 0..reader.u16()? {
            list.push(Self {
                period: reader.i32()?,
                standing: Standing::read(reader)?,
            });
        }
        if !list.is_sorted_by(Self::precedes) {
            return Err(reader.value_error("the strip epochs do not follow each other"));
        }
        Ok(list)
    }
}

impl Standing {
    /// Whether `next` may come after this: key sets and accreditation epochs rise, removals too within a key set, and
    /// one place of a log has one V.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        let same_keys = self.key_set == next.key_set;
        let removals = self.removals <= next.removals
            && (self.removals < next.removals || self.accumulator == next.accumulator);
        self.key_set <= next.key_set
            && self.accreditation_epoch <= next.accreditation_epoch
            && (!same_keys || removals)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .u32(self.key_set)
            .u32(self.accreditation_epoch)
            .g1(&self.accumulator)
            .u32(self.removals)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            key_set: reader.u32()?,
            accreditation_epoch: reader.u32()?,
            accumulator: reader.g1()?,
            removals: reader.u32()?,
        })
    }
}

impl Epoch {
    /// The epoch, for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("epoch", bytes);
        let epoch = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(epoch)
    }

    /// Whether `later` is this epoch as a later bundle may have it: the same, or one that begins earlier.
    pub(crate) fn stays_in(&self, later: &Self) -> bool {
        let moved = Self {
            from: later.from,
            ..self.clone()
        };
        moved == *later && later.from <= self.from
    }

    /// Whether `next` may stand behind this epoch in a bundle.
    pub(crate) fn precedes(&self, next: &Self) -> bool {
        self.number.checked_add(1) == Some(next.number)
            && self.from < next.from
            && self.standing.precedes(&next.standing)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        (self.standing.write(writer.u32(self.number)))
            .i64(self.from.as_seconds())
            .raw(&self.beacon)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            number: reader.u32()?,
            standing: Standing::read(reader)?,
            from: UnixTime::read(reader)?,
            beacon: reader.array()?,
        })
    }
}
