//! Bytes that are no points and no scalars of the format, though each is close to one.

use veilpass::internals::curve::{Scalar, scalar_to_bytes};

/// A wrong encoding with what is wrong about it.
pub type Wrong = (&'static str, &'static str, Vec<u8>);

/// p, of the field that coordinates are in.
const P: &str = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
/// (0, 2), of order 3.
const G1_ORDER_3: &str = "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
const G1_ORDER_11: &str = "b9b3e2c8c6bbf59d3c326b531fc1e639d29200c28624ac604f251a12908c9b7f735318617f625954cc71cdf03229b1ef";
/// x = 4, on the curve.
const G1_OUTSIDE: &str = "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004";
/// x = 1.
const G1_NOT_ON_CURVE: &str = "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001";
const G2_ORDER_13: &str = "8e074268358ced055a27ab8de3bbdeb6d0c2949685103095e491dc537fc8ee474a73ce0b2826fae8eabfb3078a910b64157573f4c77585787c2c988585c1f6afe39f5b91aacb37509b42ec71fceb51a1576fda15dac1031f8d26785d6b139784";
/// x = 2, on the curve.
const G2_OUTSIDE: &str = "a00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002";
/// x = 1.
const G2_NOT_ON_CURVE: &str = "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001";

/// Bytes of hexadecimal.
#[must_use]
pub fn unhex(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(byte).collect()
}

/// a + b, as big-endian numbers of one length.
fn sum(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut carry) = (vec![0; a.len()], 0_u16);
    for i in (0..a.len()).rev() {
        let digit = u16::from(a[i]) + u16::from(b[i]) + carry;
        out[i] = u8::try_from(digit % 256).unwrap();
        carry = digit / 256;
    }
    (carry == 0).then_some(out)
}

/// The point at infinity.
#[must_use]
pub fn identity(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    bytes[0] = 0xc0;
    bytes
}

/// A point of the curve that is outside the subgroup.
#[must_use]
pub fn outside(length: usize) -> Vec<u8> {
    unhex(if length == 48 { G1_OUTSIDE } else { G2_OUTSIDE })
}

/// The same point with a coordinate that is not below p, where there is room for it.
#[must_use]
pub fn unreduced(point: &[u8]) -> Option<Vec<u8>> {
    let mut x = point[..48].to_vec();
    x[0] &= 0x1f;
    let mut large = sum(&x, &unhex(P))?;
    if large[0] > 0x1f {
        return None;
    }
    large[0] |= point[0] & 0xe0;
    large.extend_from_slice(&point[48..]);
    Some(large)
}

/// What stands in the place of a good point.
#[must_use]
pub fn wrong_points(good: &[u8]) -> Vec<Wrong> {
    let length = good.len();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.to_vec();
        change(&mut bytes);
        bytes
    };
    let (small, on_no_curve) = if length == 48 {
        (vec![G1_ORDER_3, G1_ORDER_11], G1_NOT_ON_CURVE)
    } else {
        (vec![G2_ORDER_13], G2_NOT_ON_CURVE)
    };
    let mut all = vec![
        ("Identity", "the identity", identity(length)),
        (
            "Identity",
            "the identity with a sign",
            changed(&|bytes| {
                bytes.fill(0);
                bytes[0] = 0xe0;
            }),
        ),
        (
            "Encoding",
            "the bit of the identity beside a coordinate",
            changed(&|bytes| bytes[0] |= 0x40),
        ),
        (
            "Encoding",
            "the bit of compressed points missing",
            changed(&|bytes| bytes[0] &= 0x7f),
        ),
        ("Encoding", "all zeros", vec![0; length]),
        ("Encoding", "all ones", vec![0xff; length]),
        (
            "Negated",
            "the negative of the point",
            changed(&|bytes| bytes[0] ^= 0x20),
        ),
        ("NotOnCurve", "x of no point", unhex(on_no_curve)),
        (
            "OutsideSubgroup",
            "a point of the curve outside the subgroup",
            outside(length),
        ),
    ];
    let names = ["a point of small order", "another point of small order"];
    let small = small.into_iter().zip(names);
    all.extend(small.map(|(point, name)| ("SmallOrder", name, unhex(point))));
    all.extend(
        unreduced(good).map(|point| ("Encoding", "the same point, its coordinate plus p", point)),
    );
    all
}

/// r, as bytes.
#[must_use]
pub fn order() -> [u8; 32] {
    let mut bytes = scalar_to_bytes(&-Scalar::one());
    bytes[31] += 1;
    bytes
}

/// The same scalar plus r, which fits its bytes.
#[must_use]
pub fn plus_order(scalar: &[u8]) -> Vec<u8> {
    sum(scalar, &order()).unwrap()
}
