//! docs/evidence.md has a table of what people bring, what comes of it and by which rule. Each row is tried here: the
//! document says the right value, and this folder makes the input.

mod cards;
mod certificates;
mod registers;
mod signers;

use std::collections::BTreeMap;

use veilpass_evidence::Report;

const DOCUMENT: &str = include_str!("../../../../../docs/evidence.md");

/// What is brought, in the document's words, and what came of it.
type Tried = (&'static str, String);

/// What came of a certificate, in a line.
fn outcome(report: &Report) -> String {
    let Some(evidence) = &report.evidence else {
        let (_, flaw) = report.flaws().next().unwrap();
        return format!("refused: {flaw}");
    };
    let word = if evidence.signed { "read" } else { "unsigned" };
    let name = format!("{} {}", evidence.name.given, evidence.name.family);
    let dose = evidence
        .doses
        .map(|doses| format!(", dose {}", doses.number));
    let dose = dose.unwrap_or_default();
    format!("{word}: {}, {}{dose}", name.trim(), evidence.date)
}

/// The rows of the document's tables: what is brought, and what must come of it.
fn rows() -> BTreeMap<&'static str, String> {
    let lines = DOCUMENT.lines().filter(|line| line.starts_with("| "));
    let cells = lines.filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        match *cells.as_slice() {
            [brought, right, section] if right.contains(": ") => {
                assert!(!section.is_empty(), "{brought}");
                // A line within a cell is written with a stroke before it.
                Some((brought, right.replace("\\|", "|")))
            }
            _ => None,
        }
    });
    let mut rows = BTreeMap::new();
    for (brought, right) in cells {
        assert_eq!(rows.insert(brought, right), None, "{brought} stands twice");
    }
    rows
}

#[test]
fn each_row_of_the_document_is_what_comes_of_it() {
    let mut rows = rows();
    let tried = [
        certificates::tried(),
        cards::tried(),
        registers::tried(),
        signers::tried(),
    ];
    let mut wrong = Vec::new();
    for (brought, came) in tried.concat() {
        match rows.remove(brought) {
            // A reason goes on: what to do stands behind what is wrong.
            Some(right) if came == right => {}
            Some(right) if right.starts_with("refused") && came.starts_with(&right) => {}
            Some(right) => wrong.push(format!("{brought}\n    wanted {right}\n    came   {came}")),
            None => wrong.push(format!("| {brought} | {came} | is not in the document |")),
        }
    }
    wrong.extend(rows.keys().map(|row| format!("{row}: nobody tries it")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
