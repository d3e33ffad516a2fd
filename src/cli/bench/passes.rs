//! What is measured of passes: every step between the roles, what an attribute costs, what a statement
//! costs, what a batch saves.

use super::measure::{Case, Clock, Row, Run, after, wall, whole};
use super::town::{Forgetful, Guest, Plan, Town, must, rng, schema_of};
use super::{ALL_CORES, Measuring, ONE_THREAD};
use crate::cli::report::Failure;
use crate::issuance::{PendingRequest, Request};
use crate::presentation::Verdict;
use crate::qr::{Code, from_picture};
use crate::scheme::{Schema, SetBy};

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

fn make<'a>(guest: &'a Guest, policy: &'a str) -> Run<'a> {
    whole(move || guest.present(policy))
}

fn check<'a>(guest: &'a Guest, policy: &'a str, pass: &'a [u8]) -> Run<'a> {
    whole(move || guest.check(policy, pass))
}

/// Every step of every role, from bytes to bytes.
pub(super) fn roles(measuring: &Measuring<'_>) -> Result<Vec<Row>, Failure> {
    let mut town = usual(measuring, false)?;
    let guest = town.guest()?;
    let handle = town.registry.draw(&mut rng())?.expose_bytes();
    let mut rows = issuing(measuring, &town, &guest, &handle)?;
    rows.extend(showing(measuring, &guest)?);
    Ok(rows)
}

/// From an offer to a pass, and what everybody downloads.
fn issuing(
    measuring: &Measuring<'_>,
    town: &Town,
    guest: &Guest,
    handle: &[u8],
) -> Result<Vec<Row>, Failure> {
    let (scheme, now) = (&town.scheme, town.now);
    let (door_bytes, holder_bytes) = (town.door_bytes(), town.holder_bytes());
    let kept = town.offer()?;
    let mine = town.values(SetBy::Holder);
    let ask =
        || -> Result<_, Failure> { Ok(kept.offer().request(scheme, &mine, now, &mut rng())?) };
    let pending = kept.offer().request(scheme, &mine, now, &mut rng())?;
    let (kept_bytes, request) = (kept.to_bytes(), pending.request().to_bytes());
    let pending_bytes = pending.expose_bytes();
    let response = town.issue(&kept_bytes, &request, handle)?;
    rehearse_issuing(town, &kept_bytes, &request, handle)?;
    rehearse_bundles(town, &door_bytes, &holder_bytes)?;
    let again =
        || -> Result<_, Failure> { Ok(PendingRequest::from_bytes(scheme, &pending_bytes)?) };
    let receive = |pending: PendingRequest| -> Result<_, Failure> {
        Ok(pending.receive(&guest.holder, &response, now)?)
    };
    receive(again()?)?;
    let cases = vec![
        Case::new("clinic: offer", whole(|| town.offer())).bytes(kept.offer().to_bytes().len()),
        Case::new("guest: request", whole(ask)).bytes(request.len()),
        Case::new(
            "clinic: sign the request",
            whole(|| town.issue(&kept_bytes, &request, handle)),
        )
        .bytes(response.to_bytes().len()),
        Case::new("guest: receive the pass", after(again, receive)),
        Case::new(
            "guest: read a new bundle, no removals",
            whole(|| town.read_holder(&holder_bytes)),
        )
        .bytes(holder_bytes.len()),
        Case::new(
            "door: read a new bundle",
            whole(|| town.read_door(&door_bytes)),
        )
        .bytes(door_bytes.len()),
    ];
    measuring.rounds("roles", cases, measuring.plan.rounds)
}

/// From a poster to a verdict.
fn showing(measuring: &Measuring<'_>, guest: &Guest) -> Result<Vec<Row>, Failure> {
    let (ask, now) = (guest.ask(DAY), guest.now);
    let (credential, holder) = (&guest.credential, &guest.holder);
    let pass = guest.present(DAY)?;
    let png = Code::new(&pass)?.png(4)?;
    let prepare =
        || -> Result<_, Failure> { Ok(credential.prepare(holder, DAY, now, &mut rng())?) };
    let commit =
        || -> Result<_, Failure> { Ok(prepare()?.commit(credential, holder, &mut rng())?) };
    let prepared = prepare()?.answer(credential, holder, &ask, now, &mut rng())?;
    let committed = commit()?.answer(credential, holder, &ask, now)?;
    for pass in [pass.as_slice(), prepared.to_bytes(), committed.to_bytes()] {
        guest.rehearse(DAY, pass)?;
    }
    let other = Code::new(&guest.spoilt(&pass)?)?.png(4)?;
    must(
        from_picture(&png)? == pass && from_picture(&other)? != pass,
        "a picture was read as another pass",
    )?;
    let (bytes, draw) = (pass.len(), || -> Result<_, Failure> {
        Ok(Code::new(&pass)?.png(4)?)
    });
    let cases = vec![
        Case::new("guest: make a pass", make(guest, DAY)).bytes(bytes),
        Case::new("guest: prepare a pass ahead", whole(prepare)),
        Case::new(
            "guest: answer with a prepared pass",
            after(prepare, |ready| {
                Ok(ready.answer(credential, holder, &ask, now, &mut rng())?)
            }),
        )
        .bytes(bytes),
        Case::new(
            "guest: answer with commitments ready, too",
            after(commit, |ready| {
                Ok(ready.answer(credential, holder, &ask, now)?)
            }),
        )
        .bytes(bytes),
        Case::new("guest: draw the QR code", whole(draw)).bytes(png.len()),
        Case::new(
            "door: find and read the QR code",
            whole(|| Ok(from_picture(&png)?)),
        ),
        Case::new("door: check a pass", check(guest, DAY, &pass)),
    ];
    measuring.rounds("roles", cases, measuring.plan.rounds)
}

/// The clinic signs a good request and no spoilt one.
fn rehearse_issuing(
    town: &Town,
    kept: &[u8],
    request: &[u8],
    handle: &[u8],
) -> Result<(), Failure> {
    let mut spoilt = request.to_vec();
    if let Some(last) = spoilt.last_mut() {
        *last ^= 1;
    }
    must(
        Request::from_bytes(&town.scheme, &spoilt).is_ok(),
        "a spoilt request is to be refused for its proof",
    )?;
    must(
        town.issue(kept, &spoilt, handle).is_err(),
        "a spoilt request was signed",
    )
}

/// Bundles are read only under their signature.
fn rehearse_bundles(town: &Town, door: &[u8], holder: &[u8]) -> Result<(), Failure> {
    let spoil = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        bytes
    };
    must(
        town.read_door(&spoil(door)).is_err() && town.read_holder(&spoil(holder)).is_err(),
        "a spoilt bundle was read",
    )
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
        let made = crate::parallel::map(&count, |_| guest.present(DAY));
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

/// Which passes of a batch are accepted, checked on the threads of whoever calls.
fn verdicts(guest: &Guest, passes: &[&[u8]]) -> Result<Vec<bool>, Failure> {
    let door = guest.door(DAY)?;
    let verdicts = door.check_batch(passes, false, guest.now, &mut Forgetful, &mut rng());
    let accepted = |verdict: &Verdict| matches!(verdict, Verdict::Accepted(_));
    Ok(verdicts.iter().map(accepted).collect())
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
