//! The standard layer beside zkryptium, by criterion (`cargo bench --bench bbs`).
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use criterion::{Criterion, criterion_group, criterion_main};

fn beside_zkryptium(c: &mut Criterion) {
    for (count, disclosed) in common::SHAPES {
        let (pairs, sizes) = common::pairs(count, disclosed);
        for mut pair in pairs {
            let mut group = c.benchmark_group(&pair.name);
            group.sample_size(10);
            group.bench_function("veilpass", |b| b.iter(|| (pair.ours)()));
            group.bench_function("zkryptium", |b| b.iter(|| (pair.theirs)()));
            group.finish();
        }
        for (name, bytes) in sizes {
            println!("{name:<34} {bytes:>7} bytes");
        }
    }
}

criterion_group!(benches, beside_zkryptium);
criterion_main!(benches);
