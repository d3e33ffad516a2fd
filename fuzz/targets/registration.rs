#![no_main]
//! An issuer's registration, and scheme cards.

use libfuzzer_sys::fuzz_target;
use veilpass::scheme::{SchemeCard, UnverifiedIssuer};
use veilpass_fuzz::{WORLD, same};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(issuer) = UnverifiedIssuer::from_bytes(bytes) {
        same(issuer.to_bytes(), bytes);
        let _ = issuer.verify(&WORLD.city.scheme);
    }
    if let Ok(card) = SchemeCard::from_bytes(bytes) {
        same(card.to_bytes(), bytes);
    }
});
