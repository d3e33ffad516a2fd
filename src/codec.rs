//! Reading bytes from outside: every byte is accounted for, nothing is taken on trust.
//!
//! A [`Reader`] is told what it reads, so that an error names it; its last act is
//! [`Reader::finish`], which refuses leftover bytes.

use zeroize::Zeroize;

use crate::artefact::Artefact;
use crate::curve::{self, G1Affine, PointFlaw, Scalar};
use crate::text::{self, TextFlaw};

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
    /// A length that no such artefact has.
    #[error("no such artefact has this length; bytes are missing or left over")]
    Length,
    /// Another version of the format than this one reads.
    #[error("is of version {version}; {advice}", version = .0, advice = advice(*.0))]
    Version(u8),
    /// Something else than was expected: another artefact of this project, or of another.
    #[error("is something else")]
    Kind,
    /// Text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Text,
    /// Text that the format does not have: see [`TextFlaw`].
    #[error("a text is none of the format: {0}")]
    Letters(#[from] TextFlaw),
    /// A field with a value that it may not have.
    #[error("{0}")]
    Value(&'static str),
    /// A point that is not valid: see [`PointFlaw`].
    #[error("a point {0}")]
    Point(#[from] PointFlaw),
}

/// What to do about another version.
fn advice(version: u8) -> &'static str {
    if version < VERSION {
        "that was given up before anybody had a pass, ask for one of version 2"
    } else {
        "this program does not read it yet, update the program"
    }
}

/// The version of every format of the pass layer.
pub(crate) const VERSION: u8 = 2;

/// Reads an encoding from front to back.
#[derive(Debug)]
#[doc(hidden)]
pub struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts to read `bytes` as a `what`.
    pub fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    fn fail(&self, flaw: Flaw) -> DecodeError {
        DecodeError {
            what: self.what,
            flaw,
        }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(self.fail(Flaw::Truncated))?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    /// The next 2 bytes as a number, big-endian.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next 4 bytes as a number, big-endian.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next 4 bytes as a number with sign, big-endian two's complement.
    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        self.array().map(i32::from_be_bytes)
    }

    /// The next 8 bytes as a number with sign, big-endian two's complement.
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        self.array().map(i64::from_be_bytes)
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(self.fail(Flaw::Truncated))?;
        self.rest = rest;
        Ok(head)
    }

    /// All that is left.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// A field with its length, 2 bytes, in front.
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::from(self.u16()?);
        self.take(length)
    }

    /// A text with its length in bytes, 2 bytes, in front: one of the format, as [`text::check`] says.
    pub fn text(&mut self) -> Result<String, DecodeError> {
        let bytes = self.bytes()?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.fail(Flaw::Text))?;
        text::check(text).map_err(|flaw| self.fail(flaw.into()))?;
        Ok(text.to_owned())
    }

    /// The two bytes that every artefact starts with: the format's version and the artefact's kind.
    pub fn header(&mut self, kind: Artefact) -> Result<(), DecodeError> {
        match self.u8()? {
            VERSION if self.u8()? == kind.letter() => Ok(()),
            VERSION => Err(self.fail(Flaw::Kind)),
            other => Err(self.fail(Flaw::Version(other))),
        }
    }

    /// An error about the length of the whole.
    pub(crate) fn length_error(&self) -> DecodeError {
        self.fail(Flaw::Length)
    }

    /// An error about a value just read.
    pub fn value_error(&self, why: &'static str) -> DecodeError {
        self.fail(Flaw::Value(why))
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
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fail(Flaw::Trailing))
        }
    }
}

/// Writes what a [`Reader`] reads.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts an artefact of `kind`.
    pub fn artefact(kind: Artefact) -> Self {
        Self(vec![VERSION, kind.letter()])
    }

    /// Bytes as they are. Where the buffer must grow, what was there before is wiped: it may be a secret.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        let needed = self.0.len().saturating_add(bytes.len());
        if needed > self.0.capacity() {
            let capacity = needed.max(2 * self.0.capacity());
            let mut wider = Vec::with_capacity(capacity);
            wider.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = wider;
        }
        self.0.extend_from_slice(bytes);
        self
    }

    /// One byte.
    #[must_use]
    pub fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    /// 2 bytes, big-endian.
    #[must_use]
    pub fn u16(self, value: u16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// 4 bytes, big-endian.
    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// 4 bytes, big-endian two's complement.
    #[must_use]
    pub fn i32(self, value: i32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// 8 bytes, big-endian two's complement.
    #[must_use]
    pub fn i64(self, value: i64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// A field of at most 65,535 bytes with its length in front; what is longer is cut, so callers
    /// bound what they accept.
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let cut = bytes.get(..usize::from(length)).unwrap_or(bytes);
        self.u16(length).raw(cut)
    }

    /// Each item by `write`, with their number, 2 bytes, in front.
    #[must_use]
    pub fn list<T>(self, items: &[T], write: impl Fn(Self, &T) -> Self) -> Self {
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
        items
            .iter()
            .take(usize::from(count))
            .fold(self.u16(count), write)
    }

    #[must_use]
    pub(crate) fn g1(self, point: &G1Affine) -> Self {
        self.raw(&curve::g1_to_bytes(point))
    }

    #[must_use]
    pub(crate) fn g2(self, point: &curve::G2Affine) -> Self {
        self.raw(&curve::g2_to_bytes(point))
    }

    #[must_use]
    pub(crate) fn scalar(self, scalar: &Scalar) -> Self {
        self.raw(&curve::scalar_to_bytes(scalar))
    }

    /// How many bytes are written.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// I2OSP(n, 8): the length or count `n` as 8 bytes, big-endian.
pub(crate) fn length_prefix(n: usize) -> [u8; 8] {
    // No platform that Rust supports has a usize above 64 bits.
    u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes()
}
