//! What every command has at hand: its clock, where passphrases come from, and the person at the terminal.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::clock::{Clock, Moment, in_words, moment, with_clock};
use super::keys::{Source, Work};
use super::report::{Failure, Report};
use veilpass::scheme::{UnixTime, Zone};
use veilpass_app::ports::NobodyToAsk;

/// What can be said with every command.
#[derive(Args)]
pub(crate) struct Common {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Act as if it were this moment, for rehearsals: 2021-06-28T19:04:00+03:00, for example; without +03:00 it is
    /// the scheme's local time. It is said beside whatever comes of it. Issuers and doors take it only in a folder
    /// that was made with --rehearsal.
    #[arg(long, global = true, value_name = "TIME", value_parser = moment, env = "VEILPASS_AT")]
    at: Option<Moment>,
    /// Take the passphrase from the first line of this file. Otherwise it is taken from the environment
    /// variable VEILPASS_PASSPHRASE, or asked for.
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<String>,
    /// Work that guessing a new file's passphrase takes, log2 (scrypt): 17 to 22; about a second if not given. What is
    /// written in the place of a file keeps that file's.
    #[arg(long, global = true, value_name = "LOG2", env = "VEILPASS_WORK_FACTOR")]
    work_factor: Option<u8>,
    /// Allow a work factor below 17: for keys of a test, which protect nothing.
    #[arg(long, global = true, hide = true, env = "VEILPASS_WEAK_KEYS")]
    weak_keys: bool,
}

/// Where a role keeps what is its own.
#[derive(Args, Clone)]
pub(crate) struct Dir {
    /// The role's own folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

/// What every command has at hand.
pub(crate) struct Context {
    pub(crate) json: bool,
    clock: Clock,
    pub(crate) passphrase: Source,
    runtime: tokio::runtime::Runtime,
}

impl Context {
    pub(crate) fn new(common: Common) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        Ok(Self {
            json: common.json,
            clock: Clock::new(common.at),
            passphrase: Source {
                file: common.passphrase_file,
                work: Work::new(common.work_factor, common.weak_keys)?,
            },
            runtime,
        })
    }

    /// The clock, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The clock.
    pub(crate) fn time(&self) -> UnixTime {
        UnixTime::from_seconds(self.now())
    }

    /// Whether the clock was set.
    pub(crate) fn is_set(&self) -> bool {
        self.clock.is_set()
    }

    /// What a set clock shows, for whoever reads what came of it.
    pub(crate) fn set_clock(&self) -> Option<String> {
        self.clock.said()
    }

    /// From now on a set local time is known, and times are shown in this zone.
    pub(crate) fn in_zone(&self, zone: &Zone) {
        self.clock.in_zone(zone);
    }

    /// For a command that knows no scheme.
    pub(crate) fn needs_no_zone(&self) -> Result<(), Failure> {
        if self.clock.waits_for_zone() {
            return Err(Failure::bad(
                "this command knows no scheme, and so no local time; write --at with its offset, like \
                 2021-06-28T19:04:00+03:00",
            ));
        }
        Ok(())
    }

    /// The next moment at which clocks of the scheme's zone show this time.
    pub(crate) fn next(&self, time: jiff::civil::Time) -> Option<UnixTime> {
        self.clock.next(time)
    }

    /// A moment in the scheme's local time, with its offset.
    pub(crate) fn shown(&self, time: UnixTime) -> String {
        self.clock.shown(time)
    }

    /// What clocks of the scheme's zone show at a moment.
    pub(crate) fn shown_hour(&self, time: UnixTime) -> String {
        self.clock.hour(time)
    }

    /// What a program is told, with the set clock beside it.
    pub(crate) fn with_clock(&self, json: Value) -> Value {
        with_clock(json, self.set_clock())
    }

    /// What a command says, with the set clock beside it.
    fn said(&self, report: &Report) -> String {
        if self.json {
            return self.with_clock(report.json.clone()).to_string();
        }
        let clock = self.set_clock();
        let lines = report.lines.iter().cloned();
        let aside = if report.is_toml { "# " } else { "" };
        let clock = clock.map(|clock| format!("{aside}{}", in_words(&clock)));
        let all: Vec<_> = lines.chain(clock).collect();
        all.join("\n")
    }

    /// Waits for a store.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A progress bar on standard error, for people only.
    pub(crate) fn progress(&self, length: u64, what: &'static str) -> indicatif::ProgressBar {
        if self.json || length < 50 {
            return indicatif::ProgressBar::hidden();
        }
        let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
        indicatif::ProgressBar::new(length)
            .with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
            .with_message(what)
    }

    /// Asks a person for a yes; `yes` answers ahead.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if ask(question, yes)? {
            Ok(())
        } else {
            Err(Failure::refused("not done: the answer was no"))
        }
    }

    /// Prints a line of a command that goes on for long.
    pub(crate) fn print(&self, report: &Report) -> Result<(), Failure> {
        if report.is_empty() {
            return Ok(());
        }
        match writeln!(anstream::stdout().lock(), "{}", self.said(report)) {
            // A closed pipe is the reader's decision.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::bad(
                format!("it is done, but this could not be printed: {error}"),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a person agrees; `yes` answers ahead.
pub(crate) fn ask(question: &str, yes: bool) -> Result<bool, NobodyToAsk> {
    if yes {
        return Ok(true);
    }
    let nobody = || {
        NobodyToAsk(format!(
            "{question} Nobody can be asked here; add --yes if the answer is yes"
        ))
    };
    if !std::io::stdin().is_terminal() {
        return Err(nobody());
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|_| nobody())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
