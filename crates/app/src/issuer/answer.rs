//! Answering requests: one, or many at once.
//!
//! Looking up comes first: a request that was answered gets its answer again, at any time, whatever has become of
//! clock, bundle, accreditation or quota. Where a person stands before the issuer, the draw is revealed next and the codes
//! are compared ([`Issuer::answer_compared`]). The others are checked, handles
//! bound to them in one transaction, signed, and stored in another; nobody sees a response before it is stored.

use veilpass::issuance::PendingOffer;
use veilpass::parallel::{map, map_owned};
use veilpass::registry::Handle;
use veilpass::scheme::{Accreditation, Bundle, IssuerKey, SignedAccreditation, UnixTime};

use super::request::Checked;
use super::{AnyRequest, Issuer, IssuerError, NotReady};
use crate::log::Closing;
use crate::ports::{Confirm, Confirmation};
use crate::store::{Answer, Answered, IssuerStore, OpenOffer, Quota, Reserved, StoreError};

/// So many requests at once are a good number: two transactions, and a moment's work.
pub const AT_ONCE: usize = 256;

/// What a request got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The response, sealed to the request.
    pub response: Vec<u8>,
    /// The name of the pass's handle: with it the pass can be revoked. A renewed pass has that of the old one, which
    /// nobody learns.
    pub handle: Option<[u8; 32]>,
    /// The code that both sides compared; `None` if nobody was asked.
    pub code: Option<String>,
}

impl From<Answered> for Issued {
    fn from(answered: Answered) -> Self {
        Self {
            response: answered.response,
            handle: answered.handle,
            code: None,
        }
    }
}

/// What is shown to whoever sent a request, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The bytes of the draw, for the holder's wallet.
    pub draw: Vec<u8>,
    /// What the wallet must show when it has the draw (docs/protocol.md, 3.7).
    pub code: String,
}

/// What must hold for anything to be signed now.
struct Terms {
    paper: SignedAccreditation,
    quota: Quota,
}

/// A request that has no answer yet.
struct Open<'a> {
    request: &'a AnyRequest,
    digest: [u8; 32],
    offer: Option<OpenOffer>,
}

/// What becomes of one of many.
type Each<T> = Vec<Result<T, IssuerError>>;

impl<S: IssuerStore> Issuer<S> {
    /// What the request got, if it was answered; `None` if it can be answered now.
    ///
    /// # Errors
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`]; [`IssuerError::Store`].
    pub async fn answered(&self, request: &AnyRequest) -> Result<Option<Issued>, IssuerError> {
        let digest = request.digest();
        let found = self.store.answered(request.offer_id(), &digest).await?;
        Ok(found.map(Issued::from))
    }

    /// Reveals what was drawn for the request's offer, if the request may be answered. From now on the offer is for this
    /// request alone, and another one closes it.
    ///
    /// # Errors
    /// [`NotReady`]; [`IssuerError::Issue`] if the request does not fit its offer; [`StoreError::UnknownOffer`],
    /// [`StoreError::OfferUsed`], [`StoreError::OfferClosed`]; [`IssuerError::Store`].
    pub async fn draw(
        &self,
        key: &IssuerKey,
        request: &AnyRequest,
        now: i64,
    ) -> Result<Drawn, IssuerError> {
        self.terms(key, now).await??;
        let open = self.find(request).await?;
        let checked = open.check(&self.bundle, key, now)?;
        let (offer, at) = (request.offer_id(), self.logged(now));
        self.store.draw(offer, &open.digest, at).await?;
        Ok(Drawn {
            draw: checked.draw().to_bytes(),
            code: checked.code(),
        })
    }

    /// Closes an offer, by its name: the request's code was not the wallet's, and somebody may stand between the two, or the
    /// guest went away.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn close(&self, offer: &[u8; 32], why: Closing, now: i64) -> Result<(), IssuerError> {
        let at = self.logged(now);
        Ok(self.store.close_offer(offer, why, at).await?)
    }

    /// Answers one request after `person` has compared its code with the one that the holder's wallet shows.
    ///
    /// # Errors
    /// As [`draw`](Self::draw) and [`answer_all`](Self::answer_all); [`IssuerError::CodesDiffer`], and the offer is closed;
    /// [`IssuerError::Nobody`].
    pub async fn answer_compared(
        &self,
        key: &IssuerKey,
        request: AnyRequest,
        person: &(dyn Confirm + Sync),
        now: i64,
    ) -> Result<Issued, IssuerError> {
        let Drawn { draw, code } = self.draw(key, &request, now).await?;
        let question = Confirmation::SameCode {
            code: &code,
            draw: &draw,
        };
        if !person.confirm(&question)? {
            let offer = request.offer_id();
            self.close(offer, Closing::CodesDiffer, now).await?;
            return Err(IssuerError::CodesDiffer);
        }
        let issued = self.answer_agreed(key, request, now).await?;
        Ok(Issued {
            code: Some(code),
            ..issued
        })
    }

    /// Answers one request after somebody has compared its code with the one that the holder's wallet shows: the draw was
    /// revealed for it before.
    ///
    /// # Errors
    /// As [`answer_all`](Self::answer_all); [`IssuerError::NotCompared`] if the draw was not revealed for this request.
    pub async fn answer_agreed(
        &self,
        key: &IssuerKey,
        request: AnyRequest,
        now: i64,
    ) -> Result<Issued, IssuerError> {
        self.one(key, request, Agreed::Yes, now).await
    }

    /// Answers requests for offers that were not made for a guest who is there. Each is answered or refused by itself, in
    /// their order. Nobody compares codes here: for a claim its code is the proof that the request is the guest's.
    ///
    /// # Errors
    /// [`IssuerError::Store`] if the store fails, for all of them. For one of them: [`NotReady`],
    /// [`StoreError::UnknownOffer`], [`StoreError::OfferUsed`], [`StoreError::NoHandle`], [`StoreError::DayFull`],
    /// [`IssuerError::Issue`], [`IssuerError::NotCompared`].
    pub async fn answer_all(
        &self,
        key: &IssuerKey,
        requests: &[AnyRequest],
        now: i64,
    ) -> Result<Each<Issued>, IssuerError> {
        self.each(key, requests, Agreed::Unasked, now).await
    }

    async fn each(
        &self,
        key: &IssuerKey,
        requests: &[AnyRequest],
        agreed: Agreed,
        now: i64,
    ) -> Result<Each<Issued>, IssuerError> {
        let names: Vec<_> = (requests.iter())
            .map(|request| (*request.offer_id(), request.digest()))
            .collect();
        let found = self.store.answered_all(&names).await?;
        let unanswered = requests.iter().zip(&found);
        let unanswered = unanswered.filter(|(_, found)| matches!(found, Ok(None)));
        let unanswered: Vec<_> = unanswered.map(|(request, _)| request).collect();
        let mut signed = (self.sign_all(key, &unanswered, agreed, now).await?).into_iter();
        let all = found.into_iter().map(|found| match found? {
            Some(answered) => Ok(answered.into()),
            None => (signed.next()).unwrap_or(Err(StoreError::UnknownOffer.into())),
        });
        Ok(all.collect())
    }

    /// Answers one request: [`answer_all`](Self::answer_all).
    ///
    /// # Errors
    /// As there.
    pub async fn answer(
        &self,
        key: &IssuerKey,
        request: AnyRequest,
        now: i64,
    ) -> Result<Issued, IssuerError> {
        self.one(key, request, Agreed::Unasked, now).await
    }

    async fn one(
        &self,
        key: &IssuerKey,
        request: AnyRequest,
        agreed: Agreed,
        now: i64,
    ) -> Result<Issued, IssuerError> {
        let mut all = self.each(key, &[request], agreed, now).await?;
        all.pop().unwrap_or(Err(StoreError::UnknownOffer.into()))
    }

    /// Whether anything can be signed now, and on which terms.
    async fn terms(
        &self,
        key: &IssuerKey,
        now: i64,
    ) -> Result<Result<Terms, NotReady>, IssuerError> {
        let paper = self.accreditation(key, UnixTime::from_seconds(now)).await?;
        Ok(paper.and_then(|paper| {
            let quota = self.quota(*paper.limits(), now)?;
            Ok(Terms { paper, quota })
        }))
    }

    async fn find<'a>(&self, request: &'a AnyRequest) -> Result<Open<'a>, IssuerError> {
        Ok(Open {
            request,
            digest: request.digest(),
            offer: self.store.offer(request.offer_id()).await?,
        })
    }

    /// Checks, reserves, signs and keeps.
    async fn sign_all(
        &self,
        key: &IssuerKey,
        requests: &[&AnyRequest],
        agreed: Agreed,
        now: i64,
    ) -> Result<Each<Issued>, IssuerError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let terms = match self.terms(key, now).await? {
            Ok(terms) => terms,
            Err(not_ready) => {
                let refused = requests.iter().map(|_| Err(not_ready.into()));
                return Ok(refused.collect());
            }
        };
        let mut open = Vec::with_capacity(requests.len());
        for request in requests {
            open.push(self.find(request).await?);
        }
        let bundle = &self.bundle;
        let checked = map(&open, |open| {
            open.compared(agreed)?;
            open.check(bundle, key, now)
        });
        let reserved = self.reserve_all(&open, checked, terms.quota).await?;
        let accreditation = terms.paper.accreditation();
        let signed = map_owned(reserved, |reserved| reserved?.sign(accreditation));
        self.store_all(&open, signed, terms.quota, now).await
    }

    /// Binds handles to all that passed, as far as the day's quota goes.
    async fn reserve_all<'a>(
        &self,
        open: &[Open<'_>],
        checked: Each<Checked<'a>>,
        quota: Quota,
    ) -> Result<Each<Bound<'a>>, IssuerError> {
        let wanted: Vec<_> = (open.iter().zip(&checked))
            .filter(|(_, checked)| checked.is_ok())
            .map(|(open, _)| (*open.request.offer_id(), open.digest))
            .collect();
        let mut reserved = self.store.reserve_all(&wanted, quota).await?.into_iter();
        let bound = checked.into_iter().map(|checked| {
            let checked = checked?;
            let reserved = reserved.next().unwrap_or(Err(StoreError::UnknownOffer))?;
            Ok(Bound { checked, reserved })
        });
        Ok(bound.collect())
    }

    /// Stores the responses; what is stored is what goes out.
    async fn store_all(
        &self,
        open: &[Open<'_>],
        signed: Each<Issued>,
        quota: Quota,
        now: i64,
    ) -> Result<Each<Issued>, IssuerError> {
        let answers: Vec<_> = (open.iter().zip(&signed))
            .filter_map(|(open, signed)| {
                Some(Answer {
                    id: open.request.offer_id(),
                    request: &open.digest,
                    response: &signed.as_ref().ok()?.response,
                })
            })
            .collect();
        let stored = self.store.answer_all(&answers, quota.day, self.logged(now));
        let mut stored = stored.await?.into_iter();
        let issued = signed.into_iter().map(|signed| {
            let signed = signed?;
            Ok(Issued {
                response: stored.next().ok_or(StoreError::UnknownOffer)?,
                ..signed
            })
        });
        Ok(issued.collect())
    }
}

/// Whether somebody said that the codes agree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Agreed {
    Yes,
    Unasked,
}

impl<'a> Open<'a> {
    /// Whether codes were compared, where they must be.
    fn compared(&self, agreed: Agreed) -> Result<(), IssuerError> {
        let done = |offer: &OpenOffer| {
            !offer.compared || (agreed == Agreed::Yes && offer.drawn == Some(self.digest))
        };
        match self.offer.as_ref().is_none_or(done) {
            true => Ok(()),
            false => Err(IssuerError::NotCompared),
        }
    }

    fn check(
        &self,
        bundle: &'a Bundle,
        key: &'a IssuerKey,
        now: i64,
    ) -> Result<Checked<'a>, IssuerError> {
        let open = self.offer.as_ref().ok_or(StoreError::UnknownOffer)?;
        let request = self.request;
        let offer = PendingOffer::open(bundle.scheme(), key, request.offer_id(), &open.sealed)?;
        Ok(request.check(offer, bundle, key, UnixTime::from_seconds(now))?)
    }
}

/// A request to which a handle is bound.
struct Bound<'a> {
    checked: Checked<'a>,
    reserved: Reserved,
}

impl Bound<'_> {
    fn sign(self, accreditation: &Accreditation) -> Result<Issued, IssuerError> {
        let (response, handle) = match self.reserved {
            // Another process was faster.
            Reserved::Answered(answered) => (answered.response, answered.handle),
            Reserved::Handle { handle, .. } => {
                let handle = Handle::from_bytes(&handle)?;
                let id = handle.id();
                let response = self.checked.issue(accreditation, Some(handle))?;
                (response.to_bytes(), Some(id))
            }
            Reserved::Renewal { .. } => {
                let response = self.checked.issue(accreditation, None)?;
                (response.to_bytes(), None)
            }
        };
        Ok(Issued {
            response,
            handle,
            code: None,
        })
    }
}
