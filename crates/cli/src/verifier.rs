//! The verifier: a door with a bundle and no network.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, json};

use super::artefact::{self, Kind, Output};
use super::files;
use super::report::{Failure, Report, hex};
use super::values;
use super::{Context, Dir};
use veilpass::presentation::{
    Accepted, Ask, Challenge, Door, Expected, Remembered, ReplayEntry, Verdict,
};
use veilpass::scheme::{Bundle, Mode, Policy, SchemeCard, UnverifiedBundle};
use veilpass_app::store::VerifierStore;
use veilpass_sqlite::SqliteVerifier;

const DATABASE: &str = "verifier.db";

/// Where a pass says how it is bound to its moment (docs/format.md).
const MODE_BYTE: usize = 6;

/// How often a watched folder is looked at.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Set up a door in a new folder.
    ///
    /// Example: veilpass verifier init --dir door --scheme scheme.vp --bundle bundle.vp --venue "Cafe
    /// Pushkin" --policy restaurant
    Init(Init),
    /// Take a newer bundle.
    ///
    /// Example: veilpass verifier update --dir door bundle.vp
    Update(Update),
    /// Ask one guest: a question with a nonce that is answered once.
    ///
    /// Example: veilpass verifier ask --dir door --out question.png
    Ask(AskOne),
    /// Make the poster for the door: a question that every guest answers.
    ///
    /// Example: veilpass verifier poster --dir door --out poster.svg
    Poster(Poster),
    /// Check a pass: a picture, a file, text, or standard input (-). Exit code 0 is green, 1 is red.
    ///
    /// Example: veilpass verifier verify --dir door pass.png
    Verify(Verify),
}

/// How passes are bound to their moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Each guest answers a nonce of their own.
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
}

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    dir: Dir,
    /// The newer bundle.
    bundle: String,
}

#[derive(Args)]
pub(super) struct AskOne {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Poster {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    dir: Dir,
    /// The pass.
    #[arg(required_unless_present = "watch")]
    pass: Option<String>,
    /// What the door expects. Poster if the policy takes posters, else its first mode.
    #[arg(long, value_enum)]
    mode: Option<ModeArg>,
    /// In challenge mode: the question that was asked. The newest one if not given.
    #[arg(long, value_name = "FILE")]
    question: Option<String>,
    /// Check every picture that appears in this folder, until stopped.
    #[arg(long, value_name = "FOLDER", conflicts_with = "pass")]
    watch: Option<PathBuf>,
    /// With --watch: stop after so many passes.
    #[arg(long, value_name = "N", requires = "watch")]
    stop_after: Option<u32>,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Update(update) => update.run(context),
            Self::Ask(ask) => ask.run(context),
            Self::Poster(poster) => poster.run(context),
            Self::Verify(verify) => verify.run(context),
        }
    }
}

/// A door's folder, open.
struct Gate {
    store: SqliteVerifier,
    card: SchemeCard,
    bundle: Bundle,
    venue: String,
    policy: String,
}

impl Gate {
    fn open(context: &Context, dir: &Path) -> Result<Self, Failure> {
        let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), false))?;
        let get = |name| context.wait(store.get(name));
        let text = |name| {
            let bytes = get(name)?.ok_or(StoreError::Empty)?;
            String::from_utf8(bytes).map_err(Failure::bad)
        };
        let card = SchemeCard::from_bytes(&get("card")?.ok_or(StoreError::Empty)?)?;
        let bundle = context.wait(store.bundle())?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle(&bundle).verify(&card.key, Some(&card.scheme), None)?;
        Ok(Self {
            venue: text("venue")?,
            policy: text("policy")?,
            store,
            card,
            bundle,
        })
    }

    fn door(&self) -> Result<Door<'_>, Failure> {
        Ok(Door::new(&self.bundle, &self.policy, &self.venue)?)
    }

    fn policy(&self) -> Result<&Policy, Failure> {
        // A door asks a policy that its bundle has, or it is none.
        self.door()?;
        let policy = self.bundle.policy(&self.policy);
        policy.ok_or_else(|| Failure::bad("the bundle has no such policy"))
    }

    fn accepts(&self, mode: Mode) -> Result<(), Failure> {
        if self.policy()?.modes.contains(&mode) {
            return Ok(());
        }
        Err(Failure::bad(format!(
            "policy {} takes no {}",
            self.policy,
            match mode {
                Mode::Challenge => "answers to single questions",
                Mode::Poster => "answers to posters",
                Mode::Strip => "paper strips",
            }
        )))
    }
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Kind::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bytes = artefact::load(&self.bundle, Kind::Bundle)?;
        let bundle = UnverifiedBundle(&bytes)
            .verify(&card.key, Some(&card.scheme), None)
            .map_err(Failure::refused)?;
        Door::new(&bundle, &self.policy, &self.venue)?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), true))?;
        if context.wait(store.get("card"))?.is_some() {
            return Err(StoreError::NotEmpty.into());
        }
        context.wait(store.put_bundle(bundle.version, &bytes))?;
        context.wait(store.put("venue", self.venue.as_bytes()))?;
        context.wait(store.put("policy", self.policy.as_bytes()))?;
        // The card last: with it the folder is set up.
        context.wait(store.put("card", &card.to_bytes()))?;
        Ok(Report::new(
            format!("the door of {} asks {}", self.venue, self.policy),
            json!({ "venue": self.venue, "policy": self.policy, "bundle": bundle.version }),
        ))
    }
}

impl Update {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let gate = Gate::open(context, &self.dir.dir)?;
        let bytes = artefact::load(&self.bundle, Kind::Bundle)?;
        let bundle = UnverifiedBundle(&bytes)
            .verify(&gate.card.key, Some(&gate.card.scheme), Some(&gate.bundle))
            .map_err(Failure::refused)?;
        (context.wait(gate.store.put_bundle(bundle.version, &bytes))).map_err(Failure::refused)?;
        Ok(Report::new(
            format!("the door has bundle {}", bundle.version),
            json!({ "bundle": bundle.version }),
        ))
    }
}

impl AskOne {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let gate = Gate::open(context, &self.dir.dir)?;
        gate.accepts(Mode::Challenge)?;
        let challenge = Challenge::new(&mut rand::rng());
        let ask = gate.door()?.ask(&challenge);
        context.wait(gate.store.asked(challenge.nonce(), context.now()))?;
        asked(&gate, &ask, &self.output)
    }
}

impl Poster {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let gate = Gate::open(context, &self.dir.dir)?;
        gate.accepts(Mode::Poster)?;
        let ask = gate.door()?.poster(Mode::Poster);
        asked(&gate, &ask, &self.output)
    }
}

fn asked(gate: &Gate, ask: &Ask, output: &Output) -> Result<Report, Failure> {
    let shown = output.put(&ask.to_bytes())?;
    let mut report = Report::new(
        format!("{} asks “{}”", gate.venue, gate.policy),
        json!({ "venue": gate.venue, "policy": gate.policy, "out": output.out }),
    );
    report.lines.extend(shown);
    Ok(report)
}

impl Verify {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        match (&self.watch, &self.pass) {
            (Some(folder), _) => self.watch(context, folder),
            (None, Some(pass)) => self.check(context, pass),
            (None, None) => Err(Failure::bad("name a pass, or --watch a folder")),
        }
    }

    /// What the door expects. A pass that says it answers a question of its own is held to that,
    /// which asks for more than a poster does.
    fn mode(&self, gate: &Gate, payload: &[u8]) -> Result<Mode, Failure> {
        let modes = &gate.policy()?.modes;
        let usual = || {
            let challenge = modes.iter().find(|mode| **mode == Mode::Challenge);
            if let (Some(mode), Some(&0)) = (challenge, payload.get(MODE_BYTE)) {
                return Some(*mode);
            }
            let poster = modes.iter().find(|mode| **mode == Mode::Poster);
            poster.or(modes.first()).copied()
        };
        let mode = self.mode.map(ModeArg::mode).or_else(usual);
        let mode = mode.ok_or_else(|| Failure::bad("the policy takes no passes at all"))?;
        gate.accepts(mode)?;
        Ok(mode)
    }

    /// The challenge that must be answered; it is used up by this.
    fn challenge(&self, context: &Context, gate: &Gate) -> Result<Challenge, Failure> {
        let since = context.now() - i64::from(gate.policy()?.window);
        let open = match &self.question {
            Some(source) => {
                let ask = Ask::from_bytes(&artefact::load(source, Kind::Question)?)?;
                let nonce = ask
                    .nonce
                    .ok_or_else(|| Failure::bad(format!("{source} is a poster's question")))?;
                let ours = gate.door()?.ask(&Challenge::from_store(nonce));
                if ours.to_bytes() != ask.to_bytes() {
                    return Err(Failure::bad(format!(
                        "{source} is not a question of this door"
                    )));
                }
                let taken = context.wait(gate.store.take_this_nonce(&nonce, since))?;
                taken.then_some(nonce)
            }
            None => context.wait(gate.store.take_nonce(since))?,
        };
        let nonce = open.ok_or_else(|| {
            Failure::refused("no question is open, or it was answered or is too old; ask again")
        })?;
        Ok(Challenge::from_store(nonce))
    }

    fn check(&self, context: &Context, pass: &str) -> Result<Report, Failure> {
        // For each pass anew: the bundle may have been updated meanwhile, the day may have changed.
        let gate = Gate::open(context, &self.dir.dir)?;
        // Read first: an unreadable picture changes nothing, and does not use up the question.
        let payload = artefact::load(pass, Kind::Pass)?;
        gate.tidy(context)?;
        let mode = self.mode(&gate, &payload)?;
        let mut open = Vec::new();
        if mode == Mode::Challenge {
            open.push(self.challenge(context, &gate)?);
        }
        let expected = match mode {
            Mode::Challenge => Expected::answers(&open),
            Mode::Poster => Expected::posters(),
            Mode::Strip => Expected::strips(),
        };
        let verified = (gate.door()?).verify(&payload, expected, context.now(), &mut rand::rng());
        let verdict = match verified {
            Ok(verified) => {
                let remembered = gate.remember(context, verified.entry())?;
                verified.accept(remembered)
            }
            Err(reason) => Verdict::Refused(reason),
        };
        Ok(match verdict {
            Verdict::Accepted(accepted) => green(&accepted),
            Verdict::Refused(reason) => Report {
                lines: vec![format!("\x1b[1;97;41m  RED  \x1b[0m {reason}")],
                json: json!({
                    "accepted": false,
                    "reason": reason,
                    "message": reason.to_string(),
                }),
                refused: true,
            },
        })
    }

    fn watch(&self, context: &Context, folder: &Path) -> Result<Report, Failure> {
        pictures(folder)?;
        let mut done: HashSet<Picture> = HashSet::new();
        let mut before: HashSet<Picture> = HashSet::new();
        let (mut accepted, mut refused) = (0u32, 0u32);
        while self.stop_after.is_none_or(|stop| accepted + refused < stop) {
            let found = pictures(folder).unwrap_or_default();
            for picture in &found {
                // A file that is as it was at the last look is whole.
                if !before.contains(picture) || !done.insert(picture.clone()) {
                    continue;
                }
                let name = picture.0.display().to_string();
                let report = self.check(context, &name).unwrap_or_else(red);
                *(if report.refused {
                    &mut refused
                } else {
                    &mut accepted
                }) += 1;
                context.print(&report.field("file", name))?;
                if self.stop_after == Some(accepted + refused) {
                    break;
                }
            }
            before = found.into_iter().collect();
            std::thread::sleep(PAUSE);
        }
        Ok(Report::new(
            format!("{accepted} green, {refused} red"),
            json!({ "green": accepted, "red": refused }),
        ))
    }
}

/// A file with its size and when it was changed: a camera may write the same name again.
type Picture = (PathBuf, u64, Option<SystemTime>);

/// The pictures in a folder, in the order of their names.
fn pictures(folder: &Path) -> Result<Vec<Picture>, Failure> {
    let cannot = |error| Failure::bad(format!("cannot watch {}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)?.flatten() {
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        let known = ["png", "jpg", "jpeg", "txt", "vp"].contains(&extension.as_str());
        // Neither folders nor pipes, which could be waited for without end.
        if let (true, Ok(data)) = (known, path.metadata())
            && data.is_file()
        {
            found.push((path, data.len(), data.modified().ok()));
        }
    }
    found.sort();
    Ok(found)
}

/// What a watched door shows for something that is no pass.
fn red(failure: Failure) -> Report {
    Report {
        lines: vec![format!("\x1b[1;97;41m  RED  \x1b[0m {}", failure.shown())],
        json: json!({ "accepted": false, "message": failure.message }),
        refused: true,
    }
}

fn green(accepted: &Accepted) -> Report {
    let mut disclosed = Map::new();
    let mut report = Report::new("\x1b[1;97;42m GREEN \x1b[0m let them in", json!({}));
    for (name, value) in &accepted.disclosed {
        let value = values::show(value);
        report = report.line(format!(
            "  {name}: {value} (compare with the guest's identity card)"
        ));
        disclosed.insert(name.clone(), value.into());
    }
    report.json = json!({
        "accepted": true,
        "disclosed": disclosed,
        "pseudonym": accepted.pseudonym.map(|pseudonym| hex(&pseudonym)),
    });
    report
}

impl Gate {
    /// The store's part between verified and accepted. The challenge was used up when it was taken.
    fn remember(&self, context: &Context, entry: &ReplayEntry) -> Result<Remembered, Failure> {
        let mark = self.store.mark(entry.audience(), entry.day(), entry.tag());
        Ok(if context.wait(mark)? {
            Remembered::New
        } else {
            Remembered::Known
        })
    }

    /// Forgets what must not be kept: marks of days past (yesterday counts until its last bucket is
    /// over), and questions too old to be answered.
    fn tidy(&self, context: &Context) -> Result<(), Failure> {
        let now = context.now();
        // By a clock that is wrong nothing is forgotten.
        if self.bundle.check_clock(now).is_err() {
            return Ok(());
        }
        let window = i64::from(self.policy()?.window);
        let zone = self.bundle.scheme.zone();
        if let Some(day) = zone.day_of(now - 2 * window) {
            context.wait(self.store.forget_before(day, now - window))?;
        }
        Ok(())
    }
}
