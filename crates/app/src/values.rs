//! Attributes as people write and read them.

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use veilpass::scheme::{AttributeKind, Day, Schema, Value};
use veilpass::text::hint::{as_in_hint, is_hint};
use veilpass::text::{self, TextFlaw, deceives};

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
    /// Written like a date, and no calendar has it.
    #[error("{0}: there is no such day")]
    NoSuchDay(String),
    /// A word that could be taken for "for ever".
    #[error(
        "never is no date, and no pass is good for ever; write the last day, or none for a stricter date that does not apply"
    )]
    Never,
    /// `none` where a day is needed.
    #[error("{0}: a day is needed; only the last day of a stricter rule can be none")]
    NoneNotHere(String),
    /// A date that no day of the scheme has.
    #[error("{0} is outside the calendar")]
    OutsideCalendar(String),
    /// A hint that cannot be written in its alphabet.
    #[error(
        "{name} is seen by doors, so it is written in capital letters that cannot be taken for others, or in numbers \
         of two digits and more; {text} cannot be: write it in Latin letters, as in a passport"
    )]
    NoHint {
        /// The attribute.
        name: String,
        /// As it was written.
        text: String,
    },
    /// No text of the format: a control or an invisible character, for instance.
    #[error("{name}: {flaw}")]
    Text {
        /// The attribute.
        name: String,
        /// What is wrong with it.
        flaw: TextFlaw,
    },
}

/// The value that `text` is, of the type that the schema gives the attribute: a person typed it, so a text is brought
/// into the form that the format has.
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
        AttributeKind::Date if text == NONE => Err(ValueError::NoneNotHere(name.to_owned())),
        AttributeKind::Date => Ok(Value::Date(day(text)?)),
        _ => {
            let typed = text::typed(text);
            text::check(&typed).map_err(|flaw| ValueError::Text {
                name: name.to_owned(),
                flaw,
            })?;
            match attribute {
                Some(attribute) if attribute.is_hint() => hint(name, &typed),
                _ => Ok(Value::Text(typed)),
            }
        }
    }
}

/// A hint as it is signed ([`veilpass::text::hint`]), from what people write: in capitals, without accents, and with
/// the Latin letter for a Cyrillic one of the same shape.
///
/// # Errors
/// [`ValueError::NoHint`].
pub fn hint(name: &str, text: &str) -> Result<Value, ValueError> {
    let capitals = text.split_whitespace().flat_map(|word| [" ", word]);
    let capitals = capitals.skip(1).flat_map(|word| word.chars());
    let mut written = String::new();
    for c in capitals.flat_map(char::to_uppercase).nfc() {
        // What stays when the accents go: Ä is an A, but Й is a letter of its own.
        let plain = as_in_hint(c).or_else(|| {
            let mut parts = std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c));
            parts.next().and_then(as_in_hint)
        });
        // A. K. is A.K.
        if c != ' ' || !written.ends_with('.') {
            written.push(plain.unwrap_or(c));
        }
    }
    match is_hint(&written) {
        true => Ok(Value::Text(written)),
        false => Err(ValueError::NoHint {
            name: name.to_owned(),
            text: text.to_owned(),
        }),
    }
}

/// How people write the last day of a pass that never meets a policy.
pub const NONE: &str = "none";

/// A last day, as people read it.
#[must_use]
pub fn show_end(day: &Day) -> String {
    match *day {
        Day::NEVER => NONE.to_owned(),
        day => day.to_string(),
    }
}

/// A day, written like `2022-06-01`.
///
/// # Errors
/// [`ValueError`].
pub fn day(text: &str) -> Result<Day, ValueError> {
    if text == "never" {
        return Err(ValueError::Never);
    }
    let like_a_date = || {
        let parts: Vec<_> = text.split('-').map(str::len).collect();
        let digits = text.chars().all(|c| c == '-' || c.is_ascii_digit());
        digits && parts == [4, 2, 2]
    };
    let date = jiff::civil::Date::from_str(text).map_err(|_| match like_a_date() {
        true => ValueError::NoSuchDay(text.to_owned()),
        false => ValueError::NotADate(text.to_owned()),
    })?;
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

/// A value as its holder must see it before a door does: where its letters could deceive, with their numbers. Those
/// of one alphabet speak for themselves, and so does a hint; an invisible letter, or letters of several alphabets, do
/// not.
#[must_use]
pub fn spelled(value: &Value) -> String {
    let Value::Text(text) = value else {
        return show(value);
    };
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let latin = letters.clone().any(|c| c.is_ascii());
    let mixed = latin && letters.any(|c| !c.is_ascii());
    let odd = text.chars().any(|c| deceives(c) || is_combining_mark(c));
    if odd || (mixed && !is_hint(text)) {
        let numbers = text.chars().map(|c| match c.is_ascii_graphic() {
            true => c.to_string(),
            false => format!("U+{:04X}", u32::from(c)),
        });
        let numbers: Vec<_> = numbers.collect();
        return format!("“{}”, letter by letter: {}", show(value), numbers.join(" "));
    }
    format!("“{text}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_folded_into_its_alphabet_or_refused() {
        for (written, signed) in [
            ("A.K.", "A.K."),
            ("\u{410}.\u{41a}.", "A.K."),
            ("а. к.", "A.K."),
            (" Ё.Й. ", "E.Й."),
            ("Ä.Š.", "A.S."),
            ("И\u{306}.", "Й."),
            ("б.ю.", "Б.Ю."),
            ("", ""),
        ] {
            let value = Value::Text(signed.to_owned());
            assert_eq!(hint("id_hint", written), Ok(value), "{written}");
        }
        for written in ["Ω.", "王.", "A1", "7", "A/K"] {
            let refused = hint("id_hint", written);
            assert!(
                matches!(refused, Err(ValueError::NoHint { .. })),
                "{written}"
            );
        }
    }

    #[test]
    fn what_a_person_types_is_brought_into_the_form_of_the_format_or_refused() {
        let schema = Schema::default();
        let name = |text: &str| read(&schema, "name", text);
        let zoe = Value::Text("Zo\u{eb} K.".to_owned());
        assert_eq!(name("Zoe\u{308}\u{a0}K."), Ok(zoe));
        for text in ["Zo\u{200b}e", "Zo\u{e000}e", "a\nb"] {
            let refused = name(text);
            assert!(matches!(refused, Err(ValueError::Text { .. })), "{text:?}");
        }
    }

    #[test]
    fn what_a_door_will_see_is_spelled_where_it_deceives() {
        let spelled = |text: &str| spelled(&Value::Text(text.to_owned()));
        assert_eq!(spelled("A.K."), "“A.K.”");
        assert_eq!(spelled("A.Б."), "“A.Б.”");
        assert_eq!(spelled("Анна"), "“Анна”");
        assert_eq!(
            spelled("\u{410}nna"),
            "“\u{410}nna”, letter by letter: U+0410 n n a"
        );
        assert_eq!(
            spelled("A\u{200b}B"),
            "“A\u{fffd}B”, letter by letter: A U+200B B"
        );
    }
}
