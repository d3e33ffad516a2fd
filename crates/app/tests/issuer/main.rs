//! The issuer without a terminal, a file or a database: its store and its key are in memory.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod answers;
mod desk;
mod enrolment;
mod registers;
