//! Bytes as text, and back, and as QR codes: `VP2:` and base45 (RFC 9285), which the alphanumeric
//! mode of a QR code holds at 5.5 bits a character (`crates/reader` reads them). Never a URL: nothing may make a guest's phone open
//! a page.

/// What every text begins with.
const PREFIX: &str = "VP2:";

/// The longest text: what a QR code of version 40 at level L holds in alphanumeric mode.
const MAX_TEXT: usize = 4296;

/// Why a text holds nothing of this project, or a code cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// A link.
    #[error("this code is a web address, not a pass; a real pass never is")]
    Url,
    /// An EU Digital COVID Certificate.
    #[error("this is an EU COVID certificate (HC1:), not a pass; an issuer can turn it into one")]
    HealthCertificate,
    /// Of the version before this one.
    #[error("this code is of version 1 (VP1:), which was given up; ask for one of version 2")]
    OldVersion,
    /// A text of this project that was cut off, or in which a character is wrong.
    #[error("this code is damaged or incomplete; scan it again")]
    Damaged,
    /// Something else.
    #[error("this is not a veilpass text; it should begin with VP2:")]
    Other,
    /// Longer than any QR code.
    #[error("this text is too long to come from a QR code")]
    TooLong,
    /// More bytes than a QR code holds.
    #[error("this is too much for one QR code")]
    DoesNotFit,
}

/// The text of a QR code.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(bytes))
}

/// The bytes of a text.
///
/// # Errors
/// [`QrError`], which says what else the text is.
pub fn from_text(text: &str) -> Result<Vec<u8>, QrError> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(QrError::TooLong);
    }
    if let Some(encoded) = text.strip_prefix(PREFIX) {
        let bytes = base45::decode(encoded).map_err(|_| QrError::Damaged)?;
        // One text for one payload: another spelling of the same bytes is not of this system.
        return if base45::encode(&bytes) == encoded {
            Ok(bytes)
        } else {
            Err(QrError::Damaged)
        };
    }
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("http:") || lower.starts_with("https:") || lower.starts_with("www.") {
        return Err(QrError::Url);
    }
    if text.starts_with("VP1:") {
        return Err(QrError::OldVersion);
    }
    if text.starts_with("HC1:") {
        return Err(QrError::HealthCertificate);
    }
    Err(QrError::Other)
}

#[cfg(feature = "pictures")]
pub use picture::Code;

#[cfg(feature = "pictures")]
mod picture {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Luma};
    use qrcode::render::{svg, unicode};
    use qrcode::{EcLevel, QrCode};

    use super::{QrError, to_text};

    /// The largest side of a picture that is drawn, in pixels.
    const MAX_SIDE: u32 = 8192;

    /// A QR code at level L, ready to be drawn.
    pub struct Code {
        code: QrCode,
        version: i16,
    }

    impl Code {
        /// The code of `bytes`, of the smallest version that holds them.
        ///
        /// # Errors
        /// [`QrError::DoesNotFit`].
        pub fn new(bytes: &[u8]) -> Result<Self, QrError> {
            Self::of_text(&to_text(bytes), EcLevel::L)
        }

        /// The code of a short text, with half again as many modules so that a quarter of it may be
        /// spoilt: for letters that are folded and carried about.
        ///
        /// # Errors
        /// [`QrError::DoesNotFit`].
        pub fn of_letter(text: &str) -> Result<Self, QrError> {
            Self::of_text(text, EcLevel::Q)
        }

        fn of_text(text: &str, level: EcLevel) -> Result<Self, QrError> {
            let code = QrCode::with_error_correction_level(text, level)
                .map_err(|_| QrError::DoesNotFit)?;
            let version = match code.version() {
                qrcode::Version::Normal(version) | qrcode::Version::Micro(version) => version,
            };
            Ok(Self { code, version })
        }

        /// The version: 17 + 4·version modules a side.
        #[must_use]
        pub fn version(&self) -> i16 {
            self.version
        }

        /// The modules, row by row without the quiet zone; `true` is dark.
        pub fn rows(&self) -> impl Iterator<Item = Vec<bool>> + '_ {
            let colors = self.code.to_colors();
            let width = self.code.width().max(1);
            let rows: Vec<Vec<bool>> = (colors.chunks(width))
                .map(|row| {
                    row.iter()
                        .map(|color| *color == qrcode::Color::Dark)
                        .collect()
                })
                .collect();
            rows.into_iter()
        }

        /// A PNG with `pixels` a module and the quiet zone.
        ///
        /// # Errors
        /// [`QrError::DoesNotFit`] if the picture would be larger than 8,192 pixels a side.
        pub fn png(&self, pixels: u32) -> Result<Vec<u8>, QrError> {
            let modules = u32::try_from(self.code.width() + 8).unwrap_or(u32::MAX);
            if pixels == 0 || modules.saturating_mul(pixels) > MAX_SIDE {
                return Err(QrError::DoesNotFit);
            }
            let drawn = self
                .code
                .render::<Luma<u8>>()
                .module_dimensions(pixels, pixels)
                .build();
            let mut bytes = Cursor::new(Vec::new());
            DynamicImage::ImageLuma8(drawn)
                .write_to(&mut bytes, ImageFormat::Png)
                .map_err(|_| QrError::DoesNotFit)?;
            Ok(bytes.into_inner())
        }

        /// An SVG, scalable.
        #[must_use]
        pub fn svg(&self) -> String {
            self.code
                .render::<svg::Color<'_>>()
                .module_dimensions(4, 4)
                .build()
        }

        /// Half-block characters, for a terminal with a dark background.
        #[must_use]
        pub fn terminal(&self) -> String {
            self.code
                .render::<unicode::Dense1x2>()
                .dark_color(unicode::Dense1x2::Light)
                .light_color(unicode::Dense1x2::Dark)
                .build()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_as_text_and_nothing_else_is_one() {
        for bytes in [&b""[..], b"a", b"\x00\xff\x10", &[7; 1232]] {
            assert_eq!(from_text(&to_text(bytes)).as_deref(), Ok(bytes));
        }
        assert_eq!(from_text(" VP2:BB8\n").as_deref(), Ok(&b"AB"[..]));
        assert_eq!(from_text("https://pass.example/1"), Err(QrError::Url));
        assert_eq!(from_text("HC1:NCF"), Err(QrError::HealthCertificate));
        assert_eq!(from_text("hello"), Err(QrError::Other));
        assert_eq!(from_text("VP2:bb8"), Err(QrError::Damaged));
        assert_eq!(from_text("VP2::::"), Err(QrError::Damaged));
        assert_eq!(from_text("VP1:BB8"), Err(QrError::OldVersion));
        assert_eq!(from_text(&"A".repeat(5000)), Err(QrError::TooLong));
    }

    #[test]
    fn the_largest_payload_fits_version_25() {
        assert_eq!(to_text(&[0xff; 1232]).len(), 1852);
    }
}
