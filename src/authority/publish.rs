//! The next bundle: signed, with its manifest and the parts that only holders get.

use std::time::Duration;

use super::Authority;
use super::state::{AuthorityError, LIST_SIZE, POSTER_AHEAD, Published};
use crate::curve::CryptoRng;
use crate::registry::CheckpointFiles;
use crate::scheme::{
    Accreditation, Bundle, IssuerPublic, KeySet, KeySetFiles, Mode, Offsets, SealedAccreditations,
    SealedUnder, StripEpoch, UnixTime,
};

/// Removals after which a publication has a new checkpoint: with a bucket and one or two segments less than a megabyte.
const CHECKPOINT_EVERY: u32 = 1024;

impl Authority {
    /// Signs and numbers the next bundle, without what is past every grace by then. There must be a registry epoch: see
    /// [`start_epoch`](Self::start_epoch).
    ///
    /// # Errors
    /// [`AuthorityError::NoEpoch`].
    pub fn publish<R: CryptoRng + ?Sized>(
        &mut self,
        issued: UnixTime,
        expires: UnixTime,
        rng: &mut R,
    ) -> Result<Published, AuthorityError> {
        if self.epochs.is_empty() {
            return Err(AuthorityError::NoEpoch);
        }
        let offsets = Offsets::of(self.scheme.zone(), issued, expires)
            .ok_or(AuthorityError::OutsideCalendar)?;
        self.renew_strip_epochs(issued, &offsets)?;
        self.drop_ended(issued);
        self.renew_checkpoint()?;
        let older = self.older_keys.as_ref().map(|older| older.keys.clone());
        let mut bundle = Bundle {
            version: self.version + 1,
            issued,
            expires,
            scheme: self.scheme.clone(),
            offsets,
            key_sets: older.into_iter().chain([self.keys.clone()]).collect(),
            epochs: self.epochs.clone(),
            strip_epochs: self.strip_epochs.clone(),
            poster_ahead: POSTER_AHEAD,
            policies: self.policies.clone(),
            renewals: self.renewals.clone(),
            withdrawn: self.withdrawn.clone(),
            signer: self.verifying_key(),
            manifest: [0; 32],
        };
        let mut parts = Vec::new();
        for keys in &bundle.key_sets {
            parts.push(self.parts_of(&bundle, keys, rng)?);
        }
        let manifest = KeySetFiles::manifest(&parts, bundle.version, expires);
        bundle.manifest = manifest.digest();
        self.version = bundle.version;
        let bundle = self.bundle_key.sign_bundle(&bundle);
        let manifest = (self.bundle_key).sign_manifest(self.scheme.id(), &manifest);
        Ok(Published {
            holders: KeySetFiles::holder_files(&parts, bundle.clone(), manifest).to_bytes(),
            verifiers: bundle,
        })
    }

    /// Makes a checkpoint of the newest keys, if many handles were removed since the last one: whoever was away for long
    /// then fetches a bucket and what was removed since, and not the whole log.
    fn renew_checkpoint(&mut self) -> Result<(), AuthorityError> {
        let removals = self.registry.removals();
        let last = self.checkpoint.as_ref();
        let last = last.map_or(0, |files| files.checkpoint.removals);
        let missing = self.checkpoint.is_none() && self.keys.number() > 1;
        if missing || removals.saturating_sub(last) >= CHECKPOINT_EVERY {
            let made = self.registry.checkpoint(self.scheme.id());
            self.checkpoint = Some(made.map_err(|_| AuthorityError::Unlucky)?);
        }
        Ok(())
    }

    /// The checkpoints that the next bundle's manifest names: those of the keys that serve.
    pub fn checkpoints(&self) -> impl Iterator<Item = &CheckpointFiles> {
        let older = self.older_keys.as_ref();
        let older = older.and_then(|older| older.checkpoint.as_ref());
        older.into_iter().chain(&self.checkpoint)
    }

    /// What only holders get of a key set.
    fn parts_of<R: CryptoRng + ?Sized>(
        &self,
        bundle: &Bundle,
        keys: &KeySet,
        rng: &mut R,
    ) -> Result<KeySetFiles, AuthorityError> {
        let mut lists = Vec::new();
        for epoch in bundle.accreditation_epochs(keys.number()) {
            let version = bundle.version;
            let under = SealedUnder { keys, version };
            let issuers = self.accredited_in(keys.number(), epoch);
            let sealed = SealedAccreditations::seal(&self.scheme, under, issuers, LIST_SIZE, rng);
            let sealed = sealed.ok_or(AuthorityError::TooManyIssuers)?;
            lists.push((epoch, sealed.to_bytes()));
        }
        let (table, removals, checkpoint) = match &self.older_keys {
            Some(older) if older.keys.number() == keys.number() => {
                (&older.table, &older.removals, &older.checkpoint)
            }
            _ => (&self.table, self.registry.log(), &self.checkpoint),
        };
        Ok(KeySetFiles {
            number: keys.number(),
            table: table.to_bytes(),
            segments: removals.segments().collect(),
            checkpoint: checkpoint.clone(),
            lists,
        })
    }

    /// Who is accredited under a key set and an accreditation epoch.
    fn accredited_in(&self, key_set: u32, epoch: u32) -> &[(IssuerPublic, Accreditation)] {
        if (key_set, epoch) == (self.keys.number(), self.accreditation_epoch) {
            return &self.issuers;
        }
        let mut older = self.older_accreditations.iter();
        let found = older.find(|list| (list.key_set, list.epoch) == (key_set, epoch));
        found.map_or(&[], |list| &list.issuers)
    }

    /// Strip epochs for the week of `now`, if it has none, and for the next one, from the first publication of a week on: so
    /// long before it begins whoever fetches has it. Those whose strips no door takes any more go.
    fn renew_strip_epochs(
        &mut self,
        now: UnixTime,
        offsets: &Offsets,
    ) -> Result<(), AuthorityError> {
        let today = (offsets.day_of(now)).ok_or(AuthorityError::OutsideCalendar)?;
        let period = StripEpoch::period_of(today);
        let graces = self.policies.iter();
        let grace = graces.filter_map(|policy| policy.grace(Mode::Strip)).max();
        let grace = grace.unwrap_or_default();
        let serves = |epoch: &StripEpoch| {
            let end = offsets.end_of(epoch.last_day());
            let ends = end.is_none_or(|end| now < end.saturating_add(grace));
            // A clock that was wrong may have published others.
            ends && epoch.period <= period.saturating_add(1)
        };
        self.strip_epochs.retain(serves);
        let after = |period: i32| period.saturating_add(1);
        let free = self
            .strips_ended
            .map_or(period, |ended| after(ended).max(period));
        let first = (self.strip_epochs.last()).map_or(free, |last| after(last.period));
        let standing = self.standing();
        let new = (first..=after(period)).map(|period| StripEpoch { period, standing });
        self.strip_epochs.extend(new);
        Ok(())
    }

    /// Forgets epochs that no door takes any more at `now`, and keys and accreditations that none is left of.
    fn drop_ended(&mut self, now: UnixTime) {
        let grace = self.longest_grace();
        let ended = self.epochs.iter().skip(1);
        let ended = ended.take_while(|next| next.from.saturating_add(grace) <= now);
        let ended = ended.count();
        self.epochs.drain(..ended);
        let older = self.older_keys.take();
        self.older_keys = older.filter(|older| self.names(older.keys.number()));
        let lists = std::mem::take(&mut self.older_accreditations).into_iter();
        self.older_accreditations = lists.filter(|list| self.names_list(list)).collect();
    }

    /// How long after its end an epoch may still be of use to any door, whose clock may differ by a window.
    fn longest_grace(&self) -> Duration {
        let graces = self.policies.iter().flat_map(|policy| {
            let modes = [Mode::Challenge, Mode::Poster].into_iter();
            let graces = modes.filter_map(|mode| policy.grace(mode));
            graces.map(|grace| grace.max(policy.window()).saturating_add(policy.window()))
        });
        graces.max().unwrap_or_default()
    }
}
