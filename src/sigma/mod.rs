//! One Schnorr engine: equations over G1 that share their variables.
//!
//! A [`Equation`] says Σ ℓᵢ(w)·Gᵢ = Σ kⱼ·Pⱼ, with ℓᵢ linear forms in the witness w and everything
//! else public. Prover and verifier build the *same* list of equations from the same function, so
//! the two sides cannot drift. Convention, everywhere (equation (S) of docs/protocol.md):
//!
//! ```text
//! nonce k, challenge c, response ẑ = k + c·w
//! commitment T = Σ ℓᵢ(k)·Gᵢ            prover, constant-time
//!            T = Σ ℓᵢ(ẑ)·Gᵢ − c·Σ kⱼ·Pⱼ    verifier, vartime
//! ```
//!
//! A variable that occurs in several equations, or several times in one, has one nonce and one
//! response: that is what ties the equations together.

mod nonce;

pub(crate) use nonce::{Hedge, HedgedRng};

use crate::curve::{
    Base, CryptoRng, Field, G1Affine, Scalar, msm_each, msm_vartime_each, random_scalar,
};
use crate::secret::Secret;

/// A variable of the witness: its place in the list of responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Var(pub(crate) usize);

/// A linear form Σ coefficient·variable.
#[derive(Clone, Debug)]
pub(crate) struct Linear(Vec<(Var, Scalar)>);

impl From<Var> for Linear {
    fn from(var: Var) -> Self {
        Self(vec![(var, Scalar::ONE)])
    }
}

impl FromIterator<(Var, Scalar)> for Linear {
    fn from_iter<T: IntoIterator<Item = (Var, Scalar)>>(terms: T) -> Self {
        Self(terms.into_iter().collect())
    }
}

impl Linear {
    /// The form's value. A variable without a value makes the whole proof fail, never panic: it
    /// counts as zero, and the challenge will not match.
    fn at(&self, values: &[Scalar]) -> Scalar {
        self.0
            .iter()
            .map(|(var, coefficient)| {
                coefficient * values.get(var.0).copied().unwrap_or(Scalar::ZERO)
            })
            .sum()
    }
}

/// Σ ℓ(w)·base = Σ k·base, the left side over secrets, the right side public.
#[derive(Clone, Debug, Default)]
pub(crate) struct Equation<'a> {
    left: Vec<(Base<'a>, Linear)>,
    right: Vec<(Base<'a>, Scalar)>,
}

impl<'a> Equation<'a> {
    /// An equation with nothing on either side.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds form·base to the left side.
    #[must_use]
    pub(crate) fn left(mut self, base: impl Into<Base<'a>>, form: impl Into<Linear>) -> Self {
        self.left.push((base.into(), form.into()));
        self
    }

    /// Σ ℓ(ẑ)·base − c·Σ k·base.
    fn terms(
        &self,
        responses: &[Scalar],
        challenge: &Scalar,
    ) -> impl Iterator<Item = (Base<'a>, Scalar)> {
        let left = (self.left.iter()).map(|(base, form)| (*base, form.at(responses)));
        let right = (self.right.iter()).map(move |(base, scalar)| (*base, -(challenge * scalar)));
        left.chain(right)
    }

    /// Adds scalar·base to the right side.
    #[must_use]
    pub(crate) fn right(mut self, base: impl Into<Base<'a>>, scalar: Scalar) -> Self {
        self.right.push((base.into(), scalar));
        self
    }
}

/// The nonces of one proof. [`respond`](Nonces::respond) consumes them: a nonce that answers two
/// challenges gives the witness away.
pub(crate) struct Nonces(Secret<Vec<Scalar>>);

impl Nonces {
    /// Draws `count` nonces, 48 bytes of `rng` each.
    pub(crate) fn draw<R: CryptoRng + ?Sized>(count: usize, rng: &mut R) -> Self {
        Self(Secret::new(
            (0..count).map(|_| random_scalar(rng)).collect(),
        ))
    }

    /// The commitment T of every equation. Constant-time.
    pub(crate) fn commit(&self, equations: &[Equation<'_>]) -> Vec<G1Affine> {
        let sums: Vec<_> = equations
            .iter()
            .map(|equation| {
                let terms = equation.left.iter();
                (terms.map(|(base, form)| (*base, form.at(self.0.expose())))).collect()
            })
            .collect();
        msm_each(&sums)
    }

    /// The responses ẑ = k + c·w, in the order of the variables. Constant-time.
    pub(crate) fn respond(self, witness: &Secret<Vec<Scalar>>, challenge: &Scalar) -> Vec<Scalar> {
        debug_assert_eq!(self.0.expose().len(), witness.expose().len());
        (self.0.expose().iter().zip(witness.expose()))
            .map(|(nonce, secret)| nonce + challenge * secret)
            .collect()
    }
}

/// The commitments that `responses` answer under `challenge`; hashing them must give the challenge
/// again. Variable-time: a proof is public.
pub(crate) fn recompute_vartime(
    equations: &[Equation<'_>],
    responses: &[Scalar],
    challenge: &Scalar,
) -> Vec<G1Affine> {
    let sums: Vec<_> = (equations.iter())
        .map(|equation| equation.terms(responses, challenge).collect())
        .collect();
    msm_vartime_each(&sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    /// x·G + y·H = P and x·H − 3·y·G = Q, with x and y shared.
    fn equations(g: G1Affine, h: G1Affine, p: G1Affine, q: G1Affine) -> [Equation<'static>; 2] {
        let (x, y) = (Var(0), Var(1));
        let minus_three_y: Linear = [(y, -Scalar::from(3))].into_iter().collect();
        [
            Equation::new().left(g, x).left(h, y).right(p, Scalar::ONE),
            Equation::new()
                .left(h, x)
                .left(g, minus_three_y)
                .right(q, Scalar::ONE),
        ]
    }

    #[test]
    fn honest_responses_give_the_commitments_again_and_others_do_not() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut point = || G1Affine::from(G1Affine::generator() * random_scalar(&mut rng));
        let (g, h) = (point(), point());
        let (x, y) = (Scalar::from(11), Scalar::from(13));
        let p = G1Affine::from(g * x + h * y);
        let q = G1Affine::from(h * x - g * (Scalar::from(3) * y));
        let equations = equations(g, h, p, q);
        let nonces = Nonces::draw(2, &mut rng);
        let commitments = nonces.commit(&equations);
        let challenge = Scalar::from(99);
        let mut responses = nonces.respond(&Secret::new(vec![x, y]), &challenge);
        assert_eq!(
            recompute_vartime(&equations, &responses, &challenge),
            commitments
        );
        responses[1] += Scalar::ONE;
        let other = recompute_vartime(&equations, &responses, &challenge);
        assert!(other[0] != commitments[0] && other[1] != commitments[1]);
    }
}
