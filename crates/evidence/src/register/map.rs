//! How the columns of a register are read: a small TOML file.

use std::collections::BTreeMap;

use jiff::Zoned;
use jiff::fmt::strtime::{self, BrokenDownTime};
use serde::Deserialize;

use crate::words::reasons;

use veilpass::scheme::Day;

/// The file. What is left out has a default, or is not in the register.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterMap {
    /// What stands between two fields.
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    /// How dates are written.
    #[serde(default)]
    pub(super) dates: Dates,
    /// What this register is called, if it numbers its rows: another one that begins at 1 again must not
    /// be taken for it.
    #[serde(default)]
    pub(super) register: String,
    /// The country of all rows, ISO 3166-1 alpha-2, if the rules ask for one.
    pub(super) country: Option<String>,
    /// What all rows are about, unless a column says it.
    #[serde(default)]
    pub(super) kind: KindWord,
    /// Which column has what.
    #[serde(default)]
    pub(super) columns: Columns,
    /// What the column of kinds says: the kind that it means.
    #[serde(default)]
    pub(super) kinds: BTreeMap<String, KindWord>,
    /// What the column of products says: the code that the rules have.
    #[serde(default)]
    pub(super) products: BTreeMap<String, String>,
    /// Other attributes of the issuer: the column that has them.
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
    /// The attribute that gets the initials of the name; empty for none.
    #[serde(default = "hint")]
    pub(super) initials: String,
}

/// Names of columns.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    pub(super) record: Option<String>,
    pub(super) family: Option<String>,
    pub(super) given: Option<String>,
    pub(super) birth_date: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) product: Option<String>,
    pub(super) dose: Option<String>,
    pub(super) date: Option<String>,
}

/// A kind of evidence that a register can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KindWord {
    #[default]
    Vaccination,
    Recovery,
    NegativePcr,
}

fn comma() -> char {
    ','
}

/// How dates are written, in the notation of strftime: in one way or in several. There may be a time of day, which
/// does not count.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Dates {
    One(String),
    Several(Vec<String>),
}

impl Default for Dates {
    fn default() -> Self {
        Self::One("%Y-%m-%d".into())
    }
}

impl Dates {
    fn forms(&self) -> &[String] {
        match self {
            Self::One(form) => std::slice::from_ref(form),
            Self::Several(forms) => forms,
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        self.forms().join(" | ")
    }
}

fn hint() -> String {
    "id_hint".into()
}

reasons! {
    /// Why a map cannot be used.
    pub enum MapError {
        /// Not TOML, or not with the fields of a map.
        Form {
            /// What is wrong.
            why: String,
        } = "map-form", "the map of the register is not of the right form: {why}";
        /// A delimiter that cannot be one.
        Delimiter = "map-delimiter",
            "the map's delimiter must be one ASCII character, such as ; or , and no quotation mark or line break";
        /// A form of dates that is none.
        Dates {
            /// The form.
            form: String,
        } = "map-dates", "the map's dates `{form}` write no whole date; one like 31.12.2021 is %d.%m.%Y";
        /// No column with the day.
        NeedsDate = "map-needs-date",
            "[columns] of the map needs `date`: the column with the day of the last dose, or of the test";
        /// Nothing that tells one person from another.
        NeedsPerson = "map-needs-person",
            "[columns] of the map needs `record`, or `family` or `given`: else two people would be one";
        /// A column that the register does not have.
        Column {
            /// What the map names.
            wanted: String,
            /// What the first line names, as far as it can be shown.
            found: String,
        } = "map-column", "the map names the column `{wanted}`, but the register has {found}; write it as the register does";
        /// A column that looks the same and is another.
        LookAlike {
            /// What the map names.
            wanted: String,
            /// The first character that differs, from 1.
            place: usize,
            /// What the map has there.
            in_map: String,
            /// What the register has there.
            in_register: String,
        } = "map-look-alike",
            "the map's column `{wanted}` looks like one of the register and is not the same: from character {place} on the map has {in_map} and the register {in_register}; copy the name from the register";
        /// None of the map's columns.
        NoColumn {
            /// What the map names.
            wanted: String,
            /// How many columns the first line has.
            columns: usize,
            /// Between them.
            delimiter: String,
        } = "map-no-column",
            "none of the map's columns, such as `{wanted}`, is in the first line, which has {columns} columns with `{delimiter}` between them; see that it lists the columns, and that the map has its delimiter";
        /// Two columns of one name.
        Twice {
            /// The name.
            column: String,
        } = "map-twice", "two columns of the register are called `{column}`; rename one";
        /// No first line.
        Header = "map-header",
            "the register is empty, or its first line is no list of columns in UTF-8; from a spreadsheet, save it as `CSV UTF-8`";
    }
}

impl Default for RegisterMap {
    fn default() -> Self {
        Self {
            delimiter: comma(),
            dates: Dates::default(),
            register: String::new(),
            country: None,
            kind: KindWord::default(),
            columns: Columns::default(),
            kinds: BTreeMap::new(),
            products: BTreeMap::new(),
            attributes: BTreeMap::new(),
            initials: hint(),
        }
    }
}

impl RegisterMap {
    /// Reads the file.
    ///
    /// # Errors
    /// [`MapError::Form`].
    pub fn read(text: &str) -> Result<Self, MapError> {
        let text = text.trim_start_matches('\u{feff}');
        let map: Self = toml::from_str(text).map_err(|error: toml::de::Error| MapError::Form {
            why: error.message().to_owned(),
        })?;
        if !map.delimiter.is_ascii() || matches!(map.delimiter, '"' | '\n' | '\r') {
            return Err(MapError::Delimiter);
        }
        let forms = map.dates.forms();
        let wrong = forms.iter().find(|form| !writes_dates(form));
        if wrong.is_some() || forms.is_empty() {
            let form = wrong.cloned().unwrap_or_default();
            return Err(MapError::Dates { form });
        }
        let columns = &map.columns;
        let person = [&columns.record, &columns.family, &columns.given];
        // A map for bundles names no columns.
        if columns.date.is_some() && person.iter().all(|column| column.is_none()) {
            return Err(MapError::NeedsPerson);
        }
        Ok(map)
    }

    /// The columns that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let columns = &self.columns;
        let own = [
            &columns.record,
            &columns.family,
            &columns.given,
            &columns.birth_date,
            &columns.kind,
            &columns.product,
            &columns.dose,
            &columns.date,
        ];
        let own = own.into_iter().flatten();
        own.chain(self.attributes.values()).map(String::as_str)
    }

    /// The attributes that have columns of their own.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(String::as_str)
    }

    /// A date as this register writes it, from 1900 to 2099.
    pub(super) fn day(&self, text: &str) -> Option<Day> {
        self.dates.forms().iter().find_map(|form| day(form, text))
    }

    /// Whether it is written like a date, and no calendar has it: 31.02.2022.
    pub(super) fn is_no_day(&self, text: &str) -> bool {
        let written =
            |form: &String| strtime::parse(form, text).is_ok_and(|it| it.to_date().is_err());
        self.dates.forms().iter().any(written)
    }

    pub(super) fn delimiter(&self) -> u8 {
        u8::try_from(self.delimiter).unwrap_or(b',')
    }

    /// What makes a row itself, among all registers.
    pub(super) fn of_register(&self, record: &str) -> String {
        format!("{}\u{1f}{record}", self.register)
    }

    /// The code of a product, by its name in the register.
    pub(super) fn product(&self, name: &str) -> String {
        self.products
            .get(name)
            .map_or_else(|| name.to_owned(), Clone::clone)
    }
}

/// The day of a date, with or without a time of day, in this form.
fn day(form: &str, text: &str) -> Option<Day> {
    let date = strtime::parse(form, text).ok()?.to_date().ok()?;
    if !(1900..=2099).contains(&date.year()) {
        return None;
    }
    Day::from_ymd(date.year(), date.month(), date.day())
}

/// Whether what this form writes can be read again.
fn writes_dates(form: &str) -> bool {
    let example = jiff::civil::date(2021, 12, 31).at(23, 59, 58, 0);
    let example = example.to_zoned(jiff::tz::TimeZone::UTC);
    let write = |example: &Zoned| BrokenDownTime::from(example).to_string(form);
    let written = example.ok().and_then(|example| write(&example).ok());
    written.is_some_and(|text| day(form, &text) == Day::from_ymd(2021, 12, 31))
}
