//! How a verifier stands: what it takes, how long its bundle serves, and what came of today's passes.

use std::time::Duration;

use veilpass::scheme::{ClockError, Mode, UnixTime, VenueError};

use super::venue::needs_card;
use super::{Verifier, VerifierError};
use crate::store::{Tally, VerifierStore};

/// How a verifier stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number of its bundle.
    pub bundle: u32,
    /// From when on the bundle must not be relied on.
    pub bundle_ends: UnixTime,
    /// Why the bundle cannot be relied on at this moment, if it cannot.
    pub out_of_time: Option<ClockError>,
    /// The accreditation epoch that is in force, if the bundle has one for this moment.
    pub accreditation_epoch: Option<u32>,
    /// The registry epoch that is in force, and its end, if the bundle has one for this moment.
    pub epoch: Option<(u32, UnixTime)>,
    /// The venue's card, if it has one.
    pub card: Option<CardStatus>,
    /// Whether wallets answer no venue without a card.
    pub needs_card: bool,
    /// What it takes; nothing if the bundle's policy takes nothing of what was set up.
    pub modes: Vec<Mode>,
    /// Until when each open question can be answered.
    pub questions: Vec<UnixTime>,
    /// Today's verdicts, by hour.
    pub today: Vec<Tally>,
    /// Whether it was set up for rehearsal.
    pub rehearsal: bool,
}

/// How a venue's card stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStatus {
    /// From when on it is none.
    pub ends: UnixTime,
    /// Why wallets do not answer, if they do not.
    pub problem: Option<VenueError>,
    /// What venue and authority have compared.
    pub fingerprint: String,
}

impl<S: VerifierStore> Verifier<S> {
    /// How it stands at `now`. This changes nothing.
    ///
    /// # Errors
    /// [`VerifierError::Door`]; [`VerifierError::Store`].
    pub async fn status(&self, now: UnixTime) -> Result<Status, VerifierError> {
        let window = Duration::from_secs(u64::from(self.policy()?.window));
        let open = self.store.open_questions(self.open_at(now)?).await?;
        let epoch = self.bundle.epoch_at(now);
        let number = self.policy()?.number;
        let card = self.venue_card().map(|card| CardStatus {
            ends: card.terms().end,
            problem: card.check(&self.bundle, number, now).err(),
            fingerprint: card.terms().key.fingerprint(),
        });
        let today = match self.bundle.day_of(now) {
            Some(day) => self.store.tallies(day).await?,
            None => Vec::new(),
        };
        Ok(Status {
            bundle: self.bundle.version(),
            bundle_ends: self.bundle.expires(),
            out_of_time: self.bundle.check_clock(now).err(),
            accreditation_epoch: epoch.map(|epoch| epoch.standing.accreditation_epoch),
            epoch: epoch.map(|epoch| (epoch.number, self.bundle.end_of(epoch))),
            card,
            needs_card: needs_card(&self.bundle),
            modes: self.modes().unwrap_or_default(),
            questions: (open.iter())
                .map(|open| open.at.saturating_add(window))
                .collect(),
            today,
            rehearsal: self.rehearsal,
        })
    }
}
