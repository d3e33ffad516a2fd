//! Certificates that states published to test each other (folder `shared/dcc` beside the clone, if
//! it is there): every step ends as the case says it must.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use serde_json::Value;
use veilpass_evidence::{Kind, Report, StepName, Trust, check};

/// What the keys of EXPECTEDRESULTS mean for our steps.
const STEPS: &[(&str, StepName)] = &[
    ("EXPECTEDUNPREFIX", StepName::Unprefix),
    ("EXPECTEDB45DECODE", StepName::Base45),
    ("EXPECTEDCOMPRESSION", StepName::Decompress),
    ("EXPECTEDDECODE", StepName::Decode),
    ("EXPECTEDSCHEMAVALIDATION", StepName::Schema),
    ("EXPECTEDVERIFY", StepName::Verify),
    ("EXPECTEDEXPIRATIONCHECK", StepName::Expiration),
    ("EXPECTEDKEYUSAGE", StepName::KeyUsage),
    // About the issuer's side (the JSON is an object, is valid, is encoded to CBOR). What a reader
    // sees of it is that the content decodes.
    ("EXPECTEDVALIDOBJECT", StepName::Decode),
    ("EXPECTEDVALIDJSON", StepName::Decode),
    ("EXPECTEDENCODE", StepName::Decode),
    // A slip in some files; their certificates are in force, so it means the expiration check.
    ("EXPTECTEDEXPIRED", StepName::Expiration),
];

/// The key about the QR picture, which has no step.
const PICTURE: &str = "EXPECTEDPICTUREDECODE";

/// Keys that say nothing: a slip in three files of ES.
const MEANINGLESS: &[&str] = &["EXPECTEDRESULTS"];

/// Cases whose picture should read but which have none (no 2DCODE).
const WITHOUT_PICTURE: &[&str] = &[
    "IE/1.json",
    "IE/2.json",
    "IE/3.json",
    "IE/4.json",
    "common/B1.json",
];

/// Steps that must fail and are not reached, because one before them fails.
const NOT_REACHED: &[(&str, StepName)] = &[
    // The message is no COSE_Sign1: it does not decode, so there is no signature.
    ("common/CBO2.json", StepName::Verify),
];

struct Case {
    name: String,
    json: Value,
}

impl Case {
    fn text(&self, pointer: &str) -> Option<&str> {
        self.json.pointer(pointer)?.as_str()
    }

    fn trust(&self) -> Trust {
        let certificate = self.text("/TESTCTX/CERTIFICATE").unwrap();
        let mut trust = Trust::default();
        let der = Base64::decode_vec(certificate).unwrap();
        trust
            .certificates
            .add(&der)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        trust
    }

    fn clock(&self) -> i64 {
        let clock = self.text("/TESTCTX/VALIDATIONCLOCK").unwrap();
        clock.parse::<Timestamp>().unwrap().as_second()
    }

    fn report(&self) -> Report {
        let text = self.text("/PREFIX").unwrap();
        check(text.as_bytes(), &self.trust(), self.clock())
    }

    fn expected(&self) -> impl Iterator<Item = (&str, bool)> {
        let expected = self.json["EXPECTEDRESULTS"].as_object().unwrap();
        expected
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_bool().unwrap()))
            .filter(|(key, _)| !MEANINGLESS.contains(key))
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            found.push(path);
        }
    }
}

/// All cases; none, with a word about it, if the folder is not there.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .unwrap();
    let folder = root.join("shared/dcc");
    if !folder.is_dir() {
        println!("SKIPPED: {} is not there", folder.display());
        return Vec::new();
    }
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.sort();
    assert!(found.len() >= 150, "only {} cases", found.len());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let json = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        Case { name, json }
    };
    found.into_iter().map(read).collect()
}

#[test]
fn every_step_ends_as_the_states_say() {
    let mut wrong = BTreeMap::<String, Vec<String>>::new();
    let (mut judged, mut matching) = (0, 0);
    let cases = cases();
    for case in &cases {
        let report = case.report();
        for (key, expected) in case.expected().filter(|(key, _)| *key != PICTURE) {
            let (_, step) = (STEPS.iter().find(|(name, _)| *name == key))
                .unwrap_or_else(|| panic!("{}: {key} has no meaning here", case.name));
            let not_reached = NOT_REACHED.contains(&(case.name.as_str(), *step));
            let wanted = (!not_reached).then_some(expected);
            judged += 1;
            if report.held(*step) == wanted {
                matching += 1;
            } else {
                let flaws: Vec<_> = report.flaws().collect();
                let message = format!("{key} {expected}: {:?} {flaws:?}", report.held(*step));
                wrong.entry(case.name.clone()).or_default().push(message);
            }
        }
    }
    println!("{} cases, {matching} of {judged} steps match", cases.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_picture_reads_as_the_states_say() {
    let (mut judged, mut wrong) = (0, Vec::new());
    for case in cases() {
        let Some((_, expected)) = case.expected().find(|(key, _)| *key == PICTURE) else {
            continue;
        };
        if WITHOUT_PICTURE.contains(&case.name.as_str()) {
            assert!(case.json["2DCODE"].is_null(), "{}", case.name);
            continue;
        }
        let picture = Base64::decode_vec(case.text("/2DCODE").unwrap()).unwrap_or_default();
        let read = veilpass_reader::text_in_file(&picture);
        judged += 1;
        let right = match &read {
            Ok(text) => expected && Some(text.as_str()) == case.text("/PREFIX"),
            Err(_) => !expected,
        };
        if !right {
            wrong.push(format!("{}: {read:?}", case.name));
        }
    }
    println!("{judged} pictures");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a good certificate states is what its JSON says.
#[test]
fn evidence_is_what_the_json_says() {
    let mut compared = 0;
    for case in cases() {
        let Some(evidence) = case.report().evidence else {
            continue;
        };
        // One file's JSON is not that of its code.
        let json = &case.json["JSON"];
        let entry = |group: &str| json[group].as_array().and_then(|entries| entries.last());
        let (kind, entry) = match (entry("v"), entry("r"), entry("t")) {
            (Some(entry), _, _) => (Kind::Vaccination, entry),
            (_, Some(entry), _) => (Kind::Recovery, entry),
            (_, _, Some(entry)) => (
                Kind::Test {
                    nucleic: entry["tt"] == "LP6464-4",
                },
                entry,
            ),
            _ => continue,
        };
        assert_eq!(evidence.kind, kind, "{}", case.name);
        assert!(evidence.signed);
        assert_eq!(evidence.name.family, json["nam"]["fn"], "{}", case.name);
        assert_eq!(evidence.name.given, json["nam"]["gn"], "{}", case.name);
        assert_eq!(evidence.birth.given(), json["dob"], "{}", case.name);
        let date = [&entry["dt"], &entry["fr"], &entry["sc"]]
            .into_iter()
            .find_map(Value::as_str);
        assert_eq!(
            evidence.date.to_string(),
            date.unwrap().get(..10).unwrap(),
            "{}",
            case.name
        );
        assert_eq!(
            evidence.product.as_deref(),
            entry["mp"].as_str(),
            "{}",
            case.name
        );
        let number = evidence.doses.map(|doses| u64::from(doses.number));
        assert_eq!(number, entry["dn"].as_u64(), "{}", case.name);
        compared += 1;
    }
    println!("{compared} certificates say what their JSON says");
}
