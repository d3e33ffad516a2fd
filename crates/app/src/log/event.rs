//! What can happen, as the log keeps it.

use std::fmt;

use serde::{Deserialize, Serialize};
use veilpass::scheme::Day;
use veilpass::{AuthorityState, Transcript};

use super::{Flag, Hex};
use crate::approval::{Approval, Operator, Subject};

/// What happened. An authority and an issuer have a log each; some events are of one of them only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Event {
    /// The role was set up in a scheme.
    Founded {
        /// What people call the scheme.
        scheme: String,
    },
    /// The scheme's rule on operators was laid down.
    Rule {
        /// How many operators must approve; below 2: nobody is asked.
        operators: u8,
        /// More claims than this on a day need their approval.
        import_above: u32,
    },
    /// An issuer's daily limit was set.
    Limit {
        /// What people call the issuer.
        label: String,
        /// Passes a day; 0: any number.
        per_day: u32,
    },
    /// An operator was enrolled.
    Operator {
        /// What people call the operator.
        label: String,
        /// The operator's Ed25519 key.
        key: Hex<32>,
    },
    /// Operators approved what the next line tells.
    Approved(Approval),
    /// An issuer was accredited.
    Accredited {
        /// What people call it.
        label: String,
    },
    /// Handles were drawn for an issuer's pool.
    Handles {
        /// How many.
        count: u32,
        /// Whose pool.
        label: String,
    },
    /// Passes were revoked, one or more.
    Revoked {
        /// The place of the last of these removals in the registry's log: 1, 2, …
        removal: u32,
    },
    /// A bundle was signed.
    Published(Epochs),
    /// A state from a backup took back what was published after it. The lines between are lost.
    Recovered(Epochs),
    /// A new key set came into force.
    Rotated(Epochs),
    /// A venue was registered.
    VenueRegistered {
        /// Its name, for ever.
        name: String,
        /// Its id.
        id: Hex<16>,
    },
    /// A venue got another card.
    VenueRenewed {
        /// Its name.
        name: String,
        /// Its id.
        id: Hex<16>,
    },
    /// A venue was withdrawn.
    VenueWithdrawn {
        /// Its name.
        name: String,
        /// Its id.
        id: Hex<16>,
    },
    /// An issuer's operators were confirmed: all of them, in the order of their enrolment.
    OperatorsConfirmed {
        /// What people call the issuer.
        label: String,
        /// Who they are.
        operators: Vec<Operator>,
    },
    /// An issuer's count was taken in.
    Count {
        /// What people call the issuer.
        label: String,
        /// How many lines its log had.
        lines: u64,
        /// The root of its log.
        root: Hex<32>,
    },
    /// An audit flagged something.
    Flag(Flag),
    /// Somebody looked into all flags so far.
    Acknowledged,
    /// A bundle was imported.
    Bundle {
        /// Its number.
        number: u32,
    },
    /// An accreditation was imported.
    Accreditation {
        /// Its epoch.
        epoch: u32,
    },
    /// Handles were imported.
    HandlesAdded {
        /// How many were new.
        count: u32,
    },
    /// An offer was made. No line says which: it would lead to the handle of its pass.
    Offered,
    /// Offers were made for claims. A line for each would stand in the order of the register.
    OfferedToClaims {
        /// How many.
        count: u32,
    },
    /// An open offer was closed before its end. No line says which.
    OfferClosed {
        /// Why.
        why: Closing,
    },
    /// A pass was issued. No line says which, and no two are the same: a log from a backup that was gone on with differs
    /// from the one that was audited.
    Issued {
        /// From what was offered, sealed, which is deleted now: nobody who has the store can find it again.
        once: Hex<8>,
        /// The day that it counts for.
        day: Day,
        /// What it rests on.
        kind: String,
    },
    /// The import of a register began.
    Register {
        /// Digest of the whole file, its map and the rules.
        file: Hex<32>,
    },
    /// The import of a register may make any number of claims.
    RegisterApproved {
        /// Digest of the whole file, its map and the rules.
        file: Hex<32>,
    },
    /// An import made claims.
    Claims {
        /// How many.
        count: u32,
        /// Of which register.
        file: Hex<32>,
    },
    /// The marks of all rows were forgotten.
    RowsForgotten,
    /// A line that this version does not know: of an older or newer one. Its hash still covers it.
    Other {
        /// As it stands there.
        word: String,
        /// As it stands there.
        detail: String,
    },
}

/// What a bundle or a key set stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epochs {
    /// The bundle's number.
    pub bundle: u32,
    /// The key set's number.
    pub key_set: u32,
    /// The newest registry epoch.
    pub registry: u32,
    /// The accreditation epoch.
    pub accreditation: u32,
    /// How many handles of the key set are removed.
    pub removals: u32,
}

impl Epochs {
    /// Of this state.
    #[must_use]
    pub fn of(state: &AuthorityState) -> Self {
        Self {
            bundle: state.version,
            key_set: state.keys.number(),
            registry: state.epochs.last().map_or(0, |epoch| epoch.number),
            accreditation: state.accreditation_epoch,
            removals: state.removals.len(),
        }
    }
}

/// Why an offer was closed before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// The wallet showed another code: somebody may stand between guest and issuer.
    CodesDiffer,
    /// A second request came after the draw was revealed for the first.
    TwoRequests,
    /// The guest went away.
    Left,
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodesDiffer => "the wallet showed another code",
            Self::TwoRequests => "two requests came for it",
            Self::Left => "the guest left",
        })
    }
}

impl Event {
    /// A pass was issued on what was `offered`, as it was stored until now, to the request with this digest: a log that
    /// goes on from a backup with another guest is another log, though the offer is the same.
    #[must_use]
    pub fn issued(offered: &[u8], request: &[u8; 32], day: Day, kind: String) -> Self {
        let digest = (Transcript::new("issued").field(offered).field(request)).digest();
        let once = Hex(*digest.first_chunk().unwrap_or(&[0; 8]));
        Self::Issued { once, day, kind }
    }

    /// The event in a word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Founded { .. } => "founded",
            Self::Rule { .. } => "rule",
            Self::Limit { .. } => "limit",
            Self::Operator { .. } => "operator",
            Self::Approved(_) => "approved",
            Self::Accredited { .. } => "accredited",
            Self::Handles { .. } => "handles",
            Self::Revoked { .. } => "revoked",
            Self::Published(_) => "published",
            Self::Recovered(_) => "recovered",
            Self::Rotated(_) => "rotated",
            Self::VenueRegistered { .. } => "venue registered",
            Self::VenueRenewed { .. } => "venue renewed",
            Self::VenueWithdrawn { .. } => "venue withdrawn",
            Self::OperatorsConfirmed { .. } => "operators confirmed",
            Self::Count { .. } => "count",
            Self::Flag(_) => "flag",
            Self::Acknowledged => "acknowledged",
            Self::Bundle { .. } => "bundle",
            Self::Accreditation { .. } => "accreditation",
            Self::HandlesAdded { .. } => "handles added",
            Self::Offered => "offered",
            Self::OfferedToClaims { .. } => "offered to claims",
            Self::OfferClosed { .. } => "offer closed",
            Self::Issued { .. } => "issued",
            Self::Register { .. } => "register",
            Self::RegisterApproved { .. } => "register approved",
            Self::Claims { .. } => "claims",
            Self::RowsForgotten => "rows forgotten",
            Self::Other { word, .. } => word,
        }
    }

    /// The whole event as JSON, its fields in the order in which they are declared.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Other { detail, .. } => detail.clone(),
            // Numbers, texts and lists of them: there is nothing in it that JSON cannot say.
            known => serde_json::to_string(known).unwrap_or_default(),
        }
    }

    /// The event that [`word`](Self::word) and [`detail`](Self::detail) wrote; [`Event::Other`] for what this
    /// version would have written in another way.
    #[must_use]
    pub fn read(word: &str, detail: &str) -> Self {
        let known = serde_json::from_str::<Self>(detail).ok();
        known
            .filter(|event| event.word() == word && event.detail() == detail)
            .unwrap_or_else(|| Self::Other {
                word: word.to_owned(),
                detail: detail.to_owned(),
            })
    }

    /// What operators must have approved on the line before, where a scheme asks for it.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Handles { count, label } => Some(Subject::Handles {
                count: *count,
                label: label.clone(),
            }),
            Self::Operator { label, key } => Some(Subject::Operator {
                label: label.clone(),
                key: *key,
            }),
            Self::RegisterApproved { file } => Some(Subject::Register { file: *file }),
            Self::RowsForgotten => Some(Subject::RowsForgotten),
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Founded { scheme } => write!(f, "set up for {scheme}"),
            Self::Rule {
                operators,
                import_above,
            } => write!(
                f,
                "{operators} operators approve handles, and more than {import_above} claims a day"
            ),
            Self::Limit { label, per_day: 0 } => write!(f, "{label} may make any number a day"),
            Self::Limit { label, per_day } => write!(f, "{label} may make {per_day} a day"),
            Self::Operator { label, .. } => write!(f, "{label} is an operator"),
            Self::Approved(approval) => write!(f, "approved by {}", approval.names()),
            Self::Accredited { label } => write!(f, "{label} accredited"),
            Self::Handles { count, label } => write!(f, "{count} handles for {label}"),
            Self::Revoked { removal } => write!(f, "removal {removal}"),
            Self::Published(epochs) => write!(f, "published: {epochs}"),
            Self::Recovered(epochs) => write!(f, "recovered from public files: {epochs}"),
            Self::Rotated(epochs) => write!(f, "rotated: {epochs}"),
            Self::VenueRegistered { name, id } => write!(f, "venue {name} registered, {id}"),
            Self::VenueRenewed { name, id } => write!(f, "another card for venue {name}, {id}"),
            Self::VenueWithdrawn { name, id } => write!(f, "venue {name} withdrawn, {id}"),
            Self::OperatorsConfirmed { label, operators } => {
                let names: Vec<_> = operators.iter().map(|one| one.label.as_str()).collect();
                write!(f, "operators of {label} confirmed: {}", names.join(", "))
            }
            Self::Count { label, lines, root } => write!(
                f,
                "count of {label}, whose log has {lines} lines and root {root}"
            ),
            Self::Flag(flag) => write!(f, "FLAG {flag}"),
            Self::Acknowledged => write!(f, "flags acknowledged"),
            Self::Bundle { number } => write!(f, "bundle {number} imported"),
            Self::Accreditation { epoch } => write!(f, "accreditation of epoch {epoch} imported"),
            Self::HandlesAdded { count } => write!(f, "{count} new handles imported"),
            Self::Offered => write!(f, "an offer"),
            Self::OfferedToClaims { count } => write!(f, "{count} offers to claims"),
            Self::OfferClosed { why } => write!(f, "an offer closed: {why}"),
            Self::Issued { day, kind, .. } => write!(f, "issued on {day}, {kind}"),
            Self::Register { file } => write!(f, "register {file} begun"),
            Self::RegisterApproved { file } => write!(f, "register {file} approved"),
            Self::Claims { count, file } => write!(f, "{count} claims of register {file}"),
            Self::RowsForgotten => write!(f, "rows of registers forgotten"),
            Self::Other { word, detail } => write!(f, "{word}: {detail}"),
        }
    }
}

impl fmt::Display for Epochs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "bundle {}, key set {}, registry epoch {}, accreditation epoch {}, {} removals",
            self.bundle, self.key_set, self.registry, self.accreditation, self.removals
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::CountRefusal;

    fn some() -> Vec<Event> {
        let label = || "clinic-7".to_owned();
        let day = Day::from_ymd(2021, 6, 28).unwrap();
        vec![
            Event::Limit {
                label: label(),
                per_day: 3,
            },
            Event::Issued {
                once: Hex([1; 8]),
                day,
                kind: "vaccination".into(),
            },
            Event::Acknowledged,
            Event::Flag(Flag::CountRefused {
                source: "count.vp".into(),
                why: CountRefusal::Older { label: label() },
            }),
        ]
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        for event in some() {
            assert_eq!(Event::read(event.word(), &event.detail()), event);
        }
    }

    #[test]
    fn what_would_be_written_in_another_way_is_not_taken_for_an_event() {
        let other = |word: &str, detail: &str| {
            let read = Event::read(word, detail);
            assert!(matches!(read, Event::Other { .. }), "{word} {detail}");
            assert_eq!((read.word(), &*read.detail()), (word, detail));
        };
        let limit = &some()[0];
        // A line of the version before, another word, spaces, one field more, another order of fields.
        other("limit", "3 a day for clinic-7");
        other("flag", &limit.detail());
        other("limit", &limit.detail().replace(':', ": "));
        other("limit", &limit.detail().replace("}}", ",\"x\":1}}"));
        other("limit", r#"{"limit":{"per_day":3,"label":"clinic-7"}}"#);
    }
}
