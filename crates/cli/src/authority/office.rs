//! An authority's folder: its keys, its store, and how a change is made.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::Context;
use crate::keys::Passphrase;
use crate::report::Failure;
use veilpass::registry::RegistryKey;
use veilpass::scheme::{AccreditationKey, BundleKey, IssuerPublic};
use veilpass::{Authority, AuthorityKeys, AuthorityState, Published};
use veilpass_app::approval::Approval;
use veilpass_app::store::{AuthorityChange, AuthorityStore, Revision, StoreError};
use veilpass_sqlite::SqliteAuthority;

/// α and the bundle key: used daily.
pub(super) const ONLINE: &str = "online.age";
/// γ: used to accredit; keep it in a safe between.
pub(super) const COLD: &str = "accreditation.age";
/// Keys that a rotation made and has not put in force yet.
pub(super) const NEXT: &str = "next";
pub(super) const DATABASE: &str = "authority.db";

/// How often a change is tried again when another process was faster.
const TRIES: usize = 20;

/// An authority's folder, open, with the bytes of its keys.
pub(super) struct Office {
    dir: PathBuf,
    pub(super) store: SqliteAuthority,
    pub(super) passphrase: Passphrase,
    /// α ‖ bundle key.
    online: Zeroizing<Vec<u8>>,
    /// γ, if it was asked for.
    cold: Option<Zeroizing<Vec<u8>>>,
}

impl Office {
    pub(super) fn open(context: &Context, dir: &Path, cold: bool) -> Result<Self, Failure> {
        let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), false))?;
        let passphrase = context.passphrase.ask("the authority")?;
        let mut office = Self {
            dir: dir.to_owned(),
            online: passphrase.open(&dir.join(ONLINE))?,
            cold: cold
                .then(|| passphrase.open(&dir.join(COLD)))
                .transpose()
                .map_err(|error| Failure::from(error).about("the accreditation key is needed"))?,
            passphrase,
            store,
        };
        office.finish_rotation(context)?;
        Ok(office)
    }

    pub(super) fn keys(&self) -> Result<AuthorityKeys, Failure> {
        let (registry, bundle) = read_online(&self.online, ONLINE)?;
        Ok(AuthorityKeys {
            accreditation: (self.cold.as_ref())
                .map(|bytes| AccreditationKey::from_bytes(bytes))
                .transpose()?,
            registry,
            bundle,
        })
    }

    /// The issuer called `label`.
    pub(super) fn issuer(&self, context: &Context, label: &str) -> Result<IssuerPublic, Failure> {
        let issuer = context.wait(self.store.issuer(label))?;
        issuer.ok_or_else(|| {
            Failure::bad(format!(
                "there is no issuer called {label}; `authority audit` lists them"
            ))
        })
    }

    pub(super) fn load(&self, context: &Context) -> Result<(Revision, Authority), Failure> {
        let (revision, state) = context.wait(self.store.load())?;
        Ok((revision, Authority::resume(state, self.keys()?)?))
    }

    /// Loads, lets `change` work on the authority, stores what it says; again if another process was
    /// faster.
    pub(super) fn change<T>(
        &self,
        context: &Context,
        mut change: impl FnMut(&mut Authority) -> Result<Made<T>, Failure>,
    ) -> Result<T, Failure> {
        for _ in 0..TRIES {
            let (revision, mut authority) = self.load(context)?;
            let made = change(&mut authority)?;
            let state = authority.state();
            let change = made.as_change(&state);
            let stored = self.store.apply(revision, &change, context.now());
            match context.wait(stored) {
                Ok(()) => return Ok(made.value),
                Err(StoreError::Conflict) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Keys that were written ahead of a rotation are in force if the database says so.
    pub(super) fn finish_rotation(&mut self, context: &Context) -> Result<(), Failure> {
        let next = self.dir.join(format!("{ONLINE}.{NEXT}"));
        if !next.exists() {
            return Ok(());
        }
        let (_, state) = context.wait(self.store.load())?;
        let online = self.passphrase.open(&next)?;
        let (alpha, _) = read_online(&online, &next.display().to_string())?;
        if *alpha.public() != state.keys.registry {
            return Ok(());
        }
        let cold = self.dir.join(format!("{COLD}.{NEXT}"));
        if cold.exists() {
            let gamma = self.passphrase.open(&cold)?;
            if *AccreditationKey::from_bytes(&gamma)?.public() == state.keys.accreditation {
                std::fs::rename(&cold, self.dir.join(COLD))?;
                self.cold = self.cold.as_ref().map(|_| gamma);
            }
        }
        std::fs::rename(&next, self.dir.join(ONLINE))?;
        self.online = online;
        Ok(())
    }
}

/// What a change made, and how the store calls it.
pub(super) struct Made<T> {
    pub(super) value: T,
    pub(super) kind: MadeKind,
}

pub(super) enum MadeKind {
    Accredited {
        label: String,
    },
    Drawn {
        approval: Option<Approval>,
        label: String,
        ids: Vec<[u8; 32]>,
    },
    Removed([u8; 32]),
    Published(Published),
}

impl<T> Made<T> {
    fn as_change<'a>(&'a self, state: &'a AuthorityState) -> AuthorityChange<'a> {
        match &self.kind {
            MadeKind::Accredited { label } => AuthorityChange::Accredited { label, state },
            MadeKind::Drawn {
                approval,
                label,
                ids,
            } => AuthorityChange::Drawn {
                approval: approval.as_ref(),
                label,
                ids,
            },
            MadeKind::Removed(id) => AuthorityChange::Removed { id, state },
            MadeKind::Published(bundle) => AuthorityChange::Published { state, bundle },
        }
    }
}

/// α and the bundle key, as [`split`] wrote them.
fn read_online(bytes: &[u8], name: &str) -> Result<(RegistryKey, BundleKey), Failure> {
    let other = || {
        Failure::bad(format!(
            "{name} holds no keys for daily use; restore it from a backup"
        ))
    };
    let (registry, bundle) = bytes.split_at_checked(32).ok_or_else(other)?;
    let registry = RegistryKey::from_bytes(registry).map_err(|_| other())?;
    let bundle = BundleKey::from_bytes(bundle).map_err(|_| other())?;
    Ok((registry, bundle))
}

pub(super) fn split(keys: &AuthorityKeys) -> Zeroizing<Vec<u8>> {
    let mut online = Zeroizing::new(Vec::with_capacity(64));
    online.extend_from_slice(&*keys.registry.expose_bytes());
    online.extend_from_slice(&*keys.bundle.expose_bytes());
    online
}
