//! What a scheme says to guests and staff, in their languages: verdicts at a door, claim letters, posters, and why a
//! certificate or a row of a register is refused.
//!
//! The words are in `catalogue/`, one Fluent file a language, compiled in. [`verdict`], [`letter`], [`poster`] and [`evidence`] are
//! the ways to them: functions from the library's types to text. Which messages there are, and with which arguments,
//! is one list (`message.rs`), and the tests compare every language with it.
//!
//! Nothing here is for programs: what a program reads is a name or a number, and its language is none.

mod catalogue;
pub mod evidence;
mod language;
pub mod letter;
mod message;
pub mod poster;
pub mod verdict;

pub use language::{Language, UnknownLanguage};
