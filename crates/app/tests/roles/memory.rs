//! An authority's store in memory, and what a test can make of it: failures at any moment, changes behind the log's back,
//! and a backup that comes back.

use std::sync::{Mutex, PoisonError};

use veilpass::scheme::IssuerPublic;
use veilpass::{AuthorityState, Published};
use veilpass_app::log::{Event, Line};
use veilpass_app::store::memory::MemoryAuthority;
use veilpass_app::store::{
    AuthorityChange, AuthorityStore, Ledger, PoolCount, Revision, StoreError, VenueRecord,
};
use veilpass_fixture::place::done;

/// How the next change of the state fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    /// Before it is stored.
    Before,
    /// After it was stored: the answer is lost on its way.
    After,
    /// Somebody else was faster.
    Conflict,
}

/// A store.
#[derive(Default)]
pub(crate) struct Memory {
    store: MemoryAuthority,
    failing: Mutex<Option<Failing>>,
}

impl Clone for Memory {
    /// A backup.
    fn clone(&self) -> Self {
        Self {
            store: self.store.backup(),
            failing: Mutex::default(),
        }
    }
}

impl Memory {
    /// Lets the next change of the state fail.
    pub(crate) fn fail(&self, how: Failing) {
        *self.failing.lock().unwrap() = Some(how);
    }

    /// Writes a named value behind the log's back.
    pub(crate) fn overwrite(&self, name: &str, value: &[u8]) {
        done(self.store.put(name, value, &[], 0)).unwrap();
    }

    pub(crate) fn state(&self) -> AuthorityState {
        done(self.store.load()).unwrap().1
    }
}

impl Ledger for Memory {
    async fn put(
        &self,
        name: &str,
        value: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        self.store.put(name, value, events, at).await
    }

    async fn replace(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        (self.store.replace(name, before, after, events, at)).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(name).await
    }

    async fn log(&self) -> Result<Vec<Line>, StoreError> {
        self.store.log().await
    }
}

impl AuthorityStore for Memory {
    async fn load(&self) -> Result<(Revision, AuthorityState), StoreError> {
        self.store.load().await
    }

    async fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        let failing = (self.failing.lock().unwrap_or_else(PoisonError::into_inner)).take();
        match failing {
            None => self.store.apply(revision, change, at).await,
            Some(Failing::Before) => Err(StoreError::Busy),
            Some(Failing::Conflict) => Err(StoreError::Conflict),
            Some(Failing::After) => {
                self.store.apply(revision, change, at).await?;
                Err(StoreError::Busy)
            }
        }
    }

    async fn newest_bundle(&self) -> Result<Option<Published>, StoreError> {
        self.store.newest_bundle().await
    }

    async fn pools(&self) -> Result<Vec<PoolCount>, StoreError> {
        self.store.pools().await
    }

    async fn venues(&self) -> Result<Vec<VenueRecord>, StoreError> {
        self.store.venues().await
    }

    async fn issuer(&self, label: &str) -> Result<Option<IssuerPublic>, StoreError> {
        self.store.issuer(label).await
    }
}
