//! Publishing: a registry epoch with the revocations so far, signed bundles, and what goes out as files.

use std::time::Duration;

use super::error::{AuthorityRoleError, ClockDoubt};
use super::{AuthorityRole, Change};
use crate::log::Epochs;
use crate::ports::Clock;
use crate::store::{AuthorityStore, StoreError};
use rand_core::CryptoRng;
use veilpass::scheme::{SchemeCard, Trust, UnixTime, UnverifiedBundle};
use veilpass::{Authority, Published};

/// The largest holders' bundle that wallets read, in bytes: some million and a half removals or handles.
pub const MAX_BUNDLE: usize = 128 << 20;

/// A pause between two epochs after which the clock is doubted, in seconds.
const LONG_PAUSE: Duration = Duration::from_secs(31 * 86_400);

/// How long what is signed may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The registry epoch, in hours.
    pub epoch_hours: u16,
    /// The bundle, in days.
    pub bundle_days: u16,
}

/// What to do if the clock does not look right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTrust {
    /// Refuse.
    Doubted,
    /// Go on: a person says that it is right. Epochs that begin later were a clock's that was wrong.
    Confirmed,
}

/// What was published before, so that nothing newer is written over.
#[derive(Clone, Copy, Debug)]
pub struct PublishedBefore<'a> {
    /// What its place calls it, for messages.
    pub name: &'a str,
    /// The verifiers' bundle.
    pub bundle: &'a [u8],
}

/// How to publish.
#[derive(Clone, Copy, Debug)]
pub struct PublishOptions<'a> {
    /// How long it may be relied on.
    pub lifetimes: Lifetimes,
    /// What to do if the clock does not look right.
    pub clock: ClockTrust,
    /// What is public where this goes; `None` if there is nothing.
    pub published: Option<PublishedBefore<'a>>,
}

/// Which accreditations are in force after it.
#[derive(Clone, Copy, Debug)]
pub enum Accreditations<'a> {
    /// Those before.
    Stay,
    /// Those of the next accreditation epoch, which takes γ.
    Next {
        /// Issuers that are no longer accredited, by label.
        dropped: &'a [String],
    },
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everybody.
    Everybody,
    /// The authority, until the issuer that it is for has it.
    OneIssuer,
}

/// A file that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// Its name: `scheme.vp`, `bundle.vp`, `holders.vp`, `accreditation-LABEL.vp`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Who may read it.
    pub readers: Readers,
}

/// What was published.
#[derive(Clone, Debug)]
pub struct Publication {
    /// What everybody pins.
    pub card: SchemeCard,
    /// What it shows, in numbers.
    pub epochs: Epochs,
    /// What goes out.
    pub files: Vec<PublicFile>,
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Begins a registry epoch with the revocations so far, signs the next bundles, and says what goes out. With
    /// the next accreditation epoch, which takes a role opened with
    /// [`KeysNeeded::All`](super::KeysNeeded::All), every issuer's new accreditation is among the files.
    ///
    /// # Errors
    /// [`AuthorityRoleError::ClockDoubted`], [`AuthorityRoleError::Behind`],
    /// [`AuthorityRoleError::PublishedUnreadable`], [`AuthorityRoleError::BundleTooLarge`],
    /// [`AuthorityRoleError::NoIssuer`] if no issuer has the name of one that is dropped;
    /// [`AuthorityRoleError`].
    pub async fn publish<R: CryptoRng + ?Sized>(
        &self,
        accreditations: Accreditations<'_>,
        options: &PublishOptions<'_>,
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
        let changed = self.change(clock, |authority| {
            not_behind(options.published.as_ref(), authority)?;
            if next {
                authority.next_accreditation_epoch(|issuer| !dropped.contains(issuer))?;
            }
            let published = sign(authority, options, clock.now(), rng)?;
            Ok((Epochs::of(&authority.state()), Change::Published(published)))
        });
        let epochs = changed.await?;
        let (_, authority) = self.load().await?;
        let newest = self.store.newest_bundle().await?;
        let mut publication = Publication {
            card: authority.card(),
            epochs,
            files: bundle_files(&authority.card(), newest.ok_or(StoreError::Empty)?),
        };
        if next {
            let files = self.accreditation_files(clock).await?;
            publication.files.extend(files);
        }
        Ok(publication)
    }

    /// Every accredited issuer's accreditation, for it to fetch.
    pub(super) async fn accreditation_files(
        &self,
        clock: &impl Clock,
    ) -> Result<Vec<PublicFile>, AuthorityRoleError> {
        let (_, authority) = self.load().await?;
        let mut files = Vec::new();
        for pool in self.store.pools().await? {
            let issuer = self.issuer(&pool.label).await?;
            if let Some(accreditation) = authority.accreditation(&issuer) {
                let accredited = (&issuer, accreditation);
                let signed = self.signed_accreditation(&authority, &pool.label, accredited, clock);
                files.push(PublicFile {
                    name: format!("accreditation-{}.vp", pool.label),
                    bytes: signed.await?,
                    readers: Readers::OneIssuer,
                });
            }
        }
        Ok(files)
    }
}

/// The card and the bundles, as files.
fn bundle_files(card: &SchemeCard, published: Published) -> Vec<PublicFile> {
    let (verifiers, holders) = published.into_parts();
    let files = [
        ("scheme.vp", card.to_bytes()),
        ("bundle.vp", verifiers),
        ("holders.vp", holders),
    ];
    (files.into_iter())
        .map(|(name, bytes)| PublicFile {
            name: name.to_owned(),
            bytes,
            readers: Readers::Everybody,
        })
        .collect()
}

/// Begins a registry epoch and signs bundles.
fn sign<R: CryptoRng + ?Sized>(
    authority: &mut Authority,
    options: &PublishOptions<'_>,
    now: i64,
    rng: &mut R,
) -> Result<Published, AuthorityRoleError> {
    let Lifetimes {
        epoch_hours,
        bundle_days,
    } = options.lifetimes;
    let now = UnixTime::from_seconds(now);
    let from = first_second(authority, options.clock, now)?;
    let until = from.saturating_add(Duration::from_secs(u64::from(epoch_hours) * 3600));
    let expires = now.saturating_add(Duration::from_secs(u64::from(bundle_days) * 86_400));
    authority.start_epoch(from, until, rng)?;
    let published = authority.publish(now, expires, rng)?;
    if published.for_holders().len() > MAX_BUNDLE {
        return Err(AuthorityRoleError::BundleTooLarge);
    }
    Ok(published)
}

/// When the next epoch begins: now, if the clock can be right.
fn first_second(
    authority: &mut Authority,
    trust: ClockTrust,
    now: UnixTime,
) -> Result<UnixTime, AuthorityRoleError> {
    let state = authority.state();
    let Some(last) = state.epochs.last() else {
        return Ok(now);
    };
    // Two publications at once.
    let second = Duration::from_secs(1);
    if (last.from.since(now)).is_some_and(|ahead| ahead < 5 * second) {
        return Ok(last.from.saturating_add(second));
    }
    let doubt = if last.from > now {
        ClockDoubt::EpochAhead
    } else if now > last.until.saturating_add(LONG_PAUSE) {
        ClockDoubt::LongPause
    } else {
        return Ok(now);
    };
    match trust {
        ClockTrust::Doubted => Err(AuthorityRoleError::ClockDoubted(doubt)),
        ClockTrust::Confirmed => {
            authority.drop_epochs_after(now);
            Ok(now)
        }
    }
}

/// Refuses if what is public is newer than this state: the store came back from a backup, and would sign a second
/// bundle of one number, or give a witness to what was revoked meanwhile.
pub(super) fn not_behind(
    published: Option<&PublishedBefore<'_>>,
    authority: &Authority,
) -> Result<(), AuthorityRoleError> {
    let Some(public) = published else {
        return Ok(());
    };
    let card = authority.card();
    let bundle = UnverifiedBundle::new(public.bundle).verify(&Trust::pinned(&card));
    let bundle = bundle.map_err(|_| AuthorityRoleError::PublishedUnreadable {
        name: public.name.to_owned(),
    })?;
    let known = authority.state().version;
    if bundle.version() > known {
        return Err(AuthorityRoleError::Behind {
            public: bundle.version(),
            known,
        });
    }
    Ok(())
}
