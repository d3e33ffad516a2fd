//! The contract in memory: for tests and rehearsals, and for a place that has no database and loses nothing by it (a
//! page, whose verifier remembers for as long as it is open).
//!
//! A store is a handle on its state: clones are the same store, as two processes on one database are. A method
//! holds the state's lock from its first look to its last change, and checks before it changes: that is the
//! transaction.

mod authority;
mod issuer;
mod register;
mod verifier;

pub use authority::MemoryAuthority;
pub use issuer::MemoryIssuer;
pub use verifier::MemoryVerifier;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::StoreError;
use crate::log::{Event, Line};

/// A state that several handles share.
struct Shared<T>(Arc<Mutex<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Default> Default for Shared<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Shared<T> {
    fn new(state: T) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Named values and the log: what authority and issuer both have.
#[derive(Clone, Default)]
struct Book {
    values: HashMap<String, Vec<u8>>,
    lines: Vec<Line>,
}

impl Book {
    fn append(&mut self, at: i64, event: Event) {
        let next = Line::next(self.lines.last(), at, event);
        self.lines.push(next);
    }

    fn put(&mut self, name: &str, value: &[u8], events: &[Event], at: i64) {
        self.values.insert(name.to_owned(), value.to_vec());
        for event in events {
            self.append(at, event.clone());
        }
    }

    fn replace(
        &mut self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), StoreError> {
        if self.values.get(name).map(Vec::as_slice) != before {
            return Err(StoreError::Conflict);
        }
        self.put(name, after, events, at);
        Ok(())
    }
}

/// The named values and the log are the same for authority and issuer.
macro_rules! ledger {
    ($role:ty) => {
        impl crate::store::Ledger for $role {
            async fn put(
                &self,
                name: &str,
                value: &[u8],
                events: &[Event],
                at: i64,
            ) -> Result<(), StoreError> {
                self.0.lock().book.put(name, value, events, at);
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
                (self.0.lock().book).replace(name, before, after, events, at)
            }

            async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
                Ok(self.0.lock().book.values.get(name).cloned())
            }

            async fn log(&self) -> Result<Vec<Line>, StoreError> {
                Ok(self.0.lock().book.lines.clone())
            }
        }
    };
}

ledger!(MemoryAuthority);
ledger!(MemoryIssuer);

/// A number of things, as the contract counts them.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
