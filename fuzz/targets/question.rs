#![no_main]
//! Questions of doors.

use libfuzzer_sys::fuzz_target;
use veilpass::presentation::Question;
use veilpass_fuzz::{NOW, WORLD, at, same};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(ask) = Question::from_bytes(bytes) {
        same(ask.to_bytes(), bytes);
        let _ = ask.asker(&WORLD.bundle, at(NOW));
    }
});
