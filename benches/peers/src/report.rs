//! Results as JSON, and as tables for people.

use serde::Serialize;

use crate::measure::Measured;

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    median_ns: u128,
    min_ns: u128,
    max_ns: u128,
    bytes: usize,
}

fn line(measured: &Measured) -> Line<'_> {
    let samples: Vec<u128> = (measured.sorted().iter()).map(|d| d.as_nanos()).collect();
    Line {
        name: &measured.name,
        median_ns: samples[samples.len() / 2],
        min_ns: samples[0],
        max_ns: samples[samples.len() - 1],
        bytes: measured.bytes,
    }
}

/// One list, an object for every operation.
pub(crate) fn json(results: &[Measured]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&results.iter().map(line).collect::<Vec<_>>())
}

/// What is compared with what. Where both have it, the size is compared, too.
const RATIOS: &[(&str, &str)] = &[
    ("bbs/make", "zkryptium/make"),
    ("bbs/check", "zkryptium/check"),
    ("bbs/make", "dock/make"),
    ("bbs/check", "dock/check"),
    ("pass/make", "zkryptium/make"),
    ("pass/check", "zkryptium/check"),
    ("pass/make", "dock_full/make"),
    ("pass/check", "dock_full/check"),
    ("pass/make", "dock_full_one_digit/make"),
    ("pass/check", "dock_full_one_digit/check"),
    ("pass/make", "credx_full/make"),
    ("pass/check", "credx_full/check"),
    ("pass/answer", "pass/make"),
    ("pass/check_batch_256_each", "pass/check"),
];

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Medians and spread, then ratios. `points` are those of a pass, in G1 and in G2.
pub(crate) fn table(results: &[Measured], rounds: usize, points: (usize, usize)) {
    println!("{rounds} rounds, interleaved, one thread\n");
    println!(
        "{:<28} {:>11} {:>11} {:>11} {:>7}",
        "operation", "median ms", "min ms", "max ms", "bytes"
    );
    let ms = |ns: u128| ns as f64 / 1e6;
    for measured in results {
        let line = line(measured);
        println!(
            "{:<28} {:>11.3} {:>11.3} {:>11.3} {:>7}",
            line.name,
            ms(line.median_ns),
            ms(line.min_ns),
            ms(line.max_ns),
            line.bytes
        );
    }
    println!("\n{:<58} {:>7} {:>7}", "ratio", "time", "bytes");
    let find = |name: &str| results.iter().find(|measured| measured.name == name);
    for (ours, theirs) in RATIOS {
        let (Some(a), Some(b)) = (find(ours), find(theirs)) else {
            continue;
        };
        let pairs = a.by_round().into_iter().zip(b.by_round());
        let time = median(pairs.map(|(a, b)| a / b).collect());
        let bytes = a.bytes as f64 / b.bytes as f64;
        println!(
            "{:<58} {time:>7.3} {bytes:>7.2}",
            format!("{ours} / {theirs}")
        );
    }
    unavoidable(results, points);
}

/// The check beside what no verifier can avoid: its product of five pairs and the decoding of its points.
fn unavoidable(results: &[Measured], (in_g1, in_g2): (usize, usize)) {
    let rounds = |name: &str| {
        let found = results.iter().find(|measured| measured.name == name);
        found.map(Measured::by_round).unwrap_or_default()
    };
    let (check, product) = (rounds("pass/check"), rounds("limit/pairing_product_5"));
    let (g1, g2) = (rounds("limit/g1_decode"), rounds("limit/g2_decode"));
    let ratios = (check.iter().zip(&product).zip(g1.iter().zip(&g2)))
        .map(|((check, product), (g1, g2))| {
            check / (product + in_g1 as f64 * g1 + in_g2 as f64 * g2)
        })
        .collect();
    let name = format!("pass/check / (product of 5 + {in_g1} G1 + {in_g2} G2 decodings)");
    println!("{name:<58} {:>7.3}", median(ratios));
}
