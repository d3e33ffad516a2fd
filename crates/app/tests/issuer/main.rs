//! The issuer without a terminal, a file or a database: its store and its key are in memory.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod answers;
mod desk;
#[path = "../ready/mod.rs"]
mod ready;
mod registers;
mod world;
