//! What issuers count, held against what they counted before, what they may and what they got.

use super::error::{AuthorityRoleError, CountFlaw};
use super::{limits, operators};
use crate::log::merkle::continues;
use crate::log::{CountRefusal, Event, Flag, Hex, Line};
use crate::ports::REHEARSAL;
use crate::store::{AuthorityStore, PoolCount, RENEWAL};
use veilpass::scheme::{Day, DayCount, IssuerCount, Scheme, UnixTime, UnverifiedCount, Zone};

/// Seconds by which clocks may differ.
const SLACK: i64 = 300;

/// A count that an issuer sent.
#[derive(Clone, Copy, Debug)]
pub struct SentCount<'a> {
    /// What its bearer calls it, for messages and flags: the name of a file, say.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A count whose signature was checked.
pub(super) struct SignedCount<'a> {
    sent: SentCount<'a>,
    pool: PoolCount,
    count: IssuerCount,
}

impl SignedCount<'_> {
    /// What people call the issuer.
    pub(super) fn label(&self) -> &str {
        &self.pool.label
    }

    /// What it says.
    pub(super) fn count(&self) -> &IssuerCount {
        &self.count
    }
}

/// The named value with an issuer's last count.
fn count_of(label: &str) -> String {
    format!("count {label}")
}

/// An issuer's count as it was last taken in.
pub(super) async fn last(
    store: &impl AuthorityStore,
    scheme: &Scheme,
    label: &str,
) -> Result<Option<IssuerCount>, AuthorityRoleError> {
    let Some(bytes) = store.get(&count_of(label)).await? else {
        return Ok(None);
    };
    let damaged = || AuthorityRoleError::CountDamaged(label.to_owned());
    let count = UnverifiedCount::from_bytes(&bytes)?;
    let issuer = store.issuer(label).await?.ok_or_else(damaged)?;
    let count = count.verify_vartime(scheme, &issuer);
    Ok(Some(count.map_err(|_| damaged())?))
}

/// The count that was sent, with the issuer that signed it.
pub(super) async fn signed<'a>(
    store: &impl AuthorityStore,
    scheme: &Scheme,
    sent: &SentCount<'a>,
) -> Result<SignedCount<'a>, AuthorityRoleError> {
    let about = |why| AuthorityRoleError::Count {
        name: sent.name.to_owned(),
        why,
    };
    let unverified =
        UnverifiedCount::from_bytes(sent.bytes).map_err(|why| about(CountFlaw::Decode(why)))?;
    for pool in store.pools().await? {
        let issuer = store.issuer(&pool.label).await?;
        let Some(issuer) = issuer.filter(|issuer| issuer.id() == *unverified.issuer()) else {
            continue;
        };
        let count = (unverified.verify_vartime(scheme, &issuer))
            .map_err(|_| about(CountFlaw::NotSigned(pool.label.clone())))?;
        return Ok(SignedCount {
            sent: *sent,
            pool,
            count,
        });
    }
    Err(about(CountFlaw::UnknownIssuer))
}

/// Takes a count in, if it follows the one before; what does not fit is a flag.
pub(super) async fn take(
    store: &impl AuthorityStore,
    scheme: &Scheme,
    signed: SignedCount<'_>,
    now: i64,
) -> Result<Vec<Flag>, AuthorityRoleError> {
    let mut flags = flagged(store, scheme, &signed, now).await?;
    if flags.iter().any(Flag::refuses_count) {
        // The count before stays what others are held against.
        return Ok(flags);
    }
    let SignedCount { sent, pool, count } = signed;
    let label = pool.label;
    let event = Event::Count {
        label: label.clone(),
        lines: count.log_lines(),
        root: Hex(*count.log_root()),
    };
    (store.put(&count_of(&label), sent.bytes, &[event], now)).await?;
    let confirmed = operators::confirmed(store, &label).await?;
    flags.extend(operators::unknown(&label, &confirmed, &count));
    Ok(flags)
}

/// What an audit would flag of a count, except for operators whom nobody has confirmed.
pub(super) async fn flagged(
    store: &impl AuthorityStore,
    scheme: &Scheme,
    SignedCount { sent, pool, count }: &SignedCount<'_>,
    now: i64,
) -> Result<Vec<Flag>, AuthorityRoleError> {
    let label = pool.label.clone();
    let refused = |why| {
        let source = sent.name.to_owned();
        Ok(vec![Flag::CountRefused { source, why }])
    };
    if count.at().as_seconds() > now.saturating_add(SLACK) {
        return refused(CountRefusal::Future { label });
    }
    if let Some(last) = last(store, scheme, &label).await? {
        if count.at() < last.at() {
            return refused(CountRefusal::Older { label });
        }
        if needs_proof(&last, count) {
            let lines = last.log_lines();
            return refused(CountRefusal::NoProof { label, lines });
        }
        let flags = rewritten(&label, &last, count, scheme.zone());
        if !flags.is_empty() {
            return Ok(flags);
        }
    }
    let lines = store.log().await?;
    let changes: Vec<_> = limits::changes(&lines, &label).collect();
    let mut flags = compared(pool, count, &changes, scheme.zone());
    flags.extend(after_recovery(&lines, &label));
    if count.is_rehearsal() && store.get(REHEARSAL).await?.is_none() {
        flags.push(Flag::Rehearsal { label });
    }
    Ok(flags)
}

/// The first count after a recovery is held against what the backup knew: counts that were taken in between are lost.
fn after_recovery(lines: &[Line], label: &str) -> Option<Flag> {
    let place = (lines.iter()).rposition(|line| matches!(line.event, Event::Recovered(_)))?;
    let counted = |line: &Line| match &line.event {
        Event::Count {
            label: of, lines, ..
        } if of == label => Some(*lines),
        _ => None,
    };
    let (before, after) = (lines.get(..place)?, lines.get(place..)?);
    if after.iter().any(|line| counted(line).is_some()) {
        return None;
    }
    Some(Flag::CountsLost {
        label: label.to_owned(),
        lines: before.iter().rev().find_map(counted).unwrap_or(0),
    })
}

/// Whether the count should prove that its log continues the one of the last count, and does not try to.
fn needs_proof(last: &IssuerCount, count: &IssuerCount) -> bool {
    let (before, now) = (last.log_lines(), count.log_lines());
    before > 0 && now > before && count.proof_from(before).is_none()
}

/// Whether the log does not continue what it was at the last count.
fn replaced(last: &IssuerCount, count: &IssuerCount) -> bool {
    let (before, now) = (last.log_lines(), count.log_lines());
    let continued = match count.proof_from(before) {
        _ if before == 0 => true,
        _ if before == now => last.log_root() == count.log_root(),
        Some(proof) => continues(last.log_root(), proof, count.log_root(), now),
        None => false,
    };
    !continued
}

/// What an issuer counted once cannot become less, and days that were over cannot become more.
fn rewritten(label: &str, last: &IssuerCount, count: &IssuerCount, zone: &Zone) -> Vec<Flag> {
    let mut flags = Vec::new();
    let issued = |count: &IssuerCount, wanted: &DayCount| {
        let mut days = count.days().iter();
        let found = days.find(|day| (day.day, &day.kind) == (wanted.day, &wanted.kind));
        found.map_or(0, |day| day.issued)
    };
    for before in last.days() {
        if issued(count, before) < before.issued {
            flags.push(Flag::Fewer {
                label: label.to_owned(),
                kind: before.kind.clone(),
                day: before.day,
            });
        }
    }
    let then = zone.day_of(last.at()).unwrap_or_default();
    for now in count.days().iter().filter(|now| now.day < then) {
        if now.issued > issued(last, now) {
            flags.push(Flag::More {
                label: label.to_owned(),
                kind: now.kind.clone(),
                day: now.day,
            });
        }
    }
    if replaced(last, count) {
        flags.push(Flag::LogReplaced {
            label: label.to_owned(),
        });
    }
    flags
}

/// The most passes that were allowed at any moment of a day; `None`: any number. `changes` says when the limit
/// became what.
fn allowed(changes: &[(i64, u32)], day: Day, zone: &Zone) -> Option<u32> {
    let on = |at: i64| zone.day_of(UnixTime::from_seconds(at)).unwrap_or_default();
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
    let today = zone.day_of(count.at()).unwrap_or_default();
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
    // A renewal uses no handle.
    let renewed = count.days().iter().filter(|day| day.kind == RENEWAL);
    let renewed: u64 = renewed.map(|day| u64::from(day.issued)).sum();
    let used = count.issued().saturating_sub(renewed);
    let told = used + u64::from(count.free());
    if told > u64::from(pool.drawn) {
        flags.push(Flag::Handles {
            label: label.clone(),
            told,
            drawn: pool.drawn,
        });
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 28 June 2021, 00:00 UTC.
    const MONDAY: i64 = 1_624_838_400;
    const HOUR: i64 = 3600;

    #[test]
    fn a_day_allows_the_most_that_was_in_force_at_any_moment_of_it() {
        let utc = Zone::new("UTC").unwrap();
        let day = |days| Day::from_ymd(2021, 6, 28).unwrap().plus(days).unwrap();
        let changes = [
            (MONDAY + 9 * HOUR, 300),
            (MONDAY + 57 * HOUR, 100),
            (MONDAY + 81 * HOUR, 0),
        ];
        let of = |days| allowed(&changes, day(days), &utc);
        assert_eq!(of(-1), None, "before there was a limit");
        assert_eq!(
            of(0),
            Some(300),
            "a limit of its first day counts for that day"
        );
        assert_eq!(of(1), Some(300));
        assert_eq!(of(2), Some(300), "until nine it was 300");
        assert_eq!(of(3), None, "from nine on there is none");
        assert_eq!(of(4), None);
        assert_eq!(allowed(&changes[..2], day(3), &utc), Some(100));
        assert_eq!(allowed(&[], day(0), &utc), None);
    }
}
