//! Public keys of signers, and the two algorithms that certificates are signed with.

use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs1::DecodeRsaPublicKey;
use sha2::{Digest, Sha256};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::Flaw;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// The shortest RSA key that is believed, in bytes: 2,048 bits.
const MIN_RSA: usize = 256;

/// What certificates are signed with (RFC 9053, sections 2.1, and RFC 8230, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// ECDSA with SHA-256.
    Es256,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    Ps256,
}

/// A signer's public key.
#[derive(Clone, Debug)]
pub(super) enum Key {
    P256(p256::ecdsa::VerifyingKey),
    /// RFC 9053 allows ES256 on this curve too, and one Spanish region signs so.
    P384(p384::ecdsa::VerifyingKey),
    Rsa(rsa::PublicKey),
}

impl Key {
    /// The key of a certificate (RFC 5280, section 4.1.2.7), if it is of a kind that is read.
    pub(super) fn from_certificate(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        use rsa::traits::PublicKeyParts;
        let bytes = info.subject_public_key.as_bytes()?;
        let curve = || info.algorithm.parameters.as_ref()?.decode_as().ok();
        match info.algorithm.oid {
            EC => match curve()? {
                P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
                    .ok()
                    .map(Self::P256),
                P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes)
                    .ok()
                    .map(Self::P384),
                _ => None,
            },
            RSA | RSA_PSS => rsa::PublicKey::from_pkcs1_der(bytes)
                .ok()
                .filter(|key| key.size() >= MIN_RSA)
                .map(Self::Rsa),
            _ => None,
        }
    }

    /// Checks a signature as COSE and JOSE write it: r‖s, or the RSA number.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Flaw> {
        let digest = Sha256::digest(message);
        let valid = match (self, algorithm) {
            (Self::P256(key), Algorithm::Es256) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
            (Self::P384(key), Algorithm::Es256) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
            (Self::Rsa(key), Algorithm::Ps256) => {
                key.pss_verify_prehash::<Sha256>(&digest, signature).is_ok()
            }
            _ => return Err(Flaw::Algorithm),
        };
        valid.then_some(()).ok_or(Flaw::Signature)
    }
}
