//! What the authority laid down for its issuers beyond the pool of handles, and the papers that say so.

use serde_json::json;

use super::Limit;
use super::office::Office;
use crate::Context;
use crate::artefact;
use crate::files::{self, Access};
use crate::report::{Failure, Report};
use crate::scheme_file::Release;
use veilpass::Authority;
use veilpass::scheme::{Accreditation, AccreditationPaper, IssuerPublic, Limits, Scheme};
use veilpass_app::approval::Needed;
use veilpass_app::log::{Event, Flag, Line};
use veilpass_app::store::Ledger;

/// The named value with the scheme's word on operators.
const RELEASE: &str = "release rule";

/// The named value with an issuer's limit.
fn per_day_of(label: &str) -> String {
    format!("per day {label}")
}

/// Keeps what the scheme's file says on operators.
pub(super) fn keep_release(
    context: &Context,
    store: &impl Ledger,
    release: Release,
) -> Result<(), Failure> {
    let numbers = [u32::from(release.operators), release.import_above];
    let value = numbers.map(u32::to_be_bytes).concat();
    Ok(context.wait(store.put(RELEASE, &value, &[rule(release)], context.now()))?)
}

fn rule(release: Release) -> Event {
    Event::Rule {
        operators: release.operators,
        import_above: release.import_above,
    }
}

/// Which approvals it takes at the authority.
pub(super) fn needed(
    context: &Context,
    store: &impl Ledger,
    scheme: &Scheme,
) -> Result<Needed, Failure> {
    let operators = release(context, store)?.operators;
    Ok(Needed::at(operators, scheme.id(), b"authority"))
}

/// Where the named values are not what the log tells.
pub(super) fn unlike(
    context: &Context,
    store: &impl Ledger,
    lines: &[Line],
    labels: &[&str],
) -> Result<Vec<Flag>, Failure> {
    let mut flags = Vec::new();
    let told = (lines.iter()).rfind(|line| matches!(line.event, Event::Rule { .. }));
    let kept = release(context, store)?;
    if told.map_or(kept.operators > 0, |line| line.event != rule(kept)) {
        flags.push(Flag::Rule);
    }
    for label in labels {
        let kept = per_day(context, store, label)?;
        let told = changes(lines, label)
            .last()
            .map_or(0, |(_, per_day)| per_day);
        if told != kept {
            flags.push(Flag::Limit {
                label: (*label).to_owned(),
            });
        }
    }
    Ok(flags)
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

/// What the scheme says on operators: nobody, if nothing.
pub(super) fn release(context: &Context, store: &impl Ledger) -> Result<Release, Failure> {
    let value = context.wait(store.get(RELEASE))?;
    let numbers = value.as_deref().and_then(|value| value.split_first_chunk());
    let Some(([_, _, _, operators], above)) = numbers else {
        return Ok(Release {
            operators: 0,
            import_above: 0,
        });
    };
    let damaged = |_| Failure::bad("the rule on operators is damaged; restore a backup");
    Ok(Release {
        operators: *operators,
        import_above: u32::from_be_bytes(above.try_into().map_err(damaged)?),
    })
}

/// Passes a day that the issuer may make; 0: any number.
pub(super) fn per_day(context: &Context, store: &impl Ledger, label: &str) -> Result<u32, Failure> {
    let value = context.wait(store.get(&per_day_of(label)))?;
    let value = value.unwrap_or_else(|| vec![0; 4]);
    let damaged = |_| Failure::bad("an issuer's limit is damaged; restore a backup");
    Ok(u32::from_be_bytes(value.try_into().map_err(damaged)?))
}

pub(super) fn set_per_day(
    context: &Context,
    store: &impl Ledger,
    label: &str,
    per_day: u32,
) -> Result<(), Failure> {
    let event = Event::Limit {
        label: label.to_owned(),
        per_day,
    };
    let (name, value) = (per_day_of(label), per_day.to_be_bytes());
    Ok(context.wait(store.put(&name, &value, &[event], context.now()))?)
}

/// An issuer's accreditation with its limits, signed.
pub(super) fn paper(
    context: &Context,
    office: &Office,
    authority: &Authority,
    label: &str,
    (issuer, accreditation): (&IssuerPublic, Accreditation),
) -> Result<Vec<u8>, Failure> {
    let release = release(context, &office.store)?;
    let paper = AccreditationPaper {
        scheme: *authority.scheme().id(),
        issuer: *issuer.x(),
        accreditation,
        limits: Limits {
            at: context.now(),
            per_day: per_day(context, &office.store, label)?,
            operators: release.operators,
            import_above: release.import_above,
        },
    };
    Ok(paper.sign(&office.keys()?.bundle))
}

impl Limit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let office = Office::open(context, &self.dir.dir, false)?;
        let issuer = office.issuer(context, &self.label)?;
        let (_, authority) = office.load(context)?;
        let accreditation = authority.accreditation(&issuer).ok_or_else(|| {
            Failure::refused(format!("{} is not accredited any more", self.label))
        })?;
        set_per_day(context, &office.store, &self.label, self.per_day)?;
        let accredited = (&issuer, accreditation);
        let paper = paper(context, &office, &authority, &self.label, accredited)?;
        artefact::save(&self.out, &paper, Access::Private)?;
        Ok(Report::new(
            format!(
                "{} may make {} a day; give it {} to import",
                self.label,
                match self.per_day {
                    0 => "any number of passes".to_owned(),
                    count => format!("{count} passes"),
                },
                self.out.display()
            ),
            json!({ "label": self.label, "per_day": self.per_day, "out": self.out }),
        ))
    }
}
