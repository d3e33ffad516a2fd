//! Keys and accreditations that are replaced. What is new comes into force with the next registry epoch; what was before
//! serves until no epoch that is within its grace names it.

use super::state::{AuthorityError, OlderAccreditations, OlderKeySet, Replaced, Rotation};
use super::{Authority, accredit_all};
use crate::curve::CryptoRng;
use crate::registry::{RegistryKey, RemovalLog};
use crate::scheme::{AccreditationKey, DateTable, IssuerPublic, KeySet, Standing};

impl Authority {
    /// Starts the next accreditation epoch: with the next registry epoch
    /// ([`start_epoch`](Self::start_epoch)) only issuers that `keep` keeps are accredited, and their holders find the new
    /// accreditations in the bundle.
    ///
    /// # Errors
    /// [`AuthorityError`]; nothing has changed then.
    pub fn next_accreditation_epoch(
        &mut self,
        keep: impl Fn(&IssuerPublic) -> bool,
    ) -> Result<(), AuthorityError> {
        let issuers = self.issuers.iter().map(|(issuer, _)| *issuer);
        let (kept, dropped): (Vec<_>, Vec<_>) = issuers.partition(keep);
        let key = (self.accreditation.as_ref()).ok_or(AuthorityError::NoAccreditationKey)?;
        let epoch = self.accreditation_epoch + 1;
        let issuers = accredit_all(&self.scheme, key, epoch, &kept)?;
        self.set_accreditations_aside();
        self.issuers = issuers;
        self.former.extend(dropped);
        self.accreditation_epoch = epoch;
        Ok(())
    }

    /// Begins a new key set with a new α: every handle that stands gets a new witness, in a
    /// checkpoint; the removal log begins anew. It comes into force with the next registry epoch
    /// ([`start_epoch`](Self::start_epoch)); what becomes of the older keys `rotation` says. With a new γ, issuers need what
    /// [`accreditation`](Self::accreditation) then gives.
    ///
    /// # Errors
    /// [`AuthorityError::RotationUnderWay`]; [`AuthorityError`]; nothing has changed then.
    pub fn rotate<R: CryptoRng + ?Sized>(
        &mut self,
        rotation: Rotation,
        rng: &mut R,
    ) -> Result<(), AuthorityError> {
        let named = self.names(self.keys.number);
        match &self.older_keys {
            Some(older) if named && rotation.replaced == Replaced::Serve => {
                return Err(AuthorityError::RotationUnderWay(older.keys.number));
            }
            _ => {}
        }
        let accreditation = match (rotation.accreditation, &self.accreditation) {
            (true, None) => return Err(AuthorityError::NoAccreditationKey),
            (true, Some(_)) => {
                let key = AccreditationKey::generate(rng);
                let issuers: Vec<_> = self.issuers.iter().map(|(issuer, _)| *issuer).collect();
                let all = accredit_all(&self.scheme, &key, self.accreditation_epoch, &issuers)?;
                Some((key, all))
            }
            (false, _) => None,
        };
        let dates = if rotation.dates {
            let made = DateTable::generate(self.keys.table, rng);
            Some(made.map_err(|_| AuthorityError::Unlucky)?)
        } else {
            None
        };
        let (old, number) = (&self.keys, self.keys.number + 1);
        let gamma = (accreditation.as_ref()).map_or(old.accreditation, |(key, _)| *key.public());
        let date = dates.as_ref().map_or(old.date, |(_, (date, _))| *date);
        let key = RegistryKey::generate(rng);
        let keys = KeySet::new(&self.scheme, number, gamma, date, old.table, *key.public());
        let first = KeySet::first_accumulator(&self.scheme, number);
        let removals = self.registry.log().clone();
        let checkpoint = (self.registry).rotate(key, first, number, self.scheme.id());
        let checkpoint = checkpoint.map_err(|_| AuthorityError::Unlucky)?;
        self.set_keys_aside(removals, rotation.replaced);
        self.checkpoint = Some(checkpoint);
        self.keys = keys;
        if let Some((table, _)) = dates {
            self.table = table;
        }
        if let Some((key, issuers)) = accreditation {
            self.accreditation = Some(key);
            self.issuers = issuers;
        }
        Ok(())
    }

    /// Under what epochs and strip epochs are shown.
    fn standings(&self) -> impl Iterator<Item = &Standing> {
        let strips = self.strip_epochs.iter().map(|epoch| &epoch.standing);
        (self.epochs.iter().map(|epoch| &epoch.standing)).chain(strips)
    }

    /// Whether an epoch names the key set with this number.
    pub(super) fn names(&self, key_set: u32) -> bool {
        self.standings().any(|standing| standing.key_set == key_set)
    }

    /// Keeps what issuers have now for the epochs that name it, if there are any.
    fn set_accreditations_aside(&mut self) {
        let list = OlderAccreditations {
            key_set: self.keys.number,
            epoch: self.accreditation_epoch,
            issuers: self.issuers.clone(),
        };
        if self.names_list(&list) {
            self.older_accreditations.push(list);
        }
    }

    /// Whether an epoch names these accreditations.
    pub(super) fn names_list(&self, list: &OlderAccreditations) -> bool {
        self.standings().any(|standing| {
            (standing.key_set, standing.accreditation_epoch) == (list.key_set, list.epoch)
        })
    }

    /// Keeps the keys at hand for the epochs that name them, or ends all that there are.
    fn set_keys_aside(&mut self, removals: RemovalLog, replaced: Replaced) {
        if replaced == Replaced::End {
            self.epochs.clear();
            let last = self.strip_epochs.last().map(|epoch| epoch.period);
            self.strips_ended = last.or(self.strips_ended);
            self.strip_epochs.clear();
            self.older_keys = None;
            self.older_accreditations.clear();
            return;
        }
        self.set_accreditations_aside();
        // Keys that no epoch names were never given to anybody.
        if self.names(self.keys.number) {
            self.older_keys = Some(OlderKeySet {
                keys: self.keys.clone(),
                table: self.table.clone(),
                removals,
                checkpoint: self.checkpoint.clone(),
            });
        }
    }
}
