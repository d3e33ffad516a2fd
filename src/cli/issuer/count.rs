//! What was issued: for the issuer itself, and signed for the authority.

use clap::Args;
use serde_json::json;

use super::clinic::Clinic;
use crate::cli::artefact::Output;
use crate::cli::audit::audited;
use crate::cli::operators::{Operators, unreleased};
use crate::cli::report::{Failure, Report};
use crate::cli::{Context, Dir};
use crate::scheme::IssuerCount;
use crate::store::chain::{self, Line};
use crate::store::{IssuerStore, Ledger};

#[derive(Args)]
pub(in crate::cli) struct Audit {
    #[command(flatten)]
    dir: Dir,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

#[derive(Args)]
pub(in crate::cli) struct Count {
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
        let limits = clinic.limits(context)?;
        let operators = Operators::of(context, &clinic.store)?;
        let mut flags = unreleased(&lines, &operators, limits.operators, |place, line| {
            line.event == "register" && claims_of(&lines, place) > limits.import_above
        });
        // The log tells every pass; the table of counts must tell the same.
        let logged = lines.iter().filter(|line| line.event == "issued").count();
        if u32::try_from(logged) != Ok(issued) {
            flags.push(format!(
                "the log has {logged} passes, the counts have {issued}"
            ));
        }
        report.refused = !flags.is_empty();
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

/// How many claims the import that begins in this line of the log made.
fn claims_of(lines: &[Line], place: usize) -> u32 {
    let after = lines.iter().skip(place + 1);
    let own = after.take_while(|line| line.event != "register");
    let made = own.filter(|line| line.event == "claims");
    made.filter_map(|line| line.detail.parse::<u32>().ok())
        .fold(0, u32::saturating_add)
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
            log_head: chain::verify(&lines).map_err(Failure::refused)?,
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
