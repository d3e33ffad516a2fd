//! Why a holder's wallet does not do what it was asked.

use veilpass::issuance::{ReceiveError, RequestError};
use veilpass::presentation::PresentError;
use veilpass::scheme::{BundleError, ClockError, Day};
use veilpass::{DecodeError, SyncError};

use crate::error::{Class, Classified};
use crate::ports::KeyError;
use crate::store::StoreError;

/// Why a holder's wallet does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HolderError {
    /// There is no wallet.
    #[error("{}", StoreError::Empty)]
    NotSetUp,
    /// What was beside the wallet is there, and the wallet is not.
    #[error(
        "the wallet {0} is not here, though its bundle is: restore it from a backup; nothing else has its passes. For a new wallet \
         choose a new folder"
    )]
    Lost(String),
    /// There is a wallet, and another one would replace it.
    #[error("{}", StoreError::NotEmpty)]
    SetUpAlready,
    /// The wallet cannot be opened or sealed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The wallet was opened and does not decode.
    #[error(transparent)]
    Damaged(#[from] DecodeError),
    /// A pass in the wallet does not hold what it must.
    #[error(transparent)]
    DamagedPass(#[from] veilpass::Error),
    /// The bundle is not signed by the scheme's authority, or older than one that the wallet has seen.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A part of what the authority published cannot be read.
    #[error(transparent)]
    Source(#[from] crate::source::SourceError),
    /// A manifest that contradicts its bundle.
    #[error(transparent)]
    Parts(#[from] veilpass::scheme::PartsError),
    /// The bundle is not in force at this moment.
    #[error(transparent)]
    NotInForce(#[from] ClockError),
    /// The wallet has as many entries as it may have.
    #[error("the wallet is full; forget something first")]
    Full,
    /// The offer cannot be answered.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// There is no pending request.
    #[error("no request waits for a response in this wallet; it may have been received already")]
    NothingPending,
    /// A renewal was answered whose pass is gone.
    #[error("the pass that this renews is no more in the wallet; ask the issuer for a new one")]
    NothingToRenew,
    /// What was drawn is of no offer that was answered here.
    #[error(
        "no request in this wallet waits for this: scan what the issuer shows you now. If it is that, somebody has exchanged the \
         offer on its way; ask for a new one"
    )]
    OtherDraw,
    /// A request for this offer waits already.
    #[error(
        "{0} is a request for this offer already, and an offer is for one request: show that one, or ask for a new offer"
    )]
    Requested(String),
    /// The response was not accepted.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// A renewed pass that ends earlier than the one that it would replace.
    #[error(
        "the renewed pass ends earlier than the old one by {name} ({new} in place of {old}): the old one stays; ask the issuer for a later \
         date, or take it all the same with --shorter"
    )]
    Shorter {
        /// The date.
        name: String,
        /// As it is.
        old: String,
        /// As it would be.
        new: String,
    },
    /// There is no pass at all.
    #[error("the wallet has no pass yet")]
    NoPass,
    /// There is no pass of this name.
    #[error("there is no pass called {0}; `holder list` shows them")]
    UnknownPass(String),
    /// There is neither a pass nor a pending request of this name.
    #[error("there is nothing called {0}; `holder list` shows what there is")]
    UnknownLabel(String),
    /// The bundle has no such policy.
    #[error("there is no policy {name}; the bundle has {}", known.join(", "))]
    UnknownPolicy {
        /// The name that was given.
        name: String,
        /// The bundle's policies.
        known: Vec<String>,
    },
    /// No pass answers the question.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// By the bundle at hand the pass can be shown no more.
    #[error(transparent)]
    Stands(#[from] SyncError),
    /// No pass is good for all days of a sheet.
    #[error(
        "a sheet is of one pass, and {label} is good for it until {last}: ask for fewer days, or name another pass \
         ({error})"
    )]
    StripsEnd {
        /// The pass that is good for most of the days.
        label: String,
        /// The last day that it is good for.
        last: Day,
        /// Why not for the next one.
        error: Box<HolderError>,
    },
    /// There is no strip for this day.
    #[error("{day}: {error}")]
    Strip {
        /// The day.
        day: Day,
        /// Why.
        error: Box<HolderError>,
    },
    /// A day of a strip is outside the calendar.
    #[error("the days are outside the calendar")]
    Days,
    /// A venue for strips that are bound to none.
    #[error("this policy's strips go at any door; leave out --venue")]
    AnyVenue,
    /// No venue for strips that are bound to one.
    #[error("this policy's strips are for one venue; add --venue")]
    OneVenue,
}

impl Classified for HolderError {
    fn class(&self) -> Class {
        match self {
            // Whoever typed the attributes can type them again.
            Self::Request(RequestError::Attributes(_)) => Class::Bad,
            Self::Bundle(_)
            | Self::NotInForce(_)
            | Self::Full
            | Self::Request(_)
            | Self::NothingPending
            | Self::NothingToRenew
            | Self::OtherDraw
            | Self::Requested(_)
            | Self::Receive(_)
            | Self::Shorter { .. }
            | Self::NoPass
            | Self::Stands(_)
            | Self::Present(_) => Class::Refused,
            Self::Strip { error, .. } | Self::StripsEnd { error, .. } => error.class(),
            Self::Key(error) => error.class(),
            _ => Class::Bad,
        }
    }
}
