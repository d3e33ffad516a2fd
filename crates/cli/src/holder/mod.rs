//! The holder: keeps passes in an encrypted wallet and shows them.

mod list;
mod present;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::{KeyFiles, right_folder};
use crate::report::{Failure, Report, hex};
use crate::source::{Again, From, Kept, Place};
use crate::values::{self, Settings};
use veilpass::SyncError;
use veilpass::artefact::Artefact;
use veilpass::issuance::{Draw, Offer, ReceiveError, Response};
use veilpass::registry::BucketName;
use veilpass::scheme::{Day, SchemeCard, Value};
use veilpass_app::holder::{
    Ends, Holder, HolderError, Pass, Requested, Setup, Synced, Unsealed, fetch_new,
};
use veilpass_app::ports::{Keys, names};

/// How many key sets a bundle has at most.
const MAX_KEY_SETS: usize = 2;

/// The sealed wallet.
const WALLET: &str = "wallet.age";

/// The newest holders' bundle, in the open beside the wallet.
const BUNDLE: &str = "holders.vp";

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
    /// Show the code that you and the issuer compare, from the picture that the issuer shows after your request.
    ///
    /// Example: veilpass holder code --dir wallet draw.png
    Code(Compare),
    /// Take the issuer's response into the wallet, after checking all of it.
    ///
    /// Example: veilpass holder receive --dir wallet response.png --label clinic
    Receive(Receive),
    /// Bring all passes up to date with a newer bundle. Fetch at fixed hours and not before you go out: what is fetched then
    /// tells little about you.
    ///
    /// Example: veilpass holder sync --dir wallet https://pass.example/public --every 6h
    Sync(Sync),
    /// List passes, what ends soon, and requests that wait for an answer.
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
    /// The folder that the authority publishes, or its https:// address; or its holders' bundle as a file.
    #[arg(long, value_name = "PLACE")]
    bundle: String,
    #[command(flatten)]
    from: From,
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
    /// Of an offer that renews a pass: the pass; the first one that can be renewed if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Compare {
    #[command(flatten)]
    dir: Dir,
    /// What the issuer drew: a picture, file or text.
    draw: String,
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
    /// Of a renewed pass: take it although it ends earlier than the old one.
    #[arg(long)]
    shorter: bool,
    /// Where the authority publishes, its folder or https:// address, if the pass rests on a handle that was drawn
    /// long ago.
    #[arg(long, value_name = "PLACE")]
    public: Option<String>,
    #[command(flatten)]
    from: From,
}

#[derive(Args)]
pub(super) struct Sync {
    #[command(flatten)]
    dir: Dir,
    /// The folder that the authority publishes, or its https:// address; or the newest holders' bundle as a file.
    bundle: String,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    again: Again,
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
    /// The venue by its name, for a policy that binds strips to one.
    #[arg(long)]
    venue: Option<String>,
    /// The card of a registered venue, in the place of its name.
    #[arg(long, value_name = "FILE", conflicts_with = "venue")]
    card: Option<String>,
    /// Which pass; the first that can answer if not given.
    #[arg(long, value_name = "LABEL")]
    pass: Option<String>,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// How many days.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=60))]
    days: u16,
    /// Print them without asking.
    #[arg(long)]
    yes: bool,
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
            Self::Code(compare) => compare.run(context),
            Self::Receive(receive) => receive.run(context),
            Self::Sync(sync) => sync.run(context),
            Self::List(list) => list.run(context),
            Self::Present(present) => present.run(context),
            Self::Strips(strips) => strips.run(context),
            Self::Forget(forget) => forget.run(context),
        }
    }
}

/// A wallet's folder, open: nobody else changes the wallet meanwhile.
struct Opened<T> {
    wallet: T,
    _lock: File,
}

/// Refuses a folder whose wallet was lost: a new one there would make its owner forget that there was another.
fn not_lost(keys: &KeyFiles<'_>, dir: &Path) -> Result<(), HolderError> {
    if dir.join(BUNDLE).exists() && !keys.has(names::WALLET) {
        return Err(HolderError::Lost(keys.called(names::WALLET)));
    }
    Ok(())
}

/// Opens the wallet; the bundle is to come.
fn unseal<'a>(context: &'a Context, dir: &Path) -> Result<Opened<Unsealed<KeyFiles<'a>>>, Failure> {
    let keys = KeyFiles::wallet(context, dir);
    not_lost(&keys, dir)?;
    right_folder(dir, WALLET)?;
    if !keys.has(names::WALLET) {
        return Err(HolderError::NotSetUp.into());
    }
    let lock = files::lock(dir)?;
    Ok(Opened {
        wallet: Holder::open(keys)?,
        _lock: lock,
    })
}

/// Opens the wallet with the bundle in its folder.
fn open<'a>(context: &'a Context, dir: &Path) -> Result<Opened<Holder<KeyFiles<'a>>>, Failure> {
    let Opened { wallet, _lock } = unseal(context, dir)?;
    let bundle = files::read(&dir.join(BUNDLE).display().to_string()).map_err(|failure| {
        failure.about("the bundle is missing; run `holder sync` with the newest one")
    })?;
    let opened = Opened {
        wallet: wallet.with_bundle(&bundle, &mut rand::rng())?,
        _lock,
    };
    context.in_zone(opened.wallet.scheme().zone());
    Ok(opened)
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = match self.from.place(&self.bundle)? {
            Some(place) => fetch_new(&card, &place, &context.bar(), &mut rand::rng())?,
            None => artefact::load(&self.bundle, Artefact::HolderBundle)?,
        };
        let setup = Setup::new(card, &bundle, &mut rand::rng())?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        let keys = KeyFiles::wallet(context, dir);
        not_lost(&keys, dir)?;
        let created = Holder::create(&keys, setup)?;
        // The passphrase before anything is written.
        keys.choose()?;
        artefact::save(&dir.join(BUNDLE), &bundle, Access::Public)?;
        let holder = created.seal()?;
        Ok(Report::new(
            format!("a wallet for {} is ready", holder.scheme().name()),
            json!({ "scheme": hex(holder.scheme().id()), "bundle": holder.bundle_version() }),
        ))
    }
}

impl Request {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let offer = artefact::load(&self.offer, Artefact::Offer)?;
        let offer = Offer::from_bytes(&offer)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let values = (self.settings)
            .read(|name, text| veilpass_app::values::read(holder.scheme().schema(), name, text))?;
        if offer.renewal().is_some() {
            if !values.is_empty() {
                return Err(Failure::bad(
                    "this offer renews a pass, and what you set yourself is carried over; leave --set out",
                ));
            }
            let (pass, now) = (self.pass.as_deref(), context.now());
            let renewed = holder.renew(&offer, pass, &self.label, now, &mut rand::rng())?;
            return self.shown(&renewed);
        }
        if self.pass.is_some() {
            return Err(Failure::bad("this offer renews nothing; leave --pass out"));
        }
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let requested = holder.request(
            &offer,
            &values,
            &self.label,
            context.now(),
            &mut rand::rng(),
        )?;
        self.shown(&requested)
    }

    fn shown(&self, requested: &Requested) -> Result<Report, Failure> {
        let shown = self.output.put(&requested.request)?;
        let mut report = Report::new(
            "show this request to the issuer; then scan what the issuer shows, with `holder code`",
            json!({ "label": requested.label, "out": self.output.out }),
        );
        if let Some(renews) = &requested.renews {
            let anew = renews.anew.iter();
            let anew = anew.map(|(name, days)| format!("{name} (up to {days} days ahead)"));
            let anew = anew.collect::<Vec<_>>().join(", ");
            report.lines = vec![
                format!("it renews {}, which nobody sees", renews.pass),
                format!("  new from the issuer: {anew}"),
                format!("  carried over unseen: {}", renews.carried.join(", ")),
            ];
            let names: Vec<_> = renews.anew.iter().map(|(name, _)| name).collect();
            report = report
                .field("renews", json!(renews.pass))
                .field("anew", json!(names))
                .field("carried", json!(renews.carried));
        }
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Compare {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let draw = artefact::load(&self.draw, Artefact::Draw)?;
        let draw = Draw::from_bytes(&draw)?;
        let opened = open(context, &self.dir.dir)?;
        let (label, code) = opened.wallet.code(&draw)?;
        Ok(Report::new(
            format!(
                "the issuer must see the code {code} too; if it sees another one, ask for a new offer"
            ),
            json!({ "label": label, "code": code }),
        ))
    }
}

impl Receive {
    /// Fetches the bucket without which the pass has no witness.
    fn fetch(&self, holder: &mut Holder<KeyFiles<'_>>, name: BucketName) -> Result<(), Failure> {
        let place = match &self.public {
            Some(named) => self.from.place(named)?,
            None => None,
        };
        let Some(place) = place else {
            return Err(Failure::refused(
                "the pass rests on a handle that was drawn long ago, and what is at hand does not reach back to it: receive it again with \
                 --public and the folder that the authority publishes, or its https:// address",
            ));
        };
        let path = self.dir.dir.join(BUNDLE);
        let own = files::read(&path.display().to_string())?;
        let bundle = holder.fetch_bucket(&own, name, &place, &mut rand::rng())?;
        artefact::save(&path, &bundle, Access::Public)
    }

    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let response = artefact::load(&self.response, Artefact::Response)?;
        let response = Response::from_bytes(&response)?;
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        let ends = match self.shorter {
            true => Ends::Any,
            false => Ends::NotEarlier,
        };
        let receive = |holder: &mut Holder<_>| {
            holder.receive(&response, self.label.as_deref(), ends, context.now())
        };
        let mut received = receive(holder);
        // Around a rotation there are two key sets, each with a bucket.
        for _ in 0..MAX_KEY_SETS {
            match received {
                Err(HolderError::Receive(ReceiveError::Sync(SyncError::NeedsBucket(name)))) => {
                    self.fetch(holder, name)?;
                    received = receive(holder);
                }
                _ => break,
            }
        }
        let label = received?;
        let mut report = Report::new(
            format!("the pass is checked and in the wallet, called {label}"),
            json!({ "label": label }),
        );
        (report.lines).extend(holder.pass(&label).iter().flat_map(attributes));
        Ok(report)
    }
}

/// What the pass says, for its holder, in lines.
fn attributes(pass: &Pass<'_>) -> Vec<String> {
    let attributes = pass.attributes.iter();
    attributes
        .map(|attribute| {
            let shown = match attribute.value {
                Value::Date(Day::NEVER) if attribute.is_end => {
                    veilpass_app::values::NONE.to_owned()
                }
                other => values::show(other),
            };
            format!("  {}: {shown}", attribute.name)
        })
        .collect()
}

/// Fetches what the wallet needs. A server may be slow, so that meanwhile the wallet is free for whoever stands at a door; if it
/// was changed it is opened again.
fn fetched<'a>(
    context: &'a Context,
    dir: &Path,
    opened: Opened<Unsealed<KeyFiles<'a>>>,
    place: &Place,
) -> Result<(Opened<Unsealed<KeyFiles<'a>>>, Vec<u8>), Failure> {
    let read = |name: &str| files::read(&dir.join(name).display().to_string());
    let (own, sealed) = (read(BUNDLE).unwrap_or_default(), read(WALLET)?);
    let Opened { wallet, _lock } = opened;
    drop(_lock);
    let kept = Kept::beside(place, dir);
    let bundle = wallet.fetch(&own, &kept, &context.bar(), &mut rand::rng())?;
    let _lock = files::lock(dir)?;
    let opened = match read(WALLET)? == sealed {
        true => Opened { wallet, _lock },
        false => {
            drop(_lock);
            unseal(context, dir)?
        }
    };
    Ok((opened, bundle))
}

impl Sync {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.again.run(context, || self.once(context))
    }

    fn once(&self, context: &Context) -> Result<Report, Failure> {
        let (dir, place) = (&self.dir.dir, self.from.place(&self.bundle)?);
        let mut opened = unseal(context, dir)?;
        let bundle = match place {
            Some(place) => {
                let bundle;
                (opened, bundle) = fetched(context, dir, opened, &place)?;
                bundle
            }
            None => artefact::load(&self.bundle, Artefact::HolderBundle)?,
        };
        let updated = (opened.wallet).update(&bundle, context, &mut rand::rng())?;
        artefact::save(&dir.join(BUNDLE), &bundle, Access::Public)?;
        Kept::forget(dir);
        let passes = updated.passes().to_vec();
        let version = updated.seal()?.bundle_version();
        let json: Vec<Json> = (passes.iter())
            .map(|Synced { label, outcome }| {
                let why = outcome.as_ref().err().map(ToString::to_string);
                json!({ "label": label, "good": outcome.is_ok(), "why": why })
            })
            .collect();
        let mut report = Report::new(
            format!("the wallet has bundle {version}"),
            json!({ "bundle": version, "passes": json }),
        );
        for Synced { label, outcome } in &passes {
            report = report.line(match outcome {
                Ok(()) => format!("  {label}: up to date"),
                Err(error) => format!("  {label}: {error}"),
            });
        }
        let failed = |pass: &Synced| pass.outcome.is_err();
        report.refused = !passes.is_empty() && passes.iter().all(failed);
        Ok(report)
    }
}

impl Forget {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut opened = open(context, &self.dir.dir)?;
        let holder = &mut opened.wallet;
        holder.find(&self.label)?;
        context.confirm(&format!("Delete {} for ever?", self.label), self.yes)?;
        holder.forget(&self.label)?;
        Ok(Report::new(
            format!("{} is forgotten", self.label),
            json!({ "forgotten": self.label }),
        ))
    }
}
