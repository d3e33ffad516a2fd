//! The pass: every step of issuance and showing, batches, witness updates, QR codes; bytes of every
//! artefact are printed first (`cargo bench --bench pass`; `-- witness` runs that group alone).
//!
//! The world is that of the tests (`crates/fixture`): its names and policies are not those of `veilpass bench`, so
//! bundles and passes with other questions differ from that in size.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::{PendingOffer, PendingRequest, Request};
use veilpass::presentation::{Door, Expected, MemoryReplayStore, Verdict};
use veilpass::registry::Handle;
use veilpass::scheme::{BundleVerifyingKey, Mode, Schema, Trust, UnverifiedBundle};
use veilpass_fixture::city::{City, DAY, NOW, at, day};

fn issuance(c: &mut Criterion) {
    let mut city = City::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let handle = city.registry.draw(&mut rng).unwrap().expose_bytes();
    let holder = city.holder_bundle();
    let acc = city.accredit(&city.clinic);
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 9), &mut rng)
        .unwrap();
    let mine = City::holder_values();
    let pending = kept
        .offer()
        .request(&city.scheme, &mine, at(NOW), &mut rng)
        .unwrap();
    let request = pending.request().to_bytes();
    let (kept, pending) = (kept.to_bytes(), pending.expose_bytes());
    let issue = || {
        let kept = PendingOffer::from_bytes(&city.scheme, &kept).unwrap();
        let request = Request::from_bytes(&city.scheme, &request).unwrap();
        let handle = Handle::from_bytes(&handle).unwrap();
        kept.issue(
            &city.scheme,
            &city.clinic,
            Some(&acc),
            &request,
            handle,
            at(NOW),
        )
        .unwrap()
    };
    let response = issue();
    let offer = PendingOffer::from_bytes(&city.scheme, &kept).unwrap();
    println!("\noffer {} bytes", offer.offer().to_bytes().len());
    println!("request {} bytes", request.len());
    println!("response {} bytes", response.to_bytes().len());
    println!("bundle {} bytes", city.door_bytes().len());
    println!("holders' bundle {} bytes", city.holder_bytes().len());

    let mut group = c.benchmark_group("issuance");
    group.bench_function("offer", |b| {
        b.iter(|| {
            city.clinic
                .offer(&city.scheme, &values, at(NOW + 9), &mut rng)
                .unwrap()
        });
    });
    group.bench_function("request", |b| {
        let mut rng = StdRng::seed_from_u64(3);
        b.iter(|| {
            offer
                .offer()
                .request(&city.scheme, &mine, at(NOW), &mut rng)
                .unwrap()
        });
    });
    group.bench_function("issue", |b| b.iter(issue));
    group.bench_function("receive", |b| {
        b.iter(|| {
            let pending = PendingRequest::from_bytes(&city.scheme, &pending).unwrap();
            pending.receive(&holder, &response, at(NOW)).unwrap()
        });
    });
    group.finish();
}

fn showing(c: &mut Criterion) {
    let mut group = c.benchmark_group("pass");
    group.sample_size(20);
    for (name, known) in [("hidden", None), ("known", Some(()))] {
        let mut city = City::with(1, Schema::default(), known);
        let mut rng = StdRng::seed_from_u64(2);
        let (credential, _) = city.issue(false, day(2022, 6, 1));
        let holder = city.holder_bundle();
        let bundle = city.door_bundle();
        for policy in ["restaurant", "bar"] {
            let ask = city.ask(Mode::Poster, policy, "Cafe");
            let payload = credential
                .present(&holder, &ask, None, at(NOW), &mut rng)
                .unwrap();
            println!(
                "pass, {name} issuer, {policy}: {} bytes",
                payload.as_bytes().len()
            );
            let door = Door::new(&bundle, policy, "Cafe").unwrap();
            group.bench_function(format!("make/{name}/{policy}"), |b| {
                b.iter(|| {
                    credential
                        .present(&holder, &ask, None, at(NOW), &mut rng)
                        .unwrap()
                });
            });
            group.bench_function(format!("answer_prepared/{name}/{policy}"), |b| {
                let mut rng = StdRng::seed_from_u64(5);
                b.iter_batched(
                    || {
                        credential
                            .prepare(&holder, policy, at(NOW), &mut StdRng::seed_from_u64(6))
                            .unwrap()
                    },
                    |prepared| {
                        prepared
                            .answer(&credential, &holder, &ask, at(NOW), &mut rng)
                            .unwrap()
                    },
                    criterion::BatchSize::PerIteration,
                );
            });
            group.bench_function(format!("check/{name}/{policy}"), |b| {
                let mut rng = StdRng::seed_from_u64(4);
                b.iter(|| {
                    let mut seen = MemoryReplayStore::default();
                    let payload = black_box(payload.as_bytes());
                    let verdict =
                        door.check(payload, Expected::posters(), at(NOW), &mut seen, &mut rng);
                    assert!(matches!(verdict, Verdict::Accepted(_)));
                });
            });
        }
    }
    group.finish();
}

fn batches(c: &mut Criterion) {
    // Made when the first benchmark of the group runs, if any is wanted.
    let made = LazyCell::new(|| {
        let mut city = City::new(1);
        let (credential, _) = city.issue(true, day(2022, 6, 1));
        let show = |_| city.show(&credential, "restaurant", "Cafe", NOW);
        let passes: Vec<_> = (0..256).map(show).collect();
        (city.door_bundle(), passes)
    });
    let mut rng = StdRng::seed_from_u64(2);
    let mut group = c.benchmark_group("batch");
    group.sample_size(10);
    for count in [1, 8, 64, 256] {
        group.throughput(Throughput::Elements(u64::try_from(count).unwrap()));
        group.bench_function(format!("check/{count}"), |b| {
            let (bundle, passes) = &*made;
            let door = Door::new(bundle, "restaurant", "Cafe").unwrap();
            let slices: Vec<_> = passes.iter().take(count).map(Vec::as_slice).collect();
            b.iter(|| {
                // Showings of one credential: a replay store would accept the first alone.
                let verified = door.verify_batch(&slices, Expected::posters(), at(NOW), &mut rng);
                assert!(verified.iter().all(Result::is_ok));
            });
        });
    }
    group.finish();
}

/// Removals that a witness follows.
const REMOVALS: usize = 10_000;

fn witness(c: &mut Criterion) {
    let made = LazyCell::new(|| {
        let mut city = City::new(1);
        let mut rng = StdRng::seed_from_u64(2);
        let (credential, _) = city.issue(true, day(2022, 6, 1));
        for _ in 0..REMOVALS {
            let handle = city.registry.draw(&mut rng).unwrap();
            city.registry.remove(&handle.id()).unwrap();
        }
        city.next_epoch(NOW + DAY);
        let (holder, stored) = (city.holder_bundle(), credential.expose_bytes());
        (city.scheme, stored, holder)
    });
    let mut group = c.benchmark_group("witness");
    group.sample_size(10);
    group.bench_function(format!("sync_over_{REMOVALS}_removals"), |b| {
        let (scheme, stored, holder) = &*made;
        b.iter_batched(
            || veilpass::Credential::from_bytes(scheme, stored).unwrap(),
            |mut credential| credential.sync_vartime(holder).unwrap(),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

#[cfg(feature = "pictures")]
fn pictures(c: &mut Criterion) {
    use veilpass::qr::Code;
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let png = Code::new(&payload).unwrap().png(4).unwrap();
    let mut group = c.benchmark_group("qr");
    group.sample_size(20);
    group.bench_function("encode_png", |b| {
        b.iter(|| Code::new(&payload).unwrap().png(4))
    });
    group.bench_function("decode_png", |b| b.iter(|| from_picture(&png)));
    group.finish();
}

#[cfg(not(feature = "pictures"))]
fn pictures(_: &mut Criterion) {}

/// What every statement adds: from a known issuer with the dates shown, which leaves the signature and
/// the registry, up to everything.
fn statements(c: &mut Criterion) {
    let mut group = c.benchmark_group("statements");
    group.sample_size(20);
    for (name, policy, known) in [
        ("signed, not revoked", "hospital open", Some(())),
        ("and a pseudonym", "open", Some(())),
        ("and a date", "restaurant", Some(())),
        ("and an age", "bar", Some(())),
        ("and a hidden, accredited issuer", "bar", None),
    ] {
        let mut city = City::with(1, Schema::default(), known);
        let mut shown = city.policies[4].clone();
        (shown.name, shown.once_a_day) = ("hospital open".into(), false);
        city.policies.push(shown);
        let mut rng = StdRng::seed_from_u64(2);
        let (credential, _) = city.issue(false, day(2022, 6, 1));
        let holder = city.holder_bundle();
        let bundle = city.door_bundle();
        let ask = city.ask(Mode::Poster, policy, "Cafe");
        let door = Door::new(&bundle, policy, "Cafe").unwrap();
        let pass = credential.present(&holder, &ask, None, at(NOW), &mut rng);
        let pass = pass.unwrap().as_bytes().to_vec();
        println!("{name}: {} bytes", pass.len());
        group.bench_function(format!("make/{name}"), |b| {
            b.iter(|| {
                credential
                    .present(&holder, &ask, None, at(NOW), &mut rng)
                    .unwrap()
            });
        });
        group.bench_function(format!("check/{name}"), |b| {
            let mut rng = StdRng::seed_from_u64(4);
            b.iter(|| {
                let mut seen = MemoryReplayStore::default();
                let verdict = door.check(&pass, Expected::posters(), at(NOW), &mut seen, &mut rng);
                assert!(matches!(verdict, Verdict::Accepted(_)));
            });
        });
    }
    group.finish();
}

/// A verifier's process from its start to the verdict on one pass: this program, started anew with the
/// bundle and the pass in files.
fn cold_start(c: &mut Criterion) {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let folder = tempfile::tempdir().unwrap();
    let pass = city.show(&credential, "restaurant", "Cafe", NOW);
    let bundle = city.door_bytes();
    std::fs::write(
        folder.path().join("key"),
        city.bundle_key.verifying_key().to_bytes(),
    )
    .unwrap();
    std::fs::write(folder.path().join("bundle"), bundle).unwrap();
    std::fs::write(folder.path().join("pass"), picture(&pass)).unwrap();
    let mut group = c.benchmark_group("cold_start");
    group.sample_size(20);
    group.bench_function("bundle and picture to verdict", |b| {
        b.iter(|| {
            let status = std::process::Command::new(std::env::current_exe().unwrap())
                .env(COLD, folder.path())
                .status();
            assert!(status.unwrap().success());
        });
    });
    group.finish();
}

#[cfg(feature = "pictures")]
fn picture(pass: &[u8]) -> Vec<u8> {
    veilpass::qr::Code::new(pass).unwrap().png(4).unwrap()
}

#[cfg(feature = "pictures")]
fn from_picture(png: &[u8]) -> Vec<u8> {
    let text = veilpass_reader::text_in_file(png).unwrap();
    veilpass::qr::from_text(&text).unwrap()
}

#[cfg(not(feature = "pictures"))]
fn picture(pass: &[u8]) -> Vec<u8> {
    pass.to_vec()
}

#[cfg(not(feature = "pictures"))]
fn from_picture(pass: &[u8]) -> Vec<u8> {
    pass.to_vec()
}

/// Names the folder to a process that is started by [`cold_start`].
const COLD: &str = "VEILPASS_BENCH_COLD";

fn verify_cold(folder: &std::path::Path) {
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    let key = BundleVerifyingKey::from_bytes(&read("key")).unwrap();
    let bundle = UnverifiedBundle::new(&read("bundle"))
        .verify(&Trust::on_first_use(&key))
        .unwrap();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let mut seen = MemoryReplayStore::default();
    let mut rng = rand::rng();
    let pass = from_picture(&read("pass"));
    let verdict = door.check(&pass, Expected::posters(), at(NOW), &mut seen, &mut rng);
    assert!(matches!(verdict, Verdict::Accepted(_)));
}

criterion_group!(
    benches, issuance, showing, statements, batches, witness, pictures, cold_start
);

fn main() {
    if let Some(folder) = std::env::var_os(COLD) {
        verify_cold(std::path::Path::new(&folder));
        return;
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
