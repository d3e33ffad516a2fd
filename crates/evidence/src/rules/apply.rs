//! Rules applied to evidence: a pure function of both and of today.

use std::cmp::{max, min};

use super::file::{Period, Rules};
use super::granted::{Because, Bound, Granted, PartName, Rule};
use crate::flaw::About;
use crate::words::reasons;
use crate::{COVID_19, Evidence, Kind, country};
use veilpass::scheme::Day;

reasons! {
    /// Why evidence gives nothing.
    pub enum Refusal {
        /// Nobody signed it.
        Unsigned = "refusal-unsigned",
            "nobody signed this certificate, and the rules do not accept unsigned ones of its kind; ask for a signed one";
        /// Of a country that is not accepted.
        Country {
            /// Its code.
            country: String,
        } = "refusal-country", "certificates of {country} are not accepted by the rules; ask for another certificate";
        /// Of no country.
        NoCountry = "refusal-no-country",
            "the certificate does not say of which country it is, and the rules ask for that; ask for another certificate";
        /// About another disease.
        Disease {
            /// Its code.
            code: String,
        } = "refusal-disease", "the certificate is about another disease (code {code}); ask for one about COVID-19";
        /// Too young, or perhaps too young.
        Age {
            /// In years.
            years: u8,
        } = "refusal-age", "the person is not known to be {years} years old, which the rules ask for; ask for a certificate with the whole date of birth";
        /// A product that is not on the list.
        Product {
            /// Its code.
            code: String,
        } = "refusal-product", "the product {code} is not accepted by the rules; ask for another certificate";
        /// No product.
        NoProduct = "refusal-no-product", "no product is named, and the rules ask for one that they list; ask for another certificate";
        /// Doses are missing.
        Doses {
            /// How many are needed.
            needed: u8,
            /// Which one is shown.
            shown: u8,
        } = "refusal-doses", "{needed} doses are needed, the certificate shows dose {shown}; ask for the certificate of the last dose";
        /// An antigen test.
        Antigen = "refusal-antigen", "only tests for nucleic acid (PCR) are accepted by the rules; ask for one";
        /// The test found the pathogen, or its result is unknown.
        NotNegative = "refusal-not-negative", "the test does not say that nothing was detected; ask for one that does";
        /// Too early.
        NotYet {
            /// The first good day.
            from: Day,
        } = "refusal-not-yet", "it counts from {from} on, not yet today; come again then";
        /// Too late.
        NoLonger {
            /// The last good day.
            until: Day,
        } = "refusal-no-longer", "it counted until {until}, no longer today; ask for a newer certificate";
        /// What it states is still to come.
        ToCome {
            /// What.
            about: About,
        } = "refusal-to-come", "the {about} is dated later than today; look at the date, and at the clock";
        /// Dates outside the calendar.
        Calendar = "refusal-calendar", "its dates are outside the calendar; look at them";
    }
}

/// What a part of the rules says about one kind of evidence.
struct Part {
    name: PartName,
    wait: Period,
    valid: Period,
    strict: Option<Period>,
}

/// Nobody is born, vaccinated or tested tomorrow.
fn check_dates(evidence: &Evidence, today: Day) -> Result<(), Refusal> {
    let to_come = |about| Err(Refusal::ToCome { about });
    if evidence.birth.earliest().is_some_and(|born| born > today) {
        return to_come(About::Birth);
    }
    match evidence.date > today {
        true => to_come(evidence.about()),
        false => Ok(()),
    }
}

impl Rules {
    /// What `evidence` gives on the day `today`.
    ///
    /// # Errors
    /// [`Refusal`], which an issuer may tell the guest.
    pub fn apply(&self, evidence: &Evidence, today: Day) -> Result<Granted, Refusal> {
        self.check_source(evidence)?;
        check_dates(evidence, today)?;
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
        // A FHIR bundle is the one kind that nobody signs.
        if !evidence.signed && !self.content.accept_unsigned.has_fhir() {
            return Err(Refusal::Unsigned);
        }
        if let Some(accepted) = &self.content.countries {
            let country = evidence.country.as_deref().ok_or(Refusal::NoCountry)?;
            let normal = country::normal(country);
            if !accepted.iter().any(|one| country::normal(one) == normal) {
                let country = normal.chars().take(20).collect();
                return Err(Refusal::Country { country });
            }
        }
        match &evidence.disease {
            Some(disease) if disease != COVID_19 => {
                let code = disease.chars().take(40).collect();
                Err(Refusal::Disease { code })
            }
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
        of_age.then_some(()).ok_or(Refusal::Age { years: age })
    }

    /// The part of the rules for this evidence, if it meets what the part asks.
    fn part(&self, evidence: &Evidence) -> Result<Part, Refusal> {
        match evidence.kind {
            Kind::Vaccination => self.vaccination(evidence),
            Kind::Recovery => Ok(Part {
                name: PartName::Recovery,
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
                    name: PartName::Test,
                    wait: Period::default(),
                    valid: self.content.test.valid,
                    strict: self.content.test.strict,
                })
            }
        }
    }

    fn vaccination(&self, evidence: &Evidence) -> Result<Part, Refusal> {
        let code = evidence.product.as_deref().ok_or(Refusal::NoProduct)?;
        let product = self.products().iter().find(|product| product.code == code);
        let product = product.ok_or_else(|| Refusal::Product {
            code: code.chars().take(80).collect(),
        })?;
        let shown = evidence.doses.map_or(0, |doses| doses.number);
        if shown < product.doses {
            return Err(Refusal::Doses {
                needed: product.doses,
                shown,
            });
        }
        Ok(Part {
            name: PartName::Vaccination {
                code: code.to_owned(),
                shown,
                needed: product.doses,
            },
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
        let because = |bound, date: Day, by_rule: Day, period| match date == by_rule {
            true => Because::Rule {
                bound,
                date,
                event,
                period,
            },
            false => Because::Own {
                bound,
                date,
                period,
            },
        };
        let because = vec![
            because(Bound::From, from, waited, part.wait),
            because(Bound::Until, until, ended, part.valid),
            match (until_strict, strict, part.strict) {
                (Some(date), Some(by_rule), Some(period)) => {
                    because(Bound::Strict, date, by_rule, period)
                }
                _ => Because::NeverStrict,
            },
        ];
        Some(Granted {
            from,
            until,
            until_strict,
            rule: Rule::Of {
                file: self.name().to_owned(),
                version: self.version(),
                part: part.name.clone(),
            },
            because,
        })
    }
}
