//! A registered venue: its key, its registration, and the card that the authority made of it.
//!
//! The key rests in the verifier's store as it is, like what the store remembers of guests. A door signs a question for each
//! guest with nobody there to type a passphrase; and who takes the key away can ask in the venue's name until the card
//! ends, but accepts nobody: what a pass is worth is decided by wallets and doors, not by this key.

use rand_core::CryptoRng;
use veilpass::presentation::{Challenge, Door, Question};
use veilpass::scheme::{
    Bundle, SchemeCard, UnixTime, UnverifiedVenue, UnverifiedVenueCard, VenueCard, VenueError,
    VenueKey, Venues,
};
use zeroize::Zeroizing;

use super::{Verifier, VerifierError, values};
use crate::store::VerifierStore;

/// A card with the key that it is for.
pub(super) struct Registered {
    pub(super) card: VenueCard,
    key: VenueKey,
}

impl Registered {
    /// The card and the key of a store, if there is a card.
    pub(super) async fn open(
        store: &impl VerifierStore,
        pinned: &SchemeCard,
    ) -> Result<Option<Self>, VerifierError> {
        let Some(bytes) = store.get(values::VENUE_CARD).await? else {
            return Ok(None);
        };
        let card = UnverifiedVenueCard::from_bytes(&bytes)?;
        let card = card
            .verify(pinned.key())
            .map_err(VerifierError::DamagedBundle)?;
        let key = key(store).await?.ok_or(VerifierError::OtherKey)?;
        Ok(Some(Self {
            card: card.clone(),
            key,
        }))
    }

    /// The question for one guest, signed.
    pub(super) fn ask(
        &self,
        door: &Door<'_>,
        challenge: &Challenge,
        now: UnixTime,
    ) -> Result<Question, VenueError> {
        door.ask_signed(challenge, &self.key, now)
    }
}

/// The venue's key in a store.
async fn key(store: &impl VerifierStore) -> Result<Option<VenueKey>, VerifierError> {
    let bytes = store.get(values::VENUE_KEY).await?.map(Zeroizing::new);
    Ok(bytes
        .map(|bytes| VenueKey::from_bytes(&bytes))
        .transpose()?)
}

impl<S: VerifierStore> Verifier<S> {
    /// The venue's registration, for the authority, which compares the fingerprint of its key in person. The first one makes
    /// the key.
    ///
    /// # Errors
    /// [`VerifierError::Damaged`]; [`VerifierError::Store`].
    pub async fn registration<R: CryptoRng + ?Sized>(
        &self,
        rng: &mut R,
    ) -> Result<UnverifiedVenue, VerifierError> {
        if key(&self.store).await?.is_none() {
            let made = VenueKey::generate(rng);
            let bytes = made.expose_bytes();
            self.store.put(values::VENUE_KEY, &*bytes).await?;
        }
        // As it is stored: of two processes one made it.
        let key = key(&self.store).await?.ok_or(VerifierError::OtherKey)?;
        let registration = key.register(self.scheme().id(), &self.venue);
        registration.map_err(VerifierError::Name)
    }

    /// Takes the card that the authority made: from now on the venue asks with it.
    ///
    /// # Errors
    /// [`VerifierError::Venue`] if it is not of this scheme's authority, or does not let this door ask at `now`;
    /// [`VerifierError::OtherVenue`], [`VerifierError::OtherKey`]; [`VerifierError::Store`].
    pub async fn take_card(
        &mut self,
        bytes: &[u8],
        now: UnixTime,
    ) -> Result<&VenueCard, VerifierError> {
        let card = UnverifiedVenueCard::from_bytes(bytes).map_err(VerifierError::NoCard)?;
        let card = card.verify(self.card.key());
        let card = card.map_err(|_| VenueError::NotVouched)?.clone();
        card.check(&self.bundle, self.policy()?.number, now)?;
        if card.terms().name != self.venue {
            return Err(VerifierError::OtherVenue {
                venue: self.venue.clone(),
                card: card.terms().name.clone(),
            });
        }
        let key = key(&self.store).await?;
        let key = key.filter(|key| key.public() == card.terms().key);
        let key = key.ok_or(VerifierError::OtherKey)?;
        self.store.put(values::VENUE_CARD, bytes).await?;
        let registered = self.registered.insert(Registered { card, key });
        Ok(&registered.card)
    }

    /// The venue's card, if it has one.
    #[must_use]
    pub fn venue_card(&self) -> Option<&VenueCard> {
        self.registered.as_ref().map(|registered| &registered.card)
    }

    /// Refuses to ask where no wallet would answer: without a card where one is needed, or with one that is none any more.
    pub(super) fn may_ask(&self, now: UnixTime) -> Result<(), VerifierError> {
        match &self.registered {
            Some(registered) => {
                let number = self.policy()?.number;
                Ok(registered.card.check(&self.bundle, number, now)?)
            }
            None if needs_card(&self.bundle) => Err(VerifierError::NeedsCard),
            None => Ok(()),
        }
    }
}

/// Whether wallets answer no venue without a card.
pub(super) fn needs_card(bundle: &Bundle) -> bool {
    bundle.scheme().venues() == Venues::Registered
}
