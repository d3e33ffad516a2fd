//! Showing a pass: which one answers a question, and what the answer tells.

use rand_core::CryptoRng;
use veilpass::Credential;
use veilpass::presentation::{Asker, PresentError, Presentation, Question};
use veilpass::scheme::{Day, Mode, Policy, UnixTime, UnverifiedVenueCard, Value};

use super::wallet::Entry;
use super::{Holder, HolderError, Learned};
use crate::ports::{Keys, Progress, Work};

/// How strips for any audience name it.
const ANY_AUDIENCE: &str = "any door";

/// A pass that was shown.
pub struct Answer {
    /// What the holder calls it.
    pub label: String,
    /// What the verifier gets to see of it, by attribute: to be shown to the holder before the answer is shown to
    /// anybody.
    pub disclosed: Vec<(String, Value)>,
    /// What the verifier scans.
    pub presentation: Presentation,
}

/// Which strips are wanted: passes on paper, each for one day.
#[derive(Clone, Copy, Debug)]
pub struct StripsOrder<'a> {
    /// The policy that the verifiers ask.
    pub policy: &'a str,
    /// The venue, for a policy that binds strips to one.
    pub venue: Option<StripVenue<'a>>,
    /// Which pass; the first that can answer if not given.
    pub pass: Option<&'a str>,
    /// The first day.
    pub first: Day,
    /// How many days.
    pub days: u16,
}

/// A venue that strips are for.
#[derive(Clone, Copy, Debug)]
pub enum StripVenue<'a> {
    /// One without a card, by its name.
    Named(&'a str),
    /// A registered one, by its card.
    Registered(&'a UnverifiedVenueCard),
}

/// Strips that were made.
pub struct Strips {
    /// Where they are for: the venue, or `any door`.
    pub audience: String,
    /// The pass that they are of.
    pub label: String,
    /// What whoever reads one gets to see, by attribute: to be shown to the holder before they are printed.
    pub disclosed: Vec<(String, Value)>,
    /// Each with its day.
    pub strips: Vec<(Day, Presentation)>,
}

impl<K: Keys> Holder<K> {
    /// What the policy of a question is called in the bundle at hand.
    #[must_use]
    pub fn policy_of(&self, ask: &Question) -> Option<&str> {
        let policy = self.bundle.bundle().policy_numbered(ask.policy);
        policy.map(|policy| policy.name.as_str())
    }

    /// Who asks, by the bundle at hand at the second `now`: a venue that the authority vouches for, or one that only calls itself
    /// so. To be shown to the holder before the answer is shown to anybody.
    ///
    /// # Errors
    /// [`HolderError::Present`]: the question is not answered.
    pub fn asker<'a>(&self, ask: &'a Question, now: i64) -> Result<Asker<'a>, HolderError> {
        Ok(ask.asker(self.bundle.bundle(), UnixTime::from_seconds(now))?)
    }

    /// What an answer to the question tells whoever asks.
    ///
    /// # Errors
    /// [`HolderError::Present`] with [`PresentError::UnknownQuestion`].
    pub fn learned_by(&self, ask: &Question) -> Result<Vec<Learned>, HolderError> {
        let policy = self.bundle.bundle().policy_numbered(ask.policy);
        let policy = policy.ok_or(PresentError::UnknownQuestion)?;
        Ok(Learned::from(policy, self.scheme().schema()))
    }

    /// Answers a question at the second `now`, with the pass of this label or with the first one that can. `day` is
    /// the day of a strip, today if not given; for other questions it means nothing.
    ///
    /// # Errors
    /// [`HolderError::NoPass`], [`HolderError::UnknownPass`]; [`HolderError::Present`] or [`HolderError::Stands`], from
    /// the last pass that was tried.
    pub fn answer<R: CryptoRng + ?Sized>(
        &self,
        ask: &Question,
        label: Option<&str>,
        day: Option<Day>,
        now: i64,
        rng: &mut R,
    ) -> Result<Answer, HolderError> {
        let mut why = PresentError::NeedsSync.into();
        for entry in self.candidates(label)? {
            match self.shown(entry, ask, day, now, rng) {
                Ok(answer) => return Ok(answer),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    /// The answer of one pass.
    fn shown<R: CryptoRng + ?Sized>(
        &self,
        entry: &Entry<Credential>,
        ask: &Question,
        day: Option<Day>,
        now: i64,
        rng: &mut R,
    ) -> Result<Answer, HolderError> {
        let (bundle, now) = (self.bundle.bundle(), UnixTime::from_seconds(now));
        let shown = (entry.value).present(&self.bundle, ask, day, now, rng);
        let presentation = shown.map_err(|error| match error {
            // With this very bundle it may be that no update helps: then the reason is said and not the advice.
            PresentError::NeedsSync => (entry.value.stands_vartime(&self.bundle).err())
                .map_or(error.into(), HolderError::from),
            other => other.into(),
        })?;
        Ok(Answer {
            label: entry.label.clone(),
            disclosed: self.disclosed(entry, bundle.policy_numbered(ask.policy)),
            presentation,
        })
    }

    /// Makes strips at the second `now`, of one pass: all of them, or none.
    ///
    /// # Errors
    /// [`HolderError::UnknownPolicy`], [`HolderError::AnyVenue`], [`HolderError::OneVenue`], [`HolderError::Days`],
    /// [`HolderError::Strip`], [`HolderError::StripsEnd`].
    pub fn strips<R: CryptoRng + ?Sized>(
        &self,
        order: &StripsOrder<'_>,
        now: i64,
        progress: &impl Progress,
        rng: &mut R,
    ) -> Result<Strips, HolderError> {
        let policy = self.policy(order.policy)?;
        let (scheme, mode) = (self.scheme(), Mode::Strip);
        let ask = match (order.venue, policy.any_audience) {
            (Some(StripVenue::Named(name)), false) => Question::new(scheme, mode, policy, name),
            (Some(StripVenue::Registered(card)), false) => {
                Question::registered(scheme, mode, policy, card.clone())
            }
            (None, true) => Question::new(scheme, mode, policy, ANY_AUDIENCE),
            (Some(_), true) => return Err(HolderError::AnyVenue),
            (None, false) => return Err(HolderError::OneVenue),
        };
        let mut why: Option<(i32, HolderError)> = None;
        for entry in self.candidates(order.pass)? {
            progress.begin(Work::Strips, u64::from(order.days));
            let made = self.sheet(entry, &ask, order, now, progress, rng);
            progress.end();
            match made {
                Ok(strips) => {
                    return Ok(Strips {
                        label: entry.label.clone(),
                        disclosed: self.disclosed(entry, Some(policy)),
                        audience: ask.audience,
                        strips,
                    });
                }
                // Of all passes the one that is good for most days has the most to say, and one that stands more than one
                // that was revoked.
                Err((days, error)) => {
                    let says = |days: i32, error: &HolderError| (days, !error.is_of_fallen());
                    let more = |(most, before): &(i32, HolderError)| {
                        says(days, &error) > says(*most, before)
                    };
                    if why.as_ref().is_none_or(more) {
                        why = Some((days, error));
                    }
                }
            }
        }
        Err(why.map_or(HolderError::NoPass, |(_, error)| error))
    }

    /// The strips of one pass, so that a sheet tells of one person; or for how many days it is good, and why for no more.
    fn sheet<R: CryptoRng + ?Sized>(
        &self,
        entry: &Entry<Credential>,
        ask: &Question,
        order: &StripsOrder<'_>,
        now: i64,
        progress: &impl Progress,
        rng: &mut R,
    ) -> Result<Vec<(Day, Presentation)>, (i32, HolderError)> {
        let mut strips = Vec::with_capacity(usize::from(order.days));
        for offset in 0..i32::from(order.days) {
            let day = order
                .first
                .plus(offset)
                .ok_or((offset, HolderError::Days))?;
            let answer = self
                .shown(entry, ask, Some(day), now, rng)
                .map_err(|error| {
                    let error = Box::new(error);
                    let of_day = match strips.last() {
                        None => HolderError::Strip {
                            label: entry.label.clone(),
                            day,
                            error,
                        },
                        Some((last, _)) => HolderError::StripsEnd {
                            label: entry.label.clone(),
                            last: *last,
                            error,
                        },
                    };
                    (offset, of_day)
                })?;
            progress.advance(1);
            strips.push((day, answer.presentation));
        }
        Ok(strips)
    }

    /// What an answer of this pass discloses.
    fn disclosed(
        &self,
        entry: &Entry<Credential>,
        policy: Option<&Policy>,
    ) -> Vec<(String, Value)> {
        let indexes = policy.map(|policy| policy.disclose.iter());
        let attributes = self.scheme().schema().attributes();
        let value = |index: &u8| {
            let name = &attributes.get(usize::from(*index))?.name;
            let value = entry.value.value(self.scheme(), name)?;
            Some((name.clone(), value.clone()))
        };
        indexes.into_iter().flatten().filter_map(value).collect()
    }

    /// The passes to try: the one with this label, or all.
    pub(super) fn candidates(
        &self,
        label: Option<&str>,
    ) -> Result<Vec<&Entry<Credential>>, HolderError> {
        let passes = self.wallet.passes.iter();
        let wanted = |entry: &&Entry<_>| label.is_none_or(|label| entry.label == label);
        let found: Vec<_> = passes.filter(wanted).collect();
        match (found.is_empty(), label) {
            (false, _) => Ok(found),
            (true, Some(label)) => Err(HolderError::UnknownPass(label.to_owned())),
            (true, None) => Err(HolderError::NoPass),
        }
    }

    fn policy(&self, name: &str) -> Result<&Policy, HolderError> {
        let bundle = self.bundle.bundle();
        bundle.policy(name).ok_or_else(|| {
            let known = bundle.policies().iter().map(|policy| policy.name.clone());
            HolderError::UnknownPolicy {
                name: name.to_owned(),
                known: known.collect(),
            }
        })
    }
}
