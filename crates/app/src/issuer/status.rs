//! Where an issuer stands: what is in force and until when, and what is left.

use veilpass::scheme::{Day, UnixTime};

use super::{Issuer, IssuerError, NotReady, day_has_room};
use crate::approval::Operator;
use crate::ports::{Keys, names};
use crate::store::IssuerStore;
use crate::store::register::{ClaimCounts, RegisterStore};

/// Where an issuer stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// What people call the scheme.
    pub scheme: String,
    /// The newest bundle's number.
    pub bundle: u32,
    /// Until when the bundle is good; the next one must be imported before.
    pub bundle_ends: UnixTime,
    /// The registry epoch in force, if the bundle has one for now, and its end.
    pub epoch: Option<(u32, UnixTime)>,
    /// The accreditation epoch in force, by the bundle. It lasts until an epoch begins that names the next.
    pub accreditation_in_force: u32,
    /// For which epoch the newest accreditation is, if there is one.
    pub accreditation: Option<u32>,
    /// Why nothing can be offered now, as far as it is known without the key.
    pub not_ready: Option<NotReady>,
    /// The day; `None` if the clock cannot be right.
    pub today: Option<Day>,
    /// Handles that are free.
    pub free_handles: u32,
    /// Offers that can still be answered.
    pub open_offers: u32,
    /// Claims by their state.
    pub claims: ClaimCounts,
    /// Passes issued today.
    pub issued_today: u64,
    /// Passes that a day allows; `None`: as many as there are handles.
    pub per_day: Option<u32>,
    /// How many operators must approve what takes an approval; below 2: nobody is asked.
    pub operators_needed: u8,
    /// Claims that imports without an approval made today, and how many they may make; `None` if nobody is asked.
    pub unapproved_today: Option<(u32, u32)>,
    /// Who is enrolled, each with whether the authority has confirmed it.
    pub operators: Vec<(Operator, bool)>,
}

impl<S: IssuerStore + RegisterStore> Issuer<S> {
    /// Where the issuer stands at `now`. It opens no key, looks whether there is one, and works without an accreditation and with a bundle that is out
    /// of date: it says so.
    ///
    /// # Errors
    /// [`IssuerError::Damaged`], [`IssuerError::Approval`]: what the store has is damaged; [`IssuerError::Store`].
    pub async fn status(&self, keys: &impl Keys, now: UnixTime) -> Result<Status, IssuerError> {
        let bundle = &self.bundle;
        let today = self.today(now.as_seconds());
        let paper = self.newest_accreditation().await?;
        let have = paper.map(|paper| paper.accreditation().epoch());
        let accredited = match have {
            None => Err(NotReady::NoAccreditation),
            Some(have) => self.is_current(have, now),
        };
        let limits = paper.map(|paper| *paper.limits()).unwrap_or_default();
        let operators = crate::approval::Operators::of(&self.store).await?;
        let operators = operators.confirmed_by(&limits.operators_digest);
        let issued_today = match today {
            Ok(day) => self.issued_on(day).await?,
            Err(_) => 0,
        };
        let room = day_has_room(&limits, issued_today);
        let key = keys.has(names::ISSUER).then_some(()).ok_or(NotReady::NoKey);
        let unapproved = match (limits.operators, today) {
            (2.., Ok(day)) => Some((self.store.unapproved(day).await?, limits.import_above)),
            _ => None,
        };
        let free_handles = self.store.free_handles().await?;
        let pool = match free_handles {
            0 => Err(NotReady::NoHandles),
            _ => Ok(()),
        };
        Ok(Status {
            scheme: bundle.scheme().name().to_owned(),
            bundle: bundle.version(),
            bundle_ends: bundle.expires(),
            epoch: (bundle.epoch_at(now)).map(|epoch| (epoch.number, bundle.end_of(epoch))),
            accreditation_in_force: self.accreditation_epoch_at(now),
            accreditation: have,
            not_ready: (today.err())
                .or(key.err())
                .or(accredited.err())
                .or(pool.err())
                .or(room.err()),
            today: today.ok(),
            free_handles,
            open_offers: self.store.open_offers(now.as_seconds()).await?,
            claims: self.store.claims().await?,
            issued_today,
            per_day: Some(limits.per_day).filter(|per_day| *per_day > 0),
            operators_needed: limits.operators,
            unapproved_today: unapproved,
            operators: operators
                .all()
                .map(|(one, counts)| (one.clone(), counts))
                .collect(),
        })
    }
}
