//! The town that is measured: an authority with a clinic, a guest of it, and a door. Set up through the
//! library as any program would; every artefact goes through its bytes.

use rand::rngs::ThreadRng;

use crate::report::Failure;
use veilpass::Credential;
use veilpass::artefact::Artefact;
use veilpass::internals::{
    self, DateTablePublic, HolderParts, PublicKeys, Registry, SealedAccreditations, UnsignedBundle,
};
use veilpass::issuance::{Offer, PendingOffer, Request, Response};
use veilpass::presentation::{Ask, Committed, Door, Expected, Prepared, Reason};
use veilpass::registry::{Handle, RegistryKey, Reissued};
use veilpass::scheme::{
    Accreditation, AccreditationKey, Attribute, AttributeKind, Bundle, BundleKey, DateTable, Day,
    Epoch, HolderBundle, IssuerKey, IssuerMode, KeySet, MinimumAge, Mode, Policy, Schema, Scheme,
    SchemeCard, SetBy, Trust, UnixTime, UnverifiedBundle, UnverifiedHolderBundle, Value, Zone,
};

/// The venue that asks.
pub(super) const VENUE: &str = "Cafe";

const DAY: i64 = 86_400;

/// Accreditations that the sealed list has room for.
const LIST: u16 = 64;

/// What kind of town.
pub(super) struct Plan<'a> {
    pub(super) schema: Schema,
    /// Whether passes show who issued them.
    pub(super) known: bool,
    /// The date table, made once for many towns.
    pub(super) table: &'a (DateTable, DateTablePublic),
    /// Unix seconds.
    pub(super) now: i64,
}

/// The authority and its clinic.
pub(super) struct Town {
    pub(super) scheme: Scheme,
    pub(super) keys: KeySet,
    pub(super) registry: Registry,
    pub(super) clinic: IssuerKey,
    pub(super) accreditation: Option<Accreditation>,
    pub(super) bundle_key: BundleKey,
    pub(super) now: i64,
    table: DateTable,
    sealed: SealedAccreditations,
    epoch: Epoch,
    policies: Vec<Policy>,
}

/// Somebody with a pass, and the door with the same bundle.
pub(super) struct Guest {
    pub(super) credential: Credential,
    pub(super) holder: HolderBundle,
    pub(super) bundle: Bundle,
    pub(super) now: i64,
}

pub(super) fn rng() -> ThreadRng {
    rand::rng()
}

/// A schema of `count` attributes, secret and handle and the last day among them; the rest are texts.
pub(super) fn schema_of(count: u32) -> Result<Schema, Failure> {
    let attribute = |name: String, kind| Attribute {
        name,
        kind,
        set_by: SetBy::Issuer,
        may_disclose: false,
    };
    let until = attribute("until".into(), AttributeKind::Date);
    let texts = (3..count).map(|place| attribute(format!("text {place}"), AttributeKind::Text));
    let all = std::iter::once(until).chain(texts).collect();
    Schema::new(all).map_err(Failure::bad)
}

/// The questions of the town: `signed` shows the last day and has no pseudonym, `once` has one, `day` hides
/// the last day, `age` asks for an age, too, where the schema has a birth date.
fn policies(schema: &Schema) -> Vec<Policy> {
    let index = |name: &str| u8::try_from(schema.index_of(name)?).ok();
    let until = index("until").unwrap_or(2);
    let day = Policy {
        name: "day".into(),
        until,
        from: None,
        disclose: vec![],
        minimum_age: None,
        any_audience: false,
        once_a_day: true,
        window: 600,
        epoch_grace: 0,
        modes: vec![Mode::Poster],
    };
    let once = Policy {
        name: "once".into(),
        disclose: vec![until],
        ..day.clone()
    };
    let signed = Policy {
        name: "signed".into(),
        once_a_day: false,
        ..once.clone()
    };
    let age = index("birth_date").map(|attribute| Policy {
        name: "age".into(),
        minimum_age: Some(MinimumAge {
            attribute,
            years: 18,
        }),
        ..day.clone()
    });
    let shows = schema
        .attributes()
        .get(usize::from(until))
        .is_some_and(|a| a.may_disclose);
    let shown = shows.then_some([signed, once]).into_iter().flatten();
    shown.chain([day]).chain(age).collect()
}

impl Town {
    pub(super) fn found(plan: Plan<'_>) -> Result<Self, Failure> {
        let rng = &mut rng();
        let clinic = IssuerKey::generate(rng);
        let mode = if plan.known {
            IssuerMode::Known(clinic.public().id())
        } else {
            IssuerMode::Hidden
        };
        let zone = Zone::new("UTC").ok_or_else(|| Failure::bad("UTC is not known here"))?;
        let scheme = Scheme::new(rand::random(), "Measured".into(), plan.schema, mode, zone);
        let accreditor = AccreditationKey::generate(rng);
        let registry_key = RegistryKey::generate(rng);
        let (table, date) = plan.table;
        let keys = PublicKeys::first(&accreditor, *date, &registry_key).key_set(&scheme);
        let v0 = internals::first_accumulator(&scheme, 1);
        let registry = Registry::new(registry_key, v0, 1);
        let accreditation = (!plan.known)
            .then(|| accreditor.accredit(&scheme, clinic.public(), 1))
            .transpose()?;
        let listed: Vec<_> = (accreditation.iter())
            .map(|made| (*clinic.public(), *made))
            .collect();
        let sealed = internals::sealed_accreditations(&scheme, (&keys, 1), &listed, LIST, rng)
            .ok_or_else(|| Failure::bad("the list of accreditations is full"))?;
        let epoch = internals::epoch(
            (1, 0),
            *registry.accumulator(),
            (at(plan.now - 2 * DAY), at(plan.now + 2 * DAY)),
            rand::random(),
        );
        Ok(Self {
            policies: policies(scheme.schema()),
            bundle_key: BundleKey::generate(rng),
            table: table.clone(),
            now: plan.now,
            scheme,
            keys,
            registry,
            clinic,
            accreditation,
            sealed,
            epoch,
        })
    }

    fn raw_bundle(&self) -> UnsignedBundle {
        UnsignedBundle {
            version: 1,
            issued: at(self.now - 2 * DAY),
            expires: at(self.now + 30 * DAY),
            scheme: self.scheme.clone(),
            keys: self.keys.clone(),
            accreditation_epoch: 1,
            epochs: vec![self.epoch.clone()],
            policies: self.policies.clone(),
            holder_parts: self.holder_parts().digest(),
        }
    }

    fn holder_parts(&self) -> HolderParts {
        HolderParts {
            table: self.table.clone(),
            removals: self.registry.log().clone(),
            reissued: Reissued::default(),
            accreditations: self.sealed.clone(),
        }
    }

    /// A public key that is not the date table's, with the right length.
    pub(super) fn wrong_date_key(&self) -> DateTablePublic {
        let keys = PublicKeys::of(&self.keys);
        (keys.registry, keys.table)
    }

    /// What doors get: signed bytes.
    pub(super) fn door_bytes(&self) -> Vec<u8> {
        self.raw_bundle().sign(&self.bundle_key)
    }

    /// What holders get: signed bytes.
    pub(super) fn holder_bytes(&self) -> Vec<u8> {
        (self.raw_bundle()).sign_for_holders(&self.holder_parts(), &self.bundle_key)
    }

    fn card(&self) -> SchemeCard {
        SchemeCard::new(*self.scheme.id(), self.bundle_key.verifying_key())
    }

    pub(super) fn read_door(&self, bytes: &[u8]) -> Result<Bundle, Failure> {
        Ok(UnverifiedBundle::new(bytes).verify(&Trust::pinned(&self.card()))?)
    }

    pub(super) fn read_holder(&self, bytes: &[u8]) -> Result<HolderBundle, Failure> {
        let card = self.card();
        let holder = UnverifiedHolderBundle::new(bytes);
        Ok(holder.verify(&Trust::pinned(&card), &mut rng())?)
    }

    /// The values that `who` sets, for whatever schema: days that the table reaches, somebody of forty
    /// years if it does, short texts.
    pub(super) fn values(&self, who: SetBy) -> Vec<(&str, Value)> {
        let today = i32::try_from(self.now.div_euclid(DAY)).unwrap_or_default();
        let reach = i32::from(self.keys.table());
        let (ahead, ago) = (reach.min(200) / 2, (reach * (reach - 2) / 2).min(15_000));
        let schema = self.scheme.schema().attributes().iter().skip(2);
        let own = schema.filter(|attribute| attribute.set_by == who);
        own.map(|attribute| {
            let value = match (attribute.kind, attribute.name.as_str()) {
                (AttributeKind::Date, "birth_date") => Value::Date(Day(today - ago)),
                (AttributeKind::Date, _) => Value::Date(Day(today + ahead)),
                _ => Value::Text("Anna Kuznetsova".into()),
            };
            (attribute.name.as_str(), value)
        })
        .collect()
    }

    /// The whole protocol up to a pass, and both bundles.
    pub(super) fn guest(&mut self) -> Result<Guest, Failure> {
        let rng = &mut rng();
        let handle = self.registry.draw(rng)?.expose_bytes();
        let holder = self.read_holder(&self.holder_bytes())?;
        let kept = self.offer()?;
        let offer = Offer::from_bytes(&kept.offer().to_bytes())?;
        let mine = self.values(SetBy::Holder);
        let pending = offer.request(&self.scheme, &mine, UnixTime::from_seconds(self.now), rng)?;
        let response = self.issue(&kept.to_bytes(), &pending.request().to_bytes(), &handle)?;
        let response = Response::from_bytes(&response.to_bytes())?;
        Ok(Guest {
            credential: pending.receive(&holder, &response, UnixTime::from_seconds(self.now))?,
            bundle: self.read_door(&self.door_bytes())?,
            holder,
            now: self.now,
        })
    }

    pub(super) fn offer(&self) -> Result<PendingOffer, Failure> {
        let values = self.values(SetBy::Issuer);
        Ok((self.clinic).offer(
            &self.scheme,
            &values,
            UnixTime::from_seconds(self.now + 3600),
            &mut rng(),
        )?)
    }

    /// The clinic's answer to a request, all from bytes.
    pub(super) fn issue(
        &self,
        kept: &[u8],
        request: &[u8],
        handle: &[u8],
    ) -> Result<Response, Failure> {
        let kept = PendingOffer::from_bytes(&self.scheme, kept)?;
        let request = Request::from_bytes(&self.scheme, request)?;
        let handle = Handle::from_bytes(handle)?;
        let accreditation = self.accreditation.as_ref();
        let clinic = &self.clinic;
        Ok(kept.issue(
            &self.scheme,
            clinic,
            accreditation,
            &request,
            handle,
            UnixTime::from_seconds(self.now),
        )?)
    }
}

impl Guest {
    pub(super) fn ask(&self, policy: &str) -> Ask {
        Ask::new(self.bundle.scheme(), Mode::Poster, policy, VENUE)
    }

    pub(super) fn door(&self, policy: &str) -> Result<Door<'_>, Failure> {
        Ok(Door::new(&self.bundle, policy, VENUE)?)
    }

    pub(super) fn present(&self, policy: &str) -> Result<Vec<u8>, Failure> {
        let ask = self.ask(policy);
        let made = self.credential.present(
            &self.holder,
            &ask,
            None,
            UnixTime::from_seconds(self.now),
            &mut rng(),
        )?;
        Ok(made.as_bytes().to_vec())
    }

    pub(super) fn prepare(&self, policy: &str) -> Result<Prepared, Failure> {
        let (holder, now) = (&self.holder, self.now);
        Ok((self.credential).prepare(holder, policy, UnixTime::from_seconds(now), &mut rng())?)
    }

    pub(super) fn commit(&self, policy: &str) -> Result<Committed, Failure> {
        let prepared = self.prepare(policy)?;
        Ok(prepared.commit(&self.credential, &self.holder, &mut rng())?)
    }

    pub(super) fn answer(&self, policy: &str, ready: Prepared) -> Result<Vec<u8>, Failure> {
        let (credential, holder, ask) = (&self.credential, &self.holder, &self.ask(policy));
        let made = ready.answer(
            credential,
            holder,
            ask,
            UnixTime::from_seconds(self.now),
            &mut rng(),
        )?;
        Ok(made.as_bytes().to_vec())
    }

    pub(super) fn answer_committed(
        &self,
        policy: &str,
        ready: Committed,
    ) -> Result<Vec<u8>, Failure> {
        let (credential, holder, ask) = (&self.credential, &self.holder, &self.ask(policy));
        let made = ready.answer(credential, holder, ask, UnixTime::from_seconds(self.now))?;
        Ok(made.as_bytes().to_vec())
    }

    /// An error if the door does not accept the pass.
    pub(super) fn check(&self, policy: &str, pass: &[u8]) -> Result<(), Failure> {
        let door = self.door(policy)?;
        match door.verify(
            pass,
            Expected::posters(),
            UnixTime::from_seconds(self.now),
            &mut rng(),
        ) {
            Ok(_) => Ok(()),
            Err(reason) => Err(wrong(format!("a good pass was refused: {reason}"))),
        }
    }

    /// The same pass with another challenge: every point and scalar still decodes, nothing verifies.
    pub(super) fn spoilt(&self, pass: &[u8]) -> Result<Vec<u8>, Failure> {
        let parts = (Artefact::Pass.layout(pass, Some(&self.bundle))).map_err(Failure::bad)?;
        let before = parts.iter().take_while(|part| part.name != "challenge");
        let place: usize = before.map(|part| part.length).sum();
        let mut pass = pass.to_vec();
        let byte = pass
            .get_mut(place)
            .ok_or_else(|| wrong("a pass without a challenge"))?;
        *byte ^= 1;
        Ok(pass)
    }

    /// Before a pass is measured: the door accepts it, and refuses it spoilt or at another venue.
    pub(super) fn rehearse(&self, policy: &str, pass: &[u8]) -> Result<(), Failure> {
        self.check(policy, pass)?;
        let at = |venue, pass: &[u8]| -> Result<Option<Reason>, Failure> {
            let door = Door::new(&self.bundle, policy, venue)?;
            let verified = door.verify(
                pass,
                Expected::posters(),
                UnixTime::from_seconds(self.now),
                &mut rng(),
            );
            Ok(verified.err())
        };
        must(
            at(VENUE, &self.spoilt(pass)?)? == Some(Reason::Invalid),
            "a spoilt pass was not refused",
        )?;
        must(
            at("Elsewhere", pass)? == Some(Reason::OtherVenue),
            "a pass for another venue was not refused",
        )
    }
}

/// What must not happen: nothing is measured that does not work.
pub(super) fn wrong(what: impl Into<String>) -> Failure {
    Failure {
        exit: 1,
        message: format!("{}; nothing was measured", what.into()),
    }
}

pub(super) fn must(held: bool, what: &str) -> Result<(), Failure> {
    if held { Ok(()) } else { Err(wrong(what)) }
}

/// The moment so many seconds after 1970.
fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}
