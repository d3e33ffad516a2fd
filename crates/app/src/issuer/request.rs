//! Requests of either kind: for a first pass, or to renew one.

use veilpass::DecodeError;
use veilpass::artefact::Artefact;
use veilpass::issuance::{
    CheckedRenewal, CheckedRequest, Draw, IssueError, PendingOffer, RenewalRequest, Request,
    Response,
};
use veilpass::registry::Handle;
use veilpass::scheme::{Accreditation, Bundle, IssuerKey, Scheme, UnixTime};

/// What a guest's wallet answers an offer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyRequest {
    /// For a first pass.
    First(Request),
    /// To renew one.
    Renewal(RenewalRequest),
}

impl AnyRequest {
    /// Reads a request of either kind, as its head says.
    ///
    /// # Errors
    /// Anything but a canonical encoding of a request.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(match Artefact::of(bytes) {
            Some(Artefact::RenewalRequest) => Self::Renewal(RenewalRequest::from_bytes(bytes)?),
            _ => Self::First(Request::from_bytes(scheme, bytes)?),
        })
    }

    /// The offer that it answers.
    #[must_use]
    pub fn offer_id(&self) -> &[u8; 32] {
        match self {
            Self::First(request) => request.offer_id(),
            Self::Renewal(request) => request.offer_id(),
        }
    }

    /// Names the request.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        match self {
            Self::First(request) => request.digest(),
            Self::Renewal(request) => request.digest(),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::First(request) => request.to_bytes(),
            Self::Renewal(request) => request.to_bytes(),
        }
    }

    /// Checks it against its offer.
    pub(super) fn check<'a>(
        &'a self,
        offer: PendingOffer,
        bundle: &'a Bundle,
        key: &'a IssuerKey,
        now: UnixTime,
    ) -> Result<Checked<'a>, IssueError> {
        Ok(match self {
            Self::First(request) => {
                Checked::First(Box::new(offer.check(bundle.scheme(), key, request, now)?))
            }
            Self::Renewal(request) => {
                Checked::Renewal(Box::new(offer.check_renewal(bundle, key, request, now)?))
            }
        })
    }
}

impl From<Request> for AnyRequest {
    fn from(request: Request) -> Self {
        Self::First(request)
    }
}

impl From<RenewalRequest> for AnyRequest {
    fn from(request: RenewalRequest) -> Self {
        Self::Renewal(request)
    }
}

/// A request that fits its offer.
pub(super) enum Checked<'a> {
    First(Box<CheckedRequest<'a>>),
    Renewal(Box<CheckedRenewal<'a>>),
}

impl Checked<'_> {
    pub(super) fn draw(&self) -> Draw {
        match self {
            Self::First(checked) => checked.draw(),
            Self::Renewal(checked) => checked.draw(),
        }
    }

    pub(super) fn code(&self) -> String {
        match self {
            Self::First(checked) => checked.code(),
            Self::Renewal(checked) => checked.code(),
        }
    }

    /// Signs: a first pass with a handle, a renewed one without.
    pub(super) fn issue(
        self,
        accreditation: &Accreditation,
        handle: Option<Handle>,
    ) -> Result<Response, IssueError> {
        match (self, handle) {
            (Self::First(checked), Some(handle)) => checked.issue(Some(accreditation), handle),
            (Self::Renewal(checked), None) => checked.issue(Some(accreditation)),
            // The store knows an offer by its kind, and the request was checked against the offer itself.
            (Self::First(_), None) => Err(IssueError::OtherKind { renews: true }),
            (Self::Renewal(_), Some(_)) => Err(IssueError::OtherKind { renews: false }),
        }
    }
}
