//! Where an issuer stands, in words and as JSON.

use clap::Args;
use serde_json::{Value as Json, json};

use super::open;
use crate::context::{Context, Dir};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report};
use crate::values::counted;
use veilpass_app::issuer::status::Status as Found;

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    dir: Dir,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let issuer = open(context, &self.dir.dir)?;
        let now = context.time();
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let found = context.wait(issuer.status(&keys, now))?;
        let head = match &found.not_ready {
            None => format!("an issuer of {}, ready to issue", found.scheme),
            Some(why) => format!("an issuer of {}, NOT ready: {why}", found.scheme),
        };
        let mut report = Report::new(head, fields(&found, context));
        let parts = [in_force(&found, context), passes(&found), operators(&found)];
        report.lines.extend(parts.into_iter().flatten());
        Ok(report)
    }
}

/// Bundle, epoch and accreditation, with their ends in local time.
fn in_force(found: &Found, context: &Context) -> Vec<String> {
    let bundle_ends = context.shown(found.bundle_ends);
    let mut lines = vec![format!(
        "  bundle {}, good until {bundle_ends}",
        found.bundle
    )];
    if let Some((number, until)) = found.epoch {
        let until = context.shown(until);
        lines.push(format!("  registry epoch {number}, until {until}"));
    }
    let in_force = found.accreditation_in_force;
    lines.push(match found.accreditation {
        None => "  no accreditation".to_owned(),
        Some(have) if have == in_force => {
            format!("  accreditation for epoch {have}, until the next one begins")
        }
        Some(have) if have > in_force => {
            format!(
                "  accreditation for epoch {have}, which is announced; epoch {in_force} is in force"
            )
        }
        Some(have) => format!("  accreditation for epoch {have}; epoch {in_force} is in force"),
    });
    lines
}

/// What was made, and what is left.
fn passes(found: &Found) -> Vec<String> {
    let today = found.issued_today;
    let issued = match found.per_day {
        Some(per_day) => format!("  {today} of {per_day} passes issued today"),
        None => format!("  {} issued today", counted(today, "pass", "passes")),
    };
    let claims = found.claims;
    let mut lines = vec![
        issued,
        format!(
            "  {} free",
            counted(found.free_handles, "handle", "handles")
        ),
        format!("  {} open", counted(found.open_offers, "offer", "offers")),
        format!(
            "  {} open, {} used, {} expired",
            counted(claims.open, "claim", "claims"),
            claims.used,
            claims.expired
        ),
    ];
    if let Some((made, most)) = found.unapproved_today {
        lines.push(format!(
            "  {made} of {most} claims made today without an approval"
        ));
    }
    lines
}

/// Who approves.
fn operators(found: &Found) -> Vec<String> {
    let all = found.operators.iter();
    let names: Vec<_> = all
        .map(|(one, confirmed)| match confirmed {
            true => one.label.clone(),
            false => format!("{} (not confirmed by the authority)", one.label),
        })
        .collect();
    match (found.operators_needed, names.is_empty()) {
        (..2, true) => Vec::new(),
        (..2, false) => vec![format!(
            "  operators: {}; the scheme asks for none",
            names.join(", ")
        )],
        (needed, true) => vec![format!("  operators: nobody, and {needed} must approve")],
        (needed, false) => vec![format!(
            "  operators: {}; {needed} must approve",
            names.join(", ")
        )],
    }
}

fn fields(found: &Found, context: &Context) -> Json {
    let operators: Vec<_> = (found.operators.iter())
        .map(|(one, confirmed)| json!({ "operator": one.label, "key": one.key, "confirmed": confirmed }))
        .collect();
    json!({
        "scheme": found.scheme,
        "ready": found.not_ready.is_none(),
        "why": found.not_ready.map(|why| why.to_string()),
        "bundle": { "number": found.bundle, "ends": context.shown(found.bundle_ends) },
        "epoch": found.epoch.map(|(number, ends)| json!({ "number": number, "ends": context.shown(ends) })),
        "accreditation": { "epoch": found.accreditation, "in_force": found.accreditation_in_force },
        "today": found.today.map(|day| day.to_string()),
        "free_handles": found.free_handles,
        "open_offers": found.open_offers,
        "claims": found.claims,
        "issued_today": found.issued_today,
        "per_day": found.per_day,
        "operators_needed": found.operators_needed,
        "unapproved_today": found.unapproved_today.map(|(made, most)| json!({ "made": made, "most": most })),
        "operators": operators,
    })
}
