//! Signatures, and the prover that a verified signature makes of its holder.

use std::fmt;
use std::marker::PhantomData;

use super::Suite;
use super::basis::{Basis, check_indexes, invert, map_messages, serialize_secret};
use super::key::{PublicKey, SecretKey};
use super::proof::{Binding, Proof, prove};
use crate::codec::{DecodeError, Reader};
use crate::curve::{
    Base, CryptoRng, Curve, G1Affine, G1Projective, Scalar, g1_to_bytes, msm, scalar_to_bytes,
    signed_pairing,
};
use crate::error::Error;
use crate::secret::Secret;

/// A signature (A, e): 80 bytes. Whoever has it and the messages can show them, so it is kept
/// like a secret; presentations never contain it, and printing it shows nothing. It travels from
/// issuer to holder, so it can be cloned and encoded; a [`Prover`] wipes its copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature<S: Suite> {
    pub(super) a: G1Affine,
    pub(super) e: Scalar,
    suite: PhantomData<S>,
}

impl<S: Suite> fmt::Debug for Signature<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl<S: Suite> Signature<S> {
    /// Its length in bytes.
    pub const BYTES: usize = 80;

    /// A (48 bytes) ‖ e (32 bytes).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 80] {
        let mut bytes = [0; 80];
        let (a, e) = bytes.split_at_mut(48);
        a.copy_from_slice(&g1_to_bytes(&self.a));
        e.copy_from_slice(&scalar_to_bytes(&self.e));
        bytes
    }

    /// octets_to_signature, draft-irtf-cfrg-bbs-signatures §4.2.4.2.
    ///
    /// # Errors
    /// Wrong length, a point that is not a canonical point of the subgroup or is the identity, a
    /// scalar that is zero or not reduced.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("signature", bytes);
        let (a, e) = (reader.g1()?, reader.nonzero_scalar()?);
        reader.finish()?;
        Ok(Self {
            a,
            e,
            suite: PhantomData,
        })
    }

    /// A = B / (x + e) (equation (2)). Constant-time.
    pub(super) fn over(b: &G1Affine, sk: &SecretKey<S>, e: Scalar) -> Result<Self, Error> {
        let exponent = Secret::new(invert(&(sk.scalar() + e))?);
        let a = msm([(Base::Point(*b), *exponent.expose())]).to_affine();
        if bool::from(a.is_identity()) {
            return Err(Error::Invalid);
        }
        Ok(Self {
            a,
            e,
            suite: PhantomData,
        })
    }
}

impl<S: Suite> SecretKey<S> {
    /// Sign, §3.5.1: a signature over `messages` and `header`. The same input always gives the same
    /// signature. Constant-time in the key and the contents of the messages.
    ///
    /// # Errors
    /// [`Error::TooManyMessages`].
    pub fn sign<M: AsRef<[u8]>>(
        &self,
        header: &[u8],
        messages: &[M],
    ) -> Result<Signature<S>, Error> {
        let interface = &S::interfaces().core;
        let basis = Basis::new(interface, messages.len(), 0)?;
        let scalars = Secret::gather(messages.len(), map_messages(interface, messages));
        let domain = basis.domain(self.public_key(), &[header]);
        let input = [self.scalar()]
            .into_iter()
            .chain(scalars.expose())
            .chain([&domain]);
        let input = serialize_secret(messages.len() + 2, input);
        let e = interface.hash_to_scalar(&[input.expose()]);
        let b = basis.point_b(&domain, scalars.expose()).to_affine();
        Signature::over(&b, self, e)
    }
}

impl<S: Suite> PublicKey<S> {
    /// Verify, §3.5.2: takes a signature over `messages` and `header` into a [`Prover`], which
    /// exists only if the signature is valid. Constant-time in signature and messages.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::TooManyMessages`].
    pub fn verify<M: AsRef<[u8]>>(
        &self,
        signature: &Signature<S>,
        header: &[u8],
        messages: &[M],
    ) -> Result<Prover<S>, Error> {
        let interface = &S::interfaces().core;
        let basis = Basis::new(interface, messages.len(), 0)?;
        let scalars = Secret::gather(messages.len(), map_messages(interface, messages));
        let domain = basis.domain(self, &[header]);
        Opened::verify(self, signature, basis, domain, scalars).map(|opened| Prover {
            opened,
            suite: PhantomData,
        })
    }
}

/// A verified signature with its messages: what proofs that disclose some of them are made from.
pub struct Prover<S: Suite> {
    opened: Opened,
    suite: PhantomData<S>,
}

impl<S: Suite> Prover<S> {
    /// ProofGen, §3.5.3: a proof that discloses the messages at `disclosed` and hides the others.
    /// Every call gives a fresh, unlinkable proof bound to `presentation_header`. Constant-time in
    /// everything hidden; `rng` is hedged, see [`crate::bbs`].
    ///
    /// # Errors
    /// [`Error::Indexes`] unless `disclosed` rises strictly and stays below the message count.
    pub fn prove<R: CryptoRng + ?Sized>(
        &self,
        presentation_header: &[u8],
        disclosed: &[usize],
        rng: &mut R,
    ) -> Result<Proof<S>, Error> {
        check_indexes(disclosed.iter().copied(), self.opened.basis.len())?;
        let mut rng = self
            .opened
            .hedge(disclosed, presentation_header, rng)
            .finish();
        self.prove_with(presentation_header, disclosed, &mut rng)
    }

    /// [`prove`](Self::prove) with the randomness taken from `rng` as it comes, in the order of the
    /// draft: what the published vectors fix.
    pub(super) fn prove_with<R: CryptoRng + ?Sized>(
        &self,
        presentation_header: &[u8],
        disclosed: &[usize],
        rng: &mut R,
    ) -> Result<Proof<S>, Error> {
        let binding = Binding {
            presentation_header,
            pseudonym: None,
        };
        prove(&self.opened, &binding, disclosed, rng).map(Proof::from_parts)
    }

    #[cfg(any(test, feature = "internals"))]
    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }
}

/// What every proof starts from, whichever way the signature was issued.
pub(super) struct Opened {
    pub(super) a: Secret<G1Affine>,
    pub(super) e: Secret<Scalar>,
    pub(super) b: Secret<G1Affine>,
    pub(super) basis: Basis,
    pub(super) domain: Scalar,
    /// Every signed scalar, in the order of the basis.
    pub(super) messages: Secret<Vec<Scalar>>,
}

impl Opened {
    /// e(A, X + e·g2) = e(B, g2), checked as e(A, X) · e(e·A − B, g2) = 1 (equation (3)) so that
    /// both points of G2 have their lines prepared. Constant-time.
    pub(super) fn verify<S: Suite>(
        pk: &PublicKey<S>,
        signature: &Signature<S>,
        basis: Basis,
        domain: Scalar,
        messages: Secret<Vec<Scalar>>,
    ) -> Result<Self, Error> {
        let b: G1Projective = basis.point_b(&domain, messages.expose());
        let valid = signed_pairing(&signature.a, pk.prepared(), &signature.e, &b);
        if !valid {
            return Err(Error::Invalid);
        }
        Ok(Self {
            a: Secret::new(signature.a),
            e: Secret::new(signature.e),
            b: Secret::new(b.to_affine()),
            basis,
            domain,
            messages,
        })
    }

    /// A hedge over everything that determines a proof, see [`crate::sigma`].
    pub(super) fn hedge<R: CryptoRng + ?Sized>(
        &self,
        disclosed: &[usize],
        presentation_header: &[u8],
        rng: &mut R,
    ) -> crate::sigma::Hedge {
        let disclosed: Vec<_> = (disclosed.iter())
            .map(|i| Scalar::from(u64::try_from(*i).unwrap_or(u64::MAX)))
            .collect();
        crate::sigma::Hedge::new("veilpass bbs proof", rng)
            .bytes(self.basis.interface.api_id.as_bytes())
            .bytes(&g1_to_bytes(self.a.expose()))
            .scalars(&[*self.e.expose(), self.domain])
            .scalars(self.messages.expose())
            .scalars(&disclosed)
            .bytes(presentation_header)
    }
}
