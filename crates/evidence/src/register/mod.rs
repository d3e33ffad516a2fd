//! A clinic's own register as evidence: CSV with a map of its columns, or FHIR bundles of one patient,
//! one in each line (NDJSON).
//!
//! [`Register`] reads line by line, whatever the size of the file. A row that cannot be read is a
//! [`Fault`] with its line and column, and the next row is read all the same: an open quotation mark
//! does not swallow the file.

mod csv_row;
mod header;
mod last_dose;
mod lines;
mod map;
mod open;

pub use lines::Row;
pub use map::{MapError, RegisterMap};

use std::fmt;
use std::io::{self, BufRead};

use unicode_normalization::UnicodeNormalization;

use super::words::reasons;
use super::{Evidence, Kind, country, fhir};
use header::Header;
use last_dose::LastDoses;
use lines::{Lines, Record};
use open::Open;
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
    /// Whose doses these are: rows with the same are one person's. None if nothing tells people of one name apart.
    person: Option<String>,
}

reasons! {
    /// Why a row cannot be read. Nothing of what stands in it is in the reason.
    pub enum Why {
        /// Quotation marks in the wrong places.
        Quotes = "row-quotes", "its quotation marks do not fit; quote whole fields";
        /// An open quotation mark.
        QuoteOpen = "row-quote-open", "a quotation mark is not closed; close it";
        /// A field that goes over rows.
        Swallowed = "row-swallowed",
            "a quoted field goes over several lines and has separators in it, as if a quotation mark were not closed; look at all of these lines";
        /// A wrong number of fields.
        Fields {
            /// How many there are.
            have: usize,
            /// How many there must be.
            columns: usize,
        } = "row-fields", "{have} fields, but there are {columns} columns; compare it with the first line";
        /// A long field.
        TooLong {
            /// The most characters.
            most: usize,
        } = "row-too-long", "longer than {most} characters; shorten it";
        /// A long record.
        RecordTooLong {
            /// The most bytes.
            most: usize,
        } = "row-record-too-long", "longer than {most} bytes; look at the quotation marks";
        /// Another encoding.
        NotUtf8 = "row-not-utf8", "not UTF-8; export the register again as UTF-8";
        /// Characters that cannot be seen.
        Invisible = "row-invisible", "control or invisible characters; type it anew";
        /// Nothing.
        Empty = "row-empty", "empty; fill it in";
        /// Nobody.
        Nameless = "row-nameless", "no name at all; fill it in";
        /// No date.
        NotADate {
            /// The form of the map.
            form: String,
        } = "row-not-a-date", "no date of the form {form}, from 1900 to 2099; write it so, or add its form to `dates` of the map";
        /// Written as a date, and no calendar has it.
        NoSuchDay = "row-no-such-day", "there is no such day; write the one that is meant";
        /// No kind.
        UnknownKind = "row-unknown-kind", "a word that the map's [kinds] does not know; add it there";
        /// No dose.
        NotADose = "row-not-a-dose", "no number of a dose; write it like 2 or 2/2";
        /// No JSON.
        NotJson = "row-not-json", "no JSON, or not whole; export the bundle again";
        /// A bundle that is refused.
        Bundle {
            /// Why.
            why: super::Flaw,
        } = "row-bundle", "{why}";
    }
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line that the row begins in, from 1.
    pub line: u64,
    /// The line that it ends in.
    pub last_line: u64,
    /// The column, if it is one column's fault.
    pub column: Option<String>,
    /// What is wrong.
    pub why: Why,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last_line > self.line {
            true => write!(f, "lines {} to {}", self.line, self.last_line)?,
            false => write!(f, "line {}", self.line)?,
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for Fault {}

/// A text with one space where it has white space of any kind.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Person {
    /// A person by what the register says, and by the number of their record if it has such.
    fn new(
        map: &RegisterMap,
        evidence: Evidence,
        attributes: Vec<(String, String)>,
        number: Option<&str>,
    ) -> Self {
        let record = number.map_or_else(|| Self::identity(&evidence), str::to_owned);
        let person = match number {
            Some(number) => Some(number.to_owned()),
            // People of one name are told apart by their birth dates only.
            None => (evidence.birth.latest()).map(|_| Self::who(&evidence).join("\u{1f}")),
        };
        Self {
            record: map.of_register(&record),
            person: person.filter(|_| evidence.kind == Kind::Vaccination),
            evidence,
            attributes,
        }
    }

    /// Name and birth date. One name in two forms of Unicode, or with other spaces, is one; in other letters, capital
    /// ones among them, it may be another person's.
    fn who(evidence: &Evidence) -> [String; 3] {
        let Evidence { name, birth, .. } = evidence;
        let normal = |part: &str| spaced(part).nfc().collect();
        [&*name.family, &*name.given, birth.given()].map(normal)
    }

    /// Who was given what and when, whatever else an export says of it.
    fn identity(evidence: &Evidence) -> String {
        let product = evidence.product.as_deref().unwrap_or("");
        let what = [spaced(product), evidence.date.to_string()];
        let parts: Vec<_> = Self::who(evidence).into_iter().chain(what).collect();
        parts.join("\u{1f}")
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
        let first = |part: &str| part.nfc().find(|c| c.is_alphanumeric());
        let mut words = name.family.split_whitespace();
        let [given, family] = match name.given.split_whitespace().next() {
            Some(given) => [Some(given), words.next()],
            // The whole name in one field.
            None => [words.next(), words.next_back()],
        };
        (given.into_iter().chain(family))
            .filter_map(first)
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
    last_doses: LastDoses,
}

impl<R: BufRead + io::Seek> Register<R> {
    /// Begins at the first line. Reads the register once to its end: one person's doses may stand in several rows, and
    /// the last one counts.
    ///
    /// # Errors
    /// What the reader says; [`MapError`] if the map does not fit the first line.
    pub fn open(
        source: R,
        form: RegisterForm,
        map: RegisterMap,
    ) -> io::Result<Result<Self, MapError>> {
        let open = match form {
            RegisterForm::Csv => Open::csv(map.delimiter()),
            RegisterForm::FhirLines => Open::json(),
        };
        let mut lines = Lines::new(source, open);
        let header = match form {
            RegisterForm::FhirLines => None,
            RegisterForm::Csv => match csv_row::header(&mut lines, &map)? {
                Ok(header) => Some(header),
                Err(error) => return Ok(Err(error)),
            },
        };
        let (place, number) = lines.stands();
        let last_doses = LastDoses::default();
        let mut register = Self {
            lines,
            map,
            header,
            last_doses,
        };
        let mut found = LastDoses::default();
        while let Some(row) = register.next_row()? {
            found.note(&row);
        }
        register.last_doses = found.of_several();
        register.lines.seek(place, number)?;
        Ok(Ok(register))
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

    /// The next row; `None` at the end. Empty lines, and those of separators only, are passed over.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_row(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(record) = self.lines.next_record()? else {
                return Ok(None);
            };
            let Record {
                line,
                last_line,
                end,
                text,
            } = record;
            let person = text.and_then(|text| match &self.header {
                Some(header) => header.person(&self.map, &text),
                None => self.fhir(&text).map(Some),
            });
            let Some(person) = person.transpose() else {
                continue;
            };
            let fault = |(column, why)| Fault {
                line,
                last_line,
                column,
                why,
            };
            let mut row = Row {
                line,
                last_line,
                end,
                person: person.map_err(fault),
                last_dose: None,
            };
            row.last_dose = self.last_doses.after(&row);
            return Ok(Some(row));
        }
    }

    fn fhir(&self, text: &str) -> Result<Person, Wrong> {
        let bundle = serde_json::from_str(text).map_err(|_| (None, Why::NotJson))?;
        let evidence = fhir::read(&bundle).map_err(|why| (None, Why::Bundle { why }))?;
        let name = &evidence.name;
        if name.family.chars().chain(name.given.chars()).any(deceives) {
            return Err((None, Why::Invisible));
        }
        let product = evidence.product.map(|name| self.map.product(&name));
        let evidence = Evidence {
            signed: true,
            country: self.map.country.as_deref().map(country::normal),
            product,
            ..evidence
        };
        Ok(Person::new(&self.map, evidence, Vec::new(), None))
    }
}

/// A column, if it is one column's fault, and what is wrong.
type Wrong = (Option<String>, Why);
