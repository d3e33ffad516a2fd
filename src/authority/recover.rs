//! What an authority's state, restored from a backup, takes back from what was published after the backup.

use std::collections::HashMap;

use super::state::{AuthorityState, OlderAccreditations, OlderKeySet};
use crate::codec::DecodeError;
use crate::registry::{Bucket, CheckpointFiles, HandleState};
use crate::scheme::{HolderBundle, IssuerPublic, OfKeySet, StripEpoch};

/// Why nothing can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// Nothing newer was published.
    #[error(
        "bundle {public} is public and bundle {known} is known here: there is nothing to take back"
    )]
    NotNewer {
        /// The bundle that is public.
        public: u32,
        /// The newest that the state knows.
        known: u32,
    },
    /// The public files are of another scheme.
    #[error("the public files are of another scheme")]
    OtherScheme,
    /// What was published does not continue what the state has.
    #[error(
        "what is public does not continue what this database has: the two come from different histories of one \
         scheme; find out which bundles were given out before you do anything else"
    )]
    OtherHistory,
    /// The log of removals, or the buckets of a checkpoint, are not all there.
    #[error("the public files are not all there; bring their whole folder")]
    Incomplete,
    /// The removal log does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// What a state took back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Issuers that are no longer accredited: they were dropped after the backup.
    pub dropped: Vec<IssuerPublic>,
    /// How many handles of the state are removed now that stood in it.
    pub removed: u32,
    /// How many handles it did not know that the public files have; only those that are removed have names there.
    pub unknown: u32,
}

impl AuthorityState {
    /// Takes back what `published`, which is newer than this state, says: its number, epochs, policies, keys, all
    /// removals, and which of the state's issuers are accredited. `published` must have the whole log and, if keys were
    /// rotated after the backup, all buckets of the newest checkpoint. What was never published by name is not in it: issuers
    /// that were accredited after the backup, and handles that were drawn after it and not revoked.
    ///
    /// The authority that is resumed from it takes the secret keys of `published`.
    ///
    /// # Errors
    /// [`RecoverError`]; nothing is taken back then.
    pub fn recover(mut self, published: &HolderBundle) -> Result<(Self, Recovered), RecoverError> {
        let bundle = published.bundle();
        if bundle.scheme.id() != self.scheme.id() {
            return Err(RecoverError::OtherScheme);
        }
        if bundle.version <= self.version {
            return Err(RecoverError::NotNewer {
                public: bundle.version,
                known: self.version,
            });
        }
        self.check_history(published)?;
        let newest = bundle.epochs.last().ok_or(RecoverError::OtherHistory)?;
        let mut key_sets = Vec::new();
        for (keys, parts) in bundle.key_sets.iter().zip(&published.of_key_sets) {
            key_sets.push(OlderKeySet {
                keys: keys.clone(),
                table: parts.table.clone(),
                removals: parts.removals.clone().decoded()?,
                checkpoint: files_of(parts),
            });
        }
        let current = key_sets.pop().ok_or(RecoverError::OtherHistory)?;
        self.older_keys = key_sets.pop();
        let mut recovered = Recovered::default();
        if current.keys.number() > self.keys.number() {
            let (number, files) = (current.keys.number(), current.checkpoint.as_ref());
            self.follow_rotation((number, files), &mut recovered)?;
        }
        let logs = self.older_keys.iter().chain([&current]);
        let removed: Vec<_> = logs.flat_map(|one| one.removals.handles()).collect();
        for id in removed {
            set(&mut self.handles, id, HandleState::Revoked, &mut recovered);
        }
        self.accreditation_epoch = newest.standing.accreditation_epoch;
        self.keep_accredited(published, current.keys.number(), &mut recovered);
        self.keys = current.keys;
        self.table = current.table;
        self.removals = current.removals;
        self.checkpoint = current.checkpoint;
        self.version = bundle.version;
        self.epochs = bundle.epochs.clone();
        self.follow_strips(&bundle.strip_epochs);
        self.last_epoch = self.last_epoch.max(newest.number);
        self.policies = bundle.policies.clone();
        self.renewals = bundle.renewals.clone();
        self.withdrawn.extend(&bundle.withdrawn);
        self.withdrawn.sort_unstable();
        self.withdrawn.dedup();
        Ok((self, recovered))
    }

    /// Strip epochs that were published before and are gone have ended, in time or with their keys.
    fn follow_strips(&mut self, published: &[StripEpoch]) {
        let newest = |list: &[StripEpoch]| list.last().map(|epoch| epoch.period);
        let (before, after) = (newest(&self.strip_epochs), newest(published));
        if before > after {
            self.strips_ended = self.strips_ended.max(before);
        }
        self.strip_epochs = published.to_vec();
    }

    /// Whether what was published can have come after this state.
    fn check_history(&self, published: &HolderBundle) -> Result<(), RecoverError> {
        let whole = |parts: &OfKeySet| parts.removals.first() == 0;
        if !published.of_key_sets.iter().all(whole) {
            return Err(RecoverError::Incomplete);
        }
        let (bundle, number) = (published.bundle(), self.keys.number());
        let same = bundle.key_set(number).zip(published.of_key_set(number));
        let continues = same.is_none_or(|(keys, parts)| {
            keys.digest() == self.keys.digest() && parts.removals.continues(&self.removals)
        });
        let newest = bundle.standings().last().map(|standing| {
            standing.key_set >= number && standing.accreditation_epoch >= self.accreditation_epoch
        });
        if continues && newest == Some(true) {
            Ok(())
        } else {
            Err(RecoverError::OtherHistory)
        }
    }

    /// After a rotation each checkpoint has what stood: whatever it leaves out had been removed.
    fn follow_rotation(
        &mut self,
        (key_set, published): (u32, Option<&CheckpointFiles>),
        recovered: &mut Recovered,
    ) -> Result<(), RecoverError> {
        let files = published.ok_or(RecoverError::Incomplete)?;
        let scheme = *self.scheme.id();
        let mut buckets = Vec::new();
        for (name, bytes) in files.named() {
            buckets.push((files.checkpoint).read((&scheme, key_set), name.number, bytes)?);
        }
        let mut known = 0;
        for (id, state) in &mut self.handles {
            let place = files.checkpoint.bucket_of_id(&scheme, id);
            let bucket = usize::try_from(place)
                .ok()
                .and_then(|place| buckets.get(place));
            if bucket.is_some_and(|bucket| bucket.has(id)) {
                known += 1;
            } else if *state == HandleState::Valid {
                *state = HandleState::Revoked;
                recovered.removed += 1;
            }
        }
        let entries: usize = buckets.iter().map(Bucket::len).sum();
        let unknown = entries.saturating_sub(known);
        recovered.unknown += u32::try_from(unknown).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Issuers that the newest published list does not accredit are accredited no more.
    fn keep_accredited(
        &mut self,
        published: &HolderBundle,
        key_set: u32,
        recovered: &mut Recovered,
    ) {
        let issuers = std::mem::take(&mut self.issuers).into_iter();
        let known: Vec<_> = issuers.map(|(issuer, _)| issuer).collect();
        let newest = (key_set, self.accreditation_epoch);
        let listed = |issuer: &IssuerPublic, place| {
            let found = published.accreditation(issuer, place);
            found.map(|accreditation| (*issuer, accreditation))
        };
        for issuer in &known {
            match listed(issuer, newest) {
                Some(accredited) => self.issuers.push(accredited),
                None => recovered.dropped.push(*issuer),
            }
        }
        let all = || known.iter().chain(&self.former);
        let mut older = Vec::new();
        for keys in published.bundle.key_sets() {
            for epoch in published.bundle.accreditation_epochs(keys.number()) {
                let place = (keys.number(), epoch);
                if place != newest {
                    older.push(OlderAccreditations {
                        key_set: keys.number(),
                        epoch,
                        issuers: all().filter_map(|issuer| listed(issuer, place)).collect(),
                    });
                }
            }
        }
        self.older_accreditations = older;
        self.former.extend(&recovered.dropped);
    }
}

/// The checkpoint of published parts, if all of its buckets are there.
fn files_of(parts: &OfKeySet) -> Option<CheckpointFiles> {
    let checkpoint = parts.checkpoint?;
    let names = parts.buckets.iter().map(Bucket::name);
    let whole = names.eq(checkpoint.buckets());
    let buckets = parts
        .buckets
        .iter()
        .map(|bucket| bucket.as_bytes().to_vec());
    whole.then(|| CheckpointFiles {
        checkpoint,
        buckets: buckets.collect(),
    })
}

/// Gives a handle its state. What is revoked stays so.
fn set(
    handles: &mut HashMap<[u8; 32], HandleState>,
    id: [u8; 32],
    state: HandleState,
    recovered: &mut Recovered,
) {
    match handles.insert(id, state) {
        None => recovered.unknown += 1,
        Some(HandleState::Valid) if state == HandleState::Revoked => recovered.removed += 1,
        Some(_) => {}
    }
}
