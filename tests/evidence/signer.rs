//! Signers of certificates: keys, and certificates of their own.

use std::str::FromStr;
use std::time::Duration;

use ciborium::Value;
use coset::{CoseSign1, CoseSign1Builder, Header, HeaderBuilder, TaggedCborSerializable, iana};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::signature::{Keypair, Signer as _};
use p256::ecdsa::{DerSignature, Signature, SigningKey, VerifyingKey};
use p256::pkcs8::EncodePublicKey;
use rsa::pkcs8::EncodePublicKey as _;
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use sha2::{Digest, Sha256};
use veilpass::evidence::Trust;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::Any;
use x509_cert::der::asn1::{BitString, ObjectIdentifier};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned,
    SubjectPublicKeyInfoRef,
};
use x509_cert::time::{Time, Validity};

use crate::kit::{DAY, NOW, bytes, hc1};

enum Secret {
    Ec(Box<SigningKey>),
    Larger(Box<p384::ecdsa::SigningKey>),
    Rsa(Box<rsa::pss::SigningKey<Sha256>>),
}

/// A document signer: a key and a certificate, in force for a year around [`NOW`].
pub struct Signer {
    secret: Secret,
    pub certificate: Vec<u8>,
}

/// What a signer's certificate says.
struct Profile {
    subject: Name,
    usages: Vec<ObjectIdentifier>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _: &Name) -> Name {
        Name::from_str("CN=Root,C=DE").unwrap()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let usages = ExtendedKeyUsage(self.usages.clone());
        Ok(match self.usages.as_slice() {
            [] => Vec::new(),
            _ => vec![(&usages).to_extension(&self.subject, &[])?],
        })
    }
}

/// Signs the signers' certificates.
struct Root(SigningKey);

impl Keypair for Root {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        *self.0.verifying_key()
    }
}

impl DynSignatureAlgorithmIdentifier for Root {
    fn signature_algorithm_identifier(&self) -> x509_cert::spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            // ecdsa-with-SHA256
            oid: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
            parameters: None,
        })
    }
}

impl p256::ecdsa::signature::Signer<DerSignature> for Root {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, p256::ecdsa::Error> {
        self.0.try_sign(message)
    }
}

pub fn ec_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

impl Signer {
    pub fn new(seed: u8, subject: &str, usages: &[&str]) -> Self {
        let key = ec_key(seed);
        let public = key.verifying_key().to_public_key_der().unwrap();
        Self {
            certificate: certificate(public.as_bytes(), subject, usages),
            secret: Secret::Ec(Box::new(key)),
        }
    }

    pub fn german() -> Self {
        Self::new(1, "CN=Signer,C=DE", &[])
    }

    pub fn rsa(bits: usize) -> Self {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let public = key.to_public_key().to_public_key_der().unwrap();
        Self {
            certificate: certificate(public.as_bytes(), "CN=Signer,C=DE", &[]),
            secret: Secret::Rsa(Box::new(rsa::pss::SigningKey::new(key))),
        }
    }

    /// On P-384.
    pub fn larger_curve() -> Self {
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
        let curve = Any::from(ObjectIdentifier::new_unwrap("1.3.132.0.34"));
        let public = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"),
                parameters: Some(curve),
            },
            subject_public_key: BitString::from_bytes(&key.verifying_key().to_sec1_bytes())
                .unwrap(),
        };
        Self {
            certificate: certificate(&public.to_der().unwrap(), "CN=Signer,C=DE", &[]),
            secret: Secret::Larger(Box::new(key)),
        }
    }

    pub fn id(&self) -> Vec<u8> {
        Sha256::digest(&self.certificate)[..8].to_vec()
    }

    pub fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        assert_eq!(trust.certificates.add(&self.certificate).unwrap(), 1);
        trust
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Ec(key) => {
                let signature: Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::Larger(key) => {
                let digest = Sha256::digest(message);
                let signature: p384::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
                signature.to_bytes().to_vec()
            }
            Secret::Rsa(key) => {
                let signature = key.sign_with_rng(&mut rsa::rand_core::OsRng, message);
                signature.to_vec()
            }
        }
    }

    /// The header that this signer writes.
    pub fn header(&self) -> Header {
        let algorithm = match self.secret {
            Secret::Ec(_) | Secret::Larger(_) => iana::Algorithm::ES256,
            Secret::Rsa(_) => iana::Algorithm::PS256,
        };
        HeaderBuilder::new()
            .algorithm(algorithm)
            .key_id(self.id())
            .build()
    }

    pub fn message(&self, protected: Header, unprotected: Header, payload: Vec<u8>) -> CoseSign1 {
        CoseSign1Builder::new()
            .protected(protected)
            .unprotected(unprotected)
            .payload(payload)
            .create_signature(b"", |message| self.sign(message))
            .build()
    }

    /// The text of a code with these claims.
    pub fn dcc(&self, claims: &Value) -> String {
        let message = self.message(self.header(), Header::default(), bytes(claims));
        hc1(&message.to_tagged_vec().unwrap())
    }
}

/// A certificate for a public key (SPKI, DER), signed by some root.
pub fn certificate(public: &[u8], subject: &str, usages: &[&str]) -> Vec<u8> {
    let time = |seconds: i64| {
        let since = Duration::from_secs(u64::try_from(seconds).unwrap());
        Time::try_from(std::time::UNIX_EPOCH + since).unwrap()
    };
    let profile = Profile {
        subject: Name::from_str(subject).unwrap(),
        usages: usages
            .iter()
            .map(|oid| ObjectIdentifier::new(oid).unwrap())
            .collect(),
    };
    let builder = CertificateBuilder::new(
        profile,
        SerialNumber::from(1u32),
        Validity::new(time(NOW - 180 * DAY), time(NOW + 180 * DAY)),
        SubjectPublicKeyInfoOwned::from_der(public).unwrap(),
    );
    let certificate = builder.unwrap().build::<_, DerSignature>(&Root(ec_key(99)));
    certificate.unwrap().to_der().unwrap()
}
