//! What authority, issuer and verifier remember: a contract, and a database that keeps it.
//!
//! Every method is one transaction: it happens whole, durably, before it returns, or not at all. Any
//! number of processes may use one store at once. `at` is the caller's clock in Unix seconds; it goes
//! into the log and decides nothing else.
//!
//! # Authority ([`AuthorityStore`])
//!
//! The state has a *revision*. [`load`](AuthorityStore::load) gives both; [`apply`](AuthorityStore::apply)
//! succeeds only at the revision that was loaded and raises it by one, else [`StoreError::Conflict`]:
//! load again, think again. So two processes can neither remove at one place of the log, nor give two
//! bundles one number, nor hand out one handle twice.
//!
//! | change | before | after |
//! |---|---|---|
//! | `Founded` | empty | a scheme |
//! | `Accredited` | key unknown | listed with its accreditation |
//! | `Drawn` | handles unknown | standing, in the pool of one issuer |
//! | `Removed` | standing | removed, for ever; one more place in the log |
//! | `Published` | bundle n − 1 | bundle n, with its registry epoch and accreditations |
//! | `Recovered` | bundle n, from a backup | bundle m > n, as it was published: what is removed stays removed |
//! | `Rotated` | key set n − 1 | key set n: empty log, a checkpoint |
//! | `VenueRegistered` | no venue ever had its id or its name | it has both, for ever, and a card |
//! | `VenueRenewed` | it has this id and this name, and stands | another card |
//! | `VenueWithdrawn` | registered | withdrawn, for ever; nobody else gets its name |
//!
//! # Issuer ([`IssuerStore`])
//!
//! | offer | what happens | becomes |
//! |---|---|---|
//! | – | [`add_offer`](IssuerStore::add_offer) | open |
//! | open | [`draw`](IssuerStore::draw) for a request | drawn for it: its draw may be revealed |
//! | drawn | `draw` for another request, [`close_offer`](IssuerStore::close_offer) | gone |
//! | open, drawn | [`reserve`](IssuerStore::reserve) for a request takes a free handle, if the day has one left | reserved for it, for ever |
//! | open, drawn, of a [`RENEWAL`] | `reserve` for a request takes no handle, and one of the day's number | reserved for it, for ever |
//! | reserved | `reserve` for the same request | the same handle again |
//! | reserved | [`answer`](IssuerStore::answer) | answered; the attributes are forgotten |
//! | answered | [`answered`](IssuerStore::answered), or `reserve`, for the same request | the stored response |
//! | drawn, reserved, answered | `reserve` for another request | [`StoreError::OfferUsed`] |
//! | open, past its end | [`forget_expired`](IssuerStore::forget_expired) | gone |
//! | reserved, past its end | `forget_expired` | its attributes are forgotten |
//!
//! A claim of a register ([`RegisterStore`](register::RegisterStore)) is open, has an offer, or is used: an open offer made for it is
//! replaced by the next, and the answer uses it up. How many claims a day may have that no import with an approval made is
//! decided in the transaction that makes them, whatever imports they come from and whether these ever end.
//!
//! A response is released only after `answer` has returned. A process that dies between reserving and
//! answering loses nothing: the same request finds the same handle, and signing is deterministic.
//! [`answered`](IssuerStore::answered) only looks: what was answered once is found at any time, on any day.
//!
//! # Verifier ([`VerifierStore`])
//!
//! A question is open until an answer to it is remembered, or its time is over; any number may be open. A tag (a
//! pseudonym, or a proof's challenge) is new once for a venue and day, and what it answers is used up in the transaction
//! that remembers it. Verdicts are counted by hour and reason. A bundle replaces one with a lower number, never the
//! other way.
//!
//! # Log
//!
//! Authority and issuer append an [`Event`] for every change, in the same transaction. Lines are never changed or
//! deleted; [`log::verify`](crate::log::verify) notices.
//!
//! # Futures
//!
//! Every method gives a future that is `Send`, so that a server can spread its work over threads; a place with one
//! thread (a page, a command) loses nothing by it.

mod authority;
mod issuer;
pub mod memory;
pub mod register;
mod verifier;

pub use authority::{AuthorityChange, AuthorityStore, PoolCount, Revision, VenueRecord};
pub use issuer::{Answer, Answered, IssuerStore, NewOffer, OpenOffer, Quota, RENEWAL, Reserved};
pub use verifier::{Hour, OpenQuestion, Tally, VerifierStore};

use crate::log::{Event, Line};
use veilpass::DecodeError;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the state since it was loaded.
    #[error("another process changed the state at the same time; try again")]
    Conflict,
    /// There is nothing in the store yet.
    #[error("this folder is not set up yet; run `init` first")]
    Empty,
    /// There is something in the store already.
    #[error("this folder is set up already; choose another one")]
    NotEmpty,
    /// No such offer was made here.
    #[error(
        "this offer is not open: it has expired, a later one for the same letter took its place, or it was not made here; make a new \
         offer"
    )]
    UnknownOffer,
    /// The offer was used by another request.
    #[error("this offer was used for another request already; make a new offer")]
    OfferUsed,
    /// A second request came after the draw was revealed for the first.
    #[error(
        "two requests came for this offer, so that it was closed; make a new offer for the guest before you"
    )]
    OfferClosed,
    /// No claim has this code.
    #[error(
        "no letter from here has this code, or it has expired; check it, or use the evidence itself"
    )]
    UnknownClaim,
    /// The claim was used.
    #[error("this claim was used already; a letter is good for one pass")]
    ClaimUsed,
    /// As many as a day allows were issued today.
    #[error(
        "today's passes are made, as many as the authority allows; go on tomorrow, or ask for a higher limit"
    )]
    DayFull,
    /// An import makes more claims than a day allows without the operators' approval.
    #[error(
        "without the operators' approval no more claims can be made today; go on with the same words and --operator for \
         each who approves"
    )]
    NeedsApproval,
    /// No handle is left.
    #[error("the pool of handles is empty; import another file of handles from the authority")]
    NoHandle,
    /// What was remembered of a pass's day is deleted: nobody knows whether the pass was seen.
    #[error(
        "this door's clock was on a later day before, and whom it let in on this day is deleted: it lets nobody in \
         with a pass of this day; set the clock right, and keep it right"
    )]
    DayForgotten,
    /// A bundle that does not follow the one at hand.
    #[error("the bundle at hand is newer, or another one of the same number; keep it")]
    OldBundle,
    /// A venue that was registered has this name or this id.
    #[error(
        "a venue is registered under this name, or was, and nobody else gets it: if it is the same venue, renew its \
         card; else register another name"
    )]
    VenueTaken,
    /// No venue that stands has this id and this name.
    #[error("no venue that stands has this name; withdrawn ones get no card any more")]
    NoVenue,
    /// What was stored does not decode: a damaged or foreign file.
    #[error("the database is damaged ({0}); restore it from a backup")]
    Damaged(DecodeError),
    /// The database is of another role or a newer program.
    #[error("the database belongs to another role, or to a newer version of this program")]
    Migration,
    /// No room is left.
    #[error("the disk is full; make room and try again, nothing was changed")]
    Full,
    /// The file cannot be written.
    #[error("the database cannot be written here; check the folder's permissions")]
    ReadOnly,
    /// Others kept the database busy for too long.
    #[error("the database is busy; try again in a moment")]
    Busy,
    /// Anything else that the database says.
    #[error(
        "the database failed ({0}); try again, and if that does not help, restore it from a backup"
    )]
    Database(String),
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        Self::Damaged(error)
    }
}

/// What authority and issuer both have: named values, and the log.
pub trait Ledger: Send + Sync {
    /// Keeps a named value: the scheme's pin, the bundle, a limit. The events go to the log, in this order, one
    /// right after the other.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(
        &self,
        name: &str,
        value: &[u8],
        events: &[Event],
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The same, if the value is still `before`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]; [`StoreError`].
    fn replace(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// A named value.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, name: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
    /// All lines of the log.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log(&self) -> impl Future<Output = Result<Vec<Line>, StoreError>> + Send;
}
