//! The schema of the EU DCC, versions 1.0.0 to 1.3.0 (EU eHealth Network, "EU DCC Schema"): which
//! fields, of which types and forms. Value sets (which products there are) are the rules' concern.

use ciborium::Value;
use serde::Deserialize;

use super::dates::PartialDate;
use super::forms::{Capitals, Country, Dose, FullDate, Sampled, Text, Version};
use super::{Doses, Evidence, Flaw, Kind, Name};
use veilpass::scheme::Day;

/// From this version on, a group has exactly one entry.
const ONE_ENTRY: (u16, u16) = (1, 3);

/// Nobody has more doses than this in one certificate.
const MAX_ENTRIES: usize = 16;

/// SNOMED CT: not detected, detected.
const NOT_DETECTED: &str = "260415000";
const DETECTED: &str = "260373001";

/// LOINC: nucleic acid amplification with probe detection.
const NUCLEIC: &str = "LP6464-4";

#[derive(Deserialize)]
struct Certificate {
    ver: Version,
    nam: PersonName,
    dob: PartialDate,
    // Some issuers write the groups that they do not use as null.
    v: Option<Vec<Vaccination>>,
    t: Option<Vec<Test>>,
    r: Option<Vec<Recovery>>,
}

#[derive(Deserialize)]
struct PersonName {
    #[serde(rename = "fn")]
    family: Option<Text>,
    #[serde(rename = "gn")]
    given: Option<Text>,
    #[serde(rename = "fnt")]
    family_standard: Capitals,
    #[serde(rename = "gnt")]
    given_standard: Option<Capitals>,
}

#[derive(Deserialize)]
struct Vaccination {
    tg: Text,
    #[serde(rename = "vp")]
    _prophylaxis: Text,
    mp: Text,
    #[serde(rename = "ma")]
    _holder: Text,
    dn: Dose,
    sd: Dose,
    dt: FullDate,
    co: Country,
    #[serde(rename = "is")]
    _issuer: Text,
    #[serde(rename = "ci")]
    _identifier: Text,
}

#[derive(Deserialize)]
struct Test {
    tg: Text,
    tt: Text,
    #[serde(rename = "nm")]
    _name: Option<Text>,
    #[serde(rename = "ma")]
    _device: Option<Text>,
    sc: Sampled,
    tr: Text,
    #[serde(rename = "tc")]
    _centre: Text,
    co: Country,
    #[serde(rename = "is")]
    _issuer: Text,
    #[serde(rename = "ci")]
    _identifier: Text,
}

#[derive(Deserialize)]
struct Recovery {
    tg: Text,
    fr: FullDate,
    df: FullDate,
    du: FullDate,
    co: Country,
    #[serde(rename = "is")]
    _issuer: Text,
    #[serde(rename = "ci")]
    _identifier: Text,
}

/// Checks an EU DCC against the schema and reads what it states. `issuer` is the country that the
/// token around it names.
pub(super) fn read(certificate: &Value, issuer: Option<&str>) -> Result<Evidence, Flaw> {
    let certificate: Certificate = certificate.deserialized().map_err(Flaw::schema)?;
    let entry = only_entry(&certificate)?;
    Ok(entry.evidence(&certificate, issuer))
}

/// The one entry that counts.
enum Entry<'a> {
    Vaccination(&'a Vaccination),
    Test(&'a Test),
    Recovery(&'a Recovery),
}

/// Exactly one group, of one entry; before version 1.3.0 a group may tell the whole story, and its
/// last event counts.
fn only_entry(certificate: &Certificate) -> Result<Entry<'_>, Flaw> {
    let last = |days: Vec<Day>| {
        let one = certificate.ver.0 < ONE_ENTRY || days.len() == 1;
        let last = days.iter().enumerate().max_by_key(|(_, day)| **day);
        last.filter(|_| one && days.len() <= MAX_ENTRIES)
            .map(|(index, _)| index)
    };
    let entry = match (&certificate.v, &certificate.t, &certificate.r) {
        (Some(v), None, None) => last(v.iter().map(|entry| entry.dt.0).collect())
            .and_then(|index| v.get(index))
            .map(Entry::Vaccination),
        (None, Some(t), None) => last(t.iter().map(|entry| entry.sc.0).collect())
            .and_then(|index| t.get(index))
            .map(Entry::Test),
        (None, None, Some(r)) => last(r.iter().map(|entry| entry.fr.0).collect())
            .and_then(|index| r.get(index))
            .map(Entry::Recovery),
        _ => {
            return Err(Flaw::schema(
                "it must have exactly one of the groups v, t and r",
            ));
        }
    };
    entry.ok_or_else(|| Flaw::schema("its group must have exactly one entry"))
}

impl Entry<'_> {
    fn evidence(&self, certificate: &Certificate, issuer: Option<&str>) -> Evidence {
        let (disease, country, date) = match self {
            Self::Vaccination(entry) => (&entry.tg, &entry.co, entry.dt.0),
            Self::Test(entry) => (&entry.tg, &entry.co, entry.sc.0),
            Self::Recovery(entry) => (&entry.tg, &entry.co, entry.fr.0),
        };
        let evidence = Evidence {
            kind: Kind::Recovery,
            signed: true,
            name: certificate.nam.to_name(),
            birth: certificate.dob.clone(),
            country: Some(issuer.unwrap_or(&country.0).to_owned()),
            disease: Some(disease.0.clone()),
            product: None,
            doses: None,
            date,
            valid_from: None,
            valid_until: None,
            detected: None,
        };
        match self {
            Self::Vaccination(entry) => Evidence {
                kind: Kind::Vaccination,
                product: Some(entry.mp.0.clone()),
                doses: Some(Doses {
                    number: entry.dn.0,
                    series: Some(entry.sd.0),
                }),
                ..evidence
            },
            Self::Test(entry) => Evidence {
                kind: Kind::Test {
                    nucleic: entry.tt.0 == NUCLEIC,
                },
                detected: match entry.tr.0.as_str() {
                    NOT_DETECTED => Some(false),
                    DETECTED => Some(true),
                    _ => None,
                },
                ..evidence
            },
            Self::Recovery(entry) => Evidence {
                valid_from: Some(entry.df.0),
                valid_until: Some(entry.du.0),
                ..evidence
            },
        }
    }
}

impl PersonName {
    fn to_name(&self) -> Name {
        let text = |field: &Option<Text>| field.as_ref().map(|text| text.0.clone());
        let family_standard = self.family_standard.0.clone();
        let given_standard = self.given_standard.as_ref().map(|name| name.0.clone());
        Name {
            family: text(&self.family).unwrap_or_else(|| family_standard.clone()),
            given: (text(&self.given).or_else(|| given_standard.clone())).unwrap_or_default(),
            family_standard: Some(family_standard),
            given_standard,
        }
    }
}
