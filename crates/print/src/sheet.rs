//! Printed sheets: codes and lines of text on A4, the same layout as SVG (one file a page) and PDF.

mod font;
mod measure;
mod pdf;
mod svg;

pub(crate) use measure::Ruler;

use std::path::{Path, PathBuf};

use veilpass::qr::{Code, QrError};

/// How a sheet is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// All pages in one file.
    Pdf,
    /// A page a file.
    Svg,
}

/// Why a sheet cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// A name that no sheet has.
    #[error("{}: a sheet is written as .svg or .pdf", .0.display())]
    Form(PathBuf),
    /// More words than a page holds in letters that can be read.
    #[error("this policy asks for more than a poster can say; print the poster in one language")]
    TooMuch,
    /// What shall be a code does not fit one.
    #[error(transparent)]
    Code(#[from] QrError),
    /// The font in this program cannot be read.
    #[error("the font cannot be read: {0}")]
    Font(#[from] ttf_parser::FaceParsingError),
    /// The font in this program cannot be cut down to the letters of the sheet.
    #[error("the font cannot be cut down: {0}")]
    Subset(#[from] subsetter::Error),
}

/// A4, in millimetres.
pub const PAGE: (f32, f32) = (210.0, 297.0);
/// Modules of quiet zone on each side.
const QUIET: u16 = 4;

/// What is on a page; from the top left, in millimetres.
#[derive(Debug, Default)]
pub struct Page(Vec<Mark>);

/// A code or a text.
#[derive(Debug)]
enum Mark {
    Code {
        x: f32,
        y: f32,
        /// Side of a module.
        module: f32,
        runs: Vec<Run>,
    },
    Text {
        x: f32,
        y: f32,
        size: f32,
        text: String,
    },
}

/// A run of dark modules in a row, in modules from the corner of the quiet zone.
#[derive(Debug)]
struct Run {
    x: u16,
    y: u16,
    length: u16,
}

impl Page {
    /// A line of text; `y` is its foot.
    pub fn text(&mut self, (x, y): (f32, f32), size: f32, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Mark::Text { x, y, size, text });
    }

    /// A code with its quiet zone in a square with this corner and side.
    pub fn code(&mut self, (x, y): (f32, f32), side: f32, code: &Code) {
        let rows: Vec<Vec<bool>> = code.rows().collect();
        let mut runs = Vec::new();
        for (row, y) in rows.iter().zip(QUIET..) {
            let mut x = QUIET;
            for run in row.chunk_by(|a, b| a == b) {
                let length = small(run.len());
                if run.first() == Some(&true) {
                    runs.push(Run { x, y, length });
                }
                x += length;
            }
        }
        let module = side / (number(rows.len()) + 2.0 * f32::from(QUIET));
        self.0.push(Mark::Code { x, y, module, runs });
    }
}

fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// A small count as a length.
pub(crate) fn number(count: usize) -> f32 {
    f32::from(small(count))
}

/// The files of a sheet that was named `path`: its form is the name's ending, and an SVG has a page a file.
///
/// # Errors
/// [`SheetError`].
pub fn draw(pages: &[Page], path: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, SheetError> {
    match check(path)? {
        Form::Pdf => Ok(vec![(path.to_owned(), pdf::draw(pages)?)]),
        Form::Svg => Ok((pages.iter().zip(1..))
            .map(|(page, count)| (numbered(path, count), svg::draw(page).into_bytes()))
            .collect()),
    }
}

/// The form that a sheet with this name has.
///
/// # Errors
/// [`SheetError::Form`] if a sheet is not written under such a name.
pub fn check(path: &Path) -> Result<Form, SheetError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("pdf") => Ok(Form::Pdf),
        Some("svg") => Ok(Form::Svg),
        _ => Err(SheetError::Form(path.to_owned())),
    }
}

/// `strips.svg`, `strips-2.svg`, …
fn numbered(path: &Path, count: usize) -> PathBuf {
    if count == 1 {
        return path.to_owned();
    }
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or("strips");
    path.with_file_name(format!("{stem}-{count}.svg"))
}
