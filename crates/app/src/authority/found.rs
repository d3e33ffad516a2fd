//! Founding a scheme.

use super::AuthorityRole;
use super::error::AuthorityRoleError;
use super::key_ring::KeyRing;
use super::limits;
use super::publish::{Accreditations, Begins, ClockTrust, Lifetimes, Publication, PublishOptions};
use super::scheme_file::SchemeDefinition;
use crate::ports::{self, Clock, Keys, names};
use crate::store::{AuthorityChange, AuthorityStore, StoreError};
use rand_core::CryptoRng;
use veilpass::Authority;
use veilpass::scheme::IssuerMode;

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Founds a scheme in an empty store, seals its keys, and publishes its first bundle.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] if there is a scheme; [`ports::KeyError::WithoutState`] if there are keys;
    /// [`AuthorityRoleError::Authority`] if a policy does not fit the schema; [`AuthorityRoleError`].
    pub async fn found<R: CryptoRng + ?Sized>(
        store: S,
        keys: &impl Keys,
        definition: SchemeDefinition,
        lifetimes: Lifetimes,
        clock: &impl Clock,
        rng: &mut R,
    ) -> Result<(Self, Publication), AuthorityRoleError> {
        match store.load().await {
            Err(StoreError::Empty) => {}
            Ok(_) => return Err(StoreError::NotEmpty.into()),
            Err(other) => return Err(other.into()),
        }
        ports::none_yet(keys, &[names::ONLINE, names::ACCREDITATION])?;
        let SchemeDefinition {
            name,
            schema,
            zone,
            venues,
            policies,
            renewals,
            release,
            rehearsal,
        } = definition;
        let mode = IssuerMode::Hidden;
        let mut authority = Authority::found(&name, schema, mode, zone, venues, policies, rng)?;
        authority.set_renewals(renewals)?;
        // Keys before the state that needs them: whatever stops the program, nothing is founded on keys that
        // are nowhere.
        let founded = authority.state();
        let ring = KeyRing::seal_first(keys, &authority.into_keys())?;
        if let Some(rule) = release {
            limits::set_release_rule(&store, rule, clock.now()).await?;
        }
        if rehearsal {
            store.put(ports::REHEARSAL, b"1", &[], clock.now()).await?;
        }
        let change = AuthorityChange::Founded(&founded);
        store.apply(0, &change, clock.now()).await?;
        let role = Self { store, keys: ring };
        let first = PublishOptions {
            begins: Begins::Now,
            lifetimes,
            clock: ClockTrust::Doubted,
        };
        let publication = (role.publish(Accreditations::Stay, &first, clock, rng)).await?;
        Ok((role, publication))
    }
}
