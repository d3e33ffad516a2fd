//! The offsets of the scheme's time zone, as the authority publishes them: doors and wallets count days from the
//! bundle and from nothing else, so that two machines with different zone data never disagree on a day.

use super::day::{Day, Zone};
use super::time::UnixTime;
use crate::codec::{DecodeError, Reader, Writer};

/// Seconds of a day without a change of the offset.
const DAY: i64 = 86_400;

/// The most changes of the offset that a bundle may carry: far more than any zone has in a bundle's life.
const MAX_CHANGES: u16 = 64;

/// An offset is at most a day and an hour.
const MAX_OFFSET: i32 = 25 * 3600;

/// Seconds east of UTC, from moment to moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offsets {
    first: i32,
    /// From when on which other one is in force, moments rising.
    changes: Vec<(UnixTime, i32)>,
}

impl Offsets {
    /// Those of `zone` from a month before `from` to a month after `until`, by this machine's zone data. `None`
    /// outside the calendar, or if there are too many.
    pub(crate) fn of(zone: &Zone, from: UnixTime, until: UnixTime) -> Option<Self> {
        let (first, changes) = zone.offsets(from, until)?;
        (changes.len() <= usize::from(MAX_CHANGES)).then_some(Self { first, changes })
    }

    /// Universal time, for bundles that tests make outside the calendar.
    #[cfg(feature = "internals")]
    pub(crate) fn universal() -> Self {
        let changes = Vec::new();
        Self { first: 0, changes }
    }

    /// The day on which a moment falls; `None` outside the range of days.
    pub(crate) fn day_of(&self, time: UnixTime) -> Option<Day> {
        let offset = (self.changes.iter().rev())
            .find(|(from, _)| *from <= time)
            .map_or(self.first, |(_, offset)| *offset);
        let local = time.as_seconds().checked_add(i64::from(offset))?;
        i32::try_from(local.div_euclid(DAY)).ok().map(Day)
    }

    /// The first moment of a day; `None` for a day that the zone skipped.
    pub(crate) fn begin_of(&self, day: Day) -> Option<UnixTime> {
        let starts = std::iter::once((i64::MIN, self.first))
            .chain((self.changes.iter()).map(|(from, offset)| (from.as_seconds(), *offset)));
        let ends = (self.changes.iter())
            .map(|(from, _)| from.as_seconds())
            .chain([i64::MAX]);
        let midnight = i64::from(day.0) * DAY;
        // Within each stretch of one offset the day is an interval; the first of them that is not empty begins it.
        let mut begins = starts.zip(ends).filter_map(|((start, offset), end)| {
            let begin = (midnight - i64::from(offset)).max(start);
            let over = (midnight + DAY - i64::from(offset)).min(end);
            (begin < over).then_some(UnixTime::from_seconds(begin))
        });
        begins.next()
    }

    /// The first moment of the next day that begins; `None` at the end of the range of days.
    pub(crate) fn end_of(&self, day: Day) -> Option<UnixTime> {
        // Zones have skipped one day, and never two in a row.
        (1..=2).find_map(|after| self.begin_of(day.plus(after)?))
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .i32(self.first)
            .list(&self.changes, |writer, (from, offset)| {
                writer.i64(from.as_seconds()).i32(*offset)
            })
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let possible = |offset: i32| offset.unsigned_abs() <= MAX_OFFSET.unsigned_abs();
        let first = reader.i32()?;
        let count = reader.u16()?;
        if count > MAX_CHANGES {
            return Err(reader.value_error("a time zone changes its offset too often"));
        }
        let mut changes: Vec<(UnixTime, i32)> = Vec::new();
        for _ in 0..count {
            let change = (UnixTime::read(reader)?, reader.i32()?);
            if changes.last().is_some_and(|(from, _)| *from >= change.0) {
                return Err(reader.value_error("the changes of an offset do not rise"));
            }
            changes.push(change);
        }
        if !possible(first) || !changes.iter().all(|(_, offset)| possible(*offset)) {
            return Err(reader.value_error("no time zone has this offset"));
        }
        Ok(Self { first, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::at;

    fn berlin() -> Offsets {
        let zone = Zone::new("Europe/Berlin").unwrap();
        // 2021, with both changes.
        Offsets::of(&zone, at(1_609_459_200), at(1_640_995_200)).unwrap()
    }

    #[test]
    fn days_are_those_of_the_zone_across_both_changes() {
        let (zone, offsets) = (Zone::new("Europe/Berlin").unwrap(), berlin());
        assert_eq!(offsets.changes.len(), 2);
        for hour in 0..24 * 365 {
            let now = at(1_609_459_200 + hour * 3600);
            for now in [now, at(now.as_seconds() - 1)] {
                assert_eq!(offsets.day_of(now), zone.day_of(now), "{now:?}");
            }
        }
    }

    #[test]
    fn a_day_begins_at_its_first_moment() {
        let offsets = berlin();
        for day in 18_630..18_990 {
            let begin = offsets.begin_of(Day(day)).unwrap();
            assert_eq!(offsets.day_of(begin), Some(Day(day)));
            let before = at(begin.as_seconds() - 1);
            assert_eq!(offsets.day_of(before), Some(Day(day - 1)));
        }
        let length = |day: i32| {
            let begin = |day| offsets.begin_of(Day(day)).unwrap().as_seconds();
            begin(day + 1) - begin(day)
        };
        let day = |month, day| Day::from_ymd(2021, month, day).unwrap().0;
        assert_eq!(length(day(3, 28)), 23 * 3600);
        assert_eq!(length(day(10, 31)), 25 * 3600);
        assert_eq!(length(day(6, 1)), DAY);
    }

    #[test]
    fn a_day_that_the_zone_skipped_never_begins() {
        // Samoa went from the 29th to the 31st of December 2011.
        let zone = Zone::new("Pacific/Apia").unwrap();
        let offsets = Offsets::of(&zone, at(1_325_000_000), at(1_326_000_000)).unwrap();
        let day = |day| Day::from_ymd(2011, 12, day).unwrap();
        assert!(offsets.begin_of(day(29)).is_some());
        assert_eq!(offsets.begin_of(day(30)), None);
        assert_eq!(offsets.end_of(day(29)), offsets.begin_of(day(31)));
        assert!(offsets.begin_of(day(31)).is_some());
    }

    #[test]
    fn offsets_are_read_back_and_others_refused() {
        let offsets = berlin();
        let bytes = offsets.write(Writer::default()).finish();
        let read = |bytes: &[u8]| Offsets::read(&mut Reader::new("offsets", bytes));
        assert_eq!(read(&bytes).as_ref(), Ok(&offsets));
        let refused = |first, changes: &[(i64, i32)]| {
            let changes = changes.iter().map(|(from, offset)| (at(*from), *offset));
            let changes = changes.collect();
            let bytes = Offsets { first, changes }.write(Writer::default()).finish();
            assert!(read(&bytes).is_err());
        };
        refused(100_000, &[]);
        refused(i32::MIN, &[]);
        refused(0, &[(5, 3600), (5, 0)]);
        refused(0, &[(5, 3600), (4, 0)]);
        refused(0, &[(5, 100_000)]);
        refused(0, &[(1, 0); 65]);
    }
}
