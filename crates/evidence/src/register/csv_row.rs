//! A record's fields, by the names of their columns.

use std::io::{self, BufRead, Seek};

use super::lines::Lines;
use super::map::{KindWord, MapError, RegisterMap};
use super::{Person, Wrong};
use crate::dates::PartialDate;
use crate::{Doses, Evidence, Kind, Name};
use veilpass::scheme::Day;
use veilpass::text::deceives;

/// The most characters in a field.
const MAX_FIELD: usize = 200;

/// Where the columns of the map are.
pub(super) struct Header {
    names: Vec<String>,
}

/// Fields of a record with the names of their columns.
struct Fields<'a> {
    header: &'a Header,
    record: csv::StringRecord,
}

/// All records of a text. A line ends with a line feed and nothing else.
fn records(delimiter: u8, text: &[u8]) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(text.len().clamp(64, 4096))
        .trim(csv::Trim::All)
        .from_reader(text);
    reader.records().map_while(Result::ok).collect()
}

/// Whether a quoted field goes on after the end of these bytes: one more line is then no record of its
/// own. (Counting quotation marks would not do; one in the middle of a field is a letter like others.)
pub(super) fn is_open(delimiter: u8, bytes: &[u8]) -> bool {
    if !bytes.contains(&b'"') {
        return false;
    }
    let text = String::from_utf8_lossy(bytes);
    records(delimiter, format!("{text}\nx").as_bytes()).len() < 2
}

/// The fields, if the text is exactly one record.
fn split(map: &RegisterMap, text: &str) -> Option<csv::StringRecord> {
    let mut records = records(map.delimiter(), text.as_bytes()).into_iter();
    records.next().filter(|_| records.next().is_none())
}

impl Header {
    /// Reads the first line and looks for every column that the map names.
    pub(super) fn read<R: BufRead + Seek>(
        lines: &mut Lines<R>,
        map: &RegisterMap,
    ) -> io::Result<Result<Self, MapError>> {
        let text = lines
            .next_record(Some(map.delimiter()))?
            .and_then(|first| first.text.ok());
        let Some(record) = text.and_then(|text| split(map, &text)) else {
            return Ok(Err(MapError::Header));
        };
        let names: Vec<String> = record.iter().map(str::to_owned).collect();
        Ok(Self { names }.fitting(map))
    }

    fn fitting(self, map: &RegisterMap) -> Result<Self, MapError> {
        let columns = &map.columns;
        let named = [
            &columns.record,
            &columns.family,
            &columns.given,
            &columns.birth_date,
            &columns.kind,
            &columns.product,
            &columns.dose,
            &columns.date,
        ];
        if columns.date.is_none() {
            return Err(MapError::Form(
                "[columns] needs `date`: the column with the day of the last dose, or of the test"
                    .into(),
            ));
        }
        for wanted in named.into_iter().flatten().chain(map.attributes.values()) {
            match self.names.iter().filter(|name| *name == wanted).count() {
                1 => {}
                0 => {
                    return Err(MapError::Column {
                        wanted: wanted.clone(),
                        found: self.shown(),
                    });
                }
                _ => return Err(MapError::Twice(wanted.clone())),
            }
        }
        Ok(self)
    }

    /// The names of the columns, for people.
    fn shown(&self) -> String {
        let names = self.names.join(", ");
        names.chars().filter(|c| !deceives(*c)).take(500).collect()
    }

    /// Who the record is about.
    pub(super) fn person(&self, map: &RegisterMap, text: &str) -> Result<Person, Wrong> {
        let record = split(map, text).ok_or_else(|| {
            (
                None,
                "quotation marks that do not fit; quote whole fields".into(),
            )
        })?;
        if record.len() != self.names.len() {
            return Err((
                None,
                format!(
                    "{} fields, but there are {} columns",
                    record.len(),
                    self.names.len()
                ),
            ));
        }
        let fields = Fields {
            header: self,
            record,
        };
        let evidence = fields.evidence(map)?;
        let attributes = (map.attributes.iter())
            .map(|(attribute, column)| {
                let value = fields.given(Some(column))?.to_owned();
                Ok((attribute.clone(), value))
            })
            .collect::<Result<_, Wrong>>()?;
        let record = match fields.get(map.columns.record.as_deref())? {
            Some(record) => record.to_owned(),
            None if map.columns.record.is_some() => {
                return Err((map.columns.record.clone(), "empty".into()));
            }
            None => Person::identity(&evidence),
        };
        Ok(Person {
            record: map.of_register(&record),
            evidence,
            attributes,
        })
    }
}

impl Fields<'_> {
    /// The field in this column; `None` if it is empty or no column is named.
    fn get(&self, column: Option<&str>) -> Result<Option<&str>, Wrong> {
        let Some(column) = column else {
            return Ok(None);
        };
        let place = self.header.names.iter().position(|name| name == column);
        let field = place.and_then(|place| self.record.get(place)).unwrap_or("");
        let wrong = |why: &str| Err((Some(column.to_owned()), why.to_owned()));
        if field.chars().count() > MAX_FIELD {
            return wrong("longer than 200 characters");
        }
        if field.chars().any(deceives) {
            return wrong("control or invisible characters");
        }
        Ok(Some(field).filter(|field| !field.is_empty()))
    }

    /// The field, which must not be empty.
    fn given(&self, column: Option<&str>) -> Result<&str, Wrong> {
        let field = self.get(column)?;
        field.ok_or_else(|| (column.map(str::to_owned), "empty".into()))
    }

    fn day(&self, map: &RegisterMap, column: Option<&str>) -> Result<Option<Day>, Wrong> {
        let field = self.get(column)?;
        let read = |text| {
            map.day(text).ok_or_else(|| {
                let why = format!("`{text}` is no date of the form {}", map.dates);
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
        map.kinds.get(word).copied().ok_or_else(|| {
            let why = format!("the map's [kinds] does not know `{word}`");
            (column.map(str::to_owned), why)
        })
    }

    fn doses(&self, column: Option<&str>) -> Result<Option<Doses>, Wrong> {
        let Some(text) = self.get(column)? else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| {
            let why = format!("`{text}` is no number of a dose");
            (column.map(str::to_owned), why)
        })?;
        Ok(Some(Doses {
            number,
            series: None,
        }))
    }

    fn evidence(&self, map: &RegisterMap) -> Result<Evidence, Wrong> {
        let columns = &map.columns;
        let text = |column: &Option<String>| -> Result<String, Wrong> {
            Ok(self.get(column.as_deref())?.unwrap_or("").to_owned())
        };
        let birth = self.day(map, columns.birth_date.as_deref())?;
        let birth = PartialDate::try_from(birth.map_or(String::new(), |day| day.to_string()))
            .map_err(|why| (columns.birth_date.clone(), why.to_owned()))?;
        let date = columns.date.as_deref();
        let date = (self.day(map, date)?).ok_or_else(|| (columns.date.clone(), "empty".into()))?;
        let name = Name {
            family: text(&columns.family)?,
            given: text(&columns.given)?,
            ..Name::default()
        };
        let named = columns.family.as_ref().or(columns.given.as_ref());
        if let Some(column) = named.filter(|_| name.family.is_empty() && name.given.is_empty()) {
            return Err((Some(column.clone()), "no name at all".into()));
        }
        let (kind, detected) = match self.kind(map)? {
            KindWord::Vaccination => (Kind::Vaccination, None),
            KindWord::Recovery => (Kind::Recovery, None),
            KindWord::NegativePcr => (Kind::Test { nucleic: true }, Some(false)),
        };
        let product = self.get(columns.product.as_deref())?;
        Ok(Evidence {
            kind,
            signed: true,
            name,
            birth,
            country: map.country.clone(),
            disease: None,
            product: product.map(|name| map.product(name)),
            doses: self.doses(columns.dose.as_deref())?,
            date,
            valid_from: None,
            valid_until: None,
            detected,
        })
    }
}
