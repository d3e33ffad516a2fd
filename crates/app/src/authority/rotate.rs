//! Replacing the keys of a scheme.

use super::AuthorityRole;
use super::error::AuthorityRoleError;
use super::key_ring::{self, KeyRing, KeysNeeded};
use super::publish::{Accreditations, Publication, PublishOptions};
use crate::ports::{Clock, Keys};
use crate::store::{AuthorityChange, AuthorityStore, StoreError};
use rand_core::CryptoRng;
use veilpass::Rotation;

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Replaces α, and what else `rotation` says, and publishes: the new keys come into force with the registry epoch
    /// that `options` say. With a new γ every issuer's new accreditation comes with it. γ is replaced only by a role that was opened with [`KeysNeeded::All`].
    ///
    /// The new keys are sealed under names of their own, then the state is stored, then they get their names:
    /// a rotation that is stopped in between is finished, or was none, when the role is opened next. The place of
    /// the keys must let one rotation happen at a time: two would seal their keys under the same names.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if another process changed the state meanwhile; [`AuthorityRoleError`].
    pub async fn rotate<R: CryptoRng + ?Sized>(
        &mut self,
        keys: &impl Keys,
        rotation: Rotation,
        options: &PublishOptions,
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<Publication, AuthorityRoleError> {
        let (revision, mut authority) = self.load().await?;
        authority.rotate(rotation, rng)?;
        let rotated = authority.state();
        let replaced = match rotation.accreditation {
            true => KeysNeeded::All,
            false => KeysNeeded::Daily,
        };
        let next = KeyRing::seal_next(keys, &authority.into_keys(), replaced)?;
        let change = AuthorityChange::Rotated(&rotated);
        let applied = self.store.apply(revision, &change, clock.now()).await;
        // After any other failure the state may have been stored all the same: the keys stay, and whoever opens
        // the role next sees whether they are in force.
        if matches!(applied, Err(StoreError::Conflict)) {
            key_ring::forget_next(keys);
        }
        applied?;
        self.keys = next;
        self.finish_rotation(keys).await?;
        let mut publication = (self.publish(Accreditations::Stay, options, clock, rng)).await?;
        if rotation.accreditation {
            publication.accreditations = self.accreditation_files(clock).await?;
        }
        Ok(publication)
    }
}
