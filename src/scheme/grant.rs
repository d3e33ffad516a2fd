//! What the authority grants one issuer, signed: its accreditation with limits, and a pool of handles.

use zeroize::Zeroizing;

use super::bundle::BundleError;
use super::keys::{Accreditation, IssuerId, IssuerKey};
use super::signing::{BundleKey, BundleVerifyingKey};
use super::time::UnixTime;
use crate::artefact::Artefact;
use crate::codec::{Reader, Writer};
use crate::registry::Handle;

/// What an accreditation allows beyond signing at all. The pool of handles bounds how much; these
/// bound how fast, and how many people it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// When they were laid down: older ones do not replace newer ones.
    pub at: UnixTime,
    /// Passes a day; 0: as many as there are handles.
    pub per_day: u32,
    /// Operators who must agree before more claims are made on a day; 0 and 1: nobody else.
    pub operators: u8,
    /// So many claims a day can be made without them.
    pub import_above: u32,
    /// Digest of the issuer's operators whom the authority confirmed (docs/format.md); zeros: none.
    pub operators_digest: [u8; 32],
}

impl BundleKey {
    /// Signs an accreditation for the issuer of the scheme with this identifier: 327 bytes, for
    /// [`SignedAccreditation::open`].
    #[must_use]
    pub fn sign_accreditation(
        &self,
        scheme: &[u8; 32],
        issuer: &IssuerId,
        accreditation: &Accreditation,
        limits: &Limits,
    ) -> Vec<u8> {
        let writer = Writer::default().g2(&issuer.0);
        let writer = (accreditation.write(writer))
            .i64(limits.at.as_seconds())
            .u32(limits.per_day)
            .u8(limits.operators)
            .u32(limits.import_above)
            .raw(&limits.operators_digest);
        self.sign(Artefact::Accreditation, scheme, &writer.finish())
    }

    /// Signs handles for the pool of one issuer of the scheme with this identifier: 194 bytes and 88 for each
    /// handle, for [`HandlePool::open`].
    #[must_use]
    pub fn sign_handles(
        &self,
        scheme: &[u8; 32],
        issuer: &IssuerId,
        handles: &[Handle],
    ) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(Vec::with_capacity(96 + 88 * handles.len()));
        body.extend_from_slice(&issuer.to_bytes());
        for handle in handles {
            body.extend_from_slice(&handle.expose_bytes());
        }
        Zeroizing::new(self.sign(Artefact::Handles, scheme, &body))
    }
}

/// An accreditation with its limits, as its issuer got it: signed by the authority, and verified.
///
/// ```compile_fail,E0616
/// # fn alter(mut signed: veilpass::scheme::SignedAccreditation) {
/// signed.limits.per_day = u32::MAX;
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedAccreditation {
    scheme: [u8; 32],
    issuer: IssuerId,
    accreditation: Accreditation,
    limits: Limits,
}

impl SignedAccreditation {
    /// Reads one, after its signature.
    ///
    /// # Errors
    /// [`BundleError::Signature`]; anything but a canonical encoding.
    pub fn open(key: &BundleVerifyingKey, bytes: &[u8]) -> Result<Self, BundleError> {
        let (scheme, body) = key.open("accreditation", Artefact::Accreditation, bytes)?;
        let mut reader = Reader::new("accreditation", body);
        let signed = Self {
            scheme,
            issuer: IssuerId(reader.g2()?),
            accreditation: Accreditation::read(&mut reader)?,
            limits: Limits {
                at: UnixTime::read(&mut reader)?,
                per_day: reader.u32()?,
                operators: reader.u8()?,
                import_above: reader.u32()?,
                operators_digest: reader.array()?,
            },
        };
        reader.finish()?;
        Ok(signed)
    }

    /// The scheme's identifier.
    #[must_use]
    pub fn scheme(&self) -> &[u8; 32] {
        &self.scheme
    }

    /// The issuer that is accredited.
    #[must_use]
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// What the issuer puts into its responses.
    #[must_use]
    pub fn accreditation(&self) -> &Accreditation {
        &self.accreditation
    }

    /// What else the authority laid down for the issuer.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether it is for this issuer of this scheme.
    #[must_use]
    pub fn is_for(&self, scheme: &[u8; 32], key: &IssuerKey) -> bool {
        self.scheme == *scheme && self.issuer == key.public().id()
    }
}

/// Handles for one issuer's pool, signed by the authority, and verified: after a rotation the witnesses of all
/// handles are public, and a pool must not be filled with those of others.
///
/// ```compile_fail,E0616
/// # fn alter(mut pool: veilpass::scheme::HandlePool) {
/// pool.handles.clear();
/// # }
/// ```
pub struct HandlePool {
    scheme: [u8; 32],
    issuer: IssuerId,
    handles: Vec<Handle>,
}

impl HandlePool {
    /// Reads them, after their signature.
    ///
    /// # Errors
    /// [`BundleError::Signature`]; anything but whole handles in canonical form.
    pub fn open(key: &BundleVerifyingKey, bytes: &[u8]) -> Result<Self, BundleError> {
        let (scheme, body) = key.open("file of handles", Artefact::Handles, bytes)?;
        let mut reader = Reader::new("file of handles", body);
        let issuer = IssuerId(reader.g2()?);
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

    /// The scheme's identifier.
    #[must_use]
    pub fn scheme(&self) -> &[u8; 32] {
        &self.scheme
    }

    /// The issuer that they are for.
    #[must_use]
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// The handles.
    #[must_use]
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// The handles, to be given out one by one.
    #[must_use]
    pub fn into_handles(self) -> Vec<Handle> {
        self.handles
    }

    /// Whether they are for this issuer of this scheme.
    #[must_use]
    pub fn is_for(&self, scheme: &[u8; 32], key: &IssuerKey) -> bool {
        self.scheme == *scheme && self.issuer == key.public().id()
    }
}
