//! The draw: a number that the issuer fixed in its offer and reveals once a request has come, so that the code which
//! both sides compare is nobody's choice.

use super::offer::Offer;
use super::request::PendingRequest;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::transcript::Transcript;

/// d: secret until the first valid request has come, public then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// [`Offer::id`] of the offer that it opens.
    offer: [u8; 32],
    value: [u8; 16],
}

/// H(draw; d), which the offer carries.
pub(super) fn committed(value: &[u8; 16]) -> [u8; 32] {
    Transcript::new("draw").field(value).digest()
}

/// H(issuance; offer, request, d): what a signature's exponent and a response's envelope are bound to.
pub(super) fn issuance(offer: &Offer, request: &[u8], value: &[u8; 16]) -> [u8; 32] {
    over("issuance", offer, request, value).digest()
}

fn over(label: &'static str, offer: &Offer, request: &[u8], value: &[u8; 16]) -> Transcript {
    Transcript::new(label)
        .field(&offer.to_bytes())
        .field(request)
        .field(value)
}

/// Eight digits that both sides compare in person before the issuer signs. Whoever exchanged offer or request on the
/// way had one guess of 10^-8 for each offer, whatever they compute: offer, request and draw were each fixed before the next one was known.
pub(super) fn code(offer: &Offer, request: &[u8], value: &[u8; 16]) -> String {
    let digest = over("code", offer, request, value).digest();
    let number = digest.iter().fold(0_u64, |number, byte| {
        (number * 256 + u64::from(*byte)) % 100_000_000
    });
    format!("{:04}-{:04}", number / 10_000, number % 10_000)
}

impl Draw {
    pub(super) fn new(offer: &Offer, value: [u8; 16]) -> Self {
        Self {
            offer: offer.id(),
            value,
        }
    }

    /// The offer that it opens, by [`Offer::id`].
    #[must_use]
    pub fn offer_id(&self) -> &[u8; 32] {
        &self.offer
    }

    /// The code for an offer and its request, if this is the draw that the offer was made with.
    pub(super) fn code(&self, offer: &Offer, request: &[u8]) -> Option<String> {
        let fits = self.offer == offer.id() && committed(&self.value) == offer.draw;
        fits.then(|| code(offer, request, &self.value))
    }

    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::Draw)
            .raw(&self.offer)
            .raw(&self.value)
            .finish()
    }

    /// Reads a draw; whether it opens an offer, [`PendingRequest::code`] tells.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("draw", bytes);
        reader.header(Artefact::Draw)?;
        let draw = Self {
            offer: reader.array()?,
            value: reader.array()?,
        };
        reader.finish()?;
        Ok(draw)
    }
}

impl PendingRequest {
    /// The code that both sides compare, from what the issuer drew; `None` if that is not what the offer was made
    /// with, and somebody stands between the two.
    #[must_use]
    pub fn code(&self, draw: &Draw) -> Option<String> {
        draw.code(&self.offer, &self.request.to_bytes())
    }
}
