//! A sheet of paper strips: twelve codes a page, each with its day.

use crate::sheet::{PAGE, Page, number};
use veilpass::qr::{Code, QrError};
use veilpass::scheme::Day;

const MARGIN: f32 = 9.0;
const TITLE: f32 = 10.0;
const COLUMNS: usize = 3;
const ROWS: usize = 4;
/// Side of a code with its quiet zone. The largest pass is a version 25 code: 125 modules of 0.46 mm,
/// which any office printer and phone can do.
const SIDE: f32 = 58.0;
const CAPTION: f32 = 5.0;

/// One strip.
pub struct Strip {
    code: Code,
    day: Day,
}

impl Strip {
    /// The code of a pass for this day.
    ///
    /// # Errors
    /// A payload that does not fit a QR code.
    pub fn new(payload: &[u8], day: Day) -> Result<Self, QrError> {
        let code = Code::new(payload)?;
        Ok(Self { code, day })
    }
}

/// The pages of all strips.
pub fn pages(title: &str, strips: &[Strip]) -> Vec<Page> {
    let pages = strips.chunks(COLUMNS * ROWS);
    pages.map(|strips| page(title, strips)).collect()
}

fn page(title: &str, strips: &[Strip]) -> Page {
    let mut page = Page::default();
    page.text((MARGIN, MARGIN + CAPTION), CAPTION, title);
    let cell = (PAGE.0 - 2.0 * MARGIN) / number(COLUMNS);
    for (strip, place) in strips.iter().zip(0usize..) {
        let (column, row) = (place % COLUMNS, place / COLUMNS);
        let left = MARGIN + cell * number(column) + (cell - SIDE) / 2.0;
        let top = MARGIN + TITLE + (SIDE + CAPTION + 4.0) * number(row);
        page.code((left, top), SIDE, &strip.code);
        let foot = (left + SIDE / 2.0 - 11.0, top + SIDE + CAPTION - 1.0);
        page.text(foot, CAPTION, strip.day.to_string());
    }
    page
}
