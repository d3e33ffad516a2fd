//! What a door tells a guest.

use crate::scheme::Value;

/// What a door tells a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Verdict {
    /// Green.
    Accepted(Accepted),
    /// Red, with what is safe to tell.
    Refused(Reason),
}

/// What an accepted pass showed. Only [`Verified::accept`](super::Verified::accept) gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Accepted {
    /// The disclosed attributes by name.
    pub disclosed: Vec<(String, Value)>,
    /// The pseudonym at this venue on this day, where the policy asks for one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_hex"))]
    pub pseudonym: Option<[u8; 48]>,
}

#[cfg(feature = "serde")]
fn as_hex<S: serde::Serializer>(
    pseudonym: &Option<[u8; 48]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::Serialize;
    let hex = |bytes: &[u8; 48]| crate::text::hex(bytes);
    pseudonym.as_ref().map(hex).serialize(serializer)
}

/// Why a pass was refused, as far as it is safe to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Reason {
    /// Not a payload of this project.
    #[error("this is not a pass")]
    NotAPass,
    /// A pass of another scheme.
    #[error("this pass belongs to another scheme")]
    OtherScheme,
    /// Made for another question, or another way of asking.
    #[error("this pass answers another question; show the one for this door")]
    OtherQuestion,
    /// The question that had to be answered is not open: an answer to it was accepted, or its end came.
    #[error("no question is open for this pass: it was answered, or is too old; ask again")]
    QuestionClosed,
    /// Made for another venue.
    #[error("this pass was made for another venue")]
    OtherVenue,
    /// The door's clock is before its bundle.
    #[error("the door's clock is wrong; set it")]
    ClockOff,
    /// The door's bundle is out of date.
    #[error("the door's bundle is out of date; update it")]
    BundleStale,
    /// The pass was made with a newer bundle than the door has: its key set, accreditation epoch or registry epoch is
    /// still unknown here. So the pass says itself; nothing of it was checked.
    #[error("the pass is newer than the bundle of this door; update this door")]
    DoorBehind,
    /// The pass was made with an older bundle: its registry epoch is over, or its keys or accreditation are.
    #[error("the pass was not updated for too long; sync it")]
    EpochTooOld,
    /// Made too long ago.
    #[error("the pass is too old; make a new one")]
    TooOld,
    /// Made for a moment that has not come yet.
    #[error("the pass is for a later time; check both clocks")]
    TooEarly,
    /// Accepted here today already.
    #[error("this pass was already used here today")]
    SeenBefore,
    /// This very code was accepted here already, where a pass may come more than once a day.
    #[error("this code was shown already; the guest makes a new one, or takes another strip")]
    CodeSeen,
    /// A paper strip, at a door that takes none.
    #[error("this door takes no paper strips; show a pass made for it")]
    NoStrips,
    /// The door's memory failed.
    #[error("the door cannot remember passes now; nobody is let in until that is mended")]
    NotRemembered,
    /// The proof does not verify. There is deliberately no detail.
    #[error("the pass is not valid")]
    Invalid,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::NotAPass,
        Self::OtherScheme,
        Self::OtherQuestion,
        Self::QuestionClosed,
        Self::OtherVenue,
        Self::ClockOff,
        Self::BundleStale,
        Self::DoorBehind,
        Self::EpochTooOld,
        Self::TooOld,
        Self::TooEarly,
        Self::SeenBefore,
        Self::CodeSeen,
        Self::NoStrips,
        Self::NotRemembered,
        Self::Invalid,
    ];

    /// Its name for programs, and for whoever counts reasons.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAPass => "NotAPass",
            Self::OtherScheme => "OtherScheme",
            Self::OtherQuestion => "OtherQuestion",
            Self::QuestionClosed => "QuestionClosed",
            Self::OtherVenue => "OtherVenue",
            Self::ClockOff => "ClockOff",
            Self::BundleStale => "BundleStale",
            Self::DoorBehind => "DoorBehind",
            Self::EpochTooOld => "EpochTooOld",
            Self::TooOld => "TooOld",
            Self::TooEarly => "TooEarly",
            Self::SeenBefore => "SeenBefore",
            Self::CodeSeen => "CodeSeen",
            Self::NoStrips => "NoStrips",
            Self::NotRemembered => "NotRemembered",
            Self::Invalid => "Invalid",
        }
    }

    /// The reason of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn every_reason_is_found_by_its_name() {
        for reason in Reason::ALL {
            assert_eq!(Reason::named(reason.name()), Some(reason));
            assert_eq!(reason.name(), format!("{reason:?}"));
        }
        assert_eq!(Reason::named("green"), None);
    }
}
