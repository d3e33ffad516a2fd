//! The issuer: signs what it sees and what it does not see, with no connection to anything.
//!
//! | where | what the issuer does |
//! |---|---|
//! | [`Founding`] | makes its key and the registration for the authority |
//! | [`Imported`] | takes in what the authority sent: bundle, accreditation, handles |
//! | [`offer`] | offers a pass: by values that a person set, by evidence, by a claim from a letter |
//! | [`evidence`] | judges a certificate, and says which attributes it gives |
//! | [`answer`] | answers requests, one or many |
//! | [`desk`] | the dialogue with one guest after another |
//! | [`register`] | makes claims of the rows of a register |
//! | [`status`] | says where it stands, and what is left |
//! | [`audit`] | counts what was issued, and looks through its own log |
//!
//! An issuer's store and key are apart: who holds the store alone can neither sign nor read an offer.

pub mod answer;
pub mod audit;
mod dates;
pub mod desk;
mod error;
pub mod evidence;
mod found;
mod import;
pub mod offer;
pub mod register;
mod request;
pub mod status;

pub use error::{AccreditationError, Implausible, IssuerError, NotReady};
pub use found::{Founded, Founding};
pub use import::{Imported, KeyOnDemand};
pub use request::AnyRequest;

use std::time::Duration;

use rand_core::CryptoRng;
use veilpass::scheme::{
    Bundle, Day, IssuerKey, Limits, Scheme, SchemeCard, SignedAccreditation, Trust, UnixTime,
    UnverifiedBundle, Zone,
};

use crate::approval::{self, Needed, OperatorKey, Operators};
use crate::ports::{self, Clock, Keys, names};
use crate::store::{IssuerStore, Quota, StoreError};

/// The store's name for the scheme's card: with it the issuer is set up.
const CARD: &str = "card";
/// ... for the newest bundle.
const BUNDLE: &str = "bundle";
/// ... for the newest accreditation.
const ACCREDITATION: &str = "accreditation";

/// A day, in seconds.
const DAY: i64 = 86_400;

/// An issuer that is set up.
pub struct Issuer<S> {
    store: S,
    card: SchemeCard,
    bundle: Bundle,
}

impl<S: IssuerStore> Issuer<S> {
    /// Opens a store that [`Founding`] set up. What was offered to guests who did not come back within a day
    /// is deleted; if the clock looks wrong, nothing is.
    ///
    /// # Errors
    /// [`StoreError::Empty`] if nothing was set up; [`IssuerError::SetClock`] if the clock is set and this is no
    /// rehearsal; [`IssuerError::Damaged`]; [`IssuerError::Store`].
    pub async fn open(store: S, clock: &impl Clock) -> Result<Self, IssuerError> {
        let card = store.get(CARD).await?.ok_or(StoreError::Empty)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = store.get(BUNDLE).await?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle::new(&bundle)
            .verify(&Trust::pinned(&card))
            .map_err(IssuerError::Damaged)?;
        clock.in_zone(bundle.scheme().zone());
        let rehearsal = store.get(ports::REHEARSAL).await?.is_some();
        let now = ports::trusted(clock, rehearsal)?;
        if bundle.check_clock(now).is_ok() {
            let day_before = now.saturating_sub(Duration::from_secs(DAY.unsigned_abs()));
            store.forget_expired(day_before.as_seconds()).await?;
        }
        Ok(Self {
            store,
            card,
            bundle,
        })
    }

    /// The scheme's constants.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        self.bundle.scheme()
    }

    /// What the issuer pinned when it was set up.
    #[must_use]
    pub fn card(&self) -> &SchemeCard {
        &self.card
    }

    /// Whether it was founded for rehearsal.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn is_rehearsal(&self) -> Result<bool, IssuerError> {
        Ok(self.store.get(ports::REHEARSAL).await?.is_some())
    }

    /// Its store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// How many handles are free.
    ///
    /// # Errors
    /// [`IssuerError::Store`].
    pub async fn free_handles(&self) -> Result<u32, IssuerError> {
        Ok(self.store.free_handles().await?)
    }

    /// The day at `now`.
    ///
    /// # Errors
    /// [`NotReady`] if the clock cannot be right, or the bundle at hand is out of date.
    pub fn today(&self, now: i64) -> Result<Day, NotReady> {
        self.bundle.check_clock(UnixTime::from_seconds(now))?;
        let day = self
            .bundle
            .scheme()
            .zone()
            .day_of(UnixTime::from_seconds(now));
        day.ok_or(NotReady::Calendar)
    }

    /// The moment that stands in the log and on files for what happens at `now`: the beginning of the day. Whoever gets
    /// hold of the store, or of a folder of responses, learns of no pass at which hour it was issued.
    #[must_use]
    pub fn dated(&self, now: UnixTime) -> UnixTime {
        begin_of_day(self.scheme().zone(), now)
    }

    /// The same, as the store takes it.
    fn logged(&self, now: i64) -> i64 {
        self.dated(UnixTime::from_seconds(now)).as_seconds()
    }

    /// Opens the key, if all is there that an offer needs at `now`: an accreditation in force and a free handle.
    ///
    /// # Errors
    /// [`NotReady`], [`StoreError::NoHandle`], [`IssuerError::Key`]; [`IssuerError::Store`].
    pub async fn ready(&self, keys: &impl Keys, now: UnixTime) -> Result<IssuerKey, IssuerError> {
        let key = self.ready_to_renew(keys, now).await?;
        if self.free_handles().await? == 0 {
            return Err(StoreError::NoHandle.into());
        }
        Ok(key)
    }

    /// The same, for an offer that is answered today: another pass must be allowed.
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub async fn ready_today(
        &self,
        keys: &impl Keys,
        now: UnixTime,
    ) -> Result<IssuerKey, IssuerError> {
        let key = self.ready(keys, now).await?;
        let (limits, today) = (self.limits().await?, self.today(now.as_seconds())?);
        day_has_room(&limits, self.issued_on(today).await?)?;
        Ok(key)
    }

    /// How many passes were issued on a day.
    async fn issued_on(&self, day: Day) -> Result<u64, IssuerError> {
        let counts = self.store.counts().await?;
        let of_day = counts.iter().filter(|count| count.day == day);
        Ok(of_day.map(|count| u64::from(count.issued)).sum())
    }

    /// The same for a renewal, which needs no handle.
    ///
    /// # Errors
    /// [`NotReady`], [`IssuerError::Key`]; [`IssuerError::Store`].
    pub async fn ready_to_renew(
        &self,
        keys: &impl Keys,
        now: UnixTime,
    ) -> Result<IssuerKey, IssuerError> {
        let key = open_key(keys)?;
        self.accreditation(&key, now).await??;
        Ok(key)
    }

    /// What the authority laid down, which it says in the accreditation.
    ///
    /// # Errors
    /// [`NotReady::NoAccreditation`]; [`IssuerError::Damaged`]; [`IssuerError::Store`].
    pub async fn limits(&self) -> Result<Limits, IssuerError> {
        let paper = self.newest_accreditation().await?;
        Ok(*paper.ok_or(NotReady::NoAccreditation)?.limits())
    }

    /// Which approvals it takes here, for what does.
    ///
    /// # Errors
    /// As [`limits`](Self::limits).
    pub async fn needed(&self) -> Result<Needed, IssuerError> {
        let paper = self.newest_accreditation().await?;
        let paper = paper.ok_or(NotReady::NoAccreditation)?;
        let issuer = paper.issuer().to_bytes();
        Ok(Needed::at(
            paper.limits().operators,
            self.card.scheme(),
            &issuer,
        ))
    }

    /// Who is enrolled as an operator; the approvals count of those whom the authority has confirmed, which it says in
    /// the accreditation.
    ///
    /// # Errors
    /// As [`limits`](Self::limits); [`IssuerError::Approval`] if the list is damaged.
    pub async fn operators(&self) -> Result<Operators, IssuerError> {
        let limits = self.limits().await?;
        let operators = Operators::of(&self.store).await?;
        Ok(operators.confirmed_by(&limits.operators_digest))
    }

    /// Enrols an operator; `approving` are the operators who approve it, once there are enough. The operator's own
    /// approval counts when the authority has confirmed it. The new key must be sealed already.
    ///
    /// # Errors
    /// [`IssuerError::Approval`]; as [`operators`](Self::operators).
    pub async fn enrol<R: CryptoRng + ?Sized>(
        &self,
        operator: &OperatorKey,
        approving: &[OperatorKey],
        now: UnixTime,
        rng: &mut R,
    ) -> Result<(), IssuerError> {
        let (known, needed) = (self.operators().await?, self.needed().await?);
        let (new, at) = ((&known, operator), self.logged(now.as_seconds()));
        let enrolled = approval::enrol(&self.store, new, &needed, approving, at, rng);
        Ok(enrolled.await?)
    }

    /// The accreditation for the epoch in force, or for one that is announced, with its limits; or why there is none.
    async fn accreditation(
        &self,
        key: &IssuerKey,
        now: UnixTime,
    ) -> Result<Result<SignedAccreditation, NotReady>, IssuerError> {
        let paper = self.newest_accreditation().await?;
        Ok(paper.map_or(Err(NotReady::NoAccreditation), |paper| {
            self.is_current(paper.accreditation().epoch(), now)?;
            let verified = (self.bundle).verify_accreditation(paper.accreditation(), key.public());
            verified.map_err(|_| NotReady::OtherKeys)?;
            Ok(paper)
        }))
    }

    /// Whether an accreditation for this epoch serves at `now`: its epoch is in force, or announced, because holders get
    /// the others from their bundle.
    fn is_current(&self, have: u32, now: UnixTime) -> Result<(), NotReady> {
        let in_force = self.accreditation_epoch_at(now);
        let mut announced = self.bundle.epochs().iter();
        let known = announced.any(|epoch| epoch.standing.accreditation_epoch == have);
        if have < in_force || !known {
            return Err(NotReady::OtherEpoch { have, in_force });
        }
        Ok(())
    }

    /// The accreditation epoch in force at `now`; before the first epoch, that of the first.
    fn accreditation_epoch_at(&self, now: UnixTime) -> u32 {
        let epochs = self.bundle.epochs();
        let begun = epochs.iter().rev().find(|epoch| epoch.from <= now);
        let epoch = begun.or(epochs.first());
        epoch.map_or(0, |epoch| epoch.standing.accreditation_epoch)
    }

    async fn newest_accreditation(&self) -> Result<Option<SignedAccreditation>, IssuerError> {
        let bytes = self.store.get(ACCREDITATION).await?;
        let open = |bytes: Vec<u8>| SignedAccreditation::open(self.card.key(), &bytes);
        bytes.map(open).transpose().map_err(IssuerError::Damaged)
    }

    /// How many passes the day at `now` allows.
    fn quota(&self, limits: Limits, now: i64) -> Result<Quota, NotReady> {
        Ok(Quota {
            day: self.today(now)?,
            per_day: Some(limits.per_day).filter(|per_day| *per_day > 0),
        })
    }
}

/// Whether a day on which so many passes were issued allows another one.
fn day_has_room(limits: &Limits, issued: u64) -> Result<(), NotReady> {
    match limits.per_day {
        per_day if per_day > 0 && issued >= u64::from(per_day) => Err(NotReady::DayFull(per_day)),
        _ => Ok(()),
    }
}

/// The beginning of the day on which a moment falls.
fn begin_of_day(zone: &Zone, now: UnixTime) -> UnixTime {
    let begins = zone.day_of(now).and_then(|day| zone.begin_of(day));
    // Outside the calendar there are no days of the zone.
    begins.unwrap_or_else(|| UnixTime::from_seconds(now.as_seconds().div_euclid(DAY) * DAY))
}

/// Opens an issuer's key.
///
/// # Errors
/// [`IssuerError::Key`]; [`IssuerError::Decode`] if what was opened is no issuer's key.
pub fn open_key(keys: &impl Keys) -> Result<IssuerKey, IssuerError> {
    Ok(IssuerKey::from_bytes(&keys.open(names::ISSUER)?)?)
}
