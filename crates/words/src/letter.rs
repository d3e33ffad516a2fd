//! What a claim letter says, besides name and code.

use veilpass::scheme::Day;

use crate::catalogue::say;
use crate::language::Language;
use crate::message::Message;

/// The sentences of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What to bring, and where.
    pub bring: String,
    /// What it is good for, and until when.
    pub until: String,
}

impl Letter {
    /// A letter whose claim can be used until this day.
    #[must_use]
    pub fn new(language: Language, until: Day) -> Self {
        let until = day(language, until).into();
        Self {
            bring: say(language, Message::LetterBring {}),
            until: say(language, Message::LetterUntil { until }),
        }
    }
}

/// A day as the language writes it; as the library does if it is outside the calendar.
fn day(language: Language, day: Day) -> String {
    let Some((year, month, of_month)) = day.to_ymd() else {
        return day.to_string();
    };
    let message = Message::Day {
        year: format!("{year:04}").into(),
        month: format!("{month:02}").into(),
        day: format!("{of_month:02}").into(),
    };
    say(language, message)
}
