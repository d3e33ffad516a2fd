//! Sheets of claim letters: eight slips a page, each with a name, the code to scan and to type, and what
//! to do with it.

use crate::sheet::{PAGE, Page, Ruler, SheetError, number};
use veilpass::issuance::ClaimCode;
use veilpass::qr::Code;
use veilpass_words::letter::Letter as Sentences;

const COLUMNS: usize = 2;
const ROWS: usize = 4;
const MARGIN: f32 = 8.0;
/// Side of the code with its quiet zone: a version 3 code has 37 modules, so each has 1 mm.
const SIDE: f32 = 37.0;
const LINE: f32 = 5.5;
/// The sentences: beside the code, so wide, in letters of this size, from line to line.
const BESIDE: f32 = SIDE - 2.0;
const WIDTH: f32 = PAGE.0 / 2.0 - MARGIN - BESIDE - 5.0;
const SIZE: f32 = 3.5;
const STEP: f32 = 4.0;

/// Where the code's letters stand, and their size.
const TYPED: f32 = 2.5 * LINE + SIDE + 5.5;
const TYPED_SIZE: f32 = 4.2;

/// One slip.
pub struct Letter {
    /// Whose it is.
    pub name: String,
    /// The claim's code.
    pub code: ClaimCode,
}

/// What is the same on all slips.
pub struct Words<'a> {
    scheme: &'a str,
    lines: Vec<String>,
    ruler: Ruler,
}

impl<'a> Words<'a> {
    /// Of a scheme by what people call it, and these sentences.
    ///
    /// # Errors
    /// [`SheetError::Font`].
    pub fn new(scheme: &'a str, sentences: &Sentences) -> Result<Self, SheetError> {
        let ruler = Ruler::new()?;
        let both = [&sentences.bring, &sentences.until].into_iter();
        let lines = both
            .flat_map(|text| ruler.lines(text, SIZE, WIDTH))
            .collect();
        Ok(Self {
            scheme,
            lines,
            ruler,
        })
    }
}

/// The pages of these letters.
///
/// # Errors
/// [`SheetError::Code`].
pub fn pages(words: &Words<'_>, letters: &[&Letter]) -> Result<Vec<Page>, SheetError> {
    let pages = letters.chunks(COLUMNS * ROWS);
    pages.map(|letters| page(words, letters)).collect()
}

fn page(words: &Words<'_>, letters: &[&Letter]) -> Result<Page, SheetError> {
    let mut page = Page::default();
    let (width, height) = (PAGE.0 / number(COLUMNS), PAGE.1 / number(ROWS));
    let fitting = |text, most| words.ruler.fitting(text, most, width - 2.0 * MARGIN);
    for (letter, place) in letters.iter().zip(0usize..) {
        let left = width * number(place % COLUMNS) + MARGIN;
        let top = height * number(place / COLUMNS) + MARGIN;
        let text = letter.code.expose_text();
        let size = fitting(&letter.name, 5.0);
        page.text((left, top + LINE), size, letter.name.as_str());
        let size = fitting(words.scheme, SIZE);
        page.text((left, top + 2.0 * LINE), size, words.scheme);
        let code = Code::of_letter(&format!("{}{}", ClaimCode::PREFIX, *text))?;
        page.code((left - 4.0, top + 2.5 * LINE), SIDE, &code);
        for (text, row) in words.lines.iter().zip(0usize..) {
            let foot = top + 4.0 * LINE + STEP * number(row);
            page.text((left + BESIDE, foot), SIZE, text.as_str());
        }
        page.text((left, top + TYPED), TYPED_SIZE, text.as_str());
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use veilpass::scheme::Day;
    use veilpass_words::Language;

    use super::{LINE, MARGIN, ROWS, SIZE, STEP, Sentences, TYPED, TYPED_SIZE, Words};
    use crate::sheet::{PAGE, number};

    #[test]
    fn the_sentences_end_above_the_code_s_letters_in_every_language() {
        for language in Language::ALL {
            let sentences = Sentences::new(language, Day::from_ymd(2028, 12, 28).unwrap());
            let words = Words::new("Scheme", &sentences).unwrap();
            let last = 4.0 * LINE + STEP * number(words.lines.len() - 1);
            // What hangs below a line, and what stands above one.
            let (below, above) = (0.3 * SIZE, 0.8 * TYPED_SIZE);
            assert!(last + below + 0.5 < TYPED - above, "{:?}", words.lines);
            assert!(TYPED + 0.3 * TYPED_SIZE < PAGE.1 / number(ROWS) - MARGIN);
        }
    }
}
