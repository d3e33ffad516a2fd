//! What an authority has and remembers, what it publishes, and why it refuses.

use std::collections::HashMap;

use crate::registry::{CheckpointFiles, HandleState, RegistryKey, RemovalLog};
use crate::scheme::{
    Accreditation, AccreditationKey, BundleKey, BundleVerifyingKey, DateTable, Epoch, IssuerPublic,
    KeySet, Policy, RenewalPolicy, SchemaError, Scheme, StripEpoch, VenueId,
};

/// Entries of the sealed list of accreditations, whatever the number of issuers.
pub(super) const LIST_SIZE: u16 = 64;

/// How long after the beginning of an epoch its beacon serves posters: two days, in seconds. Whoever knows the beacon
/// can make passes for later buckets ahead.
pub(super) const POSTER_AHEAD: u32 = 2 * 86_400;

/// The authority's secret keys.
pub struct AuthorityKeys {
    /// γ. Needed to accredit and to begin an accreditation epoch; otherwise it can stay in a safe.
    pub accreditation: Option<AccreditationKey>,
    /// α. Needed to draw and remove handles.
    pub registry: RegistryKey,
    /// Signs bundles.
    pub bundle: BundleKey,
}

/// What the authority remembers besides its keys: all of it is for its own store.
///
/// # In a store
///
/// Every part has a canonical form of its own, so that a store writes only what a change touched. Whoever puts a
/// state together from its parts needs nothing else; [`Authority::resume`](super::Authority::resume) refuses keys
/// that are not the state's.
///
/// | part | out | in |
/// |---|---|---|
/// | scheme | [`Scheme::to_bytes`] | [`Scheme::from_bytes`] |
/// | signer | [`BundleVerifyingKey::to_bytes`] | [`BundleVerifyingKey::from_bytes`] |
/// | key set | [`KeySet::to_bytes`] | [`KeySet::from_bytes`], for the scheme |
/// | date table | [`DateTable::to_bytes`] | [`DateTable::from_bytes`], of the key set's length |
/// | policies | [`Policy::list_to_bytes`] | [`Policy::list_from_bytes`], for the scheme's schema |
/// | renewals | [`RenewalPolicy::list_to_bytes`] | [`RenewalPolicy::list_from_bytes`], for the scheme's schema |
/// | an issuer | [`IssuerPublic::to_bytes`] | [`IssuerPublic::from_store`] |
/// | its accreditation | [`Accreditation::to_bytes`] | [`Accreditation::from_bytes`] |
/// | a registry epoch | [`Epoch::to_bytes`] | [`Epoch::from_bytes`] |
/// | strip epochs | [`StripEpoch::list_to_bytes`] | [`StripEpoch::list_from_bytes`] |
/// | removals | the newest of [`RemovalLog::rows`] | [`RemovalLog::from_rows`], all of a key set |
/// | checkpoint | [`Checkpoint::to_bytes`](crate::registry::Checkpoint::to_bytes), and its buckets | [`Checkpoint::from_bytes`](crate::registry::Checkpoint::from_bytes) |
/// | a withdrawn venue | [`VenueId::to_bytes`] | [`VenueId::from_bytes`] |
/// | a handle | its name, and its [`HandleState`] | the same |
#[derive(Clone, Debug)]
pub struct AuthorityState {
    /// The scheme's constants.
    pub scheme: Scheme,
    /// The key that wallets and doors pin.
    pub signer: BundleVerifyingKey,
    /// The newest public keys: handles are drawn and removed under them.
    pub keys: KeySet,
    /// The date table of the key set.
    pub table: DateTable,
    /// The accredited issuers with what they have for the newest accreditation epoch.
    pub issuers: Vec<(IssuerPublic, Accreditation)>,
    /// Issuers that were accredited once and are not any more: their keys never come back.
    pub former: Vec<IssuerPublic>,
    /// The number of the newest bundle.
    pub version: u32,
    /// The newest accreditation epoch.
    pub accreditation_epoch: u32,
    /// Registry epochs, rising: those within their grace, the one in force, and announced ones.
    pub epochs: Vec<Epoch>,
    /// The number of the newest registry epoch that there ever was.
    pub last_epoch: u32,
    /// Strip epochs, rising: for the weeks whose days can be printed, or are still taken.
    pub strip_epochs: Vec<StripEpoch>,
    /// The newest period whose strip epoch ended with its keys, if any did: it gets no other.
    pub strips_ended: Option<i32>,
    /// What doors may ask.
    pub policies: Vec<Policy>,
    /// How passes are renewed.
    pub renewals: Vec<RenewalPolicy>,
    /// Venues whose cards are none any more, rising.
    pub withdrawn: Vec<VenueId>,
    /// All removals under this key set.
    pub removals: RemovalLog,
    /// The newest checkpoint under this key set that was made.
    pub checkpoint: Option<CheckpointFiles>,
    /// All handles ever drawn, and whether they stand.
    pub handles: HashMap<[u8; 32], HandleState>,
    /// The key set before the newest, while epochs under it are within their grace.
    pub older_keys: Option<OlderKeySet>,
    /// Accreditations of older epochs or under older keys, while epochs that name them are within their grace; rising.
    pub older_accreditations: Vec<OlderAccreditations>,
}

/// A key set that is being replaced. Nothing is drawn or removed under it any more.
#[derive(Clone, Debug)]
pub struct OlderKeySet {
    /// Its public keys.
    pub keys: KeySet,
    /// Its date table.
    pub table: DateTable,
    /// All removals under it.
    pub removals: RemovalLog,
    /// Its newest checkpoint.
    pub checkpoint: Option<CheckpointFiles>,
}

/// Who is accredited in an epoch that is being replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OlderAccreditations {
    /// The number of the key set.
    pub key_set: u32,
    /// The accreditation epoch.
    pub epoch: u32,
    /// The issuers.
    pub issuers: Vec<(IssuerPublic, Accreditation)>,
}

/// Which keys a rotation replaces besides α, which every rotation replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// γ: every issuer needs a new accreditation before it issues again.
    pub accreditation: bool,
    /// The date table and its key x_t.
    pub dates: bool,
    /// What becomes of the keys that are replaced.
    pub replaced: Replaced,
}

/// What becomes of keys that are replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replaced {
    /// They serve until the epochs under them are past their grace.
    #[default]
    Serve,
    /// They are no longer trusted: whoever has the next bundle takes nothing that was made under them.
    End,
}

/// Why the authority refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The registration does not verify.
    #[error("the issuer's registration does not verify; ask the issuer for it again")]
    Registration,
    /// The key is accredited already.
    #[error("this issuer key is accredited already, or was; the issuer must make a new one")]
    KnownKey,
    /// A scheme with one known issuer has no accreditations.
    #[error(
        "this scheme has one known issuer, which needs no accreditation; nobody else can issue in it"
    )]
    NothingToAccredit,
    /// The list of accreditations is full.
    #[error("a scheme has at most {LIST_SIZE} accredited issuers")]
    TooManyIssuers,
    /// The list of withdrawn venues is full.
    #[error("a bundle names at most 65535 withdrawn venues")]
    TooManyVenues,
    /// An epoch that does not follow the one before.
    #[error("a registry epoch must begin after the one before")]
    Epoch,
    /// No registry epoch was started.
    #[error("start a registry epoch before publishing")]
    NoEpoch,
    /// The keys before the newest still serve.
    #[error(
        "key set {0} still serves epochs within their grace; rotate again after that, or end it with this rotation"
    )]
    RotationUnderWay(u32),
    /// A bundle that would begin or end outside the calendar.
    #[error(
        "a bundle must begin and end within the years 1 to 9999, in a time zone that this program knows; check the clock, or update the program"
    )]
    OutsideCalendar,
    /// The scheme's name is none.
    #[error(transparent)]
    Scheme(#[from] SchemaError),
    /// A policy does not fit the schema.
    #[error("policy {0}: {1}")]
    Policy(String, &'static str),
    /// The accreditation key is not at hand.
    #[error("this needs the accreditation key, which is not at hand; bring it back from its safe")]
    NoAccreditationKey,
    /// The keys are not those of the state.
    #[error("these keys do not belong to this scheme's state")]
    OtherKeys,
    /// A value of probability 2^-239 came up while making keys.
    #[error("the keys could not be made; try again")]
    Unlucky,
}

/// What is published: all there is to fetch, the same for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub(super) verifiers: Vec<u8>,
    pub(super) holders: Vec<u8>,
}

impl Published {
    /// A publication as a store kept it.
    #[must_use]
    pub fn from_store(verifiers: Vec<u8>, holders: Vec<u8>) -> Self {
        Self { verifiers, holders }
    }

    /// The signed bundle for verifiers, and all that holders get.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.verifiers, self.holders)
    }

    /// The signed bundle for verifiers, for [`UnverifiedBundle`](crate::scheme::UnverifiedBundle).
    #[must_use]
    pub fn for_verifiers(&self) -> &[u8] {
        &self.verifiers
    }

    /// All that holders get in one file, for [`UnverifiedHolderBundle`](crate::scheme::UnverifiedHolderBundle), or
    /// [`HolderFiles`](crate::scheme::HolderFiles) to take it apart. Of checkpoints with many buckets it has none:
    /// [`Authority::checkpoints`](super::Authority::checkpoints) has them.
    #[must_use]
    pub fn for_holders(&self) -> &[u8] {
        &self.holders
    }
}
