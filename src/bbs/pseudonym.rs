//! Pseudonyms, draft-irtf-cfrg-bbs-per-verifier-linkability-03: a holder is recognised again within
//! one context and nowhere else.
//!
//! The holder commits to secrets nym_0 … nym_{N−1}; the issuer adds entropy to the last, so that
//! neither side alone chooses them, and signs their number with the header.
//!
//! ```text
//! (10) OP = hash_to_curve(context)   z = hash_to_scalar(context)
//!      pseudonym = (Σ z^i·nym_i)·OP
//! ```

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::basis::map_messages;
use super::blind::BlindClaim;
use super::committed::{
    Commitment, blind_sign, commit, expose_first, hedge_commitment, open_blind, places, read_blind,
    verify_blind,
};
use super::interface::Interface;
use super::key::{PublicKey, SecretKey};
use super::proof::{Binding, Proof, prove};
use super::signature::{Opened, Signature};
use super::{MAX_MESSAGES, Suite};
use crate::codec::{DecodeError, Reader, length_prefix};
use crate::curve::{
    Base, CryptoRng, Curve, Field, G1Affine, Scalar, g1_to_bytes, msm, random_scalar,
    scalar_to_bytes,
};
use crate::error::Error;
use crate::secret::Secret;

/// The holder's secrets behind its pseudonyms. How many there are bounds how many contexts may
/// collude before a powerful enough adversary could link them (§3 of the draft); one is usual.
pub struct NymSecrets(Secret<Vec<Scalar>>);

impl NymSecrets {
    /// `count` fresh secrets.
    ///
    /// # Errors
    /// [`Error::NoPseudonymSecret`] for a count of zero, [`Error::TooManyMessages`].
    pub fn random<R: CryptoRng + ?Sized>(count: usize, rng: &mut R) -> Result<Self, Error> {
        if count == 0 {
            return Err(Error::NoPseudonymSecret);
        }
        if count >= MAX_MESSAGES {
            return Err(Error::TooManyMessages {
                count,
                limit: MAX_MESSAGES - 1,
            });
        }
        let secrets = (0..count).map(|_| random_scalar(rng));
        Ok(Self(Secret::gather(count, secrets)))
    }

    /// The secrets, 32 bytes each, for storing them encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Vec::with_capacity(32 * self.0.expose().len());
        for scalar in self.0.expose() {
            bytes.extend(scalar_to_bytes(scalar));
        }
        Zeroizing::new(bytes)
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// A length that is not a multiple of 32, no secret at all, a scalar that is not reduced.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.is_empty() {
            return Err(Error::NoPseudonymSecret);
        }
        let mut reader = Reader::new("pseudonym secrets", bytes);
        let count = bytes.len() / 32;
        if !bytes.len().is_multiple_of(32) || count >= MAX_MESSAGES {
            return Err(reader.length_error().into());
        }
        // What was read before a flaw is wiped as well.
        let mut flaw = None;
        let scalars = (0..count).map_while(|_| reader.scalar().map_err(|e| flaw = Some(e)).ok());
        let scalars = Secret::gather(count, scalars);
        flaw.map_or(Ok(Self(scalars)), |flaw| Err(flaw.into()))
    }

    fn count(&self) -> usize {
        self.0.expose().len()
    }
}

/// What the issuer adds to the last secret: fresh for every signature, sent with it and forgotten.
/// Other entropy means other pseudonyms, so a renewed credential has new ones; a pseudonym is of a
/// credential, not of a person.
pub struct SignerEntropy(Secret<Scalar>);

impl SignerEntropy {
    /// Fresh entropy.
    pub fn random<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(Secret::new(random_scalar(rng)))
    }

    /// The 32 bytes that travel with the signature.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(scalar_to_bytes(self.0.expose()))
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes, or a scalar that is not reduced.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("signer entropy", bytes);
        let scalar = reader.scalar()?;
        reader.finish()?;
        Ok(Self(Secret::new(scalar)))
    }
}

/// What the holder must keep until the signature comes.
pub struct PendingPseudonym<S: Suite> {
    /// s, the committed messages, the secrets.
    scalars: Secret<Vec<Scalar>>,
    secrets: usize,
    suite: PhantomData<S>,
}

impl<S: Suite> PendingPseudonym<S> {
    /// CommitWithNym: commits to `messages` and the secrets under a fresh blinding.
    ///
    /// # Errors
    /// [`Error::TooManyMessages`].
    pub fn commit<M: AsRef<[u8]>, R: CryptoRng + ?Sized>(
        messages: &[M],
        secrets: &NymSecrets,
        rng: &mut R,
    ) -> Result<(Self, Commitment<S>), Error> {
        let scalars = committed_scalars::<S, M>(None, messages, secrets);
        let mut rng = hedge_commitment(&S::interfaces().pseudonym, &scalars, rng);
        Self::commit_with(&scalars, secrets.count(), &mut rng)
    }

    pub(super) fn commit_with<R: CryptoRng + ?Sized>(
        scalars: &Secret<Vec<Scalar>>,
        secrets: usize,
        rng: &mut R,
    ) -> Result<(Self, Commitment<S>), Error> {
        let (scalars, commitment) = commit(&S::interfaces().pseudonym, scalars, rng)?;
        let pending = Self {
            scalars,
            secrets,
            suite: PhantomData,
        };
        Ok((pending, commitment))
    }

    /// Puts a pending commitment together again from what was stored.
    ///
    /// # Errors
    /// A blinding of another length than 32 bytes or not below the group order.
    pub fn restore<M: AsRef<[u8]>>(
        prover_blind: &[u8],
        messages: &[M],
        secrets: &NymSecrets,
    ) -> Result<Self, Error> {
        let blind = read_blind(prover_blind)?;
        Ok(Self {
            scalars: committed_scalars::<S, M>(Some(blind), messages, secrets),
            secrets: secrets.count(),
            suite: PhantomData,
        })
    }

    /// The blinding s, for storing it encrypted until the signature comes.
    #[must_use]
    pub fn expose_prover_blind(&self) -> Zeroizing<[u8; 32]> {
        expose_first(&self.scalars)
    }

    /// Adds the issuer's entropy to the last secret and verifies the signature. Constant-time.
    /// Consumes the pending secret also if the signature is refused, as
    /// [`Pending::receive`](super::Pending::receive).
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::TooManyMessages`].
    pub fn receive<M: AsRef<[u8]>>(
        self,
        pk: &PublicKey<S>,
        signature: &Signature<S>,
        entropy: &SignerEntropy,
        header: &[u8],
        messages: &[M],
    ) -> Result<PseudonymProver<S>, Error> {
        let count = self.scalars.expose().len();
        let added = |(i, scalar): (usize, &Scalar)| {
            if i + 1 == count {
                scalar + entropy.0.expose()
            } else {
                *scalar
            }
        };
        let committed = Secret::gather(count, self.scalars.expose().iter().enumerate().map(added));
        let opened = open_blind(
            pk,
            signature,
            &S::interfaces().pseudonym,
            &[header, &length_prefix(self.secrets)],
            messages,
            committed.expose(),
        )?;
        Ok(PseudonymProver {
            opened,
            signer_messages: messages.len(),
            secrets: self.secrets,
            suite: PhantomData,
        })
    }
}

/// The blinding, if there is one already, then messages and secrets.
pub(super) fn committed_scalars<S: Suite, M: AsRef<[u8]>>(
    blind: Option<Scalar>,
    messages: &[M],
    secrets: &NymSecrets,
) -> Secret<Vec<Scalar>> {
    let scalars = (blind.into_iter())
        .chain(map_messages(&S::interfaces().pseudonym, messages))
        .chain(secrets.0.expose().iter().copied());
    Secret::gather(messages.len() + secrets.count() + 1, scalars)
}

impl<S: Suite> SecretKey<S> {
    /// BlindSignWithNym: signs the issuer's `messages`, what was committed to, and the number of
    /// pseudonym secrets among it, which the holder must state.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the commitment's proof does not verify, [`Error::NotCommitted`] if it
    /// commits to fewer than `secrets` scalars, [`Error::NoPseudonymSecret`] if `secrets` is zero,
    /// [`Error::TooManyMessages`].
    pub fn blind_sign_with_pseudonym<M: AsRef<[u8]>>(
        &self,
        commitment: &Commitment<S>,
        secrets: usize,
        entropy: &SignerEntropy,
        header: &[u8],
        messages: &[M],
    ) -> Result<Signature<S>, Error> {
        if secrets == 0 {
            return Err(Error::NoPseudonymSecret);
        }
        let committed = commitment.messages();
        if committed < secrets {
            return Err(Error::NotCommitted { committed, secrets });
        }
        blind_sign(
            self,
            &S::interfaces().pseudonym,
            Some(commitment),
            Some(entropy.0.expose()),
            &[header, &length_prefix(secrets)],
            messages,
        )
    }
}

/// A pseudonym: 48 bytes, the same for one credential in one context, unlinkable across contexts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pseudonym<S: Suite> {
    point: G1Affine,
    suite: PhantomData<S>,
}

impl<S: Suite> Pseudonym<S> {
    /// The compressed point.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 48] {
        g1_to_bytes(&self.point)
    }

    /// Reads a pseudonym.
    ///
    /// # Errors
    /// Any other length than 48 bytes, or not a canonical point of the subgroup, or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("pseudonym", bytes);
        let point = reader.g1()?;
        reader.finish()?;
        Ok(Self {
            point,
            suite: PhantomData,
        })
    }
}

impl<S: Suite> fmt::Debug for Pseudonym<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym(")?;
        for byte in self.to_bytes() {
            write!(f, "{byte:02x}")?;
        }
        write!(f, ")")
    }
}

/// A context with the pseudonym claimed in it: what equation (6) is built from.
pub(super) struct Scope<'a> {
    pub(super) context: &'a [u8],
    /// OP.
    pub(super) base: G1Affine,
    /// 1, z, z², …
    pub(super) weights: Vec<Scalar>,
    pub(super) pseudonym: G1Affine,
}

impl<'a> Scope<'a> {
    fn new(
        interface: &Interface,
        context: &'a [u8],
        secrets: usize,
        pseudonym: impl FnOnce(&G1Affine, &[Scalar]) -> G1Affine,
    ) -> Self {
        let dst = format!("{}VECT_NYM_SECRETS", interface.api_id);
        let z = interface.hash_to_scalar_with(&[context], dst.as_bytes());
        let weights: Vec<_> = std::iter::successors(Some(Scalar::ONE), |power| Some(power * z))
            .take(secrets)
            .collect();
        let base = interface.hash_to_g1(context);
        Self {
            context,
            pseudonym: pseudonym(&base, &weights),
            base,
            weights,
        }
    }
}

/// A verified signature that carries pseudonym secrets.
pub struct PseudonymProver<S: Suite> {
    opened: Opened,
    signer_messages: usize,
    secrets: usize,
    suite: PhantomData<S>,
}

/// What a verifier holds against a proof with a pseudonym.
#[derive(Clone, Copy, Debug)]
pub struct PseudonymClaim<'a, S: Suite> {
    /// The part that every blind signature has. Committed indexes do not reach the secrets.
    pub blind: BlindClaim<'a>,
    /// The context in which the holder is recognised again.
    pub context: &'a [u8],
    /// How many pseudonym secrets the issuer signed.
    pub secrets: usize,
    /// The pseudonym that the holder claims.
    pub pseudonym: Pseudonym<S>,
}

impl<S: Suite> PseudonymProver<S> {
    pub(super) fn scope<'a>(&self, context: &'a [u8]) -> Result<Scope<'a>, Error> {
        let interface = &S::interfaces().pseudonym;
        let signed = self.opened.messages.expose();
        let secrets = signed
            .get(signed.len().saturating_sub(self.secrets)..)
            .unwrap_or(&[]);
        let scope = Scope::new(interface, context, self.secrets, |base, weights| {
            let sum = secrets.iter().zip(weights).map(|(nym, z)| nym * z).sum();
            let sum = Secret::new(sum);
            msm([(Base::Point(*base), *sum.expose())]).to_affine()
        });
        if bool::from(scope.pseudonym.is_identity()) {
            return Err(Error::Invalid);
        }
        Ok(scope)
    }

    /// The pseudonym in `context`. Constant-time in the secrets.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the secrets cancel out in this context (probability 2^-255).
    pub fn pseudonym(&self, context: &[u8]) -> Result<Pseudonym<S>, Error> {
        Ok(Pseudonym {
            point: self.scope(context)?.pseudonym,
            suite: PhantomData,
        })
    }

    /// ProofGenWithNym: like [`BlindProver::prove`](super::BlindProver::prove), and shows
    /// the pseudonym in `context`.
    ///
    /// # Errors
    /// [`Error::Indexes`] unless both lists rise strictly and stay below their counts.
    pub fn prove<R: CryptoRng + ?Sized>(
        &self,
        context: &[u8],
        presentation_header: &[u8],
        disclosed: &[usize],
        committed: &[usize],
        rng: &mut R,
    ) -> Result<(Proof<S>, Pseudonym<S>), Error> {
        let places = self.places(disclosed, committed)?;
        let mut rng = (self.opened)
            .hedge(&places, presentation_header, rng)
            .bytes(context)
            .finish();
        self.prove_with(context, presentation_header, &places, &mut rng)
    }

    pub(super) fn places(
        &self,
        disclosed: &[usize],
        committed: &[usize],
    ) -> Result<Vec<usize>, Error> {
        let all = self.opened.basis.len();
        places(
            disclosed,
            self.signer_messages,
            committed,
            all.saturating_sub(self.signer_messages + 1 + self.secrets),
        )
    }

    pub(super) fn prove_with<R: CryptoRng + ?Sized>(
        &self,
        context: &[u8],
        presentation_header: &[u8],
        places: &[usize],
        rng: &mut R,
    ) -> Result<(Proof<S>, Pseudonym<S>), Error> {
        let scope = self.scope(context)?;
        let binding = Binding {
            presentation_header,
            pseudonym: Some(&scope),
        };
        let proof = prove(&self.opened, &binding, places, rng).map(Proof::from_parts)?;
        let pseudonym = Pseudonym {
            point: scope.pseudonym,
            suite: PhantomData,
        };
        Ok((proof, pseudonym))
    }

    #[cfg(any(test, feature = "internals"))]
    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }
}

impl<S: Suite> Proof<S> {
    /// ProofVerifyWithNym: whether the proof shows `claim` under `pk`, pseudonym included.
    /// Variable-time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::NoPseudonymSecret`] or [`Error::Indexes`] if
    /// the claim makes no sense.
    pub fn verify_pseudonym(
        &self,
        pk: &PublicKey<S>,
        claim: &PseudonymClaim<'_, S>,
    ) -> Result<(), Error> {
        if claim.secrets == 0 {
            return Err(Error::NoPseudonymSecret);
        }
        if claim.secrets > self.hidden() {
            return Err(Error::Invalid);
        }
        let interface = &S::interfaces().pseudonym;
        let scope = Scope::new(interface, claim.context, claim.secrets, |_, _| {
            claim.pseudonym.point
        });
        let binding = Binding {
            presentation_header: claim.blind.presentation_header,
            pseudonym: Some(&scope),
        };
        verify_blind(
            self,
            pk,
            interface,
            &[claim.blind.header, &length_prefix(claim.secrets)],
            &claim.blind,
            claim.secrets,
            &binding,
        )
    }
}

#[cfg(test)]
mod tests;
