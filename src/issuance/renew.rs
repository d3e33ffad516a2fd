//! Renewing, the issuer's side: whoever proves a pass gets the same one with other dates.
//!
//! There is no new handle, so that revoking one kills all copies, and no entropy of the issuer's: the pseudonym secret
//! stays what it was.

use super::draw::{Draw, code};
use super::issue::{IssueError, Response, check_accredited, issuer_parts, signature};
use super::offer::PendingOffer;
use super::renewal::RenewalRequest;
use crate::curve::{Base, Curve, G1Affine, Scalar, g1_to_bytes, msm};
use crate::presentation::{Renewed, Renewing};
use crate::scheme::{Accreditation, Bundle, IssuerKey, RenewalPolicy, UnixTime, bases};
use crate::sigma::Hedge;
use crate::transcript::Transcript;
use zeroize::Zeroizing;

/// For tests, an issuer that signs without any check.
#[cfg(test)]
impl<'a> CheckedRenewal<'a> {
    pub(super) fn unchecked(
        kept: &PendingOffer,
        bundle: &'a Bundle,
        key: &'a IssuerKey,
        request: &'a RenewalRequest,
    ) -> Self {
        let renewing = Renewing {
            bundle,
            renewal: &bundle.renewals[0],
            offer: request.offer,
            key: request.key,
            commitment: request.commitment,
        };
        Self {
            offer: PendingOffer {
                offer: kept.offer.clone(),
                renewal: kept.renewal.clone(),
                values: kept.values.clone(),
                salt: kept.salt,
                draw: kept.draw,
            },
            renewal: renewing.renewal,
            bundle,
            key,
            request,
            question: renewing.question_bytes(crate::scheme::at(crate::presentation::lab::NOW)),
        }
    }
}

/// A renewal request that was checked against its offer. Issuing consumes it.
pub struct CheckedRenewal<'a> {
    offer: PendingOffer,
    renewal: &'a RenewalPolicy,
    bundle: &'a Bundle,
    key: &'a IssuerKey,
    request: &'a RenewalRequest,
    /// The question that was answered, byte for byte.
    question: Vec<u8>,
}

impl PendingOffer {
    /// Whether this offer may be signed for this request at `now`, before anything is used up: the old pass is proven
    /// by this issuer's own bundle, on its today and in the epoch in force, and so is that the request carries all of it. Variable-time in
    /// the request, which is public.
    ///
    /// # Errors
    /// [`IssueError`].
    pub fn check_renewal<'a>(
        self,
        bundle: &'a Bundle,
        key: &'a IssuerKey,
        request: &'a RenewalRequest,
        now: UnixTime,
    ) -> Result<CheckedRenewal<'a>, IssueError> {
        self.is_open(bundle.scheme(), key, now)?;
        bundle.check_clock(now)?;
        let own = (self.renewal.as_ref()).ok_or(IssueError::OtherKind { renews: false })?;
        let renewal = (bundle.renewal_numbered(own.number()))
            .filter(|renewal| *renewal == own)
            .ok_or(IssueError::UnknownRenewal)?;
        if request.offer != self.offer.id() {
            return Err(IssueError::Request);
        }
        let renewing = Renewing {
            bundle,
            renewal,
            offer: request.offer,
            key: request.key,
            commitment: request.commitment,
        };
        // The weights of the product are nobody's but this issuer's, so that no generator is needed.
        let weights = Hedge::derived("veilpass renewal weights").scalars(&[*key.scalar()]);
        let Renewed { question, day } = (renewing.verify_vartime(&request.proof, now, weights))
            .map_err(|_| IssueError::NotProven)?;
        // The day can only have come nearer to the dates since they were offered, unless a clock went back.
        if renewal.past_limit(&self.values, day).is_some() {
            return Err(IssueError::UnknownRenewal);
        }
        Ok(CheckedRenewal {
            offer: self,
            renewal,
            bundle,
            key,
            request,
            question,
        })
    }
}

impl CheckedRenewal<'_> {
    /// The draw, as [`CheckedRequest::draw`](super::CheckedRequest::draw).
    #[must_use]
    pub fn draw(&self) -> Draw {
        Draw::new(&self.offer.offer, self.offer.draw)
    }

    /// What the guest's wallet must show when it has the draw.
    #[must_use]
    pub fn code(&self) -> String {
        let request = self.request.to_bytes();
        code(&self.offer.offer, &request, &self.offer.draw)
    }

    /// Signs. Everything in the answer is derived from the key, the offer, the request and the question that it answered: the
    /// same again gives the same bytes. Constant-time in the key.
    ///
    /// # Errors
    /// [`IssueError::NotAccredited`], [`IssueError::Unlucky`].
    pub fn issue(self, accreditation: Option<&Accreditation>) -> Result<Response, IssueError> {
        check_accredited(self.bundle.scheme(), accreditation)?;
        self.sign(accreditation)
    }

    /// Signs and seals, without any check of its own.
    pub(super) fn sign(
        &self,
        accreditation: Option<&Accreditation>,
    ) -> Result<Response, IssueError> {
        let e = self.exponent();
        let a = signature(self.key, self.point_b(), &e)?;
        // What the envelope holds: the new dates and their salt, A, e, X1, the accreditation.
        let writer = (self.offer.written())
            .raw(&self.offer.salt)
            .raw(&g1_to_bytes(&a))
            .scalar(&e);
        let plain = Zeroizing::new(issuer_parts(writer, self.key, accreditation).finish());
        let request = self.request.to_bytes();
        (self.offer).close(self.key, (&self.request.key, &request), &plain)
    }

    /// (30).
    fn point_b(&self) -> G1Affine {
        let anew = self.renewal.anew().iter().zip(&self.offer.values);
        let terms = anew.filter_map(|(anew, value)| {
            let h = bases().h.get(usize::from(anew.attribute))?;
            Some((Base::from(h.as_ref()), value.to_scalar()))
        });
        let scheme = self.bundle.scheme();
        (scheme.base_of_b() + msm(terms) + self.request.commitment).to_affine()
    }

    /// e, derived from everything that is signed.
    fn exponent(&self) -> Scalar {
        let values = Zeroizing::new(self.offer.written().finish());
        Transcript::new("e renewal")
            .field(&values)
            .scalar(self.key.scalar())
            .field(self.bundle.scheme().id())
            .field(&self.request.offer)
            .g1(&self.request.commitment)
            .field(&self.question)
            .to_scalar()
    }
}
