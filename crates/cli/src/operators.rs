//! Operators at a terminal: whose keys approve, and how one is enrolled.

use std::path::{Path, PathBuf};

use clap::Args;
use rand::rngs::ThreadRng;
use serde_json::json;
use veilpass_app::approval::{self, Needed, OperatorKey, Operators};

use super::context::Context;
use super::keys::Source;
use super::public::not_public;
use super::report::{Failure, Report, hex};
use super::values;

/// The operators' approval, where the scheme asks for it.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Approving {
    /// The key of an operator who approves. Can be given more than once.
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
    pub(super) dir: super::context::Dir,
    /// What the operator is called.
    #[arg(long, value_parser = values::label)]
    label: String,
    /// Where the operator's key goes, under a passphrase that only the operator knows: a new file.
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// A file whose first line is that passphrase; it is asked for otherwise.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<String>,
    #[command(flatten)]
    approving: Approving,
}

impl Approving {
    fn keys(&self, context: &Context) -> Result<Vec<OperatorKey>, Failure> {
        let files = self.keys.iter().enumerate();
        files
            .map(|(place, path)| open(context, path, self.passphrases.get(place)))
            .collect()
    }

    /// The keys, if the scheme asks for them.
    pub(super) fn needed_keys(
        &self,
        context: &Context,
        needed: &Needed,
    ) -> Result<Vec<OperatorKey>, Failure> {
        match needed.nobody() {
            true => Ok(Vec::new()),
            false => self.keys(context),
        }
    }
}

/// An operator's public key as two people compare it, in groups of four digits.
pub(super) fn shown(key: &[u8; 32]) -> String {
    let groups = key.as_chunks::<2>().0.iter().map(|two| hex(two));
    groups.collect::<Vec<_>>().join(" ")
}

fn open(
    context: &Context,
    path: &Path,
    passphrase: Option<&String>,
) -> Result<OperatorKey, Failure> {
    let source = Source {
        file: passphrase.cloned(),
        work: context.passphrase.work,
    };
    let name = path.display().to_string();
    let bytes = source.ask_owner(&name)?.open(path)?;
    OperatorKey::from_bytes(&bytes).map_err(|error| Failure::from(error).about(name))
}

impl Enrol {
    /// Enrols an operator. Once there are enough of them, the next one needs their approval.
    pub(super) fn run(
        &self,
        context: &Context,
        known: &Operators,
        enrol: impl FnOnce(&OperatorKey, &[OperatorKey], &mut ThreadRng) -> Result<(), Failure>,
    ) -> Result<Report, Failure> {
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
        not_public(&self.out, None)?;
        approval::check_label(known, &self.label)?;
        let mut rng = rand::rng();
        let operator = OperatorKey::generate(&self.label, &mut rng);
        // Everything that people type comes before the transaction; the key lies sealed before it has an entry.
        let approving = self.approving.keys(context)?;
        let source = Source {
            file: self.new_passphrase_file.clone(),
            work: context.passphrase.work,
        };
        let passphrase = source.choose_owner(&format!("the key of {}", self.label))?;
        passphrase.seal(&self.out, &operator.expose_bytes())?;
        if let Err(error) = enrol(&operator, &approving, &mut rng) {
            // A key that is nobody's.
            let _ = std::fs::remove_file(&self.out);
            return Err(error);
        }
        let key = operator.public().to_bytes();
        let shown = shown(&key);
        Ok(Report::new(
            format!(
                "{} is an operator here, with the key in {}; its public half is {shown}",
                self.label,
                self.out.display()
            ),
            json!({ "operator": self.label, "key": hex(&key), "out": self.out }),
        ))
    }
}
