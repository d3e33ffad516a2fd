//! Setting an issuer up, and taking in what the authority sends.

use clap::Args;
use serde_json::json;

use super::{DATABASE, open};
use crate::artefact::{self, Output};
use crate::context::{Context, Dir};
use crate::files;
use crate::ports::KeyFiles;
use crate::report::{Failure, Report, hex};
use veilpass::artefact::Artefact;
use veilpass::scheme::IssuerKey;
use veilpass_app::issuer::{Founding, Imported, Issuer, open_key};
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
        let founding = Founding::new(&card, bundle)?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteIssuer::open(&dir.join(DATABASE), true))?;
        let keys = KeyFiles::issuer(context, dir);
        let founded =
            context.wait(founding.found(store, &keys, context.now(), &mut rand::rng()))?;
        let shown = self.output.put(&founded.registration)?;
        let scheme = founded.issuer.scheme();
        let mut report = Report::new(
            format!(
                "an issuer of {} is set up; send its registration to the authority",
                scheme.name()
            ),
            json!({ "scheme": hex(scheme.id()), "out": self.output.out }),
        );
        report.lines.extend(shown);
        Ok(report)
    }
}

impl Import {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut issuer = open(context, &self.dir.dir)?;
        let keys = KeyFiles::issuer(context, &self.dir.dir);
        let mut key = None;
        let mut report = Report::new("taken in:", json!({}));
        for file in &self.files {
            let bytes = artefact::bytes(file)?;
            let imported = import(context, &mut issuer, &bytes, (&keys, &mut key));
            report = report.line(told(&imported.map_err(|failure| failure.about(file))?));
        }
        let free = context.wait(issuer.free_handles())?;
        Ok(report
            .line(format!("{free} handles are free"))
            .field("free_handles", free))
    }
}

/// The key, which is opened when the first file needs it.
fn opened<'k>(
    keys: &KeyFiles<'_>,
    key: &'k mut Option<IssuerKey>,
) -> Result<&'k IssuerKey, Failure> {
    match key {
        Some(key) => Ok(key),
        None => Ok(key.insert(open_key(keys)?)),
    }
}

/// Imports one file.
fn import(
    context: &Context,
    issuer: &mut Issuer<SqliteIssuer>,
    bytes: &[u8],
    (keys, key): (&KeyFiles<'_>, &mut Option<IssuerKey>),
) -> Result<Imported, Failure> {
    let now = context.now();
    let imported = match Artefact::of(bytes) {
        Some(Artefact::Bundle) => context.wait(issuer.import_bundle(bytes, now)),
        Some(Artefact::Accreditation) => {
            let key = opened(keys, key)?;
            context.wait(issuer.import_accreditation(bytes, key, now))
        }
        Some(Artefact::Handles) => {
            let key = opened(keys, key)?;
            context.wait(issuer.import_handles(bytes, key, now))
        }
        Some(other) => {
            return Err(Failure::bad(format!(
                "this is {}; an issuer imports accreditations, handles and verifiers' bundles",
                other.name()
            )));
        }
        None => return Err(Failure::bad("this is nothing of this system")),
    };
    Ok(imported?)
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
