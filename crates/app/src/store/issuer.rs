//! What an issuer stores: handles, offers, and what was answered.

use super::{Ledger, StoreError};
use crate::log::Closing;
use veilpass::scheme::{Day, DayCount};

/// The kind of offers that renew a pass: they use no handle, and are counted under this kind and no other.
pub const RENEWAL: &str = "renewal";

/// What [`IssuerStore::reserve`] found.
pub enum Reserved {
    /// The offer with the handle that is now bound to this request.
    Handle {
        /// [`veilpass::issuance::PendingOffer`], as bytes.
        offer: Vec<u8>,
        /// [`veilpass::registry::Handle`], as bytes.
        handle: zeroize::Zeroizing<Vec<u8>>,
    },
    /// The offer of a renewal, which is now bound to this request: it needs no handle.
    Renewal {
        /// [`veilpass::issuance::PendingOffer`], as bytes.
        offer: Vec<u8>,
    },
    /// What this request already got.
    Answered(Answered),
}

/// What a request got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The response, as it was stored.
    pub response: Vec<u8>,
    /// The name of the handle that it used; a renewal uses none.
    pub handle: Option<[u8; 32]>,
}

/// How many handles may be bound on a day.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// The day.
    pub day: Day,
    /// How many; `None`: as many as there are.
    pub per_day: Option<u32>,
}

/// An offer to keep.
pub struct NewOffer<'a> {
    /// Its name.
    pub id: &'a [u8; 32],
    /// [`veilpass::issuance::PendingOffer`], as bytes.
    pub offer: &'a [u8],
    /// What it rests on; under this it is counted once it is answered. [`RENEWAL`] for one that renews a pass.
    pub kind: &'a str,
    /// Until when it can be answered, in Unix seconds.
    pub expires: i64,
    /// Whether guest and clerk compare a code before it is answered.
    pub compared: bool,
}

/// An offer that is open or reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOffer {
    /// [`veilpass::issuance::PendingOffer`], as bytes.
    pub sealed: Vec<u8>,
    /// Whether guest and clerk compare a code before it is answered.
    pub compared: bool,
    /// Digest of the request for which its draw was revealed.
    pub drawn: Option<[u8; 32]>,
}

/// A response to keep.
pub struct Answer<'a> {
    /// The offer's name.
    pub id: &'a [u8; 32],
    /// Digest of the request that it is reserved for.
    pub request: &'a [u8; 32],
    /// The response.
    pub response: &'a [u8],
}

/// An issuer's state.
pub trait IssuerStore: Ledger {
    /// Adds handles to the pool; those that are known already, used or not, are skipped. Says how many
    /// were new.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_handles(
        &self,
        handles: &[([u8; 32], Vec<u8>)],
        at: i64,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// How many handles are free.
    ///
    /// # Errors
    /// [`StoreError`].
    fn free_handles(&self) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// How many offers can still be answered at `now`: they have not ended, and have no answer.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_offers(&self, now: i64) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// Keeps an offer that was made.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_offer(
        &self,
        offer: &NewOffer<'_>,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// The offer, if it is open or reserved.
    ///
    /// # Errors
    /// [`StoreError`].
    fn offer(
        &self,
        id: &[u8; 32],
    ) -> impl Future<Output = Result<Option<OpenOffer>, StoreError>> + Send;
    /// What the request with this digest got for the offer; `None` if it can still be answered. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`] if there is no such offer, or its attributes are forgotten;
    /// [`StoreError::OfferUsed`] if another request has it; [`StoreError`].
    fn answered(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
    ) -> impl Future<Output = Result<Option<Answered>, StoreError>> + Send {
        let wanted = [(*id, *request)];
        async move {
            let mut all = self.answered_all(&wanted).await?;
            all.pop().unwrap_or(Err(StoreError::UnknownOffer))
        }
    }
    /// The same for many; each by itself.
    ///
    /// # Errors
    /// [`StoreError`], for all of them.
    fn answered_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
    ) -> impl Future<Output = Result<Vec<Result<Option<Answered>, StoreError>>, StoreError>> + Send;
    /// Keeps that the offer's draw is revealed for the request with this digest. Another request after it closes the
    /// offer.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`], [`StoreError::OfferClosed`]; [`StoreError`].
    fn draw(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Closes an offer that nothing is reserved for; one that there is not is closed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn close_offer(
        &self,
        id: &[u8; 32],
        why: Closing,
        at: i64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
    /// Binds the offer and a free handle to the request with this digest; see the table above.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`], [`StoreError::NoHandle`],
    /// [`StoreError::DayFull`]; [`StoreError`].
    fn reserve(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
        quota: Quota,
    ) -> impl Future<Output = Result<Reserved, StoreError>> + Send {
        let wanted = [(*id, *request)];
        async move {
            let mut all = self.reserve_all(&wanted, quota).await?;
            all.pop().unwrap_or(Err(StoreError::UnknownOffer))
        }
    }
    /// The same for many, in one transaction; each succeeds or fails by itself.
    ///
    /// # Errors
    /// [`StoreError`], for all of them.
    fn reserve_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
        quota: Quota,
    ) -> impl Future<Output = Result<Vec<Result<Reserved, StoreError>>, StoreError>> + Send;
    /// Keeps the response to the request that the offer is reserved for, counts it under `day` and the
    /// offer's kind, uses up its claim, and forgets the attributes and the handle's witness. Returns what
    /// is stored: the first response that anybody gave.
    ///
    /// # Errors
    /// [`StoreError::OfferUsed`] if it is not reserved for this request; [`StoreError`].
    fn answer(
        &self,
        answer: &Answer<'_>,
        day: Day,
        at: i64,
    ) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send {
        async move {
            let mut all = self
                .answer_all(std::slice::from_ref(answer), day, at)
                .await?;
            all.pop().ok_or(StoreError::UnknownOffer)
        }
    }
    /// The same for many, in one transaction: all or none.
    ///
    /// # Errors
    /// As for one.
    fn answer_all(
        &self,
        answers: &[Answer<'_>],
        day: Day,
        at: i64,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, StoreError>> + Send;
    /// Forgets offers that ended before `now` and were never reserved. Says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_expired(&self, now: i64) -> impl Future<Output = Result<u32, StoreError>> + Send;
    /// What was issued, by day and kind.
    ///
    /// # Errors
    /// [`StoreError`].
    fn counts(&self) -> impl Future<Output = Result<Vec<DayCount>, StoreError>> + Send;
}
