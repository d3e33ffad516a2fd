//! What is public already, and the authority's state beside it. A state that came back from a backup must not go on:
//! it would sign a second bundle of one number, accredit again whom it had dropped, and give a witness to what was
//! revoked meanwhile. So nobody gets a role of a state that is older than what is public; see
//! [`recover`](super::recover()).

use super::error::AuthorityRoleError;
use crate::store::{AuthorityStore, Ledger, StoreError};
use veilpass::AuthorityState;
use veilpass::scheme::{Bundle, SchemeCard, Trust, UnverifiedBundle};

/// The named value with the place of the public files.
const PLACE: &str = "public place";

/// A bundle that is public.
#[derive(Clone, Copy, Debug)]
pub struct PublishedBefore<'a> {
    /// What its place calls it, for messages.
    pub name: &'a str,
    /// The verifiers' bundle.
    pub bundle: &'a [u8],
}

/// Where the public files were put last, as whoever put them there calls it; `None` before the first time.
///
/// # Errors
/// [`StoreError`].
pub async fn public_place(store: &impl Ledger) -> Result<Option<String>, StoreError> {
    let place = store.get(PLACE).await?;
    Ok(place.map(|place| String::from_utf8_lossy(&place).into_owned()))
}

/// Remembers where the public files are now, for [`public_place`].
///
/// # Errors
/// [`StoreError`].
pub async fn remember_public_place(
    store: &impl Ledger,
    place: &str,
    now: i64,
) -> Result<(), StoreError> {
    store.put(PLACE, place.as_bytes(), &[], now).await
}

/// What everybody pins of this state's scheme.
pub(super) fn card(state: &AuthorityState) -> SchemeCard {
    SchemeCard::new(*state.scheme.id(), state.signer)
}

/// The bundle, if this state's authority signed it.
pub(super) fn read(
    state: &AuthorityState,
    public: &PublishedBefore<'_>,
) -> Result<Bundle, AuthorityRoleError> {
    let bundle = UnverifiedBundle::new(public.bundle).verify(&Trust::pinned(&card(state)));
    bundle.map_err(|_| AuthorityRoleError::PublishedUnreadable {
        name: public.name.to_owned(),
    })
}

/// Refuses a state that is older than what is public, or beside another bundle of the same number.
pub(super) async fn not_behind(
    store: &impl AuthorityStore,
    state: &AuthorityState,
    published: &[PublishedBefore<'_>],
) -> Result<(), AuthorityRoleError> {
    for public in published {
        let bundle = read(state, public)?;
        if bundle.version() > state.version {
            return Err(AuthorityRoleError::Behind {
                public: bundle.version(),
                known: state.version,
            });
        }
        let newest = store.newest_bundle().await?;
        if bundle.version() == state.version
            && newest.is_none_or(|newest| newest.for_verifiers() != public.bundle)
        {
            return Err(AuthorityRoleError::Forked(bundle.version()));
        }
    }
    Ok(())
}
