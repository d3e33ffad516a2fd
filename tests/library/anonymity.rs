//! Who looks alike: what a door sees of a million people under each policy, and how many others show the
//! same. The people are made up: last days uniform over a year, birthdays over eighty years, two initials
//! uniform over 28 letters each. Real initials and birthdays are less even, so real groups at the edges are smaller.
//!
//! `cargo test --test library anonymity -- --nocapture` prints the table of docs/security.md.
use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use veilpass::scheme::{Day, Mode, Policy, Schema};
use veilpass_fixture::city::{City, DAY, NOW, TODAY, at, day, policies, rng};

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

/// Strips for one day, by wallets that fetched on different days, printed on different days: what stands in them in the open is
/// the same.
#[test]
fn strips_do_not_tell_when_they_were_printed_nor_when_their_wallet_fetched() {
    let mut city = City::new(1);
    let (one, _) = city.issue(true, day(2022, 6, 1));
    let (two, _) = city.issue(false, day(2021, 9, 1));
    let on = TODAY.plus(6).unwrap();
    let mut headers = Vec::new();
    for passed in 0..6 {
        for credential in [&one, &two] {
            let (credential, holder) = (city.synced(credential), city.holder_bundle());
            for policy in ["restaurant", "paper"] {
                let ask = city.ask(Mode::Strip, policy, "Cafe");
                let now = at(NOW + passed * DAY);
                let strip = credential.present(&holder, &ask, Some(on), now, &mut rng());
                headers.push((policy, strip.unwrap().as_bytes()[..27].to_vec()));
            }
        }
        // Somebody else is revoked, and the next registry epoch begins; once also the next accreditation epoch, and once
        // keys are rotated.
        let gone = city.registry.draw(&mut city.rng).unwrap().id();
        city.registry.remove(&gone).unwrap();
        match passed {
            2 => city.accreditation_epoch += 1,
            3 => city.rotate_registry(NOW + passed * DAY + 1),
            _ => {}
        }
        city.next_epoch(NOW + (passed + 1) * DAY);
    }
    for policy in ["restaurant", "paper"] {
        let mut own = headers.iter().filter(|(of, _)| *of == policy);
        let (_, first) = own.next().unwrap();
        assert!(own.all(|(_, header)| header == first), "{policy}");
    }
}

/// Whoever renews shows the issuer nothing in the open but which offer is answered: neither the old dates nor who signed them.
#[test]
fn renewals_of_everybody_look_alike() {
    let mut city = City::new(1);
    let (one, _) = city.issue(true, day(2022, 6, 1));
    let (two, _) = city.issue(false, day(2021, 6, 28));
    let holder = city.holder_bundle();
    let kept = city.offer_renewal(true, day(2022, 7, 1), NOW);
    let requests = [one, two].map(|credential| {
        let pending = kept
            .offer()
            .renew(&holder, &credential, at(NOW), &mut city.rng);
        pending.unwrap().request().to_bytes()
    });
    let [one, two] = requests;
    assert_eq!((one.len(), &one[..34]), (two.len(), &two[..34]));
    for (one, two) in one[34..].windows(16).zip(two[34..].windows(16)) {
        assert_ne!(one, two);
    }
}
