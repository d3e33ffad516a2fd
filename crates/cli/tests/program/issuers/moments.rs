//! What a clinic's folder tells of when its passes were issued.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use crate::register::{IMPORT, claims, register};
use crate::terminal::{Town, read};

/// Midnight in Moscow, when the 28 June 2021 of these tests began.
const MIDNIGHT: i64 = 1_624_827_600;

/// Issues a pass of its own at a moment, with files of this number.
fn issue_at(town: &Town, number: usize, at: &str) {
    for line in [
        format!(
            "issuer offer --dir clinic --set until=2022-06-01 --set until_strict=2022-03-01 \
             --set birth_date=1985-03-08 --set id_hint=A.K. --out offer-{number}.vp"
        ),
        format!(
            "holder request --dir wallet offer-{number}.vp --set name=A --set employer=A \
             --label pass-{number} --out request-{number}.vp"
        ),
        format!(
            "issuer issue --dir clinic request-{number}.vp --yes --out response-{number}.vp \
             --handle-out handle-{number}.txt"
        ),
    ] {
        town.run_at(&line, at).good();
    }
}

/// All integers of a row, and what stands in it as texts.
fn values(row: &SqliteRow) -> (Vec<i64>, Vec<String>) {
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column).unwrap();
        match raw.type_info().name() {
            "INTEGER" if !raw.is_null() => numbers.push(row.get(column)),
            "TEXT" if !raw.is_null() => texts.push(row.get(column)),
            _ => {}
        }
    }
    (numbers, texts)
}

async fn all(open: &mut SqliteConnection, query: &str) -> Vec<SqliteRow> {
    let query = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()));
    query.fetch_all(open).await.unwrap()
}

/// Nothing in any row is finer than a day, and nothing in any order but that of random names.
async fn tells_no_moment(open: &mut SqliteConnection) {
    let tables =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_sqlx*'";
    for table in all(open, tables).await {
        let (name, sql): (String, String) = (table.get(0), table.get(1));
        assert!(
            name == "log" || sql.contains("WITHOUT ROWID"),
            "{name} has an order of its own"
        );
        for row in all(open, &format!("SELECT * FROM {name}")).await {
            for number in values(&row).0 {
                let is_moment = (1_500_000_000..1_800_000_000).contains(&number);
                let begins = (number - MIDNIGHT).rem_euclid(86_400) == 0;
                assert!(!is_moment || begins, "{name} has the moment {number}");
            }
        }
    }
    let names = all(open, "SELECT name FROM meta ORDER BY name").await;
    let names: Vec<String> = names.iter().map(|row| row.get(0)).collect();
    let known = [
        "accreditation",
        "bundle",
        "card",
        "counted",
        "rearranged",
        "rehearsal",
    ];
    assert!(
        names.iter().all(|name| known.contains(&name.as_str())),
        "{names:?}"
    );
    // Lines of passes cannot be told from each other, but for random numbers that stand nowhere else.
    for word in ["offered", "issued"] {
        let query = format!("SELECT at, detail FROM log WHERE event = '{word}'");
        let lines = all(open, &query).await;
        let lines: Vec<_> = lines.iter().map(values).collect();
        assert_eq!(lines.len(), 10);
        let plain = |detail: &str| match detail.split_once("\"once\":\"") {
            Some((before, once)) => format!("{before}{}", &once[16..]),
            None => detail.to_owned(),
        };
        let first = plain(&lines[0].1[0]);
        for (at, detail) in &lines {
            assert_eq!(at, &lines[0].0, "{word}");
            assert_eq!(plain(&detail[0]), first, "{word}");
        }
        let differ: HashSet<_> = lines.iter().map(|(_, detail)| &detail[0]).collect();
        assert_eq!(differ.len(), if word == "issued" { 10 } else { 1 });
    }
}

#[test]
fn ten_issuances_leave_no_trace_of_when_which_handle_was_used() {
    let town = Town::founded();
    for number in 0..10 {
        let at = format!(
            "2021-06-28T{}:{:02}:{:02}+03:00",
            20 + number / 4,
            7 * number % 60,
            11 * number % 60
        );
        issue_at(&town, number, &at);
    }
    let database = town.path("clinic/issuer.db");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let copy = town.path("copy.db");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(&database);
        // Else what is not used has leftovers in it.
        let options = options.pragma("secure_delete", "on");
        let mut open = options.disable_statement_logging().connect().await.unwrap();
        tells_no_moment(&mut open).await;
        // The file is as if it had been written at once, in the order of names.
        all(&mut open, &format!("VACUUM INTO '{}'", copy.display())).await;
        open.close().await.unwrap();
    });
    // Behind the first page's head, which counts changes. A row has more bytes than these, which are not used.
    let (there, copied) = (read(&database), read(&copy));
    assert_eq!(there.len(), copied.len());
    let bytes = there.iter().zip(&copied).skip(100);
    let differ = bytes.filter(|(there, copied)| there != copied).count();
    assert!(
        differ < 32,
        "{differ} bytes lie in the order of their coming"
    );
    let dated = |path: &Path| {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(MIDNIGHT.unsigned_abs());
        assert_eq!(
            path.metadata().unwrap().modified().unwrap(),
            then,
            "{}",
            path.display()
        );
    };
    for number in 0..10 {
        for name in ["offer", "response"] {
            dated(&town.path(&format!("{name}-{number}.vp")));
        }
        dated(&town.path(&format!("handle-{number}.txt")));
    }
    // The same in a batch, whose guests do not stand before the clerk.
    register(&town, 1);
    town.run(IMPORT).good();
    let (_, _, code) = claims(&town).remove(0);
    fs::write(town.path("code.txt"), code).unwrap();
    fs::create_dir(town.path("requests")).unwrap();
    for line in [
        "issuer offer --dir clinic --claims code.txt --to offers",
        "holder request --dir wallet offers/offer-1.vp --set name=A --set employer=A --label one \
         --out requests/one.vp",
    ] {
        town.run(line).good();
    }
    town.run("issuer issue --dir clinic --batch requests --to responses --handle-out all.txt")
        .good();
    dated(&town.path("responses/one.vp.response.vp"));
    dated(&town.path("all.txt"));
    // And nothing is lost: the same request gets the same answer, and the pass can be revoked.
    let first = read(&town.path("response-3.vp"));
    town.run("issuer issue --dir clinic request-3.vp --out again.vp")
        .good();
    assert_eq!(read(&town.path("again.vp")), first);
    town.run("holder receive --dir wallet response-3.vp").good();
    town.run("authority revoke --dir authority handle-3.txt")
        .good();
}
