//! An issuer that is set up, and what an authority and wallets do with it.

use std::collections::HashMap;
use std::sync::Mutex;

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Authority;
use veilpass::issuance::{Offer, PendingRequest};
use veilpass::scheme::{
    AccreditationPaper, BundleKey, Day, HandlesPaper, IssuerKey, Limits, Schema, Scheme,
    UnverifiedIssuer, Value, Zone,
};
use veilpass_app::issuer::{Founding, Issuer, open_key};
use veilpass_app::ports::{KeyError, Keys};
use veilpass_app::store::memory::MemoryIssuer;
use veilpass_evidence::rules::{Rules, UnverifiedRules, sign};
use veilpass_fixture::city::{DAY, NOW, policies};
use zeroize::Zeroizing;

use crate::ready::ready;

const RULES: &str = r#"
name = "city"
version = 1
accept_unsigned = true
[vaccination]
valid = "12 months"
[[vaccination.products]]
code = "Sputnik-V"
doses = 1
[[vaccination.products]]
code = "s|c"
doses = 1
"#;

/// Secrets that nobody has to guess.
#[derive(Default)]
pub struct OpenKeys(Mutex<HashMap<String, Vec<u8>>>);

impl Keys for OpenKeys {
    fn open(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let found = self.0.lock().unwrap().get(name).cloned();
        found
            .map(Zeroizing::new)
            .ok_or(KeyError::Missing { name: name.into() })
    }

    fn seal(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        self.0.lock().unwrap().insert(name.into(), secret.to_vec());
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap().contains_key(name)
    }

    fn rename(&self, _: &str, _: &str) -> Result<(), KeyError> {
        panic!("an issuer renames no key")
    }

    fn delete(&self, _: &str) -> Result<(), KeyError> {
        panic!("an issuer deletes no key")
    }
}

/// What makes an issuer's life different from another's.
pub struct Plan {
    /// Handles in its pool.
    pub handles: u32,
    /// What the authority lays down.
    pub limits: Limits,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            handles: 10,
            limits: Limits {
                at: NOW,
                import_above: 1000,
                ..Limits::default()
            },
        }
    }
}

pub struct World {
    pub store: MemoryIssuer,
    pub keys: OpenKeys,
    pub bundle_key: BundleKey,
    pub rng: StdRng,
}

impl World {
    pub fn new(plan: &Plan) -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        let schema = Schema::default();
        let rules = policies(&schema);
        let zone = Zone::new("Europe/Moscow").unwrap();
        let mut authority = Authority::found("City pass", schema, zone, rules, &mut rng).unwrap();
        authority.start_epoch(NOW, NOW + DAY, &mut rng).unwrap();
        let bundle = authority.publish(NOW, NOW + 7 * DAY, &mut rng).unwrap();

        let (store, keys) = (MemoryIssuer::default(), OpenKeys::default());
        let card = authority.card().to_bytes();
        let founding = Founding::new(&card, bundle.verifiers).unwrap();
        let founded = ready(founding.found(store.clone(), &keys, NOW, &mut rng)).unwrap();
        let registration = UnverifiedIssuer::from_bytes(&founded.registration).unwrap();
        let issuer = founded.issuer;
        let key = open_key(&keys).unwrap();

        let (scheme, x) = (*authority.scheme().id(), *key.public().x());
        let accreditation = AccreditationPaper {
            scheme,
            issuer: x,
            accreditation: authority.accredit(&registration).unwrap(),
            limits: plan.limits,
        };
        let handles = (0..plan.handles).map(|_| authority.handle(&mut rng).unwrap());
        let handles = HandlesPaper {
            scheme,
            issuer: x,
            handles: handles.collect(),
        };
        let bundle_key = authority.into_keys().bundle;
        let signed = accreditation.sign(&bundle_key);
        ready(issuer.import_accreditation(&signed, &key, NOW)).unwrap();
        let signed = handles.sign(&bundle_key);
        ready(issuer.import_handles(&signed, &key, NOW)).unwrap();
        Self {
            store,
            keys,
            bundle_key,
            rng,
        }
    }

    pub fn issuer(&self) -> Issuer<MemoryIssuer> {
        ready(Issuer::open(self.store.clone(), NOW)).unwrap()
    }

    pub fn key(&self) -> IssuerKey {
        open_key(&self.keys).unwrap()
    }

    pub fn rules(&self) -> Rules {
        let signed = sign(RULES, &self.bundle_key).unwrap();
        let key = self.bundle_key.verifying_key();
        UnverifiedRules(&signed).verify(&key, None).unwrap()
    }

    /// An offer that a person filled in.
    pub fn offer(&mut self) -> Offer {
        let day = |year| Value::Date(Day::from_ymd(year, 3, 8).unwrap());
        let values = [
            ("until", day(2022)),
            ("until_strict", day(2022)),
            ("birth_date", day(1985)),
            ("id_hint", Value::Text("A.K.".into())),
        ];
        let values: Vec<_> = (values.into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let (issuer, key) = (self.issuer(), self.key());
        let offer = issuer.offer(&key, &values, "by hand", NOW + 900, NOW, &mut self.rng);
        ready(offer).unwrap()
    }

    /// What a wallet answers.
    pub fn request(&mut self, scheme: &Scheme, offer: &Offer) -> PendingRequest {
        let values = ["name", "employer"].map(|name| (name, Value::Text("secret".into())));
        offer.request(scheme, &values, NOW, &mut self.rng).unwrap()
    }
}
