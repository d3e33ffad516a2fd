//! Blind signatures, draft-irtf-cfrg-bbs-blind-signatures-02: the holder commits to messages that
//! the issuer signs without seeing them.
//!
//! [`Pending::commit`] → [`Commitment`] → [`SecretKey::blind_sign`] → [`Pending::receive`], which
//! consumes the pending secret, → [`BlindCredential::prove`] → [`Proof::verify_blind`].
//!
//! ```text
//! (8)  C = s·Q2 + Σ m_i·J_i                     with a proof of knowledge of s and the m_i
//! (9)  B = P1 + domain·Q1 + Σ m_j·H_j + C       A = B / (x + e)
//! ```

use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::basis::{Basis, check_indexes, map_messages, serialize_secret};
use super::interface::Interface;
use super::key::{PublicKey, SecretKey};
use super::proof::{Proof, Statement, place_disclosed, prove};
use super::signature::{Opened, Signature};
use super::{MAX_MESSAGES, Suite};
use crate::codec::{DecodeError, Reader, length_prefix};
use crate::curve::{
    Base, CryptoRng, Curve, Field, FixedBase, G1Affine, G1Projective, Scalar, g1_to_bytes, msm,
    random_scalar, scalar_to_bytes,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::sigma::{Equation, Hedge, Nonces, Var, recompute_vartime};

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
        let scalars: Vec<_> = map_messages(&S::interfaces().blind, messages).collect();
        let mut rng = hedge_commitment(&scalars, rng);
        Self::commit_with(scalars, &mut rng)
    }

    /// [`commit`](Self::commit) with the randomness taken from `rng` as it comes.
    pub(super) fn commit_with<R: CryptoRng + ?Sized>(
        messages: Vec<Scalar>,
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
        let messages = map_messages(&S::interfaces().blind, messages);
        Ok(Self {
            scalars: Secret::new([blind].into_iter().chain(messages).collect()),
            suite: PhantomData,
        })
    }

    /// The blinding s (`secret_prover_blind`), for storing it encrypted until the signature comes.
    #[must_use]
    pub fn expose_prover_blind(&self) -> Zeroizing<[u8; 32]> {
        expose_first(&self.scalars)
    }

    /// Verifies the signature over the issuer's `messages` and the committed ones, §4.2.2.
    /// Constant-time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::TooManyMessages`].
    pub fn receive<M: AsRef<[u8]>>(
        self,
        pk: &PublicKey<S>,
        signature: &Signature<S>,
        header: &[u8],
        messages: &[M],
    ) -> Result<BlindCredential<S>, Error> {
        let interface = &S::interfaces().blind;
        let opened = open_blind(
            pk,
            signature,
            interface,
            &[header],
            messages,
            self.scalars.expose(),
        )?;
        Ok(BlindCredential {
            opened,
            signer_messages: messages.len(),
            suite: PhantomData,
        })
    }
}

/// A commitment with the proof that its maker knows what is in it: 112 + 32·messages bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment<S: Suite> {
    point: G1Affine,
    /// ŝ, then one response a message.
    responses: Vec<Scalar>,
    challenge: Scalar,
    suite: PhantomData<S>,
}

impl<S: Suite> Commitment<S> {
    /// C ‖ ŝ ‖ m̂… ‖ c.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = g1_to_bytes(&self.point).to_vec();
        for scalar in self.responses.iter().chain([&self.challenge]) {
            bytes.extend(scalar_to_bytes(scalar));
        }
        bytes
    }

    /// octets_to_commitment_with_proof. The proof in it is checked when it is signed.
    ///
    /// # Errors
    /// A length that no commitment has, a point that is not a canonical point of the subgroup or is
    /// the identity, a scalar that is zero or not reduced.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("commitment", bytes);
        let point = reader.g1()?;
        let mut responses = vec![reader.nonzero_scalar()?];
        while reader.remaining() > 32 && responses.len() <= MAX_MESSAGES {
            responses.push(reader.nonzero_scalar()?);
        }
        let challenge = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self {
            point,
            responses,
            challenge,
            suite: PhantomData,
        })
    }

    /// How many messages are committed to (with pseudonyms, their secrets included).
    #[must_use]
    pub fn messages(&self) -> usize {
        self.responses.len().saturating_sub(1)
    }

    /// Whether its maker knows an opening. Variable-time.
    fn verify_vartime(&self, interface: &Interface) -> Result<(), Error> {
        let generators = interface.blind.first(self.responses.len())?;
        let generators: Vec<&FixedBase> = generators.iter().map(AsRef::as_ref).collect();
        let equation = [commitment_equation(&generators).right(self.point, Scalar::ONE)];
        let recomputed = recompute_vartime(&equation, &self.responses, &self.challenge);
        let expected = commitment_challenge(interface, &generators, &self.point, &recomputed);
        if expected == self.challenge {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }
}

/// The left side of (8).
fn commitment_equation<'a>(generators: &[&'a FixedBase]) -> Equation<'a> {
    generators
        .iter()
        .enumerate()
        .fold(Equation::new(), |equation, (i, generator)| {
            equation.left(*generator, Var(i))
        })
}

/// calculate_blind_challenge, §4.5.
fn commitment_challenge(
    interface: &Interface,
    generators: &[&FixedBase],
    commitment: &G1Affine,
    recomputed: &[G1Affine],
) -> Scalar {
    let mut input = length_prefix(generators.len().saturating_sub(1)).to_vec();
    for generator in generators {
        input.extend(generator.encoding());
    }
    for point in [commitment].into_iter().chain(recomputed) {
        input.extend(g1_to_bytes(point));
    }
    interface.hash_to_scalar(&[&input])
}

pub(super) fn hedge_commitment<R: CryptoRng + ?Sized>(
    messages: &[Scalar],
    rng: &mut R,
) -> crate::sigma::HedgedRng {
    Hedge::new("veilpass bbs commitment", rng)
        .scalars(messages)
        .finish()
}

/// CoreCommit: draws s and the nonces, in the order of the draft. Constant-time.
pub(super) fn commit<S: Suite, R: CryptoRng + ?Sized>(
    interface: &'static Interface,
    messages: Vec<Scalar>,
    rng: &mut R,
) -> Result<(Secret<Vec<Scalar>>, Commitment<S>), Error> {
    let messages = Secret::new(messages);
    let generators = interface.blind.first(messages.expose().len() + 1)?;
    let generators: Vec<&FixedBase> = generators.iter().map(AsRef::as_ref).collect();

    let mut scalars = Vec::with_capacity(generators.len());
    scalars.push(random_scalar(rng));
    scalars.extend(messages.expose());
    let scalars = Secret::new(scalars);
    let nonces = Nonces::draw(generators.len(), rng);

    let terms: Vec<_> = (generators.iter().map(|g| Base::Fixed(g)))
        .zip(scalars.expose().iter().copied())
        .collect();
    let point = msm(&terms).to_affine();
    let recomputed = nonces.commit(&[commitment_equation(&generators)]);
    let challenge = commitment_challenge(interface, &generators, &point, &recomputed);
    let responses = nonces.respond(&scalars, &challenge);
    let commitment = Commitment {
        point,
        responses,
        challenge,
        suite: PhantomData,
    };
    Ok((scalars, commitment))
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

/// Signs (9); with `entropy`, adds it to the last committed scalar.
pub(super) fn blind_sign<S: Suite, M: AsRef<[u8]>>(
    sk: &SecretKey<S>,
    interface: &'static Interface,
    commitment: Option<&Commitment<S>>,
    entropy: Option<&Scalar>,
    header: &[&[u8]],
    messages: &[M],
) -> Result<Signature<S>, Error> {
    let committed = commitment.map_or(0, Commitment::messages);
    let basis = Basis::new(interface, messages.len(), committed + 1)?;
    if let Some(commitment) = commitment {
        commitment.verify_vartime(interface)?;
    }
    let mut scalars: Vec<_> = map_messages(interface, messages).collect();
    // What the holder committed to comes in with C; the issuer adds at most its entropy.
    scalars.resize(basis.len(), Scalar::ZERO);
    if let (Some(entropy), Some(last)) = (entropy, scalars.last_mut()) {
        *last = *entropy;
    }
    let scalars = Secret::new(scalars);
    let domain = basis.domain(sk.public_key(), header);
    let committed = commitment.map_or(G1Affine::identity(), |c| c.point);
    let b: G1Projective = basis.point_b(&domain, scalars.expose()) + committed;
    let b = b.to_affine();
    if bool::from(b.is_identity()) {
        return Err(Error::Invalid);
    }
    let e =
        interface.hash_to_scalar(&[serialize_secret(&[sk.scalar()]).expose(), &g1_to_bytes(&b)]);
    Signature::over(&b, sk, e)
}

/// Verifies a blind signature over the issuer's messages and the holder's scalars.
pub(super) fn open_blind<S: Suite, M: AsRef<[u8]>>(
    pk: &PublicKey<S>,
    signature: &Signature<S>,
    interface: &'static Interface,
    header: &[&[u8]],
    messages: &[M],
    committed: &[Scalar],
) -> Result<Opened, Error> {
    let basis = Basis::new(interface, messages.len(), committed.len())?;
    let mut scalars = Vec::with_capacity(basis.len());
    scalars.extend(map_messages(interface, messages));
    scalars.extend(committed);
    let domain = basis.domain(pk, header);
    Opened::verify(pk, signature, basis, domain, Secret::new(scalars))
}

/// A verified blind signature with its messages.
pub struct BlindCredential<S: Suite> {
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

impl<S: Suite> BlindCredential<S> {
    /// BlindProofGen, §4.3.1: discloses the issuer's messages at `disclosed` and the committed ones
    /// at `committed`. Otherwise as [`Credential::prove`](super::Credential::prove).
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
        let statement = Statement {
            presentation_header,
            pseudonym: None,
        };
        prove(&self.opened, &statement, places, rng).map(Proof::from_parts)
    }

    #[cfg(test)]
    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }
}

/// Places in the basis of disclosed messages: the issuer's come first, then the blinding (never
/// disclosed), then the committed ones.
pub(super) fn places(
    disclosed: &[usize],
    signer_messages: usize,
    committed: &[usize],
    committed_messages: usize,
) -> Result<Vec<usize>, Error> {
    check_indexes(disclosed.iter().copied(), signer_messages)?;
    check_indexes(committed.iter().copied(), committed_messages)?;
    let committed = committed.iter().map(|index| index + signer_messages + 1);
    Ok(disclosed.iter().copied().chain(committed).collect())
}

impl<S: Suite> Proof<S> {
    /// BlindProofVerify, §4.3.2: whether the proof shows `claim` under `pk`. Variable-time.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::Indexes`] or [`Error::TooManyMessages`]
    /// if the claim makes no sense.
    pub fn verify_blind(&self, pk: &PublicKey<S>, claim: &BlindClaim<'_>) -> Result<(), Error> {
        let statement = Statement {
            presentation_header: claim.presentation_header,
            pseudonym: None,
        };
        let interface = &S::interfaces().blind;
        verify_blind(self, pk, interface, &[claim.header], claim, 0, &statement)
    }
}

/// Verifies a proof over a blind signature whose last `always_hidden` scalars nobody may disclose.
pub(super) fn verify_blind<S: Suite>(
    proof: &Proof<S>,
    pk: &PublicKey<S>,
    interface: &'static Interface,
    header: &[&[u8]],
    claim: &BlindClaim<'_>,
    always_hidden: usize,
    statement: &Statement<'_>,
) -> Result<(), Error> {
    let total = proof.hidden() + claim.disclosed.len() + claim.committed.len();
    // The blinding and the secrets of a pseudonym are part of every such signature.
    let blind = (total.checked_sub(claim.signer_messages))
        .filter(|blind| *blind > always_hidden)
        .ok_or(Error::Invalid)?;
    let committed_messages = blind - 1 - always_hidden;
    check_indexes(
        claim.disclosed.iter().map(|(i, _)| *i),
        claim.signer_messages,
    )?;
    check_indexes(claim.committed.iter().map(|(i, _)| *i), committed_messages)?;
    let basis = Basis::new(interface, claim.signer_messages, blind)?;
    let mut disclosed = place_disclosed(&basis, claim.disclosed, 0);
    disclosed.extend(place_disclosed(
        &basis,
        claim.committed,
        claim.signer_messages + 1,
    ));
    proof
        .parts()
        .verify_vartime(pk, &basis, header, &disclosed, statement)
}

pub(super) fn read_blind(bytes: &[u8]) -> Result<Scalar, Error> {
    let mut reader = Reader::new("prover blind", bytes);
    let blind = reader.scalar()?;
    reader.finish()?;
    Ok(blind)
}

pub(super) fn expose_first(scalars: &Secret<Vec<Scalar>>) -> Zeroizing<[u8; 32]> {
    let first = scalars.expose().first().unwrap_or(&Scalar::ZERO);
    Zeroizing::new(scalar_to_bytes(first))
}
