//! The field of G1's coordinates. The wrapper keeps the name of its type to itself, but points give
//! their coordinates and are made from them, so two numbers are multiplied as the coordinates of
//! a pair that need not be a point. Everything is constant-time.

use std::ops::{Add, Mul, MulAssign, Neg, Sub};

use ::blst::blst_fp;
use pairing::group::ff::Field as _;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, CtOption};

use super::points::G1Affine;

/// A number modulo p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Fp(blst_fp);

/// 2^384 modulo p: 1 in Montgomery's form.
const ONE: [u64; 6] = [
    0x7609_0000_0002_fffd,
    0xebf4_000b_c40c_0002,
    0x5f48_9857_53c7_58ba,
    0x77ce_5853_7052_5745,
    0x5c07_1a97_a256_ec6d,
    0x15f6_5ec3_fa80_e493,
];

/// Two numbers as the wrapper has them.
fn pair(a: &Fp, b: &Fp) -> blstrs::G1Affine {
    blstrs::G1Affine::from_raw_unchecked(a.0.into(), b.0.into(), false)
}

/// The coordinates of a point that is not the identity (for the identity, zeros).
pub(in super::super) fn coordinates(point: &G1Affine) -> (Fp, Fp) {
    (Fp(point.0.x().into()), Fp(point.0.y().into()))
}

/// The point with these coordinates, which must satisfy the curve equation.
pub(in super::super) fn from_coordinates(x: &Fp, y: &Fp) -> G1Affine {
    G1Affine(pair(x, y))
}

/// (factor·x, y), the identity to itself. Constant-time.
pub(in super::super) fn scale_x(point: &G1Affine, factor: &Fp) -> G1Affine {
    let (x, y) = coordinates(point);
    from_coordinates(&(x * factor), &y)
}

/// 1/a; 0 for 0.
pub(in super::super) fn invert_vartime(a: &Fp) -> Fp {
    a.invert().unwrap_or(Fp::zero())
}

impl Fp {
    /// 0.
    pub(in super::super) const fn zero() -> Self {
        Self(blst_fp { l: [0; 6] })
    }

    /// 1.
    pub(in super::super) const fn one() -> Self {
        Self(blst_fp { l: ONE })
    }

    /// Whether it is zero.
    pub(in super::super) fn is_zero(&self) -> Choice {
        self.0.l.ct_eq(&[0; 6])
    }

    /// self².
    pub(in super::super) fn square(&self) -> Self {
        Self(pair(self, self).x().square().into())
    }

    /// 1/self; none for zero.
    pub(in super::super) fn invert(&self) -> CtOption<Self> {
        pair(self, self)
            .x()
            .invert()
            .map(|inverse| Self(inverse.into()))
    }

    /// A square root; none if there is none.
    pub(in super::super) fn sqrt(&self) -> CtOption<Self> {
        pair(self, self).x().sqrt().map(|root| Self(root.into()))
    }
}

impl ConditionallySelectable for Fp {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        let chosen = blstrs::G1Affine::conditional_select(&pair(a, a), &pair(b, b), choice);
        Self(chosen.x().into())
    }
}

impl Add for Fp {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let pair = pair(&self, &other);
        Self((pair.x() + pair.y()).into())
    }
}

impl Sub for Fp {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        let pair = pair(&self, &other);
        Self((pair.x() - pair.y()).into())
    }
}

impl Mul<&Self> for Fp {
    type Output = Self;
    fn mul(self, other: &Self) -> Self {
        let pair = pair(&self, other);
        Self((pair.x() * pair.y()).into())
    }
}

impl Mul for Fp {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Mul::<&Self>::mul(self, &other)
    }
}

impl MulAssign<&Self> for Fp {
    fn mul_assign(&mut self, other: &Self) {
        *self = *self * other;
    }
}

impl MulAssign for Fp {
    fn mul_assign(&mut self, other: Self) {
        *self *= &other;
    }
}

impl Neg for Fp {
    type Output = Self;
    fn neg(self) -> Self {
        Self((-pair(&self, &self).x()).into())
    }
}
