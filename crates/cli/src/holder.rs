//! The holder: keeps passes in an encrypted wallet and shows them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::artefact::{self, Kind, Output};
use super::report::{Failure, Report, hex};
use super::sheet;
use super::values::{self, Settings};
use super::wallet::{self, Entry, Opened};
use super::{Context, Dir};
use veilpass::issuance::{Offer, ReceiveError, Response, short_code};
use veilpass::presentation::{Ask, PresentError};
use veilpass::qr::Code;
use veilpass::scheme::{Day, SchemeCard, Value};
use veilpass::{Credential, SyncError};
use veilpass_print::strips;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a wallet in a new folder.
    ///
    /// Example: veilpass holder init --dir wallet --scheme scheme.vp --bundle holders.vp
    Init(Init),
    /// Answer an issuer's offer. What you set here the issuer signs unseen.
    ///
    /// Example: veilpass holder request --dir wallet offer.png --set name="Anna K." --set employer=Agency
    /// --out request.png
    Request(Request),
    /// Take the issuer's response into the wallet, after checking all of it.
    ///
    /// Example: veilpass holder receive --dir wallet response.png --label clinic
    Receive(Receive),
    /// Bring all passes up to date with a newer bundle. Fetch the whole bundle: what is fetched then tells
    /// nothing about you.
    ///
    /// Example: veilpass holder sync --dir wallet holders.vp
    Sync(Sync),
    /// List passes, and requests that wait for an answer.
    ///
    /// Example: veilpass holder list --dir wallet
    List(List),
    /// Answer a door's question with a fresh QR code.
    ///
    /// Example: veilpass holder present --dir wallet poster.png --out pass.png
    Present(Present),
    /// Print a sheet of paper strips, one code a day.
    ///
    /// Example: veilpass holder strips --dir wallet --policy paper --from 2021-07-01 --days 12 --out
    /// strips.pdf
    Strips(Strips),
    /// Delete a pass or a waiting request from the wallet, for ever.
    ///
    /// Example: veilpass holder forget --dir wallet clinic
    Forget(Forget),
}

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The authority's holders' bundle.
    #[arg(long, value_name = "FILE")]
    bundle: String,
}

#[derive(Args)]
pub(super) struct Request {
    #[command(flatten)]
    dir: Dir,
    /// The offer: a picture, file or text.
    offer: String,
    #[command(flatten)]
    settings: Settings,
    /// What you call it.
    #[arg(long, default_value = "pass", value_parser = values::label)]
    label: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Receive {
    #[command(flatten)]
    dir: Dir,
    /// The response: a picture, file or text.
    response: String,
    /// What you call the pass; the request's label if not given.
    #[arg(long, value_parser = values::label)]
    label: Option<String>,
}

#[derive(Args)]
pub(super) struct Sync {
    #[command(flatten)]
    dir: Dir,
    /// The newest holders' bundle.
    bundle: String,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    dir: Dir,
}

#[derive(Args)]
pub(super) struct Present {
    #[command(flatten)]
    dir: Dir,
    /// The question: a picture, file or text.
    question: String,
    /// Which pass; the first that can answer if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    /// For a strip: its day. Today if not given.
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    /// Show it without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Strips {
    #[command(flatten)]
    dir: Dir,
    /// The policy that the doors ask.
    #[arg(long)]
    policy: String,
    /// The venue, for a policy that binds strips to one.
    #[arg(long)]
    venue: Option<String>,
    /// Which pass; the first that can answer if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// How many days.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=60))]
    days: u16,
    /// Where the sheet goes: .svg (one page a file) or .pdf. Can be given more than once.
    #[arg(long, value_name = "FILE", required = true)]
    out: Vec<PathBuf>,
}

#[derive(Args)]
pub(super) struct Forget {
    #[command(flatten)]
    dir: Dir,
    /// What it is called.
    label: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Request(request) => request.run(context),
            Self::Receive(receive) => receive.run(context),
            Self::Sync(sync) => sync.run(context),
            Self::List(list) => list.run(context),
            Self::Present(present) => present.run(context),
            Self::Strips(strips) => strips.run(context),
            Self::Forget(forget) => forget.run(context),
        }
    }
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Kind::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = artefact::load(&self.bundle, Kind::HolderBundle)?;
        let bundle = wallet::make(context, &self.dir.dir, card, &bundle)?;
        Ok(Report::new(
            format!("a wallet for {} is ready", bundle.scheme.name()),
            json!({ "scheme": hex(bundle.scheme.id()), "bundle": bundle.version }),
        ))
    }
}

impl Request {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let offer = artefact::load(&self.offer, Kind::Offer)?;
        let offer = Offer::from_bytes(&offer)?;
        let mut opened = Opened::open(context, &self.dir.dir)?;
        opened.wallet.has_room()?;
        let scheme = &opened.holder.bundle.scheme;
        let values = self.settings.read(scheme.schema())?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let pending = offer
            .request(scheme, &values, context.now(), &mut rand::rng())
            .map_err(Failure::refused)?;
        let code = short_code(pending.offer(), pending.request());
        let bytes = pending.request().to_bytes();
        let label = opened.free_label(&self.label);
        // In the wallet before anybody sees it.
        opened.wallet.pending.push(Entry {
            label: label.clone(),
            value: pending,
        });
        opened.save()?;
        let shown = self.output.put(&bytes)?;
        let mut report = Report::new(
            format!("show this request to the issuer; both of you must see the code {code}"),
            json!({ "label": label, "code": code, "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Receive {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let response = artefact::load(&self.response, Kind::Response)?;
        let response = Response::from_bytes(&response)?;
        let mut opened = Opened::open(context, &self.dir.dir)?;
        if opened.wallet.pending.is_empty() {
            return Err(Failure::refused(
                "no request waits for a response in this wallet; it may have been received already",
            ));
        }
        let now = context.now();
        let answered =
            (opened.wallet.pending.iter()).position(|entry| entry.value.opens(&response));
        let index = answered.ok_or_else(|| Failure::refused(ReceiveError::Invalid))?;
        let entry = opened.wallet.pending.remove(index);
        // If anything in it is wrong the wallet stays as it is on disk.
        let credential =
            (entry.value.receive(&opened.holder, &response, now)).map_err(Failure::refused)?;
        let label = opened.free_label(self.label.as_deref().unwrap_or(&entry.label));
        let lines = describe(&opened, &credential);
        opened.wallet.passes.push(Entry {
            label: label.clone(),
            value: credential,
        });
        opened.save()?;
        let mut report = Report::new(
            format!("the pass is checked and in the wallet, called {label}"),
            json!({ "label": label }),
        );
        report.lines.extend(lines);
        Ok(report)
    }
}

/// What the pass says, for its holder.
fn describe(opened: &Opened, credential: &Credential) -> Vec<String> {
    let scheme = &opened.holder.bundle.scheme;
    let attributes = scheme.schema().attributes();
    let policies = opened.holder.bundle.policies.iter();
    let ends: Vec<_> = policies
        .filter_map(|policy| Some(attributes.get(usize::from(policy.until))?.name.as_str()))
        .collect();
    (attributes.iter().skip(2))
        .filter_map(|attribute| {
            let value = credential.value(scheme, &attribute.name)?;
            let shown = match value {
                Value::Date(Day(0)) if ends.contains(&attribute.name.as_str()) => {
                    "never".to_owned()
                }
                other => values::show(other),
            };
            Some(format!("  {}: {shown}", attribute.name))
        })
        .collect()
}

impl Sync {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let bytes = artefact::load(&self.bundle, Kind::HolderBundle)?;
        let mut opened = Opened::renew(context, &self.dir.dir, &bytes)?;
        let mut results: Vec<(String, Option<SyncError>)> = Vec::new();
        for entry in &mut opened.wallet.passes {
            let result = entry.value.sync_vartime(&opened.holder);
            results.push((entry.label.clone(), result.err()));
        }
        opened.save()?;
        let failed = results.iter().filter(|(_, error)| error.is_some()).count();
        let json: Vec<Json> = (results.iter())
            .map(|(label, error)| {
                json!({ "label": label, "good": error.is_none(), "why": error.as_ref().map(ToString::to_string) })
            })
            .collect();
        let bundle = opened.holder.bundle.version;
        let mut report = Report::new(
            format!("the wallet has bundle {bundle}"),
            json!({ "bundle": bundle, "passes": json }),
        );
        for (label, error) in &results {
            report = report.line(match error {
                None => format!("  {label}: up to date"),
                Some(error) => format!("  {label}: {error}"),
            });
        }
        report.refused = failed > 0 && failed == results.len();
        Ok(report)
    }
}

impl List {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let opened = Opened::open(context, &self.dir.dir)?;
        let bundle = &opened.holder.bundle;
        let scheme = &bundle.scheme;
        let mut report = Report::new(
            format!(
                "{} (bundle {}): {} passes, {} requests waiting",
                scheme.name(),
                bundle.version,
                opened.wallet.passes.len(),
                opened.wallet.pending.len()
            ),
            json!({ "bundle": bundle.version }),
        );
        let mut passes = Vec::new();
        for entry in &opened.wallet.passes {
            report = report.line(format!("{}:", entry.label));
            report.lines.extend(describe(&opened, &entry.value));
            let attributes = scheme.schema().attributes().iter().skip(2);
            let values: serde_json::Map<_, _> = attributes
                .filter_map(|attribute| {
                    let value = entry.value.value(scheme, &attribute.name)?;
                    Some((attribute.name.clone(), values::show(value).into()))
                })
                .collect();
            passes.push(json!({ "label": entry.label, "attributes": values }));
        }
        let pending = opened
            .wallet
            .pending
            .iter()
            .map(|entry| entry.label.clone());
        let pending: Vec<_> = pending.collect();
        for label in &pending {
            report = report.line(format!("{label}: waits for the issuer's response"));
        }
        Ok(report.field("passes", passes).field("pending", pending))
    }
}

impl Present {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let ask = artefact::load(&self.question, Kind::Question)?;
        let ask = Ask::from_bytes(&ask)?;
        let opened = Opened::open(context, &self.dir.dir)?;
        let policy = opened
            .policy(&ask.policy)
            .map_err(|_| Failure::refused(PresentError::UnknownQuestion))?;
        context.confirm(
            &format!(
                "{} asks “{}”. It will learn {}. Show it?",
                ask.audience,
                ask.policy,
                opened.tells(policy)
            ),
            self.yes,
        )?;
        let now = context.now();
        let day = match &self.day {
            Some(text) => values::day(text)?,
            None => opened.today(now)?,
        };
        let (label, shown) = opened.answer(self.pass.as_deref(), &ask, day, now)?;
        let printed = self.output.put(shown.to_bytes())?;
        let version = Code::new(shown.to_bytes())?.version();
        let bytes = shown.to_bytes().len();
        let mut report = Report::new(
            format!(
                "{label}, for {} only: {bytes} bytes, QR version {version}",
                ask.audience
            ),
            json!({
                "pass": label, "audience": ask.audience, "policy": ask.policy,
                "payload_bytes": bytes, "qr_version": version, "out": self.output.out,
            }),
        );
        report.lines.extend(printed);
        Ok(report)
    }
}

impl Strips {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        sheet::check(&self.out)?;
        let opened = Opened::open(context, &self.dir.dir)?;
        let policy = opened.policy(&self.policy)?;
        let venue = match (&self.venue, policy.any_audience) {
            (Some(venue), false) => venue.as_str(),
            (None, true) => "any door",
            (Some(_), true) => {
                return Err(Failure::bad(
                    "this policy's strips go at any door; leave out --venue",
                ));
            }
            (None, false) => {
                return Err(Failure::bad(
                    "this policy's strips are for one venue; add --venue",
                ));
            }
        };
        let scheme = &opened.holder.bundle.scheme;
        let ask = Ask::new(scheme, veilpass::scheme::Mode::Strip, &self.policy, venue);
        let first = values::day(&self.from)?;
        let bar = context.progress(u64::from(self.days), "strips");
        let mut strips = Vec::new();
        for offset in 0..i32::from(self.days) {
            let day = first
                .plus(offset)
                .ok_or_else(|| Failure::bad("the days are outside the calendar"))?;
            let answered = opened.answer(self.pass.as_deref(), &ask, day, context.now());
            let (_, shown) = answered.map_err(|failure| failure.about(day))?;
            strips.push(strips::Strip::new(shown.to_bytes(), day)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        let title = format!("{}: {} ({venue})", scheme.name(), self.policy);
        let written = sheet::write(&strips::pages(&title, &strips), &self.out)?;
        Ok(Report::new(
            format!(
                "{} strips, each for its own day; print at 100 %, keep them like a key",
                self.days
            ),
            json!({ "days": self.days, "from": self.from, "out": written }),
        ))
    }
}

impl Forget {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut opened = Opened::open(context, &self.dir.dir)?;
        let passes = opened.wallet.passes.iter().map(|entry| &entry.label);
        let pending = opened.wallet.pending.iter().map(|entry| &entry.label);
        if !passes.chain(pending).any(|label| *label == self.label) {
            return Err(Failure::bad(format!(
                "there is nothing called {}; `holder list` shows what there is",
                self.label
            )));
        }
        context.confirm(&format!("Delete {} for ever?", self.label), self.yes)?;
        (opened.wallet.passes).retain(|entry| entry.label != self.label);
        (opened.wallet.pending).retain(|entry| entry.label != self.label);
        opened.save()?;
        Ok(Report::new(
            format!("{} is forgotten", self.label),
            json!({ "forgotten": self.label }),
        ))
    }
}
