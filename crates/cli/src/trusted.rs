//! Whose certificates are believed: a folder of signers, and a file of the issuers of health cards.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use super::context::Context;
use super::files;
use super::report::{Failure, deceives};
use veilpass_evidence::{CardIssuers, JwkError, Trust};

/// Whom to believe.
#[derive(Args)]
pub(super) struct Trusted {
    /// A folder with the signers that are believed: their certificates (PEM or DER), or a state's list of them (DSC
    /// list) with the public key of its publisher. What cannot be read in it is named, and the rest is used.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// The issuers of SMART Health Cards that are believed: a TOML file of [[issuer]] with `address`, `keys` (a JWK
    /// set's file) and, if it shall count, `country`, or of [[directory]] with `snapshot` (a directory's file, as VCI
    /// publishes it); paths in it begin at its folder. Or such a snapshot itself.
    #[arg(long, value_name = "FILE")]
    cards: Option<String>,
}

/// The file of card issuers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cards {
    #[serde(default)]
    issuer: Vec<CardIssuer>,
    #[serde(default)]
    directory: Vec<Directory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardIssuer {
    address: String,
    keys: PathBuf,
    country: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Directory {
    snapshot: PathBuf,
    country: Option<String>,
}

impl Trusted {
    /// Who is believed, and what could not be read, which standard error says, too.
    pub(super) fn read(&self, context: &Context) -> Result<(Trust, Vec<String>), Failure> {
        let (mut trust, mut skipped) = (Trust::default(), Vec::new());
        if let Some(folder) = &self.trust {
            let (read, unread) = Trust::from_directory(folder).map_err(Failure::bad)?;
            trust = read;
            skipped.extend(unread.iter().map(ToString::to_string));
        }
        if let Some(path) = &self.cards {
            cards(path, &mut trust.cards, &mut skipped)?;
        }
        if !context.json {
            let mut errors = anstream::stderr().lock();
            for what in &skipped {
                let shown = what.replace(deceives, "\u{fffd}");
                // Whoever closed the outputs does not want to know.
                let _ = writeln!(errors, "skipped: {shown}");
            }
        }
        Ok((trust, skipped))
    }
}

/// The issuers of a file of them.
fn cards(path: &str, issuers: &mut CardIssuers, skipped: &mut Vec<String>) -> Result<(), Failure> {
    let text = files::text(path)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut left_out = |file: &str, keys: Vec<JwkError>| {
        skipped.extend(keys.iter().map(|why| format!("{file}: {why}")));
    };
    if text.trim_start().starts_with('{') {
        let keys = snapshot(path, text.as_bytes(), None, issuers)?;
        left_out(path, keys);
        return Ok(());
    }
    let listed: Cards = files::toml(text).map_err(|failure: Failure| failure.about(path))?;
    if listed.issuer.is_empty() && listed.directory.is_empty() {
        let why = "no [[issuer]] and no [[directory]] is in it; nobody's cards would be believed";
        return Err(Failure::bad(why).about(path));
    }
    // Whoever wrote the file wrote its paths from where it lies, not from where somebody stands who uses it.
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    for issuer in &listed.issuer {
        let file = folder.join(&issuer.keys).display().to_string();
        let country = issuer.country.as_deref();
        let keys = issuers.add(&issuer.address, country, &files::read(&file)?);
        let keys = keys.map_err(|error| Failure::from(error).about(&file))?;
        left_out(&file, keys);
    }
    for directory in &listed.directory {
        let file = folder.join(&directory.snapshot).display().to_string();
        let content = files::read(&file)?;
        let keys = snapshot(&file, &content, directory.country.as_deref(), issuers)?;
        left_out(&file, keys);
    }
    Ok(())
}

fn snapshot(
    file: &str,
    content: &[u8],
    country: Option<&str>,
    issuers: &mut CardIssuers,
) -> Result<Vec<JwkError>, Failure> {
    let keys = issuers.add_snapshot(content, country);
    let keys = keys.map_err(|error| Failure::from(error).about(file))?;
    keys.ok_or_else(|| {
        let why = "this is no snapshot of a directory of card issuers, which has `issuerInfo`; keys of one issuer are \
                   named in a TOML file, with its address";
        Failure::bad(why).about(file)
    })
}
