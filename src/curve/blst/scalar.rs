//! The scalars of the backend `blst`. Everything is constant-time.

use std::borrow::Borrow;
use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use ff::Field;
use pairing::group::ff::Field as Inner;
use rand_core::TryRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, CtOption};
use zeroize::{DefaultIsZeroes, Zeroizing};

use super::points::{assign, binary};

/// An integer modulo r, the order of the groups.
#[derive(Clone, Copy, Default)]
pub struct Scalar(pub(super) blstrs::Scalar);

impl Scalar {
    /// 0.
    #[must_use]
    pub const fn zero() -> Self {
        Self::ZERO
    }

    /// 1.
    #[must_use]
    pub const fn one() -> Self {
        Self::ONE
    }

    /// From 32 bytes, little-endian; none unless they are below r.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> CtOption<Self> {
        blstrs::Scalar::from_bytes_le(bytes).map(Self)
    }

    /// As 32 bytes, little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes_le()
    }

    /// From four limbs, the least significant first, reduced modulo r.
    #[must_use]
    pub fn from_raw(limbs: [u64; 4]) -> Self {
        let base = Self::from(1 << 32).square();
        (limbs.iter().rev()).fold(Self::ZERO, |sum, limb| sum * base + Self::from(*limb))
    }

    /// 1/self; none for zero.
    #[must_use]
    pub fn invert(&self) -> CtOption<Self> {
        self.0.invert().map(Self)
    }

    /// self².
    #[must_use]
    pub fn square(&self) -> Self {
        Self(self.0.square())
    }

    /// 2·self.
    #[must_use]
    pub fn double(&self) -> Self {
        Self(self.0.double())
    }
}

/// OS2IP(bytes) mod r.
pub(in super::super) fn scalar_from_wide(bytes: &[u8; 48]) -> Scalar {
    let (high, low) = bytes.split_at(24);
    let base = Scalar::from_raw([0, 0, 0, 1]);
    half_of_wide(high) * base + half_of_wide(low)
}

/// A number of 24 bytes, which is below r.
fn half_of_wide(bytes: &[u8]) -> Scalar {
    let mut little_endian = Zeroizing::new([0; 32]);
    for (to, from) in little_endian.iter_mut().zip(bytes.iter().rev()) {
        *to = *from;
    }
    Scalar::from_bytes(&little_endian).unwrap_or(Scalar::ZERO)
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl ConstantTimeEq for Scalar {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

// The wrapper's own comparison has branches.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Scalar {}

impl ConditionallySelectable for Scalar {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        Self(blstrs::Scalar::conditional_select(&a.0, &b.0, choice))
    }
}

impl DefaultIsZeroes for Scalar {}

impl Neg for Scalar {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Neg for &Scalar {
    type Output = Scalar;
    fn neg(self) -> Scalar {
        Scalar(-self.0)
    }
}

binary!(Add::add(Scalar, Scalar) -> Scalar);
binary!(Sub::sub(Scalar, Scalar) -> Scalar);
binary!(Mul::mul(Scalar, Scalar) -> Scalar);
assign!(AddAssign::add_assign(Scalar, Scalar));
assign!(SubAssign::sub_assign(Scalar, Scalar));
assign!(MulAssign::mul_assign(Scalar, Scalar));

impl<T: Borrow<Self>> Sum<T> for Scalar {
    fn sum<I: Iterator<Item = T>>(terms: I) -> Self {
        terms.fold(Self::ZERO, |sum, term| sum + term.borrow())
    }
}

impl<T: Borrow<Self>> Product<T> for Scalar {
    fn product<I: Iterator<Item = T>>(factors: I) -> Self {
        factors.fold(Self::ONE, |product, factor| product * factor.borrow())
    }
}

impl Field for Scalar {
    const ZERO: Self = Self(<blstrs::Scalar as Inner>::ZERO);
    const ONE: Self = Self(<blstrs::Scalar as Inner>::ONE);

    fn try_random<R: TryRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut bytes = Zeroizing::new([0; 48]);
        rng.try_fill_bytes(&mut *bytes)?;
        Ok(scalar_from_wide(&bytes))
    }

    fn square(&self) -> Self {
        self.square()
    }

    fn double(&self) -> Self {
        self.double()
    }

    fn invert(&self) -> CtOption<Self> {
        self.invert()
    }

    fn sqrt_ratio(num: &Self, div: &Self) -> (Choice, Self) {
        let (is_square, root) = <blstrs::Scalar as Inner>::sqrt_ratio(&num.0, &div.0);
        (is_square, Self(root))
    }
}
