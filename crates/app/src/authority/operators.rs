//! Operators of issuers: an issuer enrols them, and the authority confirms whom it has met. Until then their approval
//! counts nowhere: the accreditation names the confirmed ones by a digest, and an audit flags approvals of others.

use super::AuthorityRole;
use super::audit;
use super::counts::{self, SentCount};
use super::error::AuthorityRoleError;
use super::issuers::Accredited;
use crate::approval::Operator;
use crate::log::{Event, Flag, Hex, Line};
use crate::ports::Clock;
use crate::store::{AuthorityStore, Ledger};
use veilpass::scheme::IssuerCount;

/// The named value with an issuer's confirmed operators: a list in JSON.
fn confirmed_of(label: &str) -> String {
    format!("operators {label}")
}

/// An issuer's operators, as its count names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerOperators {
    /// What people call the issuer.
    pub label: String,
    /// In the order of their enrolment.
    pub operators: Vec<Operator>,
    /// So many of them, from the first, are confirmed already.
    pub confirmed: usize,
}

/// Those that were confirmed.
pub(super) async fn confirmed(
    store: &impl Ledger,
    label: &str,
) -> Result<Vec<Operator>, AuthorityRoleError> {
    match store.get(&confirmed_of(label)).await? {
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|_| AuthorityRoleError::OperatorsDamaged(label.to_owned())),
        None => Ok(Vec::new()),
    }
}

/// Whoever approved something at the issuer by its count, and was not confirmed.
pub(super) fn unknown(label: &str, confirmed: &[Operator], count: &IssuerCount) -> Vec<Flag> {
    let approved = count.operators().iter().filter(|one| one.approvals > 0);
    let unknown = approved.filter(|one| !confirmed.iter().any(|known| known.key.0 == one.key));
    let flag = |one: &veilpass::scheme::CountedOperator| Flag::UnknownOperator {
        label: label.to_owned(),
        operator: one.label.clone(),
        key: Hex(one.key),
        approvals: one.approvals,
    };
    unknown.map(flag).collect()
}

/// Whom the last count that was taken in names, and nobody has confirmed.
pub(super) async fn waiting(
    store: &impl AuthorityStore,
    label: &str,
    last: Option<&IssuerCount>,
) -> Result<Vec<String>, AuthorityRoleError> {
    let confirmed = confirmed(store, label).await?;
    let named = last.iter().flat_map(|count| count.operators());
    let waits = named.filter(|one| !confirmed.iter().any(|known| known.key.0 == one.key));
    Ok(waits.map(|one| one.label.clone()).collect())
}

/// Where the named values are not what the log tells.
pub(super) async fn differ_from(
    store: &impl Ledger,
    lines: &[Line],
    labels: impl Iterator<Item = &str>,
) -> Result<Vec<Flag>, AuthorityRoleError> {
    let mut flags = Vec::new();
    for label in labels {
        let told = lines.iter().rev().find_map(|line| match &line.event {
            Event::OperatorsConfirmed {
                label: of,
                operators,
            } if of == label => Some(operators.as_slice()),
            _ => None,
        });
        if told.unwrap_or_default() != confirmed(store, label).await? {
            flags.push(Flag::ConfirmedOperators {
                label: label.to_owned(),
            });
        }
    }
    Ok(flags)
}

impl<S: AuthorityStore> AuthorityRole<S> {
    /// The operators that an issuer's count names, for a person who compares their keys. The count is held against what an
    /// audit holds it against, and not taken in.
    ///
    /// # Errors
    /// [`AuthorityRoleError::Count`]; [`AuthorityRoleError::CountFlagged`] for what nobody has acknowledged;
    /// [`AuthorityRoleError::OperatorsReplaced`]; [`AuthorityRoleError`].
    pub async fn issuer_operators(
        &self,
        sent: &SentCount<'_>,
        clock: &impl Clock,
    ) -> Result<IssuerOperators, AuthorityRoleError> {
        let (_, state) = self.store.load().await?;
        let signed = counts::signed(&self.store, &state.scheme, sent).await?;
        let mut flags = counts::flagged(&self.store, &state.scheme, &signed, clock.now()).await?;
        let lines = self.store.log().await?;
        flags.retain(|flag| flag.refuses_count() || !audit::is_acknowledged(&lines, flag));
        if !flags.is_empty() {
            return Err(AuthorityRoleError::CountFlagged {
                name: sent.name.to_owned(),
                label: signed.label().to_owned(),
                flags,
            });
        }
        let operators = signed.count().operators().iter().map(|one| Operator {
            label: one.label.clone(),
            key: Hex(one.key),
        });
        let (label, operators) = (signed.label().to_owned(), operators.collect::<Vec<_>>());
        let known = confirmed(&self.store, &label).await?;
        if !operators.starts_with(&known) {
            return Err(AuthorityRoleError::OperatorsReplaced(label));
        }
        Ok(IssuerOperators {
            label,
            operators,
            confirmed: known.len(),
        })
    }

    /// Confirms these operators: a person has compared their keys. The issuer's accreditation with them.
    ///
    /// # Errors
    /// [`AuthorityRoleError::AccreditedNoMore`]; [`AuthorityRoleError::OperatorsReplaced`] if others were confirmed in
    /// between; [`AuthorityRoleError`].
    pub async fn confirm_operators(
        &self,
        known: &IssuerOperators,
        clock: &impl Clock,
    ) -> Result<Accredited, AuthorityRoleError> {
        let IssuerOperators {
            label,
            operators,
            confirmed,
        } = known;
        let issuer = self.issuer(label).await?;
        let (_, authority) = self.load().await?;
        let accreditation = (authority.accreditation(&issuer))
            .ok_or_else(|| AuthorityRoleError::AccreditedNoMore(label.clone()))?;
        let name = confirmed_of(label);
        let before = self.store.get(&name).await?;
        let stands = self::confirmed(&self.store, label).await?;
        if operators.get(..*confirmed) != Some(&*stands) {
            return Err(AuthorityRoleError::OperatorsReplaced(label.clone()));
        }
        let after = serde_json::to_vec(operators).unwrap_or_default();
        let event = [Event::OperatorsConfirmed {
            label: label.clone(),
            operators: operators.clone(),
        }];
        let (before, at) = (before.as_deref(), clock.now());
        (self.store.replace(&name, before, &after, &event, at)).await?;
        let accredited = (&issuer, accreditation);
        let signed = self.signed_accreditation(&authority, label, accredited, clock);
        Ok(Accredited {
            epoch: accreditation.epoch(),
            accreditation: signed.await?,
        })
    }
}
