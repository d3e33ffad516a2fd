//! The file that founds a scheme: name, time zone, attributes, policies, with attributes by name.

use serde::{Deserialize, Serialize};

use super::files;
use super::report::Failure;
use veilpass::scheme::{Attribute, Kind, MinimumAge, Mode, Policy, Schema, SetBy, Zone};

/// What `authority init --scheme` reads; the default is what `authority init` uses without it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemeFile {
    pub(crate) name: String,
    pub(crate) zone: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attribute: Vec<AttributeEntry>,
    policy: Vec<PolicyEntry>,
    /// Who must agree before much is let out; nobody if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) release: Option<Release>,
}

/// What takes more than one person.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Release {
    /// How many operators must agree before handles are drawn, or a large register is imported.
    pub(crate) operators: u8,
    /// A register with more rows than this is large.
    pub(crate) import_above: u32,
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
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        files::toml(text)
    }

    pub(crate) fn to_toml(&self) -> Result<String, Failure> {
        Ok(toml::to_string(self)?)
    }

    /// What the library founds a scheme with.
    pub(crate) fn parts(&self) -> Result<(Schema, Zone, Vec<Policy>), Failure> {
        let schema = if self.attribute.is_empty() {
            Schema::default()
        } else {
            let attributes = self
                .attribute
                .iter()
                .map(AttributeEntry::attribute)
                .collect();
            Schema::new(attributes).map_err(Failure::bad)?
        };
        let zone = Zone::new(&self.zone).ok_or_else(|| {
            Failure::bad(format!(
                "there is no time zone {}; write it like Europe/Moscow",
                self.zone
            ))
        })?;
        let policies = (self.policy.iter())
            .map(|policy| policy.policy(&schema))
            .collect::<Result<_, _>>()?;
        Ok((schema, zone, policies))
    }
}

impl AttributeEntry {
    fn attribute(&self) -> Attribute {
        Attribute {
            name: self.name.clone(),
            kind: match self.kind {
                KindWord::Date => Kind::Date,
                KindWord::Text => Kind::Text,
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
    fn policy(&self, schema: &Schema) -> Result<Policy, Failure> {
        let index = |name: &str| {
            let index = schema.index_of(name).and_then(|i| u8::try_from(i).ok());
            index.ok_or_else(|| {
                Failure::bad(format!(
                    "policy {}: the scheme has no attribute {name}",
                    self.name
                ))
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
                    Ok::<_, Failure>(MinimumAge {
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
        let again = SchemeFile::read(&text).unwrap();
        assert_eq!(
            again.parts().unwrap().2,
            SchemeFile::default().parts().unwrap().2
        );
        assert!(SchemeFile::read("name = 1").is_err());
        let unknown = text.replace("until = \"until\"", "until = \"untill\"");
        let error = SchemeFile::read(&unknown).unwrap().parts().unwrap_err();
        assert!(error.message.contains("no attribute untill"), "{error:?}");
    }
}
