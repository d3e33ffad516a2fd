//! The verifier at the command line: a door with a bundle and no network.

mod lines;
mod poster;
mod status;
mod venue;
mod verify;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::artefact::{self, Output};
use super::context::{Context, Dir};
use super::files;
use super::pictures::{self, Pictures};
use super::ports::right_folder;
use super::public::make_private_folder;
use super::report::{Failure, Report};
use super::source::{Again, From};
use veilpass::artefact::Artefact;
use veilpass::scheme::{Mode, SchemeCard};
use veilpass_app::verifier::{Setup, Verifier};
use veilpass_sqlite::SqliteVerifier;

const DATABASE: &str = "verifier.db";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Set up a door in a new folder.
    ///
    /// The folder is the door's memory: whoever was let in today is known to all who check passes with this folder, and
    /// to nobody else. Two folders of one venue are two memories, and let the same guest in twice.
    ///
    /// Example: veilpass verifier init --dir door --scheme scheme.vp --bundle bundle.vp --venue "Cafe
    /// Pushkin" --policy restaurant
    Init(Init),
    /// Write the venue's registration, for the authority to make a card from. The first one makes the venue's key, which stays
    /// in the door's folder and is under no passphrase: the door signs with it while nobody is there to type one.
    ///
    /// Example: veilpass verifier register --dir door --out registration.vp
    Register(venue::Register),
    /// Take in the card that the authority made: wallets then show that it vouches for the door's name.
    ///
    /// Example: veilpass verifier card --dir door card.vp
    Card(venue::Card),
    /// Change which passes the door takes.
    ///
    /// Example: veilpass verifier set-up --dir door --modes poster,strip
    SetUp(SetUp),
    /// Take a newer bundle.
    ///
    /// Example: veilpass verifier update --dir door https://pass.example/public --every 6h
    Update(Update),
    /// Write a bundle as pictures, for a door that no file reaches.
    ///
    /// Example: veilpass verifier pictures bundle.vp --to pictures
    Pictures(Pictures),
    /// Ask one guest: a question that is answered once. Several may be open.
    ///
    /// Example: veilpass verifier ask --dir door --out question.png
    Ask(AskOne),
    /// Make the poster for the door: a question that every guest answers, as a sheet to print or as its code alone.
    ///
    /// Example: veilpass verifier poster --dir door --out poster.pdf --lang en,ru
    Poster(poster::Poster),
    /// Check a pass: a picture, a file, text, or standard input (-). Exit code 0 is green, 1 is red.
    ///
    /// Example: veilpass verifier verify --dir door pass.png
    Verify(verify::Verify),
    /// Say how the door stands: what it takes, when its bundle ends, open questions, today's verdicts.
    ///
    /// Example: veilpass verifier status --dir door
    Status(status::Show),
}

/// How passes are bound to their moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Each guest answers a question of their own.
    Challenge,
    /// Guests answer the poster.
    Poster,
    /// Guests show paper strips.
    Strip,
}

impl ModeArg {
    fn mode(self) -> Mode {
        match self {
            Self::Challenge => Mode::Challenge,
            Self::Poster => Mode::Poster,
            Self::Strip => Mode::Strip,
        }
    }
}

/// A mode as people write it.
fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Challenge => "challenge",
        Mode::Poster => "poster",
        Mode::Strip => "strip",
        Mode::Renewal => "renewal",
    }
}

/// What a door takes, as its last words.
fn taken(modes: &[Mode]) -> String {
    let of = |mode: &Mode| match mode {
        Mode::Challenge => "answers to its questions",
        Mode::Poster => "passes for its poster",
        Mode::Strip => "paper strips",
        Mode::Renewal => "renewals",
    };
    let all: Vec<_> = modes.iter().map(of).collect();
    match all.split_last() {
        None => "takes nothing: choose with `verifier set-up --modes`".to_owned(),
        Some((only, [])) => format!("takes {only}"),
        Some((last, others)) => format!("takes {} and {last}", others.join(", ")),
    }
}

/// The names of modes, for programs.
fn words(modes: &[Mode]) -> Vec<&'static str> {
    modes.iter().map(|mode| word(*mode)).collect()
}

#[derive(Args)]
pub(super) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The authority's verifiers' bundle.
    #[arg(long, value_name = "FILE")]
    bundle: String,
    /// The door's name, as guests' wallets show it.
    #[arg(long)]
    venue: String,
    /// What it asks: a policy of the bundle.
    #[arg(long)]
    policy: String,
    /// Which passes it takes, of those that the policy allows. If not given: for its poster, and answers to its
    /// questions; paper strips if the policy allows nothing else.
    #[arg(long, value_enum, value_delimiter = ',')]
    modes: Vec<ModeArg>,
    /// For rehearsal: only such a folder takes a clock that is set by --at.
    #[arg(long)]
    rehearsal: bool,
}

#[derive(Args)]
pub(super) struct SetUp {
    #[command(flatten)]
    dir: Dir,
    /// Which passes it takes from now on, of those that the policy allows.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    modes: Vec<ModeArg>,
}

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    dir: Dir,
    /// The folder that the authority publishes, or its https:// address; or the newer bundle as a file; or the pictures of
    /// its parts, all of them, in any order.
    #[arg(required = true)]
    bundle: Vec<String>,
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    again: Again,
}

#[derive(Args)]
pub(super) struct AskOne {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    output: Output,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Register(register) => register.run(context),
            Self::Card(card) => card.run(context),
            Self::SetUp(set_up) => set_up.run(context),
            Self::Update(update) => update.run(context),
            Self::Pictures(pictures) => pictures.run(),
            Self::Ask(ask) => ask.run(context),
            Self::Poster(poster) => poster.run(context),
            Self::Verify(verify) => verify.run(context),
            Self::Status(status) => status.run(context),
        }
    }
}

/// The verifier of a folder.
fn open(context: &Context, dir: &Path) -> Result<Verifier<SqliteVerifier>, Failure> {
    right_folder(dir, DATABASE)?;
    let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), false))?;
    Ok(context.wait(Verifier::open(store, context))?)
}

fn modes(chosen: &[ModeArg]) -> Vec<Mode> {
    chosen.iter().map(|mode| mode.mode()).collect()
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = artefact::load(&self.bundle, Artefact::Bundle)?;
        let mut setup = Setup::new(card, bundle, &self.venue, &self.policy)?;
        if !self.modes.is_empty() {
            setup = setup.taking(&modes(&self.modes))?;
        }
        if self.rehearsal {
            setup = setup.for_rehearsal();
        }
        let dir = &self.dir.dir;
        make_private_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), true))?;
        let verifier = context.wait(Verifier::create(store, setup, context))?;
        let (venue, policy) = (verifier.venue(), verifier.policy_name());
        let modes = verifier.modes()?;
        let report = Report::new(
            format!("the door of {venue} asks {policy} and {}", taken(&modes)),
            json!({
                "venue": venue, "policy": policy, "modes": words(&modes),
                "bundle": verifier.bundle_version(),
            }),
        );
        Ok(report.line(format!(
            "only {} knows who was here today: check all passes for {venue} with this one folder",
            dir.display()
        )))
    }
}

impl SetUp {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut verifier = open(context, &self.dir.dir)?;
        context.wait(verifier.set_modes(&modes(&self.modes)))?;
        let (venue, modes) = (verifier.venue(), verifier.modes()?);
        Ok(Report::new(
            format!("the door of {venue} {}", taken(&modes)),
            json!({ "venue": venue, "modes": words(&modes) }),
        ))
    }
}

impl Update {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let etag = RefCell::new(None);
        self.again
            .run(context, || self.once(context, &mut etag.borrow_mut()))
    }

    fn once(&self, context: &Context, etag: &mut Option<String>) -> Result<Report, Failure> {
        let mut verifier = open(context, &self.dir.dir)?;
        let place = match self.bundle.as_slice() {
            [one] => self.from.place(one)?,
            _ => None,
        };
        let bundle = match place {
            Some(place) => place.bundle(etag.as_deref())?,
            None => Some((pictures::whole(&self.bundle)?, None)),
        };
        // The server says that it is the same; the door has that.
        if let Some((bundle, named)) = bundle {
            context.wait(verifier.update(&bundle))?;
            *etag = named;
        }
        let version = verifier.bundle_version();
        Ok(Report::new(
            format!("the door has bundle {version}"),
            json!({ "bundle": version }),
        ))
    }
}

impl AskOne {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let verifier = open(context, &self.dir.dir)?;
        let ask = context.wait(verifier.ask(context.time(), &mut rand::rng()))?;
        let shown = self.output.put(&ask.to_bytes())?;
        Ok(asked(&verifier, &self.output.out, shown))
    }
}

/// What is said of a question that was put to these places; `shown` is what else to print.
fn asked(verifier: &Verifier<SqliteVerifier>, out: &[PathBuf], shown: Vec<String>) -> Report {
    let (venue, policy) = (verifier.venue(), verifier.policy_name());
    let mut report = Report::new(
        format!("{venue} asks “{policy}”"),
        json!({ "venue": venue, "policy": policy, "out": out }),
    );
    report.lines.extend(shown);
    report
}
