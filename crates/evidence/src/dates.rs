//! Dates as certificates write them.

use veilpass::scheme::Day;

/// A date of birth that may lack its day or its month, or be empty: `1979-04-14`, `1979-04`,
/// `1979` (EU DCC schema, `dob`; FHIR R4 `date`).
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct PartialDate {
    given: String,
    day: Option<Day>,
    earliest: Option<Day>,
    latest: Option<Day>,
}

impl PartialDate {
    /// As the certificate writes it.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The day, if the date is complete.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        self.day
    }

    /// The earliest day that it can mean. `None` if nothing is given.
    #[must_use]
    pub fn earliest(&self) -> Option<Day> {
        self.earliest
    }

    /// The latest day that it can mean: who was born then is youngest. `None` if nothing is given.
    #[must_use]
    pub fn latest(&self) -> Option<Day> {
        self.latest
    }
}

impl TryFrom<String> for PartialDate {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::read(given, false).ok_or(NOT_A_DATE)
    }
}

impl PartialDate {
    /// Reads a date. A month or a day that is written `00` is unknown, where a format has that (`zeros`).
    pub(crate) fn read(given: String, zeros: bool) -> Option<Self> {
        let known = match zeros {
            false => given.as_str(),
            true => {
                let month = given.strip_suffix("-00").unwrap_or(&given);
                month.strip_suffix("-00").unwrap_or(month)
            }
        };
        let day = full_date(known);
        let (earliest, latest) = match known.len() {
            0 => (None, None),
            4 => (
                Some(civil_date(&format!("{known}-01-01"))?),
                Some(civil_date(&format!("{known}-12-31"))?),
            ),
            7 => (
                Some(civil_date(&format!("{known}-01"))?),
                Some(last_of_month(known)?),
            ),
            _ => (Some(day?), day),
        };
        Some(Self {
            given,
            day,
            earliest,
            latest,
        })
    }
}

const NOT_A_DATE: &str = "a date that is not of the form YYYY-MM-DD, YYYY-MM or YYYY";

fn last_of_month(month: &str) -> Option<Day> {
    (28..=31)
        .rev()
        .find_map(|day| civil_date(&format!("{month}-{day}")))
}

/// The day of `YYYY-MM-DD`, from 1900 to 2099. Some states write midnight behind it, as
/// `T00:00:00` with or without fraction and `Z`: that is the same day.
pub(super) fn full_date(text: &str) -> Option<Day> {
    match text.split_once('T') {
        None => civil_date(text),
        Some((date, time)) => civil_date(date).filter(|_| is_midnight(time)),
    }
}

/// The day of a date with or without a time behind it, as it is written: it is not moved to another zone. The schema
/// of the EU DCC says `format: date` and `date-time`, which validators take as a remark (JSON Schema 2020-12, section
/// 7.2.1); states write a time behind dates, and offsets as `Z`, `+02`, `+0200` or `+02:00`, or leave them out.
pub(super) fn dated(text: &str) -> Option<Day> {
    let (date, behind) = text.split_at_checked(10)?;
    let day = civil_date(date)?;
    if behind.is_empty() {
        return Some(day);
    }
    let time = behind.strip_prefix(['T', 't', ' '])?;
    is_time(time).then_some(day)
}

/// Whether this is a time of day, with or without seconds, fraction and offset.
fn is_time(text: &str) -> bool {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(place) => text.split_at(place),
        None => (text, ""),
    };
    let clock = clock.trim_end();
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let below = |text: &str, end: i16| number(text, 2).is_some_and(|number| number < end);
    let parts: Vec<_> = clock.split(':').collect();
    let clock = match *parts.as_slice() {
        [hour, minute] => below(hour, 24) && below(minute, 60),
        // A leap second ends a day, too (RFC 3339, section 5.7).
        [hour, minute, second] => below(hour, 24) && below(minute, 60) && below(second, 61),
        _ => false,
    };
    let offset = match offset.strip_prefix(['+', '-']) {
        None => matches!(offset, "" | "Z" | "z"),
        Some(offset) => {
            let offset = offset.replacen(':', "", 1);
            matches!(offset.len(), 2 | 4) && digits(&offset)
        }
    };
    clock && digits(fraction) && offset
}

fn is_midnight(time: &str) -> bool {
    let time = time.strip_suffix('Z').unwrap_or(time);
    match time.strip_prefix("00:00:00") {
        None => false,
        Some("") => true,
        Some(fraction) => (fraction.strip_prefix('.'))
            .is_some_and(|digits| digits.bytes().all(|digit| digit == b'0')),
    }
}

/// The day of `YYYY-MM-DD` and nothing else.
fn civil_date(date: &str) -> Option<Day> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    let day = number(parts.next()?, 2)?;
    if parts.next().is_some() || !(1900..=2099).contains(&year) {
        return None;
    }
    Day::from_ymd(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

fn number(digits: &str, length: usize) -> Option<i16> {
    let plain = digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// The civil day of a Unix second in UTC.
pub(super) fn utc_day(at: i64) -> Day {
    Day(i32::try_from(at.div_euclid(86_400)).unwrap_or(i32::MAX))
}

/// The latest day that it is anywhere on Earth at the Unix second `at`: clocks go 14 hours ahead of UTC at most.
pub(super) fn latest_today(at: i64) -> Day {
    utc_day(at.saturating_add(14 * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn birth(text: &str) -> Option<PartialDate> {
        PartialDate::try_from(text.to_owned()).ok()
    }

    fn ymd(day: Option<Day>) -> Option<(i16, i8, i8)> {
        day.and_then(Day::to_ymd)
    }

    #[test]
    fn a_partial_date_keeps_what_is_given_and_knows_its_latest_day() {
        let cases = [
            ("1979-04-14", Some((1979, 4, 14)), Some((1979, 4, 14))),
            ("1979-04", None, Some((1979, 4, 30))),
            ("2000-02", None, Some((2000, 2, 29))),
            ("1979", None, Some((1979, 12, 31))),
            ("", None, None),
        ];
        for (text, day, latest) in cases {
            let date = birth(text).unwrap();
            assert_eq!(
                (ymd(date.day()), ymd(date.latest())),
                (day, latest),
                "{text}"
            );
            assert_eq!(date.given(), text);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "1979-13",
            "1979-02-30",
            "79-01-01",
            "1979-1-1",
            "+979",
            "1899",
            "2100-01-01",
            "1979-",
            "1979-01-01T12:00:00",
            "1979-01-01-01",
            "1979-01-01T",
            "-----",
            "1979-0x",
        ] {
            assert_eq!(birth(text), None, "{text}");
        }
    }

    #[test]
    fn midnight_behind_a_date_is_the_same_day() {
        let day = Day::from_ymd(2021, 5, 1);
        for text in [
            "2021-05-01",
            "2021-05-01T00:00:00",
            "2021-05-01T00:00:00.000Z",
        ] {
            assert_eq!(full_date(text), day, "{text}");
        }
        assert_eq!(full_date("2021-05-01T00:00:00.001Z"), None);
    }

    #[test]
    fn a_sample_belongs_to_the_day_that_is_written() {
        for text in [
            "2021-06-06T23:59:59-11:00",
            "2021-06-06T00:00:00+02:00",
            "2021-06-06T00:00:00+02",
            "2021-06-06T00:00:00+0200",
            "2021-06-06T10:00:00.123456Z",
            "2021-06-06t10:00:00z",
            "2021-06-06 10:00",
            "2021-06-06T23:59:60Z",
            "2021-06-06",
        ] {
            assert_eq!(ymd(dated(text)), Some((2021, 6, 6)), "{text}");
        }
        for text in [
            "2021-06-06T25:00:00Z",
            "2021-06-06T10:60:00Z",
            "2021-06-06T",
            "2021-06-06Tnoon",
            "2021-06-06T10:00:00+2",
            "2021-06-06T10:00:00+02:00:00",
            "2021-06-06x10:00:00",
            "2021-06",
            "2021-06-0\u{664}",
        ] {
            assert_eq!(dated(text), None, "{text}");
        }
    }

    #[test]
    fn zeros_are_unknown_where_a_format_has_them() {
        let read = |text: &str| PartialDate::read(text.to_owned(), true);
        for (text, earliest, latest) in [
            ("1963-00", (1963, 1, 1), (1963, 12, 31)),
            ("1963-00-00", (1963, 1, 1), (1963, 12, 31)),
            ("1963-05-00", (1963, 5, 1), (1963, 5, 31)),
        ] {
            let date = read(text).unwrap();
            assert_eq!(ymd(date.earliest()), Some(earliest), "{text}");
            assert_eq!(ymd(date.latest()), Some(latest), "{text}");
            assert_eq!((date.day(), date.given()), (None, text));
            assert_eq!(birth(text), None, "{text}");
        }
        assert_eq!(read("1963-00-05"), None);
    }

    #[test]
    fn today_is_the_latest_day_anywhere() {
        let noon = 1_624_881_600; // 28 June 2021, 12:00 UTC
        assert_eq!(ymd(Some(utc_day(noon))), Some((2021, 6, 28)));
        assert_eq!(ymd(Some(latest_today(noon))), Some((2021, 6, 29)));
        assert_eq!(
            ymd(Some(latest_today(noon - 3 * 3600))),
            Some((2021, 6, 28))
        );
    }
}
