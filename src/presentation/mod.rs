//! Showing a pass, and checking it.
//!
//! A verifier asks with an [`Ask`] (or a poster does); the holder's wallet builds the
//! question from the *signed bundle* and takes from the verifier only mode, policy name, audience and
//! nonce; `Credential::present` makes the payload of a QR code; a
//! [`Door`] builds the same question from its own bundle and gives a [`Verdict`]. The question, not the
//! payload, decides what is checked.

mod batch;
mod body;
mod committed;
#[cfg(test)]
mod forgery;
mod header;
mod layout;
mod prepared;
mod present;
mod question;
mod verify;

pub use committed::Committed;
pub use header::Ask;
pub use layout::{layout, statement_names};
pub use prepared::Prepared;
pub use present::{PresentError, Presentation};
pub use question::Unmet;
pub use verify::{
    Accepted, Challenge, Door, DoorError, Expected, Memory, MemorySeen, Reason, Seen, Verdict,
};
