//! Venues that the authority registers. A venue makes a key and asks with a registration; it gets a [card](super::VenueCard), by
//! which wallets know that the authority vouches for its name.
//!
//! ```text
//! VenueKey::register ── UnverifiedVenue ── verify ── BundleKey::sign_venue_card ── VenueCard
//!                                                       UnverifiedVenueCard ── verify ──┘
//! ```

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::fingerprint::fingerprint;
use super::schema::SchemaError;
use super::signing::{read_ed25519, signed_digest, verifies_ed25519};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::CryptoRng;
use crate::error::Error;
use crate::text::is_venue_name;

/// What the decoders and the signer say of a venue's name.
pub(super) const NAME: &str = "a venue's name has 1 to 64 characters and no space around them";

/// A registered venue for ever, whatever card and key it has: 16 bytes, not all of them zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueId([u8; 16]);

impl VenueId {
    /// A fresh one.
    pub fn random<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut id = [0; 16];
        while id == [0; 16] {
            rng.fill_bytes(&mut id);
        }
        Self(id)
    }

    /// One that comes back from a store; `None` for zeros, which stand for venues without a card.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_bytes(reader.array()?).ok_or(reader.value_error("a venue's id is all zeros"))
    }
}

/// A venue's secret Ed25519 key, with which it signs its questions.
pub struct VenueKey(SigningKey);

/// A venue's public key. Strictly verified: no key of small order is one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VenuePublic(VerifyingKey);

impl VenueKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key as 32 bytes, for the venue's store.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("venue's key", bytes);
        let seed = Zeroizing::new(reader.array()?);
        reader.finish()?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> VenuePublic {
        VenuePublic(self.0.verifying_key())
    }

    /// A registration under this name in the scheme with this identifier: what the authority makes a card from.
    ///
    /// # Errors
    /// [`SchemaError`] if no venue can have the name.
    pub fn register(&self, scheme: &[u8; 32], name: &str) -> Result<UnverifiedVenue, SchemaError> {
        if !is_venue_name(name) {
            return Err(SchemaError(NAME));
        }
        let (key, name) = (self.public(), name.to_owned());
        let digest = signed_digest(
            Artefact::VenueRegistration,
            scheme,
            &registered(&key, &name),
        );
        Ok(UnverifiedVenue {
            signature: self.sign(&digest),
            scheme: *scheme,
            key,
            name,
        })
    }

    /// A signature of a digest that says what it is of.
    pub(crate) fn sign(&self, digest: &[u8; 32]) -> [u8; 64] {
        self.0.sign(digest).to_bytes()
    }
}

impl VenuePublic {
    /// The key as 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// What venue and authority compare in person before a card is made: like `0A1B-2C3D-4E5F-6G7H-8J9K`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(b"venue", &self.to_bytes())
    }

    pub(crate) fn verifies(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        verifies_ed25519(&self.0, digest, &Signature::from_bytes(signature))
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_ed25519(reader).map(Self)
    }
}

impl fmt::Debug for VenuePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VenuePublic({})", crate::text::hex(&self.to_bytes()))
    }
}

/// What a registration's signature is over, beside scheme, version and kind.
fn registered(key: &VenuePublic, name: &str) -> Vec<u8> {
    let writer = Writer::default().raw(&key.to_bytes());
    writer.bytes(name.as_bytes()).finish()
}

/// A venue's registration: its name and key, with a signature by that key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedVenue {
    signature: [u8; 64],
    scheme: [u8; 32],
    key: VenuePublic,
    name: String,
}

impl UnverifiedVenue {
    /// Reads a registration.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("venue's registration", bytes);
        reader.header(Artefact::VenueRegistration)?;
        let (signature, scheme) = (reader.array()?, reader.array()?);
        let (key, name) = (VenuePublic::read(&mut reader)?, reader.text()?);
        if !is_venue_name(&name) {
            return Err(reader.value_error(NAME));
        }
        reader.finish()?;
        Ok(Self {
            signature,
            scheme,
            key,
            name,
        })
    }

    /// The bytes of the registration.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::VenueRegistration)
            .raw(&self.signature)
            .raw(&self.scheme)
            .raw(&registered(&self.key, &self.name))
            .finish()
    }

    /// What venue and authority compare in person: of the key that it names.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    /// The name that it asks for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its key, if the owner of that key registers in the scheme with this identifier.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify(&self, scheme: &[u8; 32]) -> Result<VenuePublic, Error> {
        let body = registered(&self.key, &self.name);
        let digest = signed_digest(Artefact::VenueRegistration, &self.scheme, &body);
        if self.scheme == *scheme && self.key.verifies(&digest, &self.signature) {
            Ok(self.key)
        } else {
            Err(Error::Invalid)
        }
    }
}
