//! The roles with nothing but memory: no file, no screen, no database.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod authority;
mod memory;
mod venues;
