//! Carried: a new commitment holds what the credential has, but for the dates that are set anew (29).
//!
//! | variable | meaning |
//! |---|---|
//! | own 0 | s', the blinding of the new commitment |
//! | shared | m_0, y and every carried attribute |
//!
//! ```text
//! s'·H_s + m_0·H_0 + y·H_1 + Σ_carried m_j·H_j = C
//! ```
//!
//! C travels with the request and is hashed with the question, so the statement sends no points. The old s has a
//! response of its own in (20): the two blindings have nothing in common.

use super::{Held, Own, Proven, Relation, Statement, View};
use crate::curve::{Curve, Field, G1Affine, Scalar, msm};
use crate::error::Error;
use crate::scheme::{RenewalPolicy, Scheme, bases};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng};

/// The statement.
pub(crate) struct Carried<'a> {
    /// Says what is not carried.
    pub(crate) renewal: &'a RenewalPolicy,
    /// C.
    pub(crate) commitment: G1Affine,
}

/// C, from all attributes of a credential as scalars. Constant-time in them.
pub(crate) fn carried(
    scheme: &Scheme,
    renewal: &RenewalPolicy,
    blinding: &Scalar,
    scalars: &[Scalar],
) -> G1Affine {
    let kept = (scheme.generators().zip(scalars).enumerate())
        .filter(|(index, _)| !renewal.sets(*index))
        .map(|(_, (h, scalar))| (h.into(), *scalar));
    let blinding = [(bases().h_s.as_ref().into(), *blinding)];
    msm(blinding.into_iter().chain(kept)).to_affine()
}

impl Statement for Carried<'_> {
    fn code(&self) -> u8 {
        9
    }

    fn name(&self) -> &'static str {
        "carried into a new commitment"
    }

    fn points(&self) -> usize {
        0
    }

    fn variables(&self) -> usize {
        1
    }

    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        let [] = own.points()?;
        let mut equation = Equation::new()
            .left(bases().h_s.as_ref(), own.var(0))
            .right(self.commitment, Scalar::ONE);
        for (index, h) in view.scheme.generators().enumerate() {
            if !self.renewal.sets(index) {
                equation = equation.left(h, view.hidden(index)?);
            }
        }
        relation.equations.push(equation);
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, _: &mut HedgedRng) -> Result<Proven, Error> {
        let blinding = held.renewed.ok_or(Error::Invalid)?;
        Ok(Proven {
            points: Vec::new(),
            witness: Secret::new(vec![*blinding.expose()]),
        })
    }
}
