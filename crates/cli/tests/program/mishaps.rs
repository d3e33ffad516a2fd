//! What must not go wrong when people, clocks and hands slip: nothing is lost, nothing comes back, nothing
//! stays that was to be forgotten.
use std::fs;

use crate::terminal::{AT, Town, later, read};

const VERIFY: &str = "verifier verify --dir cafe";

#[test]
fn a_wrong_clock_does_not_make_a_door_forget_whom_it_let_in() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.png")
        .good();
    let verify = format!("{VERIFY} pass.png");
    town.run(&verify).good();
    let stale = town.run_at(&verify, "2022-11-29T00:00:00Z");
    assert_eq!(stale.json["reason"], "BundleStale");
    assert_eq!(town.run(&verify).json["reason"], "SeenBefore");
    // A few days ahead, where the bundle is still good: what was remembered of today is gone.
    let ahead = town.run_at(&verify, "2021-07-01T12:00:00+03:00");
    assert_eq!(ahead.json["accepted"], false, "{}", ahead.text);
    let back = town.run(&verify);
    assert_eq!(back.code, 2, "{}", back.text);
    assert!(back.text.contains("on a later day"), "{}", back.text);
}

#[test]
fn a_door_that_watches_learns_of_a_newer_bundle() {
    let town = Town::with_pass();
    fs::create_dir(town.path("camera")).unwrap();
    let at = "2021-06-29T19:30:00+03:00";
    let mut watch = town
        .command(&format!("{VERIFY} --watch camera --stop-after 1"), at)
        .spawn()
        .unwrap();
    // Long enough before that the grace of the old epoch is over, a day.
    let earlier = "2021-06-28T19:20:00+03:00";
    town.run_at("authority revoke --dir authority handle.txt", earlier)
        .good();
    town.run_at("authority publish --dir authority --to next", earlier)
        .good();
    town.run_at("verifier update --dir cafe next/bundle.vp", at)
        .good();
    town.run_at(
        "holder present --dir wallet poster.png --yes --out pass.png",
        at,
    )
    .good();
    fs::copy(town.path("pass.png"), town.path("camera/PASS.PNG")).unwrap();
    let output = watch.wait().and_then(|_| {
        let mut text = String::new();
        std::io::Read::read_to_string(watch.stdout.as_mut().unwrap(), &mut text)?;
        Ok(text)
    });
    let output = output.unwrap();
    let first: serde_json::Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    assert_eq!(first["accepted"], false, "{output}");
}

#[test]
fn a_clock_that_was_wrong_once_does_not_end_the_scheme() {
    let town = Town::with_pass();
    let publish = "authority publish --dir authority --to next";
    let doubted = town.run_at(publish, "2062-01-01T00:00:00Z");
    assert_eq!(doubted.code, 1);
    assert!(doubted.text.contains("--yes"), "{}", doubted.text);
    town.run_at(&format!("{publish} --yes"), "2062-01-01T00:00:00Z")
        .good();
    let doubted = town.run_at(publish, &later(60));
    assert!(
        doubted.text.contains("the clock is wrong"),
        "{}",
        doubted.text
    );
    town.run_at(&format!("{publish} --yes"), &later(60)).good();
    // Twice in one second is no mistake.
    town.run_at(publish, &later(60)).good();
    let at = later(63);
    town.run_at("verifier update --dir cafe next/bundle.vp", &at)
        .good();
    town.run_at("holder sync --dir wallet next/holders.vp", &at)
        .good();
    town.run_at(
        "holder present --dir wallet poster.png --yes --out pass.png",
        &at,
    )
    .good();
    town.run_at(&format!("{VERIFY} pass.png"), &at).good();
}

#[test]
fn keys_are_never_replaced_by_setting_up_again() {
    let town = Town::founded();
    for (folder, key, init) in [
        ("authority", "online.age", "authority init --dir authority"),
        (
            "clinic",
            "issuer.age",
            "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp",
        ),
    ] {
        let key = town.path(&format!("{folder}/{key}"));
        let before = read(&key);
        for entry in fs::read_dir(town.path(folder)).unwrap().flatten() {
            if entry.file_name().to_string_lossy().contains(".db") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        let said = town.run(init);
        assert_eq!(said.code, 2);
        assert!(said.text.contains("restore the database"), "{}", said.text);
        assert_eq!(read(&key), before);
    }
}

#[test]
fn what_was_forgotten_is_in_no_file() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.vp")
        .good();
    town.run(&format!("{VERIFY} pass.vp")).good();
    // The hint of the answered offer, as the store had it.
    for entry in fs::read_dir(town.path("clinic")).unwrap().flatten() {
        let bytes = read(&entry.path());
        let found = bytes.windows(6).any(|window| window == b"\x00\x04A.K.");
        assert!(
            !found,
            "{} still has the attributes",
            entry.path().display()
        );
    }
    // An offer that nobody took, after its end.
    town.offer("offer.png");
    town.run_at("issuer audit --dir clinic", "2021-06-30T19:04:00+03:00")
        .good();
    for entry in fs::read_dir(town.path("clinic")).unwrap().flatten() {
        let bytes = read(&entry.path());
        let found = bytes.windows(6).any(|window| window == b"\x00\x04A.K.");
        assert!(
            !found,
            "{} still has the attributes",
            entry.path().display()
        );
    }
}

#[test]
fn a_slip_in_where_it_shall_go_changes_nothing() {
    let town = Town::with_pass();
    let wallet = read(&town.path("wallet/wallet.age"));
    fs::create_dir(town.path("folder.png")).unwrap();
    for out in [
        "wallet/wallet.age",
        "cafe/verifier.db",
        "nowhere/x.png",
        "x.jpg",
        "folder.png",
    ] {
        let present = format!("holder present --dir wallet poster.png --yes --out {out}");
        assert_eq!(town.run(&present).code, 2, "{out}");
    }
    assert_eq!(read(&town.path("wallet/wallet.age")), wallet);
    // Nothing is made that has no place to go: these can be done again.
    let clinic = "issuer init --rehearsal --dir c2 --scheme public/scheme.vp --bundle public/bundle.vp --out";
    assert_eq!(town.run(&format!("{clinic} nowhere/r.vp")).code, 2);
    town.run(&format!("{clinic} r2.vp")).good();
    let accredit = "authority accredit --dir authority r2.vp --label c2 --out";
    assert_eq!(town.run(&format!("{accredit} nowhere/a.vp")).code, 2);
    town.run(&format!("{accredit} a2.vp")).good();
    // The paper went astray: the same one again.
    town.run(&format!("{accredit} a3.vp")).good();
    assert_eq!(read(&town.path("a2.vp")), read(&town.path("a3.vp")));
    assert_eq!(
        town.run("authority accredit --dir authority r.vp --label c2 --out a4.vp")
            .code,
        1
    );
    // No handles are drawn that nobody gets.
    let draw = "authority handles --dir authority --label c2 --count 3 --out";
    assert_eq!(town.run(&format!("{draw} nowhere/h.vp")).code, 2);
    // Nor do they replace others, which are in that file and nowhere else.
    let others = read(&town.path("h.vp"));
    assert_eq!(town.run(&format!("{draw} h.vp")).code, 2);
    assert_eq!(read(&town.path("h.vp")), others);
    let audit = town.run("authority audit --dir authority").good();
    assert_eq!(audit["issuers"][0]["label"], "c2");
    assert_eq!(audit["issuers"][0]["drawn"], 0);
    // One guest's handle does not replace another's.
    town.offer("offer.png");
    town.run("holder request --dir wallet offer.png --set name=B --set employer=x --out q.png")
        .good();
    let issue = "issuer issue --dir clinic q.png --yes --out r.png --handle-out";
    assert_eq!(town.run(&format!("{issue} handle.txt")).code, 2);
    town.run(&format!("{issue} handle-2.txt")).good();
}

#[test]
fn a_list_of_revocations_is_worked_through_to_its_end() {
    let town = Town::with_pass();
    let good = fs::read_to_string(town.path("handle.txt")).unwrap();
    let unknown = "ab".repeat(32);
    fs::write(town.path("list.txt"), format!("{unknown}\n{good}")).unwrap();
    let said = town.run("authority revoke --dir authority list.txt");
    assert_eq!((said.code, &said.json["revoked"]), (1, &1.into()));
    assert!(said.text.contains(&unknown));
    let again = town.run("authority revoke --dir authority list.txt");
    assert_eq!((again.code, &again.json["revoked"]), (1, &0.into()));
}

#[test]
fn nothing_that_acts_on_a_terminal_gets_into_a_pass_or_a_list() {
    let town = Town::founded();
    let escape = "id_hint=\u{1b}[2JGREEN\n";
    fs::write(
        town.path("set.txt"),
        format!("until=2022-06-01\nuntil_strict=none\nbirth_date=1985-03-08\n{escape}"),
    )
    .unwrap();
    let said = town.run("issuer offer --dir clinic --set-file set.txt --out o.png");
    assert_eq!(said.code, 2);
    assert!(!said.text.contains('\u{1b}'));
    for label in ["../x", "a.b", "a\u{1b}b", &"x".repeat(70_000)] {
        let mut command = town.command("holder request --dir wallet poster.png --label", &later(2));
        let output = command.arg(label).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
    }
    for slip in ["until=2020-01-01", "birth_date=2985-03-08"] {
        let line =
            "issuer offer --dir clinic --set until_strict=none --set id_hint=A.K. --out o.png";
        let other = if slip.starts_with('u') {
            "birth_date=1985-03-08"
        } else {
            "until=2022-06-01"
        };
        let said = town.run(&format!("{line} --set {slip} --set {other}"));
        assert_eq!(said.code, 2, "{slip}: {}", said.text);
    }
}

#[test]
fn an_accreditation_that_does_not_verify_does_not_replace_a_good_one() {
    let town = Town::with_pass();
    let mut paper = read(&town.path("a.vp"));
    *paper.last_mut().unwrap() = 9;
    fs::write(town.path("b.vp"), paper).unwrap();
    assert_eq!(town.run("issuer import --dir clinic b.vp").code, 1);
    town.offer("offer.png");
    // Another issuer's handles, and handles that nobody signed.
    town.run(
        "issuer init --rehearsal --dir c2 --scheme public/scheme.vp --bundle public/bundle.vp --out r2.vp",
    )
    .good();
    town.run("authority accredit --dir authority r2.vp --label c2 --out a2.vp")
        .good();
    town.run("authority handles --dir authority --label c2 --count 2 --out h2.vp")
        .good();
    assert_eq!(town.run("issuer import --dir clinic h2.vp").code, 1);
    let mut forged = read(&town.path("h2.vp"));
    *forged.last_mut().unwrap() ^= 1;
    fs::write(town.path("h3.vp"), forged).unwrap();
    assert_eq!(town.run("issuer import --dir c2 h3.vp").code, 1);
    town.run("issuer import --dir c2 a2.vp h2.vp").good();
    town.run_at("authority audit --dir authority", AT).good();
}

#[test]
fn keys_that_are_trusted_no_more_are_replaced_by_files_alone() {
    let town = Town::with_pass();
    let at = "2021-06-29T12:00:00+03:00";
    town.run_at(
        "authority rotate --dir authority --accreditation --dates --end-older --to next",
        at,
    )
    .good();
    assert!(!town.path("authority/online.age.next").exists());
    assert!(!town.path("authority/accreditation.age.next").exists());
    let late = "2021-06-29T12:01:00+03:00";
    let offer = "issuer offer --dir clinic --set until=2022-06-01 --set until_strict=none \
                 --set birth_date=1985-03-08 --set id_hint=A.K. --out offer.png";
    town.run_at("issuer import --dir clinic next/bundle.vp", late)
        .good();
    assert_eq!(town.run_at(offer, late).code, 1, "the old accreditation");
    town.run_at(
        "issuer import --dir clinic authority/accreditations/clinic.vp",
        late,
    )
    .good();
    town.run_at(offer, late).good();
    town.run_at("holder sync --dir wallet next/holders.vp", late)
        .good();
    town.run_at("verifier update --dir cafe next/bundle.vp", late)
        .good();
    town.run_at(
        "holder present --dir wallet poster.png --yes --out pass.png",
        late,
    )
    .good();
    town.run_at(&format!("{VERIFY} pass.png"), late).good();
    // And the authority goes on with the new keys.
    town.run_at(
        "authority handles --dir authority --label clinic --count 2 --out h9.vp",
        late,
    )
    .good();
    town.run_at("issuer import --dir clinic h9.vp", late).good();
}

#[test]
fn announced_keys_come_into_force_at_the_switch_and_nobody_is_refused_on_either_side_of_it() {
    let town = Town::with_pass();
    let line = "authority rotate --dir authority --accreditation --dates --to next";
    let said = town.run_at(line, &later(60)).good();
    assert_eq!(said["key_set"], 2, "{said}");
    // Another one must wait for the end of this one.
    let again = town.run_at(line, &later(90));
    assert!(
        again.code != 0 && again.text.contains("still serves"),
        "{}",
        again.text
    );
    town.run_at("verifier update --dir cafe next/bundle.vp", &later(120))
        .good();
    let show = |at: &str, out: &str| {
        let line = format!("holder present --dir wallet poster.png --yes --out {out}");
        town.run_at(&line, at).good();
        town.run_at(&format!("{VERIFY} {out}"), at).good();
    };
    // Before the switch, by a wallet that has not fetched; then the pass is shown once more, by one that has.
    show(&later(180), "old.png");
    town.run_at("holder sync --dir wallet next/holders.vp", &later(200))
        .good();
    let switched = "2021-06-29T04:00:01+03:00";
    show(switched, "new.png");
    // The clinic issues with its old accreditation until the switch, and with the new one from the start.
    let paper = "authority/accreditations/clinic.vp";
    town.run_at(
        &format!("issuer import --dir clinic next/bundle.vp {paper}"),
        &later(240),
    )
    .good();
    town.run_at("issuer status --dir clinic", &later(240))
        .good();
}

#[test]
fn inspect_does_not_call_a_few_bytes_an_artefact() {
    let town = Town::new();
    for letter in "SIahBHOqrQP".bytes() {
        for length in [2usize, 3, 40] {
            fs::write(
                town.path("x.vp"),
                [vec![1, letter], vec![7; length - 2]].concat(),
            )
            .unwrap();
            let said = town.run("inspect x.vp");
            assert!(said.code == 2, "{}", said.text);
        }
    }
}

#[test]
fn inspect_says_what_is_missing_of_a_pass_that_was_cut_off() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out pass.vp")
        .good();
    let pass = read(&town.path("pass.vp"));
    fs::write(town.path("cut.vp"), &pass[..302]).unwrap();
    let said = town.run("inspect cut.vp");
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("cut off in “proof”"), "{}", said.text);
    let said = town.run("inspect cut.vp --bundle public/bundle.vp --scheme public/scheme.vp");
    assert_eq!(said.code, 2, "{}", said.text);
    let missing = format!("{} bytes are missing", pass.len() - 302);
    assert!(said.text.contains(&missing), "{}", said.text);
    // Where a part goes on to the end, nobody can see a cut without the scheme, and nobody is told that there is none.
    for (file, left) in [
        ("pass.vp", pass.len() - 1),
        ("response.png", 0),
        ("public/bundle.vp", 100),
    ] {
        let cut = match left {
            0 => "response.png",
            _ => "cut.vp",
        };
        if left > 0 {
            fs::write(town.path(cut), &read(&town.path(file))[..left]).unwrap();
        }
        let said = town.run(&format!("inspect {cut}")).good();
        assert!(said["whole"].is_null() && said.get("whole").is_some());
    }
    let known = "inspect pass.vp --bundle public/bundle.vp --scheme public/scheme.vp";
    assert_eq!(town.run(known).good()["whole"], true);
}

#[test]
fn an_authority_from_an_old_backup_does_not_publish_over_what_is_newer() {
    let town = Town::with_pass();
    let database = town.path("authority/authority.db");
    let backup = read(&database);
    let publish = "authority publish --dir authority --to public";
    town.run_at("authority revoke --dir authority handle.txt", &later(60))
        .good();
    town.run_at(publish, &later(60)).good();
    fs::write(&database, backup).unwrap();
    for command in [publish, "authority rotate --dir authority --to public"] {
        let said = town.run_at(command, &later(120));
        assert_eq!(said.code, 1);
        assert!(
            said.text.contains("restore a newer backup"),
            "{}",
            said.text
        );
    }
}

/// What a command says that must end with code 2.
fn refused(town: &Town, line: &str) -> String {
    let said = town.run(line);
    assert_eq!(said.code, 2, "{}", said.text);
    said.text
}

#[test]
fn a_passphrase_with_a_zero_byte_is_not_the_one_without() {
    // To scrypt they are the same.
    let town = Town::founded();
    let list = "holder list --dir wallet --passphrase-file";
    for (name, passphrase) in [("good", "correct horse"), ("bad", "correct horse\0")] {
        fs::write(town.path(name), passphrase).unwrap();
    }
    town.run(&format!("{list} good")).good();
    assert!(refused(&town, &format!("{list} bad")).contains("zero byte"));
}

#[test]
fn the_keys_of_a_rotation_that_did_not_end_must_be_keys() {
    let town = Town::founded();
    let publish = "authority publish --dir authority --to public";
    // Another key under the same passphrase: it opens.
    let next = town.path("authority/online.age.next");
    fs::copy(town.path("clinic/issuer.age"), &next).unwrap();
    assert!(refused(&town, publish).contains("holds no keys for daily use"));
    fs::remove_file(next).unwrap();
    town.run(publish).good();
}

#[test]
fn a_database_that_is_cut_off_or_whose_tables_are_no_text_is_damaged() {
    let town = Town::founded();
    let poster = "verifier poster --dir cafe --out out.png";
    let path = town.path("cafe/verifier.db");
    let good = read(&path);
    // Only zeros are missing, which SQLite would put there.
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    assert!(refused(&town, poster).contains("cut off"));
    // A constraint that SQLite takes for part of a type's name.
    let words = b"NOT NULL";
    let mut bad = good.clone();
    let place = good.windows(words.len()).position(|w| w == words).unwrap();
    bad[place + 3] = 0xa0;
    fs::write(&path, bad).unwrap();
    assert!(refused(&town, poster).contains("no text"));
    fs::write(&path, good).unwrap();
    town.run(poster).good();
}

#[test]
fn the_name_of_a_file_does_not_paint_a_watched_door() {
    let town = Town::founded();
    fs::create_dir(town.path("camera")).unwrap();
    let name = "camera/\u{1b}[2J\u{1b}[1;97;42m GREEN.txt";
    fs::write(town.path(name), "nothing").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_veilpass"))
        .args(VERIFY.split_whitespace())
        .args(["--watch", "camera", "--stop-after", "1", "--at", AT])
        .env("CLICOLOR_FORCE", "1")
        .current_dir(town.0.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("RED"), "{text}");
    // Of its own colours only those of RED.
    assert_eq!(text.matches('\u{1b}').count(), 2, "{text:?}");
}
