//! The audit, as people and programs read it.

use clap::Args;
use serde_json::{Value as Json, json};

use super::folder::{self, Place};
use crate::artefact;
use crate::audit::whole;
use crate::context::Context;
use crate::report::{Failure, Report, unhex};
use veilpass::artefact::Artefact;
use veilpass::scheme::IssuerCount;
use veilpass_app::authority::{AuditRequest, AuditedIssuer, SentCount, StandingFlags, audit};
use veilpass_app::log::Flag;

#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    place: Place,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Counts that issuers sent (`issuer count`).
    counts: Vec<String>,
    /// What was flagged so far has been looked into: do not name it again.
    #[arg(long)]
    acknowledge: bool,
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let head = self.head.as_deref().map(unhex).transpose()?;
        let store = folder::store(context, &self.place.dir.dir)?;
        // A database from a backup would hold counts against what it does not know any more.
        self.place.compare(context, &store)?;
        let files = (self.counts.iter())
            .map(|name| Ok((name, artefact::load(name, Artefact::Count)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let files = files.iter();
        let counts: Vec<_> = files
            .map(|(name, bytes)| SentCount { name, bytes })
            .collect();
        let request = AuditRequest {
            head,
            counts: &counts,
            standing: match self.acknowledge {
                true => StandingFlags::Acknowledged,
                false => StandingFlags::Named,
            },
        };
        let found = context.wait(audit(&store, &request, context))?;
        let mut report = whole(found.lines, &found.head);
        for issuer in &found.issuers {
            report = report.line(line(issuer));
        }
        report.refused = !found.flags.is_empty();
        let flags: Vec<_> = found.flags.iter().map(Flag::to_string).collect();
        for flag in &flags {
            report = report.line(format!("FLAG {flag}"));
        }
        let issuers = found.issuers.iter().map(fields).collect();
        Ok(report
            .field("issuers", Json::Array(issuers))
            .field("flags", flags))
    }
}

/// Who waits until the authority has met them.
pub(super) fn who_waits(waiting: &[String]) -> String {
    match waiting {
        [] => String::new(),
        _ => format!(
            "; not confirmed by you yet: {} (authority confirm-operators)",
            waiting.join(", ")
        ),
    }
}

/// An issuer, for people.
fn line(issuer: &AuditedIssuer) -> String {
    let AuditedIssuer {
        pool,
        per_day,
        count,
        waiting,
    } = issuer;
    let mut line = format!(
        "{}: {} handles, {} removed",
        pool.label, pool.drawn, pool.removed
    );
    if *per_day > 0 {
        line.push_str(&format!(", at most {per_day} a day"));
    }
    if let Some(count) = count {
        line.push_str(&format!(", {} issued by its last count", count.issued()));
    }
    if !pool.accredited {
        line.push_str(", not accredited");
    }
    line.push_str(&who_waits(waiting));
    line
}

/// An issuer, for programs.
fn fields(issuer: &AuditedIssuer) -> Json {
    let (pool, count) = (&issuer.pool, issuer.count.as_ref());
    json!({
        "label": pool.label,
        "accredited": pool.accredited,
        "drawn": pool.drawn,
        "removed": pool.removed,
        "per_day": issuer.per_day,
        "issued": count.map(IssuerCount::issued),
        "days": count.map(|count| count.days()),
        "operators_waiting": issuer.waiting,
    })
}
