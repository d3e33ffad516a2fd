//! The file that founds a scheme: name, time zone, attributes, policies, with attributes by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Class, Classified};
use veilpass::scheme::{
    Anew, Attribute, AttributeKind, MinimumAge, Mode, Policy, RenewalPolicy, Schema, SchemaError,
    SetBy, Venues, Zone,
};

/// What a scheme is founded with.
#[derive(Clone, Debug)]
pub struct SchemeDefinition {
    /// What people call it.
    pub name: String,
    /// What its credentials say.
    pub schema: Schema,
    /// Where its days begin.
    pub zone: Zone,
    /// Whose questions wallets answer.
    pub venues: Venues,
    /// What verifiers may ask.
    pub policies: Vec<Policy>,
    /// How passes are renewed.
    pub renewals: Vec<RenewalPolicy>,
    /// What takes the approval of operators; nothing if `None`.
    pub release: Option<ReleaseRule>,
    /// For rehearsal: counts of issuers that were founded for rehearsal are no flag.
    pub rehearsal: bool,
}

/// The file: TOML, with attributes and policies by name. [`DEFAULT`](Self::DEFAULT) explains each of its keys. A person
/// typed it, so its texts are brought into the form that the format has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeFile {
    /// What people call the scheme.
    pub name: String,
    /// The time zone in which its days begin, as the IANA database names it.
    pub zone: String,
    #[serde(default)]
    venues: VenuesWord,
    attribute: Vec<AttributeEntry>,
    policy: Vec<PolicyEntry>,
    #[serde(default)]
    renewal: Vec<RenewalEntry>,
    /// What takes the approval of operators; nothing if it is left out.
    #[serde(default)]
    pub release: Option<ReleaseRule>,
}

/// What takes the approval of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRule {
    /// How many operators must approve before handles are drawn, or a large register is imported.
    pub operators: u8,
    /// A register with more rows than this is large.
    pub import_above: u32,
}

/// Why a file founds no scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemeFileError {
    /// A line of it is not TOML, or not what such a file has there.
    #[error("line {line}: {message}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The whole is not what such a file is.
    #[error("{0}")]
    Form(String),
    /// The attributes make no schema.
    #[error("attribute {name}: {why}")]
    Schema {
        /// The first one with which they make none.
        name: String,
        /// Why.
        why: SchemaError,
    },
    /// There is no such time zone.
    #[error("there is no time zone {0}; write it like Europe/Moscow")]
    Zone(String),
    /// A policy names an attribute that the scheme has not.
    #[error("policy {policy}: the scheme has no attribute {attribute}")]
    Attribute {
        /// The policy.
        policy: String,
        /// The name.
        attribute: String,
    },
}

impl Classified for SchemeFileError {
    fn class(&self) -> Class {
        Class::Bad
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeEntry {
    name: String,
    /// `date` or `text`.
    kind: KindWord,
    set_by: WhoWord,
    #[serde(default)]
    may_disclose: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VenuesWord {
    #[default]
    Open,
    Registered,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    Date,
    Text,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WhoWord {
    Holder,
    Issuer,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeWord {
    Challenge,
    Poster,
    Strip,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgeEntry {
    attribute: String,
    years: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    name: String,
    until: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    disclose: Vec<String>,
    #[serde(default)]
    minimum_age: Option<AgeEntry>,
    #[serde(default)]
    any_audience: bool,
    #[serde(default)]
    once_a_day: bool,
    /// Seconds.
    #[serde(default = "minute")]
    window: u32,
    /// Seconds.
    #[serde(default)]
    grace: u32,
    /// Seconds.
    #[serde(default)]
    strip_grace: u32,
    /// Given to no other policy ever; the place in this file if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u16>,
    modes: Vec<ModeWord>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewalEntry {
    name: String,
    until: String,
    #[serde(default)]
    from: Option<String>,
    /// Days ahead, by attribute.
    anew: BTreeMap<String, u16>,
    /// Given to no other policy or renewal ever; 1,000 and the place in this file if it is not given.
    #[serde(default)]
    number: Option<u16>,
}

fn minute() -> u32 {
    60
}

impl SchemeFile {
    /// A scheme for restaurants, bars and hospitals in Moscow, with every key explained.
    pub const DEFAULT: &str = include_str!("default_scheme.toml");

    /// Reads the file.
    ///
    /// # Errors
    /// [`SchemeFileError::Line`], [`SchemeFileError::Form`].
    pub fn read(text: &str) -> Result<Self, SchemeFileError> {
        let text = &text.nfc().collect::<String>();
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let message = error.message().to_owned();
            match error.span().and_then(|span| text.get(..span.start)) {
                Some(before) => SchemeFileError::Line {
                    line: before.split('\n').count(),
                    message,
                },
                None => SchemeFileError::Form(message),
            }
        })
    }

    /// The attributes; of a list that is none, the first attribute with which it is none is named.
    fn schema(&self) -> Result<Schema, SchemeFileError> {
        let attributes: Vec<_> = (self.attribute.iter())
            .map(AttributeEntry::attribute)
            .collect();
        let mut before = Vec::new();
        for attribute in attributes {
            let name = attribute.name.clone();
            before.push(attribute);
            if let Err(why) = Schema::new(before.clone()) {
                return Err(SchemeFileError::Schema { name, why });
            }
        }
        Schema::new(before).map_err(|why| SchemeFileError::Form(why.to_string()))
    }

    /// What it founds a scheme with.
    ///
    /// # Errors
    /// [`SchemeFileError`].
    pub fn definition(&self) -> Result<SchemeDefinition, SchemeFileError> {
        let schema = self.schema()?;
        let zone = Zone::new(&self.zone).ok_or_else(|| SchemeFileError::Zone(self.zone.clone()))?;
        let policies = (self.policy.iter().zip(1..))
            .map(|(policy, number)| policy.policy(number, &schema))
            .collect::<Result<_, _>>()?;
        Ok(SchemeDefinition {
            name: self.name.clone(),
            zone,
            venues: match self.venues {
                VenuesWord::Open => Venues::Open,
                VenuesWord::Registered => Venues::Registered,
            },
            policies,
            renewals: (self.renewal.iter().zip(1001..))
                .map(|(renewal, number)| renewal.renewal(number, &schema))
                .collect::<Result<_, _>>()?,
            schema,
            release: self.release,
            rehearsal: false,
        })
    }
}

impl AttributeEntry {
    fn attribute(&self) -> Attribute {
        Attribute {
            name: self.name.clone(),
            kind: match self.kind {
                KindWord::Date => AttributeKind::Date,
                KindWord::Text => AttributeKind::Text,
            },
            set_by: match self.set_by {
                WhoWord::Holder => SetBy::Holder,
                WhoWord::Issuer => SetBy::Issuer,
            },
            may_disclose: self.may_disclose,
        }
    }
}

/// The index of an attribute that a policy names.
fn index_in(schema: &Schema, policy: &str, name: &str) -> Result<u8, SchemeFileError> {
    let index = schema.index_of(name).and_then(|i| u8::try_from(i).ok());
    index.ok_or_else(|| SchemeFileError::Attribute {
        policy: policy.to_owned(),
        attribute: name.to_owned(),
    })
}

impl RenewalEntry {
    /// The renewal with this number, if the file gives it none.
    fn renewal(&self, number: u16, schema: &Schema) -> Result<RenewalPolicy, SchemeFileError> {
        let index = |name: &str| index_in(schema, &self.name, name);
        let mut anew = (self.anew.iter())
            .map(|(name, days)| {
                Ok::<_, SchemeFileError>(Anew {
                    attribute: index(name)?,
                    days: *days,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        anew.sort_unstable_by_key(|anew| anew.attribute);
        Ok(RenewalPolicy::new(
            self.number.unwrap_or(number),
            self.name.clone(),
            index(&self.until)?,
            self.from.as_deref().map(index).transpose()?,
            anew,
        ))
    }
}

impl PolicyEntry {
    /// The policy with this number, if the file gives it none.
    fn policy(&self, number: u16, schema: &Schema) -> Result<Policy, SchemeFileError> {
        let index = |name: &str| index_in(schema, &self.name, name);
        let mut disclose = (self.disclose.iter())
            .map(|name| index(name))
            .collect::<Result<Vec<_>, _>>()?;
        disclose.sort_unstable();
        let mut modes: Vec<_> = (self.modes.iter())
            .map(|mode| match mode {
                ModeWord::Challenge => Mode::Challenge.with_grace(self.grace),
                ModeWord::Poster => Mode::Poster.with_grace(self.grace),
                ModeWord::Strip => Mode::Strip.with_grace(self.strip_grace),
            })
            .collect();
        modes.sort_unstable_by_key(|accepts| accepts.mode.code());
        Ok(Policy {
            number: self.number.unwrap_or(number),
            name: self.name.clone(),
            until: index(&self.until)?,
            from: self.from.as_deref().map(index).transpose()?,
            disclose,
            minimum_age: (self.minimum_age.as_ref())
                .map(|age| {
                    Ok::<_, SchemeFileError>(MinimumAge {
                        attribute: index(&age.attribute)?,
                        years: age.years,
                    })
                })
                .transpose()?,
            any_audience: self.any_audience,
            once_a_day: self.once_a_day,
            window: self.window,
            modes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn founded(text: &str) -> Result<SchemeDefinition, SchemeFileError> {
        SchemeFile::read(text)?.definition()
    }

    #[test]
    fn the_default_file_says_what_the_default_schema_has() {
        let founded = founded(SchemeFile::DEFAULT).unwrap();
        let schema = Schema::default();
        assert_eq!(founded.schema.attributes(), schema.attributes());
        let names: Vec<_> = founded.policies.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["restaurant", "bar", "hospital", "paper"]);
        let [renewal] = &founded.renewals[..] else {
            panic!("{:?}", founded.renewals);
        };
        let anew = [2, 3].map(|attribute| Anew {
            attribute,
            days: 365,
        });
        assert_eq!((renewal.name(), renewal.number()), ("renewal", 1001));
        assert_eq!((renewal.until(), renewal.anew()), (2, &anew[..]));
    }

    #[test]
    fn every_key_that_a_file_may_have_is_explained_in_the_default_one() {
        // The keys, as the reader itself names them when it meets one that it does not know.
        let text = SchemeFile::DEFAULT;
        let known = |unknown: &str| {
            let error = SchemeFile::read(unknown).unwrap_err().to_string();
            let (_, names) = error.split_once("expected one of ").unwrap();
            let names = names.split(", ");
            (names.map(|name| name.trim_matches('`').to_owned())).collect::<Vec<_>>()
        };
        let attribute = text.replacen("kind = ", "x = 1\nkind = ", 1);
        let policy = text.replacen("window = ", "x = 1\nwindow = ", 1);
        let renewal = text.replacen("anew = ", "x = 1\nanew = ", 1);
        let whole = format!("x = 1\n{text}");
        let keys = [whole, attribute, policy, renewal]
            .map(|text| known(&text))
            .concat();
        assert!(keys.len() > 15, "{keys:?}");
        for key in keys
            .iter()
            .map(String::as_str)
            .chain(["operators", "import_above", "years"])
        {
            let explained = text.lines().any(|line| {
                let words = line.strip_prefix("# ").unwrap_or_default();
                words.starts_with(&format!("{key} ")) || words == format!("[{key}]")
            });
            let headed = ["name", "zone", "attribute", "policy", "renewal"].contains(&key);
            assert!(explained || headed || key == "years", "{key}");
        }
    }

    #[test]
    fn one_attribute_more_drops_none() {
        let more = "[[attribute]]\nname = \"shift\"\nkind = \"date\"\nset_by = \"issuer\"\n";
        let text = format!("{}\n{more}", SchemeFile::DEFAULT);
        let schema = founded(&text).unwrap().schema;
        let default = Schema::default();
        let (known, added) = (default.attributes(), schema.attributes());
        assert_eq!(added[..known.len()], *known);
        assert_eq!(added.last().unwrap().name, "shift");
        // A file that names no attributes founds nothing, least of all a scheme with attributes that it does not show.
        let none = "name = \"x\"\nzone = \"UTC\"\npolicy = []\n";
        let error = SchemeFile::read(none).unwrap_err().to_string();
        assert!(error.contains("attribute"), "{error}");
    }

    #[test]
    fn an_error_names_the_line_or_what_is_missing() {
        let text = SchemeFile::DEFAULT;
        let error = SchemeFile::read(&text.replace("zone =", "place =")).unwrap_err();
        assert!(
            matches!(error, SchemeFileError::Line { line: 7, .. }),
            "{error:?}"
        );
        let unknown = text.replace("until = \"until\"", "until = \"untill\"");
        let error = founded(&unknown).unwrap_err();
        let wanted = "policy restaurant: the scheme has no attribute untill";
        assert_eq!(error.to_string(), wanted);
        let long = "[[attribute]]\nname = \"a-name-that-is-longer-than-32-bytes\"\nkind = \"date\"\nset_by = \"issuer\"\n";
        let error = founded(&format!("{text}\n{long}")).unwrap_err();
        let wanted =
            "attribute a-name-that-is-longer-than-32-bytes: an attribute's name has 1 to 32 bytes";
        assert_eq!(error.to_string(), wanted);
        let open = founded(text).unwrap().venues;
        let closed = text.replace("venues = \"open\"", "venues = \"registered\"");
        let closed = founded(&closed).unwrap().venues;
        assert_eq!((open, closed), (Venues::Open, Venues::Registered));
        assert!(SchemeFile::read(&text.replace("\"open\"", "\"some\"")).is_err());
        let nowhere = text.replace("Europe/Moscow", "Europe/Nowhere");
        let error = founded(&nowhere).unwrap_err();
        assert_eq!(error, SchemeFileError::Zone("Europe/Nowhere".into()));
    }
}
