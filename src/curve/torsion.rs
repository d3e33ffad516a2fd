//! Points on the curves outside the subgroups, and what the decoders and the arithmetic make of them.
//!
//! The order of the curve is h·r with h = 3·11²·10177²·859267²·52437899² for G1 and
//! 13²·23²·2713·11953·262069 and a prime of 448 bits for G2. A decoder that let a point P + T
//! of small-order T pass would give P several encodings: a pairing does not see T, and a Schnorr equation only
//! where the order does not divide the challenge.
//!
//! Compiled for tests of the default backend only.

use super::{
    Curve, G1Affine, G1Projective, G2Affine, G2Projective, PointFlaw, g1_from_bytes, g1_to_bytes,
    g2_from_bytes, g2_to_bytes,
};

/// r, the order of the subgroups.
const ORDER: &str = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
/// (|x| + 1)²/3.
const COFACTOR_G1: &str = "396c8c005555e1568c00aaab0000aaab";
const COFACTOR_G2: &str = "05d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa628f1cb4d9e82ef21537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5";
/// The primes of the cofactors, each with the number of times that it divides.
const PRIMES_G1: [(u64, usize); 5] = [(3, 1), (11, 2), (10177, 2), (859_267, 2), (52_437_899, 2)];
const PRIMES_G2: [(u64, usize); 5] = [(13, 2), (23, 2), (2713, 1), (11953, 1), (262_069, 1)];

/// (0, 2), a point of order three.
pub(crate) fn of_order_three() -> G1Affine {
    let mut bytes = [0; 96];
    bytes[95] = 2;
    G1Affine::from_uncompressed_unchecked(&bytes).unwrap()
}

/// Points of G1's curve of the order of each prime of the cofactor.
pub(crate) fn of_every_small_order() -> Vec<G1Affine> {
    let of = |prime| {
        let mut points = on_curve_g1().map(G1Projective::from);
        points.find_map(|point| of_order(point, COFACTOR_G1, prime))
    };
    let found = PRIMES_G1.map(|prime| of(prime).unwrap().to_affine());
    found.to_vec()
}

/// P + T as a point that no decoder returns.
pub(crate) fn plus(p: &G1Affine, t: &G1Affine) -> G1Affine {
    (G1Projective::from(p) + t).to_affine()
}

/// What both groups have here: double-and-add with the crate's formulas, which are complete on the
/// whole curve, as it has no point of order two.
trait Point: Sized + Copy {
    fn zero() -> Self;
    fn double(&self) -> Self;
    fn add(&self, other: &Self) -> Self;
    fn is_zero(&self) -> bool;

    /// By a number of any length, most significant byte first.
    fn times(&self, number: &[u8]) -> Self {
        let bits = number
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
        bits.fold(Self::zero(), |sum, bit| {
            let sum = sum.double();
            if bit == 1 { sum.add(self) } else { sum }
        })
    }
}

impl Point for G1Projective {
    fn zero() -> Self {
        Self::identity()
    }
    fn double(&self) -> Self {
        self.double()
    }
    fn add(&self, other: &Self) -> Self {
        self + other
    }
    fn is_zero(&self) -> bool {
        self.is_identity().into()
    }
}

impl Point for G2Projective {
    fn zero() -> Self {
        Self::identity()
    }
    fn double(&self) -> Self {
        self.double()
    }
    fn add(&self, other: &Self) -> Self {
        self + other
    }
    fn is_zero(&self) -> bool {
        self.is_identity().into()
    }
}

/// number / divisor, which divides it.
fn divided(number: &[u8], divisor: u64) -> Vec<u8> {
    let mut rest = 0;
    let quotient = number.iter().map(|byte| {
        let part = u128::from(rest) << 8 | u128::from(*byte);
        rest = u64::try_from(part % u128::from(divisor)).unwrap();
        u8::try_from(part / u128::from(divisor)).unwrap()
    });
    let quotient = quotient.collect();
    assert_eq!(rest, 0);
    quotient
}

/// A multiple of `point` of the order `prime`, if there is one.
fn of_order<P: Point>(point: P, cofactor: &str, (prime, times): (u64, usize)) -> Option<P> {
    let mut cofactor = hex::decode(cofactor).unwrap();
    for _ in 0..times {
        cofactor = divided(&cofactor, prime);
    }
    let mut point = point.times(&hex::decode(ORDER).unwrap()).times(&cofactor);
    while !point.is_zero() {
        let next = point.times(&prime.to_be_bytes());
        if next.is_zero() {
            return Some(point);
        }
        point = next;
    }
    None
}

/// The encodings of x = 0, 1, 2, … with either sign.
fn small_x<const N: usize>(count: u8) -> impl Iterator<Item = [u8; N]> {
    (0..count).flat_map(|x| {
        [0x80, 0xa0].map(|flags| {
            let mut bytes = [0; N];
            bytes[0] = flags;
            bytes[N - 1] = x;
            bytes
        })
    })
}

fn on_curve_g1() -> impl Iterator<Item = G1Affine> {
    small_x(200).filter_map(|bytes| G1Affine::from_compressed_unchecked(&bytes).into_option())
}

fn on_curve_g2() -> impl Iterator<Item = G2Affine> {
    small_x(200).filter_map(|bytes| G2Affine::from_compressed_unchecked(&bytes).into_option())
}

#[test]
fn small_orders_of_g1_are_refused_alone_and_added_to_a_good_point() {
    for (prime, stray_of_order) in PRIMES_G1.into_iter().zip(of_every_small_order()) {
        let t = G1Projective::from(stray_of_order);
        for stray in [t, -t, t.double(), t + G1Affine::generator()] {
            let bytes = g1_to_bytes(&stray.to_affine());
            // An order of three has T = −2·T; no multiple here is the identity.
            let refused = g1_from_bytes(&bytes);
            assert_eq!(refused, Err(PointFlaw::NotInSubgroup), "order {}", prime.0);
        }
    }
}

#[test]
fn x_zero_is_a_point_of_order_three_and_refused() {
    let t = of_order_three();
    assert_eq!(G1Affine::from(G1Projective::from(t).double()), -t);
    for point in [t, -t] {
        let refused = g1_from_bytes(&g1_to_bytes(&point));
        assert_eq!(refused, Err(PointFlaw::NotInSubgroup));
    }
}

#[test]
fn small_orders_of_g2_are_refused_alone_and_added_to_a_good_point() {
    for prime in PRIMES_G2 {
        let mut points = on_curve_g2().map(G2Projective::from);
        let t = (points.find_map(|point| of_order(point, COFACTOR_G2, prime))).unwrap();
        for stray in [t, -t, t.double(), t + G2Affine::generator()] {
            let bytes = g2_to_bytes(&stray.to_affine());
            let refused = g2_from_bytes(&bytes);
            assert_eq!(refused, Err(PointFlaw::NotInSubgroup), "order {}", prime.0);
        }
    }
}

#[test]
fn the_decoders_say_the_same_as_the_crates_and_a_point_has_one_encoding() {
    let mut decoded = 0;
    let mut g1 = |bytes: [u8; 48]| {
        let ours = g1_from_bytes(&bytes).ok();
        let theirs = G1Affine::from_compressed(&bytes).into_option();
        assert_eq!(ours, theirs, "{bytes:?}");
        if let Some(point) = ours {
            assert_eq!(g1_to_bytes(&point), bytes);
            decoded += 1;
        }
    };
    small_x(100).for_each(&mut g1);
    // Points of the subgroup with either sign: cleared of their cofactor.
    let h = hex::decode(COFACTOR_G1).unwrap();
    for point in on_curve_g1().take(20) {
        let good = G1Projective::from(point).times(&h).to_affine();
        if !bool::from(good.is_identity()) {
            g1(g1_to_bytes(&good));
            g1(g1_to_bytes(&-good));
        }
    }
    let mut g2 = |bytes: [u8; 96]| {
        let ours = g2_from_bytes(&bytes).ok();
        let theirs = G2Affine::from_compressed(&bytes).into_option();
        assert_eq!(ours, theirs, "{bytes:?}");
        if let Some(point) = ours {
            assert_eq!(g2_to_bytes(&point), bytes);
            decoded += 1;
        }
    };
    small_x(100).for_each(&mut g2);
    let h = hex::decode(COFACTOR_G2).unwrap();
    for point in on_curve_g2().take(20) {
        let good = G2Projective::from(point).times(&h).to_affine();
        g2(g2_to_bytes(&good));
        g2(g2_to_bytes(&-good));
    }
    assert!(decoded >= 60, "{decoded}");
}

#[test]
fn each_half_of_an_x_in_g2_is_reduced() {
    // x = c0 + c1·u: p in the place of a zero half would be the same x.
    let p = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
    let p = hex::decode(p).unwrap();
    let point = on_curve_g2().next().unwrap();
    let bytes = g2_to_bytes(&point);
    assert_eq!(g2_from_bytes(&bytes), Err(PointFlaw::NotInSubgroup));
    let mut large = bytes;
    large[..48].copy_from_slice(&p);
    large[0] |= bytes[0];
    assert_eq!(g2_from_bytes(&large), Err(PointFlaw::NotOnCurve));
    let mut large = bytes;
    large[48..].copy_from_slice(&p);
    assert_eq!(g2_from_bytes(&large), Err(PointFlaw::NotOnCurve));
    // The flags belong to the first half only.
    let mut flagged = bytes;
    flagged[48] |= 0x80;
    assert_eq!(g2_from_bytes(&flagged), Err(PointFlaw::NotOnCurve));
}
