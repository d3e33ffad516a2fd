//! How an authority stands: what it published, what waits for the next publication, whom it accredited.

use super::error::AuthorityRoleError;
use super::public::{self, PublishedBefore};
use super::{counts, limits, operators, public_place};
use crate::approval::Operators;
use crate::log::Epochs;
use crate::ports::REHEARSAL;
use crate::store::{AuthorityStore, PoolCount, StoreError};
use veilpass::scheme::{Bundle, Scheme, SchemeCard, Trust, UnverifiedBundle};

/// How an authority stands.
#[derive(Clone, Debug)]
pub struct AuthorityStatus {
    /// The scheme.
    pub scheme: Scheme,
    /// What everybody pins.
    pub card: SchemeCard,
    /// The numbers of its state.
    pub epochs: Epochs,
    /// The newest bundle that it signed, if it signed any.
    pub newest: Option<Bundle>,
    /// Handles that were revoked and that doors do not know of yet.
    pub unpublished_removals: u32,
    /// Handles that stand.
    pub standing: usize,
    /// The issuers.
    pub issuers: Vec<IssuerStatus>,
    /// How many operators must approve; below 2: nobody is asked.
    pub operators_needed: u8,
    /// Operators that are enrolled.
    pub operators: Vec<String>,
    /// Whether it was founded for rehearsal.
    pub rehearsal: bool,
    /// Where the public files were put last.
    pub public_place: Option<String>,
}

/// How an issuer stands at the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerStatus {
    /// What it got.
    pub pool: PoolCount,
    /// Passes a day that it may make; 0: any number.
    pub per_day: u32,
    /// What it reads to the authority.
    pub fingerprint: String,
    /// Operators whom its last count names, and nobody has confirmed.
    pub waiting: Vec<String>,
}

/// Whether a store is beside what is public.
///
/// # Errors
/// [`AuthorityRoleError::Behind`], [`AuthorityRoleError::Forked`], [`AuthorityRoleError::PublishedUnreadable`].
pub async fn compare_with_public(
    store: &impl AuthorityStore,
    published: &[PublishedBefore<'_>],
) -> Result<(), AuthorityRoleError> {
    let (_, state) = store.load().await?;
    public::not_behind(store, &state, published).await
}

/// How an authority stands. It takes no keys: whoever may read the store may ask.
///
/// # Errors
/// [`AuthorityRoleError`].
pub async fn status(store: &impl AuthorityStore) -> Result<AuthorityStatus, AuthorityRoleError> {
    let (_, state) = store.load().await?;
    let card = public::card(&state);
    let newest = store.newest_bundle().await?;
    let newest = newest
        .map(|newest| UnverifiedBundle::new(newest.for_verifiers()).verify(&Trust::pinned(&card)));
    let newest = newest
        .transpose()
        .map_err(AuthorityRoleError::PublicUnreadable)?;
    let mut issuers = Vec::new();
    for pool in store.pools().await? {
        let issuer = store.issuer(&pool.label).await?.ok_or(StoreError::Empty)?;
        issuers.push(IssuerStatus {
            per_day: limits::per_day(store, &pool.label).await?,
            fingerprint: issuer.id().fingerprint(),
            waiting: operators::waiting(
                store,
                &pool.label,
                counts::last(store, &state.scheme, &pool.label)
                    .await?
                    .as_ref(),
            )
            .await?,
            pool,
        });
    }
    let published = (state.epochs.last())
        .filter(|epoch| epoch.standing.key_set == state.keys.number())
        .map_or(0, |epoch| epoch.standing.removals);
    let enrolled = Operators::of(store).await?;
    let standing = state.handles.values();
    Ok(AuthorityStatus {
        card,
        epochs: Epochs::of(&state),
        newest,
        unpublished_removals: state.removals.len().saturating_sub(published),
        standing: standing
            .filter(|handle| **handle == veilpass::registry::HandleState::Valid)
            .count(),
        issuers,
        operators_needed: limits::release_rule(store).await?.operators,
        operators: (enrolled.all().map(|(operator, _)| operator.label.clone())).collect(),
        rehearsal: store.get(REHEARSAL).await?.is_some(),
        public_place: public_place(store).await?,
        scheme: state.scheme,
    })
}
