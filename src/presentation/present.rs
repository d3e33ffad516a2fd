//! The holder's side.

use std::time::Duration;

use super::body::{Body, Claimed, challenge, relate, shared_variables, shown_attributes};
use super::header::Question;
use super::question::{FullQuestion, Moment, Named, Unmet, bucket_of};
use crate::credential::Credential;
use crate::curve::{
    CryptoRng, G1Affine, Scalar, g1_to_bytes, g2_to_bytes, msm_each, nonzero_random_scalar,
};
use crate::error::Error;
use crate::scheme::{
    Accreditation, Bundle, ClockError, DateTable, Day, Epoch, HolderBundle, IssuerMode, Mode,
    Policy, Standing, UnixTime, Value, VenueError,
};
use crate::secret::Secret;
use crate::sigma::{Hedge, HedgedRng, Nonces};
use crate::statement::{Held, ShownIssuer, Statement, pairings_hold_vartime};
use crate::text::is_venue_name;
use crate::transcript::tag;

/// A payload, ready for a QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    bytes: Vec<u8>,
}

impl Presentation {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The bytes of the payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the payload.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl AsRef<[u8]> for Presentation {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why the wallet does not answer. The holder reads it; the verifier sees only that there is no
/// answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresentError {
    /// A question of another scheme.
    #[error("this question belongs to another scheme than the pass")]
    OtherScheme,
    /// No such policy in the bundle, or not in this mode.
    #[error("the authority has no such question in its bundle; do not answer it")]
    UnknownQuestion,
    /// The bundle cannot be relied on now.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A strip for a day whose strip epoch the bundle does not have.
    #[error(
        "strips for that day cannot be printed yet, or not any more; get the newest bundle and sync"
    )]
    NoStripEpoch,
    /// No registry epoch is in force.
    #[error("no registry epoch is in force now; get the newest bundle or check the clock")]
    NoEpoch,
    /// A poster's question, so long after the beginning of the epoch that its beacon serves no more.
    #[error(
        "posters cannot be answered with this bundle any more; get the newest one, or ask the door for a question of \
         your own"
    )]
    PosterOver,
    /// Who asks is not who it says, or may not ask this.
    #[error(transparent)]
    Venue(#[from] VenueError),
    /// The credential does not meet the policy on that day.
    #[error(transparent)]
    NotMet(#[from] Unmet),
    /// The credential is not up to date with the bundle.
    #[error("the pass needs an update before it can be shown; sync it")]
    NeedsSync,
    /// The handle was removed in an epoch of the bundle, which may not have begun yet.
    #[error("this pass has been revoked; ask the issuer")]
    Revoked,
    /// The handle was drawn under a key set whose epochs have not begun.
    #[error("the pass was made for keys that come into force with the next epoch; show it then")]
    NotYet,
    /// The issuer is not accredited in this epoch.
    #[error("the issuer of this pass is no longer accredited; ask for a pass elsewhere")]
    NotAccredited,
    /// A challenge that names an epoch which ended longer ago than the policy's grace.
    #[error("this door has not been updated for too long; the door must be updated")]
    DoorBehind,
    /// A challenge of another day than this one, or of yesterday longer than a window ago.
    #[error("the question was asked on another day; check this clock and the door's")]
    OtherDay,
    /// Points that were made ahead, for another policy, day, epoch or key set than the question's.
    #[error("the prepared pass is out of date; prepare another")]
    OutOfDate,
    /// The finished proof did not verify: a fault. Nothing was released.
    #[error("the pass failed its own check and was not shown; sync it and try again")]
    SelfCheck,
}

/// What a wallet has ready for an epoch since it was brought up to date.
#[derive(Clone, Copy)]
pub(super) struct Ready<'a> {
    /// The date table of the key set.
    pub(super) table: &'a DateTable,
    /// C.
    pub(super) witness: G1Affine,
    /// None under a known issuer.
    pub(super) accreditation: Option<&'a Accreditation>,
    /// s', of a renewal alone.
    pub(super) renewed: Option<&'a Secret<Scalar>>,
}

/// The points of some statements, and the witnesses of their own variables.
#[derive(Default)]
pub(super) struct Blinded {
    /// X1', where the issuer is hidden.
    x1: Option<G1Affine>,
    pub(super) points: Vec<G1Affine>,
    witness: Vec<Secret<Vec<Scalar>>>,
}

impl Blinded {
    /// How many statements have their points here.
    pub(super) fn statements(&self) -> usize {
        self.witness.len()
    }

    /// Adds the points of `statements`, and X1' if the issuer is `hidden`: all of them in one go.
    /// Constant-time.
    pub(super) fn add(
        &mut self,
        statements: &[Box<dyn Statement + '_>],
        held: &Held<'_>,
        hidden: bool,
        blinders: &mut HedgedRng,
    ) -> Result<(), Error> {
        // The full capacity at once: growing would leave unwiped copies of points behind.
        let count: usize = statements.iter().map(|statement| statement.points()).sum();
        let mut sums = Vec::with_capacity(count + usize::from(hidden));
        if hidden {
            sums.push(held.hidden_key_in_g1());
        }
        for statement in statements {
            let proven = statement.prove(held, blinders)?;
            sums.extend(proven.points);
            self.witness.push(proven.witness);
        }
        let mut points = msm_each(&sums).into_iter();
        if hidden {
            self.x1 = points.next();
        }
        self.points.extend(points);
        // A pseudonym, say, of a secret that is zero.
        if (self.points.iter()).any(|point| point.is_identity().into()) {
            return Err(Error::Invalid);
        }
        Ok(())
    }
}

/// The epoch that a wallet answers with: the newest one that has begun by its clock and is not newer than the one
/// `named` in a challenge, unless it ended longer ago than the grace.
fn epoch_for<'a>(
    bundle: &'a Bundle,
    policy: &Policy,
    mode: Mode,
    named: Option<u32>,
    now: UnixTime,
) -> Result<&'a Epoch, PresentError> {
    let known = |epoch: &&Epoch| named.is_none_or(|named| epoch.number <= named);
    let mut begun = (bundle.epochs.iter().rev()).filter(|epoch| epoch.from <= now);
    let epoch = match (begun.clone().find(known), begun.next()) {
        (Some(epoch), _) => epoch,
        (None, Some(_)) => return Err(PresentError::DoorBehind),
        (None, None) => return Err(PresentError::NoEpoch),
    };
    let grace = policy.grace(mode).ok_or(PresentError::UnknownQuestion)?;
    if now
        >= bundle
            .end_of(epoch)
            .saturating_add(grace.max(policy.window()))
    {
        return Err(PresentError::DoorBehind);
    }
    let ahead = Duration::from_secs(bundle.poster_ahead.into());
    if mode == Mode::Poster && now >= epoch.from.saturating_add(ahead) {
        return Err(PresentError::PosterOver);
    }
    Ok(epoch)
}

/// Whether a challenge of `day` may be answered at `now`: on that day, and for one window after it.
fn asked_today(bundle: &Bundle, policy: &Policy, day: Day, now: UnixTime) -> bool {
    let within = bundle.day_of(now) == Some(day);
    let just_before = now.checked_sub(policy.window());
    within || just_before.is_some_and(|before| bundle.day_of(before) == Some(day))
}

impl Credential {
    /// Answers a question at `now`: a fresh, unlinkable payload. A strip is for
    /// `day`, or for today; the other modes have no use for it. Constant-time in everything hidden; the finished proof
    /// is verified before it is released.
    ///
    /// # Errors
    /// [`PresentError`]; nothing is released then.
    pub fn present<R: CryptoRng + ?Sized>(
        &self,
        holder: &HolderBundle,
        ask: &Question,
        day: Option<Day>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Presentation, PresentError> {
        let question = self.question(holder, ask, day, now)?;
        let statements = question.statements();
        let ready = self.ready(holder, question.standing())?;
        let disclosed = self.disclose(&question)?;

        let body = self
            .build(ready, &question, &statements, disclosed, rng)
            .map_err(|_| PresentError::SelfCheck)?;
        let bytes = body.to_bytes(&question.header());
        let claimed = Claimed::new(question, statements, body);
        let mut weights = Hedge::new("veilpass self-check", rng)
            .bytes(&bytes)
            .finish();
        let holds = (claimed.schnorr_vartime())
            .is_ok_and(|pairings| pairings_hold_vartime(&pairings, &mut weights));
        if holds {
            Ok(Presentation::new(bytes))
        } else {
            Err(PresentError::SelfCheck)
        }
    }

    /// What is ready for an epoch.
    pub(super) fn ready<'a>(
        &'a self,
        holder: &'a HolderBundle,
        standing: &Standing,
    ) -> Result<Ready<'a>, PresentError> {
        let witness = self.witness_for(standing).ok_or(PresentError::NotYet)?;
        let accreditation = self.accreditation_for(standing);
        let hidden = *holder.bundle.scheme.issuer_mode() == IssuerMode::Hidden;
        if hidden && accreditation.is_none() {
            return Err(PresentError::NotAccredited);
        }
        let parts = holder.of_key_set(standing.key_set);
        Ok(Ready {
            table: &parts.ok_or(PresentError::NoEpoch)?.table,
            witness: *witness.point(),
            accreditation,
            renewed: None,
        })
    }

    /// Blinds and proves, without any check of its own.
    pub(super) fn build<R: CryptoRng + ?Sized>(
        &self,
        ready: Ready<'_>,
        question: &FullQuestion<'_>,
        statements: &[Box<dyn Statement + '_>],
        disclosed: Vec<Value>,
        rng: &mut R,
    ) -> Result<Body, Error> {
        let no_moment = UnixTime::default();
        let (held, blinded) = self.blind(ready, question, statements, no_moment, rng)?;
        self.prove(question, statements, held.shown, &blinded, disclosed, rng)
    }

    /// Draws the blinders, under a label of their own, and makes the points of `statements`. What the
    /// question does not tell apart, `moment` does.
    pub(super) fn blind<'a, R: CryptoRng + ?Sized>(
        &'a self,
        ready: Ready<'a>,
        question: &FullQuestion<'_>,
        statements: &[Box<dyn Statement + '_>],
        moment: UnixTime,
        rng: &mut R,
    ) -> Result<(Held<'a>, Blinded), Error> {
        let mut blinders = self
            .hedge("veilpass blinders", rng)
            .bytes(&question.to_bytes())
            .bytes(&moment.as_seconds().to_be_bytes())
            .finish();
        let mut held = Held {
            credential: self,
            table: ready.table,
            witness: ready.witness,
            accreditation: ready.accreditation,
            renewed: ready.renewed,
            t: Secret::new(Scalar::zero()),
            shown: None,
        };
        let hidden = *question.bundle.scheme.issuer_mode() == IssuerMode::Hidden;
        if hidden {
            held.t = Secret::new(nonzero_random_scalar(&mut blinders));
        }
        let mut blinded = Blinded::default();
        blinded.add(statements, &held, hidden, &mut blinders)?;
        if let Some(x1) = blinded.x1 {
            let x = held.hidden_key();
            held.shown = Some(ShownIssuer { x, x1 });
        }
        Ok((held, blinded))
    }

    /// Whether bundle and credential can be shown at all. Whoever is removed in any epoch that the bundle has, also in
    /// one that has not begun, cannot.
    pub(super) fn ready_for(&self, bundle: &Bundle, now: UnixTime) -> Result<(), PresentError> {
        bundle.check_clock(now)?;
        if self.witnesses.is_empty() {
            return Err(PresentError::Revoked);
        }
        if self.bundle < bundle.version {
            return Err(PresentError::NeedsSync);
        }
        Ok(())
    }

    /// Builds the question from the bundle; refusals come before any proof.
    pub(super) fn question<'a>(
        &self,
        holder: &'a HolderBundle,
        ask: &'a Question,
        day: Option<Day>,
        now: UnixTime,
    ) -> Result<FullQuestion<'a>, PresentError> {
        let bundle = &holder.bundle;
        if ask.scheme != tag("scheme", bundle.scheme.id()) {
            return Err(PresentError::OtherScheme);
        }
        if !is_venue_name(&ask.audience) {
            return Err(PresentError::UnknownQuestion);
        }
        let policy = (bundle.policy_numbered(ask.policy))
            .filter(|policy| policy.takes(ask.mode))
            .ok_or(PresentError::UnknownQuestion)?;
        self.ready_for(bundle, now)?;
        let asker = ask.asker(bundle, now)?;
        let in_force = |named| {
            let epoch = epoch_for(bundle, policy, ask.mode, named, now)?;
            Ok::<_, PresentError>(Named::Registry(epoch))
        };
        let (epoch, moment) = match (ask.mode, &ask.challenge) {
            (Mode::Challenge, Some(challenge)) => {
                let epoch = in_force(Some(challenge.epoch()))?;
                if !asked_today(bundle, policy, challenge.day(), now) {
                    return Err(PresentError::OtherDay);
                }
                (epoch, Some(challenge.moment()))
            }
            (Mode::Challenge, None) | (Mode::Renewal, _) => {
                return Err(PresentError::UnknownQuestion);
            }
            (Mode::Poster, _) => (in_force(None)?, bucket_of(bundle, policy, now)),
            (Mode::Strip, _) => {
                let day = day.or_else(|| bundle.day_of(now));
                let day = day.ok_or(PresentError::UnknownQuestion)?;
                let epoch = bundle.strip_epoch(day).ok_or(PresentError::NoStripEpoch)?;
                (Named::Strip(epoch), Some(Moment::Strip(day)))
            }
        };
        let moment = moment.ok_or(PresentError::UnknownQuestion)?;
        let question = FullQuestion::new(bundle, policy, asker.audience(), epoch, moment);
        Ok(question.ok_or(PresentError::NoEpoch)?.over(ask.session))
    }

    /// The values that the policy discloses, in order, if the credential's dates meet it.
    pub(super) fn disclose(&self, question: &FullQuestion<'_>) -> Result<Vec<Value>, PresentError> {
        let values: Vec<_> = (self.values.iter().enumerate())
            .filter(|(index, _)| question.discloses(*index))
            .filter_map(|(_, value)| value.clone())
            .collect();
        question.met_by(|index| match self.values.get(index) {
            Some(Some(Value::Date(day))) => Some(*day),
            _ => None,
        })?;
        Ok(values)
    }

    /// A hedge over all witnesses.
    pub(super) fn hedge<R: CryptoRng + ?Sized>(&self, label: &str, rng: &mut R) -> Hedge {
        Hedge::new(label, rng)
            .scalars(self.scalars.expose())
            .scalars(&[*self.s.expose(), *self.e.expose()])
            .bytes(&g1_to_bytes(self.a.expose()))
            .bytes(&g2_to_bytes(&self.issuer.x))
    }

    /// s, the hidden attributes, and the variables of the statements.
    pub(super) fn witness_of(
        &self,
        question: &FullQuestion<'_>,
        blinded: &Blinded,
    ) -> Secret<Vec<Scalar>> {
        let hidden = (self.scalars.expose().iter().enumerate())
            .filter(|(index, _)| !question.discloses(*index))
            .map(|(_, scalar)| *scalar);
        let own = (blinded.witness.iter()).flat_map(|witness| witness.expose().iter().copied());
        let count = shared_variables(question) + own.clone().count();
        let blinding = [*self.s.expose()].into_iter();
        Secret::gather(count, blinding.chain(hidden).chain(own))
    }

    /// Where nonces come from: all of the witness, the question, every point sent.
    fn nonce_hedge<R: CryptoRng + ?Sized>(
        &self,
        question: &FullQuestion<'_>,
        issuer: Option<&ShownIssuer>,
        blinded: &Blinded,
        rng: &mut R,
    ) -> HedgedRng {
        let sent: Vec<u8> = blinded.points.iter().flat_map(g1_to_bytes).collect();
        let hedge = self
            .hedge("veilpass nonces", rng)
            .scalars(self.witness_of(question, blinded).expose())
            .bytes(&question.to_bytes())
            .bytes(&sent);
        match issuer {
            Some(issuer) => hedge
                .bytes(&g2_to_bytes(&issuer.x))
                .bytes(&g1_to_bytes(&issuer.x1)),
            None => hedge,
        }
        .finish()
    }

    pub(super) fn prove<R: CryptoRng + ?Sized>(
        &self,
        question: &FullQuestion<'_>,
        statements: &[Box<dyn Statement + '_>],
        shown: Option<ShownIssuer>,
        blinded: &Blinded,
        disclosed: Vec<Value>,
        rng: &mut R,
    ) -> Result<Body, Error> {
        let points = blinded.points.clone();
        let attributes = shown_attributes(question, &disclosed);
        let issuer = shown.as_ref();
        let relation = relate(question, statements, issuer, &points, &attributes)?;

        let witness = self.witness_of(question, blinded);
        let mut nonces = self.nonce_hedge(question, issuer, blinded, rng);
        let nonces = Nonces::draw(witness.expose().len(), &mut nonces);
        let commitments = nonces.commit(&relation.equations);
        let challenge = challenge(question, issuer, &points, &commitments, &disclosed);
        let responses = nonces.respond(&witness, &challenge.to_scalar());
        Ok(Body {
            issuer: shown,
            points,
            challenge,
            responses,
            disclosed,
        })
    }
}
