//! Commitments made ahead of the question, too: answering then costs the pseudonym, a hash and the
//! responses.
//!
//! The price: these nonces are drawn before the question is known, so they cannot depend on it. A
//! `Committed` that answers two questions gives the credential away. Answering consumes it and it has no
//! encoding; but a machine that is set back to a snapshot of its memory could answer again. Where
//! that can happen, answer from a [`Prepared`].

use std::sync::atomic::{AtomicU64, Ordering};

use super::body::{Body, challenge, relate, shown_attributes};
use super::header::Ask;
use super::prepared::Prepared;
use super::present::{PresentError, Presentation};
use super::question::{Moment, Question};
use crate::credential::Credential;
use crate::curve::{CryptoRng, G1Affine, Scalar, random_scalar};
use crate::error::Error;
use crate::scheme::{HolderBundle, UnixTime};
use crate::secret::Secret;
use crate::sigma::{Nonces, combined, recompute_vartime};

/// Blinded points with their commitments, for one showing of one policy, on one day, in one epoch.
pub struct Committed {
    prepared: Prepared,
    witness: Secret<Vec<Scalar>>,
    nonces: Nonces,
    /// Of all equations but the pseudonym's.
    commitments: Vec<G1Affine>,
    seal: Seal,
}

/// Linear forms Σ τ·nonce and Σ τ·witness with secret τ, made when both were known to be right: a
/// response that is not nonce + c·witness for these very values fails them.
struct Seal {
    factors: Secret<Vec<Scalar>>,
    of_nonces: Secret<Scalar>,
    of_witness: Secret<Scalar>,
}

impl Seal {
    fn holds(&self, responses: &[Scalar], challenge: &Scalar) -> bool {
        combined(responses, self.factors.expose())
            == self.of_nonces.expose() + challenge * self.of_witness.expose()
    }
}

impl Prepared {
    /// Makes the commitments as well, and checks them: the witness satisfies the equations with these
    /// points, and these nonces have these commitments. Constant-time.
    ///
    /// # Errors
    /// [`PresentError::SelfCheck`] for a fault, [`PresentError::OutOfDate`] if the bundle is another
    /// than the points were made with.
    pub fn commit<R: CryptoRng + ?Sized>(
        self,
        credential: &Credential,
        holder: &HolderBundle,
        rng: &mut R,
    ) -> Result<Committed, PresentError> {
        let (policy, epoch) = (self.policy.clone(), self.epoch.clone());
        let question = Question::new(&holder.bundle, &policy, "", &epoch, Moment::Strip(self.day))
            .filter(|question| self.fits(question))
            .ok_or(PresentError::OutOfDate)?;
        let statements = self.statements_of(&question);
        let attributes = shown_attributes(&question, &self.disclosed);
        let (issuer, blinded) = (self.shown.as_ref(), &self.blinded);
        let relation = relate(&question, &statements, issuer, &blinded.points, &attributes);
        let equations = relation.map_err(|_| PresentError::SelfCheck)?.equations;

        let witness = credential.witness_of(&question, blinded);
        // Even a generator that repeats itself draws other nonces for other commitments.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let label = format!("veilpass nonces ahead {count}");
        let mut hedge = credential.nonce_hedge(&label, &question, issuer, blinded, rng);
        let count = witness.expose().len();
        let nonces = Nonces::draw(count, &mut hedge);
        let commitments = nonces.commit(&equations);
        let rehearsed = random_scalar(&mut hedge);
        if nonces.answered(&equations, &witness, &rehearsed) != commitments {
            return Err(PresentError::SelfCheck);
        }
        let factors = (0..count).map(|_| random_scalar(&mut hedge));
        let factors = Secret::gather(count, factors);
        let seal = Seal {
            of_nonces: Secret::new(nonces.combined(factors.expose())),
            of_witness: Secret::new(combined(witness.expose(), factors.expose())),
            factors,
        };
        Ok(Committed {
            prepared: self,
            witness,
            nonces,
            commitments,
            seal,
        })
    }
}

impl Committed {
    /// Answers a question. What is released was checked: the rest when it was made, the responses and
    /// the pseudonym now. Constant-time in everything hidden.
    ///
    /// # Errors
    /// As [`Prepared::answer`].
    pub fn answer(
        self,
        credential: &Credential,
        holder: &HolderBundle,
        ask: &Ask,
        now: UnixTime,
    ) -> Result<Presentation, PresentError> {
        let question = credential.question(holder, ask, Some(self.prepared.day), now)?;
        if !self.prepared.fits(&question) {
            return Err(PresentError::OutOfDate);
        }
        let body = self
            .respond(credential, holder, &question)
            .map_err(|_| PresentError::SelfCheck)?;
        Ok(Presentation::new(body.to_bytes(&question.header())))
    }

    fn respond(
        mut self,
        credential: &Credential,
        holder: &HolderBundle,
        question: &Question<'_>,
    ) -> Result<Body, Error> {
        let statements = question.statements();
        self.prepared.add_missing(credential, holder, &statements)?;
        let prepared = self.prepared;
        let points = prepared.blinded.points;
        let attributes = shown_attributes(question, &prepared.disclosed);
        let issuer = prepared.shown.as_ref();
        let relation = relate(question, &statements, issuer, &points, &attributes)?;
        let (_, late) =
            (relation.equations.split_at_checked(self.commitments.len())).ok_or(Error::Invalid)?;
        let late_commitments = self.nonces.commit(late);

        let mut commitments = self.commitments;
        commitments.extend(&late_commitments);
        let disclosed = &prepared.disclosed;
        let challenge = challenge(question, issuer, &points, &commitments, disclosed);
        let c = challenge.to_scalar();
        let responses = self.nonces.respond(&self.witness, &c);
        let right = self.seal.holds(&responses, &c)
            && recompute_vartime(late, &responses, &c) == late_commitments
            && question.disclosed_dates_hold(disclosed);
        if !right {
            return Err(Error::Invalid);
        }
        Ok(Body {
            issuer: prepared.shown,
            points,
            challenge,
            responses,
            disclosed: prepared.disclosed,
        })
    }
}

/// What a fault changes between commitment and answer.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(super) enum Spoiled {
    Nothing,
    Witness(usize),
    Nonce(usize),
    /// The first disclosed value becomes this day.
    Disclosed(crate::scheme::Day),
}

#[cfg(test)]
impl Committed {
    pub(super) fn spoil(mut self, spoiled: Spoiled) -> Self {
        let one = Scalar::one();
        match spoiled {
            Spoiled::Nothing => {}
            Spoiled::Witness(place) => {
                let mut witness = self.witness.expose().clone();
                witness[place] += one;
                self.witness = Secret::new(witness);
            }
            Spoiled::Nonce(place) => self.nonces.add(place, one),
            Spoiled::Disclosed(day) => {
                self.prepared.disclosed[0] = crate::scheme::Value::Date(day);
            }
        }
        self
    }
}
