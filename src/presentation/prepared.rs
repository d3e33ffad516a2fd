//! Points made ahead of the question: the wallet blinds the credential and checks the pairings while
//! nobody waits; answering then costs the pseudonym, the Schnorr part and its own check.
//!
//! Nonces are drawn when the question is known, so that they stay hedged by it. Points that were shown
//! twice would link two showings: answering consumes them.

use super::body::{Body, Claimed, relate, shown_attributes};
use super::header::Question;
use super::present::{Blinded, PresentError, Presentation, Ready};
use super::question::{FullQuestion, Moment, Named};
use crate::credential::Credential;
use crate::curve::{CryptoRng, Scalar};
use crate::error::Error;
use crate::scheme::{Day, Epoch, HolderBundle, Policy, UnixTime, Value};
use crate::secret::Secret;
use crate::sigma::Hedge;
use crate::statement::{Held, ShownIssuer, Statement, pairings_hold_vartime};

/// Blinded points for one showing of one policy, on one day, in one epoch.
pub struct Prepared {
    policy: Policy,
    day: Day,
    epoch: Epoch,
    keys: [u8; 32],
    disclosed: Vec<Value>,
    t: Secret<Scalar>,
    shown: Option<ShownIssuer>,
    /// Of all statements but the pseudonym, which needs the audience.
    blinded: Blinded,
}

impl Credential {
    /// Makes the points for one showing of `policy` on the day of `now`, and checks their
    /// pairings. Constant-time in everything hidden.
    ///
    /// # Errors
    /// As [`present`](Self::present).
    pub fn prepare<R: CryptoRng + ?Sized>(
        &self,
        holder: &HolderBundle,
        policy: &str,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Prepared, PresentError> {
        let bundle = &holder.bundle;
        self.ready_for(bundle, now)?;
        let policy = bundle.policy(policy).ok_or(PresentError::UnknownQuestion)?;
        let epoch = bundle.epoch_at(now).ok_or(PresentError::NoEpoch)?;
        let day = bundle.day_of(now).ok_or(PresentError::NoEpoch)?;
        // The audience and the moment play no part in these statements.
        let named = Named::Registry(epoch);
        let question = FullQuestion::new(bundle, policy, "", named, Moment::Strip(day));
        let question = question.ok_or(PresentError::NoEpoch)?;
        let mut statements = question.statements();
        if policy.once_a_day {
            statements.pop();
        }
        let ready = self.ready(holder, question.standing())?;
        let disclosed = self.disclose(&question)?;
        let (held, blinded) = self
            // The moment stands in for the audience: a generator that repeats itself makes other points.
            .blind(ready, &question, &statements, now, rng)
            .map_err(|_| PresentError::SelfCheck)?;

        let attributes = shown_attributes(&question, &disclosed);
        let issuer = held.shown.as_ref();
        let relation = relate(&question, &statements, issuer, &blinded.points, &attributes);
        let mut weights = Hedge::new("veilpass self-check", rng).finish();
        if !relation.is_ok_and(|all| pairings_hold_vartime(&all.pairings, &mut weights)) {
            return Err(PresentError::SelfCheck);
        }
        Ok(Prepared {
            policy: policy.clone(),
            day,
            epoch: epoch.clone(),
            keys: *question.keys.digest(),
            disclosed,
            t: held.t,
            shown: held.shown,
            blinded,
        })
    }
}

impl Prepared {
    /// Answers a question with the points made for it. The Schnorr part is verified before release;
    /// the pairings were when the points were made.
    ///
    /// # Errors
    /// [`PresentError::OutOfDate`] if the question is about another policy, day, epoch or key set
    /// than the points; else as [`Credential::present`].
    pub fn answer<R: CryptoRng + ?Sized>(
        self,
        credential: &Credential,
        holder: &HolderBundle,
        ask: &Question,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Presentation, PresentError> {
        let question = credential.question(holder, ask, Some(self.day), now)?;
        if !self.fits(&question) {
            return Err(PresentError::OutOfDate);
        }
        let ready = credential.ready(holder, question.standing())?;
        let body = self
            .finish(credential, ready, &question, rng)
            .map_err(|_| PresentError::SelfCheck)?;
        let bytes = body.to_bytes(&question.header());
        let statements = question.statements();
        let claimed = Claimed::new(question, statements, body);
        if claimed.schnorr_vartime().is_ok() {
            Ok(Presentation::new(bytes))
        } else {
            Err(PresentError::SelfCheck)
        }
    }

    /// Whether the points were made for this question.
    fn fits(&self, question: &FullQuestion<'_>) -> bool {
        *question.policy == self.policy
            && question.day == self.day
            && *question.standing() == self.epoch.standing
            && self.is_named(question.epoch)
            && *question.keys.digest() == self.keys
    }

    /// Whether a question names the epoch of the points, or is a strip's, which names none.
    fn is_named(&self, named: Named<'_>) -> bool {
        match named {
            Named::Registry(epoch) => *epoch == self.epoch,
            Named::Strip(_) => true,
        }
    }

    /// Makes the pseudonym's point, if the policy asks for one.
    fn add_missing<R: CryptoRng + ?Sized>(
        &mut self,
        credential: &Credential,
        ready: Ready<'_>,
        statements: &[Box<dyn Statement + '_>],
        rng: &mut R,
    ) -> Result<(), Error> {
        let (_, missing) =
            (statements.split_at_checked(self.blinded.statements())).ok_or(Error::Invalid)?;
        if missing.len() != usize::from(self.policy.once_a_day) {
            return Err(Error::Invalid);
        }
        let held = Held {
            credential,
            table: ready.table,
            witness: ready.witness,
            accreditation: ready.accreditation,
            renewed: ready.renewed,
            t: Secret::new(*self.t.expose()),
            shown: self.shown,
        };
        // A pseudonym draws nothing. A statement that comes to stand beside it one day draws from a generator
        // like all others, never from a constant one.
        let mut blinders = credential.hedge("veilpass late blinders", rng).finish();
        self.blinded.add(missing, &held, false, &mut blinders)
    }

    fn finish<R: CryptoRng + ?Sized>(
        mut self,
        credential: &Credential,
        ready: Ready<'_>,
        question: &FullQuestion<'_>,
        rng: &mut R,
    ) -> Result<Body, Error> {
        let statements = question.statements();
        self.add_missing(credential, ready, &statements, rng)?;
        credential.prove(
            question,
            &statements,
            self.shown,
            &self.blinded,
            self.disclosed,
            rng,
        )
    }
}
