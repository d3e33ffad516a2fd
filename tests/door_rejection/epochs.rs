//! Epochs of the registry: before, in and after them, and who was removed.

use super::*;

#[test]
fn revoked_holders_are_refused_at_every_epoch_from_then_on_and_a_rollback_of_the_witness_too() {
    let mut city = City::new(1);
    let (credential, id) = city.issue(true, day(2022, 6, 1));
    let before = city.show(&credential, "restaurant", "Cafe", NOW);
    let old_bundle = city.door_bundle();
    city.registry.remove(&id).unwrap();
    for n in 1..4 {
        city.next_epoch(NOW + n * DAY);
        let now = NOW + n * DAY + 60;
        // The holder rolls back: it shows the old epoch with a witness that was good then.
        let holder = city.holder_bundle();
        let old_holder = city.changed(&holder, |bundle| {
            bundle.epochs.truncate(1);
            bundle.epochs[0].until = at(i64::MAX);
        });
        let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
        let rolled = credential
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
        let fresh = credential.present(&city.holder_bundle(), &ask, None, at(now), &mut rng());
        assert!(matches!(fresh, Err(PresentError::Witness(_))));
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
    let bundle = city.door_bundle();
    // The holder has the beacon early and shows the coming epoch now.
    let holder = city.holder_bundle();
    let mut holder = city.changed(&holder, |bundle| {
        bundle.epochs[0].until = at(NOW - 1);
        bundle.epochs[1].from = at(NOW - 1);
    });
    let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
    let early = credential
        .present(&holder, &ask, None, at(NOW), &mut rng())
        .unwrap();
    let verdict = check(&bundle, "restaurant", "Cafe", early.as_bytes(), NOW);
    assert_eq!(refused(&verdict), Reason::TooEarly);
    // One window before the epoch begins it is time.
    let first = NOW + HOUR - 60;
    holder = city.changed(&holder, |bundle| bundle.epochs[1].until = at(first + DAY));
    for (now, good) in [(first - 1, false), (first, true)] {
        let shown = (credential.present(&holder, &ask, None, at(now), &mut rng())).unwrap();
        let verdict = check(&bundle, "restaurant", "Cafe", shown.as_bytes(), now);
        assert_eq!(matches!(verdict, Verdict::Accepted(_)), good, "{verdict:?}");
    }
}

#[test]
fn an_ended_epoch_is_accepted_for_one_window_and_for_strips_as_long_as_the_policy_says() {
    let (mut city, credential, _) = shown();
    city.policies[0].epoch_grace = 10 * 3600;
    let holder = city.holder_bundle();
    let end = city.epochs[0].until.as_seconds();
    let ask = |mode| Ask::new(&city.scheme, mode, "restaurant", "Cafe");
    let bundle = city.door_bundle();
    let show = |mode, day, now| {
        credential
            .present(&holder, &ask(mode), day, at(now), &mut rng())
            .unwrap()
    };
    let late = show(Mode::Poster, None, end - 1);
    let verdict = |bundle: &veilpass::scheme::Bundle, pass: &[u8], expected, now| {
        let door = Door::new(bundle, "restaurant", "Cafe").unwrap();
        door.check(
            pass,
            expected,
            now,
            &mut MemoryReplayStore::default(),
            &mut rng(),
        )
    };
    let bytes = late.as_bytes();
    let good = verdict(&bundle, bytes, Expected::posters(), at(end + 59));
    assert!(matches!(good, Verdict::Accepted(_)), "{good:?}");
    let strip = show(Mode::Strip, Some(day(2021, 6, 29)), end - 1);
    let good = verdict(&bundle, strip.as_bytes(), Expected::strips(), at(end + 60));
    assert!(matches!(good, Verdict::Accepted(_)), "{good:?}");
    assert_eq!(
        refused(&verdict(
            &bundle,
            strip.as_bytes(),
            Expected::strips(),
            at(end + 10 * 3600)
        )),
        Reason::TooOld,
        "by then it is another day"
    );
    // A poster pass in the next bucket, but a window after its epoch's end: only the epoch refuses.
    let mut ended = city.raw_bundle();
    ended.epochs[0].until = at(NOW - 30);
    let bundle = city.verify(&ended);
    let (_, _, payload) = shown();
    let verdict = verdict(&bundle, &payload, Expected::posters(), at(NOW + 30));
    assert_eq!(refused(&verdict), Reason::EpochTooOld);
}
