//! The authority.

mod counts;
mod restored;

use std::sync::atomic::{AtomicI64, Ordering};

use crate::memory::{Failing, Memory};
use rand::{SeedableRng, rngs::StdRng};
use veilpass::registry::RegistryError;
use veilpass::scheme::{
    DayCount, HandlePool, IssuerKey, SignedAccreditation, Trust, UnixTime, UnsignedCount,
    UnverifiedBundle,
};
use veilpass::{Replaced, Rotation};
use veilpass_app::approval::{self, OperatorKey, Operators};
use veilpass_app::authority::{
    Accreditations, AuditRequest, AuthorityRole, AuthorityRoleError, Begins, ClockDoubt,
    ClockTrust, CountFlaw, KeysNeeded, Lifetimes, PublicFiles, Publication, PublishOptions,
    PublishedBefore, Recovery, ReleaseRule, SchemeDefinition, SchemeFile, SentCount, StandingFlags,
    audit, recover,
};
use veilpass_app::error::{Class, Classified};
use veilpass_app::log::merkle::LogTree;
use veilpass_app::log::{CountRefusal, Event, Flag, Line};
use veilpass_app::ports::{Clock, KeyError};
use veilpass_app::store::{AuthorityStore, StoreError};
use veilpass_fixture::place::{MemoryKeys, done};

type Role = AuthorityRole<Memory>;

/// 28 June 2021, 19:00 in Moscow.
const AT: i64 = 1_624_896_000;
const DAY: i64 = 86_400;
const LIFETIMES: Lifetimes = Lifetimes { bundle_days: 7 };
const OPTIONS: PublishOptions = PublishOptions {
    begins: Begins::Now,
    lifetimes: LIFETIMES,
    clock: ClockTrust::Doubted,
};
const NEW_GAMMA: Rotation = Rotation {
    accreditation: true,
    dates: false,
    replaced: Replaced::Serve,
};

/// A clock on which a second passes whenever somebody looks.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A generator that outlives the future it is lent to.
fn rng(seed: u64) -> &'static mut StdRng {
    Box::leak(Box::new(StdRng::seed_from_u64(seed)))
}

fn definition(operators: u8) -> SchemeDefinition {
    let release = ReleaseRule {
        operators,
        import_above: 50,
    };
    SchemeDefinition {
        release: (operators > 0).then_some(release),
        ..SchemeFile::read(SchemeFile::DEFAULT)
            .unwrap()
            .definition()
            .unwrap()
    }
}

fn founded(operators: u8) -> (Role, MemoryKeys, Publication) {
    let (store, keys) = (Memory::default(), MemoryKeys::default());
    let scheme = definition(operators);
    let founded = AuthorityRole::found(store, &keys, scheme, LIFETIMES, &AT, rng(1));
    let (role, publication) = done(founded).unwrap();
    (role, keys, publication)
}

fn open(store: Memory, keys: &MemoryKeys, needed: KeysNeeded) -> Result<Role, AuthorityRoleError> {
    done(AuthorityRole::open(store, keys, needed, &[]))
}

/// Opened beside what is public.
fn open_beside(
    store: Memory,
    keys: &MemoryKeys,
    bundle: &[u8],
) -> Result<Role, AuthorityRoleError> {
    let name = "public/bundle.vp";
    let published = [PublishedBefore { name, bundle }];
    done(AuthorityRole::open(
        store,
        keys,
        KeysNeeded::All,
        &published,
    ))
}

/// An authority opened with all keys that accredited `clinic`.
fn with_clinic(operators: u8) -> (Role, MemoryKeys, IssuerKey) {
    let (role, keys, _) = founded(operators);
    let role = open(role.store().clone(), &keys, KeysNeeded::All).unwrap();
    let key = IssuerKey::generate(rng(2));
    let registration = key.register(&role.store().state().scheme, rng(3));
    done(role.accredit("clinic", &registration, Some(3), &AT)).unwrap();
    (role, keys, key)
}

fn publish(
    role: &Role,
    at: i64,
    options: &PublishOptions,
) -> Result<Publication, AuthorityRoleError> {
    done(role.publish(Accreditations::Stay, options, &at, rng(4)))
}

fn bundle(publication: &Publication) -> &[u8] {
    let mut files = publication.files.iter();
    &files.find(|file| file.name == "bundle.vp").unwrap().bytes
}

fn audited(role: &Role, counts: &[SentCount<'_>], standing: StandingFlags) -> Vec<Flag> {
    let request = AuditRequest {
        head: None,
        counts,
        standing,
    };
    done(audit(role.store(), &request, &(AT + DAY)))
        .unwrap()
        .flags
}

#[test]
fn a_server_can_spread_what_the_role_does_over_threads() {
    fn sendable<T: Send>(_: &T) {}
    let (role, ..) = founded(0);
    let (mut one, mut two) = (rng(4), rng(7));
    sendable(&role.publish(Accreditations::Stay, &OPTIONS, &AT, &mut one));
    sendable(&role.draw_handles(("clinic", 1), &[], &AT, &(), &mut two));
    sendable(&role.revoke(&[], &AT));
    sendable(&role.limit("clinic", 3, &AT));
}

#[test]
fn a_scheme_is_founded_once_and_never_over_keys() {
    let (role, keys, publication) = founded(0);
    let names: Vec<_> = publication.files.iter().map(|file| file.name).collect();
    assert_eq!(names, ["scheme.vp", "holders.vp", "bundle.vp"]);
    assert_eq!(keys.names(), ["accreditation", "online"]);
    let found = |store: Memory, keys: &MemoryKeys| {
        let scheme = definition(0);
        let founded = AuthorityRole::found(store, keys, scheme, LIFETIMES, &AT, rng(1));
        done(founded).map(|_| ()).unwrap_err()
    };
    let again = found(role.store().clone(), &MemoryKeys::default());
    assert!(matches!(
        again,
        AuthorityRoleError::Store(StoreError::NotEmpty)
    ));
    let over = found(Memory::default(), &keys);
    let orphaned = KeyError::WithoutState {
        name: "online".into(),
    };
    assert!(matches!(over, AuthorityRoleError::Keys(why) if why == orphaned));
    // If the keys cannot be sealed there is no scheme.
    let (store, full) = (Memory::default(), MemoryKeys::default());
    full.allow(Some(1));
    found(store.clone(), &full);
    assert!(matches!(done(store.load()), Err(StoreError::Empty)));
}

#[test]
fn a_rotation_that_stops_at_any_moment_leaves_an_authority_that_goes_on() {
    let (role, keys, _) = with_clinic(0);
    let before = role.store().state().keys.number();
    // Two keys are sealed, the state is stored, two keys get their names.
    let stops = (0..4).map(|changes| (Some(changes), None));
    let lost = [Failing::Before, Failing::After, Failing::Conflict].map(|how| (None, Some(how)));
    for (changes, failing) in stops.chain(lost) {
        let what = format!("{changes:?} {failing:?}");
        let (store, keys) = (role.store().clone(), keys.clone());
        let mut stopped = open(store, &keys, KeysNeeded::All).unwrap();
        keys.allow(changes);
        if let Some(how) = failing {
            stopped.store().fail(how);
        }
        let rotated = stopped.rotate(&keys, NEW_GAMMA, &OPTIONS, &(AT + 60), rng(5));
        assert!(done(rotated).is_err(), "{what}");
        keys.allow(None);
        let again = open(stopped.store().clone(), &keys, KeysNeeded::All);
        let mut again = again.unwrap_or_else(|why| panic!("{what}: {why}"));
        let stored = failing == Some(Failing::After) || changes.is_some_and(|made| made >= 2);
        let number = again.store().state().keys.number();
        assert_eq!(number, before + u32::from(stored), "{what}");
        // The keys at hand are those of the state, γ as well.
        publish(&again, AT + 120, &OPTIONS).unwrap_or_else(|why| panic!("{what}: {why}"));
        let end = Rotation {
            replaced: Replaced::End,
            ..NEW_GAMMA
        };
        let rotated = again.rotate(&keys, end, &OPTIONS, &(AT + 180), rng(6));
        let publication = done(rotated).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(publication.epochs.key_set, number + 1, "{what}");
        assert_eq!(keys.names(), ["accreditation", "online"], "{what}");
    }
}

#[test]
fn a_rotation_of_gamma_takes_gamma_and_gives_every_issuer_a_file() {
    let (role, keys, key) = with_clinic(0);
    let mut daily = open(role.store().clone(), &keys, KeysNeeded::Daily).unwrap();
    let rotated = daily.rotate(&keys, NEW_GAMMA, &OPTIONS, &AT, rng(5));
    let refused = done(rotated).unwrap_err();
    assert_eq!(refused.class(), Class::Bad);
    assert!(
        refused.to_string().contains("accreditation key"),
        "{refused}"
    );
    let mut all = role;
    let rotated = all.rotate(&keys, NEW_GAMMA, &OPTIONS, &(AT + 60), rng(5));
    let publication = done(rotated).unwrap();
    let [file] = &publication.accreditations[..] else {
        panic!("one issuer");
    };
    assert_eq!(file.label, "clinic");
    let signed = SignedAccreditation::open(publication.card.key(), &file.bytes).unwrap();
    assert!(signed.is_for(publication.card.scheme(), &key));
    assert_eq!(signed.limits().per_day, 3);
}

#[test]
fn a_clock_that_cannot_be_right_is_doubted_until_somebody_confirms_it() {
    let (role, ..) = founded(0);
    for (at, doubt) in [
        (AT - DAY, ClockDoubt::EpochAhead),
        (AT + 60 * DAY, ClockDoubt::LongPause),
    ] {
        let store = role.store().clone();
        let refused = publish(&role, at, &OPTIONS).unwrap_err();
        assert!(matches!(refused, AuthorityRoleError::ClockDoubted(why) if why == doubt));
        assert_eq!(store.state().version, role.store().state().version);
    }
    let confirmed = PublishOptions {
        clock: ClockTrust::Confirmed,
        ..OPTIONS
    };
    let publication = publish(&role, AT - DAY, &confirmed).unwrap();
    let card = publication.card;
    let bundle = UnverifiedBundle::new(bundle(&publication)).verify(&Trust::pinned(&card));
    // The epoch that a wrong clock began was published, so it stays, and begins before the new one.
    let bundle = bundle.unwrap();
    let epochs = bundle.epochs();
    assert_eq!(
        epochs.iter().map(|epoch| epoch.from).collect::<Vec<_>>(),
        [AT - DAY, AT - DAY + 1].map(UnixTime::from_seconds)
    );
}

#[test]
fn handles_are_drawn_for_accredited_issuers_and_revoked_one_by_one() {
    let (role, _, key) = with_clinic(0);
    let mut seeds = 10..;
    let mut draw = |label, count| {
        let rng = rng(seeds.next().unwrap());
        done(role.draw_handles((label, count), &[], &AT, &(), rng))
    };
    let unknown = draw("nobody", 1).unwrap_err();
    assert!(matches!(unknown, AuthorityRoleError::NoIssuer(label) if label == "nobody"));
    let state = role.store().state();
    // A label that looks the same (its first letter is Cyrillic), and another label for the same issuer.
    let register = |key: &IssuerKey| key.register(&state.scheme, rng(21));
    let other = register(&IssuerKey::generate(rng(20)));
    let refused = done(role.accredit("\u{441}linic", &other, None, &AT)).unwrap_err();
    assert!(matches!(refused, AuthorityRoleError::LooksLike { known, .. } if known == "clinic"));
    let refused = done(role.accredit("second", &register(&key), None, &AT)).unwrap_err();
    assert!(matches!(refused, AuthorityRoleError::Known(label) if label == "clinic"));
    let drawn = HandlePool::open(&state.signer, &draw("clinic", 3).unwrap()).unwrap();
    assert!(drawn.is_for(state.scheme.id(), &key));
    let [first, second, _] = drawn.handles() else {
        panic!("three were drawn");
    };
    let wanted = [first.id(), [1; 32], first.id(), second.id()];
    let revoked = done(role.revoke(&wanted, &AT)).unwrap();
    assert_eq!(revoked.revoked, 2);
    let refused = [
        ([1; 32], RegistryError::Unknown),
        (first.id(), RegistryError::Removed),
    ];
    assert_eq!(revoked.refused, refused);
    // Somebody else was faster: the change is made again on what that one left.
    role.store().fail(Failing::Conflict);
    draw("clinic", 1).unwrap();
    let dropped = ["clinic".to_owned()];
    let next = Accreditations::Next { dropped: &dropped };
    let published = role.publish(next, &OPTIONS, &(AT + 60), rng(4));
    assert_eq!(done(published).unwrap().files.len(), 3);
    let over = draw("clinic", 1).unwrap_err();
    assert!(matches!(over, AuthorityRoleError::AccreditedNoMore(label) if label == "clinic"));
}

#[test]
fn operators_approve_the_very_line_that_they_allow_however_long_it_takes() {
    let (role, ..) = with_clinic(2);
    let clock = Ticking(AtomicI64::new(AT));
    let needed = done(role.needed()).unwrap();
    let rng = rng(8);
    let operators = ["anna", "boris"].map(|label| OperatorKey::generate(label, rng));
    for operator in &operators {
        let at = clock.now();
        let known = done(Operators::of(role.store())).unwrap();
        let enrolled = approval::enrol(role.store(), (&known, operator), &needed, &[], at, rng);
        done(enrolled).unwrap();
    }
    let mut draw = |approving| {
        let drawn = role.draw_handles(("clinic", 2), approving, &clock, &(), rng);
        done(drawn)
    };
    let refused = draw(&operators[..1]).unwrap_err();
    assert_eq!(refused.class(), Class::Refused);
    draw(&operators).unwrap();
    assert_eq!(audited(&role, &[], StandingFlags::Named), []);
    // Whoever goes round the program is seen.
    role.store().overwrite("release rule", &[0; 8]);
    assert_eq!(audited(&role, &[], StandingFlags::Named), [Flag::Rule]);
    draw(&[]).unwrap();
    role.store()
        .overwrite("release rule", &[0, 0, 0, 2, 0, 0, 0, 50]);
    let flags = audited(&role, &[], StandingFlags::Named);
    assert!(
        matches!(flags[..], [Flag::Unapproved { operators: 2, .. }]),
        "{flags:?}"
    );
    role.store().overwrite("per day clinic", &[0, 0, 0, 9]);
    let flags = audited(&role, &[], StandingFlags::Named);
    let limit = Flag::Limit {
        label: "clinic".into(),
    };
    assert!(flags.contains(&limit), "{flags:?}");
}
