//! Going on from a backup.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::folder::{self, Place};
use crate::artefact;
use crate::context::Context;
use crate::files;
use crate::ports::KeyFiles;
use crate::public::{BUNDLE, HOLDERS, MOVED};
use crate::report::{Failure, Report};
use crate::source;
use veilpass::RecoverError;
use veilpass::artefact::Artefact;
use veilpass::scheme::SchemeCard;
use veilpass_app::authority::{AuthorityRoleError, PublicFiles, Recovery, public_place, recover};
use veilpass_app::holder::fetch_everything;
use veilpass_app::store::AuthorityStore;

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
        let keys = KeyFiles::authority(context, dir);
        let take_back = |holders: &[u8]| {
            let files = PublicFiles {
                bundle: &bundle,
                holders,
            };
            context.wait(recover(&store, &keys, &files, context, &mut rand::rng()))
        };
        // Where handles are many, only the parts have all of it.
        let everything = || {
            let (_, state) = context.wait(store.load())?;
            let card = SchemeCard::new(*state.scheme.id(), state.signer);
            let place = source::Place::Folder(public.clone());
            Ok::<_, Failure>(fetch_everything(&card, &place, &context.bar())?)
        };
        let recovery = match public.join(HOLDERS).exists() {
            true => match take_back(&load(HOLDERS, Artefact::HolderBundle)?) {
                Err(AuthorityRoleError::Recover(RecoverError::Incomplete)) => {
                    take_back(&everything()?)?
                }
                other => other?,
            },
            false => take_back(&everything()?)?,
        };
        // Whoever names a copy does not move the place of publication, unless that is gone or says that it is out of date.
        let known = context.wait(public_place(&store))?.map(PathBuf::from);
        if !known.is_some_and(|known| known.is_dir() && !known.join(MOVED).exists()) {
            folder::remember(context, &store, &public)?;
        }
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
