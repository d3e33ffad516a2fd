//! Approval by operators: people whose keys must agree before something large leaves the role.
//!
//! An [`Approval`] is a signature of each operator over what is approved, where, when, and a number used once. It
//! stands in the log on the line before what it allowed, so an audit can check it for ever ([`unapproved`]).

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use veilpass::artefact::Artefact;
use veilpass::scheme::{BundleKey, BundleVerifyingKey};
use zeroize::Zeroizing;

use crate::error::{Class, Classified};
use crate::log::{Event, Flag, Hex, Line};
use crate::store::{Ledger, StoreError};

/// So many operators are enrolled without an approval.
const FOUNDERS: usize = 2;

/// The named value that lists the operators.
const LIST: &str = "operators";

/// What operators approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Subject {
    /// Handles are drawn for an issuer's pool.
    Handles {
        /// How many.
        count: u32,
        /// Whose pool.
        label: String,
    },
    /// A large register is imported.
    Register {
        /// Digest of the whole file, its map and the rules.
        file: Hex<32>,
    },
    /// The marks of all rows are forgotten: from then on a row that comes again gets another claim.
    RowsForgotten,
    /// One more operator is enrolled.
    Operator {
        /// What people call the operator.
        label: String,
        /// The operator's Ed25519 key.
        key: Hex<32>,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handles { count, label } => write!(f, "handles {count} for {label}"),
            Self::Register { file } => write!(f, "register {file}"),
            Self::RowsForgotten => write!(f, "forgot rows"),
            Self::Operator { label, key } => write!(f, "operator {label} {key}"),
        }
    }
}

/// Where approvals are asked for, and from how many: one issuer of a scheme, or its authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// How many operators must approve; below 2: nobody is asked.
    pub operators: u8,
    /// Which role of which scheme: an approval for one is worth nothing at another.
    pub scope: Hex<8>,
}

impl Needed {
    /// At the role that `name` stands for: `authority`, or an issuer's X.
    #[must_use]
    pub fn at(operators: u8, scheme: &[u8; 32], name: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(scheme)
            .chain_update(name)
            .finalize();
        Self {
            operators,
            scope: Hex(*digest.first_chunk().unwrap_or(&[0; 8])),
        }
    }

    /// Whether nobody is asked.
    #[must_use]
    pub fn nobody(&self) -> bool {
        self.operators < 2
    }
}

/// What each operator signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    subject: Subject,
    scope: Hex<8>,
    at: i64,
    once: Hex<8>,
}

impl Statement {
    fn to_bytes(&self) -> Vec<u8> {
        // Texts and numbers: there is nothing in it that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// One operator's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    operator: String,
    signature: Hex<64>,
}

/// What operators approved, with their signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    statement: Statement,
    signatures: Vec<Signature>,
}

impl Approval {
    /// Who approved.
    #[must_use]
    pub fn names(&self) -> String {
        let names = self.signatures.iter().map(|one| one.operator.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// What was approved, if as many operators as needed signed it for here and for the moment `at`.
    fn holds(&self, known: &Operators, needed: &Needed, at: i64) -> Option<&Subject> {
        if self.statement.scope != needed.scope || self.statement.at != at {
            return None;
        }
        let signed = self.statement.to_bytes();
        let mut approved: Vec<&str> = Vec::new();
        for one in &self.signatures {
            let key = known.key(&one.operator)?;
            let good = key.verify_detached(Artefact::Approval, &signed, &one.signature.0);
            if !good || approved.contains(&one.operator.as_str()) {
                return None;
            }
            approved.push(&one.operator);
        }
        (approved.len() >= usize::from(needed.operators)).then_some(&self.statement.subject)
    }
}

/// Why an approval or an enrolment was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// A key of somebody who is not enrolled.
    #[error("{label} is not the key of an operator who is enrolled here")]
    NotEnrolled {
        /// What the key says its operator is called.
        label: String,
    },
    /// The same operator again.
    #[error("{label} cannot approve twice")]
    Twice {
        /// Who.
        label: String,
    },
    /// There are not so many operators.
    #[error(
        "this needs the approval of {needed} operators, and only {enrolled} are enrolled; see the command `operator`"
    )]
    TooFewEnrolled {
        /// How many it takes.
        needed: u8,
        /// How many there are.
        enrolled: usize,
    },
    /// Not so many approved.
    #[error(
        "this needs the approval of {needed} operators, {approved} approved; add --operator FILE for each"
    )]
    TooFew {
        /// How many it takes.
        needed: u8,
        /// How many approved.
        approved: usize,
    },
    /// Two operators cannot have one name.
    #[error("there is an operator called {label} already; choose another label")]
    LabelTaken {
        /// The name.
        label: String,
    },
    /// The list of operators does not decode.
    #[error("the list of operators is damaged; restore a backup")]
    DamagedList,
    /// The bytes are no operator's key.
    #[error("this is no operator's key")]
    NoKey,
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Classified for ApprovalError {
    fn class(&self) -> Class {
        match self {
            Self::DamagedList | Self::NoKey => Class::Bad,
            Self::Store(error) => error.class(),
            _ => Class::Refused,
        }
    }
}

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

/// Who is enrolled.
pub struct Operators {
    list: Vec<Enrolled>,
    /// As it is stored.
    stored: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrolled {
    label: String,
    key: Hex<32>,
}

impl Operators {
    /// Those of this store.
    ///
    /// # Errors
    /// [`ApprovalError::DamagedList`]; [`StoreError`].
    pub async fn of(store: &impl Ledger) -> Result<Self, ApprovalError> {
        let stored = store.get(LIST).await?;
        let list = match &stored {
            Some(bytes) => serde_json::from_slice(bytes).map_err(|_| ApprovalError::DamagedList)?,
            None => Vec::new(),
        };
        Ok(Self { list, stored })
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

    fn key(&self, label: &str) -> Option<BundleVerifyingKey> {
        let found = self.list.iter().find(|one| one.label == label)?;
        BundleVerifyingKey::from_bytes(&found.key.0).ok()
    }
}

/// Lets operators approve `subject`. `None` if nobody need be asked.
///
/// # Errors
/// [`ApprovalError`].
pub fn approve<R: CryptoRng + ?Sized>(
    subject: Subject,
    needed: &Needed,
    known: &Operators,
    keys: &[OperatorKey],
    at: i64,
    rng: &mut R,
) -> Result<Option<Approval>, ApprovalError> {
    if needed.nobody() {
        return Ok(None);
    }
    let mut once = [0; 8];
    rng.fill_bytes(&mut once);
    let statement = Statement {
        subject,
        scope: needed.scope,
        at,
        once: Hex(once),
    };
    let signed = statement.to_bytes();
    let mut signatures: Vec<Signature> = Vec::new();
    for operator in keys {
        let label = operator.label.clone();
        if known.key(&label) != Some(operator.public()) {
            return Err(ApprovalError::NotEnrolled { label });
        }
        if signatures.iter().any(|one| one.operator == label) {
            return Err(ApprovalError::Twice { label });
        }
        signatures.push(Signature {
            operator: label,
            signature: Hex(operator.key.sign_detached(Artefact::Approval, &signed)),
        });
    }
    let (enrolled, approved) = (known.list.len(), signatures.len());
    let operators = needed.operators;
    if enrolled < usize::from(operators) {
        return Err(ApprovalError::TooFewEnrolled {
            needed: operators,
            enrolled,
        });
    }
    if approved < usize::from(operators) {
        return Err(ApprovalError::TooFew {
            needed: operators,
            approved,
        });
    }
    Ok(Some(Approval {
        statement,
        signatures,
    }))
}

/// Enrols an operator, in one transaction with the approval of those before once there are enough of them. The new
/// key must be sealed already: an entry without a key would count and could never approve.
///
/// # Errors
/// [`ApprovalError`]; [`StoreError::Conflict`] if somebody else was enrolled at the same time.
pub async fn enrol<R: CryptoRng + ?Sized>(
    store: &impl Ledger,
    operator: &OperatorKey,
    needed: &Needed,
    approving: &[OperatorKey],
    at: i64,
    rng: &mut R,
) -> Result<(), ApprovalError> {
    let known = Operators::of(store).await?;
    check_label(&known, &operator.label)?;
    let new = Enrolled {
        label: operator.label.clone(),
        key: Hex(operator.public().to_bytes()),
    };
    let event = Event::Operator {
        label: new.label.clone(),
        key: new.key,
    };
    let mut events = Vec::new();
    if known.list.len() >= FOUNDERS
        && let Some(subject) = event.subject()
    {
        let approval = approve(subject, needed, &known, approving, at, rng)?;
        events.extend(approval.map(Event::Approved));
    }
    events.push(event);
    let list: Vec<_> = known.list.iter().cloned().chain([new]).collect();
    let list = serde_json::to_vec(&list).unwrap_or_default();
    let before = known.stored.as_deref();
    Ok(store.replace(LIST, before, &list, &events, at).await?)
}

/// Refuses a label that an operator has.
///
/// # Errors
/// [`ApprovalError::LabelTaken`].
pub fn check_label(known: &Operators, label: &str) -> Result<(), ApprovalError> {
    if known.list.iter().any(|one| one.label == label) {
        return Err(ApprovalError::LabelTaken {
            label: label.to_owned(),
        });
    }
    Ok(())
}

/// Whether a line enrols an operator whom those before must have approved.
#[must_use]
pub fn is_late_operator(before: &[Line], event: &Event) -> bool {
    let is = |event: &Event| matches!(event, Event::Operator { .. });
    is(event) && before.iter().filter(|line| is(&line.event)).count() >= FOUNDERS
}

/// Lines of the log that let something out without enough operators, and approvals that do not hold.
///
/// `large` says of the line at a place whether it must have been approved on the line before.
#[must_use]
pub fn unapproved(
    lines: &[Line],
    known: &Operators,
    needed: &Needed,
    large: impl Fn(usize, &Line) -> bool,
) -> Vec<Flag> {
    let operators = needed.operators;
    if needed.nobody() {
        return Vec::new();
    }
    let mut seen: Vec<&Approval> = Vec::new();
    let mut flags = Vec::new();
    let mut before: Option<(&Approval, i64)> = None;
    for (place, line) in lines.iter().enumerate() {
        let number = line.number;
        if let Event::Approved(approval) = &line.event {
            let holds = approval.holds(known, needed, line.at).is_some();
            if !holds || seen.contains(&approval) {
                flags.push(Flag::Approval {
                    line: number,
                    operators,
                });
            }
            seen.push(approval);
        } else if large(place, line)
            && let Some(subject) = line.event.subject()
        {
            let approved = before.and_then(|(approval, at)| approval.holds(known, needed, at));
            if approved != Some(&subject) {
                flags.push(Flag::Unapproved {
                    line: number,
                    subject,
                    operators,
                });
            }
        }
        before = match &line.event {
            Event::Approved(approval) => Some((approval, line.at)),
            _ => None,
        };
    }
    flags
}
