//! Printed sheets: codes and lines of text on A4, the same layout as SVG (one file a page) and PDF.

mod font;
mod pdf;
mod svg;

use std::path::{Path, PathBuf};

use super::files::{self, Access};
use super::report::Failure;
use crate::qr::Code;

/// A4, in millimetres.
pub(super) const PAGE: (f32, f32) = (210.0, 297.0);
/// Modules of quiet zone on each side.
const QUIET: u16 = 4;

/// What is on a page; from the top left, in millimetres.
#[derive(Default)]
pub(super) struct Page(Vec<Mark>);

/// A code or a text.
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
struct Run {
    x: u16,
    y: u16,
    length: u16,
}

impl Page {
    /// A line of text; `y` is its foot.
    pub(super) fn text(&mut self, (x, y): (f32, f32), size: f32, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Mark::Text { x, y, size, text });
    }

    /// A code with its quiet zone in a square with this corner and side.
    pub(super) fn code(&mut self, (x, y): (f32, f32), side: f32, code: &Code) {
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
pub(super) fn number(count: usize) -> f32 {
    f32::from(small(count))
}

/// Writes the pages to every path by its extension; returns all files written.
pub(super) fn write(pages: &[Page], paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for path in paths {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("pdf") => {
                files::write(path, &pdf::draw(pages)?, Access::Private)?;
                written.push(path.clone());
            }
            Some("svg") => {
                for (page, count) in pages.iter().zip(1..) {
                    let path = numbered(path, count);
                    files::write(&path, svg::draw(page).as_bytes(), Access::Private)?;
                    written.push(path);
                }
            }
            _ => check(std::slice::from_ref(path))?,
        }
    }
    Ok(written)
}

/// Whether a sheet can be written to all of these.
pub(super) fn check(paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        files::check_target(path)?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("svg" | "pdf")) {
            return Err(Failure::bad(format!(
                "{}: a sheet is written as .svg or .pdf",
                path.display()
            )));
        }
    }
    Ok(())
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
