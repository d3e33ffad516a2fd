//! The authority: keeps the scheme, never sees a person. This is its state in memory; storing it is
//! for the edges.

mod recover;
mod rotate;
mod state;

use std::time::Duration;

pub use recover::{RecoverError, Recovered};

mod publish;

use state::LIST_SIZE;
pub use state::{
    AuthorityError, AuthorityKeys, AuthorityState, OlderAccreditations, OlderKeySet, Published,
    Replaced, Rotation,
};

use crate::curve::CryptoRng;
use crate::error::Error;
use crate::registry::{CheckpointFiles, Handle, Registry, RegistryError, RegistryKey};
use crate::scheme::{
    Accreditation, AccreditationKey, BundleKey, BundleVerifyingKey, DEFAULT_TABLE, DateTable,
    Epoch, IssuerMode, IssuerPublic, KeySet, Policy, RenewalPolicy, Schema, Scheme, SchemeCard,
    Standing, StripEpoch, UnixTime, UnverifiedIssuer, VenueId, Venues, Zone, are_distinct,
};

/// An authority with everything it needs to run a scheme.
pub struct Authority {
    scheme: Scheme,
    keys: KeySet,
    accreditation: Option<AccreditationKey>,
    registry: Registry,
    bundle_key: BundleKey,
    table: DateTable,
    issuers: Vec<(IssuerPublic, Accreditation)>,
    former: Vec<IssuerPublic>,
    version: u32,
    accreditation_epoch: u32,
    epochs: Vec<Epoch>,
    /// The number of the newest registry epoch that there ever was.
    last_epoch: u32,
    strip_epochs: Vec<StripEpoch>,
    /// The newest period whose strip epoch ended with its keys.
    strips_ended: Option<i32>,
    policies: Vec<Policy>,
    renewals: Vec<RenewalPolicy>,
    withdrawn: Vec<VenueId>,
    /// The newest checkpoint under the newest keys that was made.
    checkpoint: Option<CheckpointFiles>,
    older_keys: Option<OlderKeySet>,
    older_accreditations: Vec<OlderAccreditations>,
}

/// Each policy and renewal fits the schema, and no two have one name.
fn check_policies(
    policies: &[Policy],
    renewals: &[RenewalPolicy],
    schema: &Schema,
) -> Result<(), AuthorityError> {
    let wrong = |name: &str, why| AuthorityError::Policy(name.to_owned(), why);
    for (policy, place) in policies.iter().zip(1..) {
        let wrong = |why| wrong(&policy.name, why);
        policy.check(schema).map_err(wrong)?;
        if !are_distinct(policies.get(..place).unwrap_or(policies), &[]) {
            return Err(wrong("two policies have this name or number"));
        }
    }
    for (renewal, place) in renewals.iter().zip(1..) {
        let wrong = |why| wrong(renewal.name(), why);
        renewal.check(schema).map_err(wrong)?;
        if !are_distinct(policies, renewals.get(..place).unwrap_or(renewals)) {
            return Err(wrong("two policies have this name or number"));
        }
    }
    Ok(())
}

/// Accredits every one of `issuers` for `epoch`.
fn accredit_all(
    scheme: &Scheme,
    key: &AccreditationKey,
    epoch: u32,
    issuers: &[IssuerPublic],
) -> Result<Vec<(IssuerPublic, Accreditation)>, AuthorityError> {
    let accredit = |issuer: &IssuerPublic| {
        let made = key.accredit(scheme, issuer, epoch);
        Ok((*issuer, made.map_err(|_: Error| AuthorityError::Unlucky)?))
    };
    issuers.iter().map(accredit).collect()
}

impl Authority {
    /// Founds a scheme, which hides its issuers or has one known issuer for ever (`issuers`). Makes every key
    /// and the date table, whose key is gone when this returns.
    ///
    /// # Errors
    /// [`AuthorityError::Policy`] if a policy does not fit the schema, [`AuthorityError::Scheme`] if the name is none.
    pub fn found<R: CryptoRng + ?Sized>(
        name: &str,
        schema: Schema,
        issuers: IssuerMode,
        zone: Zone,
        venues: Venues,
        policies: Vec<Policy>,
        rng: &mut R,
    ) -> Result<Self, AuthorityError> {
        check_policies(&policies, &[], &schema)?;
        let mut random = [0; 32];
        rng.fill_bytes(&mut random);
        let scheme = Scheme::new(random, name.to_owned(), schema, issuers, zone, venues)?;
        let accreditation = AccreditationKey::generate(rng);
        let (table, (date, length)) =
            DateTable::generate(DEFAULT_TABLE, rng).map_err(|_| AuthorityError::Unlucky)?;
        let key = RegistryKey::generate(rng);
        let gamma = *accreditation.public();
        let keys = KeySet::new(&scheme, 1, gamma, date, length, *key.public());
        let registry = Registry::new(key, KeySet::first_accumulator(&scheme, 1), 1);
        Ok(Self {
            scheme,
            keys,
            accreditation: Some(accreditation),
            registry,
            bundle_key: BundleKey::generate(rng),
            table,
            issuers: Vec::new(),
            former: Vec::new(),
            version: 0,
            accreditation_epoch: 1,
            epochs: Vec::new(),
            last_epoch: 0,
            strip_epochs: Vec::new(),
            strips_ended: None,
            policies,
            renewals: Vec::new(),
            withdrawn: Vec::new(),
            checkpoint: None,
            older_keys: None,
            older_accreditations: Vec::new(),
        })
    }

    /// Goes on where a stored state ended.
    ///
    /// # Errors
    /// [`AuthorityError::OtherKeys`] if the keys are not those of the state.
    pub fn resume(state: AuthorityState, keys: AuthorityKeys) -> Result<Self, AuthorityError> {
        let public = &state.keys;
        let accreditation = keys.accreditation.as_ref();
        let fits = accreditation.is_none_or(|key| public.has_accreditation_key(key))
            && public.has_registry_key(&keys.registry)
            && keys.bundle.verifying_key() == state.signer;
        if !fits {
            return Err(AuthorityError::OtherKeys);
        }
        check_policies(&state.policies, &state.renewals, state.scheme.schema())?;
        let first = KeySet::first_accumulator(&state.scheme, public.number);
        let history = (state.removals, state.handles);
        let registry = Registry::restore(keys.registry, first, public.number, history);
        Ok(Self {
            scheme: state.scheme,
            keys: state.keys,
            accreditation: keys.accreditation,
            registry,
            bundle_key: keys.bundle,
            table: state.table,
            issuers: state.issuers,
            former: state.former,
            version: state.version,
            accreditation_epoch: state.accreditation_epoch,
            epochs: state.epochs,
            last_epoch: state.last_epoch,
            strip_epochs: state.strip_epochs,
            strips_ended: state.strips_ended,
            policies: state.policies,
            renewals: state.renewals,
            withdrawn: state.withdrawn,
            checkpoint: state.checkpoint,
            older_keys: state.older_keys,
            older_accreditations: state.older_accreditations,
        })
    }

    /// What a store keeps. Everything but the keys.
    #[must_use]
    pub fn state(&self) -> AuthorityState {
        AuthorityState {
            scheme: self.scheme.clone(),
            signer: self.verifying_key(),
            keys: self.keys.clone(),
            table: self.table.clone(),
            issuers: self.issuers.clone(),
            former: self.former.clone(),
            version: self.version,
            accreditation_epoch: self.accreditation_epoch,
            epochs: self.epochs.clone(),
            last_epoch: self.last_epoch,
            strip_epochs: self.strip_epochs.clone(),
            strips_ended: self.strips_ended,
            policies: self.policies.clone(),
            renewals: self.renewals.clone(),
            withdrawn: self.withdrawn.clone(),
            removals: self.registry.log().clone(),
            checkpoint: self.checkpoint.clone(),
            handles: self.registry.handles().clone(),
            older_keys: self.older_keys.clone(),
            older_accreditations: self.older_accreditations.clone(),
        }
    }

    /// The secret keys, for their encrypted files.
    #[must_use]
    pub fn into_keys(self) -> AuthorityKeys {
        AuthorityKeys {
            accreditation: self.accreditation,
            registry: self.registry.into_key(),
            bundle: self.bundle_key,
        }
    }

    /// The scheme's constants.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The key that verifiers and wallets pin.
    #[must_use]
    pub fn verifying_key(&self) -> BundleVerifyingKey {
        self.bundle_key.verifying_key()
    }

    /// What wallets and doors pin.
    #[must_use]
    pub fn card(&self) -> SchemeCard {
        SchemeCard::new(*self.scheme.id(), self.verifying_key())
    }

    /// Accredits an issuer for the newest epoch, after its proof of possession, and lists it for
    /// the next bundle; for older epochs that still serve, too, if they have the same key. A key that is known already is refused, and so is every key in a scheme with one
    /// known issuer, which needs no accreditation.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn accredit(&mut self, issuer: &UnverifiedIssuer) -> Result<Accreditation, AuthorityError> {
        if *self.scheme.issuer_mode() != IssuerMode::Hidden {
            return Err(AuthorityError::NothingToAccredit);
        }
        let issuer = issuer
            .verify(&self.scheme)
            .map_err(|_| AuthorityError::Registration)?;
        let known = self.issuers.iter().map(|(known, _)| known);
        if known
            .chain(&self.former)
            .any(|known| known.id() == issuer.id())
        {
            return Err(AuthorityError::KnownKey);
        }
        if self.issuers.len() >= usize::from(LIST_SIZE) {
            return Err(AuthorityError::TooManyIssuers);
        }
        let key = (self.accreditation.as_ref()).ok_or(AuthorityError::NoAccreditationKey)?;
        let epoch = self.accreditation_epoch;
        let accreditation = (key.accredit(&self.scheme, &issuer, epoch))
            .map_err(|_: Error| AuthorityError::Unlucky)?;
        let mut older = Vec::new();
        for list in &self.older_accreditations {
            let keys = self.keys_numbered(list.key_set);
            let same = keys.is_some_and(|keys| keys.has_accreditation_key(key));
            older.push(match same {
                true => Some(
                    (key.accredit(&self.scheme, &issuer, list.epoch))
                        .map_err(|_: Error| AuthorityError::Unlucky)?,
                ),
                false => None,
            });
        }
        for (list, made) in self.older_accreditations.iter_mut().zip(older) {
            list.issuers.extend(made.map(|made| (issuer, made)));
        }
        self.issuers.push((issuer, accreditation));
        Ok(accreditation)
    }

    /// What an accredited issuer has for the newest keys and epoch: for sending to it again after
    /// [`rotate`](Self::rotate) or [`next_accreditation_epoch`](Self::next_accreditation_epoch).
    #[must_use]
    pub fn accreditation(&self, issuer: &IssuerPublic) -> Option<Accreditation> {
        let mut known = self.issuers.iter();
        known
            .find(|(known, _)| known == issuer)
            .map(|(_, accreditation)| *accreditation)
    }

    /// Replaces what doors may ask, from the next bundle on.
    ///
    /// # Errors
    /// [`AuthorityError::Policy`].
    pub fn set_policies(&mut self, policies: Vec<Policy>) -> Result<(), AuthorityError> {
        check_policies(&policies, &self.renewals, self.scheme.schema())?;
        self.policies = policies;
        Ok(())
    }

    /// Replaces how passes are renewed, from the next bundle on.
    ///
    /// # Errors
    /// [`AuthorityError::Policy`].
    pub fn set_renewals(&mut self, renewals: Vec<RenewalPolicy>) -> Result<(), AuthorityError> {
        check_policies(&self.policies, &renewals, self.scheme.schema())?;
        self.renewals = renewals;
        Ok(())
    }

    /// Withdraws a venue for ever, from the next bundle on, whatever the end of its card.
    ///
    /// # Errors
    /// [`AuthorityError::TooManyVenues`].
    pub fn withdraw(&mut self, venue: VenueId) -> Result<(), AuthorityError> {
        if let Err(place) = self.withdrawn.binary_search(&venue) {
            if self.withdrawn.len() >= usize::from(u16::MAX) {
                return Err(AuthorityError::TooManyVenues);
            }
            self.withdrawn.insert(place, venue);
        }
        Ok(())
    }

    /// Draws a handle for an issuer's pool.
    ///
    /// # Errors
    /// [`RegistryError::Unusable`] (probability 2^-255).
    pub fn handle<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<Handle, RegistryError> {
        self.registry.draw(rng)
    }

    /// Revokes a handle for ever, from the next epoch on. Its name is [`Handle::id`], which the issuer
    /// notes before it issues, if the pass shall be revocable.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Removed`].
    pub fn revoke(&mut self, id: &[u8; 32]) -> Result<(), RegistryError> {
        self.registry.remove(id)
    }

    /// Announces a registry epoch with the revocations so far and the newest keys and accreditations, in force from `from` on; the one before ends there. Publish
    /// well before, so that doors and wallets have it when it begins.
    ///
    /// # Errors
    /// [`AuthorityError::Epoch`].
    pub fn start_epoch<R: CryptoRng + ?Sized>(
        &mut self,
        from: UnixTime,
        rng: &mut R,
    ) -> Result<(), AuthorityError> {
        if self.epochs.last().is_some_and(|last| last.from >= from) {
            return Err(AuthorityError::Epoch);
        }
        let mut beacon = [0; 32];
        rng.fill_bytes(&mut beacon);
        self.last_epoch += 1;
        self.epochs.push(Epoch {
            number: self.last_epoch,
            standing: self.standing(),
            from,
            beacon,
        });
        Ok(())
    }

    /// Under what the next epoch is shown.
    fn standing(&self) -> Standing {
        Standing {
            key_set: self.keys.number,
            accreditation_epoch: self.accreditation_epoch,
            accumulator: *self.registry.accumulator(),
            removals: self.registry.removals(),
        }
    }

    /// The key set with this number.
    fn keys_numbered(&self, number: u32) -> Option<&KeySet> {
        let older = self.older_keys.as_ref().map(|older| &older.keys);
        let mut all = older.into_iter().chain([&self.keys]);
        all.find(|keys| keys.number == number)
    }

    /// Begins a registry epoch with the revocations so far at `now`, for what cannot wait. Epochs that were announced
    /// begin before it, a second after one another: what was published stays, but for its beginning.
    ///
    /// # Errors
    /// [`AuthorityError::Epoch`] outside the range of moments.
    pub fn start_epoch_now<R: CryptoRng + ?Sized>(
        &mut self,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<(), AuthorityError> {
        let second = Duration::from_secs(1);
        let mut free = now;
        for epoch in &mut self.epochs {
            if epoch.from >= free {
                epoch.from = free;
                free = free.checked_add(second).ok_or(AuthorityError::Epoch)?;
            }
        }
        self.start_epoch(free, rng)
    }
}
