//! The test vectors of `tests/vectors`: made here from fixed seeds at a fixed time, through the library and its hidden module
//! `internals`. What they mean is in their README. For tests: it panics where something is not as it must be.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod bases;
pub mod bundles;
pub mod door;
pub mod encodings;
pub mod hashes;
pub mod issuance;
pub mod json;
pub mod passes;
pub mod proof;
pub mod registry;
pub mod renewal;
pub mod standard;
pub mod wallet;
pub mod world;

use json::VectorFile;
use world::World;

/// All files: name and text.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let (hidden, known, registered) = (
        World::new(1, None),
        World::new(2, Some(())),
        World::registered(3),
    );
    let mut all = vec![bases::file(&hidden), hashes::file(&hidden)];
    all.extend(passes::files(&hidden, &known, &registered));
    all.extend(door::files(&hidden, &known, &registered));
    all.extend(issuance::files(&hidden, &known));
    all.push(bundles::file(&hidden));
    all.push(registry::file(&hidden));
    all.extend(renewal::files(&hidden, &known));
    all.extend(standard::files());
    all.push(wallet::file(&hidden, &registered));
    all.into_iter().map(VectorFile::written).collect()
}
