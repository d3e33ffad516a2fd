//! QR codes in pictures: drawn, photographed, and on the pages of PDF files.
//!
//! A phone's photograph is dark, blurred, tilted, full of noise and squeezed by JPEG; a certificate is a page of a PDF.
//! [`text_in_file`] reads a file as it comes, [`text_in_frame`] a frame of a camera. Both make one attempt after another
//! (`attempts`), the quick ones first, and stop at the first that shows a code.
//!
//! What a code says is not judged here: `veilpass::qr::from_text` takes it from there.

mod attempts;
mod decode;
mod file;
#[cfg(feature = "pdf")]
mod pdf;

use attempts::attempts;
use decode::{Found, decode};
use image::GrayImage;

/// The largest side of a picture that is read, in pixels.
pub const MAX_SIDE: u32 = 8192;

/// Why no text came out of a picture. Each says what its owner can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not a picture in a format that is read.
    #[error(
        "this file is not a picture that can be read; save it as PNG or JPEG (also read: WebP, GIF, TIFF, BMP, PDF)"
    )]
    Picture,
    /// A format that is known and not read.
    #[error(
        "this is a {0} picture, which this program cannot read; save or send it as JPEG or PNG"
    )]
    Format(&'static str),
    /// A drawing in lines.
    #[error(
        "this is an SVG drawing, which this program cannot read; use the PNG picture or a photograph of it"
    )]
    Svg,
    /// Larger than is read.
    #[error(
        "the picture is too large: {width} × {height} pixels, at most {MAX_SIDE} a side; make it smaller"
    )]
    TooLarge {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// A picture that is cut off or damaged.
    #[error("the picture is damaged or not complete; copy it or take it again")]
    Damaged,
    /// A PDF that needs a password.
    #[error(
        "this PDF is locked with a password; open it, print it to a new PDF without one, and use that"
    )]
    LockedPdf,
    /// A PDF that cannot be drawn.
    #[error("this PDF cannot be read; make a picture of the page with the code and use that")]
    Pdf,
    /// No code was found.
    #[error("no QR code was found in the picture; take it again, sharp and from the front")]
    NoCode,
    /// No code on any page that was looked at.
    #[error(
        "no QR code was found on the first {0} pages; make a picture of the page with the code and use that"
    )]
    NoCodeOnPages(usize),
    /// More than one.
    #[error("there are {0} QR codes in the picture; show one at a time")]
    ManyCodes(usize),
    /// One code of a set that belongs together (structured append).
    #[error(
        "this QR code is only part {number} of {of}: the certificate is spread over {of} codes, which this program does not join; \
         ask for it as one code"
    )]
    OneOfSeveral {
        /// Which part, from 1.
        number: u8,
        /// How many parts.
        of: u8,
    },
}

/// The text of the one code in a file: a picture, or a PDF whose first pages are read. One code that is there several
/// times is one.
///
/// # Errors
/// [`ReadError`].
pub fn text_in_file(content: &[u8]) -> Result<String, ReadError> {
    #[cfg(feature = "pdf")]
    if file::is_pdf(content) {
        return pdf::text(content);
    }
    text_in(&file::picture(content)?)
}

/// Whether a file begins like a picture or PDF, of those that are read and those that are only known by name.
#[must_use]
pub fn is_picture(content: &[u8]) -> bool {
    file::is_picture(content)
}

/// The text of the one code in a frame: `width` × `height` bytes of brightness, row by row, 0 is black.
///
/// # Errors
/// [`ReadError`]; [`ReadError::Damaged`] if the bytes are not as many as the frame has pixels.
pub fn text_in_frame(width: u32, height: u32, luma: &[u8]) -> Result<String, ReadError> {
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(ReadError::TooLarge { width, height });
    }
    let picture = GrayImage::from_raw(width, height, luma.to_vec());
    text_in(&picture.ok_or(ReadError::Damaged)?)
}

fn text_in(picture: &GrayImage) -> Result<String, ReadError> {
    let mut reason = ReadError::NoCode;
    for attempt in attempts(picture) {
        match decode(&attempt) {
            Found::Text(text) => return Ok(text),
            // Another attempt may see one code only because it misses the other: several are several.
            Found::Several(number) => return Err(ReadError::ManyCodes(number)),
            Found::Part { number, of } => reason = ReadError::OneOfSeveral { number, of },
            Found::Nothing => {}
        }
    }
    Err(reason)
}
