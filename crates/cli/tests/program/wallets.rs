//! Wallets: how they are kept, what they say of their passes, and what happens to one that was lost.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::roles::VERIFY;
use crate::terminal::{Town, later, read};

/// The work factor in the head of a file.
fn work(path: &Path) -> u8 {
    let head = read(path);
    let text = String::from_utf8_lossy(&head[..200]).into_owned();
    let line = text.lines().nth(1).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_wallet_keeps_the_work_factor_that_it_was_made_with_and_none_is_made_with_little() {
    let town = Town::with_pass();
    let wallet = town.path("wallet/wallet.age");
    assert_eq!(work(&wallet), 2);
    // Sealed again by somebody who says nothing of work.
    let run = |line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
        command
            .args(line.split_whitespace())
            .args(["--at", &later(30)]);
        command.env("VEILPASS_PASSPHRASE", "correct horse");
        command.current_dir(town.0.path()).output().unwrap()
    };
    let before = read(&wallet);
    let said = run("holder sync --dir wallet public/holders.vp");
    assert!(said.status.success(), "{said:?}");
    assert_ne!(before, read(&wallet));
    assert_eq!(work(&wallet), 2);
    // A new one with little work is made for nobody who does not say that it is a test.
    let init =
        "holder init --dir new --scheme public/scheme.vp --bundle public/holders.vp --work-factor";
    let said = run(&format!("{init} 16"));
    assert_eq!(said.status.code(), Some(2));
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(text.contains("take 17 or more"), "{text}");
    assert!(!town.path("new").exists());
    let said = run(&format!("{init} 17"));
    assert!(said.status.success(), "{said:?}");
    assert_eq!(work(&town.path("new/wallet.age")), 17);
}

const SET: &str = "--set until=2022-06-01 --set until_strict=none --set birth_date=1985-03-08";

#[test]
fn a_wallet_shows_what_a_door_will_see_and_a_hint_has_letters_that_nobody_mistakes() {
    let town = Town::founded();
    // On a Russian keyboard: the same letters to look at, and the same bytes in the end.
    let line = format!("issuer offer --dir clinic {SET} --set id_hint=\u{430}.\u{43a}. --out o.vp");
    town.run(&line).good();
    let own = "--set name=Anna --set employer=Agency";
    town.run(&format!(
        "holder request --dir wallet o.vp {own} --out q.vp"
    ))
    .good();
    town.run("issuer issue --dir clinic q.vp --yes --out r.vp")
        .good();
    town.run("holder receive --dir wallet r.vp").good();
    let list = town.run("holder list --dir wallet").good();
    assert_eq!(list["passes"][0]["attributes"]["id_hint"], "A.K.");
    for hint in ["A.K", "A_K", "\u{3a9}.", "A1", "7"] {
        let said = town.run(&format!(
            "issuer offer --dir clinic {SET} --set id_hint={hint} --out o2.vp"
        ));
        let good = hint == "A.K";
        assert_eq!(said.code, if good { 0 } else { 2 }, "{hint}: {}", said.text);
    }
    // Before it answers the wallet says what it would tell, with the value; nobody says yes here.
    let strips = "holder strips --dir wallet --policy paper --from 2021-06-28 --days 2 --out s.pdf";
    let said = town.run(strips);
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("id_hint: “A.K.”"), "{}", said.text);
    assert!(!town.path("s.pdf").exists());
    let said = town.run(&format!("{strips} --yes")).good();
    assert_eq!(said["disclosed"][0]["value"], "A.K.");
    let said = town.run("holder present --dir wallet poster.png --out p.png");
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(!town.path("p.png").exists());
}

#[test]
fn a_wallet_says_what_ends_soon_and_forgets_requests_that_nobody_answers_any_more() {
    let town = Town::with_pass();
    town.offer("second.png");
    let own = "--set name=Anna --set employer=Agency";
    town.run(&format!(
        "holder request --dir wallet second.png {own} --label second --out q.png"
    ))
    .good();
    let list = |at: &str| town.run_at("holder list --dir wallet", at).good();
    let early = list(&later(60));
    assert_eq!(early["passes"][0]["ends_soon"], serde_json::json!([]));
    assert_eq!(early["bundle_until"], "2021-07-05T19:04:01+03:00");
    let waiting = &early["pending"][0];
    assert_eq!(waiting["label"], "second");
    assert_eq!(waiting["until"], "2021-06-28T19:19:02+03:00", "{early}");
    let late = list("2022-05-29T12:00:00+03:00");
    let soon = &late["passes"][0]["ends_soon"];
    assert_eq!(soon[0]["attribute"], "until", "{late}");
    assert!(
        soon[0]["note"]
            .as_str()
            .unwrap()
            .starts_with("ends in 3 days")
    );
    assert!(soon[1]["note"].as_str().unwrap().starts_with("is over"));
    // The issuer answered in time, and the answer was under way: after a week it is not any more.
    let publish = |at: &str| {
        town.run_at("authority publish --dir authority --days 60 --yes", at)
            .good();
        town.run_at("holder sync --dir wallet public/holders.vp", at)
            .good();
    };
    publish("2021-07-05T19:00:00+03:00");
    assert_eq!(
        list("2021-07-05T19:00:00+03:00")["pending"][0]["label"],
        "second"
    );
    publish("2021-07-05T19:30:00+03:00");
    let gone = list("2021-07-05T19:30:00+03:00");
    assert_eq!(gone["pending"], serde_json::json!([]), "{gone}");
    assert_eq!(gone["passes"][0]["label"], "pass");
}

#[test]
fn a_lost_wallet_is_restored_and_not_made_anew() {
    let town = Town::with_pass();
    fs::remove_file(town.path("wallet/wallet.age")).unwrap();
    for line in [
        "holder list --dir wallet",
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
    ] {
        let said = town.run(line);
        assert_eq!(said.code, 2, "{}", said.text);
        assert!(
            said.text.contains("restore it from a backup"),
            "{}",
            said.text
        );
    }
    assert!(!town.path("wallet/wallet.age").exists());
}

#[test]
fn a_revoked_pass_says_so_as_long_as_it_is_in_the_wallet() {
    let town = Town::with_pass();
    let at = &later(120);
    for line in [
        "authority revoke --dir authority handle.txt",
        "authority rotate --dir authority",
        "verifier update --dir cafe public/bundle.vp",
        "verifier poster --dir cafe --out poster.png",
    ] {
        town.run_at(line, at).good();
    }
    let revoked = "this pass has been revoked; ask the issuer";
    let synced = town.run_at("holder sync --dir wallet public/holders.vp", at);
    assert_eq!(synced.json["passes"][0]["why"], revoked);
    let listed = town.run_at("holder list --dir wallet", at).good();
    assert_eq!(listed["passes"][0]["problem"], revoked);
    let shown = town.run_at(
        "holder present --dir wallet poster.png --yes --out x.vp",
        at,
    );
    assert_eq!((shown.code, &shown.json["error"]), (1, &revoked.into()));
}

#[test]
fn a_wallet_from_a_backup_receives_its_answer_and_makes_new_secrets() {
    let town = Town::founded();
    town.offer("offer.png");
    let ask = "holder request --dir wallet offer.png --set name=A --set employer=B --out";
    let before = read(&town.path("wallet/wallet.age"));
    town.run(&format!("{ask} first.vp")).good();
    let backup = read(&town.path("wallet/wallet.age"));
    // An offer is for one request; who goes back and asks again never makes the same one.
    let again = town.run(&format!("{ask} second.vp"));
    assert!(
        again.code == 1 && again.text.contains("already"),
        "{}",
        again.text
    );
    fs::write(town.path("wallet/wallet.age"), &before).unwrap();
    town.run(&format!("{ask} second.vp")).good();
    assert_ne!(read(&town.path("first.vp")), read(&town.path("second.vp")));
    fs::write(town.path("wallet/wallet.age"), &backup).unwrap();
    town.run("issuer issue --dir clinic first.vp --yes --out response.vp")
        .good();
    town.run("holder receive --dir wallet response.vp").good();
    town.run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    town.run(&format!("{VERIFY} pass.png")).good();
}
