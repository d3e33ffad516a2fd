//! What concerns issuers: accreditation, limits, handles, revocation, rules.

use zeroize::Zeroizing;

use super::error::AuthorityRoleError;
use super::{AuthorityRole, Change};
use super::{limits, operators};
use crate::approval::{self, Operator, OperatorKey, Operators, Subject};
use crate::ports::{Clock, Progress, Work};
use crate::store::AuthorityStore;
use rand_core::CryptoRng;
use veilpass::Authority;
use veilpass::registry::{Handle, RegistryError};
use veilpass::scheme::{Accreditation, IssuerPublic, Limits, UnixTime, UnverifiedIssuer};

/// An issuer that is accredited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accredited {
    /// The accreditation epoch.
    pub epoch: u32,
    /// Its accreditation with its limits, signed, for the issuer to import.
    pub accreditation: Vec<u8>,
}

/// What came of a list of handles that were to be revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// How many were.
    pub revoked: u32,
    /// Which were not, by name, and why.
    pub refused: Vec<([u8; 32], RegistryError)>,
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// Accredits the issuer of this registration, or gives it its accreditation once more; takes a role opened
    /// with [`KeysNeeded::All`](super::KeysNeeded::All). `per_day` is how many passes a day it may make, 0 any
    /// number; `None` leaves that as it is.
    ///
    /// # Errors
    /// [`AuthorityRoleError::Registration`], [`AuthorityRoleError::LabelTaken`],
    /// [`AuthorityRoleError::NotAccredited`]; [`AuthorityRoleError`].
    pub async fn accredit(
        &self,
        label: &str,
        registration: &UnverifiedIssuer,
        per_day: Option<u32>,
        clock: &impl Clock,
    ) -> Result<Accredited, AuthorityRoleError> {
        let known = self.store.issuer(label).await?;
        let (_, authority) = self.load().await?;
        let issuer =
            (registration.verify(authority.scheme())).map_err(AuthorityRoleError::Registration)?;
        let accreditation = match (known, authority.accreditation(&issuer)) {
            // The accreditation went astray, or its limit changes: the same once more.
            (Some(known), Some(accreditation)) if known == issuer => accreditation,
            (Some(_), _) => return Err(AuthorityRoleError::LabelTaken(label.to_owned())),
            (None, _) => {
                let changed = self.change(clock, |authority| {
                    let accreditation = (authority.accredit(registration))
                        .map_err(AuthorityRoleError::NotAccredited)?;
                    let label = label.to_owned();
                    Ok((accreditation, Change::Accredited { label }))
                });
                changed.await?
            }
        };
        if let Some(per_day) = per_day {
            limits::set_per_day(&self.store, label, per_day, clock.now()).await?;
        }
        let accredited = (&issuer, accreditation);
        let signed = self.signed_accreditation(&authority, label, accredited, clock);
        Ok(Accredited {
            epoch: accreditation.epoch(),
            accreditation: signed.await?,
        })
    }

    /// Changes how many passes a day an issuer may make, 0 for any number; its accreditation with the new limit.
    ///
    /// # Errors
    /// [`AuthorityRoleError::NoIssuer`], [`AuthorityRoleError::AccreditedNoMore`]; [`AuthorityRoleError`].
    pub async fn limit(
        &self,
        label: &str,
        per_day: u32,
        clock: &impl Clock,
    ) -> Result<Accredited, AuthorityRoleError> {
        let issuer = self.issuer(label).await?;
        let (_, authority) = self.load().await?;
        let accreditation = (authority.accreditation(&issuer))
            .ok_or_else(|| AuthorityRoleError::AccreditedNoMore(label.to_owned()))?;
        limits::set_per_day(&self.store, label, per_day, clock.now()).await?;
        let accredited = (&issuer, accreditation);
        let signed = self.signed_accreditation(&authority, label, accredited, clock);
        Ok(Accredited {
            epoch: accreditation.epoch(),
            accreditation: signed.await?,
        })
    }

    /// An issuer's accreditation with its limits, signed.
    pub(super) async fn signed_accreditation(
        &self,
        authority: &Authority,
        label: &str,
        (issuer, accreditation): (&IssuerPublic, Accreditation),
        clock: &impl Clock,
    ) -> Result<Vec<u8>, AuthorityRoleError> {
        let rule = limits::release_rule(&self.store).await?;
        let limits = Limits {
            at: UnixTime::from_seconds(clock.now()),
            per_day: limits::per_day(&self.store, label).await?,
            operators: rule.operators,
            import_above: rule.import_above,
            operators_digest: Operator::digest(&operators::confirmed(&self.store, label).await?),
        };
        let (scheme, key) = (authority.scheme().id(), &self.keys.keys()?.bundle);
        Ok(key.sign_accreditation(scheme, &issuer.id(), &accreditation, &limits))
    }

    /// Draws handles for an issuer's pool: the signed file of them, which is as good as so many passes. `approving`
    /// are operators, as many as [`needed`](Self::needed) says.
    ///
    /// # Errors
    /// [`AuthorityRoleError::NoIssuer`], [`AuthorityRoleError::AccreditedNoMore`],
    /// [`AuthorityRoleError::Approval`]; [`AuthorityRoleError`].
    pub async fn draw_handles<R: CryptoRng + ?Sized>(
        &self,
        (label, count): (&str, u32),
        approving: &[OperatorKey],
        clock: &impl Clock,
        progress: &impl Progress,
        rng: &mut R,
    ) -> Result<Zeroizing<Vec<u8>>, AuthorityRoleError> {
        let issuer = self.issuer(label).await?;
        let subject = Subject::Handles {
            count,
            label: label.to_owned(),
        };
        let (needed, known) = (self.needed().await?, Operators::of(&self.store).await?);
        // An approval is for one moment: that of the line which it allows, however long drawing takes.
        let at = clock.now();
        let approval = approval::approve(subject, &needed, &known, approving, at, rng)?;
        // Handles that are drawn and then lost are no loss; handles that are out and unknown would be.
        let changed = self.change(&at, |authority| {
            if authority.accreditation(&issuer).is_none() {
                return Err(AuthorityRoleError::AccreditedNoMore(label.to_owned()));
            }
            let handles = draw(authority, count, progress, rng)?;
            let change = Change::Drawn {
                approval: approval.clone(),
                label: label.to_owned(),
                ids: handles.iter().map(Handle::id).collect(),
            };
            Ok(((*authority.scheme().id(), handles), change))
        });
        let (scheme, handles) = changed.await?;
        let key = &self.keys.keys()?.bundle;
        Ok(key.sign_handles(&scheme, &issuer.id(), &handles))
    }

    /// Revokes handles by name, each for itself: one that is refused does not keep the others. Verifiers learn it
    /// with the next published bundle.
    ///
    /// # Errors
    /// [`AuthorityRoleError`], except for what is [`refused`](Revoked::refused).
    pub async fn revoke(
        &self,
        handles: &[[u8; 32]],
        clock: &impl Clock,
    ) -> Result<Revoked, AuthorityRoleError> {
        let mut all = Revoked::default();
        // One change for all of them: loading the state costs as much as many removals.
        let changed = self.change(clock, |authority| {
            let mut removed = Vec::new();
            all = Revoked::default();
            for id in handles {
                match authority.revoke(id) {
                    Ok(()) => removed.push(*id),
                    Err(why) => all.refused.push((*id, why)),
                }
            }
            all.revoked = u32::try_from(removed.len()).unwrap_or(u32::MAX);
            match (removed.is_empty(), all.refused.first()) {
                (true, Some((_, why))) => Err(AuthorityRoleError::Handle(*why)),
                _ => Ok(((), Change::Removed(removed))),
            }
        });
        match changed.await {
            // Nothing was changed.
            Err(AuthorityRoleError::Handle(_)) => Ok(all),
            changed => changed.map(|()| all),
        }
    }

    /// Signs the rules by which issuers judge evidence.
    ///
    /// # Errors
    /// [`AuthorityRoleError::Rules`] if they are not of the right form: nothing else gets a signature.
    pub async fn sign_rules(&self, rules: &str) -> Result<String, AuthorityRoleError> {
        let (_, state) = self.store.load().await?;
        let keys = self.keys.keys()?;
        Ok(veilpass_evidence::rules::sign(
            rules,
            &keys.bundle,
            state.scheme.id(),
        )?)
    }
}

fn draw<R: CryptoRng + ?Sized>(
    authority: &mut Authority,
    count: u32,
    progress: &impl Progress,
    rng: &mut R,
) -> Result<Vec<Handle>, RegistryError> {
    progress.begin(Work::Handles, u64::from(count));
    let handles = (0..count)
        .map(|_| {
            progress.advance(1);
            authority.handle(rng)
        })
        .collect();
    progress.end();
    handles
}
