//! What the authority laid down for its issuers beyond the pool of handles: named values of its store, each written
//! with an event of the log. An audit holds one against the other.

use super::error::AuthorityRoleError;
use super::scheme_file::ReleaseRule;
use crate::approval::Needed;
use crate::log::{Event, Flag, Line};
use crate::store::{Ledger, StoreError};
use veilpass::scheme::Scheme;

/// The named value with the rule on operators: their number and the limit of imports, 4 bytes each.
const RELEASE_RULE: &str = "release rule";

/// The named value with an issuer's passes a day: 4 bytes.
fn per_day_of(label: &str) -> String {
    format!("per day {label}")
}

/// The rule on operators as the log has it.
fn event(rule: ReleaseRule) -> Event {
    Event::Rule {
        operators: rule.operators,
        import_above: rule.import_above,
    }
}

/// Lays the rule on operators down.
pub(super) async fn set_release_rule(
    store: &impl Ledger,
    rule: ReleaseRule,
    now: i64,
) -> Result<(), StoreError> {
    let numbers = [u32::from(rule.operators), rule.import_above];
    let value = numbers.map(u32::to_be_bytes).concat();
    store.put(RELEASE_RULE, &value, &[event(rule)], now).await
}

/// What takes the approval of operators: nothing, if no rule was laid down.
pub(super) async fn release_rule(store: &impl Ledger) -> Result<ReleaseRule, AuthorityRoleError> {
    let Some(value) = store.get(RELEASE_RULE).await? else {
        return Ok(ReleaseRule {
            operators: 0,
            import_above: 0,
        });
    };
    match *value {
        [0, 0, 0, operators, a, b, c, d] => Ok(ReleaseRule {
            operators,
            import_above: u32::from_be_bytes([a, b, c, d]),
        }),
        _ => Err(AuthorityRoleError::ReleaseRuleDamaged),
    }
}

/// Which approvals it takes at the authority.
pub(super) async fn needed(
    store: &impl Ledger,
    scheme: &Scheme,
) -> Result<Needed, AuthorityRoleError> {
    let operators = release_rule(store).await?.operators;
    Ok(Needed::at(operators, scheme.id(), b"authority"))
}

/// Passes a day that the issuer may make; 0: any number.
pub(super) async fn per_day(store: &impl Ledger, label: &str) -> Result<u32, AuthorityRoleError> {
    let Some(value) = store.get(&per_day_of(label)).await? else {
        return Ok(0);
    };
    let bytes = (value.try_into()).map_err(|_| AuthorityRoleError::LimitDamaged)?;
    Ok(u32::from_be_bytes(bytes))
}

pub(super) async fn set_per_day(
    store: &impl Ledger,
    label: &str,
    per_day: u32,
    now: i64,
) -> Result<(), StoreError> {
    let event = Event::Limit {
        label: label.to_owned(),
        per_day,
    };
    let (name, value) = (per_day_of(label), per_day.to_be_bytes());
    store.put(&name, &value, &[event], now).await
}

/// An issuer's limits as they were set, by the log: when, and how many a day.
pub(super) fn changes<'a>(
    lines: &'a [Line],
    label: &'a str,
) -> impl Iterator<Item = (i64, u32)> + 'a {
    lines.iter().filter_map(move |line| match &line.event {
        Event::Limit { label: of, per_day } if of == label => Some((line.at, *per_day)),
        _ => None,
    })
}

/// Where the named values are not what the log tells.
pub(super) async fn differ_from(
    store: &impl Ledger,
    lines: &[Line],
    labels: impl Iterator<Item = &str>,
) -> Result<Vec<Flag>, AuthorityRoleError> {
    let mut flags = Vec::new();
    let told = (lines.iter()).rfind(|line| matches!(line.event, Event::Rule { .. }));
    let rule = release_rule(store).await?;
    if told.map_or(rule.operators > 0, |line| line.event != event(rule)) {
        flags.push(Flag::Rule);
    }
    for label in labels {
        let told = changes(lines, label).last();
        if told.map_or(0, |(_, per_day)| per_day) != per_day(store, label).await? {
            flags.push(Flag::Limit {
                label: label.to_owned(),
            });
        }
    }
    Ok(flags)
}
