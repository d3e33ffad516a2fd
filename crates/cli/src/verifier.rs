//! The verifier: a door with a bundle and no network.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, json};

use super::artefact::{self, Output};
use super::context::{Context, Dir};
use super::files;
use super::report::{Failure, Report, hex};
use super::values;
use veilpass::artefact::Artefact;
use veilpass::presentation::{Accepted, Ask, Verdict};
use veilpass::scheme::{Mode, SchemeCard};
use veilpass_app::verifier::{Expectation, Setup, Verifier, VerifierError};
use veilpass_sqlite::SqliteVerifier;

const DATABASE: &str = "verifier.db";

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

/// The verifier of a folder.
fn open(context: &Context, dir: &Path) -> Result<Verifier<SqliteVerifier>, Failure> {
    let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), false))?;
    Ok(context.wait(Verifier::open(store))?)
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = artefact::load(&self.bundle, Artefact::Bundle)?;
        let setup = Setup::new(card, bundle, &self.venue, &self.policy)?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteVerifier::open(&dir.join(DATABASE), true))?;
        let verifier = context.wait(Verifier::create(store, setup))?;
        let (venue, policy) = (verifier.venue(), verifier.policy_name());
        Ok(Report::new(
            format!("the door of {venue} asks {policy}"),
            json!({ "venue": venue, "policy": policy, "bundle": verifier.bundle_version() }),
        ))
    }
}

impl Update {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut verifier = open(context, &self.dir.dir)?;
        let bundle = artefact::load(&self.bundle, Artefact::Bundle)?;
        context.wait(verifier.update(&bundle))?;
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
        let ask = context.wait(verifier.ask(context.now(), &mut rand::rng()))?;
        asked(&ask, &self.output)
    }
}

impl Poster {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let verifier = open(context, &self.dir.dir)?;
        asked(&verifier.poster()?, &self.output)
    }
}

fn asked(ask: &Ask, output: &Output) -> Result<Report, Failure> {
    let shown = output.put(&ask.to_bytes())?;
    let (venue, policy) = (&ask.audience, &ask.policy);
    let mut report = Report::new(
        format!("{venue} asks “{policy}”"),
        json!({ "venue": venue, "policy": policy, "out": output.out }),
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

    fn check(&self, context: &Context, pass: &str) -> Result<Report, Failure> {
        // For each pass anew: the bundle may have been updated meanwhile, the day may have changed.
        let verifier = open(context, &self.dir.dir)?;
        // Read first: an unreadable picture changes nothing, and does not use up the question.
        let payload = artefact::load(pass, Artefact::Pass)?;
        let question = self.question.as_deref().map(question).transpose()?;
        let expectation = Expectation {
            mode: self.mode.map(ModeArg::mode),
            question,
        };
        let mut rng = rand::rng();
        let verdict = verifier.verify(&payload, &expectation, context.now(), &mut rng);
        let verdict = context.wait(verdict).map_err(|error| match error {
            VerifierError::PosterQuestion => self.about_question("is a poster's question"),
            VerifierError::ForeignQuestion => self.about_question("is not a question of this door"),
            other => other.into(),
        })?;
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

    fn about_question(&self, what: &str) -> Failure {
        let source = self.question.as_deref().unwrap_or("the question");
        Failure::bad(format!("{source} {what}"))
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

fn question(source: &str) -> Result<Ask, Failure> {
    Ok(Ask::from_bytes(&artefact::load(
        source,
        Artefact::Question,
    )?)?)
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
