//! The measuring command: three files, of which the numbers can be read by programs and the page by people.
use std::collections::BTreeSet;
use std::fs;

use crate::terminal::{Town, later};
use serde_json::Value;

/// Every drawing of the page.
const FIGURES: [&str; 11] = [
    "roles",
    "attributes-time",
    "attributes-bytes",
    "statements-time",
    "statements-bytes",
    "batch",
    "removals",
    "table-time",
    "table-bytes",
    "start",
    "qr",
];

#[test]
fn a_quick_run_writes_numbers_and_a_page_that_needs_nothing_else() {
    let town = Town::new();
    let said = town.run("bench --quick --out measured").good();
    assert_eq!(said["files"].as_array().unwrap().len(), 3);
    assert_eq!(said["quick"], true);
    let file = |name: &str| fs::read_to_string(town.path("measured").join(name)).unwrap();

    let all: Value = serde_json::from_str(&file("results.json")).unwrap();
    let rows = all["measurements"].as_array().unwrap();
    let plots: BTreeSet<_> = rows
        .iter()
        .map(|row| row["plot"].as_str().unwrap())
        .collect();
    let wanted = [
        "attributes",
        "batch",
        "qr",
        "removals",
        "roles",
        "start",
        "statements",
        "table",
    ];
    assert_eq!(plots, wanted.into());
    let machine = &all["machine"];
    assert!(machine["cores"].as_u64().unwrap() >= 1);
    // The town acts as if it were 2021 (VEILPASS_AT); when the numbers were measured is another question.
    assert!(machine["date"].as_str().unwrap() > "2026", "{machine}");
    let backend = if cfg!(feature = "blst") {
        "blst"
    } else {
        "bls12_381"
    };
    assert_eq!(machine["curve"], backend);
    for row in rows.iter().filter(|row| row["plot"] != "qr") {
        let ns = |name: &str| row[name].as_u64().unwrap();
        let order = [
            "min_ns",
            "quartile_low_ns",
            "median_ns",
            "quartile_high_ns",
            "max_ns",
        ];
        assert!(order.map(ns).is_sorted(), "{row}");
        assert!(ns("max_ns") > 0, "{row}");
    }
    sizes_are_those_of_the_format(rows);
    let csv = file("results.csv");
    assert_eq!(csv.lines().count(), rows.len() + 1);
    assert_eq!(said["points"], rows.len());

    let page = file("report.html");
    for figure in FIGURES {
        let begin = page.find(&format!("<figure id=\"{figure}\""));
        let rest = &page[begin.unwrap_or_else(|| panic!("no figure {figure}"))..];
        let end = rest.find("</figure>").unwrap();
        // Axes with labels and something drawn between them.
        let svg = &rest[rest.find("<svg").unwrap()..end];
        let drawn = ["<circle", "<rect"].map(|shape| svg.matches(shape).count());
        assert!(svg.matches("<text").count() > 4 && drawn.iter().sum::<usize>() > 3);
        no_label_is_cut_off(svg);
    }
    assert_eq!(page.matches("<svg").count(), FIGURES.len());
    for outside in ["src=", "href=", "@import", "url(", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Every plot says something.
    assert!(!page.contains("<p></p>"));
}

/// What ends at its place and grows to the left has room there, at three fifths of its height a letter.
fn no_label_is_cut_off(svg: &str) {
    for text in svg.split("<text").skip(1) {
        let field = |name: &str| {
            let value = text.split_once(&format!(" {name}=\"")).unwrap().1;
            value.split_once('"').unwrap().0
        };
        if field("text-anchor") != "end" || text.contains("rotate") {
            continue;
        }
        let number = |name: &str| field(name).parse::<f64>().unwrap();
        let label = text.split_once('>').unwrap().1.split_once('<').unwrap().0;
        let letters = u32::try_from(label.trim().chars().count()).unwrap();
        let room = number("x");
        let needed = f64::from(letters) * number("font-size") * 0.6;
        assert!(needed <= room, "{label}: {needed} of {room}");
    }
}

/// A hidden attribute is one response of 32 bytes, whatever is measured.
fn sizes_are_those_of_the_format(rows: &[Value]) {
    let bytes = |plot: &str, series: &str, x: Value| {
        let mut rows = rows.iter();
        let row = rows.find(|row| row["plot"] == plot && row["series"] == series && row["x"] == x);
        row.unwrap()["bytes"].as_u64().unwrap()
    };
    let [few, many] = [3, 32].map(|count| bytes("attributes", "make", count.into()));
    assert_eq!(many - few, 29 * 32);
    let pass = bytes("roles", "guest: make a pass", Value::Null);
    assert_eq!(pass, bytes("statements", "make", 4.into()));
    assert_eq!(pass, bytes("attributes", "make", 8.into()));
    assert_eq!(
        bytes("table", "make the table: authority, once", 64.into()),
        2 + 48 * 64
    );
    assert_eq!(
        bytes("removals", "reading the removals", 100.into()),
        2 + 128 * 100
    );
    // A holders' bundle: its head, then with lengths the verifiers' one, the manifest, the table, 64 places of issuers; no
    // buckets (docs/format.md).
    let door = bytes("roles", "door: read a new bundle", Value::Null);
    let holder = bytes(
        "roles",
        "guest: read a new bundle, no removals",
        Value::Null,
    );
    let manifest = 2 + 64 + 32 + 12 + 2 + (4 + 32 + 3 * 2 + 36);
    let parts = 2 + (4 + 2 + 48 * 512) + (4 + 2 + 100 * 64);
    assert_eq!(holder, 2 + 4 + door + 4 + manifest + parts + 2);
}

/// Before anything is measured, with words that say which folder and what to do.
#[test]
fn a_run_without_a_place_to_write_says_so() {
    let town = Town::new();
    fs::write(town.path("file"), "not a folder").unwrap();
    fs::create_dir_all(town.path("full/results.csv")).unwrap();
    for (place, words) in [
        (
            "file",
            "cannot make the folder file: a file has that name; name a new folder",
        ),
        (
            "file/in",
            "cannot make the folder file/in: a part of the name is a file, not a folder; check the name",
        ),
        ("full", "full is there and not empty; name a new folder"),
    ] {
        let said = town.run(&format!("bench --quick --out {place}"));
        assert_eq!(said.code, 2, "{}", said.text);
        assert!(said.text.contains(words), "{}", said.text);
    }
}

/// Said at once, and not when six minutes were measured.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_named_before_anything_is_measured() {
    use std::os::unix::fs::PermissionsExt;
    let town = Town::new();
    let folder = town.path("closed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.join("x"), "").is_ok() {
        println!("skipped: this user may write everywhere");
        return;
    }
    // A full run: it would go on for minutes.
    let mut run = (town.command("bench --out closed", &later(2)))
        .spawn()
        .unwrap();
    let code = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        run.try_wait().unwrap()
    });
    let _ = run.kill();
    assert_eq!(code.and_then(|code| code.code()), Some(2));
}
