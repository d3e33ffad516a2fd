//! The storage contract of src/store/mod.rs, as one suite that any store must pass. SQLite runs it here;
//! another database adds one constructor.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::Path;

use veilpass::registry::HandleState;
use veilpass::scheme::{Day, DayCount, IssuerKey, IssuerMode, Schema, Zone};
use veilpass::{Authority, AuthorityState, Rotation};
use veilpass_app::approval::Approval;
use veilpass_app::log::{self, Event};
use veilpass_app::store::register::{Import, NewClaim, RegisterStore};
use veilpass_app::store::{
    Answer, Answered, AuthorityChange, AuthorityStore, IssuerStore, NewOffer, Quota, Reserved,
    StoreError, VerifierStore,
};
use veilpass_fixture::city::{City, DAY, NOW, at, rng};
use veilpass_sqlite::{SqliteAuthority, SqliteIssuer, SqliteVerifier};

fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// What an authority's store gives back must be what went in.
fn same(a: &AuthorityState, b: &AuthorityState) {
    let show = |state: &AuthorityState| {
        let mut handles: Vec<_> = state.handles.iter().collect();
        handles.sort();
        let mut issuers: Vec<_> = state.issuers.iter().map(|i| format!("{i:?}")).collect();
        issuers.sort();
        format!(
            "{:?} {:?} {handles:?} {issuers:?} {:?} {:?} {:?} {} {} {} {:?} {:?} {:?}",
            state.scheme.id(),
            state.keys.digest(),
            state.epochs,
            state.policies,
            state.removals,
            state.version,
            state.accreditation_epoch,
            state.last_epoch,
            state.table.to_bytes(),
            state.reissued,
            state.keys.number(),
        )
    };
    assert_eq!(show(a), show(b));
}

async fn authority_contract(store: impl AuthorityStore, again: impl AuthorityStore) {
    assert!(matches!(store.load().await, Err(StoreError::Empty)));
    let mut rng = rng();
    let policies = City::new(1).policies;
    let zone = Zone::new("Europe/Moscow").unwrap();
    let mut authority = Authority::found(
        "x",
        Schema::default(),
        IssuerMode::Hidden,
        zone,
        policies,
        &mut rng,
    )
    .unwrap();
    let mut state = authority.state();
    store
        .apply(0, &AuthorityChange::Founded(&state), NOW)
        .await
        .unwrap();
    let twice = store.apply(0, &AuthorityChange::Founded(&state), NOW).await;
    assert!(matches!(twice, Err(StoreError::NotEmpty)));
    let (revision, loaded) = again.load().await.unwrap();
    assert_eq!(revision, 1);
    same(&state, &loaded);

    // An issuer, once by key and once by name.
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    authority.accredit(&registration).unwrap();
    state = authority.state();
    let accredited = |label| AuthorityChange::Accredited {
        label,
        state: &state,
    };
    store.apply(1, &accredited("clinic"), NOW).await.unwrap();
    for label in ["clinic", "another name"] {
        let twice = store.apply(2, &accredited(label), NOW).await;
        assert!(matches!(twice, Err(StoreError::Conflict)), "{label}");
    }
    assert_eq!(
        store.issuer("clinic").await.unwrap().as_ref(),
        Some(clinic.public())
    );
    assert_eq!(store.issuer("nobody").await.unwrap(), None);

    // Two processes load the same revision: the second one's change is refused, and leaves nothing.
    let handles: Vec<_> = (0..3)
        .map(|_| authority.handle(&mut rng).unwrap().id())
        .collect();
    let approval = approval();
    let drawn = |ids| AuthorityChange::Drawn {
        approval: Some(&approval),
        label: "clinic",
        ids,
    };
    store.apply(2, &drawn(&handles[..2]), NOW).await.unwrap();
    let late = again.apply(2, &drawn(&handles[2..]), NOW).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    assert_eq!(again.pools().await.unwrap()[0].drawn, 2);
    again.apply(3, &drawn(&handles[2..]), NOW).await.unwrap();
    // A handle that is known is not drawn again, whatever the program believes.
    assert!(store.apply(4, &drawn(&handles[..1]), NOW).await.is_err());
    assert_eq!(
        store.load().await.unwrap().0,
        4,
        "a failed change leaves nothing"
    );

    // Revoke, publish, and load what a restarted process would.
    authority.revoke(&handles[0]).unwrap();
    state = authority.state();
    let removed = AuthorityChange::Removed {
        id: &handles[0],
        state: &state,
    };
    store.apply(4, &removed, NOW).await.unwrap();
    authority
        .start_epoch(at(NOW), at(NOW + DAY), &mut rng)
        .unwrap();
    authority
        .start_epoch(at(NOW + 9), at(NOW + DAY), &mut rng)
        .unwrap();
    let bundle = authority.publish(at(NOW), at(NOW + DAY), &mut rng).unwrap();
    state = authority.state();
    assert!(store.newest_bundle().await.unwrap().is_none());
    let published = AuthorityChange::Published {
        state: &state,
        bundle: &bundle,
    };
    store.apply(5, &published, NOW).await.unwrap();
    let newest = again.newest_bundle().await.unwrap().unwrap();
    assert_eq!(
        (newest.for_verifiers(), newest.for_holders()),
        (bundle.for_verifiers(), bundle.for_holders())
    );
    same(&state, &again.load().await.unwrap().1);

    // A rotation begins an empty log; the handles stay what they were.
    authority.rotate(Rotation::default(), &mut rng).unwrap();
    state = authority.state();
    store
        .apply(6, &AuthorityChange::Rotated(&state), NOW)
        .await
        .unwrap();
    let (revision, loaded) = again.load().await.unwrap();
    assert_eq!(revision, 7);
    same(&state, &loaded);
    assert!(loaded.removals.is_empty() && loaded.handles[&handles[0]] == HandleState::Revoked);
    let pool = &store.pools().await.unwrap()[0];
    assert_eq!((pool.drawn, pool.removed, pool.accredited), (3, 1, true));

    let log = store.log().await.unwrap();
    let events: Vec<_> = log.iter().map(|line| line.event.word()).collect();
    let told = [
        "founded",
        "accredited",
        "approved",
        "handles",
        "approved",
        "handles",
        "revoked",
        "published",
        "rotated",
    ];
    assert_eq!(events, told);
    log::verify(&log).unwrap();
}

/// Words that stand in the log: a store does not judge them.
fn approval() -> Approval {
    let text = r#"{"statement":{"subject":"rows_forgotten","scope":"0000000000000000","at":1,
        "once":"0000000000000000"},"signatures":[]}"#;
    serde_json::from_str(text).unwrap()
}

async fn issuer_contract(store: impl IssuerStore, again: impl IssuerStore) {
    let (offer, other) = ([1; 32], [2; 32]);
    let (request, stranger) = ([3; 32], [4; 32]);
    assert_eq!(store.get("card").await.unwrap(), None);
    for value in [b"one", b"two"] {
        let put = store.put("card", value, &[Event::Acknowledged], NOW).await;
        put.unwrap();
    }
    assert_eq!(
        again.get("card").await.unwrap().as_deref(),
        Some(&b"two"[..])
    );
    // A value is replaced by whoever knows it; events go with it, together or not at all.
    let events = [Event::Acknowledged, Event::HandlesAdded { count: 7 }];
    for (before, fails) in [
        (None, true),
        (Some(&b"one"[..]), true),
        (Some(&b"two"[..]), false),
    ] {
        let lines = store.log().await.unwrap().len();
        let done = again.replace("card", before, b"three", &events, NOW).await;
        assert_eq!(matches!(done, Err(StoreError::Conflict)), fails, "{done:?}");
        let log = store.log().await.unwrap();
        let added: Vec<_> = log[lines..].iter().map(|line| &line.event).collect();
        assert_eq!(
            added,
            if fails {
                vec![]
            } else {
                events.iter().collect::<Vec<_>>()
            }
        );
    }
    assert_eq!(
        store.get("card").await.unwrap().as_deref(),
        Some(&b"three"[..])
    );

    // Nothing to reserve: no such offer, then no handle; the offer stays open.
    let unknown = store.reserve(&offer, &request, FREE).await;
    assert!(matches!(unknown, Err(StoreError::UnknownOffer)));
    let unknown = store.answered(&offer, &request).await;
    assert!(matches!(unknown, Err(StoreError::UnknownOffer)));
    store.add_offer(&new(&offer), NOW).await.unwrap();
    assert_eq!(store.answered(&offer, &request).await.unwrap(), None);
    let empty = store.reserve(&offer, &request, FREE).await;
    assert!(matches!(empty, Err(StoreError::NoHandle)));
    let handle = |n: u8| ([n; 32], vec![n; 88]);
    assert_eq!(store.add_handles(&[handle(7)], NOW).await.unwrap(), 1);
    assert_eq!(store.free_handles().await.unwrap(), 1);

    // Reserving binds offer, request and handle together, for everybody, however often.
    is_reserved(&store, &offer, &request).await;
    is_reserved(&again, &offer, &request).await;
    assert_eq!(store.free_handles().await.unwrap(), 0);
    let used = again.reserve(&offer, &stranger, FREE).await;
    assert!(matches!(used, Err(StoreError::OfferUsed)));
    // Looking up is not reserving, and finds nothing yet.
    assert_eq!(again.answered(&offer, &request).await.unwrap(), None);
    let used = again.answered(&offer, &stranger).await;
    assert!(matches!(used, Err(StoreError::OfferUsed)));
    // Importing the same file again does not free a used handle.
    assert_eq!(store.add_handles(&[handle(7)], NOW).await.unwrap(), 0);
    assert_eq!(store.free_handles().await.unwrap(), 0);

    // The first answer stays the answer; the attributes are forgotten; the count is 1.
    let forged = answer(&offer, &stranger, b"forged");
    let early = store.answer(&forged, Day(1), NOW).await;
    assert!(matches!(early, Err(StoreError::OfferUsed)));
    let good = answer(&offer, &request, b"response");
    // All or none: one that is not reserved for its request takes the good one with it.
    let both = store.answer_all(&[good, forged], Day(1), NOW).await;
    assert!(matches!(both, Err(StoreError::OfferUsed)));
    assert!(store.counts().await.unwrap().is_empty());
    let good = answer(&offer, &request, b"response");
    let first = store.answer(&good, Day(1), NOW).await;
    assert_eq!(first.unwrap(), b"response");
    let another = answer(&offer, &request, b"another");
    let second = again.answer(&another, Day(1), NOW).await;
    assert_eq!(second.unwrap(), b"response");
    assert_eq!(store.offer(&offer).await.unwrap(), None);
    let stored = Answered {
        response: b"response".to_vec(),
        handle: [7; 32],
    };
    assert!(matches!(
        again.reserve(&offer, &request, FREE).await,
        Ok(Reserved::Answered(answered)) if answered == stored
    ));
    let names = [(offer, request), (offer, stranger), (other, request)];
    let found = again.answered_all(&names).await.unwrap();
    assert!(matches!(
        found.as_slice(),
        [Ok(Some(answered)), Err(StoreError::OfferUsed), Err(StoreError::UnknownOffer)]
            if *answered == stored
    ));
    let used = again.reserve(&offer, &stranger, FREE).await;
    assert!(matches!(used, Err(StoreError::OfferUsed)));
    let counts = store.counts().await.unwrap();
    let expected = DayCount {
        day: Day(1),
        kind: "test".into(),
        issued: 1,
    };
    assert_eq!(counts, [expected]);

    // Offers that nobody answered go with their attributes; answered ones stay.
    store.add_offer(&new(&other), NOW).await.unwrap();
    assert_eq!(store.forget_expired(NOW + 59).await.unwrap(), 0);
    assert_eq!(store.forget_expired(NOW + 60).await.unwrap(), 1);
    assert_eq!(store.offer(&other).await.unwrap(), None);
    log::verify(&store.log().await.unwrap()).unwrap();
}

const FREE: Quota = Quota {
    day: Day(1),
    per_day: None,
};

fn new(id: &[u8; 32]) -> NewOffer<'_> {
    NewOffer {
        id,
        offer: b"attributes",
        kind: "test",
        expires: NOW + 60,
    }
}

fn answer<'a>(id: &'a [u8; 32], request: &'a [u8; 32], response: &'a [u8]) -> Answer<'a> {
    Answer {
        id,
        request,
        response,
    }
}

/// Claims of a register, in a store with one free handle.
async fn register_contract<S: IssuerStore + RegisterStore>(store: S, again: S) {
    let (file, name, mark) = ([9; 32], [8; 32], [7; 16]);
    assert_eq!(store.import(&file).await.unwrap(), None);
    let mut import = Import::of(file, [6; 8]);
    let begun = store.begin_import(&import, Some(&approval()), NOW).await;
    begun.unwrap();
    let twice = again.begin_import(&import, None, NOW).await;
    assert!(matches!(twice, Err(StoreError::Conflict)));

    // A step: whole, from the place where the import stands, and never twice.
    let claim = |name, mark| NewClaim {
        name,
        mark,
        sealed: b"sealed".to_vec(),
        kind: "vaccination",
        expires: NOW + 100,
    };
    import.offset = 50;
    import.imported = 1;
    let step = store.advance(0, &import, &[claim(name, mark)], NOW).await;
    step.unwrap();
    assert_eq!(again.import(&file).await.unwrap(), Some(import.clone()));
    let twice = again
        .advance(0, &import, &[claim([1; 32], [1; 16])], NOW)
        .await;
    assert!(matches!(twice, Err(StoreError::Conflict)));
    let doubled = [claim([1; 32], [1; 16]), claim([2; 32], mark)];
    let doubled = store.advance(50, &import, &doubled, NOW).await;
    assert!(matches!(doubled, Err(StoreError::Conflict)));
    let known = store.known(&[mark, [1; 16]]).await.unwrap();
    assert_eq!(known, [true, false], "a failed step leaves nothing");

    // A claim gives one offer after another until one is taken.
    let unknown = store.claim(&[1; 32], NOW).await;
    assert!(matches!(unknown, Err(StoreError::UnknownClaim)));
    assert_eq!(store.claim(&name, NOW).await.unwrap().sealed, b"sealed");
    let (first, second, third) = ([11; 32], [12; 32], [13; 32]);
    for id in [&first, &second] {
        let offered = store.offer_claims(&[(name, new(id))], NOW).await.unwrap();
        assert!(offered[0].is_ok());
    }
    assert_eq!(store.offer(&first).await.unwrap(), None, "replaced");
    store
        .add_handles(&[([3; 32], vec![3; 88])], NOW)
        .await
        .unwrap();
    let full = Quota {
        day: Day(1),
        per_day: Some(0),
    };
    let none = store.reserve(&second, &[5; 32], full).await;
    assert!(matches!(none, Err(StoreError::DayFull)));
    let reserved = store.reserve(&second, &[5; 32], FREE).await;
    assert!(matches!(reserved, Ok(Reserved::Handle { .. })));
    let late = again
        .offer_claims(&[(name, new(&third))], NOW)
        .await
        .unwrap();
    assert!(matches!(late[0], Err(StoreError::ClaimUsed)));
    assert_eq!(store.claims().await.unwrap().open, 1);
    let good = answer(&second, &[5; 32], b"response");
    store.answer(&good, Day(1), NOW).await.unwrap();
    assert!(matches!(
        store.claim(&name, NOW).await,
        Err(StoreError::ClaimUsed)
    ));
    let claims = store.claims().await.unwrap();
    assert_eq!((claims.open, claims.used, claims.expired), (0, 1, 0));

    // A day's limit counts what is answered and what is bound; a request that has its handle keeps it. An
    // offer that ends before its request is answered gives its claim back.
    let others = [[21; 32], [22; 32]];
    let marks = [[21; 16], [22; 16]];
    import.offset = 55;
    let step: Vec<_> = others
        .iter()
        .zip(marks)
        .map(|(n, m)| claim(*n, m))
        .collect();
    store.advance(50, &import, &step, NOW).await.unwrap();
    let ids = [[31; 32], [32; 32]];
    let offers = [(others[0], new(&ids[0])), (others[1], new(&ids[1]))];
    store.offer_claims(&offers, NOW).await.unwrap();
    let pool = [([41; 32], vec![1; 88]), ([42; 32], vec![2; 88])];
    store.add_handles(&pool, NOW).await.unwrap();
    let two = Quota {
        day: Day(1),
        per_day: Some(2),
    };
    let requests = [(ids[0], [51; 32]), (ids[1], [52; 32]), (ids[0], [51; 32])];
    let reserved = store.reserve_all(&requests, two).await.unwrap();
    let told: Vec<_> = reserved.iter().map(Result::is_ok).collect();
    assert_eq!(told, [true, false, true]);
    assert!(matches!(reserved[1], Err(StoreError::DayFull)));
    store.forget_expired(NOW + 61).await.unwrap();
    let gone = store.answered(&ids[0], &[51; 32]).await;
    assert!(matches!(gone, Err(StoreError::UnknownOffer)));
    let again_offered = store
        .offer_claims(&[(others[0], new(&[33; 32]))], NOW + 61)
        .await;
    assert!(again_offered.unwrap()[0].is_ok());

    // Claims that are past their end open nothing any more.
    import.offset = 60;
    let step = [claim([2; 32], [2; 16])];
    store.advance(55, &import, &step, NOW).await.unwrap();
    assert!(store.claim(&[2; 32], NOW + 99).await.is_ok());
    let late = store.claim(&[2; 32], NOW + 100).await;
    assert!(matches!(late, Err(StoreError::UnknownClaim)));
    store.forget_expired(NOW + 100).await.unwrap();
    assert!(
        store.claim(&[2; 32], NOW).await.is_err(),
        "what it opened is gone"
    );
    assert_eq!(store.claims().await.unwrap().expired, 3);
    assert_eq!(store.forget_rows(None, NOW).await.unwrap(), 4);
    assert_eq!(store.known(&[mark]).await.unwrap(), [false]);
    log::verify(&store.log().await.unwrap()).unwrap();
}

async fn is_reserved(store: &impl IssuerStore, offer: &[u8; 32], request: &[u8; 32]) {
    match store.reserve(offer, request, FREE).await {
        Ok(Reserved::Handle { offer, handle }) => {
            assert_eq!(
                (offer, handle.to_vec()),
                (b"attributes".to_vec(), vec![7; 88])
            );
        }
        _ => panic!("not reserved"),
    }
}

async fn verifier_contract(store: impl VerifierStore, again: impl VerifierStore) {
    store.put("venue", b"Cafe").await.unwrap();
    assert_eq!(
        again.get("venue").await.unwrap().as_deref(),
        Some(&b"Cafe"[..])
    );
    assert_eq!(store.bundle().await.unwrap(), None);
    store.put_bundle(5, b"five").await.unwrap();
    store.put_bundle(5, b"five").await.unwrap();
    for (version, bytes) in [(4, &b"four"[..]), (5, b"fork")] {
        let refused = again.put_bundle(version, bytes).await;
        assert!(matches!(refused, Err(StoreError::OldBundle)), "{version}");
    }
    again.put_bundle(6, b"six").await.unwrap();
    assert_eq!(store.bundle().await.unwrap().as_deref(), Some(&b"six"[..]));

    // A nonce is taken once, by whoever is first, and not when it is old.
    let nonces: [[u8; 16]; 3] = [[1; 16], [2; 16], [3; 16]];
    for (nonce, at) in nonces.iter().zip(NOW..) {
        store.asked(nonce, at).await.unwrap();
    }
    assert!(!again.take_this_nonce(&nonces[0], NOW + 1).await.unwrap());
    assert!(again.take_this_nonce(&nonces[0], NOW).await.unwrap());
    assert!(!store.take_this_nonce(&nonces[0], NOW).await.unwrap());
    assert_eq!(store.take_nonce(NOW).await.unwrap(), Some(nonces[2]));
    assert_eq!(again.take_nonce(NOW + 2).await.unwrap(), None);
    assert_eq!(again.take_nonce(NOW).await.unwrap(), Some(nonces[1]));
    assert_eq!(store.take_nonce(NOW).await.unwrap(), None);

    // A mark is new once at a venue on a day.
    assert!(store.mark("Cafe", Day(1), b"nym").await.unwrap());
    assert!(!again.mark("Cafe", Day(1), b"nym").await.unwrap());
    assert!(again.mark("Gate", Day(1), b"nym").await.unwrap());
    assert!(again.mark("Cafe", Day(2), b"nym").await.unwrap());
    assert_eq!(store.forget_before(Day(2), NOW).await.unwrap(), 2);
    assert!(!store.mark("Cafe", Day(2), b"nym").await.unwrap());
    assert!(store.mark("Cafe", Day(1), b"nym").await.unwrap());
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn sqlite_keeps_the_authority_s_contract() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let open = |create| SqliteAuthority::open(&path, create);
    block(async {
        assert!(matches!(open(false).await, Err(StoreError::Empty)));
        authority_contract(open(true).await.unwrap(), open(false).await.unwrap()).await;
    });
}

#[test]
fn sqlite_keeps_the_issuer_s_contract() {
    let folder = folder();
    let path = folder.path().join("i.db");
    let open = |create| SqliteIssuer::open(&path, create);
    block(async { issuer_contract(open(true).await.unwrap(), open(false).await.unwrap()).await });
}

#[test]
fn sqlite_keeps_the_contract_of_registers() {
    let folder = folder();
    let path = folder.path().join("r.db");
    let open = |create| SqliteIssuer::open(&path, create);
    block(async { register_contract(open(true).await.unwrap(), open(false).await.unwrap()).await });
}

#[test]
fn sqlite_keeps_the_verifier_s_contract() {
    let folder = folder();
    let path = folder.path().join("v.db");
    let open = |create| SqliteVerifier::open(&path, create);
    block(async { verifier_contract(open(true).await.unwrap(), open(false).await.unwrap()).await });
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("v.db");
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    let opened = block(SqliteVerifier::open(Path::new(&path), false));
    assert!(matches!(opened, Err(StoreError::Damaged(_))));
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 4096]);
}
