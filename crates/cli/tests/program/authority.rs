//! The authority as it is run: what goes to whom, what decides after a backup, what people can compare.
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::terminal::{AT, Said, Town, later, read};

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const PUBLIC: [&str; 4] = ["bundle.vp", "holders.vp", "parts", "scheme.vp"];

/// The same, once keys were rotated.
const ROTATED: [&str; 5] = [
    "bundle.vp",
    "checkpoints",
    "holders.vp",
    "parts",
    "scheme.vp",
];

#[test]
fn nothing_but_public_files_is_in_the_public_folder() {
    let town = Town::founded();
    let publish = "authority publish --dir authority --next-accreditation";
    let said = town.run_at(publish, &later(60)).good();
    assert_eq!(names(&town.path("public")), PUBLIC);
    let paper = &said["accreditations"][0];
    assert_eq!(paper["label"], "clinic", "{said}");
    assert!(!said["to"].to_string().contains("accreditations"));
    let private = town.path("authority/accreditations");
    assert_eq!(names(&private), ["clinic.vp"]);
    town.run_at(
        "authority rotate --dir authority --accreditation --accreditations papers",
        &later(120),
    )
    .good();
    assert_eq!(names(&town.path("public")), ROTATED);
    assert_eq!(names(&town.path("papers")), ["clinic.vp"]);
    #[cfg(unix)]
    for paper in ["papers/clinic.vp", "authority/accreditations/clinic.vp"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = town.path(paper).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o77, 0, "{paper}");
    }
    // Not even if somebody says so.
    for inside in ["public", "public/papers", "public/../public/x", "./public"] {
        let said = town.run_at(&format!("{publish} --accreditations {inside}"), &later(180));
        assert_eq!(said.code, 2, "{inside}: {}", said.text);
        assert_eq!(names(&town.path("public")), ROTATED);
    }
    let count = town.run("issuer count --dir clinic --out count.vp");
    count.good();
    let before = read(&town.path("authority/authority.db"));
    for line in [
        "authority handles --dir authority --label clinic --count 2 --out public/h.vp",
        "authority limit --dir authority --label clinic --per-day 3 --out public/l.vp",
        "authority accredit --dir authority r.vp --label again --out public/a.vp",
        "authority confirm-operators --dir authority count.vp --yes --out public/c.vp",
        "authority operator --dir authority --label anna --out public/anna.age",
        "authority publish --dir authority --to clinic",
        "authority publish --dir authority --to authority",
        "authority publish --dir authority --to .",
        "authority rotate --dir authority --to papers",
        "authority init --dir other --to other",
        "authority init --dir public/other --to public",
        "issuer issue --dir clinic q.vp --handle-out public/h.txt",
        "issuer desk --dir clinic --handles-out public/h.txt",
        "issuer desk --dir clinic --screen public/screen.png",
        "issuer issue --dir clinic q.vp --out public/r.vp",
        "issuer issue --dir clinic q.vp --draw-out public/d.vp",
        "issuer issue --dir clinic --batch . --to public/responses",
        "issuer draw --dir clinic q.vp --out public/d.vp",
        "issuer offer --dir clinic --set until=2022-06-01 --out public/o.vp",
        "issuer offer --dir clinic --claims claims.csv --to public/offers",
        "issuer count --dir clinic --out public/c.vp",
        "issuer operator --dir clinic --label anna --out public/anna.age",
        "issuer init --dir public/other --scheme public/scheme.vp --bundle public/bundle.vp",
        "issuer init --dir other --scheme public/scheme.vp --bundle public/bundle.vp --out public/r.vp",
        "holder init --dir public/wallet --scheme public/scheme.vp --bundle public/holders.vp",
        "holder request --dir wallet o.vp --out public/q.vp",
        "holder present --dir wallet poster.png --out public/pass.png",
        "holder strips --dir wallet --policy paper --from 2021-06-28 --days 1 --out public/s.pdf",
        "verifier init --dir public/door --scheme public/scheme.vp --bundle public/bundle.vp --venue V --policy restaurant",
        "demo --out public/demo",
    ] {
        let said = town.run_at(line, &later(180));
        assert_eq!(said.code, 2, "{line}: {}", said.text);
        let told = ["public files", "public ones"];
        let why = told.iter().any(|words| said.text.contains(words));
        assert!(why, "{line}: {}", said.text);
        assert_eq!(names(&town.path("public")), ROTATED, "{line}");
    }
    assert_eq!(before, read(&town.path("authority/authority.db")));
}

/// A doorman has the two files that he was given, and makes his door beside them; a copy for the web is no place for that,
/// whatever was left out of it.
#[test]
fn beside_files_that_were_given_there_is_room_and_in_a_copy_of_the_public_folder_there_is_none() {
    let town = Town::founded();
    for name in ["scheme.vp", "bundle.vp"] {
        fs::copy(town.path("public").join(name), town.path(name)).unwrap();
    }
    let init = "verifier init --rehearsal --scheme scheme.vp --bundle bundle.vp --venue Cafe --policy restaurant --dir";
    town.run(&format!("{init} mine")).good();
    fs::rename(town.path("public"), town.path("web")).unwrap();
    fs::remove_file(town.path("web/scheme.vp")).unwrap();
    for inside in ["web/door", "web/parts/door"] {
        let said = town.run(&format!("{init} {inside}"));
        assert_eq!(said.code, 2, "{}", said.text);
        assert!(said.text.contains("public files"), "{}", said.text);
    }
}

/// Whoever reads a copy to recover does not make it the place of publication.
#[test]
fn recovering_from_a_copy_leaves_the_place_of_publication_as_it_is() {
    let town = restored();
    fs::create_dir(town.path("copy")).unwrap();
    for name in ["bundle.vp", "holders.vp"] {
        fs::copy(town.path("public").join(name), town.path("copy").join(name)).unwrap();
    }
    let at = later(900);
    town.run_at("authority recover --dir authority --public copy", &at)
        .good();
    assert!(!town.path("public/moved").exists());
    let written = town.run_at("authority publish --dir authority", &at).good();
    assert!(
        written["to"].as_str().unwrap().ends_with("public"),
        "{written}"
    );
}

/// A backup from before the public files went elsewhere knows of the old place only.
#[test]
fn public_files_that_were_put_elsewhere_are_no_measure_for_a_backup() {
    let town = Town::founded();
    copied(&town, "authority", "backup");
    let publish = "authority publish --dir authority";
    let moved = town.run_at(&format!("{publish} --to elsewhere"), &later(600));
    let from = moved.good()["moved_from"].as_str().unwrap().to_owned();
    assert!(from.ends_with("public"), "{from}");
    copied(&town, "authority", "newer");
    copied(&town, "backup", "authority");
    let at = later(900);
    for line in [
        publish,
        "authority publish --dir authority --to third",
        "authority handles --dir authority --label clinic --count 2 --out x.vp",
        "authority recover --dir authority",
        "authority audit --dir authority",
    ] {
        refused(&town.run_at(line, &at), "name the newest folder");
    }
    town.run_at("authority recover --dir authority --public elsewhere", &at)
        .good();
    // Back to the old place, by whoever knows both.
    copied(&town, "newer", "authority");
    town.run_at(&format!("{publish} --to public"), &at).good();
    assert_eq!(names(&town.path("public")), PUBLIC);
    let stays = town.run_at(publish, &later(1000)).good();
    assert!(stays.get("moved_from").is_none(), "{stays}");
    assert_eq!(
        names(&town.path("elsewhere")),
        ["bundle.vp", "holders.vp", "moved", "parts", "scheme.vp"]
    );
}

fn copied(town: &Town, from: &str, to: &str) {
    let _ = fs::remove_dir_all(town.path(to));
    fs::create_dir(town.path(to)).unwrap();
    for entry in fs::read_dir(town.path(from)).unwrap().flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), town.path(to).join(entry.file_name())).unwrap();
        }
    }
}

/// A town with a second issuer, the ward, which was accredited before the backup and dropped after it; a pass that was
/// revoked after it.
fn restored() -> Town {
    let town = Town::with_pass();
    for line in [
        "issuer init --rehearsal --dir ward --scheme public/scheme.vp --bundle public/bundle.vp --out ward.vp",
        "authority accredit --dir authority ward.vp --label ward --out w.vp",
    ] {
        town.run(line).good();
    }
    copied(&town, "authority", "backup");
    copied(&town, "public", "stale");
    let at = later(600);
    for line in [
        "authority revoke --dir authority handle.txt",
        "authority publish --dir authority --next-accreditation --drop ward",
    ] {
        town.run_at(line, &at).good();
    }
    fs::remove_dir_all(town.path("authority")).unwrap();
    copied(&town, "backup", "authority");
    town
}

#[track_caller]
fn refused(said: &Said, words: &str) {
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.text.contains(words), "{}", said.text);
}

#[test]
fn an_authority_from_a_backup_does_nothing_before_it_took_back_what_was_published() {
    let town = restored();
    let at = later(900);
    let before = read(&town.path("authority/authority.db"));
    let public = read(&town.path("public/bundle.vp"));
    for line in [
        "authority handles --dir authority --label ward --count 2 --out x.vp",
        "authority revoke --dir authority handle.txt",
        "authority accredit --dir authority ward.vp --label ward --out x.vp",
        "authority limit --dir authority --label ward --per-day 3 --out x.vp",
        "authority publish --dir authority",
        // Begins an epoch anew with another list: the ward would be back.
        "authority publish --dir authority --next-accreditation --drop clinic",
        // Nor by publishing elsewhere, where nothing is.
        "authority publish --dir authority --to elsewhere",
        "authority rotate --dir authority",
        "authority operator --dir authority --label anna --out anna.age",
        "authority audit --dir authority",
        // Nor beside a copy of what was public then: the place that it knows is there.
        "authority revoke --dir authority --public stale handle.txt",
        "authority publish --dir authority --public stale --to stale",
    ] {
        let said = town.run_at(line, &at);
        refused(&said, "`authority recover`");
        assert_eq!(said.json["exit"], 1, "{line}");
    }
    assert!(!town.path("x.vp").exists() && !town.path("elsewhere").exists());
    assert_eq!(before, read(&town.path("authority/authority.db")));
    let status = town.run_at("authority status --dir authority", &at).good();
    let behind = status["behind"].as_str().unwrap();
    assert!(behind.contains("bundle 3 is public already"), "{behind}");

    let said = town.run_at("authority recover --dir authority", &at).good();
    assert_eq!(
        (&said["from_bundle"], &said["bundle"]),
        (&2.into(), &3.into()),
        "{said}"
    );
    assert_eq!(said["dropped"], serde_json::json!(["ward"]));
    assert_eq!(said["accredited"], serde_json::json!(["clinic"]));
    assert_eq!(said["newly_removed"], 1);
    assert_eq!(public, read(&town.path("public/bundle.vp")));
    // Taken back once: there is nothing more.
    refused(
        &town.run_at("authority recover --dir authority", &at),
        "there is nothing to take back",
    );

    // It goes on, and what was taken away stays away.
    refused(
        &town.run_at(
            "authority accredit --dir authority ward.vp --label again --out x.vp",
            &at,
        ),
        "the issuer must make a new one",
    );
    refused(
        &town.run_at(
            "authority handles --dir authority --label ward --count 2 --out x.vp",
            &at,
        ),
        "not accredited any more",
    );
    let again = town.run_at("authority revoke --dir authority handle.txt", &at);
    refused(&again, "revoked already");
    let at = later(1000);
    for line in [
        "authority handles --dir authority --label clinic --count 2 --out more.vp",
        "authority publish --dir authority --next-accreditation",
    ] {
        town.run_at(line, &at).good();
    }
    assert_eq!(names(&town.path("authority/accreditations")), ["clinic.vp"]);
    let synced = town.run_at("holder sync --dir wallet public/holders.vp", &later(1010));
    refused(&synced, "revoked");
    let audit = town.run_at("authority audit --dir authority", &at);
    refused(&audit, "came back from a backup");
}

#[test]
fn public_files_that_are_gone_stop_an_authority_until_somebody_says_where_they_are() {
    let town = restored();
    fs::rename(town.path("public"), town.path("fetched")).unwrap();
    let at = later(900);
    let publish = "authority publish --dir authority";
    refused(
        &town.run_at(publish, &at),
        "name their folder with --public",
    );
    let named = town.run_at(&format!("{publish} --public fetched"), &at);
    refused(&named, "`authority recover`");
    // Bundles of two publications, and none.
    fs::create_dir(town.path("mixed")).unwrap();
    fs::copy(town.path("fetched/bundle.vp"), town.path("mixed/bundle.vp")).unwrap();
    let recover = "authority recover --dir authority --public";
    assert_eq!(town.run_at(&format!("{recover} mixed"), &at).code, 2);
    town.run_at(&format!("{recover} fetched"), &at).good();
    // From now on that is their place.
    town.run_at(publish, &at).good();
    assert_eq!(names(&town.path("fetched")), PUBLIC);
    assert!(!town.path("public").exists());
}

#[test]
fn a_lost_database_is_to_be_restored_and_not_founded_again() {
    let town = Town::founded();
    for entry in fs::read_dir(town.path("authority")).unwrap().flatten() {
        if entry.file_name().to_string_lossy().contains(".db") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    for line in [
        "authority publish --dir authority --to public",
        "authority handles --dir authority --label clinic --count 2 --out x.vp",
        "authority audit --dir authority",
        "authority status --dir authority",
    ] {
        let said = town.run(line);
        assert_eq!(said.code, 2, "{}", said.text);
        assert!(
            said.text.contains("restore the database"),
            "{line}: {}",
            said.text
        );
    }
}

#[test]
fn a_second_scheme_is_not_founded_over_the_public_files_of_the_first() {
    let town = Town::founded();
    let card = read(&town.path("public/scheme.vp"));
    let said = town.run("authority init --dir other --to public");
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.text.contains("name another folder"), "{}", said.text);
    assert_eq!(card, read(&town.path("public/scheme.vp")));
    assert!(!town.path("other").exists());
}

#[test]
fn two_people_can_compare_a_scheme_and_an_issuers_key() {
    let town = Town::new();
    let scheme = town
        .run("authority init --rehearsal --dir authority --to public")
        .good();
    let inspected = town.run("inspect public/scheme.vp").good();
    let fingerprint = scheme["fingerprint"].as_str().unwrap();
    assert_eq!(inspected["fingerprint"], fingerprint);
    let groups: Vec<_> = fingerprint.split('-').map(str::len).collect();
    assert_eq!(groups, [4; 5], "{fingerprint}");
    let init = |dir: &str| {
        let line = format!(
            "issuer init --rehearsal --dir {dir} --scheme public/scheme.vp --bundle public/bundle.vp --out {dir}.vp"
        );
        town.run(&line).good()["fingerprint"].clone()
    };
    let (clinic, ward) = (init("clinic"), init("ward"));
    assert_ne!(clinic, ward);
    let accredit = "authority accredit --dir authority clinic.vp --label clinic --out a.vp";
    assert_eq!(town.run(accredit).good()["fingerprint"], clinic);
    assert_eq!(town.run("inspect clinic.vp").good()["fingerprint"], clinic);
    assert_eq!(town.run("inspect ward.vp").good()["fingerprint"], ward);
    let status = town.run("authority status --dir authority").good();
    assert_eq!(status["fingerprint"], fingerprint);
    assert_eq!(status["issuers"][0]["fingerprint"], clinic);
}

#[test]
fn status_says_when_bundle_and_epoch_end_and_what_waits_to_be_published() {
    let town = Town::with_pass();
    let status = || {
        town.run_at("authority status --dir authority", &later(30))
            .good()
    };
    let before = status();
    assert_eq!(
        before["bundle_until"], "2021-07-05T19:04:01+03:00",
        "{before}"
    );
    assert_eq!(before["registry_epoch_from"], "2021-06-28T19:04:01+03:00");
    assert_eq!(before["unpublished_removals"], 0);
    assert_eq!(before["behind"], serde_json::Value::Null);
    assert_eq!(before["issuers"][0]["drawn"], 100);
    town.run("authority revoke --dir authority handle.txt")
        .good();
    assert_eq!(status()["unpublished_removals"], 1);
    town.run_at("authority publish --dir authority", &later(20))
        .good();
    assert_eq!(status()["unpublished_removals"], 0);
}

#[test]
fn inspect_says_a_bundles_dates_and_policies_in_words() {
    let town = Town::founded();
    for file in ["public/bundle.vp", "public/holders.vp"] {
        let said = town
            .run(&format!("inspect {file} --scheme public/scheme.vp"))
            .good();
        let says = &said["says"];
        assert_eq!(says["until"], "2021-07-05T19:04:01+03:00", "{said}");
        assert_eq!(says["zone"], "Europe/Moscow");
        let bar = &says["policies"][1];
        assert_eq!(bar["name"], "bar");
        let asks = bar["asks"].to_string();
        for words in ["until has not passed", "at least 18 years", "once a day"] {
            assert!(asks.contains(words), "{asks}");
        }
        // What nobody can check is not repeated.
        let unchecked = town.run(&format!("inspect {file}")).good();
        assert_eq!(unchecked["says"], serde_json::Value::Null);
    }
    let mut other = read(&town.path("public/scheme.vp"));
    *other.last_mut().unwrap() ^= 1;
    fs::write(town.path("other.vp"), other).unwrap();
    let said = town.run("inspect public/bundle.vp --scheme other.vp");
    assert_eq!(said.code, 2, "{}", said.text);
}

#[test]
fn whatever_is_refused_says_so_to_programs_in_one_way() {
    let town = Town::with_pass();
    town.run("holder present --dir wallet poster.png --yes --out p.png")
        .good();
    town.run("verifier verify --dir cafe p.png").good();
    town.run("authority revoke --dir authority handle.txt")
        .good();
    for line in [
        // A report whose answer is no ...
        "verifier verify --dir cafe p.png",
        "authority revoke --dir authority handle.txt",
        // ... and a command that did nothing.
        "authority accredit --dir authority r.vp --label other --out x.vp",
        "holder receive --dir wallet response.png",
    ] {
        let said = town.run(line);
        assert_eq!(said.code, 1, "{line}: {}", said.text);
        assert_eq!(said.json["exit"], 1, "{line}: {}", said.json);
        let error = said.json["error"].as_str().unwrap_or_default();
        assert!(!error.is_empty(), "{line}: {}", said.json);
    }
}

#[test]
fn a_bundle_reaches_a_door_by_pictures() {
    let town = Town::new();
    // So many policies that one picture does not hold them.
    let scheme = town.run("authority init --print-scheme").good()["scheme"].clone();
    let more = (0..12).map(|number| {
        let name = format!("a policy with a rather long name, number {number}");
        format!("[[policy]]\nname = \"{name}\"\nuntil = \"until\"\nmodes = [\"poster\"]\n")
    });
    let scheme = format!("{}\n{}", scheme.as_str().unwrap(), more.collect::<String>());
    fs::write(town.path("many.toml"), scheme).unwrap();
    for line in [
        "authority init --rehearsal --dir authority --scheme many.toml --to public",
        "verifier init --rehearsal --dir cafe --scheme public/scheme.vp --bundle public/bundle.vp --venue Cafe \
         --policy restaurant",
    ] {
        town.run_at(line, AT).good();
    }
    town.run_at("authority publish --dir authority", &later(120))
        .good();
    let said = town
        .run("verifier pictures public/bundle.vp --to pictures")
        .good();
    let pictures = names(&town.path("pictures"));
    assert!(pictures.len() > 1, "{said}");
    let all: Vec<_> = pictures
        .iter()
        .map(|name| format!("pictures/{name}"))
        .collect();
    let update = |files: &[String]| {
        town.run_at(
            &format!("verifier update --dir cafe {}", files.join(" ")),
            &later(130),
        )
    };
    let some = update(&all[1..]);
    assert_eq!(some.code, 2);
    assert!(some.text.contains("missing: 1"), "{}", some.text);
    let mut turned = all.clone();
    turned.reverse();
    assert_eq!(update(&turned).good()["bundle"], 2);
    // And they say what they are.
    let kind = town.run(&format!("inspect {}", all[0])).good();
    assert_eq!(kind["kind"], "a part of a verifiers' bundle");
}

#[test]
fn the_demonstrations_folders_can_be_used_at_once() {
    let town = Town::new();
    let run = |line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
        command
            .args(line.split_whitespace())
            .args(["--json", "--passphrase-file", "stage/passphrase.txt"])
            .current_dir(town.0.path());
        crate::terminal::said(&command.output().unwrap())
    };
    run("demo --out stage").good();
    // By the machine's own clock.
    let list = run("holder list --dir stage/boris").good();
    assert_eq!(list["passes"].as_array().map(Vec::len), Some(1));
    run("authority status --dir stage/authority").good();
    for line in [
        "verifier init --dir bar --scheme stage/public/scheme.vp --bundle stage/public-next/bundle.vp --venue Bar --policy bar",
        "verifier poster --dir bar --out bar.png",
        "holder present --dir stage/boris bar.png --yes --out pass.png",
        "verifier verify --dir bar pass.png",
        "verifier ask --dir stage/office --out question.png",
    ] {
        run(line).good();
    }
}
