//! Fields of a CBOR map, each read in the form that its schema wants. Where one is wrong, the flaw names its place by
//! the names of fields, and nothing that stands in it.

use ciborium::Value;

use super::dates::dated;
use super::{Flaw, flaw::Wrong};
use veilpass::scheme::Day;

/// Tags of dates (RFC 8949, section 3.4.1, and RFC 8943): the text in them is what counts.
const DATE_TIME: u64 = 0;
const FULL_DATE: u64 = 1004;

/// A map.
pub(super) struct Fields<'a>(&'a [(Value, Value)]);

/// A field of a map, by its place: names of fields with `/` between them.
pub(super) struct Field<'a> {
    place: &'static str,
    value: Option<&'a Value>,
}

impl<'a> Fields<'a> {
    /// The map at this place.
    pub(super) fn of(value: &'a Value, place: &'static str) -> Result<Self, Flaw> {
        let map = value.as_map().map(|map| Self(map));
        map.ok_or(Flaw::Field {
            field: place,
            wrong: Wrong::NotAMap,
        })
    }

    /// The field at this place, whose last name is the map's key. What is null is not there. A field that stands
    /// twice could be read in two ways.
    pub(super) fn get(&self, place: &'static str) -> Result<Field<'a>, Flaw> {
        let key = place.rsplit('/').next().unwrap_or(place);
        let mut values = (self.0.iter()).filter(|(name, _)| name.as_text() == Some(key));
        let value = values.next().map(|(_, value)| value);
        let field = Field {
            place,
            value: value.filter(|value| !value.is_null()),
        };
        match values.next() {
            Some(_) => Err(field.wrong(Wrong::Twice)),
            None => Ok(field),
        }
    }
}

impl<'a> Field<'a> {
    fn wrong(&self, wrong: Wrong) -> Flaw {
        let field = self.place;
        Flaw::Field { field, wrong }
    }

    /// Whether it is there.
    pub(super) fn is_there(&self) -> bool {
        self.value.is_some()
    }

    /// Its value, which must be there.
    pub(super) fn given(&self) -> Result<&'a Value, Flaw> {
        self.value.ok_or_else(|| self.wrong(Wrong::Missing))
    }

    /// A text of so many characters at most, if it is there.
    pub(super) fn text_if(&self, most: usize) -> Result<Option<&'a str>, Flaw> {
        let Some(value) = self.value else {
            return Ok(None);
        };
        let text = match value {
            Value::Tag(DATE_TIME | FULL_DATE, inner) => inner.as_text(),
            other => other.as_text(),
        };
        let text = text.ok_or_else(|| self.wrong(Wrong::NotText))?;
        match text.chars().count() <= most {
            true => Ok(Some(text)),
            false => Err(self.wrong(Wrong::TooLong { most })),
        }
    }

    /// A text of so many characters at most.
    pub(super) fn text(&self, most: usize) -> Result<&'a str, Flaw> {
        let text = self.text_if(most)?;
        text.ok_or_else(|| self.wrong(Wrong::Missing))
    }

    /// A name by the rules of passports (ICAO Doc 9303-3), if it is there.
    pub(super) fn capitals_if(&self, most: usize) -> Result<Option<&'a str>, Flaw> {
        let text = self.text_if(most)?;
        let fits = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase() || b == b'<');
        match text.is_none_or(fits) {
            true => Ok(text),
            false => Err(self.wrong(Wrong::NotCapitals)),
        }
    }

    /// A country. The schema's pattern `[A-Z]{1,10}` has no anchors: one capital letter is enough.
    pub(super) fn country(&self) -> Result<&'a str, Flaw> {
        let text = self.text(80)?;
        match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Ok(text),
            false => Err(self.wrong(Wrong::NotACountry)),
        }
    }

    /// The day of a date, or of a date and time.
    pub(super) fn day(&self) -> Result<Day, Flaw> {
        let text = self.text(80)?;
        dated(text).ok_or_else(|| self.wrong(Wrong::NotADate))
    }

    /// A whole number from 1.
    pub(super) fn count(&self, most: u8) -> Result<u8, Flaw> {
        let number = self.given()?.as_integer();
        let number = number.ok_or_else(|| self.wrong(Wrong::NotWhole))?;
        let number = u8::try_from(number).ok();
        let number = number.filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| self.wrong(Wrong::Range { least: 1, most }))
    }

    /// The maps of a list.
    pub(super) fn maps(&self, most: usize) -> Result<Vec<Fields<'a>>, Flaw> {
        let list = self.given()?.as_array();
        let list = list.filter(|list| (1..=most).contains(&list.len()));
        let list = list.ok_or_else(|| self.wrong(Wrong::NotAList))?;
        list.iter().map(|one| Fields::of(one, self.place)).collect()
    }

    /// What the reader makes of a text.
    pub(super) fn read<T>(
        &self,
        most: usize,
        wrong: Wrong,
        reader: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Flaw> {
        reader(self.text(most)?).ok_or_else(|| self.wrong(wrong))
    }
}
