#![no_main]
//! Questions of doors.

use libfuzzer_sys::fuzz_target;
use veilpass::presentation::Ask;
use veilpass_fuzz::same;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ask) = Ask::from_bytes(bytes) {
        same(ask.to_bytes(), bytes);
    }
});
