//! The parts that every check has, as the curve crate does them; and decoding in G1 as veilpass does it, which
//! is faster.

use bls12_381::{G1Affine, G1Projective, G2Affine, G2Prepared, Scalar, multi_miller_loop};
use group::Curve;
use group::ff::Field;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::internals::curve::g1_from_bytes;

use crate::measure::Candidate;

pub(crate) fn candidates() -> Vec<Candidate> {
    let mut rng = StdRng::seed_from_u64(5);
    let g1: Vec<G1Affine> = (0..5)
        .map(|_| (G1Projective::generator() * Scalar::random(&mut rng)).to_affine())
        .collect();
    let g2: Vec<G2Affine> = (0..5)
        .map(|_| G2Affine::from(G2Affine::generator() * Scalar::random(&mut rng)))
        .collect();
    let prepared: Vec<_> = g2.iter().copied().map(G2Prepared::from).collect();
    let (first, second) = (g1[0].to_compressed(), g2[0].to_compressed());
    let (point, scalar) = (G1Projective::from(g1[1]), Scalar::random(&mut rng));
    assert!(bool::from(G1Affine::from_compressed(&first).is_some()));
    assert!(g1_from_bytes(&first).is_ok_and(|decoded| decoded == g1[0]));
    assert!(bool::from(G2Affine::from_compressed(&second).is_some()));
    vec![
        Candidate::new("limit/pairing_product_5", 0, move || {
            let terms: Vec<_> = g1.iter().zip(&prepared).collect();
            multi_miller_loop(&terms).final_exponentiation()
        }),
        Candidate::new("limit/g1_decode", first.len(), move || {
            G1Affine::from_compressed(&first)
        }),
        Candidate::new("limit/g1_decode_ours", first.len(), move || {
            g1_from_bytes(&first)
        }),
        Candidate::new("limit/g2_decode", second.len(), move || {
            G2Affine::from_compressed(&second)
        }),
        Candidate::new("limit/g1_multiplication", 0, move || point * scalar),
    ]
}
