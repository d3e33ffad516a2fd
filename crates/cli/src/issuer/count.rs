//! What was issued: for the issuer itself, and signed for the authority.

use clap::Args;
use serde_json::json;

use super::clinic::Clinic;
use crate::artefact::Output;
use crate::audit::audited;
use crate::report::{Failure, Report};
use crate::{Context, Dir};
use veilpass::scheme::IssuerCount;
use veilpass_app::approval::{Operators, is_late_operator, unapproved};
use veilpass_app::log::{self, Event, Flag, Hex, Line};
use veilpass_app::store::{IssuerStore, Ledger};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// Seconds by which clocks of one house may differ.
const SLACK: i64 = 300;

#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    dir: Dir,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

#[derive(Args)]
pub(crate) struct Count {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let lines = context.wait(clinic.store.log())?;
        let counts = context.wait(clinic.store.counts())?;
        let free = context.wait(clinic.store.free_handles())?;
        let issued: u32 = counts.iter().map(|count| count.issued).sum();
        let mut report = audited(&lines, self.head.as_deref())?
            .line(format!("{issued} issued, {free} handles free"));
        for count in &counts {
            let line = format!("  {} {}: {}", count.day, count.kind, count.issued);
            report = report.line(line);
        }
        let (limits, needed) = clinic.limits_of(context)?;
        let operators = context.wait(Operators::of(&clinic.store))?;
        let mut flags = unapproved(&lines, &operators, &needed, |place, line| {
            let before = lines.get(..place).unwrap_or(&[]);
            match &line.event {
                Event::Register { file } => {
                    let made = claims_of(&lines, file) + unapproved_claims(before, line.at);
                    made > u64::from(limits.import_above)
                }
                Event::RowsForgotten => true,
                event => is_late_operator(before, event),
            }
        });
        flags.extend(operators.differ_from(&lines));
        flags.extend(log::unknown(&lines));
        flags.extend(clock_turned_back(&lines));
        // The log tells every pass; the table of counts must tell the same.
        let logged = (lines.iter()).filter(|line| matches!(line.event, Event::Issued { .. }));
        let (logged, issued_wide) = (wide(logged.count()), u64::from(issued));
        if logged != issued_wide {
            flags.push(Flag::Counts {
                logged,
                issued: issued_wide,
            });
        }
        report.refused = !flags.is_empty();
        let flags: Vec<String> = flags.iter().map(Flag::to_string).collect();
        for flag in &flags {
            report = report.line(format!("FLAG {flag}"));
        }
        Ok(report
            .field("issued", issued)
            .field("free_handles", free)
            .field("days", serde_json::to_value(&counts)?)
            .field("flags", flags))
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How many claims the import of this register made.
fn claims_of(lines: &[Line], register: &Hex<32>) -> u64 {
    let made = lines.iter().filter_map(|line| match &line.event {
        Event::Claims { count, file } if file == register => Some(u64::from(*count)),
        _ => None,
    });
    made.sum()
}

/// Claims that imports without an approval made in the day before.
pub(super) fn unapproved_claims(lines: &[Line], now: i64) -> u64 {
    let mut sum = 0;
    for (place, line) in lines.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| lines.get(before));
        let approved = before.is_some_and(|before| matches!(before.event, Event::Approved(_)));
        if let Event::Register { file } = &line.event
            && !approved
            && line.at > now - DAY
        {
            sum += claims_of(lines, file);
        }
    }
    sum
}

/// Lines that are older than the one before, by more than clocks differ.
fn clock_turned_back(lines: &[Line]) -> Vec<Flag> {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs
        .filter(|(before, line)| line.at < before.at - SLACK)
        .map(|(_, line)| Flag::ClockTurnedBack { line: line.number })
        .collect()
}

impl Count {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let key = Clinic::key(context, &self.dir.dir)?;
        let lines = context.wait(clinic.store.log())?;
        let count = IssuerCount {
            scheme: *clinic.bundle.scheme.id(),
            issuer: *key.public().x(),
            at: context.now(),
            free: context.wait(clinic.store.free_handles())?,
            log_lines: u64::try_from(lines.len()).unwrap_or(u64::MAX),
            log_head: log::verify(&lines).map_err(Failure::refused)?,
            days: context.wait(clinic.store.counts())?,
        };
        let shown = self.output.put(&count.sign(&key, &mut rand::rng()))?;
        let mut report = Report::new(
            format!(
                "{} issued, {} handles free, signed for the authority",
                count.issued(),
                count.free
            ),
            json!({ "issued": count.issued(), "free_handles": count.free, "days": count.days, "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report)
    }
}
