//! The authority's signature on what it publishes and hands out.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::bundle::BundleError;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, VERSION, Writer};
use crate::curve::CryptoRng;
use crate::transcript::Transcript;

/// The authority's Ed25519 key for bundles.
pub struct BundleKey(SigningKey);

/// The key that verifiers and wallets pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleVerifyingKey(VerifyingKey);

impl BundleKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key as 32 bytes, for storing it encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("bundle key", bytes);
        let seed = Zeroizing::new(reader.array()?);
        reader.finish()?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> BundleVerifyingKey {
        BundleVerifyingKey(self.0.verifying_key())
    }

    /// An artefact of `kind` of the scheme with this identifier: signature ‖ scheme_id ‖ body.
    pub(super) fn sign(&self, kind: Artefact, scheme: &[u8; 32], body: &[u8]) -> Vec<u8> {
        Writer::artefact(kind)
            .raw(&self.sign_detached(kind, scheme, body))
            .raw(scheme)
            .raw(body)
            .finish()
    }

    /// Signs an artefact of `kind` that carries the signature in its own way.
    #[must_use]
    pub fn sign_detached(&self, kind: Artefact, scheme: &[u8; 32], body: &[u8]) -> [u8; 64] {
        self.0.sign(&signed_digest(kind, scheme, body)).to_bytes()
    }
}

impl BundleVerifyingKey {
    /// The key as 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads a key.
    ///
    /// # Errors
    /// Anything but 32 bytes that are a valid Ed25519 key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("authority key", bytes);
        let key = read_ed25519(&mut reader)?;
        reader.finish()?;
        Ok(Self(key))
    }

    /// Checks what [`BundleKey::sign_detached`] made.
    #[must_use]
    pub fn verify_detached(
        &self,
        kind: Artefact,
        scheme: &[u8; 32],
        body: &[u8],
        signature: &[u8; 64],
    ) -> bool {
        let signature = Signature::from_bytes(signature);
        let digest = signed_digest(kind, scheme, body);
        verifies_ed25519(&self.0, &digest, &signature)
    }

    /// The scheme's identifier and the body of a signed artefact of `kind`.
    pub(super) fn open<'a>(
        &self,
        what: &'static str,
        kind: Artefact,
        bytes: &'a [u8],
    ) -> Result<([u8; 32], &'a [u8]), BundleError> {
        let mut reader = Reader::new(what, bytes);
        reader.header(kind)?;
        let signature = reader.array()?;
        let scheme = reader.array()?;
        let body = reader.rest();
        if self.verify_detached(kind, &scheme, body, &signature) {
            Ok((scheme, body))
        } else {
            Err(BundleError::Signature)
        }
    }
}

/// A key that verification is strict with: not of small order.
pub(super) fn read_ed25519(reader: &mut Reader<'_>) -> Result<VerifyingKey, DecodeError> {
    let key = VerifyingKey::from_bytes(&reader.array()?).ok();
    key.filter(|key| !key.is_weak())
        .ok_or(reader.value_error("not an Ed25519 key"))
}

/// RFC 8032 with no point of small order, so that whoever holds no key has no signature that fits several digests.
pub(super) fn verifies_ed25519(
    key: &VerifyingKey,
    digest: &[u8; 32],
    signature: &Signature,
) -> bool {
    key.verify_strict(digest, signature).is_ok()
}

/// What is signed: scheme, version and kind are fields of their own, so that nothing signed for one scheme, in
/// one version, or as one thing can be taken for another, whatever its body is.
pub(super) fn signed_digest(kind: Artefact, scheme: &[u8; 32], body: &[u8]) -> [u8; 32] {
    Transcript::new("signed")
        .field(scheme)
        .field(&[VERSION])
        .field(&[kind.letter()])
        .field(body)
        .digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_of_one_scheme_and_one_kind() {
        let key = BundleKey::generate(&mut rand::rng());
        let (public, here, elsewhere) = (key.verifying_key(), [1; 32], [2; 32]);
        let signature = key.sign_detached(Artefact::Bundle, &here, b"body");
        let holds = |kind, scheme, body| public.verify_detached(kind, scheme, body, &signature);
        assert!(holds(Artefact::Bundle, &here, b"body"));
        assert!(!holds(Artefact::Bundle, &elsewhere, b"body"));
        assert!(!holds(Artefact::HolderBundle, &here, b"body"));
        assert!(!holds(Artefact::Bundle, &here, b"bodi"));
        // The same body, said to be of another scheme.
        let mut bytes = key.sign(Artefact::Bundle, &here, b"body");
        assert!(public.open("bundle", Artefact::Bundle, &bytes).is_ok());
        bytes[66] ^= 1;
        let opened = public.open("bundle", Artefact::Bundle, &bytes);
        assert_eq!(opened, Err(BundleError::Signature));
    }
}
