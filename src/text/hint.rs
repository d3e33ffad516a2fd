//! The alphabet of a hint: of a text that an issuer sets and a door gets to see.
//!
//! Whoever holds a pass can look at such a text, but cannot see which of two letters of one shape was signed. An
//! issuer who writes A.K. once with the Latin A and once with the Cyrillic one marks whom it likes. So a hint is
//! written in capital letters of which no two look alike: the Latin ones, and those Cyrillic ones that no Latin letter
//! looks like. Its words are letters only or digits only, and where letters and digits could be taken for each other
//! (O and 0, I and 1, З and 3, Ч and 4) one of the two does not stand there; nor do two letters that look like a third (VV and W).

/// Cyrillic capitals that no Latin capital looks like.
const CYRILLIC: &str = "БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ";

/// Cyrillic capitals, and the Latin ones of the same shape.
const TWINS: [(char, char); 17] = [
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('Ё', 'E'),
    ('Ѕ', 'S'),
    ('І', 'I'),
    ('Ї', 'I'),
    ('Ј', 'J'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
];

/// What stands between words, or ends one.
const BETWEEN: [char; 3] = ['.', '-', ' '];

/// Letters that look like digits: 0, 1, 3, 4, 6, 5, 2, 8, 6.
const LIKE_DIGITS: &str = "OIЗЧБSZBG";

/// Letters that together look like another one: Ы, W, Ю.
const LIKE_ONE: [&str; 3] = ["ЬI", "VV", "IO"];

/// Whether a text is a hint. The empty one is.
#[must_use]
pub fn is_hint(text: &str) -> bool {
    // A full stop may end it; what stands between words stands between words, and once.
    let words = text.strip_suffix('.').unwrap_or(text);
    text.is_empty() || words.split(BETWEEN).all(is_word)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_uppercase() || CYRILLIC.contains(c)
}

fn is_word(word: &str) -> bool {
    let many = word.chars().nth(1).is_some();
    if word.chars().all(|c| c.is_ascii_digit()) {
        // One digit could be one letter.
        return many;
    }
    let like_digits = word.chars().all(|c| LIKE_DIGITS.contains(c));
    word.chars().all(is_letter)
        && !(many && like_digits)
        && !LIKE_ONE.iter().any(|twin| word.contains(twin))
}

/// The letter of a hint that looks like this one, if there is one.
#[must_use]
pub fn as_in_hint(c: char) -> Option<char> {
    let twin = TWINS.iter().find(|(cyrillic, _)| *cyrillic == c);
    let plain = is_letter(c) || c.is_ascii_digit() || BETWEEN.contains(&c);
    twin.map(|(_, latin)| *latin).or(plain.then_some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_written_with_letters_that_nobody_takes_for_each_other() {
        for good in [
            "",
            "A.K.",
            "A.",
            "Б.Ю.",
            "A.Б.",
            "A-K",
            "A K",
            "1985",
            "O.",
            "B 12",
            "ШKOЛA 57",
            "I.O.",
            "V.V.",
            "S.Ч.",
            "BOV",
        ] {
            assert!(is_hint(good), "{good}");
        }
        for bad in [
            // A Cyrillic letter with a Latin twin, small letters, others, marks, what cannot be seen.
            "\u{410}.K.",
            "A.\u{41a}.",
            "a.k.",
            "\u{391}.",
            "Ä.",
            "A\u{308}.",
            "A\u{200b}.",
            "Ｑ.",
            // Letters beside digits, one digit alone, letters that could be a number.
            "A1",
            "1",
            "OI",
            "З.OO",
            "OIЗ",
            // What looks like something that is one: 44, 55, 8-2 is two digits alone, W, Ю.
            "ЧЧ",
            "SS",
            "BZ",
            "ББ",
            "GO",
            "ЬI",
            "VV",
            "IVVA",
            "IOPA",
            // Nothing between, before or after.
            "A..K",
            "A. K.",
            ".A",
            " A",
            "A ",
            "A-",
            "-",
            ".",
        ] {
            assert!(!is_hint(bad), "{bad}");
        }
    }

    #[test]
    fn no_two_letters_of_a_hint_are_twins() {
        for (cyrillic, latin) in TWINS {
            assert!(!is_letter(cyrillic) && is_letter(latin));
            assert_eq!(as_in_hint(cyrillic), Some(latin));
        }
    }
}
