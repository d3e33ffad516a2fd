//! Posters to print, and verdicts in the language of who reads them.
use std::fs;

use crate::terminal::{Town, later, read};

/// A sheet as a printer of 150 dots per inch draws it, as a PNG.
fn printed(svg: &[u8]) -> Vec<u8> {
    let tree = resvg::usvg::Tree::from_data(svg, &Default::default()).unwrap();
    let scale = 1240.0 / tree.size().width();
    let mut page = resvg::tiny_skia::Pixmap::new(1240, 1754).unwrap();
    let transform = resvg::tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut page.as_mut());
    page.encode_png().unwrap()
}

#[test]
fn a_printed_poster_has_the_words_of_its_languages_and_a_guest_answers_its_code() {
    let town = Town::with_pass();
    let poster =
        "verifier poster --dir cafe --lang en,ru,en --out sheet.svg --out sheet.pdf --out code.png";
    let report = town.run(poster).good();
    assert_eq!(report["out"].as_array().unwrap().len(), 3);
    let svg = String::from_utf8(read(&town.path("sheet.svg"))).unwrap();
    for text in [">Cafe<", "Show your pass here", "Покажите здесь пропуск"] {
        assert_eq!(svg.matches(text).count(), 1, "{text}");
    }
    assert!(read(&town.path("sheet.pdf")).starts_with(b"%PDF"));

    // From paper to a green verdict.
    fs::write(town.path("sheet.png"), printed(svg.as_bytes())).unwrap();
    town.run("holder present --dir wallet sheet.png --yes --out pass.vp")
        .good();
    assert_eq!(
        town.run("verifier verify --dir cafe pass.vp").good()["accepted"],
        true
    );
    let other = town.run("verifier poster --dir cafe --lang de --out sheet.pdf");
    assert_eq!(other.code, 2, "{}", other.text);
}

#[test]
fn a_verdict_has_the_language_that_was_asked_for_and_programs_read_the_same_as_ever() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.vp")
        .good();
    let verify = "verifier verify --dir cafe --lang ru pass.vp";
    assert_eq!(town.run(verify).good()["words"], "впустите гостя");
    let again = town.run(verify).json;
    assert_eq!(again["reason"], "SeenBefore");
    assert_eq!(again["message"], "this pass was already used here today");
    assert_eq!(again["error"], again["message"]);
    assert!(again["words"].as_str().unwrap().contains("использован"));

    // Bad usage: programs read it as any failure, and what was set is named by where it was set.
    let usage = |line: &str, language: &str| {
        let mut set = town.command(line, &later(3));
        crate::terminal::said(&set.env("VEILPASS_LANG", language).output().unwrap())
    };
    let wrong = usage("verifier verify --dir cafe pass.vp", "de");
    let error = wrong.json["error"].as_str().unwrap_or_default();
    assert_eq!(
        (wrong.code, &wrong.json["exit"]),
        (2, &2.into()),
        "{}",
        wrong.text
    );
    assert!(
        error.contains("VEILPASS_LANG") && !error.contains("--lang"),
        "{error}"
    );
    let wrong = usage("verifier verify --dir cafe --lang de pass.vp", "ru");
    let error = wrong.json["error"].as_str().unwrap_or_default();
    assert!(error.contains("--lang"), "{error}");
    let wrong = usage("verifier veryfy", "ru");
    assert!(wrong.json["error"].as_str().unwrap().contains("veryfy"));

    // The machine's setting, where no argument says otherwise.
    let mut set = town.command("verifier verify --dir cafe pass.vp", &later(3));
    let set = set.env("VEILPASS_LANG", "ru").output().unwrap();
    let said = String::from_utf8(set.stdout).unwrap();
    assert!(said.contains("использован"), "{said}");
}
