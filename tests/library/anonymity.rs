//! Who looks alike: what a door sees of a million people under each policy, and how many others show the
//! same. The people are made up: last days uniform over a year, birthdays over eighty years, two initials
//! uniform over 28 letters each. Real initials and birthdays are less even, so real groups at the edges are smaller.
//!
//! `cargo test --test library anonymity -- --nocapture` prints the table of docs/security.md.
use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use veilpass::scheme::{Day, Policy, Schema};
use veilpass_fixture::city::{day, policies};

const PEOPLE: usize = 1_000_000;

struct Person {
    until: i32,
    strict: i32,
    birth: i32,
    initials: i32,
}

fn people(today: Day) -> Vec<Person> {
    let mut rng = StdRng::seed_from_u64(1);
    (0..PEOPLE)
        .map(|_| {
            let until = today.0 + rng.random_range(0..365);
            // Half of them meet the stricter rule as well.
            let strict = if rng.random() { until } else { 0 };
            Person {
                until,
                strict,
                birth: today.0 - rng.random_range(0..80 * 365),
                initials: rng.random_range(0..28 * 28),
            }
        })
        .collect()
}

/// The attribute with this index of the schema.
fn value(person: &Person, schema: &Schema, index: u8) -> i32 {
    match schema.attributes()[usize::from(index)].name.as_str() {
        "until" => person.until,
        "until_strict" => person.strict,
        "birth_date" => person.birth,
        _ => person.initials,
    }
}

/// Everything that a door sees of somebody: the disclosed values; nothing of who may not pass.
fn seen(person: &Person, schema: &Schema, policy: &Policy, today: Day) -> Option<Vec<i32>> {
    let passes = value(person, schema, policy.until) >= today.0
        && policy.minimum_age.is_none_or(|age| {
            let latest = today.0 - i32::from(age.years) * 365;
            value(person, schema, age.attribute) <= latest
        });
    let shown = policy.disclose.iter();
    passes.then(|| shown.map(|index| value(person, schema, *index)).collect())
}

#[test]
fn how_many_look_alike_under_each_policy() {
    let (schema, today) = (Schema::default(), day(2021, 6, 28));
    let people = people(today);
    println!("| policy | can pass | groups | half are among at least | alone |");
    for policy in policies(&schema) {
        let mut groups: HashMap<Vec<i32>, usize> = HashMap::new();
        let all: Vec<_> = (people.iter())
            .filter_map(|person| seen(person, &schema, &policy, today))
            .collect();
        for group in &all {
            *groups.entry(group.clone()).or_default() += 1;
        }
        let mut sizes: Vec<_> = all.iter().map(|group| groups[group]).collect();
        sizes.sort_unstable();
        let (median, alone) = (
            sizes[sizes.len() / 2],
            sizes.partition_point(|size| *size == 1),
        );
        let (name, all, count) = (&policy.name, all.len(), groups.len());
        println!("| {name} | {all} | {count} | {median} | {alone} |");
        match policy.name.as_str() {
            // Nothing disclosed: everybody who passes looks the same.
            "restaurant" | "bar" | "hospital" => assert_eq!((count, median), (1, all)),
            "paper" => assert!(median > 1000 && alone == 0),
            // Two dates in the open are close to a name.
            "open" => assert!(median < 3),
            other => assert!(policy.disclose.is_empty(), "{other} has no row"),
        }
    }
}
