//! What is shown to people.

pub mod hint;

/// Characters that act on a terminal or on the direction of a line, or cannot be seen: controls, and
/// Unicode's format characters, separators, fillers and variation selectors.
#[must_use]
pub fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_as_long_in_every_alphabet() {
        for letter in ["a", "ж", "猫", "🐈"] {
            assert!(is_short(&letter.repeat(MAX_NAME)), "{letter}");
            assert!(!is_short(&letter.repeat(MAX_NAME + 1)), "{letter}");
        }
    }
}
