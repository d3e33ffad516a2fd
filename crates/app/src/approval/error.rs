//! Why an approval or an enrolment was refused.

use crate::error::{Class, Classified};
use crate::store::StoreError;

/// Why an approval or an enrolment was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// A key of somebody who is not enrolled.
    #[error("{label} is not the key of an operator who is enrolled here")]
    NotEnrolled {
        /// What the key says its operator is called.
        label: String,
    },
    /// The same operator again.
    #[error("{label} cannot approve twice")]
    Twice {
        /// Who.
        label: String,
    },
    /// A key of an operator whom the authority has not confirmed.
    #[error(
        "the authority has not confirmed {label} as an operator yet: send it a count (`issuer count`), and import the \
         accreditation that comes back"
    )]
    NotConfirmed {
        /// Who.
        label: String,
    },
    /// There are not so many operators whom the authority has confirmed.
    #[error(
        "this needs the approval of {needed} operators, and the authority has confirmed {confirmed} of {enrolled}: send \
         it a count (`issuer count`), and import the accreditation that comes back"
    )]
    TooFewConfirmed {
        /// How many it takes.
        needed: u8,
        /// How many are confirmed.
        confirmed: usize,
        /// How many are enrolled.
        enrolled: usize,
    },
    /// There are not so many operators.
    #[error(
        "this needs the approval of {needed} operators, and only {enrolled} are enrolled; see the command `operator`"
    )]
    TooFewEnrolled {
        /// How many it takes.
        needed: u8,
        /// How many there are.
        enrolled: usize,
    },
    /// Not so many approved.
    #[error(
        "this needs the approval of {needed} operators, {approved} approved; add --operator FILE for each"
    )]
    TooFew {
        /// How many it takes.
        needed: u8,
        /// How many approved.
        approved: usize,
    },
    /// Two operators cannot have one name.
    #[error("there is an operator called {label} already; choose another label")]
    LabelTaken {
        /// The name.
        label: String,
    },
    /// No operator can have such a name.
    #[error(
        "an operator's label is empty, longer than 256 bytes, or is no text of the format; choose another"
    )]
    NoLabel,
    /// There are as many operators as there can be.
    #[error("there are 256 operators, and no more can be enrolled")]
    TooMany,
    /// The list of operators does not decode.
    #[error("the list of operators is damaged; restore a backup")]
    DamagedList,
    /// The bytes are no operator's key.
    #[error("this is no operator's key")]
    NoKey,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for ApprovalError {
    fn class(&self) -> Class {
        match self {
            Self::DamagedList | Self::NoKey | Self::NoLabel => Class::Bad,
            Self::Store(error) => error.class(),
            _ => Class::Refused,
        }
    }
}
