//! The public log of removals, or the end of it.

use super::SEGMENT;
use super::segment::{self, Entry};
use crate::codec::{DecodeError, Reader};
use crate::curve::{CurvePoint, G1Affine, Scalar};

/// Removals in order: y_j ‖ V_j with both coordinates, 128 bytes each, for everybody. A holder may have the last of
/// them only.
///
/// They stay the bytes that were published: there may be a million of them, and a holder decodes those since it
/// last looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovalLog {
    /// How many removals stand before them.
    first: u32,
    entries: Vec<Entry>,
}

impl RemovalLog {
    /// Adds a removal. The log is the authority's to write.
    pub(crate) fn push(&mut self, y: &Scalar, accumulator: &G1Affine) {
        self.entries.push(segment::entry(y, accumulator));
    }

    /// The accumulator after all of them, which are [`decoded`](Self::decoded).
    pub(crate) fn last(&self) -> Option<G1Affine> {
        accumulator(self.entries.last()?).ok()
    }

    /// A log from its removals, one by one, all of them decoded: the authority signs no log that it has not
    /// looked at.
    ///
    /// # Errors
    /// A row that is no removal.
    pub fn from_rows(rows: &[Vec<u8>]) -> Result<Self, DecodeError> {
        let log = Self {
            first: 0,
            entries: rows
                .iter()
                .map(|row| row_of(row))
                .collect::<Result<_, _>>()?,
        };
        log.decoded()
    }

    /// The log, if each of its removals is a scalar with a point of the subgroup. On all cores.
    pub(crate) fn decoded(self) -> Result<Self, DecodeError> {
        let good = |entry: &Entry| {
            let y = entry
                .first_chunk()
                .and_then(crate::curve::scalar_from_bytes);
            y.is_some() && accumulator(entry).is_ok()
        };
        match crate::parallel::map(&self.entries, good).contains(&false) {
            false => Ok(self),
            true => Err(reader().value_error("a removal is no point")),
        }
    }

    /// The removals one by one, in order. What [`from_rows`](Self::from_rows) reads.
    pub fn rows(&self) -> impl Iterator<Item = &[u8; 128]> {
        self.entries.iter()
    }

    /// The handles that were removed, as they are named.
    pub(crate) fn handles(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
        (self.entries.iter()).filter_map(|entry| entry.first_chunk().copied())
    }

    /// How many removals there were up to its end.
    #[must_use]
    pub fn len(&self) -> u32 {
        let length = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(length)
    }

    /// Whether nothing was ever removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many removals stand before those that it has.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// A whole log as segments, to publish.
    pub(crate) fn segments(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        segment::segments(&self.entries)
    }

    /// The end of a log from its last segments, before which stand `before` full ones. Points are looked at where they
    /// are used.
    ///
    /// # Errors
    /// Anything but segments that are full, the last one perhaps not.
    pub(crate) fn from_segments(
        before: u32,
        segments: &[impl AsRef<[u8]>],
    ) -> Result<Self, DecodeError> {
        let length = u32::try_from(SEGMENT).unwrap_or(u32::MAX);
        let first = before.checked_mul(length).ok_or(reader().length_error())?;
        let mut entries = Vec::new();
        for bytes in segments {
            if entries.len() % SEGMENT != 0 {
                return Err(reader().value_error("a segment before the last one is not full"));
            }
            entries.extend_from_slice(segment::read(bytes.as_ref())?);
        }
        Ok(Self { first, entries })
    }

    /// The removals after the first `from`, up to `to`; `None` where it does not reach.
    pub(crate) fn between(&self, from: u32, to: u32) -> Option<&[Entry]> {
        let place = |removals: u32| usize::try_from(removals.checked_sub(self.first)?).ok();
        self.entries.get(place(from)?..place(to)?)
    }

    /// Whether it begins with these removals.
    pub(crate) fn continues(&self, earlier: &Self) -> bool {
        self.first == earlier.first && self.entries.starts_with(&earlier.entries)
    }

    /// Whether it can be followed from or to the place after the first `removals`.
    pub(crate) fn reaches(&self, removals: u32) -> bool {
        self.first <= removals && removals <= self.len()
    }
}

fn reader() -> Reader<'static> {
    Reader::new("removal log", &[])
}

fn row_of(row: &[u8]) -> Result<Entry, DecodeError> {
    let mut reader = Reader::new("removal log", row);
    let entry = reader.array()?;
    reader.finish()?;
    Ok(entry)
}

/// V of a removal.
fn accumulator(entry: &Entry) -> Result<G1Affine, DecodeError> {
    let flaw = |flaw: crate::curve::PointFlaw| DecodeError {
        what: "removal log",
        flaw: flaw.into(),
    };
    let point = entry.last_chunk().ok_or(reader().length_error())?;
    let point = CurvePoint::from_coordinates(point).map_err(flaw)?;
    point.in_subgroup().map_err(flaw)
}
