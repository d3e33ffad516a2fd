//! Keys of health card issuers: JSON Web Key sets (RFC 7517), as SMART Health Cards publish them.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::key::Key;

/// The largest key set that is read, in bytes.
const MAX_FILE: usize = 1 << 20;

/// Why a key set was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// No key set.
    #[error("this is no JSON Web Key set: {0}")]
    NotAKeySet(String),
    /// A private key.
    #[error("the key set holds a private key; ask the issuer for the public one and warn it")]
    Private,
    /// Another kind of key.
    #[error("key {0} is not of kind EC on P-256, as health cards must be signed with")]
    Kind(String),
    /// A name that is not the key's.
    #[error("key {0} is not named by its own thumbprint; get the key set again")]
    Thumbprint(String),
}

/// Issuers of SMART Health Cards that are trusted, by their address.
#[derive(Clone, Debug, Default)]
pub struct CardIssuers {
    issuers: Vec<CardIssuer>,
}

#[derive(Clone, Debug)]
struct CardIssuer {
    /// The `iss` of its cards.
    address: String,
    country: Option<String>,
    keys: Vec<(String, Key)>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    d: Option<serde::de::IgnoredAny>,
}

impl CardIssuers {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the issuer at `address` (the `iss` of its cards, without a slash at the end) with the
    /// keys of a JWK set. `country` is where it issues, which cards do not say.
    ///
    /// # Errors
    /// [`JwkError`]; then the issuer was not added.
    pub fn add(
        &mut self,
        address: &str,
        country: Option<&str>,
        key_set: &[u8],
    ) -> Result<(), JwkError> {
        if key_set.len() > MAX_FILE {
            return Err(JwkError::NotAKeySet("it is larger than 1 MB".into()));
        }
        let set: KeySet = serde_json::from_slice(key_set)
            .map_err(|error| JwkError::NotAKeySet(error.to_string()))?;
        let keys = set.keys.into_iter().map(Jwk::open);
        self.issuers.push(CardIssuer {
            address: address.trim_end_matches('/').to_owned(),
            country: country.map(str::to_owned),
            keys: keys.collect::<Result<_, _>>()?,
        });
        Ok(())
    }

    /// The key that the issuer at `address` calls `id`.
    pub(super) fn key(&self, address: &str, id: &str) -> Option<&Key> {
        let keys = self.at(address).flat_map(|issuer| &issuer.keys);
        keys.into_iter()
            .find(|(name, _)| name == id)
            .map(|(_, key)| key)
    }

    /// Where the issuer at `address` issues.
    pub(super) fn country(&self, address: &str) -> Option<&str> {
        self.at(address)
            .find_map(|issuer| issuer.country.as_deref())
    }

    fn at(&self, address: &str) -> impl Iterator<Item = &CardIssuer> {
        self.issuers
            .iter()
            .filter(move |issuer| issuer.address == address)
    }
}

impl Jwk {
    fn open(self) -> Result<(String, Key), JwkError> {
        if self.d.is_some() {
            return Err(JwkError::Private);
        }
        let key = self
            .point()
            .ok_or_else(|| JwkError::Kind(self.kid.clone()))?;
        if self.kid != self.thumbprint() {
            return Err(JwkError::Thumbprint(self.kid));
        }
        Ok((self.kid, Key::P256(key)))
    }

    /// The point (RFC 7518, section 6.2.1).
    fn point(&self) -> Option<p256::ecdsa::VerifyingKey> {
        if self.kty != "EC" || self.crv != "P-256" {
            return None;
        }
        let [x, y] = [&self.x, &self.y].map(|text| Base64UrlUnpadded::decode_vec(text).ok());
        let (x, y) = (x.filter(|x| x.len() == 32)?, y.filter(|y| y.len() == 32)?);
        // 4: an uncompressed point (SEC 1, section 2.3.3).
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&[&[4], x.as_slice(), &y].concat()).ok()
    }

    /// SHA-256 of the required members in order (RFC 7638, section 3).
    fn thumbprint(&self) -> String {
        let Self { crv, kty, x, y, .. } = self;
        let members = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
        Base64UrlUnpadded::encode_string(&Sha256::digest(members))
    }
}
