//! How the columns of a register are read: a small TOML file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use veilpass::scheme::Day;

/// The file. What is left out has a default, or is not in the register.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterMap {
    /// What stands between two fields.
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    /// How dates are written, in the notation of strftime.
    #[serde(default = "iso")]
    pub(super) dates: String,
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

fn iso() -> String {
    "%Y-%m-%d".into()
}

fn hint() -> String {
    "id_hint".into()
}

/// Why a map cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Not TOML, or not with the fields of a map.
    #[error("the map of the register is not of the right form: {0}")]
    Form(String),
    /// A column that the register does not have.
    #[error("the map names the column `{wanted}`, but the register has {found}")]
    Column {
        /// What the map names.
        wanted: String,
        /// What the first line names, as far as it can be shown.
        found: String,
    },
    /// Two columns of one name.
    #[error("two columns of the register are called `{0}`; rename one")]
    Twice(String),
    /// No first line.
    #[error(
        "the register is empty, or its first line is no list of columns in UTF-8; from a spreadsheet, save it as `CSV UTF-8`"
    )]
    Header,
}

impl Default for RegisterMap {
    fn default() -> Self {
        Self {
            delimiter: comma(),
            dates: iso(),
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
        let map: Self = toml::from_str(text)
            .map_err(|error: toml::de::Error| MapError::Form(error.message().to_owned()))?;
        if !map.delimiter.is_ascii() || matches!(map.delimiter, '"' | '\n' | '\r') {
            return Err(MapError::Form(
                "the delimiter must be one ASCII character, such as ; or ,".into(),
            ));
        }
        if Date::strptime(&map.dates, map.example()).is_err() {
            return Err(MapError::Form(format!(
                "`{}` writes no whole date; one like 31.12.2021 is %d.%m.%Y",
                map.dates
            )));
        }
        Ok(map)
    }

    /// A day as `dates` writes it; nothing if it cannot.
    fn example(&self) -> String {
        let written = jiff::fmt::strtime::format(&self.dates, jiff::civil::date(2021, 12, 31));
        written.unwrap_or_default()
    }

    /// The attributes that have columns of their own.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.keys().map(String::as_str)
    }

    /// A date as this register writes it, from 1900 to 2099.
    pub(super) fn day(&self, text: &str) -> Option<Day> {
        let date = Date::strptime(&self.dates, text).ok()?;
        if !(1900..=2099).contains(&date.year()) {
            return None;
        }
        Day::from_ymd(date.year(), date.month(), date.day())
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
