#![no_main]
//! ICAO seals: the whole, and the data of one whose signer's certificate is read.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use veilpass_fixture::certificates::seal;
use veilpass_fixture::signer::Signer;
use veilpass_fuzz::judge;

/// What stands behind the data.
static SIGNATURE: LazyLock<String> =
    LazyLock::new(|| seal(&Signer::german(), &serde_json::Value::Null)["sig"].to_string());

fuzz_target!(|input: &[u8]| {
    judge(input);
    judge(
        &[
            br#"{"data":"#,
            input,
            br#","sig":"#,
            SIGNATURE.as_bytes(),
            b"}",
        ]
        .concat(),
    );
});
