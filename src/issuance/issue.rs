//! Issuing: the issuer signs what it sees and what it does not see.

use super::draw::{Draw, code, issuance};
use super::offer::{PendingOffer, digest};
use super::request::Request;
use super::seal::seal;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{Base, Curve, G1Affine, Scalar, g1_to_bytes, msm};
use crate::error::Error;
use crate::registry::Handle;
use crate::scheme::{
    Accreditation, ClockError, HANDLE, IssuerKey, IssuerMode, SECRET, Scheme, SetBy, UnixTime,
    bases,
};
use crate::secret::Secret;
use crate::sigma::Hedge;
use crate::transcript::Transcript;
use zeroize::Zeroizing;

/// Step 3: sealed to the request. Store it before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// d, for whoever did not compare codes.
    pub(super) draw: [u8; 16],
    pub(super) sealed: Vec<u8>,
}

/// Why the issuer does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The offer was made by another issuer key, or for another scheme.
    #[error("the offer was not made with this key for this scheme")]
    OtherOffer,
    /// The offer is past its end.
    #[error("the offer has expired; make a new one")]
    Expired,
    /// The request answers another offer, or its proof does not verify.
    #[error("the request does not belong to this offer, or is damaged; scan it again")]
    Request,
    /// An offer that renews a pass, for a request that does not, or the reverse.
    #[error("{}", match .renews {
        true => "the offer renews a pass, and the request does not; let the guest answer it with the pass",
        false => "the offer renews nothing, and the request does; make an offer of a renewal",
    })]
    OtherKind {
        /// Whether the offer is one that renews.
        renews: bool,
    },
    /// A renewal that the bundle does not have any more.
    #[error("the bundle has this renewal no more, or as another; make a new offer")]
    UnknownRenewal,
    /// The proof of the old pass does not hold today, in the epoch in force.
    #[error(
        "the request proves no pass that can be renewed now: let the guest sync the pass, compare both clocks, update this issuer, and make a new offer"
    )]
    NotProven,
    /// The bundle cannot be relied on now.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// A scheme that hides issuers needs an accreditation, one that does not has none.
    #[error("there is no accreditation for this issuer; import the current one")]
    NotAccredited,
    /// A value without an inverse (probability 2^-255).
    #[error("this request cannot be signed; make a new offer")]
    Unlucky,
}

/// A request that was checked against its offer. Issuing consumes it.
pub struct CheckedRequest<'a> {
    offer: PendingOffer,
    scheme: &'a Scheme,
    key: &'a IssuerKey,
    request: &'a Request,
}

impl CheckedRequest<'_> {
    /// The draw, to be shown to whoever sent the request, and to nobody before; for another request the same offer is
    /// never used again.
    #[must_use]
    pub fn draw(&self) -> Draw {
        Draw::new(&self.offer.offer, self.offer.draw)
    }

    /// What the guest's wallet must show when it has the draw.
    #[must_use]
    pub fn code(&self) -> String {
        code(
            &self.offer.offer,
            &self.request.to_bytes(),
            &self.offer.draw,
        )
    }

    /// Signs: what [`PendingOffer::issue`] does after its checks. Constant-time in the key.
    ///
    /// # Errors
    /// [`IssueError::NotAccredited`], [`IssueError::Unlucky`].
    pub fn issue(
        self,
        accreditation: Option<&Accreditation>,
        handle: Handle,
    ) -> Result<Response, IssueError> {
        check_accredited(self.scheme, accreditation)?;
        (self.offer).sign(self.scheme, self.key, accreditation, self.request, &handle)
    }
}

impl Response {
    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        Writer::artefact(Artefact::Response)
            .raw(&self.draw)
            .raw(&self.sealed)
            .finish()
    }

    /// Reads a response; what is in it only its receiver can tell.
    ///
    /// # Errors
    /// Anything that does not begin as a response, or is too long to be one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("response", bytes);
        reader.header(Artefact::Response)?;
        if reader.remaining() > 4096 {
            return Err(reader.length_error());
        }
        let draw = reader.array()?;
        Ok(Self {
            draw,
            sealed: reader.rest().to_vec(),
        })
    }
}

impl PendingOffer {
    /// Step 3: signs at `now`. Consumes the offer and a handle; everything in the answer
    /// is derived from the key, the offer and the request, so signing the same again (from a store,
    /// after a crash) gives the same bytes. Constant-time in the key.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn issue(
        self,
        scheme: &Scheme,
        key: &IssuerKey,
        accreditation: Option<&Accreditation>,
        request: &Request,
        handle: Handle,
        now: UnixTime,
    ) -> Result<Response, IssueError> {
        self.check(scheme, key, request, now)?
            .issue(accreditation, handle)
    }

    /// Whether this offer may be signed for this request, before anything is used up. Variable-time in
    /// the request, which is public.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn check<'a>(
        self,
        scheme: &'a Scheme,
        key: &'a IssuerKey,
        request: &'a Request,
        now: UnixTime,
    ) -> Result<CheckedRequest<'a>, IssueError> {
        self.is_open(scheme, key, now)?;
        if self.renewal.is_some() {
            return Err(IssueError::OtherKind { renews: true });
        }
        request
            .verify_vartime(scheme, &self.offer)
            .map_err(|_| IssueError::Request)?;
        Ok(CheckedRequest {
            offer: self,
            scheme,
            key,
            request,
        })
    }

    /// Whether the offer was made here and is still good.
    pub(super) fn is_open(
        &self,
        scheme: &Scheme,
        key: &IssuerKey,
        now: UnixTime,
    ) -> Result<(), IssueError> {
        let own = self.offer.issuer == key.public().x && self.offer.scheme_id == *scheme.id();
        if !own || digest(&self.values, &self.salt) != self.offer.digest {
            return Err(IssueError::OtherOffer);
        }
        if now >= self.offer.expires {
            return Err(IssueError::Expired);
        }
        Ok(())
    }

    /// Signs and seals, without any check of its own.
    pub(super) fn sign(
        &self,
        scheme: &Scheme,
        key: &IssuerKey,
        accreditation: Option<&Accreditation>,
        request: &Request,
        handle: &Handle,
    ) -> Result<Response, IssueError> {
        let k = Secret::new(
            Transcript::new("issuer entropy")
                .scalar(key.scalar())
                .field(&request.to_bytes())
                .to_scalar(),
        );
        let b = self.point_b(scheme, request, k.expose(), handle);
        let request_bytes = request.to_bytes();
        let issuance = issuance(&self.offer, &request_bytes, &self.draw);
        let e = self.exponent(scheme, key, &issuance, handle);
        let a = signature(key, b, &e)?;
        let plain = self.plain(key, accreditation, k.expose(), &a, &e, handle);
        self.close(key, (&request.key, &request_bytes), &plain)
    }

    /// Seals `plain` to the one-time key of a request, given with its bytes.
    pub(super) fn close(
        &self,
        key: &IssuerKey,
        (to, request): (&[u8; 32], &[u8]),
        plain: &[u8],
    ) -> Result<Response, IssueError> {
        let issuance = issuance(&self.offer, request, &self.draw);
        let mut rng = Hedge::derived("veilpass response")
            .scalars(&[*key.scalar()])
            .bytes(request)
            .bytes(plain)
            .finish();
        let sealed = seal(to, plain, &issuance, &mut rng);
        let sealed = sealed.map_err(|_: Error| IssueError::Request)?;
        Ok(Response {
            draw: self.draw,
            sealed,
        })
    }

    /// The values as they are hashed and sealed.
    pub(super) fn written(&self) -> Writer {
        (self.values.iter()).fold(Writer::default(), |writer, value| value.write(writer))
    }

    /// (28).
    fn point_b(&self, scheme: &Scheme, request: &Request, k: &Scalar, handle: &Handle) -> G1Affine {
        let own = scheme.schema().set_by(SetBy::Issuer);
        let own = own.zip(&self.values).map(|((i, _), v)| (i, v.to_scalar()));
        let terms = [(SECRET, *k), (HANDLE, *handle.0.handle())]
            .into_iter()
            .chain(own)
            .filter_map(|(i, scalar)| Some((bases().h.get(i)?.as_ref().into(), scalar)));
        (scheme.base_of_b() + msm(terms) + request.commitment).to_affine()
    }

    /// e, derived from everything that is signed.
    fn exponent(
        &self,
        scheme: &Scheme,
        key: &IssuerKey,
        issuance: &[u8; 32],
        handle: &Handle,
    ) -> Scalar {
        let values = Zeroizing::new(self.written().finish());
        Transcript::new("e")
            .field(&values)
            .scalar(key.scalar())
            .field(scheme.id())
            .field(&self.offer.nonce)
            .field(issuance)
            .field(&self.offer.digest)
            .scalar(handle.0.handle())
            .to_scalar()
    }

    /// What the envelope holds: attributes and salt, k, A, e, the handle, X1, the accreditation.
    fn plain(
        &self,
        key: &IssuerKey,
        accreditation: Option<&Accreditation>,
        k: &Scalar,
        a: &G1Affine,
        e: &Scalar,
        handle: &Handle,
    ) -> Zeroizing<Vec<u8>> {
        let writer = self
            .written()
            .raw(&self.salt)
            .scalar(k)
            .raw(&g1_to_bytes(a))
            .scalar(e);
        Zeroizing::new(issuer_parts(handle.0.write(writer), key, accreditation).finish())
    }
}

/// A = B/(x + e). Constant-time.
pub(super) fn signature(key: &IssuerKey, b: G1Affine, e: &Scalar) -> Result<G1Affine, IssueError> {
    if bool::from(b.is_identity()) {
        return Err(IssueError::Unlucky);
    }
    let exponent = Option::<Scalar>::from((key.scalar() + e).invert());
    let exponent = Secret::new(exponent.ok_or(IssueError::Unlucky)?);
    Ok(msm([(Base::Point(b), *exponent.expose())]).to_affine())
}

/// Behind it, what a holder needs to know of the issuer: X1, the accreditation.
pub(super) fn issuer_parts(
    writer: Writer,
    key: &IssuerKey,
    accreditation: Option<&Accreditation>,
) -> Writer {
    let writer = writer.g1(&key.public().x1);
    match accreditation {
        Some(accreditation) => accreditation.write(writer.u8(1)),
        None => writer.u8(0),
    }
}

/// Hidden issuers sign with an accreditation, a known one without.
pub(super) fn check_accredited(
    scheme: &Scheme,
    accreditation: Option<&Accreditation>,
) -> Result<(), IssueError> {
    match accreditation.is_some() == (*scheme.issuer_mode() == IssuerMode::Hidden) {
        true => Ok(()),
        false => Err(IssueError::NotAccredited),
    }
}
