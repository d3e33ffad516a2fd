//! The list that lets every holder follow a rotation of α: the witnesses of all handles that stand,
//! under the new accumulator. Public: y cannot be linked to a presentation.

use super::Witness;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{G1Affine, Scalar, g1_from_bytes, g1_to_bytes, scalar_to_bytes};

/// Bytes of an entry: y ‖ C.
const ENTRY: usize = 80;

/// (y, C) for every handle that stood when the key set began, sorted. Everybody downloads all of it,
/// so the download tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reissued(Vec<[u8; ENTRY]>);

impl Reissued {
    pub(super) fn new(witnesses: impl Iterator<Item = (Scalar, G1Affine)>) -> Self {
        let mut entries: Vec<_> = witnesses
            .map(|(y, c)| {
                let mut entry = [0; ENTRY];
                let (handle, witness) = entry.split_at_mut(32);
                handle.copy_from_slice(&scalar_to_bytes(&y));
                witness.copy_from_slice(&g1_to_bytes(&c));
                entry
            })
            .collect();
        entries.sort_unstable();
        Self(entries)
    }

    /// The witness of handle `y` at the beginning of key set `key_set`. It is only as true as the
    /// signature over the list; the caller checks it against the accumulator.
    pub(crate) fn find(&self, y: &Scalar, key_set: u32) -> Option<Witness> {
        let wanted = scalar_to_bytes(y);
        let entry = (self.0.iter()).find(|entry| entry.starts_with(&wanted))?;
        let (_, point) = entry.split_last_chunk::<48>()?;
        let c = g1_from_bytes(point).ok()?;
        Some(Witness::new(*y, c, 0, key_set))
    }

    /// The handles that stood when the key set began, as they are named.
    pub(crate) fn handles(&self) -> impl Iterator<Item = [u8; 32]> + '_ {
        (self.0.iter()).filter_map(|entry| entry.first_chunk().copied())
    }

    /// Version, kind, then the entries, 80 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::ReissuedWitnesses);
        let raw = |writer: Writer, entry: &[u8; ENTRY]| writer.raw(entry);
        self.0.iter().fold(writer, raw).finish()
    }

    /// Reads a list. Points are checked when they are looked up: there may be a million of them.
    ///
    /// # Errors
    /// Anything but whole, rising entries.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("reissued witnesses", bytes);
        reader.header(Artefact::ReissuedWitnesses)?;
        let mut entries = Vec::with_capacity(reader.remaining() / ENTRY);
        while reader.remaining() > 0 {
            entries.push(reader.array()?);
        }
        let handle = |entry: &[u8; ENTRY]| entry.first_chunk::<32>().copied();
        if !entries.is_sorted_by(|a, b| handle(a) < handle(b)) {
            return Err(reader.value_error("the entries do not rise"));
        }
        Ok(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_comes_twice_is_refused() {
        let point = crate::curve::hash_test_point(b"C");
        let entry = |y| (Scalar::from(y), point);
        let read = |entries: [_; 2]| {
            Reissued::from_bytes(&Reissued::new(entries.into_iter()).to_bytes()).is_ok()
        };
        assert!(read([entry(1), entry(2)]));
        assert!(!read([entry(1), entry(1)]));
    }

    #[test]
    fn an_entry_that_is_no_point_is_not_found() {
        // The list is read without looking at its points; what is looked up is decoded.
        let point = crate::curve::hash_test_point(b"C");
        let y = Scalar::from(1);
        let found = |c: [u8; 48]| {
            let mut list = Reissued::new([(y, point)].into_iter());
            list.0[0][32..].copy_from_slice(&c);
            let read = Reissued::from_bytes(&list.to_bytes()).unwrap();
            read.find(&y, 2).map(|witness| *witness.point())
        };
        assert_eq!(found(g1_to_bytes(&point)), Some(point));
        let mut identity = [0; 48];
        identity[0] = 0xc0;
        for c in [identity, [0; 48], [0xff; 48]] {
            assert_eq!(found(c), None, "{c:?}");
        }
        #[cfg(not(feature = "blst"))]
        {
            use crate::curve::torsion;
            let outside = torsion::plus(&point, &torsion::of_order_three());
            assert_eq!(found(g1_to_bytes(&outside)), None, "outside the subgroup");
        }
    }
}
