#![no_main]
//! Bodies of accreditations and files of handles, signed here.

use libfuzzer_sys::fuzz_target;
use veilpass::artefact::Artefact;
use veilpass::scheme::{SignedAccreditation, HandlePool};
use veilpass_fuzz::{WORLD, authority, same, signed};

fuzz_target!(|body: &[u8]| {
    let (own, key) = (&WORLD.city.bundle_key, authority().1);
    let bytes = signed(Artefact::Accreditation, body);
    if let Ok(paper) = SignedAccreditation::open(&key, &bytes) {
        same(paper.sign(own), &bytes);
        let _ = paper.accreditation.verify(
            &WORLD.bundle.keys().accreditation.into(),
            WORLD.city.clinic.public(),
        );
    }
    let bytes = signed(Artefact::Handles, body);
    if let Ok(paper) = HandlePool::open(&key, &bytes) {
        same(paper.sign(own), &bytes);
    }
});
