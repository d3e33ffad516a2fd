//! ICAO seals (VDS-NC): what they state, and each step that can fail.

use serde_json::{Value, json};
use veilpass::scheme::Day;
use veilpass_evidence::{COVID_19, Flaw, Format, Kind, StepName, Trust, TrustList};

use veilpass_fixture::certificates::{VACCINATION, base64, judge, seal};
use veilpass_fixture::signer::{Signer, root};

/// The key usage of seals (ICAO Doc 9303-7).
const SEALS: &str = "2.23.136.1.1.14.2";

/// Two doses.
pub(crate) fn vaccinated() -> Value {
    let dose = |day: &str, number: u8| json!({ "dvc": day, "seq": number, "ctr": "DEU", "adm": "Clinic", "lot": "A1" });
    json!({
        "hdr": { "t": "icao.vacc", "v": 1, "is": "DEU" },
        "msg": {
            "uvci": "U32870",
            "pid": { "n": "MUELLER  ANNA", "dob": "1980-02-29", "sex": "F", "i": "C01X00T47" },
            "ve": [{ "des": "XM68M6", "nam": "Comirnaty", "dis": "RA01.0",
                "vd": [dose("2021-05-01", 1), dose("2021-06-01", 2)] }],
        },
    })
}

/// A negative PCR test.
pub(crate) fn tested() -> Value {
    json!({
        "hdr": { "t": "icao.test", "v": 1, "is": "DEU" },
        "msg": {
            "utci": "U32871",
            "pid": { "n": "MUELLER  ANNA", "dob": "1980-02-29", "dt": "P", "dn": "C01X00T47" },
            "sp": { "spn": "Laboratory", "ctr": "DEU", "cd": { "p": "+49", "e": "a@b.example", "a": "Street 1" } },
            "dat": { "sc": "2021-06-27T09:30:00+02:00", "ri": "2021-06-27T18:00:00+02:00" },
            "tr": { "tc": "molecular(PCR)", "r": "negative", "m": "nasopharyngeal" },
        },
    })
}

fn judged(data: &Value) -> veilpass_evidence::Report {
    let signer = Signer::german();
    judge(&seal(&signer, data).to_string(), &signer.trust())
}

/// The first thing that is wrong with a seal, which breaks this step and is no evidence.
#[track_caller]
fn broken(report: &veilpass_evidence::Report, step: StepName) -> Flaw {
    assert_eq!(report.format, Some(Format::IcaoSeal));
    assert_eq!(report.evidence, None);
    let (first, flaw) = report.flaws().next().unwrap();
    assert_eq!(first, step);
    flaw.clone()
}

#[test]
fn a_seal_states_the_last_dose_or_the_test() {
    let report = judged(&vaccinated());
    let evidence = report
        .evidence
        .clone()
        .unwrap_or_else(|| panic!("{report:#?}"));
    assert!(evidence.signed && report.is_signed());
    assert_eq!(evidence.kind, Kind::Vaccination);
    assert_eq!(
        (&*evidence.name.family, &*evidence.name.given),
        ("MUELLER", "ANNA")
    );
    assert_eq!(evidence.birth.given(), "1980-02-29");
    assert_eq!(evidence.country.as_deref(), Some("DE"));
    assert_eq!(evidence.product.as_deref(), Some("icao|Comirnaty"));
    assert_eq!(evidence.disease.as_deref(), Some(COVID_19));
    assert_eq!(evidence.doses.map(|doses| doses.number), Some(2));
    assert_eq!(Some(evidence.date), Day::from_ymd(2021, 6, 1));

    let evidence = judged(&tested()).evidence.unwrap();
    assert_eq!(evidence.kind, Kind::Test { nucleic: true });
    assert_eq!(evidence.detected, Some(false));
    assert_eq!(Some(evidence.date), Day::from_ymd(2021, 6, 27));
    let mut positive = tested();
    positive["msg"]["tr"] = json!({ "tc": "antigen", "r": "positive" });
    let evidence = judged(&positive).evidence.unwrap();
    assert_eq!(evidence.kind, Kind::Test { nucleic: false });
    assert_eq!(evidence.detected, Some(true));
}

#[test]
fn every_changed_word_of_a_seal_breaks_its_signature() {
    let signer = Signer::german();
    let good = seal(&signer, &vaccinated());
    for (place, new) in [
        ("/data/msg/pid/n", json!("MUELLER  ANNE")),
        ("/data/msg/pid/dob", json!("1981-02-28")),
        ("/data/msg/ve/0/vd/1/dvc", json!("2021-06-02")),
        ("/data/msg/ve/0/nam", json!("Spikevax")),
        ("/data/msg/uvci", json!("U1")),
        ("/sig/sigvl", json!(base64(&[1; 64]))),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(place).unwrap() = new;
        let report = judge(&changed.to_string(), &signer.trust());
        assert_eq!(
            broken(&report, StepName::Verify),
            Flaw::Signature,
            "{place}"
        );
    }
    // The order of fields and spaces between them are no part of what is signed (RFC 8785).
    let spaced = serde_json::to_string_pretty(&good).unwrap();
    assert!(judge(&spaced, &signer.trust()).evidence.is_some());
}

#[test]
fn a_seal_is_believed_from_a_signer_or_from_one_that_an_authority_certified() {
    let signer = Signer::new(2, "CN=Seals,C=DE", &[SEALS]);
    let text = seal(&signer, &vaccinated()).to_string();
    let trusting = |certificate: &[u8]| {
        let mut certificates = TrustList::new();
        certificates.add(certificate).unwrap();
        judge(
            &text,
            &Trust {
                certificates,
                ..Trust::default()
            },
        )
    };
    assert!(trusting(&signer.certificate).evidence.is_some());
    assert!(trusting(&root(true)).evidence.is_some());
    // A certificate that may not sign others is no authority, and another's key signed nothing of this.
    for other in [root(false), Signer::german().certificate] {
        assert_eq!(
            broken(&trusting(&other), StepName::Verify),
            Flaw::UnknownSigner
        );
    }
    // Whoever brings a certificate of their own making with the authority's name is unknown.
    let mut forged = signer.certificate.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let mut changed = seal(&signer, &vaccinated());
    changed["sig"]["cer"] = base64(&forged).into();
    let mut certificates = TrustList::new();
    certificates.add(&root(true)).unwrap();
    let report = judge(
        &changed.to_string(),
        &Trust {
            certificates,
            ..Trust::default()
        },
    );
    assert_eq!(report.evidence, None);
}

#[test]
fn a_seal_fails_by_its_signer_s_usage_country_and_time() {
    let vaccinations = Signer::new(2, "CN=Signer,C=DE", &[VACCINATION]);
    let report = judge(
        &seal(&vaccinations, &vaccinated()).to_string(),
        &vaccinations.trust(),
    );
    assert!(matches!(
        broken(&report, StepName::KeyUsage),
        Flaw::KeyUsage { .. }
    ));
    let servers = Signer::new(2, "CN=Signer,C=DE", &["1.3.6.1.5.5.7.3.1"]);
    let report = judge(&seal(&servers, &vaccinated()).to_string(), &servers.trust());
    assert_eq!(broken(&report, StepName::KeyUsage), Flaw::ForeignUsage);

    let mut elsewhere = vaccinated();
    elsewhere["hdr"]["is"] = "AUS".into();
    assert!(matches!(
        broken(&judged(&elsewhere), StepName::Verify),
        Flaw::Country { .. }
    ));

    let signer = Signer::german();
    let text = seal(&signer, &vaccinated()).to_string();
    let late = veilpass_fixture::certificates::NOW + 200 * 86_400;
    let report = veilpass_evidence::check(text.as_bytes(), &signer.trust(), late);
    assert!(matches!(
        broken(&report, StepName::Verify),
        Flaw::SignerNotInForce { .. }
    ));
}

#[test]
fn a_seal_that_says_too_little_or_too_much_is_refused() {
    for (place, new, step) in [
        ("/hdr/t", json!("icao.visa"), StepName::Decode),
        ("/hdr/v", json!(2), StepName::Decode),
        ("/msg/pid/n", json!("  "), StepName::Schema),
        ("/msg/pid/n", json!(7), StepName::Schema),
        ("/msg/ve", json!([]), StepName::Schema),
        ("/msg/ve/0/vd/1/seq", json!(0), StepName::Schema),
        ("/msg/ve/0/vd/1/seq", json!(2.5), StepName::Schema),
        ("/msg/ve/0/vd/1/dvc", json!("01.06.2021"), StepName::Schema),
        ("/msg/ve/0/nam", json!("x".repeat(201)), StepName::Schema),
        ("/msg/ve/0/vd/1/dvc", json!("2022-06-01"), StepName::Dates),
        ("/msg/pid/dob", json!("2021-06-02"), StepName::Dates),
    ] {
        let mut data = vaccinated();
        *data.pointer_mut(place).unwrap() = new.clone();
        let flaw = broken(&judged(&data), step);
        assert!(
            !flaw.to_string().contains("2021-06-02"),
            "{place} {new}: {flaw}"
        );
    }
    let many: Vec<_> = (0..40)
        .map(|_| json!({ "dvc": "2021-06-01", "seq": 1 }))
        .collect();
    let mut data = vaccinated();
    data["msg"]["ve"][0]["vd"] = many.into();
    broken(&judged(&data), StepName::Schema);
}
