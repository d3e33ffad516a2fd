//! A trusted signer: from its certificate, or from its key in a signed list.

use sha2::{Digest, Sha256};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::TrustError;
use crate::dates::utc_day;
use crate::flaw::About;
use crate::group::Group;
use crate::key::Key;
use crate::{Flaw, country};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

/// RFC 5280, section 4.2.1.12: a key for everything.
const ANY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// ICAO Doc 9303-7: signing seals of the kind VDS-NC.
const SEALS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.14.2");

/// A trusted signer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signer {
    /// The first 8 bytes of the SHA-256 digest of the certificate's DER, or what a list says instead.
    pub(super) id: Vec<u8>,
    /// Its certificate, unless only the key was in a list.
    certificate: Option<Certificate>,
    /// Where it issues.
    pub(super) country: Option<String>,
    pub(super) usages: Usages,
    pub(crate) key: Key,
}

/// What counts of a certificate.
#[derive(Clone, Debug, PartialEq)]
struct Certificate {
    /// SHA-256 of its DER.
    digest: [u8; 32],
    /// DER of its subject's name.
    subject: Vec<u8>,
    /// Whether it may sign certificates.
    is_authority: bool,
    /// In force from this Unix second ...
    not_before: i64,
    /// ... to this one, included.
    not_after: i64,
}

/// What a signer may sign.
///
/// The EU's specification (EHN, "Electronic Health Certificate Specification" 1.1, section 3.3.4; "Public Key
/// Certificate Governance", Annex I): without an extended key usage a signer may sign any certificate; where some of its
/// identifiers are there, only those kinds. It says nothing of a usage that has foreign identifiers only. RFC 5280 does,
/// section 4.2.1.12: where the extension is there, "the certificate MUST only be used for one of the purposes
/// indicated". So the key of a web server signs no health certificate, and the states' own test program has it so, too.
/// The one exception is the RFC's own, `anyExtendedKeyUsage`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Usages {
    /// Everything.
    All,
    /// What is listed: kinds of EU DCC, and seals.
    Only {
        /// Kinds of EU DCC.
        groups: Vec<Group>,
        /// ICAO seals.
        seals: bool,
    },
}

impl Usages {
    fn of(usages: Option<ExtendedKeyUsage>) -> Self {
        match usages.map(|usages| usages.0) {
            None => Self::All,
            Some(usages) if usages.is_empty() || usages.contains(&ANY_USAGE) => Self::All,
            Some(usages) => Self::Only {
                groups: usages.iter().filter_map(Group::from_usage).collect(),
                seals: usages.contains(&SEALS),
            },
        }
    }
}

impl Signer {
    /// From a certificate. Serial numbers that RFC 5280 does not have (negative ones, and longer ones) say nothing about
    /// the key: states issued such.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        let certificate = parsed(der).ok_or(TrustError::NotACertificate)?;
        let body = certificate.tbs_certificate();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let usages = body.get_extension::<ExtendedKeyUsage>();
        let usages = usages.map_err(|_| TrustError::NotACertificate)?;
        let digest = <[u8; 32]>::from(Sha256::digest(der));
        let subject = body.subject().to_der();
        let constraints = body.get_extension::<BasicConstraints>().ok().flatten();
        Ok(Self {
            id: digest.get(..8).unwrap_or_default().to_vec(),
            certificate: Some(Certificate {
                digest,
                subject: subject.map_err(|_| TrustError::NotACertificate)?,
                is_authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
                not_before: seconds(body.validity().not_before),
                not_after: seconds(body.validity().not_after),
            }),
            country: country_of(body.subject()),
            usages: Usages::of(usages.map(|(_, usages)| usages)),
            key: Key::from_info(body.subject_public_key_info()).ok_or(TrustError::Key)?,
        })
    }

    /// The same under the key identifier and of the country that a signed list says.
    pub(super) fn listed(mut self, id: Vec<u8>, country: Option<&str>) -> Self {
        self.id = id;
        if let Some(said) = country {
            self.country.get_or_insert_with(|| country::normal(said));
        }
        self
    }

    /// Whether the signer's certificate is in force at the Unix second `at`. A key in a list is, as long as it is listed.
    pub(crate) fn check_in_force(&self, at: i64) -> Result<(), Flaw> {
        match &self.certificate {
            Some(certificate)
                if !(certificate.not_before..=certificate.not_after).contains(&at) =>
            {
                Err(Flaw::SignerNotInForce {
                    from: utc_day(certificate.not_before),
                    until: utc_day(certificate.not_after),
                })
            }
            _ => Ok(()),
        }
    }

    /// Where the signer issues, if its certificate or list says so.
    pub(crate) fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// Whether the signer may speak for the country that a certificate names. If one of the two names
    /// none, there is nothing to compare.
    pub(crate) fn check_country(&self, said: Option<&str>) -> Result<(), Flaw> {
        match (said, &self.country) {
            (Some(said), Some(signer)) if said != signer => Err(Flaw::Country {
                said: said.chars().take(10).collect(),
                signer: signer.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the signer may sign an EU DCC of these groups.
    pub(crate) fn check_usage(&self, of: &[Group]) -> Result<(), Flaw> {
        let Usages::Only { groups, .. } = &self.usages else {
            return Ok(());
        };
        match of.iter().find(|group| !groups.contains(group)) {
            Some(_) if groups.is_empty() => Err(Flaw::ForeignUsage),
            Some(group) => Err(Flaw::KeyUsage {
                about: group.about(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the signer may sign seals.
    pub(crate) fn check_seals(&self, about: About) -> Result<(), Flaw> {
        match &self.usages {
            Usages::All | Usages::Only { seals: true, .. } => Ok(()),
            Usages::Only { groups, .. } if groups.is_empty() => Err(Flaw::ForeignUsage),
            Usages::Only { .. } => Err(Flaw::KeyUsage { about }),
        }
    }

    /// Whether this is the same certificate.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let digest = |signer: &Self| signer.certificate.as_ref().map(|known| known.digest);
        digest(self).is_some() && digest(self) == digest(other)
    }

    /// Whether this signer signed that certificate, as authorities of states sign those of their seals.
    pub(crate) fn certifies(&self, der: &[u8]) -> bool {
        let signed = || {
            let certificate = parsed(der)?;
            let body = certificate.tbs_certificate();
            let own = self.certificate.as_ref().filter(|own| own.is_authority)?;
            let named = body.issuer().to_der().ok()? == own.subject;
            let signature = certificate.signature().as_bytes()?;
            let algorithm = &certificate.signature_algorithm().oid;
            let valid = self
                .key
                .certifies(algorithm, &body.to_der().ok()?, signature);
            Some(named && valid)
        };
        signed().unwrap_or(false)
    }
}

/// A signer of a certificate that somebody brought: nothing is trusted yet.
pub(crate) fn untrusted(der: &[u8]) -> Option<Signer> {
    Signer::from_der(der).ok()
}

fn parsed(der: &[u8]) -> Option<CertificateInner<Raw>> {
    CertificateInner::<Raw>::from_der(der).ok()
}

/// A public key by itself (RFC 5280, section 4.1.2.7).
pub(super) fn public_key(der: &[u8]) -> Option<Key> {
    Key::from_info(&SubjectPublicKeyInfoOwned::from_der(der).ok()?)
}

/// C of a name (RFC 5280, section 4.1.2.4).
fn country_of(name: &Name) -> Option<String> {
    let attribute = name.iter().find(|attribute| attribute.oid == COUNTRY)?;
    let text = std::str::from_utf8(attribute.value.value()).ok()?;
    Some(country::normal(text))
}
