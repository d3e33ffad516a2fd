//! The authority's keys: α and the bundle key, used daily, under one name; γ under another, so that it can be
//! away. And how the keys of a rotation come in force.
//!
//! New keys are sealed before the state that needs them is stored, under names of their own, and the old ones stay
//! until after. Whatever stops a rotation, the state says which keys are in force: if the store has the new
//! public keys, [`KeyRing::recover`] gives the new keys their names; else they never came into force.

use zeroize::Zeroizing;

use super::error::AuthorityRoleError;
use crate::ports::{KeyError, Keys, names};
use veilpass::registry::RegistryKey;
use veilpass::scheme::{AccreditationKey, BundleKey};
use veilpass::{AuthorityKeys, AuthorityState};

/// Which keys the role needs for what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysNeeded {
    /// α and the bundle key.
    Daily,
    /// These and γ: to accredit, to begin an accreditation epoch, to replace γ.
    All,
}

/// The keys at hand, as bytes: [`veilpass::Authority`] takes keys whenever it is resumed.
pub(super) struct KeyRing {
    /// α ‖ bundle key, 64 bytes.
    daily: Zeroizing<Vec<u8>>,
    /// What their place calls them.
    called: String,
    /// γ, if it was asked for.
    accreditation: Option<Zeroizing<Vec<u8>>>,
}

impl KeyRing {
    pub(super) fn open(keys: &impl Keys, needed: KeysNeeded) -> Result<Self, AuthorityRoleError> {
        let daily = keys.open(names::ONLINE)?;
        let accreditation = match needed {
            KeysNeeded::Daily => None,
            KeysNeeded::All => Some(
                (keys.open(names::ACCREDITATION)).map_err(AuthorityRoleError::AccreditationKey)?,
            ),
        };
        Ok(Self {
            daily,
            called: keys.called(names::ONLINE),
            accreditation,
        })
    }

    /// Seals the keys of a scheme that is being founded. The ring has no γ.
    pub(super) fn seal_first(keys: &impl Keys, made: &AuthorityKeys) -> Result<Self, KeyError> {
        let names = [names::ONLINE, names::ACCREDITATION];
        seal(keys, made, names, KeysNeeded::All)?;
        Ok(Self {
            daily: daily_bytes(made),
            called: keys.called(names::ONLINE),
            accreditation: None,
        })
    }

    /// Seals the keys of a rotation under names of their own, γ only if it is another one: the ring that is in
    /// force once the state is stored.
    pub(super) fn seal_next(
        keys: &impl Keys,
        made: &AuthorityKeys,
        replaced: KeysNeeded,
    ) -> Result<Self, KeyError> {
        let next = [names::ONLINE, names::ACCREDITATION].map(names::next);
        seal(keys, made, next.each_ref().map(String::as_str), replaced)?;
        let accreditation = made.accreditation.as_ref();
        Ok(Self {
            daily: daily_bytes(made),
            called: keys.called(names::ONLINE),
            accreditation: accreditation.map(|key| Zeroizing::new(key.expose_bytes().to_vec())),
        })
    }

    /// The keys, for the library.
    pub(super) fn keys(&self) -> Result<AuthorityKeys, AuthorityRoleError> {
        let (registry, bundle) = daily_keys(&self.daily, &self.called)?;
        let accreditation = (self.accreditation.as_ref())
            .map(|bytes| AccreditationKey::from_bytes(bytes))
            .transpose()?;
        Ok(AuthorityKeys {
            accreditation,
            registry,
            bundle,
        })
    }

    /// Whether a rotation left keys that may be in force.
    pub(super) fn is_interrupted(keys: &impl Keys) -> bool {
        keys.has(&names::next(names::ONLINE))
    }

    /// Gives the keys of a rotation their names, if the state needs them.
    pub(super) fn recover(
        &mut self,
        keys: &impl Keys,
        state: &AuthorityState,
    ) -> Result<(), AuthorityRoleError> {
        let next = names::next(names::ONLINE);
        let daily = keys.open(&next)?;
        let (registry, _) = daily_keys(&daily, &keys.called(&next))?;
        if !state.keys.has_registry_key(&registry) {
            return Ok(());
        }
        // γ first: while the others have not got their name, this is done again.
        let next_accreditation = names::next(names::ACCREDITATION);
        if keys.has(&next_accreditation) {
            let bytes = keys.open(&next_accreditation)?;
            if (state.keys).has_accreditation_key(&AccreditationKey::from_bytes(&bytes)?) {
                keys.rename(&next_accreditation, names::ACCREDITATION)?;
                self.accreditation = self.accreditation.as_ref().map(|_| bytes);
            }
        }
        keys.rename(&next, names::ONLINE)?;
        self.daily = daily;
        Ok(())
    }
}

/// Deletes keys of a rotation that certainly never came into force. What cannot be deleted is harmless:
/// [`KeyRing::recover`] sees that the state does not need it.
pub(super) fn forget_next(keys: &impl Keys) {
    for name in [names::ONLINE, names::ACCREDITATION] {
        let _ = keys.delete(&names::next(name));
    }
}

fn seal(
    keys: &impl Keys,
    made: &AuthorityKeys,
    [daily, accreditation]: [&str; 2],
    which: KeysNeeded,
) -> Result<(), KeyError> {
    keys.seal(daily, &daily_bytes(made))?;
    match (which, &made.accreditation) {
        (KeysNeeded::All, Some(key)) => keys.seal(accreditation, &*key.expose_bytes()),
        _ => Ok(()),
    }
}

/// α ‖ bundle key, 64 bytes.
fn daily_bytes(keys: &AuthorityKeys) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64));
    bytes.extend_from_slice(&*keys.registry.expose_bytes());
    bytes.extend_from_slice(&*keys.bundle.expose_bytes());
    bytes
}

/// α and the bundle key of such bytes.
fn daily_keys(bytes: &[u8], called: &str) -> Result<(RegistryKey, BundleKey), AuthorityRoleError> {
    let other = || AuthorityRoleError::NotDailyKeys {
        name: called.to_owned(),
    };
    let (registry, bundle) = bytes.split_at_checked(32).ok_or_else(other)?;
    let registry = RegistryKey::from_bytes(registry).map_err(|_| other())?;
    let bundle = BundleKey::from_bytes(bundle).map_err(|_| other())?;
    Ok((registry, bundle))
}
