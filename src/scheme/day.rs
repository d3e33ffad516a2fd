//! Days: integers in the scheme's time zone, so that "until at least today" is a comparison.

use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::{Span, Timestamp, Unit, tz::TimeZone};

use subtle::{Choice, ConditionallySelectable};

use super::time::UnixTime;
use crate::curve::Scalar;

/// A day, counted from 1970-01-01 in the scheme's zone; negative before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Day(pub i32);

impl Day {
    /// The day that the end of a pass has if the pass never meets a policy: the first of the calendar, over for
    /// everybody.
    pub const NEVER: Self = Self(0);

    /// The day of a civil date, if it exists.
    #[must_use]
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().and_then(Self::from_date)
    }

    fn from_date(date: Date) -> Option<Self> {
        let span = date.since((Unit::Day, epoch())).ok()?;
        Some(Self(span.get_days()))
    }

    /// The civil date (year, month, day); `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn to_ymd(self) -> Option<(i16, i8, i8)> {
        let date = self.to_date()?;
        Some((date.year(), date.month(), date.day()))
    }

    fn to_date(self) -> Option<Date> {
        // Most 32-bit numbers are no date of the calendar: no panic, no date.
        let span = Span::new().try_days(i64::from(self.0)).ok()?;
        epoch().checked_add(span).ok()
    }

    /// The same date `years` earlier; 29 February becomes the 28th in a common year. Whoever was
    /// born on this day or before is at least `years` old on `self`.
    #[must_use]
    pub fn years_before(self, years: u8) -> Option<Self> {
        let span = Span::new().try_years(i64::from(years)).ok()?;
        let date = self.to_date()?.checked_sub(span).ok()?;
        Self::from_date(date)
    }

    /// The same date `months` later; where the month is shorter, its last day.
    #[must_use]
    pub fn plus_months(self, months: u16) -> Option<Self> {
        let span = Span::new().try_months(i64::from(months)).ok()?;
        let date = self.to_date()?.checked_add(span).ok()?;
        Self::from_date(date)
    }

    /// `days` later.
    #[must_use]
    pub fn plus(self, days: i32) -> Option<Self> {
        self.0.checked_add(days).map(Self)
    }

    /// The day as an integer modulo r. Constant-time: it may be hidden.
    pub(crate) fn to_scalar(self) -> Scalar {
        let magnitude = Scalar::from(u64::from(self.0.unsigned_abs()));
        let [.., lowest] = (self.0.cast_unsigned() >> 31).to_be_bytes();
        Scalar::conditional_select(&magnitude, &-magnitude, Choice::from(lowest))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to_date() {
            Some(date) => write!(f, "{date}"),
            None => write!(f, "day {}", self.0),
        }
    }
}

fn epoch() -> Date {
    date(1970, 1, 1)
}

/// A time zone by its IANA name, from data compiled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    /// `None`: this program's data are older than the zone, or than its name.
    zone: Option<TimeZone>,
}

impl Zone {
    /// The zone called `name`, such as `Europe/Moscow`.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let zone = Self::of_scheme(name);
        zone.zone.is_some().then_some(zone)
    }

    /// The zone of a scheme. Whoever does not know its name yet reads the scheme all the same, since days are counted
    /// from the offsets that come with it; times are then shown in UTC.
    pub(crate) fn of_scheme(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            zone: TimeZone::get(name).ok(),
        }
    }

    fn or_utc(&self) -> TimeZone {
        self.zone.clone().unwrap_or(TimeZone::UTC)
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The offset in seconds a month before `from`, and each change of it until a month after `until`. `None` for a
    /// zone that this program's data do not have.
    pub(crate) fn offsets(
        &self,
        from: UnixTime,
        until: UnixTime,
    ) -> Option<(i32, Vec<(UnixTime, i32)>)> {
        let zone = self.zone.as_ref()?;
        let month = Duration::from_secs(31 * 86_400);
        let stamp = |time: UnixTime| Timestamp::from_second(time.as_seconds()).ok();
        let from = stamp(from.checked_sub(month)?)?;
        let until = stamp(until.checked_add(month)?)?;
        let changes = (zone.following(from))
            .take_while(|change| change.timestamp() < until)
            .map(|change| {
                let moment = UnixTime::from_seconds(change.timestamp().as_second());
                (moment, change.offset().seconds())
            });
        Some((zone.to_offset(from).seconds(), changes.collect()))
    }

    /// The day on which a moment falls, by this program's data; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn day_of(&self, time: UnixTime) -> Option<Day> {
        let time = Timestamp::from_second(time.as_seconds()).ok()?;
        Day::from_date(self.or_utc().to_datetime(time).date())
    }

    /// The moment in which a day begins, midnight on most days; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn begin_of(&self, day: Day) -> Option<UnixTime> {
        let begins = day.to_date()?.to_zoned(self.or_utc()).ok()?;
        let begins = begins.start_of_day().ok()?.timestamp();
        Some(UnixTime::from_seconds(begins.as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i16, month: i8, day: i8) -> Day {
        Day::from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn days_count_from_1970_in_both_directions() {
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!(day(1969, 12, 31), Day(-1));
        assert_eq!(day(2021, 6, 28), Day(18_806));
        assert_eq!(day(1900, 1, 1), Day(-25_567));
        assert_eq!(Day(18_806).to_ymd(), Some((2021, 6, 28)));
        assert_eq!(Day::from_ymd(2021, 2, 29), None);
    }

    #[test]
    fn midnight_in_moscow_begins_a_day_and_not_in_london() {
        let (moscow, london) = (
            Zone::new("Europe/Moscow").unwrap(),
            Zone::new("Europe/London").unwrap(),
        );
        // 2021-06-28T21:00:00Z
        let midnight = UnixTime::from_seconds(1_624_914_000);
        let before = UnixTime::from_seconds(1_624_913_999);
        assert_eq!(moscow.day_of(before), Some(day(2021, 6, 28)));
        assert_eq!(moscow.day_of(midnight), Some(day(2021, 6, 29)));
        assert_eq!(london.day_of(midnight), Some(day(2021, 6, 28)));
        assert!(Zone::new("Europe/Atlantis").is_none());
        // Of a scheme that was founded with newer data: its times are shown in UTC, and nobody publishes with it.
        let (newer, utc) = (
            Zone::of_scheme("Europe/Atlantis"),
            Zone::new("UTC").unwrap(),
        );
        let now = UnixTime::from_seconds(1_624_900_000);
        assert_eq!(
            (newer.name(), newer.day_of(now)),
            ("Europe/Atlantis", utc.day_of(now))
        );
        assert!(newer.offsets(now, now).is_none() && utc.offsets(now, now).is_some());
    }

    #[test]
    fn a_day_begins_in_the_first_moment_that_falls_on_it() {
        let second = std::time::Duration::from_secs(1);
        // In Havana, and in Beirut before 2022, clocks were put forward at midnight: that day began at one.
        for (zone, first) in [
            ("Europe/Moscow", day(2021, 6, 28)),
            ("America/Havana", day(2021, 3, 14)),
            ("Asia/Beirut", day(2021, 3, 28)),
            ("Pacific/Apia", day(2011, 12, 31)),
        ] {
            let zone = Zone::new(zone).unwrap();
            let begins = zone.begin_of(first).unwrap();
            assert_eq!(zone.day_of(begins), Some(first), "{}", zone.name());
            let before = begins.checked_sub(second).unwrap();
            assert!(zone.day_of(before).unwrap() < first, "{}", zone.name());
        }
        assert_eq!(Zone::new("UTC").unwrap().begin_of(Day(i32::MAX)), None);
    }

    #[test]
    fn a_leap_day_birthday_comes_of_age_on_the_first_of_march() {
        let born = day(2004, 2, 29);
        let of_age = |today: Day| born <= today.years_before(18).unwrap();
        assert!(!of_age(day(2022, 2, 28)));
        assert!(of_age(day(2022, 3, 1)));
        // In a leap year "18 years ago" is 28 February; who was born on 1 March is still too young.
        let limit = day(2024, 2, 29).years_before(18).unwrap();
        assert_eq!(limit, day(2006, 2, 28));
    }

    #[test]
    fn months_end_where_the_month_ends() {
        let later = |from: Day, months| from.plus_months(months).unwrap();
        assert_eq!(later(day(2021, 6, 1), 12), day(2022, 6, 1));
        assert_eq!(later(day(2021, 8, 31), 6), day(2022, 2, 28));
        assert_eq!(later(day(2023, 8, 31), 6), day(2024, 2, 29));
        assert_eq!(later(day(2020, 2, 29), 12), day(2021, 2, 28));
        assert_eq!(Day(i32::MAX).plus_months(1), None);
        assert_eq!(day(9999, 12, 1).plus_months(1), None);
    }

    #[test]
    fn numbers_that_are_no_date_are_handled_and_not_a_panic() {
        for day in [i32::MAX, i32::MIN, 8_000_000, -8_000_000].map(Day) {
            assert_eq!(day.to_ymd(), None);
            assert_eq!(day.years_before(18), None);
            assert_eq!(day.to_string(), format!("day {}", day.0));
        }
        assert_eq!(Day(i32::MAX).plus(1), None);
    }

    #[test]
    fn negative_days_are_negative_scalars() {
        assert_eq!(Day(-5).to_scalar() + Scalar::from(5), Scalar::zero());
        assert_eq!(Day(i32::MIN).to_scalar(), -Scalar::from(1 << 31));
    }
}
