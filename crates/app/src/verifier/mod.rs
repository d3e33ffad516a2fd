//! The verifier: a venue with a policy, a bundle and no network. It asks, and checks what it is shown.
//!
//! ```text
//! Setup::new ── Verifier::create ┐
//!        Verifier::open (store) ─┴─ Verifier ── ask, poster ── Question
//!                                            ── verify ─────── Verdict
//!                                            ── status ─────── Status
//!                                            ── update, set_modes
//!                                            ── registration ─ UnverifiedVenue
//!                                            ── take_card
//! ```

mod error;
mod expectation;
mod status;
mod venue;
mod verify;

pub use error::VerifierError;
pub use status::{CardStatus, Status};
use venue::Registered;

use rand_core::CryptoRng;
use veilpass::presentation::{Challenge, Door, Question};
use veilpass::scheme::{
    Bundle, Mode, Policy, Scheme, SchemeCard, Trust, UnixTime, UnverifiedBundle,
};
use veilpass::text;

use crate::ports::{self, Clock};
use crate::store::{StoreError, VerifierStore};

/// The named values in a verifier's store.
mod values {
    pub(super) const CARD: &str = "card";
    pub(super) const VENUE: &str = "venue";
    pub(super) const POLICY: &str = "policy";
    /// The numbers of the modes that are taken, if somebody has chosen them.
    pub(super) const MODES: &str = "modes";
    /// A registered venue's key.
    pub(super) const VENUE_KEY: &str = "venue key";
    /// A registered venue's card.
    pub(super) const VENUE_CARD: &str = "venue card";
}

/// What a new verifier is for.
pub struct Setup {
    card: SchemeCard,
    bundle: Bundle,
    bytes: Vec<u8>,
    venue: String,
    policy: String,
    modes: Option<Vec<Mode>>,
    rehearsal: bool,
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
        // A person typed it. Spaces around a name are nobody's intention, and nobody sees them.
        let venue = text::typed(venue.trim());
        Door::new(&verified, policy, &venue)?;
        Ok(Self {
            card,
            bundle: verified,
            bytes: bundle,
            venue,
            policy: policy.to_owned(),
            modes: None,
            rehearsal: false,
        })
    }

    /// Takes passes of these modes and no others. Otherwise it takes posters and questions, as far as the policy does, and
    /// strips only if the policy takes nothing else.
    ///
    /// # Errors
    /// [`VerifierError::ModeNotTaken`] if the policy does not take one of them, [`VerifierError::NoMode`] if there is
    /// none.
    pub fn taking(self, modes: &[Mode]) -> Result<Self, VerifierError> {
        let door = Door::new(&self.bundle, &self.policy, &self.venue)?;
        let modes = Some(chosen(door.policy(), modes)?);
        Ok(Self { modes, ..self })
    }

    /// For rehearsal: this verifier, and no other, works by a clock that was set as well.
    #[must_use]
    pub fn for_rehearsal(self) -> Self {
        Self {
            rehearsal: true,
            ..self
        }
    }
}

/// A verifier with its store.
pub struct Verifier<S> {
    store: S,
    card: SchemeCard,
    bundle: Bundle,
    venue: String,
    policy: String,
    modes: Option<Vec<Mode>>,
    registered: Option<Registered>,
    rehearsal: bool,
}

impl<S: VerifierStore> Verifier<S> {
    /// A new verifier in an empty store.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`]; [`VerifierError::SetClock`] if the clock is set and this is no rehearsal;
    /// [`VerifierError::Store`].
    pub async fn create(store: S, setup: Setup, clock: &impl Clock) -> Result<Self, VerifierError> {
        if store.get(values::CARD).await?.is_some() {
            return Err(StoreError::NotEmpty.into());
        }
        clock.in_zone(setup.bundle.scheme().zone());
        ports::trusted(clock, setup.rehearsal)?;
        store
            .put_bundle(setup.bundle.version(), &setup.bytes)
            .await?;
        store.put(values::VENUE, setup.venue.as_bytes()).await?;
        store.put(values::POLICY, setup.policy.as_bytes()).await?;
        if let Some(modes) = &setup.modes {
            store.put(values::MODES, &encoded(modes)).await?;
        }
        if setup.rehearsal {
            store.put(ports::REHEARSAL, b"1").await?;
        }
        // The card last: with it the store is set up.
        store.put(values::CARD, &setup.card.to_bytes()).await?;
        Ok(Self {
            store,
            card: setup.card,
            bundle: setup.bundle,
            venue: setup.venue,
            policy: setup.policy,
            modes: setup.modes,
            registered: None,
            rehearsal: setup.rehearsal,
        })
    }

    /// The verifier of a store, with the newest bundle in it.
    ///
    /// # Errors
    /// [`StoreError::Empty`], [`VerifierError::Damaged`], [`VerifierError::DamagedName`],
    /// [`VerifierError::DamagedModes`], [`VerifierError::DamagedBundle`]; [`VerifierError::SetClock`] if the clock is set and this is no rehearsal;
    /// [`VerifierError::Store`].
    pub async fn open(store: S, clock: &impl Clock) -> Result<Self, VerifierError> {
        let card = SchemeCard::from_bytes(&value(&store, values::CARD).await?)?;
        let bundle = store.bundle().await?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle::new(&bundle)
            .verify(&Trust::pinned(&card))
            .map_err(VerifierError::DamagedBundle)?;
        clock.in_zone(bundle.scheme().zone());
        let rehearsal = store.get(ports::REHEARSAL).await?.is_some();
        ports::trusted(clock, rehearsal)?;
        let modes = store.get(values::MODES).await?;
        Ok(Self {
            modes: modes.map(|tags| decoded(&tags)).transpose()?,
            registered: Registered::open(&store, &card).await?,
            rehearsal,
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

    /// Takes passes of these modes from now on, and no others.
    ///
    /// # Errors
    /// [`VerifierError::ModeNotTaken`], [`VerifierError::NoMode`]; [`VerifierError::Store`].
    pub async fn set_modes(&mut self, modes: &[Mode]) -> Result<(), VerifierError> {
        let modes = chosen(self.policy()?, modes)?;
        self.store.put(values::MODES, &encoded(&modes)).await?;
        self.modes = Some(modes);
        Ok(())
    }

    /// A question for one guest at `now`: it is open until an answer to it is accepted, or until one window of the
    /// policy is over. Several may be open.
    ///
    /// # Errors
    /// [`VerifierError::Clock`], [`VerifierError::Door`], [`VerifierError::ModeNotTaken`], [`VerifierError::NotSetUp`],
    /// [`VerifierError::NeedsCard`], [`VerifierError::Venue`]; [`VerifierError::Store`].
    pub async fn ask<R: CryptoRng + ?Sized>(
        &self,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Question, VerifierError> {
        self.takes(Mode::Challenge)?;
        self.bundle.check_clock(now)?;
        let challenge = Challenge::new(&self.bundle, now, rng);
        let challenge = challenge.ok_or(VerifierError::NoEpoch)?;
        self.may_ask(now)?;
        let door = self.door()?;
        let ask = match &self.registered {
            Some(registered) => registered.ask(&door, &challenge, now)?,
            None => door.ask(&challenge),
        };
        self.store.asked(&challenge, now).await?;
        Ok(ask)
    }

    /// The poster's question, which every guest answers. Nobody prints one by a bundle that is out of date at `now`.
    ///
    /// # Errors
    /// [`VerifierError::Clock`], [`VerifierError::Door`], [`VerifierError::ModeNotTaken`], [`VerifierError::NotSetUp`],
    /// [`VerifierError::NeedsCard`], [`VerifierError::Venue`].
    pub fn poster(&self, now: UnixTime) -> Result<Question, VerifierError> {
        self.takes(Mode::Poster)?;
        self.bundle.check_clock(now)?;
        self.may_ask(now)?;
        Ok(self.door()?.poster(Mode::Poster))
    }

    fn door(&self) -> Result<Door<'_>, VerifierError> {
        Ok(match &self.registered {
            Some(of) => Door::registered(&self.bundle, &self.policy, &of.card)?,
            None => Door::new(&self.bundle, &self.policy, &self.venue)?,
        })
    }

    /// The scheme that the verifier belongs to.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.bundle.scheme()
    }

    /// The policy that is asked, as the bundle at hand has it.
    ///
    /// # Errors
    /// [`VerifierError::Door`].
    pub fn policy(&self) -> Result<&Policy, VerifierError> {
        Ok(self.door()?.policy())
    }
}

/// Modes that the policy takes, each once, in the order of their numbers.
fn chosen(policy: &Policy, modes: &[Mode]) -> Result<Vec<Mode>, VerifierError> {
    if let Some(mode) = modes.iter().find(|mode| !policy.takes(**mode)) {
        return Err(VerifierError::ModeNotTaken {
            policy: policy.name.clone(),
            mode: *mode,
        });
    }
    let mut modes = modes.to_vec();
    modes.sort_unstable_by_key(|mode| mode.code());
    modes.dedup();
    if modes.is_empty() {
        return Err(VerifierError::NoMode);
    }
    Ok(modes)
}

fn encoded(modes: &[Mode]) -> Vec<u8> {
    modes.iter().map(|mode| mode.code()).collect()
}

fn decoded(tags: &[u8]) -> Result<Vec<Mode>, VerifierError> {
    let modes = tags.iter().map(|tag| Mode::from_code(*tag));
    modes
        .collect::<Option<_>>()
        .ok_or(VerifierError::DamagedModes)
}

async fn value(store: &impl VerifierStore, name: &str) -> Result<Vec<u8>, StoreError> {
    store.get(name).await?.ok_or(StoreError::Empty)
}
