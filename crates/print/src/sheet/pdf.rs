//! Pages as one PDF, with a font of its own so that names of all Europe and the Caucasus can be read.

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

use super::SheetError;
use super::font::Font;
use super::{Mark, PAGE, Page};

/// Points of PDF in a millimetre.
const POINTS: f32 = 72.0 / 25.4;

/// Effort of DEFLATE, of 10.
const EFFORT: u8 = 6;

pub(super) fn draw(pages: &[Page]) -> Result<Vec<u8>, SheetError> {
    let texts = pages.iter().flat_map(|Page(marks)| marks);
    let texts = texts.filter_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text.as_str()),
        Mark::Code { .. } => None,
    });
    let font = Font::of(texts)?;
    let (catalog, tree) = (Ref::new(1), Ref::new(2));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    let refs = |page: i32| (Ref::new(10 + 2 * page), Ref::new(11 + 2 * page));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree)
        .kids((0..count).map(|page| refs(page).0))
        .count(count);
    let face = font.write(&mut pdf, Ref::new(3));
    for (Page(marks), number) in pages.iter().zip(0..) {
        let (page, content) = refs(number);
        let mut writer = pdf.page(page);
        writer
            .media_box(Rect::new(0.0, 0.0, PAGE.0 * POINTS, PAGE.1 * POINTS))
            .parent(tree)
            .contents(content);
        writer.resources().fonts().pair(Name(b"F"), face);
        writer.finish();
        let drawn = deflate(&marked(marks, &font));
        pdf.stream(content, &drawn).filter(Filter::FlateDecode);
    }
    Ok(pdf.finish())
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, EFFORT)
}

/// A page's marks as PDF draws them: from the bottom left, in points.
fn marked(marks: &[Mark], font: &Font) -> Vec<u8> {
    let up = |y: f32| (PAGE.1 - y) * POINTS;
    let mut content = Content::new();
    for mark in marks {
        match mark {
            Mark::Code { x, y, module, runs } => {
                let module = module * POINTS;
                content.save_state();
                // In modules, from the top left.
                content.transform([module, 0.0, 0.0, -module, x * POINTS, up(*y)]);
                for run in runs {
                    content.rect(
                        f32::from(run.x),
                        f32::from(run.y),
                        f32::from(run.length),
                        1.0,
                    );
                }
                content.fill_nonzero().restore_state();
            }
            Mark::Text { x, y, size, text } => {
                content
                    .begin_text()
                    .set_font(Name(b"F"), size * POINTS)
                    .next_line(x * POINTS, up(*y))
                    .show(Str(&font.encode(text)))
                    .end_text();
            }
        }
    }
    content.finish().to_vec()
}
