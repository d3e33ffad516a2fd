//! Setting an issuer up.

use rand_core::CryptoRng;
use veilpass::scheme::{Bundle, IssuerKey, SchemeCard, Trust, UnverifiedBundle};

use super::{BUNDLE, CARD, Issuer, IssuerError, begin_of_day};
use crate::log::Event;
use crate::ports::{self, Clock, Keys, names};
use crate::store::{IssuerStore, StoreError};

/// What an issuer of a scheme begins with: the scheme's card, and a bundle that the scheme's authority signed.
pub struct Founding {
    card: SchemeCard,
    bundle: Bundle,
    bytes: Vec<u8>,
    rehearsal: bool,
}

/// An issuer that was set up.
pub struct Founded<S> {
    /// The issuer.
    pub issuer: Issuer<S>,
    /// Its registration, for the authority: the public key with a proof of possession.
    pub registration: Vec<u8>,
}

impl Founding {
    /// Checks that the bundle is of the card's scheme.
    ///
    /// # Errors
    /// [`IssuerError::Decode`], [`IssuerError::Unsigned`].
    pub fn new(card: &[u8], bundle: Vec<u8>) -> Result<Self, IssuerError> {
        let card = SchemeCard::from_bytes(card)?;
        let verified = UnverifiedBundle::new(&bundle).verify(&Trust::pinned(&card));
        Ok(Self {
            card,
            bundle: verified.map_err(IssuerError::Unsigned)?,
            bytes: bundle,
            rehearsal: false,
        })
    }

    /// For rehearsal: this issuer, and no other, works by a clock that was set as well.
    #[must_use]
    pub fn for_rehearsal(self) -> Self {
        Self {
            rehearsal: true,
            ..self
        }
    }

    /// Makes the issuer's key, seals it, and sets the store up, which must be empty.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`]; [`IssuerError::Key`] if there is a key already, or it cannot be sealed;
    /// [`IssuerError::SetClock`] if the clock is set and this is no rehearsal; [`IssuerError::Store`].
    pub async fn found<S: IssuerStore, R: CryptoRng + ?Sized>(
        self,
        store: S,
        keys: &impl Keys,
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<Founded<S>, IssuerError> {
        if store.get(CARD).await?.is_some() {
            return Err(StoreError::NotEmpty.into());
        }
        clock.in_zone(self.bundle.scheme().zone());
        let now = ports::trusted(clock, self.rehearsal)?;
        let now = begin_of_day(self.bundle.scheme().zone(), now).as_seconds();
        ports::none_yet(keys, &[names::ISSUER])?;
        let key = IssuerKey::generate(rng);
        keys.seal(names::ISSUER, &*key.expose_bytes())?;
        let number = self.bundle.version();
        (store.put(BUNDLE, &self.bytes, &[Event::Bundle { number }], now)).await?;
        if self.rehearsal {
            store.put(ports::REHEARSAL, b"1", &[], now).await?;
        }
        // The card last: with it the issuer is set up.
        let scheme = self.bundle.scheme().name().to_owned();
        let founded = [Event::Founded { scheme }];
        (store.put(CARD, &self.card.to_bytes(), &founded, now)).await?;
        let registration = key.register(self.bundle.scheme(), rng).to_bytes();
        let issuer = Issuer {
            store,
            card: self.card,
            bundle: self.bundle,
        };
        Ok(Founded {
            issuer,
            registration,
        })
    }
}
