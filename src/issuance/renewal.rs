//! Renewing, the holder's side: one proof that the old pass is good and that all of it but some dates is in a new
//! commitment, and a pass that takes the old one's place.

use super::draw::Draw;
use super::issue::Response;
use super::offer::{Offer, digest};
use super::receive::{Issued, ReceiveError, check_values, open};
use super::request::RequestError;
use super::seal::OneTimeKey;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::credential::{Credential, UnverifiedCredential};
use crate::curve::{CryptoRng, G1Affine, Scalar};
use crate::presentation::Renewing;
use crate::registry::Witness;
use crate::scheme::{HolderBundle, IssuerPublic, RenewalPolicy, Scheme, SetBy, UnixTime, Value};
use crate::secret::Secret;
use crate::transcript::Transcript;
use zeroize::Zeroizing;

/// Step 2 of a renewal, shown to the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalRequest {
    /// [`Offer::id`] of the offer that it answers.
    pub(super) offer: [u8; 32],
    /// C.
    pub(super) commitment: G1Affine,
    /// The one-time X25519 key.
    pub(super) key: [u8; 32],
    /// A presentation without its header, which nobody needs: the issuer builds the question itself.
    pub(super) proof: Vec<u8>,
}

/// What the holder keeps, beside the old credential, until the response comes: fresh for every request, consumed by receiving.
pub struct PendingRenewal {
    pub(super) offer: Offer,
    pub(super) request: RenewalRequest,
    pub(super) renewal: RenewalPolicy,
    /// s'.
    pub(super) blinding: Secret<Scalar>,
    pub(super) key: OneTimeKey,
}

impl Offer {
    /// Step 2: answers an offer that renews a pass at `now`. The pass must be up to date with the bundle and
    /// good on that day. Constant-time in everything hidden.
    ///
    /// # Errors
    /// [`RequestError`]; nothing is released then.
    pub fn renew<R: CryptoRng + ?Sized>(
        &self,
        holder: &HolderBundle,
        credential: &Credential,
        now: UnixTime,
        rng: &mut R,
    ) -> Result<PendingRenewal, RequestError> {
        let bundle = &holder.bundle;
        if self.scheme_id != *bundle.scheme.id() {
            return Err(RequestError::OtherScheme);
        }
        if now >= self.expires {
            return Err(RequestError::Expired);
        }
        let number = (self.renewal()).ok_or(RequestError::OtherKind { renews: false })?;
        let renewal = bundle.renewal_numbered(number);
        let renewal = renewal.ok_or(RequestError::UnknownRenewal)?;
        let key = OneTimeKey::generate(rng);
        let blinding = credential.renewal_blinding(&self.to_bytes(), &key.public(), rng);
        let renewing = Renewing {
            bundle,
            renewal,
            offer: self.id(),
            key: key.public(),
            commitment: credential.carried(bundle.scheme(), renewal, blinding.expose()),
        };
        let proof = credential.prove_renewal(holder, &renewing, &blinding, now, rng)?;
        let request = RenewalRequest {
            offer: renewing.offer,
            commitment: renewing.commitment,
            key: renewing.key,
            proof,
        };
        Ok(PendingRenewal {
            offer: self.clone(),
            request,
            renewal: renewal.clone(),
            blinding,
            key,
        })
    }
}

impl RenewalRequest {
    /// Names the request: an issuer's store keeps which one an offer was used for.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Transcript::new("request").field(&self.to_bytes()).digest()
    }

    /// The offer that it answers, by [`Offer::id`].
    #[must_use]
    pub fn offer_id(&self) -> &[u8; 32] {
        &self.offer
    }

    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::RenewalRequest)
            .raw(&self.offer)
            .g1(&self.commitment)
            .raw(&self.key)
            .raw(&self.proof)
            .finish()
    }

    /// Reads a request. What its proof must look like only the bundle says: that is read when it is checked.
    ///
    /// # Errors
    /// Anything that does not begin as such a request, or is too long to be one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("renewal request", bytes);
        reader.header(Artefact::RenewalRequest)?;
        let (offer, commitment, key) = (reader.array()?, reader.g1()?, reader.array()?);
        if reader.remaining() > 4096 {
            return Err(reader.length_error());
        }
        Ok(Self {
            offer,
            commitment,
            key,
            proof: reader.rest().to_vec(),
        })
    }
}

impl PendingRenewal {
    /// What the issuer gets to see.
    #[must_use]
    pub fn request(&self) -> &RenewalRequest {
        &self.request
    }

    /// The offer that is answered.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// By what the pass is renewed: which dates come anew.
    #[must_use]
    pub fn renewal(&self) -> &RenewalPolicy {
        &self.renewal
    }

    /// Until when the issuer answers it.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.offer.expires
    }

    /// The code that both sides compare; `None` if the draw is not the offer's.
    #[must_use]
    pub fn code(&self, draw: &Draw) -> Option<String> {
        draw.code(&self.offer, &self.request.to_bytes())
    }

    /// Whether this is the pass that the request renews.
    #[must_use]
    pub fn renews(&self, scheme: &Scheme, credential: &Credential) -> bool {
        let carried = credential.carried(scheme, &self.renewal, self.blinding.expose());
        carried == self.request.commitment
    }

    /// Whether the response is sealed to this request; what is in it is not looked at.
    #[must_use]
    pub fn opens(&self, response: &Response) -> bool {
        open(&self.offer, &self.request.to_bytes(), &self.key, response).is_ok()
    }

    /// Step 4: opens and checks the response at `now`, against a verified bundle, all as for a first pass. The old
    /// pass is to be kept until this has succeeded, and forgotten then: the new one has its secret, its handle and
    /// whatever was carried. Variable-time in the handle, on the holder's own machine.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub fn receive(
        self,
        old: &Credential,
        holder: &HolderBundle,
        response: &Response,
        now: UnixTime,
    ) -> Result<Credential, ReceiveError> {
        let scheme = &holder.bundle.scheme;
        if self.offer.scheme_id != *scheme.id() || !self.renews(scheme, old) {
            return Err(ReceiveError::Invalid);
        }
        holder.bundle.check_clock(now)?;
        let plain = open(&self.offer, &self.request.to_bytes(), &self.key, response)
            .map_err(|_| ReceiveError::Invalid)?;
        let opened = Envelope::read(scheme, &self.renewal, &plain);
        let opened = opened.map_err(|_| ReceiveError::Invalid)?;
        if digest(&opened.values, &opened.salt) != self.offer.digest {
            return Err(ReceiveError::Invalid);
        }
        let today = (holder.bundle.day_of(now)).ok_or(ReceiveError::Invalid)?;
        if (self.renewal.past_limit(&opened.values, today)).is_some() {
            return Err(ReceiveError::PastLimit);
        }
        let values = self.merged(old, &opened.values);
        let attributes = scheme.schema().attributes().iter().skip(2).zip(&values);
        let own = attributes.filter(|(attribute, _)| attribute.set_by == SetBy::Issuer);
        let own: Zeroizing<Vec<_>> = Zeroizing::new(own.map(|(_, value)| value.clone()).collect());
        check_values(holder, &own, now)?;
        let [secret, handle] = [old.secret(), old.handle()].map(|scalar| *scalar);
        let witnesses = old.witnesses.iter();
        let parts = UnverifiedCredential {
            issuer: IssuerPublic {
                x: self.offer.issuer,
                x1: opened.issued.x1,
            },
            a: opened.issued.a,
            e: opened.issued.e,
            s: Secret::new(*self.blinding.expose()),
            raw: Secret::new([secret, handle]),
            values,
            accreditations: Vec::new(),
            witnesses: witnesses.map(Witness::again).collect(),
            bundle: 0,
        };
        opened.issued.into_credential(holder, parts)
    }

    /// All attributes of the new pass.
    fn merged(&self, old: &Credential, anew: &[Value]) -> Vec<Value> {
        let mut anew = anew.iter();
        (old.values.iter().enumerate().skip(2))
            .filter_map(|(index, value)| match self.renewal.sets(index) {
                true => anew.next().cloned(),
                false => value.clone(),
            })
            .collect()
    }

    /// All of it, for an encrypted wallet. A backup of it must not lead to a second request.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let writer = Writer::artefact(Artefact::PendingRenewal)
            .bytes(&self.offer.to_bytes())
            .bytes(&self.request.to_bytes())
            .scalar(self.blinding.expose())
            .raw(self.key.expose());
        Zeroizing::new(self.renewal.write(writer).finish())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Anything but such bytes.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("pending renewal", bytes);
        reader.header(Artefact::PendingRenewal)?;
        let offer = Offer::from_bytes(reader.bytes()?)?;
        let request = RenewalRequest::from_bytes(reader.bytes()?)?;
        let blinding = Secret::new(reader.scalar()?);
        let key = OneTimeKey::from_seed(reader.array()?);
        let renewal = RenewalPolicy::read(scheme.schema(), &mut reader)?;
        reader.finish()?;
        Ok(Self {
            offer,
            request,
            renewal,
            blinding,
            key,
        })
    }
}

/// What is in the envelope.
struct Envelope {
    values: Zeroizing<Vec<Value>>,
    salt: [u8; 32],
    issued: Issued,
}

impl Envelope {
    fn read(scheme: &Scheme, renewal: &RenewalPolicy, plain: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("response", plain);
        let anew =
            (scheme.schema().set_by(SetBy::Issuer)).filter(|(index, _)| renewal.sets(*index));
        let values = anew
            .map(|(_, attribute)| Value::read(attribute.kind, &mut reader))
            .collect::<Result<_, _>>()?;
        let (values, salt) = (Zeroizing::new(values), reader.array()?);
        let (a, e) = (reader.g1()?, reader.nonzero_scalar()?);
        Ok(Self {
            values,
            salt,
            issued: Issued::read(a, e, reader)?,
        })
    }
}
