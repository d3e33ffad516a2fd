//! Honest proofs of other questions.

use rand::{SeedableRng, rngs::StdRng};

use super::super::body::Claimed;
use super::super::question::{Moment, Question, bucket_of};
use super::forger::*;
use crate::curve::hash_test_point;
use crate::scheme::{Day, HolderBundle, IssuerMode, KeySet, Schema, Scheme, Zone};

/// Proves for one question and verifies against another.
fn asked_otherwise(change: fn(&mut HolderBundle), audience: &'static str) -> Found {
    let lab = lab();
    let (_, body) = lab.built();
    let mut door = lab.holder.clone();
    change(&mut door);
    let policy = &door.bundle.policies[0];
    let moment = Moment::Bucket(bucket_of(policy, NOW).unwrap());
    let epoch = &door.bundle.epochs[0];
    let other = Question::new(&door.bundle, policy, audience, epoch, moment).unwrap();
    let statements = other.statements();
    judge(other, statements, body)
}

#[test]
fn every_field_of_the_question_is_in_the_challenge() {
    assert_eq!(asked_otherwise(|_| {}, "Door"), GREEN);
    // A policy without a pseudonym, so that only the question's bytes know the audience.
    assert_eq!(asked_otherwise(|_| {}, "Gate"), ONLY_SCHNORR_REFUSES);
    let beacon = |door: &mut HolderBundle| door.bundle.epochs[0].beacon = [6; 32];
    assert_eq!(asked_otherwise(beacon, "Door"), ONLY_SCHNORR_REFUSES);
    let number = |door: &mut HolderBundle| door.bundle.epochs[0].number = 2;
    assert_eq!(asked_otherwise(number, "Door"), ONLY_SCHNORR_REFUSES);
    let name = |door: &mut HolderBundle| door.bundle.policies[0].name = "other".into();
    assert_eq!(asked_otherwise(name, "Door"), ONLY_SCHNORR_REFUSES);
    let grace = |door: &mut HolderBundle| door.bundle.policies[0].epoch_grace = 1;
    assert_eq!(asked_otherwise(grace, "Door"), ONLY_SCHNORR_REFUSES);
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
        let question = Question::new(bundle, policy, "Door", &bundle.epochs[0], strip).unwrap();
        let statements = question.statements();
        let witness = *lab.credential.witness.point();
        let shown: Vec<_> = [2, 3, 6]
            .map(|i| lab.credential.values[i].clone().unwrap())
            .to_vec();
        let body = (lab.credential)
            .build(
                &lab.holder,
                &question,
                &statements,
                witness,
                shown,
                &mut rng,
            )
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
        door.bundle.scheme = Scheme::new([2; 32], "lab".into(), schema, IssuerMode::Hidden, zone);
    };
    assert_eq!(found(scheme), ONLY_SCHNORR_REFUSES);
    let key_set = |door: &mut HolderBundle| {
        let (scheme, old) = (&door.bundle.scheme, &door.bundle.keys);
        let (date, registry) = (old.date, old.registry);
        let keys = KeySet::new(scheme, 2, old.accreditation, date, old.table, registry);
        door.bundle.keys = keys;
    };
    assert_eq!(found(key_set), ONLY_SCHNORR_REFUSES);
    let accreditation = |door: &mut HolderBundle| door.bundle.accreditation_epoch = 4;
    assert_eq!(found(accreditation), ONLY_SCHNORR_REFUSES);
    let accumulator = |door: &mut HolderBundle| {
        door.bundle.epochs[0].accumulator = hash_test_point(b"V");
    };
    assert_eq!(found(accumulator), ONLY_SCHNORR_REFUSES);

    let lab = lab();
    let (_, body) = lab.built();
    let bundle = &lab.holder.bundle;
    let policy = &bundle.policies[0];
    let bucket = bucket_of(policy, NOW).unwrap();
    let today = lab.question().day;
    for moment in [
        Moment::Bucket(bucket + 1),
        Moment::Strip(today),
        Moment::Nonce([0; 16], today),
    ] {
        let question = Question::new(bundle, policy, "Door", &bundle.epochs[0], moment).unwrap();
        let statements = question.statements();
        assert_eq!(
            judge(question, statements, body.clone()),
            ONLY_SCHNORR_REFUSES
        );
    }
}
