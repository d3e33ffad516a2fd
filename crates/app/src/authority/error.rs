//! Why the authority's role does not do what it was asked.

use crate::approval::ApprovalError;
use crate::error::{Class, Classified};
use crate::log::{Flag, NotWhole};
use crate::ports::KeyError;
use crate::store::StoreError;
use veilpass::DecodeError;
use veilpass::registry::RegistryError;
use veilpass_evidence::rules::RulesError;

/// Why the authority's role does not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityRoleError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys for daily use.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// γ is needed, and cannot be had.
    #[error("the accreditation key is needed: {0}")]
    AccreditationKey(KeyError),
    /// What was opened in the place of the keys for daily use is something else.
    #[error("{name} holds no keys for daily use; restore it from a backup")]
    NotDailyKeys {
        /// As its place calls it.
        name: String,
    },
    /// Bytes that are not what they must be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The library's authority cannot do it with these keys and this state.
    #[error(transparent)]
    Authority(#[from] veilpass::AuthorityError),
    /// The issuer's registration does not verify.
    #[error(transparent)]
    Registration(veilpass::Error),
    /// The issuer is not accredited, for a reason of the scheme.
    #[error(transparent)]
    NotAccredited(veilpass::AuthorityError),
    /// The venue's registration does not verify.
    #[error(
        "the venue's registration is not of this scheme, or was changed on the way; let the venue make it again"
    )]
    Venue(veilpass::Error),
    /// No card can say this.
    #[error(transparent)]
    Card(veilpass::scheme::SchemaError),
    /// No venue that stands has this name.
    #[error("no venue that stands is called {0}; `authority venues` lists them")]
    NoVenue(String),
    /// A venue asks for another name than it has.
    #[error(
        "the venue is called {registered}, and its registration says {asked}: a name is for ever; withdraw the venue and \
         register it under the other name"
    )]
    VenueName {
        /// The name that it has.
        registered: String,
        /// The name of the registration.
        asked: String,
    },
    /// No policy has this name.
    #[error("there is no policy {name}; the scheme has {}", known.join(", "))]
    NoPolicy {
        /// As it was given.
        name: String,
        /// The policies that there are.
        known: Vec<String>,
    },
    /// The issuer has another name.
    #[error(
        "this issuer is called {0} here already: give that label, or let the issuer make a new key"
    )]
    Known(String),
    /// Another issuer has this name.
    #[error("there is another issuer called {0} already; choose another label")]
    LabelTaken(String),
    /// Another issuer or venue has a name that looks the same.
    #[error(
        "{new:?} looks like {known:?}, which is there already: people would take one for the other; choose another name"
    )]
    LooksLike {
        /// The new name.
        new: String,
        /// The one that is there.
        known: String,
    },
    /// No issuer has this name.
    #[error("there is no issuer called {0}; `authority audit` lists them")]
    NoIssuer(String),
    /// The issuer was accredited once.
    #[error("{0} is not accredited any more")]
    AccreditedNoMore(String),
    /// A handle cannot be drawn.
    #[error(transparent)]
    Handle(#[from] RegistryError),
    /// A limit in the store is no limit.
    #[error("an issuer's limit is damaged; restore a backup")]
    LimitDamaged,
    /// An issuer's operators are not those that were confirmed, followed by new ones.
    #[error(
        "the operators that {0} counts are not those whom you confirmed, followed by new ones: audit the count, and clear \
         it up with {0}"
    )]
    OperatorsReplaced(String),
    /// The count that names operators is not one to go by.
    #[error(
        "{}: an audit would flag this count: {}; audit it, and clear it up with {label} first",
        name,
        in_words(flags)
    )]
    CountFlagged {
        /// What its bearer calls it.
        name: String,
        /// Whose it is.
        label: String,
        /// What is wrong.
        flags: Vec<Flag>,
    },
    /// A list of operators in the store is none.
    #[error("the confirmed operators of {0} are damaged; restore a backup")]
    OperatorsDamaged(String),
    /// The rule on operators in the store is none.
    #[error("the rule on operators is damaged; restore a backup")]
    ReleaseRuleDamaged,
    /// By the clock it is not when it can be.
    #[error("{0}; if it is right now, add --yes")]
    ClockDoubted(ClockDoubt),
    /// What is published already cannot be compared with. Were it written over, nobody could tell any more what
    /// it was.
    #[error(
        "{name} is damaged, or of another scheme: name the folder with this scheme's public files (--public), or \
         fetch them again"
    )]
    PublishedUnreadable {
        /// As its place calls it.
        name: String,
    },
    /// What is published already is newer than the store.
    #[error(
        "bundle {public} is public already, but this database knows of {known} only: it is older than what \
         was published; restore a newer backup, or take back what was published with `authority recover`"
    )]
    Behind {
        /// The bundle that is public.
        public: u32,
        /// The newest that the store knows.
        known: u32,
    },
    /// What is published has the store's number, and is something else.
    #[error(
        "the bundle {0} that is public is not the one that this database made: this number was given out twice; find \
         out which of the two is known to whom, and go on with the database that made it"
    )]
    Forked(u32),
    /// The public files are not where they were put.
    #[error(
        "the public files are not in {place} any more, so this database cannot be compared with what was published: \
         fetch the newest bundle.vp and holders.vp, and name their folder with --public"
    )]
    PublicMissing {
        /// Where they were.
        place: String,
    },
    /// What is public was put elsewhere since.
    #[error(
        "what is public is somewhere else by now, and {place} is out of date: name the newest folder with --public; \
         if it is this one, because a copy of this database published elsewhere, delete the file `moved` in it"
    )]
    PublicMoved {
        /// Where it was.
        place: String,
    },
    /// The public files cannot be read back.
    #[error("the public files cannot be taken back: {0}")]
    PublicUnreadable(veilpass::scheme::BundleError),
    /// The two public bundles are not of one publication.
    #[error(
        "bundle.vp has number {verifiers} and holders.vp number {holders}, and they are not of one publication; fetch \
         the newest of both"
    )]
    PublicDiffers {
        /// The verifiers' number.
        verifiers: u32,
        /// The holders' number.
        holders: u32,
    },
    /// Nothing can be taken back from the public files.
    #[error(transparent)]
    Recover(veilpass::RecoverError),
    /// The keys at hand are older than what is public.
    #[error(
        "the public files have key set {key_set}, and the keys here are of another one: restore the keys from a \
         backup made after that rotation; nobody else has them"
    )]
    OlderKeys {
        /// The key set that is public.
        key_set: u32,
    },
    /// Operators did not approve.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The log is not whole.
    #[error(transparent)]
    Log(#[from] NotWhole),
    /// What was sent as a count cannot be taken for one.
    #[error("{name}: {why}")]
    Count {
        /// What its bearer calls it.
        name: String,
        /// Why not.
        why: CountFlaw,
    },
    /// A count in the store does not verify.
    #[error("the count of {0} is damaged; take it in again")]
    CountDamaged(String),
    /// The rules are not of the right form.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

fn in_words(flags: &[Flag]) -> String {
    let flags: Vec<_> = flags.iter().map(Flag::to_string).collect();
    flags.join("; ")
}

/// Why the clock cannot be right, or was not when the last registry epoch was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockDoubt {
    /// The last bundle was published in the future.
    #[error(
        "the last bundle was published later than now: the clock is wrong, or was when it was published"
    )]
    EpochAhead,
    /// The last bundle was published long ago.
    #[error("the last bundle was published more than a month ago, if the clock is right")]
    LongPause,
}

/// Why something is no count of an issuer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CountFlaw {
    /// It does not decode.
    #[error(transparent)]
    Decode(DecodeError),
    /// It names an issuer that was never accredited here.
    #[error("the count is of an issuer that is unknown here")]
    UnknownIssuer,
    /// The issuer that it names did not sign it.
    #[error("{0} did not sign this count")]
    NotSigned(String),
}

impl Classified for CountFlaw {
    fn class(&self) -> Class {
        match self {
            Self::Decode(_) => Class::Bad,
            Self::UnknownIssuer | Self::NotSigned(_) => Class::Refused,
        }
    }
}

impl Classified for AuthorityRoleError {
    fn class(&self) -> Class {
        match self {
            Self::Registration(_)
            | Self::Venue(_)
            | Self::VenueName { .. }
            | Self::NotAccredited(_)
            | Self::LabelTaken(_)
            | Self::Known(_)
            | Self::LooksLike { .. }
            | Self::AccreditedNoMore(_)
            | Self::OperatorsReplaced(_)
            | Self::CountFlagged { .. }
            | Self::ClockDoubted(_)
            | Self::PublishedUnreadable { .. }
            | Self::Behind { .. }
            | Self::Forked(_)
            | Self::PublicMissing { .. }
            | Self::PublicMoved { .. }
            | Self::PublicUnreadable(_)
            | Self::PublicDiffers { .. }
            | Self::Recover(_) => Class::Refused,
            Self::Log(why) => why.class(),
            Self::Approval(error) => error.class(),
            Self::Count { why, .. } => why.class(),
            Self::Store(_)
            | Self::Keys(_)
            | Self::AccreditationKey(_)
            | Self::NotDailyKeys { .. }
            | Self::OlderKeys { .. }
            | Self::Decode(_)
            | Self::Authority(_)
            | Self::NoIssuer(_)
            | Self::NoVenue(_)
            | Self::NoPolicy { .. }
            | Self::Card(_)
            | Self::Handle(_)
            | Self::LimitDamaged
            | Self::ReleaseRuleDamaged
            | Self::OperatorsDamaged(_)
            | Self::CountDamaged(_)
            | Self::Rules(_) => Class::Bad,
        }
    }
}
