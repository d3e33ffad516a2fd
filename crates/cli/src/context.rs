//! What every command has at hand: its clock, where passphrases come from, and the person at the terminal.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use jiff::Timestamp;

use super::keys::Source;
use super::report::{Failure, Report};
use veilpass_app::ports::NobodyToAsk;

/// What can be said with every command.
#[derive(Args)]
pub(crate) struct Common {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Act as if it were this moment, for rehearsals: 2021-06-28T19:04:00+03:00, for example.
    #[arg(long, global = true, value_name = "TIME", value_parser = moment, env = "VEILPASS_AT")]
    at: Option<i64>,
    /// Take the passphrase from the first line of this file. Otherwise it is taken from the environment
    /// variable VEILPASS_PASSPHRASE, or asked for.
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<String>,
    /// Work that guessing a new file's passphrase takes, log2 (scrypt); about a second if not given.
    /// Lower it for rehearsals only.
    #[arg(long, global = true, value_name = "LOG2", env = "VEILPASS_WORK_FACTOR")]
    work_factor: Option<u8>,
}

/// Where a role keeps what is its own.
#[derive(Args, Clone)]
pub(crate) struct Dir {
    /// The role's own folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}

fn moment(text: &str) -> Result<i64, String> {
    let example = "write it like 2021-06-28T19:04:00+03:00";
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .map_err(|_| example.to_owned())
}

/// What every command has at hand.
pub(crate) struct Context {
    pub(crate) json: bool,
    at: Option<i64>,
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
            at: common.at,
            passphrase: Source {
                file: common.passphrase_file,
                work: common.work_factor,
            },
            runtime,
        })
    }

    /// The clock, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        let clock = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
            since.and_then(|since| i64::try_from(since.as_secs()).ok())
        };
        self.at.or_else(clock).unwrap_or(0)
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
        let mut out = anstream::stdout().lock();
        let written = if self.json {
            writeln!(out, "{}", report.json)
        } else {
            writeln!(out, "{}", report.lines.join("\n"))
        };
        match written {
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
