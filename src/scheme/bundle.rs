//! The signed bundle: all that a verifier needs, and nothing more. Holders get the same with the
//! date table, the removal log and the sealed accreditations.
//!
//! A bundle is signed with Ed25519 and numbered. Who has number n accepts neither a lower number
//! (a rollback) nor another bundle with the number n (a fork).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::sealed::{Edition, SealedAccreditations};
use super::table::DateTable;
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
    pub accumulator: G1Affine,
    /// How many removals V stands for: a place in the removal log.
    pub removals: u32,
    /// In force from this second (Unix time) ...
    pub from: i64,
    /// ... up to this one, exclusive.
    pub until: i64,
    /// Random, published only now, so that poster passes cannot be made far ahead.
    pub beacon: [u8; 32],
}

impl Epoch {
    #[doc(hidden)]
    #[allow(missing_docs, clippy::missing_errors_doc)]
    pub fn write(&self, writer: Writer) -> Writer {
        writer
            .u32(self.number)
            .g1(&self.accumulator)
            .u32(self.removals)
            .i64(self.from)
            .i64(self.until)
            .raw(&self.beacon)
    }

    #[doc(hidden)]
    #[allow(missing_docs, clippy::missing_errors_doc)]
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            number: reader.u32()?,
            accumulator: reader.g1()?,
            removals: reader.u32()?,
            from: reader.i64()?,
            until: reader.i64()?,
            beacon: reader.array()?,
        })
    }
}

/// What is published. See [`UnverifiedBundle`] for how to get one.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Rises with every publication.
    pub version: u32,
    /// When it was issued, in Unix seconds.
    pub issued: i64,
    /// From when on it must not be relied on.
    pub expires: i64,
    /// The scheme's constants.
    pub scheme: Scheme,
    /// The keys.
    pub keys: KeySet,
    /// The one accreditation epoch that is valid.
    pub accreditation_epoch: u32,
    /// Registry epochs, rising: the one in force, and recent ones.
    pub epochs: Vec<Epoch>,
    /// What doors may ask.
    pub policies: Vec<Policy>,
    /// Digest of what only holders get ([`HolderBundle::parts_digest`]), so that nobody can be given
    /// another removal log or list under the same number.
    pub holder_parts: [u8; 32],
}

/// Why a bundle was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    #[must_use]
    pub fn sign_bundle(&self, bundle: &Bundle) -> Vec<u8> {
        self.sign(Artefact::Bundle, &bundle.body())
    }

    /// Signs a bundle for holders.
    #[must_use]
    pub fn sign_holder_bundle(&self, bundle: &HolderBundle) -> Vec<u8> {
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
            .i64(self.issued)
            .i64(self.expires);
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
        let (version, issued, expires) = (reader.u32()?, reader.i64()?, reader.i64()?);
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

    /// The digest that tells two bundles of one number apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(Artefact::Bundle, &self.body())
    }

    /// What its sealed list is sealed under.
    #[must_use]
    pub fn edition(&self) -> Edition<'_> {
        Edition {
            keys: &self.keys,
            version: self.version,
        }
    }

    /// Whether the bundle may be relied on at the second `now`.
    ///
    /// # Errors
    /// [`ClockError`].
    pub fn check_clock(&self, now: i64) -> Result<(), ClockError> {
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

    /// The epoch in force at the second `now`.
    #[must_use]
    pub fn epoch_at(&self, now: i64) -> Option<&Epoch> {
        (self.epochs.iter().rev()).find(|epoch| (epoch.from..epoch.until).contains(&now))
    }

    fn succeed(
        self,
        scheme: Option<&[u8; 32]>,
        previous: Option<&Self>,
    ) -> Result<Self, BundleError> {
        let pinned = scheme.or(previous.map(|previous| previous.scheme.id()));
        if pinned.is_some_and(|pinned| pinned != self.scheme.id()) {
            return Err(BundleError::OtherScheme);
        }
        match previous {
            Some(previous) if previous.version > self.version => Err(BundleError::Rollback {
                have: previous.version,
                got: self.version,
            }),
            Some(previous)
                if previous.version == self.version && previous.digest() != self.digest() =>
            {
                Err(BundleError::Fork(self.version))
            }
            _ => Ok(self),
        }
    }
}

/// A bundle as it arrives. Nothing in it can be used before [`verify`](Self::verify).
#[derive(Clone, Debug)]
pub struct UnverifiedBundle<'a>(pub &'a [u8]);

impl UnverifiedBundle<'_> {
    /// Checks the signature, the scheme (if pinned) and the succession to `previous`.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify(
        self,
        key: &BundleVerifyingKey,
        scheme: Option<&[u8; 32]>,
        previous: Option<&Bundle>,
    ) -> Result<Bundle, BundleError> {
        let body = key.open("bundle", Artefact::Bundle, self.0)?;
        Bundle::read(body)?.succeed(scheme, previous)
    }
}

/// A bundle with what only holders need. All holders download the same bytes.
#[derive(Clone, Debug)]
pub struct HolderBundle {
    /// What verifiers have.
    pub bundle: Bundle,
    /// The date table, checked.
    pub table: DateTable,
    /// All removals so far under this key set.
    pub removals: RemovalLog,
    /// The witnesses with which this key set began, if it is not the first.
    pub reissued: Reissued,
    /// The accreditations of all issuers, each sealed to its own holders.
    pub accreditations: SealedAccreditations,
}

impl HolderBundle {
    /// What [`Bundle::holder_parts`] must be.
    #[must_use]
    pub fn parts_digest(
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
#[derive(Clone, Debug)]
pub struct UnverifiedHolderBundle<'a>(pub &'a [u8]);

impl UnverifiedHolderBundle<'_> {
    /// As [`UnverifiedBundle::verify`]; also checks the whole date table.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn verify<R: CryptoRng + ?Sized>(
        self,
        key: &BundleVerifyingKey,
        scheme: Option<&[u8; 32]>,
        previous: Option<&Bundle>,
        rng: &mut R,
    ) -> Result<HolderBundle, BundleError> {
        let body = key.open("holders' bundle", Artefact::HolderBundle, self.0)?;
        let mut reader = Reader::new("holders' bundle", body);
        let mut part = || {
            let length = reader.u32()?;
            reader.take(usize::try_from(length).unwrap_or(usize::MAX))
        };
        let (bundle, table, removals) = (part()?, part()?, part()?);
        let (reissued, accreditations) = (part()?, part()?);
        reader.finish()?;
        let bundle = Bundle::read(bundle)?.succeed(scheme, previous)?;
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
