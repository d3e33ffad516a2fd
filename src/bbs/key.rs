//! Keys: a scalar x and X = x·g2.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::Suite;
use super::interface::Interface;
use crate::codec::{DecodeError, Reader};
use crate::curve::{
    CryptoRng, Field, G2Affine, G2Prepared, Scalar, g2_generator_times, g2_to_bytes,
    scalar_to_bytes,
};
use crate::error::Error;
use crate::secret::Secret;

/// An issuer's secret key. It can be neither printed nor cloned, and is wiped when dropped.
pub struct SecretKey<S: Suite> {
    x: Secret<Scalar>,
    public: PublicKey<S>,
}

impl<S: Suite> SecretKey<S> {
    /// A fresh key from 32 bytes of `rng` by [`derive`](Self::derive).
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        loop {
            let mut material = Zeroizing::new([0; 32]);
            rng.fill_bytes(material.as_mut_slice());
            // The only failure left is the scalar zero, of probability 2^-255.
            if let Ok(key) = Self::derive(material.as_slice(), b"", None) {
                return key;
            }
        }
    }

    /// KeyGen, draft-irtf-cfrg-bbs-signatures §3.4.1: the key that `material` (secret, at least 32
    /// bytes) and `info` determine. `dst` replaces the default tag.
    ///
    /// # Errors
    /// [`Error::KeyMaterial`] if the material is too short or the info too long.
    pub fn derive(material: &[u8], info: &[u8], dst: Option<&[u8]>) -> Result<Self, Error> {
        let info_len = u16::try_from(info.len()).map_err(|_| Error::KeyMaterial)?;
        if material.len() < 32 {
            return Err(Error::KeyMaterial);
        }
        let interface: &Interface = &S::interfaces().core;
        let default = format!("{}KEYGEN_DST_", interface.api_id);
        let x = interface.hash_to_scalar_with(
            &[material, &info_len.to_be_bytes(), info],
            dst.unwrap_or(default.as_bytes()),
        );
        if x == Scalar::ZERO {
            return Err(Error::Invalid);
        }
        Ok(Self::from_scalar(x))
    }

    fn from_scalar(x: Scalar) -> Self {
        Self {
            public: PublicKey::from_point(g2_generator_times(&x)),
            x: Secret::new(x),
        }
    }

    /// The key that belongs to it.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey<S> {
        &self.public
    }

    /// The key as 32 bytes, big-endian, for storing it encrypted. The bytes are wiped when dropped.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(scalar_to_bytes(self.x.expose()))
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes, zero, or a number not below the group order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("secret key", bytes);
        let x = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self::from_scalar(x))
    }

    pub(super) fn scalar(&self) -> &Scalar {
        self.x.expose()
    }
}

/// An issuer's public key, X = x·g2: 96 bytes. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey<S: Suite> {
    inner: Arc<Inner>,
    suite: PhantomData<S>,
}

struct Inner {
    point: G2Affine,
    bytes: [u8; 96],
    prepared: OnceLock<G2Prepared>,
}

impl<S: Suite> PublicKey<S> {
    fn from_point(point: G2Affine) -> Self {
        Self {
            inner: Arc::new(Inner {
                point,
                bytes: g2_to_bytes(&point),
                prepared: OnceLock::new(),
            }),
            suite: PhantomData,
        }
    }

    /// octets_to_pubkey, §4.2.4.4.
    ///
    /// # Errors
    /// Any other length than 96 bytes, or not a canonical point of the subgroup, or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("public key", bytes);
        let point = reader.g2()?;
        reader.finish()?;
        Ok(Self::from_point(point))
    }

    /// The key as 96 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 96] {
        self.inner.bytes
    }

    /// The key as 96 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 96] {
        &self.inner.bytes
    }

    /// X with its pairing lines, computed at first use.
    pub(super) fn prepared(&self) -> &G2Prepared {
        self.inner.prepared.get_or_init(|| self.inner.point.into())
    }
}

impl<S: Suite> PartialEq for PublicKey<S> {
    fn eq(&self, other: &Self) -> bool {
        self.inner.bytes == other.inner.bytes
    }
}

impl<S: Suite> Eq for PublicKey<S> {}

impl<S: Suite> fmt::Debug for PublicKey<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(")?;
        for byte in self.inner.bytes {
            write!(f, "{byte:02x}")?;
        }
        write!(f, ")")
    }
}
