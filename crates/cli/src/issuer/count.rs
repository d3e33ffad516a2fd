//! What was issued: for the issuer itself, and signed for the authority.

use clap::Args;
use serde_json::json;

use super::open;
use crate::artefact::Output;
use crate::audit::whole;
use crate::context::{Context, Dir};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report, unhex};
use veilpass_app::issuer::open_key;
use veilpass_app::log::Flag;

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
    /// Also prove that the log continues what it was with so many lines, if the authority's audit asks for that. The
    /// last counts are proven from in any case.
    #[arg(long, value_name = "LINES")]
    since: Option<u64>,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let issuer = open(context, &self.dir.dir)?;
        let noted = self.head.as_deref().map(unhex).transpose()?;
        let audit = context.wait(issuer.audit(noted.as_ref()))?;
        let (issued, free) = (audit.issued, audit.free);
        let mut report =
            whole(audit.lines, &audit.head).line(format!("{issued} issued, {free} handles free"));
        for count in &audit.days {
            let line = format!("  {} {}: {}", count.day, count.kind, count.issued);
            report = report.line(line);
        }
        let flags: Vec<String> = audit.flags.iter().map(Flag::to_string).collect();
        report.refused = !flags.is_empty();
        for flag in &flags {
            report = report.line(format!("FLAG {flag}"));
        }
        Ok(report
            .field("issued", issued)
            .field("free_handles", free)
            .field("days", serde_json::to_value(&audit.days)?)
            .field("flags", flags))
    }
}

impl Count {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let issuer = open(context, &self.dir.dir)?;
        let key = open_key(&KeyFiles::issuer(context, &self.dir.dir))?;
        let (now, rng) = (context.time(), &mut rand::rng());
        let signed = context.wait(issuer.count(&key, self.since, now, rng))?;
        let shown = self.output.put(&signed.bytes)?;
        let count = &signed.count;
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
