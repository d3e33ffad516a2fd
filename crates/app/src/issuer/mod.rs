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
//! | [`audit`] | counts what was issued, and looks through its own log |
//!
//! An issuer's store and key are apart: who holds the store alone can neither sign nor read an offer.

pub mod answer;
pub mod audit;
pub mod desk;
mod error;
pub mod evidence;
mod found;
mod import;
pub mod offer;
pub mod register;

pub use error::{AccreditationError, Implausible, IssuerError, NotReady};
pub use found::{Founded, Founding};
pub use import::Imported;

use veilpass::scheme::{
    Bundle, Day, IssuerKey, Limits, Scheme, SchemeCard, SignedAccreditation, Trust, UnixTime,
    UnverifiedBundle, Value,
};

use crate::approval::Needed;
use crate::ports::{Keys, names};
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
    /// is deleted; if the clock looks wrong at `now`, nothing is.
    ///
    /// # Errors
    /// [`StoreError::Empty`] if nothing was set up; [`IssuerError::Damaged`]; [`IssuerError::Store`].
    pub async fn open(store: S, now: i64) -> Result<Self, IssuerError> {
        let card = store.get(CARD).await?.ok_or(StoreError::Empty)?;
        let card = SchemeCard::from_bytes(&card)?;
        let bundle = store.get(BUNDLE).await?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle::new(&bundle)
            .verify(&Trust::pinned(&card))
            .map_err(IssuerError::Damaged)?;
        if bundle.check_clock(UnixTime::from_seconds(now)).is_ok() {
            store.forget_expired(now - DAY).await?;
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

    /// Opens the key, if all is there that an offer needs: an accreditation in force and a free handle.
    ///
    /// # Errors
    /// [`NotReady`], [`StoreError::NoHandle`], [`IssuerError::Key`]; [`IssuerError::Store`].
    pub async fn ready(&self, keys: &impl Keys) -> Result<IssuerKey, IssuerError> {
        let key = open_key(keys)?;
        self.accreditation(&key).await??;
        if self.free_handles().await? == 0 {
            return Err(StoreError::NoHandle.into());
        }
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

    /// The accreditation for the epoch in force, with its limits; or why there is none.
    async fn accreditation(
        &self,
        key: &IssuerKey,
    ) -> Result<Result<SignedAccreditation, NotReady>, IssuerError> {
        let paper = self.newest_accreditation().await?;
        Ok(paper.map_or(Err(NotReady::NoAccreditation), |paper| {
            self.in_force(paper, key)
        }))
    }

    fn in_force(
        &self,
        paper: SignedAccreditation,
        key: &IssuerKey,
    ) -> Result<SignedAccreditation, NotReady> {
        let (have, in_force) = (
            paper.accreditation().epoch(),
            self.bundle.accreditation_epoch(),
        );
        if have != in_force {
            return Err(NotReady::OtherEpoch { have, in_force });
        }
        let keys = self.bundle.keys();
        let verified = keys.verify_accreditation(paper.accreditation(), key.public());
        verified.map_err(|_| NotReady::OtherKeys)?;
        Ok(paper)
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

    /// Whether days can be meant: catches an end that has passed, and a birth that is to come.
    ///
    /// # Errors
    /// [`Implausible`].
    pub fn plausible(&self, values: &[(String, Value)], today: Day) -> Result<(), Implausible> {
        let policies = &self.bundle.policies();
        for (name, value) in values {
            let index = self.bundle.scheme().schema().index_of(name);
            let (Some(index), Value::Date(day)) = (index, value) else {
                continue;
            };
            let is = |wanted: u8| usize::from(wanted) == index;
            let (name, day) = (name.clone(), *day);
            let end = policies.iter().any(|policy| is(policy.until));
            if end && day < today && day != Day::NEVER {
                return Err(Implausible::Passed { name, day });
            }
            let ages = policies.iter().filter_map(|policy| policy.minimum_age);
            if ages.map(|age| age.attribute).any(is) && day > today {
                return Err(Implausible::ToCome { name, day });
            }
        }
        Ok(())
    }
}

/// Opens an issuer's key.
///
/// # Errors
/// [`IssuerError::Key`]; [`IssuerError::Decode`] if what was opened is no issuer's key.
pub fn open_key(keys: &impl Keys) -> Result<IssuerKey, IssuerError> {
    Ok(IssuerKey::from_bytes(&keys.open(names::ISSUER)?)?)
}
