//! Rules applied to evidence: a pure function of both and of today.

use std::cmp::{max, min};

use super::file::{Period, Rules};
use crate::{COVID_19, Evidence, Kind};
use veilpass::scheme::Day;

/// What evidence gives: the dates of a credential, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Granted {
    /// The first good day.
    pub from: Day,
    /// The last good day.
    pub until: Day,
    /// The last good day by the stricter rule, at most `until`; `None` if the rules never let this
    /// evidence meet it (in a credential: day 0).
    pub until_strict: Option<Day>,
    /// Which rule: the name and version of the file, and its part.
    pub rule: String,
    /// One line a date: which rule gave it.
    pub because: Vec<String>,
}

impl Granted {
    /// Which rule gave which date, for people.
    #[must_use]
    pub fn explain(&self) -> String {
        format!("{}\n{}\n", self.rule, self.because.join("\n"))
    }
}

/// Why evidence gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody signed it.
    #[error("nobody signed this certificate, and the rules want a signature")]
    Unsigned,
    /// Of a country that is not accepted.
    #[error("certificates of {0} are not accepted")]
    Country(String),
    /// About another disease.
    #[error("the certificate is about another disease (code {0})")]
    Disease(String),
    /// Too young, or perhaps too young.
    #[error("the person is not known to be {0} years old")]
    Age(u8),
    /// A product that is not on the list.
    #[error("the product {0} is not accepted")]
    Product(String),
    /// Doses are missing.
    #[error("{needed} doses are needed, the certificate shows dose {shown}")]
    Doses {
        /// How many are needed.
        needed: u8,
        /// Which one is shown.
        shown: u8,
    },
    /// An antigen test.
    #[error("only tests for nucleic acid (PCR) are accepted")]
    Antigen,
    /// The test found the pathogen, or its result is unknown.
    #[error("the test does not say that nothing was detected")]
    NotNegative,
    /// Too early.
    #[error("it counts from {from} on, not yet today")]
    NotYet {
        /// The first good day.
        from: Day,
    },
    /// Too late.
    #[error("it counted until {until}, no longer today")]
    NoLonger {
        /// The last good day.
        until: Day,
    },
    /// Dates outside the calendar.
    #[error("its dates cannot be reckoned with")]
    Calendar,
}

/// What a part of the rules says about one kind of evidence.
struct Part {
    /// What it is called in explanations.
    name: String,
    wait: Period,
    valid: Period,
    strict: Option<Period>,
}

impl Rules {
    /// What `evidence` gives on the day `today`.
    ///
    /// # Errors
    /// [`Refusal`], which an issuer may tell the guest.
    pub fn apply(&self, evidence: &Evidence, today: Day) -> Result<Granted, Refusal> {
        self.check_source(evidence)?;
        self.check_age(evidence, today)?;
        let granted = self
            .grant(&self.part(evidence)?, evidence)
            .ok_or(Refusal::Calendar)?;
        if today < granted.from {
            return Err(Refusal::NotYet { from: granted.from });
        }
        if today > granted.until {
            return Err(Refusal::NoLonger {
                until: granted.until,
            });
        }
        Ok(granted)
    }

    /// Who says so, and about what.
    fn check_source(&self, evidence: &Evidence) -> Result<(), Refusal> {
        if !evidence.signed && !self.content.accept_unsigned {
            return Err(Refusal::Unsigned);
        }
        if let Some(accepted) = &self.content.countries {
            let country = evidence.country.as_ref();
            if !country.is_some_and(|country| accepted.contains(country)) {
                let named = country.map_or("an unknown country", String::as_str);
                return Err(Refusal::Country(named.to_owned()));
            }
        }
        match &evidence.disease {
            Some(disease) if disease != COVID_19 => Err(Refusal::Disease(disease.clone())),
            _ => Ok(()),
        }
    }

    fn check_age(&self, evidence: &Evidence, today: Day) -> Result<(), Refusal> {
        let age = self.content.minimum_age;
        if age == 0 {
            return Ok(());
        }
        let born_by = today.years_before(age).ok_or(Refusal::Calendar)?;
        let of_age = evidence.birth.latest().is_some_and(|born| born <= born_by);
        of_age.then_some(()).ok_or(Refusal::Age(age))
    }

    /// The part of the rules for this evidence, if it meets what the part asks.
    fn part(&self, evidence: &Evidence) -> Result<Part, Refusal> {
        match evidence.kind {
            Kind::Vaccination => self.vaccination(evidence),
            Kind::Recovery => Ok(Part {
                name: "recovery".into(),
                wait: self.content.recovery.wait,
                valid: self.content.recovery.valid,
                strict: self.content.recovery.strict,
            }),
            Kind::Test { nucleic } => {
                if !nucleic && !self.content.test.antigen {
                    return Err(Refusal::Antigen);
                }
                if evidence.detected != Some(false) {
                    return Err(Refusal::NotNegative);
                }
                Ok(Part {
                    name: "test".into(),
                    wait: Period::default(),
                    valid: self.content.test.valid,
                    strict: self.content.test.strict,
                })
            }
        }
    }

    fn vaccination(&self, evidence: &Evidence) -> Result<Part, Refusal> {
        let code = evidence.product.as_deref().unwrap_or("without a code");
        let product = self.products().iter().find(|product| product.code == code);
        let product = product.ok_or_else(|| Refusal::Product(code.to_owned()))?;
        let shown = evidence.doses.map_or(0, |doses| doses.number);
        if shown < product.doses {
            return Err(Refusal::Doses {
                needed: product.doses,
                shown,
            });
        }
        Ok(Part {
            name: format!(
                "vaccination with {code}, dose {shown} of {} needed",
                product.doses
            ),
            wait: product.wait,
            valid: self.content.vaccination.valid,
            strict: self.content.vaccination.strict,
        })
    }

    /// The dates, each with its reason; `None` outside the calendar.
    fn grant(&self, part: &Part, evidence: &Evidence) -> Option<Granted> {
        let event = evidence.date;
        let (own_from, own_until) = (evidence.valid_from, evidence.valid_until);
        let (waited, ended) = (part.wait.after(event)?, part.valid.after(event)?);
        let from = max(waited, own_from.unwrap_or(waited));
        let until = min(ended, own_until.unwrap_or(ended));
        let strict = match part.strict {
            Some(period) => Some(period.after(event)?),
            None => None,
        };
        let until_strict = strict.map(|strict| min(strict, until));
        let reason = |date: Day, by_rule: Day, period: Period| match date == by_rule {
            true => format!("{date}: {event} and {period}"),
            false => format!("{date}: the certificate's own date, narrower than {period}"),
        };
        let mut because = vec![
            format!("from {}", reason(from, waited, part.wait)),
            format!("until {}", reason(until, ended, part.valid)),
        ];
        because.push(match (until_strict, strict, part.strict) {
            (Some(date), Some(by_rule), Some(period)) => {
                format!("strictly until {}", reason(date, by_rule, period))
            }
            _ => "strictly never: the rules have no stricter date for this".into(),
        });
        Some(Granted {
            from,
            until,
            until_strict,
            rule: format!("{}, version {}: {}", self.name(), self.version(), part.name),
            because,
        })
    }
}
