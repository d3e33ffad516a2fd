//! The points of the backend `blst`. Everything is constant-time except decoding, comparing and
//! printing.

use std::borrow::Borrow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

use ::blst::{blst_fp, blst_fp2, p1_affines, p2_affines};
use pairing::group::Group as _;
use pairing::group::prime::PrimeCurveAffine as _;
use subtle::{Choice, ConditionallySelectable};
use zeroize::{DefaultIsZeroes, Zeroize};

use super::Scalar;

/// An operator of the wrapper's types, for values and references.
macro_rules! binary {
    ($trait:ident::$method:ident($left:ident, $right:ident) -> $out:ident) => {
        binary!(@one $trait $method(&$left, &$right) $out);
        binary!(@one $trait $method(&$left, $right) $out);
        binary!(@one $trait $method($left, &$right) $out);
        binary!(@one $trait $method($left, $right) $out);
    };
    (@one $trait:ident $method:ident($left:ty, $right:ty) $out:ident) => {
        impl $trait<$right> for $left {
            type Output = $out;
            fn $method(self, other: $right) -> $out {
                $out($trait::$method(&self.0, &other.0))
            }
        }
    };
}
pub(super) use binary;

/// An assigning operator of the wrapper's types.
macro_rules! assign {
    ($trait:ident::$method:ident($left:ident, $right:ident)) => {
        impl $trait<&$right> for $left {
            fn $method(&mut self, other: &$right) {
                $trait::$method(&mut self.0, &other.0);
            }
        }
        impl $trait<$right> for $left {
            fn $method(&mut self, other: $right) {
                $trait::$method(&mut self.0, &other.0);
            }
        }
    };
}
pub(super) use assign;

/// Points that have an affine form.
pub trait Curve {
    /// The affine form.
    type Affine;
    /// The affine form.
    fn to_affine(&self) -> Self::Affine;
}

/// A coordinate that can be wiped.
trait Wipe {
    fn wipe(&mut self);
}

impl Wipe for blst_fp {
    fn wipe(&mut self) {
        self.l.zeroize();
    }
}

impl Wipe for blst_fp2 {
    fn wipe(&mut self) {
        self.fp.iter_mut().for_each(Wipe::wipe);
    }
}

/// A group: its points in affine and in projective coordinates.
macro_rules! group {
    ($group:literal, $affine:ident, $projective:ident, $batch:ident, $bytes:literal) => {
        #[doc = concat!("A point of ", $group, " by its affine coordinates, which are zero for the identity.")]
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $affine(pub(super) blstrs::$affine);

        #[doc = concat!("A point of ", $group, " by its Jacobian coordinates.")]
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $projective(pub(super) blstrs::$projective);

        impl $affine {
            /// The neutral element.
            #[must_use]
            pub fn identity() -> Self {
                Self(blstrs::$affine::identity())
            }

            /// The group's generator.
            #[must_use]
            pub fn generator() -> Self {
                Self(blstrs::$affine::generator())
            }

            /// Whether it is the neutral element.
            #[must_use]
            pub fn is_identity(&self) -> Choice {
                self.0.is_identity()
            }

            /// Whether it is in the subgroup of prime order.
            #[must_use]
            pub fn is_torsion_free(&self) -> Choice {
                self.0.is_torsion_free()
            }

            /// The compressed encoding.
            #[must_use]
            pub fn to_compressed(&self) -> [u8; $bytes] {
                self.0.to_compressed()
            }

            /// The uncompressed encoding.
            #[must_use]
            pub fn to_uncompressed(&self) -> [u8; 2 * $bytes] {
                self.0.to_uncompressed()
            }
        }

        impl $projective {
            /// The neutral element.
            #[must_use]
            pub fn identity() -> Self {
                Self(blstrs::$projective::identity())
            }

            /// The group's generator.
            #[must_use]
            pub fn generator() -> Self {
                Self(blstrs::$projective::generator())
            }

            /// Whether it is the neutral element.
            #[must_use]
            pub fn is_identity(&self) -> Choice {
                self.0.is_identity()
            }

            /// The affine forms, all with one inversion, to as many places.
            pub fn batch_normalize(points: &[Self], normal: &mut [$affine]) {
                if points.is_empty() {
                    return;
                }
                let mut raw: Vec<_> = points.iter().map(|point| *point.0.as_ref()).collect();
                let mut affine = $batch::from(&raw);
                for (to, from) in normal.iter_mut().zip(affine.as_slice()) {
                    *to.0.as_mut() = *from;
                }
                // The points may be secret.
                for point in &mut raw {
                    point.x.wipe();
                    point.y.wipe();
                    point.z.wipe();
                }
                for point in &mut affine[..] {
                    point.x.wipe();
                    point.y.wipe();
                }
            }

            /// 2·P.
            #[must_use]
            pub fn double(&self) -> Self {
                Self(self.0.double())
            }
        }

        impl Default for $affine {
            fn default() -> Self {
                Self::identity()
            }
        }

        impl Default for $projective {
            fn default() -> Self {
                Self::identity()
            }
        }

        impl DefaultIsZeroes for $affine {}
        impl DefaultIsZeroes for $projective {}

        impl fmt::Debug for $affine {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $projective {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ConditionallySelectable for $affine {
            fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
                Self(blstrs::$affine::conditional_select(&a.0, &b.0, choice))
            }
        }

        impl ConditionallySelectable for $projective {
            fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
                Self(blstrs::$projective::conditional_select(&a.0, &b.0, choice))
            }
        }

        impl From<&$affine> for $projective {
            fn from(point: &$affine) -> Self {
                Self(point.0.into())
            }
        }

        impl From<$affine> for $projective {
            fn from(point: $affine) -> Self {
                Self(point.0.into())
            }
        }

        impl From<&$projective> for $affine {
            fn from(point: &$projective) -> Self {
                Self(point.0.into())
            }
        }

        impl From<$projective> for $affine {
            fn from(point: $projective) -> Self {
                Self(point.0.into())
            }
        }

        impl Curve for $projective {
            type Affine = $affine;
            fn to_affine(&self) -> $affine {
                self.into()
            }
        }

        impl Neg for $affine {
            type Output = Self;
            fn neg(self) -> Self {
                // The wrapper's own negation asks whether the point is the identity. It need not:
                // −0 = 0 in the field.
                let (x, y) = (self.0.x(), self.0.y());
                Self(blstrs::$affine::from_raw_unchecked(x, -y, false))
            }
        }

        impl Neg for &$affine {
            type Output = $affine;
            fn neg(self) -> $affine {
                -*self
            }
        }

        impl Neg for $projective {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Neg for &$projective {
            type Output = $projective;
            fn neg(self) -> $projective {
                -*self
            }
        }

        binary!(Add::add($projective, $projective) -> $projective);
        binary!(Add::add($projective, $affine) -> $projective);
        binary!(Add::add($affine, $projective) -> $projective);
        binary!(Sub::sub($projective, $projective) -> $projective);

        impl Sub<$affine> for $projective {
            type Output = Self;
            fn sub(self, other: $affine) -> Self {
                self + (-other)
            }
        }

        binary!(Mul::mul($projective, Scalar) -> $projective);
        binary!(Mul::mul($affine, Scalar) -> $projective);
        assign!(AddAssign::add_assign($projective, $projective));
        assign!(AddAssign::add_assign($projective, $affine));
        assign!(SubAssign::sub_assign($projective, $projective));

        impl<T: Borrow<Self>> Sum<T> for $projective {
            fn sum<I: Iterator<Item = T>>(terms: I) -> Self {
                terms.fold(Self::identity(), |sum, term| sum + term.borrow())
            }
        }
    };
}

group!("G1", G1Affine, G1Projective, p1_affines, 48);
group!("G2", G2Affine, G2Projective, p2_affines, 96);
