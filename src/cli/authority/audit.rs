//! The audit: is the log whole, did enough people agree, and does any issuer make more than it may?

use std::path::Path;

use serde_json::{Value as Json, json};

use super::Audit;
use super::limits;
use super::office::DATABASE;
use crate::cli::Context;
use crate::cli::artefact::{self, Kind};
use crate::cli::audit::audited;
use crate::cli::operators::{Operators, unreleased};
use crate::cli::report::{Failure, Report, hex};
use crate::scheme::{IssuerCount, Scheme, UnverifiedCount};
use crate::store::{AuthorityStore, Ledger, PoolCount, SqliteAuthority};

/// The named value with an issuer's last count.
fn count_of(label: &str) -> String {
    format!("count {label}")
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let store = open(context, &self.dir.dir)?;
        let lines = context.wait(store.log())?;
        let mut report = audited(&lines, self.head.as_deref())?;
        let needed = limits::release(context, &store)?.operators;
        let operators = Operators::of(context, &store)?;
        let mut flags = unreleased(&lines, &operators, needed, |_, line| {
            line.event == "handles"
        });
        let (_, state) = context.wait(store.load())?;
        for file in &self.counts {
            let taken = take(context, &store, &state.scheme, file);
            flags.extend(taken.map_err(|failure| failure.about(file))?);
        }
        let mut issuers = Vec::new();
        for pool in context.wait(store.pools())? {
            let count = last_count(context, &store, &state.scheme, &pool.label)?;
            let per_day = limits::per_day(context, &store, &pool.label)?;
            if let Some(count) = &count {
                flags.extend(compared(&pool, count, per_day));
            }
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
        for flag in &flags {
            report = report.line(format!("FLAG {flag}"));
        }
        Ok(report
            .field("issuers", Json::Array(issuers))
            .field("flags", flags))
    }
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

/// Takes a count in, if it follows the one before; what does not fit is a flag.
fn take(
    context: &Context,
    store: &SqliteAuthority,
    scheme: &Scheme,
    file: &str,
) -> Result<Vec<String>, Failure> {
    let bytes = artefact::load(file, Kind::Count)?;
    let unverified = UnverifiedCount::from_bytes(&bytes)?;
    let mut found = None;
    for pool in context.wait(store.pools())? {
        let issuer = context.wait(store.issuer(&pool.label))?;
        if let Some(issuer) = issuer.filter(|issuer| issuer.x() == unverified.issuer()) {
            found = Some((pool.label, issuer));
        }
    }
    let (label, issuer) =
        found.ok_or_else(|| Failure::refused("the count is of an issuer that is unknown here"))?;
    let count = unverified.verify_vartime(scheme, &issuer);
    let count = count.map_err(|_| Failure::refused(format!("{label} did not sign this count")))?;
    let mut flags = Vec::new();
    if let Some(last) = last_count(context, store, scheme, &label)? {
        if count.at < last.at {
            return Err(Failure::refused(format!(
                "a later count of {label} was taken in already"
            )));
        }
        flags.extend(rewritten(&label, &last, &count));
    }
    let detail = format!("{label} {}", hex(&count.log_head));
    context.wait(store.put(&count_of(&label), &bytes, "count", &detail, context.now()))?;
    Ok(flags)
}

/// What an issuer counted once cannot become less.
fn rewritten(label: &str, last: &IssuerCount, count: &IssuerCount) -> Option<String> {
    let shrunk = last.days.iter().find(|before| {
        let mut now = count.days.iter();
        let now = now.find(|now| (now.day, &now.kind) == (before.day, &before.kind));
        now.is_none_or(|now| now.issued < before.issued)
    });
    let replaced = count.log_lines < last.log_lines
        || (count.log_lines == last.log_lines && count.log_head != last.log_head);
    match shrunk {
        Some(before) => Some(format!(
            "{label} counts fewer of {} on {} than it did before",
            before.kind, before.day
        )),
        None if replaced => Some(format!("{label} cut or replaced its log")),
        None => None,
    }
}

/// What an issuer counted, beside what it may and what it got.
fn compared(pool: &PoolCount, count: &IssuerCount, per_day: u32) -> Vec<String> {
    let label = &pool.label;
    let mut flags = Vec::new();
    for (day, issued) in count.by_day() {
        if per_day > 0 && issued > u64::from(per_day) {
            flags.push(format!(
                "{label} made {issued} on {day}, {per_day} a day are allowed"
            ));
        }
    }
    let told = count.issued() + u64::from(count.free);
    if told > u64::from(pool.drawn) {
        flags.push(format!(
            "{label} tells of {told} handles, used and free, but got {}: its count is wrong, or handles \
             came from elsewhere",
            pool.drawn
        ));
    }
    flags
}
