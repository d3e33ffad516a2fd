//! Public keys of signers, and the algorithms that certificates are signed with.

use p384::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs1::DecodeRsaPublicKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::Flaw;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// With what authorities sign certificates (RFC 5758, section 3.2; RFC 4055, section 5).
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

/// The shortest RSA key that is believed, in bytes: 2,048 bits.
const MIN_RSA: usize = 256;

/// What certificates are signed with (RFC 9053, sections 2.1, and RFC 8230, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// ECDSA with SHA-256.
    Es256,
    /// ECDSA with SHA-384; of seals.
    Es384,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    Ps256,
}

/// A signer's public key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    P256(p256::ecdsa::VerifyingKey),
    /// RFC 9053 allows ES256 on this curve too, and one Spanish region signs so.
    P384(p384::ecdsa::VerifyingKey),
    Rsa(rsa::PublicKey),
}

impl Key {
    /// The key of a certificate (RFC 5280, section 4.1.2.7), if it is of a kind that is read.
    pub(super) fn from_info(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
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
        let digest = match algorithm {
            Algorithm::Es256 | Algorithm::Ps256 => Sha256::digest(message).to_vec(),
            Algorithm::Es384 => Sha384::digest(message).to_vec(),
        };
        let valid = match (self, algorithm) {
            (Self::P256(key), Algorithm::Es256 | Algorithm::Es384) => {
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::P384(key), Algorithm::Es256 | Algorithm::Es384) => {
                p384::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::Rsa(key), Algorithm::Ps256) => {
                key.pss_verify_prehash::<Sha256>(&digest, signature).is_ok()
            }
            _ => return Err(Flaw::Algorithm),
        };
        valid.then_some(()).ok_or(Flaw::Signature)
    }

    /// The same, where some write an ECDSA signature in DER, as seals.
    pub(super) fn verify_any(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Flaw> {
        let fixed = match self {
            Self::P256(_) => p256::ecdsa::Signature::from_der(signature)
                .ok()
                .map(|signature| signature.to_bytes().to_vec()),
            Self::P384(_) => p384::ecdsa::Signature::from_der(signature)
                .ok()
                .map(|signature| signature.to_bytes().to_vec()),
            Self::Rsa(_) => None,
        };
        self.verify(algorithm, message, fixed.as_deref().unwrap_or(signature))
    }

    /// Whether this key made the signature of a certificate.
    pub(super) fn certifies(
        &self,
        algorithm: &ObjectIdentifier,
        body: &[u8],
        signature: &[u8],
    ) -> bool {
        let digest = match *algorithm {
            ECDSA_SHA256 | RSA_SHA256 => Sha256::digest(body).to_vec(),
            ECDSA_SHA384 | RSA_SHA384 => Sha384::digest(body).to_vec(),
            ECDSA_SHA512 | RSA_SHA512 => Sha512::digest(body).to_vec(),
            _ => return false,
        };
        match (self, *algorithm) {
            (Self::P256(key), ECDSA_SHA256 | ECDSA_SHA384 | ECDSA_SHA512) => {
                p256::ecdsa::DerSignature::from_bytes(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::P384(key), ECDSA_SHA256 | ECDSA_SHA384 | ECDSA_SHA512) => {
                p384::ecdsa::DerSignature::from_bytes(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
            (Self::Rsa(key), RSA_SHA256) => key
                .pkcs1v15_verify_prehash::<Sha256>(&digest, signature)
                .is_ok(),
            (Self::Rsa(key), RSA_SHA384) => key
                .pkcs1v15_verify_prehash::<Sha384>(&digest, signature)
                .is_ok(),
            (Self::Rsa(key), RSA_SHA512) => key
                .pkcs1v15_verify_prehash::<Sha512>(&digest, signature)
                .is_ok(),
            _ => false,
        }
    }
}
