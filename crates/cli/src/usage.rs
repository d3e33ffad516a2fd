//! Bad usage, as clap finds it: for people in its words, for programs as any other failure.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::report::Failure;

/// Arguments that can come from the environment, each with its variable.
const VARIABLES: [(&str, &str); 3] = [
    ("--at", "VEILPASS_AT"),
    ("--work-factor", "VEILPASS_WORK_FACTOR"),
    ("--lang", "VEILPASS_LANG"),
];

/// Says what is wrong with these arguments, or what was asked for: help, or the version.
pub(crate) fn failed(error: clap::Error) -> ExitCode {
    let given: Vec<_> = std::env::args().collect();
    let error = named_right(error, &given);
    let json = given.iter().any(|argument| argument == "--json");
    if !json
        || matches!(
            error.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        )
    {
        error.exit();
    }
    super::failed(&Failure::bad(in_words(&error)), true, None)
}

/// What clap says, without what is for a terminal.
fn in_words(error: &clap::Error) -> String {
    let said = error.render().to_string();
    let said = said.trim().strip_prefix("error: ").unwrap_or(said.trim());
    said.to_owned()
}

/// A value that nobody wrote as an argument came from its variable, so that is what must be mended.
fn named_right(mut error: clap::Error, given: &[String]) -> clap::Error {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let name = argument.split(' ').next().unwrap_or_default();
    let written = |argument: &String| {
        argument
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let variable = VARIABLES.iter().find(|(of, _)| *of == name);
    if let Some((_, variable)) = variable
        && !given.iter().any(written)
    {
        let named = ContextValue::String((*variable).to_owned());
        error.insert(ContextKind::InvalidArg, named);
    }
    error
}
