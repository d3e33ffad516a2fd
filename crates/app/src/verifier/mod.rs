//! The verifier: a venue with a policy, a bundle and no network. It asks, and checks what it is shown.
//!
//! ```text
//! Setup::new ── Verifier::create ┐
//!        Verifier::open (store) ─┴─ Verifier ── ask, poster ── Ask
//!                                            ── verify ─────── Verdict
//!                                            ── update
//! ```

mod error;
mod expectation;
mod verify;

pub use error::VerifierError;
pub use expectation::Expectation;

use rand_core::CryptoRng;
use veilpass::presentation::{Ask, Challenge, Door};
use veilpass::scheme::{Bundle, Mode, Policy, SchemeCard, Trust, UnverifiedBundle};

use crate::store::{StoreError, VerifierStore};

/// The named values in a verifier's store.
mod values {
    pub(super) const CARD: &str = "card";
    pub(super) const VENUE: &str = "venue";
    pub(super) const POLICY: &str = "policy";
}

/// What a new verifier is for.
pub struct Setup {
    card: SchemeCard,
    bundle: Bundle,
    bytes: Vec<u8>,
    venue: String,
    policy: String,
}

impl Setup {
    /// Verifies the bundle by a card that the verifier trusts, and checks the venue's name and that the bundle has the
    /// policy.
    ///
    /// # Errors
    /// [`VerifierError::Bundle`], [`VerifierError::Door`].
    pub fn new(
        card: SchemeCard,
        bundle: Vec<u8>,
        venue: &str,
        policy: &str,
    ) -> Result<Self, VerifierError> {
        let verified = UnverifiedBundle::new(&bundle)
            .verify(&Trust::pinned(&card))
            .map_err(VerifierError::Bundle)?;
        Door::new(&verified, policy, venue)?;
        Ok(Self {
            card,
            bundle: verified,
            bytes: bundle,
            venue: venue.to_owned(),
            policy: policy.to_owned(),
        })
    }
}

/// A verifier with its store.
pub struct Verifier<S> {
    store: S,
    card: SchemeCard,
    bundle: Bundle,
    venue: String,
    policy: String,
}

impl<S: VerifierStore> Verifier<S> {
    /// A new verifier in an empty store.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`]; [`VerifierError::Store`].
    pub async fn create(store: S, setup: Setup) -> Result<Self, VerifierError> {
        if store.get(values::CARD).await?.is_some() {
            return Err(StoreError::NotEmpty.into());
        }
        store
            .put_bundle(setup.bundle.version(), &setup.bytes)
            .await?;
        store.put(values::VENUE, setup.venue.as_bytes()).await?;
        store.put(values::POLICY, setup.policy.as_bytes()).await?;
        // The card last: with it the store is set up.
        store.put(values::CARD, &setup.card.to_bytes()).await?;
        Ok(Self {
            store,
            card: setup.card,
            bundle: setup.bundle,
            venue: setup.venue,
            policy: setup.policy,
        })
    }

    /// The verifier of a store, with the newest bundle in it.
    ///
    /// # Errors
    /// [`StoreError::Empty`], [`VerifierError::Damaged`], [`VerifierError::DamagedName`],
    /// [`VerifierError::DamagedBundle`]; [`VerifierError::Store`].
    pub async fn open(store: S) -> Result<Self, VerifierError> {
        let card = SchemeCard::from_bytes(&value(&store, values::CARD).await?)?;
        let bundle = store.bundle().await?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle::new(&bundle)
            .verify(&Trust::pinned(&card))
            .map_err(VerifierError::DamagedBundle)?;
        Ok(Self {
            venue: String::from_utf8(value(&store, values::VENUE).await?)?,
            policy: String::from_utf8(value(&store, values::POLICY).await?)?,
            store,
            card,
            bundle,
        })
    }

    /// The venue's name, as wallets show it.
    #[must_use]
    pub fn venue(&self) -> &str {
        &self.venue
    }

    /// The name of the policy that is asked.
    #[must_use]
    pub fn policy_name(&self) -> &str {
        &self.policy
    }

    /// The number of the bundle at hand.
    #[must_use]
    pub fn bundle_version(&self) -> u32 {
        self.bundle.version()
    }

    /// Takes a newer bundle.
    ///
    /// # Errors
    /// [`VerifierError::Bundle`], [`VerifierError::OldBundle`]; [`VerifierError::Store`].
    pub async fn update(&mut self, bytes: &[u8]) -> Result<(), VerifierError> {
        let bundle = UnverifiedBundle::new(bytes)
            .verify(&Trust::pinned(&self.card).after(&self.bundle))
            .map_err(VerifierError::Bundle)?;
        match self.store.put_bundle(bundle.version(), bytes).await {
            // Another process has taken a newer one.
            Err(StoreError::OldBundle) => return Err(VerifierError::OldBundle),
            stored => stored?,
        }
        self.bundle = bundle;
        Ok(())
    }

    /// A question for one guest at the second `now`, with a nonce that is answered once.
    ///
    /// # Errors
    /// [`VerifierError::Door`], [`VerifierError::ModeNotTaken`]; [`VerifierError::Store`].
    pub async fn ask<R: CryptoRng + ?Sized>(
        &self,
        now: i64,
        rng: &mut R,
    ) -> Result<Ask, VerifierError> {
        self.takes(Mode::Challenge)?;
        let challenge = Challenge::new(rng);
        let ask = self.door()?.ask(&challenge);
        self.store.asked(challenge.nonce(), now).await?;
        Ok(ask)
    }

    /// The poster's question, which every guest answers.
    ///
    /// # Errors
    /// [`VerifierError::Door`], [`VerifierError::ModeNotTaken`].
    pub fn poster(&self) -> Result<Ask, VerifierError> {
        self.takes(Mode::Poster)?;
        Ok(self.door()?.poster(Mode::Poster))
    }

    fn door(&self) -> Result<Door<'_>, VerifierError> {
        Ok(Door::new(&self.bundle, &self.policy, &self.venue)?)
    }

    fn policy(&self) -> Result<&Policy, VerifierError> {
        Ok(self.door()?.policy())
    }
}

async fn value(store: &impl VerifierStore, name: &str) -> Result<Vec<u8>, StoreError> {
    store.get(name).await?.ok_or(StoreError::Empty)
}
