#![no_main]
//! Bytes as a pass, at doors of every mode, and its layout for people who look inside.

use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::artefact::Artefact;
use veilpass::presentation::{Challenge, Door, Expected, MemoryReplayStore, Verdict};
use veilpass_fixture::city::TODAY;
use veilpass_fuzz::made::SHOWN;
use veilpass_fuzz::{NOW, WORLD, at};

fuzz_target!(|bytes: &[u8]| {
    for bundle in [None, Some(&WORLD.bundle)] {
        if let Ok(parts) = Artefact::Pass.layout(bytes, bundle) {
            let sum: usize = parts.iter().map(|part| part.length).sum();
            assert_eq!(sum, bytes.len());
        }
    }
    let mut rng = StdRng::seed_from_u64(1);
    let open = [Challenge::from_store([0; 16], TODAY, 2)];
    for (policy, expected) in [
        ("restaurant", Expected::posters()),
        ("open", Expected::answers(&open)),
        ("paper", Expected::strips()),
    ] {
        let door = Door::new(&WORLD.bundle, policy, "Cafe").unwrap();
        let verdict = door.check(
            bytes,
            expected,
            at(NOW),
            &mut MemoryReplayStore::default(),
            &mut rng,
        );
        if matches!(verdict, Verdict::Accepted(_)) {
            assert!(
                SHOWN.iter().any(|shown| shown.payload == bytes),
                "accepted, but nobody made it"
            );
        }
    }
});
