//! Situations of public bug reports, as a clerk meets them: the inputs in `shared/cases` beside the clone, if they are
//! there, with the right value of each.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use veilpass_evidence::register::{Register, RegisterForm, RegisterMap, Row};
use veilpass_evidence::{CardIssuers, Flaw, Report, Trust, check};

/// 28 June 2021, 00:00 UTC.
const AT: i64 = 1_624_838_400;

/// The folder; none, with a word about it, if it is not there.
fn cases() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3)?;
    let folder = root.join("shared/cases");
    if !folder.is_dir() {
        println!("SKIPPED: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn rows(folder: &Path, register: &str, map: &str) -> Vec<Row> {
    let form = match register.ends_with("ndjson") {
        true => RegisterForm::FhirLines,
        false => RegisterForm::Csv,
    };
    let map = fs::read_to_string(folder.join("register").join(map)).unwrap();
    let source = Cursor::new(fs::read(folder.join("register").join(register)).unwrap());
    let register = Register::open(source, form, RegisterMap::read(&map).unwrap());
    let mut register = register.unwrap().unwrap();
    std::iter::from_fn(|| register.next_row().unwrap()).collect()
}

#[test]
fn registers_of_the_cases_are_read_as_they_must_be() {
    let Some(folder) = cases() else { return };
    let others = rows(&folder, "other-patient.ndjson", "fhir.toml");
    assert!(
        others[0]
            .person
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("another patient")
    );
    let two_lines = rows(&folder, "newline.csv", "map.toml");
    assert_eq!((two_lines.len(), two_lines[0].last_line), (1, 3));
    let named = rows(&folder, "name-text.ndjson", "fhir.toml");
    let names: Vec<_> = named
        .iter()
        .map(|row| row.person.as_ref().unwrap())
        .collect();
    assert_eq!(
        [names[0].name(), names[1].name()],
        ["John Anyperson", "Peter Other"]
    );
    assert_ne!(names[0].record, names[1].record);
    let maiden = rows(&folder, "maiden-first.ndjson", "fhir.toml");
    assert_eq!(maiden[0].person.as_ref().unwrap().name(), "A New");
    for (register, map) in [
        ("cr-only.csv", "map.toml"),
        ("datetime.csv", "datetime.toml"),
    ] {
        let read = rows(&folder, register, map);
        assert!(
            read.len() == 1 && read[0].person.is_ok(),
            "{register}: {read:?}"
        );
    }
    let forms = rows(&folder, "nfd.csv", "map.toml");
    let [one, other] = [0, 1].map(|row: usize| forms[row].person.as_ref().unwrap());
    assert_eq!(one.record, other.record);
}

fn card(folder: &Path, keys: &str, name: &str) -> Report {
    let mut trust = Trust {
        cards: CardIssuers::new(),
        ..Trust::default()
    };
    let keys = fs::read(folder.join("card").join(keys)).unwrap();
    trust
        .cards
        .add("https://spec.example/issuer", None, &keys)
        .unwrap();
    check(
        &fs::read(folder.join("card").join(name)).unwrap(),
        &trust,
        AT,
    )
}

#[test]
fn cards_of_the_cases_are_judged_as_they_must_be() {
    let Some(folder) = cases() else { return };
    for (name, number) in [
        ("shc-good.txt", 2),
        ("type-only-health-card.txt", 2),
        ("b-other-partial-date.txt", 2),
        ("b-notdone-nodate.txt", 2),
        ("b-dose2-only.txt", 2),
        ("card.smart-health-card", 2),
    ] {
        for keys in ["good.jwks.json", "rsa.jwks.json"] {
            let report = card(&folder, keys, name);
            let doses = report.evidence.as_ref().and_then(|evidence| evidence.doses);
            assert_eq!(
                doses.map(|doses| doses.number),
                Some(number),
                "{name}: {report:#?}"
            );
        }
    }
    let report = card(&folder, "good.jwks.json", "b-other-patient.txt");
    assert_eq!(report.flaws().next().unwrap().1, &Flaw::OthersDoses);
}

#[test]
fn certificates_and_trust_of_the_cases_are_judged_as_they_must_be() {
    let Some(folder) = cases() else { return };
    for name in ["good", "trust-oneline", "trust-CER"] {
        let (trust, skipped) = Trust::from_directory(&folder.join("trust").join(name)).unwrap();
        assert_eq!((trust.certificates.len(), skipped.len()), (1, 0), "{name}");
    }
    let (trust, _) = Trust::from_directory(&folder.join("trust/good")).unwrap();
    let said = |name: &str| {
        let text = fs::read(folder.join("certificate").join(name)).unwrap();
        let report = check(&text, &trust, AT);
        report
            .flaws()
            .map(|(_, flaw)| flaw.to_string())
            .collect::<Vec<_>>()
            .join("; ")
    };
    println!("bom: {}", said("bom.txt"));
    assert!(said("dn-float.txt").contains("the field v/dn is no whole number"));
    assert!(said("iat-ms.txt").contains("milliseconds"));
    assert!(!said("bom.txt").contains("Custom") && !said("bom.txt").contains("text is damaged"));
}
