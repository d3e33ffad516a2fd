//! Bringing a wallet up to date.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{BUNDLE, Opened, Sync, WALLET, unseal};
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report};
use crate::source::{Kept, Place};
use veilpass::artefact::Artefact;
use veilpass_app::holder::{Synced, Unsealed};

/// Fetches what the wallet needs. A server may be slow, so that meanwhile the wallet is free for whoever stands at a door; if it
/// was changed it is opened again.
fn fetched<'a>(
    context: &'a Context,
    dir: &Path,
    opened: Opened<Unsealed<KeyFiles<'a>>>,
    place: &Place,
) -> Result<(Opened<Unsealed<KeyFiles<'a>>>, Vec<u8>), Failure> {
    let read = |name: &str| files::read(&dir.join(name).display().to_string());
    let (own, sealed) = (read(BUNDLE).unwrap_or_default(), read(WALLET)?);
    let Opened { wallet, _lock } = opened;
    drop(_lock);
    let kept = Kept::beside(place, dir);
    let bundle = wallet.fetch(&own, &kept, &context.bar(), &mut rand::rng())?;
    let _lock = files::lock(dir)?;
    let opened = match read(WALLET)? == sealed {
        true => Opened { wallet, _lock },
        false => {
            drop(_lock);
            unseal(context, dir)?
        }
    };
    Ok((opened, bundle))
}

impl Sync {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.again.run(context, || self.once(context))
    }

    fn once(&self, context: &Context) -> Result<Report, Failure> {
        let (dir, place) = (&self.dir.dir, self.from.place(&self.bundle)?);
        let mut opened = unseal(context, dir)?;
        let bundle = match place {
            Some(place) => {
                let bundle;
                (opened, bundle) = fetched(context, dir, opened, &place)?;
                bundle
            }
            None => artefact::load(&self.bundle, Artefact::HolderBundle)?,
        };
        let updated = (opened.wallet).update(&bundle, context, &mut rand::rng())?;
        artefact::save(&dir.join(BUNDLE), &bundle, Access::Public)?;
        Kept::forget(dir);
        let passes = updated.passes().to_vec();
        let version = updated.seal()?.bundle_version();
        let json: Vec<Json> = (passes.iter())
            .map(|Synced { label, outcome }| {
                let why = outcome.as_ref().err().map(ToString::to_string);
                json!({ "label": label, "good": outcome.is_ok(), "why": why })
            })
            .collect();
        let mut report = Report::new(
            format!("the wallet has bundle {version}"),
            json!({ "bundle": version, "passes": json }),
        );
        for Synced { label, outcome } in &passes {
            report = report.line(match outcome {
                Ok(()) => format!("  {label}: up to date"),
                Err(error) => format!("  {label}: {error}"),
            });
        }
        let failed = |pass: &Synced| pass.outcome.is_err();
        report.refused = !passes.is_empty() && passes.iter().all(failed);
        Ok(report)
    }
}
