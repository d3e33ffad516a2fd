//! Sheets of claim letters: eight slips a page, each with a name, the code to scan and to type, and what
//! to do with it.

use crate::sheet::{PAGE, Page, number};
use veilpass::issuance::ClaimCode;
use veilpass::qr::{Code, QrError};

const COLUMNS: usize = 2;
const ROWS: usize = 4;
const MARGIN: f32 = 8.0;
/// Side of the code with its quiet zone: a version 3 code has 37 modules, so each has 1 mm.
const SIDE: f32 = 37.0;
const LINE: f32 = 5.5;

/// One slip.
pub struct Letter {
    /// Whose it is.
    pub name: String,
    /// The claim's code.
    pub code: ClaimCode,
}

/// Words that are the same on all slips.
pub struct Words<'a> {
    /// What people call the scheme.
    pub scheme: &'a str,
    /// The last day on which the claim can be used.
    pub until: String,
}

/// The pages of these letters.
/// # Errors
/// A code that does not fit a QR code.
pub fn pages(words: &Words<'_>, letters: &[&Letter]) -> Result<Vec<Page>, QrError> {
    let pages = letters.chunks(COLUMNS * ROWS);
    pages.map(|letters| page(words, letters)).collect()
}

fn page(words: &Words<'_>, letters: &[&Letter]) -> Result<Page, QrError> {
    let mut page = Page::default();
    let (width, height) = (PAGE.0 / number(COLUMNS), PAGE.1 / number(ROWS));
    for (letter, place) in letters.iter().zip(0usize..) {
        let left = width * number(place % COLUMNS) + MARGIN;
        let top = height * number(place / COLUMNS) + MARGIN;
        let text = letter.code.expose_text();
        // A long name gets smaller letters: half their size wide on average, in 90 mm.
        let letters = number(letter.name.chars().count().max(1));
        let size = (90.0 / (0.6 * letters)).min(5.0);
        page.text((left, top + LINE), size, letter.name.as_str());
        page.text((left, top + 2.0 * LINE), 3.5, words.scheme);
        let code = Code::of_letter(&format!("{}{}", ClaimCode::PREFIX, *text))?;
        page.code((left - 4.0, top + 2.5 * LINE), SIDE, &code);
        let (right, mut line) = (left + SIDE - 2.0, top + 4.0 * LINE);
        for words in [
            "Bring this to the desk",
            "with your own papers.",
            "Good for one pass,",
            &format!("until {}.", words.until),
        ] {
            page.text((right, line), 3.5, words);
            line += LINE;
        }
        page.text((left, top + 2.5 * LINE + SIDE + 3.0), 4.2, text.as_str());
    }
    Ok(page)
}
