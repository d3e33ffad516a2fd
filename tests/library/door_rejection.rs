//! What a door must refuse and what it must not. Checks of the proof itself that need a forger's tools
//! stand beside the code they attack: src/presentation/forgery, src/issuance/cheating.rs.
mod asked;
mod epochs;
mod midnight;
mod strips;

use std::convert::Infallible;

use veilpass::presentation::{
    Challenge, Door, Expected, MemoryReplayStore, PresentError, Question, Reason, Remembered,
    ReplayEntry, ReplayStore, Unmet, Verdict,
};
use veilpass::scheme::{Day, Mode, Value};
use veilpass_fixture::city::{
    self, City, DAY, HOUR, NOW, TODAY, at, check, day, refused, rng, shown,
};

#[test]
fn any_one_changed_byte_of_a_payload_is_refused() {
    let (city, _, payload) = shown();
    let bundle = city.door_bundle();
    assert!(matches!(
        check(&bundle, "restaurant", "Cafe", &payload, NOW),
        Verdict::Accepted(_)
    ));
    for place in 0..payload.len() {
        let mut changed = payload.clone();
        changed[place] ^= 1 << (place % 8);
        let verdict = check(&bundle, "restaurant", "Cafe", &changed, NOW);
        assert!(matches!(verdict, Verdict::Refused(_)), "byte {place}");
    }
    for end in [0, 1, 2, 26, 27, 100, payload.len() - 1] {
        let verdict = check(&bundle, "restaurant", "Cafe", &payload[..end], NOW);
        assert!(matches!(verdict, Verdict::Refused(_)), "length {end}");
    }
    let longer = [payload.as_slice(), &[0]].concat();
    assert_eq!(
        refused(&check(&bundle, "restaurant", "Cafe", &longer, NOW)),
        Reason::Invalid
    );
}

#[test]
fn what_is_safe_to_tell_is_told_by_name() {
    let (mut city, credential, payload) = shown();
    let bundle = city.door_bundle();
    let reason = |policy: &str, audience: &str, payload: &[u8], now: i64| {
        refused(&check(&bundle, policy, audience, payload, now))
    };
    assert_eq!(
        reason("restaurant", "Cafe", b"hello", NOW),
        Reason::NotAPass
    );
    assert_eq!(reason("restaurant", "Cafe", &[], NOW), Reason::NotAPass);
    assert_eq!(
        reason("restaurant", "Bar", &payload, NOW),
        Reason::OtherVenue
    );
    assert_eq!(reason("bar", "Cafe", &payload, NOW), Reason::OtherQuestion);
    assert_eq!(
        reason("restaurant", "Cafe", &payload, NOW + 120),
        Reason::TooOld
    );
    assert_eq!(
        reason("restaurant", "Cafe", &payload, NOW - 120),
        Reason::TooEarly
    );
    assert_eq!(
        reason("restaurant", "Cafe", &payload, NOW + 61 * DAY),
        Reason::BundleStale
    );
    assert_eq!(
        reason("restaurant", "Cafe", &payload, NOW - 3 * DAY),
        Reason::ClockOff
    );
    let mut other = City::new(2);
    let (stranger, _) = other.issue(true, day(2022, 6, 1));
    let foreign = other.show(&stranger, "restaurant", "Cafe", NOW);
    assert_eq!(
        reason("restaurant", "Cafe", &foreign, NOW),
        Reason::OtherScheme
    );

    // A door whose bundle has rotated keys, or another accreditation epoch.
    let old = payload;
    city.accreditation_epoch += 1;
    city.next_epoch(NOW);
    city.forget_older_epochs();
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &old, NOW);
    assert_eq!(refused(&verdict), Reason::EpochTooOld);
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let stale = credential.present(&holder, &ask, None, at(NOW), &mut rng());
    assert_eq!(stale.err(), Some(PresentError::NeedsSync));
}

#[test]
fn the_neighbouring_buckets_are_accepted_and_no_others() {
    let (city, _, payload) = shown();
    let bundle = city.door_bundle();
    let start = NOW - NOW.rem_euclid(60);
    let accepted = |now| {
        matches!(
            check(&bundle, "restaurant", "Cafe", &payload, now),
            Verdict::Accepted(_)
        )
    };
    assert!(accepted(start - 60) && accepted(start) && accepted(start + 119));
    assert!(!accepted(start - 61) && !accepted(start + 120));
}

#[test]
fn a_challenge_is_answered_once_and_by_its_own_answer() {
    let (city, credential, _) = shown();
    let mut city = city;
    let bundle = city.door_bundle();
    let holder = city.holder_bundle();
    let door = Door::new(&bundle, "hospital", "Ward").unwrap();
    let mut seen = MemoryReplayStore::default();
    let mut rng = rng();
    // Never eligible under the stricter rule: refused by the wallet before any proof.
    let challenge = city::challenge(&mut rng);
    let ask = door.ask(&challenge);
    let none = credential.present(&holder, &ask, None, at(NOW), &mut rng);
    assert_eq!(none.err(), Some(PresentError::NotMet(Unmet::Never)));

    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let (first, second) = (city::challenge(&mut rng), city::challenge(&mut rng));
    let answer = credential
        .present(&holder, &door.ask(&first), None, at(NOW), &mut rng)
        .unwrap();
    let mut check = |challenge| {
        let open = [challenge];
        let expected = Expected::answers(&open);
        door.check(answer.as_bytes(), expected, at(NOW), &mut seen, &mut rng)
    };
    assert_eq!(refused(&check(second)), Reason::OtherQuestion);
    let nonce = *first.nonce();
    assert!(matches!(check(first), Verdict::Accepted(_)));
    // A store that gives a nonce out twice is caught by the pseudonym.
    assert_eq!(
        refused(&check(Challenge::from_store(nonce, TODAY, 1))),
        Reason::SeenBefore
    );
}

#[test]
fn a_poster_pass_without_pseudonym_is_accepted_once_too() {
    let mut city = City::new(1);
    let mut values = City::issuer_values(day(2022, 6, 1));
    values[1].1 = Value::Date(day(2022, 6, 1));
    let (credential, _) = city.issue_values(true, &values);
    let payload = city.show(&credential, "hospital", "Ward", NOW);
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "hospital", "Ward").unwrap();
    let mut seen = MemoryReplayStore::default();
    let mut check = || {
        door.check(
            &payload,
            Expected::posters(),
            at(NOW),
            &mut seen,
            &mut rng(),
        )
    };
    let Verdict::Accepted(accepted) = check() else {
        panic!()
    };
    assert_eq!(accepted.pseudonym, None);
    assert_eq!(refused(&check()), Reason::CodeSeen);
    // Two passes of one credential cannot be linked: nothing is the same but the header.
    let other = city.show(&credential, "hospital", "Ward", NOW);
    let same = payload
        .iter()
        .zip(&other)
        .skip(27)
        .filter(|(a, b)| a == b)
        .count();
    assert!(same < 40, "{same} equal bytes");
}

#[test]
fn strips_are_for_one_day_and_show_the_hint() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    city.next_epoch(NOW + 23 * HOUR);
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "paper", "any").unwrap();
    let today = day(2021, 6, 28);
    let ask = door.poster(Mode::Strip);
    let strip = |day| {
        let shown = credential
            .present(&holder, &ask, Some(day), at(NOW), &mut rng())
            .unwrap();
        shown.as_bytes().to_vec()
    };
    let check = |payload: &[u8], now| {
        door.check(
            payload,
            Expected::strips(),
            now,
            &mut MemoryReplayStore::default(),
            &mut rng(),
        )
    };
    let (for_today, for_tomorrow) = (strip(today), strip(today.plus(1).unwrap()));
    let Verdict::Accepted(accepted) = check(&for_today, at(NOW)) else {
        panic!()
    };
    assert_eq!(
        accepted.disclosed,
        [("id_hint".to_owned(), Value::Text("A.K.".into()))]
    );
    assert_eq!(refused(&check(&for_tomorrow, at(NOW))), Reason::TooEarly);
    assert!(matches!(
        check(&for_tomorrow, at(NOW + DAY)),
        Verdict::Accepted(_)
    ));
    assert_eq!(refused(&check(&for_today, at(NOW + DAY))), Reason::TooOld);
    // Midnight in Moscow, to the second.
    let midnight = 1_624_914_000;
    assert!(matches!(
        check(&for_today, at(midnight - 1)),
        Verdict::Accepted(_)
    ));
    assert!(matches!(
        check(&for_tomorrow, at(midnight)),
        Verdict::Accepted(_)
    ));
}

#[test]
fn the_last_day_counts_and_the_day_after_does_not_and_the_table_has_an_end() {
    let mut city = City::new(1);
    let today = day(2021, 6, 28);
    let (credential, _) = city.issue(true, today);
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let bundle = city.door_bundle();
    assert!(matches!(
        check(&bundle, "restaurant", "Cafe", &payload, NOW),
        Verdict::Accepted(_)
    ));
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Strip, "restaurant", "Cafe");
    let tomorrow = credential.present(&holder, &ask, today.plus(1), at(NOW), &mut rng());
    assert_eq!(tomorrow.err(), Some(PresentError::NotMet(Unmet::Ended)));
    // δ = u − 1 is in the table; a pass that would need δ = u today is not even received.
    let last = today
        .plus(i32::from(veilpass_fixture::city::TABLE) - 1)
        .unwrap();
    let (farthest, _) = city.issue(true, last);
    city.show(&farthest, "restaurant", "Cafe", NOW);
    let yesterday = today.plus(-1).unwrap();
    let before = farthest.present(&holder, &ask, Some(yesterday), at(NOW), &mut rng());
    let far = Some(PresentError::NotMet(Unmet::EndsTooFarAhead));
    assert_eq!(before.err(), far);
}

#[test]
fn ages_are_counted_by_birthdays_and_dates_before_1970_are_dates() {
    let mut city = City::new(1);
    let bundle = city.door_bundle();
    let accepted = |city: &mut City, born: Day| {
        let mut values = City::issuer_values(day(2022, 6, 1));
        values[2].1 = Value::Date(born);
        let (credential, _) = city.issue_values(true, &values);
        let holder = city.holder_bundle();
        let ask = city.ask(Mode::Poster, "bar", "Bar");
        let hidden = credential.present(&holder, &ask, None, at(NOW), &mut rng());
        let young = PresentError::NotMet(Unmet::TooYoung);
        assert!(hidden.as_ref().err().is_none_or(|error| *error == young));
        let verdict = hidden
            .as_ref()
            .map(|shown| check(&bundle, "bar", "Bar", shown.as_bytes(), NOW));
        let ask = city.ask(Mode::Poster, "open", "Bar");
        let open = credential.present(&holder, &ask, None, at(NOW), &mut rng());
        assert_eq!(
            hidden.is_ok(),
            open.is_ok(),
            "hidden and disclosed ages agree"
        );
        if let Ok(open) = open {
            let verdict = check(&bundle, "open", "Bar", open.as_bytes(), NOW);
            assert!(matches!(verdict, Verdict::Accepted(_)));
        }
        matches!(verdict, Ok(Verdict::Accepted(_)))
    };
    assert!(accepted(&mut city, day(2003, 6, 28)));
    assert!(!accepted(&mut city, day(2003, 6, 29)));
    assert!(accepted(&mut city, day(1969, 12, 31)));
    assert!(accepted(&mut city, day(1921, 2, 28)));
}

#[test]
fn a_strip_is_not_a_poster_pass_one_by_one_or_in_a_batch() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let today = day(2021, 6, 28);
    let ask = door.poster(Mode::Strip);
    let strip = credential
        .present(&holder, &ask, Some(today), at(NOW), &mut rng())
        .unwrap();
    let mut seen = MemoryReplayStore::default();
    let alone = door.check(
        strip.as_bytes(),
        Expected::posters(),
        at(NOW),
        &mut seen,
        &mut rng(),
    );
    assert_eq!(refused(&alone), Reason::NoStrips);
    let batch = |expected, seen: &mut MemoryReplayStore| {
        door.check_batch(&[strip.as_bytes()], expected, at(NOW), seen, &mut rng())
            .remove(0)
    };
    assert_eq!(
        refused(&batch(Expected::posters(), &mut seen)),
        Reason::NoStrips
    );
    assert!(matches!(
        batch(Expected::strips(), &mut seen),
        Verdict::Accepted(_)
    ));
}

#[test]
fn a_batch_of_64_with_one_bad_finds_it() {
    let mut city = City::new(1);
    let mut passes: Vec<Vec<u8>> = Vec::new();
    for guest in 0..8 {
        let (credential, _) = city.issue(guest % 2 == 0, day(2022, 6, 1));
        for _ in 0..8 {
            passes.push(city.show(&credential, "restaurant", "Cafe", NOW));
        }
    }
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    // Byte 40 is in X': only the product of pairings and the challenge notice ...
    let bad = 37;
    let last = passes[bad].len() - 1;
    passes[bad][last] ^= 1;
    let slices: Vec<_> = passes.iter().map(Vec::as_slice).collect();
    let verdicts = door.check_batch(
        &slices,
        Expected::posters(),
        at(NOW),
        &mut MemoryReplayStore::default(),
        &mut rng(),
    );
    for (i, verdict) in verdicts.iter().enumerate() {
        match verdict {
            Verdict::Accepted(_) => assert_ne!(i, bad),
            Verdict::Refused(Reason::Invalid) => assert_eq!(i, bad),
            // The other seven passes of each guest.
            Verdict::Refused(reason) => assert_eq!(*reason, Reason::SeenBefore),
        }
    }
    let accepted = verdicts
        .iter()
        .filter(|v| matches!(v, Verdict::Accepted(_)))
        .count();
    assert_eq!(accepted, 8);
}

#[test]
fn the_two_clinics_passes_have_the_same_length_and_shape() {
    let mut city = City::new(1);
    let (portal, _) = city.issue(false, day(2022, 6, 1));
    let (clinic, _) = city.issue(true, day(2021, 7, 1));
    let a = city.show(&portal, "restaurant", "Cafe", NOW);
    let b = city.show(&clinic, "restaurant", "Cafe", NOW);
    assert_eq!(a.len(), b.len());
    assert_eq!(a[..27], b[..27]);
    // Every point is compressed and none is special: the same flags, the same positions.
    let bundle = city.door_bundle();
    for pass in [&a, &b] {
        let verdict = check(&bundle, "restaurant", "Cafe", pass, NOW);
        assert!(matches!(verdict, Verdict::Accepted(_)));
    }
}

#[test]
fn a_pass_that_begins_later_waits_and_its_first_day_has_a_reach_too() {
    // `until_strict` plays the first day of the pass; the policy also asks that it has come.
    let today = day(2021, 6, 28);
    for (days, hidden, disclosed) in [
        (1, false, false),
        (0, true, true),
        (-511, true, true),
        (-512, false, true), // compared in the open, it needs no table
    ] {
        let first = Value::Date(today.plus(days).unwrap());
        let mut values = City::issuer_values(today);
        values[1] = ("until_strict", first);
        let mut city = City::new(1);
        let (credential, _) = city.issue_values(true, &values);
        city.policies[0].from = Some(3);
        for (disclose, good) in [(vec![], hidden), (vec![3], disclosed)] {
            city.policies[0].disclose = disclose;
            let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
            let holder = city.holder_bundle();
            let shown = credential.present(&holder, &ask, None, at(NOW), &mut rng());
            assert_eq!(shown.is_ok(), good, "{days}");
            let why = match days {
                1 => Unmet::NotBegun,
                _ => Unmet::BeganTooLongAgo,
            };
            let Ok(shown) = shown else {
                assert_eq!(shown.err(), Some(PresentError::NotMet(why)));
                continue;
            };
            let bundle = city.door_bundle();
            let verdict = check(&bundle, "restaurant", "Cafe", shown.as_bytes(), NOW);
            assert!(matches!(verdict, Verdict::Accepted(_)), "{days}");
        }
    }
}

/// Says of every entry that it is new, and records what it was asked.
#[derive(Default)]
struct Recorder(Vec<(String, Day)>);

impl ReplayStore for Recorder {
    type Error = Infallible;

    fn remember(&mut self, entry: &ReplayEntry) -> Result<Remembered, Infallible> {
        self.0.push((entry.audience().to_owned(), entry.day()));
        Ok(Remembered::New)
    }
}

/// Cannot remember anything.
struct Broken;

impl ReplayStore for Broken {
    type Error = &'static str;

    fn remember(&mut self, _: &ReplayEntry) -> Result<Remembered, &'static str> {
        Err("the disk is full")
    }
}

#[test]
fn what_was_accepted_is_remembered_for_its_venue_and_day_or_not_accepted() {
    let (city, _, payload) = shown();
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let mut seen = Recorder::default();
    door.check(
        &payload,
        Expected::posters(),
        at(NOW),
        &mut seen,
        &mut rng(),
    );
    assert_eq!(seen.0, [("Cafe".to_owned(), day(2021, 6, 28))]);
    let verdict = door.check(
        &payload,
        Expected::posters(),
        at(NOW),
        &mut Broken,
        &mut rng(),
    );
    assert_eq!(refused(&verdict), Reason::NotRemembered);

    let mut store = MemoryReplayStore::default();
    let remember = |store: &mut MemoryReplayStore, today| {
        let entry = ReplayEntry::new("Cafe", Day(today), b"nym", None);
        store.remember(&entry).unwrap()
    };
    for today in [1, 2, 3] {
        assert_eq!(remember(&mut store, today), Remembered::New);
    }
    store.forget_before(Day(2));
    assert_eq!(remember(&mut store, 3), Remembered::Known);
    assert_eq!(remember(&mut store, 2), Remembered::Known, "yesterday");
    assert_eq!(remember(&mut store, 1), Remembered::New, "forgotten");
}
