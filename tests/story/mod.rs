//! A city for tests: an authority, two accredited clinics, bundles, and helpers to issue and show.
#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::issuance::{Offer, PendingOffer, Request, Response};
use veilpass::presentation::{Ask, Door, Expected, MemorySeen, Reason, Verdict};
use veilpass::registry::{Handle, Registry, RegistryKey, Reissued};
use veilpass::scheme::{
    Accreditation, AccreditationKey, Bundle, BundleKey, DateTable, DateTablePublic, Day, Epoch,
    HolderBundle, IssuerKey, IssuerMode, KeySet, MinimumAge, Mode, Policy, Schema, Scheme,
    SealedAccreditations, UnverifiedBundle, UnverifiedHolderBundle, Value, Zone,
};

/// 2021-06-28 19:04 in Moscow.
pub const NOW: i64 = 1_624_896_240;
pub const HOUR: i64 = 3600;
pub const DAY: i64 = 24 * HOUR;
pub const TABLE: u16 = 512;

pub fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

/// The policies of the city.
pub fn policies(schema: &Schema) -> Vec<Policy> {
    let index = |name: &str| u8::try_from(schema.index_of(name).unwrap()).unwrap();
    let restaurant = Policy {
        name: "restaurant".into(),
        until: index("until"),
        from: None,
        disclose: vec![],
        minimum_age: None,
        any_audience: false,
        once_a_day: true,
        window: 60,
        epoch_grace: 0,
        modes: vec![Mode::Challenge, Mode::Poster, Mode::Strip],
    };
    let bar = Policy {
        name: "bar".into(),
        minimum_age: Some(MinimumAge {
            attribute: index("birth_date"),
            years: 18,
        }),
        ..restaurant.clone()
    };
    let paper = Policy {
        name: "paper".into(),
        any_audience: true,
        disclose: vec![index("id_hint")],
        once_a_day: false,
        epoch_grace: u32::try_from(14 * DAY).unwrap(),
        modes: vec![Mode::Strip],
        ..restaurant.clone()
    };
    let strict = Policy {
        name: "hospital".into(),
        until: index("until_strict"),
        once_a_day: false,
        ..restaurant.clone()
    };
    let open = Policy {
        name: "open".into(),
        disclose: vec![index("until"), index("birth_date")],
        minimum_age: Some(MinimumAge {
            attribute: index("birth_date"),
            years: 18,
        }),
        ..restaurant.clone()
    };
    vec![restaurant, bar, paper, strict, open]
}

/// The authority and its two clinics.
pub struct City {
    pub scheme: Scheme,
    pub keys: KeySet,
    pub accreditation: AccreditationKey,
    pub registry: Registry,
    pub reissued: Reissued,
    /// A handle that the next issuance uses; else one is drawn.
    pub pool: Option<Handle>,
    pub bundle_key: BundleKey,
    pub table: DateTable,
    pub portal: IssuerKey,
    pub clinic: IssuerKey,
    pub version: u32,
    pub accreditation_epoch: u32,
    pub epochs: Vec<Epoch>,
    pub policies: Vec<Policy>,
    pub rng: StdRng,
}

impl City {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Schema::default(), None)
    }

    /// With the usual policies, and with one known issuer if `known`.
    pub fn with(seed: u64, schema: Schema, known: Option<()>) -> Self {
        let mut city = Self::bare(seed, schema, known);
        city.policies = policies(city.scheme.schema());
        city
    }

    /// Without policies yet.
    pub fn bare(seed: u64, schema: Schema, known: Option<()>) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let portal = IssuerKey::generate(&mut rng);
        let mode = known.map_or(IssuerMode::Hidden, |()| {
            IssuerMode::Known(*portal.public().x())
        });
        let zone = Zone::new("Europe/Moscow").unwrap();
        let scheme = Scheme::new(
            [seed.to_le_bytes()[0]; 32],
            "City pass".into(),
            schema,
            mode,
            zone,
        );
        let accreditation = AccreditationKey::generate(&mut rng);
        let (table, public): (DateTable, DateTablePublic) =
            DateTable::generate(TABLE, &mut rng).unwrap();
        let registry_key = RegistryKey::generate(&mut rng);
        let keys = KeySet::new(
            &scheme,
            1,
            *accreditation.public(),
            public.0,
            public.1,
            *registry_key.public(),
        );
        let registry = Registry::new(registry_key, KeySet::first_accumulator(&scheme, 1), 1);
        let mut city = Self {
            clinic: IssuerKey::generate(&mut rng),
            bundle_key: BundleKey::generate(&mut rng),
            version: 0,
            accreditation_epoch: 7,
            epochs: Vec::new(),
            policies: Vec::new(),
            scheme,
            keys,
            accreditation,
            registry,
            reissued: Reissued::default(),
            pool: None,
            table,
            portal,
            rng,
        };
        city.next_epoch(NOW - HOUR);
        city
    }

    /// Starts a registry epoch of one day with the accumulator as it is.
    pub fn next_epoch(&mut self, from: i64) {
        let number = self.epochs.last().map_or(1, |epoch| epoch.number + 1);
        if let Some(last) = self.epochs.last_mut() {
            last.until = from;
        }
        self.epochs.push(Epoch {
            number,
            accumulator: *self.registry.accumulator(),
            removals: self.registry.removals(),
            from,
            until: from + DAY,
            beacon: [number.to_le_bytes()[0]; 32],
        });
        self.version += 1;
    }

    /// Rotates α, and with it the key set; a new epoch begins.
    pub fn rotate_registry(&mut self, from: i64) {
        let number = self.keys.number + 1;
        let key = RegistryKey::generate(&mut self.rng);
        let old = &self.keys;
        self.keys = KeySet::new(
            &self.scheme,
            number,
            old.accreditation,
            old.date,
            old.table,
            *key.public(),
        );
        let v0 = KeySet::first_accumulator(&self.scheme, number);
        self.reissued = self.registry.rotate(key, v0, number).unwrap();
        let last = self.epochs.last().unwrap().number;
        self.epochs.clear();
        self.next_epoch(from);
        self.epochs[0].number = last + 1;
    }

    pub fn accredit(&self, issuer: &IssuerKey) -> Accreditation {
        self.accreditation
            .accredit(&self.scheme, issuer.public(), self.accreditation_epoch)
            .unwrap()
    }

    pub fn raw_bundle(&self) -> Bundle {
        Bundle {
            version: self.version,
            issued: NOW - 2 * DAY,
            expires: NOW + 60 * DAY,
            scheme: self.scheme.clone(),
            keys: self.keys.clone(),
            accreditation_epoch: self.accreditation_epoch,
            epochs: self.epochs.clone(),
            policies: self.policies.clone(),
            holder_parts: HolderBundle::parts_digest(
                &self.table,
                self.registry.log(),
                &self.reissued,
                &self.sealed(),
            ),
        }
    }

    /// The sealed list, the same whenever it is asked for.
    pub fn sealed(&self) -> SealedAccreditations {
        let list = [&self.portal, &self.clinic].map(|i| (*i.public(), self.accredit(i)));
        let mut rng = StdRng::seed_from_u64(u64::from(self.version));
        let edition = veilpass::scheme::Edition {
            keys: &self.keys,
            version: self.version,
        };
        SealedAccreditations::seal(&self.scheme, edition, &list, 16, &mut rng).unwrap()
    }

    /// What a door has: published, signed, fetched, verified.
    pub fn door_bundle(&self) -> Bundle {
        let bytes = self.bundle_key.sign_bundle(&self.raw_bundle());
        UnverifiedBundle(&bytes)
            .verify(
                &self.bundle_key.verifying_key(),
                Some(self.scheme.id()),
                None,
            )
            .unwrap()
    }

    /// What a wallet has.
    pub fn holder_bundle(&mut self) -> HolderBundle {
        let bundle = HolderBundle {
            bundle: self.raw_bundle(),
            table: self.table.clone(),
            removals: self.registry.log().clone(),
            reissued: self.reissued.clone(),
            accreditations: self.sealed(),
        };
        let bytes = self.bundle_key.sign_holder_bundle(&bundle);
        UnverifiedHolderBundle(&bytes)
            .verify(
                &self.bundle_key.verifying_key(),
                Some(self.scheme.id()),
                None,
                &mut self.rng,
            )
            .unwrap()
    }

    pub fn issuer_values(until: Day) -> Vec<(&'static str, Value)> {
        vec![
            ("until", Value::Date(until)),
            ("until_strict", Value::Date(Day(0))),
            ("birth_date", Value::Date(day(1985, 3, 8))),
            ("id_hint", Value::Text("A.K.".into())),
        ]
    }

    pub fn holder_values() -> Vec<(&'static str, Value)> {
        vec![
            ("name", Value::Text("Anna Kuznetsova".into())),
            ("employer", Value::Text("Agency".into())),
        ]
    }

    /// Issues through the whole protocol, every message as bytes. Returns the handle's name, too.
    pub fn issue(&mut self, from_clinic: bool, until: Day) -> (Credential, [u8; 32]) {
        self.issue_values(from_clinic, &Self::issuer_values(until))
    }

    pub fn issue_values(
        &mut self,
        from_clinic: bool,
        values: &[(&str, Value)],
    ) -> (Credential, [u8; 32]) {
        let handle =
            (self.pool.take()).unwrap_or_else(|| self.registry.draw(&mut self.rng).unwrap());
        let id = handle.id();
        let holder = self.holder_bundle();
        let hidden = *self.scheme.issuer_mode() == IssuerMode::Hidden;
        let issuer = if from_clinic {
            &self.clinic
        } else {
            &self.portal
        };
        let acc = hidden.then(|| self.accredit(issuer));
        let kept = issuer
            .offer(&self.scheme, values, NOW + HOUR, &mut self.rng)
            .unwrap();
        let offer = Offer::from_bytes(&kept.offer().to_bytes()).unwrap();
        let pending = offer
            .request(&self.scheme, &Self::holder_values(), NOW, &mut self.rng)
            .unwrap();
        let request = Request::from_bytes(&self.scheme, &pending.request().to_bytes()).unwrap();
        let kept = PendingOffer::from_bytes(&self.scheme, &kept.to_bytes()).unwrap();
        let handle = Handle::from_bytes(&handle.expose_bytes()).unwrap();
        let response = kept
            .issue(&self.scheme, issuer, acc.as_ref(), &request, handle, NOW)
            .unwrap();
        let response = Response::from_bytes(&response.to_bytes()).unwrap();
        let credential = pending.receive(&holder, &response, NOW).unwrap();
        (credential, id)
    }

    /// Shows a pass to a poster of `policy` at `audience` at the second `now`.
    pub fn show(
        &mut self,
        credential: &Credential,
        policy: &str,
        audience: &str,
        now: i64,
    ) -> Vec<u8> {
        let holder = self.holder_bundle();
        let ask = Ask::new(&self.scheme, Mode::Poster, policy, audience);
        let shown = credential.present(&holder, &ask, Day(0), now, &mut self.rng);
        shown.unwrap().to_bytes().to_vec()
    }
}

/// Checks a poster's pass with nothing seen before.
pub fn check(bundle: &Bundle, policy: &str, audience: &str, payload: &[u8], now: i64) -> Verdict {
    let door = Door::new(bundle, policy, audience).unwrap();
    door.check(
        payload,
        Expected::Poster,
        now,
        &mut MemorySeen::default(),
        &mut StdRng::seed_from_u64(99),
    )
}

pub fn rng() -> StdRng {
    StdRng::seed_from_u64(77)
}

pub fn refused(verdict: &Verdict) -> Reason {
    match verdict {
        Verdict::Refused(reason) => *reason,
        Verdict::Accepted(_) => panic!("accepted"),
    }
}

/// A city, a pass from its clinic, and the pass as shown to a poster of the restaurant.
pub fn shown() -> (City, Credential, Vec<u8>) {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    (city, credential, payload)
}
