//! Not revoked: the handle is not among the removed, at the epoch's accumulator V (24).
//!
//! | variable | meaning |
//! |---|---|
//! | own 0 | w |
//! | shared | y, the handle |
//!
//! ```text
//! sent  C' = w·C    C̄' = w·V − y·C'
//!       w·V − y·C' = C̄'       e(C', Q) = e(C̄', g2)
//! ```

use super::{Held, Key, Own, Pairing, Proven, Relation, Statement, View, minus};
use crate::curve::{Base, G1Affine, G2Prepared, Scalar, nonzero_random_scalar};
use crate::error::Error;
use crate::scheme::HANDLE;
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng};

/// The statement.
pub(crate) struct NotRevoked<'a> {
    /// Q.
    pub(crate) key: &'a G2Prepared,
    /// V.
    pub(crate) accumulator: G1Affine,
}

impl Statement for NotRevoked<'_> {
    fn code(&self) -> u8 {
        6
    }

    fn name(&self) -> &'static str {
        "not revoked"
    }

    fn points(&self) -> usize {
        2
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
        let [c, c_bar] = own.points()?;
        relation.equations.push(
            Equation::new()
                .left(self.accumulator, own.var(0))
                .left(c, minus(view.hidden(HANDLE)?))
                .right(c_bar, Scalar::one()),
        );
        relation.pairings.push(Pairing {
            left: c,
            key: Key::Prepared(self.key),
            right: c_bar,
        });
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let w = Secret::new(nonzero_random_scalar(rng));
        let wy = Secret::new(w.expose() * held.credential.handle());
        let witness = Base::Point(held.witness);
        let accumulator = Base::Point(self.accumulator);
        Ok(Proven {
            points: vec![
                [(witness, *w.expose())].into(),
                [(accumulator, *w.expose()), (witness, -wy.expose())].into(),
            ],
            witness: Secret::new(vec![*w.expose()]),
        })
    }
}
