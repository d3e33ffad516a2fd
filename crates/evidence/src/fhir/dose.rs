//! Immunisations (hl7.org/fhir/R4/immunization.html).

use serde_json::Value;

use crate::dates::dated;
use veilpass::scheme::Day;

/// Codes of vaccines that the USA uses.
const CVX: &str = "http://hl7.org/fhir/sid/cvx";

/// Those against COVID-19: of the USA, and from 500 to 521 of elsewhere.
const COVID_CVX: &[u16] = &[
    207, 208, 210, 211, 212, 213, 217, 218, 219, 221, 225, 226, 227, 228, 229, 230, 300, 301, 302,
    308, 309, 310, 311, 312, 313,
];

/// SNOMED CT: vaccines against COVID-19 by how they are made.
const COVID_SNOMED: &[&str] = &[
    "840534001",
    "1119305005",
    "1119349007",
    "1157024006",
    "1162643001",
    "28531000087107",
];

/// The longest code and its system, in bytes.
const MAX_CODE: usize = 200;

/// An immunisation that was given.
pub(super) struct Given<'a> {
    pub(super) resource: &'a Value,
}

/// A dose that says enough.
pub(super) struct Dose {
    pub(super) day: Day,
    /// As `system|code`.
    pub(super) product: String,
    /// Whether it is known to be against COVID-19.
    pub(super) covid: bool,
    /// Which one of its series it is, as it states.
    pub(super) number: Option<u8>,
    pub(super) series: Option<u8>,
}

impl<'a> Given<'a> {
    /// What was not done, or was entered in error, or was too little to count, is listed too, and is none.
    pub(super) fn of(resource: &'a Value) -> Option<Self> {
        let completed = resource.get("status")?.as_str()? == "completed";
        let too_little = resource.get("isSubpotent").and_then(Value::as_bool) == Some(true);
        (completed && !too_little).then_some(Self { resource })
    }

    /// The dose, if it has a whole date and a code.
    pub(super) fn dose(&self) -> Option<Dose> {
        let day = dated(self.resource.get("occurrenceDateTime")?.as_str()?)?;
        let codes = codings(self.resource.get("vaccineCode")?);
        let product = codes.iter().find(|(system, _)| *system == CVX);
        let (system, code) = product.or(codes.first())?;
        let protocols = self
            .resource
            .get("protocolApplied")
            .and_then(Value::as_array);
        let protocols = || protocols.into_iter().flatten();
        let stated = |name: &str| {
            let of = |protocol: &Value| {
                let whole = protocol
                    .get(format!("{name}PositiveInt"))
                    .and_then(Value::as_u64);
                let text = || {
                    let text = protocol.get(format!("{name}String"))?.as_str()?;
                    text.trim().parse().ok()
                };
                let number = u8::try_from(whole.or_else(text)?).ok()?;
                (number > 0).then_some(number)
            };
            protocols().filter_map(of).max()
        };
        let targets = protocols().filter_map(|protocol| protocol.get("targetDisease")?.as_array());
        let mut targets = targets.flatten().flat_map(codings);
        let covid = targets.any(|(_, code)| code == crate::COVID_19)
            || codes.iter().any(|(system, code)| is_covid(system, code));
        Some(Dose {
            day,
            product: format!("{system}|{code}"),
            covid,
            number: stated("doseNumber"),
            series: stated("seriesDoses"),
        })
    }
}

impl Dose {
    /// The last dose has the greatest; entries may stand in any order.
    pub(super) fn order(&self) -> (Day, Option<u8>, &str, Option<u8>) {
        (self.day, self.number, &self.product, self.series)
    }
}

/// The codings of a concept, each as system and code, in order.
fn codings<'a>(concept: &'a Value) -> Vec<(&'a str, &'a str)> {
    let codings = concept.get("coding").and_then(Value::as_array);
    let pair = |coding: &'a Value| {
        let (system, code) = (
            coding.get("system")?.as_str()?,
            coding.get("code")?.as_str()?,
        );
        let fits = !code.is_empty() && system.len() + code.len() <= MAX_CODE;
        fits.then_some((system, code))
    };
    codings.into_iter().flatten().filter_map(pair).collect()
}

fn is_covid(system: &str, code: &str) -> bool {
    match system {
        CVX => code
            .parse()
            .is_ok_and(|code| COVID_CVX.contains(&code) || (500..=521).contains(&code)),
        "http://snomed.info/sct" => COVID_SNOMED.contains(&code),
        "http://www.whocc.no/atc" => code.starts_with("J07BX03") || code.starts_with("J07BN"),
        _ => false,
    }
}
