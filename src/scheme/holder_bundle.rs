//! What holders get: the bundle, and for each of its key sets the date table, the removal log, the witnesses of a
//! rotation and the sealed accreditations.

use super::bundle::{Bundle, BundleError};
use super::sealed::{SealedAccreditations, SealedUnder};
use super::signing::BundleKey;
use super::table::DateTable;
use super::trust::Trust;
use super::{IssuerPublic, KeySet};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::CryptoRng;
use crate::registry::{Reissued, RemovalLog};
use crate::scheme::Accreditation;
use crate::transcript::Transcript;

/// A bundle with what only holders need, verified. All holders download the same bytes.
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
    /// All removals so far under this key set.
    pub(crate) removals: RemovalLog,
    /// The witnesses with which this key set began, if it is not the first.
    pub(crate) reissued: Reissued,
    /// The accreditations of all issuers for each accreditation epoch that the bundle has under this key set
    /// ([`Bundle::accreditation_epochs`]), each sealed to its own holders.
    pub(crate) accreditations: Vec<SealedAccreditations>,
}

impl OfKeySet {
    /// The parts as artefacts, in the order in which they are published.
    fn parts(&self) -> Vec<Vec<u8>> {
        let first = [
            self.table.to_bytes(),
            self.removals.as_bytes().to_vec(),
            self.reissued.to_bytes(),
        ];
        let lists = self
            .accreditations
            .iter()
            .map(SealedAccreditations::to_bytes);
        first.into_iter().chain(lists).collect()
    }

    /// Reads the parts that belong to a key set of `bundle`; checks the whole date table.
    fn read<'a, R: CryptoRng + ?Sized>(
        bundle: &Bundle,
        keys: &KeySet,
        mut part: impl FnMut() -> Result<&'a [u8], DecodeError>,
        rng: &mut R,
    ) -> Result<Self, BundleError> {
        let table = DateTable::from_bytes(part()?, keys.table)?
            .verify(&(keys.date, keys.table), rng)
            .map_err(|_| BundleError::Signature)?;
        let (removals, reissued) = (
            RemovalLog::from_bytes(part()?)?,
            Reissued::from_bytes(part()?)?,
        );
        let lists = bundle.accreditation_epochs(keys.number).into_iter();
        let lists = lists.map(|_| SealedAccreditations::from_bytes(part()?));
        Ok(Self {
            table,
            removals,
            reissued,
            accreditations: lists.collect::<Result<_, _>>()?,
        })
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

    /// What [`Bundle::holder_parts`] must be.
    pub(crate) fn parts_digest(of_key_sets: &[OfKeySet]) -> [u8; 32] {
        (of_key_sets.iter().flat_map(OfKeySet::parts))
            .fold(Transcript::new("holder parts"), |transcript, part| {
                transcript.field(&part)
            })
            .digest()
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
        let (scheme, body) =
            (trust.key()).open("holders' bundle", Artefact::HolderBundle, self.0)?;
        let mut reader = Reader::new("holders' bundle", body);
        let mut part = || {
            let length = reader.u32()?;
            reader.take(usize::try_from(length).unwrap_or(usize::MAX))
        };
        let bundle = trust.accept(Bundle::read(trust.key(), &scheme, part()?)?)?;
        let key_sets = bundle.key_sets.iter();
        let of_key_sets = key_sets.map(|keys| OfKeySet::read(&bundle, keys, &mut part, rng));
        let of_key_sets = of_key_sets.collect::<Result<Vec<_>, _>>()?;
        reader.finish()?;
        if HolderBundle::parts_digest(&of_key_sets) != bundle.holder_parts {
            return Err(BundleError::Fork(bundle.version));
        }
        Ok(HolderBundle {
            bundle,
            of_key_sets,
        })
    }
}

impl BundleKey {
    /// Signs a bundle for holders.
    pub(crate) fn sign_holder_bundle(&self, holder: &HolderBundle) -> Vec<u8> {
        let parts = holder.of_key_sets.iter().flat_map(OfKeySet::parts);
        let parts = std::iter::once(holder.bundle.body()).chain(parts);
        let body = parts.fold(Writer::default(), |writer, part| {
            // These outgrow a field of 65,535 bytes.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            writer.u32(length).raw(&part)
        });
        let scheme = holder.bundle.scheme.id();
        self.sign(Artefact::HolderBundle, scheme, &body.finish())
    }
}
