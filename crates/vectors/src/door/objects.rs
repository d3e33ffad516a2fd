//! False objects: every equation of the Schnorr proof holds and so does the challenge, and one pairing does not. And dates at their edges.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::internals::trace::{Falsified, accredit_unlinked};
use veilpass::scheme::{AccreditationKey, DateTable, Mode};
use veilpass_fixture::city::{self, NOW, TODAY};

use crate::json::{Test, VectorFile};
use crate::passes::{self, Asked};
use crate::world::{TABLE, World, days};

/// A date table with another entry's point at one place.
fn table_with_false(world: &World, delta: i32) -> DateTable {
    let place = 2 + 48 * usize::try_from(delta).unwrap();
    let mut bytes = world.city.table.to_bytes();
    let next = bytes[place + 48..place + 96].to_vec();
    bytes[place..place + 48].copy_from_slice(&next);
    DateTable::from_bytes(&bytes, TABLE).unwrap()
}

/// The places of the table that the world's pass uses for the policy `all`: last day, first day, and both digits of the age.
fn places() -> [(&'static str, i32); 4] {
    let born = city::day(1985, 3, 8).0;
    let old = city::day(2003, 6, 28).0 - born;
    let table = i32::from(TABLE);
    let until = days(90).0 - TODAY.0;
    [
        ("the last day", until),
        ("the first day", 10),
        ("the low digit of the birth date", old % table),
        ("the high digit of the birth date", old / table),
    ]
}

fn made(world: &World, asked: &Asked, comment: &str, falsified: Falsified<'_>) -> Test {
    let traced = asked.answered(world, 32, falsified);
    let test = asked
        .test(world, comment, &traced.payload, NOW)
        .flags(&["FalseObject"]);
    assert!(!test.valid, "{comment}");
    test
}

fn false_objects(world: &World, asked: &Asked, hidden: bool) -> Vec<Test> {
    let scheme = &world.city.scheme;
    let mut rng = StdRng::seed_from_u64(31);
    let mut tests = vec![made(
        world,
        asked,
        "signature: another A; e(Ā, X') = e(B̄, g2) does not hold",
        Falsified {
            signature: Some(world.other_witness),
            ..Falsified::default()
        },
    )];
    if hidden {
        let issuer = world.city.clinic.public();
        let self_made = AccreditationKey::generate(&mut rng);
        let accreditation = self_made.accredit(scheme, issuer, 7).unwrap();
        tests.push(made(
            world,
            asked,
            "accreditation: under another γ; e(Ā_c, Γ) = e(B̄_c, g2) does not hold",
            Falsified {
                accreditation: Some(&accreditation),
                ..Falsified::default()
            },
        ));
        let x1 = world.other_witness;
        let unlinked = accredit_unlinked(&world.city.accreditation, scheme, (issuer, x1), 7);
        tests.push(made(
            world,
            asked,
            "issuer: X1 of another key, accredited; e(h, X') = e(X1', g2) does not hold",
            Falsified {
                accreditation: Some(&unlinked.unwrap()),
                x1: Some(x1),
                ..Falsified::default()
            },
        ));
    }
    for (name, delta) in places() {
        let table = table_with_false(world, delta);
        tests.push(made(
            world,
            asked,
            &format!("{name}: an entry of the date table that is none; its pairing under X_t does not hold"),
            Falsified {
                table: Some(&table),
                ..Falsified::default()
            },
        ));
    }
    tests.push(made(
        world,
        asked,
        "handle: the witness of another one; e(C', Q) = e(C̄', g2) does not hold",
        Falsified {
            witness: Some(world.other_witness),
            ..Falsified::default()
        },
    ));
    tests
}

/// Passes whose dates are at an edge.
fn dates(world: &World, asked: &Asked, cases: &[(&str, &Credential, bool)]) -> Vec<Test> {
    let test = |(comment, credential, valid): &(&str, &Credential, bool)| {
        let traced = asked.answered_by(world, credential, 33, Falsified::default());
        let test = asked.test(world, *comment, &traced.unwrap().payload, NOW);
        assert_eq!(test.valid, *valid, "{comment}");
        test.flags(&["Dates"])
    };
    cases.iter().map(test).collect()
}

/// The file.
pub fn file(hidden: &World, known: &World) -> VectorFile {
    let (all, of_known) = (
        Asked::new(hidden, "all", Mode::Challenge, NOW),
        Asked::new(known, "all", Mode::Challenge, NOW),
    );
    let open = Asked::new(hidden, "open", Mode::Challenge, NOW);
    let others = &hidden.others;
    let mut tests = false_objects(hidden, &all, true);
    tests.extend(dates(
        hidden,
        &all,
        &[(
            "ends today, began today, and 18 today, all hidden",
            &others.edge,
            true,
        )],
    ));
    let shown = dates(
        hidden,
        &open,
        &[
            ("ends today, and 18 today, disclosed", &others.edge, true),
            (
                "ended yesterday, disclosed; the proof holds",
                &others.ended,
                false,
            ),
            (
                "18 tomorrow, disclosed; the proof holds",
                &others.young,
                false,
            ),
        ],
    );
    VectorFile {
        name: "door-objects",
        algorithm: "pass at a door: false objects, dates",
        header: passes::HEADER.to_vec(),
        notes: vec![
            (
                "FalseObject",
                "Every Schnorr equation and the challenge hold; one pairing does not. Who leaves out a pairing takes one of these.",
            ),
            (
                "Dates",
                "A date at its edge or past it. (Hidden dates past it have no proof.)",
            ),
        ],
        worlds: vec![hidden.trusted(), known.trusted()],
        groups: vec![
            all.group(hidden, "DoorPass", tests),
            of_known.group(known, "DoorPass", false_objects(known, &of_known, false)),
            open.group(hidden, "DoorPass", shown),
        ],
    }
}
