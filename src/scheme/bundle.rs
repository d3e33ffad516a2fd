//! The signed bundle: all that a verifier needs, and nothing more. Holders get the same with the
//! date table, the removal log and the sealed accreditations.
//!
//! A bundle is signed with Ed25519 and numbered. Who has number n accepts neither a lower number
//! (a rollback) nor another bundle with the number n (a fork).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::sealed::{SealedAccreditations, SealedUnder};
use super::table::DateTable;
use super::time::UnixTime;
use super::trust::Trust;
use super::{KeySet, Policy, Scheme};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{CryptoRng, G1Affine};
use crate::registry::{Reissued, RemovalLog};
use crate::transcript::Transcript;

/// A registry epoch: which accumulator is in force when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Rises by one.
    pub number: u32,
    /// V, the accumulator.
    pub(crate) accumulator: G1Affine,
    /// How many removals V stands for: a place in the removal log.
    pub removals: u32,
    /// In force from this second ...
    pub from: UnixTime,
    /// ... up to this one, exclusive.
    pub until: UnixTime,
    /// Random, published only now, so that poster passes cannot be made far ahead.
    pub beacon: [u8; 32],
}

impl Epoch {
    /// The epoch, for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.write(Writer::default()).finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Anything but a canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("epoch", bytes);
        let epoch = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(epoch)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .u32(self.number)
            .g1(&self.accumulator)
            .u32(self.removals)
            .i64(self.from.as_seconds())
            .i64(self.until.as_seconds())
            .raw(&self.beacon)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            number: reader.u32()?,
            accumulator: reader.g1()?,
            removals: reader.u32()?,
            from: UnixTime::read(reader)?,
            until: UnixTime::read(reader)?,
            beacon: reader.array()?,
        })
    }
}

/// What the authority published, verified: see [`UnverifiedBundle`]. Nobody can alter it.
///
/// ```compile_fail,E0616
/// # fn alter(mut bundle: veilpass::scheme::Bundle) {
/// bundle.expires = veilpass::scheme::UnixTime::from_seconds(i64::MAX);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Rises with every publication.
    pub(crate) version: u32,
    pub(crate) issued: UnixTime,
    /// From when on it must not be relied on.
    pub(crate) expires: UnixTime,
    pub(crate) scheme: Scheme,
    pub(crate) keys: KeySet,
    pub(crate) accreditation_epoch: u32,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) policies: Vec<Policy>,
    /// Digest of what only holders get ([`HolderBundle::parts_digest`]), so that nobody can be given
    /// another removal log or list under the same number.
    pub(crate) holder_parts: [u8; 32],
}

/// Why a bundle was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is not a bundle.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Not signed by the authority whose key was given.
    #[error("this is not signed by this authority; get it from the authority again")]
    Signature,
    /// A bundle of another scheme than the one pinned.
    #[error("the bundle belongs to another scheme")]
    OtherScheme,
    /// An older bundle than the one at hand.
    #[error("the bundle has number {got}, older than number {have} at hand; keep the newer one")]
    Rollback {
        /// The number at hand.
        have: u32,
        /// The number offered.
        got: u32,
    },
    /// Another bundle with the same number: the authority signed two stories.
    #[error("two different bundles have number {0}; report this to the authority")]
    Fork(u32),
}

/// Why a good bundle cannot be relied on at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// The clock is before the bundle.
    #[error("the clock is earlier than the bundle; set the clock")]
    BeforeBundle,
    /// The bundle is past its end.
    #[error("the bundle is out of date; get the newest one")]
    Stale,
}

/// The authority's Ed25519 key for bundles.
pub struct BundleKey(SigningKey);

/// The key that verifiers and wallets pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleVerifyingKey(VerifyingKey);

impl BundleKey {
    /// A fresh key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key as 32 bytes, for storing it encrypted.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// Any other length than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("bundle key", bytes);
        let seed = Zeroizing::new(reader.array()?);
        reader.finish()?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> BundleVerifyingKey {
        BundleVerifyingKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, kind: Artefact, body: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&digest(kind, body));
        Writer::artefact(kind)
            .raw(&signature.to_bytes())
            .raw(body)
            .finish()
    }

    /// Signs an artefact of `kind` that carries the signature in its own way.
    #[must_use]
    pub fn sign_detached(&self, kind: Artefact, body: &[u8]) -> [u8; 64] {
        self.0.sign(&digest(kind, body)).to_bytes()
    }

    /// Signs a bundle for verifiers: the bytes to publish.
    pub(crate) fn sign_bundle(&self, bundle: &Bundle) -> Vec<u8> {
        self.sign(Artefact::Bundle, &bundle.body())
    }

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
        self.sign(Artefact::HolderBundle, &body.finish())
    }
}

impl BundleVerifyingKey {
    /// The key as 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads a key.
    ///
    /// # Errors
    /// Anything but 32 bytes that are a valid Ed25519 key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("authority key", bytes);
        let key = reader.array()?;
        let key = VerifyingKey::from_bytes(&key)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(reader.value_error("not an Ed25519 key"))?;
        reader.finish()?;
        Ok(Self(key))
    }

    /// Checks what [`BundleKey::sign_detached`] made.
    #[must_use]
    pub fn verify_detached(&self, kind: Artefact, body: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        (self.0.verify_strict(&digest(kind, body), &signature)).is_ok()
    }

    /// The body of a signed artefact of `kind`.
    pub(super) fn open<'a>(
        &self,
        what: &'static str,
        kind: Artefact,
        bytes: &'a [u8],
    ) -> Result<&'a [u8], BundleError> {
        let mut reader = Reader::new(what, bytes);
        reader.header(kind)?;
        let signature = Signature::from_bytes(&reader.array()?);
        let body = reader.rest();
        self.0
            .verify_strict(&digest(kind, body), &signature)
            .map_err(|_| BundleError::Signature)?;
        Ok(body)
    }
}

/// What the authority signs.
fn digest(kind: Artefact, body: &[u8]) -> [u8; 32] {
    Transcript::new("signed bundle")
        .field(&[kind.letter()])
        .field(body)
        .digest()
}

impl Bundle {
    fn body(&self) -> Vec<u8> {
        let writer = Writer::default()
            .u32(self.version)
            .i64(self.issued.as_seconds())
            .i64(self.expires.as_seconds());
        let writer = self.keys.write(self.scheme.write(writer));
        writer
            .u32(self.accreditation_epoch)
            .list(&self.epochs, |writer, epoch| epoch.write(writer))
            .list(&self.policies, |writer, policy| policy.write(writer))
            .raw(&self.holder_parts)
            .finish()
    }

    fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("bundle", body);
        let version = reader.u32()?;
        let (issued, expires) = (UnixTime::read(&mut reader)?, UnixTime::read(&mut reader)?);
        let scheme = Scheme::read(&mut reader)?;
        let keys = KeySet::read(&scheme, &mut reader)?;
        let accreditation_epoch = reader.u32()?;
        let mut epochs = Vec::new();
        for _ in 0..reader.u16()? {
            epochs.push(Epoch::read(&mut reader)?);
        }
        if epochs.iter().any(|epoch: &Epoch| epoch.from >= epoch.until) {
            return Err(reader.value_error("a registry epoch ends before it begins"));
        }
        // At each moment one epoch at most: a choice would let a bundle mark those who got it.
        let follows = |a: &Epoch, b: &Epoch| {
            a.number.checked_add(1) == Some(b.number)
                && a.removals <= b.removals
                && a.until <= b.from
        };
        if !epochs.is_sorted_by(follows) {
            return Err(reader.value_error("the registry epochs do not follow each other"));
        }
        let mut policies: Vec<Policy> = Vec::new();
        for _ in 0..reader.u16()? {
            let policy = Policy::read(scheme.schema(), &mut reader)?;
            if policies.iter().any(|other| other.name == policy.name) {
                return Err(reader.value_error("two policies have the same name"));
            }
            policies.push(policy);
        }
        let holder_parts = reader.array()?;
        reader.finish()?;
        Ok(Self {
            holder_parts,
            version,
            issued,
            expires,
            scheme,
            keys,
            accreditation_epoch,
            epochs,
            policies,
        })
    }

    /// The bundle's number, which rises with every publication.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was issued.
    #[must_use]
    pub fn issued(&self) -> UnixTime {
        self.issued
    }

    /// From when on it must not be relied on.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.expires
    }

    /// The scheme's constants.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The keys in force.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The one accreditation epoch that is valid.
    #[must_use]
    pub fn accreditation_epoch(&self) -> u32 {
        self.accreditation_epoch
    }

    /// Registry epochs, rising: the one in force, and recent ones.
    #[must_use]
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// What a verifier may require.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The digest that tells two bundles of one number apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(Artefact::Bundle, &self.body())
    }

    /// What its sealed list is sealed under.
    pub(crate) fn sealed_under(&self) -> SealedUnder<'_> {
        SealedUnder {
            keys: &self.keys,
            version: self.version,
        }
    }

    /// Whether the bundle may be relied on at `now`.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn check_clock(&self, now: UnixTime) -> Result<(), ClockError> {
        if now < self.issued {
            return Err(ClockError::BeforeBundle);
        }
        if now >= self.expires {
            return Err(ClockError::Stale);
        }
        Ok(())
    }

    /// The policy called `name`.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.name == name)
    }

    /// The epoch with this number.
    #[must_use]
    pub fn epoch(&self, number: u32) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| epoch.number == number)
    }

    /// The epoch in force at `now`.
    #[must_use]
    pub fn epoch_at(&self, now: UnixTime) -> Option<&Epoch> {
        (self.epochs.iter().rev()).find(|epoch| (epoch.from..epoch.until).contains(&now))
    }
}

/// A bundle as it arrives. Nothing in it can be used before [`verify`](Self::verify).
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedBundle<'a>(&'a [u8]);

impl<'a> UnverifiedBundle<'a> {
    /// Bytes that are said to be a bundle.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Checks the signature, the scheme (if pinned) and the succession to the bundle at hand.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify(self, trust: &Trust<'_>) -> Result<Bundle, BundleError> {
        let body = trust.key().open("bundle", Artefact::Bundle, self.0)?;
        trust.accept(Bundle::read(body)?)
    }
}

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

    /// As [`UnverifiedBundle::verify`]; also checks the whole date table.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify<R: CryptoRng + ?Sized>(
        self,
        trust: &Trust<'_>,
        rng: &mut R,
    ) -> Result<HolderBundle, BundleError> {
        let body = (trust.key()).open("holders' bundle", Artefact::HolderBundle, self.0)?;
        let mut reader = Reader::new("holders' bundle", body);
        let mut part = || {
            let length = reader.u32()?;
            reader.take(usize::try_from(length).unwrap_or(usize::MAX))
        };
        let (bundle, table, removals) = (part()?, part()?, part()?);
        let (reissued, accreditations) = (part()?, part()?);
        reader.finish()?;
        let bundle = trust.accept(Bundle::read(bundle)?)?;
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
