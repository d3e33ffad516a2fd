//! From a clinic's register to passes, with the program itself: import, claims, batches, the desk, and
//! what insiders must not do unnoticed.
//!
//! `VEILPASS_ROWS=100000 cargo test --release --test program -- --nocapture figures` prints
//! what an import and a batch take.
mod desk;
mod imports;
mod operators;
mod own_scheme;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::terminal::{AT, Said, Town, later, read, said};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;
use veilpass::issuance::{Offer, PendingRequest, Response};
use veilpass::scheme::{SchemeCard, Trust, UnixTime, UnverifiedBundle, Value as Attribute};
use veilpass_app::store::{AuthorityChange, AuthorityStore, Ledger};
use veilpass_fixture::register::MAP;
use veilpass_sqlite::SqliteAuthority;

const RULES: &str = r#"
name = "Moscow, June 2021"
version = 1
[vaccination]
valid = "12 months"
[[vaccination.products]]
code = "Sputnik-V"
doses = 2
"#;
pub const IMPORT: &str = "issuer register import register.csv --dir clinic --map map.toml \
                      --rules rules.signed.toml --to letters";

/// A register in which every 50th row is bad and every 40th has one dose only; says how many are good.
pub fn register(town: &Town, rows: u32) -> u32 {
    let mut text = "number,family,given,born,vaccine,dose,date\n".to_owned();
    let mut good = 0;
    for number in 1..=rows {
        let date = if number % 50 == 0 {
            "2021-02-30"
        } else {
            "2021-05-20"
        };
        let dose = if number % 40 == 0 { 1 } else { 2 };
        good += u32::from(number % 50 != 0 && number % 40 != 0);
        writeln!(
            text,
            "{number},Kuznetsova-{number},Anna,1985-03-08,Sputnik-V,{dose},{date}"
        )
        .unwrap();
    }
    fs::write(town.path("register.csv"), text).unwrap();
    fs::write(town.path("map.toml"), MAP).unwrap();
    fs::write(town.path("rules.toml"), RULES).unwrap();
    if !town.path("rules.signed.toml").exists() {
        let sign = "authority sign-rules --dir authority rules.toml --out rules.signed.toml";
        town.run(sign).good();
    }
    good
}

/// What an import says in which some rows were refused.
#[track_caller]
pub fn imported(said: Said) -> Value {
    assert_eq!(said.code, 1, "{}", said.text);
    assert_ne!(said.json["claims"], Value::Null, "{}", said.text);
    said.json
}

/// The rows of the only claims file: line, name, code.
pub fn claims(town: &Town) -> Vec<(String, String, String)> {
    let mut files =
        (fs::read_dir(town.path("letters")).unwrap()).map(|entry| entry.unwrap().path());
    let file = files
        .find(|path| path.to_string_lossy().contains("claims-"))
        .unwrap();
    let mut reader = csv::Reader::from_path(file).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| (row[0].into(), row[1].into(), row[2].into()))
        .collect()
}

/// Answers all offers in a folder as wallets would; what the wallets keep, by the offers' names.
fn request_all(town: &Town, offers: &str, requests: &str) -> Vec<(String, PendingRequest)> {
    let card = SchemeCard::from_bytes(&read(&town.path("public/scheme.vp"))).unwrap();
    let bundle = read(&town.path("public/bundle.vp"));
    let bundle = UnverifiedBundle::new(&bundle)
        .verify(&Trust::pinned(&card))
        .unwrap();
    let now = 1_624_896_242;
    fs::create_dir_all(town.path(requests)).unwrap();
    let mut kept = Vec::new();
    for entry in fs::read_dir(town.path(offers)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let offer = Offer::from_bytes(&read(&path)).unwrap();
        let values = [
            ("name", Attribute::Text("Anna".into())),
            ("employer", Attribute::Text("Agency".into())),
        ];
        let pending = offer
            .request(
                bundle.scheme(),
                &values,
                UnixTime::from_seconds(now),
                &mut rand::rng(),
            )
            .unwrap();
        let file = town.path(&format!("{requests}/{name}.vp"));
        fs::write(file, pending.request().to_bytes()).unwrap();
        kept.push((name, pending));
    }
    kept
}

#[test]
fn a_register_becomes_passes_and_leaves_no_list_behind() {
    let town = Town::founded();
    let good = register(&town, 600);
    let import = format!("{IMPORT} --letters svg");
    let said = imported(town.run(&import));
    assert_eq!(
        (&said["claims"], &said["rejected"]),
        (&good.into(), &(600 - good).into())
    );
    let claims = claims(&town);
    let codes: HashSet<_> = claims.iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes.len(), claims.len());

    // What the clinic keeps has neither names nor codes in it.
    let kept = read(&town.path("clinic/issuer.db"));
    let holds = |text: &str| {
        kept.windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("vaccination"), "this search finds what is there");
    assert!(!holds("Kuznetsova"));
    assert!(
        claims
            .iter()
            .all(|(_, _, code)| !holds(code) && !holds(&code.replace('-', "")))
    );

    // A sample of the letters is brought in, requests are answered in one go, and each pass is good.
    let sample: Vec<_> = claims
        .iter()
        .take(60)
        .map(|(_, _, code)| code.as_str())
        .collect();
    fs::write(town.path("sample.txt"), sample.join("\n")).unwrap();
    let offer = "issuer offer --dir clinic --claims sample.txt --to offers --minutes 10000";
    let first = town.run(offer).good();
    assert_eq!(
        (&first["offers"], &first["earlier_offers_void"]),
        (&60.into(), &0.into())
    );
    let again = town.run(offer).good();
    assert_eq!(
        (&again["offers"], &again["earlier_offers_void"]),
        (&60.into(), &60.into())
    );
    let wallets = request_all(&town, "offers", "requests");
    let batch =
        "issuer issue --dir clinic --batch requests --to responses --handle-out handles.csv";
    assert_eq!(town.run(batch).good()["answered"], 60);
    let holders = read(&town.path("public/holders.vp"));
    let card = SchemeCard::from_bytes(&read(&town.path("public/scheme.vp"))).unwrap();
    let holders = veilpass::scheme::UnverifiedHolderBundle::new(&holders);
    let holders = (holders.verify(&Trust::pinned(&card), &mut rand::rng())).unwrap();
    for (name, pending) in wallets {
        let response = read(&town.path(&format!("responses/{name}.vp.response.vp")));
        let response = Response::from_bytes(&response).unwrap();
        pending
            .receive(&holders, &response, UnixTime::from_seconds(1_624_896_243))
            .unwrap();
    }
    // The same again: the same answers, and no second count.
    let again = batch
        .replace("responses", "again")
        .replace("handles.csv", "handles-2.csv");
    assert_eq!(town.run(&again).good()["answered"], 60);
    assert_eq!(
        read(&town.path("handles.csv")),
        read(&town.path("handles-2.csv"))
    );
    for entry in fs::read_dir(town.path("responses")).unwrap() {
        let name = entry.unwrap().file_name();
        let name = name.to_string_lossy();
        assert_eq!(
            read(&town.path(&format!("responses/{name}"))),
            read(&town.path(&format!("again/{name}")))
        );
    }
    let audit = town.run("issuer audit --dir clinic").good();
    assert_eq!(
        (&audit["issued"], &audit["free_handles"]),
        (&60.into(), &40.into())
    );
    assert_eq!(audit["days"][0]["kind"], "vaccination");

    // A letter is good for one pass.
    let used = town.run(&format!("issuer offer --dir clinic --claim {}", sample[0]));
    assert_eq!(used.code, 1, "{}", used.text);
    assert!(used.text.contains("used already"), "{}", used.text);
    let status = town.run("issuer register status --dir clinic").good();
    assert_eq!(
        (&status["used"], &status["open"]),
        (&60.into(), &(good - 60).into())
    );
}

#[test]
fn a_batch_refuses_what_is_wrong_and_answers_the_rest() {
    let town = Town::founded();
    register(&town, 10);
    town.run(IMPORT).good();
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    fs::write(town.path("sample.txt"), codes[..4].join("\n")).unwrap();
    town.run("issuer offer --dir clinic --claims sample.txt --to offers")
        .good();
    let _wallets = request_all(&town, "offers", "requests");
    // Another request for an offer that has one, a damaged one, and something else altogether.
    let _stranger = request_all(&town, "offers", "second");
    fs::copy(
        town.path("second/offer-1.vp"),
        town.path("requests/offer-1-again.vp"),
    )
    .unwrap();
    let mut damaged = read(&town.path("requests/offer-2.vp"));
    let length = damaged.len();
    damaged[length - 1] ^= 1;
    fs::write(town.path("requests/offer-2.vp"), damaged).unwrap();
    fs::write(town.path("requests/note.txt"), "not a request").unwrap();
    let said = town.run("issuer issue --dir clinic --batch requests --to responses");
    assert_eq!(said.code, 1);
    assert_eq!(said.json["answered"], 3, "{}", said.text);
    let refused: Vec<_> = said.json["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(
        refused
            .iter()
            .any(|why| why.contains("used for another request"))
    );
    assert!(
        refused
            .iter()
            .any(|why| why.contains("does not belong to this offer"))
    );
    let audit = town.run("issuer audit --dir clinic").good();
    assert_eq!(
        (&audit["issued"], &audit["free_handles"]),
        (&3.into(), &97.into())
    );
}

#[test]
fn an_answered_request_gets_its_answer_again_whatever_has_changed_since() {
    let town = Town::founded();
    register(&town, 5);
    town.run(IMPORT).good();
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    fs::write(town.path("sample.txt"), codes[..3].join("\n")).unwrap();
    town.run("issuer offer --dir clinic --claims sample.txt --to offers --minutes 129600")
        .good();
    let _wallets = request_all(&town, "offers", "requests");
    let _strangers = request_all(&town, "offers", "strangers");
    // The third request comes later than the others.
    let (third, late) = (town.path("requests/offer-3.vp"), town.path("late.vp"));
    fs::rename(&third, &late).unwrap();
    let batch = "issuer issue --dir clinic --batch requests --to responses";
    assert_eq!(town.run(batch).good()["answered"], 2);
    fs::rename(&late, &third).unwrap();
    let first = read(&town.path("responses/offer-1.vp.response.vp"));

    // Alone: it takes nobody's passphrase.
    let alone = |at: &str| {
        let line = "issuer issue --dir clinic requests/offer-1.vp --out again.vp";
        let mut command = town.command(line, at);
        let output = command.env("VEILPASS_PASSPHRASE", "forgotten").output();
        let said = said(&output.unwrap()).good();
        assert_eq!(said["code"], Value::Null);
        assert_eq!(read(&town.path("again.vp")), first, "{at}");
    };
    // Among others: the new one is refused, and why.
    let among = |at: &str, why: &str| {
        let again = format!("again-{}", &at[..10]);
        let said = town.run_at(&batch.replace("responses", &again), at);
        assert_eq!(said.code, 1, "{}", said.text);
        assert_eq!(said.json["answered"], 2, "{}", said.text);
        assert!(said.text.contains(why), "{}", said.text);
        let response = read(&town.path(&format!("{again}/offer-1.vp.response.vp")));
        assert_eq!(response, first, "{at}");
        assert!(
            !town
                .path(&format!("{again}/offer-3.vp.response.vp"))
                .exists()
        );
    };

    // The clock is wrong; the bundle has ended.
    let before = "2021-06-27T10:00:00+03:00";
    alone(before);
    among(before, "the clock is earlier than the bundle");
    let long_after = "2021-12-01T10:00:00+03:00";
    alone(long_after);
    among(long_after, "the bundle is out of date");
    // Another request for the offer gets nothing, and neither does the new one.
    let line = "issuer issue --dir clinic strangers/offer-1.vp --yes --out x.vp";
    let stranger = town.run_at(line, long_after);
    assert_eq!(stranger.code, 1);
    assert!(
        stranger.text.contains("used for another"),
        "{}",
        stranger.text
    );
    let line = "issuer issue --dir clinic requests/offer-3.vp --yes --out x.vp";
    let new = town.run_at(line, long_after);
    assert_eq!(new.code, 1);
    assert!(new.text.contains("out of date"), "{}", new.text);

    // The accreditation's epoch is over.
    let next = "2021-06-29T12:00:00+03:00";
    town.run_at(
        "authority publish --dir authority --to next --next-accreditation --now",
        next,
    )
    .good();
    town.run_at("issuer import --dir clinic next/bundle.vp", next)
        .good();
    alone(next);
    among(next, "but epoch 2 is in force");
    // Nothing was counted twice.
    let audit = town.run_at("issuer audit --dir clinic", next);
    assert_eq!(audit.json["issued"], 2, "{}", audit.text);
}

#[test]
fn a_stream_of_requests_is_answered_line_for_line() {
    let town = Town::founded();
    register(&town, 5);
    town.run(IMPORT).good();
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    fs::write(town.path("sample.txt"), codes.join("\n")).unwrap();
    town.run("issuer offer --dir clinic --claims sample.txt --to offers")
        .good();
    let wallets = request_all(&town, "offers", "requests");
    let mut lines: Vec<_> = (wallets.iter())
        .map(|(name, _)| veilpass::qr::to_text(&read(&town.path(&format!("requests/{name}.vp")))))
        .collect();
    lines.insert(2, "VP2:NONSENSE".into());
    let mut child = (town.command("issuer issue --dir clinic --batch -", &later(2)))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.join("\n").as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = text.lines().collect();
    assert_eq!(answers.len(), 5 + 1 + 1, "{text}");
    assert!(answers[2].starts_with("error: "), "{text}");
    let good = answers
        .iter()
        .filter(|line| line.starts_with("VP2:"))
        .count();
    assert_eq!(good, 5);
    let report: Value = serde_json::from_str(answers[6]).unwrap();
    assert_eq!(report["answered"], 5);
    assert_eq!(output.status.code(), Some(1));
}

/// Not a check: what it takes, for docs/operating.md.
#[test]
fn figures() {
    let Some(rows) = std::env::var("VEILPASS_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok())
    else {
        eprintln!("skipped: set VEILPASS_ROWS to measure");
        return;
    };
    let sample = 2000.min(rows / 2);
    let town = Town::founded();
    let draw =
        format!("authority handles --dir authority --label clinic --count {sample} --out m.vp");
    town.run(&draw).good();
    town.run("issuer import --dir clinic m.vp").good();
    let good = register(&town, rows);
    let start = Instant::now();
    let import = format!("{IMPORT} --letters pdf");
    assert_eq!(imported(town.run(&import))["claims"], good);
    eprintln!(
        "import with letters: {rows} rows in {:.1?}",
        start.elapsed()
    );
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    fs::write(town.path("sample.txt"), codes[..sample as usize].join("\n")).unwrap();
    let start = Instant::now();
    town.run("issuer offer --dir clinic --claims sample.txt --to offers --minutes 10000")
        .good();
    eprintln!(
        "offers: {:.0} a second",
        f64::from(sample) / start.elapsed().as_secs_f64()
    );
    let _wallets = request_all(&town, "offers", "requests");
    let start = Instant::now();
    let said = town
        .run("issuer issue --dir clinic --batch requests --to responses")
        .good();
    assert_eq!(said["answered"], sample);
    eprintln!(
        "batch: {:.0} a second",
        f64::from(sample) / start.elapsed().as_secs_f64()
    );
}
