//! A poster for a door: the venue, the code that every guest scans, and what is asked and learnt, in one or more
//! languages beside each other.

use crate::sheet::{PAGE, Page, Ruler, SheetError, number};
use veilpass::qr::Code;
use veilpass_words::poster::{Poster, Section};

const MARGIN: f32 = 16.0;
/// Between languages.
const GUTTER: f32 = 9.0;
/// The largest letters of the venue's name, and its foot.
const VENUE: (f32, f32) = (15.0, 29.0);
/// The letters of a long name, and the feet of its two lines.
const VENUE_IN_TWO: (f32, [f32; 2]) = (9.0, [19.0, 30.0]);
const SCHEME: (f32, f32) = (5.0, 38.0);
/// What it is for: the foot of the first language's line.
const HEADLINE: (f32, f32) = (9.0, 51.0);
/// Sides of the code with its quiet zone: read from two metres away, and a smaller one where there is much to say.
const SIDES: [f32; 2] = [105.0, 85.0];
/// The sizes of the words below the code that are tried, in tenths of a millimetre: as large as they fit.
const LARGEST: u8 = 52;
const SMALLEST: u8 = 20;
/// From line to line, and between a title and what is above it, in sizes.
const LINE: f32 = 1.35;
const GAP: f32 = 0.7;
/// A title's size, in sizes.
const TITLE: f32 = 1.25;

/// What is on it besides words.
pub struct Door<'a> {
    /// The venue's name, as wallets show it.
    pub venue: &'a str,
    /// What people call the scheme.
    pub scheme: &'a str,
    /// The question that guests answer, as a code.
    pub code: Code,
}

/// The page of a poster with these words, each in its language.
///
/// # Errors
/// [`SheetError::Font`], [`SheetError::TooMuch`].
pub fn page(door: &Door<'_>, posters: &[Poster]) -> Result<Page, SheetError> {
    let mut page = Page::default();
    let ruler = Ruler::new()?;
    let mut centred = |text: &str, (most, foot): (f32, f32)| {
        let size = ruler.fitting(text, most, PAGE.0 - 2.0 * MARGIN);
        let left = (PAGE.0 - ruler.length(text, size)) / 2.0;
        page.text((left, foot), size, text);
    };
    for (line, (most, foot)) in venue(&ruler, door.venue) {
        centred(&line, (most, foot));
    }
    centred(door.scheme, SCHEME);
    let (size, mut foot) = HEADLINE;
    for poster in posters {
        centred(&poster.headline, (size, foot));
        foot += size * LINE;
    }
    let top = foot - size * LINE + 2.0;
    // With 30 disclosed attributes of the longest names, in two languages, the smallest words still fit below the smaller
    // code.
    let mut sides = SIDES.iter().filter_map(|side| {
        let below = top + side + 2.0;
        Some((
            side,
            below,
            fitting(&ruler, PAGE.1 - MARGIN - below, posters)?,
        ))
    });
    let (side, below, columns) = sides.next().ok_or(SheetError::TooMuch)?;
    page.code(((PAGE.0 - side) / 2.0, top), *side, &door.code);
    let mut left = MARGIN;
    for column in columns {
        for line in column.lines {
            page.text(
                (left + line.indent, below + line.foot),
                line.size,
                line.text,
            );
        }
        left += width(posters) + GUTTER;
    }
    Ok(page)
}

/// The venue's name in lines: a long one in two, where one line would be too small to be read from afar.
fn venue(ruler: &Ruler, name: &str) -> Vec<(String, (f32, f32))> {
    let width = PAGE.0 - 2.0 * MARGIN;
    let (most, [first, second]) = VENUE_IN_TWO;
    let lines = ruler.lines(name, most, width);
    match &lines[..] {
        [one, two] if ruler.fitting(name, VENUE.0, width) < most => {
            vec![(one.clone(), (most, first)), (two.clone(), (most, second))]
        }
        _ => vec![(name.to_owned(), VENUE)],
    }
}

/// The width of one language's column.
fn width(posters: &[Poster]) -> f32 {
    let count = number(posters.len().max(1));
    (PAGE.0 - 2.0 * MARGIN - GUTTER * (count - 1.0)) / count
}

/// The languages beside each other, in letters as large as they fit in this height; `None` if the smallest do not.
fn fitting(ruler: &Ruler, height: f32, posters: &[Poster]) -> Option<Vec<Column>> {
    let of = |size| {
        let column = |poster| Column::new(poster, ruler, size, width(posters));
        posters.iter().map(column).collect::<Vec<_>>()
    };
    let fits = |columns: &Vec<Column>| columns.iter().all(|column| column.height <= height);
    let sizes = (SMALLEST..=LARGEST).rev();
    sizes.map(|tenths| of(f32::from(tenths) / 10.0)).find(fits)
}

/// The words of one language, in lines.
struct Column {
    lines: Vec<Line>,
    height: f32,
}

struct Line {
    indent: f32,
    foot: f32,
    size: f32,
    text: String,
}

impl Column {
    fn new(poster: &Poster, ruler: &Ruler, size: f32, width: f32) -> Self {
        let (lines, height) = (Vec::new(), 0.0);
        let mut column = Self { lines, height };
        for (section, numbered) in [
            (&poster.asked, false),
            (&poster.learnt, false),
            (&poster.steps, true),
        ] {
            column.section(section, numbered, (ruler, size, width));
        }
        column
    }

    fn section(
        &mut self,
        section: &Section,
        numbered: bool,
        (ruler, size, width): (&Ruler, f32, f32),
    ) {
        self.height += GAP * size;
        for title in ruler.lines(&section.title, TITLE * size, width) {
            self.line(0.0, TITLE * size, title);
        }
        let indent = 1.5 * size;
        for (text, place) in section.lines.iter().zip(1usize..) {
            let before = self.height;
            for text in ruler.lines(text, size, width - indent) {
                self.line(indent, size, text);
            }
            // Beside the first of its lines.
            let sign = if numbered {
                format!("{place}.")
            } else {
                "•".to_owned()
            };
            self.lines.push(Line {
                indent: 0.0,
                foot: before + LINE * size,
                size,
                text: sign,
            });
        }
    }

    fn line(&mut self, indent: f32, size: f32, text: String) {
        self.height += LINE * size;
        let foot = self.height;
        self.lines.push(Line {
            indent,
            foot,
            size,
            text,
        });
    }
}
