//! What is signed, and how a report is checked.

use base64ct::{Base64UrlUnpadded, Encoding};
use ciborium::{Value, cbor};
use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};
use veilpass::evidence::{Report, StepName, Trust, check};

/// 28 June 2021, evening in Moscow.
pub const NOW: i64 = 1_624_896_240;
pub const DAY: i64 = 86_400;

/// Extended key usages, as the two variants write them.
pub const TEST: &str = "1.3.6.1.4.1.1847.2021.1.1";
pub const VACCINATION: &str = "1.3.6.1.4.1.1847.2021.1.2";
pub const RECOVERY_OLD: &str = "1.3.6.1.4.1.0.1847.2021.1.3";

pub fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// Compressed, in base45, with the prefix.
pub fn hc1(message: &[u8]) -> String {
    format!("HC1:{}", base45::encode(compress_to_vec_zlib(message, 9)))
}

/// Claims of DE around a DCC, issued a day ago, for a year.
pub fn claims(certificate: &Value) -> Value {
    claims_of("DE", NOW - DAY, NOW + 365 * DAY, certificate)
}

pub fn claims_of(issuer: &str, issued: i64, expires: i64, certificate: &Value) -> Value {
    cbor!({ 1 => issuer, 4 => expires, 6 => issued, -260 => { 1 => certificate } }).unwrap()
}

fn person(group: &str, entry: &Value) -> Value {
    cbor!({
        "ver" => "1.3.0",
        "nam" => { "fn" => "Müller", "fnt" => "MUELLER", "gn" => "Anna", "gnt" => "ANNA" },
        "dob" => "1980-02-29",
        group => [entry],
    })
    .unwrap()
}

pub fn vaccination() -> Value {
    let entry = cbor!({
        "tg" => "840539006", "vp" => "1119349007", "mp" => "EU/1/20/1528", "ma" => "ORG-100030215",
        "dn" => 2, "sd" => 2, "dt" => "2021-06-01", "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:01",
    });
    person("v", &entry.unwrap())
}

pub fn recovery() -> Value {
    let entry = cbor!({
        "tg" => "840539006", "fr" => "2021-03-01", "df" => "2021-03-12", "du" => "2021-08-28",
        "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:02",
    });
    person("r", &entry.unwrap())
}

pub fn test() -> Value {
    let entry = cbor!({
        "tg" => "840539006", "tt" => "LP6464-4", "nm" => "PCR", "sc" => "2021-06-27T09:30:00+02:00",
        "tr" => "260415000", "tc" => "Centre 1", "co" => "DE", "is" => "RKI", "ci" => "URN:UVCI:03",
    });
    person("t", &entry.unwrap())
}

/// `value` with the field at `path` (names; the first entry of a list is taken) set, or removed.
pub fn with(mut value: Value, path: &[&str], new: Option<Value>) -> Value {
    let (last, parents) = path.split_last().unwrap();
    let mut place = &mut value;
    for name in parents {
        let entries = place.as_map_mut().unwrap();
        place = &mut entries
            .iter_mut()
            .find(|(key, _)| key.as_text() == Some(name))
            .unwrap()
            .1;
        if place.is_array() {
            place = &mut place.as_array_mut().unwrap()[0];
        }
    }
    let entries = place.as_map_mut().unwrap();
    entries.retain(|(key, _)| key.as_text() != Some(last));
    if let Some(new) = new {
        entries.push((Value::from(*last), new));
    }
    value
}

/// All steps hold but `step`, which is false.
pub fn only_fails(report: &Report, step: StepName) {
    for name in StepName::ALL {
        assert_eq!(
            report.held(name),
            Some(name != step),
            "{name:?}: {report:#?}"
        );
    }
    assert_eq!(report.evidence, None);
}

/// `step` is false, all before hold, none after was reached.
pub fn stops_at(report: &Report, step: StepName) {
    for name in StepName::ALL {
        let wanted = (name <= step).then_some(name != step);
        assert_eq!(report.held(name), wanted, "{name:?}: {report:#?}");
    }
    assert_eq!(report.evidence, None);
}

pub fn judge(text: &str, trust: &Trust) -> Report {
    check(text.as_bytes(), trust, NOW)
}

pub fn base64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The public JWK of a key, and its thumbprint.
pub fn jwk(key: &SigningKey) -> (String, String) {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (base64(point.x().unwrap()), base64(point.y().unwrap()));
    let members = format!(r#""crv":"P-256","kty":"EC","x":"{x}","y":"{y}""#);
    let id = base64(&Sha256::digest(format!("{{{members}}}")));
    (
        format!(r#"{{{members},"kid":"{id}","use":"sig","alg":"ES256"}}"#),
        id,
    )
}

/// The text of a health card with this payload, signed.
pub fn card(key: &SigningKey, header: &serde_json::Value, payload: &[u8]) -> String {
    let parts = [header.to_string().as_bytes(), &compress_to_vec(payload, 9)].map(base64);
    let message = parts.join(".");
    let signature: Signature = key.sign(message.as_bytes());
    shc(&format!("{message}.{}", base64(&signature.to_bytes())))
}

/// A compact JWS as digits.
pub fn shc(jws: &str) -> String {
    let digits: String = jws.bytes().map(|b| format!("{:02}", b - 45)).collect();
    format!("shc:/{digits}")
}
