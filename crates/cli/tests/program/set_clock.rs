//! A clock that somebody sets: it is said wherever something comes of it, and those who sign and those who let in take
//! it in a rehearsal only.
use std::process::{Command, Output};

use crate::terminal::{AT, Said, Town, later, said};

/// A command with its clock as `at` says, or the machine's.
fn command(town: &Town, line: &str, at: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
    command
        .args(line.split_whitespace())
        .args(["--weak-keys", "--work-factor", "2"])
        .current_dir(town.0.path())
        .env("VEILPASS_PASSPHRASE", "correct horse");
    match at {
        Some(at) => command.env("VEILPASS_AT", at),
        None => command.env_remove("VEILPASS_AT"),
    };
    command
}

fn for_programs(town: &Town, line: &str, at: Option<&str>) -> Said {
    let line = format!("{line} --json");
    said(&command(town, &line, at).output().unwrap())
}

fn text(output: &Output) -> String {
    let parts = [&output.stdout, &output.stderr];
    parts.map(|part| String::from_utf8_lossy(part)).concat()
}

#[test]
fn a_set_clock_is_said_in_every_output_of_every_role_and_an_unset_one_in_none() {
    let town = Town::with_pass();
    for line in [
        "authority audit --dir authority",
        "issuer audit --dir clinic",
        "issuer register status --dir clinic",
        "holder list --dir wallet",
        "holder present --dir wallet poster.png --yes --out pass.png",
        "verifier verify --dir cafe pass.png",
        // Refused, and bad input.
        "verifier verify --dir cafe pass.png",
        "verifier verify --dir cafe poster.png",
        "holder receive --dir wallet poster.png",
        "inspect pass.png",
    ] {
        let at = later(2);
        let human = text(&command(&town, line, Some(&at)).output().unwrap());
        let clock = "the clock was set: 2021-06-28T";
        assert_eq!(human.matches(clock).count(), 1, "{line}: {human}");
        let of = for_programs(&town, line, Some(&at)).json;
        let clock = of["set_clock"].as_str().unwrap_or_default();
        // In Moscow's time; a command that knows no scheme says it in UTC.
        let same = ["2021-06-28T19:04:02+03:00", "2021-06-28T16:04:02+00:00"];
        assert!(same.contains(&clock), "{line}: {of}");
    }
    let of = for_programs(&town, "holder list --dir wallet", None).good();
    assert_eq!(of.get("set_clock"), None, "{of}");
}

#[test]
fn doors_and_issuers_take_a_set_clock_only_in_a_folder_that_was_founded_for_rehearsal() {
    let town = Town::new();
    let real = |line: &str| for_programs(&town, line, None).good();
    real("authority init --dir authority --to public");
    let files = "--scheme public/scheme.vp --bundle public/bundle.vp";
    let clinic = format!("issuer init --dir clinic {files} --out r.vp");
    let cafe = format!("verifier init --dir cafe {files} --venue Cafe --policy restaurant");
    let refused = |line: &str| {
        let of = for_programs(&town, line, Some(AT));
        assert_eq!(of.code, 2, "{line}: {}", of.text);
        let error = of.json["error"].as_str().unwrap_or_default();
        assert!(
            error.contains("not founded for rehearsal"),
            "{line}: {error}"
        );
    };
    refused(&clinic);
    refused(&cafe);
    // Nothing was founded by that.
    real(&clinic);
    real(&cafe);
    for line in [
        "issuer audit --dir clinic",
        "issuer count --dir clinic --out count.vp",
        "issuer offer --dir clinic --out offer.vp",
        "issuer import --dir clinic public/bundle.vp",
        "verifier poster --dir cafe --out poster.vp",
        "verifier ask --dir cafe --out question.vp",
        "verifier update --dir cafe public/bundle.vp",
        "verifier status --dir cafe",
        "verifier verify --dir cafe --lines",
    ] {
        refused(line);
    }
    real("verifier poster --dir cafe --out poster.vp");
    // A rehearsal takes both.
    let ward =
        format!("verifier init --rehearsal --dir ward {files} --venue Ward --policy hospital");
    real(&ward);
    let poster = "verifier poster --dir ward --out ward.vp";
    real(poster);
    let of = for_programs(&town, poster, Some(AT));
    // The bundle is of today.
    assert_eq!(of.code, 1);
    let error = of.json["error"].as_str().unwrap();
    assert!(error.contains("earlier than the bundle"), "{error}");
}

/// Where it is no rehearsal: `--yes` says that codes were compared, and nobody could before the draw was shown.
#[test]
fn nobody_says_yes_to_codes_that_were_not_shown_and_no_batch_does_without_them() {
    let town = Town::new();
    let run = |line: &str| for_programs(&town, line, None);
    let until = jiff::Zoned::now().date() + jiff::Span::new().days(200);
    for line in [
        "authority init --dir authority --to public".to_owned(),
        "issuer init --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp"
            .into(),
        "authority accredit --dir authority r.vp --label clinic --out a.vp".into(),
        "authority handles --dir authority --label clinic --count 2 --out h.vp".into(),
        "issuer import --dir clinic a.vp h.vp".into(),
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp".into(),
        format!(
            "issuer offer --dir clinic --set until={until} --set until_strict=none \
             --set birth_date=1985-03-08 --set id_hint=A.K. --out o.vp"
        ),
        "holder request --dir wallet o.vp --set name=A --set employer=A --out q.vp".into(),
    ] {
        run(&line).good();
    }
    std::fs::create_dir(town.path("requests")).unwrap();
    std::fs::copy(town.path("q.vp"), town.path("requests/q.vp")).unwrap();
    let (issue, batch) = (
        "issuer issue --dir clinic q.vp --yes --out r.vp",
        "issuer issue --dir clinic --batch requests --to responses",
    );
    let refused = |line: &str| {
        let of = run(line);
        assert_eq!(of.code, 1, "{line}: {}", of.text);
        assert!(of.text.contains("no codes were compared"), "{}", of.text);
    };
    refused(issue);
    let drawn = run("issuer draw --dir clinic q.vp --out d.vp").good();
    let shown = run("holder code --dir wallet d.vp").good();
    assert_eq!(drawn["code"], shown["code"]);
    refused(batch);
    run(issue).good();
    // What has its answer gets it again.
    assert_eq!(run(batch).good()["answered"], 1);
    run(&format!(
        "issuer offer --dir clinic --set until={until} --set until_strict=none \
         --set birth_date=1985-03-08 --set id_hint=A.K. --out o2.vp"
    ))
    .good();
    run("holder request --dir wallet o2.vp --set name=A --set employer=A --out q2.vp --label b")
        .good();
    let differ = run("issuer draw --dir clinic q2.vp --differ");
    assert_eq!(differ.code, 1, "{}", differ.text);
    let gone = run("issuer draw --dir clinic q2.vp");
    assert!(gone.text.contains("is not open"), "{}", gone.text);
}

#[test]
fn a_scheme_file_that_is_printed_by_a_set_clock_is_one() {
    let town = Town::new();
    let printed = command(&town, "authority init --print-scheme", Some(AT));
    let printed = { printed }.output().unwrap();
    std::fs::write(town.path("s.toml"), &printed.stdout).unwrap();
    assert!(text(&printed).contains("# the clock was set"));
    town.run_at("authority init --dir a --scheme s.toml", AT)
        .good();
}

#[test]
fn a_set_time_without_an_offset_is_the_scheme_s_local_time() {
    let town = Town::with_pass();
    let local = "2021-06-28T19:04:02";
    town.run_at(
        "holder present --dir wallet poster.png --yes --out pass.png",
        &later(2),
    )
    .good();
    for line in [
        "authority limit --dir authority --label clinic --per-day 9 --out l.vp",
        "issuer register status --dir clinic",
        "holder list --dir wallet",
        "verifier verify --dir cafe pass.png",
    ] {
        let of = town.run_at(line, local).good();
        assert_eq!(of["set_clock"], "2021-06-28T19:04:02+03:00", "{line}");
    }
    // The authority's log has that moment, and a command without a scheme asks for the offset.
    let audit = town.run_at("authority audit --dir authority", local).good();
    assert_eq!(audit["issuers"][0]["per_day"], 9);
    let of = town.run_at("issuer evidence check c.png --trust signers", local);
    assert_eq!(of.code, 2);
    assert!(
        of.text.contains("write --at with its offset"),
        "{}",
        of.text
    );
}
