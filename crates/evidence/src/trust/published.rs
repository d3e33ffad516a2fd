//! Lists of signers as states publish them: JSON, signed by the publisher's uplink key.
//!
//! Germany sends what the EU's gateway gives it (Digitaler-Impfnachweis, "DSC TrustList Update API"): in the first line
//! the signature in base64 (ES256, r‖s), behind it the JSON with `certificates`, each with `kid`, `country` and the
//! certificate as `rawData`. The Netherlands send `payload` and a CMS `signature`; their signers are the same.

use serde::Deserialize;
use serde_json::Value;

use super::files::Numbered;
use super::signer::Signer;
use super::{TrustError, files};
use crate::key::{Algorithm, Key};

/// A list with its signature.
struct Signed<'a> {
    signature: Vec<u8>,
    content: &'a str,
}

/// A German list, or what the gateway has.
#[derive(Deserialize)]
struct List {
    certificates: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    certificate_type: Option<String>,
    country: Option<String>,
    kid: String,
    raw_data: String,
}

/// Whether a text is such a list, so far as its look goes.
pub(super) fn is_list(text: &str) -> bool {
    split(text).is_some() || text.trim_start().starts_with(['{', '['])
}

/// The signers of a list, each with its number in the list, or why it is not read.
pub(super) fn signers(
    text: &str,
    uplinks: &[Key],
) -> Result<Vec<Numbered<usize, Signer>>, TrustError> {
    let Some(list) = split(text) else {
        return Err(unsigned(text));
    };
    if uplinks.is_empty() {
        return Err(TrustError::NoUplink);
    }
    if !uplinks.iter().any(|key| list.is_signed_by(key)) {
        return Err(TrustError::ListSignature);
    }
    let list: List = serde_json::from_str(list.content).map_err(|_| TrustError::NotAList)?;
    let signers = (list.certificates.into_iter().zip(1..)).filter(|(entry, _)| {
        entry
            .certificate_type
            .as_deref()
            .is_none_or(|kind| kind == "DSC")
    });
    Ok(signers
        .map(|(entry, number)| (number, entry.signer()))
        .collect())
}

/// The signature in the first line, and the JSON behind it.
fn split(text: &str) -> Option<Signed<'_>> {
    let (first, content) = text.trim_start_matches('\u{feff}').split_once('\n')?;
    let signature = files::decoded(first)?;
    let is_json = content.trim_start().starts_with(['{', '[']);
    (is_json && signature.len() >= 64).then_some(Signed { signature, content })
}

/// What a JSON without a signature in its first line is.
fn unsigned(text: &str) -> TrustError {
    let Ok(json) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
        return TrustError::NotAList;
    };
    let has = |name| json.get(name).is_some();
    match () {
        () if has("payload") && has("signature") => TrustError::Cms,
        () if has("certificates") || has("eu_keys") || json.is_array() => TrustError::Unsigned,
        () if has("participating_issuers") => TrustError::NoKeys,
        () if has("keys") => TrustError::NoAddress,
        () => TrustError::NotAList,
    }
}

impl Signed<'_> {
    fn is_signed_by(&self, key: &Key) -> bool {
        // Programs that store the list end its last line.
        [self.content, self.content.trim_end()].iter().any(|text| {
            let verified = key.verify(Algorithm::Es256, text.as_bytes(), &self.signature);
            verified.is_ok()
        })
    }
}

impl Entry {
    fn signer(&self) -> Result<Signer, TrustError> {
        let bytes = |text| files::decoded(text).ok_or(TrustError::NotACertificate);
        let signer = Signer::from_der(&bytes(&self.raw_data)?)?;
        Ok(signer.listed(bytes(&self.kid)?, self.country.as_deref()))
    }
}
