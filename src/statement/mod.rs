//! What a presentation proves: statements about one credential, one file each.
//!
//! A statement sends points of G1 and adds equations to the one Schnorr proof and pairings to the
//! one product; nothing else. Its [`Statement::relate`] is called by prover and verifier alike. The
//! attributes are shared: a hidden one is the same variable wherever it occurs, and that is what
//! ties the statements to one credential.
//!
//! To add a statement: one file with an `impl Statement`, and one line in
//! `presentation::question::statements`.

mod accreditation;
mod carried;
mod date;
mod pseudonym;
mod revocation;
mod signature;

pub(crate) use accreditation::Accredited;
pub(crate) use carried::{Carried, carried};
pub(crate) use date::{AtMostFarBack, Near, Side};
pub(crate) use pseudonym::WithPseudonym;
pub(crate) use revocation::NotRevoked;
pub(crate) use signature::{IssuerKeys, SignedBy};

use crate::credential::Credential;
use crate::curve::{
    Base, CryptoRng, Field, G1Affine, G2Affine, G2Prepared, Scalar, Terms, g2_generator_prepared,
    g2_generator_times_plus, msm_vartime_each, pairing_product_is_one, weight,
};
use crate::error::Error;
use crate::scheme::{Accreditation, DateTable, Scheme, bases};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng, Linear, Var};

/// The issuer's key as a presentation shows it, by G1 and G2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShownIssuer {
    /// X' = X + t·g2.
    pub(crate) x: G2Affine,
    /// X1' = X1 + t·h.
    pub(crate) x1: G1Affine,
}

/// What the prover has besides the credential.
pub(crate) struct Held<'a> {
    pub(crate) credential: &'a Credential,
    pub(crate) table: &'a DateTable,
    /// C at the epoch of the question.
    pub(crate) witness: G1Affine,
    /// The accreditation for the epoch of the question, where the issuer is hidden.
    pub(crate) accreditation: Option<&'a Accreditation>,
    /// s' of a renewal, under which all this is carried.
    pub(crate) renewed: Option<&'a Secret<Scalar>>,
    /// t, which hides the issuer; zero where the issuer is known.
    pub(crate) t: Secret<Scalar>,
    pub(crate) shown: Option<ShownIssuer>,
}

impl Held<'_> {
    /// X' = X + t·g2. Constant-time.
    pub(crate) fn hidden_key(&self) -> G2Affine {
        g2_generator_times_plus(self.t.expose(), &self.credential.issuer.x)
    }

    /// X1' = X1 + t·h, yet to be computed.
    pub(crate) fn hidden_key_in_g1(&self) -> Terms<'static> {
        let terms = [((&bases().acc_issuer).into(), *self.t.expose())];
        Terms::from(terms).plus(self.credential.issuer.x1)
    }

    pub(crate) fn attribute(&self, index: usize) -> Result<&Scalar, Error> {
        (self.credential.scalars.expose().get(index)).ok_or(Error::Invalid)
    }
}

/// How an attribute appears in a presentation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    /// A variable that all statements share.
    Hidden(Var),
    /// A value that everybody sees.
    Disclosed(Scalar),
}

/// What prover and verifier build their equations from.
pub(crate) struct View<'a> {
    pub(crate) scheme: &'a Scheme,
    pub(crate) issuer: Option<&'a ShownIssuer>,
    /// s.
    pub(crate) blinding: Var,
    pub(crate) attributes: &'a [Shown],
}

impl View<'_> {
    /// The variable of a hidden attribute.
    fn hidden(&self, index: usize) -> Result<Var, Error> {
        match self.attributes.get(index) {
            Some(Shown::Hidden(var)) => Ok(*var),
            _ => Err(Error::Invalid),
        }
    }
}

/// The points a statement sent and where its own variables begin.
pub(crate) struct Own<'a> {
    pub(crate) points: &'a [G1Affine],
    pub(crate) first: usize,
}

impl Own<'_> {
    fn var(&self, i: usize) -> Var {
        Var(self.first + i)
    }

    /// The points, which must be as many as the statement sends.
    fn points<const N: usize>(&self) -> Result<[G1Affine; N], Error> {
        self.points.try_into().map_err(|_| Error::Invalid)
    }
}

/// What the prover sends for a statement, yet to be computed, and the witness of its own variables.
pub(crate) struct Proven {
    pub(crate) points: Vec<Terms<'static>>,
    pub(crate) witness: Secret<Vec<Scalar>>,
}

/// A key of a pairing.
#[derive(Clone, Copy)]
pub(crate) enum Key<'a> {
    /// Sent with the presentation.
    Shown(&'a G2Affine),
    /// Known before, lines prepared.
    Prepared(&'a G2Prepared),
}

impl Key<'_> {
    /// Whether both are the same object, so that their pairs can be merged.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shown(a), Self::Shown(b)) => std::ptr::eq(*a, *b),
            (Self::Prepared(a), Self::Prepared(b)) => std::ptr::eq(*a, *b),
            _ => false,
        }
    }
}

/// e(left, key) = e(right, g2).
#[derive(Clone, Copy)]
pub(crate) struct Pairing<'a> {
    pub(crate) left: G1Affine,
    pub(crate) key: Key<'a>,
    pub(crate) right: G1Affine,
}

/// Everything that a list of statements requires.
#[derive(Default)]
pub(crate) struct Relation<'a> {
    pub(crate) equations: Vec<Equation<'a>>,
    pub(crate) pairings: Vec<Pairing<'a>>,
}

/// One statement, as the question asks it.
pub(crate) trait Statement: Send + Sync {
    /// The number that stands for it in questions, for ever.
    fn code(&self) -> u8;
    /// Its name, for people.
    fn name(&self) -> &'static str;
    /// How many points of G1 it sends.
    fn points(&self) -> usize;
    /// How many variables it adds.
    fn variables(&self) -> usize;
    /// Adds its equations and pairings. The same for prover and verifier.
    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error>;
    /// Says what the points are, and makes the witness. Constant-time in everything secret.
    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error>;
}

/// −var.
fn minus(var: Var) -> Linear {
    [(var, -Scalar::ONE)].into_iter().collect()
}

/// Whether all pairings hold (19): one product of pairings with a random weight for each. Pairings with
/// the same key share a Miller loop, all right sides share one. Variable-time.
pub(crate) fn pairings_hold_vartime(pairings: &[Pairing<'_>], rng: &mut HedgedRng) -> bool {
    let mut lefts: Vec<(Key<'_>, Vec<(Base<'_>, Scalar)>)> = Vec::new();
    let mut rights = Vec::with_capacity(pairings.len());
    for (i, pairing) in pairings.iter().enumerate() {
        let weight = if i == 0 {
            Scalar::ONE
        } else {
            random_weight(rng)
        };
        rights.push((Base::Point(pairing.right), -weight));
        let term = (Base::Point(pairing.left), weight);
        match lefts.iter_mut().find(|(key, _)| key.is(&pairing.key)) {
            Some((_, terms)) => terms.push(term),
            None => lefts.push((pairing.key, vec![term])),
        }
    }
    let (keys, mut sums): (Vec<_>, Vec<_>) = lefts.into_iter().unzip();
    sums.push(rights);
    let sums = msm_vartime_each(&sums);
    let prepared = crate::parallel::map(&keys, |key| match key {
        Key::Shown(point) => std::borrow::Cow::Owned(G2Prepared::from(**point)),
        Key::Prepared(prepared) => std::borrow::Cow::Borrowed(*prepared),
    });
    let keys = (prepared.iter().map(AsRef::as_ref)).chain([g2_generator_prepared()]);
    let pairs: Vec<_> = sums.iter().zip(keys).collect();
    pairing_product_is_one(&pairs)
}

/// A weight of 128 bits that is not zero.
pub(crate) fn random_weight<R: CryptoRng + ?Sized>(rng: &mut R) -> Scalar {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    let weight = weight(u128::from_be_bytes(bytes));
    if weight == Scalar::ZERO {
        Scalar::ONE
    } else {
        weight
    }
}
