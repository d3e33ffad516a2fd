//! Many passes, one product of pairings.

use super::body::{Body, Claimed};
use super::question::Moment;
use crate::curve::CryptoRng;
use crate::sigma::{Hedge, HedgedRng};
use crate::statement::{Pairing, pairings_hold_vartime};

/// Which of the claims hold, and the moment that each is bound to: Schnorr parts one by one, pairings
/// together, with a weight of its own for every equation of every pass; a failed product is bisected with
/// fresh weights. Variable-time.
pub(super) fn proven<R: CryptoRng + ?Sized>(
    claims: &[Claimed<'_>],
    rng: &mut R,
) -> Vec<Option<Moment>> {
    let mut weights = weights_of(claims.iter().map(|claim| &claim.body), rng);
    let bound = crate::parallel::map(claims, |claim| claim.bound_vartime().ok());
    let open: Vec<_> = (bound.iter().enumerate())
        .filter_map(|(place, bound)| Some((place, bound.as_ref()?.1.as_slice())))
        .collect();
    let mut valid = vec![false; claims.len()];
    bisect(&open, &mut valid, &mut weights);
    (bound.iter().zip(valid))
        .map(|(bound, valid)| bound.as_ref().filter(|_| valid).map(|(moment, _)| *moment))
        .collect()
}

/// Where the weights come from. They depend on what they weigh, so that a weak generator does not make
/// them guessable: the challenge is a hash over every point.
pub(super) fn weights_of<'a, R: CryptoRng + ?Sized>(
    bodies: impl IntoIterator<Item = &'a Body>,
    rng: &mut R,
) -> HedgedRng {
    let hedge = Hedge::new("veilpass batch weights", rng);
    (bodies.into_iter())
        .fold(hedge, |hedge, body| {
            hedge.bytes(&body.challenge.0).scalars(&body.responses)
        })
        .finish()
}

fn bisect(open: &[(usize, &[Pairing<'_>])], valid: &mut [bool], weights: &mut HedgedRng) {
    if open.is_empty() {
        return;
    }
    let all: Vec<_> = (open.iter().flat_map(|(_, pairings)| pairings.iter()))
        .copied()
        .collect();
    if pairings_hold_vartime(&all, weights) {
        for (place, _) in open {
            if let Some(valid) = valid.get_mut(*place) {
                *valid = true;
            }
        }
    } else if open.len() > 1 {
        let (left, right) = open.split_at(open.len() / 2);
        bisect(left, valid, weights);
        bisect(right, valid, weights);
    }
}
