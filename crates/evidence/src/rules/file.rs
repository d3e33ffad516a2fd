//! The file of rules: its form, its signature, and its succession.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;

use veilpass::artefact::Artefact;
use veilpass::scheme::{BundleKey, Day, SchemeCard};

/// The last line of a signed file begins so: a comment for TOML.
const SIGNATURE: &str = "# signature: ";

/// The largest file that is read, in bytes.
const MAX_FILE: usize = 64 << 10;

/// Why a file of rules was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Larger than any such file.
    #[error("the file of rules is larger than 64 kB")]
    TooLong,
    /// Not TOML, or not with the fields of rules.
    #[error("the file of rules is not of the right form: {0}")]
    Form(String),
    /// No signature in the last line.
    #[error("the file of rules is not signed; its last line must be the authority's signature")]
    NotSigned,
    /// A wrong signature.
    #[error(
        "the rules are not signed by this authority, or were changed; get them from the authority again"
    )]
    Signature,
    /// Older rules than those at hand.
    #[error("the rules have version {got}, older than version {have} at hand; keep the newer ones")]
    Rollback {
        /// The version at hand.
        have: u32,
        /// The version offered.
        got: u32,
    },
    /// Other rules of the same version.
    #[error("two different rule files have version {0}; report this to the authority")]
    Fork(u32),
}

/// Rules whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub(super) content: Content,
    /// The file without its signature, to tell two files of one version apart.
    body: String,
}

/// A file of rules as it arrives. Nothing in it can be used before [`verify`](Self::verify).
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedRules<'a>(pub &'a str);

impl UnverifiedRules<'_> {
    /// Checks the signature for the scheme of this card, the form, and the succession to `previous`.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn verify(self, card: &SchemeCard, previous: Option<&Rules>) -> Result<Rules, RulesError> {
        if self.0.len() > MAX_FILE {
            return Err(RulesError::TooLong);
        }
        let (body, signature) = split(self.0).ok_or(RulesError::NotSigned)?;
        let (key, scheme) = (card.key(), card.scheme());
        if !key.verify_detached(Artefact::RuleFile, scheme, body.as_bytes(), &signature) {
            return Err(RulesError::Signature);
        }
        let rules = Rules::read(body)?;
        match previous {
            Some(old) if old.version() > rules.version() => Err(RulesError::Rollback {
                have: old.version(),
                got: rules.version(),
            }),
            Some(old) if old.version() == rules.version() && *old != rules => {
                Err(RulesError::Fork(rules.version()))
            }
            _ => Ok(rules),
        }
    }
}

/// Signs rules for a scheme with the authority's key: the file to publish.
///
/// # Errors
/// [`RulesError`] if they are not of the right form: nothing else gets a signature.
pub fn sign(rules: &str, key: &BundleKey, scheme: &[u8; 32]) -> Result<String, RulesError> {
    let body = format!("{}\n", rules.trim_end());
    if body.len() + 128 > MAX_FILE {
        return Err(RulesError::TooLong);
    }
    if split(&body).is_some() {
        return Err(RulesError::Form("it is signed already".into()));
    }
    Rules::read(&body)?;
    let signature = key.sign_detached(Artefact::RuleFile, scheme, body.as_bytes());
    let line = Base64UrlUnpadded::encode_string(&signature);
    Ok(format!("{body}{SIGNATURE}{line}\n"))
}

/// What is signed, and the signature in the last line.
fn split(file: &str) -> Option<(&str, [u8; 64])> {
    let (before, line) = file.trim_end().rsplit_once('\n')?;
    let body = file.get(..=before.len())?;
    let mut signature = [0; 64];
    let decoded = Base64UrlUnpadded::decode(line.strip_prefix(SIGNATURE)?, &mut signature).ok()?;
    (decoded.len() == 64).then_some((body, signature))
}

impl Rules {
    fn read(body: &str) -> Result<Self, RulesError> {
        let content: Content = toml::from_str(body)
            .map_err(|error: toml::de::Error| RulesError::Form(error.message().to_owned()))?;
        if !content.strict_is_stricter() {
            return Err(RulesError::Form(
                "a strict period is longer than the valid one".into(),
            ));
        }
        Ok(Self {
            content,
            body: body.to_owned(),
        })
    }

    /// What people call them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.content.name
    }

    /// Rises with every change.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.content.version
    }

    /// Which attributes of the scheme get what the rules give.
    #[must_use]
    pub fn attributes(&self) -> &AttributeNames {
        &self.content.attributes
    }

    /// The products that count.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.content.vaccination.products
    }
}

/// The file as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) name: String,
    pub(super) version: u32,
    #[serde(default)]
    pub(super) minimum_age: u8,
    pub(super) countries: Option<Vec<String>>,
    #[serde(default)]
    pub(super) accept_unsigned: Unsigned,
    #[serde(default)]
    pub(super) attributes: AttributeNames,
    #[serde(default)]
    pub(super) vaccination: Vaccination,
    #[serde(default)]
    pub(super) recovery: Recovery,
    #[serde(default)]
    pub(super) test: Test,
}

/// Which kinds of evidence count though nobody signed them, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "UnsignedWritten")]
pub(super) struct Unsigned {
    fhir: bool,
}

/// As it is written: a list of names, or `false` for none.
#[derive(Deserialize)]
#[serde(untagged)]
enum UnsignedWritten {
    All(bool),
    Named(Vec<String>),
}

impl Unsigned {
    /// Plain FHIR bundles.
    pub(super) fn has_fhir(&self) -> bool {
        self.fhir
    }
}

impl TryFrom<UnsignedWritten> for Unsigned {
    type Error = &'static str;

    fn try_from(written: UnsignedWritten) -> Result<Self, Self::Error> {
        match written {
            UnsignedWritten::All(false) => Ok(Self::default()),
            UnsignedWritten::All(true) => {
                Err("accept_unsigned names what counts unsigned: accept_unsigned = [\"fhir\"]")
            }
            UnsignedWritten::Named(names) if names.iter().all(|name| name == "fhir") => Ok(Self {
                fhir: !names.is_empty(),
            }),
            UnsignedWritten::Named(_) => {
                Err("accept_unsigned knows one kind of evidence that nobody signs, \"fhir\"")
            }
        }
    }
}

/// Names of a scheme's attributes, as far as the file gives them. What it leaves out has the name in brackets, if the
/// scheme has such an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeNames {
    /// The last good day (`until`, which every scheme has that leaves it out).
    pub until: Option<String>,
    /// The last good day by the stricter rule (`until_strict`).
    pub strict: Option<String>,
    /// The birth date (`birth_date`).
    pub birth_date: Option<String>,
    /// The first good day (none).
    pub from: Option<String>,
}

impl Content {
    fn strict_is_stricter(&self) -> bool {
        let parts = [
            (self.vaccination.strict, self.vaccination.valid),
            (self.recovery.strict, self.recovery.valid),
            (self.test.strict, self.test.valid),
        ];
        let day = Day::default();
        (parts.into_iter()).all(|(strict, valid)| {
            strict.is_none_or(|strict| strict.after(day) <= valid.after(day))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Vaccination {
    pub(super) valid: Period,
    pub(super) strict: Option<Period>,
    pub(super) products: Vec<Product>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Recovery {
    pub(super) wait: Period,
    pub(super) valid: Period,
    pub(super) strict: Option<Period>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Test {
    pub(super) valid: Period,
    pub(super) strict: Option<Period>,
    pub(super) antigen: bool,
}

/// A vaccine that counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// As [`Evidence::product`](crate::Evidence::product) names it.
    pub code: String,
    /// How many doses are needed.
    pub doses: u8,
    /// How long after the last one.
    #[serde(default)]
    pub wait: Period,
}

/// What Moscow's decree of June 2021 gave, for what a file leaves out.
impl Default for Vaccination {
    fn default() -> Self {
        Self {
            valid: Period::Months(12),
            strict: None,
            products: Vec::new(),
        }
    }
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            wait: Period::default(),
            valid: Period::Months(6),
            strict: None,
        }
    }
}

impl Default for Test {
    fn default() -> Self {
        Self {
            valid: Period::Days(3),
            strict: None,
            antigen: false,
        }
    }
}

/// A time from one day to another, written as `14 days` or `6 months`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Period {
    /// Days.
    Days(u16),
    /// Calendar months.
    Months(u16),
}

impl Default for Period {
    fn default() -> Self {
        Self::Days(0)
    }
}

impl Period {
    /// The day at the end of the period that begins with `day`.
    pub(super) fn after(self, day: Day) -> Option<Day> {
        match self {
            Self::Days(days) => day.plus(i32::from(days)),
            Self::Months(months) => day.plus_months(months),
        }
    }
}

impl TryFrom<String> for Period {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let form = "a period is written as `14 days` or `6 months`";
        let (number, unit) = text.split_once(' ').ok_or(form)?;
        let number = number.parse().map_err(|_| form)?;
        match unit {
            "day" | "days" => Ok(Self::Days(number)),
            "month" | "months" => Ok(Self::Months(number)),
            _ => Err(form),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(1) => f.write_str("1 day"),
            Self::Days(days) => write!(f, "{days} days"),
            Self::Months(1) => f.write_str("1 month"),
            Self::Months(months) => write!(f, "{months} months"),
        }
    }
}
