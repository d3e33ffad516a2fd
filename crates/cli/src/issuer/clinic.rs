//! An issuer's folder: what is in it, and what it takes in.

use std::path::Path;

use crate::Context;
use crate::report::Failure;
use veilpass::curve::g2_to_bytes;
use veilpass::scheme::{
    AccreditationPaper, Bundle, Day, HandlesPaper, IssuerKey, Limits, SchemeCard, UnverifiedBundle,
    Value,
};
use veilpass_app::approval::Needed;
use veilpass_app::log::Event;
use veilpass_app::store::{IssuerStore, Ledger, Quota, StoreError};
use veilpass_sqlite::SqliteIssuer;

pub(super) const KEY: &str = "issuer.age";
pub(super) const DATABASE: &str = "issuer.db";

/// A day, in seconds.
const DAY: i64 = 86_400;

/// An issuer's folder, open.
pub(super) struct Clinic {
    pub(super) store: SqliteIssuer,
    pub(super) card: SchemeCard,
    pub(super) bundle: Bundle,
}

impl Clinic {
    pub(super) fn open(context: &Context, dir: &Path) -> Result<Self, Failure> {
        let store = context.wait(SqliteIssuer::open(&dir.join(DATABASE), false))?;
        let get = |name| context.wait(store.get(name));
        let card = SchemeCard::from_bytes(&get("card")?.ok_or(StoreError::Empty)?)?;
        let bundle = get("bundle")?.ok_or(StoreError::Empty)?;
        let bundle = UnverifiedBundle(&bundle).verify(&card.key, Some(&card.scheme), None)?;
        // Attributes of guests who did not come back are not kept; by a clock that is wrong nothing is
        // forgotten.
        if bundle.check_clock(context.now()).is_ok() {
            context.wait(store.forget_expired(context.now() - DAY))?;
        }
        Ok(Self {
            store,
            card,
            bundle,
        })
    }

    pub(super) fn key(context: &Context, dir: &Path) -> Result<IssuerKey, Failure> {
        let passphrase = context.passphrase.ask("the issuer's key")?;
        let bytes = passphrase.open(&dir.join(KEY))?;
        Ok(IssuerKey::from_bytes(&bytes)?)
    }

    /// The accreditation for the epoch in force, with its limits.
    pub(super) fn accreditation(
        &self,
        context: &Context,
        key: &IssuerKey,
    ) -> Result<AccreditationPaper, Failure> {
        let paper = self.paper(context)?.ok_or_else(no_accreditation)?;
        let epoch = self.bundle.accreditation_epoch;
        if paper.accreditation.epoch() != epoch {
            return Err(Failure::refused(format!(
                "the accreditation is for epoch {}, but epoch {epoch} is in force; import the \
                 current one",
                paper.accreditation.epoch()
            )));
        }
        let prepared = self.bundle.keys.prepared();
        (paper.accreditation.verify(&prepared.accreditation, key.public()))
            .map_err(|_| Failure::refused("the accreditation is under keys that are not in force any more; import the current one"))?;
        Ok(paper)
    }

    /// The key, if there is all that an offer needs: accreditation and a free handle.
    pub(super) fn ready(&self, context: &Context, dir: &Path) -> Result<IssuerKey, Failure> {
        let key = Self::key(context, dir)?;
        self.accreditation(context, &key)?;
        if context.wait(self.store.free_handles())? == 0 {
            return Err(Failure::refused(StoreError::NoHandle));
        }
        Ok(key)
    }

    fn paper(&self, context: &Context) -> Result<Option<AccreditationPaper>, Failure> {
        let paper = context.wait(self.store.get("accreditation"))?;
        let open = |paper: Vec<u8>| AccreditationPaper::open(&self.card.key, &paper);
        Ok(paper.map(open).transpose()?)
    }

    /// What the authority laid down, which it says in the accreditation, and which approvals it takes here.
    pub(super) fn limits_of(&self, context: &Context) -> Result<(Limits, Needed), Failure> {
        let paper = self.paper(context)?.ok_or_else(no_accreditation)?;
        let issuer = g2_to_bytes(&paper.issuer);
        let needed = Needed::at(paper.limits.operators, &self.card.scheme, &issuer);
        Ok((paper.limits, needed))
    }

    /// Refuses by a clock that cannot be right; the day that it is.
    pub(super) fn today(&self, context: &Context) -> Result<Day, Failure> {
        let now = context.now();
        self.bundle.check_clock(now).map_err(Failure::refused)?;
        (self.bundle.scheme.zone().day_of(now))
            .ok_or_else(|| Failure::bad("the clock is outside the calendar; set it"))
    }

    /// How many passes today allows.
    pub(super) fn quota(&self, context: &Context, limits: Limits) -> Result<Quota, Failure> {
        Ok(Quota {
            day: self.today(context)?,
            per_day: Some(limits.per_day).filter(|per_day| *per_day > 0),
        })
    }
}

fn no_accreditation() -> Failure {
    Failure::refused(
        "there is no accreditation yet; send the registration to the authority and import what comes back",
    )
}

impl Clinic {
    /// Catches slips of the pen: an end that has passed, a birth that is to come.
    pub(super) fn plausible(&self, values: &[(String, Value)], today: Day) -> Result<(), Failure> {
        let schema = self.bundle.scheme.schema();
        for (name, value) in values {
            let (Some(index), Value::Date(day)) = (schema.index_of(name), value) else {
                continue;
            };
            let is = |wanted: u8| usize::from(wanted) == index;
            let mut policies = self.bundle.policies.iter();
            if policies.any(|policy| is(policy.until)) && *day < today && *day != Day(0) {
                return Err(Failure::bad(format!(
                    "{name}: {day} has passed; write a later day, or never"
                )));
            }
            let mut policies = self.bundle.policies.iter();
            let birth =
                policies.any(|policy| policy.minimum_age.is_some_and(|age| is(age.attribute)));
            if birth && *day > today {
                return Err(Failure::bad(format!("{name}: {day} is still to come")));
            }
        }
        Ok(())
    }

    pub(super) fn take_bundle(&self, context: &Context, bytes: &[u8]) -> Result<String, Failure> {
        let bundle = UnverifiedBundle(bytes)
            .verify(&self.card.key, Some(&self.card.scheme), Some(&self.bundle))
            .map_err(Failure::refused)?;
        let event = [Event::Bundle {
            number: bundle.version,
        }];
        let kept = (self.store).put("bundle", bytes, &event, context.now());
        context.wait(kept)?;
        Ok(format!("  bundle {}", bundle.version))
    }

    pub(super) fn take_accreditation(
        &self,
        context: &Context,
        bytes: &[u8],
        key: &IssuerKey,
    ) -> Result<String, Failure> {
        let paper = AccreditationPaper::open(&self.card.key, bytes).map_err(Failure::refused)?;
        if !paper.is_for(&self.card.scheme, key) {
            return Err(Failure::refused("the accreditation is for another issuer"));
        }
        let epoch = paper.accreditation.epoch();
        let prepared = self.bundle.keys.prepared();
        if (paper
            .accreditation
            .verify(&prepared.accreditation, key.public()))
        .is_err()
        {
            return Err(Failure::refused(
                "the accreditation is not under the keys of the bundle at hand; import the newest bundle first, \
                 then the newest accreditation",
            ));
        }
        if epoch < self.bundle.accreditation_epoch {
            return Err(Failure::refused(format!(
                "the accreditation is for epoch {epoch}, which is over; import the current one"
            )));
        }
        if let Some(have) = self.paper(context)?
            && have.accreditation.epoch() == epoch
            && paper.limits.at < have.limits.at
        {
            return Err(Failure::refused(
                "this accreditation is older than the one at hand; keep the newer one",
            ));
        }
        let now = context.now();
        let event = [Event::Accreditation { epoch }];
        context.wait(self.store.put("accreditation", bytes, &event, now))?;
        let per_day = match paper.limits.per_day {
            0 => String::new(),
            count => format!(", at most {count} passes a day"),
        };
        Ok(format!("  accreditation for epoch {epoch}{per_day}"))
    }

    pub(super) fn take_handles(
        &self,
        context: &Context,
        bytes: &[u8],
        key: &IssuerKey,
    ) -> Result<String, Failure> {
        let paper = HandlesPaper::open(&self.card.key, bytes).map_err(Failure::refused)?;
        if !paper.is_for(&self.card.scheme, key) {
            return Err(Failure::refused("the handles are for another issuer"));
        }
        let rows: Vec<_> = (paper.handles.iter())
            .map(|handle| (handle.id(), handle.expose_bytes().to_vec()))
            .collect();
        let added = context.wait(self.store.add_handles(&rows, context.now()))?;
        Ok(format!(
            "  {added} handles that were not known ({} in the file); delete the file now",
            rows.len()
        ))
    }
}
