//! Reading bytes from outside: every byte is accounted for, nothing is taken on trust.
//!
//! A [`Reader`] is told what it reads, so that an error names it; its last act is
//! [`Reader::finish`], which refuses leftover bytes.

use crate::curve::{self, G1Affine, PointFlaw, Scalar};

/// Bytes that do not decode: what they were taken for, and the flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {flaw}")]
pub struct DecodeError {
    /// What was being read, for example `proof`.
    pub what: &'static str,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Fewer bytes than the encoding has.
    #[error("too short, bytes are missing at the end")]
    Truncated,
    /// More bytes than the encoding has.
    #[error("too long, bytes are left over at the end")]
    Trailing,
    /// A scalar that is not below the group order, so one of two encodings of the same number.
    #[error("a scalar is not reduced modulo the group order")]
    ScalarNotCanonical,
    /// A scalar that is zero where the draft forbids it.
    #[error("a scalar is zero")]
    ScalarZero,
    /// A point that is not valid: see [`PointFlaw`].
    #[error("a point {0}")]
    Point(#[from] PointFlaw),
}

/// Reads an encoding from front to back.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts to read `bytes` as a `what`.
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    fn fail(&self, flaw: Flaw) -> DecodeError {
        DecodeError {
            what: self.what,
            flaw,
        }
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(self.fail(Flaw::Truncated))?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next 48 bytes as a point of G1: canonical, on the curve, in the subgroup, not the identity.
    pub(crate) fn g1(&mut self) -> Result<G1Affine, DecodeError> {
        let bytes = self.array()?;
        curve::g1_from_bytes(&bytes).map_err(|flaw| self.fail(flaw.into()))
    }

    /// The next 96 bytes as a point of G2, under the same conditions.
    pub(crate) fn g2(&mut self) -> Result<curve::G2Affine, DecodeError> {
        let bytes = self.array()?;
        curve::g2_from_bytes(&bytes).map_err(|flaw| self.fail(flaw.into()))
    }

    /// The next 32 bytes as a scalar: big-endian, below the group order, not zero.
    pub(crate) fn nonzero_scalar(&mut self) -> Result<Scalar, DecodeError> {
        let scalar = self.scalar()?;
        if scalar == Scalar::zero() {
            return Err(self.fail(Flaw::ScalarZero));
        }
        Ok(scalar)
    }

    /// The next 32 bytes as a scalar: big-endian, below the group order.
    pub(crate) fn scalar(&mut self) -> Result<Scalar, DecodeError> {
        let bytes = self.array()?;
        curve::scalar_from_bytes(&bytes).ok_or(self.fail(Flaw::ScalarNotCanonical))
    }

    /// Ends the reading; leftover bytes are an error.
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fail(Flaw::Trailing))
        }
    }
}

/// I2OSP(n, 8): the length or count `n` as 8 bytes, big-endian.
pub(crate) fn length_prefix(n: usize) -> [u8; 8] {
    // No platform that Rust supports has a usize above 64 bits.
    u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes()
}
