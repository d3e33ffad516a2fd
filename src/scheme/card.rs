//! The scheme card: what everybody pins.

use super::fingerprint::fingerprint;
use super::signing::BundleVerifyingKey;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};

/// What wallets and doors pin before they believe anything: which scheme, signed by whom. It must
/// reach them by a way that they trust; everything else may come from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemeCard {
    pub(super) scheme: [u8; 32],
    pub(super) key: BundleVerifyingKey,
}

impl SchemeCard {
    /// The card of the scheme with this identifier, whose bundles `key` signs.
    #[must_use]
    pub fn new(scheme: [u8; 32], key: BundleVerifyingKey) -> Self {
        Self { scheme, key }
    }

    /// The scheme's identifier.
    #[must_use]
    pub fn scheme(&self) -> &[u8; 32] {
        &self.scheme
    }

    /// The authority's key for bundles.
    #[must_use]
    pub fn key(&self) -> &BundleVerifyingKey {
        &self.key
    }

    /// What two people compare to know that they have the same card: like `0A1B-2C3D-4E5F-6G7H-8J9K`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(b"scheme card", &self.to_bytes())
    }

    /// 66 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::SchemeCard)
            .raw(&self.scheme)
            .raw(&self.key.to_bytes())
            .finish()
    }

    /// Reads a card.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("scheme card", bytes);
        reader.header(Artefact::SchemeCard)?;
        let scheme = reader.array()?;
        let key: [u8; 32] = reader.array()?;
        let card = Self {
            scheme,
            key: BundleVerifyingKey::from_bytes(&key)?,
        };
        reader.finish()?;
        Ok(card)
    }
}
