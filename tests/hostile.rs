//! A door under fire: hostile payloads in a row, with bounded memory, no panic and nobody let in.
//!
//! As many as run in about 15 seconds; with `VEILPASS_HOSTILE_ALL` set, 100,000. The rate is printed
//! (`--nocapture` shows it).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions
)]

use std::fs;
use std::time::{Duration, Instant};

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use veilpass::artefact::Artefact;
use veilpass::layout::Part;
use veilpass::presentation::{Challenge, Door, Expected, MemoryReplayStore, Reason, Verdict};
use veilpass::scheme::{Bundle, Mode};
use veilpass_fixture::city::{City, NOW, TODAY, at, day};

const ALL: u32 = 100_000;

/// What a run may add to the highest memory use, in kB. One payload is at most a megabyte.
const MEMORY: u64 = 16 << 10;

/// A policy, how it is asked, and a good answer.
type Shown = (&'static str, Mode, Vec<u8>);

fn shown(city: &mut City, bundle: &Bundle) -> Vec<Shown> {
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (holder, today) = (city.holder_bundle(), day(2021, 6, 28));
    [
        ("restaurant", Mode::Poster),
        ("bar", Mode::Poster),
        ("paper", Mode::Strip),
        ("open", Mode::Challenge),
    ]
    .map(|(policy, mode)| {
        let ask = match mode {
            Mode::Challenge => {
                let door = Door::new(bundle, policy, "Cafe").unwrap();
                door.ask(&OPEN[0])
            }
            _ => city.ask(mode, policy, "Cafe"),
        };
        let pass = credential.present(&holder, &ask, Some(today), at(NOW), &mut city.rng);
        (policy, mode, pass.unwrap().as_bytes().to_vec())
    })
    .to_vec()
}

static OPEN: [Challenge; 1] = [Challenge::from_store([7; 16], TODAY, 1)];

fn expected(mode: Mode) -> Expected<'static> {
    match mode {
        Mode::Challenge => Expected::answers(&OPEN),
        Mode::Poster => Expected::posters(),
        Mode::Strip => Expected::strips(),
        Mode::Renewal => Expected::answers(&[]),
    }
}

fn noise(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A payload that nobody honest made, from a good one.
fn hostile(good: &[u8], other: &[u8], bundle: &Bundle, rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    match rng.random_range(0..8) {
        // Random, of any length; and behind a good header.
        0 => {
            let length = rng.random_range(0..2000);
            return noise(rng, length);
        }
        1 => {
            let rest = noise(rng, good.len() - 27);
            bytes[27..].copy_from_slice(&rest);
        }
        // Mutated: some bits; a whole field; a field of another pass; two fields changed over.
        2 => {
            for _ in 0..rng.random_range(1..5) {
                let place = rng.random_range(0..bytes.len());
                bytes[place] ^= 1 << rng.random_range(0..8);
            }
        }
        3 | 4 => {
            let (place, length) = field(good, bundle, rng);
            let (there, _) = field(other, bundle, rng);
            let end = (there + length).min(other.len());
            bytes[place..place + (end - there)].copy_from_slice(&other[there..end]);
        }
        5 => {
            let ((a, length), (b, _)) = (field(good, bundle, rng), field(good, bundle, rng));
            for i in 0..length.min(good.len() - b) {
                bytes.swap(a + i, b + i);
            }
        }
        6 => bytes.truncate(rng.random_range(0..good.len())),
        // Oversized: a good pass with up to half a megabyte behind it.
        _ => {
            let length = 1 << rng.random_range(0..20);
            bytes.extend(noise(rng, length));
        }
    }
    // A change may undo itself.
    if bytes == good || bytes == other {
        bytes[40] ^= 1;
    }
    bytes
}

/// Place and length of a point or scalar.
fn field(payload: &[u8], bundle: &Bundle, rng: &mut StdRng) -> (usize, usize) {
    let parts = Artefact::Pass.layout(payload, Some(bundle)).unwrap();
    let which = rng.random_range(9..parts.len());
    let begin: usize = parts[..which].iter().map(|part| part.length).sum();
    let Part { name, length } = &parts[which];
    let unit = if name.ends_with(": points") { 48 } else { 32 };
    match length / unit {
        0 => (begin, *length),
        units => (begin + unit * rng.random_range(0..units), unit),
    }
}

/// The most memory that this process ever had, in kB, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn hostile_payloads_in_a_row_are_refused_in_bounded_memory() {
    let all = std::env::var_os("VEILPASS_HOSTILE_ALL").is_some();
    let mut city = City::new(1);
    let bundle = city.door_bundle();
    let passes = shown(&mut city, &bundle);
    let (mut rng, mut seen) = (StdRng::seed_from_u64(1), MemoryReplayStore::default());
    let mut check = |(policy, mode, _): &Shown, payload: &[u8], rng: &mut StdRng| {
        let door = Door::new(&bundle, policy, "Cafe").unwrap();
        door.check(payload, expected(*mode), at(NOW), &mut seen, rng)
    };
    // What is made once is made before memory is looked at.
    let first = check(&passes[0], &passes[0].2, &mut rng);
    assert!(matches!(first, Verdict::Accepted(_)));
    let warm = noise(&mut rng, 1 << 20);
    check(&passes[0], &warm, &mut rng);
    drop(warm);
    let (before, started) = (peak(), Instant::now());
    let (mut count, mut deep) = (0, 0);
    while count < ALL && (all || started.elapsed() < Duration::from_secs(15)) {
        let asked = &passes[rng.random_range(0..passes.len())];
        let other = &passes[rng.random_range(0..passes.len())];
        let payload = hostile(&asked.2, &other.2, &bundle, &mut rng);
        match check(asked, &payload, &mut rng) {
            Verdict::Refused(reason) => deep += u32::from(reason == Reason::Invalid),
            Verdict::Accepted(_) => panic!("{payload:?} was accepted"),
        }
        count += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let growth = before.and_then(|before| Some(peak()?.saturating_sub(before)));
    println!(
        "{count} payloads in {seconds:.1} s, {:.0} a second; {deep} of them got past the header; \
         peak memory grew by {growth:?} kB",
        f64::from(count) / seconds
    );
    assert!(count >= 500, "only {count} in {seconds} s");
    assert!(growth.is_none_or(|growth| growth < MEMORY), "{growth:?}");
    // Doors still open.
    for asked in &passes[1..] {
        let verdict = check(asked, &asked.2, &mut rng);
        let once = asked.0 != "paper" && matches!(verdict, Verdict::Refused(Reason::SeenBefore));
        assert!(
            once || matches!(verdict, Verdict::Accepted(_)),
            "{verdict:?}"
        );
    }
}
