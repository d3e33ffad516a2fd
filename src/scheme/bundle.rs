//! The signed bundle: all that a verifier needs, and nothing more. What holders need besides comes as parts, which a
//! manifest names; the bundle has the manifest's digest.
//!
//! A bundle is signed with Ed25519 and numbered. Who has number n accepts neither a lower number
//! (a rollback) nor another bundle with the number n (a fork).

use std::collections::HashSet;

use super::epoch::{Epoch, Standing, StripEpoch};
use super::holder_files::PartsError;
use super::keys::{Accreditation, IssuerPublic};
use super::signing::{BundleKey, signed_digest};
use super::time::UnixTime;
use super::trust::Trust;
use super::{BundleVerifyingKey, Day, KeySet, Offsets, Policy, RenewalPolicy, Scheme, VenueId};
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::error::Error;

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
    /// How days are counted while it lasts.
    pub(crate) offsets: Offsets,
    /// One, or two around a rotation, numbers rising.
    pub(crate) key_sets: Vec<KeySet>,
    /// At least one; each names a key set of these.
    pub(crate) epochs: Vec<Epoch>,
    /// For the weeks whose days can be printed, or are still taken.
    pub(crate) strip_epochs: Vec<StripEpoch>,
    /// How long after the beginning of an epoch its beacon serves posters, in seconds.
    pub(crate) poster_ahead: u32,
    pub(crate) policies: Vec<Policy>,
    /// How passes are renewed.
    pub(crate) renewals: Vec<RenewalPolicy>,
    /// Venues whose cards are none any more, rising.
    pub(crate) withdrawn: Vec<VenueId>,
    /// Who signed it, and signs the cards of venues. Not in its body.
    pub(crate) signer: BundleVerifyingKey,
    /// H(manifest; body), so that nobody can be given another removal log or list under the same number.
    pub(crate) manifest: [u8; 32],
}

/// Why a bundle was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is not a bundle.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// What only holders get is not whole, or not what the bundle names.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// Not signed by the authority whose key was given.
    #[error(
        "this is not signed by this authority: it is of another scheme, or was changed; get it from the authority again"
    )]
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
    /// A key set or an epoch that was published before, and is another one now.
    #[error(
        "bundle {0} has other keys or another epoch than were published before; report this to the authority"
    )]
    OtherEpoch(u32),
    /// Another bundle with the same number: the authority signed two stories.
    #[error("two different bundles have number {0}; report this to the authority")]
    Fork(u32),
    /// Parts of two bundles.
    #[error("these pictures are of different bundles; take those that were made together")]
    MixedParts,
    /// Parts are missing.
    #[error("of {total} pictures these are missing: {}", list(.missing))]
    MissingParts {
        /// How many there are.
        total: u8,
        /// The numbers of those that are not here.
        missing: Vec<u8>,
    },
    /// All parts are there, and the whole is not what was cut.
    #[error("the pictures do not make the bundle that they were made of; make them again")]
    DamagedParts,
    /// A bundle that would need more parts than are numbered.
    #[error("the bundle is too large for pictures")]
    TooLarge,
}

fn list(numbers: &[u8]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u8::to_string).collect();
    numbers.join(", ")
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

impl Bundle {
    pub(super) fn body(&self) -> Vec<u8> {
        let writer = Writer::default()
            .u32(self.version)
            .i64(self.issued.as_seconds())
            .i64(self.expires.as_seconds());
        let writer = self.offsets.write(self.scheme.write(writer));
        writer
            .list(&self.key_sets, |writer, keys| keys.write(writer))
            .list(&self.epochs, |writer, epoch| epoch.write(writer))
            .list(&self.strip_epochs, |writer, epoch| epoch.write(writer))
            .u32(self.poster_ahead)
            .list(&self.policies, |writer, policy| policy.write(writer))
            .list(&self.renewals, |writer, renewal| renewal.write(writer))
            .list(&self.withdrawn, |writer, id| writer.raw(&id.to_bytes()))
            .raw(&self.manifest)
            .finish()
    }

    /// Reads a body that `signer` signed for the scheme with this identifier.
    pub(super) fn read(
        signer: &BundleVerifyingKey,
        signed_for: &[u8; 32],
        body: &[u8],
    ) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("bundle", body);
        let version = reader.u32()?;
        let (issued, expires) = (UnixTime::read(&mut reader)?, UnixTime::read(&mut reader)?);
        let scheme = Scheme::read(&mut reader)?;
        if scheme.id() != signed_for {
            return Err(reader.value_error("it was signed for another scheme than it says"));
        }
        let offsets = Offsets::read(&mut reader)?;
        let key_sets = read_key_sets(&scheme, &mut reader)?;
        let mut epochs: Vec<Epoch> = Vec::new();
        for _ in 0..reader.u16()? {
            epochs.push(Epoch::read(&mut reader)?);
        }
        // At each moment one epoch: a choice would let a bundle mark those who got it.
        if epochs.is_empty() {
            return Err(reader.value_error("there is no registry epoch"));
        }
        if !epochs.is_sorted_by(Epoch::precedes) {
            return Err(reader.value_error("the registry epochs do not follow each other"));
        }
        let strip_epochs = StripEpoch::read_list(&mut reader)?;
        let known = |standing: &Standing| {
            let mut numbers = key_sets.iter().map(KeySet::number);
            numbers.any(|number| number == standing.key_set)
        };
        if !epochs.iter().all(|epoch| known(&epoch.standing))
            || !strip_epochs.iter().all(|epoch| known(&epoch.standing))
        {
            return Err(reader.value_error("an epoch names a key set that is not there"));
        }
        let poster_ahead = reader.u32()?;
        let (policies, renewals) = read_policies(&scheme, &mut reader)?;
        let withdrawn = (0..reader.u16()?)
            .map(|_| VenueId::read(&mut reader))
            .collect::<Result<Vec<_>, _>>()?;
        if !withdrawn.is_sorted_by(|a, b| a < b) {
            return Err(reader.value_error("the withdrawn venues do not rise"));
        }
        let manifest = reader.array()?;
        reader.finish()?;
        Ok(Self {
            withdrawn,
            signer: *signer,
            manifest,
            version,
            issued,
            expires,
            scheme,
            offsets,
            key_sets,
            epochs,
            strip_epochs,
            poster_ahead,
            policies,
            renewals,
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

    /// The day on which a moment falls, as the authority counts days; `None` outside the range of days.
    #[must_use]
    pub fn day_of(&self, time: UnixTime) -> Option<Day> {
        self.offsets.day_of(time)
    }

    /// The first moment of a day; `None` for a day that the time zone skipped.
    #[must_use]
    pub fn begin_of(&self, day: Day) -> Option<UnixTime> {
        self.offsets.begin_of(day)
    }

    /// When a day is over: the first moment of the next one.
    pub(crate) fn end_of_day(&self, day: Day) -> Option<UnixTime> {
        self.offsets.end_of(day)
    }

    /// The key sets that its epochs name: one, or two around a rotation, numbers rising.
    #[must_use]
    pub fn key_sets(&self) -> &[KeySet] {
        &self.key_sets
    }

    /// The key set with this number.
    pub(crate) fn key_set(&self, number: u32) -> Option<&KeySet> {
        self.key_sets.iter().find(|keys| keys.number == number)
    }

    /// u: dates that are this many days ahead or more cannot be shown under each of its key sets.
    #[must_use]
    pub fn table(&self) -> u16 {
        let lengths = self.key_sets.iter().map(KeySet::table);
        lengths.min().unwrap_or(0)
    }

    /// Checks that `issuer` was accredited under one of its key sets (13).
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn verify_accreditation(
        &self,
        accreditation: &Accreditation,
        issuer: &IssuerPublic,
    ) -> Result<(), Error> {
        let mut key_sets = self.key_sets.iter();
        let verified = key_sets.any(|keys| accreditation.verify(keys.prepared(), issuer).is_ok());
        if verified {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }

    /// Under what its epochs and its strip epochs are shown.
    pub(crate) fn standings(&self) -> impl Iterator<Item = &Standing> {
        let strips = self.strip_epochs.iter().map(|epoch| &epoch.standing);
        (self.epochs.iter().map(|epoch| &epoch.standing)).chain(strips)
    }

    /// The accreditation epochs that its epochs name under this key set, rising.
    pub(crate) fn accreditation_epochs(&self, key_set: u32) -> Vec<u32> {
        let of_keys = self
            .standings()
            .filter(|standing| standing.key_set == key_set);
        let mut numbers: Vec<_> = of_keys
            .map(|standing| standing.accreditation_epoch)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Registry epochs, rising: those within their grace, the one in force, and announced ones.
    #[must_use]
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// What a verifier may require.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Venues whose cards are none any more, whatever their ends, rising.
    #[must_use]
    pub fn withdrawn(&self) -> &[VenueId] {
        &self.withdrawn
    }

    /// The digest that tells two bundles of one number apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        signed_digest(Artefact::Bundle, self.scheme.id(), &self.body())
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

    /// The policy with this number.
    #[must_use]
    pub fn policy_numbered(&self, number: u16) -> Option<&Policy> {
        (self.policies.iter()).find(|policy| policy.number == number)
    }

    /// How passes are renewed.
    #[must_use]
    pub fn renewals(&self) -> &[RenewalPolicy] {
        &self.renewals
    }

    /// The renewal policy called `name`.
    #[must_use]
    pub fn renewal(&self, name: &str) -> Option<&RenewalPolicy> {
        self.renewals.iter().find(|renewal| renewal.name() == name)
    }

    /// The renewal policy with this number.
    #[must_use]
    pub fn renewal_numbered(&self, number: u16) -> Option<&RenewalPolicy> {
        (self.renewals.iter()).find(|renewal| renewal.number() == number)
    }

    /// The epoch with this number.
    #[must_use]
    pub fn epoch(&self, number: u32) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| epoch.number == number)
    }

    /// Strip epochs, rising: for the weeks whose days can be printed, or are still taken.
    #[must_use]
    pub fn strip_epochs(&self) -> &[StripEpoch] {
        &self.strip_epochs
    }

    /// The strip epoch for a day, if the bundle has it.
    pub(crate) fn strip_epoch(&self, day: Day) -> Option<&StripEpoch> {
        let period = StripEpoch::period_of(day);
        (self.strip_epochs.iter()).find(|epoch| epoch.period == period)
    }

    /// The epoch in force at `now`: the newest one that has begun, until the bundle expires.
    #[must_use]
    pub fn epoch_at(&self, now: UnixTime) -> Option<&Epoch> {
        let mut epochs = self.epochs.iter().rev();
        epochs.find(|epoch| epoch.from <= now && now < self.expires)
    }

    /// When an epoch ends: where the next one begins, or with the bundle.
    #[must_use]
    pub fn end_of(&self, epoch: &Epoch) -> UnixTime {
        let next = self.epochs.iter().find(|next| next.number > epoch.number);
        next.map_or(self.expires, |next| next.from)
    }
}

/// One key set, or two, numbers rising.
fn read_key_sets(scheme: &Scheme, reader: &mut Reader<'_>) -> Result<Vec<KeySet>, DecodeError> {
    let count = reader.u16()?;
    if !(1..=2).contains(&count) {
        return Err(reader.value_error("a bundle has one key set, or two around a rotation"));
    }
    let mut key_sets: Vec<KeySet> = Vec::new();
    for _ in 0..count {
        key_sets.push(KeySet::read(scheme, reader)?);
    }
    if !key_sets.is_sorted_by(|one, next| one.number < next.number) {
        return Err(reader.value_error("the numbers of key sets do not rise"));
    }
    Ok(key_sets)
}

/// Policies and renewals: of both together each has a name and a number of its own.
fn read_policies(
    scheme: &Scheme,
    reader: &mut Reader<'_>,
) -> Result<(Vec<Policy>, Vec<RenewalPolicy>), DecodeError> {
    let mut policies = Vec::new();
    for _ in 0..reader.u16()? {
        policies.push(Policy::read(scheme.schema(), reader)?);
    }
    let mut renewals = Vec::new();
    for _ in 0..reader.u16()? {
        renewals.push(RenewalPolicy::read(scheme.schema(), reader)?);
    }
    if !are_distinct(&policies, &renewals) {
        return Err(reader.value_error("two policies have the same name or number"));
    }
    Ok((policies, renewals))
}

/// Whether no two of all policies have one name or one number.
pub(crate) fn are_distinct(policies: &[Policy], renewals: &[RenewalPolicy]) -> bool {
    let all = || {
        policies
            .iter()
            .chain(renewals.iter().map(RenewalPolicy::policy))
    };
    let (mut names, mut numbers) = (HashSet::new(), HashSet::new());
    all().all(|policy| names.insert(&policy.name) && numbers.insert(policy.number))
}

/// A bundle as it arrives. Nothing in it can be used before [`verify`](Self::verify).
#[derive(Clone, Copy, Debug)]
pub struct UnverifiedBundle<'a>(pub(super) &'a [u8]);

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
        let (scheme, body) = trust.key().open("bundle", Artefact::Bundle, self.0)?;
        trust.accept(Bundle::read(trust.key(), &scheme, body)?)
    }
}

impl BundleKey {
    /// Signs a bundle for verifiers: the bytes to publish.
    pub(crate) fn sign_bundle(&self, bundle: &Bundle) -> Vec<u8> {
        self.sign(Artefact::Bundle, bundle.scheme.id(), &bundle.body())
    }
}
