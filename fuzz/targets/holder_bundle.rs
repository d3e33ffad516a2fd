#![no_main]
//! Holders' bundles: the lists are the engine's, digest and signatures are made here.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::artefact::Artefact;
use veilpass::internals::{HolderParts, UnsignedBundle};
use veilpass::scheme::{Bundle, BundleError, Trust, UnverifiedBundle, UnverifiedHolderBundle};
use veilpass_fuzz::{authority, hash, same, short_city, signed};

/// The verifiers' part and the date table, encoded, and the key.
static FIXED: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let city = short_city();
    let bytes = city.door_bytes();
    let _: Bundle = UnverifiedBundle::new(&bytes)
        .verify(&Trust::on_first_use(&authority().1))
        .unwrap();
    (bytes[98..].to_vec(), city.table.to_bytes())
});

// Removals, reissued, sealed; a byte of 1 before the first says that the digest shall fit.
fuzz_target!(|input: (bool, Vec<u8>, Vec<u8>, Vec<u8>)| {
    let (fits, removals, reissued, sealed) = input;
    let (body, table) = &*FIXED;
    let mut body = body.clone();
    if fits {
        let digest = hash(b"holder parts", &[table, &removals, &reissued, &sealed]);
        let end = body.len();
        body[end - 32..].copy_from_slice(&digest);
    }
    let mut whole = Vec::new();
    for part in [&body, table, &removals, &reissued, &sealed] {
        whole.extend((part.len() as u32).to_be_bytes());
        whole.extend(part);
    }
    let bytes = signed(Artefact::HolderBundle, &whole);
    let mut rng = StdRng::seed_from_u64(1);
    let key = authority().1;
    let holder = UnverifiedHolderBundle::new(&bytes);
    match holder.verify(&Trust::on_first_use(&key), &mut rng) {
        Ok(holder) => {
            let (bundle, parts) = (
                UnsignedBundle::of(holder.bundle()),
                HolderParts::of(&holder),
            );
            same(
                bundle.sign_for_holders(&parts, &veilpass_fuzz::WORLD.city.bundle_key),
                &bytes,
            );
        }
        // The digest is of what was decoded, encoded again.
        Err(BundleError::Fork(_)) => assert!(!fits, "a part encodes to other bytes"),
        Err(_) => {}
    }
});
