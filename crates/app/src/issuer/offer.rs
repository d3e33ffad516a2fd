//! Offering a pass: by values that a person set, by evidence, or by a claim from a letter.

use rand_core::CryptoRng;
use veilpass::issuance::{ClaimCode, Offer};
use veilpass::scheme::{IssuerKey, UnixTime, Value};

use super::evidence::Judged;
use super::{Issuer, IssuerError};
use crate::store::register::RegisterStore;
use crate::store::{IssuerStore, NewOffer, RENEWAL, StoreError};

/// So many claims at once are a good number: one transaction, and a moment's work.
pub const AT_ONCE: usize = 1000;

/// What an offer rests on whose values a person set.
pub const BY_HAND: &str = "by hand";

/// On what an offer is made, and how it is handed over.
#[derive(Clone, Copy, Debug)]
pub struct OfferTerms<'a> {
    /// What it rests on ([`rests_on`]).
    pub kind: &'a str,
    /// Until when it can be answered, in Unix seconds.
    pub expires: i64,
    /// Whether the guest is there, so that codes are compared before it is answered. An offer that goes by another way, on
    /// paper say, is answered without.
    pub compared: bool,
}

/// What an offer of these values rests on: evidence, as far as a person changed nothing of what it gave.
#[must_use]
pub fn rests_on(judged: Option<&Judged>, values: &[(String, Value)]) -> &'static str {
    let unchanged = judged.filter(|judged| judged.is_in(values));
    unchanged.map_or(BY_HAND, Judged::kind)
}

/// A claim that can be used, open.
pub struct OpenedClaim {
    name: [u8; 32],
    kind: String,
    /// Until when it can be used, in Unix seconds.
    expires: i64,
    values: Vec<(String, Value)>,
    /// Whether an offer for it is open.
    offered: bool,
}

impl OpenedClaim {
    /// Whether an offer for it is open, which the next one makes void.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.offered
    }

    /// The attributes that it states.
    #[must_use]
    pub fn values(&self) -> &[(String, Value)] {
        &self.values
    }
}

/// An offer that is not stored yet.
struct Made<'a> {
    offer: Offer,
    id: [u8; 32],
    sealed: Vec<u8>,
    terms: OfferTerms<'a>,
}

impl Made<'_> {
    fn row(&self) -> NewOffer<'_> {
        NewOffer {
            id: &self.id,
            offer: &self.sealed,
            kind: self.terms.kind,
            expires: self.terms.expires,
            compared: self.terms.compared,
        }
    }
}

impl<S: IssuerStore> Issuer<S> {
    /// Offers a pass with these values.
    ///
    /// # Errors
    /// [`IssuerError::Offer`] if the values do not fit the scheme; [`IssuerError::Implausible`] if the pass could not be
    /// shown; [`NotReady`](super::NotReady) if the clock cannot be right; [`IssuerError::Store`].
    pub async fn offer<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        values: &[(String, Value)],
        terms: OfferTerms<'_>,
        now: i64,
        rng: &mut R,
    ) -> Result<Offer, IssuerError> {
        self.check_values(values, now)?;
        let made = self.make(key, values, terms, rng)?;
        self.store.add_offer(&made.row(), self.logged(now)).await?;
        Ok(made.offer)
    }

    /// Offers to renew a pass by the renewal policy called `renewal`, with these new dates, until the second `expires`;
    /// `compared` as in [`OfferTerms`].
    ///
    /// # Errors
    /// As [`offer`](Self::offer).
    pub async fn offer_renewal<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        (renewal, values): (&str, &[(String, Value)]),
        (expires, compared): (i64, bool),
        now: i64,
        rng: &mut R,
    ) -> Result<Offer, IssuerError> {
        self.check_values(values, now)?;
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let moments = (UnixTime::from_seconds(now), UnixTime::from_seconds(expires));
        let pending = key.offer_renewal(&self.bundle, renewal, &values, moments, rng)?;
        let made = Made {
            sealed: pending.seal(key)?,
            offer: pending.offer().clone(),
            id: pending.offer().id(),
            terms: OfferTerms {
                kind: RENEWAL,
                expires,
                compared,
            },
        };
        self.store.add_offer(&made.row(), self.logged(now)).await?;
        Ok(made.offer)
    }

    fn make<'a, R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        values: &[(String, Value)],
        terms: OfferTerms<'a>,
        rng: &mut R,
    ) -> Result<Made<'a>, IssuerError> {
        let values: Vec<_> = (values.iter())
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let expires = UnixTime::from_seconds(terms.expires);
        let pending = key.offer(self.scheme(), &values, expires, rng)?;
        Ok(Made {
            sealed: pending.seal(key)?,
            offer: pending.offer().clone(),
            id: pending.offer().id(),
            terms,
        })
    }
}

impl<S: IssuerStore + RegisterStore> Issuer<S> {
    /// Opens a claim with its code.
    ///
    /// # Errors
    /// [`StoreError::UnknownClaim`], [`StoreError::ClaimUsed`]; [`IssuerError::Decode`] if the store is damaged;
    /// [`IssuerError::Store`].
    pub async fn open_claim(&self, code: &ClaimCode, now: i64) -> Result<OpenedClaim, IssuerError> {
        let name = code.name(self.scheme());
        let claim = self.store.claim(&name, now).await?;
        Ok(OpenedClaim {
            name,
            values: code.open(self.scheme(), &claim.sealed)?,
            kind: claim.kind,
            expires: claim.expires,
            offered: claim.offered,
        })
    }

    /// Offers a pass for each claim, to be handed over closed, until `expires` or as long as the claim can be used. An offer that was made
    /// for a claim before, and was not used, is gone. Each succeeds or fails by itself, in their order.
    ///
    /// # Errors
    /// [`NotReady`](super::NotReady), [`IssuerError::Store`] for all of them; for one of them the errors of
    /// [`open_claim`](Self::open_claim), and [`IssuerError::Implausible`] if what it states can be shown no more.
    pub async fn offer_claims<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        claims: &[OpenedClaim],
        expires: i64,
        now: i64,
        rng: &mut R,
    ) -> Result<Vec<Result<Offer, IssuerError>>, IssuerError> {
        (self.offer_each(key, claims, (expires, false), now, rng)).await
    }

    async fn offer_each<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        claims: &[OpenedClaim],
        (expires, compared): (i64, bool),
        now: i64,
        rng: &mut R,
    ) -> Result<Vec<Result<Offer, IssuerError>>, IssuerError> {
        let today = self.today(now)?;
        let mut made = Vec::with_capacity(claims.len());
        for claim in claims {
            let terms = OfferTerms {
                kind: &claim.kind,
                expires: expires.min(claim.expires),
                compared,
            };
            made.push(match self.plausible(&claim.values, today) {
                Ok(()) => Ok(self.make(key, &claim.values, terms, rng)?),
                Err(why) => Err(IssuerError::from(why)),
            });
        }
        let rows: Vec<_> = (claims.iter().zip(&made))
            .filter_map(|(claim, made)| Some((claim.name, made.as_ref().ok()?.row())))
            .collect();
        let stored = self.store.offer_claims(&rows, self.logged(now)).await?;
        let mut stored = stored.into_iter();
        let offered = made.into_iter().map(|made| {
            let made = made?;
            stored.next().unwrap_or(Err(StoreError::UnknownClaim))?;
            Ok(made.offer)
        });
        Ok(offered.collect())
    }

    /// Offers a pass for one claim to the guest who brings it: codes are compared before it is answered.
    ///
    /// # Errors
    /// As [`offer_claims`](Self::offer_claims).
    pub async fn offer_claim<R: CryptoRng + ?Sized>(
        &self,
        key: &IssuerKey,
        claim: OpenedClaim,
        expires: i64,
        now: i64,
        rng: &mut R,
    ) -> Result<Offer, IssuerError> {
        let claims = [claim];
        let offered = self.offer_each(key, &claims, (expires, true), now, rng);
        let mut offered = offered.await?;
        offered
            .pop()
            .unwrap_or(Err(StoreError::UnknownClaim.into()))
    }
}
