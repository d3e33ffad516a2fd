//! For the project's own benches, fuzzing, side-channel tests and test world, with the feature `internals`:
//! the curve, and what it takes to make by hand what only an [`Authority`](crate::authority::Authority) makes. Outside
//! semantic versioning; no role needs it.

use crate::curve::{CryptoRng, G1Affine, G2Affine, Scalar};
use crate::error::Error;
use crate::registry::RegistryKey;
pub use crate::registry::log::Removal;
use crate::registry::log::decode;
pub use crate::registry::manager::Registry;
pub use crate::registry::witness::Witness;
use crate::registry::{Handle, Reissued, RemovalLog};
pub use crate::scheme::sealed::SealedAccreditations;
pub use crate::scheme::table::{DEFAULT_TABLE, DateTablePublic};
use crate::scheme::{
    Accreditation, AccreditationKey, Bundle, BundleKey, BundleVerifyingKey, DateTable, Epoch,
    HolderBundle, IssuerPublic, KeySet, OfKeySet, Offsets, Policy, RenewalPolicy, Scheme,
    SealedUnder, Standing, StripEpoch, UnixTime, VenueId,
};

/// The curve, as the backend gives it: with the feature `blst` these are other types.
pub mod curve {
    pub use crate::curve::{
        Base, Curve, Field, FixedBase, G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective,
        HashSuite, Scalar, Terms, TryCryptoRng, TryRng, g1_from_bytes, g1_to_bytes, g2_from_bytes,
        g2_generator_prepared, g2_generator_times, g2_generator_times_plus, g2_to_bytes, msm,
        msm_each, msm_vartime, msm_vartime_each, nonzero_random_scalar, normalize, pairing_equal,
        pairing_product_is_one, random_scalar, scalar_from_bytes, scalar_to_bytes, signed_pairing,
        weight,
    };
}

/// The public keys of a key set, as points.
#[derive(Clone, Copy, Debug)]
pub struct PublicKeys {
    /// The key set's number.
    pub number: u32,
    /// Γ.
    pub accreditation: G2Affine,
    /// X_t.
    pub date: G2Affine,
    /// u.
    pub table: u16,
    /// Q.
    pub registry: G2Affine,
}

impl PublicKeys {
    /// The keys of a set.
    #[must_use]
    pub fn of(keys: &KeySet) -> Self {
        Self {
            number: keys.number,
            accreditation: keys.accreditation,
            date: keys.date,
            table: keys.table,
            registry: keys.registry,
        }
    }

    /// The first key set, of these keys.
    #[must_use]
    pub fn first(
        accreditation: &AccreditationKey,
        (date, table): (G2Affine, u16),
        registry: &RegistryKey,
    ) -> Self {
        Self {
            number: 1,
            accreditation: *accreditation.public(),
            date,
            table,
            registry: registry_point(registry),
        }
    }

    /// The key set.
    #[must_use]
    pub fn key_set(self, scheme: &Scheme) -> KeySet {
        KeySet::new(
            scheme,
            self.number,
            self.accreditation,
            self.date,
            self.table,
            self.registry,
        )
    }
}

/// Q of a registry key.
#[must_use]
pub fn registry_point(key: &RegistryKey) -> G2Affine {
    *key.public()
}

/// V_0 of a key set.
#[must_use]
pub fn first_accumulator(scheme: &Scheme, number: u32) -> G1Affine {
    KeySet::first_accumulator(scheme, number)
}

/// A date table of `length` entries, with its public key X_t and its length.
///
/// # Errors
/// [`Error::Invalid`] with probability 2^-239.
pub fn date_table<R: CryptoRng + ?Sized>(
    length: u16,
    rng: &mut R,
) -> Result<(DateTable, (G2Affine, u16)), Error> {
    DateTable::generate(length, rng)
}

/// Checks a date table under its public key.
///
/// # Errors
/// [`Error::Invalid`].
pub fn verify_date_table<R: CryptoRng + ?Sized>(
    table: DateTable,
    public: &DateTablePublic,
    rng: &mut R,
) -> Result<DateTable, Error> {
    table.verify(public, rng)
}

/// The witness of a handle.
#[must_use]
pub fn witness(handle: Handle) -> Witness {
    handle.0
}

/// Adds a removal to a log that no authority keeps.
pub fn push_removal(log: &mut RemovalLog, y: &Scalar, accumulator: G1Affine) {
    log.push(y, accumulator);
}

/// The accumulator after all removals of a log.
#[must_use]
pub fn last_accumulator(log: &RemovalLog) -> Option<G1Affine> {
    log.last()
}

/// The removals after the first `from`, up to `to`, decoded; `None` if one is no point.
#[must_use]
pub fn removals(log: &RemovalLog, from: u32, to: u32) -> Option<Vec<Removal>> {
    log.between(from, to).and_then(decode)
}

/// Under what passes of an epoch are shown, of any content: key set, accreditation epoch, removals, and V.
#[must_use]
pub fn standing(
    (key_set, accreditation_epoch, removals): (u32, u32, u32),
    accumulator: G1Affine,
) -> Standing {
    Standing {
        key_set,
        accreditation_epoch,
        accumulator,
        removals,
    }
}

/// The list of accreditations for the bundle with this number, padded to `size`; `None` if there are more.
pub fn sealed_accreditations<R: CryptoRng + ?Sized>(
    scheme: &Scheme,
    (keys, version): (&KeySet, u32),
    accreditations: &[(IssuerPublic, Accreditation)],
    size: u16,
    rng: &mut R,
) -> Option<SealedAccreditations> {
    let under = SealedUnder { keys, version };
    SealedAccreditations::seal(scheme, under, accreditations, size, rng)
}

/// What a bundle says, to be written by hand and signed. [`Bundle`] has the meaning of the fields.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "they are documented where they are read")]
pub struct UnsignedBundle {
    pub version: u32,
    pub issued: UnixTime,
    pub expires: UnixTime,
    pub scheme: Scheme,
    pub key_sets: Vec<KeySet>,
    pub epochs: Vec<Epoch>,
    pub strip_epochs: Vec<StripEpoch>,
    pub poster_ahead: u32,
    pub policies: Vec<Policy>,
    pub renewals: Vec<RenewalPolicy>,
    pub withdrawn: Vec<VenueId>,
    /// [`HolderParts::digest`].
    pub holder_parts: [u8; 32],
}

impl UnsignedBundle {
    /// What a verified bundle says.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let bundle = bundle.clone();
        Self {
            version: bundle.version,
            issued: bundle.issued,
            expires: bundle.expires,
            scheme: bundle.scheme,
            key_sets: bundle.key_sets,
            epochs: bundle.epochs,
            strip_epochs: bundle.strip_epochs,
            poster_ahead: bundle.poster_ahead,
            policies: bundle.policies,
            renewals: bundle.renewals,
            withdrawn: bundle.withdrawn,
            holder_parts: bundle.holder_parts,
        }
    }

    fn into_bundle(self, signer: BundleVerifyingKey) -> Bundle {
        let offsets = Offsets::of(self.scheme.zone(), self.issued, self.expires);
        Bundle {
            offsets: offsets.unwrap_or_else(Offsets::universal),
            version: self.version,
            issued: self.issued,
            expires: self.expires,
            scheme: self.scheme,
            key_sets: self.key_sets,
            epochs: self.epochs,
            strip_epochs: self.strip_epochs,
            poster_ahead: self.poster_ahead,
            policies: self.policies,
            renewals: self.renewals,
            withdrawn: self.withdrawn,
            signer,
            holder_parts: self.holder_parts,
        }
    }

    /// The signed bytes for verifiers, whether or not they would be accepted.
    #[must_use]
    pub fn sign(&self, key: &BundleKey) -> Vec<u8> {
        key.sign_bundle(&self.clone().into_bundle(key.verifying_key()))
    }

    /// The signed bytes for holders, with these parts.
    #[must_use]
    pub fn sign_for_holders(&self, parts: &HolderParts, key: &BundleKey) -> Vec<u8> {
        key.sign_holder_bundle(&HolderBundle {
            bundle: self.clone().into_bundle(key.verifying_key()),
            of_key_sets: parts.of_key_sets(),
        })
    }
}

/// What only holders get, for each key set.
#[derive(Clone, Debug)]
pub struct HolderParts(pub Vec<KeySetParts>);

/// What only holders get of a key set: [`HolderBundle`] says what it is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "they are documented where they are read")]
pub struct KeySetParts {
    pub table: DateTable,
    pub removals: RemovalLog,
    pub reissued: Reissued,
    pub accreditations: Vec<SealedAccreditations>,
}

impl HolderParts {
    /// The parts of a verified bundle.
    #[must_use]
    pub fn of(holder: &HolderBundle) -> Self {
        let parts = holder.of_key_sets.iter().map(|parts| KeySetParts {
            table: parts.table.clone(),
            removals: parts.removals.clone(),
            reissued: parts.reissued.clone(),
            accreditations: parts.accreditations.clone(),
        });
        Self(parts.collect())
    }

    fn of_key_sets(&self) -> Vec<OfKeySet> {
        let parts = self.0.iter().cloned().map(|parts| OfKeySet {
            table: parts.table,
            removals: parts.removals,
            reissued: parts.reissued,
            accreditations: parts.accreditations,
        });
        parts.collect()
    }

    /// What the bundle must say of these parts.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        HolderBundle::parts_digest(&self.of_key_sets())
    }
}
