//! What the standard layer and the pass share of a BBS signature: its generators, and a signature (A, e) on B
//! blinded for one proof. The relation between the blinded points is written here once.
//!
//! ```text
//! sent       D = r2·B    Ā = r1·r2·A    B̄ = r1·D − e·Ā
//! (4)  E·Ā + R1·D = −B̄
//! (5)  R3·D + Σ_hidden m_j·H_j = −(P1 + domain·Q1 + Σ_disclosed m_j·H_j)
//! ```

mod generators;

pub(crate) use generators::Generators;
#[cfg(feature = "bbs")]
pub(crate) use generators::MAX_MESSAGES;

use crate::curve::{Base, Field, FixedBase, G1Affine, Scalar, Terms};
use crate::sigma::{Equation, Var};

/// A blinded signature: the points that a proof sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) a_bar: G1Affine,
    pub(crate) b_bar: G1Affine,
    pub(crate) d: G1Affine,
}

/// The points of a blinded signature, from (A, e) on B: Ā = r1·r2·A, B̄ = r1·D − e·Ā, D = r2·B.
pub(crate) fn blinded_signature(
    a: &G1Affine,
    e: &Scalar,
    b: &G1Affine,
    r1: &Scalar,
    r2: &Scalar,
) -> [Terms<'static>; 3] {
    let (a, b) = (Base::Point(*a), Base::Point(*b));
    let r1_r2 = r1 * r2;
    [
        [(a, r1_r2)].into(),
        [(b, r1_r2), (a, -(e * r1_r2))].into(),
        [(b, *r2)].into(),
    ]
}

/// Equations (4) and (5), for every prover and verifier of this crate: `e`, `r1` and `r3` are the
/// variables e, −r1 and −1/r2, `hidden` the generators of what is hidden, `known` the rest of B.
pub(crate) fn signature_equations<'a>(
    points: &Points,
    [e, r1, r3]: [Var; 3],
    hidden: impl IntoIterator<Item = (&'a FixedBase, Var)>,
    known: impl IntoIterator<Item = (&'a FixedBase, Scalar)>,
) -> [Equation<'a>; 2] {
    let signature = Equation::new()
        .left(points.a_bar, e)
        .left(points.d, r1)
        .right(points.b_bar, -Scalar::ONE);
    let opening = Equation::new().left(points.d, r3);
    let opening = (hidden.into_iter()).fold(opening, |eq, (base, var)| eq.left(base, var));
    let opening = (known.into_iter()).fold(opening, |eq, (base, scalar)| eq.right(base, -scalar));
    [signature, opening]
}
