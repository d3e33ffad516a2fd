//! Venues: registered with a card that vouches for their name, renewed, withdrawn. A name belongs to one venue for ever: the
//! store holds it in the transaction that makes the change.

use std::time::Duration;

use super::error::AuthorityRoleError;
use super::{AuthorityRole, Change};
use crate::alike;
use crate::ports::Clock;
use crate::store::{AuthorityStore, VenueRecord};
use rand_core::CryptoRng;
use veilpass::Authority;
use veilpass::scheme::{
    Policy, UnixTime, UnverifiedVenue, UnverifiedVenueCard, VenueCard, VenueId, VenuePublic,
    VenueTerms,
};

/// What a card allows.
#[derive(Clone, Copy, Debug)]
pub struct VenueGrant<'a> {
    /// The policies that the venue may ask, by name; of a renewal those of the card before if there is none.
    pub policies: &'a [String],
    /// For how many days from now on.
    pub days: u16,
}

/// A registered venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredVenue {
    /// What its newest card says.
    pub terms: VenueTerms,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

impl VenueGrant<'_> {
    fn end(&self, now: UnixTime) -> UnixTime {
        now.saturating_add(Duration::from_secs(u64::from(self.days) * 86_400))
    }

    /// The numbers of the policies, rising.
    fn numbers(&self, known: &[Policy]) -> Result<Vec<u16>, AuthorityRoleError> {
        let number = |name: &String| {
            let policy = known.iter().find(|policy| policy.name == *name);
            let policy = policy.ok_or_else(|| AuthorityRoleError::NoPolicy {
                name: name.clone(),
                known: known.iter().map(|policy| policy.name.clone()).collect(),
            });
            policy.map(|policy| policy.number)
        };
        let numbers = self.policies.iter().map(number);
        let mut numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Registers a venue under the name of its registration, which no venue has or had, nor one that looks the same, and makes its card. The fingerprint of
    /// the key was compared in person.
    ///
    /// # Errors
    /// [`AuthorityRoleError::Venue`] if the registration is not of this scheme, or not of the owner of its key;
    /// [`AuthorityRoleError::NoPolicy`]; [`AuthorityRoleError::LooksLike`]; [`VenueTaken`](crate::store::StoreError::VenueTaken); [`AuthorityRoleError`].
    pub async fn register_venue<R: CryptoRng + ?Sized>(
        &self,
        registration: &UnverifiedVenue,
        grant: &VenueGrant<'_>,
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<VenueCard, AuthorityRoleError> {
        let (new, venues) = (registration.name(), self.store.venues().await?);
        if let Some(known) = alike::twin(new, venues.iter().map(|venue| venue.name.as_str())) {
            return Err(AuthorityRoleError::LooksLike {
                new: new.to_owned(),
                known: known.to_owned(),
            });
        }
        let (id, now) = (VenueId::random(rng), UnixTime::from_seconds(clock.now()));
        let changed = self.change(clock, |authority| {
            let terms = VenueTerms {
                id,
                name: registration.name().to_owned(),
                policies: grant.numbers(&authority.state().policies)?,
                key: key_of(registration, authority)?,
                end: grant.end(now),
            };
            let card = self.sign_card(authority, terms)?;
            Ok((card.clone(), Change::VenueRegistered(card)))
        });
        changed.await
    }

    /// Makes another card for the venue of this name, and for another key if it registered one. Its id and its name stay, so
    /// that it recognises the same guests.
    ///
    /// # Errors
    /// [`AuthorityRoleError::NoVenue`], [`AuthorityRoleError::VenueName`] if the registration is under another name;
    /// as [`register_venue`](Self::register_venue).
    pub async fn renew_venue(
        &self,
        name: &str,
        registration: Option<&UnverifiedVenue>,
        grant: &VenueGrant<'_>,
        clock: &impl Clock,
    ) -> Result<VenueCard, AuthorityRoleError> {
        if let Some(other) = registration.filter(|registration| registration.name() != name) {
            return Err(AuthorityRoleError::VenueName {
                registered: name.to_owned(),
                asked: other.name().to_owned(),
            });
        }
        let before = terms_of(&self.venue(name).await?)?;
        let now = UnixTime::from_seconds(clock.now());
        let changed = self.change(clock, |authority| {
            let policies = match grant.policies {
                [] => before.policies.clone(),
                _ => grant.numbers(&authority.state().policies)?,
            };
            let key = registration.map_or(Ok(before.key), |one| key_of(one, authority))?;
            let terms = VenueTerms {
                policies,
                key,
                end: grant.end(now),
                ..before.clone()
            };
            let card = self.sign_card(authority, terms)?;
            Ok((card.clone(), Change::VenueRenewed(card)))
        });
        changed.await
    }

    /// Whether a venue of this name stands.
    ///
    /// # Errors
    /// [`AuthorityRoleError::NoVenue`]; [`AuthorityRoleError`].
    pub async fn standing_venue(&self, name: &str) -> Result<(), AuthorityRoleError> {
        self.venue(name).await.map(|_| ())
    }

    /// Withdraws the venue of this name for ever. Wallets learn it with the next published bundle.
    ///
    /// # Errors
    /// [`AuthorityRoleError::NoVenue`]; [`AuthorityRoleError`].
    pub async fn withdraw_venue(
        &self,
        name: &str,
        clock: &impl Clock,
    ) -> Result<(), AuthorityRoleError> {
        let id = self.venue(name).await?.id;
        let changed = self.change(clock, |authority| {
            authority.withdraw(id)?;
            let name = name.to_owned();
            Ok(((), Change::VenueWithdrawn { name, id }))
        });
        changed.await
    }

    /// The venue of this name, if it stands.
    async fn venue(&self, name: &str) -> Result<VenueRecord, AuthorityRoleError> {
        let venues = self.store.venues().await?;
        let mut named = venues.into_iter().filter(|venue| venue.name == name);
        let venue = named.next().filter(|venue| !venue.withdrawn);
        venue.ok_or_else(|| AuthorityRoleError::NoVenue(name.to_owned()))
    }

    fn sign_card(
        &self,
        authority: &Authority,
        terms: VenueTerms,
    ) -> Result<VenueCard, AuthorityRoleError> {
        let key = &self.keys.keys()?.bundle;
        let card = key.sign_venue_card(authority.scheme().id(), terms);
        card.map_err(AuthorityRoleError::Card)
    }
}

/// The key of a registration in the authority's scheme.
fn key_of(
    registration: &UnverifiedVenue,
    authority: &Authority,
) -> Result<VenuePublic, AuthorityRoleError> {
    let key = registration.verify(authority.scheme().id());
    key.map_err(AuthorityRoleError::Venue)
}

fn terms_of(record: &VenueRecord) -> Result<VenueTerms, AuthorityRoleError> {
    Ok(UnverifiedVenueCard::from_bytes(&record.card)?.into_terms())
}

/// The registered venues by name. It takes no keys: whoever may read the store may ask.
///
/// # Errors
/// [`AuthorityRoleError`].
pub async fn venues(
    store: &impl AuthorityStore,
) -> Result<Vec<RegisteredVenue>, AuthorityRoleError> {
    let venues = store.venues().await?;
    let venue = |record: &VenueRecord| {
        Ok(RegisteredVenue {
            terms: terms_of(record)?,
            withdrawn: record.withdrawn,
        })
    };
    venues.iter().map(venue).collect()
}
