//! Strips: their epoch is that of the week of their day, and their clock is that day's.

use super::*;
use veilpass::Credential;
use veilpass::internals::UnsignedBundle;
use veilpass::scheme::{Bundle, BundleError, HolderBundle, StripEpoch, Trust, UnverifiedBundle};

/// 2021-06-29 00:00 in Moscow, the end of today.
const MIDNIGHT: i64 = 1_624_914_000;

fn strip(
    credential: &Credential,
    holder: &HolderBundle,
    city: &City,
    day: Day,
    now: i64,
) -> Vec<u8> {
    let ask = city.ask(Mode::Strip, "restaurant", "Cafe");
    let shown = credential.present(holder, &ask, Some(day), at(now), &mut rng());
    shown.unwrap().into_bytes()
}

fn verdict(bundle: &Bundle, strip: &[u8], now: i64) -> Verdict {
    let door = Door::new(bundle, "restaurant", "Cafe").unwrap();
    let mut seen = MemoryReplayStore::default();
    door.check(strip, Expected::strips(), at(now), &mut seen, &mut rng())
}

#[test]
fn a_strip_is_taken_from_the_beginning_of_its_day_to_its_end_and_the_grace() {
    for grace in [0, 10 * HOUR, 3 * DAY] {
        let mut city = City::new(1);
        city.policies[0].modes[2].grace = u32::try_from(grace).unwrap();
        let (credential, _) = city.issue(true, day(2022, 6, 1));
        let (holder, door) = (city.holder_bundle(), city.door_bundle());
        let tomorrow = TODAY.plus(1).unwrap();
        // Printed a day before, as early as the bundle allows, and long after its day.
        for printed in [NOW, NOW + 9 * DAY] {
            let strip = strip(&credential, &holder, &city, tomorrow, printed);
            let end = MIDNIGHT + DAY + grace;
            for (now, reason) in [
                (MIDNIGHT - 1, Some(Reason::TooEarly)),
                (MIDNIGHT, None),
                (end - 1, None),
                (end, Some(Reason::TooOld)),
            ] {
                match (verdict(&door, &strip, now), reason) {
                    (Verdict::Accepted(_), None) => {}
                    (found, reason) => assert_eq!(Some(refused(&found)), reason, "{now}"),
                }
            }
        }
    }
}

#[test]
fn registry_epochs_are_nothing_to_strips() {
    // Epochs come and go, and a beacon is long past: the strip is for its day alone.
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    let in_a_week = TODAY.plus(9).unwrap();
    let strip = strip(&credential, &holder, &city, in_a_week, NOW);
    for n in 1..9 {
        let other = city.registry.draw(&mut city.rng).unwrap();
        city.registry.remove(&other.id()).unwrap();
        city.next_epoch(NOW + n * DAY);
    }
    city.epochs.drain(..5);
    let found = verdict(&city.door_bundle(), &strip, NOW + 9 * DAY);
    assert!(matches!(found, Verdict::Accepted(_)), "{found:?}");
}

#[test]
fn whoever_is_revoked_is_refused_from_the_week_on_whose_strip_epoch_knows_it() {
    let mut city = City::new(1);
    let (credential, id) = city.issue(true, day(2022, 6, 1));
    // This week's and the next one's epochs are published; then it is revoked, and the one after is.
    let period = StripEpoch::period_of(TODAY);
    city.strip_epochs
        .retain(|strips| strips.period <= period + 1);
    let holder = city.holder_bundle();
    let last = city.strip_epochs.last().unwrap().last_day();
    assert_eq!(last, day(2021, 7, 11), "a Sunday");
    let strips = [last, last.plus(1).unwrap()].map(|day| {
        let ask = city.ask(Mode::Strip, "restaurant", "Cafe");
        credential.present(&holder, &ask, Some(day), at(NOW), &mut rng())
    });
    let [good, early] = strips;
    assert_eq!(early.err(), Some(PresentError::NoStripEpoch));
    city.registry.remove(&id).unwrap();
    city.next_epoch(NOW + 7 * DAY);
    let standing = city.epochs.last().unwrap().standing;
    city.strip_epochs.push(StripEpoch {
        period: period + 2,
        standing,
    });
    let door = city.door_bundle();
    let sunday = verdict(&door, good.unwrap().as_bytes(), NOW + 13 * DAY);
    assert!(matches!(sunday, Verdict::Accepted(_)), "{sunday:?}");
    // It knows it by now, and prints nothing at all.
    let mut credential = credential;
    let holder = city.holder_bundle();
    assert!(credential.sync_vartime(&holder).is_err());
    for day in [last, last.plus(1).unwrap()] {
        let ask = city.ask(Mode::Strip, "restaurant", "Cafe");
        let printed = credential.present(&holder, &ask, Some(day), at(NOW), &mut rng());
        assert_eq!(printed.err(), Some(PresentError::Revoked));
    }
}

#[test]
fn a_door_that_lacks_the_week_is_behind_and_a_strip_of_a_week_that_ended_must_be_printed_again() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let holder = city.holder_bundle();
    let monday = TODAY.plus(7).unwrap();
    let strip = strip(&credential, &holder, &city, monday, NOW);
    let period = StripEpoch::period_of(monday);
    let at_the_door = |keep: fn(i32, i32) -> bool| {
        let mut raw = city.raw_bundle();
        raw.strip_epochs
            .retain(|strips| keep(strips.period, period));
        verdict(&city.verify(&raw), &strip, NOW + 7 * DAY)
    };
    assert!(matches!(at_the_door(|_, _| true), Verdict::Accepted(_)));
    let before = at_the_door(|has, wanted| has < wanted);
    assert_eq!(refused(&before), Reason::DoorBehind);
    let after = at_the_door(|has, wanted| has > wanted);
    assert_eq!(refused(&after), Reason::EpochTooOld);
    assert_eq!(refused(&at_the_door(|_, _| false)), Reason::EpochTooOld);
}

#[test]
fn a_strip_under_keys_that_are_replaced_serves_to_the_end_of_its_week() {
    let mut city = City::new(1);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    let (holder, period) = (city.holder_bundle(), StripEpoch::period_of(TODAY));
    let sunday = TODAY.plus(6).unwrap();
    let old = strip(&credential, &holder, &city, sunday, NOW);
    city.rotate_registry(NOW + DAY);
    city.strip_epochs.retain(|strips| strips.period <= period);
    let standing = city.epochs.last().unwrap().standing;
    city.strip_epochs.push(StripEpoch {
        period: period + 1,
        standing,
    });
    let (door, credential) = (city.door_bundle(), city.synced(&credential));
    let holder = city.holder_bundle();
    for (strip, now) in [
        (old, NOW + 6 * DAY),
        (
            strip(&credential, &holder, &city, sunday, NOW),
            NOW + 6 * DAY,
        ),
        (
            strip(&credential, &holder, &city, sunday.plus(1).unwrap(), NOW),
            NOW + 7 * DAY,
        ),
    ] {
        let found = verdict(&door, &strip, now);
        assert!(matches!(found, Verdict::Accepted(_)), "{found:?}");
    }
}

#[test]
fn strip_epochs_that_do_not_follow_each_other_or_were_changed_are_refused() {
    let mut city = City::new(1);
    let gone = city.registry.draw(&mut city.rng).unwrap().id();
    city.registry.remove(&gone).unwrap();
    city.next_epoch(NOW);
    let (card, before) = (city.card(), city.door_bundle());
    let verify = |change: fn(&mut UnsignedBundle)| {
        let mut bundle = city.raw_bundle();
        bundle.version += 1;
        change(&mut bundle);
        let bytes = bundle.sign(&city.bundle_key);
        let trust = Trust::pinned(&card);
        UnverifiedBundle::new(&bytes)
            .verify(&trust.after(&before))
            .err()
    };
    let wrong = |change| matches!(verify(change), Some(BundleError::Decode(_)));
    assert_eq!(verify(|_| {}), None);
    assert_eq!(verify(|b| remove(b, 0)), None, "a week is over");
    assert_eq!(verify(|b| b.strip_epochs.clear()), None, "all have ended");
    assert!(wrong(|b| remove(b, 1)), "a gap");
    assert!(wrong(|b| b.strip_epochs[1].period -= 1), "a week twice");
    assert!(wrong(|b| b.strip_epochs.swap(0, 1)), "falling");
    assert!(
        wrong(|b| b.strip_epochs[0].standing.key_set = 9),
        "unknown keys"
    );
    assert!(
        wrong(|b| b.strip_epochs[0].standing.removals = 1),
        "fewer removals later"
    );
    // A week that was published has another V now.
    let changed = verify(|b| {
        let newest = b.epochs[1].standing;
        b.strip_epochs.last_mut().unwrap().standing = newest;
    });
    assert_eq!(changed, Some(BundleError::OtherEpoch(3)));
}

fn remove(bundle: &mut UnsignedBundle, place: usize) {
    bundle.strip_epochs.remove(place);
}

#[test]
fn weeks_begin_on_mondays() {
    for (date, period) in [
        (day(1969, 12, 28), -1),
        (day(1969, 12, 29), 0),
        (day(1970, 1, 4), 0),
        (day(1970, 1, 5), 1),
        (day(2021, 6, 27), 2686),
        (day(2021, 6, 28), 2687),
        (Day(i32::MIN), -306_783_378),
        (Day(i32::MAX), 306_783_378),
    ] {
        assert_eq!(StripEpoch::period_of(date), period, "{date:?}");
    }
}
