//! A record's fields, by the names of their columns.

use std::borrow::Cow;
use std::io::{self, BufRead, Seek};

use unicode_normalization::UnicodeNormalization;

use super::header::Header;
use super::lines::Lines;
use super::map::{KindWord, MapError, RegisterMap};
use super::{Person, Why, Wrong, spaced};
use crate::dates::PartialDate;
use crate::{Doses, Evidence, Kind, Name, country};
use veilpass::scheme::Day;
use veilpass::text::deceives;

/// The most characters in a field.
const MAX_FIELD: usize = 200;

/// Fields of a record with the names of their columns.
struct Fields<'a> {
    header: &'a Header,
    record: csv::StringRecord,
}

/// The fields, if the text is exactly one record. Its lines have line feeds between them.
pub(super) fn split(delimiter: u8, text: &str) -> Option<csv::StringRecord> {
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(text.len().clamp(64, 4096))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.into_records().map_while(Result::ok);
    records.next().filter(|_| records.next().is_none())
}

/// Reads the first line and looks for every column that the map names. A spreadsheet may say its delimiter before it
/// (`sep=;`).
pub(super) fn header<R: BufRead + Seek>(
    lines: &mut Lines<R>,
    map: &RegisterMap,
) -> io::Result<Result<Header, MapError>> {
    let mut first = lines.next_record()?;
    let is_hint = |text: &str| text.len() == 5 && text.to_ascii_lowercase().starts_with("sep=");
    if let Some(record) = &first
        && record.text.as_deref().is_ok_and(is_hint)
    {
        first = lines.next_record()?;
    }
    let text = match first.map(|first| first.text) {
        Some(Ok(text)) => text,
        _ => return Ok(Err(MapError::Header)),
    };
    if text.contains('\0') {
        return Ok(Err(MapError::Header));
    }
    let Some(record) = split(map.delimiter(), &text) else {
        return Ok(Err(MapError::Header));
    };
    Ok(Header::fitting(record.iter(), map))
}

impl Header {
    /// Who the record is about; nobody, if it has separators only.
    pub(super) fn person(&self, map: &RegisterMap, text: &str) -> Result<Option<Person>, Wrong> {
        let record = split(map.delimiter(), text).ok_or((None, Why::Quotes))?;
        if record.iter().all(|field| field.trim().is_empty()) {
            return Ok(None);
        }
        let (have, columns) = (record.len(), self.columns());
        let delimiter = char::from(map.delimiter());
        // A quotation mark that was forgotten swallows rows up to the next one: as many delimiters as a whole row has, or
        // the record has not its number of fields. A text of several lines may have some, too.
        let swallowed = |field: &str| {
            let delimiters = field.matches(delimiter).count();
            let several = field.contains('\n') && delimiters > 0;
            several && (have != columns || delimiters + 1 >= columns)
        };
        if record.iter().any(swallowed) {
            return Err((None, Why::Swallowed));
        }
        if have != columns {
            return Err((None, Why::Fields { have, columns }));
        }
        let header = self;
        let fields = Fields { header, record };
        fields.person(map).map(Some)
    }
}

impl Fields<'_> {
    /// The field in this column; `None` if it is empty or no column is named.
    fn get(&self, column: Option<&str>) -> Result<Option<String>, Wrong> {
        let Some(column) = column else {
            return Ok(None);
        };
        let place = self.header.place(column);
        let field = place.and_then(|place| self.record.get(place)).unwrap_or("");
        let wrong = |why| Err((Some(column.to_owned()), why));
        // One text in two forms of Unicode is one text.
        let field: String = spaced(field).nfc().collect();
        if field.chars().count() > MAX_FIELD {
            return wrong(Why::TooLong { most: MAX_FIELD });
        }
        if field.chars().any(deceives) {
            return wrong(Why::Invisible);
        }
        Ok(Some(field).filter(|field| !field.is_empty()))
    }

    /// The field, which must not be empty.
    fn given(&self, column: Option<&str>) -> Result<String, Wrong> {
        let field = self.get(column)?;
        field.ok_or_else(|| (column.map(str::to_owned), Why::Empty))
    }

    fn person(&self, map: &RegisterMap) -> Result<Person, Wrong> {
        let evidence = self.evidence(map)?;
        let attributes = (map.attributes.iter())
            .map(|(attribute, column)| Ok((attribute.clone(), self.given(Some(column))?)))
            .collect::<Result<_, Wrong>>()?;
        let column = map.columns.record.as_deref();
        let number = match column {
            Some(_) => Some(self.given(column)?),
            None => None,
        };
        Ok(Person::new(map, evidence, attributes, number.as_deref()))
    }

    fn day(&self, map: &RegisterMap, column: Option<&str>) -> Result<Option<Day>, Wrong> {
        let field = self.get(column)?;
        let read = |text: String| {
            map.day(&text).ok_or_else(|| {
                let why = match map.is_no_day(&text) {
                    true => Why::NoSuchDay,
                    false => Why::NotADate {
                        form: map.dates.shown(),
                    },
                };
                (column.map(str::to_owned), why)
            })
        };
        field.map(read).transpose()
    }

    fn kind(&self, map: &RegisterMap) -> Result<KindWord, Wrong> {
        let column = map.columns.kind.as_deref();
        if column.is_none() {
            return Ok(map.kind);
        }
        let word = self.given(column)?;
        let known = map.kinds.get(word.as_str()).copied();
        known.ok_or_else(|| (column.map(str::to_owned), Why::UnknownKind))
    }

    /// `2`, or `2/2`: the second of two.
    fn doses(&self, column: Option<&str>) -> Result<Option<Doses>, Wrong> {
        let Some(text) = self.get(column)? else {
            return Ok(None);
        };
        let positive = |text: &str| text.trim().parse().ok().filter(|number| *number > 0);
        let (number, series) = match text.split_once('/') {
            Some((number, series)) => (positive(number), positive(series).map(Some)),
            None => (positive(&text), Some(None)),
        };
        match (number, series) {
            (Some(number), Some(series)) => Ok(Some(Doses { number, series })),
            _ => Err((column.map(str::to_owned), Why::NotADose)),
        }
    }

    fn evidence(&self, map: &RegisterMap) -> Result<Evidence, Wrong> {
        let columns = &map.columns;
        let text = |column: &Option<String>| -> Result<String, Wrong> {
            Ok(self.get(column.as_deref())?.unwrap_or_default())
        };
        let birth = self.day(map, columns.birth_date.as_deref())?;
        let birth = birth.map_or(Cow::Borrowed(""), |day| day.to_string().into());
        let birth = PartialDate::try_from(birth.into_owned()).unwrap_or_default();
        let date = columns.date.as_deref();
        let date = (self.day(map, date)?).ok_or_else(|| (columns.date.clone(), Why::Empty))?;
        let name = Name {
            family: text(&columns.family)?,
            given: text(&columns.given)?,
            ..Name::default()
        };
        let named = columns.family.as_ref().or(columns.given.as_ref());
        if let Some(column) = named.filter(|_| !name.is_somebody()) {
            return Err((Some(column.clone()), Why::Nameless));
        }
        let (kind, detected) = match self.kind(map)? {
            KindWord::Vaccination => (Kind::Vaccination, None),
            KindWord::Recovery => (Kind::Recovery, None),
            KindWord::NegativePcr => (Kind::Test { nucleic: true }, Some(false)),
        };
        let product = self.get(columns.product.as_deref())?;
        Ok(Evidence {
            signed: true,
            name,
            birth,
            country: map.country.as_deref().map(country::normal),
            product: product.map(|name| map.product(&name)),
            doses: self.doses(columns.dose.as_deref())?,
            date,
            detected,
            ..Evidence::of(kind)
        })
    }
}
