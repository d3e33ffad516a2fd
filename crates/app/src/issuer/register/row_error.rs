//! Why a row of a register got no claim. The file of rejects may be lost: it names lines and columns, and nothing that
//! stands in them.

use veilpass::issuance::OfferError;
use veilpass::scheme::Day;
use veilpass_evidence::register::Why;
use veilpass_evidence::rules::Refusal;

use crate::issuer::Implausible;
use crate::values::ValueError;

/// Why a row got no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(Why),
    /// Its product is not on the list of the rules.
    #[error(
        "the product is not accepted by the rules; if it is one of theirs under another name, add that to [products] of \
         the map"
    )]
    Product,
    /// The rules do not accept it.
    #[error(transparent)]
    Rules(Refusal),
    /// A column is no date.
    #[error("no date; write it like 2022-06-01")]
    NotADate,
    /// A column cannot be a hint.
    #[error(
        "cannot be written in the capital letters or numbers of a hint; write it in Latin letters, as in a passport"
    )]
    NoHint,
    /// A column is no value of its attribute.
    #[error("no value of this attribute; look at it, and at [attributes] of the map")]
    Value,
    /// A column says something else than the rules.
    #[error("the map takes from a column what the rules give; leave it out of [attributes]")]
    MapOverrules,
    /// The last day is over.
    #[error("{name}: the day has passed; it must be later")]
    Passed {
        /// The attribute.
        name: String,
    },
    /// The last day is further ahead than can be shown.
    #[error("{name}: the day is too far ahead to be shown; the last possible day is {last}")]
    TooFarAhead {
        /// The attribute.
        name: String,
        /// The last day that can be shown.
        last: Day,
    },
    /// A day that cannot be meant.
    #[error("{name}: the day cannot be meant; look at it")]
    Implausible {
        /// The attribute.
        name: String,
    },
    /// The attributes do not fit the scheme.
    #[error(transparent)]
    Attributes(#[from] OfferError),
    /// The row came before.
    #[error("has a claim already, from an earlier row or import")]
    Known,
    /// The person has a later dose.
    #[error("the row in line {line} has this person's last dose, which counts for all of them")]
    EarlierDose {
        /// The line of that row.
        line: u64,
    },
}

impl From<Refusal> for RowError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            // What stands in that column may be anything, if the map took the wrong one.
            Refusal::Product { .. } => Self::Product,
            other => Self::Rules(other),
        }
    }
}

impl RowError {
    /// Why a column is no value, without it.
    pub(super) fn of_value(error: &ValueError) -> Self {
        match error {
            ValueError::NotADate(_) | ValueError::OutsideCalendar(_) => Self::NotADate,
            ValueError::NoHint { .. } => Self::NoHint,
            _ => Self::Value,
        }
    }

    /// Why a day cannot be, without it.
    pub(super) fn of_day(error: &Implausible) -> Self {
        match error {
            Implausible::Passed { name, .. } => Self::Passed { name: name.clone() },
            Implausible::TooFarAhead { name, last, .. }
            | Implausible::TooLong { name, last, .. } => Self::TooFarAhead {
                name: name.clone(),
                last: *last,
            },
            Implausible::Reversed { name, .. }
            | Implausible::ToCome { name, .. }
            | Implausible::TooLongAgo { name, .. } => Self::Implausible { name: name.clone() },
            Implausible::NoEnd { names } => Self::Implausible {
                name: names.join(", "),
            },
        }
    }
}
