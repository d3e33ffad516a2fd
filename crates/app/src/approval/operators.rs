//! Operators: their keys, who is enrolled, and whose approval counts.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use veilpass::Transcript;
use veilpass::artefact::Artefact;
use veilpass::scheme::{BundleKey, BundleVerifyingKey};
use veilpass::text;
use zeroize::Zeroizing;

use super::{ApprovalError, Needed, approve};
use crate::log::{Event, Flag, Hex, Line};
use crate::store::Ledger;

/// An issuer's counts name no more operators than these, and no longer names, in bytes (docs/format.md).
const MOST: (usize, usize) = (256, 256);

/// The named value that lists the operators.
const LIST: &str = "operators";

/// An operator's key. It belongs to one person: neither the role nor another operator can open it.
pub struct OperatorKey {
    label: String,
    key: BundleKey,
}

impl OperatorKey {
    /// A new one.
    pub fn generate<R: CryptoRng + ?Sized>(label: &str, rng: &mut R) -> Self {
        Self {
            label: label.to_owned(),
            key: BundleKey::generate(rng),
        }
    }

    /// What people call the operator.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> BundleVerifyingKey {
        self.key.verifying_key()
    }

    /// The operator's signature of an approval in the scheme with this identifier.
    pub(super) fn sign(&self, scheme: &[u8; 32], approval: &[u8]) -> [u8; 64] {
        (self.key).sign_detached(Artefact::Approval, scheme, approval)
    }

    /// Key ‖ label, to be sealed under what the operator alone knows.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(32 + self.label.len()));
        bytes.extend_from_slice(&*self.key.expose_bytes());
        bytes.extend_from_slice(self.label.as_bytes());
        bytes
    }

    /// Reads what [`expose_bytes`](Self::expose_bytes) wrote.
    ///
    /// # Errors
    /// [`ApprovalError::NoKey`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApprovalError> {
        let (key, label) = bytes.split_at_checked(32).ok_or(ApprovalError::NoKey)?;
        Ok(Self {
            label: String::from_utf8(label.to_vec()).map_err(|_| ApprovalError::NoKey)?,
            key: BundleKey::from_bytes(key).map_err(|_| ApprovalError::NoKey)?,
        })
    }
}

/// Who is enrolled, and whose approval counts.
pub struct Operators {
    list: Vec<Operator>,
    /// So many of them, from the first, count.
    confirmed: usize,
    /// As it is stored.
    stored: Option<Vec<u8>>,
}

/// An operator who is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// What people call the operator.
    pub label: String,
    /// The operator's Ed25519 key.
    pub key: Hex<32>,
}

impl Operator {
    /// What an accreditation says of these operators, in the order of their enrolment (docs/format.md); zeros for none.
    #[must_use]
    pub fn digest(operators: &[Self]) -> [u8; 32] {
        if operators.is_empty() {
            return [0; 32];
        }
        let all = operators.iter();
        let written = all.fold(Transcript::new("operators"), |hash, one| {
            hash.field(one.label.as_bytes()).field(&one.key.0)
        });
        written.digest()
    }
}

impl Operators {
    /// Those of this store.
    ///
    /// # Errors
    /// [`ApprovalError::DamagedList`]; [`StoreError`](crate::store::StoreError).
    pub async fn of(store: &impl Ledger) -> Result<Self, ApprovalError> {
        let stored = store.get(LIST).await?;
        let list = match &stored {
            Some(bytes) => serde_json::from_slice(bytes).map_err(|_| ApprovalError::DamagedList)?,
            None => Vec::new(),
        };
        Ok(Self {
            confirmed: list.len(),
            list,
            stored,
        })
    }

    /// Only those count whom an authority confirmed, by the digest of its accreditation: the list grows at its end only,
    /// so they are its beginning.
    #[must_use]
    pub fn confirmed_by(mut self, digest: &[u8; 32]) -> Self {
        let mut beginnings = (0..=self.list.len()).rev();
        let found = beginnings.find(|length| {
            let beginning = self.list.get(..*length).unwrap_or_default();
            Operator::digest(beginning) == *digest
        });
        self.confirmed = found.unwrap_or(0);
        self
    }

    /// All of them, in the order of their enrolment, each with whether the authority confirmed them.
    pub fn all(&self) -> impl Iterator<Item = (&Operator, bool)> {
        let all = self.list.iter().enumerate();
        all.map(|(place, operator)| (operator, place < self.confirmed))
    }

    /// Whether the list is not what the log tells.
    #[must_use]
    pub fn differ_from(&self, lines: &[Line]) -> Option<Flag> {
        let told = lines.iter().filter_map(|line| match &line.event {
            Event::Operator { label, key } => Some((label, key)),
            _ => None,
        });
        let same = told.eq(self.list.iter().map(|one| (&one.label, &one.key)));
        (!same).then_some(Flag::Operators)
    }

    /// How many are enrolled.
    pub(super) fn enrolled(&self) -> usize {
        self.list.len()
    }

    /// How many of them count.
    pub(super) fn confirmed(&self) -> usize {
        self.confirmed
    }

    pub(super) fn key(&self, label: &str) -> Option<BundleVerifyingKey> {
        let (found, _) = self.all().find(|(one, _)| one.label == label)?;
        BundleVerifyingKey::from_bytes(&found.key.0).ok()
    }

    /// The same, if this operator's approval counts.
    pub(super) fn approving_key(&self, label: &str) -> Option<BundleVerifyingKey> {
        let counts = self.all().any(|(one, counts)| counts && one.label == label);
        self.key(label).filter(|_| counts)
    }
}

/// Enrols an operator, in one transaction with the approval of those before once there are enough of them (`known`, whom
/// the store has). The new key must be sealed already: an entry without a key would count and could never approve.
///
/// # Errors
/// [`ApprovalError`]; [`StoreError::Conflict`](crate::store::StoreError::Conflict) if somebody else was enrolled at the same time.
pub async fn enrol<R: CryptoRng + ?Sized>(
    store: &impl Ledger,
    (known, operator): (&Operators, &OperatorKey),
    needed: &Needed,
    approving: &[OperatorKey],
    at: i64,
    rng: &mut R,
) -> Result<(), ApprovalError> {
    check_label(known, &operator.label)?;
    let new = Operator {
        label: operator.label.clone(),
        key: Hex(operator.public().to_bytes()),
    };
    let event = Event::Operator {
        label: new.label.clone(),
        key: new.key,
    };
    let mut events = Vec::new();
    if known.list.len() >= needed.founders()
        && let Some(subject) = event.subject()
    {
        let approval = approve(subject, needed, known, approving, at, rng)?;
        events.extend(approval.map(Event::Approved));
    }
    events.push(event);
    let list: Vec<_> = known.list.iter().cloned().chain([new]).collect();
    let list = serde_json::to_vec(&list).unwrap_or_default();
    let before = known.stored.as_deref();
    Ok(store.replace(LIST, before, &list, &events, at).await?)
}

/// Refuses a label that an operator has, or cannot have.
///
/// # Errors
/// [`ApprovalError::LabelTaken`], [`ApprovalError::NoLabel`], [`ApprovalError::TooMany`].
pub fn check_label(known: &Operators, label: &str) -> Result<(), ApprovalError> {
    let (operators, bytes) = MOST;
    if known.enrolled() >= operators {
        return Err(ApprovalError::TooMany);
    }
    if !(1..=bytes).contains(&label.len()) || text::check(label).is_err() {
        return Err(ApprovalError::NoLabel);
    }
    if known.list.iter().any(|one| one.label == label) {
        return Err(ApprovalError::LabelTaken {
            label: label.to_owned(),
        });
    }
    Ok(())
}
