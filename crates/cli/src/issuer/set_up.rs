//! Setting an issuer up, and taking in what the authority sends.

use clap::Args;
use serde_json::json;

use super::{DATABASE, open};
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::files;
use crate::ports::KeyFiles;
use crate::public::make_private_folder;
use crate::report::{Failure, Report, hex};
use veilpass::artefact::Artefact;
use veilpass::scheme::UnverifiedIssuer;
use veilpass_app::issuer::{Founding, Imported, KeyOnDemand};
use veilpass_sqlite::SqliteIssuer;

#[derive(Args)]
pub(crate) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// The authority's scheme card.
    #[arg(long, value_name = "FILE")]
    scheme: String,
    /// The authority's verifiers' bundle.
    #[arg(long, value_name = "FILE")]
    bundle: String,
    /// For rehearsal: only such a folder takes a clock that is set by --at.
    #[arg(long)]
    rehearsal: bool,
    /// Where the registration goes.
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(crate) struct Import {
    #[command(flatten)]
    dir: Dir,
    /// Files of any of the three kinds.
    #[arg(required = true)]
    files: Vec<String>,
}

impl Init {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        self.output.check()?;
        let card = artefact::load(&self.scheme, Artefact::SchemeCard)?;
        let bundle = artefact::load(&self.bundle, Artefact::Bundle)?;
        let mut founding = Founding::new(&card, bundle)?;
        if self.rehearsal {
            founding = founding.for_rehearsal();
        }
        let dir = &self.dir.dir;
        make_private_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteIssuer::open(&dir.join(DATABASE), true))?;
        let keys = KeyFiles::issuer(context, dir);
        let founded = context.wait(founding.found(store, &keys, context, &mut rand::rng()))?;
        let shown = self.output.put(&founded.registration)?;
        let scheme = founded.issuer.scheme();
        let fingerprint = (UnverifiedIssuer::from_bytes(&founded.registration)?)
            .id()
            .fingerprint();
        let mut report = Report::new(
            format!(
                "an issuer of {} is set up; send its registration to the authority",
                scheme.name()
            ),
            json!({
                "scheme": hex(scheme.id()), "fingerprint": fingerprint, "out": self.output.out,
            }),
        );
        report = report.line(format!(
            "fingerprint of its key {fingerprint}: compare it with what the authority sees when it accredits"
        ));
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut issuer = open(context, &self.dir.dir)?;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let mut key = KeyOnDemand::new(&keys);
        let mut report = Report::new("taken in:", json!({}));
        for file in &self.files {
            let bytes = artefact::bytes(file)?;
            let now = context.time();
            let imported = context.wait(issuer.import(&bytes, &mut key, now));
            let imported = imported.map_err(|error| Failure::from(error).about(file))?;
            report = report.line(told(&imported));
        }
        let free = context.wait(issuer.free_handles())?;
        Ok(report
            .line(format!("{free} handles are free"))
            .field("free_handles", free))
    }
}

fn told(imported: &Imported) -> String {
    match imported {
        Imported::Bundle { version } => format!("  bundle {version}"),
        Imported::Accreditation { epoch, limits } => {
            let per_day = match limits.per_day {
                0 => String::new(),
                count => format!(", at most {count} passes a day"),
            };
            format!("  accreditation for epoch {epoch}{per_day}")
        }
        Imported::Handles { new, all } => {
            format!("  {new} handles that were not known ({all} in the file); delete the file now")
        }
    }
}
