//! Attributes as people write them: `until=2022-06-01`, `name=Anna`.

use std::str::FromStr;

use super::files;
use super::report::Failure;
use veilpass::scheme::Value;
use veilpass::text::{self, MAX_NAME};
use veilpass_app::values::ValueError;
pub(crate) use veilpass_app::values::{day, show, spelled};

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

/// The longest label in bytes: with what stands around it, it is the name of a file.
const MAX_LABEL_BYTES: usize = 200;

/// A name that people give to a pass or an issuer: it stands in lists and in file names.
pub(crate) fn label(text: &str) -> Result<String, String> {
    let text = text::typed(text);
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let length = text.chars().count();
    let fits = (1..=MAX_NAME).contains(&length) && text.len() <= MAX_LABEL_BYTES;
    let latin = text.chars().any(|c| c.is_ascii_alphabetic());
    let greek_or_cyrillic = text.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}'));
    if latin && greek_or_cyrillic {
        return Err("a label is in one alphabet: letters of two look alike".to_owned());
    }
    if fits && text.chars().all(plain) && text::check(&text).is_ok() {
        Ok(text)
    } else {
        Err("a label has 1 to 64 letters, digits, - and _".to_owned())
    }
}

/// Attributes on the command line, or in a file that other users of the machine do not see.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Settings {
    /// An attribute of yours; a date is written 2022-06-01, or none for a stricter date that does not apply. Other users of this machine may see
    /// it while the command runs: see --set-file.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Setting>,
    /// A file with one NAME=VALUE in each line; - is standard input.
    #[arg(long, value_name = "FILE")]
    set_file: Option<String>,
}

impl Settings {
    /// The values by name, each of the type that the schema gives it.
    pub(crate) fn read(
        &self,
        value: impl Fn(&str, &str) -> Result<Value, ValueError>,
    ) -> Result<Vec<(String, Value)>, Failure> {
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
                let read = value(&setting.name, &setting.value);
                let named = |error: Failure| match error.message.contains(&setting.name) {
                    true => error,
                    false => error.about(&setting.name),
                };
                let value = read.map_err(Failure::from).map_err(named)?;
                Ok((setting.name, value))
            })
            .collect()
    }
}

/// So many of something: `1 pass`, `2 passes`.
pub(crate) fn counted(count: impl TryInto<u64>, one: &str, many: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{count} {}", if count == 1 { one } else { many })
}

/// So many minutes, as people say it: in days, hours and minutes.
pub(crate) fn minutes(count: u32) -> String {
    let part = |count: u32, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {one}s")),
    };
    let parts = [
        part(count / 1440, "day"),
        part(count / 60 % 24, "hour"),
        part(count % 60, "minute"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    match parts.split_last() {
        None => "0 minutes".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{label, minutes};

    #[test]
    fn minutes_are_said_in_days_hours_and_minutes() {
        for (count, said) in [
            (0, "0 minutes"),
            (1, "1 minute"),
            (15, "15 minutes"),
            (60, "1 hour"),
            (90, "1 hour and 30 minutes"),
            (1441, "1 day and 1 minute"),
            (10_080, "7 days"),
            (129_600, "90 days"),
            (1440 + 61, "1 day, 1 hour and 1 minute"),
        ] {
            assert_eq!(minutes(count), said);
        }
    }

    #[test]
    fn a_label_has_64_letters_of_any_alphabet_that_fits_a_file_s_name() {
        for letter in ["a", "ж", "猫"] {
            assert!(label(&letter.repeat(64)).is_ok(), "{letter}");
            assert!(label(&letter.repeat(65)).is_err(), "{letter}");
        }
        assert!(label(&"𐐷".repeat(64)).is_err(), "256 bytes");
        assert!(label("").is_err() && label("a b").is_err());
        // Unicode calls the filler a letter, and nobody sees it.
        assert!(label("a\u{3164}").is_err());
        // Cyrillic с in a Latin word; either alphabet alone is fine.
        assert!(label("\u{441}linic-7").is_err() && label("clinic-7").is_ok());
        assert!(label("клиника-7").is_ok());
        assert_eq!(label("Zoe\u{308}").unwrap(), "Zo\u{eb}");
    }
}
