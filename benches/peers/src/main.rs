//! Veilpass beside its peers: one process, one thread, one run.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml              # a table with ratios
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --json    # [{"name", "median_ns", ...}]
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- --out all.json    # tables, and the file
//! ```
//!
//! The file of `--out` is one object: date, processor, load, compiler and versions (`place`), `rounds`, the
//! `operations` as in `--json` with the median of each round, and the `ratios` with their quartiles.
//!
//! # Method
//!
//! Every operation runs once in every round (fast ones up to eight times), and every round begins with
//! another one, so that whatever else the machine does meets all of them. Times are medians over all
//! samples; a ratio is the median of the ratios within rounds, with their quartiles beside it. That is another
//! statistic than the quotient of two medians, which is printed, too, and need not agree. Times are processor time of the whole
//! process: other programs do not count, and a thread that somebody starts would. Everything is on one
//! thread: rayon's pool has one, and the dock crates are built without it. All packages are built with the
//! same profile. Before anything is measured each proof must verify, and must be refused for a wrong
//! question: nonce, and where there are any, day, venue, accumulator.
//!
//! Making includes encoding; checking starts from bytes and includes decoding with all point checks.
//! Prepared ahead on all sides: keys, generators, tables, bundles, prepared pairing lines, as far as
//! the library keeps them (zkryptium derives its generators in every call, credx those of its ranges; they
//! offer nothing else).
//!
//! | name | what one run is | bytes |
//! |---|---|---|
//! | `pass/make` | all five statements of the default schema, the prover's own check included | pass |
//! | `pass/prepare` | the points of a pass made ahead of the question, and their pairings checked | 0 |
//! | `pass/answer` | the same pass from points made ahead; its nonces depend on the question | pass |
//! | `pass/check` | verdict on such a pass | pass |
//! | `pass/check_batch_256_each` | 256 passes (showings of one credential) checked together, divided by 256 | pass |
//! | `bbs/make`, `bbs/check` | bare BBS proof by the IETF draft, 10 messages, 4 disclosed | proof |
//! | `zkryptium/...` | the same proof, byte-compatible | proof |
//! | `dock/...` | bbs_plus, the protocol of the draft (`proof_23_ietf`), 10 and 4 | proof |
//! | `dock_full/...` | bbs_plus + smc_range_proof + vb_accumulator: signature of 8 messages, a hidden date at least today (two digits of 8 bits, reach 65,536 days), not revoked | proof |
//! | `dock_full_one_digit/...` | the same with one digit of a table of 512: reach and table of ours | proof |
//! | `credx_full/...` | AnonCreds v2: signature of 8 claims, a hidden number at least today (64-bit Bulletproof), not revoked | presentation |
//! | `limit/pairing_product_5` | five prepared pairs, one final exponentiation, in the curve crate of ours | 0 |
//! | `limit/g1_decode`, `limit/g2_decode` | a compressed point, its curve and subgroup checked, in the curve crate | point |
//! | `limit/g1_decode_ours` | the same in G1 by veilpass's own decoding | point |
//! | `limit/g1_multiplication` | one constant-time multiplication in the curve crate | 0 |
//!
//! # What is not the same
//!
//! - A pass proves two statements more than dock and credx here: the issuer is hidden behind an
//!   accreditation, and there is one pseudonym for a venue and a day. It also decides time, venue and policy.
//! - `pass/make` verifies the proof before it is released, all others do not.
//! - Our proving is constant-time in what is secret, by multiplications without branches. arkworks (dock)
//!   multiplies in variable time.
//! - dock's numbers are of its crates put together by hand in the cheapest way that we found: proofs of
//!   weak-BB signatures without pairings at the prover, one challenge, one randomised product of pairings
//!   at the verifier, prepared keys. Its own `proof_system` is a general layer over them; it is left
//!   out because it brings a WebAssembly runtime along and proves ranges with pairings at the prover.
//!   The verifier has no secret key (their keyed variants are not used).
//! - dock takes messages as scalars; the others hash bytes to scalars first (microseconds).
//! - All accumulators here are of the same family (Vitto and Biryukov, positive); witnesses are up to date.
//! - zkryptium and credx draw from generators of their own, the others from a seeded one.
#![allow(missing_docs)]

mod credx_full;
mod dock;
mod dock_full;
#[path = "../../../crates/bench/src/host.rs"]
mod host;
mod limits;
mod measure;
mod ours;
mod place;
mod report;
mod zkryptium_bare;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use clap::Parser;

/// Veilpass beside its peers in one run, on one thread.
#[derive(Parser)]
struct Options {
    /// One JSON list on standard output instead of tables.
    #[arg(long)]
    json: bool,
    /// Also write all there is to know, ratios and machine included, into this new file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Few rounds: to see that it works.
    #[arg(long)]
    quick: bool,
}

/// The bare proof everywhere: so many messages, and these are disclosed.
const MESSAGES: usize = 10;
const SHOWN: [usize; 4] = [0, 2, 4, 6];

/// The messages of the bare proofs, for the whole run.
fn messages() -> &'static [Vec<u8>] {
    let message = |index| format!("message {index}").into_bytes();
    (0..MESSAGES).map(message).collect::<Vec<_>>().leak()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    // Before the measuring, which takes minutes: a place that cannot be written must not end it.
    let out = options.out.map(|path| {
        let file = File::create_new(&path);
        file.map_err(|error| format!("cannot make {}: {error}; name a new file", path.display()))
    });
    let out = out.transpose()?;
    let mut place = place::Place::here();
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()?;
    let (mut candidates, points) = ours::pass();
    candidates.extend(ours::bare());
    candidates.extend(zkryptium_bare::candidates());
    candidates.extend(dock::candidates());
    candidates.extend(dock_full::candidates());
    candidates.extend(credx_full::candidates());
    candidates.extend(limits::candidates());
    let rounds = if options.quick { 5 } else { 51 };
    let results = measure::interleaved(candidates, rounds);
    place.over();
    let run = report::Run {
        results: &results,
        rounds,
        points,
        place: &place,
        quick: options.quick,
    };
    if let Some(mut file) = out {
        writeln!(file, "{}", run.object()?)?;
    }
    if options.json {
        println!("{}", report::json(&results)?);
    } else {
        run.table();
    }
    Ok(())
}
