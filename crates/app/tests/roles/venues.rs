//! Registered venues: what the authority does with names, and a door with its card.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{Asker, PresentError, Question};
use veilpass::scheme::{
    Bundle, SchemeCard, Trust, UnixTime, UnverifiedBundle, UnverifiedVenue, VenueCard, VenueError,
    VenueKey, Venues,
};
use veilpass_app::authority::{
    Accreditations, AuthorityRole, AuthorityRoleError, Begins, ClockTrust, Lifetimes, PublicFiles,
    Publication, PublishOptions, SchemeDefinition, SchemeFile, VenueGrant, recover, venues,
};
use veilpass_app::log::Event;
use veilpass_app::store::memory::{MemoryAuthority, MemoryVerifier};
use veilpass_app::store::{Ledger, StoreError};
use veilpass_app::verifier::{Setup, Verifier, VerifierError};
use veilpass_fixture::place::{MemoryKeys, done};

const AT: i64 = 1_624_896_000;
const DAY: i64 = 86_400;
const LIFETIMES: Lifetimes = Lifetimes { bundle_days: 20 };
const NAME: &str = "Cafe Pushkin";
static SEED: AtomicU64 = AtomicU64::new(100);

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// An authority of a scheme where only registered venues ask.
struct City {
    role: AuthorityRole<MemoryAuthority>,
    keys: MemoryKeys,
    published: Publication,
}

impl City {
    fn found() -> Self {
        let keys = MemoryKeys::default();
        let definition = SchemeDefinition {
            venues: Venues::Registered,
            ..SchemeFile::read(SchemeFile::DEFAULT)
                .unwrap()
                .definition()
                .unwrap()
        };
        let (store, mut rng) = (MemoryAuthority::default(), rng(1));
        let founded = AuthorityRole::found(store, &keys, definition, LIFETIMES, &AT, &mut rng);
        let (role, published) = done(founded).unwrap();
        Self {
            role,
            keys,
            published,
        }
    }

    fn publish(&mut self, now: i64) {
        let options = PublishOptions {
            begins: Begins::Now,
            lifetimes: LIFETIMES,
            clock: ClockTrust::Doubted,
        };
        let mut rng = rng(2);
        let published = (self.role).publish(Accreditations::Stay, &options, &now, &mut rng);
        self.published = done(published).unwrap();
    }

    fn file(&self, name: &str) -> &[u8] {
        let mut files = self.published.files.iter();
        &files.find(|file| file.name == name).unwrap().bytes
    }

    fn card(&self) -> SchemeCard {
        SchemeCard::from_bytes(self.file("scheme.vp")).unwrap()
    }

    fn bundle(&self) -> Bundle {
        let bundle = UnverifiedBundle::new(self.file("bundle.vp"));
        bundle.verify(&Trust::pinned(&self.card())).unwrap()
    }

    fn register(
        &self,
        registration: &UnverifiedVenue,
        days: u16,
    ) -> Result<VenueCard, AuthorityRoleError> {
        let policies = ["bar".to_owned(), "restaurant".to_owned()];
        let grant = VenueGrant {
            policies: &policies,
            days,
        };
        // Every venue has an id of its own: where one is refused, it is for its name.
        let mut rng = rng(SEED.fetch_add(1, Ordering::Relaxed));
        done(
            self.role
                .register_venue(registration, &grant, &AT, &mut rng),
        )
    }

    fn door(&self) -> Verifier<MemoryVerifier> {
        let bundle = self.file("bundle.vp").to_vec();
        let setup = Setup::new(self.card(), bundle, NAME, "restaurant").unwrap();
        let store = MemoryVerifier::default();
        done(Verifier::create(store, setup.for_rehearsal(), &AT)).unwrap()
    }
}

fn registration(door: &Verifier<MemoryVerifier>, seed: u64) -> UnverifiedVenue {
    let registration = done(door.registration(&mut rng(seed))).unwrap();
    UnverifiedVenue::from_bytes(&registration.to_bytes()).unwrap()
}

fn ask(door: &Verifier<MemoryVerifier>, now: i64) -> Result<Question, VerifierError> {
    done(door.ask(at(now), &mut rng(5)))
}

#[test]
fn a_door_is_registered_and_asks_with_its_card() {
    let city = City::found();
    let mut door = city.door();
    // Nobody would answer: the door says so, and not the guest.
    for refused in [ask(&door, AT), door.poster(at(AT))] {
        assert!(matches!(refused, Err(VerifierError::NeedsCard)));
    }
    let status = done(door.status(at(AT))).unwrap();
    assert!(status.needs_card && status.card.is_none());
    // The key is made once.
    let wanted = registration(&door, 6);
    assert_eq!(registration(&door, 7), wanted);
    let card = city.register(&wanted, 10).unwrap();
    assert_eq!(card.terms().policies, [1, 2]);
    assert_eq!(card.terms().end, at(AT + 10 * DAY));
    done(door.take_card(&card.to_bytes(), at(AT))).unwrap();
    let bundle = city.bundle();
    for question in [ask(&door, AT).unwrap(), door.poster(at(AT)).unwrap()] {
        let question = Question::from_bytes(&question.to_bytes()).unwrap();
        let asker = question.asker(&bundle, at(AT + 1));
        assert_eq!(asker, Ok(Asker::Registered(&card)));
    }
    let status = done(door.status(at(AT))).unwrap().card.unwrap();
    assert_eq!((status.ends, status.problem), (at(AT + 10 * DAY), None));
    assert_eq!(status.fingerprint, wanted.fingerprint());
    // The door stops asking when its card ends, to the second.
    let end = AT + 10 * DAY;
    assert!(ask(&door, end - 1).is_ok());
    let ended = |refused| matches!(refused, Err(VerifierError::Venue(VenueError::Ended)));
    assert!(ended(ask(&door, end)) && ended(door.poster(at(end))));
    let status = done(door.status(at(end))).unwrap().card.unwrap();
    assert_eq!(status.problem, Some(VenueError::Ended));
}

#[test]
fn a_door_takes_no_card_but_its_own() {
    let city = City::found();
    let mut door = city.door();
    let wanted = registration(&door, 6);
    let card = city.register(&wanted, 10).unwrap();
    // Of another authority, for another name, for another key, for another policy, after its end.
    let scheme = *city.bundle().scheme().id();
    let forged = veilpass::scheme::BundleKey::generate(&mut rng(8));
    let forged = forged.sign_venue_card(&scheme, card.terms().clone());
    let mut take = |card: &VenueCard, now| {
        let taken = done(door.take_card(&card.to_bytes(), at(now)));
        taken.cloned().unwrap_err()
    };
    let refused = take(&forged.unwrap(), AT);
    assert!(matches!(
        refused,
        VerifierError::Venue(VenueError::NotVouched)
    ));
    let stranger = VenueKey::generate(&mut rng(9));
    let bar = city.register(&stranger.register(&scheme, "Bar").unwrap(), 10);
    let refused = take(&bar.unwrap(), AT);
    assert!(matches!(refused, VerifierError::OtherVenue { .. }));
    let policies = ["restaurant".to_owned()];
    let mut grant = VenueGrant {
        policies: &policies,
        days: 10,
    };
    let other_key = stranger.register(&scheme, NAME).unwrap();
    let renew = |registration, grant: &VenueGrant<'_>| {
        done(city.role.renew_venue(NAME, registration, grant, &AT)).unwrap()
    };
    let refused = take(&renew(Some(&other_key), &grant), AT);
    assert!(matches!(refused, VerifierError::OtherKey));
    let hospital = ["hospital".to_owned()];
    grant.policies = &hospital;
    let refused = take(&renew(Some(&wanted), &grant), AT);
    assert!(matches!(
        refused,
        VerifierError::Venue(VenueError::OtherPolicy)
    ));
    let refused = take(&card, AT + 10 * DAY);
    assert!(matches!(refused, VerifierError::Venue(VenueError::Ended)));
    assert!(door.venue_card().is_none());
    assert!(matches!(ask(&door, AT), Err(VerifierError::NeedsCard)));
}

#[test]
fn a_name_is_given_once_and_a_renewed_card_keeps_it() {
    let mut city = City::found();
    let mut door = city.door();
    let wanted = registration(&door, 6);
    let card = city.register(&wanted, 10).unwrap();
    let scheme = *city.bundle().scheme().id();
    let taken = |refused: Result<_, AuthorityRoleError>| {
        let error = refused.map(|_: VenueCard| ()).unwrap_err();
        matches!(error, AuthorityRoleError::Store(StoreError::VenueTaken))
    };
    let stranger = VenueKey::generate(&mut rng(9));
    let same_name = stranger.register(&scheme, NAME).unwrap();
    assert!(taken(city.register(&same_name, 10)) && taken(city.register(&wanted, 10)));
    // A name that looks the same, though no letter of it is.
    let twin = NAME.replace('a', "а");
    assert_ne!(twin, NAME);
    let refused = city.register(&stranger.register(&scheme, &twin).unwrap(), 10);
    let alike =
        matches!(&refused, Err(AuthorityRoleError::LooksLike { known, .. }) if known == NAME);
    assert!(alike, "{:?}", refused.map(|_| ()));
    // Of another scheme, and changed on the way.
    let foreign = stranger.register(&[1; 32], "Bar").unwrap();
    let refused = city.register(&foreign, 10);
    assert!(matches!(refused, Err(AuthorityRoleError::Venue(_))));
    // Longer, with the policies of before: same id, same name, same key.
    let grant = VenueGrant {
        policies: &[],
        days: 20,
    };
    let renewed = done(city.role.renew_venue(NAME, None, &grant, &AT)).unwrap();
    let mut terms = card.terms().clone();
    terms.end = at(AT + 20 * DAY);
    assert_eq!(*renewed.terms(), terms);
    done(door.take_card(&renewed.to_bytes(), at(AT))).unwrap();
    let bar = stranger.register(&scheme, "Bar").unwrap();
    let refused = done(city.role.renew_venue(NAME, Some(&bar), &grant, &AT));
    assert!(matches!(refused, Err(AuthorityRoleError::VenueName { .. })));
    let refused = done(city.role.renew_venue("Bar", None, &grant, &AT));
    assert!(matches!(refused, Err(AuthorityRoleError::NoVenue(_))));
    // Withdrawn for ever: no card, no other venue of this name; wallets and the door learn it by the bundle.
    done(city.role.withdraw_venue(NAME, &AT)).unwrap();
    let refused = done(city.role.renew_venue(NAME, None, &grant, &AT));
    assert!(matches!(refused, Err(AuthorityRoleError::NoVenue(_))));
    assert!(taken(city.register(&same_name, 10)));
    let question = door.poster(at(AT)).unwrap();
    assert!(question.asker(&city.bundle(), at(AT)).is_ok());
    city.publish(AT + 60);
    let withdrawn = Err(PresentError::Venue(VenueError::Withdrawn));
    assert_eq!(question.asker(&city.bundle(), at(AT + 61)), withdrawn);
    done(door.update(city.file("bundle.vp"))).unwrap();
    let refused = ask(&door, AT + 61);
    assert!(matches!(
        refused,
        Err(VerifierError::Venue(VenueError::Withdrawn))
    ));
    let listed = done(venues(city.role.store())).unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].withdrawn && listed[0].terms == terms);
    let log = done(city.role.store().log()).unwrap();
    let told: Vec<_> = (log.iter())
        .filter(|line| {
            matches!(
                &line.event,
                Event::VenueRegistered { .. }
                    | Event::VenueRenewed { .. }
                    | Event::VenueWithdrawn { .. }
            )
        })
        .map(|line| line.event.word())
        .collect();
    assert_eq!(
        told,
        ["venue registered", "venue renewed", "venue withdrawn"]
    );
}

#[test]
fn what_was_withdrawn_stays_so_after_a_backup() {
    let mut city = City::found();
    let door = city.door();
    city.register(&registration(&door, 6), 10).unwrap();
    let backup = city.role.store().backup();
    done(city.role.withdraw_venue(NAME, &AT)).unwrap();
    city.publish(AT + 60);
    let files = PublicFiles {
        bundle: city.file("bundle.vp"),
        holders: city.file("holders.vp"),
    };
    done(recover(
        &backup,
        &city.keys,
        &files,
        &(AT + 61),
        &mut rng(4),
    ))
    .unwrap();
    assert!(done(venues(&backup)).unwrap()[0].withdrawn);
}
