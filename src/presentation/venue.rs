//! Who asks: a venue that the authority vouches for by a card, or one that calls itself so.
//!
//! ```text
//! signature of a question  H(venue question; scheme_id, H(card), mode, policy number, nonce, epoch, D, good-until)
//! ```

use std::time::Duration;

use super::expected::Challenge;
use super::header::{Audience, Question};
use super::present::PresentError;
use crate::scheme::{Bundle, Mode, Policy, UnixTime, VenueCard, VenueError, VenueKey, Venues};
use crate::transcript::Transcript;

/// A registered venue's signature of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VenueSignature {
    /// From this moment on the question is not answered.
    pub(super) good_until: UnixTime,
    pub(super) signature: [u8; 64],
}

/// Who asks, as far as a wallet knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker<'a> {
    /// A venue whose name the authority vouches for: card and signature were checked.
    Registered(&'a VenueCard),
    /// Whoever calls itself so; nobody vouches for the name.
    Unregistered(&'a str),
}

impl<'a> Asker<'a> {
    /// The name, as the wallet shows it.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Registered(card) => &card.terms().name,
            Self::Unregistered(name) => name,
        }
    }

    pub(super) fn audience(self) -> Audience<'a> {
        match self {
            Self::Registered(card) => card.into(),
            Self::Unregistered(name) => name.into(),
        }
    }
}

/// What a venue signs.
fn signed(
    card: &VenueCard,
    mode: Mode,
    policy: u16,
    challenge: &Challenge,
    good_until: UnixTime,
) -> [u8; 32] {
    Transcript::new("venue question")
        .field(card.scheme())
        .field(&card.digest())
        .field(&[mode.code()])
        .field(&policy.to_be_bytes())
        .field(challenge.nonce())
        .field(&challenge.epoch().to_be_bytes())
        .field(&challenge.day().0.to_be_bytes())
        .field(&good_until.as_seconds().to_be_bytes())
        .digest()
}

/// How long a question is good that is asked now. Wallets take none that is good for longer than a window by
/// their own clocks; a quarter of it is left for clocks that are behind the door's.
fn good_for(policy: &Policy) -> Duration {
    let window = policy.window();
    window.saturating_sub(window / 4)
}

/// Signs a challenge that is asked at `now`.
pub(super) fn sign(
    card: &VenueCard,
    key: &VenueKey,
    policy: &Policy,
    challenge: &Challenge,
    now: UnixTime,
) -> VenueSignature {
    let good_until = now.saturating_add(good_for(policy));
    let digest = signed(card, Mode::Challenge, policy.number, challenge, good_until);
    VenueSignature {
        good_until,
        signature: key.sign(&digest),
    }
}

impl Question {
    /// Who asks, by the bundle of a wallet at `now`: a card and the signature of a challenge are checked. What fails here is
    /// not answered.
    ///
    /// # Errors
    /// [`PresentError::Venue`]; [`PresentError::UnknownQuestion`] if the bundle has no such policy, or the name is none.
    pub fn asker(&self, bundle: &Bundle, now: UnixTime) -> Result<Asker<'_>, PresentError> {
        let policy = bundle.policy_numbered(self.policy);
        let policy = policy.ok_or(PresentError::UnknownQuestion)?;
        let Some(card) = &self.card else {
            let registered = bundle.scheme.venues() == Venues::Registered;
            if registered && self.mode != Mode::Strip {
                return Err(VenueError::NoCard.into());
            }
            return Ok(Asker::Unregistered(&self.audience));
        };
        let card = card.verify(&bundle.signer);
        let card = card.map_err(|_| VenueError::NotVouched)?;
        if card.terms().name != self.audience {
            return Err(PresentError::UnknownQuestion);
        }
        card.check(bundle, policy.number, now)?;
        if self.mode == Mode::Challenge {
            self.check_signature(card, policy, now)?;
        }
        Ok(Asker::Registered(card))
    }

    fn check_signature(
        &self,
        card: &VenueCard,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<(), VenueError> {
        let (Some(challenge), Some(by)) = (&self.challenge, &self.signature) else {
            return Err(VenueError::NotSigned);
        };
        if now >= by.good_until {
            return Err(VenueError::TooOld);
        }
        if by.good_until > now.saturating_add(policy.window()) {
            return Err(VenueError::TooFarAhead);
        }
        let digest = signed(card, self.mode, self.policy, challenge, by.good_until);
        if card.terms().key.verifies(&digest, &by.signature) {
            Ok(())
        } else {
            Err(VenueError::NotSigned)
        }
    }
}
