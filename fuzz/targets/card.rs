#![no_main]
//! Health cards: the text of a code, and header and payload packed here.

use base64ct::{Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use miniz_oxide::deflate::compress_to_vec;
use veilpass_fuzz::judge;

/// Three parts as digits.
fn card(parts: [&[u8]; 3]) -> String {
    let text = parts.map(Base64UrlUnpadded::encode_string).join(".");
    let digits: String = text
        .bytes()
        .map(|byte| format!("{:02}", byte - 45))
        .collect();
    format!("shc:/{digits}")
}

fuzz_target!(|input: &[u8]| {
    judge(input);
    judge(&[b"shc:/", input].concat());
    let header = br#"{"alg":"ES256","zip":"DEF","kid":"x"}"#;
    judge(card([header, &compress_to_vec(input, 1), &[7; 64]]).as_bytes());
    judge(card([header, input, &[7; 64]]).as_bytes());
    judge(card([input, &[], &[7; 64]]).as_bytes());
    // In several codes, and in a file.
    let (first, second) = input.split_at(input.len() / 2);
    judge(&[b"shc:/1/2/", first, b"\nshc:/2/2/", second].concat());
    judge(&[br#"{"verifiableCredential":[""#, input, br#""]}"#].concat());
});
