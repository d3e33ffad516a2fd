//! What a signature is over: its generators, its domain, its messages as scalars.

use std::sync::Arc;

use super::interface::Interface;
use super::key::PublicKey;
use super::{MAX_MESSAGES, Suite};
use crate::codec::length_prefix;
use crate::curve::{Base, Field, FixedBase, G1Projective, Scalar, msm, scalar_to_bytes};
use crate::error::Error;
use crate::secret::Secret;
use crate::signature::Generators;

/// The generators under one signature, in the order of its messages: Q1 for the domain, then
/// H_1 … H_L for the signer's messages and, if it was issued blindly, Q2 for the prover's blinding
/// and J_1 … J_M for what the prover committed to.
#[derive(Debug)]
pub(super) struct Basis {
    pub(super) interface: &'static Interface,
    q1: Arc<FixedBase>,
    messages: Vec<Arc<FixedBase>>,
}

impl Basis {
    /// Generators for `signer` messages and the first `blind` generators of the blind list
    /// (none at all for a signature that was not issued blindly).
    pub(super) fn new(
        interface: &'static Interface,
        signer: usize,
        blind: usize,
    ) -> Result<Self, Error> {
        let count = signer.saturating_add(blind);
        if count > MAX_MESSAGES {
            return Err(Error::TooManyMessages {
                count,
                limit: MAX_MESSAGES,
            });
        }
        let mut messages = first(&interface.signer, signer + 1)?;
        let q1 = messages.remove(0);
        messages.extend(first(&interface.blind, blind)?);
        Ok(Self {
            interface,
            q1,
            messages,
        })
    }

    /// The number of scalars signed.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Q1.
    pub(super) fn q1(&self) -> &FixedBase {
        &self.q1
    }

    /// The generators of the messages, in their order.
    pub(super) fn messages(&self) -> impl Iterator<Item = &FixedBase> {
        self.messages.iter().map(AsRef::as_ref)
    }

    /// calculate_domain: binds key, generators, interface and header.
    pub(super) fn domain<S: Suite>(&self, pk: &PublicKey<S>, header: &[&[u8]]) -> Scalar {
        let count = length_prefix(self.messages.len());
        let header_len = length_prefix(header.iter().map(|part| part.len()).sum());
        let mut input: Vec<&[u8]> = vec![pk.as_bytes(), &count, self.q1.encoding()];
        input.extend(self.messages().map(|g| g.encoding().as_slice()));
        input.push(self.interface.api_id.as_bytes());
        input.push(&header_len);
        input.extend(header);
        self.interface.hash_to_scalar(&input)
    }

    /// B = P1 + domain·Q1 + Σ m_j·H_j (equation (1)). Constant-time.
    pub(super) fn point_b(&self, domain: &Scalar, messages: &[Scalar]) -> G1Projective {
        debug_assert_eq!(messages.len(), self.len());
        let first = [(self.q1().into(), *domain)];
        let others = self
            .messages()
            .map(Base::from)
            .zip(messages.iter().copied());
        msm(first.into_iter().chain(others)) + self.interface.base_point.point()
    }
}

/// The first `count` generators, for up to [`MAX_MESSAGES`] messages.
pub(super) fn first(list: &Generators, count: usize) -> Result<Vec<Arc<FixedBase>>, Error> {
    if count > MAX_MESSAGES + 1 {
        return Err(Error::TooManyMessages {
            count: count - 1,
            limit: MAX_MESSAGES,
        });
    }
    Ok(list.up_to_limit(count))
}

/// Messages as scalars. Constant-time in the contents, not in the lengths.
pub(super) fn map_messages<M: AsRef<[u8]>>(
    interface: &Interface,
    messages: &[M],
) -> impl Iterator<Item = Scalar> {
    messages
        .iter()
        .map(|message| interface.map_message(message.as_ref()))
}

/// The serialised concatenation of secret scalars, wiped after use.
pub(super) fn serialize_secret<'a>(
    count: usize,
    scalars: impl IntoIterator<Item = &'a Scalar>,
) -> Secret<Vec<u8>> {
    Secret::gather(32 * count, scalars.into_iter().flat_map(scalar_to_bytes))
}

/// Indexes that rise strictly and stay below `messages`.
pub(super) fn check_indexes(
    indexes: impl Iterator<Item = usize>,
    messages: usize,
) -> Result<(), Error> {
    let mut next = 0;
    for index in indexes {
        if index < next || index >= messages {
            return Err(Error::Indexes { messages });
        }
        next = index + 1;
    }
    Ok(())
}

/// The same where a proof's length says how many messages there are: a proof that is too short for
/// the claim is an invalid proof, not a senseless claim.
pub(super) fn check_indexes_of_proof(
    indexes: impl Iterator<Item = usize> + Clone,
    messages: usize,
) -> Result<(), Error> {
    check_indexes(indexes.clone(), MAX_MESSAGES)?;
    check_indexes(indexes, messages).map_err(|_| Error::Invalid)
}

/// 1 / x, or an error for the zero that no honest run meets.
pub(super) fn invert(x: &Scalar) -> Result<Scalar, Error> {
    Option::from(Field::invert(x)).ok_or(Error::Invalid)
}
