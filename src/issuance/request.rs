//! The request: a commitment to what the issuer shall sign unseen, and a one-time key for the answer.

use super::in_order;
use super::offer::Offer;
use super::seal::OneTimeKey;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{Base, CryptoRng, Curve, FixedBase, G1Affine, Scalar, msm, random_scalar};
use crate::error::Error;
use crate::presentation::PresentError;
use crate::scheme::{SECRET, Schema, Scheme, SetBy, UnixTime, Value, bases};
use crate::secret::Secret;
use crate::sigma::{Equation, Hedge, Nonces, Var, recompute_vartime};
use crate::transcript::{ProofChallenge, Transcript};
use zeroize::{Zeroize, Zeroizing};

/// Step 2, shown to the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// [`Offer::id`] of the offer that it answers.
    pub(super) offer: [u8; 32],
    /// C.
    pub(super) commitment: G1Affine,
    pub(super) challenge: ProofChallenge,
    /// ŝ, m̂_0, then the holder's attributes.
    pub(super) responses: Vec<Scalar>,
    /// The one-time X25519 key.
    pub(super) key: [u8; 32],
}

/// What the holder keeps until the response comes: fresh for every request, consumed by receiving,
/// never used again, also not after an abort.
pub struct PendingRequest {
    pub(super) offer: Offer,
    pub(super) request: Request,
    /// s, m_0'.
    pub(super) secrets: Secret<[Scalar; 2]>,
    pub(super) values: Vec<Value>,
    pub(super) key: OneTimeKey,
}

impl Drop for PendingRequest {
    // Everything else wipes itself.
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

/// Why the wallet does not answer an offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// An offer of another scheme.
    #[error("the offer belongs to another scheme than this wallet")]
    OtherScheme,
    /// The offer is past its end.
    #[error("the offer has expired; ask for a new one")]
    Expired,
    /// An offer that renews a pass was answered as a first one, or the reverse.
    #[error("{}", match .renews {
        true => "this offer renews a pass; answer it with the pass that it shall renew",
        false => "this offer renews nothing; answer it with your name and whatever else you set yourself",
    })]
    OtherKind {
        /// Whether it is one that renews.
        renews: bool,
    },
    /// A renewal that the bundle does not have.
    #[error(
        "the authority has no such renewal in its bundle; get the newest bundle, else do not answer the offer"
    )]
    UnknownRenewal,
    /// The pass cannot be renewed now.
    #[error(transparent)]
    Pass(#[from] PresentError),
    /// The holder's attributes do not fit the schema.
    #[error("the attributes do not fit the scheme: {0}")]
    Attributes(String),
}

/// H_s, H_0 and the generators of the holder's attributes.
fn generators(schema: &Schema) -> Vec<&'static FixedBase> {
    let indexes = [SECRET]
        .into_iter()
        .chain(schema.set_by(SetBy::Holder).map(|(index, _)| index));
    let attributes = indexes.filter_map(|index| bases().h.get(index));
    [&bases().h_s]
        .into_iter()
        .chain(attributes)
        .map(AsRef::as_ref)
        .collect()
}

/// The left side of (27), from the schema, never from the request.
fn equation(generators: &[&'static FixedBase]) -> Equation<'static> {
    (generators.iter().enumerate()).fold(Equation::new(), |equation, (i, generator)| {
        equation.left(*generator, Var(i))
    })
}

fn challenge(offer: &Offer, key: &[u8; 32], c: &G1Affine, t: &[G1Affine]) -> ProofChallenge {
    // The offer's id covers scheme, issuer, nonce, expiry and digest.
    let transcript = Transcript::new("req").field(&offer.id()).field(key).g1(c);
    t.iter().fold(transcript, Transcript::g1).challenge()
}

/// T, which the responses of a request answer.
pub(super) fn commitments_vartime(scheme: &Scheme, request: &Request) -> Vec<G1Affine> {
    let generators = generators(scheme.schema());
    let equation = equation(&generators).right(request.commitment, Scalar::one());
    let challenge = request.challenge.to_scalar();
    recompute_vartime(&[equation], &request.responses, &challenge)
}

impl Offer {
    /// Step 2: answers the offer at `now` with a commitment to `values`, the holder's
    /// attributes by name. Constant-time in the attributes' contents.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn request<R: CryptoRng + ?Sized>(
        &self,
        scheme: &Scheme,
        values: &[(&str, Value)],
        now: UnixTime,
        rng: &mut R,
    ) -> Result<PendingRequest, RequestError> {
        if self.scheme_id != *scheme.id() {
            return Err(RequestError::OtherScheme);
        }
        if now >= self.expires {
            return Err(RequestError::Expired);
        }
        if self.renewal != 0 {
            return Err(RequestError::OtherKind { renews: true });
        }
        let values = in_order(&scheme.schema().of(SetBy::Holder), values)
            .map_err(RequestError::Attributes)?;
        let key = OneTimeKey::generate(rng);
        let attributes = values.iter().map(Value::to_scalar);
        let attributes = Secret::gather(values.len(), attributes);
        let mut rng = Hedge::new("veilpass request", rng)
            .bytes(&self.to_bytes())
            .bytes(&key.public())
            .scalars(attributes.expose())
            .finish();
        let secrets = Secret::new([random_scalar(&mut rng), random_scalar(&mut rng)]);
        let witness = secrets.expose().iter().chain(attributes.expose()).copied();
        let witness = Secret::gather(values.len() + 2, witness);
        let generators = generators(scheme.schema());
        let bases = generators.iter().map(|generator| Base::Fixed(generator));
        let commitment = msm(bases.zip(witness.expose().iter().copied())).to_affine();
        let nonces = Nonces::draw(generators.len(), &mut rng);
        let t = nonces.commit(&[equation(&generators)]);
        let challenge = challenge(self, &key.public(), &commitment, &t);
        let request = Request {
            offer: self.id(),
            commitment,
            challenge,
            responses: nonces.respond(&witness, &challenge.to_scalar()),
            key: key.public(),
        };
        Ok(PendingRequest {
            offer: self.clone(),
            request,
            secrets,
            values,
            key,
        })
    }
}

impl Request {
    /// Checks that it answers `offer` and that its maker knows what is committed to. Variable-time.
    pub(super) fn verify_vartime(&self, scheme: &Scheme, offer: &Offer) -> Result<(), Error> {
        let generators = generators(scheme.schema());
        if self.offer != offer.id() || self.responses.len() != generators.len() {
            return Err(Error::Invalid);
        }
        let t = commitments_vartime(scheme, self);
        if challenge(offer, &self.key, &self.commitment, &t) == self.challenge {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }

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
        let writer = Writer::artefact(Artefact::Request)
            .raw(&self.offer)
            .g1(&self.commitment)
            .raw(&self.challenge.0)
            .raw(&self.key);
        self.responses.iter().fold(writer, Writer::scalar).finish()
    }

    /// Reads a request of `scheme`, whose schema fixes its length.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("request", bytes);
        reader.header(Artefact::Request)?;
        let (offer, commitment) = (reader.array()?, reader.g1()?);
        let (challenge, key) = (ProofChallenge(reader.array()?), reader.array()?);
        let responses = (generators(scheme.schema()).iter())
            .map(|_| reader.scalar())
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self {
            offer,
            commitment,
            challenge,
            responses,
            key,
        })
    }
}

impl PendingRequest {
    /// What the issuer gets to see.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The offer that is answered.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// All of it, for an encrypted wallet. A backup of it must not lead to a second request: the
    /// secrets belong to this request alone.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let [s, m] = self.secrets.expose();
        let writer = Writer::artefact(Artefact::PendingRequest)
            .bytes(&self.offer.to_bytes())
            .bytes(&self.request.to_bytes())
            .scalar(s)
            .scalar(m)
            .raw(self.key.expose());
        let writer = (self.values.iter()).fold(writer, |writer, value| value.write(writer));
        Zeroizing::new(writer.finish())
    }

    /// Until when the issuer answers it.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.offer.expires
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Anything but such bytes.
    pub fn from_bytes(scheme: &Scheme, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("pending request", bytes);
        reader.header(Artefact::PendingRequest)?;
        let offer = Offer::from_bytes(reader.bytes()?)?;
        let request = Request::from_bytes(scheme, reader.bytes()?)?;
        let secrets = Secret::new([reader.scalar()?, reader.scalar()?]);
        let key = OneTimeKey::from_seed(reader.array()?);
        let values = (scheme.schema().set_by(SetBy::Holder))
            .map(|(_, attribute)| attribute.read_value(&mut reader))
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self {
            offer,
            request,
            secrets,
            values,
            key,
        })
    }
}
