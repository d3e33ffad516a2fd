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
fn a_directory_is_read_as_far_as_it_can_be_and_the_rest_is_named() {
    let signers = [1, 2, 3, 4, 5].map(|seed| Signer::new(seed, "CN=Signer,C=DE", &[]));
    let folder = tempfile();
    fs::create_dir_all(folder.join("deeper")).unwrap();
    let two = format!(
        "Two signers:\n{}\n{}\n{}",
        pem(&signers[0].certificate),
        pem(b"no certificate"),
        pem(&signers[1].certificate)
    );
    fs::write(folder.join("two.pem"), two).unwrap();
    fs::write(folder.join("one.CER"), &signers[2].certificate).unwrap();
    let one_line = pem(&signers[3].certificate).replace('\n', "");
    fs::write(
        folder.join("deeper/line.txt"),
        one_line.replace("-----M", "-----\nM"),
    )
    .unwrap();
    let bare = Base64::encode_string(&signers[4].certificate);
    fs::write(folder.join("bare.b64"), bare).unwrap();
    fs::write(folder.join("notes.txt"), "not a certificate").unwrap();
    let (trust, skipped) = Trust::from_directory(&folder).unwrap();
    assert_eq!(trust.certificates.len(), 5);
    for signer in &signers {
        let report = judge(&signer.dcc(&claims(&vaccination())), &trust);
        assert!(report.evidence.is_some(), "{report:#?}");
    }
    let told: Vec<_> = skipped
        .iter()
        .map(|one| (one.entry, one.why.clone()))
        .collect();
    let wrong = TrustError::NotACertificate;
    assert_eq!(told, [(None, wrong.clone()), (Some(2), wrong)]);
    assert!(skipped[0].to_string().contains("notes.txt"));
    fs::remove_dir_all(&folder).unwrap();
    assert!(Trust::from_directory(&folder).is_err());
}

/// Digitaler-Impfnachweis, "DSC TrustList Update API": the signature in the first line.
#[test]
fn a_list_counts_only_with_the_signature_of_a_publisher_in_the_folder() {
    use p256::ecdsa::Signature;
    use p256::ecdsa::signature::Signer as _;
    let signer = Signer::german();
    let json = format!(
        r#"{{"certificates":[{{"certificateType":"DSC","country":"DE","kid":"{}","rawData":"{}"}}]}}"#,
        Base64::encode_string(&signer.id()),
        Base64::encode_string(&signer.certificate)
    );
    let uplink = SigningKey::from_slice(&[9; 32]).unwrap();
    let signature: Signature = uplink.sign(json.as_bytes());
    let list = format!("{}\n{json}\n", Base64::encode_string(&signature.to_bytes()));
    let key = |key: &SigningKey| {
        let der = p256::pkcs8::EncodePublicKey::to_public_key_der(key.verifying_key()).unwrap();
        pem(der.as_bytes()).replace("CERTIFICATE", "PUBLIC KEY")
    };
    let other = SigningKey::from_slice(&[8; 32]).unwrap();
    for (list, key, wanted) in [
        (list.clone(), Some(key(&uplink)), None),
        (list.clone(), None, Some(TrustError::NoUplink)),
        (
            list.clone(),
            Some(key(&other)),
            Some(TrustError::ListSignature),
        ),
        (
            list.replace("DSC", "dsc"),
            Some(key(&uplink)),
            Some(TrustError::ListSignature),
        ),
        (json, Some(key(&uplink)), Some(TrustError::Unsigned)),
    ] {
        let folder = tempfile().join("list");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("list.json"), list).unwrap();
        if let Some(key) = key {
            fs::write(folder.join("pubkey.pem"), key).unwrap();
        }
        let (trust, skipped) = Trust::from_directory(&folder).unwrap();
        let why = skipped.first().map(|one| one.why.clone());
        assert_eq!(why, wanted);
        assert_eq!(trust.certificates.len(), usize::from(wanted.is_none()));
        fs::remove_dir_all(&folder).unwrap();
    }
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!(
        "veilpass-trust-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
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

/// Whoever reads a pipe waits for somebody who writes.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_directory_is_named_and_nobody_waits_for_it() {
    let folder = tempfile();
    fs::create_dir_all(&folder).unwrap();
    let signer = Signer::german();
    fs::write(folder.join("signer.der"), &signer.certificate).unwrap();
    let pipe = folder.join("pipe.pem");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let (done, read) = std::sync::mpsc::channel();
    let from = folder.clone();
    std::thread::spawn(move || done.send(Trust::from_directory(&from)));
    let read = read.recv_timeout(std::time::Duration::from_secs(20));
    let (trust, skipped) = read.expect("it waits for the pipe").unwrap();
    assert_eq!(trust.certificates.len(), 1);
    let named: Vec<_> = skipped.iter().map(ToString::to_string).collect();
    assert!(
        named.len() == 1 && named[0].contains("pipe.pem"),
        "{named:?}"
    );
    fs::remove_dir_all(&folder).unwrap();
}
