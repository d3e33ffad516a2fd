//! The client against servers that do as they must, and against servers that do not. All are on this machine, over TCP and TLS as
//! they are.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::as_conversions
)]

mod bounds;
mod server;
mod tls;
