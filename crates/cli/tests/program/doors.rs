//! What a door takes, what it has asked, and what it says of itself.
use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::terminal::{AT, Said, Town, later, read, said};

const FILES: &str = "--scheme public/scheme.vp --bundle public/bundle.vp";

/// A town with a pass and a ward, which recognises nobody: one wallet plays every guest.
fn town() -> Town {
    let town = Town::with_pass();
    town.run(&format!(
        "verifier init --rehearsal --dir ward {FILES} --venue Ward --policy hospital"
    ))
    .good();
    town.run("verifier poster --dir ward --out ward.vp").good();
    town
}

fn ask(town: &Town, out: &str) {
    town.run(&format!("verifier ask --dir ward --out {out}"))
        .good();
}

fn answer(town: &Town, question: &str, out: &str) {
    let present = format!("holder present --dir wallet {question} --yes --out {out}");
    town.run(&present).good();
}

fn verify(town: &Town, pass: &str) -> Said {
    town.run(&format!("verifier verify --dir ward {pass}"))
}

#[track_caller]
fn red(said: &Said, reason: &str) {
    assert_eq!(said.code, 1, "{}", said.text);
    assert_eq!(said.json["accepted"], false, "{}", said.text);
    assert_eq!(said.json["reason"], reason, "{}", said.text);
}

fn open_questions(town: &Town) -> usize {
    let status = town.run("verifier status --dir ward").good();
    status["open_questions"].as_array().unwrap().len()
}

#[test]
fn a_door_that_has_asked_takes_the_answer_and_no_pass_for_the_poster() {
    let town = town();
    ask(&town, "question.vp");
    answer(&town, "ward.vp", "poster-pass.vp");
    let asked = |pass: &str| verify(&town, &format!("{pass} --question question.vp"));
    red(&asked("poster-pass.vp"), "OtherQuestion");
    assert_eq!(open_questions(&town), 1, "nothing was used up");
    answer(&town, "question.vp", "answer.vp");
    asked("answer.vp").good();
    red(&asked("answer.vp"), "QuestionClosed");
    red(&asked("poster-pass.vp"), "QuestionClosed");
    // Without the question named the door takes what it is set up for.
    verify(&town, "poster-pass.vp").good();
}

#[test]
fn two_doors_ask_from_one_folder_and_both_guests_are_let_in_whatever_comes_between() {
    let town = town();
    for n in [1, 2] {
        ask(&town, &format!("q{n}.vp"));
        answer(&town, &format!("q{n}.vp"), &format!("a{n}.vp"));
    }
    assert_eq!(open_questions(&town), 2);
    // Garbage, an empty proof that says it answers a question, a real pass that says so, one that does not verify.
    answer(&town, "ward.vp", "poster-pass.vp");
    let mut lying = read(&town.path("poster-pass.vp"));
    lying[6] = 0;
    fs::write(town.path("lying.vp"), &lying).unwrap();
    fs::write(town.path("header.vp"), &lying[..31]).unwrap();
    let mut spoilt = read(&town.path("a2.vp"));
    *spoilt.last_mut().unwrap() ^= 1;
    fs::write(town.path("spoilt.vp"), &spoilt).unwrap();
    for bad in ["lying.vp", "header.vp", "spoilt.vp"] {
        let of = verify(&town, bad);
        assert_eq!(of.code, 1, "{bad}: {}", of.text);
        assert_eq!(open_questions(&town), 2, "{bad}");
    }
    // The older question's answer first, then the newer one's: a door that took only the newest refused both.
    for (n, left) in [(1, 1), (2, 0)] {
        verify(&town, &format!("a{n}.vp")).good();
        assert_eq!(open_questions(&town), left);
        red(
            &verify(&town, &format!("a{n}.vp --question q{n}.vp")),
            "QuestionClosed",
        );
    }
    // A question ends by itself.
    ask(&town, "q3.vp");
    answer(&town, "q3.vp", "a3.vp");
    let late = "verifier verify --dir ward a3.vp --question q3.vp";
    let of = town.run_at(late, &later(300));
    red(&of, "QuestionClosed");
}

#[test]
fn what_a_door_takes_is_its_set_up_and_may_be_posters_and_strips_at_once() {
    let town = Town::with_pass();
    let init = |dir: &str, venue: &str, more: &str| {
        town.run(&format!(
            "verifier init --rehearsal --dir {dir} {FILES} --venue {venue} --policy restaurant {more}"
        ))
    };
    let both = init("both", "Cafe", "--modes poster,strip").good();
    assert_eq!(both["modes"], serde_json::json!(["poster", "strip"]));
    let usual = init("usual", "Cafe", "").good();
    assert_eq!(usual["modes"], serde_json::json!(["challenge", "poster"]));
    init("asking", "Cafe", "--modes challenge").good();
    let strips = "holder strips --dir wallet --policy restaurant --venue Cafe --from 2021-06-28 --days 1 --yes";
    town.run(&format!("{strips} --out strips.svg")).good();
    let strips = crate::roles::strips_on(&read(&town.path("strips.svg")));
    fs::write(town.path("strip.txt"), &strips[0]).unwrap();
    answer(&town, "poster.png", "pass.vp");
    let at = |dir: &str, pass: &str| town.run(&format!("verifier verify --dir {dir} {pass}"));
    at("both", "strip.txt").good();
    // The same guest, and so seen: the proof was good.
    red(&at("both", "pass.vp"), "SeenBefore");
    red(&at("usual", "strip.txt"), "NoStrips");
    // Strips for any door name no venue, so it cannot be another one.
    let strips =
        "holder strips --dir wallet --policy paper --from 2021-06-28 --days 1 --yes --out s.svg";
    town.run(strips).good();
    let strips = crate::roles::strips_on(&read(&town.path("s.svg")));
    fs::write(town.path("paper.txt"), &strips[0]).unwrap();
    red(&at("usual", "paper.txt"), "NoStrips");
    red(&at("both", "paper.txt"), "OtherQuestion");
    at("usual", "pass.vp").good();
    // A door that asks everybody takes neither, and says that it has no poster.
    red(&at("asking", "strip.txt"), "NoStrips");
    red(&at("asking", "pass.vp"), "QuestionClosed");
    // One that takes strips and has named its question takes the answer alone, and does not say that it takes no strips.
    init("named", "Cafe", "--modes challenge,strip").good();
    town.run("verifier ask --dir named --out q.vp").good();
    let asked = at("named", "strip.txt --question q.vp");
    red(&asked, "OtherQuestion");
    let poster = town.run("verifier poster --dir asking --out x.vp");
    assert_eq!(poster.code, 2);
    assert!(poster.text.contains("verifier set-up"), "{}", poster.text);
    // Set up anew, with what it remembers.
    town.run("verifier set-up --dir usual --modes strip").good();
    red(&at("usual", "pass.vp"), "OtherQuestion");
    red(&at("usual", "strip.txt"), "SeenBefore");
    // No door takes what its policy does not.
    let paper = format!("verifier init --rehearsal --dir p {FILES} --venue Cafe --policy paper");
    let refused = town.run(&format!("{paper} --modes poster"));
    assert_eq!(refused.code, 2);
    assert_eq!(
        town.run(&paper).good()["modes"],
        serde_json::json!(["strip"])
    );
}

#[test]
fn a_door_with_an_older_bundle_says_that_it_must_be_updated_and_not_the_guest() {
    let town = town();
    town.run_at("authority publish --dir authority --to public", &later(60))
        .good();
    town.run_at("holder sync --dir wallet public/holders.vp", &later(70))
        .good();
    let present = "holder present --dir wallet ward.vp --yes --out pass.vp";
    town.run_at(present, &later(80)).good();
    let verify = "verifier verify --dir ward pass.vp";
    let behind = town.run_at(verify, &later(81));
    red(&behind, "DoorBehind");
    let message = behind.json["message"].as_str().unwrap();
    assert!(message.contains("update this door"), "{message}");
    town.run_at("verifier update --dir ward public/bundle.vp", &later(82))
        .good();
    town.run_at(verify, &later(83)).good();
}

#[test]
fn a_door_prints_no_poster_and_asks_nobody_by_a_bundle_that_is_out_of_date() {
    let town = town();
    let eight_weeks_later = "2021-08-23T19:04:00+03:00";
    for line in [
        "verifier poster --dir ward --out p.vp",
        "verifier ask --dir ward --out q.vp",
    ] {
        let of = town.run_at(line, eight_weeks_later);
        assert_eq!(of.code, 1, "{line}: {}", of.text);
        let error = of.json["error"].as_str().unwrap();
        assert!(error.contains("out of date"), "{line}: {error}");
    }
    assert!(!town.path("p.vp").exists() && !town.path("q.vp").exists());
}

fn feed(town: &Town, input: &[u8]) -> Output {
    let mut child = town
        .command("verifier verify --dir ward --lines", &later(2))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn a_scanner_s_lines_each_get_a_verdict_and_none_of_them_ends_the_work_or_names_a_file() {
    let town = town();
    let pass = |out: &str| {
        answer(&town, "ward.vp", out);
        fs::read_to_string(town.path(out)).unwrap()
    };
    let (first, second) = (pass("first.txt"), pass("second.txt"));
    let long = format!("VP2:{}", "A".repeat(1 << 20));
    let before: &[&[u8]] = &[
        b"",
        b"   ",
        b"first.txt",
        b"file:first.txt",
        b"-",
        b"VP2:\0\0",
        b"\xff\xfe\xfd",
        long.as_bytes(),
        b"https://example.org",
        first.trim().as_bytes(),
        first.trim().as_bytes(),
    ];
    let mut input = before.join(&b'\n');
    input.extend_from_slice(b"\r\n");
    // Without an end of its line.
    input.extend_from_slice(second.trim().as_bytes());
    let output = feed(&town, &input);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let verdicts: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(verdicts.len(), before.len() + 1, "{text}");
    for (number, verdict) in verdicts.iter().enumerate() {
        assert_eq!(verdict["line"], number + 1);
        assert!(verdict["set_clock"].is_string(), "{verdict}");
        let accepted = [before.len() - 2, before.len()].contains(&number);
        assert_eq!(verdict["accepted"], accepted, "{number}: {verdict}");
        let told = verdict["error"].is_string() || verdict["reason"].is_string();
        assert_eq!(told, !accepted, "{verdict}");
    }
    assert_eq!(verdicts[before.len() - 1]["reason"], "CodeSeen");
    let cut = "this code is damaged or incomplete; scan it again";
    assert_eq!(verdicts[5]["error"], cut);
    // The door remembers what the lines brought.
    red(&verify(&town, "second.txt"), "CodeSeen");
    let status = town.run("verifier status --dir ward").good();
    assert_eq!((&status["green"], &status["red"]), (&2.into(), &2.into()));
    // A folder that is no door's is told at once.
    let nowhere = town.run("verifier verify --dir nowhere --lines");
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.json["error"].is_string());
}

#[test]
fn a_turnstile_gets_its_verdict_before_the_next_pass_is_scanned() {
    use std::io::{BufRead, BufReader};
    let town = town();
    answer(&town, "ward.vp", "pass.txt");
    let pass = fs::read_to_string(town.path("pass.txt")).unwrap();
    let mut child = town
        .command("verifier verify --dir ward --lines", &later(2))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut verdicts = BufReader::new(child.stdout.take().unwrap()).lines();
    for accepted in [true, false] {
        writeln!(stdin, "{}", pass.trim()).unwrap();
        let verdict = verdicts.next().unwrap().unwrap();
        let verdict: Value = serde_json::from_str(&verdict).unwrap();
        assert_eq!(verdict["accepted"], accepted, "{verdict}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(verdicts.next().is_none());
}

#[test]
fn a_door_s_status_says_what_it_takes_when_its_bundle_ends_and_what_came_of_today() {
    let town = town();
    ask(&town, "q.vp");
    answer(&town, "ward.vp", "pass.vp");
    verify(&town, "pass.vp").good();
    red(&verify(&town, "pass.vp"), "CodeSeen");
    red(&verify(&town, "pass.vp"), "CodeSeen");
    let at = |at: &str| town.run_at("verifier status --dir ward", at).good();
    let of = at(&later(10));
    assert_eq!(of["venue"], "Ward");
    assert_eq!(of["modes"], serde_json::json!(["challenge", "poster"]));
    // A week from the second bundle on, whose last epoch is open until it ends; in Moscow's time.
    assert_eq!(of["bundle"], 2);
    assert_eq!(of["bundle_until"], "2021-07-05T19:04:01+03:00");
    assert_eq!(of["registry_epoch"]["until"], "2021-07-05T19:04:01+03:00");
    assert_eq!(of["open_questions"].as_array().unwrap().len(), 1);
    // An hour later the question has ended.
    let hour_later = "2021-06-28T20:10:00+03:00";
    let late = town.run_at("verifier verify --dir ward pass.vp", hour_later);
    red(&late, "TooOld");
    let of = at(hour_later);
    assert_eq!(of["open_questions"], serde_json::json!([]));
    assert_eq!((&of["green"], &of["red"]), (&1.into(), &3.into()));
    let mut today: Vec<_> = of["today"].as_array().unwrap().iter().collect();
    today.sort_by_key(|of| (of["hour"].to_string(), of["count"].as_u64()));
    let hours: Vec<_> = today
        .iter()
        .map(|of| {
            (
                of["hour"].as_str().unwrap(),
                &of["reason"],
                of["count"].as_u64().unwrap(),
            )
        })
        .collect();
    let (seven, eight) = ("2021-06-28T19:00:00+03:00", "2021-06-28T20:00:00+03:00");
    assert_eq!(
        hours,
        [
            (seven, &Value::Null, 1),
            (seven, &"CodeSeen".into(), 2),
            (eight, &"TooOld".into(), 1)
        ]
    );
    // Another day begins at nothing, and a bundle that has ended is named.
    let of = at("2021-07-06T09:00:00+03:00");
    assert_eq!((&of["green"], &of["red"]), (&0.into(), &0.into()));
    assert!(
        of["problem"].as_str().unwrap().contains("out of date"),
        "{of}"
    );
    assert_eq!(of["registry_epoch"], Value::Null);
    // Nothing about a guest is in what is counted.
    let human = town
        .command("verifier status --dir ward", AT)
        .output()
        .unwrap();
    assert_eq!(said(&human).code, 0);
}

#[test]
fn a_venue_s_name_is_trimmed_has_64_letters_of_any_alphabet_and_a_bad_character_is_named() {
    let town = Town::with_pass();
    let init = |dir: &str, venue: &str| {
        let mut command = town.command(
            &format!("verifier init --rehearsal --dir {dir} {FILES} --policy restaurant"),
            AT,
        );
        said(&command.args(["--venue", venue]).output().unwrap())
    };
    assert_eq!(init("spaces", " Cafe ").good()["venue"], "Cafe");
    let long = "Ж".repeat(64);
    assert_eq!(init("long", &long).good()["venue"], *long);
    // And a wallet reads its poster, and the door its pass.
    town.run("verifier poster --dir long --out long.vp").good();
    answer(&town, "long.vp", "pass.vp");
    town.run("verifier verify --dir long pass.vp").good();
    for (venue, told) in [
        ("Ж".repeat(65), "64 characters; this one has 65"),
        (String::new(), "this one has 0"),
        (
            "Ca\u{202e}fe".to_owned(),
            "the venue's name: character 3 of it is U+202E",
        ),
        (
            "Ca\u{7}fe".to_owned(),
            "the venue's name: character 3 of it is U+0007",
        ),
    ] {
        let of = init("bad", &venue);
        assert_eq!(of.code, 2, "{venue:?}");
        let error = of.json["error"].as_str().unwrap();
        assert!(error.contains(told), "{venue:?}: {error}");
    }
}

#[test]
fn a_guest_s_name_has_64_letters_of_any_alphabet() {
    let town = Town::founded();
    town.offer("offer.png");
    let name = "Ж".repeat(64);
    let request = |name: &str| {
        let set = format!("--set name={name} --set employer=Agency --out request.png");
        town.run(&format!("holder request --dir wallet offer.png {set}"))
    };
    let refused = request(&"Ж".repeat(65));
    assert_ne!(refused.code, 0);
    assert!(
        refused.text.contains("longer than 64 characters"),
        "{}",
        refused.text
    );
    request(&name).good();
    town.run("issuer issue --dir clinic request.png --yes --out response.png")
        .good();
    town.run("holder receive --dir wallet response.png").good();
    let list = town.run("holder list --dir wallet").good();
    assert_eq!(list["passes"][0]["attributes"]["name"], *name);
}

#[test]
fn a_new_door_says_that_its_folder_is_its_memory() {
    let town = Town::with_pass();
    let line =
        format!("verifier init --rehearsal --dir bar {FILES} --venue Bar --policy restaurant");
    let command = town.command(&line, AT);
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let arguments = arguments.into_iter().filter(|word| word != "--json");
    let output = std::process::Command::new(command.get_program())
        .args(arguments)
        .current_dir(town.0.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("only bar knows who was here today"), "{text}");
}
