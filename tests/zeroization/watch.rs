//! Looks into a process that plays, and judges what was found.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::image::{self, Place};
use super::secrets::{Findings, Secrets};

/// Names the scenario to the process that acts it.
pub const ROLE: &str = "VEILPASS_ZEROIZATION_ROLE";
/// All is made and nothing dropped.
pub const ALIVE: &str = "alive";
/// Something is under way and does not wait.
pub const BUSY: &str = "busy";
/// Everything is dropped.
pub const DROPPED: &str = "dropped";

/// The scenario that leaves copies on purpose.
const PLANTED: &str = "planted";

/// What the program says when it asks.
const ASKS: &str = "\"ask\"";

/// How long a process that does not wait is looked into.
const LOOKING: Duration = Duration::from_secs(20);

/// How often a process that waits is looked at until it can be read.
const TRIES: usize = 20;

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

    /// Looks at a process that waits: what still changes its mappings are threads that end.
    fn look_surely(&self, secrets: &Secrets) -> Findings {
        for _ in 0..TRIES {
            if let Ok(found) = self.look(secrets) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.look(secrets).unwrap()
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
                word if waits && (word == ALIVE || word.contains(ASKS)) => {
                    alive.extend(self.look_surely(secrets));
                    writeln!(self.go).unwrap();
                }
                _ => {}
            }
        }
        let after = self.look_surely(secrets);
        // The end of the input, which reaches whoever reads it.
        drop(self.go);
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

/// Whether nobody can be looked into here; says so.
pub fn skipped() -> bool {
    let forbidden = forbidden();
    if let Some(error) = &forbidden {
        println!("skipped: the memory of a child process cannot be read here: {error}");
    }
    forbidden.is_some()
}

/// As with other tests, words on the command line choose some.
pub fn chosen(name: &str) -> bool {
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .peekable();
    words.peek().is_none() || words.any(|word| name.contains(&word))
}

/// Ends with an error if something is not as it must be.
pub fn end(failures: &[String]) {
    for failure in failures {
        println!("FAILED: {failure}");
    }
    assert!(
        failures.is_empty(),
        "secrets in memory are not as they must be"
    );
    println!("nothing is left on the heap but what was planted, if that was played");
}

/// Everything was found alive; afterwards nothing on the heap. What the compiler leaves on
/// the stack is shown and not judged: it is another with each compiler.
pub fn judge(scenario: &str, secrets: &Secrets, found: &Found) -> Vec<String> {
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
