//! In which language people read what is made for them.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use veilpass_words::Language;

/// The codes of the languages, as arguments.
pub(crate) fn parser() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::code))
        .try_map(|code| code.parse::<Language>())
}

/// One language.
#[derive(clap::Args, Clone, Copy)]
pub(crate) struct Lang {
    /// The language of what people read; JSON has names and numbers beside it that have none.
    #[arg(long, value_name = "LANG", value_parser = parser(), default_value = "en", env = "VEILPASS_LANG")]
    pub(crate) lang: Language,
}
