//! The weights of the product, and batches.

use rand::{SeedableRng, rngs::StdRng};

use super::super::batch;
use super::super::body::{Body, Claimed};
use super::forger::*;
use crate::curve::{CryptoRng, G1Projective, Scalar, TryCryptoRng, TryRng, hash_test_point};
use crate::secret::Secret;
use crate::sigma::Hedge;
use crate::statement::{pairings_hold_vartime, random_weight};

#[test]
fn errors_that_cancel_in_an_unweighted_product() {
    // B̄ + P in one pairing and B̄ − P in another: without weights the product would not notice.
    let lab = lab();
    let (question, body) = lab.built();
    let statements = question.statements();
    let claimed = Claimed::new(question, statements, body);
    let mut pairings = claimed.relation().unwrap().pairings;
    let mut weights = Hedge::new("test", &mut StdRng::seed_from_u64(14)).finish();
    assert!(pairings_hold_vartime(&pairings, &mut weights));
    let error = hash_test_point(b"P");
    let last = pairings.len() - 1;
    for (first, second) in [(0, 1), (1, 2), (2, last)] {
        let mut wrong = pairings.clone();
        wrong[first].right = (G1Projective::from(wrong[first].right) + error).into();
        wrong[second].right = (G1Projective::from(wrong[second].right) - error).into();
        assert!(!pairings_hold_vartime(&wrong, &mut weights));
    }
    // The same across two passes of a batch.
    let twice = pairings.clone();
    pairings.extend(twice);
    pairings[0].right = (G1Projective::from(pairings[0].right) + error).into();
    let other = last + 1;
    pairings[other].right = (G1Projective::from(pairings[other].right) - error).into();
    assert!(!pairings_hold_vartime(&pairings, &mut weights));
}

/// A generator that says nothing but zero.
struct Zeros;

impl TryRng for Zeros {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Zeros {}

/// A pass whose signature nobody made: only its pairings are wrong.
fn forged() -> Body {
    let mut lab = lab();
    lab.credential.a = Secret::new(hash_test_point(b"A"));
    lab.built().1
}

/// What the batch says of honest passes with forged ones at `places`.
fn batch_of<R: CryptoRng>(count: usize, places: &[usize], rng: &mut R) -> Vec<bool> {
    let lab = lab();
    let (_, honest) = lab.built();
    let forged = forged();
    let claims: Vec<_> = (0..count)
        .map(|place| {
            let body = if places.contains(&place) {
                &forged
            } else {
                &honest
            };
            Claimed::new(lab.question(), lab.question().statements(), body.clone())
        })
        .collect();
    let proven = batch::proven(&claims, rng);
    proven.iter().map(Option::is_some).collect()
}

#[test]
fn a_weight_of_zero() {
    // A weight of zero takes its equation out of the product: 0·E = 0 for every error E. Even a generator
    // that gives nothing else makes none, neither in one product nor in a batch.
    assert_ne!(random_weight(&mut Zeros), Scalar::zero());
    let valid = batch_of(3, &[1], &mut Zeros);
    assert_eq!(valid, [true, false, true]);
}

#[test]
fn one_bad_pass_among_256() {
    for bad in [0, 100, 255] {
        let valid = batch_of(256, &[bad], &mut StdRng::seed_from_u64(3));
        let refused: Vec<_> = (0..256).filter(|place| !valid[*place]).collect();
        assert_eq!(refused, [bad]);
    }
    let valid = batch_of(256, &[7, 8, 200], &mut StdRng::seed_from_u64(4));
    let refused: Vec<_> = (0..256).filter(|place| !valid[*place]).collect();
    assert_eq!(refused, [7, 8, 200]);
}

#[test]
fn errors_that_cancel_under_weights_known_ahead() {
    // Who knows the weights w1 and w2 of two equations adds w2·P to one right side and takes w1·P from the
    // other. The weights are a hash over the proofs, too: other passes, other weights, also from a
    // generator that repeats itself.
    let lab = lab();
    let (_, one) = lab.built();
    let (_, two) = lab.forge(&lab.honest());
    let weights = |bodies: [&Body; 2]| {
        let mut hedge = batch::weights_of(bodies, &mut Zeros);
        [random_weight(&mut hedge), random_weight(&mut hedge)]
    };
    assert_ne!(weights([&one, &two]), weights([&two, &two]));
    assert_eq!(weights([&one, &two]), weights([&one, &two]));
}
