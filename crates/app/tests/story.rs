//! The whole story with no terminal, no file and no database: an authority founds a scheme, an issuer signs for guests
//! who show their passes, a pass is revoked, keys are rotated, and an audit finds nothing. Every role is used through
//! its public interface; what goes from one to another is bytes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Rotation;
use veilpass::issuance::{Draw, Offer, Response};
use veilpass::presentation::{Accepted, Question, Reason, Verdict};
use veilpass::scheme::{Day, SchemeCard, Value};
use veilpass_app::authority::{
    Accreditations, AuditRequest, Begins, ClockTrust, Publication, PublishOptions, SentCount,
    StandingFlags, audit,
};
use veilpass_app::holder::{Ends, Holder, HolderError, Learned, Setup as Wallet, StripsOrder};
use veilpass_app::issuer::answer::Issued;
use veilpass_app::issuer::{AnyRequest, IssuerError};
use veilpass_app::ports::{Confirm, Confirmation, NobodyToAsk};
use veilpass_app::store::RENEWAL;
use veilpass_app::store::memory::MemoryVerifier;
use veilpass_app::verifier::{Setup as Door, Verifier};
use veilpass_fixture::city::{DAY, HOUR, NOW, at};
use veilpass_fixture::place::{MemoryKeys, done};
use veilpass_fixture::roles::{LIFETIMES, Plan, World, file};

const OPTIONS: PublishOptions = PublishOptions {
    begins: Begins::Now,
    lifetimes: LIFETIMES,
    clock: ClockTrust::Doubted,
};

/// What everybody can fetch.
struct Public {
    card: SchemeCard,
    verifiers: Vec<u8>,
    holders: Vec<u8>,
}

impl Public {
    fn of(publication: &Publication) -> Self {
        let file = |name| file(publication, name);
        Self {
            card: SchemeCard::from_bytes(file("scheme.vp")).unwrap(),
            verifiers: file("bundle.vp").to_vec(),
            holders: file("holders.vp").to_vec(),
        }
    }

    fn card(&self) -> SchemeCard {
        SchemeCard::from_bytes(&self.card.to_bytes()).unwrap()
    }
}

/// The city's health department, with an issuer that it accredited.
struct City {
    world: World,
    public: Public,
}

impl City {
    async fn found() -> Self {
        let plan = Plan {
            handles: 5,
            per_day: Some(10),
            release: None,
        };
        let world = World::found(&plan, StdRng::seed_from_u64(14)).await;
        let mut city = Self {
            public: Public::of(&world.published),
            world,
        };
        city.publish(NOW + 1).await;
        let mut issuer = city.world.issuer();
        let imported = issuer.import_bundle(&city.public.verifiers, NOW + 2);
        imported.await.unwrap();
        city
    }

    async fn publish(&mut self, now: i64) {
        let (role, rng) = (&self.world.authority, &mut self.world.rng);
        let published = role.publish(Accreditations::Stay, &OPTIONS, &now, rng);
        self.public = Public::of(&published.await.unwrap());
    }

    /// A guest gets a pass: offer, request, response, each as bytes. The codes of both sides are compared.
    async fn issue(&mut self, guest: &mut Guest, name: &str, now: i64) -> (AnyRequest, Issued) {
        let offer = self.world.offer_at(now).await.to_bytes();
        let (issuer, key) = (self.world.issuer(), self.world.key());
        let rng = &mut self.world.rng;

        let mut holder = guest.open(rng);
        let own = [
            ("name", Value::Text(name.into())),
            ("employer", Value::Text("Agency".into())),
        ];
        let offer = Offer::from_bytes(&offer).unwrap();
        let requested = holder.request(&offer, &own, "clinic", now, rng).unwrap();
        let second = holder.request(&offer, &own, "again", now, rng);
        assert!(matches!(second, Err(HolderError::Requested(label)) if label == "clinic"));
        assert_eq!(
            holder.pending().map(|one| one.label).collect::<Vec<_>>(),
            [requested.label.as_str()]
        );

        let read = || AnyRequest::from_bytes(issuer.scheme(), &requested.request).unwrap();
        let drawn = issuer.draw(&key, &read(), now).await.unwrap();
        let draw = Draw::from_bytes(&drawn.draw).unwrap();
        assert_eq!(
            holder.code(&draw).unwrap(),
            (requested.label.as_str(), drawn.code.clone())
        );
        let person = SameCode(drawn.code);
        let answered = issuer.answer_compared(&key, read(), &person, now);
        let issued = answered.await.unwrap();
        assert!(issued.code.is_some());

        // The wallet was closed meanwhile.
        let mut holder = guest.open(rng);
        let response = Response::from_bytes(&issued.response).unwrap();
        assert_eq!(
            holder
                .receive(&response, None, Ends::NotEarlier, now)
                .unwrap(),
            "clinic"
        );
        assert_eq!(holder.pending().count(), 0);
        (read(), issued)
    }

    /// The guest's pass is renewed: the same one with other dates, in the place of the old one, and no handle is used.
    async fn renew(&mut self, guest: &mut Guest, now: i64) {
        let (issuer, key) = (self.world.issuer(), self.world.key());
        let rng = &mut self.world.rng;
        let until = |day| [("until", day), ("until_strict", Day::NEVER)];
        let values = |day| until(day).map(|(name, day)| (name.to_owned(), Value::Date(day)));
        let free = issuer.free_handles().await.unwrap();
        let far = values(Day::from_ymd(2022, 6, 29).unwrap());
        let refused = issuer.offer_renewal(&key, ("renewal", &far), (now + 900, true), now, rng);
        assert!(matches!(refused.await, Err(IssuerError::Offer(_))));
        let near = values(Day::from_ymd(2022, 6, 1).unwrap());
        let unknown = issuer.offer_renewal(&key, ("another", &near), (now + 900, true), now, rng);
        assert!(matches!(unknown.await, Err(IssuerError::Offer(_))));
        let offered = issuer.offer_renewal(&key, ("renewal", &near), (now + 900, true), now, rng);
        let offer = offered.await.unwrap();

        let mut holder = guest.open(rng);
        let nothing = holder.renew(&offer, Some("another"), "again", now, rng);
        assert!(matches!(nothing, Err(HolderError::UnknownPass(_))));
        let renewed = holder.renew(&offer, None, "again", now, rng).unwrap();
        let renews = renewed.renews.unwrap();
        assert_eq!(renews.pass, "clinic");
        let anew: Vec<_> = renews.anew.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(anew, ["until", "until_strict"]);
        assert_eq!(
            renews.carried,
            ["name", "employer", "birth_date", "id_hint"]
        );

        let request = AnyRequest::from_bytes(issuer.scheme(), &renewed.request).unwrap();
        let drawn = issuer.draw(&key, &request, now).await.unwrap();
        let draw = Draw::from_bytes(&drawn.draw).unwrap();
        assert_eq!(holder.code(&draw).unwrap(), ("again", drawn.code));
        let issued = issuer
            .answer_agreed(&key, request.clone(), now)
            .await
            .unwrap();
        assert_eq!(issued.handle, None);
        let again = issuer.answer(&key, request, now).await.unwrap();
        assert_eq!(issued.response, again.response);
        assert_eq!(issuer.free_handles().await.unwrap(), free);

        let mut holder = guest.open(rng);
        let response = Response::from_bytes(&issued.response).unwrap();
        assert_eq!(
            holder
                .receive(&response, None, Ends::NotEarlier, now)
                .unwrap(),
            "clinic"
        );
        assert_eq!((holder.passes().count(), holder.pending().count()), (1, 0));
        let until = holder.pass("clinic").unwrap().attributes[0].value.clone();
        assert_eq!(until, near[0].1);
    }
}

/// The clerk, who looks at the guest's screen.
struct SameCode(String);

impl Confirm for SameCode {
    fn confirm(&self, question: &Confirmation<'_>) -> Result<bool, NobodyToAsk> {
        match question {
            Confirmation::SameCode { code, .. } => Ok(*code == self.0),
            other => panic!("{other:?}"),
        }
    }
}

/// A guest's wallet, and the bundle beside it.
struct Guest {
    keys: MemoryKeys,
    bundle: Vec<u8>,
}

impl Guest {
    fn new(public: &Public, rng: &mut StdRng) -> Self {
        let keys = MemoryKeys::default();
        let setup = Wallet::new(public.card(), &public.holders, rng).unwrap();
        let holder = Holder::create(&keys, setup).unwrap().seal().unwrap();
        assert_eq!(holder.passes().count(), 0);
        let again = Wallet::new(public.card(), &public.holders, rng).unwrap();
        let again = Holder::create(&keys, again);
        assert!(matches!(again, Err(HolderError::SetUpAlready)));
        Self {
            keys,
            bundle: public.holders.clone(),
        }
    }

    fn open(&self, rng: &mut StdRng) -> Holder<&MemoryKeys> {
        let opened = Holder::open(&self.keys).unwrap();
        opened.with_bundle(&self.bundle, rng).unwrap()
    }

    fn show(&self, ask: &[u8], now: i64, rng: &mut StdRng) -> Result<Vec<u8>, HolderError> {
        let ask = Question::from_bytes(ask).unwrap();
        let answer = self.open(rng).answer(&ask, None, None, now, rng)?;
        Ok(answer.presentation.into_bytes())
    }

    /// Whether the pass is good with the newest bundle.
    fn sync(&mut self, public: &Public, now: i64, rng: &mut StdRng) -> bool {
        let opened = Holder::open(&self.keys).unwrap();
        let updated = opened.update(&public.holders, &now, rng).unwrap();
        let good = updated.passes().iter().all(|pass| pass.outcome.is_ok());
        // The bundle before the wallet that has seen it.
        self.bundle = public.holders.clone();
        updated.seal().unwrap();
        good
    }
}

async fn door(public: &Public, venue: &str, policy: &str) -> Verifier<MemoryVerifier> {
    let setup = Door::new(public.card(), public.verifiers.clone(), venue, policy).unwrap();
    let store = MemoryVerifier::default();
    let setup = setup.for_rehearsal();
    Verifier::create(store.clone(), setup, &NOW).await.unwrap();
    Verifier::open(store, &NOW).await.unwrap()
}

fn reason(verdict: Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Accepted(_) => None,
        Verdict::Refused(reason) => Some(reason),
    }
}

fn accepted(verdict: Verdict) -> Accepted {
    match verdict {
        Verdict::Accepted(accepted) => accepted,
        Verdict::Refused(reason) => panic!("{reason}"),
    }
}

/// An evening with a poster: two guests are let in, one of them only once.
async fn evening(
    cafe: &Verifier<MemoryVerifier>,
    guests: [&Guest; 2],
    now: i64,
    rng: &mut StdRng,
) -> Vec<u8> {
    let poster = cafe.poster(at(now)).unwrap().to_bytes();
    let ask = Question::from_bytes(&poster).unwrap();
    let learned = guests[0].open(rng).learned_by(&ask).unwrap();
    let until = Learned::NotPassed("until".into());
    assert_eq!(learned, [until, Learned::SameHolder]);
    let mut lengths = Vec::new();
    for guest in guests {
        let pass = guest.show(&poster, now, rng).unwrap();
        let verdict = cafe.verify(&pass, None, at(now), rng).await.unwrap();
        let shown = accepted(verdict);
        assert!(shown.disclosed.is_empty() && shown.pseudonym.is_some());
        lengths.push(pass.len());
    }
    assert_eq!(lengths[0], lengths[1], "two guests' passes are alike");
    let again = guests[0].show(&poster, now + 60, rng).unwrap();
    let seen = cafe.verify(&again, None, at(now + 60), rng).await.unwrap();
    assert_eq!(reason(seen), Some(Reason::SeenBefore));
    let late = cafe.verify(&again, None, at(now + 600), rng).await.unwrap();
    assert_eq!(reason(late), Some(Reason::TooOld));
    poster
}

/// A question of one's own is answered once.
async fn challenge(public: &Public, guest: &Guest, now: i64, rng: &mut StdRng) {
    let gate = door(public, "Office gate", "restaurant").await;
    let ask = gate.ask(at(now), rng).await.unwrap();
    let pass = guest.show(&ask.to_bytes(), now, rng).unwrap();
    let asked = Some(&ask);
    let verdict = gate.verify(&pass, asked, at(now + 5), rng);
    accepted(verdict.await.unwrap());
    let again = gate.verify(&pass, asked, at(now + 6), rng);
    assert_eq!(reason(again.await.unwrap()), Some(Reason::QuestionClosed));
}

/// Paper, for a guest without a telephone.
async fn strips(public: &Public, guest: &Guest, now: i64, rng: &mut StdRng) {
    let kiosk = door(public, "Kiosk", "paper").await;
    let holder = guest.open(rng);
    let today = holder.scheme().zone().day_of(at(now)).unwrap();
    let order = StripsOrder {
        policy: "paper",
        venue: None,
        pass: None,
        first: today,
        days: 2,
    };
    let made = holder.strips(&order, now, &(), rng).unwrap();
    let [(_, first), (_, second)] = &made.strips[..] else {
        panic!("two days");
    };
    let verdict = kiosk.verify(first.as_bytes(), None, at(now), rng);
    let shown = accepted(verdict.await.unwrap());
    let hint = ("id_hint".to_owned(), Value::Text("A.K.".into()));
    assert_eq!(shown.disclosed, [hint]);
    let early = kiosk.verify(second.as_bytes(), None, at(now), rng);
    assert_eq!(reason(early.await.unwrap()), Some(Reason::TooEarly));
}

/// A revoked pass is refused wherever the bundle is new, once the grace of a day is over, and its holder learns it; another
/// one stays good.
async fn revocation(
    city: &mut City,
    theatre: &mut Verifier<MemoryVerifier>,
    (revoked, other): (&mut Guest, &mut Guest),
    handle: [u8; 32],
    now: i64,
) {
    let told = city.world.authority.revoke(&[handle], &now).await.unwrap();
    assert_eq!(told.revoked, 1);
    city.publish(now + 60).await;
    let (public, rng) = (&city.public, &mut city.world.rng);
    theatre.update(&public.verifiers).await.unwrap();
    let now = now + DAY + 3 * 60;
    let poster = theatre.poster(at(now)).unwrap().to_bytes();
    let old = revoked.show(&poster, now, rng).unwrap();
    let verdict = theatre.verify(&old, None, at(now), rng).await.unwrap();
    assert_eq!(reason(verdict), Some(Reason::EpochTooOld));
    assert!(!revoked.sync(public, now, rng));
    assert!(revoked.show(&poster, now, rng).is_err());
    assert!(other.sync(public, now, rng));
    let pass = other.show(&poster, now, rng).unwrap();
    accepted(theatre.verify(&pass, None, at(now), rng).await.unwrap());
}

/// New keys: passes live on, once doors and wallets have the new bundle.
async fn rotation(
    city: &mut City,
    theatre: &mut Verifier<MemoryVerifier>,
    guest: &mut Guest,
    now: i64,
) {
    let (keys, rng) = (&city.world.authority_keys, &mut city.world.rng);
    let rotated = (city.world.authority).rotate(keys, Rotation::default(), &OPTIONS, &now, rng);
    city.public = Public::of(&rotated.await.unwrap());
    theatre.update(&city.public.verifiers).await.unwrap();
    assert!(guest.sync(&city.public, now + 60, rng));
    let poster = theatre.poster(at(now)).unwrap().to_bytes();
    let pass = guest.show(&poster, now + 60, rng).unwrap();
    let verdict = theatre.verify(&pass, None, at(now + 60), rng);
    // The same guest, at the same venue, on the same day: the pseudonym outlives the keys.
    assert_eq!(reason(verdict.await.unwrap()), Some(Reason::SeenBefore));
}

/// Issuer and authority look through what they did.
async fn audits(city: &mut City, issued: u32, now: i64) {
    let (issuer, key) = (city.world.issuer(), city.world.key());
    let count = issuer.count(&key, None, at(now), &mut city.world.rng);
    let count = count.await.unwrap();
    let report = issuer.audit(None).await.unwrap();
    // One of them twice: a renewal is counted apart, and uses no handle.
    assert_eq!(
        (report.issued, report.free),
        (u64::from(issued) + 1, 5 - issued)
    );
    let renewed = report.days.iter().filter(|day| day.kind == RENEWAL);
    assert_eq!(renewed.map(|day| day.issued).sum::<u32>(), 1);
    assert!(report.flags.is_empty(), "{:?}", report.flags);
    let counts = [SentCount {
        name: "the clinic's count",
        bytes: &count.bytes,
    }];
    let request = AuditRequest {
        head: None,
        counts: &counts,
        standing: StandingFlags::Named,
    };
    let report = audit(city.world.authority.store(), &request, &now)
        .await
        .unwrap();
    assert!(report.flags.is_empty(), "{:?}", report.flags);
    let pool = &report.issuers[0].pool;
    assert_eq!((pool.drawn, pool.removed), (5, 1));
}

async fn story() {
    let mut city = City::found().await;
    let mut anna = Guest::new(&city.public, &mut city.world.rng);
    let mut boris = Guest::new(&city.public, &mut city.world.rng);
    let (request, issued) = city.issue(&mut anna, "Anna", NOW + 60).await;
    city.issue(&mut boris, "Boris", NOW + 120).await;
    city.renew(&mut boris, NOW + 130).await;

    let evening_begins = NOW + 180;
    let cafe = door(&city.public, "Cafe Pushkin", "restaurant").await;
    let mut theatre = door(&city.public, "Bolshoi", "restaurant").await;
    let poster = evening(&cafe, [&anna, &boris], evening_begins, &mut city.world.rng).await;
    // A pass for one venue is worth nothing at another.
    let pass = anna
        .show(&poster, evening_begins, &mut city.world.rng)
        .unwrap();
    let elsewhere = theatre.verify(&pass, None, at(evening_begins), &mut city.world.rng);
    assert_eq!(reason(elsewhere.await.unwrap()), Some(Reason::OtherVenue));
    challenge(&city.public, &boris, NOW + 300, &mut city.world.rng).await;
    strips(&city.public, &boris, NOW + 300, &mut city.world.rng).await;

    let guests = (&mut anna, &mut boris);
    revocation(
        &mut city,
        &mut theatre,
        guests,
        issued.handle.unwrap(),
        NOW + HOUR,
    )
    .await;
    rotation(&mut city, &mut theatre, &mut boris, NOW + DAY + 2 * HOUR).await;
    anna.open(&mut city.world.rng).forget("clinic").unwrap();
    assert_eq!(anna.open(&mut city.world.rng).passes().count(), 0);

    // Long after the issuer's bundle has ended, a request that was answered still gets its answer.
    let (issuer, key) = (city.world.issuer(), city.world.key());
    let late = NOW + 30 * DAY;
    let again = issuer.answer(&key, request, late);
    let stored = Issued {
        code: None,
        ..issued
    };
    assert_eq!(again.await.unwrap(), stored);
    audits(&mut city, 2, NOW + DAY + 3 * HOUR).await;
}

#[test]
fn the_whole_story_needs_no_terminal_no_file_and_no_database() {
    done(story());
}
