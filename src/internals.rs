//! For the project's own benches, fuzzing, side-channel tests and test world, with the feature `internals`:
//! the curve, and what it takes to make by hand what only an [`Authority`](crate::authority::Authority) makes. Outside
//! semantic versioning; no role needs it.

use crate::curve::{CryptoRng, G1Affine, G2Affine, Scalar};
use crate::error::Error;
use crate::registry::RegistryKey;
pub use crate::registry::manager::Registry;
pub use crate::registry::segment::Removal;
use crate::registry::segment::decode;
pub use crate::registry::witness::Witness;
use crate::registry::{
    Bucket, BucketName, Checkpoint, CheckpointError, CheckpointFiles, Handle, RemovalLog,
};
pub use crate::scheme::sealed::SealedAccreditations;
pub use crate::scheme::table::{DEFAULT_TABLE, DateTablePublic};
use crate::scheme::{
    Accreditation, AccreditationKey, Bundle, BundleKey, BundleVerifyingKey, DateTable, Epoch,
    HolderBundle, HolderFiles, IssuerPublic, KeySet, KeySetFiles, Manifest, Offsets, Policy,
    RenewalPolicy, Scheme, SealedUnder, Standing, StripEpoch, UnixTime, VenueId,
};

/// The curve, as the backend gives it: with the feature `blst` these are other types.
pub mod curve {
    pub use crate::curve::{
        Base, Curve, CurvePoint, Field, FixedBase, G1Affine, G1Comb, G1Projective, G2Affine,
        G2Prepared, G2Projective, HashSuite, Scalar, Terms, TryCryptoRng, TryRng, g1_from_bytes,
        g1_to_bytes, g1_to_coordinates, g2_from_bytes, g2_generator_prepared, g2_generator_times,
        g2_generator_times_plus, g2_to_bytes, msm, msm_each, msm_vartime, msm_vartime_each,
        nonzero_random_scalar, normalize, pairing_equal, pairing_product_is_one, random_scalar,
        scalar_from_bytes, scalar_to_bytes, signed_pairing, sum_in_subgroup_vartime, weight,
    };
}

/// Passes, requests and the standard layer with everything behind them, and the points of all schemes: for the published
/// test vectors (crates/vectors).
pub mod trace {
    pub use crate::bbs::trace as bbs;
    use crate::curve::{G1Affine, Scalar};
    pub use crate::issuance::trace::{
        TracedKey, TracedRequest, envelope, issuance_digest, issuer_entropy, offer_secrets, renew,
        renewal_envelope, renewal_key, request,
    };
    pub use crate::presentation::trace::{
        Falsified, Traced, TracedStatement, accredit_unlinked, attributes_of, base_of, present,
    };
    use crate::scheme::{Scheme, Value, bases};
    use crate::transcript::Transcript;

    /// The points that every scheme shares: P1, Q1, H_s, H_0 to H_31, h_ep, h, R.
    #[must_use]
    pub fn all_bases() -> Vec<(String, G1Affine)> {
        let all = bases();
        let first = [("P1", &all.p1), ("Q1", &all.q1), ("H_s", &all.h_s)];
        let last = [
            ("h_ep", &all.acc_epoch),
            ("h", &all.acc_issuer),
            ("R", &all.date),
        ];
        let named =
            |(name, base): (&str, &crate::curve::FixedBase)| (name.to_owned(), *base.point());
        let numbered = |(i, h): (usize, &std::sync::Arc<_>)| named((&format!("H_{i}"), h));
        (first.into_iter().map(named))
            .chain(all.h.iter().enumerate().map(numbered))
            .chain(last.into_iter().map(named))
            .collect()
    }

    /// P1' of a scheme.
    #[must_use]
    pub fn accreditation_p1(scheme: &Scheme) -> G1Affine {
        crate::scheme::accreditation_p1(scheme.id())
    }

    /// The domain of a scheme.
    #[must_use]
    pub fn domain(scheme: &Scheme) -> Scalar {
        *scheme.domain()
    }

    /// A value as it is signed.
    #[must_use]
    pub fn attribute(value: &Value) -> Scalar {
        value.to_scalar()
    }

    /// H(label; fields) as a scalar.
    #[must_use]
    pub fn to_scalar(transcript: &Transcript) -> Scalar {
        transcript.to_scalar()
    }

    /// H(label; fields) as a challenge.
    #[must_use]
    pub fn challenge(transcript: Transcript) -> [u8; 16] {
        transcript.challenge().0
    }
}

/// Segments of the removal log, and the sums that follow them.
pub mod segment {
    pub use crate::registry::segment::{
        Entry, Removal, back_vartime, decode, entry, forward_vartime, read, segments,
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

/// Finds the witness of a handle in its bucket.
///
/// # Errors
/// [`CheckpointError`].
pub fn find_in_bucket(bucket: &Bucket, y: &Scalar) -> Result<Witness, CheckpointError> {
    bucket.find(y)
}

/// A handle's bucket.
#[must_use]
pub fn bucket_of(checkpoint: &Checkpoint, scheme: &[u8; 32], y: &Scalar) -> BucketName {
    checkpoint.bucket_of(scheme, y)
}

/// Adds a removal to a log that no authority keeps.
pub fn push_removal(log: &mut RemovalLog, y: &Scalar, accumulator: G1Affine) {
    log.push(y, &accumulator);
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
    /// H(manifest; body).
    pub manifest: [u8; 32],
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
            manifest: bundle.manifest,
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
            manifest: self.manifest,
        }
    }

    /// The signed bytes for verifiers, whether or not they would be accepted.
    #[must_use]
    pub fn sign(&self, key: &BundleKey) -> Vec<u8> {
        key.sign_bundle(&self.clone().into_bundle(key.verifying_key()))
    }

    /// What holders get with these parts, whether or not the bundle names their manifest.
    #[must_use]
    pub fn sign_for_holders(&self, parts: &HolderParts, key: &BundleKey) -> Vec<u8> {
        self.holder_files(parts, &parts.manifest(self), key)
            .to_bytes()
    }

    /// The same, with a manifest that says something else.
    #[must_use]
    pub fn holder_files(
        &self,
        parts: &HolderParts,
        manifest: &Manifest,
        key: &BundleKey,
    ) -> HolderFiles {
        let manifest = key.sign_manifest(self.scheme.id(), manifest);
        KeySetFiles::holder_files(&parts.files(self), self.sign(key), manifest)
    }

    /// The same bundle, with the digest of the manifest of these parts.
    #[must_use]
    pub fn naming(self, parts: &HolderParts) -> Self {
        Self {
            manifest: parts.manifest(&self).digest(),
            ..self
        }
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
    pub checkpoint: Option<CheckpointFiles>,
    pub accreditations: Vec<SealedAccreditations>,
}

impl HolderParts {
    /// The parts of a verified bundle that has all of its log and of its buckets.
    #[must_use]
    pub fn of(holder: &HolderBundle) -> Self {
        let parts = holder.of_key_sets.iter().map(|parts| KeySetParts {
            table: parts.table.clone(),
            removals: parts.removals.clone(),
            checkpoint: parts.checkpoint.map(|checkpoint| CheckpointFiles {
                checkpoint,
                buckets: (parts.buckets.iter())
                    .map(|bucket| bucket.as_bytes().to_vec())
                    .collect(),
            }),
            accreditations: parts.accreditations.clone(),
        });
        Self(parts.collect())
    }

    /// What these parts are called in the manifest of `bundle`.
    #[must_use]
    pub fn manifest(&self, bundle: &UnsignedBundle) -> Manifest {
        KeySetFiles::manifest(&self.files(bundle), bundle.version, bundle.expires)
    }

    fn files(&self, bundle: &UnsignedBundle) -> Vec<KeySetFiles> {
        let strips = bundle.strip_epochs.iter().map(|epoch| &epoch.standing);
        let standings = bundle.epochs.iter().map(|epoch| &epoch.standing);
        let named: std::collections::BTreeSet<_> = (standings.chain(strips))
            .map(|standing| (standing.key_set, standing.accreditation_epoch))
            .collect();
        let of_keys = |(keys, parts): (&KeySet, &KeySetParts)| {
            let epochs = named.iter().filter(|(key_set, _)| *key_set == keys.number);
            let epochs = epochs.map(|(_, epoch)| *epoch);
            let lists = parts.accreditations.iter();
            KeySetFiles {
                number: keys.number,
                table: parts.table.to_bytes(),
                segments: parts.removals.segments().collect(),
                checkpoint: parts.checkpoint.clone(),
                lists: epochs
                    .zip(lists.map(SealedAccreditations::to_bytes))
                    .collect(),
            }
        };
        bundle.key_sets.iter().zip(&self.0).map(of_keys).collect()
    }
}
