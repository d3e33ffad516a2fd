//! What is measured of passes: what an attribute costs, what a statement costs, what a batch saves.

use super::measure::{Case, Clock, Row, Run, wall, whole};
use super::town::{Guest, Plan, Town, must, rng, schema_of};
use super::{ALL_CORES, Measuring, ONE_THREAD};
use crate::report::Failure;
use veilpass::presentation::Expected;
use veilpass::scheme::{Schema, UnixTime};

/// The policy of the pass with five statements.
pub(super) const DAY: &str = "day";

/// A town with the usual schema and date table.
pub(super) fn usual(measuring: &Measuring<'_>, known: bool) -> Result<Town, Failure> {
    Town::found(Plan {
        schema: Schema::default(),
        known,
        table: &measuring.table,
        now: measuring.now,
    })
}

pub(super) fn make<'a>(guest: &'a Guest, policy: &'a str) -> Run<'a> {
    whole(move || guest.present(policy))
}

pub(super) fn check<'a>(guest: &'a Guest, policy: &'a str, pass: &'a [u8]) -> Run<'a> {
    whole(move || guest.check(policy, pass))
}

/// Passes of schemas of different sizes, everything hidden.
pub(super) fn attributes(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let mut guests = Vec::new();
    for count in measuring.plan.attributes {
        let mut town = Town::found(Plan {
            schema: schema_of(*count)?,
            known: false,
            table: &measuring.table,
            now: measuring.now,
        })?;
        let guest = town.guest()?;
        let pass = guest.present(DAY)?;
        guest.rehearse(DAY, &pass)?;
        guests.push((*count, guest, pass));
    }
    let mut cases = Vec::new();
    for (count, guest, pass) in &guests {
        let bytes = pass.len();
        cases.push(Case::new("make", make(guest, DAY)).at(*count).bytes(bytes));
        cases.push(
            Case::new("check", check(guest, DAY, pass))
                .at(*count)
                .bytes(bytes),
        );
    }
    measuring.rounds("attributes", cases, measuring.plan.rounds)
}

/// The usual schema with one statement after the other: what the policy asks, and whether issuers hide.
pub(super) fn statements(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let known = usual(measuring, true)?.guest()?;
    let hidden = usual(measuring, false)?.guest()?;
    let mut steps = Vec::new();
    for (place, (guest, policy)) in (1..).zip([
        (&known, "signed"),
        (&known, "once"),
        (&known, DAY),
        (&hidden, DAY),
        (&hidden, "age"),
    ]) {
        let pass = guest.present(policy)?;
        guest.rehearse(policy, &pass)?;
        steps.push((place, guest, policy, pass));
    }
    let mut cases = Vec::new();
    for (place, guest, policy, pass) in &steps {
        let (place, bytes) = (*place, pass.len());
        cases.push(
            Case::new("make", make(guest, policy))
                .at(place)
                .bytes(bytes),
        );
        cases.push(
            Case::new("check", check(guest, policy, pass))
                .at(place)
                .bytes(bytes),
        );
    }
    measuring.rounds("statements", cases, measuring.plan.rounds)
}

/// The names of the steps of [`statements`].
pub(super) const STEPS: [&str; 5] = [
    "signed, not revoked; issuer and last day shown",
    "+ one showing a venue and day",
    "+ the last day hidden, at least today",
    "+ the issuer hidden and accredited: the pass",
    "+ the birth date hidden, 18 years or more",
];

/// Many passes in one call: on one thread, and on all cores.
pub(super) fn batch(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let guest = usual(measuring, false)?.guest()?;
    let largest = measuring.plan.batches.iter().max().copied().unwrap_or(1);
    let all = &measuring.all_cores;
    let passes: Result<Vec<_>, Failure> = all.install(|| {
        let count: Vec<u32> = (0..largest).collect();
        let made = veilpass::parallel::map(&count, |_| guest.present(DAY));
        made.into_iter().collect()
    });
    let passes = passes?;
    let slices: Vec<&[u8]> = passes.iter().map(Vec::as_slice).collect();
    rehearse_batch(&guest, &slices)?;
    let (guest, slices) = (&guest, &slices);
    let mut cases = Vec::new();
    for count in measuring.plan.batches {
        let some = move || {
            slices
                .iter()
                .take(usize::try_from(*count).unwrap_or(usize::MAX))
        };
        let work = move || -> Result<(), Failure> {
            let some: Vec<_> = some().copied().collect();
            let good = verdicts(guest, &some)?;
            must(good.iter().all(|good| *good), "a batch was not accepted")
        };
        let mut one = Case::new(ONE_THREAD, whole(work)).at(*count);
        one.each = *count;
        cases.push(one);
        let run = move || wall(|| all.install(work)).map(|((), time)| time);
        let mut many = Case::new(ALL_CORES, Box::new(run)).at(*count);
        (many.each, many.clock) = (*count, Clock::Wall);
        cases.push(many);
    }
    measuring.rounds("batch", cases, measuring.plan.heavy_rounds)
}

/// Which passes of a batch are verified, checked on the threads of whoever calls.
fn verdicts(guest: &Guest, passes: &[&[u8]]) -> Result<Vec<bool>, Failure> {
    let door = guest.door(DAY)?;
    // Showings of one credential: a replay store would accept the first alone.
    let verified = door.verify_batch(
        passes,
        Expected::posters(),
        UnixTime::from_seconds(guest.now),
        &mut rng(),
    );
    Ok(verified.iter().map(Result::is_ok).collect())
}

/// Of a batch with one spoilt pass that one alone is refused.
fn rehearse_batch(guest: &Guest, passes: &[&[u8]]) -> Result<(), Failure> {
    let spoilt = match passes.first() {
        Some(first) => guest.spoilt(first)?,
        None => return Ok(()),
    };
    let mut mixed: Vec<&[u8]> = passes.iter().take(4).copied().collect();
    if let Some(first) = mixed.first_mut() {
        *first = &spoilt;
    }
    let good = verdicts(guest, &mixed)?;
    let right = good
        .iter()
        .enumerate()
        .all(|(place, good)| *good == (place > 0));
    must(right, "a spoilt pass in a batch was not the one refused")
}
