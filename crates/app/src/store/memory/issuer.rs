//! An issuer's state in memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use veilpass::scheme::{Day, DayCount};
use zeroize::Zeroizing;

use super::{Book, Shared, count};
use crate::log::{Closing, Event};
use crate::store::register::Import;
use crate::store::{
    Answer, Answered, IssuerStore, NewOffer, OpenOffer, Quota, RENEWAL, Reserved, StoreError,
};

/// An issuer's store in memory.
#[derive(Clone, Default)]
pub struct MemoryIssuer(pub(super) Shared<State>);

#[derive(Default)]
pub(super) struct State {
    pub(super) book: Book,
    pub(super) offers: HashMap<[u8; 32], Offer>,
    /// By name.
    handles: BTreeMap<[u8; 32], Handle>,
    issued: BTreeMap<(Day, String), u32>,
    pub(super) imports: HashMap<[u8; 32], Import>,
    /// By the name of the code.
    pub(super) claims: HashMap<[u8; 32], Claim>,
    /// Claims that imports without an approval made, by day.
    pub(super) unapproved: BTreeMap<Day, u32>,
    /// Marks of rows that have a claim.
    pub(super) rows: HashSet<[u8; 16]>,
}

pub(super) struct Offer {
    pub(super) stage: Stage,
    /// The request for which its draw was revealed.
    drawn: Option<[u8; 32]>,
    /// Whether guest and clerk compare a code.
    compared: bool,
    expires: i64,
    kind: String,
    /// The claim that it was made for.
    claim: Option<[u8; 32]>,
}

pub(super) enum Stage {
    /// Nobody has used it.
    Open(Vec<u8>),
    /// Bound to the request with this digest; without attributes once it is past its end.
    Reserved([u8; 32], Option<Vec<u8>>),
    /// The request with this digest got a response.
    Answered([u8; 32], Vec<u8>),
}

struct Handle {
    /// With its witness; forgotten once used.
    value: Option<Zeroizing<Vec<u8>>>,
    offer: Option<[u8; 32]>,
}

pub(super) struct Claim {
    /// What the code opens; forgotten once used, or expired.
    pub(super) sealed: Option<Vec<u8>>,
    pub(super) kind: String,
    pub(super) expires: i64,
    pub(super) used: bool,
    /// The newest offer that was made for it; forgotten once used.
    pub(super) offer: Option<[u8; 32]>,
}

impl State {
    /// Adds an offer, perhaps for a claim.
    pub(super) fn add_offer(
        &mut self,
        offer: &NewOffer<'_>,
        claim: Option<[u8; 32]>,
    ) -> Result<(), StoreError> {
        if self.offers.contains_key(offer.id) {
            return Err(StoreError::Conflict);
        }
        let new = Offer {
            stage: Stage::Open(offer.offer.to_vec()),
            drawn: None,
            compared: offer.compared,
            expires: offer.expires,
            kind: offer.kind.to_owned(),
            claim,
        };
        self.offers.insert(*offer.id, new);
        Ok(())
    }

    fn used_handle(&self, offer: &[u8; 32]) -> Option<(&[u8; 32], &Handle)> {
        let mut handles = self.handles.iter();
        handles.find(|(_, handle)| handle.offer.as_ref() == Some(offer))
    }

    fn answered(&self, offer: &[u8; 32], response: &[u8]) -> Result<Answered, StoreError> {
        Ok(Answered {
            response: response.to_vec(),
            handle: self.used_handle(offer).map(|(handle, _)| *handle),
        })
    }

    /// See [`IssuerStore::answered`].
    fn look_up(&self, id: &[u8; 32], request: &[u8; 32]) -> Result<Option<Answered>, StoreError> {
        let offer = self.offers.get(id).ok_or(StoreError::UnknownOffer)?;
        match &offer.stage {
            Stage::Reserved(other, _) | Stage::Answered(other, _) if other != request => {
                Err(StoreError::OfferUsed)
            }
            Stage::Answered(_, response) => self.answered(id, response).map(Some),
            Stage::Reserved(_, None) => Err(StoreError::UnknownOffer),
            Stage::Open(_) | Stage::Reserved(_, Some(_)) => Ok(None),
        }
    }

    /// See [`IssuerStore::draw`].
    fn draw(&mut self, id: &[u8; 32], request: &[u8; 32], at: i64) -> Result<(), StoreError> {
        let offer = self.offers.get_mut(id).ok_or(StoreError::UnknownOffer)?;
        match &offer.stage {
            Stage::Reserved(other, _) | Stage::Answered(other, _) if other != request => {
                Err(StoreError::OfferUsed)
            }
            Stage::Reserved(..) | Stage::Answered(..) => Ok(()),
            Stage::Open(_) if offer.drawn.is_none_or(|drawn| drawn == *request) => {
                offer.drawn = Some(*request);
                Ok(())
            }
            Stage::Open(_) => {
                self.close(id, Closing::TwoRequests, at);
                Err(StoreError::OfferClosed)
            }
        }
    }

    /// See [`IssuerStore::close_offer`].
    fn close(&mut self, id: &[u8; 32], why: Closing, at: i64) {
        let open = |offer: &Offer| matches!(offer.stage, Stage::Open(_));
        if self.offers.get(id).is_some_and(open) {
            self.offers.remove(id);
            self.book.append(at, Event::OfferClosed { why });
        }
    }

    /// How many handles the day has left: neither answered today nor bound to a request that is not answered yet.
    fn left(&self, quota: Quota) -> u32 {
        let Some(per_day) = quota.per_day else {
            return u32::MAX;
        };
        let today = self.issued.iter().filter(|((day, _), _)| *day == quota.day);
        let today = today.fold(0u32, |sum, (_, issued)| sum.saturating_add(*issued));
        let bound = |offer: &&Offer| matches!(offer.stage, Stage::Reserved(_, Some(_)));
        let bound = count(self.offers.values().filter(bound).count());
        per_day.saturating_sub(today.saturating_add(bound))
    }

    /// See [`IssuerStore::reserve`].
    fn reserve(
        &mut self,
        id: &[u8; 32],
        request: &[u8; 32],
        left: &mut u32,
    ) -> Result<Reserved, StoreError> {
        let offer = self.offers.get(id).ok_or(StoreError::UnknownOffer)?;
        match &offer.stage {
            Stage::Reserved(other, _) | Stage::Answered(other, _) if other != request => {
                return Err(StoreError::OfferUsed);
            }
            Stage::Answered(_, response) => {
                return self.answered(id, response).map(Reserved::Answered);
            }
            Stage::Reserved(..) => {}
            Stage::Open(_) if offer.drawn.is_some_and(|other| other != *request) => {
                return Err(StoreError::OfferUsed);
            }
            Stage::Open(pending) => {
                let (pending, rest) = (pending.clone(), left.checked_sub(1));
                let rest = rest.ok_or(StoreError::DayFull)?;
                if offer.kind != RENEWAL {
                    self.take_handle(id, request)?;
                }
                if let Some(offer) = self.offers.get_mut(id) {
                    offer.stage = Stage::Reserved(*request, Some(pending));
                }
                *left = rest;
            }
        }
        let handle = self
            .used_handle(id)
            .and_then(|(_, handle)| handle.value.clone());
        let offer = self.offers.get(id).ok_or(StoreError::UnknownOffer)?;
        let Stage::Reserved(_, Some(pending)) = &offer.stage else {
            return Err(StoreError::UnknownOffer);
        };
        let pending = pending.clone();
        match handle {
            Some(handle) => Ok(Reserved::Handle {
                offer: pending,
                handle,
            }),
            None if offer.kind == RENEWAL => Ok(Reserved::Renewal { offer: pending }),
            None => Err(StoreError::UnknownOffer),
        }
    }

    /// Binds a free handle to the offer. It is taken from somewhere in the pool, as the request's digest says, which
    /// nobody outside knows: in order, the names of removed handles would tell when passes were issued.
    fn take_handle(&mut self, id: &[u8; 32], request: &[u8; 32]) -> Result<(), StoreError> {
        let from = self
            .handles
            .range(*request..)
            .chain(self.handles.range(..*request));
        let mut free = from.filter(|(_, handle)| handle.offer.is_none());
        let name = free.next().map(|(name, _)| *name);
        let taken = name.and_then(|name| self.handles.get_mut(&name));
        taken.ok_or(StoreError::NoHandle)?.offer = Some(*id);
        Ok(())
    }

    /// Whether the answer can be stored, or is stored already.
    fn check_answer(&self, answer: &Answer<'_>) -> Result<(), StoreError> {
        let offer = self.offers.get(answer.id).ok_or(StoreError::UnknownOffer)?;
        match &offer.stage {
            Stage::Reserved(request, _) | Stage::Answered(request, _)
                if request == answer.request =>
            {
                Ok(())
            }
            _ => Err(StoreError::OfferUsed),
        }
    }

    /// Stores an answer that was checked; says what is stored.
    fn answer(&mut self, answer: &Answer<'_>, day: Day, at: i64) -> Vec<u8> {
        let Some(offer) = self.offers.get_mut(answer.id) else {
            return Vec::new();
        };
        if let Stage::Answered(_, response) = &offer.stage {
            return response.clone();
        }
        let answered = Stage::Answered(*answer.request, answer.response.to_vec());
        let offered = match std::mem::replace(&mut offer.stage, answered) {
            Stage::Open(offered) | Stage::Reserved(_, Some(offered)) => offered,
            Stage::Reserved(_, None) | Stage::Answered(..) => Vec::new(),
        };
        let kind = offer.kind.clone();
        // Nothing is left that leads from the handle to a moment.
        offer.expires = 0;
        // Nothing is left that leads from the letter to the handle.
        let claim = offer.claim.take();
        if let Some(claim) = claim.and_then(|name| self.claims.get_mut(&name)) {
            claim.sealed = None;
            claim.used = true;
            claim.offer = None;
        }
        let handles = self.handles.values_mut();
        for handle in handles.filter(|handle| handle.offer.as_ref() == Some(answer.id)) {
            handle.value = None;
        }
        let issued = self.issued.entry((day, kind.clone())).or_default();
        *issued = issued.saturating_add(1);
        let event = Event::issued(&offered, answer.request, day, kind);
        self.book.append(at, event);
        answer.response.to_vec()
    }

    fn forget_expired(&mut self, now: i64) -> u32 {
        let before = self.offers.len();
        let open = |offer: &Offer| matches!(offer.stage, Stage::Open(_));
        (self.offers).retain(|_, offer| offer.expires > now || !open(offer));
        for offer in self
            .offers
            .values_mut()
            .filter(|offer| offer.expires <= now)
        {
            if let Stage::Reserved(_, pending) = &mut offer.stage {
                *pending = None;
                offer.expires = 0;
            }
        }
        for claim in self
            .claims
            .values_mut()
            .filter(|claim| claim.expires <= now)
        {
            claim.sealed = None;
        }
        count(before - self.offers.len())
    }
}

impl IssuerStore for MemoryIssuer {
    async fn add_handles(
        &self,
        handles: &[([u8; 32], Vec<u8>)],
        at: i64,
    ) -> Result<u32, StoreError> {
        let mut held = self.0.lock();
        let before = held.handles.len();
        for (id, value) in handles {
            held.handles.entry(*id).or_insert_with(|| Handle {
                value: Some(Zeroizing::new(value.clone())),
                offer: None,
            });
        }
        let added = count(held.handles.len() - before);
        held.book.append(at, Event::HandlesAdded { count: added });
        Ok(added)
    }

    async fn free_handles(&self) -> Result<u32, StoreError> {
        let held = self.0.lock();
        let free = held
            .handles
            .values()
            .filter(|handle| handle.offer.is_none());
        Ok(count(free.count()))
    }

    async fn open_offers(&self, now: i64) -> Result<u32, StoreError> {
        let held = self.0.lock();
        let open = |offer: &&Offer| {
            let answered = matches!(offer.stage, Stage::Answered(..) | Stage::Reserved(_, None));
            offer.expires > now && !answered
        };
        Ok(count(held.offers.values().filter(open).count()))
    }

    async fn add_offer(&self, offer: &NewOffer<'_>, at: i64) -> Result<(), StoreError> {
        let mut held = self.0.lock();
        held.add_offer(offer, None)?;
        held.book.append(at, Event::Offered);
        Ok(())
    }

    async fn offer(&self, id: &[u8; 32]) -> Result<Option<OpenOffer>, StoreError> {
        let held = self.0.lock();
        let open = held.offers.get(id).and_then(|offer| match &offer.stage {
            Stage::Open(pending) | Stage::Reserved(_, Some(pending)) => Some(OpenOffer {
                sealed: pending.clone(),
                compared: offer.compared,
                drawn: offer.drawn,
            }),
            _ => None,
        });
        Ok(open)
    }

    async fn answered_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
    ) -> Result<Vec<Result<Option<Answered>, StoreError>>, StoreError> {
        let held = self.0.lock();
        let requests = requests.iter();
        Ok(requests
            .map(|(id, request)| held.look_up(id, request))
            .collect())
    }

    async fn draw(&self, id: &[u8; 32], request: &[u8; 32], at: i64) -> Result<(), StoreError> {
        self.0.lock().draw(id, request, at)
    }

    async fn close_offer(&self, id: &[u8; 32], why: Closing, at: i64) -> Result<(), StoreError> {
        self.0.lock().close(id, why, at);
        Ok(())
    }

    async fn reserve_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
        quota: Quota,
    ) -> Result<Vec<Result<Reserved, StoreError>>, StoreError> {
        let mut held = self.0.lock();
        let mut left = held.left(quota);
        let requests = requests.iter();
        Ok(requests
            .map(|(id, request)| held.reserve(id, request, &mut left))
            .collect())
    }

    async fn answer_all(
        &self,
        answers: &[Answer<'_>],
        day: Day,
        at: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut held = self.0.lock();
        (answers.iter()).try_for_each(|answer| held.check_answer(answer))?;
        let answers = answers.iter();
        Ok(answers.map(|answer| held.answer(answer, day, at)).collect())
    }

    async fn forget_expired(&self, now: i64) -> Result<u32, StoreError> {
        Ok(self.0.lock().forget_expired(now))
    }

    async fn counts(&self) -> Result<Vec<DayCount>, StoreError> {
        let held = self.0.lock();
        let counts = held.issued.iter().map(|((day, kind), issued)| DayCount {
            day: *day,
            kind: kind.clone(),
            issued: *issued,
        });
        Ok(counts.collect())
    }
}
