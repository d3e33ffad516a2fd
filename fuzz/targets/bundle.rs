#![no_main]
//! Bodies of bundles, signed here.

use libfuzzer_sys::fuzz_target;
use veilpass::artefact::Artefact;
use veilpass::internals::UnsignedBundle;
use veilpass::scheme::{Trust, UnverifiedBundle};
use veilpass_fuzz::{WORLD, authority, same, signed};

fuzz_target!(|body: &[u8]| {
    let key = authority().1;
    assert!(
        UnverifiedBundle::new(body)
            .verify(&Trust::on_first_use(&key))
            .is_err()
    );
    let bytes = signed(Artefact::Bundle, body);
    if let Ok(bundle) = UnverifiedBundle::new(&bytes).verify(&Trust::on_first_use(&key)) {
        same(
            UnsignedBundle::of(&bundle).sign(&WORLD.city.bundle_key),
            &bytes,
        );
    }
});
