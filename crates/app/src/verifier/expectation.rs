//! What a verifier takes at the moment: the one place that decides it.
//!
//! Its set-up says which of the policy's modes it takes, and its store which questions are open. Whoever stands at the
//! door may name one question: then only the answer to it is taken. Nothing that a pass says about itself counts.

use std::ops::RangeInclusive;

use veilpass::presentation::{Challenge, Expected, Question, Reason};
use veilpass::scheme::{Mode, UnixTime};

use super::{Verifier, VerifierError};
use crate::store::VerifierStore;

/// What is taken from whoever comes now.
pub(super) struct Taken {
    /// Besides answers to questions.
    modes: Vec<Mode>,
    open: Vec<Challenge>,
    /// Whether a question was named: what else the set-up takes is not taken now.
    named: bool,
}

impl Taken {
    /// For [`Door::verify`](veilpass::presentation::Door::verify).
    pub(super) fn expected(&self) -> Expected<'_> {
        let answers = Expected::answers(&self.open);
        self.modes.iter().fold(answers, |all, mode| match mode {
            // No door takes a renewal.
            Mode::Challenge | Mode::Renewal => all,
            Mode::Poster => all.and_posters(),
            Mode::Strip => all.and_strips(),
        })
    }

    /// Why a pass is refused that the door refused for `reason`: where nothing could be answered, that is why.
    pub(super) fn told(&self, reason: Reason) -> Reason {
        let nothing = self.modes.is_empty() && self.open.is_empty();
        let reason = match reason {
            Reason::NoStrips if self.named => Reason::OtherQuestion,
            other => other,
        };
        match reason {
            Reason::OtherQuestion if nothing => Reason::QuestionClosed,
            other => other,
        }
    }
}

impl<S: VerifierStore> Verifier<S> {
    /// What is taken at `now`: the answer to `question`, or if none is named whatever the set-up takes and every answer
    /// to an open question. This changes nothing.
    pub(super) async fn taken(
        &self,
        question: Option<&Question>,
        now: UnixTime,
    ) -> Result<Taken, VerifierError> {
        let mut open = self.open_questions(now).await?;
        if let Some(question) = question {
            let named = self.own(question)?;
            open.retain(|one| *one == named);
            let modes = Vec::new();
            return Ok(Taken {
                modes,
                open,
                named: true,
            });
        }
        let mut modes = self.modes()?;
        if !modes.contains(&Mode::Challenge) {
            open.clear();
        }
        // Questions are taken as far as they are open.
        modes.retain(|mode| *mode != Mode::Challenge);
        Ok(Taken {
            modes,
            open,
            named: false,
        })
    }

    async fn open_questions(&self, now: UnixTime) -> Result<Vec<Challenge>, VerifierError> {
        let open = self.store.open_questions(self.open_at(now)?).await?;
        Ok(open.into_iter().map(|open| open.challenge).collect())
    }

    /// The challenge of a question that this verifier could have asked.
    fn own(&self, question: &Question) -> Result<Challenge, VerifierError> {
        let challenge = question.challenge.as_ref();
        let challenge = challenge.ok_or(VerifierError::PosterQuestion)?;
        self.takes(Mode::Challenge)?;
        if self.door()?.has_asked(question) {
            Ok(challenge.clone())
        } else {
            Err(VerifierError::ForeignQuestion)
        }
    }

    /// The modes that are taken: those of the set-up that the policy has; without a set-up of one's own posters and
    /// questions, or whatever else the policy has.
    ///
    /// # Errors
    /// [`VerifierError::NoMode`] if none is left, because a newer bundle has another policy.
    pub fn modes(&self) -> Result<Vec<Mode>, VerifierError> {
        let all = &self.policy()?.modes;
        let chosen = |mode: &Mode| match &self.modes {
            Some(chosen) => chosen.contains(mode),
            None => *mode != Mode::Strip || all.len() == 1,
        };
        let all_modes = all.iter().map(|accepts| accepts.mode);
        let taken: Vec<_> = all_modes.filter(chosen).collect();
        if taken.is_empty() {
            return Err(VerifierError::NoMode);
        }
        Ok(taken)
    }

    /// Refuses a mode that is not taken.
    pub(super) fn takes(&self, mode: Mode) -> Result<(), VerifierError> {
        let policy = self.policy()?;
        if !policy.takes(mode) {
            return Err(VerifierError::ModeNotTaken {
                policy: policy.name.clone(),
                mode,
            });
        }
        if !self.modes()?.contains(&mode) {
            return Err(VerifierError::NotSetUp(mode));
        }
        Ok(())
    }

    /// When a question must have been asked to be open at `now`: within one window of the policy, before or, where a
    /// clock was put back, after.
    pub(super) fn open_at(&self, now: UnixTime) -> Result<RangeInclusive<UnixTime>, VerifierError> {
        let window = self.policy()?.window();
        Ok(now.saturating_sub(window)..=now.saturating_add(window))
    }
}
