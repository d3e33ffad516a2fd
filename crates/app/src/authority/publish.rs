//! Publishing: a registry epoch with the revocations so far, signed bundles, and what goes out as files.

use std::time::Duration;

use super::error::{AuthorityRoleError, ClockDoubt};
use super::{AuthorityRole, Change};
use crate::log::Epochs;
use crate::ports::Clock;
use crate::source::PublicName;
use crate::store::{AuthorityStore, StoreError};
use rand_core::CryptoRng;
use veilpass::registry::CheckpointFiles;
use veilpass::scheme::{HolderFiles, PartDigest, SchemeCard, Trust, UnixTime, UnverifiedBundle};
use veilpass::{Authority, Published};

/// The largest file with all that holders need, in bytes; where there would be more, there are the parts alone.
pub const MAX_HOLDERS: usize = 128 << 20;

/// A pause between two epochs after which the clock is doubted, in seconds.
const LONG_PAUSE: Duration = Duration::from_secs(31 * 86_400);

/// How long what is signed may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The bundle, in days.
    pub bundle_days: u16,
}

/// When the registry epoch of a publication begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begins {
    /// At once, for what cannot wait: whoever has not fetched the bundle falls behind by one epoch.
    #[default]
    Now,
    /// At this moment: doors and wallets that fetch the bundle before it go over together, by their clocks.
    At(UnixTime),
}

/// What to do if the clock does not look right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTrust {
    /// Refuse.
    Doubted,
    /// Go on: a person says that it is right. Epochs that begin later were a clock's that was wrong.
    Confirmed,
}

/// How to publish.
#[derive(Clone, Copy, Debug)]
pub struct PublishOptions {
    /// How long it may be relied on.
    pub lifetimes: Lifetimes,
    /// When its registry epoch begins.
    pub begins: Begins,
    /// What to do if the clock does not look right.
    pub clock: ClockTrust,
}

/// Which accreditations come into force with its registry epoch.
#[derive(Clone, Copy, Debug)]
pub enum Accreditations<'a> {
    /// Those before.
    Stay,
    /// Those of the next accreditation epoch, which takes γ. Those before serve until the grace is over.
    Next {
        /// Issuers that are no longer accredited, by label.
        dropped: &'a [String],
    },
}

/// A file for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// Its name: `scheme.vp`, `bundle.vp`, `holders.vp`.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A static part for everybody: it is named by its digest and never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPart {
    /// Its name.
    pub name: PublicName,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// An issuer's new accreditation: its key and its limits, for nobody but it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccreditationFile {
    /// The issuer.
    pub label: String,
    /// The signed accreditation.
    pub bytes: Vec<u8>,
}

/// What was published.
#[derive(Clone, Debug)]
pub struct Publication {
    /// What everybody pins.
    pub card: SchemeCard,
    /// What it shows, in numbers.
    pub epochs: Epochs,
    /// Static parts, which go out to everybody before the files, in this order: buckets of checkpoints, what the manifest
    /// names, the manifest.
    pub parts: Vec<PublicPart>,
    /// What goes out to everybody, `bundle.vp` last. There is no `holders.vp` where it would be too large.
    pub files: Vec<PublicFile>,
    /// What each issuer must get if accreditations were renewed.
    pub accreditations: Vec<AccreditationFile>,
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Begins a registry epoch with the revocations so far, signs the next bundles, and says what goes out. With
    /// the next accreditation epoch, which takes a role opened with
    /// [`KeysNeeded::All`](super::KeysNeeded::All), every issuer's new accreditation comes with it.
    ///
    /// # Errors
    /// [`AuthorityRoleError::ClockDoubted`], [`AuthorityRoleError::NoIssuer`] if no issuer has the name of one that is dropped;
    /// [`AuthorityRoleError`].
    pub async fn publish<R: CryptoRng + ?Sized>(
        &self,
        accreditations: Accreditations<'_>,
        options: &PublishOptions,
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<Publication, AuthorityRoleError> {
        let mut dropped = Vec::new();
        if let Accreditations::Next { dropped: labels } = accreditations {
            for label in labels {
                dropped.push(self.issuer(label).await?);
            }
        }
        let next = matches!(accreditations, Accreditations::Next { .. });
        let newest = self.store.newest_bundle().await?;
        let changed = self.change(clock, |authority| {
            if next {
                authority.next_accreditation_epoch(|issuer| !dropped.contains(issuer))?;
            }
            let published = sign(authority, newest.as_ref(), options, clock.now(), rng)?;
            Ok(((), Change::Published(published)))
        });
        changed.await?;
        let mut publication = self.signed_last().await?;
        if next {
            publication.accreditations = self.accreditation_files(clock).await?;
        }
        Ok(publication)
    }

    /// What was signed last once more, for whoever could not write it out whole, with the accreditation of every issuer.
    /// Changes nothing.
    ///
    /// # Errors
    /// [`AuthorityRoleError`].
    pub async fn published_again(
        &self,
        clock: &impl Clock,
    ) -> Result<Publication, AuthorityRoleError> {
        let mut publication = self.signed_last().await?;
        publication.accreditations = self.accreditation_files(clock).await?;
        Ok(publication)
    }

    async fn signed_last(&self) -> Result<Publication, AuthorityRoleError> {
        let (_, authority) = self.load().await?;
        let newest = self.store.newest_bundle().await?;
        let mut publication = Publication {
            card: authority.card(),
            epochs: Epochs::of(&authority.state()),
            parts: Vec::new(),
            files: Vec::new(),
            accreditations: Vec::new(),
        };
        publication.put(&authority, newest.ok_or(StoreError::Empty)?)?;
        Ok(publication)
    }

    /// Every accredited issuer's accreditation, for it to fetch.
    pub(super) async fn accreditation_files(
        &self,
        clock: &impl Clock,
    ) -> Result<Vec<AccreditationFile>, AuthorityRoleError> {
        let (_, authority) = self.load().await?;
        let mut files = Vec::new();
        for pool in self.store.pools().await? {
            let issuer = self.issuer(&pool.label).await?;
            if let Some(accreditation) = authority.accreditation(&issuer) {
                let accredited = (&issuer, accreditation);
                let signed = self.signed_accreditation(&authority, &pool.label, accredited, clock);
                files.push(AccreditationFile {
                    bytes: signed.await?,
                    label: pool.label,
                });
            }
        }
        Ok(files)
    }
}

impl Publication {
    /// Everything that is published, as files.
    fn put(
        &mut self,
        authority: &Authority,
        published: Published,
    ) -> Result<(), AuthorityRoleError> {
        let (verifiers, holders) = published.into_parts();
        let named = HolderFiles::from_bytes(&holders).map_err(StoreError::from)?;
        let bundle = UnverifiedBundle::new(&verifiers).verify(&Trust::pinned(&self.card));
        let bundle = bundle.map_err(AuthorityRoleError::PublicUnreadable)?;
        let buckets = authority.checkpoints().flat_map(CheckpointFiles::named);
        self.parts.extend(buckets.map(|(name, bytes)| PublicPart {
            name: PublicName::Bucket(name),
            bytes: bytes.clone(),
        }));
        let parts = named.parts.into_iter().map(|bytes| PublicPart {
            name: PublicName::Part(PartDigest::of(&bytes)),
            bytes,
        });
        let manifest = PublicPart {
            name: PublicName::Part(bundle.manifest_digest()),
            bytes: named.manifest,
        };
        self.parts.extend(parts.chain([manifest]));
        let files = [
            ("scheme.vp", self.card.to_bytes()),
            ("holders.vp", holders),
            ("bundle.vp", verifiers),
        ];
        let files = files
            .into_iter()
            .filter(|(name, bytes)| *name != "holders.vp" || bytes.len() <= MAX_HOLDERS);
        self.files
            .extend(files.map(|(name, bytes)| PublicFile { name, bytes }));
        Ok(())
    }
}

/// Begins a registry epoch and signs bundles.
fn sign<R: CryptoRng + ?Sized>(
    authority: &mut Authority,
    newest: Option<&Published>,
    options: &PublishOptions,
    now: i64,
    rng: &mut R,
) -> Result<Published, AuthorityRoleError> {
    let now = UnixTime::from_seconds(now);
    doubt_clock(newest, &authority.card(), options, now)?;
    let days = u64::from(options.lifetimes.bundle_days);
    let expires = now.saturating_add(Duration::from_secs(days * 86_400));
    match options.begins {
        Begins::At(from) => match authority.state().epochs.as_slice() {
            // One that is announced for this moment stays as it is, and this one comes right after it.
            [first, .., last] | [first @ last] if first.from <= now => {
                let second = Duration::from_secs(1);
                authority.start_epoch(from.max(last.from.saturating_add(second)), rng)?;
            }
            // At each moment an epoch is in force.
            _ => authority.start_epoch_now(now, rng)?,
        },
        Begins::Now => authority.start_epoch_now(now, rng)?,
    }
    Ok(authority.publish(now, expires, rng)?)
}

/// Refuses if the clock cannot be right: something was published later than now, or long ago.
fn doubt_clock(
    newest: Option<&Published>,
    card: &SchemeCard,
    options: &PublishOptions,
    now: UnixTime,
) -> Result<(), AuthorityRoleError> {
    let Some(newest) = newest else {
        return Ok(());
    };
    let newest = UnverifiedBundle::new(newest.for_verifiers()).verify(&Trust::pinned(card));
    let last = newest
        .map_err(AuthorityRoleError::PublicUnreadable)?
        .issued();
    // Two publications at once come from clocks that differ by seconds.
    let doubt = if last > now.saturating_add(Duration::from_secs(5)) {
        ClockDoubt::EpochAhead
    } else if now > last.saturating_add(LONG_PAUSE) {
        ClockDoubt::LongPause
    } else {
        return Ok(());
    };
    match options.clock {
        ClockTrust::Doubted => Err(AuthorityRoleError::ClockDoubted(doubt)),
        ClockTrust::Confirmed => Ok(()),
    }
}
