//! Pages of PDF files: most certificates come as one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::{GrayImage, Luma};

use crate::{ReadError, text_in};

/// How many pages are looked at.
const PAGES: usize = 12;

/// Pixels of the longer side of a page: 150 and 300 to the inch on A4.
const SIDES: [f32; 2] = [1754.0, 3508.0];

/// The text of the one code on the first pages.
pub(crate) fn text(content: &[u8]) -> Result<String, ReadError> {
    // What draws the pages is young and meets what hundreds of programs wrote: a panic there is a file that cannot be read.
    catch_unwind(AssertUnwindSafe(|| read(content))).unwrap_or(Err(ReadError::Pdf))
}

fn read(content: &[u8]) -> Result<String, ReadError> {
    let pdf = Pdf::new(Arc::new(content.to_vec())).map_err(|error| match error {
        LoadPdfError::Decryption(_) => ReadError::LockedPdf,
        LoadPdfError::Invalid => ReadError::Pdf,
    })?;
    let pages: Vec<_> = pdf.pages().iter().take(PAGES).collect();
    let mut texts: Vec<String> = Vec::new();
    let mut reason = None;
    for side in SIDES {
        for page in &pages {
            let Some(picture) = drawn(page, side) else {
                continue;
            };
            match text_in(&picture) {
                Ok(text) if !texts.contains(&text) => texts.push(text),
                Ok(_) | Err(ReadError::NoCode) => {}
                Err(other) => reason = Some(other),
            }
        }
        if !texts.is_empty() {
            break;
        }
    }
    match (texts.len(), reason) {
        (1, None) => texts.pop().ok_or(ReadError::Pdf),
        (0 | 1, Some(reason)) => Err(reason),
        (0, None) if pages.is_empty() => Err(ReadError::Pdf),
        (0, None) => Err(ReadError::NoCodeOnPages(pages.len())),
        (several, _) => Err(ReadError::ManyCodes(several)),
    }
}

/// A page on white, its longer side `side` pixels.
fn drawn(page: &Page<'_>, side: f32) -> Option<GrayImage> {
    let (width, height) = page.render_dimensions();
    let scale = side / width.max(height);
    if !scale.is_finite() || scale <= 0.0 {
        return None;
    }
    let settings = PixmapSettings {
        x_scale: scale,
        y_scale: scale,
        bg_color: WHITE,
    };
    let pixels = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let (width, height) = (u32::from(pixels.width()), u32::from(pixels.height()));
    let luma = pixels.data().iter().map(|pixel| {
        let [r, g, b] = [pixel.r, pixel.g, pixel.b].map(u32::from);
        let Luma([value]) = Luma([(2126 * r + 7152 * g + 722 * b) / 10_000]);
        u8::try_from(value).unwrap_or(u8::MAX)
    });
    GrayImage::from_raw(width, height, luma.collect())
}
