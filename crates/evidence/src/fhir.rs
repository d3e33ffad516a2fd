//! FHIR R4 bundles of one patient and immunisations (hl7.org/fhir/R4), plain or in a health card.

use serde::Deserialize;
use serde_json::Value;

use super::dates::{PartialDate, full_date, written_day};
use super::report::Judge;
use super::{Doses, Evidence, Flaw, Format, Kind, Name, Report, StepName};
use veilpass::scheme::Day;

/// The largest bundle that is read, in bytes.
const MAX_FILE: usize = 256 << 10;

/// The most resources in a bundle.
const MAX_ENTRIES: usize = 256;

/// The most characters in a name.
const MAX_NAME: usize = 200;

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "resourceType")]
    kind: String,
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    resource: Resource,
}

#[derive(Deserialize)]
#[serde(tag = "resourceType")]
enum Resource {
    Patient(Patient),
    Immunization(Immunization),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Patient {
    name: Vec<HumanName>,
    #[serde(rename = "birthDate")]
    birth: PartialDate,
}

#[derive(Deserialize)]
struct HumanName {
    family: Option<String>,
    #[serde(default)]
    given: Vec<String>,
}

#[derive(Deserialize)]
struct Immunization {
    status: String,
    #[serde(rename = "vaccineCode")]
    vaccine: CodeableConcept,
    #[serde(rename = "occurrenceDateTime")]
    occurred: Occurred,
    #[serde(rename = "protocolApplied", default)]
    protocols: Vec<Protocol>,
}

#[derive(Deserialize)]
struct CodeableConcept {
    coding: Vec<Coding>,
}

#[derive(Deserialize)]
struct Coding {
    system: String,
    code: String,
}

/// The parts of a protocol that count here.
#[derive(Deserialize)]
struct Protocol {
    #[serde(rename = "seriesDosesPositiveInt")]
    series: Option<u8>,
}

/// The day of a dose: a date, or a date and time with offset.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Occurred(Day);

impl TryFrom<String> for Occurred {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        (full_date(&text).or_else(|| written_day(&text)))
            .map(Self)
            .ok_or("an occurrenceDateTime without a day")
    }
}

/// Judges a plain bundle. Nobody signed it.
pub(super) fn check(text: &str) -> Report {
    let mut judge = Judge::default();
    let decoded = match text.len() {
        ..=MAX_FILE => serde_json::from_str(text)
            .map_err(|_| Flaw::Envelope("it is no JSON or nests too deep")),
        _ => Err(Flaw::TooLong),
    };
    let evidence = judge
        .record(StepName::Decode, decoded)
        .and_then(|bundle: Value| judge.record(StepName::Schema, read(&bundle)));
    judge.report(Some(Format::Fhir), evidence)
}

/// What a bundle states: its patient was vaccinated, last on this day, for the n-th time with this
/// product.
pub(super) fn read(bundle: &Value) -> Result<Evidence, Flaw> {
    let bundle = Bundle::deserialize(bundle).map_err(Flaw::schema)?;
    if bundle.kind != "Bundle" || bundle.entry.len() > MAX_ENTRIES {
        return Err(Flaw::schema(
            "it is no Bundle, or one of more than 256 resources",
        ));
    }
    let (mut patients, mut given) = (Vec::new(), Vec::new());
    for entry in &bundle.entry {
        match &entry.resource {
            Resource::Patient(patient) => patients.push(patient),
            // What was not done, or was entered in error, is listed too.
            Resource::Immunization(dose) if dose.status == "completed" => given.push(dose),
            Resource::Immunization(_) | Resource::Other => {}
        }
    }
    let [patient] = patients.as_slice() else {
        return Err(Flaw::schema("it must have exactly one Patient"));
    };
    let last = given.iter().max_by_key(|dose| dose.occurred.0);
    let last = last.ok_or_else(|| Flaw::schema("it has no completed Immunization"))?;
    Ok(Evidence {
        kind: Kind::Vaccination,
        signed: false,
        name: patient.name()?,
        birth: patient.birth.clone(),
        country: None,
        disease: None,
        product: Some(last.product()?),
        doses: Some(doses(last, &given)?),
        date: last.occurred.0,
        valid_from: None,
        valid_until: None,
        detected: None,
    })
}

/// Days on which the product of the last dose was given: doses of other products do not count.
fn doses(last: &Immunization, given: &[&Immunization]) -> Result<Doses, Flaw> {
    let product = last.product()?;
    let same = given
        .iter()
        .filter(|dose| dose.product().as_ref() == Ok(&product));
    let mut days: Vec<Day> = same.map(|dose| dose.occurred.0).collect();
    days.sort_unstable();
    days.dedup();
    Ok(Doses {
        number: u8::try_from(days.len()).unwrap_or(u8::MAX),
        series: last.protocols.iter().find_map(|protocol| protocol.series),
    })
}

impl Immunization {
    /// The first coding, as `system|code`.
    fn product(&self) -> Result<String, Flaw> {
        let coding = self.vaccine.coding.first();
        let coding = coding.filter(|coding| coding.system.len() + coding.code.len() <= 200);
        coding
            .map(|Coding { system, code }| format!("{system}|{code}"))
            .ok_or_else(|| Flaw::schema("an Immunization has no usable vaccineCode"))
    }
}

impl Patient {
    fn name(&self) -> Result<Name, Flaw> {
        let name = self.name.first();
        let name = name.ok_or_else(|| Flaw::schema("the Patient has no name"))?;
        let family = name.family.clone().unwrap_or_default();
        let given = name.given.join(" ");
        if family.chars().count() > MAX_NAME || given.chars().count() > MAX_NAME {
            return Err(Flaw::schema(
                "the Patient's name is longer than 200 characters",
            ));
        }
        Ok(Name {
            family,
            given,
            ..Name::default()
        })
    }
}
