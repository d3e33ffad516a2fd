//! The cities that the vectors are of: few issuers, a short date table, three epochs, and removals.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::curve::G1Affine;
use veilpass::internals::{self, HolderParts, UnsignedBundle};
use veilpass::presentation::Question;
use veilpass::scheme::{
    Bundle, Day, Epoch, HolderBundle, MinimumAge, Mode, Policy, RenewalPolicy, Schema, Trust,
    UnverifiedBundle, UnverifiedHolderBundle, Value, VenueCard, VenueId, VenueKey,
};
use veilpass_fixture::city::{self, City, NOW, TODAY, at};

use crate::json::{Json, bytes};
use crate::object;

/// u.
pub const TABLE: u16 = 128;
/// How long a beacon serves posters, as the program has it.
pub const POSTER_AHEAD: u32 = 172_800;
/// When the first two epochs begin.
pub const FIRST: i64 = NOW - 3600;
pub const SECOND: i64 = NOW - 1200;
/// When the third begins: two hours after the second one's beacon has served.
pub const THIRD: i64 = SECOND + 172_800 + 7200;
/// The venue that asks.
pub const VENUE: &str = "Café Puschkin";
/// A venue's id.
pub const ID: [u8; 16] = [0xb9; 16];

/// A city, with somebody who has a pass there.
pub struct World {
    /// What groups of tests call it.
    pub name: &'static str,
    pub city: City,
    pub bundle: Bundle,
    pub bundle_bytes: Vec<u8>,
    pub holder: HolderBundle,
    pub holder_bytes: Vec<u8>,
    pub credential: Credential,
    /// Passes of others.
    pub others: Others,
    /// C of a handle that is nobody's.
    pub other_witness: G1Affine,
    /// Handles that are nobody's yet.
    pub handles: Vec<Vec<u8>>,
    /// A registered venue.
    pub venue: Option<(VenueCard, VenueKey)>,
    pub rng: StdRng,
}

/// Passes whose dates are at an edge, or past it.
pub struct Others {
    /// Ends today, begins today, and somebody who is 18 today.
    pub edge: Credential,
    /// Ended yesterday.
    pub ended: Credential,
    /// Of somebody who is 18 tomorrow.
    pub young: Credential,
    /// Begins tomorrow.
    pub ahead: Credential,
}

/// The policies of the vectors: one for each statement, and one with all of them.
fn policies(schema: &Schema) -> Vec<Policy> {
    let index = |name| u8::try_from(schema.index_of(name).unwrap()).unwrap();
    let graces = [
        (Mode::Challenge, 600),
        (Mode::Poster, 300),
        (Mode::Strip, 3600),
    ];
    let restaurant = Policy {
        modes: graces.map(|(mode, grace)| mode.with_grace(grace)).to_vec(),
        ..city::restaurant(schema)
    };
    let age = Some(MinimumAge {
        attribute: index("birth_date"),
        years: 18,
    });
    let named = |number, name: &str| Policy {
        number,
        name: name.into(),
        ..restaurant.clone()
    };
    vec![
        Policy {
            minimum_age: age,
            ..named(2, "bar")
        },
        Policy {
            any_audience: true,
            disclose: vec![index("id_hint")],
            once_a_day: false,
            modes: vec![Mode::Strip.with_grace(3600)],
            ..named(3, "paper")
        },
        Policy {
            once_a_day: false,
            ..named(4, "ward")
        },
        Policy {
            disclose: vec![index("until"), index("birth_date"), index("id_hint")],
            minimum_age: age,
            ..named(5, "open")
        },
        Policy {
            from: Some(index("until_strict")),
            minimum_age: age,
            ..named(6, "all")
        },
        restaurant,
    ]
}

/// Days from today.
#[must_use]
pub fn days(from_today: i32) -> Day {
    Day(TODAY.0 + from_today)
}

/// What the issuer says of a guest. The attribute `until_strict` is the first day of policies that have one.
#[must_use]
pub fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("until", Value::Date(days(90))),
        ("until_strict", Value::Date(days(-10))),
        ("birth_date", Value::Date(city::day(1985, 3, 8))),
        ("id_hint", Value::Text("A.K.".into())),
    ]
}

impl World {
    /// Issuers are hidden, or there is one known issuer.
    #[must_use]
    pub fn new(seed: u64, known: Option<()>) -> Self {
        let name = known.map_or("hidden issuers", |()| "known issuer");
        let city = City::with_table(seed, Schema::default(), known, |rng| {
            internals::date_table(TABLE, rng).unwrap()
        });
        Self::of(name, city, seed)
    }

    /// Its venues are registered.
    #[must_use]
    pub fn registered(seed: u64) -> Self {
        let mut world = Self::of(
            "registered venues",
            City::registered_with(seed, TABLE),
            seed,
        );
        let key = VenueKey::generate(&mut world.rng);
        let id = VenueId::from_bytes(ID).unwrap();
        world.venue = Some((world.city.venue_card(id, VENUE, &key), key));
        world
    }

    fn of(name: &'static str, mut city: City, seed: u64) -> Self {
        city.policies = policies(city.scheme.schema());
        city.policies.sort_by_key(|policy| policy.number);
        city.renewals = renewals(city.scheme.schema());
        city.places = 3;
        let hidden = *city.scheme.issuer_mode() == veilpass::scheme::IssuerMode::Hidden;
        let (credential, _) = city.issue_values(hidden, &values());
        let birthday = city::day(2003, 6, 28);
        let mut issue = |until, from, birth| {
            let dates = [
                ("until", until),
                ("until_strict", from),
                ("birth_date", birth),
            ];
            let dates = dates.map(|(name, day)| (name, Value::Date(day)));
            let hint = ("id_hint", Value::Text("A.K.".into()));
            city.issue_values(hidden, &[dates.as_slice(), &[hint]].concat())
                .0
        };
        let mut others = Others {
            edge: issue(days(0), days(0), birthday),
            ended: issue(days(-1), days(-10), birthday),
            young: issue(days(90), days(-10), Day(birthday.0 + 1)),
            ahead: issue(days(90), days(1), birthday),
        };
        let mut draw = || {
            city.registry
                .draw(&mut city.rng)
                .unwrap()
                .expose_bytes()
                .to_vec()
        };
        let handles = (0..3).map(|_| draw()).collect();
        let unused = city.registry.draw(&mut city.rng).unwrap();
        let other_witness = *internals::witness(unused).point();
        let other = |city: &mut City| city.registry.draw(&mut city.rng).unwrap().id();
        // One removal before the second epoch begins, two more before the third.
        for (from, removed) in [(SECOND, 1), (THIRD, 2)] {
            for _ in 0..removed {
                let id = other(&mut city);
                city.registry.remove(&id).unwrap();
            }
            city.next_epoch(from);
        }
        // The strip epochs of this week stand as the first epoch does; later ones as the second.
        let this_week = veilpass::scheme::StripEpoch::period_of(TODAY);
        let second = city.epochs.get(1).map(|epoch: &Epoch| epoch.standing);
        for strips in &mut city.strip_epochs {
            if strips.period > this_week {
                strips.standing = second.unwrap();
            }
        }
        city.checkpoint = Some(city.registry.checkpoint(city.scheme.id()).unwrap());
        let raw = raw(&city);
        let parts = city.holder_parts();
        let bundle_bytes = raw.sign(&city.bundle_key);
        let holder_bytes = raw.sign_for_holders(&parts, &city.bundle_key);
        let mut rng = StdRng::seed_from_u64(seed + 1000);
        let card = city.card();
        let trust = Trust::pinned(&card);
        let bundle = UnverifiedBundle::new(&bundle_bytes).verify(&trust).unwrap();
        let holder = UnverifiedHolderBundle::new(&holder_bytes);
        let holder = holder.verify(&trust, &mut rng).unwrap();
        let mut credential = credential;
        let Others {
            edge,
            ended,
            young,
            ahead,
        } = &mut others;
        for one in [&mut credential, edge, ended, young, ahead] {
            one.sync_vartime(&holder).unwrap();
        }
        Self {
            name,
            city,
            bundle,
            bundle_bytes,
            holder,
            holder_bytes,
            credential,
            others,
            other_witness,
            handles,
            venue: None,
            rng,
        }
    }

    /// What holders get, part by part.
    #[must_use]
    pub fn parts(&self) -> HolderParts {
        self.city.holder_parts()
    }

    /// The bundle before it is signed.
    #[must_use]
    pub fn raw(&self) -> UnsignedBundle {
        raw(&self.city)
    }

    /// A question of the venue, without a challenge.
    #[must_use]
    pub fn ask(&self, mode: Mode, policy: &str) -> Question {
        match &self.venue {
            Some((card, _)) => {
                let policy = self.bundle.policy(policy).unwrap();
                Question::registered(&self.city.scheme, mode, policy, card.clone().into())
            }
            None => self.city.ask(mode, policy, VENUE),
        }
    }

    /// What a holder has.
    #[must_use]
    pub fn for_holders(&self) -> (&'static str, Json) {
        let (name, files) = self.trusted();
        (
            name,
            files.and(object! { "holderBundle": bytes(&self.holder_bytes) }),
        )
    }

    /// What a verifier has.
    #[must_use]
    pub fn trusted(&self) -> (&'static str, Json) {
        let files = object! {
            "schemeCard": bytes(self.city.card().to_bytes()),
            "bundle": bytes(&self.bundle_bytes),
        };
        (self.name, files)
    }
}

/// Both last days come anew, or the first alone.
fn renewals(schema: &Schema) -> Vec<RenewalPolicy> {
    let mut all = city::renewals(schema);
    let index = |name| u8::try_from(schema.index_of(name).unwrap()).unwrap();
    let anew = veilpass::scheme::Anew {
        attribute: index("until"),
        days: 100,
    };
    let (until, from) = (index("until"), Some(index("until_strict")));
    all.push(RenewalPolicy::new(
        10,
        "longer".into(),
        until,
        from,
        vec![anew],
    ));
    all
}

fn raw(city: &City) -> UnsignedBundle {
    let raw = UnsignedBundle {
        poster_ahead: POSTER_AHEAD,
        ..city.raw_bundle()
    };
    raw.naming(&city.holder_parts())
}

/// The moment so many seconds after 1970.
#[must_use]
pub fn moment(seconds: i64) -> veilpass::scheme::UnixTime {
    at(seconds)
}
