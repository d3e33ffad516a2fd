//! What a wallet refuses to answer or to believe: policies, names, bundles, prepared points.
use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::ReceiveError;
use veilpass::presentation::{Door, Expected, MemoryReplayStore, PresentError, Question, Verdict};
use veilpass::scheme::{
    Attribute, AttributeKind, ClockError, IssuerMode, MinimumAge, Mode, Schema, SetBy,
};
use veilpass_fixture::city::{self, City, DAY, HOUR, NOW, at, check, day, rng, shown};

#[test]
fn names_that_would_deceive_on_a_screen_and_policies_that_make_no_sense_are_refused() {
    let city = City::new(1);
    let bundle = city.door_bundle();
    for name in [
        "",
        "Cafe\u{202e}nikhsuP",
        "two\nlines",
        "zero\u{200b}width",
        &"x".repeat(65),
    ] {
        assert!(Door::new(&bundle, "restaurant", name).is_err(), "{name:?}");
        let ask = city.ask(Mode::Poster, "restaurant", name);
        assert!(Question::from_bytes(&ask.to_bytes()).is_err(), "{name:?}");
    }
    let good = bundle.policies()[0].clone();
    let found = |change: fn(&mut veilpass::scheme::Policy)| {
        let mut policy = good.clone();
        change(&mut policy);
        let (schema, mode) = (Schema::default(), IssuerMode::Hidden);
        city::found_authority(schema, mode, vec![policy], &mut rng()).is_ok()
    };
    assert!(!found(|p| p.until = 0));
    assert!(
        !found(|p| p.disclose = vec![5]),
        "the employer is never disclosed"
    );
    assert!(!found(|p| p.disclose = vec![7, 6]));
    assert!(!found(|p| p.window = 601));
    assert!(!found(|p| p.window = 9));
    assert!(!found(|p| p.minimum_age = Some(MinimumAge {
        attribute: 0,
        years: 0
    })));
    assert!(!found(|p| p.minimum_age = Some(MinimumAge {
        attribute: 2,
        years: 18
    })));
    assert!(!found(|p| p.from = Some(2)));
    assert!(!found(|p| p.from = Some(4)), "the name is no date");
    assert!(!found(|p| p.modes = vec![]));
    assert!(!found(|p| p.any_audience = true));
    assert!(!found(|p| p.modes[0].grace = u32::MAX));
}

#[test]
fn a_paper_strip_for_any_audience_goes_at_every_door_and_shows_its_hint() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let ask = city.ask(Mode::Strip, "paper", "printed at home");
    let today = day(2021, 6, 28);
    let strip = credential
        .present(&holder, &ask, Some(today), at(NOW), &mut rng())
        .unwrap();
    for audience in ["Cafe", "Bolshoi"] {
        let door = Door::new(&bundle, "paper", audience).unwrap();
        let mut seen = MemoryReplayStore::default();
        let verdict = door.check(
            strip.as_bytes(),
            Expected::strips(),
            at(NOW),
            &mut seen,
            &mut rng(),
        );
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }
}

#[test]
fn prepared_points_answer_one_question_of_their_policy_and_day() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let mut rng = rng();
    for policy in ["restaurant", "bar", "open"] {
        let door = Door::new(&bundle, policy, "Cafe").unwrap();
        let prepared = credential
            .prepare(&holder, policy, at(NOW), &mut rng)
            .unwrap();
        let challenge = city::challenge(&mut rng);
        let ask = door.ask(&challenge);
        let answer = prepared
            .answer(&credential, &holder, &ask, at(NOW + 9), &mut rng)
            .unwrap();
        let mut seen = MemoryReplayStore::default();
        let open = [challenge];
        let expected = Expected::answers(&open);
        let verdict = door.check(
            answer.as_bytes(),
            expected,
            at(NOW + 9),
            &mut seen,
            &mut rng,
        );
        assert!(
            matches!(verdict, Verdict::Accepted(_)),
            "{policy}: {verdict:?}"
        );
        let poster = door.poster(Mode::Poster);
        let prepared = credential
            .prepare(&holder, policy, at(NOW), &mut rng)
            .unwrap();
        let answer = prepared
            .answer(&credential, &holder, &poster, at(NOW), &mut rng)
            .unwrap();
        let verdict = check(&bundle, policy, "Cafe", answer.as_bytes(), NOW);
        assert!(
            matches!(verdict, Verdict::Accepted(_)),
            "{policy}: {verdict:?}"
        );
    }
    let prepare =
        |now| credential.prepare(&holder, "restaurant", now, &mut StdRng::seed_from_u64(5));
    let ask = |policy| city.ask(Mode::Poster, policy, "Cafe");
    let mut answer = |prepared: veilpass::presentation::Prepared, ask: &Question, now| {
        prepared
            .answer(&credential, &holder, ask, now, &mut rng)
            .err()
    };
    let (restaurant, bar) = (ask("restaurant"), ask("bar"));
    let out_of_date = Some(PresentError::OutOfDate);
    assert_eq!(
        answer(prepare(at(NOW)).unwrap(), &bar, at(NOW)),
        out_of_date
    );
    assert_eq!(
        answer(prepare(at(NOW)).unwrap(), &restaurant, at(NOW + 6 * HOUR)),
        out_of_date
    );
    assert_eq!(
        prepare(at(NOW - 2 * HOUR)).err(),
        Some(PresentError::NoEpoch)
    );
}

#[test]
fn a_wallet_with_a_wrong_clock_or_an_old_bundle_neither_shows_nor_receives() {
    let mut rng = rng();
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    for (now, clock) in [
        (NOW - 3 * DAY, ClockError::BeforeBundle),
        (NOW + 61 * DAY, ClockError::Stale),
    ] {
        let shown = credential.present(&holder, &ask, None, at(now), &mut rng);
        assert_eq!(shown.err(), Some(PresentError::Clock(clock)));
        let values = City::issuer_values(day(2021, 7, 1));
        let handle = city.registry.draw(&mut rng).unwrap();
        let kept = city
            .clinic
            .offer(&city.scheme, &values, at(NOW + 60), &mut rng);
        let kept = kept.unwrap();
        let pending = kept
            .offer()
            .request(&city.scheme, &City::holder_values(), at(NOW), &mut rng)
            .unwrap();
        let acc = city.accredit(&city.clinic);
        let request = pending.request().clone();
        let response = kept
            .issue(
                &city.scheme,
                &city.clinic,
                Some(&acc),
                &request,
                handle,
                at(NOW),
            )
            .unwrap();
        let received = pending.receive(&holder, &response, at(now));
        assert_eq!(received.err(), Some(ReceiveError::Clock(clock)));
    }
}

#[test]
fn a_date_that_the_holder_sets_proves_nothing_and_no_policy_may_compare_it() {
    let schema = |set_by| {
        let until = Attribute {
            name: "until".into(),
            kind: AttributeKind::Date,
            set_by,
            may_disclose: false,
        };
        Schema::new(vec![until]).unwrap()
    };
    let policy = veilpass::scheme::Policy {
        minimum_age: None,
        ..City::new(1).policies[0].clone()
    };
    let found = |set_by, policies| {
        city::found_authority(schema(set_by), IssuerMode::Hidden, policies, &mut rng()).is_ok()
    };
    assert!(found(SetBy::Issuer, vec![policy.clone()]));
    assert!(!found(SetBy::Holder, vec![policy.clone()]));
    assert!(
        !found(SetBy::Issuer, vec![policy.clone(), policy]),
        "two of one name"
    );
}

#[test]
fn a_pass_that_could_not_be_shown_to_its_end_is_not_received() {
    let mut city = City::new(6);
    city.policies[0].from = Some(3);
    let until = day(2022, 6, 1);
    for (from, good) in [
        (until, true),
        (until.plus(1).unwrap(), false),
        (until.plus(-511).unwrap(), true),
        (until.plus(-512).unwrap(), false),
    ] {
        let mut values = City::issuer_values(until);
        values[1] = ("until_strict", veilpass::scheme::Value::Date(from));
        let handle = city.registry.draw(&mut city.rng).unwrap();
        let holder = city.holder_bundle();
        let acc = city.accredit(&city.clinic);
        let kept = (city.clinic)
            .offer(&city.scheme, &values, at(NOW + 60), &mut city.rng)
            .unwrap();
        let mine = City::holder_values();
        let pending = (kept.offer())
            .request(&city.scheme, &mine, at(NOW), &mut city.rng)
            .unwrap();
        let request = pending.request().clone();
        let response = kept
            .issue(
                &city.scheme,
                &city.clinic,
                Some(&acc),
                &request,
                handle,
                at(NOW),
            )
            .unwrap();
        let received = pending.receive(&holder, &response, at(NOW));
        assert_eq!(received.err(), (!good).then_some(ReceiveError::TooLong));
    }
}

#[test]
fn a_wallet_answers_no_mode_that_the_policy_does_not_have() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "paper", "Cafe");
    let shown = credential.present(&holder, &ask, None, at(NOW), &mut rng());
    assert_eq!(shown.err(), Some(PresentError::UnknownQuestion));
    for name in [
        "Cafe\u{2028}x",
        "Cafe\u{61c}",
        "\u{3164}",
        " ",
        "Cafe ",
        "\u{feff}Cafe",
    ] {
        let ask = city.ask(Mode::Poster, "restaurant", name);
        assert!(Question::from_bytes(&ask.to_bytes()).is_err(), "{name:?}");
        let shown = credential.present(&holder, &ask, None, at(NOW), &mut rng());
        assert_eq!(shown.err(), Some(PresentError::UnknownQuestion), "{name:?}");
    }
}

#[test]
fn prepared_points_are_for_the_policy_as_it_was() {
    let (mut city, credential, _) = shown();
    city.policies[0].disclose = vec![7];
    let before = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let prepared = |rng: &mut StdRng| {
        credential
            .prepare(&before, "restaurant", at(NOW), rng)
            .unwrap()
    };
    let mut rng = rng();
    let good = prepared(&mut rng).answer(&credential, &before, &ask, at(NOW), &mut rng);
    assert!(good.is_ok());
    // A newer bundle asks for less, or for more, under the same name.
    let changes: [fn(&mut veilpass::scheme::Policy); 3] = [
        |policy| policy.disclose = vec![],
        |policy| {
            policy.minimum_age = Some(MinimumAge {
                attribute: 6,
                years: 18,
            })
        },
        |policy| policy.window = 61,
    ];
    for change in changes {
        let other = city.changed(&before, |bundle| change(&mut bundle.policies[0]));
        let answer = prepared(&mut rng).answer(&credential, &other, &ask, at(NOW), &mut rng);
        assert_eq!(answer.err(), Some(PresentError::OutOfDate));
    }
    let other = city.changed(&before, |bundle| bundle.epochs[0].beacon = [9; 32]);
    let answer = prepared(&mut rng).answer(&credential, &other, &ask, at(NOW), &mut rng);
    assert_eq!(answer.err(), Some(PresentError::OutOfDate));
    // A generator that repeats itself: two showings do not share a point.
    let shown = |now| {
        let mut stuck = StdRng::seed_from_u64(5);
        let prepared = credential
            .prepare(&before, "restaurant", now, &mut stuck)
            .unwrap();
        let mut rng = StdRng::seed_from_u64(6);
        let shown = prepared.answer(&credential, &before, &ask, now, &mut rng);
        shown.unwrap().as_bytes()[27..123].to_vec()
    };
    assert_ne!(shown(at(NOW)), shown(at(NOW + 1)));
}

#[test]
fn a_date_that_no_policy_compares_may_be_far_ahead() {
    let mut city = City::new(1);
    city.policies.truncate(1);
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[1].1 = veilpass::scheme::Value::Date(day(2050, 1, 1));
    // Receives, or panics.
    let (credential, _) = city.issue_values(true, &values);
    city.show(&credential, "restaurant", "Cafe", NOW);
}
