//! Blind issuance with no connection to anything: four messages, each fits a QR code.
//!
//! | step | who | consumes | makes |
//! |---|---|---|---|
//! | 1 [`IssuerKey::offer`](crate::scheme::IssuerKey::offer) | issuer | | [`PendingOffer`] (kept), [`Offer`] (shown) |
//! | 2 [`Offer::request`] | holder | | [`PendingRequest`] (kept), [`Request`] (shown) |
//! | 3 [`PendingOffer::check`] | issuer | the pending offer | [`CheckedRequest`], [`Draw`] (shown) |
//! | 4 [`CheckedRequest::issue`] | issuer | the checked request, a handle | [`Response`] (shown) |
//! | 5 [`PendingRequest::receive`] | holder | the pending request | `Credential` |
//!
//! Between 3 and 4 both compare in person what [`CheckedRequest::code`] and [`PendingRequest::code`] give. Where they do not meet, the
//! response brings the draw.
//!
//! A renewal is the same with [`Offer::renew`], [`PendingRenewal`] and [`RenewalRequest`] in step 2, [`PendingOffer::check_renewal`] and
//! [`CheckedRenewal`] in 3 and 4, no handle, and a pass that takes the place of the old one.
//!
//! ```text
//! (27) C = s·H_s + m_0'·H_0 + Σ_blind m_j·H_j     with a proof of knowledge, bound to the offer
//! (28) B = P1 + domain·Q1 + C + k·H_0 + y·H_1 + Σ_issuer m_j·H_j     A = B / (x + e)
//!      m_0 = m_0' + k:  neither side alone chooses the pseudonym secret
//! (29) C = s'·H_s + m_0·H_0 + y·H_1 + Σ_carried m_j·H_j     proven with (20) to (24) of the old pass
//! (30) B = P1 + domain·Q1 + C + Σ_anew m_j·H_j     A = B / (x + e)
//! ```

#[cfg(test)]
mod cheating;
mod claim;
mod draw;
mod issue;
mod offer;
mod receive;
mod renew;
mod renewal;
mod request;
mod seal;
#[cfg(feature = "internals")]
pub(crate) mod trace;

pub use claim::{ClaimCode, ClaimError};
pub use draw::Draw;
pub use issue::{CheckedRequest, IssueError, Response};
pub use offer::{Offer, OfferError, PendingOffer};
pub use receive::ReceiveError;
pub use renew::CheckedRenewal;
pub use renewal::{PendingRenewal, RenewalRequest};
pub use request::{PendingRequest, Request, RequestError};

use crate::scheme::{Attribute, Value};
use crate::text::{self, MAX_NAME, is_short};

/// Values by name, put in the order of these attributes, which this side sets; `Err` names what is
/// missing, wrong or too much.
fn in_order(attributes: &[&Attribute], values: &[(&str, Value)]) -> Result<Vec<Value>, String> {
    let known = |name: &str| attributes.iter().any(|attribute| attribute.name == name);
    if let Some((name, _)) = values.iter().find(|(name, _)| !known(name)) {
        return Err(format!("{name} is not set on this side"));
    }
    let ordered = attributes.iter().map(|attribute| {
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
