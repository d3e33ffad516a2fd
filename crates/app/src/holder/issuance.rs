//! Offer → request → response → pass, on the holder's side.

use rand_core::CryptoRng;
use veilpass::issuance::{Draw, Offer, PendingRequest, ReceiveError, Response};
use veilpass::scheme::{UnixTime, Value};

use super::wallet::Entry;
use super::{Holder, HolderError};
use crate::ports::Keys;

/// A request, to be shown to the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// Its name in the wallet.
    pub label: String,
    /// The bytes of the request.
    pub request: Vec<u8>,
}

impl<K: Keys> Holder<K> {
    /// Answers an offer at the second `now` with the holder's own `values`, which the issuer signs unseen. The request
    /// is in the sealed wallet before anybody sees it. Requests that nobody answers any more are forgotten. Its name is `label`, or `label` with a number.
    ///
    /// # Errors
    /// [`HolderError::Requested`] if a request for this offer waits already; [`HolderError::Full`],
    /// [`HolderError::Request`], [`HolderError::Key`].
    pub fn request<R: CryptoRng + ?Sized>(
        &mut self,
        offer: &Offer,
        values: &[(&str, Value)],
        label: &str,
        now: i64,
        rng: &mut R,
    ) -> Result<Requested, HolderError> {
        self.wallet.forget_stale(UnixTime::from_seconds(now));
        self.wallet.has_room()?;
        // With two, nobody could say for which of them a draw is.
        let (id, mut waiting) = (offer.id(), self.wallet.pending.iter());
        if let Some(entry) = waiting.find(|entry| *entry.value.request().offer_id() == id) {
            return Err(HolderError::Requested(entry.label.clone()));
        }
        let pending = offer.request(self.scheme(), values, UnixTime::from_seconds(now), rng)?;
        let requested = Requested {
            label: self.wallet.entries().free_label(label),
            request: pending.request().to_bytes(),
        };
        let entry = Entry {
            label: requested.label.clone(),
            value: pending,
        };
        let mut entries = self.wallet.entries();
        entries.pending.push(&entry);
        self.seal(&entries)?;
        self.wallet.pending.push(entry);
        Ok(requested)
    }

    /// The code that the holder and the issuer compare, when the issuer has shown what it drew; with the name of the
    /// request that it is for.
    ///
    /// # Errors
    /// [`HolderError::OtherDraw`] if no request waits for this draw.
    pub fn code(&self, draw: &Draw) -> Result<(&str, String), HolderError> {
        let mut pending = self.wallet.pending.iter();
        pending
            .find_map(|entry| Some((entry.label.as_str(), entry.value.code(draw)?)))
            .ok_or(HolderError::OtherDraw)
    }

    /// Takes the issuer's response at the second `now`, after checking all of it, and gives the pass the name `label`,
    /// or the request's, with a number if it is taken. If anything in it is wrong the request waits on.
    ///
    /// # Errors
    /// [`HolderError::NothingPending`], [`HolderError::Receive`], [`HolderError::Key`].
    pub fn receive(
        &mut self,
        response: &Response,
        label: Option<&str>,
        now: i64,
    ) -> Result<String, HolderError> {
        if self.wallet.pending.is_empty() {
            return Err(HolderError::NothingPending);
        }
        let answered = |entry: &Entry<PendingRequest>| entry.value.opens(response);
        let index = (self.wallet.pending.iter().position(answered)).ok_or(ReceiveError::Invalid)?;
        let mut entries = self.wallet.entries();
        let waiting = entries.pending.remove(index);
        // Receiving consumes the secrets, and the request must be able to wait on: a copy is consumed.
        let copy = PendingRequest::from_bytes(self.scheme(), &waiting.value.expose_bytes())?;
        let credential = copy.receive(&self.bundle, response, UnixTime::from_seconds(now))?;
        let pass = Entry {
            label: entries.free_label(label.unwrap_or(&waiting.label)),
            value: credential,
        };
        entries.passes.push(&pass);
        self.seal(&entries)?;
        self.wallet.pending.remove(index);
        let label = pass.label.clone();
        self.wallet.passes.push(pass);
        Ok(label)
    }
}
