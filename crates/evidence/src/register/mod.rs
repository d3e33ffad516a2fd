//! A clinic's own register as evidence: CSV with a map of its columns, or FHIR bundles of one patient,
//! one in each line (NDJSON).
//!
//! [`Register`] reads line by line, whatever the size of the file. A row that cannot be read is a
//! [`Fault`] with its line and column, and the next row is read all the same: an open quotation mark
//! does not swallow the file.

mod csv_row;
mod lines;
mod map;

pub use lines::Row;
pub use map::{MapError, RegisterMap};

use std::io::{self, BufRead};

use super::{Evidence, fhir};
use csv_row::Header;
use lines::Lines;
use veilpass::text::deceives;

/// A person of the register.
#[derive(Clone, Debug)]
pub struct Person {
    /// What the register says, as evidence. It counts as signed: whoever imports a register vouches
    /// for it.
    pub evidence: Evidence,
    /// Attributes from columns of their own, by name, as they are written there.
    pub attributes: Vec<(String, String)>,
    /// What makes the row itself: its number in the register of this name; without one, who was given
    /// what and when.
    pub record: String,
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {why}", column.as_ref().map_or(String::new(), |name| format!(", column `{name}`")))]
pub struct Fault {
    /// The line that the row begins in, from 1.
    pub line: u64,
    /// The column, if it is one column's fault.
    pub column: Option<String>,
    /// What is wrong.
    pub why: String,
}

impl Person {
    /// Who was given what and when, whatever else an export says of it.
    fn identity(evidence: &Evidence) -> String {
        let Evidence {
            name, birth, date, ..
        } = evidence;
        let product = evidence.product.as_deref().unwrap_or("");
        let parts = [
            &*name.family,
            &*name.given,
            birth.given(),
            product,
            &*date.to_string(),
        ];
        let lower: Vec<_> = parts
            .iter()
            .map(|part| part.trim().to_lowercase())
            .collect();
        lower.join("\u{1f}")
    }

    /// Given and family name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = &self.evidence.name;
        format!("{} {}", name.given, name.family).trim().to_owned()
    }

    /// `A.K.` of Anna Kuznetsova.
    #[must_use]
    pub fn initials(&self) -> String {
        let name = &self.evidence.name;
        let given = name.given.split_whitespace().next();
        (given.into_iter().chain([name.family.as_str()]))
            .filter_map(|name| name.chars().next())
            .flat_map(|first| first.to_uppercase().chain(['.']))
            .collect()
    }
}

/// The form of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterForm {
    /// Comma-separated values, with the names of the columns in the first line (RFC 4180, UTF-8).
    Csv,
    /// FHIR R4 bundles, one in each line.
    FhirLines,
}

/// A register that is being read.
pub struct Register<R> {
    lines: Lines<R>,
    map: RegisterMap,
    /// Of CSV.
    header: Option<Header>,
}

impl<R: BufRead + io::Seek> Register<R> {
    /// Begins at the first line.
    ///
    /// # Errors
    /// What the reader says; [`MapError`] if the map does not fit the first line.
    pub fn open(
        source: R,
        form: RegisterForm,
        map: RegisterMap,
    ) -> io::Result<Result<Self, MapError>> {
        let mut lines = Lines::new(source);
        let header = match form {
            RegisterForm::FhirLines => None,
            RegisterForm::Csv => match Header::read(&mut lines, &map)? {
                Ok(header) => Some(header),
                Err(error) => return Ok(Err(error)),
            },
        };
        Ok(Ok(Self { lines, map, header }))
    }

    /// Goes on where an earlier reading stopped: at [`Row::end`], after [`Row::last_line`] lines.
    ///
    /// # Errors
    /// What the reader says.
    pub fn resume(&mut self, end: u64, last_line: u64) -> io::Result<()> {
        if last_line == 0 {
            return Ok(());
        }
        self.lines.seek(end, last_line)
    }

    /// The attribute that gets the initials of the name; empty for none.
    #[must_use]
    pub fn initials(&self) -> &str {
        &self.map.initials
    }

    /// The attributes that have columns of their own.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.map.attributes()
    }

    /// The next row; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        let delimiter = self.header.as_ref().map(|_| self.map.delimiter());
        let Some(raw) = self.lines.next_record(delimiter)? else {
            return Ok(None);
        };
        let mut row = Row {
            line: raw.line,
            last_line: raw.last_line,
            end: raw.end,
            person: Err(Fault {
                line: raw.line,
                column: None,
                why: "a quotation mark is not closed in its row".into(),
            }),
        };
        let person = raw.text.and_then(|text| match &self.header {
            Some(header) => header.person(&self.map, &text),
            None => self.fhir(&text),
        });
        if person.is_err() && raw.last_line > raw.line {
            // The lines that were joined are read again, each for itself: none is lost with this one.
            self.lines.seek(raw.first_end, raw.line)?;
            (row.last_line, row.end) = (raw.line, raw.first_end);
            return Ok(Some(row));
        }
        row.person = person.map_err(|(column, why)| Fault {
            line: raw.line,
            column,
            why,
        });
        Ok(Some(row))
    }

    fn fhir(&self, text: &str) -> Result<Person, Wrong> {
        let bundle = serde_json::from_str(text)
            .map_err(|error| (None, format!("no JSON: character {}", error.column())))?;
        let mut evidence = fhir::read(&bundle).map_err(|flaw| (None, flaw.to_string()))?;
        let name = &evidence.name;
        if name.family.chars().chain(name.given.chars()).any(deceives) {
            return Err((None, "control or invisible characters in the name".into()));
        }
        evidence.signed = true;
        evidence.country.clone_from(&self.map.country);
        evidence.product = evidence.product.map(|name| self.map.product(&name));
        Ok(Person {
            attributes: Vec::new(),
            record: self.map.of_register(&Person::identity(&evidence)),
            evidence,
        })
    }
}

/// A column, if it is one column's fault, and what is wrong.
type Wrong = (Option<String>, String);
