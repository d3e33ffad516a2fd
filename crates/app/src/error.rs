//! Which side can act when a role refuses.
//!
//! Every role has an error type of its own, whose text says what was wrong and what to do. All of them say
//! through [`Classified`] which kind of no they are; a front end makes its exit code or status of that.

use crate::ports::{KeyError, NobodyToAsk};
use crate::store::StoreError;

/// Which kind of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A rule of the scheme refuses, not a mistake of the input: exit code 1.
    Refused,
    /// Bad input, or the place where the role runs fails: exit code 2.
    Bad,
}

/// An error that knows which kind of no it is.
pub trait Classified: std::error::Error {
    /// Which kind of no.
    fn class(&self) -> Class;
}

impl Classified for StoreError {
    fn class(&self) -> Class {
        Class::Bad
    }
}

impl Classified for KeyError {
    fn class(&self) -> Class {
        Class::Bad
    }
}

impl Classified for NobodyToAsk {
    fn class(&self) -> Class {
        Class::Bad
    }
}
