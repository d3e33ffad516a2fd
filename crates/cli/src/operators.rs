//! Operators: people whose keys must agree before something large is let out of the house.
//!
//! An operator's agreement is a signature over what is let out, the time, and a number used once. It
//! stands in the log beside what it allowed, so an audit can check it for ever.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Context;
use super::files;
use super::keys::Source;
use super::report::{Failure, Report, hex};
use super::values;
use veilpass::scheme::{BundleKey, BundleVerifyingKey};
use veilpass_app::store::Ledger;
use veilpass_app::store::chain::Line;

/// What their signatures are of, among those of such keys.
const KIND: u8 = b'R';

/// So many are enrolled without an agreement.
const FOUNDERS: usize = 2;

/// The named value that lists them: a line each, label and key.
const LIST: &str = "operators";

/// The operators' agreement, where the scheme asks for it.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Agreement {
    /// The key of an operator who agrees. Can be given more than once.
    #[arg(long = "operator", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// For each --operator, in the same order, a file whose first line is its passphrase; it is asked for
    /// otherwise.
    #[arg(long = "operator-passphrase-file", value_name = "FILE")]
    passphrases: Vec<String>,
}

/// A new operator.
#[derive(Args)]
pub(super) struct Enrol {
    #[command(flatten)]
    pub(super) dir: super::Dir,
    /// What the operator is called.
    #[arg(long, value_parser = values::label)]
    label: String,
    /// Where the operator's key goes, under a passphrase that only the operator knows: a new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A file whose first line is that passphrase; it is asked for otherwise.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<String>,
    #[command(flatten)]
    agreement: Agreement,
}

/// Who is enrolled: label and key.
pub(super) struct Operators(Vec<(String, BundleVerifyingKey)>);

impl Operators {
    pub(super) fn of(context: &Context, store: &impl Ledger) -> Result<Self, Failure> {
        let list = context.wait(store.get(LIST))?.unwrap_or_default();
        let damaged = || Failure::bad("the list of operators is damaged; restore a backup");
        let text = String::from_utf8(list).map_err(|_| damaged())?;
        let read = |line: &str| {
            let (label, key) = line.split_once(' ').ok_or_else(damaged)?;
            let key = BundleVerifyingKey::from_bytes(&super::report::unhex(key)?)?;
            Ok((label.to_owned(), key))
        };
        Ok(Self(
            text.lines().map(read).collect::<Result<_, Failure>>()?,
        ))
    }

    /// Where the list is not what the log tells.
    pub(super) fn unlike(&self, lines: &[Line]) -> Option<String> {
        let enrolled = lines.iter().filter(|line| line.event == "operator");
        let told: String = enrolled.map(|line| format!("{}\n", line.detail)).collect();
        (told != self.to_text())
            .then(|| "the list of operators is not the one in the log".to_owned())
    }

    fn key(&self, label: &str) -> Option<&BundleVerifyingKey> {
        let mut found = self.0.iter().filter(|(known, _)| known == label);
        found.next().map(|(_, key)| key)
    }

    fn to_text(&self) -> String {
        let lines = self.0.iter();
        lines
            .map(|(label, key)| format!("{label} {}\n", hex(&key.to_bytes())))
            .collect()
    }
}

/// An operator's key, open.
struct Operator {
    label: String,
    key: BundleKey,
}

impl Operator {
    fn open(
        context: &Context,
        path: &std::path::Path,
        passphrase: Option<&String>,
    ) -> Result<Self, Failure> {
        let source = Source {
            file: passphrase.cloned(),
            work: context.passphrase.work,
        };
        let bytes = (source.ask_owner(&path.display().to_string())?).open(path)?;
        let damaged = || Failure::bad(format!("{} is no operator's key", path.display()));
        let (key, label) = bytes.split_at_checked(32).ok_or_else(damaged)?;
        Ok(Self {
            label: String::from_utf8(label.to_vec()).map_err(|_| damaged())?,
            key: BundleKey::from_bytes(key)?,
        })
    }
}

impl Agreement {
    /// Lets `needed` operators sign `what`; the line for the log. `None` if nobody is needed.
    pub(super) fn release(
        &self,
        context: &Context,
        store: &impl Ledger,
        (needed, house): (u8, &str),
        what: &str,
    ) -> Result<Option<String>, Failure> {
        if needed < 2 {
            return Ok(None);
        }
        let known = Operators::of(context, store)?;
        let mut nonce = [0; 8];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut nonce);
        let text = format!(
            "{what}; for {house}; at {}; once {}",
            context.now(),
            hex(&nonce)
        );
        let mut signatures: Vec<(String, String)> = Vec::new();
        for (place, path) in self.keys.iter().enumerate() {
            let operator = Operator::open(context, path, self.passphrases.get(place))?;
            if known.key(&operator.label) != Some(&operator.key.verifying_key()) {
                return Err(Failure::refused(format!(
                    "{} is not the key of an operator who is enrolled here",
                    path.display()
                )));
            }
            if signatures.iter().any(|(label, _)| *label == operator.label) {
                return Err(Failure::refused(format!(
                    "{} cannot agree twice",
                    operator.label
                )));
            }
            let signature = operator.key.sign_detached(KIND, text.as_bytes());
            signatures.push((operator.label, hex(&signature)));
        }
        if known.0.len() < usize::from(needed) {
            return Err(Failure::refused(format!(
                "this needs the agreement of {needed} operators, and only {} are enrolled; see the command \
                 `operator`",
                known.0.len()
            )));
        }
        if signatures.len() < usize::from(needed) {
            return Err(Failure::refused(format!(
                "this needs the agreement of {needed} operators, {} agreed; add --operator FILE for each",
                signatures.len()
            )));
        }
        let signatures = signatures.iter();
        let signatures: String = signatures
            .map(|(label, signature)| format!("; {label} {signature}"))
            .collect();
        Ok(Some(format!("{text}{signatures}")))
    }
}

/// What an agreement is for: one issuer of a scheme (by X), or its authority.
pub(super) fn house(scheme: &[u8; 32], name: &[u8]) -> String {
    let digest = Sha256::new_with_prefix(scheme)
        .chain_update(name)
        .finalize();
    hex(digest.first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// Whether a line enrols an operator whom those before must have agreed to.
pub(super) fn is_late_operator(before: &[Line], event: &str) -> bool {
    let enrolled = before
        .iter()
        .filter(|line| line.event == "operator")
        .count();
    event == "operator" && enrolled >= FOUNDERS
}

/// What a line of the log released, if enough operators signed it.
fn released<'a>(line: &'a Line, known: &Operators, (needed, house): (u8, &str)) -> Option<&'a str> {
    let mut parts = line.detail.split("; ");
    let (what, place) = (parts.next()?, parts.next()?);
    let (at, once) = (parts.next()?, parts.next()?);
    if place != format!("for {house}") || at != format!("at {}", line.at) {
        return None;
    }
    let text = format!("{what}; {place}; {at}; {once}");
    let mut agreed: Vec<&str> = Vec::new();
    for part in parts {
        let (label, signature) = part.split_once(' ')?;
        let signature = unhex_64(signature)?;
        let good = known
            .key(label)?
            .verify_detached(KIND, text.as_bytes(), &signature);
        if !good || agreed.contains(&label) {
            return None;
        }
        agreed.push(label);
    }
    (agreed.len() >= usize::from(needed)).then_some(what)
}

fn unhex_64(text: &str) -> Option<[u8; 64]> {
    let (low, high) = text.split_at_checked(64)?;
    let halves = [
        super::report::unhex(low).ok()?,
        super::report::unhex(high).ok()?,
    ];
    halves.concat().try_into().ok()
}

/// Lines of the log that let something out without enough operators, in words.
///
/// `large` says of a line what must have been released before it, if anything must.
pub(super) fn unreleased(
    lines: &[Line],
    known: &Operators,
    needed: (u8, &str),
    large: impl Fn(usize, &Line) -> bool,
) -> Vec<String> {
    let operators = needed.0;
    if operators < 2 {
        return Vec::new();
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut flags = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if line.event == "release" {
            if released(line, known, needed).is_none() || seen.contains(&&*line.detail) {
                flags.push(format!(
                    "line {}: an agreement that {operators} operators did not give",
                    line.number
                ));
            }
            seen.push(&line.detail);
        }
        if !large(place, line) {
            continue;
        }
        let before = place.checked_sub(1).and_then(|before| lines.get(before));
        let what = format!("{} {}", line.event, line.detail);
        let agreed = before.filter(|before| before.event == "release");
        if agreed.and_then(|before| released(before, known, needed)) != Some(&what) {
            flags.push(format!(
                "line {}: {what}, without {operators} operators",
                line.number
            ));
        }
    }
    flags
}

impl Enrol {
    /// Enrols an operator. Once there are enough of them, the next one needs their agreement.
    pub(super) fn run(
        &self,
        context: &Context,
        store: &impl Ledger,
        (needed, house): (u8, &str),
    ) -> Result<Report, Failure> {
        let _lock = files::lock(&self.dir.dir)?;
        if self
            .out
            .extension()
            .is_none_or(|extension| extension != "age")
            || self.out.exists()
        {
            return Err(Failure::bad(format!(
                "{}: an operator's key goes to a new file with a name that ends in .age",
                self.out.display()
            )));
        }
        let mut known = Operators::of(context, store)?;
        if known.key(&self.label).is_some() {
            return Err(Failure::refused(format!(
                "there is an operator called {} already; choose another label",
                self.label
            )));
        }
        let key = BundleKey::generate(&mut rand::rng());
        let public = key.verifying_key();
        let detail = format!("{} {}", self.label, hex(&public.to_bytes()));
        if known.0.len() >= FOUNDERS {
            let what = format!("operator {detail}");
            let release = self
                .agreement
                .release(context, store, (needed, house), &what)?;
            if let Some(release) = release {
                let kept = store.put(
                    "release",
                    release.as_bytes(),
                    "release",
                    &release,
                    context.now(),
                );
                context.wait(kept)?;
            }
        }
        let source = Source {
            file: self.new_passphrase_file.clone(),
            work: context.passphrase.work,
        };
        let passphrase = source.choose_owner(&format!("the key of {}", self.label))?;
        let mut plain = Zeroizing::new(Vec::with_capacity(128));
        plain.extend_from_slice(&*key.expose_bytes());
        plain.extend_from_slice(self.label.as_bytes());
        // The key before its entry: an entry without a key would count and could never agree.
        passphrase.seal(&self.out, &plain)?;
        known.0.push((self.label.clone(), public));
        let list = known.to_text();
        context.wait(store.put(LIST, list.as_bytes(), "operator", &detail, context.now()))?;
        Ok(Report::new(
            format!(
                "{} is an operator here, with the key in {}",
                self.label,
                self.out.display()
            ),
            json!({ "operator": self.label, "key": hex(&public.to_bytes()), "out": self.out }),
        ))
    }
}
