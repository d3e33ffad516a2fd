//! What a forger has in the unit tests: the keys of all roles and a pass. The city of crates/fixture founds the scheme and
//! issues; here its bytes become this crate's own types, since a fixture's types are those of the library as others
//! use it, whose private parts no unit test reaches.
//!
//! Compiled under `#[cfg(test)]` only.

use std::sync::LazyLock;

use rand::{SeedableRng, rngs::StdRng};
use veilpass_fixture::city::{City, day};

use crate::credential::Credential;
use crate::registry::{Registry, RegistryKey};
use crate::scheme::{
    AccreditationKey, HolderBundle, IssuerKey, KeySet, SchemeCard, Trust, UnverifiedHolderBundle,
};

pub(crate) use veilpass_fixture::city::NOW;

pub(crate) struct Lab {
    pub(crate) rng: StdRng,
    /// With one policy, "all", that asks for everything.
    pub(crate) holder: HolderBundle,
    pub(crate) accreditation: AccreditationKey,
    pub(crate) registry: Registry,
    pub(crate) portal: IssuerKey,
    pub(crate) clinic: IssuerKey,
    /// From the clinic, or from the portal if that is the only issuer.
    pub(crate) credential: Credential,
}

/// What the city made, as bytes.
struct Made {
    card: Vec<u8>,
    holder: Vec<u8>,
    accreditation: [u8; 32],
    registry: [u8; 32],
    portal: [u8; 32],
    clinic: [u8; 32],
    credential: Vec<u8>,
}

static HIDDEN: LazyLock<Made> = LazyLock::new(|| Made::new(None));
static KNOWN: LazyLock<Made> = LazyLock::new(|| Made::new(Some(())));

/// A scheme that hides its issuers.
pub(crate) fn lab() -> Lab {
    HIDDEN.lab()
}

/// A scheme whose only issuer is the portal.
pub(crate) fn lab_of_one_issuer() -> Lab {
    KNOWN.lab()
}

impl Made {
    fn new(known: Option<()>) -> Self {
        use veilpass_fixture::veilpass::internals::date_table;
        use veilpass_fixture::veilpass::scheme::{MinimumAge, Mode, Policy, Schema, Value};
        let mut city = City::with_table(11, Schema::default(), known, |rng| {
            date_table(128, rng).unwrap()
        });
        city.set_accreditation_epoch(3);
        city.policies = vec![Policy {
            name: "all".into(),
            from: Some(3),
            minimum_age: Some(MinimumAge {
                attribute: 6,
                years: 18,
            }),
            modes: vec![Mode::Poster.with_grace(0)],
            ..veilpass_fixture::city::restaurant(city.scheme.schema())
        }];
        city.renewals = veilpass_fixture::city::renewals(city.scheme.schema());
        let values = [
            ("until", Value::Date(day(2021, 7, 10))),
            ("until_strict", Value::Date(day(2021, 6, 14))),
            ("birth_date", Value::Date(day(2000, 1, 1))),
            ("id_hint", Value::Text(String::new())),
        ];
        // The same text twice, for whoever swaps.
        let own = ["name", "employer"].map(|name| (name, Value::Text("Anna".into())));
        let (credential, _) = city.issue_to(known.is_none(), &values, &own);
        Self {
            card: city.card().to_bytes(),
            holder: city.holder_bytes(),
            accreditation: *city.accreditation.expose_bytes(),
            portal: *city.portal.expose_bytes(),
            clinic: *city.clinic.expose_bytes(),
            credential: credential.expose_bytes().to_vec(),
            registry: *city.registry.into_key().expose_bytes(),
        }
    }

    fn lab(&self) -> Lab {
        let mut rng = StdRng::seed_from_u64(12);
        let card = SchemeCard::from_bytes(&self.card).unwrap();
        let holder = UnverifiedHolderBundle::new(&self.holder);
        let holder = holder.verify(&Trust::pinned(&card), &mut rng).unwrap();
        let key = RegistryKey::from_bytes(&self.registry).unwrap();
        let scheme = &holder.bundle.scheme;
        Lab {
            accreditation: AccreditationKey::from_bytes(&self.accreditation).unwrap(),
            registry: Registry::new(key, KeySet::first_accumulator(scheme, 1), 1),
            portal: IssuerKey::from_bytes(&self.portal).unwrap(),
            clinic: IssuerKey::from_bytes(&self.clinic).unwrap(),
            credential: Credential::from_bytes(scheme, &self.credential).unwrap(),
            holder,
            rng,
        }
    }
}
