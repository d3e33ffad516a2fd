//! Where and of what a report was made: milliseconds mean nothing without it.

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::report::Failure;

/// This machine and this program.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) veilpass: &'static str,
    pub(super) rustc: String,
    pub(super) build: &'static str,
    pub(super) date: String,
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) system: String,
    /// Processes that were running or waiting, over the last minute, when it began.
    pub(super) load: Option<String>,
}

impl Machine {
    pub(super) fn here(now: i64) -> Result<Self, Failure> {
        let system = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        Ok(Self {
            veilpass: env!("CARGO_PKG_VERSION"),
            rustc: compiler().unwrap_or_else(|| "not known".to_owned()),
            build: if cfg!(debug_assertions) {
                "with debug assertions: slower than a release"
            } else {
                "release"
            },
            date: Timestamp::from_second(now)?.to_string(),
            cpu: cpu().unwrap_or_else(|| "not known".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system,
            load: first_word("/proc/loadavg"),
        })
    }
}

fn first_word(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let mut lines = text.lines();
    let line = lines.find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// What the compiler wrote about itself into this program: on ELF systems a note like
/// "rustc version 1.95.0 (59807616e 2026-04-14)".
fn compiler() -> Option<String> {
    let program = std::fs::read(std::env::current_exe().ok()?).ok()?;
    note(&program)
}

/// The first such note that a number follows: the words stand in this very function, too.
fn note(program: &[u8]) -> Option<String> {
    const WORDS: &[u8] = b"rustc version ";
    let mut rest = program;
    loop {
        let place = rest
            .windows(WORDS.len())
            .position(|window| window == WORDS)?;
        rest = rest.get(place + WORDS.len()..)?;
        if rest.first().is_some_and(u8::is_ascii_digit) {
            let end = rest
                .iter()
                .take(60)
                .position(|byte| !(b' '..=b'~').contains(byte));
            let note = rest.get(..end?)?;
            return Some(String::from_utf8_lossy(note).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::note;

    #[test]
    fn the_compilers_note_is_found_behind_other_words() {
        let program = b"\x7fELF rustc version of\0..rustc version 1.95.0 (abc 2026-01-01)\0rest";
        assert_eq!(note(program).as_deref(), Some("1.95.0 (abc 2026-01-01)"));
        assert_eq!(note(b"rustc version "), None);
        assert_eq!(note(b"nothing"), None);
    }
}
