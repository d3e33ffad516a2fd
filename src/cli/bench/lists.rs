//! What is measured of lists that everybody downloads, and of pictures: the removal log, the date table,
//! the size of a QR code.

use super::Measuring;
use super::measure::{Case, Row, whole};
use super::passes::usual;
use super::town::{Plan, Town, must, rng};
use crate::cli::report::Failure;
use crate::curve::{G1Affine, G2Prepared};
use crate::qr::Code;
use crate::registry::{RemovalLog, Witness};
use crate::scheme::{DateTable, Schema};

/// Bytes of the log's head, and of each removal.
const HEAD: usize = 2;
const REMOVAL: usize = 80;

/// More bytes than any QR code holds.
const LARGEST: usize = 2900;

/// A holder who was away for so many removals: the sum, the same step by step, and reading the log.
pub(super) fn removals(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let mut town = usual(measuring, false)?;
    let first = town.registry.draw(&mut rng())?.0;
    let most = measuring.plan.removals.iter().max().copied();
    let most = usize::try_from(most.unwrap_or(0))?;
    let mut accumulators = vec![*town.registry.accumulator()];
    for _ in 0..most {
        let handle = town.registry.draw(&mut rng())?;
        town.registry.remove(&handle.id())?;
        accumulators.push(*town.registry.accumulator());
        measuring.preparing(accumulators.len(), most);
    }
    let log = town.registry.log();
    let key = G2Prepared::from(town.keys.registry);
    let bytes = log.to_bytes();
    let (first, bytes, log) = (&first, &bytes, &log);
    let mut cases = Vec::new();
    for count in measuring.plan.removals {
        let count = *count;
        let length = HEAD + REMOVAL * usize::try_from(count).unwrap_or(0);
        let part = bytes.get(..length).unwrap_or(bytes);
        rehearse(first, log, count, &key, &accumulators)?;
        let sum = whole(move || Ok(first.at_vartime(log, count)?));
        let read = whole(move || Ok(RemovalLog::from_bytes(part)?));
        cases.push(Case::new("one sum", sum).at(count));
        cases.push(Case::new("reading the log", read).at(count).bytes(length));
        if count <= measuring.plan.most_steps {
            let steps = whole(move || step_by_step(first, log, count));
            cases.push(Case::new("step by step", steps).at(count));
        }
    }
    measuring.rounds("removals", cases, measuring.plan.heavy_rounds)
}

/// Removal after removal, as somebody would who never is away.
fn step_by_step(first: &Witness, log: &RemovalLog, count: u32) -> Result<Witness, Failure> {
    let mut witness = first.at_vartime(log, first.removals())?;
    for removals in 1..=count {
        witness = witness.at_vartime(log, removals)?;
    }
    Ok(witness)
}

/// Both ways lead to the same witness, which holds at its accumulator and not at the one before.
fn rehearse(
    first: &Witness,
    log: &RemovalLog,
    count: u32,
    key: &G2Prepared,
    accumulators: &[G1Affine],
) -> Result<(), Failure> {
    let there = first.at_vartime(log, count)?;
    let place = usize::try_from(count).unwrap_or(0);
    let (now, before) = (
        accumulators.get(place),
        accumulators.get(place.wrapping_sub(1)),
    );
    must(
        now.is_some_and(|now| there.holds(key, now)),
        "a witness does not hold after its update",
    )?;
    must(
        before.is_none_or(|before| !there.holds(key, before)),
        "a witness holds where it must not",
    )?;
    let few = count.min(100);
    let same = step_by_step(first, log, few)?.point() == first.at_vartime(log, few)?.point();
    must(same, "the two ways to update a witness differ")
}

/// Date tables of different reach.
pub(super) fn tables(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let mut guests = Vec::new();
    for length in measuring.plan.tables {
        let table = DateTable::generate(*length, &mut rng())?;
        let mut town = Town::found(Plan {
            schema: Schema::default(),
            known: false,
            table: &table,
            now: measuring.now,
        })?;
        let guest = town.guest()?;
        let pass = guest.present("day")?;
        guest.rehearse("day", &pass)?;
        let bytes = table.0.to_bytes();
        let read = DateTable::from_bytes(&bytes, *length)?;
        must(
            read.verify(&(town.keys.registry, *length), &mut rng())
                .is_err(),
            "a table was accepted under a wrong key",
        )?;
        guests.push((*length, table.1, bytes, guest));
    }
    let mut cases = Vec::new();
    for (length, public, bytes, guest) in &guests {
        let x = u32::from(*length);
        let generate = whole(|| Ok(DateTable::generate(*length, &mut rng())?));
        let verify = whole(|| {
            let table = DateTable::from_bytes(bytes, *length)?;
            Ok(table.verify(public, &mut rng())?)
        });
        let make = whole(|| guest.present("day"));
        cases.push(
            Case::new("make the table: authority, once", generate)
                .at(x)
                .bytes(bytes.len()),
        );
        cases.push(Case::new("read and check it: holder, each bundle", verify).at(x));
        cases.push(Case::new("make a pass with it: holder", make).at(x));
    }
    measuring.rounds("table", cases, measuring.plan.heavy_rounds)
}

/// The smallest QR code, level L, for payloads of every size, and where the artefacts among `rows` are.
pub(super) fn codes(measuring: &Measuring<'_>, rows: &[Row]) -> Result<Vec<Row>, Failure> {
    let row = |series: &str, bytes: usize, version| Row {
        plot: "qr",
        series: series.to_owned(),
        bytes: Some(bytes),
        qr_version: version,
        ..Row::default()
    };
    let version = |bytes: usize| {
        // Of zeros the text would be digits alone, which take less room than letters.
        let code = Code::new(&vec![0xff; bytes]).ok()?;
        Some(code.version())
    };
    let mut found = Vec::new();
    for bytes in (0..LARGEST).step_by(measuring.plan.qr_step) {
        let Some(version) = version(bytes) else { break };
        found.push(row("smallest version", bytes, Some(version)));
        measuring.preparing(bytes, LARGEST);
    }
    let wanted = [
        ("roles", "clinic: offer", None, "offer"),
        ("roles", "guest: request", None, "request"),
        ("roles", "clinic: sign the request", None, "response"),
        ("roles", "guest: make a pass", None, "pass"),
        ("statements", "make", Some(1), "pass, issuer and day shown"),
        ("statements", "make", Some(5), "pass with an age"),
        ("attributes", "make", Some(32), "pass of 32 attributes"),
    ];
    for (plot, series, x, name) in wanted {
        let bytes = rows
            .iter()
            .find(|row| row.plot == plot && row.series == series && row.x == x)
            .and_then(|row| row.bytes);
        found.extend(bytes.map(|bytes| row(name, bytes, version(bytes))));
    }
    must(
        found.iter().all(|row| row.qr_version.is_some()) && version(LARGEST).is_none(),
        "an artefact does not fit a QR code, or too much does",
    )?;
    Ok(found)
}
