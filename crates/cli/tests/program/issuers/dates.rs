//! Dates with which a pass could not be shown.

use std::fs;

use crate::register::{IMPORT, imported, register};
use crate::terminal::Town;

const OFFER: &str = "issuer offer --dir clinic --set id_hint=A.K.";

#[test]
fn dates_with_which_a_pass_could_not_be_shown_are_refused_at_the_offer_and_the_last_day_is_named() {
    let town = Town::founded();
    let offer = |until: &str, strict: &str, born: &str| {
        town.run(&format!(
            "{OFFER} --set until={until} --set until_strict={strict} --set birth_date={born} --out o.vp"
        ))
    };
    let born = "1985-03-08";
    for (until, strict, born, told) in [
        (
            "2022-11-22",
            "none",
            born,
            "until: 2022-11-22 is too far ahead to be shown; the last possible day is 2022-11-21",
        ),
        (
            "2022-06-01",
            "2031-06-01",
            born,
            "until_strict: 2031-06-01 is too far ahead",
        ),
        ("2021-06-27", "none", born, "until: 2021-06-27 has passed"),
        ("never", "none", born, "no pass is good for ever"),
        (
            "2022-06-01",
            "never",
            born,
            "or none for a stricter date that does not apply",
        ),
        ("none", "none", born, "until and until_strict are none"),
        ("2022-06-01", "none", "none", "birth_date: a day is needed"),
        (
            "2022-06-01",
            "none",
            "2021-06-29",
            "birth_date: 2021-06-29 is still to come",
        ),
        (
            "2022-06-01",
            "none",
            "1300-01-01",
            "birth_date: 1300-01-01 is too long ago to be shown",
        ),
    ] {
        let refused = offer(until, strict, born);
        assert_eq!(refused.code, 2, "{until} {strict} {born}: {}", refused.text);
        assert!(refused.text.contains(told), "{told}: {}", refused.text);
    }
    // On the last possible day a wallet takes it.
    offer("2022-11-21", "none", born).good();
    let own = "--set name=A --set employer=A";
    town.run(&format!(
        "holder request --dir wallet o.vp {own} --label last --out q.vp"
    ))
    .good();
    town.run("issuer issue --dir clinic q.vp --yes --out r.vp")
        .good();
    town.run("holder receive --dir wallet r.vp").good();
    let list = town.run("holder list --dir wallet").good();
    assert_eq!(
        list["passes"][0]["attributes"]["until"], "2022-11-21",
        "{list}"
    );
}

#[test]
fn rows_whose_rules_give_a_day_too_far_ahead_are_rejected_and_the_last_day_is_named() {
    let town = Town::founded();
    register(&town, 3);
    let rules = fs::read_to_string(town.path("rules.toml")).unwrap();
    fs::write(
        town.path("long.toml"),
        rules.replace("12 months", "36 months"),
    )
    .unwrap();
    town.run("authority sign-rules --dir authority long.toml --out long.signed.toml")
        .good();
    let said = imported(town.run(&IMPORT.replace("rules.signed.toml", "long.signed.toml")));
    assert_eq!((&said["claims"], &said["rejected"]), (&0.into(), &3.into()));
    let rejects = fs::read_to_string(town.path(said["rejects_file"].as_str().unwrap())).unwrap();
    assert!(
        rejects.contains("the last possible day is 2022-11-21"),
        "{rejects}"
    );
}
