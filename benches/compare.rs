//! The standard layer beside zkryptium in one run of half a minute: each pair of operations measured
//! in turn, the median of the ratios of neighbours in time, and the sizes of what is sent
//! (`cargo bench --bench compare`).
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::time::Instant;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    println!(
        "\n{:<34} {:>10} {:>10} {:>7}",
        "operation", "veilpass", "zkryptium", "ratio"
    );
    for (count, disclosed) in common::SHAPES {
        let (pairs, sizes) = common::pairs(count, disclosed);
        for mut pair in pairs {
            (pair.ours)();
            (pair.theirs)();
            let time = |run: &mut dyn FnMut()| {
                let start = Instant::now();
                run();
                start.elapsed().as_secs_f64() * 1e3
            };
            let (ours, theirs): (Vec<_>, Vec<_>) = (0..15)
                .map(|_| (time(&mut pair.ours), time(&mut pair.theirs)))
                .unzip();
            let ratio = median(ours.iter().zip(&theirs).map(|(a, b)| a / b).collect());
            println!(
                "{:<34} {:>7.2} ms {:>7.2} ms {ratio:>7.3}",
                pair.name,
                median(ours),
                median(theirs)
            );
        }
        for (name, bytes) in sizes {
            println!("{name:<34} {bytes:>7} bytes");
        }
    }
}
