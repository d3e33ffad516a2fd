//! A pass with everything behind it, for the published test vectors (feature `internals`): question, points, commitments,
//! and the secrets, which nothing else of the library ever shows.

use super::body::{Body, Claimed};
use super::header::Question;
use super::present::Ready;
use super::question::FullQuestion;
use super::renewal::Renewing;
use crate::codec::Writer;
use crate::credential::Credential;
use crate::curve::{CryptoRng, G1Affine, G2Affine, Scalar};
use crate::error::Error;
use crate::scheme::{
    Accreditation, AccreditationKey, DateTable, Day, HolderBundle, IssuerPublic, Scheme, UnixTime,
};
use crate::secret::Secret;
use crate::sigma::recompute_vartime;

/// A statement of a pass.
#[derive(Clone, Copy, Debug)]
pub struct TracedStatement {
    /// Its number in questions.
    pub code: u8,
    /// Its name, for people.
    pub name: &'static str,
    /// Points that it sends.
    pub points: usize,
    /// Variables of its own.
    pub variables: usize,
}

/// A pass, or the proof of a renewal request, and what it was made of.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The pass; of a renewal what a pass has behind its header.
    pub payload: Vec<u8>,
    /// The question's bytes, which the challenge hashes.
    pub question: Vec<u8>,
    /// What was proven, in order.
    pub statements: Vec<TracedStatement>,
    /// X' and X1'.
    pub issuer: Option<(G2Affine, G1Affine)>,
    /// t.
    pub t: Scalar,
    /// All points sent.
    pub points: Vec<G1Affine>,
    /// T of each equation.
    pub commitments: Vec<G1Affine>,
    /// c.
    pub challenge: [u8; 16],
    /// s, the hidden attributes, the variables of the statements.
    pub witness: Vec<Scalar>,
    /// The response to each of them.
    pub responses: Vec<Scalar>,
    /// The disclosed values, as they travel and are hashed.
    pub disclosed: Vec<u8>,
    /// OP, if there is a pseudonym.
    pub pseudonym_base: Option<G1Affine>,
}

/// What a prover puts in the place of something good: all Schnorr equations still hold, and one pairing does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Falsified<'a> {
    /// Another date table.
    pub table: Option<&'a DateTable>,
    /// C of another handle or place.
    pub witness: Option<G1Affine>,
    /// An accreditation that nobody gave.
    pub accreditation: Option<&'a Accreditation>,
    /// Another A.
    pub signature: Option<G1Affine>,
    /// Another X1.
    pub x1: Option<G1Affine>,
}

impl<'a> Falsified<'a> {
    fn ready(&self, ready: Ready<'a>) -> Ready<'a> {
        Ready {
            table: self.table.unwrap_or(ready.table),
            witness: self.witness.unwrap_or(ready.witness),
            accreditation: self.accreditation.or(ready.accreditation),
            renewed: ready.renewed,
        }
    }

    fn credential(&self, scheme: &Scheme, credential: &Credential) -> Result<Credential, Error> {
        let mut copy = Credential::from_bytes(scheme, &credential.expose_bytes())?;
        if let Some(a) = self.signature {
            copy.a = Secret::new(a);
        }
        if let Some(x1) = self.x1 {
            copy.issuer.x1 = x1;
        }
        Ok(copy)
    }
}

/// An accreditation of an issuer whose X1 is another one's: all of it holds but e(h, X) = e(X1, g2).
///
/// # Errors
/// [`Error::Invalid`] with negligible probability.
pub fn accredit_unlinked(
    key: &AccreditationKey,
    scheme: &Scheme,
    (issuer, x1): (&IssuerPublic, G1Affine),
    epoch: u32,
) -> Result<Accreditation, Error> {
    key.accredit(scheme, &IssuerPublic { x: issuer.x, x1 }, epoch)
}

/// B of a credential.
#[must_use]
pub fn base_of(credential: &Credential) -> G1Affine {
    *credential.b.expose()
}

/// All attributes as scalars, in the order of the schema.
#[must_use]
pub fn attributes_of(credential: &Credential) -> Vec<Scalar> {
    credential.scalars.expose().clone()
}

/// What [`Credential::present`] makes from the same generator, with all of it shown, and, if something is `falsified`, not
/// checked; dates are not compared either.
///
/// # Errors
/// [`Error::Invalid`] if the question cannot be answered.
pub fn present<R: CryptoRng + ?Sized>(
    credential: &Credential,
    holder: &HolderBundle,
    (ask, day, now): (&Question, Option<Day>, UnixTime),
    falsified: Falsified<'_>,
    rng: &mut R,
) -> Result<Traced, Error> {
    let credential = falsified.credential(&holder.bundle.scheme, credential)?;
    let question = credential.question(holder, ask, day, now);
    let question = question.map_err(|_| Error::Invalid)?;
    let ready = credential.ready(holder, question.standing());
    let ready = falsified.ready(ready.map_err(|_| Error::Invalid)?);
    let mut traced = trace(&credential, question, ready, rng)?;
    traced.1.payload = traced.0;
    Ok(traced.1)
}

/// What answering an offer of a renewal makes from the same generator, for the commitment and the blinding s' of its request.
pub(crate) fn prove_renewal<R: CryptoRng + ?Sized>(
    credential: &Credential,
    holder: &HolderBundle,
    (renewing, now): (&Renewing<'_>, UnixTime),
    blinding: &Secret<Scalar>,
    falsified: Falsified<'_>,
    rng: &mut R,
) -> Result<Traced, Error> {
    let credential = falsified.credential(&holder.bundle.scheme, credential)?;
    let question = renewing.question(now).ok_or(Error::Invalid)?;
    let ready = credential.ready(holder, question.standing());
    let ready = falsified.ready(ready.map_err(|_| Error::Invalid)?);
    let ready = Ready {
        renewed: Some(blinding),
        ..ready
    };
    trace(&credential, question, ready, rng).map(|(_, traced)| traced)
}

/// The whole payload, and the trace with what stands behind its header.
fn trace<R: CryptoRng + ?Sized>(
    credential: &Credential,
    question: FullQuestion<'_>,
    ready: Ready<'_>,
    rng: &mut R,
) -> Result<(Vec<u8>, Traced), Error> {
    let statements = question.statements();
    let disclosed: Vec<_> = (credential.values.iter().enumerate())
        .filter(|(index, _)| question.discloses(*index))
        .filter_map(|(_, value)| value.clone())
        .collect();
    let (moment, names) = (UnixTime::default(), statements.iter());
    let names = names.map(|statement| TracedStatement {
        code: statement.code(),
        name: statement.name(),
        points: statement.points(),
        variables: statement.variables(),
    });
    let names = names.collect();
    let (held, blinded) = credential.blind(ready, &question, &statements, moment, rng)?;
    let witness = credential.witness_of(&question, &blinded);
    let shown = held.shown;
    let body = credential.prove(&question, &statements, shown, &blinded, disclosed, rng)?;
    let payload = body.to_bytes(&question.header());
    let claimed = Claimed::new(question, statements, body);
    let commitments = commitments(&claimed)?;
    let question = &claimed.question;
    let Body {
        issuer,
        points,
        challenge,
        responses,
        disclosed,
    } = claimed.body.clone();
    let values = (disclosed.iter()).fold(Writer::default(), |writer, value| value.write(writer));
    let traced = Traced {
        payload: claimed.body.write(Writer::default()).finish(),
        question: question.to_bytes(),
        statements: names,
        issuer: issuer.map(|shown| (shown.x, shown.x1)),
        t: *held.t.expose(),
        points,
        commitments,
        challenge: challenge.0,
        witness: witness.expose().clone(),
        responses,
        disclosed: values.finish(),
        pseudonym_base: (question.policy.once_a_day).then(|| question.scope().base()),
    };
    Ok((payload, traced))
}

fn commitments(claimed: &Claimed<'_>) -> Result<Vec<G1Affine>, Error> {
    let (relation, body) = (claimed.relation()?, &claimed.body);
    let challenge = body.challenge.to_scalar();
    Ok(recompute_vartime(
        &relation.equations,
        &body.responses,
        &challenge,
    ))
}
