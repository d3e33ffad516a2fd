//! Evidence at the command line: what a guest brings from elsewhere, and what it gives by signed rules.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::Context;
use super::files;
use super::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass::scheme::{BundleVerifyingKey, Day, SchemeCard, Value, Zone};
use veilpass_evidence::rules::{Granted, Rules, UnverifiedRules};
use veilpass_evidence::{CardIssuers, Evidence, Trust, TrustList, check, check_picture};

#[derive(Subcommand)]
pub(super) enum EvidenceCommand {
    /// Judge a certificate step by step. Exit code 0 only if every step holds.
    ///
    /// Example: veilpass issuer evidence check certificate.png --trust signers --json
    Check(Check),
}

#[derive(Subcommand)]
pub(super) enum RulesCommand {
    /// Say what a certificate gives today, and which rule gave which date.
    ///
    /// Example: veilpass issuer rules explain certificate.png --trust signers --rules rules.toml --scheme
    /// scheme.vp
    Explain(Explain),
}

/// A certificate and whom to believe.
#[derive(Args)]
pub(super) struct Certificate {
    /// EU Digital COVID Certificate, SMART Health Card or FHIR bundle: a picture, its text in a file, a JSON
    /// file, the text itself, or standard input (-).
    certificate: String,
    /// A folder with the signers' certificates, PEM or DER, that are believed.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// A TOML file of the issuers of SMART Health Cards that are believed: [[issuer]] with `address`,
    /// `keys` (a JWK set's file) and, if it shall count, `country`.
    #[arg(long, value_name = "FILE")]
    cards: Option<String>,
}

#[derive(Args)]
pub(super) struct Check {
    #[command(flatten)]
    certificate: Certificate,
}

#[derive(Args)]
pub(super) struct Explain {
    #[command(flatten)]
    certificate: Certificate,
    /// The authority's rules, signed.
    #[arg(long, value_name = "FILE")]
    rules: String,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The time zone in which today is today.
    #[arg(long, default_value = "Europe/Moscow")]
    zone: String,
}

/// The file of card issuers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    issuer: Vec<CardIssuer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardIssuer {
    address: String,
    keys: String,
    country: Option<String>,
}

impl Certificate {
    fn trust(&self) -> Result<Trust, Failure> {
        let certificates = match &self.trust {
            Some(folder) => TrustList::from_directory(folder)?,
            None => TrustList::new(),
        };
        let mut cards = CardIssuers::new();
        if let Some(path) = &self.cards {
            let listed: Cards =
                files::toml(&text(path)?).map_err(|failure: Failure| failure.about(path))?;
            for issuer in &listed.issuer {
                let keys = files::read(&issuer.keys)?;
                (cards.add(&issuer.address, issuer.country.as_deref(), &keys))
                    .map_err(|error| Failure::from(error).about(&issuer.keys))?;
            }
        }
        Ok(Trust {
            certificates,
            cards,
        })
    }

    /// Judges it at the second `now`.
    fn judge(&self, now: i64) -> Result<veilpass_evidence::Report, Failure> {
        let trust = self.trust()?;
        let itself = self.certificate.starts_with("HC1:") || self.certificate.starts_with("shc:/");
        if itself {
            return Ok(check(self.certificate.as_bytes(), &trust, now));
        }
        let content = files::read(&self.certificate)?;
        if super::artefact::is_picture(&content) {
            return check_picture(&content, &trust, now)
                .map_err(|error| Failure::from(error).about(&self.certificate));
        }
        Ok(check(&content, &trust, now))
    }

    /// What it states, or why it is not believed.
    fn evidence(&self, now: i64) -> Result<Evidence, Failure> {
        let report = self.judge(now)?;
        let flaws: Vec<_> = report.flaws().map(|(_, flaw)| flaw.to_string()).collect();
        report
            .evidence
            .ok_or_else(|| Failure::refused(format!("{}: {}", self.certificate, flaws.join("; "))))
    }
}

pub(super) fn text(path: &str) -> Result<String, Failure> {
    String::from_utf8(files::read(path)?)
        .map_err(|_| Failure::bad(format!("{path} is not a text file")))
}

impl EvidenceCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Self::Check(check) = self;
        let judged = check.certificate.judge(context.now())?;
        let (mut steps, mut reasons) = (Map::new(), Map::new());
        let mut lines = Vec::new();
        for step in &judged.steps {
            let name = json!(step.name).as_str().unwrap_or_default().to_owned();
            let sign = match step.held() {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "–",
            };
            let reason = step.reason().map(ToString::to_string);
            let line = format!("  {name:<12} {sign:<4} {}", reason.as_deref().unwrap_or(""));
            lines.push(line.trim_end().to_owned());
            if let Some(reason) = reason {
                reasons.insert(name.clone(), reason.into());
            }
            steps.insert(name, json!(step.held()));
        }
        let good = judged.evidence.is_some();
        let mut report = Report::new(
            if good {
                "every step holds"
            } else {
                "not every step holds"
            },
            Json::Object(steps),
        );
        report.lines.extend(lines);
        if let Some(evidence) = &judged.evidence {
            report = report.line(said(evidence));
        }
        report.refused = !good;
        Ok(report
            .field("reasons", reasons)
            .field("format", json!(judged.format))
            .field("evidence", json!(judged.evidence)))
    }
}

/// What the evidence states, in a line.
pub(super) fn said(evidence: &Evidence) -> String {
    let country = evidence.country.as_deref().unwrap_or("no country named");
    let product = evidence.product.as_deref().unwrap_or("no product named");
    let kind = json!(evidence.kind);
    let kind = kind.as_str().unwrap_or("test").to_owned();
    let doses = evidence.doses.map_or(String::new(), |doses| {
        let series = doses
            .series
            .map_or("?".to_owned(), |series| series.to_string());
        format!(", dose {} of {series}", doses.number)
    });
    format!("{kind} of {} ({country}, {product}{doses})", evidence.date)
}

/// Rules that the authority of this key signed.
pub(super) fn rules(path: &str, key: &BundleVerifyingKey) -> Result<Rules, Failure> {
    UnverifiedRules(&text(path)?)
        .verify(key, None)
        .map_err(|error| Failure::refused(error).about(path))
}

impl RulesCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Self::Explain(explain) = self;
        let card = super::artefact::load(&explain.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let zone = Zone::new(&explain.zone)
            .ok_or_else(|| Failure::bad(format!("there is no time zone {}", explain.zone)))?;
        let today = zone.day_of(context.now()).unwrap_or_default();
        let rules = rules(&explain.rules, &card.key)?;
        let evidence = explain.certificate.evidence(context.now())?;
        let granted = (rules.apply(&evidence, today)).map_err(Failure::refused)?;
        Ok(Report::new(granted.explain().trim_end(), json!(granted)))
    }
}

/// What `issuer offer` takes from a certificate.
#[derive(Args)]
#[group(multiple = true)]
pub(super) struct Basis {
    /// Take until, until_strict and birth_date from this certificate by the rules, as far as they are not
    /// --set.
    #[arg(long, value_name = "FILE", requires = "rules")]
    evidence: Option<String>,
    /// The authority's rules, signed.
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    /// A folder with the signers' certificates that are believed.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// A TOML file of the issuers of SMART Health Cards that are believed.
    #[arg(long, value_name = "FILE")]
    cards: Option<String>,
}

/// What a certificate gives.
pub(super) struct Given {
    /// Attributes by name.
    attributes: Vec<(&'static str, Value)>,
    /// What the offer rests on.
    pub(super) kind: &'static str,
    /// Which rule gave which date.
    pub(super) granted: Granted,
}

impl Basis {
    /// The attributes that the certificate gives, and the rule that gave them.
    pub(super) fn attributes(
        &self,
        key: &BundleVerifyingKey,
        now: i64,
        today: Day,
    ) -> Result<Option<Given>, Failure> {
        let (Some(certificate), Some(path)) = (&self.evidence, &self.rules) else {
            return Ok(None);
        };
        let certificate = Certificate {
            certificate: certificate.clone(),
            trust: self.trust.clone(),
            cards: self.cards.clone(),
        };
        let evidence = certificate.evidence(now)?;
        let granted = (rules(path, key)?.apply(&evidence, today)).map_err(Failure::refused)?;
        Ok(Some(Given::new(&evidence, granted)))
    }

    /// Whether there are rules to judge by.
    pub(super) fn asks(&self) -> bool {
        self.rules.is_some()
    }

    /// The rules and whom to believe, for many certificates.
    pub(super) fn judge(&self, key: &BundleVerifyingKey) -> Result<Judge, Failure> {
        let path = self.rules.as_ref().ok_or_else(|| {
            Failure::bad("certificates are judged by the authority's rules; add --rules")
        })?;
        Ok(Judge {
            rules: rules(path, key)?,
            trust: self.trust.clone(),
            cards: self.cards.clone(),
        })
    }
}

/// Judges one certificate after another.
pub(super) struct Judge {
    rules: Rules,
    trust: Option<PathBuf>,
    cards: Option<String>,
}

impl Judge {
    /// What a certificate (a file, or its text) states and what it gives.
    pub(super) fn given(
        &self,
        certificate: &str,
        now: i64,
        today: Day,
    ) -> Result<(Evidence, Given), Failure> {
        let certificate = Certificate {
            certificate: certificate.to_owned(),
            trust: self.trust.clone(),
            cards: self.cards.clone(),
        };
        let evidence = certificate.evidence(now)?;
        let granted = (self.rules.apply(&evidence, today)).map_err(Failure::refused)?;
        let given = Given::new(&evidence, granted);
        Ok((evidence, given))
    }
}

impl Given {
    pub(super) fn new(evidence: &Evidence, granted: Granted) -> Self {
        let strict = granted.until_strict.unwrap_or_default();
        let mut attributes = vec![
            ("until", Value::Date(granted.until)),
            ("until_strict", Value::Date(strict)),
        ];
        // A birth date that is not known to the day proves no age: the issuer must --set it.
        let birth = evidence.birth.day();
        attributes.extend(birth.map(|day| ("birth_date", Value::Date(day))));
        Self {
            attributes,
            kind: match evidence.kind {
                veilpass_evidence::Kind::Vaccination => "vaccination",
                veilpass_evidence::Kind::Recovery => "recovery",
                veilpass_evidence::Kind::Test { .. } => "test",
            },
            granted,
        }
    }

    /// Whether the values have all that the rules gave.
    pub(super) fn is_in(&self, values: &[(String, Value)]) -> bool {
        (self.attributes.iter())
            .all(|(name, value)| values.iter().any(|(set, has)| set == name && has == value))
    }

    /// Adds what is not set yet.
    pub(super) fn complete(&self, values: &mut Vec<(String, Value)>) {
        for (name, value) in &self.attributes {
            if !values.iter().any(|(set, _)| set == name) {
                values.push(((*name).to_owned(), value.clone()));
            }
        }
    }
}
