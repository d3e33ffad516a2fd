//! The authority: keeps the scheme, never sees a person. This is its state in memory; storing it is
//! for the edges.

use crate::curve::{CryptoRng, G1Affine};
use crate::error::Error;
use crate::registry::{Handle, Registry, RegistryError, RegistryKey};
use crate::scheme::{
    Accreditation, AccreditationKey, Bundle, BundleKey, BundleVerifyingKey, DEFAULT_TABLE,
    DateTable, Epoch, HolderBundle, IssuerMode, IssuerPublic, KeySet, Policy, Schema, Scheme,
    SealedAccreditations, UnverifiedIssuer, Zone,
};

/// Issuers that a bundle's sealed list has room for; it always has this length.
const LIST_SIZE: u16 = 64;

/// An authority with everything it needs to run a scheme that hides issuers.
pub struct Authority {
    scheme: Scheme,
    keys: KeySet,
    accreditation: AccreditationKey,
    registry: Registry,
    bundle_key: BundleKey,
    table: DateTable,
    issuers: Vec<IssuerPublic>,
    version: u32,
    accreditation_epoch: u32,
    epochs: Vec<Epoch>,
    policies: Vec<Policy>,
}

/// Why the authority refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The registration does not verify.
    #[error("the issuer's registration does not verify; ask the issuer for it again")]
    Registration,
    /// The key is accredited already.
    #[error("this issuer key is accredited already")]
    KnownKey,
    /// The list of accreditations is full.
    #[error("a scheme has at most {LIST_SIZE} accredited issuers")]
    TooManyIssuers,
    /// An epoch that does not follow the one before, or is empty.
    #[error("an epoch must begin where or after the one before began, and end after it begins")]
    Epoch,
    /// A policy does not fit the schema.
    #[error("policy {0}: {1}")]
    Policy(String, &'static str),
    /// A value of probability 2^-239 came up while making keys.
    #[error("the keys could not be made; try again")]
    Unlucky,
}

/// What is published: all there is to fetch, the same for everybody.
pub struct Published {
    /// The signed bundle for verifiers.
    pub verifiers: Vec<u8>,
    /// The signed bundle for holders.
    pub holders: Vec<u8>,
}

impl Authority {
    /// Founds a scheme. Makes every key and the date table, whose key is gone when this returns.
    ///
    /// # Errors
    /// [`AuthorityError::Policy`] if a policy does not fit the schema.
    pub fn found<R: CryptoRng + ?Sized>(
        name: &str,
        schema: Schema,
        zone: Zone,
        policies: Vec<Policy>,
        rng: &mut R,
    ) -> Result<Self, AuthorityError> {
        for policy in &policies {
            policy
                .check(&schema)
                .map_err(|why| AuthorityError::Policy(policy.name.clone(), why))?;
        }
        let mut random = [0; 32];
        rng.fill_bytes(&mut random);
        let scheme = Scheme::new(random, name.to_owned(), schema, IssuerMode::Hidden, zone);
        let accreditation = AccreditationKey::generate(rng);
        let (table, (date, length)) =
            DateTable::generate(DEFAULT_TABLE, rng).map_err(|_| AuthorityError::Unlucky)?;
        let key = RegistryKey::generate(rng);
        let gamma = *accreditation.public();
        let keys = KeySet::new(&scheme, 1, gamma, date, length, *key.public());
        let registry = Registry::new(key, KeySet::first_accumulator(&scheme, 1));
        Ok(Self {
            scheme,
            keys,
            accreditation,
            registry,
            bundle_key: BundleKey::generate(rng),
            table,
            issuers: Vec::new(),
            version: 0,
            accreditation_epoch: 1,
            epochs: Vec::new(),
            policies,
        })
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

    /// Accredits an issuer for the epoch in force, after its proof of possession, and lists it for
    /// the next bundle. A key that is known already is refused.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn accredit(&mut self, issuer: &UnverifiedIssuer) -> Result<Accreditation, AuthorityError> {
        let issuer = issuer
            .verify(&self.scheme)
            .map_err(|_| AuthorityError::Registration)?;
        if self.issuers.iter().any(|known| known.x() == issuer.x()) {
            return Err(AuthorityError::KnownKey);
        }
        if self.issuers.len() >= usize::from(LIST_SIZE) {
            return Err(AuthorityError::TooManyIssuers);
        }
        let accreditation = self.accreditation_of(&issuer)?;
        self.issuers.push(issuer);
        Ok(accreditation)
    }

    fn accreditation_of(&self, issuer: &IssuerPublic) -> Result<Accreditation, AuthorityError> {
        let epoch = self.accreditation_epoch;
        (self.accreditation.accredit(&self.scheme, issuer, epoch))
            .map_err(|_: Error| AuthorityError::Unlucky)
    }

    /// Draws a handle for an issuer's pool.
    ///
    /// # Errors
    /// [`RegistryError::Unusable`] (probability 2^-255).
    pub fn handle<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<Handle, RegistryError> {
        self.registry.draw(rng)
    }

    /// Revokes a handle for ever, from the next epoch on.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`] or [`RegistryError::Removed`].
    pub fn revoke(&mut self, id: &[u8; 32]) -> Result<(), RegistryError> {
        self.registry.remove(id)
    }

    /// Starts a registry epoch with the revocations so far; the one before ends where it begins.
    ///
    /// # Errors
    /// [`AuthorityError::Epoch`].
    pub fn start_epoch<R: CryptoRng + ?Sized>(
        &mut self,
        from: i64,
        until: i64,
        rng: &mut R,
    ) -> Result<(), AuthorityError> {
        if from >= until || self.epochs.last().is_some_and(|last| last.from >= from) {
            return Err(AuthorityError::Epoch);
        }
        if let Some(last) = self.epochs.last_mut() {
            last.until = last.until.min(from);
        }
        let mut beacon = [0; 32];
        rng.fill_bytes(&mut beacon);
        let accumulator: G1Affine = *self.registry.accumulator();
        self.epochs.push(Epoch {
            number: self.epochs.last().map_or(1, |last| last.number + 1),
            accumulator,
            removals: self.registry.removals(),
            from,
            until,
            beacon,
        });
        Ok(())
    }

    /// Starts the next accreditation epoch: from the next bundle on only issuers that `keep` keeps
    /// are accredited, and their holders find the new accreditations in the bundle.
    pub fn next_accreditation_epoch(&mut self, keep: impl Fn(&IssuerPublic) -> bool) {
        self.issuers.retain(|issuer| keep(issuer));
        self.accreditation_epoch += 1;
    }

    /// Signs and numbers the next bundle.
    ///
    /// # Errors
    /// [`AuthorityError::Unlucky`] (probability 2^-255).
    pub fn publish<R: CryptoRng + ?Sized>(
        &mut self,
        issued: i64,
        expires: i64,
        rng: &mut R,
    ) -> Result<Published, AuthorityError> {
        self.version += 1;
        let list = (self.issuers.iter())
            .map(|issuer| Ok((*issuer, self.accreditation_of(issuer)?)))
            .collect::<Result<Vec<_>, AuthorityError>>()?;
        let accreditations =
            SealedAccreditations::seal(&self.scheme, &self.keys, &list, LIST_SIZE, rng)
                .ok_or(AuthorityError::TooManyIssuers)?;
        let (table, removals) = (self.table.clone(), self.registry.log().clone());
        let bundle = Bundle {
            version: self.version,
            issued,
            expires,
            scheme: self.scheme.clone(),
            keys: self.keys.clone(),
            accreditation_epoch: self.accreditation_epoch,
            epochs: self.epochs.clone(),
            policies: self.policies.clone(),
            holder_parts: HolderBundle::parts_digest(&table, &removals, &accreditations),
        };
        let holder = HolderBundle {
            bundle,
            table,
            removals,
            accreditations,
        };
        Ok(Published {
            verifiers: self.bundle_key.sign_bundle(&holder.bundle),
            holders: self.bundle_key.sign_holder_bundle(&holder),
        })
    }
}
