#![no_main]
//! Secret keys and handles: the first byte says which.

use libfuzzer_sys::fuzz_target;
use veilpass::registry::{Handle, RegistryKey};
use veilpass::scheme::{AccreditationKey, BundleKey, BundleVerifyingKey, IssuerKey};
use veilpass_fuzz::same;

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else {
        return;
    };
    match which % 6 {
        0 => {
            if let Ok(key) = IssuerKey::from_bytes(bytes) {
                same(*key.expose_bytes(), bytes);
            }
        }
        1 => {
            if let Ok(key) = RegistryKey::from_bytes(bytes) {
                same(*key.expose_bytes(), bytes);
            }
        }
        2 => {
            if let Ok(key) = AccreditationKey::from_bytes(bytes) {
                same(*key.expose_bytes(), bytes);
            }
        }
        3 => {
            if let Ok(key) = BundleKey::from_bytes(bytes) {
                same(*key.expose_bytes(), bytes);
            }
        }
        4 => {
            if let Ok(key) = BundleVerifyingKey::from_bytes(bytes) {
                same(key.to_bytes(), bytes);
            }
        }
        _ => {
            if let Ok(handle) = Handle::from_bytes(bytes) {
                same(&*handle.expose_bytes(), bytes);
            }
        }
    }
});
