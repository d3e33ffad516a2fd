//! Evidence at the command line: what a guest brings from elsewhere, and what it gives by signed rules.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::context::Context;
use super::files;
use super::language::Lang;
use super::report::{Failure, Report};
use super::trusted::Trusted;
use veilpass::scheme::{Day, Schema, SchemeCard, UnixTime, Zone};
use veilpass_app::issuer::IssuerError;
use veilpass_app::issuer::evidence::{Judge, Judged};
use veilpass_evidence::rules::{Rules, UnverifiedRules};
use veilpass_words::{Language, evidence as words};

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
    /// EU Digital COVID Certificate, SMART Health Card, ICAO seal or FHIR bundle: a picture, its text in a file (of a
    /// health card in several codes, the texts of all of them), a JSON or .smart-health-card file, the text itself,
    /// or standard input (-).
    certificate: String,
    #[command(flatten)]
    trusted: Trusted,
    #[command(flatten)]
    lang: Lang,
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

impl Certificate {
    fn content(&self) -> Result<Vec<u8>, Failure> {
        content(&self.certificate)
    }
}

/// What a certificate's text or file has; of a picture, the text of its code.
fn content(source: &str) -> Result<Vec<u8>, Failure> {
    if ["HC1:", "shc:/", "SHC:/"]
        .iter()
        .any(|head| source.starts_with(head))
    {
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

/// A refusal in a language; if a certificate is not believed, with its name.
pub(super) fn refused(error: IssuerError, certificate: &str, language: Language) -> Failure {
    match &error {
        IssuerError::NotBelieved(flaws) => {
            let said = flaws.iter().map(|flaw| words::said(language, &flaw.said()));
            let said = said.collect::<Vec<_>>().join("; ");
            Failure::refused(said).about(certificate)
        }
        IssuerError::Rules(refusal) => Failure::refused(words::said(language, &refusal.said())),
        _ => Failure::from(error),
    }
}

impl EvidenceCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let Self::Check(check) = self;
        context.needs_no_zone()?;
        let (trust, skipped) = check.certificate.trusted.read(context)?;
        let content = check.certificate.content()?;
        let language = check.certificate.lang.lang;
        let judged = veilpass_evidence::check(&content, &trust, context.now());
        let (mut steps, mut reasons) = (Map::new(), Map::new());
        let mut lines = Vec::new();
        for step in &judged.steps {
            let name = json!(step.name).as_str().unwrap_or_default().to_owned();
            let sign = (step.held()).map_or("–".to_owned(), |holds| words::held(language, holds));
            let reason = step
                .reason()
                .map(|flaw| words::said(language, &flaw.said()));
            let line = format!("  {name:<12} {sign:<4} {}", reason.as_deref().unwrap_or(""));
            lines.push(line.trim_end().to_owned());
            if let Some(reason) = reason {
                reasons.insert(name.clone(), reason.into());
            }
            steps.insert(name, json!(step.held()));
        }
        // Of a bundle that nobody signed every step may hold that it has, and it proves nothing.
        let good = judged.is_signed();
        let head = match &judged.evidence {
            Some(_) if good => words::every_step_holds(language),
            Some(_) => words::nobody_signed(language),
            None => words::not_every_step_holds(language),
        };
        let mut report = Report::new(head, Json::Object(steps));
        report.lines.extend(lines);
        if let Some(evidence) = &judged.evidence {
            report = report.line(words::stated(language, evidence));
        }
        report.refused = !good;
        Ok(report
            .field("signed", good)
            .field("skipped", skipped)
            .field("reasons", reasons)
            .field("format", json!(judged.format))
            .field("evidence", json!(judged.evidence)))
    }
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
        let (trust, _) = explain.certificate.trusted.read(context)?;
        let rules = rules(&explain.rules, &card)?;
        let judge = Judge { rules, trust };
        let language = explain.certificate.lang.lang;
        let content = explain.certificate.content()?;
        let granted = judge
            .explain(&content, context.now(), today)
            .map_err(|error| refused(error, &explain.certificate.certificate, language))?;
        let lines = words::granted(language, &granted).join("\n");
        Ok(Report::new(lines, json!(granted)))
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
    #[command(flatten)]
    trusted: Trusted,
}

impl Basis {
    /// What the certificate gives, if there is one.
    pub(super) fn judged(
        &self,
        context: &Context,
        (card, schema): (&SchemeCard, &Schema),
        today: Day,
        language: Language,
    ) -> Result<Option<Judged>, Failure> {
        let (Some(certificate), Some(judge)) = (&self.evidence, self.judge(context, card)?) else {
            return Ok(None);
        };
        let judged = judge.judge(&content(certificate)?, (context.now(), today), schema);
        let refused = |error| refused(error, certificate, language);
        Ok(Some(judged.map_err(refused)?))
    }

    /// The rules and whom to believe, if there are rules.
    pub(super) fn judge(
        &self,
        context: &Context,
        card: &SchemeCard,
    ) -> Result<Option<Judge>, Failure> {
        let Some(path) = &self.rules else {
            return Ok(None);
        };
        let (trust, _) = self.trusted.read(context)?;
        let rules = rules(path, card)?;
        Ok(Some(Judge { rules, trust }))
    }
}
