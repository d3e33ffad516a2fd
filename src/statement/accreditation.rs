//! Accredited: the authority accredited the hidden issuer for the epoch in force (22).
//!
//! | variable | meaning |
//! |---|---|
//! | own 0 | ρ |
//! | own 1 | σ = ρ·t |
//! | own 2 | a |
//!
//! ```text
//! sent  Ā_c = ρ·Acc    B̄_c = ρ·(P1' + ep·h_ep + X1') − σ·h − a·Ā_c
//!       ρ·(P1' + ep·h_ep + X1') − σ·h − a·Ā_c = B̄_c
//!       e(Ā_c, Γ) = e(B̄_c, g2)
//! ```

use super::{Held, Key, Own, Pairing, Proven, Relation, Statement, View, minus};
use crate::curve::{Base, Curve, Scalar, nonzero_random_scalar};
use crate::error::Error;
use crate::scheme::{Accreditation, PreparedKeys, bases};
use crate::secret::Secret;
use crate::sigma::{Equation, HedgedRng};

/// The statement.
pub(crate) struct Accredited<'a> {
    /// Γ, and P1' of the scheme.
    pub(crate) keys: &'a PreparedKeys,
    /// ep.
    pub(crate) epoch: u32,
}

impl Statement for Accredited<'_> {
    fn code(&self) -> u8 {
        3
    }

    fn name(&self) -> &'static str {
        "issuer accredited"
    }

    fn points(&self) -> usize {
        2
    }

    fn variables(&self) -> usize {
        3
    }

    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        let [a_bar, b_bar] = own.points()?;
        let issuer = view.issuer.ok_or(Error::Invalid)?;
        let base =
            Accreditation::shown_base_vartime(&self.keys.accreditation_p1, self.epoch, &issuer.x1);
        relation.equations.push(
            Equation::new()
                .left(base, own.var(0))
                .left(&bases().acc_issuer, minus(own.var(1)))
                .left(a_bar, minus(own.var(2)))
                .right(b_bar, Scalar::one()),
        );
        relation.pairings.push(Pairing {
            left: a_bar,
            key: Key::Prepared(&self.keys.accreditation),
            right: b_bar,
        });
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let accreditation = held.accreditation.ok_or(Error::Invalid)?;
        if accreditation.epoch != self.epoch {
            return Err(Error::Invalid);
        }
        let rho = Secret::new(nonzero_random_scalar(rng));
        let sigma = Secret::new(rho.expose() * held.t.expose());
        let acc = Base::Point(accreditation.point);
        // ρ·X1' − σ·h = ρ·X1, and a·Ā_c = (a·ρ)·Acc.
        let (p1, x1) = (&self.keys.accreditation_p1, &held.credential.issuer.x1);
        let base = Accreditation::base_vartime(p1, self.epoch, x1).to_affine();
        let a_rho = Secret::new(accreditation.exponent * rho.expose());
        Ok(Proven {
            points: vec![
                [(acc, *rho.expose())].into(),
                [(Base::Point(base), *rho.expose()), (acc, -a_rho.expose())].into(),
            ],
            witness: Secret::new(vec![*rho.expose(), *sigma.expose(), accreditation.exponent]),
        })
    }
}
