//! Blind issuance with no connection to anything: three messages, each fits a QR code.
//!
//! | step | who | consumes | makes |
//! |---|---|---|---|
//! | 1 [`IssuerKey::offer`](crate::scheme::IssuerKey::offer) | issuer | | [`PendingOffer`] (kept), [`Offer`] (shown) |
//! | 2 [`Offer::request`] | holder | | [`PendingRequest`] (kept), [`Request`] (shown) |
//! | 3 [`PendingOffer::issue`] | issuer | the pending offer, a handle | [`Response`] (shown) |
//! | 4 [`PendingRequest::receive`] | holder | the pending request | `Credential` |
//!
//! Between 2 and 3 both compare [`short_code`] in person.
//!
//! ```text
//! (27) C = s·H_s + m_0'·H_0 + Σ_blind m_j·H_j     with a proof of knowledge, bound to the offer
//! (28) B = P1 + domain·Q1 + C + k·H_0 + y·H_1 + Σ_issuer m_j·H_j     A = B / (x + e)
//!      m_0 = m_0' + k:  neither side alone chooses the pseudonym secret
//! ```

#[cfg(test)]
mod cheating;
mod issue;
mod offer;
mod receive;
mod request;
mod seal;

pub use issue::{IssueError, Response};
pub use offer::{Offer, OfferError, PendingOffer};
pub use receive::ReceiveError;
pub use request::{PendingRequest, Request, RequestError};

use crate::scheme::{Schema, SetBy, Value};
use crate::transcript::Transcript;

/// Eight digits that both sides compare in person before the issuer signs: nobody between them can
/// have exchanged offer or request unnoticed, but for one chance in 10^8.
#[must_use]
pub fn short_code(offer: &Offer, request: &Request) -> String {
    let digest = Transcript::new("short code")
        .field(&offer.to_bytes())
        .field(&request.to_bytes())
        .digest();
    let number = digest.iter().fold(0u64, |number, byte| {
        (number * 256 + u64::from(*byte)) % 100_000_000
    });
    format!("{:04}-{:04}", number / 10_000, number % 10_000)
}

/// Values by name, put in the order in which the schema has them for `who`; `Err` names what is
/// missing, wrong or too much.
fn in_order(
    schema: &Schema,
    who: SetBy,
    values: &[(&str, Value)],
) -> Result<Vec<Value>, &'static str> {
    let known = |name: &str| (schema.set_by(who)).any(|(_, attribute)| attribute.name == name);
    if !values.iter().all(|(name, _)| known(name)) {
        return Err("an attribute that is not set on this side");
    }
    let ordered = schema.set_by(who).map(|(_, attribute)| {
        let mut found = values.iter().filter(|(name, _)| *name == attribute.name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) if value.kind() == attribute.kind => Ok(value.clone()),
            (Some(_), None) => Err("a date where a text belongs, or a text where a date belongs"),
            (None, _) => Err("an attribute is missing"),
            _ => Err("an attribute is given twice"),
        }
    });
    let ordered: Vec<_> = ordered.collect::<Result<_, _>>()?;
    let fits =
        |value: &Value| !matches!(value, Value::Text(t) if t.len() > crate::scheme::MAX_TEXT);
    if ordered.iter().all(fits) {
        Ok(ordered)
    } else {
        Err("a text is longer than 64 bytes")
    }
}
