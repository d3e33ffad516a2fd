//! From a payload to the verdict: the proof is verified without the store, and nobody is accepted before the store has
//! remembered what must not come again.

use rand_core::CryptoRng;
use veilpass::presentation::{Remembered, ReplayEntry, Verdict};
use veilpass::scheme::UnixTime;

use super::{Expectation, Verifier, VerifierError};
use crate::store::{StoreError, VerifierStore};

impl<S: VerifierStore> Verifier<S> {
    /// Checks one pass at the second `now`. `rng` draws the weights of a batch verification.
    ///
    /// # Errors
    /// [`VerifierError::Door`], [`VerifierError::ModeNotTaken`], [`VerifierError::NoMode`]; if the pass must answer a
    /// challenge, [`VerifierError::PosterQuestion`], [`VerifierError::ForeignQuestion`],
    /// [`VerifierError::NoOpenQuestion`]; [`VerifierError::Store`], and then nobody may be let in.
    pub async fn verify<R: CryptoRng + ?Sized>(
        &self,
        payload: &[u8],
        expectation: &Expectation,
        now: i64,
        rng: &mut R,
    ) -> Result<Verdict, VerifierError> {
        self.delete_old(now).await?;
        let taken = self.taken(expectation, payload, now).await?;
        match self
            .door()?
            .verify(payload, taken.expected(), UnixTime::from_seconds(now), rng)
        {
            Ok(verified) => {
                let remembered = self.remember(verified.entry()).await?;
                Ok(verified.accept(remembered))
            }
            Err(reason) => Ok(Verdict::Refused(reason)),
        }
    }

    /// The store's part between verified and accepted. A challenge was used up when it was taken.
    async fn remember(&self, entry: &ReplayEntry) -> Result<Remembered, StoreError> {
        let (audience, day) = (entry.audience(), entry.day());
        let new = self.store.mark(audience, day, entry.tag()).await?;
        Ok(if new {
            Remembered::New
        } else {
            Remembered::Known
        })
    }

    /// Deletes what must not be stored any longer: entries of days past (yesterday counts until its last time bucket is
    /// over), and questions too old to be answered. If the clock looks wrong, nothing is deleted.
    async fn delete_old(&self, now: i64) -> Result<(), VerifierError> {
        if self
            .bundle
            .check_clock(UnixTime::from_seconds(now))
            .is_err()
        {
            return Ok(());
        }
        let since = now.saturating_sub(i64::from(self.policy()?.window));
        let yesterday = since.saturating_sub(i64::from(self.policy()?.window));
        if let Some(day) = self
            .bundle
            .scheme()
            .zone()
            .day_of(UnixTime::from_seconds(yesterday))
        {
            self.store.forget_before(day, since).await?;
        }
        Ok(())
    }
}
