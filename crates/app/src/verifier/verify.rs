//! From a payload to the verdict: the proof is verified without the store, and nobody is accepted before the store has
//! remembered what must not come again, and used up the question that was answered, in one transaction.

use rand_core::CryptoRng;
use veilpass::presentation::{Question, Verdict};
use veilpass::scheme::{Mode, UnixTime};

use super::{Verifier, VerifierError};
use crate::store::{Hour, VerifierStore};

impl<S: VerifierStore> Verifier<S> {
    /// Checks one pass at `now`: the answer to `question` if one is named, otherwise whatever the set-up takes. `rng`
    /// draws the weights of a batch verification.
    ///
    /// # Errors
    /// [`VerifierError::Door`], [`VerifierError::NoMode`]; if the pass must answer a question,
    /// [`VerifierError::PosterQuestion`], [`VerifierError::ForeignQuestion`], [`VerifierError::ModeNotTaken`],
    /// [`VerifierError::NotSetUp`]; [`VerifierError::Store`], and then nobody may be let in.
    pub async fn verify<R: CryptoRng + ?Sized>(
        &self,
        payload: &[u8],
        question: Option<&Question>,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<Verdict, VerifierError> {
        self.delete_old(now).await?;
        let taken = self.taken(question, now).await?;
        match self.door()?.verify(payload, taken.expected(), now, rng) {
            Ok(verified) => {
                let open = self.open_at(now)?;
                let hour = self.hour(now);
                let remembered = (self.store).remember(verified.entry(), open, hour).await?;
                Ok(verified.accept(remembered))
            }
            Err(reason) => {
                let reason = taken.told(reason);
                if let Some(hour) = self.hour(now) {
                    // A refusal stands, whether it can be counted or not.
                    let _ = self.store.count(hour, reason).await;
                }
                Ok(Verdict::Refused(reason))
            }
        }
    }

    /// Under what a verdict at `now` is counted; `None` if the clock looks wrong.
    fn hour(&self, now: UnixTime) -> Option<Hour> {
        self.bundle.check_clock(now).ok()?;
        let day = self.bundle.day_of(now)?;
        Some(Hour::of(day, now))
    }

    /// Deletes what must not be stored any longer: entries of days past, once nothing for them is taken any more, also no
    /// strip within its grace, and questions too old to be answered. If the clock looks wrong, nothing is deleted.
    async fn delete_old(&self, now: UnixTime) -> Result<(), VerifierError> {
        if self.bundle.check_clock(now).is_err() {
            return Ok(());
        }
        let since = *self.open_at(now)?.start();
        // The doors of a venue may ask by several policies, and share what they remember.
        let graces = self.bundle.policies().iter();
        let grace = graces.filter_map(|policy| policy.grace(Mode::Strip)).max();
        let taken = (*self.open_at(since)?.start()).saturating_sub(grace.unwrap_or_default());
        if let Some(day) = self.bundle.day_of(taken) {
            self.store.forget_before(day, since).await?;
        }
        Ok(())
    }
}
