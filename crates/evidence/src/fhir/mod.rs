//! FHIR R4 bundles of one person and immunisations (hl7.org/fhir/R4), plain or in a health card.
//!
//! A bundle is read leniently where that harms nobody: what is no patient or immunisation, or says too little, is passed
//! over, so that an unrelated entry does not spoil a good one. It is read strictly where it says whose dose it is.

mod dose;
mod person;

use serde_json::Value;

use super::flaw::Broken;
use super::report::Judge;
use super::{COVID_19, Doses, Evidence, Flaw, Format, Kind, Report, StepName};
use dose::{Dose, Given};
use person::{Owner, Patient, Reference};
use veilpass::scheme::Day;

/// The largest bundle that is read, in bytes.
const MAX_FILE: usize = 256 << 10;

/// The most resources in a bundle.
const MAX_ENTRIES: usize = 256;

/// Judges a plain bundle. Nobody signed it.
pub(super) fn check(text: &str, at: i64) -> Report {
    let mut judge = Judge::default();
    let how = Broken::Json;
    let decoded = match text.len() {
        ..=MAX_FILE => serde_json::from_str(text).map_err(|_| Flaw::Envelope { how }),
        _ => Err(Flaw::TooLong),
    };
    let evidence = judge
        .record(StepName::Decode, decoded)
        .and_then(|bundle: Value| judge.record(StepName::Schema, read(&bundle)));
    if let Some(evidence) = &evidence {
        judge.record(StepName::Dates, evidence.check_dates(at));
    }
    judge.report(Some(Format::Fhir), evidence)
}

/// What a bundle states: its person was vaccinated, last on this day, for the n-th time with this product.
pub(super) fn read(bundle: &Value) -> Result<Evidence, Flaw> {
    let entries = bundle.get("entry").and_then(Value::as_array);
    let is_bundle = bundle.get("resourceType").and_then(Value::as_str) == Some("Bundle");
    let entries = entries.filter(|entries| is_bundle && entries.len() <= MAX_ENTRIES);
    let entries = entries.ok_or(Flaw::NotABundle)?;
    let of_kind = |kind| {
        entries.iter().filter_map(move |entry| {
            let resource = entry.get("resource")?;
            let named = resource.get("resourceType")?.as_str()?;
            (named == kind).then_some((entry.get("fullUrl").and_then(Value::as_str), resource))
        })
    };
    let patients: Vec<_> = of_kind("Patient")
        .map(|(url, resource)| Patient::new(url, resource))
        .collect();
    let patients = match patients.is_empty() {
        // Where no patient has an entry, the immunisations may have theirs within.
        true => person::contained(of_kind("Immunization").map(|(_, resource)| resource)),
        false => patients,
    };
    let given: Vec<_> = of_kind("Immunization")
        .filter_map(|(_, resource)| Given::of(resource))
        .collect();
    if given.is_empty() {
        return Err(Flaw::NoDose);
    }
    let (patient, own) = person_of(&patients, &given)?;
    let doses: Vec<Dose> = own.iter().filter_map(|given| given.dose()).collect();
    let doses = related(doses);
    let last = doses.iter().max_by_key(|dose| dose.order());
    let last = last.ok_or(Flaw::IncompleteDoses)?;
    Ok(Evidence {
        name: patient.name()?,
        birth: patient.birth()?,
        disease: last.covid.then(|| COVID_19.to_owned()),
        product: Some(last.product.clone()),
        doses: Some(counted(last, &doses)),
        date: last.day,
        ..Evidence::of(Kind::Vaccination)
    })
}

/// Whose bundle it is: the one patient who was vaccinated, with their doses.
fn person_of<'a, 'b>(
    patients: &'b [Patient<'a>],
    given: &'b [Given<'a>],
) -> Result<(&'b Patient<'a>, Vec<&'b Given<'a>>), Flaw> {
    let mut persons: Vec<(usize, Vec<&Given<'_>>)> = Vec::new();
    for dose in given {
        let owner = match Reference::of(dose.resource).owner(patients) {
            Owner::Patient(place) => place,
            // A bundle of one patient may leave the reference out; one that names somebody else says so.
            Owner::Unsaid if patients.len() == 1 => 0,
            // Whoever adds somebody else's dose to a card makes it look as if there were one more.
            Owner::Other if !patients.is_empty() => return Err(Flaw::OthersDoses),
            Owner::Unsaid | Owner::Other => continue,
        };
        match persons.iter_mut().find(|(place, _)| *place == owner) {
            Some((_, doses)) => doses.push(dose),
            None => persons.push((owner, vec![dose])),
        }
    }
    let (place, doses) = match (persons.pop(), persons.is_empty()) {
        (Some(person), true) => person,
        (Some(_), false) => return Err(Flaw::SeveralPatients),
        (None, _) if patients.is_empty() => return Err(Flaw::NoPatient),
        (None, _) => return Err(Flaw::OthersDoses),
    };
    let patient = patients.get(place).ok_or(Flaw::NoPatient)?;
    Ok((patient, doses))
}

/// If some doses are known to be against COVID-19, only these: a later one against influenza says nothing.
fn related(doses: Vec<Dose>) -> Vec<Dose> {
    let known = doses.iter().any(|dose| dose.covid);
    let mut doses = doses;
    doses.retain(|dose| dose.covid || !known);
    doses
}

/// Which dose the last one was: what it states, or the number of days on which its product was given, if that is more.
/// Doses of other products do not count.
fn counted(last: &Dose, doses: &[Dose]) -> Doses {
    let same = doses.iter().filter(|dose| dose.product == last.product);
    let mut days: Vec<Day> = same.map(|dose| dose.day).collect();
    days.sort_unstable();
    days.dedup();
    let days = u8::try_from(days.len()).unwrap_or(u8::MAX);
    Doses {
        number: days.max(last.number.unwrap_or(0)),
        series: last.series,
    }
}
