//! Trust lists from files.

use std::fs;

use base64ct::{Base64, Encoding};
use p256::ecdsa::SigningKey;
use rsa::pkcs8::EncodePublicKey;
use veilpass_evidence::{Trust, TrustError, TrustList};

use veilpass_fixture::certificates::{claims, judge, vaccination};
use veilpass_fixture::signer::{Signer, certificate};

fn pem(der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

#[test]
fn a_directory_of_pem_and_der_is_a_trust_list() {
    let signers = [1, 2, 3].map(|seed| Signer::new(seed, "CN=Signer,C=DE", &[]));
    let folder = tempfile();
    let two = format!(
        "Two signers:\n{}\n{}",
        pem(&signers[0].certificate),
        pem(&signers[1].certificate)
    );
    fs::write(folder.join("two.pem"), two).unwrap();
    fs::write(folder.join("one.der"), &signers[2].certificate).unwrap();
    fs::write(folder.join("notes.txt"), "not a certificate").unwrap();
    let trust = Trust {
        certificates: TrustList::from_directory(&folder).unwrap(),
        ..Trust::default()
    };
    assert_eq!(trust.certificates.len(), 3);
    for signer in &signers {
        let report = judge(&signer.dcc(&claims(&vaccination())), &trust);
        assert!(report.evidence.is_some(), "{report:#?}");
    }

    fs::write(folder.join("bad.crt"), "not a certificate").unwrap();
    let error = TrustList::from_directory(&folder).unwrap_err();
    assert!(error.to_string().contains("bad.crt"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(
        TrustList::from_directory(&folder),
        Err(TrustError::File { .. })
    ));
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("veilpass-trust-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_pem_file_with_one_bad_certificate_adds_none() {
    let good = pem(&Signer::german().certificate);
    let bad = pem(b"no certificate");
    let mut list = TrustList::new();
    assert!(list.add(format!("{good}{bad}").as_bytes()).is_err());
    assert!(list.is_empty());
    assert_eq!(list.add(good.replace('\n', "\r\n").as_bytes()).unwrap(), 1);
}

#[test]
fn weak_and_strange_keys_are_refused() {
    let weak = rsa::PrivateKey::new(&mut rand::rng(), 1024).unwrap();
    let weak = weak.to_public_key().to_public_key_der().unwrap();
    let mut list = TrustList::new();
    let refused = list.add(&certificate(weak.as_bytes(), "CN=Signer", &[]));
    assert!(matches!(refused, Err(TrustError::Key)));
    // A point that is not on the curve.
    let key = SigningKey::from_slice(&[1; 32]).unwrap();
    let mut public = p256::pkcs8::EncodePublicKey::to_public_key_der(key.verifying_key())
        .unwrap()
        .as_bytes()
        .to_vec();
    *public.last_mut().unwrap() ^= 1;
    let refused = list.add(&certificate(&public, "CN=Signer", &[]));
    assert!(matches!(refused, Err(TrustError::Key)));
}
