//! What holders fetch, as it arrives: a bundle, its manifest, and parts and buckets that these name. Nothing of it is
//! used before all of it matches.
//!
//! A wallet keeps what it fetched as one file, and an authority can give everything to a holder by hand as one: that is
//! a *holders' bundle*. It has no signature of its own. Bundle and manifest have theirs, and these name the rest.

use std::collections::HashMap;

use super::bundle::{Bundle, BundleError, UnverifiedBundle};
use super::holder_bundle::{HolderBundle, OfKeySet};
use super::manifest::{KeySetParts, Manifest, ManifestError, PartDigest, WantedPart};
use super::time::UnixTime;
use super::trust::Trust;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::CryptoRng;
use crate::registry::{BucketName, CheckpointFiles};

/// Why parts do not make a holders' bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// The manifest is none, or not the bundle's.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A part that the manifest names is not there, or is another one than its name says.
    #[error(
        "the part {0} is missing or damaged; fetch again, and tell the authority if it stays so"
    )]
    Missing(PartDigest),
    /// A part that is what the manifest names, and not what it must be.
    #[error("a part that the authority published is none: {0}; tell the authority")]
    Decode(#[from] DecodeError),
    /// The date table is not good under the bundle's key.
    #[error("the date table does not verify; tell the authority")]
    Table,
}

/// What holders fetch. Nobody has looked at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderFiles {
    /// The signed bundle.
    pub bundle: Vec<u8>,
    /// The signed manifest.
    pub manifest: Vec<u8>,
    /// Parts that the manifest names by their digests, in any order.
    pub parts: Vec<Vec<u8>>,
    /// Buckets of checkpoints.
    pub buckets: Vec<(BucketName, Vec<u8>)>,
}

/// A field that may be long.
fn long(writer: Writer, bytes: &[u8]) -> Writer {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    writer.u32(length).raw(bytes)
}

fn read_long(reader: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let length = reader.u32()?;
    let bytes = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    Ok(bytes.to_vec())
}

impl HolderFiles {
    /// All of it as one file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = long(Writer::artefact(Artefact::HolderBundle), &self.bundle);
        let writer = long(writer, &self.manifest);
        let writer = (writer.list(&self.parts, |writer, part| long(writer, part)))
            .list(&self.buckets, |writer, (name, bucket)| {
                long(writer.raw(&name.root).u32(name.number), bucket)
            });
        writer.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote. Parts may be anything still.
    ///
    /// # Errors
    /// Anything but such a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("holders' bundle", bytes);
        reader.header(Artefact::HolderBundle)?;
        let mut files = Self {
            bundle: read_long(&mut reader)?,
            manifest: read_long(&mut reader)?,
            ..Self::default()
        };
        for _ in 0..reader.u16()? {
            files.parts.push(read_long(&mut reader)?);
        }
        for _ in 0..reader.u16()? {
            let name = BucketName {
                root: reader.array()?,
                number: reader.u32()?,
            };
            files.buckets.push((name, read_long(&mut reader)?));
        }
        reader.finish()?;
        Ok(files)
    }

    /// Checks the bundle's signature, scheme and succession, the manifest against it, every part that a holder needs
    /// against the manifest, and all date tables.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify<R: CryptoRng + ?Sized>(
        &self,
        trust: &Trust<'_>,
        rng: &mut R,
    ) -> Result<HolderBundle, BundleError> {
        let announced = Announced::verify(&self.bundle, &self.manifest, trust)?;
        let parts = (self.parts.iter()).map(|part| (PartDigest::of(part), &**part));
        let parts = Parts {
            by_digest: parts.collect(),
            buckets: &self.buckets,
        };
        let Announced { bundle, manifest } = announced;
        let of_key_sets = (bundle.key_sets.iter().zip(&manifest.key_sets))
            .map(|(keys, named)| OfKeySet::read((&bundle, keys), named, &parts, rng))
            .collect::<Result<_, _>>()?;
        Ok(HolderBundle {
            bundle,
            of_key_sets,
        })
    }
}

/// Parts to look up.
pub(super) struct Parts<'a> {
    by_digest: HashMap<PartDigest, &'a [u8]>,
    pub(super) buckets: &'a [(BucketName, Vec<u8>)],
}

impl<'a> Parts<'a> {
    pub(super) fn has(&self, digest: &PartDigest) -> bool {
        self.by_digest.contains_key(digest)
    }

    pub(super) fn find(&self, digest: &PartDigest) -> Result<&'a [u8], PartsError> {
        let part = self.by_digest.get(digest);
        part.copied().ok_or(PartsError::Missing(*digest))
    }
}

/// A bundle with its manifest, both verified: what there is to fetch.
#[derive(Clone, Debug)]
pub struct Announced {
    bundle: Bundle,
    manifest: Manifest,
}

impl Announced {
    /// Verifies a bundle, and the manifest against it.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify(bundle: &[u8], manifest: &[u8], trust: &Trust<'_>) -> Result<Self, BundleError> {
        let bundle = UnverifiedBundle::new(bundle).verify(trust)?;
        let manifest = bundle.manifest(manifest).map_err(PartsError::from)?;
        Ok(Self { bundle, manifest })
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// What is published for each key set.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The parts that every holder fetches, whoever it is: date tables, sealed lists, and the segments of the span.
    ///
    /// # Errors
    /// [`ManifestError::Contradicts`].
    pub fn wanted(&self) -> Result<Vec<WantedPart>, ManifestError> {
        self.parts(false)
    }

    /// All parts that there are.
    ///
    /// # Errors
    /// [`ManifestError::Contradicts`].
    pub fn everything(&self) -> Result<Vec<WantedPart>, ManifestError> {
        self.parts(true)
    }

    fn parts(&self, everything: bool) -> Result<Vec<WantedPart>, ManifestError> {
        let mut wanted = Vec::new();
        for (keys, parts) in self.bundle.key_sets.iter().zip(&self.manifest.key_sets) {
            wanted.push(WantedPart::table(parts.table, keys.table));
            for epoch in self.bundle.accreditation_epochs(keys.number) {
                wanted.push(WantedPart::list(parts.list_of(epoch)?));
            }
            let before = match everything {
                true => 0,
                false => parts.before_span(&self.bundle),
            };
            let segments = parts.segments.iter().skip(before);
            wanted.extend(segments.map(WantedPart::segment));
        }
        // Two key sets may have one date table.
        wanted.sort_unstable_by_key(|part| part.digest);
        wanted.dedup_by_key(|part| part.digest);
        Ok(wanted)
    }

    /// All buckets of all checkpoints.
    pub fn buckets(&self) -> impl Iterator<Item = BucketName> + '_ {
        let checkpoints = self.manifest.key_sets.iter();
        let checkpoints = checkpoints.filter_map(|parts| parts.checkpoint);
        checkpoints.flat_map(|checkpoint| checkpoint.buckets())
    }
}

impl Bundle {
    /// Reads the manifest of this bundle.
    ///
    /// # Errors
    /// [`ManifestError`].
    pub fn manifest(&self, bytes: &[u8]) -> Result<Manifest, ManifestError> {
        Manifest::verify(bytes, &self.signer, &self.manifest_of())
    }

    /// The digest of its manifest, by which this is called where it is published.
    #[must_use]
    pub fn manifest_digest(&self) -> PartDigest {
        PartDigest(self.manifest)
    }
}

/// The most buckets of a checkpoint that go along where all of what holders get is one file: those of some sixty
/// thousand handles.
const FEW: usize = 16;

/// What is published for a key set, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct KeySetFiles {
    /// The key set's number.
    pub(crate) number: u32,
    /// Its date table.
    pub(crate) table: Vec<u8>,
    /// The whole log.
    pub(crate) segments: Vec<Vec<u8>>,
    /// The newest checkpoint.
    pub(crate) checkpoint: Option<CheckpointFiles>,
    /// For each accreditation epoch, rising, its sealed list.
    pub(crate) lists: Vec<(u32, Vec<u8>)>,
}

impl KeySetFiles {
    /// The manifest that names all of it.
    pub(crate) fn manifest(all: &[Self], number: u32, expires: UnixTime) -> Manifest {
        let parts = all.iter().map(|files| {
            let checkpoint = files.checkpoint.as_ref().map(|files| files.checkpoint);
            let (table, segments) = (&files.table, &files.segments);
            KeySetParts::of(files.number, table, segments, checkpoint, &files.lists)
        });
        Manifest {
            number,
            expires,
            key_sets: parts.collect(),
        }
    }

    /// All of it, with a signed bundle and its manifest.
    pub(crate) fn holder_files(all: &[Self], bundle: Vec<u8>, manifest: Vec<u8>) -> HolderFiles {
        let mut files = HolderFiles {
            bundle,
            manifest,
            ..HolderFiles::default()
        };
        for of_keys in all {
            let lists = of_keys.lists.iter().map(|(_, list)| list);
            let parts = [&of_keys.table].into_iter().chain(lists);
            for part in parts.chain(&of_keys.segments) {
                if !files.parts.contains(part) {
                    files.parts.push(part.clone());
                }
            }
            let few = (of_keys.checkpoint.iter()).filter(|files| files.buckets.len() <= FEW);
            let buckets = few.flat_map(CheckpointFiles::named);
            (files.buckets).extend(buckets.map(|(name, bytes)| (name, bytes.clone())));
        }
        files
    }
}
