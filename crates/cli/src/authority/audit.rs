//! The audit: is the log whole, did enough people agree, and does any issuer make more than it may?

use std::path::Path;

use serde_json::{Value as Json, json};

use super::Audit;
use super::limits;
use super::office::DATABASE;
use crate::Context;
use crate::artefact;
use crate::audit::{audited, unknown};
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass::scheme::{Day, DayCount, IssuerCount, Scheme, UnverifiedCount, Zone};
use veilpass_app::approval::{Operators, is_late_operator, unapproved};
use veilpass_app::log::{CountRefusal, Event, Flag, Hex, Line};
use veilpass_app::store::{AuthorityStore, Ledger, PoolCount};
use veilpass_sqlite::SqliteAuthority;

/// Seconds by which clocks may differ.
const SLACK: i64 = 300;

/// The named value with an issuer's last count.
fn count_of(label: &str) -> String {
    format!("count {label}")
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let store = open(context, &self.dir.dir)?;
        let lines = context.wait(store.log())?;
        let mut report = audited(&lines, self.head.as_deref())?;
        let (_, state) = context.wait(store.load())?;
        let mut flags = self.of_the_house(context, &store, &lines, &state.scheme)?;
        // All files are read, and their signatures checked, before anything is kept: a slip of the pen is
        // no flag, and what an issuer did not sign says nothing about it.
        let counts = (self.counts.iter())
            .map(|file| {
                let bytes = artefact::load(file, Artefact::Count)?;
                let (pool, count) = signed(context, &store, &state.scheme, &bytes)
                    .map_err(|failure| failure.about(file))?;
                Ok((file, pool, count, bytes))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        // What a count flags would be gone with the next count: it goes into the log, once.
        for (file, pool, count, bytes) in counts {
            let taken = take(context, &store, &state.scheme, (&pool, count, bytes))?;
            let taken = taken.unwrap_or_else(|why| {
                let source = file.clone();
                vec![Flag::CountRefused { source, why }]
            });
            for flag in taken {
                let event = Event::Flag(flag);
                if !lines.iter().any(|line| line.event == event) {
                    context.wait(store.put("last flag", b"", &[event], context.now()))?;
                }
            }
        }
        if self.acknowledge {
            let done = store.put("last flag", b"", &[Event::Acknowledged], context.now());
            context.wait(done)?;
        }
        flags.extend(open_flags(&context.wait(store.log())?));
        let mut issuers = Vec::new();
        for pool in context.wait(store.pools())? {
            let count = last_count(context, &store, &state.scheme, &pool.label)?;
            let per_day = limits::per_day(context, &store, &pool.label)?;
            report = report.line(told(&pool, per_day, count.as_ref()));
            issuers.push(json!({
                "label": pool.label,
                "accredited": pool.accredited,
                "drawn": pool.drawn,
                "removed": pool.removed,
                "per_day": per_day,
                "issued": count.as_ref().map(IssuerCount::issued),
                "days": count.as_ref().map(|count| &count.days),
            }));
        }
        report.refused = !flags.is_empty();
        let flags: Vec<String> = flags.iter().map(Flag::to_string).collect();
        for flag in &flags {
            report = report.line(format!("FLAG {flag}"));
        }
        Ok(report
            .field("issuers", Json::Array(issuers))
            .field("flags", flags))
    }

    /// What is wrong in the authority's own house.
    fn of_the_house(
        &self,
        context: &Context,
        store: &SqliteAuthority,
        lines: &[Line],
        scheme: &Scheme,
    ) -> Result<Vec<Flag>, Failure> {
        let needed = limits::needed(context, store, scheme)?;
        let operators = context.wait(Operators::of(store))?;
        let mut flags = unapproved(lines, &operators, &needed, |place, line| {
            let before = lines.get(..place).unwrap_or(&[]);
            matches!(line.event, Event::Handles { .. }) || is_late_operator(before, &line.event)
        });
        flags.extend(operators.differ_from(lines));
        flags.extend(unknown(lines));
        let pools = context.wait(store.pools())?;
        let labels: Vec<_> = pools.iter().map(|pool| pool.label.as_str()).collect();
        flags.extend(limits::unlike(context, store, lines, &labels)?);
        Ok(flags)
    }
}

/// Flags that nobody has acknowledged.
fn open_flags(lines: &[Line]) -> Vec<Flag> {
    let since = (lines.iter()).rposition(|line| line.event == Event::Acknowledged);
    let open = lines.iter().skip(since.map_or(0, |place| place + 1));
    let flags = open.filter_map(|line| match &line.event {
        Event::Flag(flag) => Some(flag.clone()),
        _ => None,
    });
    flags.collect()
}

fn open(context: &Context, dir: &Path) -> Result<SqliteAuthority, Failure> {
    Ok(context.wait(SqliteAuthority::open(&dir.join(DATABASE), false))?)
}

fn told(pool: &PoolCount, per_day: u32, count: Option<&IssuerCount>) -> String {
    let mut line = format!(
        "{}: {} handles, {} removed",
        pool.label, pool.drawn, pool.removed
    );
    if per_day > 0 {
        line.push_str(&format!(", at most {per_day} a day"));
    }
    if let Some(count) = count {
        line.push_str(&format!(", {} issued by its last count", count.issued()));
    }
    if !pool.accredited {
        line.push_str(", not accredited");
    }
    line
}

/// An issuer's count as it was last taken in.
fn last_count(
    context: &Context,
    store: &SqliteAuthority,
    scheme: &Scheme,
    label: &str,
) -> Result<Option<IssuerCount>, Failure> {
    let Some(bytes) = context.wait(store.get(&count_of(label)))? else {
        return Ok(None);
    };
    let issuer = context.wait(store.issuer(label))?;
    let damaged = || Failure::bad(format!("the count of {label} is damaged; take it in again"));
    let count = UnverifiedCount::from_bytes(&bytes)?;
    let count = count.verify_vartime(scheme, &issuer.ok_or_else(damaged)?);
    Ok(Some(count.map_err(|_| damaged())?))
}

/// The count in `bytes` and the issuer that signed it.
fn signed(
    context: &Context,
    store: &SqliteAuthority,
    scheme: &Scheme,
    bytes: &[u8],
) -> Result<(PoolCount, IssuerCount), Failure> {
    let unverified = UnverifiedCount::from_bytes(bytes)?;
    let mut found = None;
    for pool in context.wait(store.pools())? {
        let issuer = context.wait(store.issuer(&pool.label))?;
        if let Some(issuer) = issuer.filter(|issuer| issuer.x() == unverified.issuer()) {
            found = Some((pool, issuer));
        }
    }
    let (pool, issuer) =
        found.ok_or_else(|| Failure::refused("the count is of an issuer that is unknown here"))?;
    let count = unverified.verify_vartime(scheme, &issuer);
    let count =
        count.map_err(|_| Failure::refused(format!("{} did not sign this count", pool.label)))?;
    Ok((pool, count))
}

/// Takes a count in, if it follows the one before; what does not fit is a flag.
fn take(
    context: &Context,
    store: &SqliteAuthority,
    scheme: &Scheme,
    (pool, count, bytes): (&PoolCount, IssuerCount, Vec<u8>),
) -> Result<Result<Vec<Flag>, CountRefusal>, Failure> {
    let label = pool.label.clone();
    if count.at > context.now() + SLACK {
        return Ok(Err(CountRefusal::Future { label }));
    }
    if let Some(last) = last_count(context, store, scheme, &label)? {
        if count.at < last.at {
            return Ok(Err(CountRefusal::Older { label }));
        }
        let flags = rewritten(&label, &last, &count, scheme.zone());
        if !flags.is_empty() {
            // The count before stays what others are held against.
            return Ok(Ok(flags));
        }
    }
    let event = Event::Count {
        label: label.clone(),
        head: Hex(count.log_head),
    };
    context.wait(store.put(&count_of(&label), &bytes, &[event], context.now()))?;
    let lines = context.wait(store.log())?;
    let changes: Vec<_> = limits::changes(&lines, &label).collect();
    Ok(Ok(compared(pool, &count, &changes, scheme.zone())))
}

/// What an issuer counted once cannot become less, and days that were over cannot become more.
fn rewritten(label: &str, last: &IssuerCount, count: &IssuerCount, zone: &Zone) -> Vec<Flag> {
    let mut flags = Vec::new();
    let issued = |count: &IssuerCount, wanted: &DayCount| {
        let mut days = count.days.iter();
        let found = days.find(|day| (day.day, &day.kind) == (wanted.day, &wanted.kind));
        found.map_or(0, |day| day.issued)
    };
    for before in &last.days {
        if issued(count, before) < before.issued {
            flags.push(Flag::Fewer {
                label: label.to_owned(),
                kind: before.kind.clone(),
                day: before.day,
            });
        }
    }
    let then = zone.day_of(last.at).unwrap_or_default();
    for now in count.days.iter().filter(|now| now.day < then) {
        if now.issued > issued(last, now) {
            flags.push(Flag::More {
                label: label.to_owned(),
                kind: now.kind.clone(),
                day: now.day,
            });
        }
    }
    let replaced = count.log_lines < last.log_lines
        || (count.log_lines == last.log_lines && count.log_head != last.log_head);
    if replaced {
        flags.push(Flag::LogReplaced {
            label: label.to_owned(),
        });
    }
    flags
}

/// The most passes that were allowed at any moment of a day; `None`: any number.
fn allowed(changes: &[(i64, u32)], day: Day, zone: &Zone) -> Option<u32> {
    let on = |at: i64| zone.day_of(at).unwrap_or_default();
    let before = changes.iter().rfind(|(at, _)| on(*at) < day);
    let during = changes.iter().filter(|(at, _)| on(*at) == day);
    let first = before.map_or(0, |(_, per_day)| *per_day);
    // Before an issuer has a limit it has none to break; a limit of its first day counts for that day.
    let begins = before.is_none() && changes.iter().any(|(at, _)| on(*at) == day);
    let limits = (!begins).then_some(first).into_iter();
    let limits: Vec<u32> = limits.chain(during.map(|(_, per_day)| *per_day)).collect();
    match limits.contains(&0) {
        true => None,
        false => limits.into_iter().max(),
    }
}

/// What an issuer counted, beside what it may and what it got.
fn compared(
    pool: &PoolCount,
    count: &IssuerCount,
    changes: &[(i64, u32)],
    zone: &Zone,
) -> Vec<Flag> {
    let label = &pool.label;
    let today = zone.day_of(count.at).unwrap_or_default();
    let mut flags = Vec::new();
    for (day, issued) in count.by_day() {
        if let Some(per_day) = allowed(changes, day, zone)
            && issued > u64::from(per_day)
        {
            flags.push(Flag::OverLimit {
                label: label.clone(),
                issued,
                day,
                per_day,
            });
        }
        if day > today {
            flags.push(Flag::Future {
                label: label.clone(),
                day,
            });
        }
    }
    let told = count.issued() + u64::from(count.free);
    if told > u64::from(pool.drawn) {
        flags.push(Flag::Handles {
            label: label.clone(),
            told,
            drawn: pool.drawn,
        });
    }
    flags
}
