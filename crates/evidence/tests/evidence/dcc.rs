//! EU DCCs: every kind, every step.

use ciborium::{Value, cbor};
use coset::{CborSerializable, Header, HeaderBuilder, TaggedCborSerializable, iana};
use veilpass::scheme::Day;
use veilpass_evidence::{Doses, Flaw, Format, Kind, StepName, Trust, check};

use veilpass_fixture::certificates::{
    DAY, NOW, RECOVERY_OLD, TEST, VACCINATION, bytes, claims, claims_of, hc1, judge, only_fails,
    recovery, stops_at, test, vaccination, with,
};
use veilpass_fixture::signer::Signer;

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

#[test]
fn a_vaccination_states_who_what_and_when() {
    let signer = Signer::german();
    let report = judge(&signer.dcc(&claims(&vaccination())), &signer.trust());
    assert_eq!(report.format, Some(Format::EuDcc));
    let evidence = report.evidence.unwrap();
    assert_eq!(evidence.kind, Kind::Vaccination);
    assert!(evidence.signed);
    assert_eq!(
        (evidence.name.family.as_str(), evidence.name.given.as_str()),
        ("Müller", "Anna")
    );
    assert_eq!(evidence.birth.day(), Some(day(1980, 2, 29)));
    assert_eq!(evidence.country.as_deref(), Some("DE"));
    assert_eq!(evidence.product.as_deref(), Some("EU/1/20/1528"));
    assert_eq!(
        evidence.doses,
        Some(Doses {
            number: 2,
            series: Some(2)
        })
    );
    assert_eq!(evidence.date, day(2021, 6, 1));
}

#[test]
fn a_recovery_has_its_own_dates() {
    let signer = Signer::german();
    let report = judge(&signer.dcc(&claims(&recovery())), &signer.trust());
    let evidence = report.evidence.unwrap();
    assert_eq!(evidence.kind, Kind::Recovery);
    assert_eq!(evidence.date, day(2021, 3, 1));
    assert_eq!(evidence.valid_from, Some(day(2021, 3, 12)));
    assert_eq!(evidence.valid_until, Some(day(2021, 8, 28)));
}

#[test]
fn a_test_says_what_it_found_and_how() {
    let signer = Signer::german();
    let found = |path: &str, code: &str| {
        let changed = with(test(), &["t", path], Some(Value::from(code)));
        let evidence = judge(&signer.dcc(&claims(&changed)), &signer.trust()).evidence;
        let evidence = evidence.unwrap();
        assert_eq!(evidence.date, day(2021, 6, 27));
        (evidence.kind, evidence.detected)
    };
    let nucleic = Kind::Test { nucleic: true };
    assert_eq!(found("tr", "260415000"), (nucleic, Some(false)));
    assert_eq!(found("tr", "260373001"), (nucleic, Some(true)));
    assert_eq!(found("tr", "NEGATIVE"), (nucleic, None));
    assert_eq!(
        found("tt", "LP217198-3"),
        (Kind::Test { nucleic: false }, Some(false))
    );
}

#[test]
fn signers_with_rsa_and_the_larger_curve_are_read_and_not_forged() {
    for signer in [Signer::rsa(2048), Signer::larger_curve()] {
        let report = judge(&signer.dcc(&claims(&vaccination())), &signer.trust());
        assert!(report.evidence.is_some(), "{report:#?}");
        let payload = bytes(&claims(&vaccination()));
        let mut forged = signer.message(signer.header(), Header::default(), payload);
        forged.payload = Some(bytes(&claims(&recovery())));
        let report = judge(&hc1(&forged.to_tagged_vec().unwrap()), &signer.trust());
        only_fails(&report, StepName::Verify);
    }
}

#[test]
fn only_the_prefix_fails() {
    let signer = Signer::german();
    let text = signer.dcc(&claims(&vaccination()));
    for (prefix, flaw) in [
        ("HC2:", Flaw::Context),
        ("HL0:", Flaw::Unknown),
        ("", Flaw::Unknown),
    ] {
        let report = judge(&text.replace("HC1:", prefix), &signer.trust());
        stops_at(&report, StepName::Unprefix);
        assert_eq!(report.steps[0].reason(), Some(&flaw));
    }
}

#[test]
fn only_base45_fails() {
    let signer = Signer::german();
    let text = signer.dcc(&claims(&vaccination()));
    stops_at(
        &judge(&text.to_lowercase().replace("hc1", "HC1"), &signer.trust()),
        StepName::Base45,
    );
    // ":::" is 91,124, more than two bytes.
    stops_at(
        &judge(&format!("{text}:::"), &signer.trust()),
        StepName::Base45,
    );
}

#[test]
fn only_the_compression_fails() {
    let signer = Signer::german();
    let message = signer.message(signer.header(), Header::default(), bytes(&claims(&test())));
    let plain = base45::encode(message.to_tagged_vec().unwrap());
    stops_at(
        &judge(&format!("HC1:{plain}"), &signer.trust()),
        StepName::Decompress,
    );
}

#[test]
fn only_the_decoding_fails() {
    let signer = Signer::german();
    let trust = signer.trust();
    let good = claims(&vaccination());
    let mut trailing = signer.message(signer.header(), Header::default(), bytes(&good));
    trailing.payload.as_mut().unwrap().push(0);
    let twice = {
        let mut claims = good.clone();
        let entries = claims.as_map_mut().unwrap();
        let first = entries[1].clone();
        entries.push(first);
        claims
    };
    let messages = [
        hc1(b"\x00"),
        hc1(&bytes(&good)),
        hc1(&trailing.to_tagged_vec().unwrap()),
        signer.dcc(&twice),
        signer.dcc(&cbor!({ 1 => "DE", 4 => NOW, 6 => NOW }).unwrap()),
        signer.dcc(&claims(&Value::from("no map"))),
        signer.dcc(&cbor!({ 1 => 49, 4 => NOW, 6 => NOW, -260 => { 1 => {} } }).unwrap()),
        signer.dcc(&cbor!({ 4 => "soon", 6 => NOW, -260 => { 1 => {} } }).unwrap()),
    ];
    for message in messages {
        stops_at(&judge(&message, &trust), StepName::Decode);
    }
}

#[test]
fn only_the_schema_fails() {
    let signer = Signer::german();
    let text = |path: &[&str], text: &str| with(vaccination(), path, Some(Value::from(text)));
    let long = "x".repeat(81);
    let broken = [
        with(vaccination(), &["ver"], None),
        text(&["ver"], "2.0.0"),
        text(&["ver"], "1.3"),
        with(vaccination(), &["nam", "fnt"], None),
        text(&["nam", "fnt"], "Mueller"),
        text(&["nam", "fn"], &long),
        text(&["dob"], "29.02.1980"),
        text(&["v", "dt"], "2021-02-30"),
        text(&["v", "co"], "de"),
        text(&["v", "co"], "49"),
        text(&["v", "ci"], &long),
        with(vaccination(), &["v", "mp"], None),
        with(vaccination(), &["v", "dn"], Some(Value::from(0))),
        with(vaccination(), &["v", "dn"], Some(Value::from("2"))),
        with(vaccination(), &["v", "dn"], Some(Value::from(300))),
        with(test(), &["t", "sc"], Some(Value::from("27.06.2021"))),
        with(test(), &["t", "tr"], Some(Value::Null)),
        with(recovery(), &["r", "du"], None),
    ];
    for certificate in broken {
        let report = judge(&signer.dcc(&claims(&certificate)), &signer.trust());
        only_fails(&report, StepName::Schema);
    }
}

#[test]
fn a_certificate_has_one_group_of_one_entry() {
    let signer = Signer::german();
    let held = |certificate: &Value| {
        let report = judge(&signer.dcc(&claims(certificate)), &signer.trust());
        (report.held(StepName::Schema), report.evidence)
    };
    let group = |certificate: &Value, name: &str| {
        let entries = certificate.as_map().unwrap();
        let found = entries.iter().find(|(key, _)| key.as_text() == Some(name));
        found.unwrap().1.clone()
    };
    let both = with(vaccination(), &["r"], Some(group(&recovery(), "r")));
    assert_eq!(held(&both).0, Some(false));
    let with_null = with(vaccination(), &["r"], Some(Value::Null));
    assert_eq!(held(&with_null).0, Some(true));
    let none = with(vaccination(), &["v"], Some(Value::Array(vec![])));
    assert_eq!(held(&none).0, Some(false));

    // The second dose, then the first: allowed before 1.3.0, and the later one counts.
    let second = group(&vaccination(), "v");
    let first = with(vaccination(), &["v", "dn"], Some(Value::from(1)));
    let first = with(first, &["v", "dt"], Some(Value::from("2021-05-01")));
    let doses = [second, group(&first, "v")].map(|group| group.into_array().unwrap());
    let story = with(vaccination(), &["v"], Some(Value::Array(doses.concat())));
    assert_eq!(held(&story).0, Some(false));
    let older = with(story, &["ver"], Some(Value::from("1.2.1")));
    let evidence = held(&older).1.unwrap();
    assert_eq!(
        (evidence.date, evidence.doses.unwrap().number),
        (day(2021, 6, 1), 2)
    );
}

#[test]
fn only_the_signature_fails() {
    let (signer, other) = (Signer::german(), Signer::new(2, "CN=Signer,C=DE", &[]));
    let trust = signer.trust();
    let payload = bytes(&claims(&vaccination()));
    let mut forged = signer.message(signer.header(), Header::default(), payload.clone());
    forged.payload = Some(bytes(&claims(&recovery())));
    let mut short = signer.message(signer.header(), Header::default(), payload.clone());
    short.signature = b"foo".to_vec();
    let stolen = other.message(signer.header(), Header::default(), payload.clone());
    for message in [forged, short, stolen] {
        let report = judge(&hc1(&message.to_tagged_vec().unwrap()), &trust);
        only_fails(&report, StepName::Verify);
        assert_eq!(report.flaws().next().unwrap().1, &Flaw::Signature);
    }
    // A critical header, a wrong algorithm.
    let mut critical = signer.header();
    critical.crit = vec![coset::RegisteredLabelWithPrivate::Assigned(
        iana::HeaderParameter::Kid,
    )];
    let mut other_algorithm = signer.header();
    other_algorithm.alg = HeaderBuilder::new()
        .algorithm(iana::Algorithm::PS256)
        .build()
        .alg;
    for header in [critical, other_algorithm] {
        let message = signer.message(header, Header::default(), payload.clone());
        let report = judge(&hc1(&message.to_tagged_vec().unwrap()), &trust);
        only_fails(&report, StepName::Verify);
        assert_eq!(report.flaws().next().unwrap().1, &Flaw::Algorithm);
    }
}

#[test]
fn an_unknown_signer_is_named_as_such_and_the_rest_still_judged() {
    let (signer, other) = (Signer::german(), Signer::new(2, "CN=Signer,C=DE", &[]));
    for trust in [other.trust(), Trust::default()] {
        let report = judge(&signer.dcc(&claims(&vaccination())), &trust);
        assert_eq!(report.held(StepName::Verify), Some(false));
        assert_eq!(report.flaws().next().unwrap().1, &Flaw::UnknownSigner);
        assert_eq!(report.held(StepName::Expiration), Some(true));
        assert_eq!(report.held(StepName::KeyUsage), None);
        assert_eq!(report.evidence, None);
    }
}

#[test]
fn the_protected_key_identifier_comes_first_and_tags_may_be_missing() {
    let signer = Signer::german();
    let trust = signer.trust();
    let payload = || bytes(&claims(&vaccination()));
    let id = |id: &[u8]| HeaderBuilder::new().key_id(id.to_vec()).build();
    let algorithm = HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .build();
    let verified = |protected: Header, unprotected: Header| {
        let message = signer.message(protected, unprotected, payload());
        judge(&hc1(&message.to_tagged_vec().unwrap()), &trust).held(StepName::Verify)
    };
    assert_eq!(verified(Header::default(), signer.header()), Some(true));
    assert_eq!(verified(algorithm.clone(), id(&signer.id())), Some(true));
    assert_eq!(verified(signer.header(), id(b"foo")), Some(true));
    assert_eq!(verified(id(b"foo"), signer.header()), Some(false));
    assert_eq!(verified(algorithm, Header::default()), Some(false));

    let message = signer.message(signer.header(), Header::default(), payload());
    let untagged = message.clone().to_vec().unwrap();
    let twice = [&[0xd8, 61], message.to_tagged_vec().unwrap().as_slice()].concat();
    for bytes in [untagged, twice] {
        assert!(judge(&hc1(&bytes), &trust).evidence.is_some());
    }
}

#[test]
fn the_signer_is_of_the_country_that_the_certificate_names() {
    let signer = Signer::german();
    let french = claims_of("FR", NOW - DAY, NOW + DAY, &vaccination());
    let report = judge(&signer.dcc(&french), &signer.trust());
    only_fails(&report, StepName::Verify);
    assert!(matches!(
        report.flaws().next().unwrap().1,
        Flaw::Country { .. }
    ));
    let nowhere = Signer::new(3, "CN=Signer", &[]);
    assert!(
        judge(&nowhere.dcc(&french), &nowhere.trust())
            .evidence
            .is_some()
    );
}

#[test]
fn the_signer_is_in_force_from_its_first_second_to_its_last() {
    let signer = Signer::german();
    let always = claims_of("DE", 0, NOW + 1000 * DAY, &vaccination());
    let held = |at| check(signer.dcc(&always).as_bytes(), &signer.trust(), at);
    for (at, wanted) in [(-180, true), (180, true)] {
        let edge = NOW + at * DAY;
        assert_eq!(held(edge).held(StepName::Verify), Some(wanted));
        let beyond = held(edge + at.signum());
        assert_eq!(beyond.held(StepName::Verify), Some(false));
        assert!(matches!(
            beyond.flaws().next().unwrap().1,
            Flaw::SignerNotInForce { .. }
        ));
    }
}

#[test]
fn only_the_expiration_fails() {
    let signer = Signer::german();
    let held = |issued, expires| {
        let claims = claims_of("DE", issued, expires, &vaccination());
        judge(&signer.dcc(&claims), &signer.trust())
    };
    assert!(held(NOW, NOW).evidence.is_some());
    only_fails(&held(NOW + 1, NOW + 2), StepName::Expiration);
    only_fails(&held(NOW - 2, NOW - 1), StepName::Expiration);
    let fraction = cbor!({ 1 => "DE", 4 => 2e9, 6 => 1.5, -260 => { 1 => vaccination() } });
    let report = judge(&signer.dcc(&fraction.unwrap()), &signer.trust());
    assert!(report.evidence.is_some(), "{report:#?}");
    let endless = cbor!({ 1 => "DE", 6 => NOW, -260 => { 1 => vaccination() } });
    let report = judge(&signer.dcc(&endless.unwrap()), &signer.trust());
    only_fails(&report, StepName::Expiration);
}

#[test]
fn only_the_key_usage_fails() {
    let held = |usages: &[&str], certificate: &Value| {
        let signer = Signer::new(4, "CN=Signer,C=DE", usages);
        judge(&signer.dcc(&claims(certificate)), &signer.trust())
    };
    let tls = "1.3.6.1.5.5.7.3.1";
    assert!(held(&[VACCINATION], &vaccination()).evidence.is_some());
    assert!(held(&[RECOVERY_OLD], &recovery()).evidence.is_some());
    assert!(held(&[TEST, VACCINATION], &test()).evidence.is_some());
    // RFC 5280, section 4.2.1.12: a key for other things only signs no health certificate.
    only_fails(&held(&[tls], &vaccination()), StepName::KeyUsage);
    let any = "2.5.29.37.0";
    assert!(held(&[tls, any], &vaccination()).evidence.is_some());
    only_fails(&held(&[TEST], &vaccination()), StepName::KeyUsage);
    only_fails(&held(&[tls, VACCINATION], &recovery()), StepName::KeyUsage);
    only_fails(&held(&[RECOVERY_OLD], &test()), StepName::KeyUsage);
}

#[test]
fn a_report_is_json_with_every_step_and_its_reason() {
    let signer = Signer::german();
    let expired = claims_of("DE", 0, 1, &vaccination());
    let report = judge(&signer.dcc(&expired), &signer.trust());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["format"], "eu_dcc");
    assert_eq!(json["steps"][0]["name"], "unprefix");
    assert_eq!(json["steps"][6]["name"], "expiration");
    assert_eq!(json["steps"][6]["held"], false);
    assert!(
        json["steps"][6]["reason"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
    assert_eq!(json["steps"][7]["reason"], serde_json::Value::Null);
    assert_eq!(json["evidence"], serde_json::Value::Null);
}
