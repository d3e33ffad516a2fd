//! Evidence before an issuer: what a certificate gives by the authority's rules.

use veilpass::scheme::{AttributeKind, Day, Schema, SetBy, Value};
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
    /// What a certificate gives at `now`, on the day `today`, in this schema: the text of its code, or a JSON file.
    ///
    /// # Errors
    /// [`IssuerError::NotBelieved`] says why it is not believed; [`IssuerError::Rules`] if the rules do not accept
    /// it; [`IssuerError::RulesAttribute`] if they are for another scheme's attributes.
    pub fn judge(
        &self,
        certificate: &[u8],
        (now, today): (i64, Day),
        schema: &Schema,
    ) -> Result<Judged, IssuerError> {
        let targets = Targets::of(&self.rules, schema)?;
        let evidence = self.believed(certificate, now)?;
        Ok(Judged::by(&self.rules, &targets, evidence, today)?)
    }

    /// What a certificate gives, in no particular schema.
    ///
    /// # Errors
    /// As [`judge`](Self::judge).
    pub fn explain(
        &self,
        certificate: &[u8],
        now: i64,
        today: Day,
    ) -> Result<Granted, IssuerError> {
        let evidence = self.believed(certificate, now)?;
        Ok(self.rules.apply(&evidence, today)?)
    }

    fn believed(&self, certificate: &[u8], now: i64) -> Result<Evidence, IssuerError> {
        let report = check(certificate, &self.trust, now);
        let flaws = report.flaws().map(|(_, flaw)| flaw.clone()).collect();
        report.evidence.ok_or(IssuerError::NotBelieved(flaws))
    }
}

/// The attributes of a scheme that get what rules give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    until: String,
    strict: Option<String>,
    birth_date: Option<String>,
    from: Option<String>,
}

impl Targets {
    /// Those that the rules name. What they do not name has its usual name; where the scheme has no such attribute,
    /// stricter date and birth date go nowhere.
    ///
    /// # Errors
    /// [`IssuerError::RulesAttribute`].
    pub fn of(rules: &Rules, schema: &Schema) -> Result<Self, IssuerError> {
        let is_ours = |name: &str| {
            let mut own = schema.set_by(SetBy::Issuer);
            own.any(|(_, attribute)| {
                attribute.name == name && attribute.kind == AttributeKind::Date
            })
        };
        let named = |name: &str| match is_ours(name) {
            true => Ok(name.to_owned()),
            false => Err(IssuerError::RulesAttribute(name.to_owned())),
        };
        let or_usual = |name: &Option<String>, usual: &str| match name {
            Some(name) => named(name).map(Some),
            None => Ok(is_ours(usual).then(|| usual.to_owned())),
        };
        let names = rules.attributes();
        Ok(Self {
            until: named(names.until.as_deref().unwrap_or("until"))?,
            strict: or_usual(&names.strict, "until_strict")?,
            birth_date: or_usual(&names.birth_date, "birth_date")?,
            from: names.from.as_deref().map(named).transpose()?,
        })
    }
}

/// Evidence, and what it gives by the rules.
#[derive(Clone, Debug)]
pub struct Judged {
    evidence: Evidence,
    granted: Granted,
    attributes: Vec<(String, Value)>,
}

impl Judged {
    /// Applies the rules on the day `today`.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn by(
        rules: &Rules,
        targets: &Targets,
        evidence: Evidence,
        today: Day,
    ) -> Result<Self, Refusal> {
        let granted = rules.apply(&evidence, today)?;
        let dates = [
            (Some(&targets.until), Some(granted.until)),
            (
                targets.strict.as_ref(),
                Some(granted.until_strict.unwrap_or_default()),
            ),
            // A birth date that is not known to the day proves no age: a person must set it.
            (targets.birth_date.as_ref(), evidence.birth.day()),
            (targets.from.as_ref(), Some(granted.from)),
        ];
        let dates = dates.into_iter();
        let attributes = dates
            .filter_map(|(name, day)| Some((name?.clone(), Value::Date(day?))))
            .collect();
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
                values.push((name.clone(), value.clone()));
            }
        }
    }
}
