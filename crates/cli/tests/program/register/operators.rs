//! What needs two operators, and the limits of a day.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use serde_json::json;
use veilpass_app::approval::Approval;

/// A town whose scheme wants two operators, with anna and boris at the authority.
fn careful() -> Town {
    let town = Town::new();
    let scheme = town.run("authority init --print-scheme").good()["scheme"].clone();
    let release = "\n[release]\noperators = 2\nimport_above = 50\n";
    fs::write(
        town.path("scheme.toml"),
        format!("{}{release}", scheme.as_str().unwrap()),
    )
    .unwrap();
    for line in [
        "authority init --rehearsal --dir authority --scheme scheme.toml --to public",
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
        "authority accredit --dir authority r.vp --label clinic --per-day 3 --out a.vp",
    ] {
        town.run_at(line, AT).good();
    }
    for place in ["authority", "clinic"] {
        if place == "clinic" {
            town.run("issuer import --dir clinic a.vp").good();
        }
        let role = if place == "clinic" {
            "issuer"
        } else {
            "authority"
        };
        for name in ["anna", "boris"] {
            fs::write(town.path(&format!("{name}.pass")), format!("{name}'s own")).unwrap();
            town.run_at(
                &format!(
                    "{role} operator --dir {place} --label {name} --out {place}-{name}.age \
                     --new-passphrase-file {name}.pass"
                ),
                AT,
            )
            .good();
        }
    }
    for line in [
        "issuer count --dir clinic --out first.vp",
        "authority confirm-operators --dir authority first.vp --yes --out a1.vp",
        "issuer import --dir clinic a1.vp",
    ] {
        town.run_at(line, AT).good();
    }
    town
}

/// Registers of twenty good rows each, `a` to `d`: two of them are within what one clerk may import on a day.
fn four_registers(town: &Town) -> Vec<String> {
    register(town, 1);
    let head = "number,family,given,born,vaccine,dose,date\n";
    let import = |name: &str| {
        let row = |n| format!("{name}{n},K,Anna,1985-03-08,Sputnik-V,2,2021-05-20\n");
        let rows: String = (0..20).map(row).collect();
        fs::write(town.path(&format!("{name}.csv")), format!("{head}{rows}")).unwrap();
        let import = IMPORT.replace("register.csv", &format!("{name}.csv"));
        import.replace("--to letters", &format!("--to {name}"))
    };
    ["a", "b", "c", "d"].map(import).to_vec()
}

#[test]
fn imports_that_are_begun_and_never_end_make_no_claims_beyond_what_one_clerk_may() {
    let town = careful();
    let imports = four_registers(&town);
    // Each is begun with a folder that cannot be made, and then repeated with a good one.
    for (import, name) in imports.iter().zip(["a", "b", "c", "d"]) {
        let begun = town.run(&import.replace(&format!("--to {name}"), "--to map.toml/x"));
        assert_eq!(begun.code, 2, "{}", begun.text);
    }
    let codes: Vec<_> = imports.iter().map(|import| town.run(import)).collect();
    let exits: Vec<_> = codes.iter().map(|said| said.code).collect();
    assert_eq!(exits, [0, 0, 1, 1]);
    assert!(codes[2].text.contains("--operator"), "{}", codes[2].text);
    let agreed = agree("clinic", &["anna", "boris"]);
    town.run(&format!("{}{agreed}", imports[2])).good();
    assert_eq!(town.run(&imports[3]).code, 1, "another's approval");
    let status = town.run("issuer register status --dir clinic").good();
    assert_eq!(status["open"], 60);
    town.run("issuer audit --dir clinic").good();
}

#[test]
fn imports_that_are_killed_at_any_moment_make_no_claims_beyond_what_one_clerk_may() {
    let town = careful();
    let imports = four_registers(&town);
    let mut rng = StdRng::seed_from_u64(6);
    for round in 0..5 {
        for import in &imports {
            let mut child = town.command(import, &later(2)).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(rng.random_range(5..60 + 40 * round)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let exits: Vec<_> = imports.iter().map(|import| town.run(import).code).collect();
    let done = exits.iter().filter(|exit| **exit == 0).count();
    assert_eq!(done, 2, "{exits:?}");
    let status = town.run("issuer register status --dir clinic").good();
    assert_eq!(status["open"], 40);
    town.run("issuer audit --dir clinic").good();
}

#[test]
fn three_operators_enrol_where_a_scheme_needs_three() {
    let town = Town::new();
    let scheme = town.run("authority init --print-scheme").good()["scheme"].clone();
    let release = "\n[release]\noperators = 3\nimport_above = 50\n";
    let scheme = format!("{}{release}", scheme.as_str().unwrap());
    fs::write(town.path("scheme.toml"), scheme).unwrap();
    for line in [
        "authority init --rehearsal --dir authority --scheme scheme.toml --to public",
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out r.vp",
        "authority accredit --dir authority r.vp --label clinic --out a.vp",
        "issuer import --dir clinic a.vp",
    ] {
        town.run_at(line, AT).good();
    }
    let names = ["anna", "boris", "clara", "dora"];
    for name in names {
        fs::write(town.path(&format!("{name}.pass")), format!("{name}'s own")).unwrap();
    }
    for (role, place) in [("authority", "authority"), ("issuer", "clinic")] {
        let enrol = |name: &str| {
            format!(
                "{role} operator --dir {place} --label {name} --out {place}-{name}.age \
                 --new-passphrase-file {name}.pass"
            )
        };
        for name in &names[..3] {
            town.run(&enrol(name)).good();
        }
        let fourth = town.run(&enrol("dora"));
        assert_eq!(fourth.code, 1, "{}", fourth.text);
        let key = format!("{place}-dora.age");
        assert!(!town.path(&key).exists(), "a key that is nobody's");
    }
    let draw = |who: &[&str]| town.run(&format!("{DRAW}{}", agree("authority", who))).code;
    assert_eq!(draw(&["anna", "boris"]), 1);
    assert_eq!(draw(&["anna", "boris", "clara"]), 0);
    // The authority sees who waits to be confirmed.
    town.run("issuer count --dir clinic --out count.vp").good();
    let audit = town.run("authority audit --dir authority count.vp").good();
    let status = town.run("authority status --dir authority").good();
    for said in [audit, status] {
        let waiting = &said["issuers"][0]["operators_waiting"];
        assert_eq!(*waiting, serde_json::json!(names[..3]), "{said}");
    }
    town.run("authority audit --dir authority").good();
    town.run("issuer audit --dir clinic").good();
}

#[test]
fn an_authority_asks_before_it_confirms_and_knows_what_it_confirmed() {
    let town = careful();
    town.run("issuer count --dir clinic --out again.vp").good();
    let confirm = "authority confirm-operators --dir authority again.vp --out a2.vp";
    let asked = town.run(confirm);
    assert_eq!(asked.code, 2, "nobody can be asked here: {}", asked.text);
    let names = |said: &str| ["anna", "boris"].iter().all(|name| said.contains(name));
    assert!(names(&asked.text), "{}", asked.text);
    assert!(!town.path("a2.vp").exists());
    // Whoever changes the list of them behind the program's back is seen.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let path = town.path("authority/authority.db");
    town.run("authority audit --dir authority").good();
    runtime.block_on(async {
        let store = SqliteAuthority::open(&path, false).await.unwrap();
        store.put("operators clinic", b"[]", &[], 1).await.unwrap();
    });
    let audit = town.run("authority audit --dir authority");
    assert_eq!(audit.code, 1);
    let told = "the confirmed operators of clinic are not those in the log";
    assert!(audit.text.contains(told), "{}", audit.text);
}

fn agree(place: &str, who: &[&str]) -> String {
    let files = who.iter().map(|name| {
        format!(" --operator {place}-{name}.age --operator-passphrase-file {name}.pass")
    });
    files.collect()
}

const DRAW: &str = "authority handles --dir authority --label clinic --count 20 --out h.vp";

#[test]
fn handles_need_two_operators_where_the_scheme_says_so() {
    let town = careful();
    for who in [&[][..], &["anna"], &["anna", "anna"]] {
        let said = town.run(&format!("{DRAW}{}", agree("authority", who)));
        assert_eq!(said.code, 1, "{who:?}: {}", said.text);
        assert!(!town.path("h.vp").exists());
    }
    // An operator of another house does not count here, nor a key nobody enrolled, nor a third operator
    // whom nobody agreed to.
    let other = format!(
        "{DRAW}{}{}",
        agree("authority", &["anna"]),
        agree("clinic", &["boris"])
    );
    assert_eq!(town.run(&other).code, 1);
    fs::write(town.path("eve.pass"), "eve's own").unwrap();
    let eve = "authority operator --dir authority --label eve --out authority-eve.age \
               --new-passphrase-file eve.pass";
    assert_eq!(town.run(eve).code, 1);
    assert_eq!(
        town.run(&format!("{eve}{}", agree("authority", &["anna", "boris"])))
            .code,
        0
    );
    town.run(&format!("{DRAW}{}", agree("authority", &["eve", "boris"])))
        .good();
    town.run("authority audit --dir authority").good();

    // Whoever goes round the program is seen by the audit.
    let path = town.path("authority/authority.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let put_rule = |rule: [u8; 8]| {
        runtime.block_on(async {
            let store = SqliteAuthority::open(&path, false).await.unwrap();
            let put = store.put("release rule", &rule, &[], 1).await;
            put.unwrap();
        });
    };
    put_rule([0; 8]);
    let audit = town.run("authority audit --dir authority");
    assert_eq!(audit.code, 1);
    let told = "the rule on operators is not the one in the log";
    assert!(audit.text.contains(told), "{}", audit.text);
    put_rule([0, 0, 0, 2, 0, 0, 0, 50]);
    let signature = |operator: &str| json!({ "operator": operator, "signature": "00".repeat(64) });
    let forged: Approval = serde_json::from_value(json!({
        "statement": {
            "subject": { "handles": { "count": 1, "label": "clinic" } },
            "scope": "00".repeat(8), "at": 1, "once": "00".repeat(8),
        },
        "signatures": [signature("anna"), signature("boris")],
    }))
    .unwrap();
    runtime.block_on(async {
        let store = SqliteAuthority::open(&path, false).await.unwrap();
        let (revision, _) = store.load().await.unwrap();
        let drawn = AuthorityChange::Drawn {
            approval: Some(&forged),
            label: "clinic",
            ids: &[[7; 32]],
        };
        store.apply(revision, &drawn, 1).await.unwrap();
    });
    let audit = town.run("authority audit --dir authority");
    assert_eq!(audit.code, 1);
    let flags = audit.json["flags"].to_string();
    assert!(flags.contains("that 2 operators did not give"), "{flags}");
    assert!(flags.contains("without 2 operators"), "{flags}");
}

#[test]
fn a_large_register_needs_two_operators_and_a_day_has_its_limit() {
    let town = careful();
    town.run(&format!("{DRAW}{}", agree("authority", &["anna", "boris"])))
        .good();
    town.run("issuer import --dir clinic h.vp").good();
    register(&town, 39);
    town.run(&IMPORT.replace("letters", "few")).good();
    // Many small registers are a large one.
    register(&town, 20);
    let small = format!("register = \"b\"\n{MAP}");
    fs::write(town.path("map.toml"), small).unwrap();
    assert_eq!(town.run(&IMPORT.replace("letters", "more")).code, 1);
    let good = register(&town, 60);
    assert_eq!(town.run(IMPORT).code, 1);
    assert_eq!(
        town.run(&format!("{IMPORT}{}", agree("clinic", &["anna"])))
            .code,
        1
    );
    let agreed = agree("clinic", &["anna", "boris"]);
    let said = imported(town.run(&format!("{IMPORT}{agreed}")));
    assert_eq!(
        said["known"].as_u64().unwrap() + said["claims"].as_u64().unwrap(),
        u64::from(good)
    );
    town.run("issuer audit --dir clinic").good();

    // Three passes a day are allowed: the fourth waits.
    let codes: Vec<_> = claims(&town).into_iter().map(|(_, _, code)| code).collect();
    fs::write(town.path("sample.txt"), codes[..5].join("\n")).unwrap();
    town.run("issuer offer --dir clinic --claims sample.txt --to offers --minutes 10000")
        .good();
    let _wallets = request_all(&town, "offers", "requests");
    let batch = "issuer issue --dir clinic --batch requests --to responses";
    let said = town.run(batch);
    assert_eq!(
        (said.code, &said.json["answered"]),
        (1, &3.into()),
        "{}",
        said.text
    );
    assert!(
        said.text.contains("today's passes are made"),
        "{}",
        said.text
    );
    // A clock that is set forward for it is seen.
    let tomorrow = "2021-06-29T10:00:00+03:00";
    assert_eq!(town.run_at(batch, tomorrow).good()["answered"], 5);
    town.run("issuer count --dir clinic --out early.vp").good();
    let early = town.run("authority audit --dir authority early.vp");
    assert!(
        early.text.contains("which was still to come"),
        "{}",
        early.text
    );

    // The authority compares: within the limit; a limit that is lowered later says nothing about earlier
    // days; a count that shrinks stays flagged until somebody acknowledges it.
    town.run_at("issuer count --dir clinic --out count.vp", tomorrow)
        .good();
    let audit = town
        .run_at(
            "authority audit --dir authority count.vp --acknowledge",
            tomorrow,
        )
        .good();
    assert_eq!(audit["issuers"][0]["issued"], 5);
    let lower = "authority limit --dir authority --label clinic --per-day 1 --out a2.vp";
    let later = "2021-06-30T10:00:00+03:00";
    town.run_at(lower, later).good();
    town.run_at("authority audit --dir authority", later).good();
    town.run_at("issuer import --dir clinic a2.vp", later)
        .good();
    let old = town.run_at("authority audit --dir authority early.vp", later);
    assert!(
        old.text
            .contains("a later count of clinic was taken in already"),
        "{}",
        old.text
    );
    assert_eq!(
        town.run_at("authority audit --dir authority", later).code,
        1,
        "not forgotten"
    );
    town.run_at("authority audit --dir authority --acknowledge", later)
        .good();
    let changed = {
        let mut bytes = read(&town.path("count.vp"));
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    };
    fs::write(town.path("changed.vp"), changed).unwrap();
    let forged = town.run_at("authority audit --dir authority changed.vp", tomorrow);
    assert!(
        forged.text.contains("did not sign this count"),
        "{}",
        forged.text
    );
}

/// A pipe with a name: whoever opens it to write waits for its reader.
fn pipe(town: &Town, name: &str) -> PathBuf {
    let path = town.path(name);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

/// A town with a register of sixty people of this name in it, which takes two operators, and their approval.
fn with_sixty(family: &str) -> (Town, String) {
    let town = careful();
    register(&town, 1);
    fs::write(town.path("register.csv"), sixty(family)).unwrap();
    (town, agree("clinic", &["anna", "boris"]))
}

fn sixty(family: &str) -> String {
    let rows = (0..60).map(|n| format!("{n},{family},Anna,1985-03-08,Sputnik-V,2,2021-05-20\n"));
    let head = "number,family,given,born,vaccine,dose,date\n";
    format!("{head}{}", rows.collect::<String>())
}

/// Runs `import`, which reads `awaited`; once that is open, `then` changes what there is, and `text` is read.
fn meanwhile(town: &Town, import: &str, awaited: &Path, text: &str, then: impl FnOnce()) {
    let child = town.command(import, &later(2)).spawn().unwrap();
    let mut pipe = fs::File::options().write(true).open(awaited).unwrap();
    then();
    pipe.write_all(text.as_bytes()).unwrap();
    drop(pipe);
    said(&child.wait_with_output().unwrap()).good();
    let names: HashSet<_> = claims(town).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, HashSet::from(["Anna Kuznetsova".to_owned()]));
}

#[test]
fn the_map_that_operators_approve_is_the_map_that_is_read() {
    let (town, agreed) = with_sixty("Kuznetsova");
    let map = pipe(&town, "map.pipe");
    let other = MAP.replace("\"family\"", "\"vaccine\"");
    fs::write(town.path("other.toml"), other).unwrap();
    let import = format!("{}{agreed}", IMPORT.replace("map.toml", "map.pipe"));
    meanwhile(&town, &import, &map, MAP, || {
        fs::rename(town.path("other.toml"), &map).unwrap();
    });
}

#[test]
fn the_register_that_operators_approve_is_the_register_that_is_read() {
    let (town, agreed) = with_sixty("Kuznetsova");
    let passphrase = pipe(&town, "boris.pipe");
    let import = format!("{IMPORT}{}", agreed.replace("boris.pass", "boris.pipe"));
    // The same file, with other people in it.
    meanwhile(&town, &import, &passphrase, "boris's own", || {
        fs::write(town.path("register.csv"), sixty("Mallory")).unwrap();
    });
}
