//! Evidence before an issuer: what a certificate gives by the authority's rules.

use veilpass::scheme::{Day, Value};
use veilpass_evidence::rules::{Granted, Refusal, Rules};
use veilpass_evidence::{Evidence, Kind, Trust, check};

use super::IssuerError;

/// By what certificates are judged.
pub struct Judge {
    /// The authority's rules.
    pub rules: Rules,
    /// Whose signatures are believed.
    pub trust: Trust,
}

impl Judge {
    /// What a certificate gives at `now`, on the day `today`: the text of its code, or a JSON file.
    ///
    /// # Errors
    /// [`IssuerError::NotBelieved`] says why it is not believed; [`IssuerError::Rules`] if the rules do not accept
    /// it.
    pub fn judge(&self, certificate: &[u8], now: i64, today: Day) -> Result<Judged, IssuerError> {
        let report = check(certificate, &self.trust, now);
        let flaws = report.flaws().map(|(_, flaw)| flaw.clone()).collect();
        let evidence = report.evidence.ok_or(IssuerError::NotBelieved(flaws))?;
        Ok(Judged::by(&self.rules, evidence, today)?)
    }
}

/// Evidence, and what it gives by the rules.
#[derive(Clone, Debug)]
pub struct Judged {
    evidence: Evidence,
    granted: Granted,
    attributes: Vec<(&'static str, Value)>,
}

impl Judged {
    /// Applies the rules on the day `today`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn by(rules: &Rules, evidence: Evidence, today: Day) -> Result<Self, Refusal> {
        let granted = rules.apply(&evidence, today)?;
        let strict = granted.until_strict.unwrap_or_default();
        let mut attributes = vec![
            ("until", Value::Date(granted.until)),
            ("until_strict", Value::Date(strict)),
        ];
        // A birth date that is not known to the day proves no age: a person must set it.
        let birth = evidence.birth.day();
        attributes.extend(birth.map(|day| ("birth_date", Value::Date(day))));
        Ok(Self {
            evidence,
            granted,
            attributes,
        })
    }

    /// What was stated.
    #[must_use]
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// What the rules gave, and which rule gave which date.
    #[must_use]
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// What an offer rests on then: a word, under which it is counted.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.evidence.kind {
            Kind::Vaccination => "vaccination",
            Kind::Recovery => "recovery",
            Kind::Test { .. } => "test",
        }
    }

    /// Whether the values have all that the rules gave.
    #[must_use]
    pub fn is_in(&self, values: &[(String, Value)]) -> bool {
        (self.attributes.iter())
            .all(|(name, value)| values.iter().any(|(set, has)| set == name && has == value))
    }

    /// Adds what is not set yet.
    pub fn complete(&self, values: &mut Vec<(String, Value)>) {
        for (name, value) in &self.attributes {
            if !values.iter().any(|(set, _)| set == name) {
                values.push(((*name).to_owned(), value.clone()));
            }
        }
    }
}
