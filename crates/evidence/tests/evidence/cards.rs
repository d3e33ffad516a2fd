//! SMART Health Cards and plain FHIR bundles.

use serde_json::{Value, json};
use veilpass::scheme::Day;
use veilpass_evidence::{
    CardIssuers, Flaw, Format, JwkError, Kind, Report, StepName, Trust, check,
};

use veilpass_fixture::certificates::{
    DAY, NOW, base64, card, judge, jwk, only_fails, shc, stops_at,
};
use veilpass_fixture::signer::ec_key;

const ISSUER: &str = "https://cards.example/issuer";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";

fn dose(code: &str, date: &str) -> Value {
    json!({ "resource": {
        "resourceType": "Immunization", "status": "completed",
        "vaccineCode": { "coding": [{ "system": CVX, "code": code }] },
        "patient": { "reference": "resource:0" }, "occurrenceDateTime": date,
        "performer": [{ "actor": { "display": "Clinic" } }],
    }})
}

fn bundle() -> Value {
    json!({ "resourceType": "Bundle", "type": "collection", "entry": [
        { "fullUrl": "resource:0", "resource": {
            "resourceType": "Patient", "birthDate": "1951-01-20",
            "name": [{ "family": "Anyperson", "given": ["John", "B."] }],
        }},
        dose("207", "2021-01-01"), dose("207", "2021-01-29"),
    ]})
}

fn payload() -> Value {
    json!({ "iss": ISSUER, "nbf": NOW - DAY, "vc": {
        "type": [
            "https://smarthealth.cards#health-card",
            "https://smarthealth.cards#immunization",
            "https://smarthealth.cards#covid19",
        ],
        "credentialSubject": { "fhirVersion": "4.0.1", "fhirBundle": bundle() },
    }})
}

fn header() -> Value {
    json!({ "alg": "ES256", "zip": "DEF", "kid": jwk(&ec_key(5)).1 })
}

fn key_set() -> String {
    format!(r#"{{"keys":[{}]}}"#, jwk(&ec_key(5)).0)
}

fn trust() -> Trust {
    let mut trust = Trust::default();
    trust
        .cards
        .add(ISSUER, Some("US"), key_set().as_bytes())
        .unwrap();
    trust
}

fn judged(header: &Value, payload: &Value) -> Report {
    judge(
        &card(&ec_key(5), header, payload.to_string().as_bytes()),
        &trust(),
    )
}

#[test]
fn a_health_card_states_the_last_dose_and_counts_those_of_its_product() {
    let report = judged(&header(), &payload());
    assert_eq!(report.format, Some(Format::SmartHealthCard));
    let evidence = report
        .evidence
        .clone()
        .unwrap_or_else(|| panic!("{report:#?}"));
    assert_eq!(evidence.kind, Kind::Vaccination);
    assert!(evidence.signed);
    assert_eq!(evidence.name.family, "Anyperson");
    assert_eq!(evidence.name.given, "John B.");
    assert_eq!(evidence.country.as_deref(), Some("US"));
    assert_eq!(
        evidence.product.as_deref(),
        Some("http://hl7.org/fhir/sid/cvx|207")
    );
    assert_eq!(evidence.doses.unwrap().number, 2);
    assert_eq!(Some(evidence.date), Day::from_ymd(2021, 1, 29));

    let mut mixed = payload();
    let entries = &mut mixed["vc"]["credentialSubject"]["fhirBundle"]["entry"];
    entries[1] = dose("212", "2021-01-01");
    assert_eq!(
        judged(&header(), &mixed)
            .evidence
            .unwrap()
            .doses
            .unwrap()
            .number,
        1
    );
    let entries = &mut mixed["vc"]["credentialSubject"]["fhirBundle"]["entry"];
    entries[2]["resource"]["status"] = "entered-in-error".into();
    let evidence = judged(&header(), &mixed).evidence.unwrap();
    assert_eq!(Some(evidence.date), Day::from_ymd(2021, 1, 1));
}

#[test]
fn a_dose_that_is_listed_twice_counts_once() {
    let mut twice = bundle();
    twice["entry"][1] = dose("207", "2021-01-29T10:00:00+01:00");
    let evidence = judge(&twice.to_string(), &Trust::default())
        .evidence
        .unwrap();
    assert_eq!(evidence.doses.unwrap().number, 1);
}

#[test]
fn a_card_in_pieces_needs_all_of_them_in_any_order() {
    let text = card(&ec_key(5), &header(), payload().to_string().as_bytes());
    let report = judge(&text.replace("shc:/", "shc:/1/2/"), &trust());
    stops_at(&report, StepName::Unprefix);
    assert_eq!(
        report.steps[0].reason(),
        Some(&Flaw::Chunks { have: 1, of: 2 })
    );
    let digits = text.strip_prefix("shc:/").unwrap();
    let (first, second) = digits.split_at(400);
    let both = format!("shc:/2/2/{second}\nshc:/1/2/{first}\n");
    assert!(judge(&both, &trust()).evidence.is_some());
    let mixed = format!("shc:/1/2/{first}\nshc:/2/3/{second}\n");
    let report = judge(&mixed, &trust());
    assert_eq!(report.steps[0].reason(), Some(&Flaw::ChunksDiffer));
}

#[test]
fn each_step_of_a_card_can_fail() {
    let good = card(&ec_key(5), &header(), payload().to_string().as_bytes());
    for broken in [
        format!("{good}1"),
        format!("{good}AA"),
        shc("a.b"),
        shc("a.b.c.d"),
        "shc:/".into(),
    ] {
        stops_at(&judge(&broken, &trust()), StepName::Base45);
    }
    let plain = [header(), payload()].map(|part| base64(part.to_string().as_bytes()));
    let uncompressed = shc(&format!("{}.AAAA", plain.join(".")));
    stops_at(&judge(&uncompressed, &trust()), StepName::Decompress);

    let mut unzipped = header();
    unzipped["zip"] = "GZIP".into();
    stops_at(&judged(&unzipped, &payload()), StepName::Decode);
    stops_at(
        &judged(&header(), &json!({ "iss": ISSUER })),
        StepName::Decode,
    );

    let mut nobody = payload();
    nobody["vc"]["credentialSubject"]["fhirBundle"]["entry"][0] =
        Value::Object(serde_json::Map::new());
    only_fails(&judged(&header(), &nobody), StepName::Schema);

    let mut early = payload();
    early["nbf"] = (NOW + 1).into();
    only_fails(&judged(&header(), &early), StepName::Expiration);
    let mut late = payload();
    late["exp"] = NOW.into();
    only_fails(&judged(&header(), &late), StepName::Expiration);
    late["exp"] = json!(1_624_896_240.5);
    assert!(judged(&header(), &late).evidence.is_some());

    let mut laboratory = payload();
    laboratory["vc"]["type"][1] = "https://smarthealth.cards#laboratory".into();
    // The types beside the first are deprecated; the content says what the card is about.
    assert!(judged(&header(), &laboratory).evidence.is_some());
    laboratory["vc"]["type"] = json!(["https://smarthealth.cards#immunization"]);
    only_fails(&judged(&header(), &laboratory), StepName::KeyUsage);
}

#[test]
fn only_the_signature_of_a_card_fails() {
    let bytes = payload().to_string();
    let other = card(&ec_key(6), &header(), bytes.as_bytes());
    only_fails(&judge(&other, &trust()), StepName::Verify);
    for (field, value) in [("alg", "none"), ("alg", "HS256"), ("kid", "foo")] {
        let mut changed = header();
        changed[field] = value.into();
        only_fails(&judged(&changed, &payload()), StepName::Verify);
    }
    // Another trusted issuer may not speak for this one.
    let mut elsewhere = payload();
    elsewhere["iss"] = "https://other.example".into();
    only_fails(&judged(&header(), &elsewhere), StepName::Verify);
}

#[test]
fn a_key_set_is_of_public_keys_named_by_their_thumbprints() {
    let refused = |set: &str| {
        CardIssuers::new()
            .add(ISSUER, None, set.as_bytes())
            .unwrap_err()
    };
    let (key, id) = jwk(&ec_key(5));
    assert!(matches!(refused("{}"), JwkError::NotAKeySet));
    let private = key.replace(r#""kty""#, r#""d":"AA","kty""#);
    assert_eq!(
        refused(&format!(r#"{{"keys":[{private}]}}"#)),
        JwkError::Private
    );
    let renamed = key.replace(&id, "foo");
    assert_eq!(
        refused(&format!(r#"{{"keys":[{renamed}]}}"#)),
        JwkError::Thumbprint { key: "foo".into() }
    );
    let other = key.replace("P-256", "P-384");
    assert_eq!(
        refused(&format!(r#"{{"keys":[{other}]}}"#)),
        JwkError::Kind { key: id }
    );
}

#[test]
fn a_plain_bundle_is_read_and_marked_as_unsigned() {
    let report = check(bundle().to_string().as_bytes(), &Trust::default(), NOW);
    assert_eq!(report.format, Some(Format::Fhir));
    assert_eq!(report.held(StepName::Verify), None);
    let evidence = report.evidence.unwrap();
    assert!(!evidence.signed);
    assert_eq!(evidence.country, None);
    assert_eq!(evidence.doses.unwrap().number, 2);
}

#[test]
fn a_bundle_that_says_too_little_breaks_the_schema() {
    let change = |change: fn(&mut Value)| {
        let mut bundle = bundle();
        change(&mut bundle);
        let report = judge(&bundle.to_string(), &Trust::default());
        assert_eq!(report.held(StepName::Decode), Some(true));
        assert_eq!(report.held(StepName::Schema), Some(false), "{bundle}");
        assert_eq!(report.evidence, None);
    };
    change(|bundle| bundle["resourceType"] = "List".into());
    change(|bundle| bundle["entry"] = json!([]));
    change(|bundle| bundle["entry"][0] = bundle["entry"][1].clone());
    change(|bundle| bundle["entry"] = json!([bundle["entry"][0], bundle["entry"][0]]));
    change(|bundle| bundle["entry"][0]["resource"]["name"] = json!([]));
    change(|bundle| bundle["entry"][0]["resource"]["birthDate"] = "yesterday".into());
    change(|bundle| {
        for dose in [1, 2] {
            bundle["entry"][dose]["resource"]["occurrenceDateTime"] = "2021".into();
        }
    });
    change(|bundle| {
        for dose in [1, 2] {
            bundle["entry"][dose]["resource"]["vaccineCode"]["coding"] = json!([]);
        }
    });
    change(|bundle| {
        bundle["entry"] = json!([bundle["entry"][0]]);
    });
    let other = r#"{"resourceType":"Observation","code":{}}"#;
    let mut more = bundle();
    let entries = more["entry"].as_array_mut().unwrap();
    entries.push(json!({ "resource": serde_json::from_str::<Value>(other).unwrap() }));
    assert!(
        judge(&more.to_string(), &Trust::default())
            .evidence
            .is_some()
    );
}
