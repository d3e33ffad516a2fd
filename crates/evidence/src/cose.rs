//! COSE_Sign1 (RFC 9052, section 4.2), the signed envelope of an EU DCC.

use ciborium::Value;
use coset::iana;
use coset::{AsCborValue, CoseSign1, Header, RegisteredLabelWithPrivate};

use super::key::{Algorithm, Key};
use super::{Flaw, flaw::Broken};

/// COSE_Sign1's tag, which issuers may leave out ...
const SIGN1: u64 = 18;
/// ... and the CWT tag (RFC 8392, section 6), which may stand before it.
const CWT: u64 = 61;

/// How deep CBOR may nest. An EU DCC has claims, container, certificate, group, entry: five, in two
/// tags.
const MAX_DEPTH: usize = 16;

/// CBOR (RFC 8949), to its last byte.
pub(super) fn cbor(bytes: &[u8]) -> Result<Value, Flaw> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH)
        .map_err(|_| broken(Broken::Cbor))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(broken(Broken::LeftOver))
    }
}

/// The flaw of an envelope.
pub(super) fn broken(how: Broken) -> Flaw {
    Flaw::Envelope { how }
}

/// A signed message, not yet verified.
pub(super) struct Signed(CoseSign1);

impl Signed {
    /// Reads a COSE_Sign1, tagged or not.
    pub(super) fn from_cbor(bytes: &[u8]) -> Result<Self, Flaw> {
        let value = untagged(untagged(cbor(bytes)?, CWT), SIGN1);
        CoseSign1::from_cbor_value(value)
            .map(Self)
            .map_err(|_| broken(Broken::Cose))
    }

    /// What is signed.
    pub(super) fn payload(&self) -> Result<&[u8], Flaw> {
        (self.0.payload.as_deref()).ok_or(broken(Broken::NoContent))
    }

    /// The signer's key identifier: of the protected header, else of the unprotected one.
    pub(super) fn key_id(&self) -> Option<&[u8]> {
        let ids = self.headers().map(|header| header.key_id.as_slice());
        ids.into_iter().find(|id| !id.is_empty())
    }

    /// Checks the signature.
    pub(super) fn verify(&self, key: &Key) -> Result<(), Flaw> {
        // A critical header (RFC 9052, section 3.1) that is not understood makes the message invalid.
        if self.headers().iter().any(|header| !header.crit.is_empty()) {
            return Err(Flaw::Algorithm);
        }
        let algorithm = self.algorithm()?;
        key.verify(algorithm, &self.0.tbs_data(b""), &self.0.signature)
    }

    fn algorithm(&self) -> Result<Algorithm, Flaw> {
        let named = self.headers().into_iter().find_map(|h| h.alg.as_ref());
        match named {
            Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256)) => {
                Ok(Algorithm::Es256)
            }
            Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::PS256)) => {
                Ok(Algorithm::Ps256)
            }
            _ => Err(Flaw::Algorithm),
        }
    }

    /// The protected header comes first: nobody but the signer can write it.
    fn headers(&self) -> [&Header; 2] {
        [&self.0.protected.header, &self.0.unprotected]
    }
}

fn untagged(value: Value, tag: u64) -> Value {
    match value {
        Value::Tag(found, inner) if found == tag => *inner,
        other => other,
    }
}
