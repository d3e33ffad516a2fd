//! Cards of venues: what the authority signs, and what wallet and door check of it.

use super::bundle::{Bundle, BundleError};
use super::schema::SchemaError;
use super::signing::{BundleKey, BundleVerifyingKey};
use super::time::UnixTime;
use super::venue::{NAME, VenueId, VenuePublic};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::text::is_venue_name;
use crate::transcript::Transcript;

/// The most policies on a card: its question must fit a QR code.
const MAX_POLICIES: usize = 64;

/// What the decoder and the signer of a card say of its policies.
const POLICIES: &str = "a venue's card has 1 to 64 policies, whose numbers rise";

/// What a card says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueTerms {
    /// The venue, for ever.
    pub id: VenueId,
    /// Its name, which belongs to this id alone: 1 to 64 characters.
    pub name: String,
    /// The numbers of the policies that it may ask, rising.
    pub policies: Vec<u16>,
    /// The key that signs its questions.
    pub key: VenuePublic,
    /// From this moment on the card is none.
    pub end: UnixTime,
}

impl VenueTerms {
    fn check(&self) -> Result<(), &'static str> {
        if !is_venue_name(&self.name) {
            return Err(NAME);
        }
        let number = self.policies.len();
        if !(1..=MAX_POLICIES).contains(&number) || !self.policies.is_sorted_by(|a, b| a < b) {
            return Err(POLICIES);
        }
        Ok(())
    }

    fn body(&self) -> Vec<u8> {
        Writer::default()
            .raw(&self.id.to_bytes())
            .bytes(self.name.as_bytes())
            .list(&self.policies, |writer, number| writer.u16(*number))
            .raw(&self.key.to_bytes())
            .i64(self.end.as_seconds())
            .finish()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (id, name) = (VenueId::read(reader)?, reader.text()?);
        let policies = (0..reader.u16()?)
            .map(|_| reader.u16())
            .collect::<Result<_, _>>()?;
        let terms = Self {
            id,
            name,
            policies,
            key: VenuePublic::read(reader)?,
            end: UnixTime::read(reader)?,
        };
        terms.check().map_err(|why| reader.value_error(why))?;
        Ok(terms)
    }
}

/// Why a wallet does not believe a venue's card or the signature of a question, and why a door does not ask with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueError {
    /// Not signed by the scheme's authority.
    #[error("the authority of this scheme did not sign this venue's card")]
    NotVouched,
    /// A card of another scheme.
    #[error("this venue's card belongs to another scheme")]
    OtherScheme,
    /// The card is past its end.
    #[error("this venue's card has ended; the venue must get a new one from the authority")]
    Ended,
    /// The authority has withdrawn the venue.
    #[error("the authority has withdrawn this venue")]
    Withdrawn,
    /// The policy is not on the card.
    #[error("this venue's card does not let it ask this question")]
    OtherPolicy,
    /// The question is not signed by the venue's key.
    #[error("the venue of this card did not sign this question")]
    NotSigned,
    /// The question is past its end.
    #[error("this question is too old; let the venue ask again, or check this clock")]
    TooOld,
    /// The question would be good for longer than the policy's window.
    #[error("this question is good for too long; check this clock and the door's")]
    TooFarAhead,
    /// The scheme takes only questions of registered venues.
    #[error("in this scheme only venues with a card of the authority ask, and this one shows none")]
    NoCard,
}

/// A venue's card, signed by the authority, and verified.
///
/// ```compile_fail,E0616
/// # fn alter(mut card: veilpass::scheme::VenueCard) {
/// card.terms.end = veilpass::scheme::UnixTime::from_seconds(i64::MAX);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueCard {
    signature: [u8; 64],
    scheme: [u8; 32],
    terms: VenueTerms,
}

/// A venue's card as it arrives: decoded, its signature not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedVenueCard(VenueCard);

impl VenueCard {
    /// The bytes of the card.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::VenueCard)
            .raw(&self.signature)
            .raw(&self.scheme)
            .raw(&self.terms.body())
            .finish()
    }

    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &VenueTerms {
        &self.terms
    }

    /// The identifier of its scheme.
    #[must_use]
    pub fn scheme(&self) -> &[u8; 32] {
        &self.scheme
    }

    /// What names the card in the venue's signature of a question.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Transcript::new("card").field(&self.to_bytes()).digest()
    }

    /// Whether the venue may ask the policy with this number at `now`, by this bundle.
    ///
    /// # Errors
    /// [`VenueError::OtherScheme`], [`VenueError::Ended`], [`VenueError::Withdrawn`], [`VenueError::OtherPolicy`].
    pub fn check(&self, bundle: &Bundle, policy: u16, now: UnixTime) -> Result<(), VenueError> {
        if self.scheme != *bundle.scheme.id() {
            return Err(VenueError::OtherScheme);
        }
        if now >= self.terms.end {
            return Err(VenueError::Ended);
        }
        if bundle.withdrawn.contains(&self.terms.id) {
            return Err(VenueError::Withdrawn);
        }
        if !self.terms.policies.contains(&policy) {
            return Err(VenueError::OtherPolicy);
        }
        Ok(())
    }
}

impl UnverifiedVenueCard {
    /// Reads a card.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("venue's card", bytes);
        reader.header(Artefact::VenueCard)?;
        let (signature, scheme) = (reader.array()?, reader.array()?);
        let terms = VenueTerms::read(&mut reader)?;
        reader.finish()?;
        Ok(Self(VenueCard {
            signature,
            scheme,
            terms,
        }))
    }

    /// The bytes of the card.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// The name on it, which nobody has vouched for yet.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.terms.name
    }

    /// What it says, for the authority, whose own store it comes from.
    #[must_use]
    pub fn into_terms(self) -> VenueTerms {
        self.0.terms
    }

    /// The id on it.
    pub(crate) fn id(&self) -> VenueId {
        self.0.terms.id
    }

    /// The card, if the authority with this key signed it.
    ///
    /// # Errors
    /// [`BundleError::Signature`].
    pub fn verify(&self, key: &BundleVerifyingKey) -> Result<&VenueCard, BundleError> {
        let card = &self.0;
        let body = card.terms.body();
        if key.verify_detached(Artefact::VenueCard, &card.scheme, &body, &card.signature) {
            Ok(card)
        } else {
            Err(BundleError::Signature)
        }
    }
}

impl From<VenueCard> for UnverifiedVenueCard {
    fn from(card: VenueCard) -> Self {
        Self(card)
    }
}

impl BundleKey {
    /// Signs a card for a venue of the scheme with this identifier.
    ///
    /// # Errors
    /// [`SchemaError`] if no card can say this.
    pub fn sign_venue_card(
        &self,
        scheme: &[u8; 32],
        terms: VenueTerms,
    ) -> Result<VenueCard, SchemaError> {
        terms.check().map_err(SchemaError)?;
        Ok(VenueCard {
            signature: self.sign_detached(Artefact::VenueCard, scheme, &terms.body()),
            scheme: *scheme,
            terms,
        })
    }
}
