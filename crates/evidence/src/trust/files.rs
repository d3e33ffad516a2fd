//! Certificates and keys in files: PEM with lines of any length, base64 without a frame, or DER.

use base64ct::{Base64, Encoding};

use super::TrustError;

/// What stands in a frame of PEM.
pub(super) const CERTIFICATE: [&str; 3] =
    ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];
pub(super) const PUBLIC_KEY: &str = "PUBLIC KEY";

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The frames of a PEM file (RFC 7468) with what they are called; there may be text between them. The standard wants
/// lines of 64 characters, but files have 76, or one line.
pub(super) fn frames(text: &str) -> Vec<(&str, Option<Vec<u8>>)> {
    let pieces = text.split(BEGIN).skip(1);
    let frame = |piece: &'_ str| -> Option<(usize, usize, usize)> {
        let label = piece.find(DASHES)?;
        let content = label + DASHES.len();
        let end = piece.get(content..)?.find(END)?;
        Some((label, content, content + end))
    };
    pieces
        .map(|piece| match frame(piece) {
            Some((label, content, end)) => {
                let content = piece.get(content..end).unwrap_or_default();
                (piece.get(..label).unwrap_or_default(), decoded(content))
            }
            None => (piece.split(DASHES).next().unwrap_or_default(), None),
        })
        .collect()
}

/// Base64 with white space in it.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    Base64::decode_vec(&text).ok()
}

/// What stands at a number of a file, or why it is not read.
pub(super) type Numbered<N, T> = (N, Result<T, TrustError>);

/// The certificates of a file, as DER, with their numbers in it if it is PEM; public keys are none of them.
pub(super) fn certificates(file: &[u8]) -> Vec<Numbered<Option<usize>, Vec<u8>>> {
    let text = std::str::from_utf8(file).unwrap_or_default();
    if !text.contains(BEGIN) {
        // Some programs leave the frame away.
        let bare = decoded(text.trim_start_matches('\u{feff}')).filter(|der| !der.is_empty());
        return vec![(None, Ok(bare.unwrap_or_else(|| file.to_vec())))];
    }
    let frames = frames(text).into_iter().zip(1..);
    frames
        .filter(|((label, _), _)| *label != PUBLIC_KEY)
        .map(|((label, der), number)| match der {
            _ if label.ends_with("PRIVATE KEY") => (Some(number), Err(TrustError::Private)),
            Some(der) if CERTIFICATE.contains(&label) => (Some(number), Ok(der)),
            _ => (Some(number), Err(TrustError::NotACertificate)),
        })
        .collect()
}
