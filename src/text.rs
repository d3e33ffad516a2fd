//! Texts: which ones the format has, and what is shown to people.
//!
//! A text is hashed and compared byte for byte, and read by people. So every text that people read as the same must
//! have the same bytes: it is in normalisation form C, of letters that this version of Unicode has, and nothing in it
//! hides or turns the line around. Decoders refuse all others and change none; [`typed`] makes one of what a person
//! types.

pub mod hint;

use unicode_normalization::char::is_public_assigned;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

/// Why a text is none of the format's. Places are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextFlaw {
    /// A control, a character that cannot be seen, or one that turns the line around.
    #[error(
        "character {place} of it is U+{:04X}, which cannot be seen or turns the line around; take it away",
        u32::from(*.character)
    )]
    Deceives {
        /// Which character it is.
        character: char,
        /// Its place.
        place: usize,
    },
    /// A space that looks like U+0020 and is not.
    #[error(
        "character {place} of it is U+{:04X}, a space that looks like another; write U+0020",
        u32::from(*.character)
    )]
    Space {
        /// Which character it is.
        character: char,
        /// Its place.
        place: usize,
    },
    /// Not of the version of Unicode that the format names, or for private use.
    #[error(
        "character {place} of it is U+{:04X}, which Unicode 18.0 does not have; take it away",
        u32::from(*.character)
    )]
    Unassigned {
        /// Which character it is.
        character: char,
        /// Its place.
        place: usize,
    },
    /// Letters that are written in another way than the one that the format has for them.
    #[error("it is not in Unicode's normalisation form C; type it again")]
    NotNormal,
}

/// Refuses what is no text of the format.
///
/// # Errors
/// [`TextFlaw`].
pub fn check(text: &str) -> Result<(), TextFlaw> {
    for (character, place) in text.chars().zip(1..) {
        if !is_public_assigned(character) {
            return Err(TextFlaw::Unassigned { character, place });
        }
        if deceives(character) {
            return Err(TextFlaw::Deceives { character, place });
        }
        if is_other_space(character) {
            return Err(TextFlaw::Space { character, place });
        }
    }
    if is_nfc(text) {
        Ok(())
    } else {
        Err(TextFlaw::NotNormal)
    }
}

/// What a person typed, in the form that the format has: normalisation form C, with one kind of space. The program
/// calls it where somebody types, and nowhere else; whether the result is a text of the format is for [`check`].
#[must_use]
pub fn typed(text: &str) -> String {
    let spaces = |c| if is_other_space(c) { ' ' } else { c };
    text.chars().map(spaces).nfc().collect()
}

/// A space other than U+0020.
fn is_other_space(c: char) -> bool {
    c != ' ' && c.general_category() == Category::SpaceSeparator
}

/// Characters that act on a terminal or on the direction of a line, or cannot be seen: controls, format characters,
/// separators of lines, and those letters and marks that Unicode tells programs not to draw.
#[must_use]
pub fn deceives(c: char) -> bool {
    let category = matches!(
        c.general_category(),
        Category::Control
            | Category::Format
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    // Of other categories: joiners, fillers, variation selectors, the empty Braille cell, and what is kept for more of them.
    category
        || matches!(c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Bytes in hexadecimal, for people and JSON.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The most characters of a name that people give: a venue, a policy, an issuer, a guest.
pub const MAX_NAME: usize = 64;

/// The most bytes that so many characters have in UTF-8.
pub(crate) const MAX_NAME_BYTES: usize = 4 * MAX_NAME;

/// Whether a text has at most [`MAX_NAME`] characters, whatever letters they are.
pub(crate) fn is_short(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES && text.chars().count() <= MAX_NAME
}

/// Whether a name can be a venue's on a wallet's screen: a text of the format with nothing around it.
pub(crate) fn is_venue_name(name: &str) -> bool {
    let bare = name.trim() == name && !name.is_empty();
    bare && is_short(name) && check(name).is_ok()
}

#[cfg(test)]
mod tests {
    use icu_properties::CodePointSetData;
    use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};

    use super::*;

    #[test]
    fn a_name_is_as_long_in_every_alphabet() {
        for letter in ["a", "ж", "猫", "🐈"] {
            assert!(is_short(&letter.repeat(MAX_NAME)), "{letter}");
            assert!(!is_short(&letter.repeat(MAX_NAME + 1)), "{letter}");
        }
    }

    #[test]
    fn the_documents_name_the_version_of_unicode_that_decoders_have() {
        assert_eq!(unicode_normalization::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(unicode_properties::UNICODE_VERSION, (18, 0, 0));
        for document in [
            include_str!("../docs/protocol.md"),
            include_str!("../docs/format.md"),
        ] {
            assert!(document.contains("Unicode 18.0"));
        }
    }

    #[test]
    fn texts_of_every_alphabet_are_taken() {
        for text in [
            "",
            "Cafe Pushkin",
            "Кафе «Пушкин» № 1",
            "東京カフェ",
            "कैफ़े".nfc().collect::<String>().as_str(),
            "مقهى",
            "Ångström",
            "🐈",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
            assert_eq!(typed(text), text);
        }
    }

    #[test]
    fn each_rule_refuses_a_text_that_breaks_it_alone() {
        let (character, place) = ('\u{202e}', 2);
        assert_eq!(
            check("a\u{202e}b"),
            Err(TextFlaw::Deceives { character, place })
        );
        for (text, is_refused) in [
            // Controls, joiners, marks of direction, separators, fillers, selectors, tags.
            "\n",
            "\u{7f}",
            "\u{85}",
            "\u{ad}",
            "\u{200d}",
            "\u{200f}",
            "\u{2028}",
            "\u{2066}",
            "\u{3164}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{2800}",
            "\u{1bca0}",
            "\u{1d173}",
        ]
        .map(|text| (text, check(text)))
        {
            let deceives = matches!(is_refused, Err(TextFlaw::Deceives { place: 1, .. }));
            assert!(deceives, "{text:?}");
        }
        // A noncharacter, a private letter, and one that no version has.
        for text in ["\u{ffff}", "\u{e000}", "\u{378}"] {
            let refused = check(text);
            let unassigned = matches!(refused, Err(TextFlaw::Unassigned { place: 1, .. }));
            assert!(unassigned, "{text:?}");
        }
        for text in ["a\u{a0}b", "a\u{2009}b", "a\u{3000}b"] {
            assert!(matches!(check(text), Err(TextFlaw::Space { place: 2, .. })));
            assert_eq!(typed(text), "a b");
        }
        // An accent of its own, a letter that is another one, accents in the wrong order.
        for (text, normal) in [
            ("e\u{301}", "\u{e9}"),
            ("\u{212b}", "\u{c5}"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        ] {
            assert_eq!(check(text), Err(TextFlaw::NotNormal), "{text:?}");
            assert_eq!(typed(text), normal);
            assert_eq!(check(normal), Ok(()));
        }
    }

    #[test]
    fn whatever_unicode_tells_programs_not_to_draw_is_refused() {
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let direction = CodePointSetData::new::<BidiControl>();
        for c in '\0'..=char::MAX {
            let hidden = ignorable.contains(c) || direction.contains(c) || c.is_control();
            assert!(!hidden || deceives(c), "U+{:04X}", u32::from(c));
            let text = c.to_string();
            assert!(
                !deceives(c) || check(&text).is_err(),
                "U+{:04X}",
                u32::from(c)
            );
        }
    }
}
