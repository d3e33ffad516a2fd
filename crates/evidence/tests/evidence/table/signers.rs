//! What lies in a folder of trusted signers.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use base64ct::{Base64, Encoding};
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::EncodePublicKey;
use veilpass_evidence::Trust;

use super::Tried;
use veilpass_fixture::certificates::{claims, judge, jwk, vaccination};
use veilpass_fixture::signer::{Signer, ec_key};

/// What comes of a folder with these files: whether the signer is believed, and what is said of the rest.
fn folder(files: &[(&str, Vec<u8>)]) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("veilpass-table-{}-{number}", std::process::id()));
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let (trust, skipped) = Trust::from_directory(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let signer = Signer::german();
    let report = judge(&signer.dcc(&claims(&vaccination())), &trust);
    let believed = if report.evidence.is_some() {
        "read: believed"
    } else {
        "refused: unknown"
    };
    let said = skipped.iter().map(|one| format!(", skipped: {}", one.why));
    format!("{believed}{}", said.collect::<String>())
}

fn framed(label: &str, der: &[u8], width: usize) -> Vec<u8> {
    let text = Base64::encode_string(der);
    let lines = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).unwrap());
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
    .into_bytes()
}

fn pem(der: &[u8], width: usize) -> Vec<u8> {
    framed("CERTIFICATE", der, width)
}

/// The certificate with a negative serial number: the first bit of its first number, which is of one byte, is set.
fn negative(der: &[u8]) -> Vec<u8> {
    let serial = [2, 1, 1];
    let place = der
        .windows(serial.len())
        .position(|window| window == serial);
    let mut changed = der.to_vec();
    changed[place.unwrap() + 2] |= 0x80;
    changed
}

/// A state's list with this signer, under this identifier.
fn list(der: &[u8], id: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let json = format!(
        r#"{{"certificates":[{{"certificateType":"DSC","country":"DE","kid":"{}","rawData":"{}"}}]}}"#,
        Base64::encode_string(id),
        Base64::encode_string(der)
    );
    let uplink = ec_key(9);
    let signature: Signature = uplink.sign(json.as_bytes());
    let list = format!("{}\n{json}", Base64::encode_string(&signature.to_bytes()));
    let key = uplink.verifying_key().to_public_key_der().unwrap();
    (list.into_bytes(), framed("PUBLIC KEY", key.as_bytes(), 64))
}

pub(super) fn tried() -> Vec<Tried> {
    let signer = Signer::german();
    let der = &signer.certificate;
    let (list, uplink) = list(der, &signer.id());
    let keys = format!(r#"{{"keys":[{}]}}"#, jwk(&ec_key(5)).0).into_bytes();
    // A signer with a negative serial number has another digest, so a list names it.
    let negative = self::list(&negative(der), &signer.id());
    vec![
        ("PEM in one line", folder(&[("DE.pem", pem(der, 10_000))])),
        ("PEM with lines of 76", folder(&[("DE.pem", pem(der, 76))])),
        (
            "an ending in capitals, in a subfolder",
            folder(&[("EU/DE.CER", der.clone())]),
        ),
        (
            "base64 without a frame",
            folder(&[("DE.txt", Base64::encode_string(der).into_bytes())]),
        ),
        (
            "notes beside a certificate",
            folder(&[("DE.pem", pem(der, 64)), ("README", b"who signs".to_vec())]),
        ),
        (
            "a private key beside a certificate",
            folder(&[
                ("DE.pem", pem(der, 64)),
                ("key.pem", framed("PRIVATE KEY", &[1; 40], 64)),
            ]),
        ),
        (
            "a signed list with its publisher's key",
            folder(&[("list.json", list.clone()), ("uplink.pem", uplink.clone())]),
        ),
        (
            "a signed list alone",
            folder(&[("list.json", list.clone())]),
        ),
        (
            "a list that was changed",
            folder(&[
                (
                    "list.json",
                    [&*list, b" "]
                        .concat()
                        .into_iter()
                        .map(|b| if b == b'D' { b'd' } else { b })
                        .collect(),
                ),
                ("uplink.pem", uplink),
            ]),
        ),
        (
            "a list with its signature cut off",
            folder(&[(
                "list.json",
                list.iter().skip_while(|b| **b != b'{').copied().collect(),
            )]),
        ),
        (
            "a signer with a negative serial number",
            folder(&[("list.json", negative.0), ("uplink.pem", negative.1)]),
        ),
        (
            "keys of health cards without an address",
            folder(&[("jwks.json", keys)]),
        ),
        (
            "a Dutch list, signed in CMS",
            folder(&[(
                "nl.json",
                br#"{"payload":"e30=","signature":"AA=="}"#.to_vec(),
            )]),
        ),
    ]
}
