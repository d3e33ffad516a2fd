//! The standard layer beside zkryptium in one run of some ten or twenty seconds: each pair of operations measured
//! in turn, by the clock on the wall, fifteen times; the median of the ratios of neighbours in time, and the
//! sizes of what is sent (`cargo bench --bench compare`).
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::time::Instant;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The pass with all five statements beside zkryptium's bare proof of 10 messages, 4 disclosed. Making
/// includes the prover's own check; checking includes decoding.
fn pass_beside_bare_proof() -> Vec<common::Pair> {
    use rand::{SeedableRng, rngs::StdRng};
    use veilpass::presentation::{Door, Expected, MemoryReplayStore, Verdict};
    use veilpass::scheme::Mode;
    use veilpass_fixture::city::{City, NOW, at, day};

    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let bundle: &'static _ = Box::leak(Box::new(city.door_bundle()));
    let door = Door::new(bundle, "restaurant", "Cafe").unwrap();
    println!("{:<34} {:>7} bytes", "pass", payload.len());
    let (mut rng, mut weights) = (StdRng::seed_from_u64(1), StdRng::seed_from_u64(2));
    let make = move || {
        credential
            .present(&holder, &ask, None, at(NOW), &mut rng)
            .unwrap();
    };
    let check = move || {
        let mut seen = MemoryReplayStore::default();
        let verdict = door.check(
            &payload,
            Expected::posters(),
            at(NOW),
            &mut seen,
            &mut weights,
        );
        assert!(matches!(verdict, Verdict::Accepted(_)));
    };
    type Ours = (&'static str, &'static str, Box<dyn FnMut()>);
    let ours: [Ours; 2] = [
        (
            "pass_make / bare proof_gen",
            "proof_gen/10_4",
            Box::new(make),
        ),
        (
            "pass_check / bare proof_verify",
            "proof_verify/10_4",
            Box::new(check),
        ),
    ];
    let mut bare = common::pairs(10, 4).0;
    ours.into_iter()
        .map(|(name, theirs, ours)| {
            let place = bare.iter().position(|pair| pair.name == theirs).unwrap();
            common::Pair {
                name: name.into(),
                ours,
                theirs: bare.swap_remove(place).theirs,
            }
        })
        .collect()
}

/// Runs both in turn and prints medians and the median of the ratios.
fn measure(mut pair: common::Pair) {
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

fn main() {
    println!(
        "\n{:<34} {:>10} {:>10} {:>7}",
        "operation", "veilpass", "zkryptium", "ratio"
    );
    for (count, disclosed) in common::SHAPES {
        let (pairs, sizes) = common::pairs(count, disclosed);
        for pair in pairs {
            measure(pair);
        }
        for (name, bytes) in sizes {
            println!("{name:<34} {bytes:>7} bytes");
        }
    }
    for pair in pass_beside_bare_proof() {
        measure(pair);
    }
}
