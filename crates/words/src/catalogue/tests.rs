use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};

use super::{formatted, source};
use crate::language::Language;
use crate::message::Message;

type Names = BTreeSet<String>;

/// The messages of a language's file; each once, and nothing in it that does not parse.
fn file(language: Language) -> FluentResource {
    FluentResource::try_new(source(language).to_owned())
        .unwrap_or_else(|(_, errors)| panic!("{}.ftl: {errors:?}", language.code()))
}

/// The arguments of each message of a language, those of the messages in it included.
fn arguments(language: Language) -> BTreeMap<String, Names> {
    let file = file(language);
    let mut patterns = BTreeMap::new();
    for entry in file.entries() {
        match entry {
            Entry::Message(message) => {
                assert!(message.attributes.is_empty(), "{}", message.id.name);
                let value = message.value.as_ref().expect("a message has a text");
                let twice = patterns.insert(message.id.name, value).is_some();
                assert!(!twice, "{} is there twice", message.id.name);
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            other => panic!("{}.ftl has {other:?}", language.code()),
        }
    }
    let found = patterns.iter().map(|(id, pattern)| {
        let mut names = Names::new();
        in_pattern(pattern, &patterns, &mut names);
        ((*id).to_owned(), names)
    });
    found.collect()
}

type Patterns<'a> = BTreeMap<&'a str, &'a Pattern<&'a str>>;

fn in_pattern(pattern: &Pattern<&str>, all: &Patterns<'_>, names: &mut Names) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        match expression {
            Expression::Inline(inline) => in_inline(inline, all, names),
            Expression::Select { selector, variants } => {
                in_inline(selector, all, names);
                for variant in variants {
                    in_pattern(&variant.value, all, names);
                }
            }
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, all: &Patterns<'_>, names: &mut Names) {
    match inline {
        InlineExpression::VariableReference { id } => {
            names.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => in_pattern(all[id.name], all, names),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::FunctionReference {
            arguments: CallArguments { positional, .. },
            ..
        } => positional.iter().for_each(|one| in_inline(one, all, names)),
        other => panic!("the catalogues do not use {other:?}"),
    }
}

/// The arguments of each message as the program gives them.
fn given() -> BTreeMap<String, Names> {
    let all = Message::all().into_iter().map(|message| {
        let id = message.id().into_owned();
        let args = message.args();
        (id, args.iter().map(|(name, _)| name.to_owned()).collect())
    });
    all.collect()
}

#[test]
fn no_message_lacks_a_language_none_is_unused_and_all_have_the_same_arguments() {
    for language in Language::ALL {
        assert_eq!(arguments(language), given(), "{}", language.code());
    }
}

#[test]
fn every_message_becomes_a_text_with_nothing_missing_in_every_language() {
    for language in Language::ALL {
        for message in Message::all() {
            let id = message.id();
            let (text, whole) = formatted(language, &id, &message.args()).unwrap();
            assert!(whole && !text.trim().is_empty(), "{id}: {text}");
            assert!(!text.contains(['{', '}', '\n']), "{id}: {text}");
        }
    }
}

#[test]
fn no_text_was_left_in_another_language() {
    let is_cyrillic = |c: char| ('\u{400}'..='\u{4ff}').contains(&c);
    for message in Message::all() {
        let id = message.id();
        // Digits, and a name that is shown as the scheme has it.
        if ["day", "attribute", "trust-key-set", "row-bundle"].contains(&&*id) {
            continue;
        }
        let args = message.args();
        let text = |language| formatted(language, &id, &args).unwrap().0;
        assert!(text(Language::Russian).contains(is_cyrillic), "{id}");
        assert!(!text(Language::English).contains(is_cyrillic), "{id}");
    }
}
