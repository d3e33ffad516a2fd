//! Keys of health card issuers: JSON Web Key sets (RFC 7517), as SMART Health Cards publish them, and snapshots of
//! directories of such issuers, as VCI publishes them.

use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::country;
use super::key::Key;
use super::words::reasons;

/// The largest key set that is read, in bytes; a snapshot has hundreds of them.
const MAX_FILE: usize = 1 << 20;
const MAX_SNAPSHOT: usize = 16 << 20;

reasons! {
    /// Why a key set, or a key of it, was not taken.
    pub enum JwkError {
        /// No key set.
        NotAKeySet = "jwk-not-a-key-set",
            "this is no JSON Web Key set, or larger than 1 MB; get it again from the issuer's address with /.well-known/jwks.json";
        /// No key that is read.
        NoKeys = "jwk-no-keys", "there is no key in it that health cards are signed with; get it again";
        /// A private key.
        Private = "jwk-private",
            "the key set holds a private key; ask the issuer for the public one and warn it";
        /// Another kind of key.
        Kind {
            /// Its name.
            key: String,
        } = "jwk-kind", "the key {key} is not of kind EC on P-256, with which health cards must be signed, and is left out; if its cards are refused, ask the issuer";
        /// A name that is not the key's.
        Thumbprint {
            /// Its name.
            key: String,
        } = "jwk-thumbprint", "the key {key} is not named by its own thumbprint and is left out; get the key set again";
    }
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
    revoked: BTreeSet<Revoked>,
}

/// A card that was revoked: its key and its revocation identifier. An identifier may have a time behind it: then only
/// what was issued before counts (SMART Health Cards framework, "Revocation").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Revoked {
    key: String,
    id: String,
    before: Option<u64>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    d: Option<serde::de::IgnoredAny>,
}

/// A snapshot of a directory.
#[derive(Deserialize)]
struct Snapshot {
    #[serde(rename = "issuerInfo")]
    issuers: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    issuer: Address,
    #[serde(default)]
    keys: Vec<Value>,
    #[serde(default)]
    crls: Vec<Revocations>,
}

#[derive(Deserialize)]
struct Address {
    iss: String,
}

#[derive(Deserialize)]
struct Revocations {
    kid: String,
    #[serde(default)]
    rids: Vec<String>,
}

impl CardIssuers {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many issuers are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.issuers.len()
    }

    /// Whether nobody is on the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Trusts the issuer at `address` (the `iss` of its cards) with the keys of a JWK set. `country` is where it issues,
    /// which cards do not say. Says which keys were left out: sets have keys for other things, too.
    ///
    /// # Errors
    /// [`JwkError`]; then the issuer was not added.
    pub fn add(
        &mut self,
        address: &str,
        country: Option<&str>,
        key_set: &[u8],
    ) -> Result<Vec<JwkError>, JwkError> {
        if key_set.len() > MAX_FILE {
            return Err(JwkError::NotAKeySet);
        }
        let set: KeySet = serde_json::from_slice(key_set).map_err(|_| JwkError::NotAKeySet)?;
        self.put(address, country, set.keys, Vec::new())
    }

    /// Trusts all issuers of a directory's snapshot, as VCI publishes one (`vci_snapshot.json`). Says which keys were
    /// left out; nothing, if this is no snapshot.
    ///
    /// # Errors
    /// [`JwkError::NoKeys`] if no key in it is read.
    pub fn add_snapshot(
        &mut self,
        file: &[u8],
        country: Option<&str>,
    ) -> Result<Option<Vec<JwkError>>, JwkError> {
        let text = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
        if text.len() > MAX_SNAPSHOT {
            return Ok(None);
        }
        let Ok(snapshot) = serde_json::from_slice::<Snapshot>(text) else {
            return Ok(None);
        };
        let (before, mut left_out) = (self.issuers.len(), Vec::new());
        for listed in snapshot.issuers {
            match self.put(&listed.issuer.iss, country, listed.keys, listed.crls) {
                Ok(keys) => left_out.extend(keys),
                // An issuer that has no keys yet says nothing about the others.
                Err(JwkError::NoKeys) => {}
                Err(why) => left_out.push(why),
            }
        }
        match self.issuers.len() > before {
            true => Ok(Some(left_out)),
            false => Err(left_out.into_iter().next().unwrap_or(JwkError::NoKeys)),
        }
    }

    fn put(
        &mut self,
        address: &str,
        country: Option<&str>,
        keys: Vec<Value>,
        lists: Vec<Revocations>,
    ) -> Result<Vec<JwkError>, JwkError> {
        let (mut good, mut left_out) = (Vec::new(), Vec::new());
        for key in keys {
            match Jwk::open(key) {
                Ok(key) => good.push(key),
                Err(why) => left_out.push(why),
            }
        }
        if good.is_empty() {
            return Err(left_out.into_iter().next().unwrap_or(JwkError::NoKeys));
        }
        self.issuers.push(CardIssuer {
            address: plain(address).to_owned(),
            country: country.map(country::normal),
            keys: good,
            revoked: lists.into_iter().flat_map(Revocations::each).collect(),
        });
        Ok(left_out)
    }

    /// The key that the issuer at `address` calls `id`.
    pub(super) fn key(&self, address: &str, id: &str) -> Option<&Key> {
        let keys = self.at(address).flat_map(|issuer| &issuer.keys);
        keys.into_iter()
            .find(|(name, _)| name == id)
            .map(|(_, key)| key)
    }

    /// Whether a directory says that this card was revoked: signed by this key, with this identifier, good from this
    /// second on.
    pub(super) fn has_revoked(&self, address: &str, key: &str, id: &str, from: f64) -> bool {
        let mut revoked = self.at(address).flat_map(|issuer| &issuer.revoked);
        revoked.any(|one| {
            let earlier = |before: u64| from < std::time::Duration::from_secs(before).as_secs_f64();
            one.key == key && one.id == id && one.before.is_none_or(earlier)
        })
    }

    /// Where the issuer at `address` issues.
    pub(super) fn country(&self, address: &str) -> Option<&str> {
        self.at(address)
            .find_map(|issuer| issuer.country.as_deref())
    }

    fn at(&self, address: &str) -> impl Iterator<Item = &CardIssuer> {
        let address = plain(address);
        self.issuers
            .iter()
            .filter(move |issuer| issuer.address == address)
    }
}

/// An address without a slash at the end.
fn plain(address: &str) -> &str {
    address.trim_end_matches('/')
}

impl Revocations {
    fn each(self) -> impl Iterator<Item = Revoked> {
        let Self { kid, rids } = self;
        rids.into_iter().map(move |rid| {
            let (id, before) = match rid.split_once('.') {
                Some((id, before)) => (id.to_owned(), before.parse().ok()),
                None => (rid, None),
            };
            let key = kid.clone();
            Revoked { key, id, before }
        })
    }
}

impl Jwk {
    fn open(key: Value) -> Result<(String, Key), JwkError> {
        let key: Self = serde_json::from_value(key).map_err(|_| JwkError::NotAKeySet)?;
        if key.d.is_some() {
            return Err(JwkError::Private);
        }
        let name = || {
            let shown = key.kid.chars().filter(char::is_ascii_graphic);
            shown.take(64).collect::<String>()
        };
        let point = key.point().ok_or_else(|| JwkError::Kind { key: name() })?;
        if key.kid != key.thumbprint() {
            return Err(JwkError::Thumbprint { key: name() });
        }
        Ok((key.kid, Key::P256(point)))
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
