//! What an authority's state, restored from a backup, takes back from what was published after the backup.

use std::collections::HashMap;

use super::state::AuthorityState;
use crate::codec::DecodeError;
use crate::registry::HandleState;
use crate::scheme::{HolderBundle, IssuerPublic};

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
    /// How many handles it did not know, which the public files name.
    pub unknown: u32,
}

impl AuthorityState {
    /// Takes back what `published`, which is newer than this state, says: its number, epochs, policies, keys, all
    /// removals, and which of the state's issuers are accredited. What was never published is not in it: issuers
    /// that were accredited after the backup, and handles that were drawn after it and neither revoked nor reissued.
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
        let removals = published.removals.clone().decoded()?;
        let mut recovered = Recovered::default();
        if bundle.keys.number() > self.keys.number() {
            self.follow_rotation(published, &mut recovered);
        }
        for id in removals.handles() {
            set(&mut self.handles, id, HandleState::Revoked, &mut recovered);
        }
        self.keep_accredited(published, &mut recovered);
        self.keys = bundle.keys.clone();
        self.table = published.table.clone();
        self.version = bundle.version;
        self.accreditation_epoch = bundle.accreditation_epoch;
        self.epochs = bundle.epochs.clone();
        let newest = bundle.epochs.last().map_or(0, |epoch| epoch.number);
        self.last_epoch = self.last_epoch.max(newest);
        self.policies = bundle.policies.clone();
        self.withdrawn.extend(&bundle.withdrawn);
        self.withdrawn.sort_unstable();
        self.withdrawn.dedup();
        self.removals = removals;
        self.reissued = published.reissued.clone();
        Ok((self, recovered))
    }

    /// Whether what was published can have come after this state.
    fn check_history(&self, published: &HolderBundle) -> Result<(), RecoverError> {
        let (bundle, own) = (published.bundle(), self.removals.as_bytes());
        let continues = if bundle.keys.number() == self.keys.number() {
            bundle.keys.digest() == self.keys.digest()
                && published.removals.as_bytes().starts_with(own)
        } else {
            bundle.keys.number() > self.keys.number()
        };
        if continues && bundle.accreditation_epoch >= self.accreditation_epoch {
            Ok(())
        } else {
            Err(RecoverError::OtherHistory)
        }
    }

    /// A rotation reissued what stood: whatever it left out had been removed.
    fn follow_rotation(&mut self, published: &HolderBundle, recovered: &mut Recovered) {
        let mut standing: HashMap<_, _> = (published.reissued.handles())
            .map(|id| (id, HandleState::Valid))
            .collect();
        for (id, state) in &mut self.handles {
            if standing.remove(id).is_none() && *state == HandleState::Valid {
                *state = HandleState::Revoked;
                recovered.removed += 1;
            }
        }
        for (id, state) in standing {
            set(&mut self.handles, id, state, recovered);
        }
    }

    /// Issuers that the published list does not accredit are accredited no more.
    fn keep_accredited(&mut self, published: &HolderBundle, recovered: &mut Recovered) {
        let bundle = published.bundle();
        let (under, epoch) = (bundle.sealed_under(), bundle.accreditation_epoch);
        for (issuer, _) in std::mem::take(&mut self.issuers) {
            let list = &published.accreditations;
            match list.open(&self.scheme, under, &issuer, epoch) {
                Some(accreditation) => self.issuers.push((issuer, accreditation)),
                None => recovered.dropped.push(issuer),
            }
        }
        self.former.extend(&recovered.dropped);
    }
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
