//! The papers that change hands when people set a scheme up: what everybody pins, and what an
//! accredited issuer gets.

use super::bundle::{BundleError, BundleKey, BundleVerifyingKey};
use super::keys::{Accreditation, IssuerKey};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use zeroize::Zeroizing;

use crate::curve::G2Affine;
use crate::registry::Handle;

/// What wallets and doors pin before they believe anything: which scheme, signed by whom. It must
/// reach them by a way that they trust; everything else may come from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemeCard {
    /// The scheme's identifier.
    pub scheme: [u8; 32],
    /// The authority's key for bundles.
    pub key: BundleVerifyingKey,
}

impl SchemeCard {
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

/// What an accreditation allows beyond signing at all. The pool of handles bounds how much; these
/// bound how fast, and how many people it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// When they were laid down, in Unix seconds: older ones do not replace newer ones.
    pub at: i64,
    /// Passes a day; 0: as many as there are handles.
    pub per_day: u32,
    /// Operators who must agree before a large register is imported; 0 and 1: nobody else.
    pub operators: u8,
    /// A register of more people than this is large.
    pub import_above: u32,
}

/// An accreditation on its way to its issuer, with its limits, signed by the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccreditationPaper {
    /// The scheme's identifier.
    pub scheme: [u8; 32],
    /// X, the key that is accredited.
    pub issuer: G2Affine,
    /// What the issuer puts into its responses.
    pub accreditation: Accreditation,
    /// What else the authority laid down for it.
    pub limits: Limits,
}

impl AccreditationPaper {
    /// Whether it is for this issuer of this scheme.
    #[must_use]
    pub fn is_for(&self, scheme: &[u8; 32], key: &IssuerKey) -> bool {
        self.scheme == *scheme && self.issuer == *key.public().x()
    }

    /// Signed: 295 bytes.
    #[must_use]
    pub fn sign(&self, key: &BundleKey) -> Vec<u8> {
        let writer = Writer::default().raw(&self.scheme).g2(&self.issuer);
        let writer = (self.accreditation.write(writer))
            .i64(self.limits.at)
            .u32(self.limits.per_day)
            .u8(self.limits.operators)
            .u32(self.limits.import_above);
        key.sign(Artefact::Accreditation, &writer.finish())
    }

    /// Reads one, after its signature.
    ///
    /// # Errors
    /// [`BundleError::Signature`]; anything but a canonical encoding.
    pub fn open(key: &BundleVerifyingKey, bytes: &[u8]) -> Result<Self, BundleError> {
        let body = key.open("accreditation", Artefact::Accreditation, bytes)?;
        let mut reader = Reader::new("accreditation", body);
        let paper = Self {
            scheme: reader.array()?,
            issuer: reader.g2()?,
            accreditation: Accreditation::read(&mut reader)?,
            limits: Limits {
                at: reader.i64()?,
                per_day: reader.u32()?,
                operators: reader.u8()?,
                import_above: reader.u32()?,
            },
        };
        reader.finish()?;
        Ok(paper)
    }
}

/// Handles on their way to one issuer's pool, signed by the authority: after a rotation the witnesses
/// of all handles are public, and a pool must not be filled with those of others.
pub struct HandlesPaper {
    /// The scheme's identifier.
    pub scheme: [u8; 32],
    /// X, the key of the issuer that they are for.
    pub issuer: G2Affine,
    /// The handles.
    pub handles: Vec<Handle>,
}

impl HandlesPaper {
    /// Signed: 194 bytes and 88 for each handle.
    #[must_use]
    pub fn sign(&self, key: &BundleKey) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(Vec::with_capacity(128 + 88 * self.handles.len()));
        let head = Writer::default().raw(&self.scheme).g2(&self.issuer);
        body.extend_from_slice(&head.finish());
        for handle in &self.handles {
            body.extend_from_slice(&handle.expose_bytes());
        }
        Zeroizing::new(key.sign(Artefact::Handles, &body))
    }

    /// Whether they are for this issuer of this scheme.
    #[must_use]
    pub fn is_for(&self, scheme: &[u8; 32], key: &IssuerKey) -> bool {
        self.scheme == *scheme && self.issuer == *key.public().x()
    }

    /// Reads them, after their signature.
    ///
    /// # Errors
    /// [`BundleError::Signature`]; anything but whole handles in canonical form.
    pub fn open(key: &BundleVerifyingKey, bytes: &[u8]) -> Result<Self, BundleError> {
        let body = key.open("file of handles", Artefact::Handles, bytes)?;
        let mut reader = Reader::new("file of handles", body);
        let (scheme, issuer) = (reader.array()?, reader.g2()?);
        let mut handles = Vec::new();
        while reader.remaining() > 0 {
            handles.push(Handle::read(&mut reader)?);
        }
        Ok(Self {
            scheme,
            issuer,
            handles,
        })
    }
}
