//! Checking passes: one, or whatever appears in a folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::{Map, json};

use super::open;
use crate::artefact;
use crate::context::{Context, Dir};
use crate::files;
use crate::language::Lang;
use crate::report::{Failure, Report, hex};
use crate::values;
use veilpass::artefact::Artefact;
use veilpass::presentation::{Accepted, Question, Reason, Verdict};
use veilpass_app::verifier::VerifierError;
use veilpass_words::{Language, verdict};

/// How often a watched folder is looked at.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(super) dir: Dir,
    /// The pass.
    #[arg(required_unless_present_any = ["watch", "lines"])]
    pass: Option<String>,
    /// The question that was asked (`verifier ask`): then nothing but the answer to it is taken. If not given, whatever
    /// the door takes by its set-up, and answers to all open questions.
    #[arg(long, value_name = "FILE", conflicts_with = "lines")]
    question: Option<String>,
    /// Check every picture that appears in this folder, until stopped.
    #[arg(long, value_name = "FOLDER", conflicts_with = "pass")]
    watch: Option<PathBuf>,
    /// With --watch: stop after so many passes.
    #[arg(long, value_name = "N", requires = "watch")]
    stop_after: Option<u32>,
    /// For scanners and turnstiles: a pass as text in each line of standard input, until it ends. For each a line comes
    /// out with one JSON object, whose `accepted` lets somebody in if it is true. Exit code 0 at the end of the input,
    /// whatever the verdicts were.
    #[arg(long, conflicts_with_all = ["pass", "watch"])]
    lines: bool,
    #[command(flatten)]
    lang: Lang,
}

impl Verify {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match (&self.watch, &self.pass) {
            _ if self.lines => super::lines::run(self, context),
            (Some(folder), _) => self.watch(context, folder),
            (None, Some(pass)) => self.check(context, pass),
            (None, None) => Err(Failure::bad("name a pass, or --watch a folder")),
        }
    }

    fn check(&self, context: &Context, pass: &str) -> Result<Report, Failure> {
        let loaded = artefact::load(pass, Artefact::Pass);
        let payload = loaded.map_err(|failure| self.unread(context, failure))?;
        self.judge(context, &payload)
    }

    /// Why nothing could be read, first in the language of whoever stands at the door; programs get the reason alone.
    fn unread(&self, context: &Context, failure: Failure) -> Failure {
        let language = self.lang.lang;
        match context.json || language == Language::English {
            true => failure,
            false => Failure {
                message: format!("{} ({})", verdict::unread(language), failure.message),
                ..failure
            },
        }
    }

    /// The verdict on a pass.
    pub(super) fn judge(&self, context: &Context, payload: &[u8]) -> Result<Report, Failure> {
        // For each pass anew: the bundle may have been updated meanwhile, the day may have changed.
        let verifier = open(context, &self.dir.dir)?;
        let question = self.question.as_deref().map(question).transpose()?;
        let (now, mut rng) = (context.time(), rand::rng());
        let verdict = verifier.verify(payload, question.as_ref(), now, &mut rng);
        let verdict = context.wait(verdict).map_err(|error| match error {
            VerifierError::PosterQuestion => self
                .about_question("is the poster's question; --question takes one of `verifier ask`"),
            VerifierError::ForeignQuestion => self.about_question("is not a question of this door"),
            other => other.into(),
        })?;
        Ok(match verdict {
            Verdict::Accepted(accepted) => green(self.lang.lang, &accepted),
            Verdict::Refused(reason) => refused(self.lang.lang, reason),
        })
    }

    /// In which language it speaks.
    pub(super) fn language(&self) -> Language {
        self.lang.lang
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
                let report = self
                    .check(context, &name)
                    .unwrap_or_else(|failure| red(self.lang.lang, failure));
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
            verdict::sum(self.lang.lang, accepted, refused),
            json!({ "green": accepted, "red": refused }),
        ))
    }
}

fn question(source: &str) -> Result<Question, Failure> {
    Ok(Question::from_bytes(&artefact::load(
        source,
        Artefact::Question,
    )?)?)
}

/// A file with its size and when it was changed: a camera may write the same name again.
type Picture = (PathBuf, u64, Option<SystemTime>);

/// The pictures in a folder, in the order of their names.
fn pictures(folder: &Path) -> Result<Vec<Picture>, Failure> {
    let mut found = Vec::new();
    for entry in files::list(folder)?.flatten() {
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

fn red_line(language: Language, why: &str) -> String {
    let label = verdict::red_label(language);
    format!("\x1b[1;97;41m  {label}  \x1b[0m {why}")
}

/// A red verdict.
fn refused(language: Language, reason: Reason) -> Report {
    let words = verdict::refused(language, reason);
    Report {
        lines: vec![red_line(language, &words)],
        json: json!({
            "accepted": false,
            "reason": reason,
            "message": reason.to_string(),
            "error": reason.to_string(),
            "words": words,
        }),
        refused: true,
        ..Report::default()
    }
}

/// What a door that goes on shows for something that is no pass.
fn red(language: Language, failure: Failure) -> Report {
    // What is wrong with the picture is said in English, behind what the staff must know.
    let why = match language {
        Language::English => failure.shown(),
        _ => format!("{} ({})", verdict::unread(language), failure.shown()),
    };
    Report {
        lines: vec![red_line(language, &why)],
        json: json!({ "accepted": false, "message": failure.message, "error": failure.message,
            "words": verdict::unread(language) }),
        refused: true,
        ..Report::default()
    }
}

fn green(language: Language, accepted: &Accepted) -> Report {
    let mut disclosed = Map::new();
    let (label, words) = (verdict::green_label(language), verdict::green(language));
    let line = format!("\x1b[1;97;42m {label} \x1b[0m {words}");
    let mut report = Report::new(line, json!({}));
    for (name, value) in &accepted.disclosed {
        let value = values::show(value);
        let compare = verdict::compare(language, name, &value);
        report = report.line(format!("  {compare}"));
        disclosed.insert(name.clone(), value.into());
    }
    report.json = json!({
        "accepted": true,
        "disclosed": disclosed,
        "pseudonym": accepted.pseudonym.map(|pseudonym| hex(&pseudonym)),
        "words": words,
    });
    report
}
