//! Evidence at the command line: what a guest brings from elsewhere, and what it gives by signed rules.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::files;
use super::report::{Failure, Report};
use veilpass::scheme::{Day, Schema, SchemeCard, UnixTime, Zone};
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::evidence::{Judge, Judged};
use veilpass_evidence::rules::{Rules, UnverifiedRules};
use veilpass_evidence::{CardIssuers, Evidence, Trust, TrustList};

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

/// Whom to believe, from a folder of certificates and a file of card issuers.
fn trust(folder: Option<&Path>, cards: Option<&str>) -> Result<Trust, Failure> {
    let certificates = match folder {
        Some(folder) => TrustList::from_directory(folder)?,
        None => TrustList::new(),
    };
    let mut issuers = CardIssuers::new();
    if let Some(path) = cards {
        let listed: Cards =
            files::toml(&files::text(path)?).map_err(|failure: Failure| failure.about(path))?;
        for issuer in &listed.issuer {
            let keys = files::read(&issuer.keys)?;
            (issuers.add(&issuer.address, issuer.country.as_deref(), &keys))
                .map_err(|error| Failure::from(error).about(&issuer.keys))?;
        }
    }
    Ok(Trust {
        certificates,
        cards: issuers,
    })
}

impl Certificate {
    fn trust(&self) -> Result<Trust, Failure> {
        trust(self.trust.as_deref(), self.cards.as_deref())
    }

    fn content(&self) -> Result<Vec<u8>, Failure> {
        content(&self.certificate)
    }
}

/// What a certificate's text or file has; of a picture, the text of its code.
fn content(source: &str) -> Result<Vec<u8>, Failure> {
    if source.starts_with("HC1:") || source.starts_with("shc:/") {
        return Ok(source.as_bytes().to_vec());
    }
    files::no_address(source)?;
    let content = files::read(source)?;
    if veilpass_reader::is_picture(&content) {
        let text = veilpass_reader::text_in_file(&content);
        let text = text.map_err(|error| Failure::from(error).about(source))?;
        return Ok(text.into_bytes());
    }
    Ok(content)
}

/// A refusal; if a certificate is not believed, with its name.
pub(super) fn refused(error: IssuerError, certificate: &str) -> Failure {
    let about = matches!(error, IssuerError::NotBelieved(_));
    let failure = Failure::from(error);
    if about {
        failure.about(certificate)
    } else {
        failure
    }
}

impl EvidenceCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Self::Check(check) = self;
        context.needs_no_zone()?;
        let trust = check.certificate.trust()?;
        let content = check.certificate.content()?;
        let judged = veilpass_evidence::check(&content, &trust, context.now());
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

/// Rules that the authority of this scheme signed.
pub(super) fn rules(path: &str, card: &SchemeCard) -> Result<Rules, Failure> {
    rules_in(&files::text(path)?, card).map_err(|error| error.about(path))
}

/// The same for a text that was read already.
pub(super) fn rules_in(text: &str, card: &SchemeCard) -> Result<Rules, Failure> {
    (UnverifiedRules(text).verify(card, None)).map_err(Failure::refused)
}

impl RulesCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Self::Explain(explain) = self;
        let card =
            super::artefact::load(&explain.scheme, veilpass::artefact::Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let zone = Zone::new(&explain.zone)
            .ok_or_else(|| Failure::bad(format!("there is no time zone {}", explain.zone)))?;
        context.in_zone(&zone);
        let today = zone
            .day_of(UnixTime::from_seconds(context.now()))
            .unwrap_or_default();
        let judge = Judge {
            rules: rules(&explain.rules, &card)?,
            trust: explain.certificate.trust()?,
        };
        let content = explain.certificate.content()?;
        let granted = judge
            .explain(&content, context.now(), today)
            .map_err(|error| refused(error, &explain.certificate.certificate))?;
        Ok(Report::new(granted.explain().trim_end(), json!(granted)))
    }
}

/// What `issuer offer` takes from a certificate.
#[derive(Args)]
#[group(multiple = true)]
pub(super) struct Basis {
    /// Take the dates from this certificate by the rules, as far as they are not --set. The rules say which attributes
    /// get them; if they do not: until, until_strict and birth_date.
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

impl Basis {
    /// What the certificate gives, if there is one.
    pub(super) fn judged(
        &self,
        (card, schema): (&SchemeCard, &Schema),
        now: i64,
        today: Day,
    ) -> Result<Option<Judged>, Failure> {
        let (Some(certificate), Some(judge)) = (&self.evidence, self.judge(card)?) else {
            return Ok(None);
        };
        let judged = judge.judge(&content(certificate)?, (now, today), schema);
        Ok(Some(judged.map_err(|error| refused(error, certificate))?))
    }

    /// The rules and whom to believe, if there are rules.
    pub(super) fn judge(&self, card: &SchemeCard) -> Result<Option<Judge>, Failure> {
        let Some(path) = &self.rules else {
            return Ok(None);
        };
        Ok(Some(Judge {
            rules: rules(path, card)?,
            trust: trust(self.trust.as_deref(), self.cards.as_deref())?,
        }))
    }
}
