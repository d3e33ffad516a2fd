//! Founding a scheme, publishing bundles, rotating keys.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Time;
use serde_json::json;

use super::folder::{DATABASE, Opened, Place, remember};
use super::parts;
use crate::artefact;
use crate::clock::time_of_day;
use crate::context::{Context, Dir};
use crate::files::{self, Access};
use crate::ports::KeyFiles;
use crate::public::{BUNDLE, HOLDERS, not_public, only_public};
use crate::report::{Failure, Report, hex};
use veilpass::{Replaced, Rotation};
use veilpass_app::authority::{
    AccreditationFile, Accreditations, AuthorityRole, Begins, ClockTrust, KeysNeeded, Lifetimes,
    Publication, PublishOptions, SchemeFile,
};
use veilpass_sqlite::SqliteAuthority;

/// Where new accreditations go, below the authority's own folder.
const ACCREDITATIONS: &str = "accreditations";

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
    /// Print the default scheme file, with every key explained, and do nothing.
    #[arg(long, conflicts_with = "scheme")]
    print_scheme: bool,
    #[command(flatten)]
    times: Times,
    /// Where the public files go: scheme.vp, bundle.vp, holders.vp, and parts that never change.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    times: Times,
    /// Begin the registry epoch at the next moment when the clocks of the scheme's zone show this time: doors and wallets that
    /// fetch the bundle before it go over together. Without it the epoch begins at once, for revocations that cannot
    /// wait; with --next-accreditation at the next 04:00.
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    at_next: Option<Time>,
    /// Begin the registry epoch at once.
    #[arg(long, conflicts_with = "at_next")]
    now: bool,
    /// Announce the next accreditation epoch, too, which begins with the registry epoch: needs the accreditation key.
    /// Every issuer gets a new accreditation, which its holders find in the bundle.
    #[arg(long)]
    next_accreditation: bool,
    /// With --next-accreditation: an issuer that is no longer accredited.
    #[arg(long, value_name = "LABEL", requires = "next_accreditation")]
    drop: Vec<String>,
    /// Write out once more what was signed last, with all accreditations, and sign nothing: for a publication that was
    /// not written whole, or public files that were damaged.
    #[arg(long, conflicts_with_all = ["at_next", "now", "next_accreditation"])]
    again: bool,
    /// Where the public files go; where they went last if not given.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Where new accreditations go, each for its issuer alone: no public folder. `accreditations` in the authority's
    /// own folder if not given.
    #[arg(long, value_name = "DIR")]
    accreditations: Option<PathBuf>,
}

impl Publish {
    /// When the registry epoch begins.
    fn begins(&self, context: &Context) -> Result<Begins, Failure> {
        match (self.at_next, self.now, self.next_accreditation) {
            (Some(time), ..) => at_next(time, context),
            (None, false, true) => at_next(SWITCH, context),
            _ => Ok(Begins::Now),
        }
    }
}

/// When new keys and accreditations come into force, by the clocks of the scheme's zone, if nobody says when.
const SWITCH: Time = Time::constant(4, 0, 0, 0);

/// A registry epoch that begins when the clocks of the scheme's zone show this time next.
fn at_next(time: Time, context: &Context) -> Result<Begins, Failure> {
    let moment = context.next(time);
    moment.map(Begins::At).ok_or_else(|| {
        Failure::bad(format!(
            "there is no {time} ahead by this clock; set the clock"
        ))
    })
}

#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    times: Times,
    /// Also replace the accreditation key: every issuer needs its new accreditation.
    #[arg(long)]
    accreditation: bool,
    /// Also replace the date table.
    #[arg(long)]
    dates: bool,
    /// The new keys come into force at the next moment when the clocks of the scheme's zone show this time, 04:00 if not
    /// given: doors and wallets that fetch the bundle before it go over together.
    #[arg(long, value_name = "HH:MM", value_parser = time_of_day)]
    at_next: Option<Time>,
    /// The new keys come into force at once.
    #[arg(long, conflicts_with = "at_next")]
    now: bool,
    /// For keys that somebody else may have: nothing that was made under them is taken any more by whoever has the
    /// new bundle.
    #[arg(long, conflicts_with = "at_next")]
    end_older: bool,
    /// Where the public files go; where they went last if not given.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Where new accreditations go, each for its issuer alone: no public folder. `accreditations` in the authority's
    /// own folder if not given.
    #[arg(long, value_name = "DIR")]
    accreditations: Option<PathBuf>,
}

#[derive(Args, Clone)]
struct Times {
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
            bundle_days: self.days,
        }
    }

    fn options(&self) -> PublishOptions {
        PublishOptions {
            lifetimes: self.lifetimes(),
            begins: Begins::Now,
            clock: match self.yes {
                true => ClockTrust::Confirmed,
                false => ClockTrust::Doubted,
            },
        }
    }
}

/// Where the public files go: where somebody says, or where they went last, or below the authority's own folder.
fn folder(to: Option<&PathBuf>, last: Option<PathBuf>, dir: &Path) -> PathBuf {
    to.cloned().or(last).unwrap_or_else(|| dir.join("public"))
}

/// Where accreditations go, which is not among the public files: who is accredited is nobody's business.
fn private_folder(given: Option<&PathBuf>, dir: &Path, public: &Path) -> Result<PathBuf, Failure> {
    let folder = given.cloned().unwrap_or_else(|| dir.join(ACCREDITATIONS));
    not_public(&folder, Some(public))?;
    Ok(folder)
}

/// Writes what goes out, and says so. By now it is signed and counts.
fn save(to: &Path, publication: &Publication) -> Result<Report, Failure> {
    put(to, publication).map_err(|failure| {
        Failure::bad(format!(
            "bundle {} is signed and counts, and is not in {} whole: {}. When that is mended, `authority publish --again` writes \
             it out, with all accreditations",
            publication.epochs.bundle,
            to.display(),
            failure.message.trim_end_matches(files::NOTHING_CHANGED)
        ))
    })
}

fn put(to: &Path, publication: &Publication) -> Result<Report, Failure> {
    files::make_public_folder(to)?;
    parts::save(to, &publication.parts)?;
    for file in &publication.files {
        artefact::save(&to.join(file.name), &file.bytes, Access::Public)?;
    }
    if (publication.files.iter()).all(|file| file.name != HOLDERS) && to.join(HOLDERS).exists() {
        files::delete(&to.join(HOLDERS))?;
    }
    parts::sweep(to, &publication.parts);
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
        "give everybody {0}/scheme.vp once, by a way they trust; verifiers and holders fetch from the folder {0} each time, \
         or get {0}/bundle.vp and {0}/holders.vp",
        to.display()
    )))
}

/// Writes each issuer's new accreditation, and says so.
fn hand_out(
    report: Report,
    to: &Path,
    accreditations: &[AccreditationFile],
) -> Result<Report, Failure> {
    if accreditations.is_empty() {
        return Ok(report);
    }
    files::make_folder(to)?;
    let mut written = Vec::new();
    for AccreditationFile { label, bytes } in accreditations {
        let path = to.join(format!("{label}.vp"));
        artefact::save(&path, bytes, Access::Private)?;
        written.push(json!({ "label": label, "out": path }));
    }
    let line = format!(
        "each issuer's new accreditation is in {}/LABEL.vp; give it to that issuer and to nobody else",
        to.display()
    );
    Ok(report.line(line).field("accreditations", written))
}

impl Init {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        if self.print_scheme {
            let text = SchemeFile::DEFAULT;
            return Ok(Report {
                is_toml: true,
                ..Report::new(text.trim_end(), json!({ "scheme": text }))
            });
        }
        let mut file = match &self.scheme {
            Some(path) => SchemeFile::read(&files::text(path)?)
                .map_err(|error| Failure::from(error).about(path))?,
            None => SchemeFile::read(SchemeFile::DEFAULT)?,
        };
        file.name = self.name.clone().unwrap_or(file.name);
        file.zone = self.zone.clone().unwrap_or(file.zone);
        let definition = file.definition()?;
        context.in_zone(&definition.zone);
        let dir = &self.dir.dir;
        let to = folder(self.to.as_ref(), None, dir);
        // The card of a scheme that is given out must not be lost to another one.
        if to.join(BUNDLE).exists() {
            return Err(Failure::bad(format!(
                "the public files of a scheme are in {} already; name another folder with --to",
                to.display()
            )));
        }
        only_public(&to, dir, None)?;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), true))?;
        let keys = KeyFiles::authority(context, dir);
        let (lifetimes, rng) = (self.times.lifetimes(), &mut rand::rng());
        let founded = AuthorityRole::found(store, &keys, definition, lifetimes, context, rng);
        let (role, publication) = context.wait(founded)?;
        let report = save(&to, &publication)?;
        remember(context, role.store(), &to)?;
        let (id, fingerprint) = (
            hex(publication.card.scheme()),
            publication.card.fingerprint(),
        );
        Ok(report
            .field("scheme", &*id)
            .field("fingerprint", &*fingerprint)
            .line(format!(
                "fingerprint of the scheme {} {fingerprint}: whoever gets the card compares it with you",
                file.name
            ))
            .line("put accreditation.age away: it is needed to accredit, not from day to day"))
    }
}

impl Publish {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.place.dir.dir;
        let (needed, accreditations) = match self.next_accreditation {
            true => {
                let dropped = &self.drop;
                (KeysNeeded::All, Accreditations::Next { dropped })
            }
            false => (KeysNeeded::Daily, Accreditations::Stay),
        };
        let opened = self
            .place
            .open_beside(context, needed, self.to.as_deref())?;
        let Opened { role, public, .. } = opened;
        let to = folder(self.to.as_ref(), public.clone(), dir);
        only_public(&to, dir, public.as_deref())?;
        let private = private_folder(self.accreditations.as_ref(), dir, &to)?;
        let (mut options, mut rng) = (self.times.options(), rand::rng());
        options.begins = self.begins(context)?;
        let publication = match self.again {
            true => context.wait(role.published_again(context))?,
            false => {
                let published = role.publish(accreditations, &options, context, &mut rng);
                context.wait(published)?
            }
        };
        let report = save(&to, &publication)?;
        remember(context, role.store(), &to)?;
        hand_out(report, &private, &publication.accreditations)
    }
}

impl Rotate {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.place.dir.dir;
        let _lock = files::lock(dir)?;
        let needed = match self.accreditation {
            true => KeysNeeded::All,
            false => KeysNeeded::Daily,
        };
        let opened = self
            .place
            .open_beside(context, needed, self.to.as_deref())?;
        let Opened {
            mut role,
            keys,
            public,
        } = opened;
        let to = folder(self.to.as_ref(), public.clone(), dir);
        only_public(&to, dir, public.as_deref())?;
        let private = private_folder(self.accreditations.as_ref(), dir, &to)?;
        let rotation = Rotation {
            accreditation: self.accreditation,
            dates: self.dates,
            replaced: match self.end_older {
                true => Replaced::End,
                false => Replaced::Serve,
            },
        };
        let (mut options, mut rng) = (self.times.options(), rand::rng());
        if !(self.now || self.end_older) {
            options.begins = at_next(self.at_next.unwrap_or(SWITCH), context)?;
        }
        let rotated = role.rotate(&keys, rotation, &options, context, &mut rng);
        let publication = context.wait(rotated)?;
        let report = save(&to, &publication)?;
        remember(context, role.store(), &to)?;
        let report = hand_out(report, &private, &publication.accreditations)?;
        if !self.accreditation {
            return Ok(report);
        }
        Ok(report.line("an issuer imports it before the older keys have left the bundle, and issues with no other then"))
    }
}
