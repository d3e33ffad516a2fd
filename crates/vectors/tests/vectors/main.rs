//! The files of `tests/vectors`: they are what the generator makes, they have the shape of their schema, and whoever knows
//! nothing but them comes to the same results.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod issuance;
mod passes;
mod reading;
mod registry;
mod standard;

use std::collections::BTreeSet;
use std::path::PathBuf;

use reading::{File, Reader};
use serde_json::Value;

fn folder() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors").into()
}

/// All files but the schema.
fn files() -> Vec<(String, String)> {
    let listed = std::fs::read_dir(folder()).unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let vectors = names.filter(|name| name.ends_with(".json") && name != "schema.json");
    vectors
        .map(|name| {
            (
                name.clone(),
                std::fs::read_to_string(folder().join(&name)).unwrap(),
            )
        })
        .collect()
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let made: BTreeSet<_> = veilpass_vectors::files().into_iter().collect();
    let found: BTreeSet<_> = files().into_iter().collect();
    let differ: BTreeSet<_> = made
        .symmetric_difference(&found)
        .map(|(name, _)| name)
        .collect();
    assert!(
        differ.is_empty(),
        "these differ: {differ:?}; `cargo run -p veilpass-vectors --example write` writes them again"
    );
}

#[test]
fn the_files_have_the_shape_of_their_schema() {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let text = std::fs::read_to_string(folder().join("schema.json")).unwrap();
    compiler
        .add_resource("schema.json", serde_json::from_str(&text).unwrap())
        .unwrap();
    let schema = compiler.compile("schema.json", &mut schemas).unwrap();
    for (name, text) in files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        if let Err(flaw) = schemas.validate(&file, schema) {
            panic!("{name}: {flaw}");
        }
    }
}

#[test]
fn whoever_knows_only_the_files_comes_to_the_same_results() {
    let mut kinds = BTreeSet::new();
    for (name, text) in files() {
        let file: Value = serde_json::from_str(&text).unwrap();
        let reader = Reader::new(File {
            name: &name,
            worlds: &file["worlds"],
        });
        let mut count = 0;
        for group in file["testGroups"].as_array().unwrap() {
            let kind = group["type"].as_str().unwrap();
            kinds.insert(kind.to_owned());
            for test in group["tests"].as_array().unwrap() {
                count += 1;
                assert_eq!(test["tcId"], count, "{name}");
                for flag in test["flags"].as_array().unwrap() {
                    assert!(
                        file["notes"][flag.as_str().unwrap()].is_string(),
                        "{name}: {flag}"
                    );
                }
                let valid = result(&reader, kind, group, test);
                let expected = test["result"] == "valid";
                assert_eq!(valid, expected, "{name}, {count}: {}", test["comment"]);
            }
        }
        assert_eq!(file["numberOfTests"], count, "{name}");
    }
    // Every type that the schema knows was met.
    let schema = std::fs::read_to_string(folder().join("schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let known = schema["properties"]["testGroups"]["items"]["oneOf"]
        .as_array()
        .unwrap();
    let known = known.iter().map(|known| {
        let name = known["$ref"].as_str().unwrap();
        name.trim_start_matches("#/$defs/").to_owned()
    });
    assert_eq!(kinds, known.collect());
}

/// What this reader says of a test.
fn result(reader: &Reader<'_>, kind: &str, group: &Value, test: &Value) -> bool {
    match kind {
        "Generators" | "HashToCurve" | "TextAttributes" | "DateAttributes" | "Domain"
        | "Transcript" => standard::hashes(kind, group, test),
        "DoorPass" | "DoorPassChanged" => passes::door(reader, group, test),
        "WalletQuestion" => passes::answered(reader, group, test),
        "PassProof" => passes::proof(reader, group, test),
        "Issuance" => issuance::whole(reader, group, test),
        "RequestAtIssuer" => issuance::request(reader, group, test),
        "DrawAtWallet" => issuance::draw(reader, group, test),
        "ResponseAtWallet" => issuance::response(reader, group, test),
        "Renewal" => issuance::renewal(reader, group, test),
        "RenewalAtIssuer" => issuance::renewal_request(reader, group, test),
        "Bundle" => registry::bundle(reader, group, test),
        "HolderBundle" => registry::holder_bundle(reader, group, test),
        "Parts" => registry::part(test),
        "Removal" | "WitnessUpdate" => registry::witness(kind, group, test),
        "Segment" => registry::segment(group, test),
        "CheckpointBucket" => registry::bucket(group, test),
        "SealedAccreditations" => registry::sealed(group, test),
        "BbsSignature" | "BbsProof" | "BlindProof" | "BlindCommitment" | "PseudonymProof" => {
            match group["ciphersuite"].as_str().unwrap() {
                "BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_" => {
                    standard::bbs::<veilpass::bbs::Sha256>(kind, group, test)
                }
                _ => standard::bbs::<veilpass::bbs::Shake256>(kind, group, test),
            }
        }
        other => panic!("a group of an unknown type: {other}"),
    }
}
