//! The trust list: certificates of document signers (X.509, RFC 5280). Who is on the list is trusted;
//! its keeper, such as a national gateway, has checked the chains above.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, pem};
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::name::Name;

use super::Flaw;
use super::group::Group;
use super::key::Key;

/// The largest file that is read, in bytes: some thousand certificates.
const MAX_FILE: u64 = 16 << 20;

/// Extensions of certificate files.
const EXTENSIONS: [&str; 4] = ["pem", "der", "crt", "cer"];

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

/// Why a trust list was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Neither PEM nor DER of a certificate.
    #[error("this is no certificate in PEM or DER; take it out of the trust list")]
    NotACertificate,
    /// A key that nothing can be verified with here.
    #[error(
        "the certificate's key is of a kind that is not read: P-256, P-384, or RSA from 2,048 to 4,096 bits is"
    )]
    Key,
    /// A file that cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file whose content is refused.
    #[error("{path}: {error}")]
    Content {
        /// Its path.
        path: String,
        /// Why.
        error: Box<TrustError>,
    },
}

/// Signers that are trusted, found by key identifier.
#[derive(Clone, Debug, Default)]
pub struct TrustList {
    signers: Vec<Signer>,
}

/// A trusted signer.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    /// The first 8 bytes of the SHA-256 digest of the certificate's DER.
    id: [u8; 8],
    /// In force from this Unix second ...
    not_before: i64,
    /// ... to this one, included.
    not_after: i64,
    /// C of the subject.
    country: Option<String>,
    /// What it may sign; everything, if empty.
    pub(super) usages: Vec<Group>,
    pub(super) key: Key,
}

impl TrustList {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All certificates in the files of a directory that end in pem, der, crt or cer.
    ///
    /// # Errors
    /// [`TrustError`], with the path, on the first file that cannot be read: a list that is read in
    /// part would refuse people for no reason.
    pub fn from_directory(directory: &Path) -> Result<Self, TrustError> {
        let path = |path: &Path| path.display().to_string();
        let failed = |at: &Path| {
            let path = path(at);
            move |error| TrustError::File { path, error }
        };
        let mut list = Self::new();
        for entry in fs::read_dir(directory).map_err(failed(directory))? {
            let file = entry.map_err(failed(directory))?.path();
            let extension = file.extension().and_then(|extension| extension.to_str());
            if !extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
                continue;
            }
            let bytes = read_bounded(&file).map_err(failed(&file))?;
            list.add(&bytes).map_err(|error| TrustError::Content {
                path: path(&file),
                error: Box::new(error),
            })?;
        }
        Ok(list)
    }

    /// Adds the certificate of a DER file, or all of a PEM file. Returns how many.
    ///
    /// # Errors
    /// [`TrustError`]; then none was added.
    pub fn add(&mut self, file: &[u8]) -> Result<usize, TrustError> {
        let added = match std::str::from_utf8(file) {
            Ok(text) if text.contains(PEM_BEGIN) => pem_blocks(text)
                .map(|block| {
                    let (_, der) = pem::decode_vec(block.as_bytes())
                        .map_err(|_| TrustError::NotACertificate)?;
                    Signer::from_der(&der)
                })
                .collect::<Result<Vec<_>, _>>()?,
            _ => vec![Signer::from_der(file)?],
        };
        let count = added.len();
        self.signers.extend(added);
        Ok(count)
    }

    /// How many signers are on the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signers.len()
    }

    /// Whether nobody is on the list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signers.is_empty()
    }

    /// The signers with this key identifier: one, unless two share it by chance.
    pub(super) fn with_id(&self, id: &[u8]) -> impl Iterator<Item = &Signer> {
        self.signers.iter().filter(move |signer| signer.id == id)
    }
}

fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(file)?.len() > MAX_FILE {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 16 MB",
        ));
    }
    fs::read(file)
}

/// The certificates of a PEM file, which may have text between them.
fn pem_blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(PEM_END).filter_map(|piece| {
        let (before, _) = piece.split_once(PEM_BEGIN)?;
        piece.get(before.len()..)
    })
}

impl Signer {
    fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        let invalid = |_| TrustError::NotACertificate;
        let certificate = Certificate::from_der(der).map_err(invalid)?;
        let body = certificate.tbs_certificate();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let usages = body.get_extension::<ExtendedKeyUsage>().map_err(invalid)?;
        let usages = usages.map_or(Vec::new(), |(_, usages)| usages.0);
        let [
            id @ ..,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
        ] = <[u8; 32]>::from(Sha256::digest(der));
        Ok(Self {
            id,
            not_before: seconds(body.validity().not_before),
            not_after: seconds(body.validity().not_after),
            country: country(body.subject()),
            usages: usages.iter().filter_map(Group::from_usage).collect(),
            key: Key::from_certificate(body.subject_public_key_info()).ok_or(TrustError::Key)?,
        })
    }

    /// Whether the signer's certificate is in force at the Unix second `at`.
    pub(super) fn check_in_force(&self, at: i64) -> Result<(), Flaw> {
        (self.not_before..=self.not_after)
            .contains(&at)
            .then_some(())
            .ok_or(Flaw::SignerNotInForce)
    }

    /// Whether the signer may speak for the country that a certificate names. If one of the two names
    /// none, there is nothing to compare.
    pub(super) fn check_country(&self, said: Option<&str>) -> Result<(), Flaw> {
        match (said, &self.country) {
            (Some(said), Some(signer)) if !said.eq_ignore_ascii_case(signer) => {
                Err(Flaw::Country {
                    said: said.chars().take(10).collect(),
                    signer: signer.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// C of a name (RFC 5280, section 4.1.2.4).
fn country(name: &Name) -> Option<String> {
    let attribute = name.iter().find(|attribute| attribute.oid == COUNTRY)?;
    let text = std::str::from_utf8(attribute.value.value()).ok()?;
    Some(text.to_ascii_uppercase())
}
