//! What a verifier takes at the moment: the one place that decides it.
//!
//! The policy says which modes there are. Whoever stands at the door may say which one is meant, and which question
//! was asked. If nobody says, posters are meant; a pass that says it answers a nonce is held to that, where the policy
//! takes such answers: an open nonce is more than a poster asks.

use veilpass::presentation::{Ask, Challenge, Expected};
use veilpass::scheme::Mode;

use super::{Verifier, VerifierError};
use crate::store::VerifierStore;

/// What whoever stands at the door says about the pass that comes.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// How it is bound to its moment, if they say so.
    pub mode: Option<Mode>,
    /// The question that it answers, if it answers one of its own: the newest one asked if they do not say.
    pub question: Option<Ask>,
}

/// What is taken: passes of a mode, or the answer to a challenge.
pub(super) struct Taken {
    mode: Mode,
    open: Vec<Challenge>,
}

impl Taken {
    /// For [`Door::verify`](veilpass::presentation::Door::verify).
    pub(super) fn expected(&self) -> Expected<'_> {
        match self.mode {
            Mode::Challenge => Expected::answers(&self.open),
            Mode::Poster => Expected::posters(),
            Mode::Strip => Expected::strips(),
        }
    }
}

impl<S: VerifierStore> Verifier<S> {
    /// What is taken from this payload at the second `now`. An open challenge is used up by this.
    pub(super) async fn taken(
        &self,
        expectation: &Expectation,
        payload: &[u8],
        now: i64,
    ) -> Result<Taken, VerifierError> {
        let mode = self.mode(expectation.mode, payload)?;
        let open = match mode {
            Mode::Challenge => vec![self.challenge(expectation.question.as_ref(), now).await?],
            Mode::Poster | Mode::Strip => Vec::new(),
        };
        Ok(Taken { mode, open })
    }

    fn mode(&self, said: Option<Mode>, payload: &[u8]) -> Result<Mode, VerifierError> {
        let modes = &self.policy()?.modes;
        let has = |mode: Mode| modes.contains(&mode).then_some(mode);
        let answers = Mode::claimed_by(payload) == Some(Mode::Challenge);
        let mode = said
            .or_else(|| has(Mode::Challenge).filter(|_| answers))
            .or_else(|| has(Mode::Poster))
            .or_else(|| modes.first().copied())
            .ok_or(VerifierError::NoMode)?;
        self.takes(mode)?;
        Ok(mode)
    }

    /// Refuses a mode that the policy does not take.
    pub(super) fn takes(&self, mode: Mode) -> Result<(), VerifierError> {
        if self.policy()?.modes.contains(&mode) {
            return Ok(());
        }
        Err(VerifierError::ModeNotTaken {
            policy: self.policy.clone(),
            mode,
        })
    }

    /// The challenge that must be answered: that of the question, or the newest one.
    async fn challenge(
        &self,
        question: Option<&Ask>,
        now: i64,
    ) -> Result<Challenge, VerifierError> {
        let since = now.saturating_sub(i64::from(self.policy()?.window));
        let open = match question {
            Some(ask) => {
                let nonce = ask.nonce.ok_or(VerifierError::PosterQuestion)?;
                let ours = self.door()?.ask(&Challenge::from_store(nonce));
                if ours != *ask {
                    return Err(VerifierError::ForeignQuestion);
                }
                let taken = self.store.take_this_nonce(&nonce, since).await?;
                taken.then_some(nonce)
            }
            None => self.store.take_nonce(since).await?,
        };
        let nonce = open.ok_or(VerifierError::NoOpenQuestion)?;
        Ok(Challenge::from_store(nonce))
    }
}
