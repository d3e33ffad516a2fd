//! What blind signatures and pseudonyms share: commitments with their proofs, signing over one,
//! opening the signature, and proofs about it.

use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::basis::{
    Basis, check_indexes, check_indexes_of_proof, first, map_messages, serialize_secret,
};
use super::blind::BlindClaim;
use super::interface::Interface;
use super::key::{PublicKey, SecretKey};
use super::proof::{Binding, Proof, place_disclosed};
use super::signature::{Opened, Signature};
use super::{MAX_MESSAGES, Suite};
use crate::codec::{DecodeError, Reader, length_prefix};
use crate::curve::{
    Base, CryptoRng, Curve, Field, FixedBase, G1Affine, G1Projective, Scalar, g1_to_bytes, msm,
    random_scalar, scalar_to_bytes,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::sigma::{Equation, Hedge, HedgedRng, Nonces, Var, recompute_vartime};

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
        // What is left but the challenge. The bound keeps a huge file cheap.
        let count = (reader.remaining() / 32).saturating_sub(1);
        if !reader.remaining().is_multiple_of(32) || count > MAX_MESSAGES {
            return Err(reader.length_error());
        }
        let responses = (0..count.max(1))
            .map(|_| reader.nonzero_scalar())
            .collect::<Result<_, _>>()?;
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
        let generators = first(&interface.blind, self.responses.len())?;
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

/// The generator of a commitment's randomness, see [`crate::sigma`].
pub(super) fn hedge_commitment<R: CryptoRng + ?Sized>(
    interface: &Interface,
    messages: &Secret<Vec<Scalar>>,
    rng: &mut R,
) -> HedgedRng {
    Hedge::new("veilpass bbs commitment", rng)
        .bytes(interface.api_id.as_bytes())
        .scalars(messages.expose())
        .finish()
}

/// CoreCommit: draws s and the nonces, in the order of the draft. Constant-time.
pub(super) fn commit<S: Suite, R: CryptoRng + ?Sized>(
    interface: &'static Interface,
    messages: &Secret<Vec<Scalar>>,
    rng: &mut R,
) -> Result<(Secret<Vec<Scalar>>, Commitment<S>), Error> {
    let count = messages.expose().len() + 1;
    if count > MAX_MESSAGES {
        return Err(Error::TooManyMessages {
            count,
            limit: MAX_MESSAGES,
        });
    }
    let generators = first(&interface.blind, count)?;
    let generators: Vec<&FixedBase> = generators.iter().map(AsRef::as_ref).collect();

    let blinding = [random_scalar(rng)];
    let scalars = blinding
        .into_iter()
        .chain(messages.expose().iter().copied());
    let scalars = Secret::gather(count, scalars);
    let nonces = Nonces::draw(count, rng);

    let bases = generators.iter().map(|generator| Base::Fixed(generator));
    let point = msm(bases.zip(scalars.expose().iter().copied())).to_affine();
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
    // What the holder committed to comes in with C; the issuer adds at most its entropy, to the last.
    let nothing = std::iter::repeat_n(Scalar::ZERO, committed);
    let added = nothing.chain([entropy.copied().unwrap_or(Scalar::ZERO)]);
    let scalars = map_messages(interface, messages).chain(added);
    let scalars = Secret::gather(basis.len(), scalars);
    let domain = basis.domain(sk.public_key(), header);
    let point = commitment.map_or(G1Affine::identity(), |c| c.point);
    let b: G1Projective = basis.point_b(&domain, scalars.expose()) + point;
    let b = b.to_affine();
    if bool::from(b.is_identity()) {
        return Err(Error::Invalid);
    }
    let e = interface.hash_to_scalar(&[
        serialize_secret(1, [sk.scalar()]).expose(),
        &g1_to_bytes(&b),
    ]);
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
    let scalars = map_messages(interface, messages).chain(committed.iter().copied());
    let scalars = Secret::gather(basis.len(), scalars);
    let domain = basis.domain(pk, header);
    Opened::verify(pk, signature, basis, domain, scalars)
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

/// Verifies a proof over a blind signature whose last `always_hidden` scalars nobody may disclose.
pub(super) fn verify_blind<S: Suite>(
    proof: &Proof<S>,
    pk: &PublicKey<S>,
    interface: &'static Interface,
    header: &[&[u8]],
    claim: &BlindClaim<'_>,
    always_hidden: usize,
    binding: &Binding<'_>,
) -> Result<(), Error> {
    check_indexes(
        claim.disclosed.iter().map(|(i, _)| *i),
        claim.signer_messages,
    )?;
    let total = proof.hidden() + claim.disclosed.len() + claim.committed.len();
    // The blinding and the secrets of a pseudonym are part of every such signature.
    let blind = (total.checked_sub(claim.signer_messages))
        .filter(|blind| *blind > always_hidden)
        .ok_or(Error::Invalid)?;
    let committed_messages = blind - 1 - always_hidden;
    check_indexes_of_proof(claim.committed.iter().map(|(i, _)| *i), committed_messages)?;
    let basis = Basis::new(interface, claim.signer_messages, blind).map_err(|_| Error::Invalid)?;
    let mut disclosed = place_disclosed(&basis, claim.disclosed, 0);
    disclosed.extend(place_disclosed(
        &basis,
        claim.committed,
        claim.signer_messages + 1,
    ));
    proof
        .parts()
        .verify_vartime(pk, &basis, header, &disclosed, binding)
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
