#![no_main]
//! Registrations of issuers and venues, scheme cards and cards of venues.

use libfuzzer_sys::fuzz_target;
use veilpass::scheme::{SchemeCard, UnverifiedIssuer, UnverifiedVenue, UnverifiedVenueCard};
use veilpass_fuzz::{WORLD, same};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(issuer) = UnverifiedIssuer::from_bytes(bytes) {
        same(issuer.to_bytes(), bytes);
        let _ = issuer.verify(&WORLD.city.scheme);
    }
    if let Ok(venue) = UnverifiedVenue::from_bytes(bytes) {
        same(venue.to_bytes(), bytes);
        let _ = venue.verify(WORLD.city.scheme.id());
    }
    if let Ok(card) = UnverifiedVenueCard::from_bytes(bytes) {
        same(card.to_bytes(), bytes);
        let _ = card.verify(WORLD.city.card().key());
    }
    if let Ok(card) = SchemeCard::from_bytes(bytes) {
        same(card.to_bytes(), bytes);
    }
});
