//! The ground floor: points, scalars, multi-scalar multiplication, pairings. Every multi-scalar
//! multiplication stands beside as many separate multiplications in the same run, and a table of
//! the ratios is printed at the end (`cargo bench --bench curve`).
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::internals::curve::{
    Base, FixedBase, G1Affine, G2Affine, G2Prepared, HashSuite, Scalar, g1_from_bytes, g1_to_bytes,
    g2_from_bytes, g2_to_bytes, msm, msm_vartime, pairing_product_is_one, random_scalar,
};

fn terms(count: usize) -> Vec<(Base<'static>, Scalar)> {
    let mut rng = StdRng::seed_from_u64(1);
    (0..count)
        .map(|_| {
            let point = G1Affine::from(G1Affine::generator() * random_scalar(&mut rng));
            (Base::Point(point), random_scalar(&mut rng))
        })
        .collect()
}

fn primitives(c: &mut Criterion) {
    let mut group = c.benchmark_group("primitives");
    let mut rng = StdRng::seed_from_u64(2);
    let scalar = random_scalar(&mut rng);
    let g1 = G1Affine::from(G1Affine::generator() * scalar);
    let g2 = G2Affine::from(G2Affine::generator() * scalar);
    let prepared = G2Prepared::from(g2);
    group.bench_function("g1_mul", |b| b.iter(|| black_box(g1) * black_box(scalar)));
    let bytes = g1_to_bytes(&g1);
    group.bench_function("g1_decode", |b| b.iter(|| g1_from_bytes(black_box(&bytes))));
    let bytes = g2_to_bytes(&g2);
    group.bench_function("g2_decode", |b| b.iter(|| g2_from_bytes(black_box(&bytes))));
    group.bench_function("g2_prepare", |b| b.iter(|| G2Prepared::from(black_box(g2))));
    for suite in [HashSuite::XmdSha256, HashSuite::XofShake256] {
        group.bench_function(format!("hash_to_g1/{suite:?}"), |b| {
            b.iter(|| suite.hash_to_g1(&[black_box(b"message")], b"tag"));
        });
        group.bench_function(format!("hash_to_scalar/{suite:?}"), |b| {
            b.iter(|| suite.hash_to_scalar(&[black_box(b"message")], b"tag"));
        });
    }
    for count in [1, 2, 5] {
        let pairs = vec![(&g1, &prepared); count];
        group.bench_function(format!("pairing_product_{count}"), |b| {
            b.iter(|| pairing_product_is_one(black_box(&pairs)));
        });
    }
    group.finish();
}

fn multi_scalar(c: &mut Criterion) {
    let mut group = c.benchmark_group("msm");
    group.sample_size(10);
    for count in [1, 2, 3, 5, 10, 30, 100, 1_000, 10_000] {
        let terms = terms(count);
        if count <= 100 {
            group.bench_with_input(BenchmarkId::new("constant_time", count), &terms, |b, t| {
                b.iter(|| msm(black_box(t).iter().copied()));
            });
        }
        group.bench_with_input(BenchmarkId::new("vartime", count), &terms, |b, t| {
            b.iter(|| msm_vartime(black_box(t)));
        });
    }
    let fixed: Vec<FixedBase> = (terms(10).iter())
        .map(|(base, _)| FixedBase::new(*base.point()))
        .collect();
    let fixed: Vec<_> = (fixed.iter().map(Base::Fixed))
        .zip(terms(10).iter().map(|(_, scalar)| *scalar))
        .collect();
    group.bench_function("constant_time_fixed/10", |b| {
        b.iter(|| msm(black_box(&fixed).iter().copied()));
    });
    group.bench_function("vartime_fixed/10", |b| {
        b.iter(|| msm_vartime(black_box(&fixed)));
    });
    group.finish();
}

fn seconds<R>(run: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(run());
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap()
}

/// Ratios against separate multiplications of the same terms, measured in turn: the median of the
/// ratios of neighbours in time.
fn ratios(_: &mut Criterion) {
    println!("\nmulti-scalar multiplication / as many separate multiplications");
    for (name, count, rounds) in [
        ("vartime", 10, 101),
        ("constant-time", 10, 101),
        ("vartime", 10_000, 3),
    ] {
        let terms = terms(count);
        let ratio = median(
            (0..rounds)
                .map(|_| {
                    let together = if name == "vartime" {
                        seconds(|| msm_vartime(&terms))
                    } else {
                        seconds(|| msm(terms.iter().copied()))
                    };
                    let separate = seconds(|| {
                        for (base, scalar) in &terms {
                            black_box(base.point() * scalar);
                        }
                    });
                    together / separate
                })
                .collect(),
        );
        println!(
            "  {name:<14} {count:>6} terms: {ratio:.3} (1/{:.1})",
            1.0 / ratio
        );
    }
}

criterion_group!(benches, primitives, multi_scalar, ratios);
criterion_main!(benches);
