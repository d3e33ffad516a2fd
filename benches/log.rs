//! What segments of the removal log save: 10,000 removals from bytes to the witness, as the log of version 1 had them
//! (compressed points, each decoded with its order) and as segments have them (`cargo bench --bench log`). Then the
//! ratio, from rounds in turn: docs/performance.md names the goal.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::internals::curve::{
    Base, Curve, Field, G1Affine, HashSuite, Scalar, g1_from_bytes, g1_to_bytes, msm_vartime,
    random_scalar, scalar_from_bytes, scalar_to_bytes,
};
use veilpass::internals::segment::{decode, entry, forward_vartime, read, segments};

const REMOVALS: usize = 10_000;

struct Logs {
    y: Scalar,
    first: G1Affine,
    last: G1Affine,
    /// y ‖ V compressed.
    compressed: Vec<[u8; 80]>,
    segments: Vec<Vec<u8>>,
}

/// Both logs of the same removals.
fn logs() -> Logs {
    let mut rng = StdRng::seed_from_u64(1);
    let (alpha, y) = (random_scalar(&mut rng), random_scalar(&mut rng));
    let mut v = HashSuite::XmdSha256.hash_to_g1(&[b"V0"], b"VEILPASS_BENCH");
    let witness = |v: G1Affine| (v * (alpha + y).invert().unwrap()).to_affine();
    let first = witness(v);
    let (mut compressed, mut log) = (Vec::new(), Vec::new());
    for _ in 0..REMOVALS {
        let removed = random_scalar(&mut rng);
        v = (v * (alpha + removed).invert().unwrap()).to_affine();
        let mut old = [0; 80];
        old[..32].copy_from_slice(&scalar_to_bytes(&removed));
        old[32..].copy_from_slice(&g1_to_bytes(&v));
        compressed.push(old);
        log.push(entry(&removed, &v));
    }
    Logs {
        y,
        first,
        last: witness(v),
        compressed,
        segments: segments(&log).collect(),
    }
}

/// As it was: points decoded with their order, then one sum.
fn from_compressed(logs: &Logs) -> G1Affine {
    let removals: Vec<_> = (logs.compressed.iter())
        .map(|entry| {
            let y = scalar_from_bytes(entry.first_chunk().unwrap()).unwrap();
            (y, g1_from_bytes(entry.last_chunk().unwrap()).unwrap())
        })
        .collect();
    let mut product = Scalar::ONE;
    let before: Vec<_> = (removals.iter())
        .map(|(removed, _)| {
            let before = product;
            product *= removed - logs.y;
            before
        })
        .collect();
    let all = product.invert().unwrap();
    let sums = removals.iter().zip(&before);
    let sums = sums.map(|((_, v), before)| (Base::Point(*v), -(all * before)));
    let first = (Base::Point(logs.first), all);
    let terms: Vec<_> = std::iter::once(first).chain(sums).collect();
    msm_vartime(&terms).to_affine()
}

fn from_segments(logs: &Logs) -> G1Affine {
    let segments = logs.segments.iter();
    let entries: Vec<_> = segments.flat_map(|bytes| read(bytes).unwrap()).collect();
    let entries: Vec<_> = entries.into_iter().copied().collect();
    forward_vartime(&logs.y, &logs.first, &decode(&entries).unwrap()).unwrap()
}

fn follow(c: &mut Criterion) {
    let logs = logs();
    assert_eq!(from_compressed(&logs), logs.last);
    assert_eq!(from_segments(&logs), logs.last);
    let mut group = c.benchmark_group("removals");
    group.sample_size(10);
    group.bench_function("compressed", |b| {
        b.iter(|| from_compressed(black_box(&logs)))
    });
    group.bench_function("segments", |b| b.iter(|| from_segments(black_box(&logs))));
    group.finish();
    ratio(&logs);
}

/// The median of the ratios of neighbours in time, with quartiles.
fn ratio(logs: &Logs) {
    let seconds = |run: fn(&Logs) -> G1Affine| {
        let start = Instant::now();
        black_box(run(logs));
        start.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<_> = (0..15)
        .map(|_| seconds(from_segments) / seconds(from_compressed))
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "\n{REMOVALS} removals from bytes, segments / compressed: {:.3} ({:.3} to {:.3})",
        ratios[7], ratios[3], ratios[11]
    );
}

criterion_group!(benches, follow);
criterion_main!(benches);
