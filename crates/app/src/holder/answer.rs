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
    /// What whoever reads one gets to see, by attribute: to be shown to the holder before they are printed. Several
    /// values of one attribute if several passes made them.
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
    /// [`HolderError::NoPass`], [`HolderError::UnknownPass`], [`HolderError::Clock`]; [`HolderError::Present`], from
    /// the last pass that was tried.
    pub fn answer<R: CryptoRng + ?Sized>(
        &self,
        ask: &Question,
        label: Option<&str>,
        day: Option<Day>,
        now: i64,
        rng: &mut R,
    ) -> Result<Answer, HolderError> {
        let today = || {
            self.scheme()
                .zone()
                .day_of(UnixTime::from_seconds(now))
                .ok_or(HolderError::Clock)
        };
        let day = day.map_or_else(today, Ok)?;
        let mut why = PresentError::NeedsSync;
        for entry in self.candidates(label)? {
            match entry.value.present(
                &self.bundle,
                ask,
                Some(day),
                UnixTime::from_seconds(now),
                rng,
            ) {
                Ok(presentation) => {
                    return Ok(Answer {
                        label: entry.label.clone(),
                        disclosed: self
                            .disclosed(entry, self.bundle.bundle().policy_numbered(ask.policy)),
                        presentation,
                    });
                }
                Err(error) => why = error,
            }
        }
        Err(why.into())
    }

    /// Makes strips at the second `now`: all of them, or none.
    ///
    /// # Errors
    /// [`HolderError::UnknownPolicy`], [`HolderError::AnyVenue`], [`HolderError::OneVenue`], [`HolderError::Days`],
    /// [`HolderError::Strip`].
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
        let mut disclosed = Vec::new();
        progress.begin(Work::Strips, u64::from(order.days));
        let strips = (0..i32::from(order.days)).map(|offset| {
            let day = order.first.plus(offset).ok_or(HolderError::Days)?;
            let answer = self.answer(&ask, order.pass, Some(day), now, rng);
            let answer = answer.map_err(|error| HolderError::Strip {
                day,
                error: Box::new(error),
            })?;
            progress.advance(1);
            for value in answer.disclosed {
                if !disclosed.contains(&value) {
                    disclosed.push(value);
                }
            }
            Ok((day, answer.presentation))
        });
        let strips = strips.collect::<Result<_, HolderError>>();
        progress.end();
        Ok(Strips {
            audience: ask.audience,
            strips: strips?,
            disclosed,
        })
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
    fn candidates(&self, label: Option<&str>) -> Result<Vec<&Entry<Credential>>, HolderError> {
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
