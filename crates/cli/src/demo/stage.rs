//! The stage of the demonstration: folders, a clock, what was seen, and how long it took.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::artefact;
use crate::context::Context;
use crate::report::{Failure, Report};
use veilpass::qr::Code;

/// Runs a command line, given as words, as a user would.
pub(crate) type Play = fn(&[&str]) -> Result<Report, Failure>;

/// Where it is played, and what was seen.
pub(super) struct Stage<'a> {
    pub(super) context: &'a Context,
    /// Runs a command line, given as words.
    pub(super) command: Play,
    pub(super) dir: PathBuf,
    /// The clock of the story, Unix seconds.
    pub(super) now: i64,
    /// What took how long.
    pub(super) times: Vec<(&'static str, Duration)>,
    /// What went otherwise than it must.
    pub(super) surprises: Vec<String>,
}

/// How a door answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Green,
    Red(&'static str),
}

impl Stage<'_> {
    pub(super) fn say(&self, text: &str) {
        if !self.context.json {
            anstream::println!("\x1b[1m{text}\x1b[0m");
        }
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    /// Runs a command of the story; `@name` is a file of the stage.
    pub(super) fn play(&mut self, what: &'static str, words: &[&str]) -> Result<Report, Failure> {
        let at = Timestamp::from_second(self.now)?.to_string();
        let paths: Vec<String> = (words.iter())
            .map(|word| match word.strip_prefix('@') {
                Some(name) => self.path(name),
                None => (*word).to_owned(),
            })
            .collect();
        if !self.context.json {
            let shown: Vec<_> = words.iter().map(|word| quoted(word)).collect();
            anstream::println!("  \x1b[2m$ veilpass {}\x1b[0m", shown.join(" "));
        }
        let secret = self.path("passphrase.txt");
        // A rehearsal: the keys are thrown away, so little work is put into the passphrase.
        let common = [
            "--at",
            &at,
            "--passphrase-file",
            &secret,
            "--weak-keys",
            "--work-factor",
            "4",
        ];
        let words = paths.iter().map(String::as_str).chain(common);
        let start = Instant::now();
        let report = (self.command)(&words.collect::<Vec<_>>())
            .map_err(|failure| failure.about(format!("veilpass {}", paths.join(" "))))?;
        self.times.push((what, start.elapsed()));
        if let (false, Some(line)) = (self.context.json, report.lines.first()) {
            anstream::println!("    {line}");
        }
        Ok(report)
    }

    /// Notes what went otherwise than it must.
    pub(super) fn must(&mut self, held: bool, what: impl Into<String>) -> bool {
        if !held {
            self.surprises.push(what.into());
        }
        held
    }

    /// Checks a picture at a door and compares the verdict.
    pub(super) fn check(
        &mut self,
        door: &str,
        picture: &str,
        wanted: Answer,
    ) -> Result<bool, Failure> {
        let (dir, picture) = (format!("@{door}"), format!("@{picture}"));
        let words = ["verifier", "verify", "--dir", &dir, &picture];
        self.judged(&words, door, wanted)
    }

    /// Checks an answer to a question at a door and compares the verdict.
    pub(super) fn check_answer(
        &mut self,
        door: &str,
        (question, picture): (&str, &str),
        wanted: Answer,
    ) -> Result<bool, Failure> {
        let dir = format!("@{door}");
        let (question, picture) = (format!("@{question}"), format!("@{picture}"));
        let check = ["verifier", "verify", "--dir", &dir, &picture];
        let words = [&check[..], &["--question", &question]].concat();
        self.judged(&words, door, wanted)
    }

    fn judged(&mut self, words: &[&str], door: &str, wanted: Answer) -> Result<bool, Failure> {
        let report = self.play("verify", words)?;
        let right = match wanted {
            Answer::Green => !report.refused,
            Answer::Red(reason) => report.json.get("reason") == Some(&Json::from(reason)),
        };
        Ok(self.must(right, format!("{door}: {}, not {wanted:?}", report.json)))
    }

    /// Bytes and QR versions of the artefacts.
    pub(super) fn sizes(&self) -> Result<(Vec<Json>, Vec<String>), Failure> {
        let mut lines = vec![format!(
            "{:<20} {:>8} {:>12}",
            "artefact", "bytes", "QR version"
        )];
        let mut sizes = Vec::new();
        for name in [
            "anna-offer.png",
            "anna-request.png",
            "anna-response.png",
            "poster.png",
            "question.png",
            "pass.png",
            "public/scheme.vp",
            "public/bundle.vp",
            "public/holders.vp",
        ] {
            let bytes = artefact::bytes(&self.path(name))?;
            let version = Code::new(&bytes).ok().map(|code| code.version());
            let shown = version.map_or("–".to_owned(), |version| version.to_string());
            lines.push(format!("{name:<20} {:>8} {shown:>12}", bytes.len()));
            sizes.push(json!({ "name": name, "bytes": bytes.len(), "qr_version": version }));
        }
        Ok((sizes, lines))
    }

    /// The mean time of each kind of command, in milliseconds: with reading keys, pictures, databases.
    pub(super) fn means(&self) -> serde_json::Map<String, Json> {
        let mut means = serde_json::Map::new();
        for (what, _) in &self.times {
            let same = self.times.iter().filter(|(other, _)| other == what);
            let (count, sum) = same.fold((0, Duration::ZERO), |(count, sum), (_, time)| {
                (count + 1, sum + *time)
            });
            let mean = sum.as_secs_f64() * 1000.0 / f64::from(count);
            means.insert((*what).to_owned(), json!((mean * 10.0).round() / 10.0));
        }
        means
    }

    pub(super) fn timetable(&self) -> Vec<String> {
        let head = format!("{:<20} {:>8}   (whole commands)", "command", "ms");
        let means = self.means();
        let rows = means
            .iter()
            .map(|(what, mean)| format!("{what:<20} {mean:>8}"));
        std::iter::once(head).chain(rows).collect()
    }

    /// Deletes all but the pass's pictures.
    pub(super) fn sweep(&self) {
        for entry in self.dir.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            let keep = path.ends_with("pass.png") || path.ends_with("pass.svg");
            // What cannot be deleted is a temporary file of a rehearsal.
            let _ = match (keep, path.is_dir()) {
                (true, _) => Ok(()),
                (false, true) => std::fs::remove_dir_all(&path),
                (false, false) => std::fs::remove_file(&path),
            };
        }
    }
}

/// A word as a shell would need it; the stage's files without their folder.
fn quoted(word: &str) -> String {
    let word = word.strip_prefix('@').unwrap_or(word);
    let plain = |c: char| c.is_alphanumeric() || "-_./=:".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{word}'")
    }
}
