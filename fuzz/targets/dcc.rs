#![no_main]
//! EU certificates: the text of a code, and a message packed here.

use libfuzzer_sys::fuzz_target;
use veilpass_fuzz::judge;

fuzz_target!(|input: &[u8]| {
    judge(input);
    judge(&[b"HC1:", input].concat());
    let message = miniz_oxide::deflate::compress_to_vec_zlib(input, 1);
    judge(format!("HC1:{}", base45::encode(message)).as_bytes());
    judge(format!("HC1:{}", base45::encode(input)).as_bytes());
});
