#![no_main]
//! The lists of a holders' bundle by themselves: the first byte says which.

use libfuzzer_sys::fuzz_target;
use veilpass::internals::{SealedAccreditations, segment};
use veilpass::registry::Checkpoint;
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
            if let Ok(removals) = segment::read(bytes) {
                // What it says of the bytes must fit, and each removal is looked at without a panic.
                assert_eq!(bytes.len(), 2 + 128 * removals.len());
                let _ = segment::decode(&removals[..removals.len().min(8)]);
            }
        }
        2 => {
            let checkpoint = Checkpoint {
                removals: 0,
                bits: 0,
                root: [0; 32],
            };
            let _ = checkpoint.read((&[7; 32], 1), 0, bytes);
        }
        _ => {
            if let Ok(list) = SealedAccreditations::from_bytes(bytes) {
                same(list.to_bytes(), bytes);
            }
        }
    }
});
