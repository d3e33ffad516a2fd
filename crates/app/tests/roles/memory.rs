//! An authority's store and keys in memory, and what a test can make of them: failures at any moment, and a
//! backup that comes back.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use veilpass::registry::HandleState;
use veilpass::scheme::IssuerPublic;
use veilpass::{AuthorityState, Published};
use veilpass_app::log::{Epochs, Event, Line};
use veilpass_app::ports::{KeyError, Keys};
use veilpass_app::store::{
    AuthorityChange, AuthorityStore, Ledger, PoolCount, Revision, StoreError,
};
use zeroize::Zeroizing;

/// What a future gives that never waits.
pub(crate) fn done<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory does not wait"),
    }
}

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

#[derive(Clone, Default)]
struct Content {
    values: HashMap<String, Vec<u8>>,
    log: Vec<Line>,
    revision: Revision,
    state: Option<AuthorityState>,
    bundle: Option<(Vec<u8>, Vec<u8>)>,
    issuers: BTreeMap<String, IssuerPublic>,
    pools: HashMap<[u8; 32], String>,
    failing: Option<Failing>,
}

/// A store.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Content>);

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.content().clone()))
    }
}

impl Memory {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next change of the state fail.
    pub(crate) fn fail(&self, how: Failing) {
        self.content().failing = Some(how);
    }

    /// Writes a named value behind the log's back.
    pub(crate) fn overwrite(&self, name: &str, value: &[u8]) {
        self.content().values.insert(name.into(), value.into());
    }

    pub(crate) fn state(&self) -> AuthorityState {
        self.content().state.clone().unwrap()
    }
}

impl Content {
    fn append(&mut self, at: i64, event: Event) {
        let next = Line::next(self.log.last(), at, event);
        self.log.push(next);
    }

    fn put(&mut self, name: &str, value: &[u8], events: &[Event], at: i64) {
        self.values.insert(name.into(), value.into());
        for event in events {
            self.append(at, event.clone());
        }
    }

    fn change(&mut self, change: &AuthorityChange<'_>, at: i64) -> Event {
        match change {
            AuthorityChange::Founded(state) => {
                self.state = Some((*state).clone());
                Event::Founded {
                    scheme: state.scheme.name().into(),
                }
            }
            AuthorityChange::Accredited { label, state } => {
                self.state = Some((*state).clone());
                let (issuer, _) = state.issuers.last().unwrap();
                self.issuers.insert((*label).into(), *issuer);
                let label = (*label).into();
                Event::Accredited { label }
            }
            AuthorityChange::Drawn {
                approval,
                label,
                ids,
            } => {
                if let Some(approval) = approval {
                    self.append(at, Event::Approved((*approval).clone()));
                }
                for id in *ids {
                    self.state
                        .as_mut()
                        .unwrap()
                        .handles
                        .insert(*id, HandleState::Valid);
                    self.pools.insert(*id, (*label).into());
                }
                Event::Handles {
                    count: u32::try_from(ids.len()).unwrap(),
                    label: (*label).into(),
                }
            }
            AuthorityChange::Removed { state, .. } => {
                self.state = Some((*state).clone());
                let removal = state.removals.len();
                Event::Revoked { removal }
            }
            AuthorityChange::Published { state, bundle } => {
                self.state = Some((*state).clone());
                self.bundle = Some((
                    bundle.for_verifiers().to_vec(),
                    bundle.for_holders().to_vec(),
                ));
                Event::Published(Epochs::of(state))
            }
            AuthorityChange::Rotated(state) => {
                self.state = Some((*state).clone());
                Event::Rotated(Epochs::of(state))
            }
        }
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
        self.content().put(name, value, events, at);
        Ok(())
    }

    async fn replace(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        let mut content = self.content();
        if content.values.get(name).map(Vec::as_slice) != before {
            return Err(StoreError::Conflict);
        }
        content.put(name, after, events, at);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.content().values.get(name).cloned())
    }

    async fn log(&self) -> Result<Vec<Line>, StoreError> {
        Ok(self.content().log.clone())
    }
}

impl AuthorityStore for Memory {
    async fn load(&self) -> Result<(Revision, AuthorityState), StoreError> {
        let content = self.content();
        let state = content.state.clone().ok_or(StoreError::Empty)?;
        Ok((content.revision, state))
    }

    async fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        let mut content = self.content();
        let failing = content.failing.take();
        if failing == Some(Failing::Conflict) || content.revision != revision {
            return Err(StoreError::Conflict);
        }
        if failing == Some(Failing::Before) {
            return Err(StoreError::Busy);
        }
        let event = content.change(change, at);
        content.append(at, event);
        content.revision += 1;
        match failing {
            Some(_) => Err(StoreError::Busy),
            None => Ok(()),
        }
    }

    async fn newest_bundle(&self) -> Result<Option<Published>, StoreError> {
        let bundle = self.content().bundle.clone();
        Ok(bundle.map(|(verifiers, holders)| Published::from_store(verifiers, holders)))
    }

    async fn pools(&self) -> Result<Vec<PoolCount>, StoreError> {
        let content = self.content();
        let state = content.state.as_ref().ok_or(StoreError::Empty)?;
        let count = |label: &String, issuer: &IssuerPublic| {
            let mut pool = PoolCount {
                label: label.clone(),
                accredited: state.issuers.iter().any(|(known, _)| known == issuer),
                drawn: 0,
                removed: 0,
            };
            for (id, _) in content.pools.iter().filter(|(_, of)| *of == label) {
                pool.drawn += 1;
                pool.removed += u32::from(state.handles.get(id) != Some(&HandleState::Valid));
            }
            pool
        };
        let issuers = content.issuers.iter();
        Ok(issuers
            .map(|(label, issuer)| count(label, issuer))
            .collect())
    }

    async fn issuer(&self, label: &str) -> Result<Option<IssuerPublic>, StoreError> {
        Ok(self.content().issuers.get(label).copied())
    }
}

/// Keys that are lost with the process. They fail when they have been changed as often as is allowed.
#[derive(Clone, Default)]
pub(crate) struct MemoryKeys {
    secrets: RefCell<BTreeMap<String, Vec<u8>>>,
    allowed: Cell<Option<u32>>,
}

impl MemoryKeys {
    /// Lets so many changes succeed and the others fail, as if the place were gone.
    pub(crate) fn allow(&self, changes: Option<u32>) {
        self.allowed.set(changes);
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.secrets.borrow().keys().cloned().collect()
    }

    fn change(&self) -> Result<(), KeyError> {
        match self.allowed.get() {
            None => Ok(()),
            Some(0) => Err(KeyError::Place("the place is gone".into())),
            Some(left) => {
                self.allowed.set(Some(left - 1));
                Ok(())
            }
        }
    }
}

impl Keys for MemoryKeys {
    fn open(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let secrets = self.secrets.borrow();
        let secret = secrets.get(name).ok_or_else(|| KeyError::Missing {
            name: name.to_owned(),
        });
        secret.cloned().map(Zeroizing::new)
    }

    fn seal(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        self.change()?;
        self.secrets.borrow_mut().insert(name.into(), secret.into());
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.secrets.borrow().contains_key(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), KeyError> {
        self.change()?;
        let mut secrets = self.secrets.borrow_mut();
        let secret = secrets.remove(from).ok_or_else(|| KeyError::Missing {
            name: from.to_owned(),
        })?;
        secrets.insert(to.into(), secret);
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), KeyError> {
        self.change()?;
        self.secrets.borrow_mut().remove(name);
        Ok(())
    }
}
