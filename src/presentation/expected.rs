//! What a door takes: decided by its setup and by what it has asked, never by a pass.

use super::question::Moment;
use crate::curve::CryptoRng;
use crate::scheme::{Bundle, Day, Mode, UnixTime};
use crate::transcript::tag;

/// A verifier's nonce for one guest: open until an answer to it was accepted, or until its end, one window
/// of the policy after it was asked. Nothing else uses it up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Challenge {
    nonce: [u8; 16],
    day: Day,
    epoch: u32,
}

impl Challenge {
    /// A fresh nonce, asked at `now` by who has `bundle`: it states the day, with which dates are compared also if the
    /// answer comes after midnight, and the registry epoch in force, than which the answer's is no newer. `None`
    /// before the first epoch and outside the range of days.
    pub fn new<R: CryptoRng + ?Sized>(bundle: &Bundle, now: UnixTime, rng: &mut R) -> Option<Self> {
        let (day, epoch) = (bundle.day_of(now)?, bundle.epoch_at(now)?.number);
        let mut nonce = [0; 16];
        rng.fill_bytes(&mut nonce);
        Some(Self { nonce, day, epoch })
    }

    /// The nonce, for a verifier that stores it between asking and checking.
    #[must_use]
    pub fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// A challenge that comes back from a store.
    #[must_use]
    pub const fn from_store(nonce: [u8; 16], day: Day, epoch: u32) -> Self {
        Self { nonce, day, epoch }
    }

    /// The registry epoch in force when it was asked.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The day when it was asked.
    #[must_use]
    pub const fn day(&self) -> Day {
        self.day
    }

    /// The challenge as a moment.
    pub(super) fn moment(&self) -> Moment {
        Moment::Nonce(self.nonce, self.day, self.epoch)
    }

    /// What an answer says of the nonce.
    pub(super) fn tag(&self) -> [u8; 4] {
        tag("nonce", &self.nonce)
    }
}

/// What a door takes at the moment: passes for its poster, paper strips, and answers to the challenges
/// that it has asked. A pass that was made in another way is refused, whatever it says about itself.
///
/// ```
/// use veilpass::presentation::Expected;
///
/// // A door with a poster that takes paper as well:
/// let setup = Expected::posters().and_strips();
/// # let open = [];
/// // The same door after it has asked a guest or two:
/// let now = setup.and_answers(&open);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Expected<'a> {
    posters: bool,
    strips: bool,
    open: &'a [Challenge],
}

impl<'a> Expected<'a> {
    /// Nothing yet.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Passes for the present time bucket.
    pub fn posters() -> Self {
        Self::nothing().and_posters()
    }

    /// Paper strips for today.
    pub fn strips() -> Self {
        Self::nothing().and_strips()
    }

    /// Answers to one of these challenges, and nothing that nobody asked for.
    pub fn answers(open: &'a [Challenge]) -> Self {
        Self::nothing().and_answers(open)
    }

    /// Passes for the present time bucket as well.
    pub fn and_posters(self) -> Self {
        Self {
            posters: true,
            ..self
        }
    }

    /// Paper strips for today as well.
    pub fn and_strips(self) -> Self {
        Self {
            strips: true,
            ..self
        }
    }

    /// Answers to one of these challenges as well, in the place of those named before. All of them must
    /// be open: asked no longer than the policy's window ago, and answered by nobody.
    pub fn and_answers(self, open: &'a [Challenge]) -> Self {
        Self { open, ..self }
    }

    /// Whether passes of this mode are taken.
    #[must_use]
    pub fn takes(&self, mode: Mode) -> bool {
        match mode {
            Mode::Challenge => !self.open.is_empty(),
            Mode::Poster => self.posters,
            Mode::Strip => self.strips,
            Mode::Renewal => false,
        }
    }

    /// The open challenges.
    pub(super) fn open(&self) -> &'a [Challenge] {
        self.open
    }
}
