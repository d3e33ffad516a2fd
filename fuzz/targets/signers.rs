#![no_main]
//! Files of a trust folder: any, and a list that its publisher signed. Whatever lies there, nobody is believed by halves.

use std::path::Path;
use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use libfuzzer_sys::fuzz_target;
use veilpass_evidence::Trust;
use veilpass_fixture::signer::Signer;

static PUBLISHER: LazyLock<(Signer, String)> = LazyLock::new(|| {
    let publisher = Signer::german();
    let key = Base64::encode_string(&publisher.public());
    let key = format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n");
    (publisher, key)
});

fuzz_target!(|input: &[u8]| {
    let (publisher, key) = &*PUBLISHER;
    let signature = Base64::encode_string(&publisher.sign(input));
    let list = [signature.as_bytes(), b"\n", input].concat();
    let [any, uplink, signed] = ["any", "key.pem", "list.json"].map(Path::new);
    let (trust, skipped) = Trust::from_files(&[(any, input)]);
    // A file is read, or named.
    let believed = trust.certificates.len() + trust.cards.len();
    let is_key = input.windows(10).any(|window| window == b"PUBLIC KEY");
    assert!(believed > 0 || !skipped.is_empty() || is_key || input.is_empty());
    let (_, skipped) = Trust::from_files(&[(signed, &list), (uplink, key.as_bytes())]);
    assert!(
        skipped
            .iter()
            .all(|one| !one.to_string().contains("Custom("))
    );
});
