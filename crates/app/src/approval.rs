//! Approval by operators: people whose keys must agree before something large leaves the role.
//!
//! An [`Approval`] is a signature of each operator over what is approved, where, when, and a number used once. It
//! stands in the log on the line before what it allowed, so an audit can check it for ever ([`unapproved`]).

mod error;
mod operators;
mod trail;

pub use error::ApprovalError;
pub use operators::{Operator, OperatorKey, Operators, check_label, enrol};
pub use trail::{approvals, is_late_operator, unapproved};

pub(crate) use trail::ApprovedRegisters;

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use veilpass::artefact::Artefact;

use crate::log::Hex;

/// At least so many operators are enrolled without an approval.
const FOUNDERS: usize = 2;

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
    /// The import of a register may make any number of claims.
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
    /// The scheme's identifier, which every signature is for.
    pub scheme: [u8; 32],
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
            scheme: *scheme,
        }
    }

    /// How many operators are enrolled without an approval: before there are enough, nobody could give one.
    fn founders(&self) -> usize {
        FOUNDERS.max(self.operators.into())
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

    /// Whether the operator of this name approved it.
    fn is_by(&self, label: &str) -> bool {
        self.signatures.iter().any(|one| one.operator == label)
    }

    /// What was approved, if as many operators as needed signed it for here and for the moment `at`.
    fn holds(&self, known: &Operators, needed: &Needed, at: i64) -> Option<&Subject> {
        if self.statement.scope != needed.scope || self.statement.at != at {
            return None;
        }
        let signed = self.statement.to_bytes();
        let mut approved: Vec<&str> = Vec::new();
        for one in &self.signatures {
            let key = known.approving_key(&one.operator)?;
            let (kind, signature) = (Artefact::Approval, &one.signature.0);
            let good = key.verify_detached(kind, &needed.scheme, &signed, signature);
            if !good || approved.contains(&one.operator.as_str()) {
                return None;
            }
            approved.push(&one.operator);
        }
        (approved.len() >= usize::from(needed.operators)).then_some(&self.statement.subject)
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
        let label = operator.label().to_owned();
        if known.key(&label) != Some(operator.public()) {
            return Err(ApprovalError::NotEnrolled { label });
        }
        if known.approving_key(&label).is_none() {
            return Err(ApprovalError::NotConfirmed { label });
        }
        if signatures.iter().any(|one| one.operator == label) {
            return Err(ApprovalError::Twice { label });
        }
        signatures.push(Signature {
            operator: label,
            signature: Hex(operator.sign(&needed.scheme, &signed)),
        });
    }
    let (enrolled, approved) = (known.enrolled(), signatures.len());
    let (operators, confirmed) = (needed.operators, known.confirmed());
    if enrolled < usize::from(operators) {
        return Err(ApprovalError::TooFewEnrolled {
            needed: operators,
            enrolled,
        });
    }
    if confirmed < usize::from(operators) {
        return Err(ApprovalError::TooFewConfirmed {
            needed: operators,
            confirmed,
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
