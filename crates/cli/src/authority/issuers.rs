//! What concerns issuers: accreditation, limits, handles, revocation, and rules.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::folder::{Opened, Place};
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::operators::Approving;
use crate::report::{Failure, Report, hex, unhex};
use crate::values;
use veilpass::artefact::Artefact;
use veilpass::scheme::UnverifiedIssuer;
use veilpass_app::authority::KeysNeeded;

#[derive(Args)]
pub(crate) struct Accredit {
    #[command(flatten)]
    place: Place,
    /// The issuer's registration: a file, picture or text.
    registration: String,
    /// What you call the issuer.
    #[arg(long, value_parser = values::label)]
    label: String,
    /// How many passes a day it may make; as many as it has handles if not given.
    #[arg(long, value_name = "COUNT")]
    per_day: Option<u32>,
    /// Where the accreditation goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Limit {
    #[command(flatten)]
    place: Place,
    /// Which issuer.
    #[arg(long)]
    label: String,
    /// How many passes a day it may make; 0: as many as it has handles.
    #[arg(long, value_name = "COUNT")]
    per_day: u32,
    /// Where the accreditation with the new limit goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Handles {
    #[command(flatten)]
    place: Place,
    /// Whose pool.
    #[arg(long)]
    label: String,
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500_000))]
    count: u32,
    /// Where they go. Who has this file can issue that many passes' worth of handles: keep it closed. A
    /// new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    approving: Approving,
}

#[derive(Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    place: Place,
    /// The handles, 64 hexadecimal digits each, as `issuer issue` printed them; or files with one in
    /// each line.
    #[arg(required = true)]
    handles: Vec<String>,
}

#[derive(Args)]
pub(crate) struct SignRules {
    #[command(flatten)]
    place: Place,
    /// The rules, a TOML file.
    rules: String,
    /// Where the signed rules go.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Accredit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let registration = artefact::load(&self.registration, Artefact::Registration)?;
        let registration = UnverifiedIssuer::from_bytes(&registration).map_err(Failure::bad)?;
        let Opened { role, .. } = self.place.open_for(context, KeysNeeded::All, &self.out)?;
        let accredited = role.accredit(&self.label, &registration, self.per_day, context);
        let accredited = context.wait(accredited)?;
        artefact::save(&self.out, &accredited.accreditation, Access::Private)?;
        let (epoch, fingerprint) = (accredited.epoch, registration.id().fingerprint());
        Ok(Report::new(
            format!(
                "{} is accredited for epoch {epoch}; give it {}, and publish so that its holders can \
                 follow",
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "epoch": epoch, "fingerprint": fingerprint, "out": self.out }),
        )
        .line(format!(
            "fingerprint of its key {fingerprint}: the issuer must see the same, or somebody exchanged the registration"
        )))
    }
}

impl Limit {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let Opened { role, .. } = self.place.open_for(context, KeysNeeded::Daily, &self.out)?;
        let accredited = context.wait(role.limit(&self.label, self.per_day, context))?;
        artefact::save(&self.out, &accredited.accreditation, Access::Private)?;
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

impl Handles {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        // A file of handles has secrets that are nowhere else: it is never replaced.
        files::check_new(&self.out)?;
        let Opened { role, .. } = self.place.open_for(context, KeysNeeded::Daily, &self.out)?;
        let needed = context.wait(role.needed())?;
        let approving = self.approving.needed_keys(context, &needed)?;
        let (bar, rng) = (context.bar(), &mut rand::rng());
        let wanted = (&*self.label, self.count);
        let drawn = role.draw_handles(wanted, &approving, context, &bar, rng);
        artefact::save(&self.out, &context.wait(drawn)?, Access::Private)?;
        Ok(Report::new(
            format!(
                "{} handles for {} are in {}; give it to the issuer over a confidential channel, then delete it",
                self.count,
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "count": self.count, "out": self.out }),
        ))
    }
}

impl Revoke {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut handles = Vec::new();
        for given in &self.handles {
            match unhex(given) {
                Ok(id) => handles.push(id),
                Err(_) if is_cut_off(given) => {
                    return Err(Failure::bad(format!(
                        "{given}: a handle has 64 hexadecimal digits, and there is no file of this name"
                    )));
                }
                Err(_) => handles.extend(listed(given)?),
            }
        }
        let Opened { role, .. } = self.place.open(context, KeysNeeded::Daily)?;
        let done = context.wait(role.revoke(&handles, context))?;
        let refused = done.refused.iter();
        let lines: Vec<_> = refused
            .map(|(id, why)| format!("{}: {why}", hex(id)))
            .collect();
        let line = match done.revoked {
            0 => "nothing was revoked".to_owned(),
            revoked => {
                format!(
                    "{revoked} revoked; publish, and they end with the grace of the epoch before"
                )
            }
        };
        let mut report = Report::new(line, json!({ "revoked": done.revoked, "refused": lines }));
        report.refused = !lines.is_empty();
        report.lines.extend(lines);
        Ok(report)
    }
}

/// Whether somebody gave a handle of which digits are missing, or too many are there.
fn is_cut_off(given: &str) -> bool {
    given.chars().all(|c| c.is_ascii_hexdigit()) && !std::path::Path::new(given).exists()
}

/// The handles in a file, the first word of each line.
fn listed(path: &str) -> Result<Vec<[u8; 32]>, Failure> {
    let content = files::read(path)?;
    // The version byte of an artefact; no text begins with it.
    let is_artefact = content.first().is_some_and(|version| *version < b'\t');
    if let Some(artefact) = Artefact::of(&content).filter(|_| is_artefact) {
        return Err(Failure::bad(format!(
            "{path} holds {}; to revoke passes name their handles, 64 hexadecimal digits each, or a text file with one in each \
             line, as `--handle-out` writes them",
            artefact.name()
        )));
    }
    let text = String::from_utf8(content)
        .map_err(|_| Failure::bad(format!("{path} is not a text file")))?;
    let handles: Vec<_> = (text.lines())
        .filter_map(|line| line.split_whitespace().next())
        .map(|line| unhex(line).map_err(|failure| failure.about(path)))
        .collect::<Result<_, _>>()?;
    if handles.is_empty() {
        return Err(Failure::bad(format!("{path} names no handle")));
    }
    Ok(handles)
}

impl SignRules {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let text = files::text(&self.rules)?;
        let Opened { role, .. } = self.place.open(context, KeysNeeded::Daily)?;
        let signed = context
            .wait(role.sign_rules(&text))
            .map_err(|error| Failure::from(error).about(&self.rules))?;
        artefact::save(&self.out, signed.as_bytes(), Access::Public)?;
        Ok(Report::new(
            format!("the rules are signed: {}", self.out.display()),
            json!({ "out": self.out }),
        ))
    }
}
