//! Passes at doors, and how they are put together.

use serde_json::Value;
use veilpass::Credential;
use veilpass::Transcript;
use veilpass::internals::curve::{g1_from_bytes, g1_to_bytes, scalar_from_bytes};
use veilpass::presentation::{Challenge, Door, Expected, MemoryReplayStore, Question, Verdict};
use veilpass::scheme::{Day, UnverifiedVenueCard};

use crate::reading::{Reader, array, bytes, changed, now, number, rng, text};

/// What the door of the group says of the test's pass.
pub(super) fn door(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    let (policy, audience) = (text(&group["policy"]), text(&group["audience"]));
    let card = match &group["venueCard"] {
        Value::Null => None,
        card => Some(UnverifiedVenueCard::from_bytes(&bytes(card)).unwrap()),
    };
    let door = match &card {
        Some(card) => {
            let card = card.verify(world.card.key()).unwrap();
            Door::registered(&world.bundle, policy, card)
        }
        None => Door::new(&world.bundle, policy, audience),
    };
    let open = group["openChallenges"].as_array().unwrap();
    let open: Vec<_> = (open.iter())
        .map(|one| {
            let day = Day(number(&one["day"]));
            Challenge::from_store(array(&one["nonce"]), day, number(&one["epoch"]))
        })
        .collect();
    let mut expected = Expected::answers(&open);
    if group["takesPosters"] == true {
        expected = expected.and_posters();
    }
    if group["takesStrips"] == true {
        expected = expected.and_strips();
    }
    let pass = match test.get("pass") {
        Some(pass) => bytes(pass),
        None => changed(&bytes(&group["pass"]), &test["change"]),
    };
    let mut store = MemoryReplayStore::default();
    let verdict = door
        .unwrap()
        .check(&pass, expected, now(test), &mut store, &mut rng());
    match verdict {
        Verdict::Accepted(accepted) => {
            let pseudonym = accepted.pseudonym.map(hex::encode);
            assert_eq!(test["pseudonym"].as_str(), pseudonym.as_deref());
            assert!(test["reason"].is_null());
            true
        }
        Verdict::Refused(reason) => {
            assert_eq!(test["reason"], reason.name(), "{}", test["comment"]);
            false
        }
    }
}

/// Whether a wallet answers.
pub(super) fn answered(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    let credential = Credential::from_bytes(world.bundle.scheme(), &bytes(&group["credential"]));
    let question = Question::from_bytes(&bytes(&test["question"])).unwrap();
    let day = test["day"].as_i64().map(|day| Day(day.try_into().unwrap()));
    let shown = credential
        .unwrap()
        .present(world.holder(), &question, day, now(test), &mut rng());
    shown.is_ok()
}

/// The same, and whether pass and challenge are put together of what the test shows.
pub(super) fn proof(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    Credential::from_bytes(world.bundle.scheme(), &bytes(&test["credential"]["bytes"])).unwrap();
    let asked = Question::from_bytes(&bytes(&test["asked"])).unwrap();
    assert_eq!(asked.audience, text(&group["audience"]));
    let proof = &test["proof"];
    let pass = bytes(&test["pass"]);
    assert_eq!(pass[27..], put_together(proof));
    door(reader, group, test)
}

fn all(list: &Value, field: &str) -> Vec<u8> {
    list.as_array()
        .unwrap()
        .iter()
        .flat_map(|one| bytes(&one[field]))
        .collect()
}

/// What a pass has behind its header. The challenge must be the hash, and each response nonce + challenge·secret.
pub(super) fn put_together(proof: &Value) -> Vec<u8> {
    let mut issuer = Vec::new();
    if !proof["X_prime"].is_null() {
        issuer = [bytes(&proof["X_prime"]), bytes(&proof["X1_prime"])].concat();
    }
    let (points, disclosed) = (all(&proof["points"], "value"), bytes(&proof["disclosed"]));
    let digest = Transcript::new("present")
        .field(&bytes(&proof["question"]))
        .field(&issuer)
        .field(&points)
        .field(&all(&proof["commitments"], "value"))
        .field(&disclosed)
        .digest();
    assert_eq!(digest[..16], bytes(&proof["challenge"]));
    let challenge = crate::standard::challenge(&proof["challenge"]);
    for variable in proof["variables"].as_array().unwrap() {
        let scalar = |field: &str| scalar_from_bytes(&array(&variable[field])).unwrap();
        assert_eq!(
            scalar("response"),
            scalar("nonce") + challenge * scalar("secret")
        );
    }
    if !proof["OP"].is_null() {
        // The last point is the pseudonym; the secret is the variable behind s.
        let base = g1_from_bytes(&array(&proof["OP"])).unwrap();
        let secret = scalar_from_bytes(&array(&proof["variables"][1]["secret"])).unwrap();
        let nym = g1_to_bytes(&(base * secret).into());
        assert_eq!(points[points.len() - 48..], nym);
    }
    let responses = all(&proof["variables"], "response");
    [issuer, points, digest[..16].to_vec(), responses, disclosed].concat()
}
