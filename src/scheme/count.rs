//! What an issuer tells the authority now and then: how much it issued, by day and kind. Numbers and
//! no guest's name, signed, so that it can be held to them; its operators, so that the authority knows whose approvals
//! count; and proofs that its log is still the one that was audited before.

use super::keys::{IssuerId, IssuerKey, IssuerPublic, IssuerSignature};
use super::{Day, Scheme, UnixTime};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::CryptoRng;
use crate::error::Error;

/// The most lines: ten years of all kinds.
const MAX_LINES: u32 = 40_000;

/// The longest name of a kind, in bytes.
const MAX_KIND: usize = 32;

/// The most operators of an issuer.
const MAX_OPERATORS: u16 = 256;

/// The longest name of an operator, in bytes.
const MAX_OPERATOR: usize = 256;

/// The most proofs in a count.
const MAX_PROOFS: u16 = 8;

/// The most hashes of a proof: two for each level of a tree of 2^63 lines.
const MAX_HASHES: u16 = 126;

/// Passes of one kind on one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DayCount {
    /// The day.
    pub day: Day,
    /// What they were issued on: `vaccination`, `register`, `by hand`, …
    pub kind: String,
    /// How many.
    pub issued: u32,
}

/// An operator of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedOperator {
    /// What the issuer calls the operator.
    pub label: String,
    /// The operator's Ed25519 key.
    pub key: [u8; 32],
    /// How often the operator approved something.
    pub approvals: u32,
}

/// A proof that the issuer's log continues the one that it was earlier (RFC 9162, 2.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Lines of the log then.
    pub lines: u64,
    /// The proof's hashes.
    pub hashes: Vec<[u8; 32]>,
}

/// What an issuer counted, before it signs it: [`sign`](Self::sign) gives the bytes for the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedCount {
    /// When it was counted.
    pub at: UnixTime,
    /// The issuer was founded for rehearsal: it goes by any clock that it is given.
    pub rehearsal: bool,
    /// Handles in the pool that are free.
    pub free: u32,
    /// Lines of the issuer's log.
    pub log_lines: u64,
    /// The root of the Merkle tree over the hashes of all lines (RFC 9162, 2.1.1).
    pub log_root: [u8; 32],
    /// What was issued, rising by day and kind.
    pub days: Vec<DayCount>,
    /// All operators ever enrolled, in the order of their enrolment.
    pub operators: Vec<CountedOperator>,
    /// That the log continues what it was at some earlier lengths, rising.
    pub proofs: Vec<LogProof>,
}

/// What an issuer counted, signed by it and verified.
///
/// ```compile_fail,E0616
/// # fn alter(mut count: veilpass::scheme::IssuerCount) {
/// count.counted.free += 1;
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerCount {
    scheme: [u8; 32],
    issuer: IssuerId,
    counted: UnsignedCount,
}

/// A count as it arrives.
#[derive(Clone, Debug)]
pub struct UnverifiedCount {
    count: IssuerCount,
    body: Vec<u8>,
    signature: IssuerSignature,
}

impl UnsignedCount {
    /// All that was ever issued.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.days.iter().map(|count| u64::from(count.issued)).sum()
    }

    fn body(&self, scheme: &[u8; 32], issuer: &IssuerId) -> Vec<u8> {
        let writer = Writer::default()
            .raw(scheme)
            .g2(&issuer.0)
            .i64(self.at.as_seconds())
            .raw(&[u8::from(self.rehearsal)])
            .u32(self.free)
            .raw(&self.log_lines.to_be_bytes())
            .raw(&self.log_root)
            .u32(u32::try_from(self.days.len()).unwrap_or(u32::MAX));
        let writer = self.days.iter().fold(writer, |writer, count| {
            writer
                .i32(count.day.0)
                .bytes(count.kind.as_bytes())
                .u32(count.issued)
        });
        writer
            .list(&self.operators, |writer, operator| {
                writer
                    .bytes(operator.label.as_bytes())
                    .raw(&operator.key)
                    .u32(operator.approvals)
            })
            .list(&self.proofs, |writer, proof| {
                writer
                    .raw(&proof.lines.to_be_bytes())
                    .list(&proof.hashes, |writer, hash| writer.raw(hash))
            })
            .finish()
    }

    /// Signs it for the authority of the scheme with this identifier: the bytes to send. Constant-time in
    /// the key.
    pub fn sign<R: CryptoRng + ?Sized>(
        &self,
        scheme: &[u8; 32],
        key: &IssuerKey,
        rng: &mut R,
    ) -> Vec<u8> {
        self.sign_as(scheme, &key.public().id(), key, rng)
    }

    /// Signs it in the name of `issuer`, which only a forger in tests is not.
    fn sign_as<R: CryptoRng + ?Sized>(
        &self,
        scheme: &[u8; 32],
        issuer: &IssuerId,
        key: &IssuerKey,
        rng: &mut R,
    ) -> Vec<u8> {
        let body = self.body(scheme, issuer);
        let signature = key.sign_statement(scheme, &body, rng);
        signature
            .write(Writer::artefact(Artefact::Count))
            .raw(&body)
            .finish()
    }
}

impl IssuerCount {
    /// The scheme's identifier.
    #[must_use]
    pub fn scheme(&self) -> &[u8; 32] {
        &self.scheme
    }

    /// The issuer that signed it.
    #[must_use]
    pub fn issuer(&self) -> &IssuerId {
        &self.issuer
    }

    /// What it says.
    #[must_use]
    pub fn counted(&self) -> &UnsignedCount {
        &self.counted
    }

    /// When it was counted.
    #[must_use]
    pub fn at(&self) -> UnixTime {
        self.counted.at
    }

    /// Whether the issuer was founded for rehearsal.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.counted.rehearsal
    }

    /// Handles in the pool that were free.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.counted.free
    }

    /// Lines of the issuer's log.
    #[must_use]
    pub fn log_lines(&self) -> u64 {
        self.counted.log_lines
    }

    /// The root of the Merkle tree over the hashes of all lines.
    #[must_use]
    pub fn log_root(&self) -> &[u8; 32] {
        &self.counted.log_root
    }

    /// All operators ever enrolled, in the order of their enrolment.
    #[must_use]
    pub fn operators(&self) -> &[CountedOperator] {
        &self.counted.operators
    }

    /// The proof that the log continues what it was when it had so many lines, if there is one.
    #[must_use]
    pub fn proof_from(&self, lines: u64) -> Option<&LogProof> {
        let mut proofs = self.counted.proofs.iter();
        proofs.find(|proof| proof.lines == lines)
    }

    /// What was issued, rising by day and kind.
    #[must_use]
    pub fn days(&self) -> &[DayCount] {
        &self.counted.days
    }

    /// All that was ever issued.
    #[must_use]
    pub fn issued(&self) -> u64 {
        self.counted.issued()
    }

    /// What was issued on each day.
    pub fn by_day(&self) -> impl Iterator<Item = (Day, u64)> + '_ {
        let days = self.counted.days.chunk_by(|a, b| a.day == b.day);
        days.filter_map(|counts| {
            let sum = counts.iter().map(|count| u64::from(count.issued)).sum();
            Some((counts.first()?.day, sum))
        })
    }
}

impl UnverifiedCount {
    /// Reads a count.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("issuer's count", bytes);
        reader.header(Artefact::Count)?;
        let signature = IssuerSignature::read(&mut reader)?;
        let body = reader.rest();
        let mut reader = Reader::new("issuer's count", body);
        let count = IssuerCount {
            scheme: reader.array()?,
            issuer: IssuerId(reader.g2()?),
            counted: UnsignedCount {
                at: UnixTime::read(&mut reader)?,
                rehearsal: rehearsal(&mut reader)?,
                free: reader.u32()?,
                log_lines: u64::from_be_bytes(reader.array()?),
                log_root: reader.array()?,
                days: days(&mut reader)?,
                operators: operators(&mut reader)?,
                proofs: proofs(&mut reader)?,
            },
        };
        reader.finish()?;
        Ok(Self {
            count,
            body: body.to_vec(),
            signature,
        })
    }

    /// Which issuer it says it is of.
    #[must_use]
    pub fn issuer(&self) -> &IssuerId {
        &self.count.issuer
    }

    /// Checks that `issuer` signed it for `scheme`.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify_vartime(
        self,
        scheme: &Scheme,
        issuer: &IssuerPublic,
    ) -> Result<IssuerCount, Error> {
        if self.count.scheme != *scheme.id() || self.count.issuer != issuer.id() {
            return Err(Error::Invalid);
        }
        issuer.verify_statement_vartime(scheme.id(), &self.body, &self.signature)?;
        Ok(self.count)
    }
}

/// The flags: one has a meaning, the others must not be set.
fn rehearsal(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(reader.value_error("an unknown flag")),
    }
}

fn days(reader: &mut Reader<'_>) -> Result<Vec<DayCount>, DecodeError> {
    let lines = reader.u32()?;
    if lines > MAX_LINES {
        return Err(reader.value_error("more lines than ten years have"));
    }
    let mut days: Vec<DayCount> = Vec::new();
    for _ in 0..lines {
        let day = Day(reader.i32()?);
        let kind = reader.text()?;
        let issued = reader.u32()?;
        let plain = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
        if kind.len() > MAX_KIND || !plain {
            return Err(
                reader.value_error("the name of a kind is too long, or has strange letters")
            );
        }
        let rises = (days.last()).is_none_or(|last| (last.day, &last.kind) < (day, &kind));
        if !rises {
            return Err(reader.value_error("the lines do not rise"));
        }
        days.push(DayCount { day, kind, issued });
    }
    Ok(days)
}

fn operators(reader: &mut Reader<'_>) -> Result<Vec<CountedOperator>, DecodeError> {
    let number = reader.u16()?;
    if number > MAX_OPERATORS {
        return Err(reader.value_error("more operators than an issuer can have"));
    }
    let mut operators: Vec<CountedOperator> = Vec::new();
    for _ in 0..number {
        let label = reader.text()?;
        if label.is_empty() || label.len() > MAX_OPERATOR {
            return Err(reader.value_error("an operator's name is missing or too long"));
        }
        let (key, approvals) = (reader.array()?, reader.u32()?);
        let known = operators
            .iter()
            .any(|one| one.label == label || one.key == key);
        if known {
            return Err(reader.value_error("an operator comes twice"));
        }
        operators.push(CountedOperator {
            label,
            key,
            approvals,
        });
    }
    Ok(operators)
}

fn proofs(reader: &mut Reader<'_>) -> Result<Vec<LogProof>, DecodeError> {
    let number = reader.u16()?;
    if number > MAX_PROOFS {
        return Err(reader.value_error("more proofs than a count has"));
    }
    let mut proofs: Vec<LogProof> = Vec::new();
    for _ in 0..number {
        let lines = u64::from_be_bytes(reader.array()?);
        if proofs.last().is_some_and(|last| last.lines >= lines) {
            return Err(reader.value_error("the proofs do not rise"));
        }
        let length = reader.u16()?;
        if length > MAX_HASHES {
            return Err(reader.value_error("a proof is longer than any"));
        }
        let hashes = (0..length).map(|_| reader.array());
        let hashes = hashes.collect::<Result<_, _>>()?;
        proofs.push(LogProof { lines, hashes });
    }
    Ok(proofs)
}

#[cfg(test)]
mod tests;
