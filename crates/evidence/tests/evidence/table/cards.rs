//! SMART Health Cards and FHIR bundles.

use serde_json::{Value, json};
use veilpass_evidence::{Report, Trust};

use super::{Tried, outcome};
use veilpass_fixture::certificates::{DAY, NOW, card, judge, jwk};
use veilpass_fixture::signer::ec_key;

const ISSUER: &str = "https://cards.example/issuer";

fn patient() -> Value {
    json!({ "fullUrl": "resource:0", "resource": {
        "resourceType": "Patient", "birthDate": "1951-01-20",
        "name": [{ "family": "Anyperson", "given": ["John", "B."] }],
    }})
}

fn dose(date: &str) -> Value {
    json!({ "resource": {
        "resourceType": "Immunization", "status": "completed", "patient": { "reference": "resource:0" },
        "vaccineCode": { "coding": [{ "system": "http://hl7.org/fhir/sid/cvx", "code": "207" }] },
        "occurrenceDateTime": date,
    }})
}

fn bundle(entries: &[Value]) -> Value {
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

/// The patient with two doses.
fn good() -> Vec<Value> {
    vec![patient(), dose("2021-01-01"), dose("2021-01-29")]
}

fn payload(entries: &[Value]) -> Value {
    json!({ "iss": ISSUER, "nbf": NOW - DAY, "vc": {
        "type": ["https://smarthealth.cards#health-card"],
        "credentialSubject": { "fhirVersion": "4.0.1", "fhirBundle": bundle(entries) },
    }})
}

fn code(payload: &Value) -> String {
    let header = json!({ "alg": "ES256", "zip": "DEF", "kid": jwk(&ec_key(5)).1 });
    card(&ec_key(5), &header, payload.to_string().as_bytes())
}

/// The issuer's keys with these fields beside.
fn trusting(beside: &str) -> Trust {
    let mut trust = Trust::default();
    let key = jwk(&ec_key(5)).0.replacen('{', &format!("{{{beside}"), 1);
    let keys = format!(r#"{{"keys":[{key}]}}"#);
    trust
        .cards
        .add(ISSUER, Some("US"), keys.as_bytes())
        .unwrap();
    trust
}

/// A directory's snapshot that has revoked these.
fn directory(revoked: &str) -> Trust {
    let (key, id) = jwk(&ec_key(5));
    let snapshot = format!(
        r#"{{"issuerInfo":[{{"issuer":{{"iss":"{ISSUER}","name":"Clinic"}},"keys":[{key}],"crls":[{{"kid":"{id}","method":"rid","ctr":1,"rids":["{revoked}"]}}]}}]}}"#
    );
    let mut trust = Trust::default();
    let left_out = trust.cards.add_snapshot(snapshot.as_bytes(), None).unwrap();
    assert_eq!(left_out, Some(Vec::new()));
    trust
}

fn judged(payload: &Value) -> Report {
    judge(&code(payload), &trusting(""))
}

/// What comes of a card with these entries.
fn of(entries: &[Value]) -> String {
    outcome(&judged(&payload(entries)))
}

/// ... whose patient or last dose has another field.
fn but(entry: usize, field: &str, new: Value) -> String {
    let mut entries = good();
    match new {
        Value::Null => entries[entry]["resource"]
            .as_object_mut()
            .unwrap()
            .remove(field),
        new => entries[entry]["resource"]
            .as_object_mut()
            .unwrap()
            .insert(field.into(), new),
    };
    of(&entries)
}

/// ... and one entry more.
fn and(entry: Value) -> String {
    of(&[good(), vec![entry]].concat())
}

pub(super) fn tried() -> Vec<Tried> {
    [envelope(), people(), doses()].concat()
}

fn envelope() -> Vec<Tried> {
    let with = |place: &str, new: Value| {
        let mut payload = payload(&good());
        payload[place] = new;
        outcome(&judged(&payload))
    };
    let mut generic = payload(&good());
    let types = generic["vc"]["type"].as_array_mut().unwrap();
    types.push("VerifiableCredential".into());
    let text = code(&payload(&good()));
    let digits = text.trim_start_matches("shc:/");
    let (first, second) = digits.split_at(400);
    let chunks = format!("shc:/2/2/{second}\nshc:/1/2/{first}");
    let mut revocable = payload(&good());
    revocable["vc"]["rid"] = "MKyCxh7p6uQ".into();
    let revocable = code(&revocable);
    let file = |texts: &[String]| json!({ "verifiableCredential": texts }).to_string();
    let jws = |payload: &Value| {
        let digits = code(payload);
        let digits = digits.trim_start_matches("shc:/").as_bytes();
        let pair = |pair: &[u8]| std::str::from_utf8(pair).unwrap().parse::<u8>().unwrap() + 45;
        digits
            .chunks(2)
            .map(pair)
            .map(char::from)
            .collect::<String>()
    };
    let mut other = good();
    other[0]["resource"]["name"] = json!([{ "family": "Other" }]);
    let people = file(&[jws(&payload(&good())), jws(&payload(&other))]);
    let trust = trusting("");
    vec![
        (
            "a card of the general type beside the card's own",
            outcome(&judged(&generic)),
        ),
        (
            "a key with a certificate and a counter of revocations",
            outcome(&judge(&text, &trusting(r#""x5c":["AA"],"crlVersion":1,"#))),
        ),
        (
            "a slash behind the issuer's address",
            with("iss", format!("{ISSUER}/").into()),
        ),
        (
            "another address than the listed one",
            with("iss", "https://cards.example/other".into()),
        ),
        (
            "a card's beginning in milliseconds",
            with("nbf", ((NOW - DAY) * 1000).into()),
        ),
        (
            "a card's beginning with a fraction",
            with("nbf", json!(1_624_809_840.25)),
        ),
        ("a card in two codes", outcome(&judge(&chunks, &trust))),
        (
            "one of two codes",
            outcome(&judge(&format!("shc:/1/2/{first}"), &trust)),
        ),
        (
            "a card that its issuer has revoked",
            outcome(&judge(&revocable, &directory("MKyCxh7p6uQ"))),
        ),
        (
            "a card made anew after a revocation",
            outcome(&judge(&revocable, &directory("MKyCxh7p6uQ.1600000000"))),
        ),
        (
            "a file with one card",
            outcome(&judge(&file(&[jws(&payload(&good()))]), &trust)),
        ),
        (
            "a file with the cards of two people",
            outcome(&judge(&people, &trust)),
        ),
        (
            "a bundle without a signature",
            outcome(&judge(&bundle(&good()).to_string(), &trust)),
        ),
    ]
}

fn people() -> Vec<Tried> {
    let named = |names: Value| but(0, "name", names);
    let referring = |url: Option<&str>, id: Option<&str>, reference: &str| {
        let mut entries = good();
        match url {
            Some(url) => entries[0]["fullUrl"] = url.into(),
            None => drop(entries[0].as_object_mut().unwrap().remove("fullUrl")),
        }
        if let Some(id) = id {
            entries[0]["resource"]["id"] = id.into();
        }
        for entry in &mut entries[1..] {
            entry["resource"]["patient"]["reference"] = reference.into();
        }
        of(&entries)
    };
    let mut second = patient();
    second["fullUrl"] = "resource:9".into();
    second["resource"]["name"] = json!([{ "family": "Other" }]);
    let mut others = dose("2021-02-01");
    others["resource"]["patient"]["reference"] = "resource:9".into();
    let mut within = dose("2021-01-29");
    within["resource"]["contained"] = json!([patient()["resource"]]);
    within["resource"]["contained"][0]["id"] = "p".into();
    within["resource"]["patient"]["reference"] = "#p".into();
    vec![
        (
            "a name as one text",
            named(json!([{ "text": "John B. Anyperson" }])),
        ),
        (
            "a maiden name before the official one",
            named(
                json!([{ "use": "maiden", "family": "Old" }, { "use": "official", "family": "New", "given": ["A"] }]),
            ),
        ),
        (
            "a name that has ended before one that has not",
            named(
                json!([{ "family": "Old", "period": { "end": "2020-01-01" } }, { "family": "New" }]),
            ),
        ),
        ("no name", named(json!([]))),
        ("a birth of a year only", but(0, "birthDate", json!("1951"))),
        (
            "two people, one of them vaccinated",
            of(&[good(), vec![second.clone()]].concat()),
        ),
        (
            "two people, both vaccinated",
            of(&[good(), vec![second, others.clone()]].concat()),
        ),
        ("a dose of somebody who is not in the bundle", and(others)),
        ("a patient within the dose", of(&[within])),
        (
            "a reference by number to an entry with that urn",
            referring(Some("urn:uuid:a-1"), Some("a-1"), "Patient/a-1"),
        ),
        (
            "a reference by urn",
            referring(Some("urn:uuid:a-1"), None, "urn:uuid:a-1"),
        ),
        (
            "a reference to an entry without an address",
            referring(None, Some("0"), "Patient/0"),
        ),
        (
            "a reference by another server's address",
            referring(
                Some("https://a.example/Patient/1"),
                Some("1"),
                "https://b.example/Patient/1",
            ),
        ),
    ]
}

fn doses() -> Vec<Tried> {
    let protocol = json!([{ "doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2 }]);
    let mut stated = dose("2021-01-29");
    stated["resource"]["protocolApplied"] = protocol;
    let alone = |field: &str, new: Value| {
        let mut entries = vec![patient(), dose("2021-01-29")];
        entries[1]["resource"][field] = new;
        of(&entries)
    };
    let unrelated = |field: &str, new: Value| {
        let mut entry = dose("2021-02-01");
        entry["resource"]
            .as_object_mut()
            .unwrap()
            .remove("occurrenceDateTime");
        entry["resource"][field] = new;
        and(entry)
    };
    let mut not_done = dose("2021-02-01");
    not_done["resource"]["status"] = "not-done".into();
    let mut influenza = dose("2021-02-01");
    influenza["resource"]["vaccineCode"]["coding"][0]["code"] = "140".into();
    vec![
        (
            "one dose that says it is the second",
            of(&[patient(), stated]),
        ),
        (
            "one day's dose in two entries",
            of(&[
                patient(),
                dose("2021-01-29"),
                dose("2021-01-29T10:00:00+01:00"),
            ]),
        ),
        (
            "a vaccine in words only",
            alone("vaccineCode", json!({ "text": "Comirnaty" })),
        ),
        (
            "a dose of some month only",
            alone("occurrenceDateTime", json!("2021-01")),
        ),
        (
            "a dose in words beside good ones",
            unrelated("occurrenceString", json!("last winter")),
        ),
        (
            "a dose of some year beside good ones",
            unrelated("occurrenceDateTime", json!("2015")),
        ),
        ("a dose that was not given beside good ones", and(not_done)),
        ("a later dose against influenza", and(influenza)),
        ("no dose at all", of(&[patient()])),
        (
            "a dose on a day to come",
            alone("occurrenceDateTime", json!("2021-07-15")),
        ),
    ]
}
