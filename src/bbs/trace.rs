//! Commitments and proofs with everything behind them, for the published test vectors (feature `internals`). All
//! randomness is taken from the generator as it comes, 48 bytes a scalar in the order of the drafts, with no hedge.

use super::basis::map_messages;
use super::proof::Binding;
use super::pseudonym::committed_scalars;
use super::signature::Opened;
use super::{
    BlindProver, Commitment, NymSecrets, Pending, PendingPseudonym, Proof, Prover, Pseudonym,
    PseudonymProver, Suite,
};
use crate::curve::{CryptoRng, G1Affine, Scalar};
use crate::error::Error;
use crate::secret::Secret;

/// A proof's signature, points and commitments.
#[derive(Clone, Debug)]
pub struct TracedProof {
    /// B of the signature.
    pub b: G1Affine,
    /// The domain.
    pub domain: Scalar,
    /// All signed scalars: the issuer's messages, and of a blind signature s and the holder's.
    pub messages: Vec<Scalar>,
    /// Ā, B̄, D.
    pub points: [G1Affine; 3],
    /// T1, T2, and with a pseudonym its own.
    pub commitments: Vec<G1Affine>,
    /// c.
    pub challenge: Scalar,
    /// OP, with a pseudonym.
    pub pseudonym_base: Option<G1Affine>,
}

fn traced<S: Suite>(
    opened: &Opened,
    proof: &Proof<S>,
    places: &[usize],
    binding: &Binding<'_>,
) -> TracedProof {
    let (parts, messages) = (proof.parts(), opened.messages.expose());
    let disclosed = places
        .iter()
        .filter_map(|place| Some((*place, *messages.get(*place)?)));
    let disclosed: Vec<_> = disclosed.collect();
    TracedProof {
        b: *opened.b.expose(),
        domain: opened.domain,
        messages: messages.clone(),
        points: [parts.points.a_bar, parts.points.b_bar, parts.points.d],
        commitments: parts.commitments_vartime(&opened.basis, &opened.domain, &disclosed, binding),
        challenge: parts.challenge,
        pseudonym_base: binding.pseudonym.map(|scope| scope.base),
    }
}

/// ProofGen.
///
/// # Errors
/// As [`Prover::prove`].
pub fn prove<S: Suite, R: CryptoRng + ?Sized>(
    prover: &Prover<S>,
    presentation_header: &[u8],
    disclosed: &[usize],
    rng: &mut R,
) -> Result<(Proof<S>, TracedProof), Error> {
    let proof = prover.prove_with(presentation_header, disclosed, rng)?;
    let binding = Binding {
        presentation_header,
        pseudonym: None,
    };
    let traced = traced(prover.opened(), &proof, disclosed, &binding);
    Ok((proof, traced))
}

/// BlindProofGen.
///
/// # Errors
/// As [`BlindProver::prove`].
pub fn prove_blind<S: Suite, R: CryptoRng + ?Sized>(
    prover: &BlindProver<S>,
    presentation_header: &[u8],
    (disclosed, committed): (&[usize], &[usize]),
    rng: &mut R,
) -> Result<(Proof<S>, TracedProof), Error> {
    let places = prover.places(disclosed, committed)?;
    let proof = prover.prove_with(presentation_header, &places, rng)?;
    let binding = Binding {
        presentation_header,
        pseudonym: None,
    };
    let traced = traced(prover.opened(), &proof, &places, &binding);
    Ok((proof, traced))
}

/// ProofGenWithNym.
///
/// # Errors
/// As [`PseudonymProver::prove`].
pub fn prove_pseudonym<S: Suite, R: CryptoRng + ?Sized>(
    prover: &PseudonymProver<S>,
    (context, presentation_header): (&[u8], &[u8]),
    (disclosed, committed): (&[usize], &[usize]),
    rng: &mut R,
) -> Result<(Proof<S>, Pseudonym<S>, TracedProof), Error> {
    let places = prover.places(disclosed, committed)?;
    let (proof, pseudonym) = prover.prove_with(context, presentation_header, &places, rng)?;
    let scope = prover.scope(context)?;
    let binding = Binding {
        presentation_header,
        pseudonym: Some(&scope),
    };
    let traced = traced(prover.opened(), &proof, &places, &binding);
    Ok((proof, pseudonym, traced))
}

/// Commit.
///
/// # Errors
/// As [`Pending::commit`].
pub fn commit<S: Suite, M: AsRef<[u8]>, R: CryptoRng + ?Sized>(
    messages: &[M],
    rng: &mut R,
) -> Result<(Pending<S>, Commitment<S>), Error> {
    let scalars = map_messages(&S::interfaces().blind, messages);
    Pending::commit_with(&Secret::gather(messages.len(), scalars), rng)
}

/// CommitWithNym.
///
/// # Errors
/// As [`PendingPseudonym::commit`].
pub fn commit_pseudonym<S: Suite, M: AsRef<[u8]>, R: CryptoRng + ?Sized>(
    messages: &[M],
    secrets: (&NymSecrets, usize),
    rng: &mut R,
) -> Result<(PendingPseudonym<S>, Commitment<S>), Error> {
    let scalars = committed_scalars::<S, M>(None, messages, secrets.0);
    PendingPseudonym::commit_with(&scalars, secrets.1, rng)
}
