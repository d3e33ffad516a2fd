//! The one proof engine: plain, blind and pseudonym proofs are the same three points, the same
//! relation and the same check; they differ in the basis and, for pseudonyms, in one more equation.
//!
//! | variable | meaning | its response |
//! |---|---|---|
//! | `E` | e of the signature | ê |
//! | `R1` | −r1 | r̂1 |
//! | `R3` | −r3 = −1/r2 | r̂3 |
//! | `hidden(j)` | the j-th hidden scalar | m̂_j |
//!
//! ```text
//! sent       D = r2·B    Ā = r1·r2·A    B̄ = r1·D − e·Ā
//! (4)  E·Ā + R1·D = −B̄
//! (5)  R3·D + Σ_hidden m_j·H_j = −(P1 + domain·Q1 + Σ_disclosed m_j·H_j)
//! (6)  (Σ z^i·nym_i)·OP = pseudonym                       only with a pseudonym
//! (7)  e(Ā, X) = e(B̄, g2)
//! challenge  c = H(R, (j, m_j)…, Ā, B̄, D, T4, T5 [, pseudonym, T6], domain, ph [, context])
//! ```

use std::marker::PhantomData;

use super::basis::{Basis, check_indexes_of_proof, invert, map_messages};
use super::key::PublicKey;
use super::pseudonym::Scope;
use super::signature::Opened;
use super::{MAX_MESSAGES, Suite};
use crate::codec::{DecodeError, Reader, length_prefix};
use crate::curve::{
    CryptoRng, Field, G1Affine, Scalar, Terms, g1_to_bytes, msm_each, nonzero_random_scalar,
    pairing_equal, scalar_to_bytes,
};
use crate::error::Error;
use crate::secret::Secret;
use crate::sigma::{Equation, Linear, Nonces, Var, recompute_vartime};
use crate::signature::{Points, blinded_signature, signature_equations};

/// A proof that its maker has a signature over the disclosed messages and some hidden ones:
/// 272 + 32·hidden bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof<S: Suite> {
    parts: Parts,
    suite: PhantomData<S>,
}

/// What a verifier holds against a proof of the plain interface. The claim decides what is
/// checked, the proof has no say.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The header that the issuer signed.
    pub header: &'a [u8],
    /// What the proof must be bound to: a nonce, an audience.
    pub presentation_header: &'a [u8],
    /// The disclosed messages with their indexes, rising strictly.
    pub disclosed: &'a [(usize, &'a [u8])],
}

impl<S: Suite> Proof<S> {
    /// Bytes of a proof that hides nothing; every hidden message adds 32.
    pub const BYTES_WITHOUT_HIDDEN: usize = 3 * 48 + 4 * 32;

    /// Ā ‖ B̄ ‖ D ‖ ê ‖ r̂1 ‖ r̂3 ‖ m̂… ‖ c.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = &self.parts;
        let mut bytes = Vec::with_capacity(Self::BYTES_WITHOUT_HIDDEN + 32 * parts.hidden());
        for point in in_order(&parts.points) {
            bytes.extend(g1_to_bytes(point));
        }
        for scalar in parts.responses.iter().chain([&parts.challenge]) {
            bytes.extend(scalar_to_bytes(scalar));
        }
        bytes
    }

    /// octets_to_proof, draft-irtf-cfrg-bbs-signatures §4.2.4.3.
    ///
    /// # Errors
    /// A length that no proof has, a point that is not a canonical point of the subgroup or is the
    /// identity, a scalar that is zero or not reduced.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Parts::decode(bytes).map(Self::from_parts)
    }

    /// How many scalars the proof hides. With a blind signature its blinding counts as one, and so
    /// does every secret of a pseudonym.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.parts.hidden()
    }

    /// ProofVerify, §3.5.4: whether the proof shows `claim` under `pk`. Variable-time: everything
    /// here is public.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it does not verify, [`Error::Indexes`] if the claim makes no sense.
    pub fn verify(&self, pk: &PublicKey<S>, claim: &Claim<'_>) -> Result<(), Error> {
        let interface = &S::interfaces().core;
        let total = self.parts.hidden() + claim.disclosed.len();
        check_indexes_of_proof(claim.disclosed.iter().map(|(i, _)| *i), total)?;
        let basis = Basis::new(interface, total, 0).map_err(|_| Error::Invalid)?;
        let disclosed = place_disclosed(&basis, claim.disclosed, 0);
        let binding = Binding {
            presentation_header: claim.presentation_header,
            pseudonym: None,
        };
        self.parts
            .verify_vartime(pk, &basis, &[claim.header], &disclosed, &binding)
    }

    pub(super) fn from_parts(parts: Parts) -> Self {
        Self {
            parts,
            suite: PhantomData,
        }
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }
}

/// Disclosed messages as scalars at their places in the basis, `shift` further on.
pub(super) fn place_disclosed(
    basis: &Basis,
    disclosed: &[(usize, &[u8])],
    shift: usize,
) -> Vec<(usize, Scalar)> {
    let messages: Vec<_> = disclosed.iter().map(|(_, message)| *message).collect();
    let scalars = map_messages(basis.interface, &messages);
    (disclosed.iter().map(|(index, _)| index + shift))
        .zip(scalars)
        .collect()
}

/// What a proof is bound to beyond signature and messages.
pub(super) struct Binding<'a> {
    pub(super) presentation_header: &'a [u8],
    pub(super) pseudonym: Option<&'a Scope<'a>>,
}

/// Computes what [`blinded_signature`] says. Constant-time.
fn compute(sums: &[Terms<'_>; 3]) -> Points {
    let points = msm_each(sums);
    let at = |i: usize| points.get(i).copied().unwrap_or_default();
    Points {
        a_bar: at(0),
        b_bar: at(1),
        d: at(2),
    }
}

/// Ā, B̄ and D, in the order in which they are sent.
fn in_order(points: &Points) -> [&G1Affine; 3] {
    [&points.a_bar, &points.b_bar, &points.d]
}

const E: Var = Var(0);
const R1: Var = Var(1);
const R3: Var = Var(2);
/// Variables before the hidden messages.
const BEFORE_HIDDEN: usize = 3;

fn hidden(j: usize) -> Var {
    Var(BEFORE_HIDDEN + j)
}

/// Equations (4), (5) and (6). `disclosed` rises in its indexes.
fn relation<'a>(
    basis: &'a Basis,
    domain: &Scalar,
    points: &Points,
    disclosed: &[(usize, Scalar)],
    pseudonym: Option<&Scope<'_>>,
) -> Vec<Equation<'a>> {
    let mut known = vec![
        (&basis.interface.base_point, Scalar::ONE),
        (basis.q1(), *domain),
    ];
    let mut unknown = Vec::with_capacity(basis.len());
    let mut disclosed = disclosed.iter().peekable();
    for (index, generator) in basis.messages().enumerate() {
        match disclosed.next_if(|(at, _)| *at == index) {
            Some((_, message)) => known.push((generator, *message)),
            None => unknown.push((generator, hidden(unknown.len()))),
        }
    }
    let count = unknown.len();
    let mut equations = signature_equations(points, [E, R1, R3], unknown, known).to_vec();
    if let Some(scope) = pseudonym {
        // The pseudonym's secrets are the last scalars signed, and always hidden.
        let first = count.saturating_sub(scope.weights.len());
        let secret: Linear = (first..)
            .map(hidden)
            .zip(scope.weights.iter().copied())
            .collect();
        equations.push(
            Equation::new()
                .left(scope.base, secret)
                .right(scope.pseudonym, Scalar::ONE),
        );
    }
    equations
}

/// The challenge: everything sent, everything recomputed, everything disclosed.
fn challenge(
    basis: &Basis,
    domain: &Scalar,
    points: &Points,
    commitments: &[G1Affine],
    disclosed: &[(usize, Scalar)],
    binding: &Binding<'_>,
) -> Scalar {
    let mut input = length_prefix(disclosed.len()).to_vec();
    for (index, message) in disclosed {
        input.extend(length_prefix(*index));
        input.extend(scalar_to_bytes(message));
    }
    for point in in_order(points) {
        input.extend(g1_to_bytes(point));
    }
    let (of_signature, of_pseudonym) = commitments.split_at(commitments.len().min(2));
    for point in of_signature {
        input.extend(g1_to_bytes(point));
    }
    if let Some(scope) = binding.pseudonym {
        input.extend(g1_to_bytes(&scope.pseudonym));
    }
    for point in of_pseudonym {
        input.extend(g1_to_bytes(point));
    }
    input.extend(scalar_to_bytes(domain));
    let header = binding.presentation_header;
    input.extend(length_prefix(header.len()));
    input.extend(header);
    if let Some(scope) = binding.pseudonym {
        input.extend(length_prefix(scope.context.len()));
        input.extend(scope.context);
    }
    basis.interface.hash_to_scalar(&[&input])
}

/// What a proof consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) points: Points,
    /// ê, r̂1, r̂3 and the responses of the hidden messages.
    responses: Vec<Scalar>,
    pub(super) challenge: Scalar,
}

impl Parts {
    pub(super) fn hidden(&self) -> usize {
        self.responses.len().saturating_sub(BEFORE_HIDDEN)
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("proof", bytes);
        let points = Points {
            a_bar: reader.g1()?,
            b_bar: reader.g1()?,
            d: reader.g1()?,
        };
        // What is left but the challenge. The bound keeps a huge file cheap.
        let count = (reader.remaining() / 32).saturating_sub(1);
        if !reader.remaining().is_multiple_of(32) || count > BEFORE_HIDDEN + MAX_MESSAGES {
            return Err(reader.length_error());
        }
        let responses = (0..count.max(BEFORE_HIDDEN))
            .map(|_| reader.nonzero_scalar())
            .collect::<Result<_, _>>()?;
        let challenge = reader.nonzero_scalar()?;
        reader.finish()?;
        Ok(Self {
            points,
            responses,
            challenge,
        })
    }

    /// The commitments that the responses answer: T4, T5 and, with a pseudonym, T6.
    pub(super) fn commitments_vartime(
        &self,
        basis: &Basis,
        domain: &Scalar,
        disclosed: &[(usize, Scalar)],
        binding: &Binding<'_>,
    ) -> Vec<G1Affine> {
        let equations = relation(basis, domain, &self.points, disclosed, binding.pseudonym);
        recompute_vartime(&equations, &self.responses, &self.challenge)
    }

    /// Recomputes the commitments, compares the challenge, checks (7).
    pub(super) fn verify_vartime<S: Suite>(
        &self,
        pk: &PublicKey<S>,
        basis: &Basis,
        header: &[&[u8]],
        disclosed: &[(usize, Scalar)],
        binding: &Binding<'_>,
    ) -> Result<(), Error> {
        // The relation must use up every response and every disclosed message.
        if self.hidden() + disclosed.len() != basis.len() {
            return Err(Error::Invalid);
        }
        let domain = basis.domain(pk, header);
        let commitments = self.commitments_vartime(basis, &domain, disclosed, binding);
        let expected = challenge(
            basis,
            &domain,
            &self.points,
            &commitments,
            disclosed,
            binding,
        );
        let valid = expected == self.challenge
            && pairing_equal(&self.points.a_bar, pk.prepared(), &self.points.b_bar);
        if valid { Ok(()) } else { Err(Error::Invalid) }
    }
}

/// Makes a proof from an opened signature. `disclosed` has been checked. Constant-time.
///
/// Randomness is drawn in the order of the draft: r1, r2, then one nonce a variable.
pub(super) fn prove<R: CryptoRng + ?Sized>(
    opened: &Opened,
    binding: &Binding<'_>,
    disclosed: &[usize],
    rng: &mut R,
) -> Result<Parts, Error> {
    let basis = &opened.basis;
    let messages = opened.messages.expose();
    let is_hidden = |index: &usize| disclosed.binary_search(index).is_err();
    let shown: Vec<_> = (disclosed.iter())
        .filter_map(|index| messages.get(*index).map(|message| (*index, *message)))
        .collect();
    let hidden = (0..messages.len())
        .filter(is_hidden)
        .filter_map(|index| messages.get(index).copied());
    let hidden = Secret::gather(messages.len(), hidden);

    let r1 = Secret::new(nonzero_random_scalar(rng));
    let r2 = Secret::new(nonzero_random_scalar(rng));
    let nonces = Nonces::draw(BEFORE_HIDDEN + hidden.expose().len(), rng);

    let points = compute(&blinded_signature(
        opened.a.expose(),
        opened.e.expose(),
        opened.b.expose(),
        r1.expose(),
        r2.expose(),
    ));
    let equations = relation(basis, &opened.domain, &points, &shown, binding.pseudonym);
    let commitments = nonces.commit(&equations);
    let challenge = challenge(
        basis,
        &opened.domain,
        &points,
        &commitments,
        &shown,
        binding,
    );

    let blinders = [*opened.e.expose(), -r1.expose(), -invert(r2.expose())?];
    let witness = Secret::gather(
        BEFORE_HIDDEN + hidden.expose().len(),
        blinders.into_iter().chain(hidden.expose().iter().copied()),
    );
    let responses = nonces.respond(&witness, &challenge);
    Ok(Parts {
        points,
        responses,
        challenge,
    })
}

#[cfg(test)]
mod tests;
