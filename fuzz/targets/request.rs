#![no_main]
//! Requests.

use libfuzzer_sys::fuzz_target;
use veilpass::issuance::Request;
use veilpass_fuzz::{WORLD, same};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::from_bytes(&WORLD.city.scheme, bytes) {
        same(request.to_bytes(), bytes);
    }
});
