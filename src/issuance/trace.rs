//! Issuance with everything behind it, for the published test vectors (feature `internals`).

use super::draw::issuance;
use super::issue::Response;
use super::offer::{Offer, PendingOffer};
use super::receive::open;
use super::renewal::{PendingRenewal, RenewalRequest};
use super::request::{PendingRequest, Request, commitments_vartime};
use super::seal::OneTimeKey;
use crate::credential::Credential;
use crate::curve::{CryptoRng, G1Affine, Scalar};
use crate::error::Error;
use crate::presentation::Renewing;
use crate::presentation::trace::{Falsified, Traced, prove_renewal};
use crate::scheme::{HolderBundle, Scheme, UnixTime, Value};
use crate::transcript::Transcript;
use zeroize::Zeroizing;

/// What a request was made of.
#[derive(Clone, Debug)]
pub struct TracedRequest {
    /// C.
    pub commitment: G1Affine,
    /// T.
    pub nonces: G1Affine,
    /// c.
    pub challenge: [u8; 16],
    /// s, m_0', the holder's attributes.
    pub witness: Vec<Scalar>,
    /// The response to each.
    pub responses: Vec<Scalar>,
    /// The one-time key.
    pub key: TracedKey,
}

/// A one-time key.
#[derive(Clone, Debug)]
pub struct TracedKey {
    /// What DeriveKeyPair of RFC 9180 makes the key of.
    pub seed: [u8; 32],
    /// The private key.
    pub private: [u8; 32],
    /// The public key.
    pub public: [u8; 32],
}

impl TracedKey {
    fn of(key: &OneTimeKey) -> Self {
        Self {
            seed: *key.expose(),
            private: key.private(),
            public: key.public(),
        }
    }
}

/// What a wallet keeps of a request, in the open.
///
/// # Errors
/// [`Error::Invalid`] if the request is none of this scheme's.
pub fn request(scheme: &Scheme, pending: &PendingRequest) -> Result<TracedRequest, Error> {
    let request = &pending.request;
    let t = commitments_vartime(scheme, request);
    let attributes = pending.values.iter().map(Value::to_scalar);
    Ok(TracedRequest {
        commitment: request.commitment,
        nonces: *t.first().ok_or(Error::Invalid)?,
        challenge: request.challenge.0,
        witness: (pending.secrets.expose().iter().copied())
            .chain(attributes)
            .collect(),
        responses: request.responses.clone(),
        key: TracedKey::of(&pending.key),
    })
}

/// What is in the envelope of a response to a request.
///
/// # Errors
/// [`Error::Invalid`] if it is not to this request.
pub fn envelope(
    pending: &PendingRequest,
    response: &Response,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    open(
        &pending.offer,
        &pending.request.to_bytes(),
        &pending.key,
        response,
    )
}

/// The same of a renewal.
///
/// # Errors
/// [`Error::Invalid`] if it is not to this request.
pub fn renewal_envelope(
    pending: &PendingRenewal,
    response: &Response,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    open(
        &pending.offer,
        &pending.request.to_bytes(),
        &pending.key,
        response,
    )
}

/// The one-time key of a renewal request.
#[must_use]
pub fn renewal_key(pending: &PendingRenewal) -> TracedKey {
    TracedKey::of(&pending.key)
}

/// H(issuance; offer, request, d).
#[must_use]
pub fn issuance_digest(kept: &PendingOffer, request: &[u8]) -> [u8; 32] {
    issuance(&kept.offer, request, &kept.draw)
}

/// d and the salt of an offer.
#[must_use]
pub fn offer_secrets(kept: &PendingOffer) -> ([u8; 16], [u8; 32]) {
    (kept.draw, kept.salt)
}

/// k of an issuer with the key x for a request.
#[must_use]
pub fn issuer_entropy(x: &Scalar, request: &Request) -> Scalar {
    Transcript::new("issuer entropy")
        .scalar(x)
        .field(&request.to_bytes())
        .to_scalar()
}

/// What [`Offer::renew`] makes from the same generator, with all of it shown, and not checked.
///
/// # Errors
/// [`Error::Invalid`] if the offer cannot be answered.
pub fn renew<R: CryptoRng + ?Sized>(
    offer: &Offer,
    holder: &HolderBundle,
    (credential, now): (&Credential, UnixTime),
    falsified: Falsified<'_>,
    rng: &mut R,
) -> Result<(PendingRenewal, Traced), Error> {
    let bundle = &holder.bundle;
    let renewal = bundle.renewal_numbered(offer.renewal().ok_or(Error::Invalid)?);
    let renewal = renewal.ok_or(Error::Invalid)?;
    let key = OneTimeKey::generate(rng);
    let blinding = credential.renewal_blinding(&offer.to_bytes(), &key.public(), rng);
    let renewing = Renewing {
        bundle,
        renewal,
        offer: offer.id(),
        key: key.public(),
        commitment: credential.carried(bundle.scheme(), renewal, blinding.expose()),
    };
    let traced = prove_renewal(
        credential,
        holder,
        (&renewing, now),
        &blinding,
        falsified,
        rng,
    )?;
    let request = RenewalRequest {
        offer: renewing.offer,
        commitment: renewing.commitment,
        key: renewing.key,
        proof: traced.payload.clone(),
    };
    let pending = PendingRenewal {
        offer: offer.clone(),
        request,
        renewal: renewal.clone(),
        blinding,
        key,
    };
    Ok((pending, traced))
}
