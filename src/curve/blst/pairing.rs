//! Products of pairings under the names that the default backend's crate gives them.

use std::ops::Add;

use ::blst::blst_fp12;

use super::{G1Affine, G2Affine};

/// A point of G2 on the right of a pairing. blst's shared loop over bare points is as fast as its
/// loops over prepared lines, which share nothing, and there is nothing to prepare.
#[derive(Clone, Debug)]
pub struct G2Prepared(G2Affine);

impl From<G2Affine> for G2Prepared {
    fn from(point: G2Affine) -> Self {
        Self(point)
    }
}

/// Before the final exponentiation.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct MillerLoopResult(blst_fp12);

/// A product of pairings.
#[derive(PartialEq)]
pub(in super::super) struct Gt(blst_fp12);

/// Π e(Pᵢ, Qᵢ) before the final exponentiation. Constant-time (blst's loop is), apart from the number
/// of pairs and which of them have an identity.
pub(in super::super) fn multi_miller_loop(pairs: &[(&G1Affine, &G2Prepared)]) -> MillerLoopResult {
    // blst's loop wants no identities; their pairings are one.
    let proper = pairs
        .iter()
        .filter(|(p, q)| !bool::from(p.is_identity() | q.0.is_identity()));
    let (p, q): (Vec<_>, Vec<_>) = proper
        .map(|(p, q)| (*p.0.as_ref(), *q.0.0.as_ref()))
        .unzip();
    if p.is_empty() {
        MillerLoopResult::default()
    } else {
        MillerLoopResult(blst_fp12::miller_loop_n(&q, &p))
    }
}

impl MillerLoopResult {
    pub(in super::super) fn final_exponentiation(&self) -> Gt {
        Gt(self.0.final_exp())
    }
}

impl Add for MillerLoopResult {
    type Output = Self;
    // The traits write the target group with +, blst writes it with ·.
    #[allow(clippy::suspicious_arithmetic_impl)]
    fn add(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl Gt {
    pub(in super::super) fn identity() -> Self {
        Self(blst_fp12::default())
    }
}
