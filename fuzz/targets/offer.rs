#![no_main]
//! Offers.

use libfuzzer_sys::fuzz_target;
use veilpass::issuance::Offer;
use veilpass_fuzz::same;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(offer) = Offer::from_bytes(bytes) {
        same(offer.to_bytes(), bytes);
    }
});
