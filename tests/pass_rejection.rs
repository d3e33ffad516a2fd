//! What a door, a wallet and an issuer must refuse. Checks of the proof itself that need a forger's
//! tools stand beside the code they attack: src/presentation/forgery.rs, src/issuance/cheating.rs.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod story;

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use story::{City, DAY, HOUR, NOW, check, day};
use veilpass::Credential;
use veilpass::issuance::{IssueError, Offer, ReceiveError, Request, Response};
use veilpass::presentation::{
    Ask, Challenge, Door, Expected, MemorySeen, PresentError, Reason, Verdict,
};
use veilpass::scheme::{
    Attribute, BundleError, BundleKey, BundleVerifyingKey, Day, IssuerKey, Kind, Mode, Schema,
    SetBy, UnverifiedBundle, UnverifiedHolderBundle, UnverifiedIssuer, Value,
};

fn rng() -> StdRng {
    StdRng::seed_from_u64(77)
}

fn refused(verdict: &Verdict) -> Reason {
    match verdict {
        Verdict::Refused(reason) => *reason,
        Verdict::Accepted(_) => panic!("accepted"),
    }
}

/// A city, a pass from its clinic, and the pass as shown to a poster of the restaurant.
fn shown() -> (City, Credential, Vec<u8>) {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    (city, credential, payload)
}

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
    for end in [0, 1, 2, 30, 31, 100, payload.len() - 1] {
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
        Reason::BundleStale
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
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &old, NOW);
    assert_eq!(refused(&verdict), Reason::OtherBundle);
    let holder = city.holder_bundle();
    let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
    let stale = credential.present(&holder, &ask, Day(0), NOW, &mut rng());
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
    let mut seen = MemorySeen::default();
    let mut rng = rng();
    // Never eligible under the stricter rule: refused by the wallet before any proof.
    let challenge = Challenge::new(&mut rng);
    let ask = door.ask(&challenge);
    let none = credential.present(&holder, &ask, Day(0), NOW, &mut rng);
    assert_eq!(none.err(), Some(PresentError::NotMet));

    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let (first, second) = (Challenge::new(&mut rng), Challenge::new(&mut rng));
    let answer = credential
        .present(&holder, &door.ask(&first), Day(0), NOW, &mut rng)
        .unwrap();
    let mut check = |challenge| {
        let expected = Expected::Challenge(challenge);
        door.check(answer.to_bytes(), expected, NOW, &mut seen, &mut rng)
    };
    assert_eq!(refused(&check(second)), Reason::Invalid);
    let nonce = *first.nonce();
    assert!(matches!(check(first), Verdict::Accepted(_)));
    // A store that gives a nonce out twice is caught by the pseudonym.
    assert_eq!(
        refused(&check(Challenge::from_store(nonce))),
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
    let mut seen = MemorySeen::default();
    let mut check = || door.check(&payload, Expected::Poster, NOW, &mut seen, &mut rng());
    let Verdict::Accepted(accepted) = check() else {
        panic!()
    };
    assert_eq!(accepted.pseudonym, None);
    assert_eq!(refused(&check()), Reason::SeenBefore);
    // Two passes of one credential cannot be linked: nothing is the same but the header.
    let other = city.show(&credential, "hospital", "Ward", NOW);
    let same = payload
        .iter()
        .zip(&other)
        .skip(31)
        .filter(|(a, b)| a == b)
        .count();
    assert!(same < 40, "{same} equal bytes");
}

#[test]
fn strips_are_for_one_day_and_show_the_hint() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "paper", "any").unwrap();
    let today = day(2021, 6, 28);
    let ask = door.poster(Mode::Strip);
    let strip = |day| {
        let shown = credential
            .present(&holder, &ask, day, NOW, &mut rng())
            .unwrap();
        shown.to_bytes().to_vec()
    };
    let check = |payload: &[u8], now| {
        door.check(
            payload,
            Expected::Strip,
            now,
            &mut MemorySeen::default(),
            &mut rng(),
        )
    };
    let (for_today, for_tomorrow) = (strip(today), strip(today.plus(1).unwrap()));
    let Verdict::Accepted(accepted) = check(&for_today, NOW) else {
        panic!()
    };
    assert_eq!(
        accepted.disclosed,
        [("id_hint".to_owned(), Value::Text("A.K.".into()))]
    );
    assert_eq!(refused(&check(&for_tomorrow, NOW)), Reason::TooEarly);
    assert!(matches!(
        check(&for_tomorrow, NOW + DAY),
        Verdict::Accepted(_)
    ));
    assert_eq!(refused(&check(&for_today, NOW + DAY)), Reason::TooOld);
    // The epoch of the print date is accepted for 14 days after its end, as the policy says.
    let late = strip(today.plus(14).unwrap());
    let later = strip(today.plus(16).unwrap());
    assert!(matches!(check(&late, NOW + 14 * DAY), Verdict::Accepted(_)));
    assert_eq!(refused(&check(&later, NOW + 16 * DAY)), Reason::EpochTooOld);
    // Midnight in Moscow, to the second.
    let midnight = 1_624_914_000;
    assert!(matches!(
        check(&for_today, midnight - 1),
        Verdict::Accepted(_)
    ));
    assert!(matches!(
        check(&for_tomorrow, midnight),
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
    let ask = Ask::new(&city.scheme, Mode::Strip, "restaurant", "Cafe");
    let tomorrow = credential.present(&holder, &ask, today.plus(1).unwrap(), NOW, &mut rng());
    assert_eq!(tomorrow.err(), Some(PresentError::NotMet));
    // δ = u − 1 is in the table; a pass that would need δ = u today is not even received.
    let last = today.plus(i32::from(story::TABLE) - 1).unwrap();
    let (farthest, _) = city.issue(true, last);
    city.show(&farthest, "restaurant", "Cafe", NOW);
    let yesterday = today.plus(-1).unwrap();
    let before = farthest.present(&holder, &ask, yesterday, NOW, &mut rng());
    assert_eq!(before.err(), Some(PresentError::NotMet));
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
        let ask = Ask::new(&city.scheme, Mode::Poster, "bar", "Bar");
        let hidden = credential.present(&holder, &ask, Day(0), NOW, &mut rng());
        let verdict = hidden
            .as_ref()
            .map(|shown| check(&bundle, "bar", "Bar", shown.to_bytes(), NOW));
        let ask = Ask::new(&city.scheme, Mode::Poster, "open", "Bar");
        let open = credential.present(&holder, &ask, Day(0), NOW, &mut rng());
        assert_eq!(
            hidden.is_ok(),
            open.is_ok(),
            "hidden and disclosed ages agree"
        );
        if let Ok(open) = open {
            let verdict = check(&bundle, "open", "Bar", open.to_bytes(), NOW);
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
        let old_holder = {
            let mut holder = city.holder_bundle();
            holder.bundle.epochs.truncate(1);
            holder.bundle.epochs[0].until = i64::MAX;
            holder
        };
        let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
        let rolled = credential
            .present(&old_holder, &ask, Day(0), now, &mut rng())
            .unwrap();
        let verdict = check(
            &city.door_bundle(),
            "restaurant",
            "Cafe",
            rolled.to_bytes(),
            now,
        );
        assert_eq!(refused(&verdict), Reason::EpochTooOld, "epoch {n}");
        let fresh = credential.present(&city.holder_bundle(), &ask, Day(0), now, &mut rng());
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
    let mut holder = city.holder_bundle();
    holder.bundle.epochs[0].until = NOW - 1;
    holder.bundle.epochs[1].from = NOW - 1;
    let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
    let early = credential
        .present(&holder, &ask, Day(0), NOW, &mut rng())
        .unwrap();
    let verdict = check(&bundle, "restaurant", "Cafe", early.to_bytes(), NOW);
    assert_eq!(refused(&verdict), Reason::TooEarly);
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
        .present(&holder, &ask, today, NOW, &mut rng())
        .unwrap();
    let mut seen = MemorySeen::default();
    let alone = door.check(
        strip.to_bytes(),
        Expected::Poster,
        NOW,
        &mut seen,
        &mut rng(),
    );
    assert_eq!(refused(&alone), Reason::OtherQuestion);
    let batch = |strips, seen: &mut MemorySeen| {
        door.check_batch(&[strip.to_bytes()], strips, NOW, seen, &mut rng())
            .remove(0)
    };
    assert_eq!(refused(&batch(false, &mut seen)), Reason::OtherQuestion);
    assert!(matches!(batch(true, &mut seen), Verdict::Accepted(_)));
}

#[test]
fn a_challenge_asked_before_midnight_may_be_answered_after_it() {
    let (mut city, credential, _) = shown();
    let midnight = 1_624_914_000;
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let mut rng = rng();
    let mut answer = |made: i64, checked: i64| {
        let challenge = Challenge::new(&mut rng);
        let ask = door.ask(&challenge);
        let shown = credential
            .present(&holder, &ask, Day(0), made, &mut rng)
            .unwrap();
        let expected = Expected::Challenge(challenge);
        let mut seen = MemorySeen::default();
        door.check(shown.to_bytes(), expected, checked, &mut seen, &mut rng)
    };
    assert!(matches!(
        answer(midnight - 2, midnight + 2),
        Verdict::Accepted(_)
    ));
    assert!(matches!(
        answer(midnight + 1, midnight + 2),
        Verdict::Accepted(_)
    ));
    assert_eq!(
        refused(&answer(midnight - 2, midnight + 120)),
        Reason::TooOld
    );
}

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
        assert!(Door::new(&bundle, "restaurant", name).is_none(), "{name:?}");
        let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", name);
        assert!(Ask::from_bytes(&ask.to_bytes()).is_err(), "{name:?}");
    }
    let good = bundle.policies[0].clone();
    let found = |change: fn(&mut veilpass::scheme::Policy)| {
        let mut policy = good.clone();
        change(&mut policy);
        let zone = veilpass::scheme::Zone::new("Europe/Moscow").unwrap();
        let schema = Schema::default();
        veilpass::Authority::found("x", schema, zone, vec![policy], &mut rng()).is_ok()
    };
    assert!(!found(|p| p.until = 0));
    assert!(
        !found(|p| p.disclose = vec![5]),
        "the employer is never disclosed"
    );
    assert!(!found(|p| p.disclose = vec![7, 6]));
    assert!(!found(|p| p.window = 601));
    assert!(!found(|p| p.window = 9));
    assert!(!found(|p| p.minimum_age = Some((0, 0))));
    assert!(!found(|p| p.modes = vec![]));
    assert!(!found(|p| p.any_audience = true));
    assert!(!found(|p| p.epoch_grace = u32::MAX));
}

#[test]
fn a_paper_strip_for_any_audience_goes_at_every_door_and_shows_its_hint() {
    let (mut city, credential, _) = shown();
    let holder = city.holder_bundle();
    let bundle = city.door_bundle();
    let ask = Ask::new(&city.scheme, Mode::Strip, "paper", "printed at home");
    let today = day(2021, 6, 28);
    let strip = credential
        .present(&holder, &ask, today, NOW, &mut rng())
        .unwrap();
    for audience in ["Cafe", "Bolshoi"] {
        let door = Door::new(&bundle, "paper", audience).unwrap();
        let mut seen = MemorySeen::default();
        let verdict = door.check(
            strip.to_bytes(),
            Expected::Strip,
            NOW,
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
        let prepared = credential.prepare(&holder, policy, NOW, &mut rng).unwrap();
        let challenge = Challenge::new(&mut rng);
        let ask = door.ask(&challenge);
        let answer = prepared
            .answer(&credential, &holder, &ask, NOW + 9, &mut rng)
            .unwrap();
        let mut seen = MemorySeen::default();
        let expected = Expected::Challenge(challenge);
        let verdict = door.check(answer.to_bytes(), expected, NOW + 9, &mut seen, &mut rng);
        assert!(
            matches!(verdict, Verdict::Accepted(_)),
            "{policy}: {verdict:?}"
        );
        let poster = door.poster(Mode::Poster);
        let prepared = credential.prepare(&holder, policy, NOW, &mut rng).unwrap();
        let answer = prepared
            .answer(&credential, &holder, &poster, NOW, &mut rng)
            .unwrap();
        let verdict = check(&bundle, policy, "Cafe", answer.to_bytes(), NOW);
        assert!(
            matches!(verdict, Verdict::Accepted(_)),
            "{policy}: {verdict:?}"
        );
    }
    let prepare =
        |now| credential.prepare(&holder, "restaurant", now, &mut StdRng::seed_from_u64(5));
    let ask = |policy| Ask::new(&city.scheme, Mode::Poster, policy, "Cafe");
    let mut answer = |prepared: veilpass::presentation::Prepared, ask: &Ask, now| {
        prepared
            .answer(&credential, &holder, ask, now, &mut rng)
            .err()
    };
    let (restaurant, bar) = (ask("restaurant"), ask("bar"));
    let out_of_date = Some(PresentError::OutOfDate);
    assert_eq!(answer(prepare(NOW).unwrap(), &bar, NOW), out_of_date);
    assert_eq!(
        answer(prepare(NOW).unwrap(), &restaurant, NOW + 6 * HOUR),
        out_of_date
    );
    assert_eq!(prepare(NOW - 2 * HOUR).err(), Some(PresentError::NoEpoch));
}

#[test]
fn the_authority_accredits_a_key_once() {
    let mut rng = rng();
    let zone = veilpass::scheme::Zone::new("Europe/Moscow").unwrap();
    let policies = story::policies(&Schema::default());
    let mut city =
        veilpass::Authority::found("x", Schema::default(), zone, policies, &mut rng).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(city.scheme(), &mut rng);
    assert!(city.accredit(&registration).is_ok());
    let again = city.accredit(&clinic.register(city.scheme(), &mut rng));
    assert_eq!(again.err(), Some(veilpass::AuthorityError::KnownKey));
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
    let verdicts = door.check_batch(&slices, false, NOW, &mut MemorySeen::default(), &mut rng());
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
    assert_eq!(a[..31], b[..31]);
    // Every point is compressed and none is special: the same flags, the same positions.
    let bundle = city.door_bundle();
    for pass in [&a, &b] {
        let verdict = check(&bundle, "restaurant", "Cafe", pass, NOW);
        assert!(matches!(verdict, Verdict::Accepted(_)));
    }
}

#[test]
fn rollback_fork_forgery_and_other_schemes_of_bundles_are_refused() {
    let mut city = City::new(1);
    let key = city.bundle_key.verifying_key();
    let first = city.bundle_key.sign_bundle(&city.raw_bundle());
    let have = city.door_bundle();
    let mut forked = city.raw_bundle();
    forked.expires += 1;
    let forked = city.bundle_key.sign_bundle(&forked);
    city.next_epoch(NOW);
    let newer = city.door_bundle();
    let verify = |bytes: &[u8], scheme, previous| {
        UnverifiedBundle(bytes)
            .verify(&key, scheme, previous)
            .map(|b| b.version)
    };
    assert_eq!(verify(&first, None, Some(&have)), Ok(1));
    let rollback = BundleError::Rollback { have: 2, got: 1 };
    assert_eq!(verify(&first, None, Some(&newer)), Err(rollback));
    assert_eq!(
        verify(&forked, None, Some(&have)),
        Err(BundleError::Fork(1))
    );
    assert_eq!(
        verify(&first, Some(&[9; 32]), None),
        Err(BundleError::OtherScheme)
    );
    let other = City::new(2).door_bundle();
    assert_eq!(
        verify(&first, None, Some(&other)),
        Err(BundleError::OtherScheme)
    );
    for place in 0..first.len() {
        let mut changed = first.clone();
        changed[place] ^= 1;
        assert!(verify(&changed, None, None).is_err(), "byte {place}");
    }
    let stranger = BundleKey::generate(&mut rng()).sign_bundle(&city.raw_bundle());
    assert_eq!(verify(&stranger, None, None), Err(BundleError::Signature));
    let again = BundleVerifyingKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(again, key);
    // A holders' bundle is not a verifiers' bundle, and its table is checked.
    let mut holder = city.holder_bundle();
    let bytes = city.bundle_key.sign_holder_bundle(&holder);
    assert!(verify(&bytes, None, None).is_err());
    holder.table = City::new(3).table;
    let wrong = city.bundle_key.sign_holder_bundle(&holder);
    let verified = UnverifiedHolderBundle(&wrong).verify(&key, None, None, &mut rng());
    assert!(verified.is_err());
}

#[test]
fn issuance_messages_cannot_be_swapped_changed_or_used_late() {
    let mut city = City::new(1);
    let mut rng = rng();
    let acc = city.accredit(&city.clinic);
    let values = City::issuer_values(day(2022, 6, 1));
    let mine = City::holder_values();
    let holder = city.holder_bundle();
    let offer = |city: &City, rng: &mut StdRng| {
        city.clinic
            .offer(&city.scheme, &values, NOW + 60, rng)
            .unwrap()
    };
    let (one, two) = (offer(&city, &mut rng), offer(&city, &mut rng));
    let request =
        |offer: &Offer, rng: &mut StdRng| offer.request(&city.scheme, &mine, NOW, rng).unwrap();
    let (a, b) = (
        request(one.offer(), &mut rng),
        request(two.offer(), &mut rng),
    );
    let a_again = request(one.offer(), &mut rng);
    let mut handle = || city.registry.draw(&mut StdRng::seed_from_u64(3)).unwrap();
    let handles = [handle(), {
        let mut rng = StdRng::seed_from_u64(4);
        city.registry.draw(&mut rng).unwrap()
    }];
    let [h1, h2] = handles;

    // The request for the other offer, another issuer's key, a missing accreditation, too late.
    let reread = |pending: &veilpass::issuance::PendingOffer| {
        veilpass::issuance::PendingOffer::from_bytes(&city.scheme, &pending.to_bytes()).unwrap()
    };
    let rehandle = |h: &veilpass::registry::Handle| {
        veilpass::registry::Handle::from_bytes(&h.expose_bytes()).unwrap()
    };
    let issue = |offer: &_, key: &IssuerKey, acc, request: &Request, now| {
        reread(offer).issue(&city.scheme, key, acc, request, rehandle(&h1), now)
    };
    let clinic = &city.clinic;
    let swapped = issue(&one, clinic, Some(&acc), b.request(), NOW);
    assert_eq!(swapped.err(), Some(IssueError::Request));
    let other_key = issue(&one, &city.portal, Some(&acc), a.request(), NOW);
    assert_eq!(other_key.err(), Some(IssueError::OtherOffer));
    let unaccredited = issue(&one, clinic, None, a.request(), NOW);
    assert_eq!(unaccredited.err(), Some(IssueError::NotAccredited));
    let late = issue(&one, clinic, Some(&acc), a.request(), NOW + 60);
    assert_eq!(late.err(), Some(IssueError::Expired));
    assert!(
        one.offer()
            .request(&city.scheme, &mine, NOW + 60, &mut rng)
            .is_err()
    );
    let bytes = a.request().to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        if let Ok(request) = Request::from_bytes(&city.scheme, &changed) {
            let answer = issue(&one, clinic, Some(&acc), &request, NOW);
            assert_eq!(answer.err(), Some(IssueError::Request), "byte {place}");
        }
    }

    // The same request for the same offer gets the same bytes; answers cannot be swapped.
    let answer = issue(&one, clinic, Some(&acc), a.request(), NOW).unwrap();
    assert_eq!(
        issue(&one, clinic, Some(&acc), a.request(), NOW).unwrap(),
        answer
    );
    let for_b = reread(&two)
        .issue(
            &city.scheme,
            clinic,
            Some(&acc),
            b.request(),
            rehandle(&h2),
            NOW,
        )
        .unwrap();
    assert_ne!(answer, for_b);
    let stored = b.expose_bytes();
    let b = || veilpass::issuance::PendingRequest::from_bytes(&city.scheme, &stored).unwrap();
    assert_eq!(
        b().receive(&holder, &answer, NOW).err(),
        Some(ReceiveError::Invalid)
    );
    assert_eq!(
        a_again.receive(&holder, &answer, NOW).err(),
        Some(ReceiveError::Invalid)
    );
    let sealed = for_b.to_bytes();
    for place in (2..sealed.len()).step_by(3) {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        let response = Response::from_bytes(&changed).unwrap();
        let received = b().receive(&holder, &response, NOW);
        assert_eq!(received.err(), Some(ReceiveError::Invalid), "byte {place}");
    }
    assert!(b().receive(&holder, &for_b, NOW).is_ok());
}

#[test]
fn an_issuer_that_cheats_in_the_response_is_noticed_before_anything_is_stored() {
    let mut city = City::new(1);
    let mut rng = rng();
    let holder = city.holder_bundle();
    let mine = City::holder_values();
    let mut receive = |city: &mut City, values: &[(&str, Value)], acc, now| {
        let kept = city
            .clinic
            .offer(&city.scheme, values, NOW + 60, &mut rng)
            .unwrap();
        let pending = kept
            .offer()
            .request(&city.scheme, &mine, NOW, &mut rng)
            .unwrap();
        let handle = city.registry.draw(&mut rng).unwrap();
        let response = kept
            .issue(
                &city.scheme,
                &city.clinic,
                Some(&acc),
                pending.request(),
                handle,
                NOW,
            )
            .unwrap();
        pending.receive(&holder, &response, now)
    };
    let good = City::issuer_values(day(2022, 6, 1));
    let acc = city.accredit(&city.clinic);
    assert!(receive(&mut city, &good, acc, NOW).is_ok());
    // The portal's accreditation in the clinic's response.
    let other = city.accredit(&city.portal);
    let received = receive(&mut city, &good, other, NOW);
    assert_eq!(received.err(), Some(ReceiveError::Invalid));
    // A date that could not be shown would make its holder stand out.
    let far = City::issuer_values(day(2021, 6, 28).plus(i32::from(story::TABLE)).unwrap());
    let received = receive(&mut city, &far, acc, NOW);
    assert_eq!(received.err(), Some(ReceiveError::TooFarAhead));
}

#[test]
fn an_issuer_registration_is_bound_to_key_and_scheme() {
    let city = City::new(1);
    let key = IssuerKey::generate(&mut rng());
    let registration = key.register(&city.scheme, &mut rng());
    assert_eq!(registration.verify(&city.scheme).as_ref(), Ok(key.public()));
    assert!(registration.verify(&City::new(2).scheme).is_err());
    let bytes = registration.to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        if let Ok(registration) = UnverifiedIssuer::from_bytes(&changed) {
            assert!(registration.verify(&city.scheme).is_err(), "byte {place}");
        }
    }
    let again = IssuerKey::from_bytes(&*key.expose_bytes()).unwrap();
    assert_eq!(again.public(), key.public());
}

#[test]
fn credentials_survive_storage_and_changed_ones_do_not_load() {
    let (mut city, credential, _) = shown();
    let bytes = credential.expose_bytes();
    let again = Credential::from_bytes(&city.scheme, &bytes).unwrap();
    let payload = city.show(&again, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)));
    assert!(Credential::from_bytes(&City::new(2).scheme, &bytes).is_err());
    // Everything that the issuer signed, and X1, is checked again on loading.
    for place in (0..378).step_by(5) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1;
        assert!(
            Credential::from_bytes(&city.scheme, &changed).is_err(),
            "byte {place}"
        );
    }
}

#[test]
fn an_issuer_whose_accreditation_ends_takes_its_holders_with_it() {
    let (mut city, mut credential, _) = shown();
    city.accreditation_epoch += 1;
    // Both are accredited again: a sync finds the sealed accreditation with no visit to the clinic.
    credential.sync_vartime(&city.holder_bundle()).unwrap();
    let payload = city.show(&credential, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &payload, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)));
    // The clinic is dropped from the list.
    city.accreditation_epoch += 1;
    city.clinic = IssuerKey::generate(&mut rng());
    let dropped = credential.sync_vartime(&city.holder_bundle());
    assert!(dropped.is_err());
}

fn schemas() -> impl Strategy<Value = Schema> {
    prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..8).prop_map(|list| {
        let mut attributes = vec![Attribute {
            name: "until".into(),
            kind: Kind::Date,
            set_by: SetBy::Issuer,
            may_disclose: true,
        }];
        for (i, (text, issuer, may_disclose)) in list.into_iter().enumerate() {
            attributes.push(Attribute {
                name: format!("a{i}"),
                kind: if text { Kind::Text } else { Kind::Date },
                set_by: if issuer { SetBy::Issuer } else { SetBy::Holder },
                may_disclose,
            });
        }
        Schema::new(attributes).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_schema_with_any_policy_issues_shows_and_verifies(
        schema in schemas(),
        wanted in any::<u16>(),
        once in any::<bool>(),
        known in any::<bool>(),
        days in 0i32..511,
    ) {
        let mut rng = StdRng::seed_from_u64(u64::from(wanted));
        let value = |kind| match kind {
            Kind::Date => Value::Date(Day(-7)),
            _ => Value::Text("text".into()),
        };
        let disclose: Vec<u8> = schema.attributes().iter().enumerate()
            .filter(|(i, attribute)| attribute.may_disclose && wanted >> i & 1 == 1)
            .map(|(i, _)| u8::try_from(i).unwrap())
            .collect();
        let until = day(2021, 6, 28).plus(days).unwrap();
        let values = |who| -> Vec<(String, Value)> {
            schema.attributes().iter().skip(2)
                .filter(|attribute| attribute.set_by == who)
                .map(|a| {
                    let value = if a.name == "until" { Value::Date(until) } else { value(a.kind) };
                    (a.name.clone(), value)
                })
                .collect()
        };
        let (issuers, holders) = (values(SetBy::Issuer), values(SetBy::Holder));
        let refs = |list: &[(String, Value)]| -> Vec<(String, Value)> { list.to_vec() };
        let issuers = refs(&issuers);
        let issuers: Vec<_> = issuers.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let holders: Vec<_> = holders.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let mut city = City::bare(5, schema.clone(), known.then_some(()));
        city.policies = vec![veilpass::scheme::Policy {
            name: "p".into(),
            until: 2,
            disclose: disclose.clone(),
            minimum_age: None,
            any_audience: false,
            once_a_day: once,
            window: 60,
            epoch_grace: 0,
            modes: vec![Mode::Poster],
        }];
        let handle = city.registry.draw(&mut rng).unwrap();
        let holder = city.holder_bundle();
        let acc = (!known).then(|| city.accredit(&city.portal));
        let kept = city.portal.offer(&city.scheme, &issuers, NOW + 60, &mut rng).unwrap();
        let pending = kept.offer().request(&city.scheme, &holders, NOW, &mut rng).unwrap();
        let response = kept
            .issue(&city.scheme, &city.portal, acc.as_ref(), pending.request(), handle, NOW)
            .unwrap();
        let credential = pending.receive(&holder, &response, NOW).unwrap();
        let payload = city.show(&credential, "p", "Cafe", NOW);
        let verdict = check(&city.door_bundle(), "p", "Cafe", &payload, NOW);
        let Verdict::Accepted(accepted) = verdict else { panic!("{verdict:?}") };
        prop_assert_eq!(accepted.disclosed.len(), disclose.len());
        prop_assert_eq!(accepted.pseudonym.is_some(), once);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), kind in any::<u8>()) {
        let city = City::new(1);
        let bundle = city.door_bundle();
        for bytes in [bytes.clone(), [&[1, kind], bytes.as_slice()].concat()] {
            let _ = check(&bundle, "restaurant", "Cafe", &bytes, NOW);
            let _ = Offer::from_bytes(&bytes);
            let _ = Request::from_bytes(&city.scheme, &bytes);
            let _ = Response::from_bytes(&bytes);
            let _ = Ask::from_bytes(&bytes);
            let _ = Credential::from_bytes(&city.scheme, &bytes);
            let _ = UnverifiedIssuer::from_bytes(&bytes);
            let _ = veilpass::registry::RemovalLog::from_bytes(&bytes);
            let _ = veilpass::scheme::SealedAccreditations::from_bytes(&bytes);
        }
    }
}
