//! The holder: keeps passes in an encrypted wallet and shows them.

mod issuance;
mod list;
mod present;
mod sync;

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::{KeyFiles, right_folder};
use crate::public::make_private_folder;
use crate::report::{Failure, Report, hex};
use crate::source::{Again, From};
use crate::values::{self, Settings};
use veilpass::artefact::Artefact;
use veilpass::scheme::{Day, SchemeCard, Value};
use veilpass_app::holder::{Holder, HolderError, Pass, PassAttribute, Setup, Unsealed, fetch_new};
use veilpass_app::ports::{Keys, names};

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
        make_private_folder(dir)?;
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

/// What the pass says, for its holder, in lines.
fn attributes(pass: &Pass<'_>) -> Vec<String> {
    let attributes = pass.attributes.iter();
    attributes
        .map(|attribute| format!("  {}: {}", attribute.name, shown(attribute)))
        .collect()
}

/// The value of an attribute, as its holder reads it.
fn shown(attribute: &PassAttribute<'_>) -> String {
    match attribute.value {
        Value::Date(Day::NEVER) if attribute.is_end => veilpass_app::values::NONE.to_owned(),
        other => values::show(other),
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
