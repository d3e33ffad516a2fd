//! The public log of removals.

use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{self, G1Affine, Scalar};

/// Bytes before the first removal: version and kind.
const HEAD: usize = 2;

/// Bytes of a removal: y_j ‖ V_j.
const REMOVAL: usize = 80;

/// All removals so far, in order: (y_j, V_j), 80 bytes each, for everybody.
///
/// It stays the bytes that were published. A point costs a hundred microseconds to decode, and there may be
/// a million of them: a holder decodes those since it last looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalLog {
    bytes: Vec<u8>,
    /// V after all of them.
    last: Option<G1Affine>,
}

impl Default for RemovalLog {
    fn default() -> Self {
        Self {
            bytes: Writer::artefact(Artefact::RemovalLog).finish(),
            last: None,
        }
    }
}

impl RemovalLog {
    /// Adds a removal. The log is the authority's to write.
    pub(crate) fn push(&mut self, y: &Scalar, accumulator: G1Affine) {
        let removal = Writer::default().scalar(y).g1(&accumulator).finish();
        self.bytes.extend(removal);
        self.last = Some(accumulator);
    }

    /// The accumulator after all of them.
    pub(crate) fn last(&self) -> Option<G1Affine> {
        self.last
    }

    /// The newest removal with its place, 1, 2, …: y ‖ V.
    #[must_use]
    pub fn newest(&self) -> Option<(u32, [u8; REMOVAL])> {
        Some((self.len(), *self.entries().last()?))
    }

    /// A log from its removals, one by one, all of them decoded: the authority signs no log that it has not
    /// looked at.
    ///
    /// # Errors
    /// A removal that is no point.
    pub fn from_rows(rows: &[Vec<u8>]) -> Result<Self, DecodeError> {
        let header = Writer::artefact(Artefact::RemovalLog).finish();
        let bytes = [header, rows.concat()].concat();
        Self::from_bytes(&bytes)?.decoded()
    }

    /// The log, if each of its removals is a point.
    pub(crate) fn decoded(self) -> Result<Self, DecodeError> {
        match decode(self.entries()) {
            Some(_) => Ok(self),
            None => {
                let reader = Reader::new("removal log", &self.bytes);
                Err(reader.value_error("a removal is no point"))
            }
        }
    }

    /// The removals one by one, in order: y ‖ V. What [`from_rows`](Self::from_rows) reads.
    pub fn rows(&self) -> impl Iterator<Item = &[u8; REMOVAL]> {
        self.entries().iter()
    }

    /// The handles that were removed, as they are named.
    pub(crate) fn handles(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
        (self.entries().iter()).filter_map(|entry| entry.first_chunk().copied())
    }

    fn entries(&self) -> &[Entry] {
        let (entries, _) = self.bytes.get(HEAD..).unwrap_or_default().as_chunks();
        entries
    }

    /// How many removals it has.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.entries().len()).unwrap_or(u32::MAX)
    }

    /// Whether nothing was ever removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Version, kind, then the removals.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a log. It is only as true as the signature over it; points but the last are checked when
    /// they are used, and a witness that followed a wrong log fails its own check.
    ///
    /// # Errors
    /// Anything but whole removals, handles in canonical form, and a point at the end.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("removal log", bytes);
        reader.header(Artefact::RemovalLog)?;
        let mut last = None;
        while reader.remaining() > 0 {
            reader.scalar()?;
            last = Some(reader.array::<48>()?);
        }
        let last = last.map(|point| Reader::new("removal log", &point).g1());
        Ok(Self {
            bytes: bytes.to_vec(),
            last: last.transpose()?,
        })
    }

    /// The removals after the first `from`, up to `to`.
    pub(crate) fn between(&self, from: u32, to: u32) -> Option<&[Entry]> {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        self.entries().get(from..to)
    }
}

/// A removal as it is published.
pub(crate) type Entry = [u8; REMOVAL];

/// A removal as it is computed with: (y_j, V_j).
pub type Removal = (Scalar, G1Affine);

/// The removals, or `None` if one is no point. On all cores.
pub(crate) fn decode(entries: &[Entry]) -> Option<Vec<Removal>> {
    let removal = |entry: &Entry| {
        let (y, v) = (entry.first_chunk()?, entry.last_chunk()?);
        Some((curve::scalar_from_bytes(y)?, curve::g1_from_bytes(v).ok()?))
    };
    crate::parallel::map(entries, removal).into_iter().collect()
}
