//! Why an issuer does not do what it was asked.

use veilpass::DecodeError;
use veilpass::artefact::Artefact;
use veilpass::issuance::{IssueError, OfferError};
use veilpass::scheme::{BundleError, ClockError, Day};
use veilpass_evidence::Flaw;
use veilpass_evidence::rules::Refusal;

use crate::approval::ApprovalError;
use crate::error::{Class, Classified};
use crate::log::NotWhole;
use crate::ports::{KeyError, NobodyToAsk, SetClock};
use crate::store::StoreError;
use crate::values::ValueError;

/// Why an issuer does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// The store refuses, or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The issuer's key cannot be opened or sealed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What the store has was not signed by the scheme's authority, or does not decode.
    #[error(transparent)]
    Damaged(BundleError),
    /// Bytes that are not what they must be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Operators did not approve what they must.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The issuer's log is not whole.
    #[error(transparent)]
    Log(#[from] NotWhole),
    /// The log cannot prove that it continues what it never was.
    #[error(
        "the log has {whole} lines; it cannot continue one of {since}: ask the authority for its number again"
    )]
    NoSuchLength {
        /// Lines that were asked for.
        since: u64,
        /// Lines that the log has.
        whole: u64,
    },
    /// What was brought was not signed by the scheme's authority, or does not follow what is at hand.
    #[error(transparent)]
    Unsigned(BundleError),
    /// The clock was set, and this is no rehearsal.
    #[error(transparent)]
    SetClock(#[from] SetClock),
    /// The issuer cannot sign at this moment.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// An accreditation does not fit the issuer.
    #[error(transparent)]
    Accreditation(#[from] AccreditationError),
    /// Something else than an accreditation, handles or a verifiers' bundle.
    #[error("{}; an issuer imports accreditations, handles and verifiers' bundles", this_is(.0))]
    NotForIssuers(Option<Artefact>),
    /// Handles of another issuer.
    #[error("the handles are for another issuer")]
    OthersHandles,
    /// The attributes do not fit the scheme.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// An attribute cannot be what was written.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An attribute's day cannot be right.
    #[error(transparent)]
    Implausible(#[from] Implausible),
    /// The request cannot be signed.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The person who was asked sees another code.
    #[error(
        "not signed, and the offer is closed: the codes differ. Offer and request were exchanged by somebody, or it is another \
         guest's; make a new offer"
    )]
    CodesDiffer,
    /// The offer was made for a guest who is there, and nobody compared codes.
    #[error(
        "this offer was made for a guest who stands before you, and no codes were compared: show the guest what `issuer draw` \
         makes, compare the codes, and answer with `issuer issue`"
    )]
    NotCompared,
    /// Codes must be compared, and there is nobody who could.
    #[error(transparent)]
    Nobody(#[from] NobodyToAsk),
    /// A certificate is not believed.
    #[error("{}", joined(.0))]
    NotBelieved(Vec<Flaw>),
    /// The rules do not accept what a certificate states.
    #[error(transparent)]
    Rules(#[from] Refusal),
    /// A desk that has no rules was shown a certificate.
    #[error("this is no letter, and certificates are not taken here")]
    NoRules,
    /// A scanned text is neither a certificate nor a claim's code.
    #[error("this is not a veilpass text, and no certificate")]
    NoEvidence,
    /// A request for an offer that was made to somebody else.
    #[error("this request answers another offer; the guest must scan the one shown now")]
    OtherOffer,
    /// The rules give a date to an attribute that the issuer does not set.
    #[error(
        "the rules give a date to {0}, and the issuer sets no date of this name in this scheme: the authority must \
         name the scheme's attributes in [attributes] of the rules, and sign them again"
    )]
    RulesAttribute(String),
    /// A register's map has an attribute that is not the issuer's to set.
    #[error("the map's [attributes] has {0}, which the issuer does not set in this scheme")]
    MapAttribute(String),
    /// A register's map says nothing of a text that every pass has.
    #[error(
        "the map says nothing of {0}, which every pass has: give its column under [attributes], or write initials = \"{0}\" \
         above [columns] if it gets the initials"
    )]
    MapLacks(String),
    /// The register cannot be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
}

/// Why an issuer cannot sign at this moment, whatever the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// The clock is not within the bundle's time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The clock is outside the calendar.
    #[error("the clock is outside the calendar; set it")]
    Calendar,
    /// As many passes as a day may have were issued today.
    #[error(
        "{0} passes were issued today, and a day may have no more; go on tomorrow, or ask the authority for a higher limit"
    )]
    DayFull(u32),
    /// The key is not where it was.
    #[error("the issuer's key is missing; restore it from a backup")]
    NoKey,
    /// The pool is empty.
    #[error("no handles are left; import another file of handles from the authority")]
    NoHandles,
    /// No accreditation was imported yet.
    #[error(
        "there is no accreditation yet; send the registration to the authority and import what comes back"
    )]
    NoAccreditation,
    /// The accreditation is for another epoch than the one in force.
    #[error(
        "the accreditation is for epoch {have}, but epoch {in_force} is in force; import the current one"
    )]
    OtherEpoch {
        /// The epoch of the accreditation at hand.
        have: u32,
        /// The epoch in force.
        in_force: u32,
    },
    /// The accreditation was made under keys that were replaced.
    #[error(
        "the accreditation is under keys that are not in force any more; import the current one"
    )]
    OtherKeys,
}

/// Why an accreditation is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccreditationError {
    /// It is for another issuer, or another scheme.
    #[error("the accreditation is for another issuer")]
    OtherIssuer,
    /// It does not verify under the keys of the bundle at hand.
    #[error(
        "the accreditation is not under the keys of the bundle at hand; import the newest bundle first, then the \
         newest accreditation"
    )]
    OtherKeys,
    /// Its epoch is over.
    #[error("the accreditation is for epoch {0}, which is over; import the current one")]
    Over(u32),
    /// One that was made later is at hand.
    #[error("this accreditation is older than the one at hand; keep the newer one")]
    Older,
}

/// A day that cannot be meant, or with which a pass could not be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Implausible {
    /// The last day of a pass is over.
    #[error("{name}: {day} has passed; write a later day")]
    Passed {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
    },
    /// The last day of a pass is further ahead than a pass can show.
    #[error("{name}: {day} is too far ahead to be shown; the last possible day is {last}")]
    TooFarAhead {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
        /// The last day that can be shown.
        last: Day,
    },
    /// From its first day to its last a pass lasts longer than it can show.
    #[error(
        "{name}: from {first} to {day} is longer than can be shown; the last possible day is {last}"
    )]
    TooLong {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
        /// The first day.
        first: Day,
        /// The last day that can be shown.
        last: Day,
    },
    /// The last day comes before the first.
    #[error("{name}: {day} comes before the first day, {first}")]
    Reversed {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
        /// The first day.
        first: Day,
    },
    /// The pass has no last day at all.
    #[error("a pass whose {} are none can be shown nowhere; write a last day", .names.join(" and "))]
    NoEnd {
        /// The attributes.
        names: Vec<String>,
    },
    /// A birth that is to come.
    #[error("{name}: {day} is still to come")]
    ToCome {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
    },
    /// A birth so long ago that no age can be shown.
    #[error("{name}: {day} is too long ago to be shown; the first possible day is {first}")]
    TooLongAgo {
        /// The attribute.
        name: String,
        /// Its value.
        day: Day,
        /// The first day that can be shown.
        first: Day,
    },
}

fn this_is(artefact: &Option<Artefact>) -> String {
    match artefact {
        Some(artefact) => format!("this is {}", artefact.name()),
        None => "this is not a veilpass file".to_owned(),
    }
}

fn joined(flaws: &[Flaw]) -> String {
    let flaws: Vec<_> = flaws.iter().map(ToString::to_string).collect();
    flaws.join("; ")
}

impl Classified for NotReady {
    fn class(&self) -> Class {
        match self {
            Self::Calendar => Class::Bad,
            _ => Class::Refused,
        }
    }
}

impl Classified for IssuerError {
    fn class(&self) -> Class {
        match self {
            Self::Store(
                StoreError::UnknownOffer
                | StoreError::OfferUsed
                | StoreError::OfferClosed
                | StoreError::UnknownClaim
                | StoreError::ClaimUsed
                | StoreError::DayFull
                | StoreError::NeedsApproval
                | StoreError::NoHandle,
            )
            | Self::Unsigned(_)
            | Self::Accreditation(_)
            | Self::OthersHandles
            | Self::Issue(_)
            | Self::CodesDiffer
            | Self::NotCompared
            | Self::NotBelieved(_)
            | Self::Rules(_)
            | Self::OtherOffer => Class::Refused,
            Self::NotReady(error) => error.class(),
            Self::Approval(error) => error.class(),
            Self::Log(error) => error.class(),
            _ => Class::Bad,
        }
    }
}
