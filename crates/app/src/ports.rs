//! What a role needs of the place where it runs. A terminal, a page and a server each bring their own.
//!
//! Randomness is no port: functions that need it take a generator as an argument.

use veilpass::scheme::{UnixTime, Zone};
use zeroize::Zeroizing;

/// The clock of the place.
pub trait Clock: Sync {
    /// Now, in Unix seconds.
    fn now(&self) -> i64;
    /// Whether somebody has set it to a moment of their choice. Whoever shows what came of it says so.
    fn is_set(&self) -> bool {
        false
    }
    /// The zone of the scheme, which the role says before it needs the time: for a clock that was set by local time.
    fn in_zone(&self, _: &Zone) {}
}

/// A fixed moment: for tests and rehearsals.
impl Clock for i64 {
    fn now(&self) -> i64 {
        *self
    }
    fn is_set(&self) -> bool {
        true
    }
}

/// The name that stores of issuers and verifiers have for it: founded for rehearsal. Those who sign and those who let
/// in depend on the time so much that only a rehearsal may choose it.
pub(crate) const REHEARSAL: &str = "rehearsal";

/// The clock was set, and the role was not founded for rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock is set by --at or VEILPASS_AT, and this folder was not founded for rehearsal; leave both out, or \
     found another folder with `init --rehearsal`"
)]
pub struct SetClock;

/// The moment, by a clock that nobody has set, except in a rehearsal.
///
/// # Errors
/// [`SetClock`].
pub(crate) fn trusted(clock: &impl Clock, rehearsal: bool) -> Result<UnixTime, SetClock> {
    if clock.is_set() && !rehearsal {
        return Err(SetClock);
    }
    Ok(UnixTime::from_seconds(clock.now()))
}

/// Secrets at rest, sealed under what their owner knows or has. A secret has a name within its role
/// ([`names`]).
pub trait Keys {
    /// Opens a secret.
    ///
    /// # Errors
    /// There is none of this name, what its owner gave does not open it, or it is damaged.
    fn open(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError>;
    /// Keeps a secret under a name, in the place of what had the name before; it is durable before this returns.
    ///
    /// # Errors
    /// It cannot be kept.
    fn seal(&self, name: &str, secret: &[u8]) -> Result<(), KeyError>;
    /// Whether there is a secret of this name.
    fn has(&self, name: &str) -> bool;
    /// Gives the secret `from` the name `to`, in the place of what had that name, in one step.
    ///
    /// # Errors
    /// It cannot be done; then everything is as before.
    fn rename(&self, from: &str, to: &str) -> Result<(), KeyError>;
    /// Deletes a secret, if it is there.
    ///
    /// # Errors
    /// It cannot be deleted.
    fn delete(&self, name: &str) -> Result<(), KeyError>;
    /// What the place calls the secret of this name, a file for example: for messages.
    fn called(&self, name: &str) -> String {
        name.to_owned()
    }
}

/// Refuses to set a role up where there are secrets already: nothing may replace them.
///
/// # Errors
/// [`KeyError::WithoutState`].
pub fn none_yet(keys: &impl Keys, names: &[&str]) -> Result<(), KeyError> {
    match names.iter().find(|name| keys.has(name)) {
        None => Ok(()),
        Some(name) => Err(KeyError::WithoutState {
            name: keys.called(name),
        }),
    }
}

/// The same place, lent.
impl<K: Keys + ?Sized> Keys for &K {
    fn open(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        (**self).open(name)
    }
    fn seal(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        (**self).seal(name, secret)
    }
    fn has(&self, name: &str) -> bool {
        (**self).has(name)
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), KeyError> {
        (**self).rename(from, to)
    }
    fn delete(&self, name: &str) -> Result<(), KeyError> {
        (**self).delete(name)
    }
    fn called(&self, name: &str) -> String {
        (**self).called(name)
    }
}

/// Why a secret cannot be had or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no secret of this name.
    #[error("cannot read {name}: there is no such file or folder; check the name")]
    Missing {
        /// As its place calls it.
        name: String,
    },
    /// What the owner gave does not open it.
    #[error("{name}: the passphrase is wrong, or the file is damaged")]
    Wrong {
        /// As its place calls it.
        name: String,
    },
    /// It was opened, and is not what it must be.
    #[error("{name}: {why}")]
    Damaged {
        /// As its place calls it.
        name: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// It is there, and the state that it belongs to is not.
    #[error(
        "{name} is there, but no database that belongs to it: restore the database from a backup; only if \
         nothing was ever set up with these keys, move them away"
    )]
    WithoutState {
        /// As its place calls it.
        name: String,
    },
    /// The place fails: permissions, a full disk, nobody to ask for a passphrase.
    #[error("{0}")]
    Place(String),
}

/// There is nobody who could be asked: what the place says of that, the question and how else it can be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NobodyToAsk(pub String);

/// The names of secrets. A dot and a word after a name tell a version of that secret: see [`next`](names::next).
pub mod names {
    /// The authority's keys for daily use: α ‖ bundle key.
    pub const ONLINE: &str = "online";
    /// The authority's accreditation key γ.
    pub const ACCREDITATION: &str = "accreditation";
    /// An issuer's key.
    pub const ISSUER: &str = "issuer";
    /// A holder's wallet.
    pub const WALLET: &str = "wallet";

    /// The name of what takes the place of `name` once it is in force.
    #[must_use]
    pub fn next(name: &str) -> String {
        format!("{name}.next")
    }
}

/// Shows how far long work has come. Every method may be called from any thread.
pub trait Progress: Sync {
    /// Work of so many parts begins.
    fn begin(&self, work: Work, parts: u64);
    /// So many more parts are done.
    fn advance(&self, parts: u64);
    /// The work is done.
    fn end(&self);
}

/// Work that takes long enough to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// Requests are answered.
    Requests,
    /// Rows of a register are read.
    Rows,
    /// Passes are made, for strips.
    Strips,
    /// Offers are made.
    Offers,
    /// Handles are drawn.
    Handles,
    /// Published parts are fetched.
    Parts,
}

/// Nobody is shown anything.
impl Progress for () {
    fn begin(&self, _: Work, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

/// Asks a person for a yes before something that cannot be taken back.
pub trait Confirm {
    /// Whether the person agrees.
    ///
    /// # Errors
    /// Nobody can be asked here.
    fn confirm(&self, question: &Confirmation<'_>) -> Result<bool, NobodyToAsk>;
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confirmation<'a> {
    /// Does the holder's screen show the same code (docs/protocol.md, 3.2)?
    SameCode {
        /// The code on this side.
        code: &'a str,
        /// The bytes of the draw, which the holder's wallet must have first.
        draw: &'a [u8],
    },
    /// The clock does not look right: is it?
    ClockIsRight {
        /// Now, in Unix seconds, by the clock.
        now: i64,
    },
}
