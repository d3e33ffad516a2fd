//! Patients: who a bundle is about, what they are called, and which immunisation is whose
//! (hl7.org/fhir/R4/patient.html, references.html and datatypes.html#HumanName).

use serde_json::Value;

use crate::dates::PartialDate;
use crate::flaw::Wrong;
use crate::{Flaw, Name};

/// The most characters in a name.
const MAX_NAME: usize = 200;

/// A patient of a bundle.
pub(super) struct Patient<'a> {
    /// The entry's address.
    url: Option<&'a str>,
    resource: &'a Value,
}

/// What an immunisation says about whose it is.
pub(super) struct Reference<'a> {
    resource: &'a Value,
    to: Option<&'a str>,
    said: bool,
}

/// Whose an immunisation is.
pub(super) enum Owner {
    /// Of the patient at this place in the bundle.
    Patient(usize),
    /// Of somebody else.
    Other,
    /// It does not say.
    Unsaid,
}

impl<'a> Reference<'a> {
    /// Of an immunisation.
    pub(super) fn of(resource: &'a Value) -> Self {
        let patient = resource.get("patient").filter(|patient| !patient.is_null());
        Self {
            resource,
            to: patient.and_then(|patient| patient.get("reference")?.as_str()),
            said: patient.is_some(),
        }
    }

    /// Which of the bundle's patients is meant. A reference is an entry's address (`resource:0`, `urn:uuid:…`,
    /// `https://…`), `Patient/ID`, with or without version, or `#ID` of a patient contained in the immunisation.
    pub(super) fn owner(&self, patients: &[Patient<'_>]) -> Owner {
        let Some(to) = self.to else {
            return if self.said {
                Owner::Other
            } else {
                Owner::Unsaid
            };
        };
        if let Some(id) = to.strip_prefix('#') {
            return self.contained(id, patients);
        }
        let to = to.split("/_history/").next().unwrap_or(to);
        let mut places = (0..).zip(patients).filter(|(_, patient)| patient.is_at(to));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Owner::Patient(place),
            _ => Owner::Other,
        }
    }

    /// A patient within the immunisation is one of the bundle's if both have the same name and birth date.
    fn contained(&self, id: &str, patients: &[Patient<'_>]) -> Owner {
        let contained = self.resource.get("contained").and_then(Value::as_array);
        let mut contained = contained.into_iter().flatten();
        let inner = contained.find(|inner| inner.get("id").and_then(Value::as_str) == Some(id));
        let Some(inner) = inner.map(|resource| Patient::new(None, resource)) else {
            return Owner::Other;
        };
        let mut places = (0..)
            .zip(patients)
            .filter(|(_, patient)| patient.is_same(&inner));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Owner::Patient(place),
            _ => Owner::Other,
        }
    }
}

/// The patients within immunisations, each once.
pub(super) fn contained<'a>(immunizations: impl Iterator<Item = &'a Value>) -> Vec<Patient<'a>> {
    let mut patients: Vec<Patient<'a>> = Vec::new();
    let resources = immunizations.filter_map(|resource| resource.get("contained")?.as_array());
    for inner in resources.flatten() {
        let inner = Patient::new(None, inner);
        let is_patient =
            inner.resource.get("resourceType").and_then(Value::as_str) == Some("Patient");
        if is_patient && !patients.iter().any(|known| known.is_same(&inner)) {
            patients.push(inner);
        }
    }
    patients
}

impl<'a> Patient<'a> {
    /// The patient at this address.
    pub(super) fn new(url: Option<&'a str>, resource: &'a Value) -> Self {
        Self { url, resource }
    }

    /// Whether both are one person: of one name and one birth date.
    fn is_same(&self, other: &Self) -> bool {
        self.name().is_ok_and(|name| other.name() == Ok(name))
            && self.birth().is_ok_and(|birth| other.birth() == Ok(birth))
    }

    /// Whether a reference leads here.
    fn is_at(&self, reference: &str) -> bool {
        let id = self.resource.get("id").and_then(Value::as_str);
        if self.url == Some(reference) {
            return true;
        }
        let Some((kind, named)) = reference.rsplit_once('/') else {
            let named = reference.strip_prefix("urn:uuid:");
            return named.is_some() && named == id && self.url.is_none();
        };
        let relative = kind == "Patient";
        let of_patient = relative || kind.ends_with("/Patient");
        let at_url = || {
            let (base, last) = self.url?.rsplit_once('/')?;
            let here =
                base == kind || relative && (base == "Patient" || base.ends_with("/Patient"));
            Some(here && last == named)
        };
        let by_id = id == Some(named) && (relative || self.url.is_none());
        of_patient && (by_id || at_url() == Some(true))
    }

    /// When they were born.
    pub(super) fn birth(&self) -> Result<PartialDate, Flaw> {
        let field = "Patient.birthDate";
        let wrong = |wrong| Flaw::Field { field, wrong };
        let text = self
            .resource
            .get("birthDate")
            .ok_or(wrong(Wrong::Missing))?;
        let text = text.as_str().ok_or(wrong(Wrong::NotText))?;
        let birth = PartialDate::try_from(text.to_owned()).ok();
        let birth = birth.filter(|birth| birth.latest().is_some());
        birth.ok_or(wrong(Wrong::NotABirth))
    }

    /// Their name: the `official` one, else the `usual` one, else the first; of those that count today.
    pub(super) fn name(&self) -> Result<Name, Flaw> {
        let names = self.resource.get("name").and_then(Value::as_array);
        let named = |name: &&Value| is_current(name) && read(name).is_some();
        let current: Vec<_> = names.into_iter().flatten().filter(named).collect();
        let of_use = |wanted| current.iter().find(|name| use_of(name) == Some(wanted));
        let best = of_use("official").or_else(|| of_use("usual"));
        let name = best.or(current.first()).and_then(|name| read(name));
        let name = name.ok_or(Flaw::Nameless)?;
        let long = [&name.family, &name.given].map(|part| part.chars().count() > MAX_NAME);
        match long {
            [false, false] => Ok(name),
            _ => Err(Flaw::Field {
                field: "Patient.name",
                wrong: Wrong::TooLong { most: MAX_NAME },
            }),
        }
    }
}

fn use_of(name: &Value) -> Option<&str> {
    name.get("use")?.as_str()
}

/// Whether a name is the person's today: not of the past, and not one to hide behind.
fn is_current(name: &Value) -> bool {
    let ended = name.get("period").and_then(|period| period.get("end"));
    let past = matches!(use_of(name), Some("old" | "maiden" | "anonymous"));
    ended.is_none_or(Value::is_null) && !past
}

/// A name, in its parts or as one text.
fn read(name: &Value) -> Option<Name> {
    let text = |name: &str, of: &Value| {
        let text = of.get(name).and_then(Value::as_str).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let given = name.get("given").and_then(Value::as_array);
    let given = given.into_iter().flatten().filter_map(Value::as_str);
    let given: Vec<_> = given.flat_map(str::split_whitespace).collect();
    let parts = Name {
        family: text("family", name),
        given: given.join(" "),
        ..Name::default()
    };
    let whole = || Name {
        family: text("text", name),
        ..Name::default()
    };
    let name = if parts.is_somebody() { parts } else { whole() };
    name.is_somebody().then_some(name)
}
