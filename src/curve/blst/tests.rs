//! Beside the default backend's crate: the same results, by their bytes, where the two are told apart
//! by more than speed.

use bls12_381 as other;
use rand::{SeedableRng, rngs::StdRng};
use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroize;

use super::*;
use crate::curve::random_scalar;

fn scalars() -> Vec<Scalar> {
    let mut rng = StdRng::seed_from_u64(1);
    let random = std::iter::repeat_with(|| random_scalar(&mut rng)).take(20);
    let edges = [0, 1, 2, u64::MAX].map(Scalar::from);
    edges
        .into_iter()
        .flat_map(|k| [k, -k])
        .chain(random)
        .collect()
}

fn theirs(k: &Scalar) -> other::Scalar {
    other::Scalar::from_bytes(&k.to_bytes()).unwrap()
}

#[test]
fn scalars_agree() {
    for a in scalars() {
        let x = theirs(&a);
        assert_eq!(Scalar::from_bytes(&x.to_bytes()).unwrap(), a);
        assert_eq!((-a).to_bytes(), (-x).to_bytes());
        assert_eq!(a.square().to_bytes(), x.square().to_bytes());
        assert_eq!(a.double().to_bytes(), x.double().to_bytes());
        assert_eq!(
            bool::from(a.invert().is_some()),
            bool::from(x.invert().is_some())
        );
        if let (Some(a), Some(x)) = (Option::from(a.invert()), Option::from(x.invert())) {
            let (a, x): (Scalar, other::Scalar) = (a, x);
            assert_eq!(a.to_bytes(), x.to_bytes());
        }
        for b in scalars() {
            let y = theirs(&b);
            assert_eq!((a + b).to_bytes(), (x + y).to_bytes());
            assert_eq!((a - b).to_bytes(), (x - y).to_bytes());
            assert_eq!((a * b).to_bytes(), (x * y).to_bytes());
            assert_eq!(a == b, x == y);
        }
    }
}

#[test]
fn numbers_above_the_order_are_reduced_alike_and_refused_alike() {
    for limbs in [
        [u64::MAX; 4],
        [0, 0, 0, u64::MAX],
        [1, 2, 3, 4],
        [u64::MAX, 0, 0, 0],
    ] {
        let expected = other::Scalar::from_raw(limbs);
        assert_eq!(Scalar::from_raw(limbs).to_bytes(), expected.to_bytes());
    }
    for bytes in [
        [0xff; 48],
        [0; 48],
        [0x80; 48],
        std::array::from_fn(|i| i.to_le_bytes()[0]),
    ] {
        use bls12_381::hash_to_curve::HashToField;
        let expected = other::Scalar::from_okm((&bytes).into());
        assert_eq!(scalar_from_wide(&bytes).to_bytes(), expected.to_bytes());
    }
    let order = (-other::Scalar::one()).to_bytes();
    let mut order: [u8; 32] = order;
    order[0] += 1;
    assert!(bool::from(Scalar::from_bytes(&order).is_none()));
    assert!(bool::from(Scalar::from_bytes(&[0xff; 32]).is_none()));
}

#[test]
fn points_agree() {
    let (g, h) = (G1Affine::generator(), other::G1Affine::generator());
    let (g2, h2) = (G2Affine::generator(), other::G2Affine::generator());
    for k in scalars() {
        let (p, q) = (g * k, h * theirs(&k));
        let bytes = other::G1Affine::from(q).to_compressed();
        assert_eq!(p.to_affine().to_compressed(), bytes);
        assert_eq!(
            (p + g).to_affine().to_compressed(),
            other::G1Affine::from(q + h).to_compressed()
        );
        assert_eq!((p - p + g), G1Projective::from(g));
        assert_eq!((p + p), p.double());
        assert_eq!(-p.to_affine(), (-p).to_affine());
        assert_eq!(p + (-p.to_affine()), G1Projective::identity());
        let (p, q) = (g2 * k, h2 * theirs(&k));
        let bytes = other::G2Affine::from(q).to_compressed();
        assert_eq!(p.to_affine().to_compressed(), bytes);
        assert_eq!(
            (p + g2).to_affine().to_compressed(),
            other::G2Affine::from(q + h2).to_compressed()
        );
        assert_eq!(-p.to_affine(), (-p).to_affine());
    }
}

#[test]
fn the_identity_survives_everything() {
    let identity = G1Affine::identity();
    assert_eq!(-identity, identity);
    assert!(bool::from((-identity).is_identity()));
    assert_eq!(
        identity.to_compressed(),
        other::G1Affine::identity().to_compressed()
    );
    let g = G1Projective::generator();
    let points = [G1Projective::identity(), g, g.double() - g - g, g.double()];
    let mut normal = [identity; 4];
    G1Projective::batch_normalize(&points, &mut normal);
    assert_eq!(normal, points.map(|point| point.to_affine()));
    G1Projective::batch_normalize(&[], &mut []);
    let chosen = G1Affine::conditional_select(&normal[1], &identity, Choice::from(1));
    assert_eq!(chosen, identity);
    let mut wiped = normal[1];
    wiped.zeroize();
    assert_eq!(wiped, identity);
    let mut wiped = Scalar::one();
    wiped.zeroize();
    assert_eq!(wiped, Scalar::zero());
}

#[test]
fn a_pairing_with_an_identity_is_one_and_changes_nothing() {
    let (p, q) = (
        G1Affine::generator(),
        G2Prepared::from(G2Affine::generator()),
    );
    let (no_p, no_q) = (G1Affine::identity(), G2Prepared::from(G2Affine::identity()));
    let one = |pairs: &[_]| multi_miller_loop(pairs).final_exponentiation() == Gt::identity();
    assert!(one(&[]));
    assert!(one(&[(&no_p, &q), (&p, &no_q), (&no_p, &no_q)]));
    let minus_p = -p;
    assert!(one(&[(&no_p, &q), (&p, &q), (&p, &no_q), (&minus_p, &q)]));
    assert!(!one(&[(&no_p, &q), (&p, &q)]));
    // More pairs than blst's loop takes at once.
    let many: Vec<_> = (0..40).map(|i| if i % 2 == 0 { p } else { -p }).collect();
    let pairs: Vec<_> = many.iter().map(|p| (p, &q)).collect();
    assert!(one(&pairs) && !one(&pairs[1..]));
    let halves = multi_miller_loop(&pairs[..7]) + multi_miller_loop(&pairs[7..]);
    assert!(halves.final_exponentiation() == Gt::identity());
}

#[test]
fn hashing_to_the_curve_agrees_for_long_tags_and_split_messages() {
    use bls12_381::hash_to_curve::ExpandMsgXmd;
    use sha2::Sha256;
    type Other = other::G1Projective;
    for tag in [&b"tag"[..], &[7; 255], &[7; 256], &[7; 1000]] {
        for message in [
            vec![],
            vec![&b""[..]],
            vec![b"one", b"two"],
            vec![&[1; 300]],
        ] {
            let expected =
                <Other as HashToCurve<ExpandMsgXmd<Sha256>>>::hash_to_curve(message.iter(), tag);
            let expected = other::G1Affine::from(expected).to_compressed();
            assert_eq!(hash_to_g1_xmd(&message, tag).to_compressed(), expected);
        }
    }
}

#[test]
fn coordinates_are_a_field() {
    let (x, y) = coordinates(&G1Affine::generator());
    let one = Fp::one();
    assert_eq!(x * one, x);
    assert_eq!(x - x, Fp::zero());
    assert!(bool::from((y - y).is_zero()) && !bool::from(y.is_zero()));
    assert_eq!(x * invert_vartime(&x), one);
    assert_eq!(invert_vartime(&Fp::zero()), Fp::zero());
    assert_eq!((x + y) * (x - y), x.square() - y.square());
    assert_eq!(-x + x, Fp::zero());
    let four = one + one + one + one;
    assert_eq!(y.square(), x.square() * x + four);
    let root = y.square().sqrt().unwrap();
    assert!(root == y || root == -y);
}
