//! What an authority stores: its state, changed one transaction at a time.

use super::{Ledger, StoreError};
use crate::approval::Approval;
use veilpass::AuthorityState;
use veilpass::scheme::{IssuerPublic, VenueCard, VenueId};

/// Counts the changes of an authority's state.
pub type Revision = i64;

/// A change of the authority's state.
pub enum AuthorityChange<'a> {
    /// The first: a whole state.
    Founded(&'a AuthorityState),
    /// An issuer was accredited, under a name for the authority's own use.
    Accredited {
        /// What people call the issuer.
        label: &'a str,
        /// The state after it; the issuer is the last of its list.
        state: &'a AuthorityState,
    },
    /// Handles were drawn for an issuer's pool.
    Drawn {
        /// The operators' approval, if the scheme asks for one: a line of its own in the log.
        approval: Option<&'a Approval>,
        /// Whose pool.
        label: &'a str,
        /// Their names ([`veilpass::registry::Handle::id`]).
        ids: &'a [[u8; 32]],
    },
    /// The last removal of the state's log is new.
    Removed {
        /// The handles that were removed, in the order of the log, at whose end they are.
        ids: &'a [[u8; 32]],
        /// The state after it.
        state: &'a AuthorityState,
    },
    /// A bundle was signed over the state, which may have a new registry or accreditation epoch.
    Published {
        /// The state that it shows.
        state: &'a AuthorityState,
        /// What is published.
        bundle: &'a veilpass::Published,
    },
    /// A state that came back from a backup took back what was published after it.
    Recovered {
        /// The state after it. Handles that were never drawn here belong to nobody's pool.
        state: &'a AuthorityState,
        /// What is public.
        bundle: &'a veilpass::Published,
    },
    /// A new key set.
    Rotated(&'a AuthorityState),
    /// A venue was registered, under an id and a name that are new.
    VenueRegistered(&'a VenueCard),
    /// A venue that stands got another card: its id and its name are those that it had.
    VenueRenewed(&'a VenueCard),
    /// A venue was withdrawn.
    VenueWithdrawn {
        /// Its name, for the log.
        name: &'a str,
        /// Its id.
        id: VenueId,
        /// The state after it, which names the id.
        state: &'a AuthorityState,
    },
}

/// A registered venue, as the authority's store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueRecord {
    /// The venue.
    pub id: VenueId,
    /// Its name.
    pub name: String,
    /// The newest card that it got.
    pub card: Vec<u8>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// How many handles an issuer's pool ever had, and how many of them were removed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PoolCount {
    /// What people call the issuer.
    pub label: String,
    /// Whether it is accredited now.
    pub accredited: bool,
    /// Handles given out.
    pub drawn: u32,
    /// Of these, removed.
    pub removed: u32,
}

/// An authority's state.
pub trait AuthorityStore: Ledger {
    /// The state with its revision.
    ///
    /// # Errors
    /// [`StoreError::Empty`] before `Founded`; [`StoreError`].
    fn load(&self) -> impl Future<Output = Result<(Revision, AuthorityState), StoreError>> + Send;
    /// Makes one change if the state is still at `revision` (0 before `Founded`).
    ///
    /// # Errors
    /// [`StoreError::Conflict`]; [`StoreError`].
    fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The newest bundles, as they were signed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn newest_bundle(
        &self,
    ) -> impl Future<Output = Result<Option<veilpass::Published>, StoreError>> + Send;
    /// The issuers by name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn pools(&self) -> impl Future<Output = Result<Vec<PoolCount>, StoreError>> + Send;
    /// The registered venues by name, also those that were withdrawn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn venues(&self) -> impl Future<Output = Result<Vec<VenueRecord>, StoreError>> + Send;
    /// The key of the issuer called `label`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn issuer(
        &self,
        label: &str,
    ) -> impl Future<Output = Result<Option<IssuerPublic>, StoreError>> + Send;
}
