//! The command line: four roles, the demonstration that plays them all, and the measurements.
//!
//! Every command is a function from its arguments to a `Report` or a `Failure`; printing and exit
//! codes are here. The demonstration calls the same functions with the same arguments as a user would.

mod artefact;
mod audit;
mod authority;
mod bench;
mod bundle;
mod clock;
mod context;
mod demo;
mod evidence;
mod files;
mod holder;
mod inspect;
mod issuer;
mod keys;
mod language;
mod operators;
mod pictures;
mod ports;
mod public;
mod report;
mod sheet;
mod source;
mod trusted;
mod usage;
mod values;
mod verifier;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use clock::{in_words, with_clock};
use context::{Common, Context};
use report::{Failure, Report};

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

fn run(command: &Command, context: &Context) -> Result<Report, Failure> {
    match command {
        Command::Authority(command) => command.run(context),
        Command::Issuer(command) => command.run(context),
        Command::Holder(command) => command.run(context),
        Command::Verifier(command) => command.run(context),
        Command::Inspect(inspect) => inspect.run(context),
        Command::Demo(demo) => demo.run(context, play),
        Command::Bench(bench) => bench.run(context),
    }
}

/// Runs the program: reads the arguments, does what they say, prints, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::failed(error),
    };
    let json = cli.common.json;
    let context = match Context::new(cli.common) {
        Ok(context) => context,
        Err(failure) => return failed(&failure, json, None),
    };
    let done = run(&cli.command, &context).and_then(|report| {
        let report = report.finished();
        context.print(&report)?;
        Ok(report.exit())
    });
    done.unwrap_or_else(|failure| failed(&failure, json, context.set_clock()))
}

/// Says why nothing was done. Whoever closed the outputs does not want to know.
fn failed(failure: &Failure, json: bool, clock: Option<String>) -> ExitCode {
    let _ = if json {
        writeln!(std::io::stdout(), "{}", with_clock(failure.json(), clock))
    } else {
        let mut errors = anstream::stderr().lock();
        let clock = clock.map_or(String::new(), |clock| format!("\n{}", in_words(&clock)));
        writeln!(errors, "\x1b[1;31merror\x1b[0m: {}{clock}", failure.shown())
    };
    ExitCode::from(failure.exit)
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
