//! The codes of a picture that was made ready.

use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue,
};

use crate::attempts::{Attempt, Threshold};

/// What is in a picture.
pub(crate) enum Found {
    /// No code.
    Nothing,
    /// One text.
    Text(String),
    /// So many texts.
    Several(usize),
    /// One code of a set (structured append).
    Part { number: u8, of: u8 },
}

/// Looks for codes.
pub(crate) fn decode(attempt: &Attempt) -> Found {
    let picture = &attempt.picture;
    let (width, height) = picture.dimensions();
    let Ok(source) = Luma8LuminanceSource::new(picture.as_raw().clone(), width, height) else {
        return Found::Nothing;
    };
    match attempt.threshold {
        Threshold::Local => found(HybridBinarizer::new(source)),
        Threshold::Global => found(GlobalHistogramBinarizer::new(source)),
    }
}

fn found<B: Binarizer>(binarizer: B) -> Found {
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into()),
        ..DecodeHints::default()
    };
    let mut bitmap = BinaryBitmap::new(binarizer);
    let codes = QrReader.decode_multiple_with_hints(&mut bitmap, &hints);
    let codes = codes.unwrap_or_default();
    if let Some((number, of)) = codes.iter().find_map(part) {
        return Found::Part { number, of };
    }
    let mut texts: Vec<_> = codes.iter().map(RXingResult::getText).collect();
    texts.sort_unstable();
    texts.dedup();
    match texts.as_slice() {
        [] => Found::Nothing,
        [one] => Found::Text((*one).to_owned()),
        several => Found::Several(several.len()),
    }
}

/// Which part of how many a code is, if it is one of a set.
fn part(code: &RXingResult) -> Option<(u8, u8)> {
    let of = |kind| code.getRXingResultMetadata().get(kind);
    // The reader puts the number of parts where ZXing has the parity.
    let (
        Some(RXingResultMetadataValue::StructuredAppendParity(count)),
        Some(RXingResultMetadataValue::StructuredAppendSequence(index)),
    ) = (
        of(&RXingResultMetadataType::STRUCTURED_APPEND_PARITY),
        of(&RXingResultMetadataType::STRUCTURED_APPEND_SEQUENCE),
    )
    else {
        return None;
    };
    let (of, number) = (
        u8::try_from(*count).ok()?,
        u8::try_from(*index).ok()?.checked_add(1)?,
    );
    (of > 1).then_some((number, of))
}
