//! Counts, and what they prove of the log.

use std::fs;

use super::issue;
use crate::terminal::Town;

#[test]
fn a_log_that_was_rewritten_and_is_longer_than_the_audited_one_is_flagged() {
    let town = Town::founded();
    issue(&town, "before");
    let database = town.path("clinic/issuer.db");
    let backup = fs::read(&database).unwrap();
    issue(&town, "sold");
    let audit = "authority audit --dir authority";
    let count = |name: &str, more: &str| {
        town.run(&format!("issuer count --dir clinic --out {name} {more}"))
            .good();
        town.run(&format!("{audit} {name}"))
    };
    count("first.vp", "").good();
    // The pass disappears from the log, and others are issued: as many lines, and more, and no smaller numbers.
    fs::write(&database, backup).unwrap();
    for label in ["one", "two", "three"] {
        issue(&town, label);
    }
    town.run("issuer audit --dir clinic").good();
    let silent = count("second.vp", "");
    assert_eq!(silent.code, 1, "{}", silent.text);
    let asked = "issuer count --since ";
    let place = silent.text.find(asked).expect("it says what to do") + asked.len();
    let digits = silent.text[place..]
        .chars()
        .take_while(char::is_ascii_digit);
    let since: String = digits.collect();
    let shown = count("third.vp", &format!("--since {since}"));
    assert_eq!(shown.code, 1, "{}", shown.text);
    let told = "clinic cut or replaced lines of its log that were audited before";
    assert!(shown.text.contains(told), "{}", shown.text);
    // What was audited stays what others are held against.
    assert_eq!(town.run(&format!("{audit} --acknowledge third.vp")).code, 0);
    assert_eq!(town.run(&format!("{audit} third.vp")).code, 1);
}

#[test]
fn a_log_that_goes_on_from_a_backup_with_another_guest_at_the_same_offer_is_flagged() {
    let town = Town::founded();
    let boris = "holder init --dir boris --scheme public/scheme.vp --bundle public/holders.vp";
    town.run(boris).good();
    town.offer("o.vp");
    for wallet in ["wallet", "boris"] {
        let own = "--set name=A --set employer=A";
        town.run(&format!(
            "holder request --dir {wallet} o.vp {own} --out {wallet}.vp"
        ))
        .good();
    }
    let database = town.path("clinic/issuer.db");
    let backup = fs::read(&database).unwrap();
    let audited = |wallet: &str| {
        let issue = format!("issuer issue --dir clinic {wallet}.vp --yes --out {wallet}-r.vp");
        town.run(&issue).good();
        let count = format!("issuer count --dir clinic --out {wallet}-count.vp");
        town.run(&count).good();
        town.run(&format!(
            "authority audit --dir authority {wallet}-count.vp"
        ))
    };
    audited("wallet").good();
    fs::write(&database, backup).unwrap();
    let said = audited("boris");
    assert_eq!(said.code, 1, "{}", said.text);
    let told = "clinic cut or replaced lines of its log that were audited before";
    assert!(said.text.contains(told), "{}", said.text);
}

#[test]
fn counts_that_never_arrived_do_not_keep_a_later_one_from_being_audited() {
    let town = Town::founded();
    let audit = |name: &str| town.run(&format!("authority audit --dir authority {name}"));
    let count = |name: &str| {
        town.run(&format!("issuer count --dir clinic --out {name}"))
            .good()
    };
    count("first.vp");
    audit("first.vp").good();
    for number in 0..3 {
        issue(&town, &format!("pass-{number}"));
        count(&format!("lost-{number}.vp"));
        count(&format!("looked-{number}.vp"));
    }
    count("last.vp");
    audit("last.vp").good();
    // Too many of them, and the number of lines is asked for.
    for number in 3..9 {
        issue(&town, &format!("pass-{number}"));
        count(&format!("lost-{number}.vp"));
    }
    let refused = audit("lost-8.vp");
    assert_eq!(refused.code, 1, "{}", refused.text);
    town.run("authority audit --dir authority --acknowledge")
        .good();
    let asked = "issuer count --since ";
    let place = refused.text.find(asked).unwrap() + asked.len();
    let digits = refused.text[place..]
        .chars()
        .take_while(char::is_ascii_digit);
    let since: String = digits.collect();
    let beyond = town.run("issuer count --dir clinic --since 1000 --out x.vp");
    assert_eq!(beyond.code, 2, "{}", beyond.text);
    town.run(&format!(
        "issuer count --dir clinic --since {since} --out good.vp"
    ))
    .good();
    audit("good.vp").good();
}

#[test]
fn an_issuer_says_that_it_is_not_ready_when_an_offer_would_be_refused() {
    let town = Town::founded();
    let status = || town.run("issuer status --dir clinic").good();
    let offer = "issuer offer --dir clinic --set until=2022-06-01 --set until_strict=none \
                 --set birth_date=1985-03-08 --set id_hint=A.K. --out o.vp";
    assert_eq!(status()["ready"], true);
    town.run("authority limit --dir authority --label clinic --per-day 1 --out limit.vp")
        .good();
    town.run("issuer import --dir clinic limit.vp").good();
    issue(&town, "only");
    for (change, word) in [
        ("the day is full", "issued today"),
        ("no key", "key is missing"),
    ] {
        if change == "no key" {
            fs::rename(town.path("clinic/issuer.age"), town.path("issuer.age")).unwrap();
        }
        let said = status();
        let why = said["why"].as_str().unwrap_or_default();
        assert!(
            said["ready"] == false && why.contains(word),
            "{change}: {why}"
        );
        let refused = town.run(offer);
        assert_ne!(refused.code, 0, "{change}: {}", refused.text);
    }
    // A folder that lost its database wants it back, and no founding.
    fs::rename(town.path("issuer.age"), town.path("clinic/issuer.age")).unwrap();
    for entry in fs::read_dir(town.path("clinic")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("issuer.db")
        {
            fs::remove_file(path).unwrap();
        }
    }
    let lost = town.run("issuer import --dir clinic limit.vp");
    assert!(
        lost.text.contains("restore") && !lost.text.contains("init"),
        "{}",
        lost.text
    );
}
