//! Imports point one way, the table of lib.rs names every module in that order, and only `curve` names a curve
//! crate.
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. A module may use what stands before it, and its own inside.
const ORDER: &[&str] = &[
    "text",
    "parallel",
    "curve",
    "artefact",
    "codec",
    "error",
    "secret",
    "transcript",
    "sigma",
    "signature",
    "bbs",
    "registry",
    "scheme",
    "authority",
    "credential",
    "statement",
    "presentation",
    "issuance",
    "layout",
    "qr",
    "convert",
    "internals",
];

/// Crates that only `curve` may name.
const CURVE_CRATES: &[&str] = &[
    "bls12_381",
    "blst",
    "blstrs",
    "ff",
    "group",
    "pairing",
    "rand_core",
    "crypto_bigint",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// The module that a file belongs to: the name below src.
fn module(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_string_lossy();
    name.trim_end_matches(".rs").to_owned()
}

/// Every `NAME` of a `crate::NAME` in the file, wherever it stands.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::").skip(1).map(|rest| {
        rest.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap()
    })
}

fn all() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 15, "the sources were not found");
    files
        .into_iter()
        .map(|file| {
            // What stands in #[cfg(test)] modules may look anywhere.
            let text = fs::read_to_string(&file).unwrap();
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap()
                .to_owned();
            (module(&src, &file), file, text)
        })
        .filter(|(module, ..)| !["lib"].contains(&module.as_str()))
        .collect()
}

#[test]
fn imports_point_one_way() {
    for (module, file, text) in all() {
        let place = ORDER.iter().position(|name| *name == module);
        let place = place.unwrap_or_else(|| panic!("{module} is not in tests/library/layers.rs"));
        for import in imported(&text) {
            let target = ORDER.iter().position(|name| *name == import);
            assert!(
                target.is_some_and(|target| target <= place),
                "{} imports crate::{import}, which is not below {module}",
                file.display()
            );
        }
    }
}

#[test]
fn only_curve_names_a_curve_crate() {
    for (module, file, text) in all() {
        if module == "curve" {
            continue;
        }
        for name in CURVE_CRATES {
            for form in [format!("use {name}"), format!("{name}::")] {
                let named = text.match_indices(&form).any(|(at, _)| {
                    let before = text.get(..at).and_then(|t| t.chars().last());
                    !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                });
                assert!(!named, "{} names {name}", file.display());
            }
        }
    }
}

#[test]
fn every_equation_of_the_protocol_is_found_in_the_code_and_back() {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let protocol = fs::read_to_string(protocol).unwrap();
    let comments = |text: String| -> String {
        let lines = text
            .lines()
            .filter(|line| line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let code: String = all()
        .into_iter()
        .map(|(_, _, text)| comments(text))
        .collect();
    for number in 1..=30 {
        let mark = format!("({number})");
        assert!(
            protocol.contains(&mark),
            "equation {mark} is not in docs/protocol.md"
        );
        assert!(code.contains(&mark), "equation {mark} is not cited in src");
    }
    assert!(!protocol.contains("(31)") && !code.contains("(31)"));
}

#[test]
fn the_table_of_the_library_names_every_module_in_this_order() {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let lib = fs::read_to_string(lib).unwrap();
    let named: Vec<_> = (lib.lines())
        .filter_map(|line| line.strip_prefix("//! | "))
        .filter_map(|row| Some(row.split_once(" | ")?.0.trim_matches(['[', ']', '`'])))
        .skip_while(|name| Some(name) != ORDER.first())
        .collect();
    assert_eq!(named, ORDER);
    let mut declared: Vec<_> = (lib.lines())
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .filter_map(|name| name.strip_suffix(';'))
        .collect();
    declared.sort_unstable();
    let mut order = ORDER.to_vec();
    order.sort_unstable();
    assert_eq!(declared, order);
}
