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
//! | `Rotated` | key set n − 1 | key set n: empty log, reissued witnesses |
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

pub mod memory;
pub mod register;
mod verifier;

pub use verifier::{Hour, OpenQuestion, Tally, VerifierStore};

use crate::approval::Approval;
use crate::log::{Closing, Event, Line};
use veilpass::AuthorityState;
use veilpass::DecodeError;
use veilpass::scheme::{Day, DayCount, IssuerPublic, VenueCard, VenueId};

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
    #[error("no such offer was made here, or it has expired; make a new offer")]
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

/// Counts the changes of an authority's state.
pub type Revision = i64;

/// A change of the authority's state.
pub enum AuthorityChange<'a> {
    /// The first: a whole state.
    Founded(&'a AuthorityState),
    /// An issuer was accredited, under a name for the authority's own use.
    Accredited {
        /// What people call the issuer.
        label: &'a str,
        /// The state after it; the issuer is the last of its list.
        state: &'a AuthorityState,
    },
    /// Handles were drawn for an issuer's pool.
    Drawn {
        /// The operators' approval, if the scheme asks for one: a line of its own in the log.
        approval: Option<&'a Approval>,
        /// Whose pool.
        label: &'a str,
        /// Their names ([`veilpass::registry::Handle::id`]).
        ids: &'a [[u8; 32]],
    },
    /// The last removal of the state's log is new.
    Removed {
        /// The handle that was removed.
        id: &'a [u8; 32],
        /// The state after it.
        state: &'a AuthorityState,
    },
    /// A bundle was signed over the state, which may have a new registry or accreditation epoch.
    Published {
        /// The state that it shows.
        state: &'a AuthorityState,
        /// What is published.
        bundle: &'a veilpass::Published,
    },
    /// A state that came back from a backup took back what was published after it.
    Recovered {
        /// The state after it. Handles that were never drawn here belong to nobody's pool.
        state: &'a AuthorityState,
        /// What is public.
        bundle: &'a veilpass::Published,
    },
    /// A new key set.
    Rotated(&'a AuthorityState),
    /// A venue was registered, under an id and a name that are new.
    VenueRegistered(&'a VenueCard),
    /// A venue that stands got another card: its id and its name are those that it had.
    VenueRenewed(&'a VenueCard),
    /// A venue was withdrawn.
    VenueWithdrawn {
        /// Its name, for the log.
        name: &'a str,
        /// Its id.
        id: VenueId,
        /// The state after it, which names the id.
        state: &'a AuthorityState,
    },
}

/// A registered venue, as the authority's store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueRecord {
    /// The venue.
    pub id: VenueId,
    /// Its name.
    pub name: String,
    /// The newest card that it got.
    pub card: Vec<u8>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// How many handles an issuer's pool ever had, and how many of them were removed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PoolCount {
    /// What people call the issuer.
    pub label: String,
    /// Whether it is accredited now.
    pub accredited: bool,
    /// Handles given out.
    pub drawn: u32,
    /// Of these, removed.
    pub removed: u32,
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

/// An authority's state.
pub trait AuthorityStore: Ledger {
    /// The state with its revision.
    ///
    /// # Errors
    /// [`StoreError::Empty`] before `Founded`; [`StoreError`].
    fn load(&self) -> impl Future<Output = Result<(Revision, AuthorityState), StoreError>> + Send;
    /// Makes one change if the state is still at `revision` (0 before `Founded`).
    ///
    /// # Errors
    /// [`StoreError::Conflict`]; [`StoreError`].
    fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The newest bundles, as they were signed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn newest_bundle(
        &self,
    ) -> impl Future<Output = Result<Option<veilpass::Published>, StoreError>> + Send;
    /// The issuers by name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn pools(&self) -> impl Future<Output = Result<Vec<PoolCount>, StoreError>> + Send;
    /// The registered venues by name, also those that were withdrawn.
    ///
    /// # Errors
    /// [`StoreError`].
    fn venues(&self) -> impl Future<Output = Result<Vec<VenueRecord>, StoreError>> + Send;
    /// The key of the issuer called `label`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn issuer(
        &self,
        label: &str,
    ) -> impl Future<Output = Result<Option<IssuerPublic>, StoreError>> + Send;
}

/// What [`IssuerStore::reserve`] found.
pub enum Reserved {
    /// The offer with the handle that is now bound to this request.
    Handle {
        /// [`veilpass::issuance::PendingOffer`], as bytes.
        offer: Vec<u8>,
        /// [`veilpass::registry::Handle`], as bytes.
        handle: zeroize::Zeroizing<Vec<u8>>,
    },
    /// What this request already got.
    Answered(Answered),
}

/// What a request got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The response, as it was stored.
    pub response: Vec<u8>,
    /// The name of the handle that it used.
    pub handle: [u8; 32],
}

/// How many handles may be bound on a day.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The day.
    pub day: Day,
    /// How many; `None`: as many as there are.
    pub per_day: Option<u32>,
}

/// An offer to keep.
pub struct NewOffer<'a> {
    /// Its name.
    pub id: &'a [u8; 32],
    /// [`veilpass::issuance::PendingOffer`], as bytes.
    pub offer: &'a [u8],
    /// What it rests on; under this it is counted once it is answered.
    pub kind: &'a str,
    /// Until when it can be answered, in Unix seconds.
    pub expires: i64,
    /// Whether guest and clerk compare a code before it is answered.
    pub compared: bool,
}

/// An offer that is open or reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOffer {
    /// [`veilpass::issuance::PendingOffer`], as bytes.
    pub sealed: Vec<u8>,
    /// Whether guest and clerk compare a code before it is answered.
    pub compared: bool,
    /// Digest of the request for which its draw was revealed.
    pub drawn: Option<[u8; 32]>,
}

/// A response to keep.
pub struct Answer<'a> {
    /// The offer's name.
    pub id: &'a [u8; 32],
    /// Digest of the request that it is reserved for.
    pub request: &'a [u8; 32],
    /// The response.
    pub response: &'a [u8],
}

/// An issuer's state.
pub trait IssuerStore: Ledger {
    /// Adds handles to the pool; those that are known already, used or not, are skipped. Says how many
    /// were new.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_handles(
        &self,
        handles: &[([u8; 32], Vec<u8>)],
        at: i64,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// How many handles are free.
    ///
    /// # Errors
    /// [`StoreError`].
    fn free_handles(&self) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// How many offers can still be answered at `now`: they have not ended, and have no answer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_offers(&self, now: i64) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// Keeps an offer that was made.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_offer(
        &self,
        offer: &NewOffer<'_>,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The offer, if it is open or reserved.
    ///
    /// # Errors
    /// [`StoreError`].
    fn offer(
        &self,
        id: &[u8; 32],
    ) -> impl Future<Output = Result<Option<OpenOffer>, StoreError>> + Send;
    /// What the request with this digest got for the offer; `None` if it can still be answered. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`] if there is no such offer, or its attributes are forgotten;
    /// [`StoreError::OfferUsed`] if another request has it; [`StoreError`].
    fn answered(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
    ) -> impl Future<Output = Result<Option<Answered>, StoreError>> + Send {
        let wanted = [(*id, *request)];
        async move {
            let mut all = self.answered_all(&wanted).await?;
            all.pop().unwrap_or(Err(StoreError::UnknownOffer))
        }
    }
    /// The same for many; each by itself.
    ///
    /// # Errors
    /// [`StoreError`], for all of them.
    fn answered_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
    ) -> impl Future<Output = Result<Vec<Result<Option<Answered>, StoreError>>, StoreError>> + Send;
    /// Keeps that the offer's draw is revealed for the request with this digest. Another request after it closes the
    /// offer.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`], [`StoreError::OfferClosed`]; [`StoreError`].
    fn draw(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Closes an offer that nothing is reserved for; one that there is not is closed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn close_offer(
        &self,
        id: &[u8; 32],
        why: Closing,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Binds the offer and a free handle to the request with this digest; see the table above.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`], [`StoreError::NoHandle`],
    /// [`StoreError::DayFull`]; [`StoreError`].
    fn reserve(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
        quota: Quota,
    ) -> impl Future<Output = Result<Reserved, StoreError>> + Send {
        let wanted = [(*id, *request)];
        async move {
            let mut all = self.reserve_all(&wanted, quota).await?;
            all.pop().unwrap_or(Err(StoreError::UnknownOffer))
        }
    }
    /// The same for many, in one transaction; each succeeds or fails by itself.
    ///
    /// # Errors
    /// [`StoreError`], for all of them.
    fn reserve_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
        quota: Quota,
    ) -> impl Future<Output = Result<Vec<Result<Reserved, StoreError>>, StoreError>> + Send;
    /// Keeps the response to the request that the offer is reserved for, counts it under `day` and the
    /// offer's kind, uses up its claim, and forgets the attributes and the handle's witness. Returns what
    /// is stored: the first response that anybody gave.
    ///
    /// # Errors
    /// [`StoreError::OfferUsed`] if it is not reserved for this request; [`StoreError`].
    fn answer(
        &self,
        answer: &Answer<'_>,
        day: Day,
        at: i64,
    ) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send {
        async move {
            let mut all = self
                .answer_all(std::slice::from_ref(answer), day, at)
                .await?;
            all.pop().ok_or(StoreError::UnknownOffer)
        }
    }
    /// The same for many, in one transaction: all or none.
    ///
    /// # Errors
    /// As for one.
    fn answer_all(
        &self,
        answers: &[Answer<'_>],
        day: Day,
        at: i64,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, StoreError>> + Send;
    /// Forgets offers that ended before `now` and were never reserved. Says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_expired(&self, now: i64) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// What was issued, by day and kind.
    ///
    /// # Errors
    /// [`StoreError`].
    fn counts(&self) -> impl Future<Output = Result<Vec<DayCount>, StoreError>> + Send;
}
