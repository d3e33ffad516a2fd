//! What holders have: the bundle, and for each of its key sets the date table, the end of the removal log, buckets of
//! the checkpoint, and the sealed accreditations.

use super::bundle::{Bundle, BundleError};
use super::holder_files::{HolderFiles, Parts, PartsError};
use super::manifest::KeySetParts;
use super::sealed::{SealedAccreditations, SealedUnder};
use super::table::DateTable;
use super::trust::Trust;
use super::{IssuerPublic, KeySet};
use crate::curve::CryptoRng;
use crate::registry::{Bucket, BucketName, Checkpoint, RemovalLog};
use crate::scheme::Accreditation;

/// A bundle with what only holders need, verified. All holders have the same, but for how far back their log reaches
/// and whose bucket of a checkpoint they needed.
///
/// ```compile_fail,E0616
/// # fn alter(mut holder: veilpass::scheme::HolderBundle) {
/// holder.bundle = todo!();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HolderBundle {
    /// What verifiers have.
    pub(crate) bundle: Bundle,
    /// For each key set of the bundle, in its order.
    pub(crate) of_key_sets: Vec<OfKeySet>,
}

/// What only holders need of a key set.
#[derive(Clone, Debug)]
pub(crate) struct OfKeySet {
    /// The date table, checked.
    pub(crate) table: DateTable,
    /// The last removals under this key set.
    pub(crate) removals: RemovalLog,
    /// Where those find a witness whom the removals do not reach.
    pub(crate) checkpoint: Option<Checkpoint>,
    /// The checkpoint's buckets that are at hand, in their order.
    pub(crate) buckets: Vec<Bucket>,
    /// The accreditations of all issuers for each accreditation epoch that the bundle has under this key set
    /// ([`Bundle::accreditation_epochs`]), each sealed to its own holders.
    pub(crate) accreditations: Vec<SealedAccreditations>,
}

impl OfKeySet {
    /// Reads the parts that belong to a key set of a bundle; checks the whole date table. Segments before those that
    /// every holder has are taken, too, if they are there.
    pub(super) fn read<R: CryptoRng + ?Sized>(
        (bundle, keys): (&Bundle, &KeySet),
        named: &KeySetParts,
        parts: &Parts<'_>,
        rng: &mut R,
    ) -> Result<Self, PartsError> {
        let table = DateTable::from_bytes(parts.find(&named.table)?, keys.table)?
            .verify(&(keys.date, keys.table), rng)
            .map_err(|_| PartsError::Table)?;
        let needed = named.before_span(bundle);
        let earlier = named.segments.iter().take(needed).rev();
        let more = earlier.take_while(|segment| parts.has(&segment.digest));
        let before = needed.saturating_sub(more.count());
        let segments = (named.segments.iter().skip(before))
            .map(|segment| Ok(segment.read(parts.find(&segment.digest)?)?))
            .collect::<Result<Vec<_>, PartsError>>()?;
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        let removals = RemovalLog::from_segments(before, &segments)?;
        let mut accreditations = Vec::new();
        for epoch in bundle.accreditation_epochs(keys.number) {
            let list = parts.find(&named.list_of(epoch)?)?;
            accreditations.push(SealedAccreditations::from_bytes(list)?);
        }
        let mut buckets = Vec::new();
        if let Some(checkpoint) = &named.checkpoint {
            let own = parts.buckets.iter();
            for (name, bytes) in own.filter(|(name, _)| name.root == checkpoint.root) {
                let of = (bundle.scheme.id(), keys.number);
                buckets.push(checkpoint.read(of, name.number, bytes)?);
            }
            buckets.sort_unstable_by_key(|bucket| bucket.name().number);
            buckets.dedup_by_key(|bucket| bucket.name().number);
        }
        Ok(Self {
            table,
            removals,
            checkpoint: named.checkpoint,
            buckets,
            accreditations,
        })
    }

    /// The bucket of this name, if it is at hand.
    pub(crate) fn bucket(&self, name: BucketName) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.name() == name)
    }
}

impl HolderBundle {
    /// The part that verifiers have, too.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The part that verifiers have, too.
    #[must_use]
    pub fn into_bundle(self) -> Bundle {
        self.bundle
    }

    /// What belongs to the key set with this number.
    pub(crate) fn of_key_set(&self, number: u32) -> Option<&OfKeySet> {
        let mut all = self.bundle.key_sets.iter().zip(&self.of_key_sets);
        let (_, found) = all.find(|(keys, _)| keys.number == number)?;
        Some(found)
    }

    /// What the bundle has for `issuer` under a key set and an accreditation epoch, if it is accredited there.
    pub(crate) fn accreditation(
        &self,
        issuer: &IssuerPublic,
        (key_set, epoch): (u32, u32),
    ) -> Option<Accreditation> {
        let keys = self.bundle.key_set(key_set)?;
        let epochs = self.bundle.accreditation_epochs(key_set).into_iter();
        let lists = &self.of_key_set(key_set)?.accreditations;
        let (_, list) = epochs.zip(lists).find(|(number, _)| *number == epoch)?;
        let under = SealedUnder {
            keys,
            version: self.bundle.version,
        };
        list.open(&self.bundle.scheme, under, issuer, epoch)
    }
}

/// A holders' bundle as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedHolderBundle<'a>(&'a [u8]);

impl<'a> UnverifiedHolderBundle<'a> {
    /// Bytes that are said to be a holders' bundle.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// As [`UnverifiedBundle::verify`](super::UnverifiedBundle::verify); also checks all date tables.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify<R: CryptoRng + ?Sized>(
        self,
        trust: &Trust<'_>,
        rng: &mut R,
    ) -> Result<HolderBundle, BundleError> {
        HolderFiles::from_bytes(self.0)?.verify(trust, rng)
    }
}
