//! The clock that a command goes by: the machine's, or one that was set to rehearse.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use veilpass::scheme::{UnixTime, Zone};

/// A moment as somebody wrote it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// With its offset: the same everywhere.
    Exact(Timestamp),
    /// By the clocks of the scheme's zone.
    Local(DateTime),
}

/// A time of day, for the command line.
pub(crate) fn time_of_day(text: &str) -> Result<Time, String> {
    (text.parse()).map_err(|_| "write the time like 04:00".to_owned())
}

pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    let example =
        "write it like 2021-06-28T19:04:00+03:00, or without +03:00 for the scheme's local time";
    match text.parse() {
        Ok(exact) => Ok(Moment::Exact(exact)),
        Err(_) => (text.parse().map(Moment::Local)).map_err(|_| example.to_owned()),
    }
}

/// The clock that a command goes by.
pub(crate) struct Clock {
    at: Option<Moment>,
    /// The set moment, as soon as it is known.
    set: OnceLock<Timestamp>,
    /// The scheme's zone, as soon as it is known.
    zone: OnceLock<TimeZone>,
}

impl Clock {
    pub(crate) fn new(at: Option<Moment>) -> Self {
        let set = match at {
            Some(Moment::Exact(moment)) => OnceLock::from(moment),
            Some(Moment::Local(_)) | None => OnceLock::new(),
        };
        Self {
            at,
            set,
            zone: OnceLock::new(),
        }
    }

    /// From now on a set local time is known. Where clocks show two times or none, because they are put back or forward, it is what jiff calls compatible:
    /// the earlier one, or the one after the gap.
    pub(crate) fn in_zone(&self, zone: &Zone) {
        let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
        if let Some(Moment::Local(time)) = self.at
            && let Ok(moment) = zone.to_timestamp(time)
        {
            self.set.get_or_init(|| moment);
        }
        self.zone.get_or_init(|| zone);
    }

    pub(crate) fn now(&self) -> i64 {
        let machine = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
            since.and_then(|since| i64::try_from(since.as_secs()).ok())
        };
        match (self.set.get(), self.at) {
            (Some(set), _) => set.as_second(),
            (None, Some(Moment::Exact(set))) => set.as_second(),
            // Before a zone is known: whatever the machine's clock says was not meant.
            (None, Some(Moment::Local(time))) => TimeZone::UTC
                .to_timestamp(time)
                .map_or(0, Timestamp::as_second),
            (None, None) => machine().unwrap_or(0),
        }
    }

    /// The next moment at which clocks of the scheme's zone show this time.
    pub(crate) fn next(&self, time: Time) -> Option<UnixTime> {
        let zone = self.zone.get()?;
        let now = Timestamp::from_second(self.now()).ok()?;
        let today = zone.to_datetime(now).date();
        let days = [Some(today), today.tomorrow().ok()].into_iter().flatten();
        let mut moments = days.filter_map(|day| zone.to_timestamp(day.to_datetime(time)).ok());
        let next = moments.find(|moment| *moment > now)?;
        Some(UnixTime::from_seconds(next.as_second()))
    }

    /// Whether it was set.
    pub(crate) fn is_set(&self) -> bool {
        self.at.is_some()
    }

    /// Whether it was set by a local time whose zone is not known yet.
    pub(crate) fn waits_for_zone(&self) -> bool {
        self.is_set() && self.set.get().is_none()
    }

    /// A moment in the scheme's local time, with its offset.
    pub(crate) fn shown(&self, time: UnixTime) -> String {
        shown(time, self.zone.get())
    }

    /// What clocks of the scheme's zone show at a moment.
    pub(crate) fn hour(&self, time: UnixTime) -> String {
        let zone = self.zone.get().cloned().unwrap_or(TimeZone::UTC);
        show(time, |moment| {
            zone.to_datetime(moment).strftime("%H:%M").to_string()
        })
    }

    /// The moment that it is set to, in words: in the scheme's zone, as far as it is known.
    pub(crate) fn said(&self) -> Option<String> {
        let at = self.at?;
        Some(match (self.set.get(), at) {
            (Some(moment), _) => local(*moment, self.zone.get()),
            (None, Moment::Exact(moment)) => local(moment, self.zone.get()),
            (None, Moment::Local(time)) => time.to_string(),
        })
    }
}

/// A moment by the clocks of a zone, with its offset.
pub(crate) fn shown(time: UnixTime, zone: Option<&TimeZone>) -> String {
    show(time, |moment| local(moment, zone))
}

fn show(time: UnixTime, show: impl FnOnce(Timestamp) -> String) -> String {
    let moment = Timestamp::from_second(time.as_seconds());
    moment.map_or_else(|_| "outside the calendar".to_owned(), show)
}

/// A moment with its offset, as `--at` takes it.
fn local(moment: Timestamp, zone: Option<&TimeZone>) -> String {
    let offset = zone.map_or(Offset::UTC, |zone| zone.to_offset(moment));
    moment.display_with_offset(offset).to_string()
}

/// A set clock, for people.
pub(crate) fn in_words(clock: &str) -> String {
    format!("the clock was set: {clock}")
}

/// A set clock, for programs: one more field.
pub(crate) fn with_clock(mut json: Value, clock: Option<String>) -> Value {
    if let (Some(object), Some(clock)) = (json.as_object_mut(), clock) {
        object.insert("set_clock".to_owned(), clock.into());
    }
    json
}
