//! Honest proofs of other questions.

use rand::{SeedableRng, rngs::StdRng};

use super::super::body::{Body, Claimed};
use super::super::header::{Audience, Header};
use super::super::question::{FullQuestion, Moment, Named, bucket_of};
use super::forger::*;
use crate::curve::hash_test_point;
use crate::presentation::{Challenge, Door, Expected, MemoryReplayStore, Reason, Verdict};
use crate::scheme::{
    Day, HolderBundle, IssuerMode, KeySet, Mode, Schema, Scheme, StripEpoch, Value, Venues, Zone,
    at,
};

/// Proves for one question and verifies against another.
fn asked_otherwise(change: fn(&mut HolderBundle), audience: impl Into<Audience<'static>>) -> Found {
    asked_of(&lab(), change, audience)
}

fn asked_of(
    lab: &Lab,
    change: fn(&mut HolderBundle),
    audience: impl Into<Audience<'static>>,
) -> Found {
    let audience: Audience<'_> = audience.into();
    let (_, body) = lab.built();
    let mut door = lab.holder.clone();
    change(&mut door);
    let policy = &door.bundle.policies[0];
    let moment = bucket_of(&lab.holder.bundle, &lab.holder.bundle.policies[0], at(NOW)).unwrap();
    let epoch = Named::Registry(&door.bundle.epochs[0]);
    let other = FullQuestion::new(&door.bundle, policy, audience, epoch, moment).unwrap();
    let statements = other.statements();
    judge(other, statements, body)
}

#[test]
fn every_field_of_the_question_is_in_the_challenge() {
    assert_eq!(asked_otherwise(|_| {}, "Door"), GREEN);
    // The pseudonym is of an audience, too; without one only the question's bytes know it.
    assert_eq!(asked_otherwise(|_| {}, "Gate"), ONLY_SCHNORR_REFUSES);
    let mut plain = lab();
    plain.holder.bundle.policies[0].once_a_day = false;
    assert_eq!(asked_of(&plain, |_| {}, "Door"), GREEN);
    assert_eq!(asked_of(&plain, |_| {}, "Gate"), ONLY_SCHNORR_REFUSES);
    // A registered venue that is called so, and one whose id runs into the name.
    let registered = Audience {
        id: [7; 16],
        name: "Door",
    };
    assert_eq!(asked_otherwise(|_| {}, registered), ONLY_SCHNORR_REFUSES);
    assert_eq!(asked_of(&plain, |_| {}, registered), ONLY_SCHNORR_REFUSES);
    let beacon = |door: &mut HolderBundle| door.bundle.epochs[0].beacon = [6; 32];
    assert_eq!(asked_otherwise(beacon, "Door"), ONLY_SCHNORR_REFUSES);
    let number = |door: &mut HolderBundle| door.bundle.epochs[0].number = 2;
    assert_eq!(asked_otherwise(number, "Door"), ONLY_SCHNORR_REFUSES);
    let name = |door: &mut HolderBundle| door.bundle.policies[0].name = "other".into();
    assert_eq!(asked_otherwise(name, "Door"), ONLY_SCHNORR_REFUSES);
    let number = |door: &mut HolderBundle| door.bundle.policies[0].number = 9;
    assert_eq!(asked_otherwise(number, "Door"), ONLY_SCHNORR_REFUSES);
    let grace = |door: &mut HolderBundle| door.bundle.policies[0].modes[0].grace = 1;
    assert_eq!(asked_otherwise(grace, "Door"), ONLY_SCHNORR_REFUSES);
    let window = |door: &mut HolderBundle| door.bundle.policies[0].window = 61;
    assert_eq!(asked_otherwise(window, "Door"), ONLY_SCHNORR_REFUSES);
    // Made at a door, and shown over a channel.
    let lab = lab();
    let (question, body) = lab.built();
    let online = question.over([1; 32]);
    let statements = online.statements();
    assert_eq!(judge(online, statements, body), ONLY_SCHNORR_REFUSES);
}

#[test]
fn a_disclosed_date_is_compared_and_not_only_shown() {
    // A patched wallet discloses an honest date that has passed.
    let mut lab = lab();
    lab.holder.bundle.policies[0].disclose = vec![2, 3, 6];
    let show = |today: Day| {
        let mut rng = StdRng::seed_from_u64(16);
        let bundle = &lab.holder.bundle;
        let policy = &bundle.policies[0];
        let strip = Moment::Strip(today);
        let question = FullQuestion::new(
            bundle,
            policy,
            "Door",
            Named::Registry(&bundle.epochs[0]),
            strip,
        )
        .unwrap();
        let statements = question.statements();
        let shown: Vec<_> = [2, 3, 6]
            .map(|i| lab.credential.values[i].clone().unwrap())
            .to_vec();
        let body = (lab.credential)
            .build(lab.ready(), &question, &statements, shown, &mut rng)
            .unwrap();
        Claimed::new(question, statements, body)
            .schnorr_vartime()
            .is_ok()
    };
    assert!(show(day(2021, 7, 10)));
    assert!(!show(day(2021, 7, 11)), "ended yesterday");
    assert!(!show(day(2021, 6, 13)), "begins tomorrow");
    assert!(!show(day(2017, 12, 31)), "seventeen years old");
}

#[test]
fn another_scheme_key_set_epoch_moment_or_mode() {
    // All of these are in (26); a verifier that did not hash them would take passes from elsewhere. Where
    // an equation holds them as well, that is the second thing that refuses.
    let found = |change| asked_otherwise(change, "Door");
    let scheme = |door: &mut HolderBundle| {
        let zone = Zone::new("Europe/Moscow").unwrap();
        let schema = Schema::default();
        door.bundle.scheme = Scheme::new(
            [2; 32],
            "lab".into(),
            schema,
            IssuerMode::Hidden,
            zone,
            Venues::Open,
        )
        .unwrap();
    };
    assert_eq!(found(scheme), ONLY_SCHNORR_REFUSES);
    let key_set = |door: &mut HolderBundle| {
        let (scheme, old) = (&door.bundle.scheme, &door.bundle.key_sets[0]);
        let (date, registry) = (old.date, old.registry);
        let keys = KeySet::new(scheme, 2, old.accreditation, date, old.table, registry);
        door.bundle.key_sets[0] = keys;
        door.bundle.epochs[0].standing.key_set = 2;
    };
    assert_eq!(found(key_set), ONLY_SCHNORR_REFUSES);
    let accreditation =
        |door: &mut HolderBundle| door.bundle.epochs[0].standing.accreditation_epoch = 4;
    assert_eq!(found(accreditation), ONLY_SCHNORR_REFUSES);
    let accumulator = |door: &mut HolderBundle| {
        door.bundle.epochs[0].standing.accumulator = hash_test_point(b"V");
    };
    assert_eq!(found(accumulator), ONLY_SCHNORR_REFUSES);

    let lab = lab();
    let (_, body) = lab.built();
    let bundle = &lab.holder.bundle;
    let policy = &bundle.policies[0];
    let today = lab.question().day;
    let Some(Moment::Bucket(_, bucket)) = bucket_of(bundle, policy, at(NOW)) else {
        panic!("there is always a bucket");
    };
    for moment in [
        Moment::Bucket(today, bucket + 1),
        Moment::Bucket(Day(today.0 - 1), bucket),
        Moment::Strip(today),
        Moment::Nonce([0; 16], today, 1),
    ] {
        let question = FullQuestion::new(
            bundle,
            policy,
            "Door",
            Named::Registry(&bundle.epochs[0]),
            moment,
        );
        let question = question.unwrap();
        let statements = question.statements();
        assert_eq!(
            judge(question, statements, body.clone()),
            ONLY_SCHNORR_REFUSES
        );
    }
}

/// A patched wallet builds for the moment, and for what the policy discloses `shown`.
fn patched(lab: &Lab, question: &FullQuestion<'_>, shown: Vec<Value>) -> Body {
    let mut rng = StdRng::seed_from_u64(23);
    let list = question.statements();
    (lab.credential)
        .build(lab.ready(), question, &list, shown, &mut rng)
        .unwrap()
}

/// The strip epoch for a day.
fn strip_epoch(lab: &Lab, day: Day) -> Named<'_> {
    Named::Strip(lab.holder.bundle.strip_epoch(day).unwrap())
}

#[test]
fn a_strip_for_today_of_another_weeks_epoch() {
    // Revoked since last week, it is still good by that week's V, and a patched wallet names that week. The proof is
    // good for what the header says, and the door knows the epoch: only that it takes the one of the day, whatever the
    // header says, stands against it.
    let mut lab = lab();
    lab.holder.bundle.policies[0].modes = vec![Mode::Strip.with_grace(0)];
    let today = lab.question().day;
    let revoked = lab.registry.draw(&mut lab.rng).unwrap().id();
    lab.registry.remove(&revoked).unwrap();
    let this_week = StripEpoch::period_of(today);
    let bundle = &mut lab.holder.bundle;
    bundle.issued = at(NOW - 9 * 86_400);
    for strips in &mut bundle.strip_epochs {
        if strips.period >= this_week {
            strips.standing.accumulator = *lab.registry.accumulator();
            strips.standing.removals = 1;
        }
    }
    let made_in = |period, day: Day| {
        let mut question = lab.question();
        (question.moment, question.day) = (Moment::Strip(day), day);
        let mut epochs = lab.holder.bundle.strip_epochs.iter();
        question.epoch = Named::Strip(epochs.find(|epoch| epoch.period == period).unwrap());
        patched(&lab, &question, vec![]).to_bytes(&question.header())
    };
    let check = |bytes: &[u8], now| {
        let door = Door::new(&lab.holder.bundle, "all", "Door").unwrap();
        let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(19));
        door.check(bytes, Expected::strips(), at(now), &mut seen, &mut rng)
    };
    let forged = made_in(this_week - 1, today);
    assert_eq!(check(&forged, NOW), Verdict::Refused(Reason::Invalid));
    // On a day of that week it is what it says.
    let last_week = Day(today.0 - 7);
    let honest = made_in(this_week - 1, last_week);
    let then = check(&honest, NOW - 7 * 86_400);
    assert!(matches!(then, Verdict::Accepted(_)), "{then:?}");
}

#[test]
fn a_door_asked_in_a_mode_that_its_policy_lacks() {
    // Door and wallet are patched alike and have the same policy, so the proof is good and every hash of
    // the policy is the same. Whoever runs a door may not choose the mode: a poster where the authority
    // wants challenges lets one pass be copied for a bucket, a strip for a day.
    let nonce = [7; 16];
    let open = [Challenge::from_store(nonce, lab().question().day, 1)];
    let all = [Mode::Challenge, Mode::Poster, Mode::Strip];
    for mode in all {
        let verdict = |modes: Vec<Mode>| {
            let mut lab = lab();
            lab.holder.bundle.policies[0].modes = modes.iter().map(|m| m.with_grace(0)).collect();
            let mut question = lab.question();
            let today = question.day;
            let expected = match mode {
                Mode::Challenge => {
                    question.moment = Moment::Nonce(nonce, today, 1);
                    Expected::answers(&open)
                }
                Mode::Poster => Expected::posters(),
                Mode::Strip => {
                    question.moment = Moment::Strip(today);
                    question.epoch = strip_epoch(&lab, today);
                    Expected::strips()
                }
                Mode::Renewal => Expected::answers(&[]),
            };
            let body = patched(&lab, &question, vec![]);
            let door = Door::new(&lab.holder.bundle, "all", "Door").unwrap();
            let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(19));
            let bytes = body.to_bytes(&question.header());
            door.check(&bytes, expected, at(NOW), &mut seen, &mut rng)
        };
        assert!(matches!(verdict(vec![mode]), Verdict::Accepted(_)));
        let others = all.into_iter().filter(|other| *other != mode).collect();
        assert_eq!(verdict(others), Verdict::Refused(Reason::OtherQuestion));
    }
}

#[test]
fn disclosed_values_that_no_value_may_be() {
    // A clinic and a wallet, both patched, sign and disclose it; the proof and every comparison hold. Day
    // −2^31 is at most the last birthday that is old enough, also outside the calendar, where that is day
    // −2^31 itself. A text of 65 bytes outgrows the screen that it is compared on.
    let text = |length| Value::Text("x".repeat(length));
    for (index, value, good) in [
        (6, Value::Date(Day(i32::MIN + 1)), true),
        (6, Value::Date(Day(i32::MIN)), false),
        (4, text(64), true),
        (4, text(65), false),
        // Texts that a person reads as another one: an accent of its own, an invisible letter, a space, a letter of no version.
        (4, Value::Text("Zo\u{eb}".into()), true),
        (4, Value::Text("Zoe\u{308}".into()), false),
        (4, Value::Text("Zo\u{200b}e".into()), false),
        (4, Value::Text("Zoe\u{a0}K".into()), false),
        (4, Value::Text("Zo\u{378}".into()), false),
        // A hint, which nobody takes for another: and one with the Cyrillic letter of the same shape.
        (7, Value::Text("A.K.".into()), true),
        (7, Value::Text("\u{410}.K.".into()), false),
    ] {
        let mut lab = lab();
        lab.holder.bundle.policies[0].disclose = vec![u8::try_from(index).unwrap()];
        lab.sign_again(|scalars| scalars[index] = value.to_scalar());
        let body = patched(&lab, &lab.question(), vec![value.clone()]);
        let claimed = Claimed::new(lab.question(), lab.question().statements(), body.clone());
        assert!(claimed.schnorr_vartime().is_ok());
        let verdict = lab.door(&body);
        assert_eq!(matches!(verdict, Verdict::Accepted(_)), good, "{value:?}");
        if !good {
            assert_eq!(verdict, Verdict::Refused(Reason::Invalid));
        }
    }
}

#[test]
fn a_header_that_is_not_the_one_of_the_question() {
    // The proof is over the question alone, so the same proof under another header would be another form of one pass.
    let lab = lab();
    let today = lab.question().day;
    let strips = |header: &mut Header| {
        let mut lab = self::lab();
        lab.holder.bundle.policies[0].modes = vec![Mode::Strip.with_grace(0)];
        let mut question = lab.question();
        question.moment = Moment::Strip(today);
        question.epoch = strip_epoch(&lab, today);
        let body = patched(&lab, &question, vec![]);
        *header = Header {
            ..question.header()
        };
        move |header: &Header| {
            let door = Door::new(&lab.holder.bundle, "all", "Door").unwrap();
            let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(19));
            let bytes = body.to_bytes(header);
            door.check(&bytes, Expected::strips(), at(NOW), &mut seen, &mut rng)
        }
    };
    let mut header = lab.question().header();
    let check = strips(&mut header);
    assert!(matches!(check(&header), Verdict::Accepted(_)));
    // Of a strip these bytes say nothing, and nothing else looks at them.
    header.moment = [0, 0, 0, 1];
    assert_eq!(check(&header), Verdict::Refused(Reason::Invalid));
}

#[test]
fn a_pass_with_a_byte_behind_it() {
    // Nothing hashes it: the same proof in another form.
    let lab = lab();
    let (question, body) = lab.built();
    let mut bytes = body.to_bytes(&question.header());
    let check = |bytes: &[u8]| {
        let door = Door::new(&lab.holder.bundle, "all", "Door").unwrap();
        let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(19));
        door.check(bytes, Expected::posters(), at(NOW), &mut seen, &mut rng)
    };
    assert!(matches!(check(&bytes), Verdict::Accepted(_)));
    bytes.push(0);
    assert_eq!(check(&bytes), Verdict::Refused(Reason::Invalid));
}
