//! Folders of version 2 as the program left them on the day that they were frozen: keys, wallet and
//! databases of every role. Whatever changes, this program reads them, for ever, and goes on with them.
//!
//! They were made by `make` below, once, with `VEILPASS_FREEZE` set. It never replaces them: a change that
//! makes this test fail is a new version, which must bring these forward. The passphrase of everything is
//! "correct horse", of the operators' keys "anna's own" and "boris's own"; they are for this test only.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::terminal::{Town, later, read};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// What is kept of the town. Databases are whole without a log beside them: every command ends with a
/// checkpoint.
const FILES: [&str; 24] = [
    "authority/accreditation.age",
    "authority/authority.db",
    "authority/online.age",
    "cafe/verifier.db",
    "clinic/issuer.age",
    "clinic/issuer.db",
    "wallet/holders.vp",
    "wallet/wallet.age",
    "public/bundle.vp",
    "public/holders.vp",
    "anna.age",
    "anna.txt",
    "answer.vp",
    "boris.age",
    "boris.txt",
    "claim.txt",
    "count.vp",
    "handle.txt",
    "heads.json",
    "pass.vp",
    "poster.vp",
    "question.vp",
    "registration.vp",
    "response.vp",
];

const OPERATORS: &str = "--operator anna.age --operator-passphrase-file anna.txt \
                         --operator boris.age --operator-passphrase-file boris.txt";
const SET: &str =
    "--set until=2022-06-01 --set until_strict=none --set birth_date=1985-03-08 --set id_hint=A.K.";
const OWN: &str = "--set name=Anna --set employer=Agency";

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen-folders")
}

/// Policies for a pass of a year's time, a register and two operators.
fn by_hand(town: &Town) {
    let printed = town.run("authority init --print-scheme").good();
    let scheme = printed["scheme"].as_str().unwrap();
    let scheme = format!("{scheme}\n[release]\noperators = 2\nimport_above = 1000\n");
    let rules = "name = \"June\"\nversion = 1\n[vaccination]\nvalid = \"12 months\"\n\
                 [[vaccination.products]]\ncode = \"Sputnik-V\"\ndoses = 2\n";
    let map = "[columns]\nfamily = \"family\"\ngiven = \"given\"\nbirth_date = \"born\"\n\
               product = \"vaccine\"\ndose = \"dose\"\ndate = \"date\"\n";
    let register =
        "family,given,born,vaccine,dose,date\nPetrov,Boris,1979-11-17,Sputnik-V,2,2021-05-20\n";
    for (name, text) in [
        ("scheme.toml", &*scheme),
        ("rules.toml", rules),
        ("map.toml", map),
        ("register.csv", register),
        ("anna.txt", "anna's own\n"),
        ("boris.txt", "boris's own\n"),
    ] {
        fs::write(town.path(name), text).unwrap();
    }
}

fn enrol(town: &Town, role: &str, dir: &str) {
    for name in ["anna", "boris"] {
        let out = format!("{dir}-{name}.age");
        town.run(&format!(
            "{role} operator --dir {dir} --label {name} --out {out} --new-passphrase-file {name}.txt"
        ))
        .good();
    }
}

/// A town in which something has happened to everybody.
fn make() -> Town {
    let town = Town::new();
    by_hand(&town);
    let steps = |lines: &[&str]| lines.iter().for_each(|line| drop(town.run(line).good()));
    steps(&["authority init --rehearsal --dir authority --scheme scheme.toml --to public"]);
    enrol(&town, "authority", "authority");
    for name in ["anna", "boris"] {
        fs::rename(
            town.path(&format!("authority-{name}.age")),
            town.path(&format!("{name}.age")),
        )
        .unwrap();
    }
    steps(&[
        "issuer init --rehearsal --dir clinic --scheme public/scheme.vp --bundle public/bundle.vp --out registration.vp",
        "authority accredit --dir authority --public public registration.vp --label clinic --per-day 300 --out a.vp",
        &format!(
            "authority handles --dir authority --label clinic --count 8 --out h.vp {OPERATORS}"
        ),
        "issuer import --dir clinic a.vp h.vp",
        "holder init --dir wallet --scheme public/scheme.vp --bundle public/holders.vp",
        "verifier init --rehearsal --dir cafe --scheme public/scheme.vp --bundle public/bundle.vp --venue Cafe --policy restaurant",
        "authority sign-rules --dir authority rules.toml --out rules.signed.toml",
        "issuer register import register.csv --dir clinic --map map.toml --rules rules.signed.toml --to letters",
        &format!("issuer offer --dir clinic {SET} --out o.vp"),
        &format!("holder request --dir wallet o.vp {OWN} --label first --out q.vp"),
        "issuer issue --dir clinic q.vp --yes --out r.vp --handle-out handle.txt",
        "holder receive --dir wallet r.vp",
        &format!("issuer offer --dir clinic {SET} --out o.vp"),
        &format!("holder request --dir wallet o.vp {OWN} --label second --out q.vp"),
        "issuer issue --dir clinic q.vp --yes --out response.vp --handle-out handle-2.txt",
        "verifier poster --dir cafe --out poster.vp",
        "holder present --dir wallet poster.vp --yes --out pass.vp",
        "verifier verify --dir cafe pass.vp",
        "verifier ask --dir cafe --out question.vp",
        "issuer count --dir clinic --out count.vp",
    ]);
    let tomorrow = "2021-06-29T09:00:00+03:00";
    for line in [
        "verifier ask --dir cafe --out question.vp",
        "holder present --dir wallet question.vp --yes --out answer.vp",
    ] {
        town.run_at(line, tomorrow).good();
    }
    let letters = fs::read_dir(town.path("letters")).unwrap().flatten();
    let claims = letters
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("claims"));
    let claims = fs::read_to_string(claims.unwrap()).unwrap();
    let code = claims.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    fs::write(town.path("claim.txt"), code).unwrap();
    let head = |line: &str| town.run(line).good()["head"].clone();
    let heads = serde_json::json!({
        "authority": head("authority audit --dir authority"),
        "clinic": head("issuer audit --dir clinic"),
    });
    fs::write(town.path("heads.json"), format!("{heads}\n")).unwrap();
    town
}

/// With `VEILPASS_FREEZE` set, keeps the folders if nothing is kept yet: one town, whichever test comes first.
fn freeze() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if std::env::var_os("VEILPASS_FREEZE").is_none() || home().exists() {
            return;
        }
        let town = make();
        for name in FILES {
            let to = home().join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(town.path(name), to).unwrap();
        }
    });
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            let path = entry.path();
            let name = path.strip_prefix(home()).unwrap();
            found.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

/// The frozen town, in a folder where it may change.
fn thawed() -> Town {
    freeze();
    let town = Town::new();
    for name in FILES {
        let to = town.path(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(home().join(name), to).unwrap();
    }
    rehearse(&town);
    town
}

/// In these tests the clock is set, and folders of that time do not know of rehearsals.
fn rehearse(town: &Town) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    for database in [
        "authority/authority.db",
        "cafe/verifier.db",
        "clinic/issuer.db",
    ] {
        runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(town.path(database));
            let mut open = options.disable_statement_logging().connect().await.unwrap();
            sqlx::query("INSERT OR REPLACE INTO meta (name, value) VALUES ('rehearsal', x'31')")
                .execute(&mut open)
                .await
                .unwrap();
            open.close().await.unwrap();
        });
    }
}

#[test]
fn what_is_frozen_is_there_and_small() {
    freeze();
    let mut found = files_below(&home());
    found.sort();
    let mut wanted = FILES.to_vec();
    wanted.sort_unstable();
    assert_eq!(
        found, wanted,
        "every file has a test, and every name a file"
    );
    for name in FILES {
        let length = read(&home().join(name)).len();
        assert!(length < 160 << 10, "{name} has {length} bytes");
    }
}

fn heads(town: &Town) -> [String; 2] {
    let heads: Value = serde_json::from_slice(&read(&town.path("heads.json"))).unwrap();
    ["authority", "clinic"].map(|who| heads[who].as_str().unwrap().to_owned())
}

#[test]
fn the_logs_of_frozen_databases_are_whole_and_go_on() {
    let town = thawed();
    let [authority, clinic] = heads(&town);
    let audits = || {
        let of = town
            .run(&format!(
                "authority audit --dir authority --public public --head {authority}"
            ))
            .good();
        assert_eq!(of["issuers"][0]["drawn"], 8, "{of}");
        assert_eq!(of["issuers"][0]["per_day"], 300, "{of}");
        clinic_audited(&town, &clinic);
    };
    audits();
    // What the clinic counted then, and what it counts now.
    town.run("issuer count --dir clinic --out now.vp").good();
    let of = town
        .run("authority audit --dir authority --public public count.vp now.vp")
        .good();
    assert_eq!(of["issuers"][0]["issued"], 2, "{of}");
    audits();
    // Keys that are kept apart: of the operators, and γ.
    town.run(&format!(
        "authority handles --dir authority --public public --label clinic --count 2 --out h.vp {OPERATORS}"
    ))
    .good();
    town.run("issuer import --dir clinic h.vp").good();
    let at = later(30);
    town.run_at(
        "authority publish --dir authority --public public --to next --next-accreditation",
        &at,
    )
    .good();
    town.run_at(
        "issuer import --dir clinic next/bundle.vp authority/accreditations/clinic.vp",
        &at,
    )
    .good();
    town.run_at(
        "authority rotate --dir authority --accreditation --dates --to last",
        &later(60),
    )
    .good();
    let of = town
        .run(&format!(
            "authority audit --dir authority --public public --head {authority}"
        ))
        .good();
    assert_eq!(of["issuers"][0]["drawn"], 10, "{of}");
}

#[test]
fn a_frozen_wallet_shows_its_pass_and_receives_what_it_waits_for() {
    let town = thawed();
    let list = town.run("holder list --dir wallet").good();
    assert_eq!(list["passes"][0]["label"], "first", "{list}");
    assert_eq!(list["passes"][0]["attributes"]["until"], "2022-06-01");
    assert_eq!(list["passes"][0]["attributes"]["name"], "Anna");
    assert_eq!(list["pending"][0]["label"], "second", "{list}");
    // The door remembers whom it let in that day, and what it asked.
    let verify = "verifier verify --dir cafe";
    let again = town.run(&format!("{verify} pass.vp"));
    assert_eq!(again.json["reason"], "SeenBefore", "{}", again.text);
    town.run("holder receive --dir wallet response.vp").good();
    let present = |pass: &str| {
        let line = format!("holder present --dir wallet poster.vp --pass {pass} --yes --out p.vp");
        town.run(&line).good();
        town.run(&format!("{verify} p.vp"))
    };
    present("second").good();
    assert_eq!(present("first").json["reason"], "SeenBefore");
    let tomorrow = "2021-06-29T09:00:10+03:00";
    let answer = format!("{verify} answer.vp --question question.vp");
    town.run_at(&answer, tomorrow).good();
    assert_eq!(town.run_at(&answer, tomorrow).code, 1, "answered once");
    // The handle that was noted then revokes the pass now.
    let at = later(600);
    for line in [
        "authority revoke --dir authority --public public handle.txt",
        "authority publish --dir authority --public public --to next",
        "holder sync --dir wallet next/holders.vp",
        "verifier update --dir cafe next/bundle.vp",
    ] {
        town.run_at(line, &at).good();
    }
    let at = later(1200);
    let show = "holder present --dir wallet poster.vp --pass first --yes --out p.vp";
    assert_eq!(town.run_at(show, &at).code, 1, "revoked");
}

#[test]
fn a_frozen_clinic_takes_its_letter_and_issues() {
    let town = thawed();
    town.run("issuer offer --dir clinic --claim-file claim.txt --out o.vp")
        .good();
    town.run(&format!(
        "holder request --dir wallet o.vp {OWN} --label letter --out q.vp"
    ))
    .good();
    town.run("issuer issue --dir clinic q.vp --yes --out r.vp")
        .good();
    town.run("holder receive --dir wallet r.vp").good();
    let again = town.run("issuer offer --dir clinic --claim-file claim.txt --out o.vp");
    assert_eq!(again.code, 1, "used");
    // The registration of then is the issuer of now: the same paper again, for the same key.
    town.run("authority accredit --dir authority --public public registration.vp --label clinic --out a.vp")
        .good();
    town.run("issuer import --dir clinic a.vp").good();
}

/// The versions of the tables that a database has.
fn migrations(path: &Path) -> Vec<i64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .disable_statement_logging();
        let mut open = options.connect().await.unwrap();
        let applied = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
        let applied = sqlx::query_scalar(applied)
            .fetch_all(&mut open)
            .await
            .unwrap();
        open.close().await.unwrap();
        applied
    })
}

#[test]
fn migrations_bring_frozen_databases_forward() {
    let town = thawed();
    for (role, database, read_it) in [
        (
            "authority",
            "authority/authority.db",
            "authority audit --dir authority --public public",
        ),
        ("issuer", "clinic/issuer.db", "issuer audit --dir clinic"),
        (
            "verifier",
            "cafe/verifier.db",
            "verifier poster --dir cafe --out x.vp",
        ),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../sqlite/migrations")
            .join(role);
        let names = fs::read_dir(folder).unwrap().flatten();
        let numbers = names.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.split_once('_')?.0.parse().ok()
        });
        let mut all: Vec<i64> = numbers.collect();
        all.sort_unstable();
        let frozen = migrations(&town.path(database));
        assert!(
            !frozen.is_empty() && all.starts_with(&frozen),
            "{role}: {frozen:?}, {all:?}"
        );
        town.run(read_it).good();
        assert_eq!(migrations(&town.path(database)), all, "{role}");
    }
}

/// The frozen clinic's database as it would have been before registers: the tables of the first migration
/// alone, with what they had then.
fn before_registers(town: &Town) {
    let first = "0001_init.sql";
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sqlite/migrations/issuer");
    fs::create_dir(town.path("first")).unwrap();
    fs::copy(migrations.join(first), town.path("first").join(first)).unwrap();
    let (database, frozen) = (town.path("clinic/issuer.db"), town.path("frozen.db"));
    fs::rename(&database, &frozen).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new()
            .filename(&database)
            .create_if_missing(true);
        let mut open = options.disable_statement_logging().connect().await.unwrap();
        let migrator = sqlx::migrate::Migrator::new(town.path("first"))
            .await
            .unwrap();
        migrator.run(&mut open).await.unwrap();
        let attach = format!("ATTACH '{}' AS frozen", frozen.display());
        for line in [
            &*attach,
            "INSERT INTO meta SELECT name, value FROM frozen.meta",
            "INSERT INTO log SELECT number, at, event, detail, hash FROM frozen.log",
            "INSERT INTO offer SELECT id, pending, expires, request, response FROM frozen.offer",
            "INSERT INTO handle SELECT id, value, offer FROM frozen.handle",
            "INSERT INTO count SELECT day, sum(issued) FROM frozen.issued GROUP BY day",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(line))
                .execute(&mut open)
                .await
                .unwrap();
        }
        open.close().await.unwrap();
    });
}

/// The clinic's chain is whole and ends in `head`; it issued two passes and has six handles left.
fn clinic_audited(town: &Town, head: &str) -> Value {
    let of = town
        .run(&format!("issuer audit --dir clinic --head {head}"))
        .good();
    assert_eq!(
        (&of["issued"], &of["free_handles"]),
        (&2.into(), &6.into()),
        "{of}"
    );
    of
}

#[test]
fn a_clinic_from_before_registers_goes_on_with_all_it_had() {
    let town = thawed();
    before_registers(&town);
    assert_eq!(migrations(&town.path("clinic/issuer.db")), [1]);
    let [_, head] = heads(&town);
    let of = clinic_audited(&town, &head);
    assert_eq!(of["days"][0]["kind"], "by hand", "{of}");
    town.run(&format!("issuer offer --dir clinic {SET} --out o.vp"))
        .good();
    town.run("issuer register status --dir clinic").good();
}
