//! Checkpoints: the witness of every handle that stands, for whoever was away long or lived through a rotation of α.
//!
//! ```text
//! bucket       the first bits of H(bucket; scheme_id, y): unsalted, the same for ever
//! tag          the first 16 bytes of H(checkpoint tag; scheme_id, y, key set, removals)
//! entry        tag ‖ (C ⊕ 48 bytes of SHAKE-256 of H(checkpoint key; scheme_id, y, key set, removals))
//! ```
//!
//! Whoever does not know y learns from an entry that there is one more handle. Entries of a bucket stand in the order
//! of their tags. A bucket has 2,000 to 4,000 of them: bits grows by one where they would be more, and a bucket then
//! falls into two, so that whoever fetches one again tells one bit more and no others. Buckets are the leaves of a
//! Merkle tree (RFC 9162, 2.1.1) whose root the manifest has; each travels with its path.
//!
//! Nobody but the holder can look into an entry: a wrong one stops one holder, who finds it by (15).

use std::sync::Arc;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{InclusionProof, RootHash};
use sha2_merkle::Sha256;
use shake::Shake256;
use shake::digest::{ExtendableOutputReset, Update, XofReader};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::witness::Witness;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{
    Field, G1Affine, G1Comb, Scalar, g1_from_bytes, g1_to_bytes, normalize, scalar_from_bytes,
    scalar_to_bytes,
};
use crate::transcript::Transcript;

/// Bytes of an entry: tag ‖ encrypted C.
const ENTRY: usize = 16 + 48;

/// The most entries that a bucket has on average.
const FULL: u64 = 4000;

/// The most bits of a bucket's number: buckets for 2^24 · 4,000 handles.
pub const MAX_BITS: u8 = 24;

/// The most bytes of a bucket as it is published. Buckets are filled by a hash, so that twice the average of a full
/// one, 512,000 bytes and a path, is out of reach.
pub const MAX_BUCKET: usize = 1 << 19;

/// Where in the life of a registry a checkpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CheckpointAt {
    /// The scheme.
    pub(super) scheme: [u8; 32],
    /// The key set's number.
    pub(super) key_set: u32,
    /// How many removals of the key set its witnesses stand for.
    pub(super) removals: u32,
}

/// What the manifest says of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many removals its witnesses stand for.
    pub removals: u32,
    /// There are 2^bits buckets.
    pub bits: u8,
    /// The root over all of them.
    pub root: [u8; 32],
}

impl Checkpoint {
    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer.u32(self.removals).u8(self.bits).raw(&self.root)
    }

    pub(crate) fn read_from(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let checkpoint = Self {
            removals: reader.u32()?,
            bits: reader.u8()?,
            root: reader.array()?,
        };
        if checkpoint.bits > MAX_BITS {
            return Err(reader.value_error("a checkpoint has too many buckets"));
        }
        Ok(checkpoint)
    }

    /// The checkpoint, for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("checkpoint", bytes);
        let checkpoint = Self::read_from(&mut reader)?;
        reader.finish()?;
        Ok(checkpoint)
    }
}

/// Which bucket: of the checkpoint with this root, the one with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BucketName {
    /// The root.
    pub root: [u8; 32],
    /// Its number among the buckets.
    pub number: u32,
}

/// A checkpoint with its buckets, as they are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointFiles {
    /// What the manifest says of it.
    pub checkpoint: Checkpoint,
    /// The buckets in order, each with its path. They never change, and whoever has them has the same.
    pub buckets: Arc<[Vec<u8>]>,
}

impl CheckpointFiles {
    /// The buckets with their names.
    pub fn named(&self) -> impl Iterator<Item = (BucketName, &Vec<u8>)> {
        self.checkpoint.buckets().zip(self.buckets.iter())
    }
}

/// The least number of bits with which buckets for so many handles are no more than full.
fn bits_for(handles: usize) -> u8 {
    let handles = u64::try_from(handles).unwrap_or(u64::MAX);
    (0..MAX_BITS)
        .find(|bits| handles <= FULL << bits)
        .unwrap_or(MAX_BITS)
}

/// The number of the bucket of a handle, by the first bits of a hash of y. Constant-time in y.
fn bucket_of(scheme: &[u8; 32], y: &[u8; 32], bits: u8) -> u32 {
    let hash = Transcript::new("bucket").field(scheme).field(y).digest();
    let [a, b, c, d, ..] = hash;
    // No bits are the bucket 0.
    u32::from_be_bytes([a, b, c, d])
        .checked_shr(32 - u32::from(bits))
        .unwrap_or(0)
}

impl CheckpointAt {
    fn hash(&self, label: &str, y: &[u8; 32]) -> [u8; 32] {
        Transcript::new(label)
            .field(&self.scheme)
            .field(y)
            .field(&self.key_set.to_be_bytes())
            .field(&self.removals.to_be_bytes())
            .digest()
    }

    /// The tag of a handle: 16 bytes, that say nothing to whoever does not know y.
    fn tag(&self, y: &[u8; 32]) -> [u8; 16] {
        let [tag @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            self.hash("checkpoint tag", y);
        tag
    }

    /// C ⊕ the handle's key stream: it encrypts and decrypts. Constant-time.
    fn crypt(&self, y: &[u8; 32], c: &[u8; 48]) -> Zeroizing<[u8; 48]> {
        let key = Zeroizing::new(self.hash("checkpoint key", y));
        let mut state = Box::new(Shake256::default());
        state.update(key.as_slice());
        let mut stream = Zeroizing::new([0; 48]);
        state.finalize_xof_reset().read(stream.as_mut_slice());
        for (byte, c) in stream.iter_mut().zip(c) {
            *byte ^= c;
        }
        stream
    }

    /// Entries for the handles of one bucket, with (15) for each; `None` for an α so unlucky that α + y = 0 for one of
    /// them, or for what is no handle. Constant-time in α and in y, but for the order in the end, which is public.
    fn entries(
        &self,
        alpha: &Scalar,
        accumulator: &G1Comb,
        handles: &[(u32, &[u8; 32])],
    ) -> Option<Vec<[u8; ENTRY]>> {
        let sums = (handles.iter()).map(|(_, y)| Some(alpha + scalar_from_bytes(y)?));
        let sums = Zeroizing::new(sums.collect::<Option<Vec<_>>>()?);
        let inverses = inverses(&sums)?;
        let points = inverses.iter().map(|inverse| accumulator.times(inverse));
        let points = Zeroizing::new(points.collect::<Vec<_>>());
        let witnesses = Zeroizing::new(normalize(&points));
        let mut entries: Vec<_> = (handles.iter().zip(witnesses.iter()))
            .map(|((_, y), c)| {
                let mut entry = [0; ENTRY];
                let (tag, sealed) = entry.split_at_mut(16);
                tag.copy_from_slice(&self.tag(y));
                sealed.copy_from_slice(self.crypt(y, &g1_to_bytes(c)).as_slice());
                entry
            })
            .collect();
        entries.sort_unstable();
        Some(entries)
    }

    /// The checkpoint at this place: the witnesses of `handles` under α, where the accumulator is V. On all cores.
    /// `None` for an unlucky α.
    pub(super) fn make(
        &self,
        alpha: &Scalar,
        accumulator: &G1Affine,
        handles: Vec<&[u8; 32]>,
    ) -> Option<CheckpointFiles> {
        let bits = bits_for(handles.len());
        let mut placed: Vec<_> = (handles.into_iter())
            .map(|y| (bucket_of(&self.scheme, y, bits), y))
            .collect();
        placed.sort_unstable_by_key(|(bucket, _)| *bucket);
        let mut rest = placed.as_slice();
        let runs: Vec<_> = (0..1u32 << bits)
            .map(|bucket| {
                let (run, others) =
                    rest.split_at(rest.partition_point(|(other, _)| *other <= bucket));
                rest = others;
                run
            })
            .collect();
        let comb = G1Comb::new(accumulator);
        let entries = crate::parallel::map(&runs, |run| self.entries(alpha, &comb, run));
        let entries = entries.into_iter().collect::<Option<Vec<_>>>()?;
        let mut tree = MemoryBackedTree::<Sha256, [u8; 32]>::new();
        (entries.iter()).for_each(|entries| tree.push(leaf(entries.as_flattened())));
        let buckets = (0..).zip(&entries).map(|(place, entries)| {
            Writer::artefact(Artefact::CheckpointBucket)
                .u8(bits)
                .raw(tree.prove_inclusion(place).as_bytes())
                .raw(entries.as_flattened())
                .finish()
        });
        Some(CheckpointFiles {
            buckets: buckets.collect(),
            checkpoint: Checkpoint {
                removals: self.removals,
                bits,
                root: (*tree.root().as_bytes()).into(),
            },
        })
    }
}

/// What a bucket is in the tree.
fn leaf(entries: &[u8]) -> [u8; 32] {
    Transcript::new("part").field(entries).digest()
}

/// 1/a for every a, none of which may be zero, with one inversion. Constant-time.
fn inverses(all: &[Scalar]) -> Option<Zeroizing<Vec<Scalar>>> {
    // Products from the front; their inverses then come from the back.
    let mut product = Zeroizing::new(Scalar::ONE);
    let mut inverses = Zeroizing::new(Vec::with_capacity(all.len()));
    for a in all {
        inverses.push(*product);
        *product *= a;
    }
    let mut inverse = Zeroizing::new(Option::<Scalar>::from(product.invert())?);
    for (before, a) in inverses.iter_mut().zip(all).rev() {
        *before *= *inverse;
        *inverse *= a;
    }
    Some(inverses)
}

/// Why a checkpoint gives no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The bucket has no entry of this handle: it did not stand.
    #[error("this pass has been revoked; ask the issuer")]
    Revoked,
    /// The entry does not give a point.
    #[error("the checkpoint has a damaged entry for this pass; tell the authority")]
    Damaged,
}

/// A bucket of a checkpoint, checked against its root.
#[derive(Clone, Debug)]
pub struct Bucket {
    at: CheckpointAt,
    name: BucketName,
    /// As it is published.
    bytes: Vec<u8>,
}

/// Version and kind, then the bits.
const HEAD: usize = 3;

impl Checkpoint {
    /// The number of the bucket of the handle of this name, for the authority's recovery.
    pub(crate) fn bucket_of_id(&self, scheme: &[u8; 32], id: &[u8; 32]) -> u32 {
        bucket_of(scheme, id, self.bits)
    }

    /// The bucket of a handle.
    pub(crate) fn bucket_of(&self, scheme: &[u8; 32], y: &Scalar) -> BucketName {
        BucketName {
            root: self.root,
            number: bucket_of(scheme, &Zeroizing::new(scalar_to_bytes(y)), self.bits),
        }
    }

    /// All of its buckets.
    pub fn buckets(&self) -> impl Iterator<Item = BucketName> + use<> {
        let root = self.root;
        (0..1 << self.bits).map(move |number| BucketName { root, number })
    }

    /// Reads the bucket with this number, and checks its path up to the root.
    ///
    /// # Errors
    /// Anything but that bucket, with rising tags.
    pub fn read(
        &self,
        (scheme, key_set): (&[u8; 32], u32),
        number: u32,
        bytes: &[u8],
    ) -> Result<Bucket, DecodeError> {
        let mut reader = Reader::new("bucket of a checkpoint", bytes);
        reader.header(Artefact::CheckpointBucket)?;
        if reader.u8()? != self.bits {
            return Err(reader.value_error("it is of a checkpoint with more or fewer buckets"));
        }
        let path = reader.take(32 * usize::from(self.bits))?.to_vec();
        let (flaw, other) = (
            reader.length_error(),
            reader.value_error("it is not the one that the manifest names"),
        );
        let unsorted = reader.value_error("its entries do not rise");
        let entries = reader.rest();
        let root = RootHash::<Sha256>::new(self.root.into(), 1 << self.bits);
        let path = InclusionProof::try_from_bytes(path).map_err(|_| other)?;
        if (root.verify_inclusion(&leaf(entries), number.into(), &path)).is_err() {
            return Err(other);
        }
        let (entries, []) = entries.as_chunks() else {
            return Err(flaw);
        };
        let tag = |entry: &[u8; ENTRY]| entry.first_chunk::<16>().copied();
        if !entries.is_sorted_by(|a, b| tag(a) < tag(b)) {
            return Err(unsorted);
        }
        Ok(Bucket {
            at: CheckpointAt {
                scheme: *scheme,
                key_set,
                removals: self.removals,
            },
            name: BucketName {
                root: self.root,
                number,
            },
            bytes: bytes.to_vec(),
        })
    }
}

impl Bucket {
    /// Which bucket it is.
    #[must_use]
    pub fn name(&self) -> BucketName {
        self.name
    }

    /// As it is published.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What follows the path.
    fn entries(&self) -> &[[u8; ENTRY]] {
        let bits = self.bytes.get(HEAD - 1).copied().unwrap_or(0);
        let from = HEAD + 32 * usize::from(bits);
        let (entries, _) = self.bytes.get(from..).unwrap_or_default().as_chunks();
        entries
    }

    /// How many handles have an entry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The witness of a handle at the checkpoint. It is only as true as the root; the caller holds it against the
    /// accumulator (15). By a scan over the whole bucket, constant-time in y but for what is found.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub(crate) fn find(&self, y: &Scalar) -> Result<Witness, CheckpointError> {
        let handle = Zeroizing::new(scalar_to_bytes(y));
        let tag = self.at.tag(&handle);
        let (mut found, mut sealed) = (subtle::Choice::from(0), [0; 48]);
        for entry in self.entries() {
            let (known, c) = entry.split_at(16);
            let this = known.ct_eq(&tag);
            found |= this;
            for (byte, c) in sealed.iter_mut().zip(c) {
                byte.conditional_assign(c, this);
            }
        }
        if !bool::from(found) {
            return Err(CheckpointError::Revoked);
        }
        let c = self.at.crypt(&handle, &sealed);
        let c = g1_from_bytes(&c).map_err(|_| CheckpointError::Damaged)?;
        Ok(Witness::new(*y, c, self.at.removals, self.at.key_set))
    }

    /// Whether it has an entry for the handle of this name, for the authority's recovery.
    #[must_use]
    pub fn has(&self, id: &[u8; 32]) -> bool {
        let tag = self.at.tag(id);
        let place = |entry: &[u8; ENTRY]| entry.first_chunk::<16>().copied().unwrap_or_default();
        self.entries().binary_search_by_key(&tag, place).is_ok()
    }
}

#[cfg(test)]
mod tests;
