//! Blind issuance with no connection to anything: three messages, each fits a QR code.
//!
//! | step | who | consumes | makes |
//! |---|---|---|---|
//! | 1 [`IssuerKey::offer`](crate::scheme::IssuerKey::offer) | issuer | | [`PendingOffer`] (kept), [`Offer`] (shown) |
//! | 2 [`Offer::request`] | holder | | [`PendingRequest`] (kept), [`Request`] (shown) |
//! | 3 [`PendingOffer::issue`] | issuer | the pending offer, a handle | [`Response`] (shown) |
//! | 4 [`PendingRequest::receive`] | holder | the pending request | `Credential` |
//!
//! Between 2 and 3 both compare [`Request::short_code`] in person.
//!
//! ```text
//! (27) C = s·H_s + m_0'·H_0 + Σ_blind m_j·H_j     with a proof of knowledge, bound to the offer
//! (28) B = P1 + domain·Q1 + C + k·H_0 + y·H_1 + Σ_issuer m_j·H_j     A = B / (x + e)
//!      m_0 = m_0' + k:  neither side alone chooses the pseudonym secret
//! ```

#[cfg(test)]
mod cheating;
mod claim;
mod issue;
#[cfg(test)]
pub(crate) mod lab;
mod offer;
mod receive;
mod request;
mod seal;

pub use claim::{ClaimCode, ClaimError};
pub use issue::{CheckedRequest, IssueError, Response};
pub use offer::{Offer, OfferError, PendingOffer};
pub use receive::ReceiveError;
pub use request::{PendingRequest, Request, RequestError};

use scrypt::{Params, scrypt};

use crate::scheme::{Schema, SetBy, Value};
use crate::text::{self, MAX_NAME, is_short};
use crate::transcript::Transcript;

/// Work of a short code: scrypt with N = 2^16, r = 8, p = 1, which is 64 MiB and some tenths of a second.
const CODE_WORK: u8 = 16;

impl Request {
    /// Eight digits that both sides compare in person before the issuer signs, so that nobody between them has
    /// exchanged offer or request. One exchanged request has the guest's code with a chance of 10^-8. But whoever
    /// sees the guest's request can make many of their own for the same offer until one has that code, 10^8 on
    /// average: so each costs 64 MiB and some tenths of a second (docs/security.md has what that comes to).
    #[must_use]
    pub fn short_code(&self, offer: &Offer) -> String {
        let digest = Transcript::new("short code")
            .field(&offer.to_bytes())
            .field(&self.to_bytes())
            .digest();
        let mut stretched = [0; 32];
        // Constants that scrypt allows; if it did not, the code would still be the digest's.
        let done = Params::new(CODE_WORK, 8, 1)
            .map(|work| scrypt(&digest, b"VEILPASS_V2_SHORT_CODE", &work, &mut stretched));
        debug_assert!(matches!(done, Ok(Ok(()))));
        let code = Transcript::new("short code, stretched")
            .field(&digest)
            .field(&stretched)
            .digest();
        let number = code.iter().fold(0u64, |number, byte| {
            (number * 256 + u64::from(*byte)) % 100_000_000
        });
        format!("{:04}-{:04}", number / 10_000, number % 10_000)
    }
}

/// Values by name, put in the order in which the schema has them for `who`; `Err` names what is
/// missing, wrong or too much.
fn in_order(schema: &Schema, who: SetBy, values: &[(&str, Value)]) -> Result<Vec<Value>, String> {
    let known = |name: &str| (schema.set_by(who)).any(|(_, attribute)| attribute.name == name);
    if let Some((name, _)) = values.iter().find(|(name, _)| !known(name)) {
        return Err(format!("{name} is not set on this side"));
    }
    let ordered = schema.set_by(who).map(|(_, attribute)| {
        let name = &attribute.name;
        let mut found = values.iter().filter(|(given, _)| given == name);
        match (found.next(), found.next()) {
            (Some((_, Value::Text(text))), None) if !is_short(text) => {
                Err(format!("{name} is longer than {MAX_NAME} characters"))
            }
            (Some((_, Value::Text(written))), None) if text::check(written).is_err() => {
                let flaw = text::check(written).err();
                Err(format!("{name}: {}", flaw.map_or_else(String::new, |flaw| flaw.to_string())))
            }
            (Some((_, value)), None) if !attribute.admits(value) => Err(format!(
                "{name} is seen by doors, so it is written in capital letters that cannot be taken for others, \
                 like A.K. (Latin A and K also for Cyrillic ones)"
            )),
            (Some((_, value)), None) if value.kind() == attribute.kind => Ok(value.clone()),
            (Some(_), None) => Err(format!(
                "{name}: a date where a text belongs, or the reverse"
            )),
            (None, _) => Err(format!("{name} is missing")),
            _ => Err(format!("{name} is given twice")),
        }
    });
    ordered.collect()
}
