//! The command line: four roles, the demonstration that plays them all, and the measurements.
//!
//! Every command is a function from its arguments to a `Report` or a `Failure`; printing and exit
//! codes are here. The demonstration calls the same functions with the same arguments as a user would.

mod artefact;
mod audit;
mod authority;
mod bench;
mod demo;
mod evidence;
mod files;
mod holder;
mod inspect;
mod issuer;
mod keys;
mod operators;
mod ports;
mod report;
mod sheet;
mod values;
mod verifier;

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

use report::{Failure, Report};
use veilpass_app::ports::NobodyToAsk;

/// A privacy-preserving pass: blind issuance, a QR code that proves "eligible until at least today" and
/// nothing else, checked at a door with no network.
///
/// Four roles, each with a folder of its own: an authority keeps the scheme, issuers sign passes blindly,
/// holders keep and show them, verifiers check them. `veilpass demo` plays them all; docs/operating.md
/// walks through each.
///
/// Exit codes: 0 accepted or done, 1 refused, 2 bad usage or bad input.
#[derive(Parser)]
#[command(name = "veilpass", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    json: bool,
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

#[derive(Subcommand)]
enum Command {
    /// Keep a scheme: accredit issuers, give out handles, revoke, publish.
    #[command(subcommand)]
    Authority(authority::Command),
    /// Issue passes blindly, with no connection to anything.
    #[command(subcommand)]
    Issuer(issuer::Command),
    /// Keep passes and show them.
    #[command(subcommand)]
    Holder(holder::Command),
    /// Ask for passes and check them, with no network.
    #[command(subcommand)]
    Verifier(verifier::Command),
    // These three say what they are themselves: words here would hide their longer help and examples.
    Inspect(inspect::Inspect),
    Demo(demo::Demo),
    Bench(bench::Bench),
}

/// Where a role keeps what is its own.
#[derive(Args, Clone)]
struct Dir {
    /// The role's own folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

fn moment(text: &str) -> Result<i64, String> {
    let example = "write it like 2021-06-28T19:04:00+03:00";
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .map_err(|_| example.to_owned())
}

/// What every command has at hand.
pub(crate) struct Context {
    json: bool,
    at: Option<i64>,
    pub(crate) passphrase: keys::Source,
    runtime: tokio::runtime::Runtime,
}

impl Context {
    fn new(common: Common) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        Ok(Self {
            json: common.json,
            at: common.at,
            passphrase: keys::Source {
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
fn ask(question: &str, yes: bool) -> Result<bool, NobodyToAsk> {
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

fn run(command: &Command, context: &Context) -> Result<Report, Failure> {
    match command {
        Command::Authority(command) => command.run(context),
        Command::Issuer(command) => command.run(context),
        Command::Holder(command) => command.run(context),
        Command::Verifier(command) => command.run(context),
        Command::Inspect(inspect) => inspect.run(context),
        Command::Demo(demo) => demo.run(context),
        Command::Bench(bench) => bench.run(context),
    }
}

/// Runs the program: reads the arguments, does what they say, prints, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.common.json;
    let done = Context::new(cli.common).and_then(|context| {
        let report = run(&cli.command, &context)?;
        context.print(&report)?;
        Ok(report.exit())
    });
    done.unwrap_or_else(|failure| {
        // Whoever closed these does not want to know.
        let _ = if json {
            writeln!(std::io::stdout(), "{}", failure.json())
        } else {
            let mut errors = anstream::stderr().lock();
            writeln!(errors, "\x1b[1;31merror\x1b[0m: {}", failure.shown())
        };
        ExitCode::from(failure.exit)
    })
}

/// Runs a command line given as words, in this process: what the demonstration does.
fn play(words: &[&str]) -> Result<Report, Failure> {
    let words = std::iter::once("veilpass").chain(words.iter().copied());
    let cli = Cli::try_parse_from(words).map_err(Failure::bad)?;
    let context = Context::new(cli.common)?;
    run(&cli.command, &context)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    /// What every command's long help must have, by the path of its words.
    fn without_example(command: &mut clap::Command, path: &str, found: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        if !command.has_subcommands() && !command.render_long_help().to_string().contains("Example")
        {
            found.push(path.clone());
        }
        for command in command.get_subcommands_mut() {
            without_example(command, &path, found);
        }
    }

    #[test]
    fn every_commands_help_has_an_example() {
        let mut found = Vec::new();
        without_example(&mut Cli::command(), "", &mut found);
        assert_eq!(found, [""; 0]);
    }
}
