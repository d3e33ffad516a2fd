#![no_main]
//! Files of rules: as they are, and signed here.

use libfuzzer_sys::fuzz_target;
use veilpass_evidence::rules::{UnverifiedRules, sign};
use veilpass_fuzz::{WORLD, evidence};

fuzz_target!(|input: &str| {
    let card = WORLD.city.card();
    assert!(UnverifiedRules(input).verify(&card, None).is_err());
    let Ok(file) = sign(input, &WORLD.city.bundle_key, WORLD.city.scheme.id()) else {
        return;
    };
    let rules = UnverifiedRules(&file)
        .verify(&card, None)
        .expect("what was signed is read");
    assert!(file.starts_with(input.trim_end()));
    assert_eq!(
        UnverifiedRules(&file).verify(&card, Some(&rules)).as_ref(),
        Ok(&rules)
    );
    for evidence in evidence() {
        for today in [i32::MIN, 0, 18_806, i32::MAX] {
            let _ = rules.apply(evidence, veilpass::scheme::Day(today));
        }
    }
});
