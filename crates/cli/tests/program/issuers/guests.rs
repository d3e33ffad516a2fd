//! What is brought to an issuer, by guests and by its authority, and where it stands.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::issue;
use crate::register::{IMPORT, claims, register};
use crate::terminal::{Town, later, said};

#[test]
fn what_a_guest_brings_is_never_opened_as_a_file() {
    let town = Town::founded();
    register(&town, 3);
    town.run(IMPORT).good();
    let (_, _, code) = claims(&town).remove(0);
    fs::write(town.path("code.txt"), &code).unwrap();
    town.offer("offer.txt");
    town.run(
        "holder request --dir wallet offer.txt --set name=A --set employer=A --out request.txt",
    )
    .good();
    // Each of these files holds what is asked for, and would be good if it were opened.
    for (line, word) in [
        (
            "issuer offer --dir clinic --claim code.txt",
            "no claim code",
        ),
        (
            "issuer offer --dir clinic --claim file:code.txt",
            "no claim code",
        ),
        (
            "issuer issue --dir clinic --yes file:request.txt",
            "not a veilpass text",
        ),
        (
            "issuer issue --dir clinic --yes FILE:request.txt",
            "not a veilpass text",
        ),
    ] {
        let refused = town.run(line);
        assert_eq!(refused.code, 2, "{line}: {}", refused.text);
        assert!(refused.text.contains(word), "{line}: {}", refused.text);
    }
    let piped = |line: &str, typed: &str| {
        let mut command = town.command(line, &later(2));
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{typed}").unwrap();
        said(&child.wait_with_output().unwrap())
    };
    let issue = "issuer issue --dir clinic --yes -";
    for typed in ["file:request.txt", "request.txt", "file:///etc/passwd"] {
        let refused = piped(issue, typed);
        assert_eq!(refused.code, 2, "{typed}: {}", refused.text);
        assert!(
            refused.text.contains("not a veilpass text"),
            "{}",
            refused.text
        );
        let stream = piped("issuer issue --dir clinic --batch -", typed);
        assert!(
            stream.text.contains("not a veilpass text"),
            "{}",
            stream.text
        );
    }
    assert_eq!(
        piped("issuer offer --dir clinic --claim -", "code.txt").code,
        2
    );
    // The same texts themselves are good.
    let request = fs::read_to_string(town.path("request.txt")).unwrap();
    piped(issue, request.trim()).good();
    piped("issuer offer --dir clinic --claim -", &code).good();
    town.run("issuer offer --dir clinic --claim-file code.txt")
        .good();
}

#[test]
fn an_issuer_imports_what_is_for_issuers_and_says_what_else_a_file_is() {
    let town = Town::founded();
    for (file, told) in [
        (
            "public/scheme.vp",
            "this is a scheme card; an issuer imports accreditations",
        ),
        (
            "public/holders.vp",
            "this is a holders' bundle; an issuer imports accreditations",
        ),
    ] {
        let refused = town.run(&format!("issuer import --dir clinic {file}"));
        assert_eq!(refused.code, 2, "{}", refused.text);
        assert!(refused.text.contains(told), "{}", refused.text);
    }
    fs::write(town.path("nothing.vp"), [1, b'!', 0]).unwrap();
    let refused = town.run("issuer import --dir clinic nothing.vp");
    assert!(
        refused.text.contains("this is not a veilpass file"),
        "{}",
        refused.text
    );
    // A bundle takes nobody's passphrase.
    let mut command = town.command("issuer import --dir clinic public/bundle.vp", &later(2));
    said(
        &command
            .env("VEILPASS_PASSPHRASE", "forgotten")
            .output()
            .unwrap(),
    )
    .good();
}

#[test]
fn a_lost_database_is_restored_and_not_founded_anew() {
    let town = Town::founded();
    let offer = "issuer offer --dir clinic --set until=2022-06-01";
    let database = town.path("clinic/issuer.db");
    for loss in ["deleted", "emptied"] {
        match loss {
            "deleted" => fs::remove_file(&database).unwrap(),
            _ => fs::write(&database, b"").unwrap(),
        }
        let refused = town.run(offer);
        assert_eq!(refused.code, 2, "{}", refused.text);
        assert!(
            refused.text.contains("restore the database from a backup"),
            "{}",
            refused.text
        );
        assert!(!refused.text.contains("init"), "{}", refused.text);
    }
    let nothing = town.run(&offer.replace("clinic", "nowhere"));
    assert!(
        nothing.text.contains("nowhere does not exist"),
        "{}",
        nothing.text
    );
}

#[test]
fn an_issuer_says_where_it_stands() {
    let town = Town::new();
    for line in [
        "authority init --dir authority --to public",
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
    ] {
        town.run(line).good();
    }
    let status = || town.run("issuer status --dir clinic").good();
    let first = status();
    assert_eq!(first["ready"], false, "{first}");
    assert!(
        first["why"]
            .as_str()
            .unwrap()
            .contains("no accreditation yet"),
        "{first}"
    );
    for line in [
        "authority accredit --dir authority r.vp --label clinic --per-day 5 --out a.vp",
        "authority handles --dir authority --label clinic --count 9 --out h.vp",
        "issuer import --dir clinic a.vp",
    ] {
        town.run(line).good();
    }
    let dry = status();
    assert_eq!(dry["ready"], false, "{dry}");
    assert!(dry["why"].as_str().unwrap().contains("no handles"), "{dry}");
    for line in [
        "issuer import --dir clinic h.vp",
        "issuer operator --dir clinic --label anna --out anna.age --new-passphrase-file anna.txt",
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
    ] {
        fs::write(town.path("anna.txt"), "anna's own").unwrap();
        town.run(line).good();
    }
    issue(&town, "one");
    town.offer("open.vp");
    let now = status();
    assert_eq!(now["ready"], true, "{now}");
    assert_eq!(
        (&now["free_handles"], &now["open_offers"]),
        (&8.into(), &1.into()),
        "{now}"
    );
    assert_eq!(
        (&now["issued_today"], &now["per_day"]),
        (&1.into(), &5.into()),
        "{now}"
    );
    assert_eq!(now["operators"][0]["operator"], "anna");
    assert_eq!(now["operators"][0]["confirmed"], false);
    assert_eq!(now["bundle"]["number"], 1);
    assert_eq!(now["epoch"]["number"], 1);
    // Out of date: it says so, and does not fail.
    let late = town
        .run_at("issuer status --dir clinic", "2022-06-28T19:04:00+03:00")
        .good();
    assert_eq!(late["ready"], false);
    assert!(
        late["why"].as_str().unwrap().contains("out of date"),
        "{late}"
    );
    assert_eq!(late["epoch"], serde_json::Value::Null);
    assert_eq!(late["open_offers"], 0);
}

#[test]
fn a_pass_is_renewed_in_its_place() {
    let town = Town::with_pass();
    let renewing = "issuer offer --dir clinic --renew renewal --set until_strict=2022-03-01";
    // Past the limit of the renewal; a renewal that is not there; what is carried cannot be set.
    for wrong in [
        "--set until=2022-06-30",
        "--set until=2022-06-20 --set id_hint=B.B.",
        "",
    ] {
        let refused = town.run(&format!("{renewing} {wrong} --out no.png"));
        assert_ne!(refused.code, 0, "{wrong}");
    }
    let unknown = renewing.replace("--renew renewal", "--renew another");
    let unknown = town.run(&format!("{unknown} --set until=2022-06-20 --out no.png"));
    assert!(unknown.text.contains("it has renewal"), "{}", unknown.text);
    let offer = format!("{renewing} --set until=2022-06-20 --out renewal.png");
    let offered = town.run(&offer).good();
    let free = offered["free_handles"].clone();

    let request = "holder request --dir wallet renewal.png --out asked.vp --label again";
    assert_eq!(town.run(&format!("{request} --set name=B")).code, 2);
    let asked = town.run(request).good();
    assert_eq!(asked["renews"], "pass");
    assert_eq!(asked["anew"], serde_json::json!(["until", "until_strict"]));
    let carried = ["name", "employer", "birth_date", "id_hint"];
    assert_eq!(asked["carried"], serde_json::json!(carried));
    let issue = "issuer issue --dir clinic asked.vp --yes --draw-out draw.vp --out answer.vp";
    // The clinic is an epoch behind, and there is no grace. The offer stays open.
    let behind = town.run(issue);
    assert_eq!(behind.code, 1);
    assert!(
        behind.text.contains("update this issuer"),
        "{}",
        behind.text
    );
    town.run("issuer import --dir clinic public/bundle.vp")
        .good();
    let signed = town.run(issue).good();
    assert!(signed["handle"].is_null(), "{signed}");
    assert!(fs::metadata(town.path("asked.vp")).unwrap().len() <= 1450);
    let code = town.run("holder code --dir wallet draw.vp").good();
    assert_eq!(code["code"], signed["code"]);
    let received = town.run("holder receive --dir wallet answer.vp").good();
    assert_eq!(received["label"], "pass");
    let listed = town.run("holder list --dir wallet").good();
    let passes = listed["passes"].as_array().unwrap();
    assert_eq!(passes.len(), 1);
    assert_eq!(passes[0]["attributes"]["until"], "2022-06-20");
    assert_eq!(passes[0]["attributes"]["name"], "Anna");
    // One that ends earlier does not take the place of the pass without a word.
    let earlier = offer.replace("until=2022-06-20", "until=2022-01-20");
    town.run(&earlier.replace("renewal.png", "earlier.png"))
        .good();
    town.run("holder request --dir wallet earlier.png --out asked-2.vp")
        .good();
    town.run("issuer issue --dir clinic asked-2.vp --yes --out answer-2.vp")
        .good();
    let receive = "holder receive --dir wallet answer-2.vp";
    let refused = town.run(receive);
    assert_eq!(refused.code, 1, "{}", refused.text);
    assert!(
        refused.text.contains("2022-01-20 in place of 2022-06-20"),
        "{}",
        refused.text
    );
    town.run(&format!("{receive} --shorter")).good();
    let listed = town.run("holder list --dir wallet").good();
    assert_eq!(listed["passes"][0]["attributes"]["until"], "2022-01-20");
    let status = town.run(&offer.replace("renewal.png", "next.png")).good();
    assert_eq!(status["free_handles"], free, "a renewal uses no handle");
}
