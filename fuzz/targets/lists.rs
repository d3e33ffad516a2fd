#![no_main]
//! The lists of a holders' bundle by themselves: the first byte says which.

use libfuzzer_sys::fuzz_target;
use veilpass::internals::SealedAccreditations;
use veilpass::registry::{Reissued, RemovalLog};
use veilpass::scheme::DateTable;
use veilpass_fuzz::same;

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else {
        return;
    };
    match which % 4 {
        0 => {
            let length = u16::try_from(bytes.len() / 48).unwrap_or(0);
            if let Ok(table) = DateTable::from_bytes(bytes, length) {
                same(table.to_bytes(), bytes);
            }
        }
        1 => {
            if let Ok(log) = RemovalLog::from_bytes(bytes) {
                // The log keeps the very bytes: what it says of them must fit.
                assert_eq!(bytes.len(), 2 + 80 * usize::try_from(log.len()).unwrap());
            }
        }
        2 => {
            if let Ok(list) = Reissued::from_bytes(bytes) {
                same(list.to_bytes(), bytes);
            }
        }
        _ => {
            if let Ok(list) = SealedAccreditations::from_bytes(bytes) {
                same(list.to_bytes(), bytes);
            }
        }
    }
});
