//! The program, tested as people use it: commands in folders, each in a process of its own.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions
)]

mod authority;
mod bench;
mod corrupted;
mod doors;
mod frozen_folders;
mod issuers;
mod mishaps;
mod processes;
mod publication;
mod register;
mod roles;
mod set_clock;
mod terminal;
mod transcripts;
mod venues;
mod wallets;
mod words;
