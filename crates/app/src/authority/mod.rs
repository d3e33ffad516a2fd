//! The authority: founds a scheme, accredits issuers, gives them handles, revokes, publishes, rotates its keys,
//! and audits. It never sees a person.
//!
//! Its state is in a store under a revision. Whatever changes it loads the state, lets the library's
//! [`Authority`] work on it, and stores the change if nobody else was faster; else it begins again. Its keys are
//! behind the port [`Keys`]; new ones are sealed before the state that needs them is stored.

mod audit;
mod counts;
mod error;
mod found;
mod issuers;
mod key_ring;
mod limits;
mod operators;
mod public;
mod publish;
mod recover;
mod rotate;
mod scheme_file;
mod status;
mod venues;

pub use audit::{AuditReport, AuditRequest, AuditedIssuer, StandingFlags, audit};
pub use counts::SentCount;
pub use error::{AuthorityRoleError, ClockDoubt, CountFlaw};
pub use issuers::{Accredited, Revoked};
pub use key_ring::KeysNeeded;
pub use operators::IssuerOperators;
pub use public::{PublishedBefore, public_place, remember_public_place};
pub use publish::{
    AccreditationFile, Accreditations, Begins, ClockTrust, Lifetimes, MAX_HOLDERS, PublicFile,
    PublicPart, Publication, PublishOptions,
};
pub use recover::{PublicFiles, Recovery, recover};
pub use scheme_file::{ReleaseRule, SchemeDefinition, SchemeFile, SchemeFileError};
pub use status::{AuthorityStatus, IssuerStatus, compare_with_public, status};
pub use venues::{RegisteredVenue, VenueGrant, venues};

use key_ring::KeyRing;

use crate::approval::{Approval, Needed};
use crate::ports::{Clock, Keys};
use crate::store::{AuthorityChange, AuthorityStore, Revision, StoreError};
use veilpass::scheme::{IssuerPublic, VenueCard, VenueId};
use veilpass::{Authority, AuthorityState, Published};

/// How often a change is tried again when another process was faster.
const TRIES: usize = 20;

/// An authority: its store, and its keys while they are needed.
pub struct AuthorityRole<S> {
    store: S,
    keys: KeyRing,
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// An authority that was founded, and that is not older than what it `published`. If a rotation was interrupted,
    /// it is finished first.
    ///
    /// # Errors
    /// [`AuthorityRoleError::Behind`], [`AuthorityRoleError::Forked`]: the store came back from a backup, see
    /// [`recover`](recover()); [`AuthorityRoleError::PublishedUnreadable`];
    /// [`AuthorityRoleError::Keys`], [`AuthorityRoleError::AccreditationKey`],
    /// [`AuthorityRoleError::NotDailyKeys`]: the keys cannot be had; [`AuthorityRoleError::Store`].
    pub async fn open(
        store: S,
        keys: &impl Keys,
        needed: KeysNeeded,
        published: &[PublishedBefore<'_>],
    ) -> Result<Self, AuthorityRoleError> {
        let (_, state) = store.load().await?;
        public::not_behind(&store, &state, published).await?;
        let mut role = Self {
            keys: KeyRing::open(keys, needed)?,
            store,
        };
        role.finish_rotation(keys).await?;
        Ok(role)
    }

    /// Its store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Which approvals of operators it takes here.
    ///
    /// # Errors
    /// [`AuthorityRoleError`].
    pub async fn needed(&self) -> Result<Needed, AuthorityRoleError> {
        let (_, state) = self.store.load().await?;
        limits::needed(&self.store, &state.scheme).await
    }

    /// The issuer called `label`.
    async fn issuer(&self, label: &str) -> Result<IssuerPublic, AuthorityRoleError> {
        let issuer = self.store.issuer(label).await?;
        issuer.ok_or_else(|| AuthorityRoleError::NoIssuer(label.to_owned()))
    }

    async fn load(&self) -> Result<(Revision, Authority), AuthorityRoleError> {
        let (revision, state) = self.store.load().await?;
        Ok((revision, Authority::resume(state, self.keys.keys()?)?))
    }

    /// Gives keys that a rotation sealed their names, if the state says that they are in force.
    async fn finish_rotation(&mut self, keys: &impl Keys) -> Result<(), AuthorityRoleError> {
        if KeyRing::is_interrupted(keys) {
            let (_, state) = self.store.load().await?;
            self.keys.recover(keys, &state)?;
        }
        Ok(())
    }

    /// Loads, lets `change` work on the authority, stores what it says; again if another process was faster.
    async fn change<T>(
        &self,
        clock: &impl Clock,
        mut change: impl FnMut(&mut Authority) -> Result<(T, Change), AuthorityRoleError>,
    ) -> Result<T, AuthorityRoleError> {
        for _ in 0..TRIES {
            let (revision, mut authority) = self.load().await?;
            let (value, change) = change(&mut authority)?;
            let state = authority.state();
            let change = change.of(&state);
            match self.store.apply(revision, &change, clock.now()).await {
                Ok(()) => return Ok(value),
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

/// A change, without the state after it.
enum Change {
    Accredited {
        label: String,
    },
    Drawn {
        approval: Option<Approval>,
        label: String,
        ids: Vec<[u8; 32]>,
    },
    Removed(Vec<[u8; 32]>),
    Published(Published),
    VenueRegistered(VenueCard),
    VenueRenewed(VenueCard),
    VenueWithdrawn {
        name: String,
        id: VenueId,
    },
}

impl Change {
    fn of<'a>(&'a self, state: &'a AuthorityState) -> AuthorityChange<'a> {
        match self {
            Self::Accredited { label } => AuthorityChange::Accredited { label, state },
            Self::Drawn {
                approval,
                label,
                ids,
            } => AuthorityChange::Drawn {
                approval: approval.as_ref(),
                label,
                ids,
            },
            Self::Removed(ids) => AuthorityChange::Removed { ids, state },
            Self::Published(bundle) => AuthorityChange::Published { state, bundle },
            Self::VenueRegistered(card) => AuthorityChange::VenueRegistered(card),
            Self::VenueRenewed(card) => AuthorityChange::VenueRenewed(card),
            Self::VenueWithdrawn { name, id } => AuthorityChange::VenueWithdrawn {
                name,
                id: *id,
                state,
            },
        }
    }
}
