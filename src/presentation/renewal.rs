//! Renewing: a presentation that no door asks for. Its question is bound to an offer, to a one-time key and to a
//! commitment into which the credential is carried (29).
//!
//! D is the day, and the epoch the one in force, each by the clock of whoever builds the question: the issuer has no
//! choice of either, and there is no grace. A request that was made a moment before midnight, or before an epoch ended, is made
//! again.

use super::body::{Body, Claimed};
use super::header::Audience;
use super::present::{PresentError, Ready};
use super::question::{FullQuestion, Moment, Named};
use crate::codec::{Reader, Writer};
use crate::credential::Credential;
use crate::curve::{CryptoRng, G1Affine, Scalar, random_scalar};
use crate::error::Error;
use crate::scheme::{Bundle, Day, HolderBundle, RenewalPolicy, Scheme, UnixTime};
use crate::secret::Secret;
use crate::sigma::Hedge;
use crate::statement::{carried, pairings_hold_vartime};
use crate::transcript::Transcript;

/// What a renewal asks, and of what: nothing of it is taken from whoever answers but key and commitment.
#[derive(Clone, Copy)]
pub(crate) struct Renewing<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) renewal: &'a RenewalPolicy,
    /// H(offer).
    pub(crate) offer: [u8; 32],
    /// The one-time key.
    pub(crate) key: [u8; 32],
    /// C.
    pub(crate) commitment: G1Affine,
}

/// A request whose proof holds.
pub(crate) struct Renewed {
    /// The question's bytes.
    pub(crate) question: Vec<u8>,
    /// D.
    pub(crate) day: Day,
}

impl<'a> Renewing<'a> {
    /// The question at `now`.
    pub(super) fn question(&self, now: UnixTime) -> Option<FullQuestion<'a>> {
        let bundle = self.bundle;
        let binding = Transcript::new("renewal")
            .field(&self.offer)
            .field(&self.key)
            .g1(&self.commitment)
            .digest();
        let epoch = Named::Registry(bundle.epoch_at(now)?);
        let moment = Moment::Renewal(bundle.day_of(now)?, binding);
        let policy = self.renewal.policy();
        let question = FullQuestion::new(bundle, policy, Audience::default(), epoch, moment)?;
        Some(question.renewing(self.renewal, self.commitment))
    }

    #[cfg(test)]
    pub(crate) fn question_bytes(&self, now: UnixTime) -> Vec<u8> {
        self.question(now)
            .map_or(Vec::new(), |question| question.to_bytes())
    }

    /// Checks a proof at `now`: all of (20) to (24) and (29). `weights` begins what the weights of (19) come from, which
    /// whoever proves must not know. Variable-time: a request is public.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub(crate) fn verify_vartime(
        &self,
        proof: &[u8],
        now: UnixTime,
        weights: Hedge,
    ) -> Result<Renewed, Error> {
        self.bundle.check_clock(now).map_err(|_| Error::Invalid)?;
        let question = self.question(now).ok_or(Error::Invalid)?;
        let renewed = Renewed {
            question: question.to_bytes(),
            day: question.day,
        };
        let statements = question.statements();
        let reader = Reader::new("renewal request", proof);
        let body = Body::read(&question, &statements, reader)?;
        let claimed = Claimed::new(question, statements, body);
        let mut weights = weights.bytes(&renewed.question).bytes(proof).finish();
        let pairings = claimed.schnorr_vartime()?;
        if pairings_hold_vartime(&pairings, &mut weights) {
            Ok(renewed)
        } else {
            Err(Error::Invalid)
        }
    }
}

impl Credential {
    /// C of (29). Constant-time in everything hidden.
    pub(crate) fn carried(
        &self,
        scheme: &Scheme,
        renewal: &RenewalPolicy,
        blinding: &Scalar,
    ) -> G1Affine {
        carried(scheme, renewal, blinding, self.scalars.expose())
    }

    /// s' for an answer to an offer: of a generator that repeats itself it is another one for each offer and key.
    pub(crate) fn renewal_blinding<R: CryptoRng + ?Sized>(
        &self,
        offer: &[u8],
        key: &[u8; 32],
        rng: &mut R,
    ) -> Secret<Scalar> {
        let hedge = self.hedge("veilpass renewal", rng).bytes(offer).bytes(key);
        Secret::new(random_scalar(&mut hedge.finish()))
    }

    /// Answers an offer of a renewal at `now`, for a commitment with the blinding s'. Constant-time in everything hidden;
    /// the finished proof is verified before it is released.
    ///
    /// # Errors
    /// [`PresentError`]; nothing is released then.
    pub(crate) fn prove_renewal<R: CryptoRng + ?Sized>(
        &self,
        holder: &HolderBundle,
        renewing: &Renewing<'_>,
        blinding: &Secret<Scalar>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Vec<u8>, PresentError> {
        self.ready_for(&holder.bundle, now)?;
        let question = renewing.question(now).ok_or(PresentError::NoEpoch)?;
        let statements = question.statements();
        let ready = Ready {
            renewed: Some(blinding),
            ..self.ready(holder, question.standing())?
        };
        self.disclose(&question)?;
        let body = self
            .build(ready, &question, &statements, Vec::new(), rng)
            .map_err(|_| PresentError::SelfCheck)?;
        let proof = body.write(Writer::default()).finish();
        let weights = Hedge::new("veilpass self-check", rng);
        (renewing.verify_vartime(&proof, now, weights))
            .map(|_| proof)
            .map_err(|_| PresentError::SelfCheck)
    }
}
