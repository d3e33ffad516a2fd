//! Going on from a backup: what was published after it decides.

use super::error::AuthorityRoleError;
use super::key_ring::{KeyRing, KeysNeeded};
use super::public;
use crate::log::Epochs;
use crate::ports::{Clock, Keys};
use crate::store::{AuthorityChange, AuthorityStore};
use rand_core::CryptoRng;
use veilpass::scheme::{IssuerPublic, Trust, UnverifiedBundle, UnverifiedHolderBundle};
use veilpass::{Published, RecoverError};

/// The public files, as they were published.
#[derive(Clone, Copy, Debug)]
pub struct PublicFiles<'a> {
    /// The verifiers' bundle.
    pub bundle: &'a [u8],
    /// The holders' bundle.
    pub holders: &'a [u8],
}

/// What an authority took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The newest bundle that its state knew.
    pub from_bundle: u32,
    /// What its state is now.
    pub epochs: Epochs,
    /// Issuers that are accredited no more, by label.
    pub dropped: Vec<String>,
    /// Issuers that still are.
    pub accredited: Vec<String>,
    /// How many handles are revoked now that stood in the backup.
    pub removed: u32,
    /// How many handles the public files name that the backup did not know.
    pub unknown: u32,
}

/// Takes back, into a store that was restored from a backup, what was published after the backup. Keys of the key set
/// that is public are needed; γ is not.
///
/// # Errors
/// [`AuthorityRoleError::Recover`]: nothing is newer, or it does not continue the backup;
/// [`AuthorityRoleError::PublicUnreadable`]; [`AuthorityRoleError::OlderKeys`]; [`AuthorityRoleError`].
pub async fn recover<R: CryptoRng + ?Sized>(
    store: &impl AuthorityStore,
    keys: &impl Keys,
    files: &PublicFiles<'_>,
    clock: &impl Clock,
    rng: &mut R,
) -> Result<Recovery, AuthorityRoleError> {
    let (revision, state) = store.load().await?;
    let mut ring = KeyRing::open(keys, KeysNeeded::Daily)?;
    let card = public::card(&state);
    let trust = Trust::pinned(&card);
    let holders = (UnverifiedHolderBundle::new(files.holders).verify(&trust, rng))
        .map_err(AuthorityRoleError::PublicUnreadable)?;
    let bundle = (UnverifiedBundle::new(files.bundle).verify(&trust))
        .map_err(AuthorityRoleError::PublicUnreadable)?;
    let (public, known) = (holders.bundle(), state.version);
    if (bundle.version(), bundle.digest()) != (public.version(), public.digest()) {
        return Err(AuthorityRoleError::PublicDiffers {
            verifiers: bundle.version(),
            holders: public.version(),
        });
    }
    let (state, taken) = state.recover(&holders)?;
    if KeyRing::is_interrupted(keys) {
        ring.recover(keys, &state)?;
    }
    if !state.keys.has_registry_key(&ring.keys()?.registry) {
        return Err(AuthorityRoleError::OlderKeys {
            key_set: state.keys.number(),
        });
    }
    let published = Published::from_store(files.bundle.to_vec(), files.holders.to_vec());
    let change = AuthorityChange::Recovered {
        state: &state,
        bundle: &published,
    };
    store.apply(revision, &change, clock.now()).await?;
    let (mut dropped, mut accredited) = (Vec::new(), Vec::new());
    for pool in store.pools().await? {
        let issuer: Option<IssuerPublic> = store.issuer(&pool.label).await?;
        if issuer.is_some_and(|issuer| taken.dropped.contains(&issuer)) {
            dropped.push(pool.label);
        } else if pool.accredited {
            accredited.push(pool.label);
        }
    }
    Ok(Recovery {
        from_bundle: known,
        epochs: Epochs::of(&state),
        dropped,
        accredited,
        removed: taken.removed,
        unknown: taken.unknown,
    })
}

impl From<RecoverError> for AuthorityRoleError {
    fn from(error: RecoverError) -> Self {
        Self::Recover(error)
    }
}
