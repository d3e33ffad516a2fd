//! Showing a pass, and checking it.
//!
//! A verifier asks with an [`Question`] (or a poster does); the holder's wallet builds the
//! question from the *signed bundle* and takes from the verifier only mode, policy name, audience and
//! nonce; `Credential::present` makes the payload of a QR code; a
//! [`Door`] builds the same question from its own bundle and verifies the payload, which touches no store;
//! after a [replay store](ReplayStore) has remembered the [`Verified`] pass there is a [`Verdict`]. The
//! question and what the door [expects](Expected), not the payload, decide what is checked.

mod batch;
mod body;
mod door;
mod expected;
#[cfg(test)]
mod forgery;
mod header;
#[cfg(test)]
pub(crate) mod lab;
mod layout;
mod prepared;
mod present;
mod question;
mod renewal;
mod replay;
#[cfg(feature = "internals")]
pub(crate) mod trace;
mod venue;
mod verdict;

pub use door::{Door, DoorError};
pub use expected::{Challenge, Expected};
pub use header::Question;
pub(crate) use layout::proof_layout;
pub use prepared::Prepared;
pub use present::{PresentError, Presentation};
pub use question::Unmet;
pub(crate) use renewal::{Renewed, Renewing};
pub use replay::{MemoryReplayStore, Remembered, ReplayEntry, ReplayStore, Verified};
pub use venue::Asker;
pub use verdict::{Accepted, Reason, Verdict};
