//! The authority: keeps the scheme, never sees a person.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::Context;
use super::artefact::{self, Kind};
use super::files::{self, Access};
use super::keys::Passphrase;
use super::report::{Failure, Report, hex, unhex};
use super::scheme_file::SchemeFile;
use crate::authority::{Authority, AuthorityKeys, AuthorityState, Published, Rotation};
use crate::registry::RegistryKey;
use crate::scheme::{
    AccreditationKey, AccreditationPaper, BundleKey, HandlesPaper, UnverifiedIssuer,
};
use crate::store::{AuthorityChange, AuthorityStore, Revision, SqliteAuthority, StoreError, chain};

/// α and the bundle key: used daily.
const ONLINE: &str = "online.age";
/// γ: used to accredit; keep it in a safe between.
const COLD: &str = "accreditation.age";
/// Keys that a rotation made and has not put in force yet.
const NEXT: &str = "next";
const DATABASE: &str = "authority.db";

/// How often a change is tried again when another process was faster.
const TRIES: usize = 20;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Found a scheme in a new folder: keys, date table, first bundle.
    ///
    /// Example: veilpass authority init --dir authority --name "City pass" --zone Europe/Moscow
    Init(Init),
    /// Accredit an issuer, after its registration.
    ///
    /// Example: veilpass authority accredit --dir authority registration.vp --label clinic-7 --out accreditation.vp
    Accredit(Accredit),
    /// Draw handles for an issuer's pool: one for each pass that it may issue.
    ///
    /// Example: veilpass authority handles --dir authority --label clinic-7 --count 500 --out handles.vp
    Handles(Handles),
    /// Revoke passes by their handles. Doors learn it with the next published bundle.
    ///
    /// Example: veilpass authority revoke --dir authority handle.txt
    Revoke(Revoke),
    /// Begin a registry epoch with the revocations so far, and sign the next bundles.
    ///
    /// Example: veilpass authority publish --dir authority --to public
    Publish(Publish),
    /// Replace the revocation key (always) and, if asked, accreditation key and date table; publish.
    ///
    /// Example: veilpass authority rotate --dir authority --to public
    Rotate(Rotate),
    /// Sign the rules by which issuers judge evidence.
    ///
    /// Example: veilpass authority sign-rules --dir authority rules.toml --out rules.signed.toml
    SignRules(SignRules),
    /// Check the log's chain, and count issuers and handles.
    ///
    /// Example: veilpass authority audit --dir authority --head 1c4e…
    Audit(Audit),
}

#[derive(Args)]
struct Dir {
    /// The authority's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

#[derive(Args)]
pub(super) struct Init {
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
struct Times {
    /// How long the registry epoch lasts.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=744))]
    epoch_hours: u16,
    /// How long the bundle may be relied on.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

#[derive(Args)]
pub(super) struct Accredit {
    #[command(flatten)]
    dir: Dir,
    /// The issuer's registration: a file, picture or text.
    registration: String,
    /// What you call the issuer.
    #[arg(long)]
    label: String,
    /// Where the accreditation goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Handles {
    #[command(flatten)]
    dir: Dir,
    /// Whose pool.
    #[arg(long)]
    label: String,
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Where they go. Who has this file can issue that many passes' worth of handles: keep it closed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    dir: Dir,
    /// The handles, 64 hexadecimal digits each, as `issuer issue` printed them; or files with one in
    /// each line.
    #[arg(required = true)]
    handles: Vec<String>,
}

#[derive(Args)]
pub(super) struct Publish {
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
pub(super) struct Rotate {
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

#[derive(Args)]
pub(super) struct SignRules {
    #[command(flatten)]
    dir: Dir,
    /// The rules, a TOML file.
    rules: String,
    /// Where the signed rules go.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Audit {
    #[command(flatten)]
    dir: Dir,
    /// A head of the log that was noted earlier: it must still stand in it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

impl Command {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Init(init) => init.run(context),
            Self::Accredit(accredit) => accredit.run(context),
            Self::Handles(handles) => handles.run(context),
            Self::Revoke(revoke) => revoke.run(context),
            Self::Publish(publish) => publish.run(context),
            Self::Rotate(rotate) => rotate.run(context),
            Self::SignRules(sign) => sign.run(context),
            Self::Audit(audit) => audit.run(context),
        }
    }
}

/// An authority's folder, open, with the bytes of its keys.
struct Office {
    dir: PathBuf,
    store: SqliteAuthority,
    passphrase: Passphrase,
    /// α ‖ bundle key.
    online: Zeroizing<Vec<u8>>,
    /// γ, if it was asked for.
    cold: Option<Zeroizing<Vec<u8>>>,
}

impl Office {
    fn open(context: &Context, dir: &Path, cold: bool) -> Result<Self, Failure> {
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), false))?;
        let passphrase = context.passphrase.ask("the authority")?;
        let mut office = Self {
            dir: dir.to_owned(),
            online: passphrase.open(&dir.join(ONLINE))?,
            cold: cold
                .then(|| passphrase.open(&dir.join(COLD)))
                .transpose()
                .map_err(|failure| failure.about("the accreditation key is needed"))?,
            passphrase,
            store,
        };
        office.finish_rotation(context)?;
        Ok(office)
    }

    fn keys(&self) -> Result<AuthorityKeys, Failure> {
        let (registry, bundle) = (self.online.split_at_checked(32))
            .ok_or_else(|| Failure::bad(format!("{ONLINE} is damaged")))?;
        Ok(AuthorityKeys {
            accreditation: (self.cold.as_ref())
                .map(|bytes| AccreditationKey::from_bytes(bytes))
                .transpose()?,
            registry: RegistryKey::from_bytes(registry)?,
            bundle: BundleKey::from_bytes(bundle)?,
        })
    }

    fn load(&self, context: &Context) -> Result<(Revision, Authority), Failure> {
        let (revision, state) = context.wait(self.store.load())?;
        Ok((revision, Authority::resume(state, self.keys()?)?))
    }

    /// Loads, lets `change` work on the authority, stores what it says; again if another process was
    /// faster.
    fn change<T>(
        &self,
        context: &Context,
        mut change: impl FnMut(&mut Authority) -> Result<Made<T>, Failure>,
    ) -> Result<T, Failure> {
        for _ in 0..TRIES {
            let (revision, mut authority) = self.load(context)?;
            let made = change(&mut authority)?;
            let state = authority.state();
            let change = made.as_change(&state);
            let stored = self.store.apply(revision, &change, context.now());
            match context.wait(stored) {
                Ok(()) => return Ok(made.value),
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Keys that were written ahead of a rotation are in force if the database says so.
    fn finish_rotation(&mut self, context: &Context) -> Result<(), Failure> {
        let next = self.dir.join(format!("{ONLINE}.{NEXT}"));
        if !next.exists() {
            return Ok(());
        }
        let (_, state) = context.wait(self.store.load())?;
        let online = self.passphrase.open(&next)?;
        let alpha = online
            .split_at_checked(32)
            .map(|(alpha, _)| RegistryKey::from_bytes(alpha));
        if !matches!(alpha, Some(Ok(alpha)) if *alpha.public() == state.keys.registry) {
            return Ok(());
        }
        let cold = self.dir.join(format!("{COLD}.{NEXT}"));
        if cold.exists() {
            let gamma = self.passphrase.open(&cold)?;
            if *AccreditationKey::from_bytes(&gamma)?.public() == state.keys.accreditation {
                std::fs::rename(&cold, self.dir.join(COLD))?;
                self.cold = self.cold.as_ref().map(|_| gamma);
            }
        }
        std::fs::rename(&next, self.dir.join(ONLINE))?;
        self.online = online;
        Ok(())
    }
}

/// What a change made, and how the store calls it.
struct Made<T> {
    value: T,
    kind: MadeKind,
}

enum MadeKind {
    Accredited { label: String },
    Drawn { label: String, ids: Vec<[u8; 32]> },
    Removed([u8; 32]),
    Published(Published),
}

impl<T> Made<T> {
    fn as_change<'a>(&'a self, state: &'a AuthorityState) -> AuthorityChange<'a> {
        match &self.kind {
            MadeKind::Accredited { label } => AuthorityChange::Accredited { label, state },
            MadeKind::Drawn { label, ids } => AuthorityChange::Drawn { label, ids },
            MadeKind::Removed(id) => AuthorityChange::Removed { id, state },
            MadeKind::Published(bundle) => AuthorityChange::Published { state, bundle },
        }
    }
}

fn split(keys: &AuthorityKeys) -> Zeroizing<Vec<u8>> {
    let mut online = Zeroizing::new(Vec::with_capacity(64));
    online.extend_from_slice(&*keys.registry.expose_bytes());
    online.extend_from_slice(&*keys.bundle.expose_bytes());
    online
}

/// Begins a registry epoch and signs bundles.
fn sign(authority: &mut Authority, times: &Times, now: i64) -> Result<Published, Failure> {
    let mut rng = rand::rng();
    let epoch_ends = now + i64::from(times.epoch_hours) * 3600;
    authority.start_epoch(now, epoch_ends, &mut rng)?;
    let expires = now + i64::from(times.days) * 86_400;
    Ok(authority.publish(now, expires, &mut rng)?)
}

/// Writes the public files.
fn publish(to: &Path, authority: &Authority, published: &Published) -> Result<(), Failure> {
    files::make_folder(to)?;
    let card = authority.card().to_bytes();
    for (name, bytes) in [
        ("scheme.vp", &card),
        ("bundle.vp", &published.verifiers),
        ("holders.vp", &published.holders),
    ] {
        artefact::save(&to.join(name), bytes, Access::Public)?;
    }
    Ok(())
}

fn told(to: &Path, state: &AuthorityState) -> Report {
    let epoch = state.epochs.last().map_or(0, |epoch| epoch.number);
    let line = format!(
        "bundle {} is published: registry epoch {epoch}, accreditation epoch {}, key set {}, {} removals",
        state.version,
        state.accreditation_epoch,
        state.keys.number,
        state.removals.len()
    );
    Report::new(
        line,
        json!({
            "bundle": state.version,
            "registry_epoch": epoch,
            "accreditation_epoch": state.accreditation_epoch,
            "key_set": state.keys.number,
            "removals": state.removals.len(),
            "to": to,
        }),
    )
    .line(format!(
        "give everybody {0}/scheme.vp once, by a way they trust; verifiers {0}/bundle.vp and holders \
         {0}/holders.vp each time",
        to.display()
    ))
}

impl Init {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut file = match &self.scheme {
            Some(path) => {
                let text = String::from_utf8(files::read(path)?)
                    .map_err(|_| Failure::bad(format!("{path} is not a text file")))?;
                SchemeFile::read(&text).map_err(|failure| failure.about(path))?
            }
            None => SchemeFile::default(),
        };
        if self.print_scheme {
            let text = file.to_toml()?;
            return Ok(Report::new(text.trim_end(), json!({ "scheme": text })));
        }
        file.name = self.name.clone().unwrap_or(file.name);
        file.zone = self.zone.clone().unwrap_or(file.zone);
        let (schema, zone, policies) = file.parts()?;
        let dir = &self.dir.dir;
        files::make_folder(dir)?;
        let _lock = files::lock(dir)?;
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), true))?;
        if !matches!(context.wait(store.load()), Err(StoreError::Empty)) {
            return Err(StoreError::NotEmpty.into());
        }
        let passphrase = context.passphrase.choose("the authority's keys")?;
        let mut authority = Authority::found(&file.name, schema, zone, policies, &mut rand::rng())?;
        // Keys before the state that needs them: whatever stops the program, nothing is founded on
        // keys that are nowhere.
        let founded = authority.state();
        let keys = authority.into_keys();
        passphrase.seal(&dir.join(ONLINE), &split(&keys))?;
        if let Some(gamma) = &keys.accreditation {
            passphrase.seal(&dir.join(COLD), &*gamma.expose_bytes())?;
        }
        context.wait(store.apply(0, &AuthorityChange::Founded(&founded), context.now()))?;
        authority = Authority::resume(founded, keys)?;
        let published = sign(&mut authority, &self.times, context.now())?;
        let state = authority.state();
        let change = AuthorityChange::Published {
            state: &state,
            bundle: &published,
        };
        context.wait(store.apply(1, &change, context.now()))?;
        let to = self.to.clone().unwrap_or_else(|| dir.join("public"));
        publish(&to, &authority, &published)?;
        let scheme = authority.scheme();
        Ok(told(&to, &state)
            .field("scheme", hex(scheme.id()))
            .line(format!("scheme {} ({})", scheme.name(), hex(scheme.id())))
            .line(format!(
                "put {COLD} away: it is needed to accredit, not from day to day"
            )))
    }
}

impl Accredit {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let registration = artefact::load(&self.registration, Kind::Registration)?;
        let registration = UnverifiedIssuer::from_bytes(&registration)?;
        let office = Office::open(context, &self.dir.dir, true)?;
        let known = context.wait(office.store.issuer(&self.label))?;
        if known.is_some() {
            return Err(Failure::refused(format!(
                "there is an issuer called {} already; choose another label",
                self.label
            )));
        }
        let paper = office.change(context, |authority| {
            let accreditation = (authority.accredit(&registration)).map_err(Failure::refused)?;
            let issuer = registration.verify(authority.scheme())?;
            let value = AccreditationPaper {
                scheme: *authority.scheme().id(),
                issuer: *issuer.x(),
                accreditation,
            };
            let label = self.label.clone();
            let kind = MadeKind::Accredited { label };
            Ok(Made { value, kind })
        })?;
        artefact::save(&self.out, &paper.to_bytes(), Access::Private)?;
        let epoch = paper.accreditation.epoch();
        Ok(Report::new(
            format!(
                "{} is accredited for epoch {epoch}; give it {}, and publish so that its holders can \
                 follow",
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "epoch": epoch, "out": self.out }),
        ))
    }
}

impl Handles {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let office = Office::open(context, &self.dir.dir, false)?;
        let issuer = context
            .wait(office.store.issuer(&self.label))?
            .ok_or_else(|| {
                Failure::bad(format!(
                    "there is no issuer called {}; `authority audit` lists them",
                    self.label
                ))
            })?;
        let paper = office.change(context, |authority| {
            let bar = context.progress(u64::from(self.count), "handles");
            let handles = (0..self.count)
                .map(|_| {
                    bar.inc(1);
                    authority.handle(&mut rand::rng())
                })
                .collect::<Result<Vec<_>, _>>()?;
            bar.finish_and_clear();
            let ids = handles.iter().map(crate::registry::Handle::id).collect();
            let label = self.label.clone();
            Ok(Made {
                value: HandlesPaper {
                    scheme: *authority.scheme().id(),
                    issuer: *issuer.x(),
                    handles,
                },
                kind: MadeKind::Drawn { label, ids },
            })
        })?;
        // Handles that are drawn and then lost are no loss; handles that are out and unknown would be.
        let signed = paper.sign(&office.keys()?.bundle);
        artefact::save(&self.out, &signed, Access::Private)?;
        Ok(Report::new(
            format!(
                "{} handles for {} are in {}; give it to the issuer on a closed way, then delete it",
                self.count,
                self.label,
                self.out.display()
            ),
            json!({ "label": self.label, "count": self.count, "out": self.out }),
        ))
    }
}

impl Revoke {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let mut handles = Vec::new();
        for given in &self.handles {
            match unhex(given) {
                Ok(id) => handles.push(id),
                Err(_) => handles.extend(listed(given)?),
            }
        }
        let office = Office::open(context, &self.dir.dir, false)?;
        for id in &handles {
            office.change(context, |authority| {
                (authority.revoke(id)).map_err(|error| Failure::refused(error).about(hex(id)))?;
                Ok(Made {
                    value: (),
                    kind: MadeKind::Removed(*id),
                })
            })?;
        }
        let count = handles.len();
        Ok(Report::new(
            format!("{count} revoked; doors refuse them from the next published bundle on"),
            json!({ "revoked": count }),
        ))
    }
}

/// The handles in a file, one in each line.
fn listed(path: &str) -> Result<Vec<[u8; 32]>, Failure> {
    let text = String::from_utf8(files::read(path)?)
        .map_err(|_| Failure::bad(format!("{path} is not a text file")))?;
    text.split_whitespace()
        .map(|line| unhex(line).map_err(|failure| failure.about(path)))
        .collect()
}

impl Publish {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let office = Office::open(context, dir, self.next_accreditation)?;
        let mut dropped = Vec::new();
        for label in &self.drop {
            let issuer = context.wait(office.store.issuer(label))?;
            let issuer =
                issuer.ok_or_else(|| Failure::bad(format!("there is no issuer called {label}")))?;
            dropped.push(issuer);
        }
        let to = self.to.clone().unwrap_or_else(|| dir.join("public"));
        let state = office.change(context, |authority| {
            if self.next_accreditation {
                authority.next_accreditation_epoch(|issuer| !dropped.contains(issuer))?;
            }
            let published = sign(authority, &self.times, context.now())?;
            Ok(Made {
                value: authority.state(),
                kind: MadeKind::Published(published),
            })
        })?;
        let (_, authority) = office.load(context)?;
        let published = (context.wait(office.store.newest_bundle())?).ok_or(StoreError::Empty)?;
        publish(&to, &authority, &published)?;
        let mut report = told(&to, &state);
        if self.next_accreditation {
            papers(context, &office, &authority, &to)?;
            report = report.line(format!(
                "each issuer's new accreditation is in {}/accreditation-LABEL.vp",
                to.display()
            ));
        }
        Ok(report)
    }
}

/// Writes every issuer's accreditation for it to fetch.
fn papers(
    context: &Context,
    office: &Office,
    authority: &Authority,
    to: &Path,
) -> Result<(), Failure> {
    let state = authority.state();
    for pool in context.wait(office.store.pools())? {
        let issuer = context.wait(office.store.issuer(&pool.label))?;
        let found = (state.issuers.iter()).find(|(known, _)| Some(*known) == issuer);
        if let Some((issuer, accreditation)) = found {
            let paper = AccreditationPaper {
                scheme: *state.scheme.id(),
                issuer: *issuer.x(),
                accreditation: *accreditation,
            };
            // Labels come from the operator, not from outside; still, no way out of the folder.
            let name: String = (pool.label.chars())
                .map(|c| {
                    if c.is_alphanumeric() || c == '-' {
                        c
                    } else {
                        '_'
                    }
                })
                .collect();
            let path = to.join(format!("accreditation-{name}.vp"));
            artefact::save(&path, &paper.to_bytes(), Access::Private)?;
        }
    }
    Ok(())
}

impl Rotate {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let _lock = files::lock(dir)?;
        let mut office = Office::open(context, dir, self.accreditation)?;
        let (revision, mut authority) = office.load(context)?;
        let rotation = Rotation {
            accreditation: self.accreditation,
            dates: self.dates,
        };
        authority.rotate(rotation, &mut rand::rng())?;
        let rotated = authority.state();
        // New keys are on disk before the state that needs them, old ones until after it.
        let keys = authority.into_keys();
        let next = |name: &str| dir.join(format!("{name}.{NEXT}"));
        office.passphrase.seal(&next(ONLINE), &split(&keys))?;
        if let (true, Some(gamma)) = (self.accreditation, &keys.accreditation) {
            office
                .passphrase
                .seal(&next(COLD), &*gamma.expose_bytes())?;
        }
        let change = AuthorityChange::Rotated(&rotated);
        context.wait(office.store.apply(revision, &change, context.now()))?;
        office.finish_rotation(context)?;
        let again = Publish {
            dir: Dir { dir: dir.clone() },
            times: Times { ..self.times },
            next_accreditation: false,
            drop: Vec::new(),
            to: self.to.clone(),
        };
        let report = again.run(context)?;
        if self.accreditation {
            let to = self.to.clone().unwrap_or_else(|| dir.join("public"));
            let (_, authority) = office.load(context)?;
            papers(context, &office, &authority, &to)?;
            return Ok(report.line(format!(
                "each issuer's new accreditation is in {}/accreditation-LABEL.vp; it issues with no other",
                to.display()
            )));
        }
        Ok(report)
    }
}

impl SignRules {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let text = String::from_utf8(files::read(&self.rules)?)
            .map_err(|_| Failure::bad(format!("{} is not a text file", self.rules)))?;
        let office = Office::open(context, &self.dir.dir, false)?;
        let signed = crate::evidence::rules::sign(&text, &office.keys()?.bundle)
            .map_err(|error| Failure::from(error).about(&self.rules))?;
        artefact::save(&self.out, signed.as_bytes(), Access::Public)?;
        Ok(Report::new(
            format!("the rules are signed: {}", self.out.display()),
            json!({ "out": self.out }),
        ))
    }
}

impl Audit {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let path = self.dir.dir.join(DATABASE);
        let store = context.wait(SqliteAuthority::open(&path, false))?;
        let lines = context.wait(store.log())?;
        let pools = context.wait(store.pools())?;
        let mut report = audited(&lines, self.head.as_deref())?;
        for pool in &pools {
            let accredited = if pool.accredited {
                ""
            } else {
                ", not accredited"
            };
            report = report.line(format!(
                "{}: {} handles, {} removed{accredited}",
                pool.label, pool.drawn, pool.removed
            ));
        }
        Ok(report.field("issuers", serde_json::to_value(&pools)?))
    }
}

/// Checks a log, and that an earlier head still stands in it.
pub(super) fn audited(lines: &[chain::Line], head: Option<&str>) -> Result<Report, Failure> {
    let newest = chain::verify(lines).map_err(Failure::refused)?;
    if let Some(noted) = head
        && !chain::contains(lines, &unhex(noted)?)
    {
        return Err(Failure::refused(
            "the noted head does not stand in the log any more: lines were cut off or replaced",
        ));
    }
    let count = lines.len();
    Ok(Report::new(
        format!("the log is whole: {count} lines"),
        json!({ "lines": count, "head": hex(&newest) }),
    )
    .line(format!("head {} (note it elsewhere)", hex(&newest))))
}
