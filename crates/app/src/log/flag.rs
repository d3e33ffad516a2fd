//! What an audit finds wrong.

use std::fmt;

use serde::{Deserialize, Serialize};
use veilpass::scheme::Day;

use super::Hex;
use crate::approval::Subject;

/// Something that an auditor must look into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Flag {
    /// The rule on operators that is in force was never laid down.
    Rule,
    /// An issuer's limit in force was never set.
    Limit {
        /// Which issuer.
        label: String,
    },
    /// The list of operators in force is not what was enrolled.
    Operators,
    /// The operators of an issuer that are in force were never confirmed.
    ConfirmedOperators {
        /// Which issuer.
        label: String,
    },
    /// At an issuer somebody approved whom the authority did not confirm.
    UnknownOperator {
        /// Which issuer.
        label: String,
        /// What it calls the operator.
        operator: String,
        /// The operator's key.
        key: Hex<32>,
        /// How often.
        approvals: u32,
    },
    /// An approval that too few operators gave, that is for somewhere else, or that stood there before.
    Approval {
        /// Its line.
        line: i64,
        /// How many operators it takes.
        operators: u8,
    },
    /// Something that needs an approval and has none.
    Unapproved {
        /// Its line.
        line: i64,
        /// What it is.
        subject: Subject,
        /// How many operators it takes.
        operators: u8,
    },
    /// A line of a version that this one does not know.
    Unknown {
        /// Its number.
        line: i64,
    },
    /// The database came back from a backup: what the log told after the backup is lost.
    Recovered {
        /// The bundle that it went on from.
        bundle: u32,
    },
    /// A line is older than the one before.
    ClockTurnedBack {
        /// Its number.
        line: i64,
    },
    /// The log and the table of counts differ.
    Counts {
        /// Passes in the log.
        logged: u64,
        /// Passes in the counts.
        issued: u64,
    },
    /// An issuer counts fewer passes of a day than it did before.
    Fewer {
        /// Which issuer.
        label: String,
        /// Of which kind.
        kind: String,
        /// On which day.
        day: Day,
    },
    /// An issuer counts more passes of a day that was over when it counted last.
    More {
        /// Which issuer.
        label: String,
        /// Of which kind.
        kind: String,
        /// On which day.
        day: Day,
    },
    /// An issuer's log is shorter than it was when it was audited last, or does not continue it.
    LogReplaced {
        /// Which issuer.
        label: String,
    },
    /// An issuer made more passes on a day than it may.
    OverLimit {
        /// Which issuer.
        label: String,
        /// How many.
        issued: u64,
        /// On which day.
        day: Day,
        /// How many it may.
        per_day: u32,
    },
    /// An issuer counts passes of a day that was still to come.
    Future {
        /// Which issuer.
        label: String,
        /// Which day.
        day: Day,
    },
    /// The first count of an issuer since the database came back from a backup: what was taken in between is lost.
    CountsLost {
        /// Which issuer.
        label: String,
        /// How many lines its log had when the backup heard of it last; 0: never.
        lines: u64,
    },
    /// An issuer that was founded for rehearsal, in a scheme that was not.
    Rehearsal {
        /// Which issuer.
        label: String,
    },
    /// An issuer tells of more handles than it got.
    Handles {
        /// Which issuer.
        label: String,
        /// Used and free, by its count.
        told: u64,
        /// Given to it.
        drawn: u32,
    },
    /// A count that could not be taken in.
    CountRefused {
        /// What it came from, as its bearer calls it.
        source: String,
        /// Why.
        why: CountRefusal,
    },
}

/// Why a count was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum CountRefusal {
    /// It was made later than now.
    Future {
        /// Whose it is.
        label: String,
    },
    /// A later one is there.
    Older {
        /// Whose it is.
        label: String,
    },
    /// It does not prove that the issuer's log continues what was audited last.
    NoProof {
        /// Whose it is.
        label: String,
        /// How many lines the log had then.
        lines: u64,
    },
}

impl Flag {
    /// Whether the count that it is about was not taken in.
    #[must_use]
    pub fn refuses_count(&self) -> bool {
        matches!(
            self,
            Self::Fewer { .. }
                | Self::More { .. }
                | Self::LogReplaced { .. }
                | Self::CountRefused { .. }
        )
    }
}

impl fmt::Display for CountRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { label } => write!(
                f,
                "the count of {label} was made later than now; one of the two clocks is wrong"
            ),
            Self::Older { label } => {
                write!(f, "a later count of {label} was taken in already")
            }
            Self::NoProof { label, lines } => write!(
                f,
                "the count of {label} does not prove that its log continues the {lines} lines that were audited last; \
                 {label} must make it with `issuer count --since {lines}`"
            ),
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule => write!(f, "the rule on operators is not the one in the log"),
            Self::Limit { label } => write!(f, "the limit of {label} is not the one in the log"),
            Self::Operators => write!(f, "the list of operators is not the one in the log"),
            Self::ConfirmedOperators { label } => write!(
                f,
                "the confirmed operators of {label} are not those in the log"
            ),
            Self::UnknownOperator {
                label,
                operator,
                key,
                approvals,
            } => write!(
                f,
                "{label}: {approvals} approvals by {operator} (key {key}), whom you have not confirmed as its operator"
            ),
            Self::Approval { line, operators } => {
                write!(
                    f,
                    "line {line}: an approval that {operators} operators did not give"
                )
            }
            Self::Unapproved {
                line,
                subject,
                operators,
            } => write!(f, "line {line}: {subject}, without {operators} operators"),
            Self::Unknown { line } => write!(
                f,
                "line {line}: written by another version of this program; audit with that one, too"
            ),
            Self::Recovered { bundle } => write!(
                f,
                "the database came back from a backup and went on from bundle {bundle}: lines of the log, with approvals, \
                 limits, handles drawn and issuers' counts, are lost; compare with what was noted elsewhere, and hand the \
                 counts since the backup in again, the oldest first"
            ),
            Self::CountsLost { label, lines: 0 } => write!(
                f,
                "{label}: the first count since the database came back from a backup, which knew none: no line of its log \
                 is held against anything; hand its counts since the backup in again, if you have them"
            ),
            Self::CountsLost { label, lines } => write!(
                f,
                "{label}: the first count since the database came back from a backup: its log is held against the {lines} \
                 lines that the backup knew, and what it told since is not compared; hand its counts since the backup in \
                 again, if you have them"
            ),
            Self::Rehearsal { label } => write!(
                f,
                "{label} was founded for rehearsal (`issuer init --rehearsal`): it goes by any clock that it is given, so \
                 its days and limits prove nothing; let it begin anew in a folder that is none"
            ),
            Self::ClockTurnedBack { line } => write!(f, "line {line}: the clock was turned back"),
            Self::Counts { logged, issued } => {
                write!(f, "the log has {logged} passes, the counts have {issued}")
            }
            Self::Fewer { label, kind, day } => write!(
                f,
                "{label} counts fewer of {kind} on {day} than it did before"
            ),
            Self::More { label, kind, day } => write!(
                f,
                "{label} counts more of {kind} on {day}, a day that was over when it counted last"
            ),
            Self::LogReplaced { label } => write!(
                f,
                "{label} cut or replaced lines of its log that were audited before"
            ),
            Self::OverLimit {
                label,
                issued,
                day,
                per_day,
            } => write!(
                f,
                "{label} made {issued} on {day}, {per_day} a day are allowed"
            ),
            Self::Future { label, day } => {
                write!(f, "{label} counts passes of {day}, which was still to come")
            }
            Self::Handles { label, told, drawn } => write!(
                f,
                "{label} tells of {told} handles, used and free, but got {drawn}: its count is wrong, or handles \
                 came from elsewhere"
            ),
            Self::CountRefused { source, why } => write!(f, "{source}: {why}"),
        }
    }
}
