//! Dates as certificates write them.

use jiff::Timestamp;

use veilpass::scheme::Day;

/// A date of birth that may lack its day or its month, or be empty: `1979-04-14`, `1979-04`,
/// `1979` (EU DCC schema, `dob`; FHIR R4 `date`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct PartialDate {
    given: String,
    day: Option<Day>,
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

    /// The latest day that it can mean: who was born then is youngest. `None` if nothing is given.
    #[must_use]
    pub fn latest(&self) -> Option<Day> {
        self.latest
    }
}

impl TryFrom<String> for PartialDate {
    type Error = &'static str;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        let day = full_date(&given);
        let latest = match given.len() {
            0 => None,
            4 => Some(full_date(&format!("{given}-12-31")).ok_or(NOT_A_DATE)?),
            7 => Some(last_of_month(&given).ok_or(NOT_A_DATE)?),
            _ => Some(day.ok_or(NOT_A_DATE)?),
        };
        Ok(Self { given, day, latest })
    }
}

const NOT_A_DATE: &str = "a date that is not of the form YYYY-MM-DD, YYYY-MM or YYYY";

fn last_of_month(month: &str) -> Option<Day> {
    (28..=31)
        .rev()
        .find_map(|day| full_date(&format!("{month}-{day}")))
}

/// The day of `YYYY-MM-DD`, from 1900 to 2099. Some states write midnight behind it, as
/// `T00:00:00` with or without fraction and `Z`: that is the same day.
pub(super) fn full_date(text: &str) -> Option<Day> {
    match text.split_once('T') {
        None => civil_date(text),
        Some((date, time)) => civil_date(date).filter(|_| is_midnight(time)),
    }
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

/// The civil day that a date and time with offset (RFC 3339) writes, at the place where it was
/// written. The time must be one, but the day is not moved to another zone.
pub(super) fn written_day(text: &str) -> Option<Day> {
    let (date, _) = text.split_once('T')?;
    let day = civil_date(date)?;
    text.parse::<Timestamp>().ok()?;
    Some(day)
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
        assert_eq!(
            ymd(written_day("2021-06-06T23:59:59-11:00")),
            Some((2021, 6, 6))
        );
        assert_eq!(
            ymd(written_day("2021-06-06T00:00:00+02:00")),
            Some((2021, 6, 6))
        );
        assert_eq!(written_day("2021-06-06T25:00:00Z"), None);
        assert_eq!(written_day("2021-06-06T10:00:00"), None);
        assert_eq!(written_day("2021-06-06"), None);
    }
}
