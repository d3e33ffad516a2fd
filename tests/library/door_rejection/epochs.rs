//! Epochs of the registry: before, in and after them, and who was removed.

use super::*;
use veilpass::Credential;

#[test]
fn revoked_holders_are_refused_at_every_epoch_from_then_on_and_a_rollback_of_the_witness_too() {
    let mut city = City::new(1);
    let (mut credential, id) = city.issue(true, day(2022, 6, 1));
    let before = city.show(&credential, "restaurant", "Cafe", NOW);
    let (old_bundle, old_holder) = (city.door_bundle(), city.holder_bundle());
    let rolled_back = Credential::from_bytes(&city.scheme, &credential.expose_bytes()).unwrap();
    city.registry.remove(&id).unwrap();
    for n in 1..4 {
        city.next_epoch(NOW + n * DAY);
        let now = NOW + n * DAY + 60;
        // The holder rolls back: it shows the old epoch with a witness that was good then.
        let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
        let rolled = rolled_back
            .present(&old_holder, &ask, None, at(now), &mut rng())
            .unwrap();
        let verdict = check(
            &city.door_bundle(),
            "restaurant",
            "Cafe",
            rolled.as_bytes(),
            now,
        );
        assert_eq!(refused(&verdict), Reason::EpochTooOld, "epoch {n}");
        let holder = city.holder_bundle();
        assert!(credential.sync_vartime(&holder).is_err());
        // Also a wallet that is told so and goes on with an older bundle.
        for holder in [&holder, &old_holder] {
            let fresh = credential.present(holder, &ask, None, at(now), &mut rng());
            assert_eq!(fresh.err(), Some(PresentError::Revoked));
        }
    }
    // Until the epoch at the door ends the old pass would still go; afterwards the door says so.
    assert!(matches!(
        check(&old_bundle, "restaurant", "Cafe", &before, NOW),
        Verdict::Accepted(_)
    ));
    let ended = NOW + DAY + HOUR;
    let holder = city.holder_bundle();
    let late = check(&old_bundle, "restaurant", "Cafe", &before, ended);
    assert_eq!(refused(&late), Reason::TooOld);
    drop(holder);
}

#[test]
fn an_epoch_that_has_not_begun_at_the_door_is_too_early() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    city.next_epoch(NOW + HOUR);
    let (bundle, credential) = (city.door_bundle(), city.synced(&credential));
    // The holder has the beacon early and shows the coming epoch now.
    let holder = city.holder_bundle();
    let holder = city.changed(&holder, |bundle| bundle.epochs[1].from = at(NOW - 1));
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let early = credential
        .present(&holder, &ask, None, at(NOW), &mut rng())
        .unwrap();
    let verdict = check(&bundle, "restaurant", "Cafe", early.as_bytes(), NOW);
    assert_eq!(refused(&verdict), Reason::TooEarly);
    // One window before the epoch begins it is time.
    let first = NOW + HOUR - 60;
    for (now, good) in [(first - 1, false), (first, true)] {
        let shown = (credential.present(&holder, &ask, None, at(now), &mut rng())).unwrap();
        let verdict = check(&bundle, "restaurant", "Cafe", shown.as_bytes(), now);
        assert_eq!(matches!(verdict, Verdict::Accepted(_)), good, "{verdict:?}");
    }
}

/// A city with an epoch from now on and one from tomorrow on, and a wallet and a door that have not fetched since
/// before the second was announced.
struct Behind {
    city: City,
    credential: veilpass::Credential,
    old_holder: veilpass::scheme::HolderBundle,
    old_door: veilpass::scheme::Bundle,
}

const SWITCH: i64 = NOW + DAY;

fn behind(grace: i64) -> Behind {
    let mut city = City::new(1);
    for accepts in &mut city.policies[0].modes {
        accepts.grace = u32::try_from(grace).unwrap();
    }
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (old_holder, old_door) = (city.holder_bundle(), city.door_bundle());
    city.next_epoch(SWITCH);
    Behind {
        city,
        credential,
        old_holder,
        old_door,
    }
}

#[test]
fn a_wallet_that_has_not_fetched_is_taken_until_the_grace_is_over() {
    let (mut scene, grace) = (behind(5 * HOUR), 5 * HOUR);
    let ask = scene.city.ask(Mode::Poster, "restaurant", "Cafe");
    let door = scene.city.door_bundle();
    let verdict = |now| {
        // The last epoch of its bundle stays open until the bundle expires.
        let shown = (scene.credential).present(&scene.old_holder, &ask, None, at(now), &mut rng());
        check(&door, "restaurant", "Cafe", shown.unwrap().as_bytes(), now)
    };
    for now in [SWITCH - 1, SWITCH, SWITCH + grace - 1] {
        let found = verdict(now);
        assert!(matches!(found, Verdict::Accepted(_)), "{now}: {found:?}");
    }
    assert_eq!(refused(&verdict(SWITCH + grace)), Reason::EpochTooOld);
    // Without any grace there is one window still, for a pass that was made before the switch.
    scene = behind(0);
    let door = scene.city.door_bundle();
    let ask = scene.city.ask(Mode::Poster, "restaurant", "Cafe");
    let made =
        (scene.credential).present(&scene.old_holder, &ask, None, at(SWITCH - 1), &mut rng());
    let made = made.unwrap();
    let verdict = |now| check(&door, "restaurant", "Cafe", made.as_bytes(), now);
    assert!(matches!(verdict(SWITCH + 59), Verdict::Accepted(_)));
    let late =
        (scene.credential).present(&scene.old_holder, &ask, None, at(SWITCH + 60), &mut rng());
    let late = check(
        &door,
        "restaurant",
        "Cafe",
        late.unwrap().as_bytes(),
        SWITCH + 60,
    );
    assert_eq!(refused(&late), Reason::EpochTooOld);
}

#[test]
fn a_door_that_has_not_fetched_names_its_epoch_and_gets_an_answer_of_it_until_the_grace_is_over() {
    let (mut scene, grace) = (behind(5 * HOUR), 5 * HOUR);
    let holder = scene.city.holder_bundle();
    let door = Door::new(&scene.old_door, "restaurant", "Cafe").unwrap();
    let (credential, mut rng) = (scene.city.synced(&scene.credential), rng());
    let mut asked = |now| {
        let challenge = Challenge::new(&scene.old_door, at(now), &mut rng).unwrap();
        let question = door.ask(&challenge);
        let answer = credential.present(&holder, &question, None, at(now), &mut rng)?;
        let (open, mut seen) = ([challenge], MemoryReplayStore::default());
        let expected = Expected::answers(&open);
        Ok(door.check(answer.as_bytes(), expected, at(now), &mut seen, &mut rng))
    };
    for now in [SWITCH - 1, SWITCH, SWITCH + grace - 1] {
        let found: Result<_, PresentError> = asked(now);
        assert!(
            matches!(found, Ok(Verdict::Accepted(_))),
            "{now}: {found:?}"
        );
    }
    assert_eq!(asked(SWITCH + grace).err(), Some(PresentError::DoorBehind));
}

#[test]
fn an_answer_is_of_no_newer_epoch_than_its_question_names() {
    // The door has fetched since it asked, so it knows the newer epoch; a wallet that has it answered with it all the same.
    let mut scene = behind(5 * HOUR);
    let (holder, bundle) = (scene.city.holder_bundle(), scene.city.door_bundle());
    let credential = scene.city.synced(&scene.credential);
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let nonce = [5; 16];
    let [named, newer] = [1, 2].map(|epoch| {
        let today = bundle.day_of(at(SWITCH)).unwrap();
        Challenge::from_store(nonce, today, epoch)
    });
    let answer = |asked: &Challenge| {
        let answer = credential.present(&holder, &door.ask(asked), None, at(SWITCH), &mut rng());
        answer.unwrap()
    };
    let verdict = |pass: &[u8], open: &Challenge| {
        let (open, mut seen) = ([open.clone()], MemoryReplayStore::default());
        door.check(
            pass,
            Expected::answers(&open),
            at(SWITCH),
            &mut seen,
            &mut rng(),
        )
    };
    let (old, new) = (answer(&named), answer(&newer));
    assert!(matches!(
        verdict(old.as_bytes(), &named),
        Verdict::Accepted(_)
    ));
    assert!(matches!(
        verdict(new.as_bytes(), &newer),
        Verdict::Accepted(_)
    ));
    assert_eq!(
        refused(&verdict(new.as_bytes(), &named)),
        Reason::OtherQuestion
    );
}

#[test]
fn who_is_removed_in_an_epoch_that_is_announced_answers_nothing_any_more() {
    let mut city = City::new(1);
    let (mut credential, id) = city.issue(true, day(2022, 6, 1));
    city.registry.remove(&id).unwrap();
    city.next_epoch(SWITCH);
    assert!(credential.sync_vartime(&city.holder_bundle()).is_err());
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let shown = credential.present(&city.holder_bundle(), &ask, None, at(NOW), &mut rng());
    assert_eq!(shown.err(), Some(PresentError::Revoked));
}

#[test]
fn a_beacon_serves_posters_for_its_time_and_other_questions_after_it() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let short = |bundle: &mut veilpass::internals::UnsignedBundle| bundle.poster_ahead = 7200;
    let mut raw = city.raw_bundle();
    short(&mut raw);
    let (holder, door) = (city.holder_bundle(), city.verify(&raw));
    let stopped = city.changed(&holder, short);
    let end = city.epochs[0].from.as_seconds() + 7200;
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let show = |holder, now| credential.present(holder, &ask, None, at(now), &mut rng());
    for (now, good) in [(end - 1, true), (end, false)] {
        assert_eq!(show(&stopped, now).is_ok(), good);
        // A wallet whose bundle would let it.
        let shown = show(&holder, now).unwrap();
        let verdict = check(&door, "restaurant", "Cafe", shown.as_bytes(), now);
        assert_eq!(matches!(verdict, Verdict::Accepted(_)), good, "{verdict:?}");
        if !good {
            assert_eq!(refused(&verdict), Reason::BundleStale);
            assert_eq!(show(&stopped, now).err(), Some(PresentError::PosterOver));
        }
    }
    let door = Door::new(&door, "restaurant", "Cafe").unwrap();
    let question = door.ask(&city::challenge(&mut rng()));
    assert!(
        credential
            .present(&stopped, &question, None, at(end), &mut rng())
            .is_ok()
    );
}

#[test]
fn a_pass_of_a_newer_bundle_tells_the_door_to_update_and_one_of_an_older_bundle_the_holder_to_sync()
{
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (old_door, old_holder) = (city.door_bundle(), city.holder_bundle());
    city.next_epoch(NOW + HOUR);
    let now = NOW + HOUR + 60;
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let unsynced = credential.present(&old_holder, &ask, None, at(now), &mut rng());
    let unsynced = unsynced.unwrap();
    let mut synced = credential;
    synced.sync_vartime(&city.holder_bundle()).unwrap();
    let fresh = city.show(&synced, "restaurant", "Cafe", now);
    let behind = check(&old_door, "restaurant", "Cafe", &fresh, now);
    assert_eq!(refused(&behind), Reason::DoorBehind);
    let updated = check(&city.door_bundle(), "restaurant", "Cafe", &fresh, now);
    assert!(matches!(updated, Verdict::Accepted(_)), "{updated:?}");
    // Whatever number a pass names that the door does not know.
    let door = city.door_bundle();
    for (number, reason) in [
        (3u32, Reason::DoorBehind),
        (u32::MAX, Reason::DoorBehind),
        (0, Reason::EpochTooOld),
    ] {
        let mut pass = fresh.clone();
        pass[15..19].copy_from_slice(&number.to_be_bytes());
        assert_eq!(
            refused(&check(&door, "restaurant", "Cafe", &pass, now)),
            reason
        );
    }
    let late = check(&door, "restaurant", "Cafe", unsynced.as_bytes(), now);
    assert_eq!(refused(&late), Reason::EpochTooOld);
}
