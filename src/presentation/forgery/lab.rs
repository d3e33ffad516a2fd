//! The laboratory: the keys of all roles and an honest credential.

use rand::{SeedableRng, rngs::StdRng};

use crate::credential::{Credential, point_b};
use crate::curve::Scalar;
use crate::issuance::Offer;
use crate::registry::{Registry, RegistryKey};
use crate::scheme::{
    AccreditationKey, Bundle, DateTable, Day, Epoch, HolderBundle, IssuerKey, IssuerMode, KeySet,
    MinimumAge, Mode, Policy, Schema, Scheme, SealedAccreditations, SealedUnder, Value, Zone, at,
};
use crate::secret::Secret;

pub(super) const NOW: i64 = 1_624_896_240;

/// Everything a forger has: the keys of all roles, and an honest credential.
pub(super) struct Lab {
    pub(super) rng: StdRng,
    pub(super) holder: HolderBundle,
    pub(super) accreditation: AccreditationKey,
    pub(super) registry: Registry,
    pub(super) clinic: IssuerKey,
    pub(super) credential: Credential,
}

pub(super) fn lab() -> Lab {
    let mut rng = StdRng::seed_from_u64(11);
    let zone = Zone::new("Europe/Moscow").unwrap();
    let scheme = Scheme::new(
        [1; 32],
        "lab".into(),
        Schema::default(),
        IssuerMode::Hidden,
        zone,
    );
    let accreditation = AccreditationKey::generate(&mut rng);
    let (table, (date, length)) = DateTable::generate(128, &mut rng).unwrap();
    let key = RegistryKey::generate(&mut rng);
    let keys = KeySet::new(
        &scheme,
        1,
        *accreditation.public(),
        date,
        length,
        *key.public(),
    );
    let mut registry = Registry::new(key, KeySet::first_accumulator(&scheme, 1), 1);
    let handle = registry.draw(&mut rng).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let acc = accreditation.accredit(&scheme, clinic.public(), 3).unwrap();
    let list = [(*clinic.public(), acc)];
    let accreditations = SealedAccreditations::seal(
        &scheme,
        SealedUnder {
            keys: &keys,
            version: 1,
        },
        &list,
        2,
        &mut rng,
    )
    .unwrap();
    let holder = HolderBundle {
        bundle: Bundle {
            version: 1,
            issued: at(NOW - 10),
            expires: at(NOW + 1000),
            keys,
            accreditation_epoch: 3,
            epochs: vec![Epoch {
                number: 1,
                accumulator: *registry.accumulator(),
                removals: 0,
                from: at(NOW - 10),
                until: at(NOW + 1000),
                beacon: [5; 32],
            }],
            policies: vec![Policy {
                name: "all".into(),
                until: 2,
                from: Some(3),
                disclose: vec![],
                minimum_age: Some(MinimumAge {
                    attribute: 6,
                    years: 18,
                }),
                any_audience: false,
                once_a_day: true,
                window: 60,
                epoch_grace: 0,
                modes: vec![Mode::Poster],
            }],
            holder_parts: [0; 32],
            scheme,
        },
        table,
        removals: registry.log().clone(),
        reissued: Default::default(),
        accreditations,
    };
    let scheme = &holder.bundle.scheme;
    let values = [
        ("until", Value::Date(day(2021, 7, 10))),
        ("until_strict", Value::Date(day(2021, 6, 14))),
        ("birth_date", Value::Date(day(2000, 1, 1))),
        ("id_hint", Value::Text(String::new())),
    ];
    let kept = clinic
        .offer(scheme, &values, at(NOW + 9), &mut rng)
        .unwrap();
    // The same text twice, for whoever swaps.
    let mine = ["name", "employer"].map(|name| (name, Value::Text("Anna".into())));
    let offer: &Offer = kept.offer();
    let pending = offer.request(scheme, &mine, at(NOW), &mut rng).unwrap();
    let request = pending.request().clone();
    let response = kept
        .issue(scheme, &clinic, Some(&acc), &request, handle, at(NOW))
        .unwrap();
    let credential = pending.receive(&holder, &response, at(NOW)).unwrap();
    Lab {
        rng,
        holder,
        accreditation,
        registry,
        clinic,
        credential,
    }
}

pub(super) fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

impl Lab {
    /// The clinic signs other attributes for the same holder.
    pub(super) fn sign_again(&mut self, change: impl FnOnce(&mut [Scalar])) {
        let credential = &mut self.credential;
        let mut scalars = credential.scalars.expose().clone();
        change(&mut scalars);
        let scheme = &self.holder.bundle.scheme;
        let b = point_b(scheme, credential.s.expose(), &scalars);
        let exponent = self.clinic.scalar() + credential.e.expose();
        credential.a = Secret::new((b * exponent.invert().unwrap()).into());
        credential.b = Secret::new(b);
        credential.scalars = Secret::new(scalars);
    }
}
