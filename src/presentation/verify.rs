//! The verifier's side: a door with a bundle, a policy and a name.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::batch;
use super::body::{Body, Claimed};
use super::header::{Ask, Header, audience_fits, tag};
use super::question::{Moment, Question, bucket_of};
use crate::codec::Reader;
use crate::curve::CryptoRng;
use crate::scheme::{Bundle, ClockError, Day, Mode, Policy, Value};

/// A verifier's one question, to be answered once: checking the answer consumes it.
pub struct Challenge {
    nonce: [u8; 16],
}

impl Challenge {
    /// A fresh nonce.
    pub fn new<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut nonce = [0; 16];
        rng.fill_bytes(&mut nonce);
        Self { nonce }
    }

    /// The nonce, for a verifier that keeps it in a store between asking and checking.
    #[must_use]
    pub fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// A nonce that comes back from a store which gives it out once.
    #[must_use]
    pub fn from_store(nonce: [u8; 16]) -> Self {
        Self { nonce }
    }
}

/// What a door expects to scan.
pub enum Expected {
    /// The answer to this challenge.
    Challenge(Challenge),
    /// A pass for the present time bucket.
    Poster,
    /// A paper strip for today.
    Strip,
}

/// Where a verifier keeps what it has accepted, so that nothing is accepted twice.
pub trait Seen {
    /// Remembers `mark` for a venue and day. Atomic: of two at once, one is new.
    fn insert(&mut self, audience: &str, day: Day, mark: &[u8]) -> Memory;
}

/// What [`Seen`] says of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// It is new, and remembered from now on.
    New,
    /// It was there.
    Known,
    /// It could not be remembered; nothing may be accepted then.
    Failed,
}

/// Marks in memory, for one process.
#[derive(Debug, Default)]
pub struct MemorySeen(HashSet<(String, Day, Vec<u8>)>);

impl Seen for MemorySeen {
    fn insert(&mut self, audience: &str, day: Day, mark: &[u8]) -> Memory {
        if self.0.insert((audience.to_owned(), day, mark.to_vec())) {
            Memory::New
        } else {
            Memory::Known
        }
    }
}

impl MemorySeen {
    /// Forgets all marks but those of `today` and the day before: after midnight yesterday's last
    /// bucket is still accepted.
    pub fn forget_before(&mut self, today: Day) {
        self.0
            .retain(|(_, day, _)| day.0 >= today.0.saturating_sub(1));
    }
}

/// What the door tells the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Verdict {
    /// Green.
    Accepted(Accepted),
    /// Red, with what is safe to tell.
    Refused(Reason),
}

/// What an accepted pass showed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
    /// Made for another venue.
    #[error("this pass was made for another venue")]
    OtherVenue,
    /// The door's clock is before its bundle.
    #[error("the door's clock is wrong; set it")]
    ClockOff,
    /// The door's bundle is out of date.
    #[error("the door's bundle is out of date; update it")]
    BundleStale,
    /// The pass was made with other keys than the door's bundle has.
    #[error("the pass and the door have different bundles; update both")]
    OtherBundle,
    /// The pass's registry epoch is over, or unknown here.
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
    /// The door's memory failed.
    #[error("the door cannot remember passes now; nobody is let in until that is mended")]
    NotRemembered,
    /// The proof does not verify. There is deliberately no detail.
    #[error("the pass is not valid")]
    Invalid,
}

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

    /// The question with a fresh challenge, to be shown to one guest.
    #[must_use]
    pub fn ask(&self, challenge: &Challenge) -> Ask {
        let mut ask = self.poster(Mode::Challenge);
        ask.nonce = Some(challenge.nonce);
        ask
    }

    /// The question of a poster, or for strips: the mode is [`Mode::Poster`] or [`Mode::Strip`]
    /// ([`ask`](Self::ask) is for challenges), and one of the policy's.
    #[must_use]
    pub fn poster(&self, mode: Mode) -> Ask {
        Ask::new(&self.bundle.scheme, mode, &self.policy.name, self.audience)
    }

    /// Checks one payload at the second `now`. Variable-time: everything here is public.
    pub fn check<R: CryptoRng + ?Sized>(
        &self,
        payload: &[u8],
        expected: Expected,
        now: i64,
        seen: &mut dyn Seen,
        rng: &mut R,
    ) -> Verdict {
        let claimed = match self.claim(payload, &expected, now) {
            Ok(claimed) => claimed,
            Err(reason) => return Verdict::Refused(reason),
        };
        let valid = batch::valid(std::slice::from_ref(&claimed), rng);
        self.conclude(&claimed, valid.first() == Some(&true), seen)
    }

    /// Checks many payloads together, for less than they cost one by one: all strips if `strips`, else
    /// all for posters. A failed batch is bisected, so every payload gets its own verdict.
    pub fn check_batch<R: CryptoRng + ?Sized>(
        &self,
        payloads: &[&[u8]],
        strips: bool,
        now: i64,
        seen: &mut dyn Seen,
        rng: &mut R,
    ) -> Vec<Verdict> {
        let expected = if strips {
            Expected::Strip
        } else {
            Expected::Poster
        };
        let claims = crate::parallel::map(payloads, |payload| self.claim(payload, &expected, now));
        let mut reasons = Vec::with_capacity(payloads.len());
        let mut claimed = Vec::with_capacity(payloads.len());
        for claim in claims {
            reasons.push(claim.map(|claim| claimed.push(claim)).err());
        }
        let valid = batch::valid(&claimed, rng);
        let mut valid = claimed.iter().zip(valid);
        reasons
            .into_iter()
            .map(|reason| match (reason, &mut valid) {
                (Some(reason), _) => Verdict::Refused(reason),
                (None, valid) => match valid.next() {
                    Some((claimed, valid)) => self.conclude(claimed, valid, seen),
                    None => Verdict::Refused(Reason::Invalid),
                },
            })
            .collect()
    }

    /// Everything before the cryptography: what the payload says it answers must be what this door
    /// asks now; then the question is built from this door's own bundle.
    fn claim(&self, payload: &[u8], expected: &Expected, now: i64) -> Result<Claimed<'a>, Reason> {
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
        let moment = self.moment(&header, expected, now)?;
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
        if now >= epoch.until.saturating_add(i64::from(grace)) {
            return Err(Reason::EpochTooOld);
        }
        if now < epoch.from.saturating_sub(i64::from(self.policy.window)) {
            return Err(Reason::TooEarly);
        }
        let question = Question::new(self.bundle, self.policy, self.audience, epoch, moment)
            .ok_or(Reason::Invalid)?;
        let statements = question.statements();
        let body = Body::read(&question, &statements, reader).map_err(|_| Reason::Invalid)?;
        // A pass has one form: two payloads are never one pass. Tests and fuzzing meet this.
        debug_assert!(body.to_bytes(&header) == payload, "{payload:?}");
        Ok(Claimed::new(question, statements, body))
    }

    /// The moment that the question must have, by this door's clock.
    fn moment(&self, header: &Header, expected: &Expected, now: i64) -> Result<Moment, Reason> {
        let mode = match expected {
            Expected::Challenge(_) => Mode::Challenge,
            Expected::Poster => Mode::Poster,
            Expected::Strip => Mode::Strip,
        };
        let same_policy = header.policy == tag("policy", self.policy.name.as_bytes());
        if header.mode != mode || !same_policy || !self.policy.modes.contains(&mode) {
            return Err(Reason::OtherQuestion);
        }
        let today = (self.bundle.scheme.zone().day_of(now)).ok_or(Reason::Invalid)?;
        match expected {
            // Asked before midnight and answered after it: the day of either moment will do.
            Expected::Challenge(challenge) => {
                let asked = now.saturating_sub(i64::from(self.policy.window));
                let days = [Some(today), self.bundle.scheme.zone().day_of(asked)];
                let day = Day(header.moment);
                if days.contains(&Some(day)) {
                    Ok(Moment::Nonce(challenge.nonce, day))
                } else {
                    Err(Reason::TooOld)
                }
            }
            Expected::Poster => {
                let own = bucket_of(self.policy, now).ok_or(Reason::Invalid)?;
                let age = i64::from(own) - i64::from(header.moment);
                match age {
                    -1..=1 => Ok(Moment::Bucket(header.moment)),
                    2.. => Err(Reason::TooOld),
                    _ => Err(Reason::TooEarly),
                }
            }
            Expected::Strip => match header.strip_day().cmp(&today) {
                Ordering::Equal => Ok(Moment::Strip(today)),
                Ordering::Less => Err(Reason::TooOld),
                Ordering::Greater => Err(Reason::TooEarly),
            },
        }
    }

    /// The verdict, after the cryptography: was it here before?
    fn conclude(&self, claimed: &Claimed<'_>, valid: bool, seen: &mut dyn Seen) -> Verdict {
        if !valid {
            return Verdict::Refused(Reason::Invalid);
        }
        let pseudonym = claimed.pseudonym();
        let challenge = claimed.body.challenge.0;
        let mark = pseudonym.as_ref().map_or(&challenge[..], |nym| nym);
        match seen.insert(self.audience, claimed.question.day, mark) {
            Memory::New => {}
            Memory::Known => return Verdict::Refused(Reason::SeenBefore),
            Memory::Failed => return Verdict::Refused(Reason::NotRemembered),
        }
        let schema = self.bundle.scheme.schema().attributes();
        let names = (schema.iter().enumerate())
            .filter(|(index, _)| claimed.question.discloses(*index))
            .map(|(_, attribute)| attribute.name.clone());
        Verdict::Accepted(Accepted {
            disclosed: names.zip(claimed.body.disclosed.iter().cloned()).collect(),
            pseudonym,
        })
    }
}
