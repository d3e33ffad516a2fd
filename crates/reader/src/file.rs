//! Files of pictures: which format, how large, and the brightness of each pixel.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgba};

use crate::{MAX_SIDE, ReadError};

/// Memory that reading a picture may take, in bytes.
const MAX_MEMORY: u64 = 512 << 20;

/// What is read.
const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Tiff,
    ImageFormat::Bmp,
];

pub(crate) fn is_pdf(content: &[u8]) -> bool {
    // Some writers put bytes before the header; readers look for it in the first 1,024 (ISO 32000-1, annex H.3).
    let head = content.get(..1024).unwrap_or(content);
    head.windows(5).any(|window| window == b"%PDF-")
}

fn is_svg(content: &[u8]) -> bool {
    let head = content.get(..256).unwrap_or(content);
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with("<svg") || (head.starts_with("<?xml") && head.contains("<svg"))
}

/// Formats that are known by name, and not read: there is no decoder for them in Rust that may be used here and is kept well.
fn known(content: &[u8]) -> Option<&'static str> {
    let brand = content
        .get(4..12)
        .filter(|bytes| bytes.starts_with(b"ftyp"))?;
    match brand.get(4..)? {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            Some("HEIC")
        }
        b"avif" | b"avis" => Some("AVIF"),
        _ => None,
    }
}

fn is_jpeg_xl(content: &[u8]) -> bool {
    content.starts_with(&[0xff, 0x0a]) || content.starts_with(b"\0\0\0\x0cJXL ")
}

/// Whether a file is meant to be looked at.
pub(crate) fn is_picture(content: &[u8]) -> bool {
    let format = image::guess_format(content).ok();
    format.is_some_and(|format| FORMATS.contains(&format))
        || is_pdf(content)
        || is_svg(content)
        || known(content).is_some()
        || is_jpeg_xl(content)
}

/// The brightness of a picture's pixels, turned as its camera says, on a ground that its code can be seen on.
pub(crate) fn picture(content: &[u8]) -> Result<GrayImage, ReadError> {
    if let Some(name) = known(content) {
        return Err(ReadError::Format(name));
    }
    if is_jpeg_xl(content) {
        return Err(ReadError::Format("JPEG XL"));
    }
    if is_svg(content) {
        return Err(ReadError::Svg);
    }
    let reader = ImageReader::new(Cursor::new(content)).with_guessed_format();
    let mut reader = reader.map_err(|_| ReadError::Picture)?;
    if !reader
        .format()
        .is_some_and(|format| FORMATS.contains(&format))
    {
        return Err(ReadError::Picture);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| ReadError::Damaged)?;
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ReadError::TooLarge { width, height });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| ReadError::Damaged)?;
    Ok(match picture.color().has_alpha() {
        true => on_ground(&picture),
        false => picture.into_luma8(),
    })
}

/// A picture that one can see through, on white if what is drawn is mostly dark, else on black.
fn on_ground(picture: &DynamicImage) -> GrayImage {
    let pixels = picture.to_rgba8();
    let (mut drawn, mut light) = (0_u64, 0_u64);
    for Rgba([r, g, b, alpha]) in pixels.pixels() {
        let alpha = u64::from(*alpha);
        drawn += alpha * 3;
        light += alpha * (u64::from(*r) + u64::from(*g) + u64::from(*b)) / 255;
    }
    let ground = if light * 2 <= drawn { 255_u32 } else { 0 };
    // A picture that hides nothing is as it was.
    GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *pixels.get_pixel(x, y);
        // ITU-R BT.709, as the picture library has it.
        let luma = (2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b)) / 10_000;
        let alpha = u32::from(alpha);
        let seen = (luma * alpha + ground * (255 - alpha)) / 255;
        image::Luma([u8::try_from(seen).unwrap_or(u8::MAX)])
    })
}
