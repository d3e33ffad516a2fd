#![no_main]
//! Bodies of accreditations and files of handles, signed here.

use libfuzzer_sys::fuzz_target;
use veilpass::artefact::Artefact;
use veilpass::scheme::{HandlePool, SignedAccreditation};
use veilpass_fuzz::{WORLD, authority, same, signed};

fuzz_target!(|body: &[u8]| {
    let (own, key) = (&WORLD.city.bundle_key, authority().1);
    let bytes = signed(Artefact::Accreditation, body);
    if let Ok(read) = SignedAccreditation::open(&key, &bytes) {
        let (accreditation, limits) = (read.accreditation(), read.limits());
        let again = own.sign_accreditation(read.scheme(), read.issuer(), accreditation, limits);
        same(again, &bytes);
        let bundle = &WORLD.bundle;
        let _ = bundle.verify_accreditation(accreditation, WORLD.city.clinic.public());
    }
    let bytes = signed(Artefact::Handles, body);
    if let Ok(read) = HandlePool::open(&key, &bytes) {
        same(
            own.sign_handles(read.scheme(), read.issuer(), read.handles()),
            &bytes,
        );
    }
});
