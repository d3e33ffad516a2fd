//! Attributes as people write them: `until=2022-06-01`, `name=Anna`.

use std::str::FromStr;

use super::files;
use super::report::Failure;
use veilpass::scheme::{Schema, Value};
use veilpass_app::values;
pub(crate) use veilpass_app::values::{day, show};

/// `NAME=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    name: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("{text} is not NAME=VALUE"))?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// A name that people give to a pass or an issuer: it stands in lists and in file names.
pub(crate) fn label(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a label has 1 to 64 letters, digits, - and _".to_owned())
    }
}

/// Attributes on the command line, or in a file that other users of the machine do not see.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Settings {
    /// An attribute of yours; a date is written 2022-06-01, or never. Other users of this machine may see
    /// it while the command runs: see --set-file.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Setting>,
    /// A file with one NAME=VALUE in each line; - is standard input.
    #[arg(long, value_name = "FILE")]
    set_file: Option<String>,
}

impl Settings {
    /// The values by name, each of the type that the schema gives it.
    pub(crate) fn read(&self, schema: &Schema) -> Result<Vec<(String, Value)>, Failure> {
        let mut all = self.set.clone();
        if let Some(path) = &self.set_file {
            for line in files::text(path)?
                .lines()
                .filter(|line| !line.trim().is_empty())
            {
                all.push(line.trim().parse().map_err(Failure::bad)?);
            }
        }
        (all.into_iter())
            .map(|setting| {
                let value = values::read(schema, &setting.name, &setting.value)?;
                Ok((setting.name, value))
            })
            .collect()
    }
}
