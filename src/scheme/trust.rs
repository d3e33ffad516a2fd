//! What somebody believes before a bundle is read: whose signature counts, for which scheme, and which
//! bundle it has already.

use super::bundle::{Bundle, BundleError};
use super::card::SchemeCard;
use super::signing::BundleVerifyingKey;

/// What a bundle is held against.
///
/// ```
/// # use veilpass::scheme::{Bundle, SchemeCard, Trust};
/// # fn trusts<'a>(card: &'a SchemeCard, at_hand: &'a Bundle) -> [Trust<'a>; 3] {
/// // The first bundle of a wallet that has the authority's card ...
/// let first = Trust::pinned(card);
/// // ... every later one, which must not be older than the one at hand ...
/// let later = Trust::pinned(card).after(at_hand);
/// // ... and the first bundle of somebody who has the authority's key and no card.
/// let unpinned = Trust::on_first_use(card.key());
/// # [first, later, unpinned]
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    key: &'a BundleVerifyingKey,
    scheme: Option<&'a [u8; 32]>,
    previous: Option<&'a Bundle>,
}

impl<'a> Trust<'a> {
    /// Believes `key`, whatever scheme it signs for: the first bundle then says which scheme it is.
    #[must_use]
    pub fn on_first_use(key: &'a BundleVerifyingKey) -> Self {
        Self {
            key,
            scheme: None,
            previous: None,
        }
    }

    /// Believes the key on the card, for the scheme on the card.
    #[must_use]
    pub fn pinned(card: &'a SchemeCard) -> Self {
        Self {
            scheme: Some(&card.scheme),
            ..Self::on_first_use(&card.key)
        }
    }

    /// Also wants a successor of `previous`, the bundle at hand: of its scheme, not older, and no other
    /// bundle with its number. `None` changes nothing.
    #[must_use]
    pub fn after(self, previous: impl Into<Option<&'a Bundle>>) -> Self {
        Self {
            previous: previous.into(),
            ..self
        }
    }

    pub(super) fn key(&self) -> &'a BundleVerifyingKey {
        self.key
    }

    /// Whether `bundle`, whose signature was checked, is of the scheme that is wanted and follows the
    /// bundle at hand.
    pub(super) fn accept(&self, bundle: Bundle) -> Result<Bundle, BundleError> {
        let pinned = (self.scheme).or(self.previous.map(|previous| previous.scheme.id()));
        if pinned.is_some_and(|pinned| pinned != bundle.scheme.id()) {
            return Err(BundleError::OtherScheme);
        }
        match self.previous {
            Some(previous) if previous.version > bundle.version => Err(BundleError::Rollback {
                have: previous.version,
                got: bundle.version,
            }),
            Some(previous)
                if previous.version == bundle.version && previous.digest() != bundle.digest() =>
            {
                Err(BundleError::Fork(bundle.version))
            }
            Some(previous) if !epochs_stay(previous, &bundle) || !keys_stay(previous, &bundle) => {
                Err(BundleError::OtherEpoch(bundle.version))
            }
            _ => Ok(bundle),
        }
    }
}

/// Whether the epochs that both bundles have are the same: a published epoch may begin earlier, and nothing else; a
/// strip epoch not even that.
fn epochs_stay(previous: &Bundle, bundle: &Bundle) -> bool {
    let mut both =
        (previous.epochs.iter()).filter_map(|epoch| Some((epoch, bundle.epoch(epoch.number)?)));
    let mut strips = (previous.strip_epochs.iter())
        .filter_map(|epoch| Some((epoch, bundle.strip_epoch(epoch.last_day())?)));
    both.all(|(before, after)| before.stays_in(after))
        && strips.all(|(before, after)| before == after)
}

/// Whether the key sets that both bundles have are the same.
fn keys_stay(previous: &Bundle, bundle: &Bundle) -> bool {
    let mut both =
        (previous.key_sets.iter()).filter_map(|keys| Some((keys, bundle.key_set(keys.number)?)));
    both.all(|(before, after)| before.digest() == after.digest())
}
