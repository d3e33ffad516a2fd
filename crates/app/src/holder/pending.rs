//! Requests that wait for a response, of either kind.

use veilpass::DecodeError;
use veilpass::artefact::Artefact;
use veilpass::issuance::{Draw, PendingRenewal, PendingRequest, Response};
use veilpass::scheme::{Scheme, UnixTime};
use zeroize::Zeroizing;

/// What a wallet keeps until a response comes.
pub(super) enum Pending {
    /// For a first pass.
    First(PendingRequest),
    /// To renew one.
    Renewal(PendingRenewal),
}

impl Pending {
    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote; its head says which kind it is.
    pub(super) fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(match bytes.get(1) {
            Some(letter) if *letter == Artefact::PendingRenewal.letter() => {
                Self::Renewal(PendingRenewal::from_bytes(scheme, bytes)?)
            }
            _ => Self::First(PendingRequest::from_bytes(scheme, bytes)?),
        })
    }

    pub(super) fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::First(pending) => pending.expose_bytes(),
            Self::Renewal(pending) => pending.expose_bytes(),
        }
    }

    /// The bytes that the issuer gets to see.
    pub(super) fn request(&self) -> Vec<u8> {
        match self {
            Self::First(pending) => pending.request().to_bytes(),
            Self::Renewal(pending) => pending.request().to_bytes(),
        }
    }

    /// The name of the offer that it answers.
    pub(super) fn offer_id(&self) -> [u8; 32] {
        match self {
            Self::First(pending) => *pending.request().offer_id(),
            Self::Renewal(pending) => *pending.request().offer_id(),
        }
    }

    /// Until when the issuer answers it for the first time.
    pub(super) fn expires(&self) -> UnixTime {
        match self {
            Self::First(pending) => pending.expires(),
            Self::Renewal(pending) => pending.expires(),
        }
    }

    /// The code that both sides compare, if the draw is its offer's.
    pub(super) fn code(&self, draw: &Draw) -> Option<String> {
        match self {
            Self::First(pending) => pending.code(draw),
            Self::Renewal(pending) => pending.code(draw),
        }
    }

    /// Whether the response is sealed to it.
    pub(super) fn opens(&self, response: &Response) -> bool {
        match self {
            Self::First(pending) => pending.opens(response),
            Self::Renewal(pending) => pending.opens(response),
        }
    }
}
