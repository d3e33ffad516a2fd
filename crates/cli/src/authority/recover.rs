//! Going on from a backup.

use clap::Args;
use serde_json::json;

use super::folder::{self, Place};
use crate::artefact;
use crate::context::Context;
use crate::files;
use crate::ports::KeyFiles;
use crate::public::BUNDLE;
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass_app::authority::{PublicFiles, Recovery, recover};

/// The holders' bundle among the public files.
const HOLDERS: &str = "holders.vp";

#[derive(Args)]
pub(crate) struct Recover {
    #[command(flatten)]
    place: Place,
}

impl Recover {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.place.dir.dir;
        let _lock = files::lock(dir)?;
        let store = folder::store(context, dir)?;
        let public = self.place.public_folder(context, &store)?;
        let public = public.ok_or_else(|| {
            Failure::bad("nobody knows where the public files are; name their folder with --public")
        })?;
        folder::not_moved(&public)?;
        let load =
            |name, artefact| artefact::load(&public.join(name).display().to_string(), artefact);
        let bundle = load(BUNDLE, Artefact::Bundle)?;
        let holders = load(HOLDERS, Artefact::HolderBundle)?;
        let files = PublicFiles {
            bundle: &bundle,
            holders: &holders,
        };
        let keys = KeyFiles::authority(context, dir);
        let mut rng = rand::rng();
        let recovery = context.wait(recover(&store, &keys, &files, context, &mut rng))?;
        folder::remember(context, &store, &public)?;
        Ok(report(&recovery))
    }
}

fn report(recovery: &Recovery) -> Report {
    let Recovery {
        from_bundle,
        epochs,
        dropped,
        accredited,
        removed,
        unknown,
    } = recovery;
    let listed = |labels: &[String]| match labels.is_empty() {
        true => "nobody".to_owned(),
        false => labels.join(", "),
    };
    let first = format!(
        "taken back: bundle {} (this database knew {from_bundle}), registry epoch {}, accreditation epoch {}, key set {}, \
         {} removals under its keys",
        epochs.bundle, epochs.registry, epochs.accreditation, epochs.key_set, epochs.removals
    );
    let json = json!({
        "from_bundle": from_bundle,
        "bundle": epochs.bundle,
        "registry_epoch": epochs.registry,
        "accreditation_epoch": epochs.accreditation,
        "key_set": epochs.key_set,
        "removals": epochs.removals,
        "accredited": accredited,
        "dropped": dropped,
        "newly_removed": removed,
        "unknown_handles": unknown,
    });
    let report = Report::new(first, json)
        .line(format!("still accredited: {}", listed(accredited)))
        .line(format!("accredited no more: {}", listed(dropped)))
        .line(format!(
            "{removed} handles are revoked now that stood in the backup"
        ));
    NOT_PUBLIC
        .iter()
        .fold(report, |report, line| report.line(*line))
}

/// What nobody published, and what to do about it.
const NOT_PUBLIC: [&str; 4] = [
    "not public, so not taken back:",
    "  issuers accredited after the backup: accredit them again, with the same registrations",
    "  handles drawn after the backup: they cannot be revoked here; `authority rotate` ends the passes that have them",
    "  limits, operators and approvals after the backup: set them again; `authority audit` flags that log lines are lost",
];
