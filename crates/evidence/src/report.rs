//! What was found: every step by name, and the evidence if all of them hold.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Evidence, Flaw};

/// The steps, in order. In parentheses: what a SMART Health Card has in the place, where that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The prefix `HC1:` (`shc:/`) is there.
    Unprefix,
    /// Base45, RFC 9285, decodes (pairs of digits, then base64url).
    Base45,
    /// Zlib, RFC 1950, decompresses within a bound (raw DEFLATE, RFC 1951).
    Decompress,
    /// COSE_Sign1, RFC 9052, CWT claims, RFC 8392, and health certificate decode (JWS, RFC 7515, and
    /// its claims; of a FHIR bundle the JSON).
    Decode,
    /// The content has what its schema wants.
    Schema,
    /// A trusted signer, in force and of the stated country, signed it.
    Verify,
    /// It is issued, and not expired.
    Expiration,
    /// The signer may sign this kind of evidence (the card says that it is a health card).
    KeyUsage,
    /// Nothing that it states lies in the future, and nothing before the person's birth.
    Dates,
}

impl StepName {
    /// All steps, in order.
    pub const ALL: [Self; 9] = [
        Self::Unprefix,
        Self::Base45,
        Self::Decompress,
        Self::Decode,
        Self::Schema,
        Self::Verify,
        Self::Expiration,
        Self::KeyUsage,
        Self::Dates,
    ];
}

/// What a certificate was recognised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// EU Digital COVID Certificate.
    EuDcc,
    /// SMART Health Card.
    SmartHealthCard,
    /// ICAO seal of the kind VDS-NC.
    IcaoSeal,
    /// Plain FHIR R4 bundle.
    Fhir,
}

impl Format {
    /// The steps that certificates of this format have.
    #[must_use]
    pub fn steps(self) -> &'static [StepName] {
        match self {
            Self::EuDcc | Self::SmartHealthCard => &StepName::ALL,
            // A seal is JSON, and does not expire by itself.
            Self::IcaoSeal => &[
                StepName::Decode,
                StepName::Schema,
                StepName::Verify,
                StepName::KeyUsage,
                StepName::Dates,
            ],
            Self::Fhir => &[StepName::Decode, StepName::Schema, StepName::Dates],
        }
    }
}

/// One step: serialised as its name, `held` (true, false or null) and the reason why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How it ended; `None` if it was not reached or the format has no such step.
    pub outcome: Option<Result<(), Flaw>>,
}

impl Step {
    /// Whether the step held, if it was reached.
    #[must_use]
    pub fn held(&self) -> Option<bool> {
        self.outcome.as_ref().map(Result::is_ok)
    }

    /// Why it did not hold.
    #[must_use]
    pub fn reason(&self) -> Option<&Flaw> {
        self.outcome.as_ref()?.as_ref().err()
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut step = serializer.serialize_struct("Step", 3)?;
        step.serialize_field("name", &self.name)?;
        step.serialize_field("held", &self.held())?;
        step.serialize_field("reason", &self.reason().map(ToString::to_string))?;
        step.end()
    }
}

/// The judgement of one certificate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// What it was recognised as.
    pub format: Option<Format>,
    /// The nine steps, in order.
    pub steps: Vec<Step>,
    /// What it states: only if every step of its format holds.
    pub evidence: Option<Evidence>,
}

impl Report {
    /// Whether the step called `name` held; `None` if it was not reached.
    #[must_use]
    pub fn held(&self, name: StepName) -> Option<bool> {
        self.steps.iter().find(|step| step.name == name)?.held()
    }

    /// Whether every step of the format holds and somebody trusted signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.evidence
            .as_ref()
            .is_some_and(|evidence| evidence.signed)
    }

    /// Everything that is wrong, in order.
    pub fn flaws(&self) -> impl Iterator<Item = (StepName, &Flaw)> {
        (self.steps.iter()).filter_map(|step| Some((step.name, step.reason()?)))
    }
}

/// Keeps the outcomes while a certificate is judged.
#[derive(Debug, Default)]
pub(super) struct Judge(BTreeMap<StepName, Result<(), Flaw>>);

impl Judge {
    /// Writes down how a step ended; gives what it found for the steps that need it.
    pub(super) fn record<T>(&mut self, name: StepName, result: Result<T, Flaw>) -> Option<T> {
        let (outcome, found) = match result {
            Ok(found) => (Ok(()), Some(found)),
            Err(flaw) => (Err(flaw), None),
        };
        self.0.insert(name, outcome);
        found
    }

    /// The report. Evidence is given out only if all steps of the format hold.
    pub(super) fn report(self, format: Option<Format>, evidence: Option<Evidence>) -> Report {
        let held = |name| matches!(self.0.get(name), Some(Ok(())));
        let all = format.is_some_and(|format| format.steps().iter().all(held));
        Report {
            format,
            evidence: evidence.filter(|_| all),
            steps: StepName::ALL
                .map(|name| Step {
                    name,
                    outcome: self.0.get(&name).cloned(),
                })
                .to_vec(),
        }
    }
}
