//! The manifest: which static parts go with a bundle, for holders. The bundle has its digest; each part is named by its
//! own. Whoever has a bundle, its manifest and the parts that this names has what the authority published, all
//! of it of one moment.

use super::bundle::{Bundle, BundleError};
use super::signing::BundleKey;
use super::time::UnixTime;
use super::{BundleVerifyingKey, KeySet};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::registry::{Checkpoint, SEGMENT};
use crate::transcript::Transcript;

/// H(part; bytes): the name of a static part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartDigest(pub [u8; 32]);

impl PartDigest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(part: &[u8]) -> Self {
        Self(Transcript::new("part").field(part).digest())
    }
}

impl std::fmt::Display for PartDigest {
    /// In small hexadecimal, as its file is called.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::hex(&self.0))
    }
}

impl std::fmt::Debug for PartDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// A segment of the removal log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How many removals stand before it.
    pub first: u32,
    /// How many it has.
    pub count: u16,
    /// What it is called.
    pub digest: PartDigest,
}

impl Segment {
    /// These bytes, if they have as many removals as the manifest says.
    pub(super) fn read<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        let reader = Reader::new("segment of the removal log", bytes);
        if bytes.len() != WantedPart::segment(self).limit {
            return Err(reader.value_error("it has not as many removals as the manifest says"));
        }
        Ok(bytes)
    }
}

/// A part that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedPart {
    /// Its name.
    pub digest: PartDigest,
    /// The most bytes that it can have.
    pub limit: usize,
}

/// The most bytes of a sealed list: one for as many issuers as a list can have.
const MAX_LIST: usize = 2 + 100 * 1024;

impl WantedPart {
    pub(super) fn table(digest: PartDigest, entries: u16) -> Self {
        let limit = 2 + 48 * usize::from(entries);
        Self { digest, limit }
    }

    pub(super) fn list(digest: PartDigest) -> Self {
        let limit = MAX_LIST;
        Self { digest, limit }
    }

    pub(super) fn segment(segment: &Segment) -> Self {
        Self {
            digest: segment.digest,
            limit: 2 + 128 * usize::from(segment.count),
        }
    }
}

/// What is published for one key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetParts {
    /// The key set's number.
    pub number: u32,
    /// Its date table.
    pub table: PartDigest,
    /// The log of its removals, from the first one on.
    pub segments: Vec<Segment>,
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// For each accreditation epoch, rising, its sealed list.
    pub accreditations: Vec<(u32, PartDigest)>,
}

impl KeySetParts {
    /// How many removals the segments have.
    #[must_use]
    pub fn removals(&self) -> u32 {
        let last = self.segments.last();
        last.map_or(0, |last| last.first + u32::from(last.count))
    }

    /// What these parts are called: a date table, all segments of the log, and the sealed lists.
    pub(crate) fn of(
        number: u32,
        table: &[u8],
        segments: &[Vec<u8>],
        checkpoint: Option<Checkpoint>,
        lists: &[(u32, Vec<u8>)],
    ) -> Self {
        let mut parts = Self {
            number,
            table: PartDigest::of(table),
            segments: Vec::new(),
            checkpoint,
            accreditations: (lists.iter())
                .map(|(epoch, list)| (*epoch, PartDigest::of(list)))
                .collect(),
        };
        for segment in segments {
            let count = segment.len().saturating_sub(2) / 128;
            parts.segments.push(Segment {
                first: parts.removals(),
                count: u16::try_from(count).unwrap_or(u16::MAX),
                digest: PartDigest::of(segment),
            });
        }
        parts
    }

    /// How many segments stand before those that every holder fetches: from the checkpoint on, or from the oldest
    /// epoch of the bundle, whichever is older. It depends on nothing that is a holder's own.
    pub(super) fn before_span(&self, bundle: &Bundle) -> usize {
        let standings = bundle.standings();
        let of_keys = standings.filter(|standing| standing.key_set == self.number);
        let oldest = of_keys.map(|standing| standing.removals).min().unwrap_or(0);
        let checkpoint = self.checkpoint.map_or(0, |checkpoint| checkpoint.removals);
        let removals = usize::try_from(oldest.min(checkpoint)).unwrap_or(0);
        (removals / SEGMENT).min(self.segments.len())
    }

    /// The sealed list of an accreditation epoch.
    pub(super) fn list_of(&self, epoch: u32) -> Result<PartDigest, ManifestError> {
        let mut lists = self.accreditations.iter();
        let list = lists.find(|(of, _)| *of == epoch);
        list.map(|(_, list)| *list)
            .ok_or(ManifestError::Contradicts)
    }

    fn write(&self, writer: Writer) -> Writer {
        let checkpoint: Vec<_> = self.checkpoint.into_iter().collect();
        writer
            .u32(self.number)
            .raw(&self.table.0)
            .list(&self.segments, |writer, segment| {
                writer
                    .u32(segment.first)
                    .u16(segment.count)
                    .raw(&segment.digest.0)
            })
            .list(&checkpoint, |writer, checkpoint| checkpoint.write(writer))
            .list(&self.accreditations, |writer, (epoch, list)| {
                writer.u32(*epoch).raw(&list.0)
            })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (number, table) = (reader.u32()?, PartDigest(reader.array()?));
        let mut parts = Self {
            number,
            table,
            segments: Vec::new(),
            checkpoint: None,
            accreditations: Vec::new(),
        };
        for _ in 0..reader.u16()? {
            parts.read_segment(reader)?;
        }
        match reader.u16()? {
            0 => {}
            1 => parts.checkpoint = Some(parts.read_checkpoint(reader)?),
            _ => return Err(reader.value_error("a key set has more than one checkpoint")),
        }
        for _ in 0..reader.u16()? {
            let (epoch, list) = (reader.u32()?, PartDigest(reader.array()?));
            if (parts.accreditations.last()).is_some_and(|(before, _)| *before >= epoch) {
                return Err(reader.value_error("the accreditation epochs do not rise"));
            }
            parts.accreditations.push((epoch, list));
        }
        Ok(parts)
    }

    /// The next segment: it follows the one before, which is full.
    fn read_segment(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let segment = Segment {
            first: reader.u32()?,
            count: reader.u16()?,
            digest: PartDigest(reader.array()?),
        };
        let full = |count: u16| usize::from(count) == SEGMENT;
        if !self.segments.last().is_none_or(|last| full(last.count)) {
            return Err(reader.value_error("a segment before the last one is not full"));
        }
        if segment.count == 0 || usize::from(segment.count) > SEGMENT {
            return Err(reader.value_error("a segment has no removals, or too many"));
        }
        if segment.first != self.removals() {
            return Err(reader.value_error("the segments do not follow each other"));
        }
        self.segments.push(segment);
        Ok(())
    }

    fn read_checkpoint(&self, reader: &mut Reader<'_>) -> Result<Checkpoint, DecodeError> {
        let checkpoint = Checkpoint::read_from(reader)?;
        if checkpoint.removals > self.removals() {
            return Err(reader.value_error("a checkpoint is ahead of the log"));
        }
        Ok(checkpoint)
    }
}

/// The manifest of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The bundle's number.
    pub number: u32,
    /// When the bundle expires.
    pub expires: UnixTime,
    /// What is published for each of the bundle's key sets, in their order.
    pub key_sets: Vec<KeySetParts>,
}

/// What a bundle says of its manifest.
#[derive(Clone, Debug)]
pub(crate) struct ManifestOf<'a> {
    /// The scheme.
    pub scheme: &'a [u8; 32],
    /// The bundle's number.
    pub number: u32,
    /// When it expires.
    pub expires: UnixTime,
    /// Its key sets in order: number, and removals of the newest epoch under each.
    pub key_sets: Vec<(u32, u32)>,
    /// H(manifest; body).
    pub digest: &'a [u8; 32],
}

/// Why a manifest was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not a manifest.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Not signed by the authority whose key was given.
    #[error("this manifest is not signed by this authority; get it from the authority again")]
    Signature,
    /// It is not the one that goes with the bundle.
    #[error("this manifest is not the one that the bundle names; fetch bundle and manifest again")]
    Other,
    /// It does not say what the bundle says, although the authority signed both.
    #[error("bundle and manifest contradict each other; report this to the authority")]
    Contradicts,
}

impl Bundle {
    /// What it says of its manifest.
    pub(super) fn manifest_of(&self) -> ManifestOf<'_> {
        let newest = |keys: &KeySet| {
            let standings = self.standings();
            let of_keys = standings.filter(|standing| standing.key_set == keys.number);
            of_keys.map(|standing| standing.removals).max().unwrap_or(0)
        };
        let key_sets = self.key_sets.iter();
        ManifestOf {
            scheme: self.scheme.id(),
            number: self.version,
            expires: self.expires,
            key_sets: key_sets.map(|keys| (keys.number, newest(keys))).collect(),
            digest: &self.manifest,
        }
    }
}

impl Manifest {
    fn body(&self) -> Vec<u8> {
        Writer::default()
            .u32(self.number)
            .i64(self.expires.as_seconds())
            .list(&self.key_sets, |writer, parts| parts.write(writer))
            .finish()
    }

    /// H(manifest; body), which the bundle has.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.body())
    }

    fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("manifest", body);
        let (number, expires) = (reader.u32()?, UnixTime::read(&mut reader)?);
        let mut key_sets: Vec<KeySetParts> = Vec::new();
        for _ in 0..reader.u16()? {
            key_sets.push(KeySetParts::read(&mut reader)?);
        }
        reader.finish()?;
        Ok(Self {
            number,
            expires,
            key_sets,
        })
    }

    /// Reads a manifest, and checks that it is the one that the bundle names and says what the bundle says.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub(crate) fn verify(
        bytes: &[u8],
        key: &BundleVerifyingKey,
        of: &ManifestOf<'_>,
    ) -> Result<Self, ManifestError> {
        let opened = key.open("manifest", Artefact::Manifest, bytes);
        let (scheme, body) = opened.map_err(|error| match error {
            BundleError::Decode(error) => ManifestError::Decode(error),
            _ => ManifestError::Signature,
        })?;
        if scheme != *of.scheme || digest(body) != *of.digest {
            return Err(ManifestError::Other);
        }
        let manifest = Self::read(body)?;
        let sets = manifest.key_sets.iter();
        let fit = |(parts, (number, removals)): (&KeySetParts, &(u32, u32))| {
            parts.number == *number && parts.removals() >= *removals
        };
        if manifest.number == of.number
            && manifest.expires == of.expires
            && manifest.key_sets.len() == of.key_sets.len()
            && sets.zip(&of.key_sets).all(fit)
        {
            Ok(manifest)
        } else {
            Err(ManifestError::Contradicts)
        }
    }
}

fn digest(body: &[u8]) -> [u8; 32] {
    Transcript::new("manifest").field(body).digest()
}

impl BundleKey {
    /// Signs a manifest: the bytes to publish.
    pub(crate) fn sign_manifest(&self, scheme: &[u8; 32], manifest: &Manifest) -> Vec<u8> {
        self.sign(Artefact::Manifest, scheme, &manifest.body())
    }
}

#[cfg(test)]
mod tests;
