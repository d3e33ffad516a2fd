//! An issuer that is set up, with nothing but memory; what its authority does for it, and a wallet's part.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::{Offer, Request};
use veilpass::scheme::{Day, IssuerKey, UnverifiedIssuer, Value};
use veilpass_app::authority::{
    AuthorityRole, KeysNeeded, Lifetimes, Publication, ReleaseRule, SchemeFile,
};
use veilpass_app::issuer::offer::BY_HAND;
use veilpass_app::issuer::{Founding, Issuer, open_key};
use veilpass_app::store::memory::{MemoryAuthority, MemoryIssuer};
use veilpass_evidence::rules::{Rules, UnverifiedRules};
use veilpass_fixture::city::{NOW, at, day};
use veilpass_fixture::place::{MemoryKeys, done};

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
const LIFETIMES: Lifetimes = Lifetimes {
    epoch_hours: 24,
    bundle_days: 7,
};

/// What makes one issuer's life different from another's.
pub struct Plan {
    /// Handles in its pool.
    pub handles: u32,
    /// Passes a day, if there is a limit.
    pub per_day: Option<u32>,
    /// What takes operators.
    pub release: Option<ReleaseRule>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            handles: 10,
            per_day: None,
            release: None,
        }
    }
}

pub struct World {
    pub store: MemoryIssuer,
    pub keys: MemoryKeys,
    pub rng: StdRng,
    rules: String,
}

impl World {
    pub fn new(plan: &Plan) -> Self {
        done(Self::found(plan, StdRng::seed_from_u64(7)))
    }

    async fn found(plan: &Plan, mut rng: StdRng) -> Self {
        let mut scheme = SchemeFile::default().definition().unwrap();
        scheme.release = plan.release;
        let (store, keys) = (MemoryAuthority::default(), MemoryKeys::default());
        let founded = AuthorityRole::found(store, &keys, scheme, LIFETIMES, &NOW, &mut rng);
        let (role, published) = founded.await.unwrap();
        let opened = AuthorityRole::open(role.store().clone(), &keys, KeysNeeded::All);
        let authority = opened.await.unwrap();

        let (store, keys) = (MemoryIssuer::default(), MemoryKeys::default());
        let [card, bundle] = ["scheme.vp", "bundle.vp"].map(|name| file(&published, name));
        let founding = Founding::new(&card, bundle).unwrap();
        let founded = founding.found(store.clone(), &keys, NOW, &mut rng);
        let founded = founded.await.unwrap();
        let registration = UnverifiedIssuer::from_bytes(&founded.registration).unwrap();
        let accredited = authority.accredit("clinic", &registration, plan.per_day, &NOW);
        let accreditation = accredited.await.unwrap().accreditation;
        let (issuer, key) = (founded.issuer, open_key(&keys).unwrap());
        let imported = issuer.import_accreditation(&accreditation, &key, NOW);
        imported.await.unwrap();
        if plan.handles > 0 {
            let wanted = ("clinic", plan.handles);
            let drawn = authority.draw_handles(wanted, &[], &NOW, &(), &mut rng);
            let handles = drawn.await.unwrap();
            issuer.import_handles(&handles, &key, NOW).await.unwrap();
        }
        Self {
            store,
            keys,
            rng,
            rules: authority.sign_rules(RULES).unwrap(),
        }
    }

    pub fn issuer(&self) -> Issuer<MemoryIssuer> {
        done(Issuer::open(self.store.clone(), NOW)).unwrap()
    }

    pub fn key(&self) -> IssuerKey {
        open_key(&self.keys).unwrap()
    }

    pub fn rules(&self) -> Rules {
        let (issuer, rules) = (self.issuer(), UnverifiedRules(&self.rules));
        rules.verify(issuer.card().key(), None).unwrap()
    }

    /// An offer that a person filled in.
    pub fn offer(&mut self) -> Offer {
        let values = [
            ("until", Value::Date(day(2022, 3, 1))),
            ("until_strict", Value::Date(Day(0))),
            ("birth_date", Value::Date(day(1985, 3, 8))),
            ("id_hint", Value::Text("A.K.".into())),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let (issuer, key) = (self.issuer(), self.key());
        let offer = issuer.offer(&key, &values, BY_HAND, NOW + 900, NOW, &mut self.rng);
        done(offer).unwrap()
    }

    /// What a wallet answers.
    pub fn request(&mut self, offer: &Offer) -> Request {
        let own = ["name", "employer"].map(|name| (name, Value::Text("secret".into())));
        let issuer = self.issuer();
        let pending = offer.request(issuer.scheme(), &own, at(NOW), &mut self.rng);
        pending.unwrap().request().clone()
    }
}

fn file(published: &Publication, name: &str) -> Vec<u8> {
    let mut files = published.files.iter();
    files.find(|file| file.name == name).unwrap().bytes.clone()
}
