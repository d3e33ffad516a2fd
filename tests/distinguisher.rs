//! Unlinkability by experiment: somebody who gets many passes of one holder and many of another, from two
//! clinics, with all that both have in common, and looks for any difference. It finds none; and it finds
//! each of five leaks that are planted, so it is not blind.
//!
//! What it looks at: sizes, headers, parts that occur twice, the frequencies of half-bytes at every place
//! (chi-square, two samples), of single bits, pairs under keys that everybody may know. A finding needs a
//! deviation of six standard deviations: 10^-9 for one test, 10^-4 for all of them together at most
//! (Bonferroni, below 10^5 tests). And how long a door takes for a pass: not by clock and threshold, which a
//! noisy machine would meet at random, but by who of two is the slower when a coin decides who is first.
//!
//! `VEILPASS_PASSES=10000 cargo test --release --test distinguisher` looks at more.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss
)]

use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::curve::{
    G1Affine, G2Prepared, Scalar, g1_from_bytes, g1_to_bytes, g2_from_bytes, pairing_equal,
    random_scalar, scalar_from_bytes, scalar_to_bytes,
};
use veilpass::issuance::Offer;
use veilpass::presentation::Verdict;
use veilpass::scheme::IssuerId;
use veilpass::scheme::{Bundle, Day, HolderBundle, Mode, Value};
use veilpass_fixture::city::{City, NOW, at, check, day};

/// Passes of each holder, unless the environment says another number.
const PASSES: usize = 1000;

/// Passes of each holder whose verification is timed.
const PAIRS: usize = 200;

/// Standard deviations from which on a deviation is a finding.
const LIMIT: f64 = 6.0;

const HEADER: usize = 27;
const X: Range<usize> = HEADER..HEADER + 96;
/// X1', D̄, Ā, B̄, Ā_c, B̄_c, W, W̄, C', C̄', nym.
const POINTS: Range<usize> = X.end..X.end + 11 * 48;
const CHALLENGE: Range<usize> = POINTS.end..POINTS.end + 16;

fn point(place: usize) -> Range<usize> {
    let start = POINTS.start + 48 * place;
    start..start + 48
}

fn response(place: usize) -> Range<usize> {
    let start = CHALLENGE.end + 32 * place;
    start..start + 32
}

const A_BAR: usize = 2;
const B_BAR: usize = 3;
const W_BAR: usize = 7;
const C: usize = 8;
/// The response of `until`: after s, secret and handle.
const UNTIL: usize = 3;

/// A place of the pass by what stands there, for the report.
fn parts(length: usize) -> Vec<Range<usize>> {
    let scalars = (length - CHALLENGE.end) / 32;
    let mut parts = vec![X];
    parts.extend((0..11).map(point));
    parts.push(CHALLENGE);
    parts.extend((0..scalars).map(response));
    assert_eq!(parts.last().unwrap().end, length);
    parts
}

/// How far the counts of two samples are from those of one source, in standard deviations: chi-square,
/// by the approximation of Wilson and Hilferty.
fn deviation(a: &[usize], b: &[usize]) -> f64 {
    let (all_a, all_b) = (
        a.iter().sum::<usize>() as f64,
        b.iter().sum::<usize>() as f64,
    );
    let mut square = 0.0;
    let mut bins = 0.0;
    for (a, b) in a.iter().zip(b).filter(|(a, b)| *a + *b > 0) {
        let both = (a + b) as f64;
        let expected = [all_a, all_b].map(|all| both * all / (all_a + all_b));
        let parts = [(*a as f64, expected[0]), (*b as f64, expected[1])];
        square += parts.iter().map(|(n, e)| (n - e).powi(2) / e).sum::<f64>();
        bins += 1.0;
    }
    if bins < 2.0 {
        return 0.0;
    }
    let part = 2.0 / (9.0 * (bins - 1.0));
    ((square / (bins - 1.0)).cbrt() - (1.0 - part)) / part.sqrt()
}

/// All that is public and that a distinguisher may know: the issuers' keys.
struct Known {
    issuers: Vec<G2Prepared>,
}

/// Whether (Ā, B̄) of a pass is a pair under this key.
fn signed_under(key: &G2Prepared, pass: &[u8]) -> bool {
    let [a_bar, b_bar] =
        [A_BAR, B_BAR].map(|place| g1_from_bytes(&pass[point(place)].try_into().unwrap()).unwrap());
    pairing_equal(&a_bar, key, &b_bar)
}

/// Everything in which the two samples differ, or in which one links its own passes.
fn findings(known: &Known, a: &[Vec<u8>], b: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    let length = a[0].len();
    if a.iter().chain(b).any(|pass| pass.len() != length) {
        return vec!["sizes".into()];
    }
    // The i-th passes of both answer the same question.
    if a.iter().zip(b).any(|(a, b)| a[..HEADER] != b[..HEADER]) {
        found.push("headers".into());
    }
    for part in parts(length) {
        let mut seen = HashSet::new();
        if a.iter()
            .chain(b)
            .any(|pass| !seen.insert(&pass[part.clone()]))
        {
            found.push(format!("the same part twice at {part:?}"));
        }
    }
    for place in HEADER..length {
        let mut counts = [[[0usize; 16]; 2]; 2];
        let mut bits = [[[0usize; 2]; 8]; 2];
        for (sample, passes) in [a, b].into_iter().enumerate() {
            for pass in passes {
                let byte = pass[place];
                counts[sample][0][usize::from(byte >> 4)] += 1;
                counts[sample][1][usize::from(byte & 15)] += 1;
                for bit in 0..8 {
                    bits[sample][bit][usize::from(byte >> bit & 1)] += 1;
                }
            }
        }
        let halves = (0..2).map(|half| deviation(&counts[0][half], &counts[1][half]));
        let bits = (0..8).map(|bit| deviation(&bits[0][bit], &bits[1][bit]));
        let most = halves.chain(bits).fold(0.0, f64::max);
        if most > LIMIT {
            found.push(format!("byte {place}: {most:.1} standard deviations"));
        }
    }
    // A pair (Ā, B̄) under a key that is not the shown one, in some of the passes.
    for (issuer, key) in known.issuers.iter().enumerate() {
        let tested = |pass: &&Vec<u8>| signed_under(key, pass);
        if a.iter()
            .take(25)
            .chain(b.iter().take(25))
            .any(|pass| tested(&pass))
        {
            found.push(format!("signed by issuer {issuer}"));
        }
    }
    found
}

/// Two holders of passes from two clinics with nothing hidden in common.
fn holders(city: &mut City) -> [Credential; 2] {
    let (portal, _) = city.issue(false, day(2022, 6, 1));
    let other = vec![
        // The last day of the strips.
        ("until", Value::Date(day(2021, 7, 4))),
        ("until_strict", Value::Date(day(2021, 9, 1))),
        ("birth_date", Value::Date(day(1931, 12, 31))),
        ("id_hint", Value::Text("Z.Z.".into())),
    ];
    let (clinic, _) = city.issue_values(true, &other);
    [portal, clinic]
}

/// `count` passes, the i-th for the i-th venue, so that pseudonyms have no reason to repeat.
fn passes(
    city: &City,
    holder: &HolderBundle,
    credential: &Credential,
    count: usize,
    seed: u64,
) -> Vec<Vec<u8>> {
    let one = |i: usize, rng: &mut StdRng| {
        let ask = city.ask(Mode::Poster, "restaurant", &format!("Venue {i}"));
        let shown = credential
            .present(holder, &ask, None, at(NOW), rng)
            .unwrap();
        shown.as_bytes().to_vec()
    };
    let half = count / 2;
    let part = |range: Range<usize>, seed| {
        let mut rng = StdRng::seed_from_u64(seed);
        range.map(|i| one(i, &mut rng)).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(move || part(0..half, seed));
        let mut second = part(half..count, seed + 1);
        let mut all = first.join().unwrap();
        all.append(&mut second);
        all
    })
}

fn known(city: &City) -> Known {
    let key = |id: IssuerId| g2_from_bytes(&id.to_bytes()).map(G2Prepared::from).unwrap();
    Known {
        issuers: [&city.portal, &city.clinic]
            .map(|issuer| key(issuer.public().id()))
            .to_vec(),
    }
}

fn experiment(count: usize) -> (City, [Credential; 2], [Vec<Vec<u8>>; 2]) {
    let mut city = City::new(1);
    let holder = city.holder_bundle();
    let credentials = holders(&mut city);
    let samples =
        [0, 1].map(|i| passes(&city, &holder, &credentials[i], count, 100 + 2 * i as u64));
    (city, credentials, samples)
}

/// The credential's bytes, opened by the forger: A, e and C.
fn opened(credential: &Credential) -> (G1Affine, Scalar) {
    let bytes = credential.expose_bytes();
    let (_, rest) = bytes.split_at(2 + 96 + 48);
    let a = g1_from_bytes(&rest[..48].try_into().unwrap()).unwrap();
    (
        a,
        scalar_from_bytes(&rest[48..80].try_into().unwrap()).unwrap(),
    )
}

#[test]
fn two_holders_of_two_clinics_cannot_be_told_apart_and_planted_leaks_are_found() {
    let asked = std::env::var("VEILPASS_PASSES").ok();
    let count = asked.as_ref().map_or(PASSES, |n| n.parse().unwrap());
    let start = Instant::now();
    let (city, [_, credential], [a, b]) = experiment(count);
    let known = known(&city);
    println!("2 × {count} passes in {:.0?}", start.elapsed());
    assert_eq!(findings(&known, &a, &b), [] as [String; 0]);

    let mut rng = StdRng::seed_from_u64(5);
    let mut plant = |leak: &mut dyn FnMut(&mut Vec<u8>, &mut StdRng)| {
        let mut leaky = b.clone();
        for pass in &mut leaky {
            leak(pass, &mut rng);
        }
        let found = findings(&known, &a, &leaky);
        println!("{} findings, first: {:?}", found.len(), found.first());
        found
    };
    // A blinder that is drawn once: C' = w·C is the same point in every pass.
    let once = b[0][point(C)].to_vec();
    let found = plant(&mut |pass, _| pass[point(C)].copy_from_slice(&once));
    assert!(found[0].starts_with("the same part twice"));
    // The key blinded as t·X: Ā and B̄ stay a pair under X itself.
    let (signature, _) = opened(&credential);
    let x = scalar_from_bytes(&city.clinic.expose_bytes()).unwrap();
    let found = plant(&mut |pass, rng| {
        let r = random_scalar(rng);
        let a_bar = G1Affine::from(signature * r);
        pass[point(A_BAR)].copy_from_slice(&g1_to_bytes(&a_bar));
        pass[point(B_BAR)].copy_from_slice(&g1_to_bytes(&(a_bar * x).into()));
    });
    assert_eq!(found, ["signed by issuer 1"]);
    // A nonce of 251 bits in the place of one below r: k + c·until, with c·until far smaller.
    let end = Day::from_ymd(2021, 7, 1).unwrap();
    let end = Scalar::from(u64::from(end.0.unsigned_abs()));
    let found = plant(&mut |pass, rng| {
        let mut nonce = scalar_to_bytes(&random_scalar(rng));
        nonce[0] &= 0x07;
        let mut challenge = [0; 32];
        challenge[16..].copy_from_slice(&pass[CHALLENGE]);
        let nonce = scalar_from_bytes(&nonce).unwrap();
        let biased = nonce + scalar_from_bytes(&challenge).unwrap() * end;
        pass[response(UNTIL)].copy_from_slice(&scalar_to_bytes(&biased));
    });
    assert!(
        found[0].starts_with(&format!("byte {}:", response(UNTIL).start)),
        "{found:?}"
    );
    // A bit that leans by a quarter: the sign of W̄.
    let found = plant(&mut |pass, rng| {
        if random_scalar(rng).to_bytes()[0] & 3 < 2 {
            pass[point(W_BAR).start] &= !0x20;
        }
    });
    assert!(
        found[0].starts_with(&format!("byte {}:", point(W_BAR).start)),
        "{found:?}"
    );
}

/// Strips for one day and the venues of [`passes`], printed at `now`.
fn strips(
    city: &City,
    holder: &HolderBundle,
    credential: &Credential,
    now: i64,
    seed: u64,
) -> Vec<Vec<u8>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let on = day(2021, 7, 4);
    let print = |i: usize| {
        let ask = city.ask(Mode::Strip, "restaurant", &format!("Venue {i}"));
        let strip = credential.present(holder, &ask, Some(on), at(now), &mut rng);
        strip.unwrap().into_bytes()
    };
    (0..STRIPS).map(print).collect()
}

/// Strips of each holder.
const STRIPS: usize = 300;

/// Renewal requests of each holder.
const RENEWALS: usize = 300;

/// Renewal requests of a holder for these offers, laid out as a pass is: H(offer) where a header stands, C where a
/// pseudonym does, and the one-time key behind all responses.
fn renewals(
    holder: &HolderBundle,
    credential: &Credential,
    offers: &[Offer],
    seed: u64,
) -> Vec<Vec<u8>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let renew = |offer: &Offer| {
        let pending = offer.renew(holder, credential, at(NOW), &mut rng).unwrap();
        let bytes = pending.request().to_bytes();
        let (name, rest) = bytes[2..].split_at(32);
        let (commitment, rest) = rest.split_at(48);
        let (key, proof) = rest.split_at(32);
        let (points, responses) = proof.split_at(96 + 10 * 48);
        [&name[..HEADER], points, commitment, responses, key].concat()
    };
    offers.iter().map(renew).collect()
}

#[test]
fn renewals_of_two_holders_cannot_be_told_apart_by_the_issuer_that_they_come_to() {
    let mut city = City::new(1);
    let [one, two] = holders(&mut city);
    let holder = city.holder_bundle();
    let until = day(2022, 6, 1);
    let offers: Vec<_> = (0..RENEWALS)
        .map(|_| city.offer_renewal(true, until, NOW).offer().clone())
        .collect();
    let [a, b] = [(&one, 9), (&two, 10)].map(|(own, seed)| renewals(&holder, own, &offers, seed));
    let known = known(&city);
    assert_eq!(findings(&known, &a, &b), [] as [String; 0]);
    // s' drawn once: C is the same in every request, and the issuer that signs it knows its guest again.
    let (mut leaky, once) = (b.clone(), b[0][point(10)].to_vec());
    for request in &mut leaky {
        request[point(10)].copy_from_slice(&once);
    }
    let found = findings(&known, &a, &leaky);
    assert!(found[0].starts_with("the same part twice"), "{found:?}");
}

#[test]
fn strips_of_two_holders_who_fetched_and_printed_on_different_days_cannot_be_told_apart() {
    const DAY: i64 = 86_400;
    let mut city = City::new(1);
    let [one, two] = holders(&mut city);
    let holder = city.holder_bundle();
    let early = strips(&city, &holder, &one, NOW, 7);
    for passed in 1..5 {
        let gone = city.registry.draw(&mut city.rng).unwrap().id();
        city.registry.remove(&gone).unwrap();
        city.next_epoch(NOW + passed * DAY);
    }
    let (two, holder) = (city.synced(&two), city.holder_bundle());
    let late = strips(&city, &holder, &two, NOW + 5 * DAY, 8);
    let known = known(&city);
    assert_eq!(findings(&known, &early, &late), [] as [String; 0]);
    // The registry epoch of the day of printing, in the place of the week.
    let mut leaky = late;
    for strip in &mut leaky {
        strip[15..19].copy_from_slice(&5u32.to_be_bytes());
    }
    assert_eq!(findings(&known, &early, &leaky), ["headers"]);
}

/// Times both of each pair, in an order that a coin decides, and says how often the second holder's took
/// longer: in standard deviations of a fair coin. If the holder makes no difference then the coin alone
/// decides which of the two met a slow moment of the machine, whatever the machine does: beyond `LIMIT` is
/// a chance of 10^-8 (Hoeffding), on a busy machine as on an idle one.
///
/// `looks` is a leak: so many keys of issuers a door tries on a pass of each before it knows whose it is.
fn leaning(
    (bundle, known): (&Bundle, &Known),
    samples: [&[Vec<u8>]; 2],
    looks: [usize; 2],
    rng: &mut StdRng,
) -> f64 {
    let (mut slower, mut times) = (0u32, [0.0; 2]);
    let pairs = samples[0].len();
    for (i, pair) in samples[0].iter().zip(samples[1]).enumerate() {
        let pair = [pair.0, pair.1];
        let mut took = [0.0; 2];
        let first = usize::from(rng.random::<bool>());
        for sample in [first, 1 - first] {
            let venue = format!("Venue {i}");
            let start = Instant::now();
            let pass = pair[sample];
            let verdict = check(bundle, "restaurant", &venue, pass, NOW);
            for key in known.issuers.iter().take(looks[sample]) {
                assert!(!signed_under(key, pass));
            }
            took[sample] = start.elapsed().as_secs_f64();
            assert!(matches!(verdict, Verdict::Accepted(_)));
            times[sample] += took[sample];
        }
        slower += u32::from(took[1] > took[0]);
    }
    let n = pairs as f64;
    let lean = (2.0 * f64::from(slower) - n) / n.sqrt();
    let [a, b] = times.map(|time| time / n * 1e3);
    println!(
        "{a:.3} and {b:.3} ms on average; the second is slower {slower} times of {pairs}: {lean:.1}"
    );
    lean
}

#[test]
fn how_long_verification_takes_does_not_tell_the_holder_and_a_planted_leak_is_found() {
    let (city, _, [a, b]) = experiment(PAIRS);
    let bundle = city.door_bundle();
    let mut rng = StdRng::seed_from_u64(6);
    for (pass, venue) in a.iter().zip(0..3).chain(b.iter().zip(0..3)) {
        // What a door makes once, it makes before the clock runs.
        let verdict = check(&bundle, "restaurant", &format!("Venue {venue}"), pass, NOW);
        assert!(matches!(verdict, Verdict::Accepted(_)));
    }
    let known = known(&city);
    let lean = leaning((&bundle, &known), [&a, &b], [0, 0], &mut rng);
    assert!(lean.abs() < LIMIT, "{lean}");

    // A door that tries whose pass it is, and is done with the one clinic's after one key, with the other's
    // after two. What is there is found at last, however much noise there is beside it.
    let mut sum = 0.0;
    let found = (1..=20).any(|round| {
        sum += leaning((&bundle, &known), [&a, &b], [1, 2], &mut rng);
        sum / f64::from(round).sqrt() > LIMIT
    });
    assert!(found);
}
