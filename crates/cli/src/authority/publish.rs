//! Founding a scheme, publishing bundles, rotating keys.

use std::path::Path;

use serde_json::json;

use super::limits;
use super::office::{COLD, DATABASE, Made, MadeKind, NEXT, ONLINE, Office, split};
use super::{Init, Publish, Rotate, Times};
use crate::Context;
use crate::artefact;
use crate::files::{self, Access};
use crate::report::{Failure, Report, hex};
use crate::scheme_file::SchemeFile;
use veilpass::artefact::Artefact;
use veilpass::scheme::UnverifiedBundle;
use veilpass::{Authority, AuthorityState, Published, Rotation};
use veilpass_app::store::{AuthorityChange, AuthorityStore, StoreError};
use veilpass_sqlite::SqliteAuthority;

/// A pause between two epochs after which the clock is doubted, in seconds.
const LONG_PAUSE: i64 = 31 * 86_400;

/// Begins a registry epoch and signs bundles.
fn sign(authority: &mut Authority, times: &Times, now: i64) -> Result<Published, Failure> {
    let mut rng = rand::rng();
    let from = first_second(authority, times, now)?;
    let epoch_ends = from + i64::from(times.epoch_hours) * 3600;
    authority.start_epoch(from, epoch_ends, &mut rng)?;
    let expires = now + i64::from(times.days) * 86_400;
    let published = authority.publish(now, expires, &mut rng)?;
    let size = u64::try_from(published.holders.len()).unwrap_or(u64::MAX);
    if size > files::MAX_FILE {
        return Err(Failure::refused(
            "the holders' bundle would be larger than wallets read (128 MB): rotate the registry's key if it is \
             for removals; if too many handles stand, found a second scheme",
        ));
    }
    Ok(published)
}

/// When the next epoch begins: now, if the clock can be right.
fn first_second(authority: &mut Authority, times: &Times, now: i64) -> Result<i64, Failure> {
    let state = authority.state();
    let Some(last) = state.epochs.last() else {
        return Ok(now);
    };
    // Two publications in one breath.
    if (0..5).contains(&(last.from - now)) {
        return Ok(last.from + 1);
    }
    let doubt = if last.from > now {
        "the last epoch begins later than now: the clock is wrong, or was when it was published"
    } else if now > last.until.saturating_add(LONG_PAUSE) {
        "the last epoch ended more than a month ago, if the clock is right"
    } else {
        return Ok(now);
    };
    if !times.yes {
        return Err(Failure::refused(format!(
            "{doubt}; if it is right now, add --yes"
        )));
    }
    authority.drop_epochs_after(now);
    Ok(now)
}

/// Writes the public files.
fn publish(to: &Path, authority: &Authority, published: &Published) -> Result<(), Failure> {
    files::make_public_folder(to)?;
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
        "bundle {} is published: registry epoch {epoch}, accreditation epoch {}, key set {}, {} removals under its keys",
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
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
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
        files::make_private(&dir.join(DATABASE))?;
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), true))?;
        if !matches!(context.wait(store.load()), Err(StoreError::Empty)) {
            return Err(StoreError::NotEmpty.into());
        }
        for name in [ONLINE, COLD] {
            files::no_keys_yet(&dir.join(name))?;
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
        if let Some(release) = file.release {
            limits::keep_release(context, &store, release)?;
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

/// Refuses if what is public already is newer than this state: the database came back from a backup, and
/// would sign a second bundle of one number, or give a witness to what was removed meanwhile.
fn not_behind(to: &Path, authority: &Authority) -> Result<(), Failure> {
    let public = to.join("bundle.vp");
    if !public.exists() {
        return Ok(());
    }
    let bytes = artefact::load(&public.display().to_string(), Artefact::Bundle)?;
    let card = authority.card();
    // Were it written over, nobody could tell any more what it was.
    let bundle = (UnverifiedBundle(&bytes).verify(&card.key, Some(&card.scheme), None)).map_err(|_| {
        Failure::refused(format!(
            "{} is damaged, or of another scheme: publish to another folder, or move it away if this \
             database is not from a backup",
            public.display()
        ))
    })?;
    let ours = authority.state().version;
    if bundle.version <= ours {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "bundle {} is public already, but this database knows of {ours} only: it is older than what was \
         published; restore a newer backup",
        bundle.version
    )))
}

impl Publish {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
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
            not_behind(&to, authority)?;
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
            let accredited = (issuer, *accreditation);
            let paper = limits::paper(context, office, authority, &pool.label, accredited)?;
            let path = to.join(format!("accreditation-{}.vp", pool.label));
            artefact::save(&path, &paper, Access::Private)?;
        }
    }
    Ok(())
}

impl Rotate {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let _lock = files::lock(dir)?;
        let mut office = Office::open(context, dir, self.accreditation)?;
        let (revision, mut authority) = office.load(context)?;
        let to = self.to.clone().unwrap_or_else(|| dir.join("public"));
        not_behind(&to, &authority)?;
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
        let applied = context.wait(office.store.apply(revision, &change, context.now()));
        if applied.is_err() {
            // Keys that never came into force.
            for name in [ONLINE, COLD] {
                let _ = std::fs::remove_file(next(name));
            }
        }
        applied?;
        office.finish_rotation(context)?;
        let again = Publish {
            dir: self.dir.clone(),
            times: self.times.clone(),
            next_accreditation: false,
            drop: Vec::new(),
            to: self.to.clone(),
        };
        let report = again.run(context)?;
        if self.accreditation {
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
