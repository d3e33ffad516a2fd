//! The offer: what the issuer is ready to sign, committed to but not shown.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use zeroize::{Zeroize, Zeroizing};

use super::draw::committed;
use super::in_order;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{CryptoRng, G2Affine};
use crate::scheme::{Bundle, ClockError, IssuerKey, RenewalPolicy, Scheme, SetBy, UnixTime, Value};
use crate::transcript::Transcript;

/// Step 1, shown to one guest. It names nobody: the attributes are a salted digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub(super) scheme_id: [u8; 32],
    /// X: goes to the issuer's own holders only.
    pub(super) issuer: G2Affine,
    pub(super) nonce: [u8; 16],
    pub(super) expires: UnixTime,
    /// The number of a renewal policy, or 0.
    pub(super) renewal: u16,
    /// The issuer's attributes, salted.
    pub(super) digest: [u8; 32],
    /// H(draw; d).
    pub(super) draw: [u8; 32],
}

/// What the issuer keeps until the request comes. Issuing consumes it.
pub struct PendingOffer {
    pub(super) offer: Offer,
    /// By what a pass is renewed, if it is.
    pub(super) renewal: Option<RenewalPolicy>,
    /// What will be signed: of a renewal the new dates.
    pub(super) values: Vec<Value>,
    pub(super) salt: [u8; 32],
    /// d, until a request has come.
    pub(super) draw: [u8; 16],
}

impl Drop for PendingOffer {
    fn drop(&mut self) {
        self.values.zeroize();
        self.salt.zeroize();
        self.draw.zeroize();
    }
}

/// Why no offer could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// The attributes do not fit the schema.
    #[error("the attributes do not fit the scheme: {0}")]
    Attributes(String),
    /// No such renewal; here are those that there are.
    #[error("the bundle has no such renewal; it has {}", list(.0))]
    UnknownRenewal(Vec<String>),
    /// A date past the limit of the renewal.
    #[error("{0}: this renewal reaches {1} days ahead at most")]
    TooFarAhead(String, u16),
    /// The bundle cannot be relied on now.
    #[error(transparent)]
    Clock(#[from] ClockError),
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

/// The digest that the offer shows and the response opens.
pub(super) fn digest(values: &[Value], salt: &[u8; 32]) -> [u8; 32] {
    let fields = values
        .iter()
        .fold(Writer::default(), |writer, value| value.write(writer));
    let fields = Zeroizing::new(fields.finish());
    Transcript::new("issuer attributes")
        .field(salt)
        .field(&fields)
        .digest()
}

/// One message a key: an offer's name has 16 random bytes in it, and an offer is kept as it was made.
fn at_rest(key: &IssuerKey, id: &[u8; 32]) -> (ChaCha20Poly1305, Nonce) {
    let transcript = Transcript::new("offer at rest").scalar(key.scalar());
    let key = Zeroizing::new(transcript.field(id).digest());
    (
        ChaCha20Poly1305::new(&Key::from(*key)),
        Nonce::from([0; 12]),
    )
}

impl IssuerKey {
    /// Step 1: offers to sign `values`, the issuer's attributes by name, until `expires`.
    ///
    /// # Errors
    /// [`OfferError`] if an attribute is missing, unknown, of another type or too long.
    pub fn offer<R: CryptoRng + ?Sized>(
        &self,
        scheme: &Scheme,
        values: &[(&str, Value)],
        expires: UnixTime,
        rng: &mut R,
    ) -> Result<PendingOffer, OfferError> {
        let values =
            in_order(&scheme.schema().of(SetBy::Issuer), values).map_err(OfferError::Attributes)?;
        Ok(self.offer_of(scheme, None, values, expires, rng))
    }

    /// Step 1 of a renewal by the policy called `renewal`: offers to sign the new dates `values`, by name, until `expires`.
    ///
    /// # Errors
    /// [`OfferError`].
    pub fn offer_renewal<R: CryptoRng + ?Sized>(
        &self,
        bundle: &Bundle,
        renewal: &str,
        values: &[(&str, Value)],
        (now, expires): (UnixTime, UnixTime),
        rng: &mut R,
    ) -> Result<PendingOffer, OfferError> {
        bundle.check_clock(now)?;
        let renewal = bundle.renewal(renewal).ok_or_else(|| {
            let known = bundle.renewals().iter().map(RenewalPolicy::name);
            OfferError::UnknownRenewal(known.map(str::to_owned).collect())
        })?;
        let attributes = bundle.scheme().schema().attributes();
        let attributes: Vec<_> = (renewal.anew().iter())
            .filter_map(|anew| attributes.get(usize::from(anew.attribute)))
            .collect();
        let values = in_order(&attributes, values).map_err(OfferError::Attributes)?;
        let today = bundle.day_of(now).ok_or(ClockError::Stale)?;
        if let Some(place) = renewal.past_limit(&values, today) {
            let name = attributes.get(place).map(|one| one.name.clone());
            let days = renewal.anew().get(place).map(|anew| anew.days);
            let (name, days) = (name.unwrap_or_default(), days.unwrap_or_default());
            return Err(OfferError::TooFarAhead(name, days));
        }
        Ok(self.offer_of(bundle.scheme(), Some(renewal), values, expires, rng))
    }

    fn offer_of<R: CryptoRng + ?Sized>(
        &self,
        scheme: &Scheme,
        renewal: Option<&RenewalPolicy>,
        values: Vec<Value>,
        expires: UnixTime,
        rng: &mut R,
    ) -> PendingOffer {
        let (mut salt, mut nonce, mut draw) = ([0; 32], [0; 16], [0; 16]);
        rng.fill_bytes(&mut salt);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut draw);
        let offer = Offer {
            scheme_id: *scheme.id(),
            issuer: self.public().x,
            nonce,
            expires,
            renewal: renewal.map_or(0, RenewalPolicy::number),
            digest: digest(&values, &salt),
            draw: committed(&draw),
        };
        PendingOffer {
            offer,
            renewal: renewal.cloned(),
            values,
            salt,
            draw,
        }
    }
}

impl PendingOffer {
    /// What the guest gets to see.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// By what a pass is renewed, if this offer renews one.
    #[must_use]
    pub fn renewal(&self) -> Option<&RenewalPolicy> {
        self.renewal.as_ref()
    }

    /// The bytes for the issuer's own store, sealed under its key: an offer may be open for months, and
    /// the store must not tell what is in it.
    ///
    /// # Errors
    /// [`OfferError`] if they are too long for the cipher, which no offer is.
    pub fn seal(&self, key: &IssuerKey) -> Result<Vec<u8>, OfferError> {
        let plain = Zeroizing::new(self.to_bytes());
        let (cipher, nonce) = at_rest(key, &self.offer.id());
        (cipher.encrypt(&nonce, plain.as_slice()))
            .map_err(|_| OfferError::Attributes("they are too long".into()))
    }

    /// Opens what [`seal`](Self::seal) closed for the offer of this name.
    ///
    /// # Errors
    /// Anything else.
    pub fn open(
        scheme: &Scheme,
        key: &IssuerKey,
        id: &[u8; 32],
        sealed: &[u8],
    ) -> Result<Self, DecodeError> {
        let (cipher, nonce) = at_rest(key, id);
        let plain = cipher.decrypt(&nonce, sealed).map(Zeroizing::new);
        let plain = plain.map_err(|_| {
            Reader::new("pending offer", &[]).value_error("it was not sealed here under this name")
        })?;
        Self::from_bytes(scheme, &plain)
    }

    /// The bytes in the clear.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::PendingOffer)
            .bytes(&self.offer.to_bytes())
            .raw(&self.salt)
            .raw(&self.draw);
        let writer = match &self.renewal {
            Some(renewal) => renewal.write(writer),
            None => writer,
        };
        (self.values.iter())
            .fold(writer, |writer, value| value.write(writer))
            .finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but such bytes.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("pending offer", bytes);
        reader.header(Artefact::PendingOffer)?;
        let offer = Offer::from_bytes(reader.bytes()?)?;
        let (salt, draw) = (reader.array()?, reader.array()?);
        let schema = scheme.schema();
        let renewal = match offer.renewal {
            0 => None,
            _ => Some(RenewalPolicy::read(schema, &mut reader)?),
        };
        if renewal.as_ref().map_or(0, RenewalPolicy::number) != offer.renewal {
            return Err(reader.value_error("the renewal does not belong to the offer"));
        }
        let sets = |index| renewal.as_ref().is_none_or(|renewal| renewal.sets(index));
        let values: Vec<_> = (schema.set_by(SetBy::Issuer))
            .filter(|(index, _)| sets(*index))
            .map(|(_, attribute)| attribute.read_value(&mut reader))
            .collect::<Result<_, _>>()?;
        let pending = Self {
            offer,
            renewal,
            values,
            salt,
            draw,
        };
        // The exponent of the signature is derived from what is signed; a store that changed the
        // attributes behind the offer's back must not get two signatures with one exponent.
        if digest(&pending.values, &pending.salt) != pending.offer.digest {
            return Err(reader.value_error("the attributes do not belong to the offer"));
        }
        if committed(&pending.draw) != pending.offer.draw {
            return Err(reader.value_error("the draw does not belong to the offer"));
        }
        reader.finish()?;
        Ok(pending)
    }
}

impl Offer {
    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::Offer)
            .raw(&self.scheme_id)
            .g2(&self.issuer)
            .raw(&self.nonce)
            .i64(self.expires.as_seconds())
            .u16(self.renewal)
            .raw(&self.digest)
            .raw(&self.draw)
            .finish()
    }

    /// Reads an offer.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("offer", bytes);
        reader.header(Artefact::Offer)?;
        let offer = Self {
            scheme_id: reader.array()?,
            issuer: reader.g2()?,
            nonce: reader.array()?,
            expires: UnixTime::read(&mut reader)?,
            renewal: reader.u16()?,
            digest: reader.array()?,
            draw: reader.array()?,
        };
        reader.finish()?;
        Ok(offer)
    }

    /// The number of the renewal policy, of an offer that renews a pass.
    #[must_use]
    pub fn renewal(&self) -> Option<u16> {
        (self.renewal != 0).then_some(self.renewal)
    }

    /// Names the offer: under it an issuer's store keeps what was answered.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        Transcript::new("offer").field(&self.to_bytes()).digest()
    }
}
