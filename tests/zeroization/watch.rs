//! Plays the scenarios, looks, and judges.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::image::{self, Place};
use super::scenarios::{ALL, BUSY};
use super::secrets::{Findings, Secrets};
use super::stage::Stage;

/// Names the scenario to the process that acts it.
pub const ROLE: &str = "VEILPASS_ZEROIZATION_ROLE";
/// The folder for what comes from outside.
const FOLDER: &str = "VEILPASS_ZEROIZATION_FOLDER";
/// Everything is dropped.
const DROPPED: &str = "dropped";

/// The scenario that leaves copies on purpose.
const PLANTED: &str = "planted";

/// How long a process that does not wait is looked into.
const LOOKING: Duration = Duration::from_secs(20);

/// What was found while the secrets lived, and after.
pub struct Found {
    pub alive: Findings,
    pub after: Findings,
}

/// The process that is looked into.
pub struct Actor {
    child: Child,
    words: BufReader<ChildStdout>,
    go: ChildStdin,
}

/// Plays a scenario, or the program, in this process, which is looked into.
pub fn act(role: &str) {
    let mut stage = Stage::Acting;
    if let Some((_, scenario)) = ALL.iter().find(|(name, _)| *name == role) {
        let folder = std::env::var(FOLDER).unwrap();
        scenario(&mut stage, Path::new(&folder));
    } else {
        #[cfg(feature = "cli")]
        let _ = veilpass::cli::main();
    }
    stage.pause(DROPPED);
}

impl Actor {
    pub fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let words = BufReader::new(child.stdout.take().unwrap());
        let go = child.stdin.take().unwrap();
        Self { child, words, go }
    }

    fn look(&self, secrets: &Secrets) -> std::io::Result<Findings> {
        Ok(secrets.find(&image::take(self.child.id())?))
    }

    /// Looks again and again until all was seen at some time, or the process has come to its end.
    fn look_often(&self, secrets: &Secrets, seen: &mut Findings) {
        let start = Instant::now();
        while start.elapsed() < LOOKING {
            // It may not have begun, or be changing its mappings.
            if let Ok(found) = self.look(secrets) {
                seen.extend(found);
            }
            if unseen(secrets, seen).is_empty() {
                return;
            }
        }
    }

    /// Follows the process to its end.
    pub fn watch(mut self, secrets: &Secrets, waits: bool) -> Found {
        let mut alive = Findings::new();
        if !waits {
            self.look_often(secrets, &mut alive);
        }
        loop {
            let mut word = String::new();
            let length = self.words.read_line(&mut word).unwrap();
            assert!(length > 0, "the process ended before it was looked into");
            match word.trim_end() {
                DROPPED => break,
                BUSY => self.look_often(secrets, &mut alive),
                _ if !waits => {}
                _ => {
                    alive.extend(self.look(secrets).unwrap());
                    writeln!(self.go).unwrap();
                }
            }
        }
        let after = self.look(secrets).unwrap();
        writeln!(self.go).unwrap();
        assert!(self.child.wait().unwrap().success());
        Found { alive, after }
    }
}

/// Secrets that were found nowhere.
fn unseen<'a>(secrets: &'a Secrets, found: &Findings) -> Vec<&'a str> {
    let seen = |name: &str| found.keys().any(|(found, _)| found == name);
    secrets.lasting().filter(|name| !seen(name)).collect()
}

/// Why no other process can be looked into, if that is so here.
fn forbidden() -> Option<std::io::Error> {
    let mut child = Command::new("sleep").arg("5").spawn().ok()?;
    let tried = image::take(child.id());
    let _ = child.kill();
    let _ = child.wait();
    tried.err()
}

/// Plays all scenarios; ends with an error if one is not as it must be.
pub fn all() {
    if let Some(error) = forbidden() {
        println!("skipped: the memory of a child process cannot be read here: {error}");
        return;
    }
    let mut failures = Vec::new();
    // As with other tests, words on the command line choose some.
    let words: Vec<_> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    for (name, scenario) in ALL.into_iter().filter(|(name, _)| chosen(name)) {
        let folder = tempfile::tempdir().unwrap();
        let mut stage = Stage::Learning(Secrets::default());
        scenario(&mut stage, folder.path());
        let Stage::Learning(secrets) = stage else {
            unreachable!()
        };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(ROLE, name).env(FOLDER, folder.path());
        let found = Actor::start(command).watch(&secrets, true);
        failures.extend(judge(name, &secrets, &found));
    }
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    assert!(failures.is_empty(), "secrets in memory are not as listed");
}

/// Everything was found alive; afterwards nothing on the heap. What the compiler leaves on
/// the stack is shown and not judged: it is another with each compiler.
fn judge(scenario: &str, secrets: &Secrets, found: &Found) -> Vec<String> {
    let mut failures = Vec::new();
    for name in unseen(secrets, &found.alive) {
        failures.push(format!("{scenario}: {name} was not found while it lived"));
    }
    println!("{scenario}: {} secrets", secrets.names().count());
    for ((name, place), forms) in &found.after {
        println!("    left on the {place:?}: {name} {forms:?}");
        if *place == Place::Heap && scenario != PLANTED {
            failures.push(format!(
                "{scenario}: {name} was left on the {place:?}: {forms:?}"
            ));
        }
    }
    if scenario == PLANTED {
        for name in secrets.names() {
            if !found.after.contains_key(&(name.to_owned(), Place::Heap)) {
                failures.push(format!("{scenario}: {name} was planted and not found"));
            }
        }
    }
    failures
}
