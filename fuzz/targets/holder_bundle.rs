#![no_main]
//! Holders' bundles as files: what reads is written again as the same bytes, and nothing in it makes verifying panic.

use libfuzzer_sys::fuzz_target;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::scheme::{HolderFiles, Trust};
use veilpass_fuzz::{authority, same};

fuzz_target!(|input: &[u8]| {
    let Ok(files) = HolderFiles::from_bytes(input) else {
        return;
    };
    same(files.to_bytes(), input);
    let key = authority().1;
    let _ = files.verify(&Trust::on_first_use(&key), &mut StdRng::seed_from_u64(1));
});
