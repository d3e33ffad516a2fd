#![no_main]
//! Responses, sealed; then their contents, by a wallet that has what opens them.

use libfuzzer_sys::fuzz_target;
use veilpass::issuance::{PendingRequest, Response};
use veilpass_fuzz::made::ISSUANCE;
use veilpass_fuzz::{NOW, WORLD, at, same};

fuzz_target!(|bytes: &[u8]| {
    let Ok(response) = Response::from_bytes(bytes) else {
        return;
    };
    same(response.to_bytes(), bytes);
    let pending = PendingRequest::from_bytes(&WORLD.city.scheme, &ISSUANCE.pending).unwrap();
    if pending.receive(&WORLD.holder, &response, at(NOW)).is_ok() {
        assert!(bytes == ISSUANCE.response, "received, but nobody made it");
    }
});
