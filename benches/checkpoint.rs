//! What a rotation under many handles takes, and what one holder then fetches (`cargo bench --bench checkpoint`): a checkpoint
//! of HANDLES handles that nobody drew, 100,000 if not given. docs/performance.md has the figures.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Instant;

use rand::{Rng, SeedableRng, rngs::StdRng};
use veilpass::internals::curve::{HashSuite, scalar_from_bytes};
use veilpass::internals::{Registry, bucket_of, find_in_bucket, registry_point};
use veilpass::registry::{HandleState, RegistryKey, RemovalLog};

const SCHEME: [u8; 32] = [7; 32];

fn main() {
    let handles = std::env::var("HANDLES").ok();
    let handles: usize = handles.map_or(100_000, |count| count.parse().unwrap());
    let mut rng = StdRng::seed_from_u64(1);
    let drawn = (0..handles).map(|_| {
        let mut id = [0; 32];
        rng.fill_bytes(&mut id);
        // Below r.
        id[0] &= 0x3f;
        (id, HandleState::Valid)
    });
    let drawn: std::collections::HashMap<_, _> = drawn.collect();
    let one = *drawn.keys().next().unwrap();
    let mut keys = StdRng::seed_from_u64(2);
    let (old, new) = (
        RegistryKey::generate(&mut keys),
        RegistryKey::generate(&mut keys),
    );
    let q = registry_point(&new).into();
    let v0 = |text: &[u8]| HashSuite::XmdSha256.hash_to_g1(&[text], b"VEILPASS_BENCH");
    let history = (RemovalLog::default(), drawn);
    let mut registry = Registry::restore(old, v0(b"1"), 1, history);
    let before = resident();
    let start = Instant::now();
    let files = registry.rotate(new, v0(b"2"), 2, &SCHEME).unwrap();
    let took = start.elapsed();
    let y = scalar_from_bytes(&one).unwrap();
    let name = bucket_of(&files.checkpoint, &SCHEME, &y);
    let bytes = &files.buckets[usize::try_from(name.number).unwrap()];
    let all: usize = files.buckets.iter().map(Vec::len).sum();
    let longest = files.buckets.iter().map(Vec::len).max().unwrap();
    let start = Instant::now();
    let bucket = (files.checkpoint)
        .read((&SCHEME, 2), name.number, bytes)
        .unwrap();
    let witness = find_in_bucket(&bucket, &y).unwrap();
    assert!(witness.holds(&q, &v0(b"2")));
    println!(
        "{handles} handles: {took:.1?} by the clock, on all cores, {} MB more than before at its most, {all} bytes in {} buckets; \
         one holder: {} bytes (at most {longest}), {:.1?} to read, find and check",
        resident().saturating_sub(before),
        files.buckets.len(),
        bytes.len(),
        start.elapsed()
    );
}

/// The most memory so far, in megabytes; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
