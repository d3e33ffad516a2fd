//! Evidence: good certificates of every kind, one that fails at each step, and hostile ones. All are
//! signed here, by signers made here.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

mod cards;
mod dcc;
mod hostile;
mod properties;
mod register;
mod rules;
mod seals;
mod situations;
mod table;
mod trust;
