//! Founding a scheme, publishing bundles, rotating keys.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::folder::{DATABASE, open};
use crate::artefact;
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::report::{Failure, Report, hex};
use veilpass::Rotation;
use veilpass::artefact::Artefact;
use veilpass_app::authority::{
    Accreditations, AuthorityRole, ClockTrust, KeysNeeded, Lifetimes, Publication, PublishOptions,
    PublishedBefore, Readers, SchemeFile,
};
use veilpass_sqlite::SqliteAuthority;

/// The verifiers' bundle among the public files.
const BUNDLE: &str = "bundle.vp";

#[derive(Args)]
pub(crate) struct Init {
    #[command(flatten)]
    dir: Dir,
    /// What people call the scheme.
    #[arg(long)]
    name: Option<String>,
    /// The time zone that its days begin in.
    #[arg(long)]
    zone: Option<String>,
    /// A TOML file with name, zone, attributes and policies. `--print-scheme` shows the default one.
    #[arg(long, value_name = "FILE")]
    scheme: Option<String>,
    /// Print the default scheme file and do nothing.
    #[arg(long)]
    print_scheme: bool,
    #[command(flatten)]
    times: Times,
    /// Where the public files go: scheme.vp, bundle.vp, holders.vp.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    times: Times,
    /// Begin the next accreditation epoch, too: needs the accreditation key. Every issuer gets a new
    /// accreditation, which its holders find in the bundle.
    #[arg(long)]
    next_accreditation: bool,
    /// With --next-accreditation: an issuer that is no longer accredited.
    #[arg(long, value_name = "LABEL", requires = "next_accreditation")]
    drop: Vec<String>,
    /// Where the public files go.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    times: Times,
    /// Also replace the accreditation key: every issuer needs its new accreditation before it issues.
    #[arg(long)]
    accreditation: bool,
    /// Also replace the date table.
    #[arg(long)]
    dates: bool,
    /// Where the public files go.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args, Clone)]
struct Times {
    /// How long the registry epoch lasts.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=744))]
    epoch_hours: u16,
    /// How long the bundle may be relied on.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// The clock is right, even if it does not look so.
    #[arg(long)]
    yes: bool,
}

impl Times {
    fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            epoch_hours: self.epoch_hours,
            bundle_days: self.days,
        }
    }

    /// How to publish where `public` is public already.
    fn options<'a>(&self, public: Option<&'a Public>) -> PublishOptions<'a> {
        PublishOptions {
            lifetimes: self.lifetimes(),
            clock: match self.yes {
                true => ClockTrust::Confirmed,
                false => ClockTrust::Doubted,
            },
            published: public.map(|public| PublishedBefore {
                name: &public.name,
                bundle: &public.bundle,
            }),
        }
    }
}

/// Where the public files go.
fn folder(to: Option<&PathBuf>, dir: &Path) -> PathBuf {
    to.cloned().unwrap_or_else(|| dir.join("public"))
}

/// What is public already.
struct Public {
    name: String,
    bundle: Vec<u8>,
}

impl Public {
    /// In this folder, if there is anything.
    fn of(to: &Path) -> Result<Option<Self>, Failure> {
        let path = to.join(BUNDLE);
        if !path.exists() {
            return Ok(None);
        }
        let name = path.display().to_string();
        let bundle = artefact::load(&name, Artefact::Bundle)?;
        Ok(Some(Self { name, bundle }))
    }
}

/// Writes what goes out, and says so.
fn save(to: &Path, publication: &Publication) -> Result<Report, Failure> {
    files::make_public_folder(to)?;
    for file in &publication.files {
        let access = match file.readers {
            Readers::Everybody => Access::Public,
            Readers::OneIssuer => Access::Private,
        };
        artefact::save(&to.join(&file.name), &file.bytes, access)?;
    }
    let epochs = publication.epochs;
    let line = format!(
        "bundle {} is published: registry epoch {}, accreditation epoch {}, key set {}, {} removals under its keys",
        epochs.bundle, epochs.registry, epochs.accreditation, epochs.key_set, epochs.removals
    );
    let report = Report::new(
        line,
        json!({
            "bundle": epochs.bundle,
            "registry_epoch": epochs.registry,
            "accreditation_epoch": epochs.accreditation,
            "key_set": epochs.key_set,
            "removals": epochs.removals,
            "to": to,
        }),
    );
    Ok(report.line(format!(
        "give everybody {0}/scheme.vp once, by a way they trust; verifiers {0}/bundle.vp and holders \
         {0}/holders.vp each time",
        to.display()
    )))
}

impl Init {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut file = match &self.scheme {
            Some(path) => SchemeFile::read(&files::text(path)?)
                .map_err(|error| Failure::from(error).about(path))?,
            None => SchemeFile::default(),
        };
        if self.print_scheme {
            let text = file.to_toml()?;
            return Ok(Report::new(text.trim_end(), json!({ "scheme": text })));
        }
        file.name = self.name.clone().unwrap_or(file.name);
        file.zone = self.zone.clone().unwrap_or(file.zone);
        let definition = file.definition()?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), true))?;
        let keys = KeyFiles::authority(context, dir);
        let (lifetimes, rng) = (self.times.lifetimes(), &mut rand::rng());
        let founded = AuthorityRole::found(store, &keys, definition, lifetimes, context, rng);
        let (_, publication) = context.wait(founded)?;
        let report = save(&folder(self.to.as_ref(), dir), &publication)?;
        let id = hex(publication.card.scheme());
        Ok(report
            .field("scheme", &*id)
            .line(format!("scheme {} ({id})", file.name))
            .line("put accreditation.age away: it is needed to accredit, not from day to day"))
    }
}

impl Publish {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let (needed, accreditations) = match self.next_accreditation {
            true => {
                let dropped = &self.drop;
                (KeysNeeded::All, Accreditations::Next { dropped })
            }
            false => (KeysNeeded::Daily, Accreditations::Stay),
        };
        let (role, _) = open(context, dir, needed)?;
        let to = folder(self.to.as_ref(), dir);
        let public = Public::of(&to)?;
        let options = self.times.options(public.as_ref());
        let mut rng = rand::rng();
        let published = role.publish(accreditations, &options, context, &mut rng);
        let report = save(&to, &context.wait(published)?)?;
        if !self.next_accreditation {
            return Ok(report);
        }
        Ok(report.line(format!(
            "each issuer's new accreditation is in {}/accreditation-LABEL.vp",
            to.display()
        )))
    }
}

impl Rotate {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let _lock = files::lock(dir)?;
        let needed = match self.accreditation {
            true => KeysNeeded::All,
            false => KeysNeeded::Daily,
        };
        let (mut role, keys) = open(context, dir, needed)?;
        let to = folder(self.to.as_ref(), dir);
        let public = Public::of(&to)?;
        let options = self.times.options(public.as_ref());
        let rotation = Rotation {
            accreditation: self.accreditation,
            dates: self.dates,
        };
        let mut rng = rand::rng();
        let rotated = role.rotate(&keys, rotation, &options, context, &mut rng);
        let publication = context.wait(rotated)?;
        let report = save(&to, &publication)?;
        if !self.accreditation {
            return Ok(report);
        }
        Ok(report.line(format!(
            "each issuer's new accreditation is in {}/accreditation-LABEL.vp; it issues with no other",
            to.display()
        )))
    }
}
