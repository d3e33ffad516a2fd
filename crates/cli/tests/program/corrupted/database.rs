//! What a spoiled database still says, judged by SQLite itself.

use std::fmt::Write as _;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};

use super::meaning::Meaning;
use super::town::World;

/// Everything in all tables, if SQLite finds the file whole.
async fn dump(path: &std::path::Path) -> Result<String, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut open = options.disable_statement_logging().connect().await?;
    let told = everything(&mut open).await;
    open.close().await?;
    told
}

async fn everything(open: &mut SqliteConnection) -> Result<String, sqlx::Error> {
    let whole: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut *open)
        .await?;
    if whole != "ok" {
        return Err(sqlx::Error::Protocol(whole));
    }
    let tables = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    let tables = sqlx::query(tables).fetch_all(&mut *open).await?;
    let mut text = String::new();
    for table in &tables {
        let name: String = table.try_get(0)?;
        writeln!(text, "{name}: {:?}", table.try_get::<Option<String>, _>(1)?).unwrap();
        let columns = sqlx::query("SELECT name FROM pragma_table_info(?)").bind(&name);
        let columns = columns.fetch_all(&mut *open).await?;
        let columns: Result<Vec<_>, _> = columns
            .iter()
            .map(|row| Ok::<_, sqlx::Error>(format!("quote(\"{}\")", row.try_get::<String, _>(0)?)))
            .collect();
        let columns = columns?.join(" || ',' || ");
        if columns.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let all = format!("SELECT {columns} FROM \"{name}\" ORDER BY 1");
        for row in sqlx::query(sqlx::AssertSqlSafe(all))
            .fetch_all(&mut *open)
            .await?
        {
            writeln!(text, "{}", row.try_get::<String, _>(0)?).unwrap();
        }
    }
    Ok(text)
}

fn said(bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    std::fs::write(&path, bytes).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(dump(&path))
        .ok()
        .filter(|text| !text.is_empty())
}

pub fn judge(_: &World, good: &[u8], bad: &[u8]) -> Meaning {
    match said(bad) {
        None => Meaning::Nothing,
        text if text == said(good) => Meaning::Same,
        Some(_) => Meaning::Other,
    }
}
