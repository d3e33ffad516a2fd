//! What is measured of passes: what an attribute costs, what a statement costs, what a batch saves.

use veilpass::presentation::Expected;
use veilpass_fixture::city::{NOW, at};

use crate::error::{Fallible, must};
use crate::measure::{Case, Clock, Row, Run, wall, whole};
use crate::world::{Guest, RESTAURANT, rng, usual, with_attributes};
use crate::{ALL_CORES, Measuring, ONE_THREAD};

pub(super) fn make<'a>(guest: &'a Guest, policy: &'a str) -> Run<'a> {
    whole(move || guest.present(policy))
}

pub(super) fn check<'a>(guest: &'a Guest, policy: &'a str, pass: &'a [u8]) -> Run<'a> {
    whole(move || guest.check(policy, pass))
}

/// Passes of schemas of different sizes, everything hidden.
pub(super) fn attributes(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let mut guests = Vec::new();
    for count in measuring.plan.attributes {
        let mut city = with_attributes(*count, &measuring.table)?;
        let guest = Guest::of(&mut city);
        let pass = guest.present(RESTAURANT)?;
        guest.rehearse(RESTAURANT, &pass)?;
        guests.push((*count, guest, pass));
    }
    let mut cases = Vec::new();
    for (count, guest, pass) in &guests {
        let bytes = pass.len();
        cases.push(
            Case::new("make", make(guest, RESTAURANT))
                .at(*count)
                .bytes(bytes),
        );
        cases.push(
            Case::new("check", check(guest, RESTAURANT, pass))
                .at(*count)
                .bytes(bytes),
        );
    }
    measuring.rounds("attributes", cases, measuring.plan.rounds)
}

/// The usual schema with one statement after the other: what the policy asks, and whether issuers hide.
pub(super) fn statements(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let known = Guest::of(&mut usual(&measuring.table, Some(())));
    let hidden = Guest::of(&mut usual(&measuring.table, None));
    let mut steps = Vec::new();
    for (place, (guest, policy)) in (1..).zip([
        (&known, "signed"),
        (&known, "once"),
        (&known, RESTAURANT),
        (&hidden, RESTAURANT),
        (&hidden, "bar"),
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
pub(super) fn batch(measuring: &Measuring<'_>) -> Fallible<Vec<Row>> {
    let guest = Guest::of(&mut usual(&measuring.table, None));
    let largest = measuring.plan.batches.iter().max().copied().unwrap_or(1);
    let all = &measuring.all_cores;
    let passes: Fallible<Vec<_>> = all.install(|| {
        let count: Vec<u32> = (0..largest).collect();
        let made = veilpass::parallel::map(&count, |_| guest.present(RESTAURANT));
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
        let work = move || -> Fallible<()> {
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
fn verdicts(guest: &Guest, passes: &[&[u8]]) -> Fallible<Vec<bool>> {
    let door = guest.door(RESTAURANT)?;
    // Showings of one credential: a replay store would accept the first alone.
    let verified = door.verify_batch(passes, Expected::posters(), at(NOW), &mut rng());
    Ok(verified.iter().map(Result::is_ok).collect())
}

/// Of a batch with one spoilt pass that one alone is refused.
fn rehearse_batch(guest: &Guest, passes: &[&[u8]]) -> Fallible<()> {
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

/// The bytes of the artefact whose code is in a picture.
pub(super) fn from_picture(picture: &[u8]) -> Fallible<Vec<u8>> {
    Ok(veilpass::qr::from_text(&veilpass_reader::text_in_file(
        picture,
    )?)?)
}
