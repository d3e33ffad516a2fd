//! Printed sheets: codes and lines of text on A4, the same layout as SVG (one file a page) and PDF.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

use super::files::{self, Access};
use super::report::Failure;
use crate::qr::Code;

/// A4, in millimetres.
pub(super) const PAGE: (f32, f32) = (210.0, 297.0);
/// Modules of quiet zone on each side.
const QUIET: usize = 4;

/// Points of PDF in a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// What is on a page; from the top left, in millimetres.
#[derive(Default)]
pub(super) struct Page(Vec<Mark>);

/// A dark rectangle or a text.
enum Mark {
    Dark {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    Text {
        x: f32,
        y: f32,
        size: f32,
        text: String,
    },
}

impl Page {
    /// A line of text; `y` is its foot.
    pub(super) fn text(&mut self, (x, y): (f32, f32), size: f32, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Mark::Text { x, y, size, text });
    }

    /// A code with its quiet zone in a square with this corner and side.
    pub(super) fn code(&mut self, (left, top): (f32, f32), side: f32, code: &Code) {
        let rows: Vec<Vec<bool>> = code.rows().collect();
        let module = side / number(rows.len() + 2 * QUIET);
        for (row, y) in rows.iter().zip(QUIET..) {
            let mut x = 0;
            // One rectangle for a run of dark modules.
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&true) {
                    self.0.push(Mark::Dark {
                        x: left + module * number(x + QUIET),
                        y: top + module * number(y),
                        width: module * number(run.len()),
                        height: module,
                    });
                }
                x += run.len();
            }
        }
    }
}

/// A small count as a length.
pub(super) fn number(count: usize) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

/// Writes the pages to every path by its extension; returns all files written.
pub(super) fn write(pages: &[Page], paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for path in paths {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("pdf") => {
                files::write(path, &pdf(pages), Access::Private)?;
                written.push(path.clone());
            }
            Some("svg") => {
                for (page, count) in pages.iter().zip(1..) {
                    let path = numbered(path, count);
                    files::write(&path, svg(page).as_bytes(), Access::Private)?;
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

fn svg(Page(marks): &Page) -> String {
    let (width, height) = PAGE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" shape-rendering=\"crispEdges\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path d=\""
    );
    for mark in marks {
        if let Mark::Dark {
            x,
            y,
            width,
            height,
        } = mark
        {
            // Writing to a String does not fail.
            let _ = write!(out, "M{x:.3} {y:.3}h{width:.3}v{height:.3}h-{width:.3}z");
        }
    }
    out.push_str("\"/>\n");
    for mark in marks {
        if let Mark::Text { x, y, size, text } = mark {
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-family=\"sans-serif\">{text}</text>"
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn pdf(pages: &[Page]) -> Vec<u8> {
    let (catalog, tree, font) = (Ref::new(1), Ref::new(2), Ref::new(3));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    let refs = |page: i32| (Ref::new(4 + 2 * page), Ref::new(5 + 2 * page));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree)
        .kids((0..count).map(|page| refs(page).0))
        .count(count);
    pdf.type1_font(font)
        .base_font(Name(b"Helvetica"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    for (Page(marks), number) in pages.iter().zip(0..) {
        let (page, content) = refs(number);
        let mut writer = pdf.page(page);
        writer
            .media_box(Rect::new(0.0, 0.0, PAGE.0 * POINTS, PAGE.1 * POINTS))
            .parent(tree)
            .contents(content);
        writer.resources().fonts().pair(Name(b"F"), font);
        writer.finish();
        pdf.stream(content, &drawn(marks));
    }
    pdf.finish()
}

/// A page's marks as PDF draws them: from the bottom left, in points.
fn drawn(marks: &[Mark]) -> Vec<u8> {
    let up = |y: f32| (PAGE.1 - y) * POINTS;
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Dark {
                x,
                y,
                width,
                height,
            } => {
                content.rect(x * POINTS, up(y + height), width * POINTS, height * POINTS);
                content.fill_nonzero();
            }
            Mark::Text { x, y, size, text } => {
                content
                    .begin_text()
                    .set_font(Name(b"F"), size * POINTS)
                    .next_line(x * POINTS, up(*y))
                    .show(Str(&latin(text)))
                    .end_text();
            }
        }
    }
    content.finish().to_vec()
}

/// The text in the encoding of PDF's own fonts, which know Western European letters only; others
/// become a dot (the SVG has them all).
fn latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match u8::try_from(u32::from(c)) {
            Ok(byte) if !(0x80..0xa0).contains(&byte) => byte,
            _ => b'.',
        })
        .collect()
}
