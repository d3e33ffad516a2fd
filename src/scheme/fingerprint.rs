//! What two people read to each other to know that they have the same card or key.

use crate::transcript::Transcript;

/// Letters of a fingerprint: 100 bits. Whoever puts another key in the place of a given one must find one with the
/// same fingerprint.
const LETTERS: usize = 20;

/// Letters between two dashes.
const GROUP: usize = 4;

/// Five groups of four letters and digits, in Crockford's base 32, which has no letter that looks like a digit.
pub(super) fn fingerprint(what: &[u8], bytes: &[u8]) -> String {
    let digest = Transcript::new("fingerprint").field(what).field(bytes);
    let letters = base32::encode(base32::Alphabet::Crockford, &digest.digest());
    let mut text = String::with_capacity(LETTERS + LETTERS / GROUP);
    for (letter, place) in letters.chars().take(LETTERS).zip(0..) {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}
