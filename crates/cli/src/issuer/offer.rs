//! Offering a pass: by what a clerk sets, by a certificate, or by a claim from a letter.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::clinic::Clinic;
use crate::artefact::{self, Output};
use crate::evidence::Basis;
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex};
use crate::values::Settings;
use crate::{Context, Dir};
use veilpass::issuance::{ClaimCode, PendingOffer};
use veilpass::qr;
use veilpass::scheme::{IssuerKey, Scheme, Value};
use veilpass_app::store::register::RegisterStore;
use veilpass_app::store::{IssuerStore, NewOffer, StoreError};

/// Handles left when a report begins to warn.
const FEW: u32 = 20;

/// A week, in minutes.
const WEEK: u32 = 10_080;

/// What an offer rests on that a clerk filled in.
pub(super) const BY_HAND: &str = "by hand";

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
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let today = clinic.today(context)?;
        if let (Some(claims), Some(to)) = (&self.claims, &self.to) {
            return self.many(context, &clinic, claims, to);
        }
        let minutes = self.minutes.unwrap_or(15);
        let expires = context.now() + i64::from(minutes) * 60;
        if let Some(claim) = &self.claim {
            let code = ClaimCode::from_text(&read_claim(claim)?)?;
            let key = clinic.ready(context, &self.dir.dir)?;
            let offer = prepare(context, &clinic, &key, &code, expires)?.keep(context, &clinic)?;
            return self.shown(context, &clinic, &offer, expires);
        }
        let mut values = self.settings.read(clinic.bundle.scheme.schema())?;
        let basis = self
            .basis
            .attributes(&clinic.card.key, context.now(), today)?;
        if let Some(given) = &basis {
            given.complete(&mut values);
        }
        clinic.plausible(&values, today)?;
        let key = clinic.ready(context, &self.dir.dir)?;
        // What a clerk changed of what the rules gave rests on the clerk.
        let kind = (basis.as_ref()).map_or(BY_HAND, |given| match given.is_in(&values) {
            true => given.kind,
            false => BY_HAND,
        });
        let offer = offer(context, &clinic, &key, &values, (kind, expires))?;
        let mut report = self.shown(context, &clinic, &offer, expires)?;
        if let Some(granted) = basis.as_ref().map(|given| &given.granted) {
            let because = granted.explain();
            report.lines.extend(because.lines().map(str::to_owned));
            report = report.field("granted", json!(granted));
        }
        Ok(report)
    }

    fn shown(
        &self,
        context: &Context,
        clinic: &Clinic,
        offer: &veilpass::issuance::Offer,
        expires: i64,
    ) -> Result<Report, Failure> {
        let free = context.wait(clinic.store.free_handles())?;
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

    /// Offers for a whole file of claims, a thousand in a transaction.
    fn many(
        &self,
        context: &Context,
        clinic: &Clinic,
        claims: &str,
        to: &std::path::Path,
    ) -> Result<Report, Failure> {
        let codes = codes(claims)?;
        let key = clinic.ready(context, &self.dir.dir)?;
        files::make_folder(to)?;
        let now = context.now();
        let expires = now + i64::from(self.minutes.unwrap_or(WEEK)) * 60;
        let bar = context.progress(u64::try_from(codes.len()).unwrap_or(0), "offers");
        let (mut made, mut refused) = (0u32, Vec::new());
        let numbered: Vec<_> = codes.iter().zip(1u32..).collect();
        for chunk in numbered.chunks(1000) {
            let mut prepared = Vec::with_capacity(chunk.len());
            for (code, number) in chunk {
                match prepare(context, clinic, &key, code, expires) {
                    Ok(offer) => prepared.push((*number, offer)),
                    Err(failure) if failure.exit == 1 => {
                        refused.push(format!("claim {number}: {}", failure.message));
                    }
                    Err(failure) => return Err(failure),
                }
            }
            let rows: Vec<_> = (prepared.iter()).map(|(_, offer)| offer.row()).collect();
            let stored = context.wait(clinic.store.offer_claims(&rows, now))?;
            for ((number, offer), stored) in prepared.iter().zip(stored) {
                match stored {
                    Ok(()) => {
                        let path = to.join(format!("offer-{number}.vp"));
                        files::write_fast(&path, &offer.shown, Access::Private)?;
                        made += 1;
                    }
                    Err(error) => refused.push(format!("claim {number}: {error}")),
                }
            }
            bar.inc(u64::try_from(chunk.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        files::sync(to)?;
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

/// The text of a claim: itself, or what a picture or file has.
pub(super) fn read_claim(source: &str) -> Result<String, Failure> {
    if !std::path::Path::new(source).exists() {
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

/// Makes an offer of these values and keeps it, with what it rests on and its end.
pub(super) fn offer(
    context: &Context,
    clinic: &Clinic,
    key: &IssuerKey,
    values: &[(String, Value)],
    (kind, expires): (&str, i64),
) -> Result<veilpass::issuance::Offer, Failure> {
    let pending = made(&clinic.bundle.scheme, key, values, expires)?;
    let kept = pending.seal(key)?;
    let new = NewOffer {
        id: &pending.offer().id(),
        offer: &kept,
        kind,
        expires,
    };
    context.wait(clinic.store.add_offer(&new, context.now()))?;
    Ok(pending.offer().clone())
}

fn made(
    scheme: &Scheme,
    key: &IssuerKey,
    values: &[(String, Value)],
    expires: i64,
) -> Result<PendingOffer, Failure> {
    let values: Vec<_> = (values.iter())
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    Ok(key.offer(scheme, &values, expires, &mut rand::rng())?)
}

/// An offer for a claim, not kept yet.
pub(super) struct Prepared {
    /// What the claim states.
    pub(super) values: Vec<(String, Value)>,
    claim: [u8; 32],
    id: [u8; 32],
    kind: String,
    expires: i64,
    kept: Vec<u8>,
    shown: Vec<u8>,
    offer: veilpass::issuance::Offer,
}

impl Prepared {
    /// Keeps the offer.
    pub(super) fn keep(
        self,
        context: &Context,
        clinic: &Clinic,
    ) -> Result<veilpass::issuance::Offer, Failure> {
        let row = [self.row()];
        for one in context.wait(clinic.store.offer_claims(&row, context.now()))? {
            one.map_err(Failure::refused)?;
        }
        Ok(self.offer)
    }

    fn row(&self) -> ([u8; 32], NewOffer<'_>) {
        let offer = NewOffer {
            id: &self.id,
            offer: &self.kept,
            kind: &self.kind,
            expires: self.expires,
        };
        (self.claim, offer)
    }
}

/// Opens a claim and makes an offer of what it states.
pub(super) fn prepare(
    context: &Context,
    clinic: &Clinic,
    key: &IssuerKey,
    code: &ClaimCode,
    expires: i64,
) -> Result<Prepared, Failure> {
    let scheme = &clinic.bundle.scheme;
    let name = code.name(scheme);
    let claim = context.wait(clinic.store.claim(&name, context.now()));
    let claim = claim.map_err(|error| match error {
        StoreError::UnknownClaim | StoreError::ClaimUsed => Failure::refused(error),
        other => other.into(),
    })?;
    let values = code.open(scheme, &claim.sealed)?;
    let expires = expires.min(claim.expires);
    let pending = made(scheme, key, &values, expires)?;
    Ok(Prepared {
        values,
        claim: name,
        id: pending.offer().id(),
        kind: claim.kind,
        expires,
        kept: pending.seal(key)?,
        shown: pending.offer().to_bytes(),
        offer: pending.offer().clone(),
    })
}
