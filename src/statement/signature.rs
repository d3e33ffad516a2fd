//! Signed: the credential carries an issuer's signature (20). The issuer is hidden behind X' = X + t·g2
//! and X1' = X1 + t·h (21), or known.
//!
//! | variable | meaning |
//! |---|---|
//! | own 0 | e' = e − t |
//! | own 1 | −r1 |
//! | own 2 | −r3 = −1/r2 |
//! | shared | s and every hidden attribute |
//!
//! ```text
//! sent  D̄ = r2·B    Ā = r1·r2·A    B̄ = r1·D̄ − e'·Ā       with X' and X1'
//!       e'·Ā + (−r1)·D̄ = −B̄
//!       (−r3)·D̄ + s·H_s + Σ_hidden m_j·H_j = −(P1 + domain·Q1 + Σ_disclosed m_j·H_j)
//!       e(Ā, X') = e(B̄, g2)    e(h, X') = e(X1', g2)
//! ```
//!
//! X' = X + t·g2 is uniform whatever X is, and Ā, B̄ are a pair under X' alone. Had the key been
//! blinded as t·X with a pair under X, anybody could test e(Ā, X_j) = e(B̄, g2) for each known key X_j.

use super::{Held, Key, Own, Pairing, Proven, Relation, Shown, Statement, View};
use crate::curve::{Field, G2Prepared, Scalar, nonzero_random_scalar};
use crate::error::Error;
use crate::scheme::bases;
use crate::secret::Secret;
use crate::sigma::HedgedRng;
use crate::signature::{Points, blinded_signature, signature_equations};

/// Who may have signed.
pub(crate) enum IssuerKeys<'a> {
    /// The key that the presentation shows.
    Hidden,
    /// The scheme's only issuer.
    Known(&'a G2Prepared),
}

/// The statement.
pub(crate) struct SignedBy<'a>(pub(crate) IssuerKeys<'a>);

impl Statement for SignedBy<'_> {
    fn code(&self) -> u8 {
        match self.0 {
            IssuerKeys::Hidden => 1,
            IssuerKeys::Known(_) => 2,
        }
    }

    fn name(&self) -> &'static str {
        match self.0 {
            IssuerKeys::Hidden => "signed by a hidden issuer",
            IssuerKeys::Known(_) => "signed by the known issuer",
        }
    }

    fn points(&self) -> usize {
        3
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
        let [d, a_bar, b_bar] = own.points()?;
        let points = Points { a_bar, b_bar, d };
        let bases = bases();
        let mut hidden = vec![(bases.h_s.as_ref(), view.blinding)];
        let mut known = vec![
            (&bases.p1, Scalar::ONE),
            (bases.q1.as_ref(), *view.scheme.domain()),
        ];
        for (h, shown) in view.scheme.generators().zip(view.attributes) {
            match shown {
                Shown::Hidden(var) => hidden.push((h, *var)),
                Shown::Disclosed(scalar) => known.push((h, *scalar)),
            }
        }
        let variables = [own.var(0), own.var(1), own.var(2)];
        relation
            .equations
            .extend(signature_equations(&points, variables, hidden, known));
        let key = match (&self.0, view.issuer) {
            (IssuerKeys::Known(key), None) => Key::Prepared(key),
            (IssuerKeys::Hidden, Some(issuer)) => {
                relation.pairings.push(Pairing {
                    left: *bases.acc_issuer.point(),
                    key: Key::Shown(&issuer.x),
                    right: issuer.x1,
                });
                Key::Shown(&issuer.x)
            }
            _ => return Err(Error::Invalid),
        };
        relation.pairings.push(Pairing {
            left: a_bar,
            key,
            right: b_bar,
        });
        Ok(())
    }

    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let credential = held.credential;
        let (r1, r2) = (
            Secret::new(nonzero_random_scalar(rng)),
            Secret::new(nonzero_random_scalar(rng)),
        );
        let e = Secret::new(credential.e.expose() - held.t.expose());
        let [a_bar, b_bar, d] = blinded_signature(
            credential.a.expose(),
            e.expose(),
            credential.b.expose(),
            r1.expose(),
            r2.expose(),
        );
        let r3 = Option::<Scalar>::from(Field::invert(r2.expose())).ok_or(Error::Invalid)?;
        Ok(Proven {
            points: vec![d, a_bar, b_bar],
            witness: Secret::new(vec![*e.expose(), -r1.expose(), -r3]),
        })
    }
}
