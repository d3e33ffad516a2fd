//! What imports and batches leave in folders.

use std::fs;

use crate::register::{IMPORT, claims, imported, register};
use crate::terminal::Town;

#[test]
fn an_import_that_was_done_elsewhere_names_no_letters_that_are_not_there() {
    let town = Town::founded();
    register(&town, 60);
    let first = imported(town.run(IMPORT));
    assert!(first["claims_file"].is_string() && first["rejects_file"].is_string());
    let again = town.run(&IMPORT.replace("--to letters", "--to elsewhere"));
    let said = imported(again);
    assert!(
        said["claims_file"].is_null() && said["rejects_file"].is_null(),
        "{said}"
    );
    assert!(
        !town.path("elsewhere").exists(),
        "and nothing is made there"
    );
    imported(town.run(IMPORT));
}

#[test]
fn offers_of_a_batch_say_which_claim_they_are_for_and_can_be_pictures() {
    let town = Town::founded();
    register(&town, 60);
    let said = imported(town.run(IMPORT));
    let file = said["claims_file"].as_str().unwrap().to_owned();
    let all = claims(&town);
    let offers = |more: &str| {
        town.run(&format!("issuer offer --dir clinic --claims {file} {more}"))
            .good();
    };
    offers("--to files");
    for (line, _, _) in &all {
        assert!(
            town.path(&format!("files/offer-{line}.vp")).exists(),
            "{line}"
        );
    }
    // One more for the same letter makes the other void, and says so.
    let (_, _, letter) = &all[0];
    let again = town
        .run(&format!("issuer offer --dir clinic --claim {letter}"))
        .good();
    assert_eq!(again["earlier_offer_void"], true, "{again}");
    // Line 51 of the register is its 50th row, which is bad; after it, place and line differ.
    let (line, _, code) = all.last().unwrap();
    assert_ne!(line.parse::<usize>().unwrap(), all.len() + 1);
    for form in ["png", "svg", "txt"] {
        offers(&format!("--to {form} --form {form}"));
        let offer = format!("{form}/offer-{line}.{form}");
        assert!(town.path(&offer).exists());
        if form == "svg" {
            continue;
        }
        let own = "--set name=A --set employer=A";
        let request =
            format!("holder request --dir wallet {offer} {own} --label {form} --out {form}.vp");
        town.run(&request).good();
    }
    // None of them says at which second it was made: all end with a day.
    let list = town.run("holder list --dir wallet").good();
    for one in list["pending"].as_array().unwrap() {
        let until = one["until"].as_str().unwrap();
        assert!(until.contains("T00:00:00"), "{until}");
    }
    // Only the newest offer for a claim counts, and it is that claim's.
    assert_eq!(town.run("issuer issue --dir clinic png.vp --yes").code, 1);
    town.run("issuer issue --dir clinic txt.vp --yes").good();
    let used = town.run(&format!("issuer offer --dir clinic --claim {code}"));
    assert!(used.text.contains("used already"), "{}", used.text);
    // Two claims files in one would give one name to two offers.
    let text = fs::read_to_string(town.path(&file)).unwrap();
    let twice: String = text
        .lines()
        .chain(text.lines().skip(1))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(town.path("twice.csv"), twice).unwrap();
    let refused = town.run("issuer offer --dir clinic --claims twice.csv --to twice");
    assert_eq!(refused.code, 2, "{}", refused.text);
    assert!(refused.text.contains("comes twice"), "{}", refused.text);
}
