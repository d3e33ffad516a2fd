//! Blind signatures, draft-irtf-cfrg-bbs-blind-signatures-02: the holder commits to messages that
//! the issuer signs without seeing them.
//!
//! [`Pending::commit`] → [`Commitment`] → [`SecretKey::blind_sign`] → [`Pending::receive`], which
//! consumes the pending secret, → [`BlindProver::prove`] → [`Proof::verify_blind`].
//!
//! ```text
//! (8)  C = s·Q2 + Σ m_i·J_i                     with a proof of knowledge of s and the m_i
//! (9)  B = P1 + domain·Q1 + Σ m_j·H_j + C       A = B / (x + e)
//! ```

use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::Suite;
use super::basis::map_messages;
use super::committed::{
    Commitment, blind_sign, commit, expose_first, hedge_commitment, open_blind, places, read_blind,
    verify_blind,
};
use super::key::{PublicKey, SecretKey};
use super::proof::{Binding, Proof, prove};
use super::signature::{Opened, Signature};
use crate::curve::{CryptoRng, Field, Scalar};
use crate::error::Error;
use crate::secret::Secret;

/// What the holder must keep until the signature comes: the blinding s and the committed messages.
/// [`receive`](Self::receive) consumes it.
pub struct Pending<S: Suite> {
    /// s, then the messages as scalars.
    scalars: Secret<Vec<Scalar>>,
    suite: PhantomData<S>,
}

impl<S: Suite> Pending<S> {
    /// Commit, §4.1: commits to `messages` under a fresh blinding.
    ///
    /// # Errors
    /// [`Error::TooManyMessages`].
    pub fn commit<M: AsRef<[u8]>, R: CryptoRng + ?Sized>(
        messages: &[M],
        rng: &mut R,
    ) -> Result<(Self, Commitment<S>), Error> {
        let interface = &S::interfaces().blind;
        let scalars = Secret::gather(messages.len(), map_messages(interface, messages));
        let mut rng = hedge_commitment(interface, &scalars, rng);
        Self::commit_with(&scalars, &mut rng)
    }

    /// [`commit`](Self::commit) with the randomness taken from `rng` as it comes.
    pub(super) fn commit_with<R: CryptoRng + ?Sized>(
        messages: &Secret<Vec<Scalar>>,
        rng: &mut R,
    ) -> Result<(Self, Commitment<S>), Error> {
        let (scalars, commitment) = commit(&S::interfaces().blind, messages, rng)?;
        Ok((
            Self {
                scalars,
                suite: PhantomData,
            },
            commitment,
        ))
    }

    /// For a signature that is issued through this interface without any commitment.
    #[must_use]
    pub fn without_commitment() -> Self {
        Self {
            scalars: Secret::new(vec![Scalar::ZERO]),
            suite: PhantomData,
        }
    }

    /// Puts a pending commitment together again from the stored blinding and the messages.
    ///
    /// # Errors
    /// A blinding of another length than 32 bytes or not below the group order.
    pub fn restore<M: AsRef<[u8]>>(prover_blind: &[u8], messages: &[M]) -> Result<Self, Error> {
        let blind = read_blind(prover_blind)?;
        let scalars = map_messages(&S::interfaces().blind, messages);
        Ok(Self {
            scalars: Secret::gather(messages.len() + 1, [blind].into_iter().chain(scalars)),
            suite: PhantomData,
        })
    }

    /// The blinding s (`secret_prover_blind`), for storing it encrypted until the signature comes.
    #[must_use]
    pub fn expose_prover_blind(&self) -> Zeroizing<[u8; 32]> {
        expose_first(&self.scalars)
    }

    /// Verifies the signature over the issuer's `messages` and the committed ones, §4.2.2.
    /// Constant-time. Consumes the pending secret also if the signature is refused: whoever may get
    /// a damaged one first stores what [`restore`](Self::restore) needs.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::TooManyMessages`].
    pub fn receive<M: AsRef<[u8]>>(
        self,
        pk: &PublicKey<S>,
        signature: &Signature<S>,
        header: &[u8],
        messages: &[M],
    ) -> Result<BlindProver<S>, Error> {
        let interface = &S::interfaces().blind;
        let opened = open_blind(
            pk,
            signature,
            interface,
            &[header],
            messages,
            self.scalars.expose(),
        )?;
        Ok(BlindProver {
            opened,
            signer_messages: messages.len(),
            suite: PhantomData,
        })
    }
}

impl<S: Suite> SecretKey<S> {
    /// BlindSign, §4.2.1: signs the issuer's `messages` together with whatever was committed to.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the commitment's proof does not verify, [`Error::TooManyMessages`].
    pub fn blind_sign<M: AsRef<[u8]>>(
        &self,
        commitment: Option<&Commitment<S>>,
        header: &[u8],
        messages: &[M],
    ) -> Result<Signature<S>, Error> {
        let interface = &S::interfaces().blind;
        blind_sign(self, interface, commitment, None, &[header], messages)
    }
}

/// A verified blind signature with its messages.
pub struct BlindProver<S: Suite> {
    opened: Opened,
    signer_messages: usize,
    suite: PhantomData<S>,
}

/// What a verifier holds against a proof over a blind signature.
#[derive(Clone, Copy, Debug)]
pub struct BlindClaim<'a> {
    /// The header that the issuer signed.
    pub header: &'a [u8],
    /// What the proof must be bound to: a nonce, an audience.
    pub presentation_header: &'a [u8],
    /// How many messages came from the issuer, disclosed or not.
    pub signer_messages: usize,
    /// Disclosed messages of the issuer, with their indexes among the issuer's.
    pub disclosed: &'a [(usize, &'a [u8])],
    /// Disclosed messages of the holder, with their indexes among the committed ones.
    pub committed: &'a [(usize, &'a [u8])],
}

impl<S: Suite> BlindProver<S> {
    /// BlindProofGen, §4.3.1: discloses the issuer's messages at `disclosed` and the committed ones
    /// at `committed`. Otherwise as [`Prover::prove`](super::Prover::prove).
    ///
    /// # Errors
    /// [`Error::Indexes`] unless both lists rise strictly and stay below their counts.
    pub fn prove<R: CryptoRng + ?Sized>(
        &self,
        presentation_header: &[u8],
        disclosed: &[usize],
        committed: &[usize],
        rng: &mut R,
    ) -> Result<Proof<S>, Error> {
        let places = self.places(disclosed, committed)?;
        let mut rng = (self.opened)
            .hedge(&places, presentation_header, rng)
            .finish();
        self.prove_with(presentation_header, &places, &mut rng)
    }

    pub(super) fn places(
        &self,
        disclosed: &[usize],
        committed: &[usize],
    ) -> Result<Vec<usize>, Error> {
        places(
            disclosed,
            self.signer_messages,
            committed,
            (self.opened.basis.len()).saturating_sub(self.signer_messages + 1),
        )
    }

    pub(super) fn prove_with<R: CryptoRng + ?Sized>(
        &self,
        presentation_header: &[u8],
        places: &[usize],
        rng: &mut R,
    ) -> Result<Proof<S>, Error> {
        let binding = Binding {
            presentation_header,
            pseudonym: None,
        };
        prove(&self.opened, &binding, places, rng).map(Proof::from_parts)
    }

    #[cfg(any(test, feature = "internals"))]
    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }
}

impl<S: Suite> Proof<S> {
    /// BlindProofVerify, §4.3.2: whether the proof shows `claim` under `pk`. Variable-time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::Indexes`] if the claim makes no sense.
    pub fn verify_blind(&self, pk: &PublicKey<S>, claim: &BlindClaim<'_>) -> Result<(), Error> {
        let binding = Binding {
            presentation_header: claim.presentation_header,
            pseudonym: None,
        };
        let interface = &S::interfaces().blind;
        verify_blind(self, pk, interface, &[claim.header], claim, 0, &binding)
    }
}
