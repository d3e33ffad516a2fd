//! The library's tests through its public interface, one program for all: linking is what takes the time.
//! What looks into processes, or judges by statistics, stands beside it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::string_slice,
    clippy::panic
)]

mod anonymity;
mod authority;
mod door_rejection;
mod format;
mod frozen;
mod interop;
mod issuance_rejection;
mod layers;
mod overlap;
mod pass;
mod properties;
mod publication;
mod qr;
mod rejection;
mod renewal;
mod texts;
mod venues;
mod wallet_rejection;
mod weeks;
