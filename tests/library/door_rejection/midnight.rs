//! Midnight: buckets never span it, a question asked before it is answered after it, and once a day is once for each day.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{
    Challenge, Door, Expected, MemoryReplayStore, PresentError, Reason, Verdict,
};
use veilpass::scheme::{Day, Mode};
use veilpass_fixture::city::{City, HOUR, TODAY, at, day, refused, rng};

/// Midnight in Moscow, between the 28th and the 29th of June 2021.
const MIDNIGHT: i64 = 1_624_914_000;

fn verdict(door: &Door<'_>, pass: &[u8], expected: Expected<'_>, now: i64) -> Verdict {
    let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(3));
    door.check(pass, expected, at(now), &mut seen, &mut rng)
}

#[test]
fn before_midnight_only_todays_buckets_are_taken_and_after_it_yesterdays_last_for_one_window() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (holder, bundle) = (city.holder_bundle(), city.door_bundle());
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let shown = |now| {
        let made = credential.present(&holder, &ask, None, at(now), &mut rng());
        made.unwrap().as_bytes().to_vec()
    };
    let at_door = |made, now| verdict(&door, &shown(made), Expected::posters(), now);
    let taken = |made, now| matches!(at_door(made, now), Verdict::Accepted(_));
    // The window is a minute. Made in the last one of the 28th ...
    assert!(taken(MIDNIGHT - 1, MIDNIGHT - 1));
    assert!(taken(MIDNIGHT - 60, MIDNIGHT));
    assert!(taken(MIDNIGHT - 1, MIDNIGHT + 59));
    assert_eq!(
        refused(&at_door(MIDNIGHT - 1, MIDNIGHT + 60)),
        Reason::TooOld
    );
    // ... in the one before it, which is over at midnight though it is a neighbour but one ...
    assert_eq!(refused(&at_door(MIDNIGHT - 61, MIDNIGHT)), Reason::TooOld);
    // ... and by a wallet whose clock is a second ahead.
    assert_eq!(refused(&at_door(MIDNIGHT, MIDNIGHT - 1)), Reason::TooEarly);
    assert!(taken(MIDNIGHT, MIDNIGHT));
    // Within a day the neighbours are taken, and no others.
    let noon = MIDNIGHT + 12 * HOUR;
    assert!(taken(noon + 60, noon) && taken(noon, noon + 119));
    assert_eq!(refused(&at_door(noon + 120, noon)), Reason::TooEarly);
    assert_eq!(refused(&at_door(noon, noon + 120)), Reason::TooOld);
}

#[test]
fn a_question_states_its_day_and_is_answered_on_that_day_or_a_window_after_it() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (holder, bundle) = (city.holder_bundle(), city.door_bundle());
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let mut rng = rng();
    let challenge = Challenge::new(&bundle, at(MIDNIGHT - HOUR), &mut rng).unwrap();
    let question = door.ask(&challenge);
    let mut answer = |now| credential.present(&holder, &question, None, at(now), &mut rng);
    for now in [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 59] {
        let pass = answer(now).unwrap();
        let open = [challenge.clone()];
        let verdict = verdict(&door, pass.as_bytes(), Expected::answers(&open), now);
        assert!(
            matches!(verdict, Verdict::Accepted(_)),
            "{now}: {verdict:?}"
        );
        // The same nonce is not open for another day.
        let other = [Challenge::from_store(
            *challenge.nonce(),
            Day(TODAY.0 + 1),
            1,
        )];
        let verdict = self::verdict(&door, pass.as_bytes(), Expected::answers(&other), now);
        assert_eq!(refused(&verdict), Reason::OtherQuestion);
    }
    assert_eq!(answer(MIDNIGHT + 60).err(), Some(PresentError::OtherDay));
    // A door whose clock is ahead, or wrong.
    let mut rng = StdRng::seed_from_u64(8);
    for wrong in [TODAY.0 + 1, TODAY.0 - 1, i32::MAX, i32::MIN] {
        let question = door.ask(&Challenge::from_store([1; 16], Day(wrong), 1));
        let shown = credential.present(&holder, &question, None, at(MIDNIGHT - HOUR), &mut rng);
        assert_eq!(shown.err(), Some(PresentError::OtherDay), "{wrong}");
    }
}

#[test]
fn once_a_day_is_once_for_each_day() {
    // In the first window after midnight yesterday's pass and today's are both taken, and each once.
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (holder, bundle) = (city.holder_bundle(), city.door_bundle());
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let (mut seen, mut rng) = (MemoryReplayStore::default(), rng());
    let mut found = Vec::new();
    for made in [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT - 2, MIDNIGHT + 1] {
        let pass = credential
            .present(&holder, &ask, None, at(made), &mut rng)
            .unwrap();
        let now = at(MIDNIGHT + 30);
        let verdict = door.check(
            pass.as_bytes(),
            Expected::posters(),
            now,
            &mut seen,
            &mut rng,
        );
        found.push(matches!(verdict, Verdict::Accepted(_)));
    }
    assert_eq!(found, [true, true, false, false]);
}
