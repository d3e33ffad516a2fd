//! What may not matter: over how many lines a record goes, in which order a bundle has its entries, and in which form of
//! Unicode a name is written.

use std::io::Cursor;

use proptest::prelude::*;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap, Row};
use veilpass_evidence::{Evidence, Name};

const MAP: &str = r#"
delimiter = ";"
[columns]
family = "Family"
given = "Given"
birth_date = "Born"
product = "Vaccine"
dose = "Dose"
date = "Day"
[attributes]
id_hint = "Hint"
"#;

fn rows(text: &str, form: RegisterForm) -> Vec<Row> {
    let map = RegisterMap::read(if form == RegisterForm::Csv { MAP } else { "" });
    let source = Cursor::new(text.as_bytes().to_vec());
    let mut register = Register::open(source, form, map.unwrap()).unwrap().unwrap();
    std::iter::from_fn(|| register.next_row().unwrap()).collect()
}

/// What comes of the rows, wherever they stand.
fn outcomes(text: &str, form: RegisterForm) -> Vec<String> {
    let outcome = |row: &Row| match &row.person {
        Ok(person) => format!(
            "{:?} {:?} {:?}",
            person.record, person.evidence, person.attributes
        ),
        Err(fault) => format!("{:?} {:?}", fault.column, fault.why),
    };
    rows(text, form).iter().map(outcome).collect()
}

/// A field of a few words with quotation marks and delimiters in them.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-zА-я\"]{0,6}( [A-Za-zА-я;,\"]{1,3}){0,3}"
}

fn record() -> impl Strategy<Value = [String; 7]> {
    let date = prop_oneof![Just("2021-06-01"), Just("2021-06-31"), Just("")];
    let dose = prop_oneof![Just("2"), Just("2/2"), Just("two"), Just("")];
    let texts = [words(), words(), words(), words()];
    (texts, date, dose).prop_map(|([family, given, product, hint], date, dose)| {
        let own = [dose, date].map(str::to_owned);
        let [dose, date] = own;
        [
            family,
            given,
            "1985-03-08".into(),
            product,
            dose,
            date,
            hint,
        ]
    })
}

/// The record as it is written, with `gap` between the words of a field.
fn written(record: &[String], gap: &str) -> String {
    let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\"").replace(' ', gap));
    record.iter().map(quoted).collect::<Vec<_>>().join(";")
}

fn bundle(entries: &[Value]) -> String {
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string()
}

fn patient(name: &str) -> Value {
    json!({ "fullUrl": "resource:0", "resource": {
        "resourceType": "Patient", "birthDate": "1985-03-08",
        "name": [{ "family": name, "given": [name] }],
    }})
}

/// Entries of one person, some of which say too little.
fn entry() -> impl Strategy<Value = Value> {
    let code = prop_oneof![Just("207"), Just("208"), Just("140"), Just("")];
    let day = prop_oneof![
        Just("2021-05-01"),
        Just("2021-06-01"),
        Just("2021-06-01T10:00:00Z"),
        Just("2021")
    ];
    let status = prop_oneof![4 => Just("completed"), 1 => Just("not-done")];
    let stated = (0..4u8, 0..4u8);
    (code, day, status, stated).prop_map(|(code, day, status, (number, series))| {
        json!({ "resource": {
            "resourceType": "Immunization", "status": status, "occurrenceDateTime": day,
            "vaccineCode": { "coding": [{ "system": "http://hl7.org/fhir/sid/cvx", "code": code }] },
            "patient": { "reference": "resource:0" },
            "protocolApplied": [{ "doseNumberPositiveInt": number, "seriesDosesPositiveInt": series }],
        }})
    })
}

/// What a claim has of a person.
fn claims(text: &str) -> Vec<Result<(String, String, Evidence), String>> {
    let claim = |row: &Row| match &row.person {
        Ok(person) => {
            let nfc = |text: &str| text.nfc().collect::<String>();
            let Name { family, given, .. } = &person.evidence.name;
            let name = Name {
                family: nfc(family),
                given: nfc(given),
                ..Name::default()
            };
            let evidence = Evidence {
                name,
                ..person.evidence.clone()
            };
            Ok((person.record.clone(), person.initials(), evidence))
        }
        Err(fault) => Err(fault.why.to_string()),
    };
    rows(text, RegisterForm::FhirLines)
        .iter()
        .map(claim)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// RFC 4180, section 2.6: line breaks within quotation marks are part of the field.
    #[test]
    fn a_record_over_several_lines_is_the_record_in_one(
        records in proptest::collection::vec(record(), 1..4),
        gap in prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just(" \n \n")],
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let text = |gap: &str| {
            let records = records.iter().map(|record| written(record, gap) + end);
            format!("Family;Given;Born;Vaccine;Dose;Day;Hint{end}{}", records.collect::<String>())
        };
        let whole = outcomes(&text(" "), RegisterForm::Csv);
        prop_assert_eq!(whole.len(), records.len());
        prop_assert_eq!(whole, outcomes(&text(gap), RegisterForm::Csv));
    }

    #[test]
    fn a_bundle_over_several_lines_is_the_bundle_in_one(
        entries in proptest::collection::vec(entry(), 0..4),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        let entries = [vec![patient("Анна {\"[")], entries].concat();
        let line = bundle(&entries);
        let value: Value = serde_json::from_str(&line).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap().replace('\n', end);
        let whole = outcomes(&format!("{line}\n{line}\n"), RegisterForm::FhirLines);
        prop_assert_eq!(whole.len(), 2);
        prop_assert_eq!(whole, outcomes(&format!("{pretty}{end}{pretty}{end}"), RegisterForm::FhirLines));
    }

    #[test]
    fn the_order_of_entries_and_the_form_of_a_name_change_no_claim(
        (entries, shuffled) in proptest::collection::vec(entry(), 0..6)
            .prop_map(|entries| [vec![patient("")], entries].concat())
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
        name in "[A-ZЙёéöńÅ각]{1,6}",
        decomposed: bool,
    ) {
        let named = |entries: &[Value], name: &str| {
            let renamed = entries.iter().map(|entry| match entry["resource"]["resourceType"] == "Patient" {
                true => patient(name),
                false => entry.clone(),
            });
            bundle(&renamed.collect::<Vec<_>>())
        };
        let other: String = if decomposed { name.nfd().collect() } else { name.nfc().collect() };
        prop_assert_eq!(claims(&named(&entries, &name)), claims(&named(&shuffled, &other)));
    }
}
