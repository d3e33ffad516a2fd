//! Attributes as people write them: `until=2022-06-01`, `name=Anna`.

use std::str::FromStr;

use super::report::Failure;
use crate::scheme::{Day, Kind, Schema, Value};

/// `NAME=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    name: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("{text} is not NAME=VALUE"))?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// The values by name, each of the type that the schema gives it.
pub(crate) fn read<'a>(
    schema: &Schema,
    settings: &'a [Setting],
) -> Result<Vec<(&'a str, Value)>, Failure> {
    let value = |setting: &'a Setting| {
        let index = schema.index_of(&setting.name);
        let attribute = index.and_then(|index| schema.attributes().get(index));
        let kind = attribute.map(|attribute| attribute.kind).ok_or_else(|| {
            let known: Vec<_> = schema
                .attributes()
                .iter()
                .skip(2)
                .map(|a| &*a.name)
                .collect();
            Failure::bad(format!(
                "the scheme has no attribute {}; it has {}",
                setting.name,
                known.join(", ")
            ))
        })?;
        let value = match kind {
            Kind::Date => Value::Date(day(&setting.value)?),
            _ => Value::Text(setting.value.clone()),
        };
        Ok((setting.name.as_str(), value))
    };
    settings.iter().map(value).collect()
}

/// A day: `2022-06-01`, or `never` for 1970-01-01, which no policy's "at least today" meets.
pub(crate) fn day(text: &str) -> Result<Day, Failure> {
    if text == "never" {
        return Ok(Day(0));
    }
    let date = jiff::civil::Date::from_str(text)
        .map_err(|_| Failure::bad(format!("{text} is not a date; write it like 2022-06-01")))?;
    Day::from_ymd(date.year(), date.month(), date.day())
        .ok_or_else(|| Failure::bad(format!("{text} is outside the calendar")))
}

/// A value as people read it.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Date(day) => day.to_string(),
        Value::Text(text) => text.clone(),
    }
}
