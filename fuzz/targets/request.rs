#![no_main]
//! Requests, of first passes and of renewals.

use libfuzzer_sys::fuzz_target;
use veilpass::issuance::{RenewalRequest, Request};
use veilpass_fuzz::{WORLD, same};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::from_bytes(&WORLD.city.scheme, bytes) {
        same(request.to_bytes(), bytes);
    }
    if let Ok(request) = RenewalRequest::from_bytes(bytes) {
        same(request.to_bytes(), bytes);
    }
});
