//! DEFLATE with a bound on what comes out.

use miniz_oxide::inflate::{
    DecompressError, TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use super::Flaw;

/// The most bytes that a certificate may decompress to. Real ones have a few hundred; a QR code's
/// content can blow up a thousandfold.
const MAX: usize = 64 << 10;

/// Decompresses zlib (RFC 1950), the checksum included.
pub(super) fn zlib(compressed: &[u8]) -> Result<Vec<u8>, Flaw> {
    decompress_to_vec_zlib_with_limit(compressed, MAX).map_err(flaw)
}

/// Decompresses raw DEFLATE (RFC 1951).
pub(super) fn raw(compressed: &[u8]) -> Result<Vec<u8>, Flaw> {
    decompress_to_vec_with_limit(compressed, MAX).map_err(flaw)
}

fn flaw(error: DecompressError) -> Flaw {
    match error.status {
        TINFLStatus::HasMoreOutput => Flaw::Bomb { most: MAX },
        _ => Flaw::Inflate,
    }
}
