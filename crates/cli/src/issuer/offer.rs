//! Offering a pass: by what a clerk sets, by a certificate, or by a claim from a letter.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::open;
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::evidence::Basis;
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report, hex};
use crate::values::Settings;
use veilpass::issuance::ClaimCode;
use veilpass::qr;
use veilpass::scheme::IssuerKey;
use veilpass_app::error::{Class, Classified};
use veilpass_app::issuer::Issuer;
use veilpass_app::issuer::offer::{AT_ONCE, rests_on};
use veilpass_sqlite::SqliteIssuer;

/// Handles left when a report begins to warn.
const FEW: u32 = 20;

/// A week, in minutes.
const WEEK: u32 = 10_080;

#[derive(Args)]
pub(crate) struct Offer {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    basis: Basis,
    /// A claim from a letter of `register import`: its code, or a picture or text file of it.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["evidence", "set", "set_file"])]
    claim: Option<String>,
    /// Many claims: a claims file, or one with a code in each line; needs --to.
    #[arg(long, value_name = "FILE", requires = "to",
        conflicts_with_all = ["claim", "evidence", "set", "set_file", "out", "qr"])]
    claims: Option<String>,
    /// With --claims: the folder for the offers, offer-1.vp and so on. Who has an offer can get its pass:
    /// keep it closed.
    #[arg(long, value_name = "DIR", requires = "claims")]
    to: Option<PathBuf>,
    /// How long the guest may take to answer: up to 90 days; 15 minutes if not given, and a week for
    /// --claims.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=129_600))]
    minutes: Option<u32>,
    #[command(flatten)]
    output: Output,
}

impl Offer {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let issuer = open(context, &self.dir.dir)?;
        let today = issuer.today(context.now())?;
        if let (Some(claims), Some(to)) = (&self.claims, &self.to) {
            return self.many(context, &issuer, claims, to);
        }
        let minutes = self.minutes.unwrap_or(15);
        let now = context.now();
        let expires = now + i64::from(minutes) * 60;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let mut rng = rand::rng();
        if let Some(claim) = &self.claim {
            let code = ClaimCode::from_text(&read_claim(claim)?)?;
            let key = context.wait(issuer.ready(&keys))?;
            let claim = context.wait(issuer.open_claim(&code, now))?;
            let offer = issuer.offer_claim(&key, claim, expires, now, &mut rng);
            return self.shown(context, &issuer, &context.wait(offer)?, expires);
        }
        let mut values = self.settings.read(issuer.scheme().schema())?;
        let judged = self.basis.judged(issuer.card().key(), now, today)?;
        if let Some(judged) = &judged {
            judged.complete(&mut values);
        }
        issuer.plausible(&values, today)?;
        let key = context.wait(issuer.ready(&keys))?;
        let kind = rests_on(judged.as_ref(), &values);
        let offer = issuer.offer(&key, &values, kind, expires, now, &mut rng);
        let mut report = self.shown(context, &issuer, &context.wait(offer)?, expires)?;
        if let Some(granted) = judged.as_ref().map(|judged| judged.granted()) {
            let because = granted.explain();
            report.lines.extend(because.lines().map(str::to_owned));
            report = report.field("granted", json!(granted));
        }
        Ok(report)
    }

    fn shown(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        offer: &veilpass::issuance::Offer,
        expires: i64,
    ) -> Result<Report, Failure> {
        let free = context.wait(issuer.free_handles())?;
        let shown = self.output.put(&offer.to_bytes())?;
        let mut report = Report::new(
            format!(
                "show this offer to one guest within {} minutes",
                self.minutes.unwrap_or(15)
            ),
            json!({ "offer": hex(&offer.id()), "expires": expires, "free_handles": free, "out": self.output.out }),
        );
        report.lines.extend(shown);
        if free <= FEW {
            report = report.line(format!("only {free} handles are left; ask for more"));
        }
        Ok(report)
    }

    /// Offers for a whole file of claims.
    fn many(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        claims: &str,
        to: &Path,
    ) -> Result<Report, Failure> {
        let codes = codes(claims)?;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let key = context.wait(issuer.ready(&keys))?;
        files::make_folder(to)?;
        let expires = context.now() + i64::from(self.minutes.unwrap_or(WEEK)) * 60;
        let mut offering = Offering {
            context,
            issuer,
            key,
            expires,
            to,
            made: 0,
            refused: Vec::new(),
        };
        let bar = context.progress(u64::try_from(codes.len()).unwrap_or(0), "offers");
        let numbered: Vec<_> = codes.iter().zip(1u32..).collect();
        for some in numbered.chunks(AT_ONCE) {
            offering.offer(some)?;
            bar.inc(u64::try_from(some.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        files::sync(to)?;
        let Offering { made, refused, .. } = offering;
        let mut report = Report::new(
            format!(
                "{made} offers are in {}, good for {} minutes or as long as their letters",
                to.display(),
                self.minutes.unwrap_or(WEEK)
            ),
            json!({ "offers": made, "refused": refused, "to": to }),
        );
        report.refused = !refused.is_empty();
        report.lines.extend(refused);
        Ok(report)
    }
}

/// Offers for many claims, under way.
struct Offering<'a> {
    context: &'a Context,
    issuer: &'a Issuer<SqliteIssuer>,
    key: IssuerKey,
    expires: i64,
    to: &'a Path,
    made: u32,
    refused: Vec<String>,
}

impl Offering<'_> {
    fn offer(&mut self, codes: &[(&ClaimCode, u32)]) -> Result<(), Failure> {
        let (mut numbers, mut claims) = (Vec::new(), Vec::with_capacity(codes.len()));
        let now = self.context.now();
        for (code, number) in codes {
            match self.context.wait(self.issuer.open_claim(code, now)) {
                Ok(claim) => {
                    numbers.push(*number);
                    claims.push(claim);
                }
                Err(error) if error.class() == Class::Refused => self.refuse(*number, &error),
                Err(error) => return Err(error.into()),
            }
        }
        let (issuer, rng) = (self.issuer, &mut rand::rng());
        let offers = issuer.offer_claims(&self.key, &claims, self.expires, now, rng);
        for (number, offer) in numbers.into_iter().zip(self.context.wait(offers)?) {
            match offer {
                Ok(offer) => {
                    let path = self.to.join(format!("offer-{number}.vp"));
                    files::write_fast(&path, &offer.to_bytes(), Access::Private)?;
                    self.made += 1;
                }
                Err(error) => self.refuse(number, &error),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, number: u32, why: &impl std::fmt::Display) {
        self.refused.push(format!("claim {number}: {why}"));
    }
}

/// The text of a claim: itself, or what a picture or file has.
fn read_claim(source: &str) -> Result<String, Failure> {
    if !Path::new(source).exists() {
        return Ok(source.to_owned());
    }
    let content = files::read(source)?;
    if artefact::is_picture(&content) {
        return qr::text_from_picture(&content).map_err(|error| Failure::from(error).about(source));
    }
    String::from_utf8(content).map_err(|_| Failure::bad(format!("{source} is no text file")))
}

/// The codes of a claims file (its column `code`), or of a file with one in each line.
fn codes(path: &str) -> Result<Vec<ClaimCode>, Failure> {
    let content = files::read(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(content.as_slice());
    let mut column = 0;
    let mut codes = Vec::new();
    for (record, line) in reader.records().zip(1..) {
        let record = record.map_err(|error| Failure::bad(error).about(path))?;
        if line == 1
            && let Some(place) = record.iter().position(|name| name == "code")
        {
            column = place;
            continue;
        }
        let code = ClaimCode::from_text(record.get(column).unwrap_or(""));
        codes
            .push(code.map_err(|error| Failure::bad(error).about(format!("{path}, line {line}")))?);
    }
    if codes.is_empty() {
        return Err(Failure::bad(format!("{path} has no codes of claims")));
    }
    Ok(codes)
}
