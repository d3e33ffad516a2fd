//! How the authority stands, for people and programs.

use clap::Args;
use serde_json::{Value as Json, json};

use super::audit::who_waits;
use super::folder::{self, Place};
use crate::bundle::local;
use crate::context::Context;
use crate::report::{Failure, Report};
use veilpass::scheme::UnixTime;
use veilpass_app::authority::{
    AuditRequest, AuthorityStatus, IssuerStatus, StandingFlags, audit, status,
};

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
}

impl Status {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let store = folder::store(context, &self.place.dir.dir)?;
        let stands = context.wait(status(&store))?;
        let request = AuditRequest {
            head: None,
            counts: &[],
            standing: StandingFlags::Named,
        };
        let audited = context.wait(audit(&store, &request, context))?;
        let mut report = report(&stands, UnixTime::from_seconds(context.now()));
        let flags = audited.flags.len();
        if flags > 0 {
            report = report.line(format!("{flags} flags stand: `authority audit` names them"));
        }
        // Last, because it matters most.
        let behind = self.place.compare(context, &store).err();
        if let Some(failure) = &behind {
            report = report.line(format!("NOTE {}", failure.message));
        }
        Ok(report
            .field("flags", flags)
            .field("log_lines", audited.lines)
            .field("behind", behind.map(|failure| failure.message)))
    }
}

fn report(stands: &AuthorityStatus, now: UnixTime) -> Report {
    let (zone, epochs) = (stands.scheme.zone(), &stands.epochs);
    let head = format!(
        "{}, fingerprint {}",
        stands.scheme.name(),
        stands.card.fingerprint()
    );
    let mut report = Report::new(
        head,
        json!({
            "scheme": stands.scheme.name(),
            "fingerprint": stands.card.fingerprint(),
            "zone": zone.name(),
            "bundle": epochs.bundle,
            "registry_epoch": epochs.registry,
            "accreditation_epoch": epochs.accreditation,
            "key_set": epochs.key_set,
            "unpublished_removals": stands.unpublished_removals,
            "standing_handles": stands.standing,
            "operators_needed": stands.operators_needed,
            "operators": stands.operators,
            "public": stands.public_place,
            "rehearsal": stands.rehearsal,
        }),
    );
    if stands.rehearsal {
        report = report.line("this folder was made for rehearsal");
    }
    if let Some(newest) = &stands.newest {
        let (ends, epoch) = (newest.expires(), newest.epochs().last());
        let ended = |end: UnixTime| if end <= now { " (OVER: publish)" } else { "" };
        report = report.line(format!(
            "bundle {} is good until {}{}",
            newest.version(),
            local(ends, zone),
            ended(ends)
        ));
        report = report.field("bundle_until", local(ends, zone));
        if let Some(epoch) = epoch {
            report = report
                .line(format!(
                    "registry epoch {} {} {}",
                    epoch.number,
                    if epoch.from > now {
                        "waits; it begins"
                    } else {
                        "is in force since"
                    },
                    local(epoch.from, zone),
                ))
                .field("registry_epoch_from", local(epoch.from, zone));
        }
    }
    report = report.line(format!(
        "accreditation epoch {}, key set {}, {} handles stand",
        epochs.accreditation, epochs.key_set, stands.standing
    ));
    if stands.unpublished_removals > 0 {
        report = report.line(format!(
            "{} revoked, and doors do not know it yet: publish",
            stands.unpublished_removals
        ));
    }
    report = match stands.operators_needed {
        0 | 1 => report,
        needed => report.line(format!(
            "{needed} operators must agree; enrolled: {}",
            stands.operators.join(", ")
        )),
    };
    let place = stands.public_place.as_deref().unwrap_or("nowhere yet");
    report = report.line(format!("public files: {place}"));
    for issuer in &stands.issuers {
        report = report.line(line(issuer));
    }
    let issuers: Vec<Json> = stands.issuers.iter().map(fields).collect();
    report.field("issuers", issuers)
}

fn line(issuer: &IssuerStatus) -> String {
    let pool = &issuer.pool;
    let limit = match issuer.per_day {
        0 => String::new(),
        per_day => format!(", at most {per_day} a day"),
    };
    let no_more = if pool.accredited {
        ""
    } else {
        ", accredited no more"
    };
    format!(
        "{}: {} handles, {} removed{limit}{no_more}; key {}{}",
        pool.label,
        pool.drawn,
        pool.removed,
        issuer.fingerprint,
        who_waits(&issuer.waiting)
    )
}

fn fields(issuer: &IssuerStatus) -> Json {
    let pool = &issuer.pool;
    json!({
        "label": pool.label,
        "accredited": pool.accredited,
        "drawn": pool.drawn,
        "removed": pool.removed,
        "per_day": issuer.per_day,
        "fingerprint": issuer.fingerprint,
        "operators_waiting": issuer.waiting,
    })
}
