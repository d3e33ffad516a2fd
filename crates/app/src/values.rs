//! Attributes as people write and read them.

use std::str::FromStr;

use veilpass::scheme::{AttributeKind, Day, Schema, Value};
use veilpass::text::deceives;

/// Why a text is no value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The schema has no such attribute.
    #[error("the scheme has no attribute {name}; it has {}", known.join(", "))]
    NoAttribute {
        /// As it was written.
        name: String,
        /// The attributes that the scheme has.
        known: Vec<String>,
    },
    /// Not a date.
    #[error("{0} is not a date; write it like 2022-06-01")]
    NotADate(String),
    /// A date that no day of the scheme has.
    #[error("{0} is outside the calendar")]
    OutsideCalendar(String),
    /// Characters that would deceive a reader.
    #[error("{0} has control or invisible characters")]
    Deceives(String),
}

/// The value that `text` is, of the type that the schema gives the attribute.
///
/// # Errors
/// [`ValueError`].
pub fn read(schema: &Schema, name: &str, text: &str) -> Result<Value, ValueError> {
    let index = schema.index_of(name);
    let attribute = index.and_then(|index| schema.attributes().get(index));
    let kind = attribute.map(|attribute| attribute.kind).ok_or_else(|| {
        let own = schema.attributes().iter().skip(2);
        ValueError::NoAttribute {
            name: name.to_owned(),
            known: own.map(|attribute| attribute.name.clone()).collect(),
        }
    })?;
    match kind {
        AttributeKind::Date => Ok(Value::Date(day(text)?)),
        _ if text.chars().any(deceives) => Err(ValueError::Deceives(name.to_owned())),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// A day: `2022-06-01`, or `never` for 1970-01-01, which no policy's "at least today" meets.
///
/// # Errors
/// [`ValueError`].
pub fn day(text: &str) -> Result<Day, ValueError> {
    if text == "never" {
        return Ok(Day::NEVER);
    }
    let date =
        jiff::civil::Date::from_str(text).map_err(|_| ValueError::NotADate(text.to_owned()))?;
    Day::from_ymd(date.year(), date.month(), date.day())
        .ok_or_else(|| ValueError::OutsideCalendar(text.to_owned()))
}

/// A value as people read it: text from outside cannot move the cursor or turn the line around.
#[must_use]
pub fn show(value: &Value) -> String {
    match value {
        Value::Date(day) => day.to_string(),
        Value::Text(text) => (text.chars())
            .map(|c| {
                if deceives(c) {
                    char::REPLACEMENT_CHARACTER
                } else {
                    c
                }
            })
            .collect(),
    }
}
