//! Offer → request → response → pass, on the holder's side; and offer → renewal → response, and another pass in the place of the
//! old one.

use rand_core::CryptoRng;
use veilpass::Credential;
use veilpass::issuance::{
    Draw, Offer, PendingRenewal, PendingRequest, ReceiveError, RequestError, Response,
};
use veilpass::presentation::PresentError;
use veilpass::scheme::{UnixTime, Value};

use super::pending::Pending;
use super::wallet::Entry;
use super::{Holder, HolderError};
use crate::ports::Keys;
use crate::values;

/// A request, to be shown to the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// Its name in the wallet.
    pub label: String,
    /// The bytes of the request.
    pub request: Vec<u8>,
    /// What is renewed, if anything is.
    pub renews: Option<Renews>,
}

/// Which ends a renewed pass may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// None that is earlier than that of the pass which it replaces.
    NotEarlier,
    /// Any: whoever holds the pass has been told.
    Any,
}

/// What a renewal does to a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renews {
    /// What the holder calls the pass.
    pub pass: String,
    /// The dates that the issuer sets anew, each with the most days ahead.
    pub anew: Vec<(String, u16)>,
    /// What is carried over, and the issuer does not see.
    pub carried: Vec<String>,
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
        self.may_request(offer, now)?;
        let pending = offer.request(self.scheme(), values, UnixTime::from_seconds(now), rng)?;
        self.wait_for(Pending::First(pending), label, None)
    }

    /// Answers an offer that renews a pass at the second `now`, with the pass called `pass` or with the first one that can be
    /// renewed. As [`request`](Self::request).
    ///
    /// # Errors
    /// As there; [`HolderError::NoPass`], [`HolderError::UnknownPass`]; [`HolderError::Request`] or [`HolderError::Stands`]
    /// from the last pass that was tried.
    pub fn renew<R: CryptoRng + ?Sized>(
        &mut self,
        offer: &Offer,
        pass: Option<&str>,
        label: &str,
        now: i64,
        rng: &mut R,
    ) -> Result<Requested, HolderError> {
        self.may_request(offer, now)?;
        let (mut why, mut made) = (HolderError::NoPass, None);
        for entry in self.candidates(pass)? {
            let renewal = offer.renew(&self.bundle, &entry.value, UnixTime::from_seconds(now), rng);
            match renewal {
                Ok(pending) => {
                    made = Some((self.renews(entry, &pending), pending));
                    break;
                }
                // With this very bundle it may be that no update helps: then the reason is said and not the advice.
                Err(error @ RequestError::Pass(PresentError::NeedsSync)) => {
                    why = (entry.value.stands_vartime(&self.bundle).err())
                        .map_or(error.into(), HolderError::from);
                }
                Err(error) => why = error.into(),
            }
        }
        let (renews, pending) = made.ok_or(why)?;
        self.wait_for(Pending::Renewal(pending), label, Some(renews))
    }

    /// Whether there is room, and no request for this offer yet: with two, nobody could say for which of them a draw is.
    fn may_request(&mut self, offer: &Offer, now: i64) -> Result<(), HolderError> {
        self.wallet.forget_stale(UnixTime::from_seconds(now));
        self.wallet.has_room()?;
        let (id, mut waiting) = (offer.id(), self.wallet.pending.iter());
        match waiting.find(|entry| entry.value.offer_id() == id) {
            Some(entry) => Err(HolderError::Requested(entry.label.clone())),
            None => Ok(()),
        }
    }

    /// Whether no end of the new pass is earlier than the old one's.
    fn check_ends(&self, old: &Credential, new: &Credential) -> Result<(), HolderError> {
        let attributes = self.scheme().schema().attributes().iter().enumerate();
        for (_, attribute) in attributes.filter(|(index, _)| self.is_end(*index)) {
            let name = attribute.name.as_str();
            let of = |pass: &Credential| pass.value(self.scheme(), name).cloned();
            if let (Some(Value::Date(old)), Some(Value::Date(new))) = (of(old), of(new))
                && new < old
            {
                return Err(HolderError::Shorter {
                    name: name.to_owned(),
                    old: values::show_end(&old),
                    new: values::show_end(&new),
                });
            }
        }
        Ok(())
    }

    fn renews(&self, entry: &Entry<Credential>, pending: &PendingRenewal) -> Renews {
        let attributes = self.scheme().schema().attributes();
        let anew = pending.renewal().anew();
        let is_anew = |index: usize| {
            anew.iter()
                .find(|anew| usize::from(anew.attribute) == index)
        };
        let own = || attributes.iter().enumerate().skip(2);
        Renews {
            pass: entry.label.clone(),
            anew: own()
                .filter_map(|(index, one)| Some((one.name.clone(), is_anew(index)?.days)))
                .collect(),
            carried: own()
                .filter(|(index, _)| is_anew(*index).is_none())
                .map(|(_, one)| one.name.clone())
                .collect(),
        }
    }

    /// Keeps a request in the sealed wallet; nobody has seen it before.
    fn wait_for(
        &mut self,
        pending: Pending,
        label: &str,
        renews: Option<Renews>,
    ) -> Result<Requested, HolderError> {
        let requested = Requested {
            label: self.wallet.entries().free_label(label),
            request: pending.request(),
            renews,
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
    /// or the request's, with a number if it is taken. A renewed pass takes the place of the old one, and its name if no `label` is
    /// given. If anything in it is wrong, or not what `ends` lets, the request waits on, and the old pass stays.
    ///
    /// # Errors
    /// [`HolderError::Shorter`];
    /// [`HolderError::NothingPending`], [`HolderError::NothingToRenew`], [`HolderError::Receive`], [`HolderError::Key`].
    pub fn receive(
        &mut self,
        response: &Response,
        label: Option<&str>,
        ends: Ends,
        now: i64,
    ) -> Result<String, HolderError> {
        if self.wallet.pending.is_empty() {
            return Err(HolderError::NothingPending);
        }
        let answered = |entry: &Entry<Pending>| entry.value.opens(response);
        let index = (self.wallet.pending.iter().position(answered)).ok_or(ReceiveError::Invalid)?;
        let now = UnixTime::from_seconds(now);
        let mut entries = self.wallet.entries();
        let waiting = entries.pending.remove(index);
        // Receiving consumes the secrets, and the request must be able to wait on: a copy is consumed.
        let copy = waiting.value.expose_bytes();
        let (place, credential) = match &waiting.value {
            Pending::First(_) => {
                let copy = PendingRequest::from_bytes(self.scheme(), &copy)?;
                (None, copy.receive(&self.bundle, response, now)?)
            }
            Pending::Renewal(pending) => {
                let renewed =
                    |entry: &Entry<Credential>| pending.renews(self.scheme(), &entry.value);
                let place = self.wallet.passes.iter().position(renewed);
                let place = place.ok_or(HolderError::NothingToRenew)?;
                let old = entries.passes.remove(place);
                let copy = PendingRenewal::from_bytes(self.scheme(), &copy)?;
                let renewed = copy.receive(&old.value, &self.bundle, response, now)?;
                if ends == Ends::NotEarlier {
                    self.check_ends(&old.value, &renewed)?;
                }
                (Some((place, old.label.as_str())), renewed)
            }
        };
        let wanted = label.or(place.map(|(_, old)| old));
        let pass = Entry {
            label: entries.free_label(wanted.unwrap_or(&waiting.label)),
            value: credential,
        };
        let place = place.map(|(place, _)| place);
        entries
            .passes
            .insert(place.unwrap_or(entries.passes.len()), &pass);
        self.seal(&entries)?;
        self.wallet.pending.remove(index);
        let label = pass.label.clone();
        match place.and_then(|place| self.wallet.passes.get_mut(place)) {
            Some(old) => *old = pass,
            None => self.wallet.passes.push(pass),
        }
        Ok(label)
    }
}
