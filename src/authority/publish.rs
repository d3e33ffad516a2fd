//! The next bundle: signed, with what only holders get.

use std::time::Duration;

use super::Authority;
use super::state::{AuthorityError, LIST_SIZE, POSTER_AHEAD, Published};
use crate::curve::CryptoRng;
use crate::scheme::{
    Accreditation, Bundle, HolderBundle, IssuerPublic, KeySet, Mode, OfKeySet, Offsets,
    SealedAccreditations, SealedUnder, StripEpoch, UnixTime,
};

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
            holder_parts: [0; 32],
        };
        let mut of_key_sets = Vec::new();
        for keys in &bundle.key_sets {
            of_key_sets.push(self.parts_of(&bundle, keys, rng)?);
        }
        bundle.holder_parts = HolderBundle::parts_digest(&of_key_sets);
        self.version = bundle.version;
        let holder = HolderBundle {
            bundle,
            of_key_sets,
        };
        Ok(Published {
            verifiers: self.bundle_key.sign_bundle(&holder.bundle),
            holders: self.bundle_key.sign_holder_bundle(&holder),
        })
    }

    /// What only holders get of a key set.
    fn parts_of<R: CryptoRng + ?Sized>(
        &self,
        bundle: &Bundle,
        keys: &KeySet,
        rng: &mut R,
    ) -> Result<OfKeySet, AuthorityError> {
        let mut accreditations = Vec::new();
        for epoch in bundle.accreditation_epochs(keys.number()) {
            let version = bundle.version;
            let under = SealedUnder { keys, version };
            let issuers = self.accredited_in(keys.number(), epoch);
            let sealed = SealedAccreditations::seal(&self.scheme, under, issuers, LIST_SIZE, rng);
            accreditations.push(sealed.ok_or(AuthorityError::TooManyIssuers)?);
        }
        Ok(match &self.older_keys {
            Some(older) if older.keys.number() == keys.number() => OfKeySet {
                table: older.table.clone(),
                removals: older.removals.clone(),
                reissued: older.reissued.clone(),
                accreditations,
            },
            _ => OfKeySet {
                table: self.table.clone(),
                removals: self.registry.log().clone(),
                reissued: self.reissued.clone(),
                accreditations,
            },
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
