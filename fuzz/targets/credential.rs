#![no_main]
//! What stores keep, encrypted: credentials, pending requests and renewals, pending offers.

use libfuzzer_sys::fuzz_target;
use veilpass::Credential;
use veilpass::issuance::{PendingOffer, PendingRenewal, PendingRequest};
use veilpass_fuzz::{WORLD, same};

fuzz_target!(|bytes: &[u8]| {
    let scheme = &WORLD.city.scheme;
    if let Ok(mut credential) = Credential::from_bytes(scheme, bytes) {
        same(&*credential.expose_bytes(), bytes);
        // Accreditation and witness are checked here.
        let _ = credential.sync_vartime(&WORLD.holder);
    }
    if let Ok(pending) = PendingRequest::from_bytes(scheme, bytes) {
        same(&*pending.expose_bytes(), bytes);
    }
    if let Ok(pending) = PendingRenewal::from_bytes(scheme, bytes) {
        same(&*pending.expose_bytes(), bytes);
    }
    if let Ok(pending) = PendingOffer::from_bytes(scheme, bytes) {
        same(pending.to_bytes(), bytes);
    }
});
