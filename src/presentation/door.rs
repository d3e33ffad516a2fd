//! A door: who checks, under which policy and bundle. Checking is pure; what must be remembered before
//! anybody is accepted is the [replay store](super::ReplayStore)'s part.

use std::cmp::Ordering;
use std::time::Duration;

use super::batch;
use super::body::{Body, Claimed};
use super::expected::{Challenge, Expected};
use super::header::{Audience, Header, Question};
use super::question::{FullQuestion, Moment, Named, bucket_of};
use super::replay::{ReplayEntry, ReplayStore, Verified};
use super::venue;
use super::verdict::{Accepted, Reason, Verdict};
use crate::codec::Reader;
use crate::curve::CryptoRng;
use crate::scheme::{
    Bundle, ClockError, Day, Epoch, Mode, Policy, StripEpoch, UnixTime, VenueCard, VenueError,
    VenueKey,
};
use crate::text::{self, TextFlaw, is_short, is_venue_name};
use crate::transcript::tag;

/// Why there can be no such door.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DoorError {
    /// A name that is empty, or too long for a wallet's screen.
    #[error("a venue's name has 1 to 64 characters; this one has {0}")]
    Length(usize),
    /// A space before or behind the name, which nobody sees.
    #[error(
        "a venue's name begins and ends with something that can be seen; take the spaces around it away"
    )]
    Spaces,
    /// No text of the format: a letter that deceives on a wallet's screen, for instance.
    #[error("the venue's name: {0}")]
    Name(#[from] TextFlaw),
    /// The bundle has no such policy; here are those that it has.
    #[error("the bundle has no such policy; it has {}", .0.join(", "))]
    UnknownPolicy(Vec<String>),
}

/// What is wrong with the name of a venue.
fn check_name(audience: &str) -> Result<(), DoorError> {
    text::check(audience)?;
    if audience.is_empty() || !is_short(audience) {
        return Err(DoorError::Length(audience.chars().count()));
    }
    // What a wallet reads again must be the name.
    if !is_venue_name(audience) {
        return Err(DoorError::Spaces);
    }
    Ok(())
}

/// The policy that a door asks.
fn policy_called<'a>(bundle: &'a Bundle, name: &str) -> Result<&'a Policy, DoorError> {
    let known = || bundle.policies.iter().map(|policy| policy.name.clone());
    let policy = bundle.policy(name);
    policy.ok_or_else(|| DoorError::UnknownPolicy(known().collect()))
}

/// A door: who asks, what it asks, by which bundle.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    bundle: &'a Bundle,
    policy: &'a Policy,
    audience: Audience<'a>,
    card: Option<&'a VenueCard>,
}

impl<'a> Door<'a> {
    /// A door called `audience` (1 to 64 characters that can be seen) that asks the policy called
    /// `policy`.
    ///
    /// # Errors
    /// [`DoorError`].
    pub fn new(bundle: &'a Bundle, policy: &str, audience: &'a str) -> Result<Self, DoorError> {
        check_name(audience)?;
        Ok(Self {
            policy: policy_called(bundle, policy)?,
            bundle,
            audience: audience.into(),
            card: None,
        })
    }

    /// The door of a registered venue. Passes for it are for no venue that only calls itself so.
    ///
    /// # Errors
    /// [`DoorError::UnknownPolicy`].
    pub fn registered(
        bundle: &'a Bundle,
        policy: &str,
        card: &'a VenueCard,
    ) -> Result<Self, DoorError> {
        Ok(Self {
            policy: policy_called(bundle, policy)?,
            bundle,
            audience: card.into(),
            card: Some(card),
        })
    }

    /// What it asks.
    #[must_use]
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The question with a fresh challenge, to be shown to one guest. A registered venue has to sign it:
    /// [`ask_signed`](Self::ask_signed).
    #[must_use]
    pub fn ask(&self, challenge: &Challenge) -> Question {
        let mut ask = self.poster(Mode::Challenge);
        ask.challenge = Some(challenge.clone());
        ask
    }

    /// The same, signed by a registered venue at `now`: wallets answer it for three quarters of the policy's window.
    ///
    /// # Errors
    /// [`VenueError::NoCard`] without a card, [`VenueError::NotSigned`] if the card is of another key; what
    /// [`VenueCard::check`] says.
    pub fn ask_signed(
        &self,
        challenge: &Challenge,
        key: &VenueKey,
        now: UnixTime,
    ) -> Result<Question, VenueError> {
        let card = self.card.ok_or(VenueError::NoCard)?;
        card.check(self.bundle, self.policy.number, now)?;
        if card.terms().key != key.public() {
            return Err(VenueError::NotSigned);
        }
        let mut ask = self.ask(challenge);
        ask.signature = Some(venue::sign(card, key, self.policy, challenge, now));
        Ok(ask)
    }

    /// Whether this door can have asked the question, whatever card and signature it had then.
    #[must_use]
    pub fn has_asked(&self, question: &Question) -> bool {
        let Some(challenge) = &question.challenge else {
            return false;
        };
        let mut own = self.ask(challenge);
        let id = |question: &Question| question.card.as_ref().map(|card| card.id());
        if id(&own) != id(question) {
            return false;
        }
        own.card.clone_from(&question.card);
        own.signature.clone_from(&question.signature);
        own == *question
    }

    /// The question of a poster, or for strips: the mode is [`Mode::Poster`] or [`Mode::Strip`]
    /// ([`ask`](Self::ask) is for challenges), and one of the policy's.
    #[must_use]
    pub fn poster(&self, mode: Mode) -> Question {
        let scheme = &self.bundle.scheme;
        match self.card {
            Some(card) => Question::registered(scheme, mode, self.policy, card.clone().into()),
            None => Question::new(scheme, mode, self.policy, self.audience.name),
        }
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
        let audience = match self.policy.any_audience {
            true => Audience::default(),
            false => self.audience,
        };
        // Before the venue: a strip for any door says nothing of this one.
        if header.mode == Mode::Strip && !expected.takes(Mode::Strip) {
            return Err(Reason::NoStrips);
        }
        let of = |audience: Audience<'_>| tag("audience", &audience.to_bytes());
        if header.audience != of(audience) {
            let for_any_door = header.audience == of(Audience::default());
            return Err(match for_any_door {
                true => Reason::OtherQuestion,
                false => Reason::OtherVenue,
            });
        }
        let moments = self.moments(&header, expected, now)?;
        let first = *moments.first().ok_or(Reason::OtherQuestion)?;
        let epoch = match header.mode {
            Mode::Strip => Named::Strip(self.strip_epoch(header.day)?),
            Mode::Challenge | Mode::Poster | Mode::Renewal => {
                let epoch = self.epoch(header.epoch)?;
                self.in_force(epoch, header.mode, now)?;
                Named::Registry(epoch)
            }
        };
        let question = FullQuestion::new(self.bundle, self.policy, self.audience, epoch, first);
        let question = question.ok_or(Reason::Invalid)?;
        // Whatever the header says must be what the question says, byte for byte.
        if header != question.header() {
            return Err(Reason::Invalid);
        }
        let statements = question.statements();
        let body = Body::read(&question, &statements, reader).map_err(|_| Reason::Invalid)?;
        // A pass has one form: two payloads are never one pass. Tests and fuzzing meet this.
        debug_assert!(body.to_bytes(&header) == payload, "{payload:?}");
        Ok(Claimed::new(question, statements, body).of_any(moments))
    }

    /// The epoch of a number, if the door's bundle has it. Numbers only rise, so one that is unknown tells whose bundle
    /// is behind.
    fn epoch(&self, number: u32) -> Result<&'a Epoch, Reason> {
        let newest = self.bundle.epochs.last().map(|epoch| epoch.number);
        if Some(number) > newest {
            return Err(Reason::DoorBehind);
        }
        self.bundle.epoch(number).ok_or(Reason::EpochTooOld)
    }

    /// The strip epoch for a day: the pass has no say in which it is.
    fn strip_epoch(&self, day: Day) -> Result<&'a StripEpoch, Reason> {
        let newest = self.bundle.strip_epochs.last().map(|epoch| epoch.period);
        if newest.is_some_and(|newest| newest < StripEpoch::period_of(day)) {
            return Err(Reason::DoorBehind);
        }
        self.bundle.strip_epoch(day).ok_or(Reason::EpochTooOld)
    }

    /// Whether a pass of this epoch may be taken at `now`: from a window before its beginning, for clocks that
    /// differ, to the end of the grace; a poster's beacon serves for a time of its own.
    fn in_force(&self, epoch: &Epoch, mode: Mode, now: UnixTime) -> Result<(), Reason> {
        let window = self.policy.window();
        // A pass made in the last bucket of an epoch comes a window later.
        let grace = (self.policy.grace(mode))
            .ok_or(Reason::OtherQuestion)?
            .max(window);
        if now >= self.bundle.end_of(epoch).saturating_add(grace) {
            return Err(Reason::EpochTooOld);
        }
        if now < epoch.from.saturating_sub(window) {
            return Err(Reason::TooEarly);
        }
        let ahead = Duration::from_secs(self.bundle.poster_ahead.into());
        if mode == Mode::Poster && now >= epoch.from.saturating_add(ahead) {
            // Who has no newer epoch is behind: the guest, or this door with whoever publishes.
            return Err(match self.bundle.end_of(epoch) <= now {
                true => Reason::EpochTooOld,
                false => Reason::BundleStale,
            });
        }
        Ok(())
    }

    /// The moments that the question may have, by this door's clock: one, or one for each open challenge that
    /// the pass may answer.
    fn moments(
        &self,
        header: &Header,
        expected: Expected<'_>,
        now: UnixTime,
    ) -> Result<Vec<Moment>, Reason> {
        let mode = header.mode;
        let same_policy = header.policy == self.policy.tag();
        if !expected.takes(mode) || !same_policy || !self.policy.takes(mode) {
            return Err(Reason::OtherQuestion);
        }
        match mode {
            Mode::Challenge => {
                let asked = |one: &&Challenge| {
                    let same = one.day() == header.day && one.tag() == header.moment;
                    same && header.epoch <= one.epoch()
                };
                let open = expected.open().iter().filter(asked);
                Ok(open.map(Challenge::moment).collect())
            }
            Mode::Poster => {
                let bucket = u32::from_be_bytes(header.moment);
                let bucket = u16::try_from(bucket).map_err(|_| Reason::Invalid)?;
                self.bucket(header.day, bucket, now)
                    .map(|moment| vec![moment])
            }
            Mode::Strip => {
                self.on_its_day(header.day, now)?;
                Ok(vec![Moment::Strip(header.day)])
            }
            // No door expects one.
            Mode::Renewal => Err(Reason::OtherQuestion),
        }
    }

    /// Whether a strip for `day` is taken at `now`: from the beginning of the day to its end and the grace.
    fn on_its_day(&self, day: Day, now: UnixTime) -> Result<(), Reason> {
        let grace = self.policy.grace(Mode::Strip);
        let grace = grace.ok_or(Reason::OtherQuestion)?;
        // No pass is for a day that the zone skipped.
        let begin = self.bundle.begin_of(day).ok_or(Reason::Invalid)?;
        let end = self.bundle.end_of_day(day).ok_or(Reason::Invalid)?;
        if now < begin {
            return Err(Reason::TooEarly);
        }
        if now >= end.saturating_add(grace) {
            return Err(Reason::TooOld);
        }
        Ok(())
    }

    /// A bucket that is taken at `now`: that of this moment or one around it on the same day, and for one window
    /// after midnight the last one of yesterday.
    fn bucket(&self, day: Day, bucket: u16, now: UnixTime) -> Result<Moment, Reason> {
        let own = bucket_of(self.bundle, self.policy, now).ok_or(Reason::Invalid)?;
        let Moment::Bucket(today, own) = own else {
            return Err(Reason::Invalid);
        };
        let taken = Ok(Moment::Bucket(day, bucket));
        match day.cmp(&today) {
            Ordering::Greater => Err(Reason::TooEarly),
            Ordering::Equal if bucket > own.saturating_add(1) => Err(Reason::TooEarly),
            Ordering::Equal if bucket.saturating_add(1) >= own => taken,
            Ordering::Less
                if own == 0
                    && self.last_bucket_before(today) == Some(Moment::Bucket(day, bucket)) =>
            {
                taken
            }
            _ => Err(Reason::TooOld),
        }
    }

    /// The bucket in which the day before `today` ends.
    fn last_bucket_before(&self, today: Day) -> Option<Moment> {
        let midnight = self.bundle.begin_of(today)?;
        let before = midnight.checked_sub(Duration::from_secs(1))?;
        bucket_of(self.bundle, self.policy, before)
    }

    /// What is left after the cryptography, which proved that the pass is bound to the moment `proven`.
    fn verified(&self, claimed: &Claimed<'_>, proven: Option<Moment>) -> Result<Verified, Reason> {
        let proven = proven.ok_or(Reason::Invalid)?;
        let pseudonym = claimed.pseudonym();
        let challenge = claimed.body.challenge.0;
        let tag = pseudonym.as_ref().map_or(&challenge[..], |nym| nym);
        let answered = match proven {
            Moment::Nonce(nonce, day, epoch) => Some(Challenge::from_store(nonce, day, epoch)),
            Moment::Bucket(..) | Moment::Strip(_) | Moment::Renewal(..) => None,
        };
        let entry = ReplayEntry::new(self.audience.name, claimed.question.day, tag, answered);
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
