//! The body of a payload, and the Schnorr part of its check. Its length is fixed by the question
//! before anything is read.

use super::header::Header;
use super::question::{FullQuestion, Moment};
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{G1Affine, Scalar, g1_to_bytes, g2_to_bytes};
use crate::error::Error;
use crate::scheme::{IssuerMode, Value};
use crate::sigma::{Var, recompute_vartime};
use crate::statement::{Own, Pairing, Relation, Shown, ShownIssuer, Statement, View};
use crate::transcript::{ProofChallenge, Transcript};

/// What travels after the header: X' ‖ X1' ‖ points ‖ c ‖ responses ‖ disclosed values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) issuer: Option<ShownIssuer>,
    /// The points of all statements, in their order.
    pub(super) points: Vec<G1Affine>,
    pub(super) challenge: ProofChallenge,
    /// ŝ, the hidden attributes, then the variables of the statements.
    pub(super) responses: Vec<Scalar>,
    pub(super) disclosed: Vec<Value>,
}

/// s comes first; the hidden attributes follow.
pub(super) const BLINDING: Var = Var(0);

/// How the attributes appear: disclosed values at their places, variables for the rest.
pub(super) fn shown_attributes(question: &FullQuestion<'_>, disclosed: &[Value]) -> Vec<Shown> {
    let count = question.bundle.scheme.schema().attributes().len();
    let mut values = disclosed.iter();
    let mut next = BLINDING.0 + 1;
    (0..count)
        .map(|index| {
            if question.discloses(index) {
                let scalar = values.next().map(Value::to_scalar);
                Shown::Disclosed(scalar.unwrap_or_default())
            } else {
                next += 1;
                Shown::Hidden(Var(next - 1))
            }
        })
        .collect()
}

/// s and the hidden attributes.
pub(super) fn shared_variables(question: &FullQuestion<'_>) -> usize {
    let attributes = question.bundle.scheme.schema().attributes().len();
    1 + attributes - question.policy.disclose.len().min(attributes)
}

/// The equations and pairings of all statements: the same for prover and verifier.
pub(super) fn relate<'a>(
    question: &FullQuestion<'a>,
    statements: &'a [Box<dyn Statement + 'a>],
    issuer: Option<&'a ShownIssuer>,
    points: &[G1Affine],
    attributes: &'a [Shown],
) -> Result<Relation<'a>, Error> {
    let view = View {
        scheme: &question.bundle.scheme,
        issuer,
        blinding: BLINDING,
        attributes,
    };
    let mut relation = Relation::default();
    let mut rest = points;
    let mut first = shared_variables(question);
    for statement in statements {
        let (own, others) = rest
            .split_at_checked(statement.points())
            .ok_or(Error::Invalid)?;
        let own = Own { points: own, first };
        statement.relate(&view, &own, &mut relation)?;
        first += statement.variables();
        rest = others;
    }
    if rest.is_empty() {
        Ok(relation)
    } else {
        Err(Error::Invalid)
    }
}

/// c: the whole question, every sent point, every commitment, everything disclosed (26).
pub(super) fn challenge(
    question: &FullQuestion<'_>,
    issuer: Option<&ShownIssuer>,
    points: &[G1Affine],
    commitments: &[G1Affine],
    disclosed: &[Value],
) -> ProofChallenge {
    let all = |points: &[G1Affine]| points.iter().flat_map(g1_to_bytes).collect::<Vec<_>>();
    let issuer = issuer.map_or(Vec::new(), |issuer| {
        [&g2_to_bytes(&issuer.x)[..], &g1_to_bytes(&issuer.x1)].concat()
    });
    let values = disclosed
        .iter()
        .fold(Writer::default(), |writer, value| value.write(writer));
    Transcript::new("present")
        .field(&question.to_bytes())
        .field(&issuer)
        .field(&all(points))
        .field(&all(commitments))
        .field(&values.finish())
        .challenge()
}

impl Body {
    pub(super) fn to_bytes(&self, header: &Header) -> Vec<u8> {
        self.write(header.write()).finish()
    }

    /// Behind what was written before.
    pub(super) fn write(&self, mut writer: Writer) -> Writer {
        if let Some(issuer) = &self.issuer {
            writer = writer.g2(&issuer.x).g1(&issuer.x1);
        }
        let writer = self.points.iter().fold(writer, Writer::g1);
        let writer = writer.raw(&self.challenge.0);
        let writer = (self.responses.iter()).fold(writer, Writer::scalar);
        (self.disclosed.iter()).fold(writer, |writer, value| value.write(writer))
    }

    pub(super) fn read(
        question: &FullQuestion<'_>,
        statements: &[Box<dyn Statement + '_>],
        mut reader: Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let issuer = match question.bundle.scheme.issuer_mode() {
            IssuerMode::Hidden => Some(ShownIssuer {
                x: reader.g2()?,
                x1: reader.g1()?,
            }),
            IssuerMode::Known(_) => None,
        };
        let count = statements.iter().map(|s| s.points()).sum();
        let points = (0..count).map(|_| reader.g1()).collect::<Result<_, _>>()?;
        let challenge = ProofChallenge(reader.array()?);
        let own: usize = statements.iter().map(|s| s.variables()).sum();
        let responses = (0..shared_variables(question) + own)
            .map(|_| reader.scalar())
            .collect::<Result<_, _>>()?;
        let disclosed = question
            .disclosed()
            .map(|attribute| attribute.read_value(&mut reader))
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self {
            issuer,
            points,
            challenge,
            responses,
            disclosed,
        })
    }
}

/// A decoded payload with the question it must answer.
pub(super) struct Claimed<'a> {
    pub(super) question: FullQuestion<'a>,
    pub(super) statements: Vec<Box<dyn Statement + 'a>>,
    pub(super) body: Body,
    attributes: Vec<Shown>,
    /// What the question may be bound to; the proof shows which of them it is.
    moments: Vec<Moment>,
}

impl<'a> Claimed<'a> {
    pub(super) fn new(
        question: FullQuestion<'a>,
        statements: Vec<Box<dyn Statement + 'a>>,
        body: Body,
    ) -> Self {
        let attributes = shown_attributes(&question, &body.disclosed);
        Self {
            moments: vec![question.moment],
            question,
            statements,
            body,
            attributes,
        }
    }

    /// The same, bound to any one of `moments`, which are of one day and mode.
    pub(super) fn of_any(mut self, moments: Vec<Moment>) -> Self {
        self.moments = moments;
        self
    }

    pub(super) fn relation(&self) -> Result<Relation<'_>, Error> {
        relate(
            &self.question,
            &self.statements,
            self.body.issuer.as_ref(),
            &self.body.points,
            &self.attributes,
        )
    }

    /// Everything but the pairings: disclosed dates, all Schnorr equations, the challenge. Returns
    /// the pairings that remain. Variable-time.
    pub(super) fn schnorr_vartime(&self) -> Result<Vec<Pairing<'_>>, Error> {
        self.bound_vartime().map(|(_, pairings)| pairings)
    }

    /// The same, with the moment that the proof is bound to. Another moment changes the challenge's hash
    /// and nothing else, so each costs a hash.
    pub(super) fn bound_vartime(&self) -> Result<(Moment, Vec<Pairing<'_>>), Error> {
        let body = &self.body;
        if !self.question.disclosed_dates_hold(&body.disclosed) {
            return Err(Error::Invalid);
        }
        let relation = self.relation()?;
        let commitments = recompute_vartime(
            &relation.equations,
            &body.responses,
            &body.challenge.to_scalar(),
        );
        let is_bound_to = |moment: &&Moment| {
            let expected = challenge(
                &self.question.bound_to(**moment),
                body.issuer.as_ref(),
                &body.points,
                &commitments,
                &body.disclosed,
            );
            expected == body.challenge
        };
        match self.moments.iter().find(is_bound_to) {
            Some(moment) => Ok((*moment, relation.pairings)),
            None => Err(Error::Invalid),
        }
    }

    /// The pseudonym, where the policy asks for one: the last point sent.
    pub(super) fn pseudonym(&self) -> Option<[u8; 48]> {
        let asked = self.question.policy.once_a_day;
        let last = self.body.points.last().filter(|_| asked);
        last.map(g1_to_bytes)
    }
}
