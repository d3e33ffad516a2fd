//! Requests that wait for a response, of either kind.

use veilpass::DecodeError;
use veilpass::artefact::Artefact;
use veilpass::codec::Reader;
use veilpass::issuance::{Draw, PendingRenewal, PendingRequest, Response};
use veilpass::scheme::{Scheme, UnixTime};
use zeroize::Zeroizing;

/// What a wallet keeps until a response comes.
pub(super) struct Pending {
    pub(super) kind: Kind,
    /// Whether the holder was shown the code that both sides compare.
    pub(super) code_shown: bool,
}

/// The request and its secrets.
pub(super) enum Kind {
    /// For a first pass.
    First(PendingRequest),
    /// To renew one.
    Renewal(PendingRenewal),
}

impl Kind {
    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote; its head says which kind it is.
    fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
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
}

impl Pending {
    /// That nobody has seen anything of yet.
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            code_shown: false,
        }
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    pub(super) fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("pending request", bytes);
        let code_shown = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(reader.value_error("an unknown flag")),
        };
        let kind = Kind::from_bytes(scheme, reader.rest())?;
        Ok(Self { kind, code_shown })
    }

    /// A byte that says whether the code was shown, and the request.
    pub(super) fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let kind = self.kind.expose_bytes();
        // Room enough, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(kind.len().saturating_add(1)));
        bytes.push(u8::from(self.code_shown));
        bytes.extend_from_slice(&kind);
        bytes
    }

    /// The bytes that the issuer gets to see.
    pub(super) fn request(&self) -> Vec<u8> {
        match &self.kind {
            Kind::First(pending) => pending.request().to_bytes(),
            Kind::Renewal(pending) => pending.request().to_bytes(),
        }
    }

    /// The name of the offer that it answers.
    pub(super) fn offer_id(&self) -> [u8; 32] {
        match &self.kind {
            Kind::First(pending) => *pending.request().offer_id(),
            Kind::Renewal(pending) => *pending.request().offer_id(),
        }
    }

    /// Until when the issuer answers it for the first time.
    pub(super) fn expires(&self) -> UnixTime {
        match &self.kind {
            Kind::First(pending) => pending.expires(),
            Kind::Renewal(pending) => pending.expires(),
        }
    }

    /// The code that both sides compare, if the draw is its offer's.
    pub(super) fn code(&self, draw: &Draw) -> Option<String> {
        match &self.kind {
            Kind::First(pending) => pending.code(draw),
            Kind::Renewal(pending) => pending.code(draw),
        }
    }

    /// Whether the response is sealed to it.
    pub(super) fn opens(&self, response: &Response) -> bool {
        match &self.kind {
            Kind::First(pending) => pending.opens(response),
            Kind::Renewal(pending) => pending.opens(response),
        }
    }
}
