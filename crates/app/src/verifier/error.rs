//! Why a verifier does not do what it was asked. A pass that is refused is no error: that is a verdict.

use std::string::FromUtf8Error;

use veilpass::DecodeError;
use veilpass::presentation::DoorError;
use veilpass::scheme::{BundleError, ClockError, Mode, SchemaError, VenueError};

use crate::error::{Class, Classified};
use crate::ports::SetClock;
use crate::store::StoreError;

/// Why a verifier does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The store failed, or there is no verifier in it yet, or one already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The clock was set, and this is no rehearsal.
    #[error(transparent)]
    SetClock(#[from] SetClock),
    /// What the store has does not decode.
    #[error(transparent)]
    Damaged(#[from] DecodeError),
    /// A name in the store is no text.
    #[error(transparent)]
    DamagedName(#[from] FromUtf8Error),
    /// A mode in the store is none.
    #[error("what the door takes is damaged in its database; restore it from a backup")]
    DamagedModes,
    /// The bundle in the store is not signed by the scheme's authority.
    #[error(transparent)]
    DamagedBundle(BundleError),
    /// The bundle that was handed in is not signed by the scheme's authority, or does not follow the one at hand.
    #[error(transparent)]
    Bundle(BundleError),
    /// The store has this bundle's number already, or a higher one.
    #[error("{}", StoreError::OldBundle)]
    OldBundle,
    /// By the clock the bundle cannot be relied on.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The clock is before the first registry epoch of the bundle.
    #[error("no registry epoch has begun by this clock; check the clock, or get the newest bundle")]
    NoEpoch,
    /// No name of a venue, or no policy of the bundle. The policy may have left the bundle since the verifier was set
    /// up.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The policy does not take passes of this mode.
    #[error("policy {policy} takes no {}", passes(*mode))]
    ModeNotTaken {
        /// The verifier's policy.
        policy: String,
        /// The mode that was asked for.
        mode: Mode,
    },
    /// The policy takes passes of this mode, and this verifier was set up without it.
    #[error("this door was set up to take no {}; `verifier set-up --modes` changes it", passes(*.0))]
    NotSetUp(Mode),
    /// Nothing is left of what was set up: no mode was named, or the policy of a newer bundle takes none of them.
    #[error(
        "this door takes no passes at all; choose what it takes with `verifier set-up --modes`"
    )]
    NoMode,
    /// Wallets would not answer, and this venue has no card.
    #[error(
        "in this scheme wallets answer only venues with a card: write a registration with `verifier register`, take it to \
         the authority, and take its card in with `verifier card`"
    )]
    NeedsCard,
    /// The venue's card, by the bundle at hand and the clock.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// What was handed in is no card.
    #[error(transparent)]
    NoCard(DecodeError),
    /// A card for another name.
    #[error("this card is for {card}, and this door is called {venue}")]
    OtherVenue {
        /// The door's name.
        venue: String,
        /// The card's.
        card: String,
    },
    /// A card for a key that this verifier does not have.
    #[error(
        "this card is for another key than this door's; register this door's with `verifier register`"
    )]
    OtherKey,
    /// No venue can be registered under this name.
    #[error(transparent)]
    Name(SchemaError),
    /// The question that a pass should answer has no nonce.
    #[error("this is a poster's question")]
    PosterQuestion,
    /// The question that a pass should answer was not asked by this verifier.
    #[error("this is not a question of this door")]
    ForeignQuestion,
}

fn passes(mode: Mode) -> &'static str {
    match mode {
        Mode::Challenge => "answers to single questions",
        Mode::Poster => "answers to posters",
        Mode::Strip => "paper strips",
        Mode::Renewal => "renewals",
    }
}

impl Classified for VerifierError {
    fn class(&self) -> Class {
        match self {
            Self::Bundle(_)
            | Self::OldBundle
            | Self::Clock(_)
            | Self::NeedsCard
            | Self::Venue(_)
            | Self::OtherVenue { .. }
            | Self::OtherKey => Class::Refused,
            Self::Store(error) => error.class(),
            _ => Class::Bad,
        }
    }
}
