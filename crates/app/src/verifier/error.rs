//! Why a verifier does not do what it was asked. A pass that is refused is no error: that is a verdict.

use std::string::FromUtf8Error;

use veilpass::DecodeError;
use veilpass::presentation::DoorError;
use veilpass::scheme::{BundleError, Mode};

use crate::error::{Class, Classified};
use crate::store::StoreError;

/// Why a verifier does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The store failed, or there is no verifier in it yet, or one already.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store has does not decode.
    #[error(transparent)]
    Damaged(#[from] DecodeError),
    /// A name in the store is no text.
    #[error(transparent)]
    DamagedName(#[from] FromUtf8Error),
    /// The bundle in the store is not signed by the scheme's authority.
    #[error(transparent)]
    DamagedBundle(BundleError),
    /// The bundle that was handed in is not signed by the scheme's authority, or does not follow the one at hand.
    #[error(transparent)]
    Bundle(BundleError),
    /// The store has this bundle's number already, or a higher one.
    #[error("{}", StoreError::OldBundle)]
    OldBundle,
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
    /// The policy takes no mode at all.
    #[error("the policy takes no passes at all")]
    NoMode,
    /// The question that a pass should answer has no nonce.
    #[error("this is a poster's question")]
    PosterQuestion,
    /// The question that a pass should answer was not asked by this verifier.
    #[error("this is not a question of this door")]
    ForeignQuestion,
    /// There is no open question that a pass could answer.
    #[error("no question is open, or it was answered or is too old; ask again")]
    NoOpenQuestion,
}

fn passes(mode: Mode) -> &'static str {
    match mode {
        Mode::Challenge => "answers to single questions",
        Mode::Poster => "answers to posters",
        Mode::Strip => "paper strips",
    }
}

impl Classified for VerifierError {
    fn class(&self) -> Class {
        match self {
            Self::Bundle(_) | Self::OldBundle | Self::NoOpenQuestion => Class::Refused,
            Self::Store(error) => error.class(),
            _ => Class::Bad,
        }
    }
}
