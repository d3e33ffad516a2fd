//! The file that founds a scheme: name, time zone, attributes, policies, with attributes by name.

use serde::{Deserialize, Serialize};

use crate::error::{Class, Classified};
use veilpass::scheme::{
    Attribute, AttributeKind, MinimumAge, Mode, Policy, Schema, SchemaError, SetBy, Zone,
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
    /// What verifiers may ask.
    pub policies: Vec<Policy>,
    /// What takes the approval of operators; nothing if `None`.
    pub release: Option<ReleaseRule>,
}

/// The file: TOML, with attributes and policies by name. The default is a scheme for restaurants, bars and
/// hospitals in Moscow.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemeFile {
    /// What people call the scheme.
    pub name: String,
    /// The time zone in which its days begin, as the IANA database names it.
    pub zone: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attribute: Vec<AttributeEntry>,
    policy: Vec<PolicyEntry>,
    /// What takes the approval of operators; nothing if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseRule>,
}

/// What takes the approval of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    #[error("{0}")]
    Schema(SchemaError),
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

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeEntry {
    name: String,
    /// `date` or `text`.
    kind: KindWord,
    set_by: WhoWord,
    #[serde(default)]
    may_disclose: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindWord {
    Date,
    Text,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WhoWord {
    Holder,
    Issuer,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModeWord {
    Challenge,
    Poster,
    Strip,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgeEntry {
    attribute: String,
    years: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyEntry {
    name: String,
    until: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    disclose: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    epoch_grace: u32,
    modes: Vec<ModeWord>,
}

fn minute() -> u32 {
    60
}

impl Default for SchemeFile {
    fn default() -> Self {
        let restaurant = PolicyEntry {
            name: "restaurant".into(),
            until: "until".into(),
            from: None,
            disclose: vec![],
            minimum_age: None,
            any_audience: false,
            once_a_day: true,
            window: 60,
            epoch_grace: 0,
            modes: vec![ModeWord::Challenge, ModeWord::Poster, ModeWord::Strip],
        };
        let bar = PolicyEntry {
            name: "bar".into(),
            minimum_age: Some(AgeEntry {
                attribute: "birth_date".into(),
                years: 18,
            }),
            ..restaurant.clone()
        };
        let hospital = PolicyEntry {
            name: "hospital".into(),
            until: "until_strict".into(),
            once_a_day: false,
            ..restaurant.clone()
        };
        // Strips live longer than a registry epoch: revocation reaches them late, by at most this.
        let paper = PolicyEntry {
            name: "paper".into(),
            disclose: vec!["id_hint".into()],
            any_audience: true,
            once_a_day: false,
            epoch_grace: 14 * 86_400,
            modes: vec![ModeWord::Strip],
            ..restaurant.clone()
        };
        Self {
            name: "City pass".into(),
            zone: "Europe/Moscow".into(),
            attribute: vec![],
            policy: vec![restaurant, bar, hospital, paper],
            release: None,
        }
    }
}

impl SchemeFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`SchemeFileError::Line`], [`SchemeFileError::Form`].
    pub fn read(text: &str) -> Result<Self, SchemeFileError> {
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

    /// The file as text.
    ///
    /// # Errors
    /// [`SchemeFileError::Form`] if TOML cannot say it; what was read from a file it can.
    pub fn to_toml(&self) -> Result<String, SchemeFileError> {
        toml::to_string(self).map_err(|error| SchemeFileError::Form(error.to_string()))
    }

    /// What it founds a scheme with.
    ///
    /// # Errors
    /// [`SchemeFileError`].
    pub fn definition(&self) -> Result<SchemeDefinition, SchemeFileError> {
        let schema = if self.attribute.is_empty() {
            Schema::default()
        } else {
            let attributes = (self.attribute.iter()).map(AttributeEntry::attribute);
            Schema::new(attributes.collect()).map_err(SchemeFileError::Schema)?
        };
        let zone = Zone::new(&self.zone).ok_or_else(|| SchemeFileError::Zone(self.zone.clone()))?;
        let policies = (self.policy.iter())
            .map(|policy| policy.policy(&schema))
            .collect::<Result<_, _>>()?;
        Ok(SchemeDefinition {
            name: self.name.clone(),
            schema,
            zone,
            policies,
            release: self.release,
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

impl PolicyEntry {
    fn policy(&self, schema: &Schema) -> Result<Policy, SchemeFileError> {
        let index = |name: &str| {
            let index = schema.index_of(name).and_then(|i| u8::try_from(i).ok());
            index.ok_or_else(|| SchemeFileError::Attribute {
                policy: self.name.clone(),
                attribute: name.to_owned(),
            })
        };
        let mut disclose = (self.disclose.iter())
            .map(|name| index(name))
            .collect::<Result<Vec<_>, _>>()?;
        disclose.sort_unstable();
        let mut modes: Vec<_> = (self.modes.iter())
            .map(|mode| match mode {
                ModeWord::Challenge => Mode::Challenge,
                ModeWord::Poster => Mode::Poster,
                ModeWord::Strip => Mode::Strip,
            })
            .collect();
        modes.sort_unstable_by_key(|mode| mode.tag());
        Ok(Policy {
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
            epoch_grace: self.epoch_grace,
            modes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_scheme_survives_its_own_file() {
        let text = SchemeFile::default().to_toml().unwrap();
        let again = SchemeFile::read(&text).unwrap().definition().unwrap();
        let first = SchemeFile::default().definition().unwrap();
        assert_eq!(again.policies, first.policies);
        assert_eq!(again.schema.attributes(), first.schema.attributes());
    }

    #[test]
    fn an_error_names_the_line_or_what_is_missing() {
        let text = SchemeFile::default().to_toml().unwrap();
        let error = SchemeFile::read(&text.replace("zone =", "place =")).unwrap_err();
        assert!(
            matches!(error, SchemeFileError::Line { line: 2, .. }),
            "{error:?}"
        );
        let unknown = text.replace("until = \"until\"", "until = \"untill\"");
        let error = SchemeFile::read(&unknown)
            .unwrap()
            .definition()
            .unwrap_err();
        let wanted = "policy restaurant: the scheme has no attribute untill";
        assert_eq!(error.to_string(), wanted);
        let nowhere = text.replace("Europe/Moscow", "Europe/Nowhere");
        let error = SchemeFile::read(&nowhere)
            .unwrap()
            .definition()
            .unwrap_err();
        assert_eq!(error, SchemeFileError::Zone("Europe/Nowhere".into()));
    }
}
