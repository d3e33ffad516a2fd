//! A door: who checks, under which policy and bundle. Checking is pure; what must be remembered before
//! anybody is accepted is the [replay store](super::ReplayStore)'s part.

use std::cmp::Ordering;
use std::time::Duration;

use super::batch;
use super::body::{Body, Claimed};
use super::expected::{Challenge, Expected};
use super::header::{Ask, Header, audience_fits, tag};
use super::question::{Moment, Question, bucket_of};
use super::replay::{ReplayEntry, ReplayStore, Verified};
use super::verdict::{Accepted, Reason, Verdict};
use crate::codec::Reader;
use crate::curve::CryptoRng;
use crate::scheme::{Bundle, ClockError, Day, Mode, Policy, UnixTime};

/// Why there can be no such door.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// A name that does not fit a wallet's screen, or deceives on it.
    #[error("a venue's name has 1 to 64 bytes and no control or invisible characters")]
    Audience,
    /// The bundle has no such policy; here are those that it has.
    #[error("the bundle has no such policy; it has {}", .0.join(", "))]
    UnknownPolicy(Vec<String>),
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

/// A door: who asks, what it asks, by which bundle.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    bundle: &'a Bundle,
    policy: &'a Policy,
    audience: &'a str,
}

impl<'a> Door<'a> {
    /// A door called `audience` (1 to 64 bytes without control characters) that asks the policy
    /// called `policy`.
    ///
    /// # Errors
    /// [`DoorError`].
    pub fn new(bundle: &'a Bundle, policy: &str, audience: &'a str) -> Result<Self, DoorError> {
        if !audience_fits(audience) {
            return Err(DoorError::Audience);
        }
        let known = || {
            bundle
                .policies
                .iter()
                .map(|policy| policy.name.clone())
                .collect()
        };
        Ok(Self {
            policy: (bundle.policy(policy)).ok_or_else(|| DoorError::UnknownPolicy(known()))?,
            bundle,
            audience,
        })
    }

    /// What it asks.
    #[must_use]
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The question with a fresh challenge, to be shown to one guest.
    #[must_use]
    pub fn ask(&self, challenge: &Challenge) -> Ask {
        let mut ask = self.poster(Mode::Challenge);
        ask.nonce = Some(*challenge.nonce());
        ask
    }

    /// The question of a poster, or for strips: the mode is [`Mode::Poster`] or [`Mode::Strip`]
    /// ([`ask`](Self::ask) is for challenges), and one of the policy's.
    #[must_use]
    pub fn poster(&self, mode: Mode) -> Ask {
        Ask::new(&self.bundle.scheme, mode, &self.policy.name, self.audience)
    }

    /// Verifies one payload at `now`, and touches no store: what must be remembered before
    /// anybody is accepted is in the result. Variable-time: everything here is public.
    ///
    /// # Errors
    /// The [`Reason`] to refuse.
    pub fn verify<R: CryptoRng + ?Sized>(
        &self,
        payload: &[u8],
        expected: Expected<'_>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Verified, Reason> {
        let claimed = self.claim(payload, expected, now)?;
        let proven = batch::proven(std::slice::from_ref(&claimed), rng);
        self.verified(&claimed, proven.first().copied().flatten())
    }

    /// Verifies many payloads together, for less than they cost one by one. A failed batch is bisected,
    /// so every payload gets its own result.
    pub fn verify_batch<R: CryptoRng + ?Sized>(
        &self,
        payloads: &[&[u8]],
        expected: Expected<'_>,
        now: UnixTime,
        rng: &mut R,
    ) -> Vec<Result<Verified, Reason>> {
        let claims = crate::parallel::map(payloads, |payload| self.claim(payload, expected, now));
        let mut reasons = Vec::with_capacity(payloads.len());
        let mut claimed = Vec::with_capacity(payloads.len());
        for claim in claims {
            reasons.push(claim.map(|claim| claimed.push(claim)));
        }
        let proven = batch::proven(&claimed, rng);
        let mut proven = claimed.iter().zip(proven);
        reasons
            .into_iter()
            .map(|decoded| {
                decoded?;
                let (claimed, proven) = proven.next().ok_or(Reason::Invalid)?;
                self.verified(claimed, proven)
            })
            .collect()
    }

    /// Verifies one payload, lets `store` remember it, and gives the verdict: for stores that are not
    /// asynchronous.
    pub fn check<S: ReplayStore + ?Sized, R: CryptoRng + ?Sized>(
        &self,
        payload: &[u8],
        expected: Expected<'_>,
        now: UnixTime,
        store: &mut S,
        rng: &mut R,
    ) -> Verdict {
        match self.verify(payload, expected, now, rng) {
            Ok(verified) => verified.accept_in(store),
            Err(reason) => Verdict::Refused(reason),
        }
    }

    /// The same for many payloads.
    pub fn check_batch<S: ReplayStore + ?Sized, R: CryptoRng + ?Sized>(
        &self,
        payloads: &[&[u8]],
        expected: Expected<'_>,
        now: UnixTime,
        store: &mut S,
        rng: &mut R,
    ) -> Vec<Verdict> {
        (self.verify_batch(payloads, expected, now, rng).into_iter())
            .map(|result| match result {
                Ok(verified) => verified.accept_in(store),
                Err(reason) => Verdict::Refused(reason),
            })
            .collect()
    }

    /// Everything before the cryptography: what the payload says it answers must be what this door
    /// takes now; then the question is built from this door's own bundle.
    fn claim(
        &self,
        payload: &[u8],
        expected: Expected<'_>,
        now: UnixTime,
    ) -> Result<Claimed<'a>, Reason> {
        let mut reader = Reader::new("pass", payload);
        let header = Header::read(&mut reader).map_err(|_| Reason::NotAPass)?;
        if header.scheme != tag("scheme", self.bundle.scheme.id()) {
            return Err(Reason::OtherScheme);
        }
        self.bundle.check_clock(now).map_err(|error| match error {
            ClockError::BeforeBundle => Reason::ClockOff,
            ClockError::Stale => Reason::BundleStale,
        })?;
        let audience = self.policy.audience(self.audience);
        if header.audience != tag("audience", audience.as_bytes()) {
            return Err(Reason::OtherVenue);
        }
        let moments = self.moments(&header, expected, now)?;
        let first = *moments.first().ok_or(Reason::OtherQuestion)?;
        if header.key_set != self.bundle.keys.number
            || header.accreditation_epoch != self.bundle.accreditation_epoch
        {
            return Err(Reason::OtherBundle);
        }
        let epoch = (self.bundle.epoch(header.epoch)).ok_or(Reason::EpochTooOld)?;
        let grace = match header.mode {
            Mode::Strip => self.policy.epoch_grace,
            // A pass made in the last bucket of an epoch.
            Mode::Challenge | Mode::Poster => self.policy.window,
        };
        if now >= epoch.until.saturating_add(seconds(grace)) {
            return Err(Reason::EpochTooOld);
        }
        if now < epoch.from.saturating_sub(seconds(self.policy.window)) {
            return Err(Reason::TooEarly);
        }
        let question = Question::new(self.bundle, self.policy, self.audience, epoch, first)
            .ok_or(Reason::Invalid)?;
        let statements = question.statements();
        let body = Body::read(&question, &statements, reader).map_err(|_| Reason::Invalid)?;
        // A pass has one form: two payloads are never one pass. Tests and fuzzing meet this.
        debug_assert!(body.to_bytes(&header) == payload, "{payload:?}");
        Ok(Claimed::new(question, statements, body).of_any(moments))
    }

    /// The moments that the question may have, by this door's clock: one, or one for each open challenge.
    fn moments(
        &self,
        header: &Header,
        expected: Expected<'_>,
        now: UnixTime,
    ) -> Result<Vec<Moment>, Reason> {
        let mode = header.mode;
        let same_policy = header.policy == tag("policy", self.policy.name.as_bytes());
        if !expected.takes(mode) || !same_policy || !self.policy.modes.contains(&mode) {
            return Err(Reason::OtherQuestion);
        }
        let today = (self.bundle.scheme.zone().day_of(now)).ok_or(Reason::Invalid)?;
        match mode {
            // Asked before midnight and answered after it: the day of either moment will do.
            Mode::Challenge => {
                let asked = now.saturating_sub(seconds(self.policy.window));
                let days = [Some(today), self.bundle.scheme.zone().day_of(asked)];
                let day = Day(header.moment);
                if !days.contains(&Some(day)) {
                    return Err(Reason::TooOld);
                }
                let open = expected.open().iter();
                Ok(open.map(|one| Moment::Nonce(*one.nonce(), day)).collect())
            }
            Mode::Poster => {
                let own = bucket_of(self.policy, now).ok_or(Reason::Invalid)?;
                let age = i64::from(own) - i64::from(header.moment);
                match age {
                    -1..=1 => Ok(vec![Moment::Bucket(header.moment)]),
                    2.. => Err(Reason::TooOld),
                    _ => Err(Reason::TooEarly),
                }
            }
            Mode::Strip => match header.strip_day().cmp(&today) {
                Ordering::Equal => Ok(vec![Moment::Strip(today)]),
                Ordering::Less => Err(Reason::TooOld),
                Ordering::Greater => Err(Reason::TooEarly),
            },
        }
    }

    /// What is left after the cryptography, which proved that the pass is bound to the moment `proven`.
    fn verified(&self, claimed: &Claimed<'_>, proven: Option<Moment>) -> Result<Verified, Reason> {
        let proven = proven.ok_or(Reason::Invalid)?;
        let pseudonym = claimed.pseudonym();
        let challenge = claimed.body.challenge.0;
        let tag = pseudonym.as_ref().map_or(&challenge[..], |nym| nym);
        let answered = match proven {
            Moment::Nonce(nonce, _) => Some(Challenge::from_store(nonce)),
            Moment::Bucket(_) | Moment::Strip(_) => None,
        };
        let entry = ReplayEntry::new(self.audience, claimed.question.day, tag, answered);
        let schema = self.bundle.scheme.schema().attributes();
        let names = (schema.iter().enumerate())
            .filter(|(index, _)| claimed.question.discloses(*index))
            .map(|(_, attribute)| attribute.name.clone());
        let accepted = Accepted {
            disclosed: names.zip(claimed.body.disclosed.iter().cloned()).collect(),
            pseudonym,
        };
        Ok(Verified { accepted, entry })
    }
}
