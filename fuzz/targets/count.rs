#![no_main]
//! Issuers' counts: as they are, and with a body that is signed here.

use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::artefact::Artefact;
use veilpass::scheme::UnverifiedCount;
use veilpass_fuzz::{WORLD, count_signed, same};

fuzz_target!(|body: &[u8]| {
    let _ = UnverifiedCount::from_bytes(body);
    // Anybody's signature does for decoding; scheme and issuer stand at the head of the body.
    let clinic = &WORLD.city.clinic;
    let unsigned = [&[2, Artefact::Count.letter()][..], &[0; 48], body].concat();
    if UnverifiedCount::from_bytes(&unsigned).is_ok() {
        let bytes = count_signed(body);
        let count = UnverifiedCount::from_bytes(&bytes).unwrap();
        let ours = *count.issuer() == clinic.public().id() && body[..32] == *WORLD.city.scheme.id();
        match count.verify_vartime(&WORLD.city.scheme, clinic.public()) {
            Ok(count) => {
                let scheme = &WORLD.city.scheme;
                let rng = &mut StdRng::seed_from_u64(1);
                let again = count.counted().sign(scheme.id(), clinic, rng);
                same(&again[50..], body);
                let sum: u64 = count.by_day().map(|(_, issued)| issued).sum();
                assert_eq!(sum, count.issued());
            }
            Err(_) => assert!(!ours, "a good signature is refused"),
        }
    }
});
