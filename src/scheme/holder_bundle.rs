//! What holders get: the bundle with the date table, the removal log, the witnesses of a rotation and the
//! sealed accreditations.

use super::bundle::{Bundle, BundleError};
use super::sealed::SealedAccreditations;
use super::signing::BundleKey;
use super::table::DateTable;
use super::trust::Trust;
use crate::artefact::Artefact;
use crate::codec::{Reader, Writer};
use crate::curve::CryptoRng;
use crate::registry::{Reissued, RemovalLog};
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
    /// The date table, checked.
    pub(crate) table: DateTable,
    /// All removals so far under this key set.
    pub(crate) removals: RemovalLog,
    /// The witnesses with which this key set began, if it is not the first.
    pub(crate) reissued: Reissued,
    /// The accreditations of all issuers, each sealed to its own holders.
    pub(crate) accreditations: SealedAccreditations,
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

    /// What [`Bundle::holder_parts`] must be.
    pub(crate) fn parts_digest(
        table: &DateTable,
        removals: &RemovalLog,
        reissued: &Reissued,
        accreditations: &SealedAccreditations,
    ) -> [u8; 32] {
        Transcript::new("holder parts")
            .field(&table.to_bytes())
            .field(removals.as_bytes())
            .field(&reissued.to_bytes())
            .field(&accreditations.to_bytes())
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

    /// As [`UnverifiedBundle::verify`](super::UnverifiedBundle::verify); also checks the whole date table.
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
        let (bundle, table, removals) = (part()?, part()?, part()?);
        let (reissued, accreditations) = (part()?, part()?);
        reader.finish()?;
        let bundle = trust.accept(Bundle::read(trust.key(), &scheme, bundle)?)?;
        let keys = &bundle.keys;
        let table = DateTable::from_bytes(table, keys.table)?
            .verify(&(keys.date, keys.table), rng)
            .map_err(|_| BundleError::Signature)?;
        let removals = RemovalLog::from_bytes(removals)?;
        let accreditations = SealedAccreditations::from_bytes(accreditations)?;
        let reissued = Reissued::from_bytes(reissued)?;
        let parts = HolderBundle::parts_digest(&table, &removals, &reissued, &accreditations);
        if parts != bundle.holder_parts {
            return Err(BundleError::Fork(bundle.version));
        }
        Ok(HolderBundle {
            bundle,
            table,
            removals,
            reissued,
            accreditations,
        })
    }
}

impl BundleKey {
    /// Signs a bundle for holders.
    pub(crate) fn sign_holder_bundle(&self, bundle: &HolderBundle) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &bundle.bundle.body(),
            &bundle.table.to_bytes(),
            bundle.removals.as_bytes(),
            &bundle.reissued.to_bytes(),
            &bundle.accreditations.to_bytes(),
        ];
        let body = parts.iter().fold(Writer::default(), |writer, part| {
            // These outgrow a field of 65,535 bytes.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            writer.u32(length).raw(part)
        });
        let scheme = bundle.bundle.scheme.id();
        self.sign(Artefact::HolderBundle, scheme, &body.finish())
    }
}
