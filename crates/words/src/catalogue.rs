//! The catalogues, each parsed once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::language::Language;
use crate::message::Message;

type Catalogue = FluentBundle<FluentResource>;

/// A language's file.
fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../catalogue/en.ftl"),
        Language::Russian => include_str!("../catalogue/ru.ftl"),
    }
}

/// What can be read of a language's file. That it is all of it, the tests see.
fn resource(language: Language) -> FluentResource {
    FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(readable, _)| readable)
}

fn load(language: Language) -> Catalogue {
    // It has the plural rules.
    let identifier: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut catalogue = FluentBundle::new_concurrent(vec![identifier]);
    // Without signs around arguments that tell the direction of writing: no printer has them, and no language here is
    // written from the right.
    catalogue.set_use_isolating(false);
    // A name that comes twice keeps its first text.
    let _ = catalogue.add_resource(resource(language));
    catalogue
}

fn of(language: Language) -> &'static Catalogue {
    static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| load(Language::English));
    static RUSSIAN: LazyLock<Catalogue> = LazyLock::new(|| load(Language::Russian));
    match language {
        Language::English => &ENGLISH,
        Language::Russian => &RUSSIAN,
    }
}

/// A message in a language. Should a catalogue lack it, its name: nothing stops because of a word.
pub(crate) fn say(language: Language, message: Message<'_>) -> String {
    let id = message.id();
    let said = formatted(language, &id, &message.args());
    said.map_or_else(|| id.into_owned(), |(text, _)| text)
}

/// The text, and whether every argument was there.
fn formatted(language: Language, id: &str, args: &FluentArgs<'_>) -> Option<(String, bool)> {
    let catalogue = of(language);
    let message = catalogue.get_message(id)?;
    let mut errors = Vec::new();
    let text = catalogue.format_pattern(message.value()?, Some(args), &mut errors);
    Some((text.into_owned(), errors.is_empty()))
}

#[cfg(test)]
mod tests;
