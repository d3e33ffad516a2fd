//! An authority's state in memory.

use std::collections::{BTreeMap, HashMap};

use veilpass::registry::HandleState;
use veilpass::scheme::{IssuerPublic, VenueId};
use veilpass::{AuthorityState, Published};

use super::{Book, Shared, count};
use crate::log::{Epochs, Event, Hex};
use crate::store::{AuthorityChange, AuthorityStore, PoolCount, Revision, StoreError, VenueRecord};

/// An authority's store in memory.
#[derive(Clone, Default)]
pub struct MemoryAuthority(pub(super) Shared<State>);

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) book: Book,
    revision: Revision,
    state: Option<AuthorityState>,
    /// All issuers ever accredited, by name.
    issuers: Vec<(String, IssuerPublic)>,
    /// Whose pool a handle was drawn for.
    pools: HashMap<[u8; 32], String>,
    /// All venues ever registered, by name.
    venues: BTreeMap<String, (VenueId, Vec<u8>)>,
    /// The newest bundles, verifiers' and holders'.
    bundle: Option<(Vec<u8>, Vec<u8>)>,
}

impl MemoryAuthority {
    /// A store of its own with the same content: what a backup is.
    #[must_use]
    pub fn backup(&self) -> Self {
        Self(Shared::new(self.0.lock().clone()))
    }
}

impl State {
    /// Whether the change can be made; what it refuses has changed nothing.
    fn check(&self, revision: Revision, change: &AuthorityChange<'_>) -> Result<(), StoreError> {
        match change {
            AuthorityChange::Founded(_) if self.revision != 0 => return Err(StoreError::NotEmpty),
            _ if self.revision != revision => return Err(StoreError::Conflict),
            _ => {}
        }
        let known = match change {
            AuthorityChange::Accredited { label, state } => {
                let (new, _) = state.issuers.last().ok_or(StoreError::Conflict)?;
                let mut issuers = self.issuers.iter();
                issuers.any(|(name, key)| name == label || key == new)
            }
            AuthorityChange::Drawn { label, ids, .. } => {
                let unknown_label = !self.issuers.iter().any(|(name, _)| name == label);
                unknown_label || ids.iter().any(|id| self.pools.contains_key(id))
            }
            AuthorityChange::VenueRegistered(card) => {
                let terms = card.terms();
                let mut ids = self.venues.values();
                if self.venues.contains_key(&terms.name) || ids.any(|(id, _)| *id == terms.id) {
                    return Err(StoreError::VenueTaken);
                }
                false
            }
            AuthorityChange::VenueRenewed(card) => {
                let (terms, state) = (card.terms(), self.state.as_ref());
                let known = self.venues.get(&terms.name).map(|(id, _)| *id);
                let withdrawn = state.is_some_and(|state| state.withdrawn.contains(&terms.id));
                if known != Some(terms.id) || withdrawn {
                    return Err(StoreError::NoVenue);
                }
                false
            }
            _ => false,
        };
        if known {
            return Err(StoreError::Conflict);
        }
        Ok(())
    }

    /// Makes a change that was checked, and says what the log tells of it.
    fn make(&mut self, change: &AuthorityChange<'_>, at: i64) -> Event {
        match change {
            AuthorityChange::Founded(state) => {
                self.state = Some((*state).clone());
                Event::Founded {
                    scheme: state.scheme.name().to_owned(),
                }
            }
            AuthorityChange::Accredited { label, state } => {
                let new = state.issuers.last().map(|(issuer, _)| *issuer);
                self.issuers
                    .extend(new.map(|new| ((*label).to_owned(), new)));
                self.state = Some((*state).clone());
                Event::Accredited {
                    label: (*label).to_owned(),
                }
            }
            AuthorityChange::Drawn {
                approval,
                label,
                ids,
            } => {
                if let Some(approval) = *approval {
                    self.book.append(at, Event::Approved(approval.clone()));
                }
                let pools = ids.iter().map(|id| (*id, (*label).to_owned()));
                self.pools.extend(pools);
                if let Some(state) = &mut self.state {
                    state
                        .handles
                        .extend(ids.iter().map(|id| (*id, HandleState::Valid)));
                }
                Event::Handles {
                    count: count(ids.len()),
                    label: (*label).to_owned(),
                }
            }
            AuthorityChange::Removed { state, .. } => {
                self.state = Some((*state).clone());
                Event::Revoked {
                    removal: state.removals.len(),
                }
            }
            AuthorityChange::Published { state, bundle } => {
                self.state = Some((*state).clone());
                self.bundle = Some((
                    bundle.for_verifiers().to_vec(),
                    bundle.for_holders().to_vec(),
                ));
                Event::Published(Epochs::of(state))
            }
            AuthorityChange::Recovered { state, bundle } => {
                self.state = Some((*state).clone());
                self.bundle = Some((
                    bundle.for_verifiers().to_vec(),
                    bundle.for_holders().to_vec(),
                ));
                Event::Recovered(Epochs::of(state))
            }
            AuthorityChange::Rotated(state) => {
                self.state = Some((*state).clone());
                Event::Rotated(Epochs::of(state))
            }
            AuthorityChange::VenueRegistered(card) | AuthorityChange::VenueRenewed(card) => {
                let terms = card.terms();
                let kept = (terms.id, card.to_bytes());
                let before = self.venues.insert(terms.name.clone(), kept);
                let (name, id) = (terms.name.clone(), Hex(terms.id.to_bytes()));
                match before {
                    None => Event::VenueRegistered { name, id },
                    Some(_) => Event::VenueRenewed { name, id },
                }
            }
            AuthorityChange::VenueWithdrawn { name, id, state } => {
                self.state = Some((*state).clone());
                Event::VenueWithdrawn {
                    name: (*name).to_owned(),
                    id: Hex(id.to_bytes()),
                }
            }
        }
    }

    fn pool(&self, label: &str, issuer: &IssuerPublic) -> PoolCount {
        let state = self.state.as_ref();
        let drawn = self.pools.iter().filter(|(_, pool)| *pool == label);
        let stands = |id| state.and_then(|state| state.handles.get(id).copied());
        let removed = drawn
            .clone()
            .filter(|(id, _)| stands(*id) == Some(HandleState::Revoked));
        PoolCount {
            label: label.to_owned(),
            accredited: state.is_some_and(|state| {
                let mut accredited = state.issuers.iter();
                accredited.any(|(known, _)| known == issuer)
            }),
            drawn: count(drawn.clone().count()),
            removed: count(removed.count()),
        }
    }
}

impl AuthorityStore for MemoryAuthority {
    async fn load(&self) -> Result<(Revision, AuthorityState), StoreError> {
        let held = self.0.lock();
        let state = held.state.clone().ok_or(StoreError::Empty)?;
        Ok((held.revision, state))
    }

    async fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        held.check(revision, change)?;
        let event = held.make(change, at);
        held.book.append(at, event);
        held.revision += 1;
        Ok(())
    }

    async fn newest_bundle(&self) -> Result<Option<Published>, StoreError> {
        let bundle = self.0.lock().bundle.clone();
        Ok(bundle.map(|(verifiers, holders)| Published::from_store(verifiers, holders)))
    }

    async fn pools(&self) -> Result<Vec<PoolCount>, StoreError> {
        let held = self.0.lock();
        let pools = held.issuers.iter();
        let mut pools: Vec<_> = pools
            .map(|(label, issuer)| held.pool(label, issuer))
            .collect();
        pools.sort_by(|a, b| a.label.cmp(&b.label));
        Ok(pools)
    }

    async fn venues(&self) -> Result<Vec<VenueRecord>, StoreError> {
        let held = self.0.lock();
        let withdrawn = |id| {
            let state = held.state.as_ref();
            state.is_some_and(|state| state.withdrawn.contains(id))
        };
        let venues = held.venues.iter();
        Ok(venues
            .map(|(name, (id, card))| VenueRecord {
                id: *id,
                name: name.clone(),
                card: card.clone(),
                withdrawn: withdrawn(id),
            })
            .collect())
    }

    async fn issuer(&self, label: &str) -> Result<Option<IssuerPublic>, StoreError> {
        let held = self.0.lock();
        let found = held.issuers.iter().find(|(name, _)| name == label);
        Ok(found.map(|(_, issuer)| *issuer))
    }
}
