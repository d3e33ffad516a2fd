//! The contract in SQLite: one file a role, write-ahead log, every change one immediate transaction.

mod authority;
mod issuer;
mod register;
mod replaced;
mod venues;
mod verifier;

pub use authority::SqliteAuthority;
pub use issuer::SqliteIssuer;
pub use verifier::SqliteVerifier;

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, Transaction};

use veilpass::{DecodeError, Flaw};
use veilpass_app::log::{Event, Hex, Line};
use veilpass_app::store::StoreError;

/// How long a process waits for others that write.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file below this size, in bytes, is looked at as a whole whenever it is opened, which takes a few
/// milliseconds; a larger one when it is audited.
const CHECKED: u64 = 4 << 20;

/// Why a transaction failed: what the database said, as the contract calls it. (The contract's own type cannot learn
/// of this database.)
struct Failed(StoreError);

impl From<Failed> for StoreError {
    fn from(Failed(error): Failed) -> Self {
        error
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<DecodeError> for Failed {
    fn from(error: DecodeError) -> Self {
        Self(error.into())
    }
}

/// One method of the contract.
async fn within<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, StoreError> {
    Ok(work.await?)
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        let code = (error.as_database_error()).and_then(|error| error.code().map(String::from));
        // SQLite's (extended) result codes.
        Self(match code.as_deref() {
            Some("13" | "778" | "4874") => StoreError::Full,
            Some("8" | "14" | "264" | "520" | "776" | "1032" | "1544" | "2570") => {
                StoreError::ReadOnly
            }
            Some("5" | "6" | "261" | "517" | "773") => StoreError::Busy,
            Some("11" | "26" | "267") => return damaged("the file is not a database"),
            _ => match error {
                sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                    return damaged("a field is of another type than it must");
                }
                other => StoreError::Database(other.to_string()),
            },
        })
    }
}

impl From<sqlx::migrate::MigrateError> for Failed {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            _ => Self(StoreError::Migration),
        }
    }
}

/// The named value with the day on which the file was written anew last, in days since 1970.
const REARRANGED: &str = "rearranged";

/// Bytes of a page: SQLite's own choice for new files.
const PAGE: u64 = 4096;

fn damaged(why: &'static str) -> Failed {
    Failed(StoreError::Damaged(DecodeError {
        what: "database",
        flaw: Flaw::Value(why),
    }))
}

/// Whether the file ends within a page and no write-ahead log is there to mend it: SQLite would take zeros
/// for what is missing.
fn is_cut_off(path: &Path) -> bool {
    let length = |path: &Path| path.metadata().map_or(0, |there| there.len());
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    !length(path).is_multiple_of(PAGE) && length(Path::new(&log)) == 0
}

/// Bytes of the length that the schema promises.
fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Failed> {
    bytes
        .try_into()
        .map_err(|_| damaged("a field has another length than it must"))
}

/// A count that SQLite keeps as a 64-bit number.
fn count(number: i64) -> Result<u32, Failed> {
    u32::try_from(number).map_err(|_| damaged("a count is out of range"))
}

/// An open database.
struct Database(SqlitePool);

impl Database {
    /// Opens the database, or makes it if `create`. Brings its tables up to this version.
    async fn open(path: &Path, create: bool, migrations: &Migrator) -> Result<Self, Failed> {
        // An empty file is what a set-up leaves that was stopped, and a database that was lost. Nothing is
        // put into it, and into nothing that this program did not make.
        let empty = path.metadata().map_or(true, |there| there.len() == 0);
        if !create && empty {
            return Err(Failed(StoreError::Empty));
        }
        if is_cut_off(path) {
            return Err(damaged("it is cut off"));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            // What was acknowledged survives a power cut, not only a killed process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
            .pragma("secure_delete", "on")
            // A damaged page is noticed when it is read, not when something is written into it.
            .pragma("cell_size_check", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        let database = Self(pool);
        match database.tables().await? {
            (0, _) if !create => return Err(Failed(StoreError::Empty)),
            (1.., 0) => return Err(Failed(StoreError::Migration)),
            _ => {}
        }
        if path.metadata().is_ok_and(|there| there.len() < CHECKED) {
            database.check().await?;
        }
        sqlx::query("PRAGMA journal_mode = WAL")
            .execute(&database.0)
            .await?;
        migrations.run(&database.0).await?;
        Ok(database)
    }

    /// Whether all pages fit together.
    async fn check(&self) -> Result<(), Failed> {
        let whole: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
            .fetch_one(&self.0)
            .await?;
        match whole.as_str() {
            "ok" => Ok(()),
            _ => Err(damaged("its pages do not fit together")),
        }
    }

    /// How many tables and the like it has, and how many of them say that this program made them.
    async fn tables(&self) -> Result<(usize, usize), Failed> {
        let rows = sqlx::query("SELECT name, sql FROM sqlite_schema")
            .fetch_all(&self.0)
            .await?;
        let mut ours = 0;
        for row in &rows {
            // SQLite takes any bytes for a constraint's name or a type, and leaves the constraint out.
            let read = row.try_get::<&str, _>(0).and_then(|name| {
                row.try_get::<Option<&str>, _>(1)?;
                Ok(name)
            });
            let name = read.map_err(|_| damaged("a table's description is no text"))?;
            ours += usize::from(name == "_sqlx_migrations");
        }
        Ok((rows.len(), ours))
    }

    /// Commits, and leaves nothing of it behind in the write-ahead log: what was deleted is gone.
    async fn commit(&self, tx: Transaction<'_, Sqlite>) -> Result<(), Failed> {
        tx.commit().await?;
        // Whoever reads just now delays this to the next change; the change itself is safe.
        let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.0)
            .await;
        Ok(())
    }

    /// Writes the file anew, each table in the order of its keys: where a row lies in the file would tell when it was
    /// written, before and after which others. Says whether it was done: whoever else is at it just now delays this to
    /// the next time.
    async fn rearrange(&self) -> bool {
        let done = sqlx::query("VACUUM").execute(&self.0).await.is_ok();
        let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.0)
            .await;
        done
    }

    /// The same, if it takes a moment only.
    async fn rearrange_small(&self) {
        let pages = sqlx::query_scalar("PRAGMA page_count").fetch_one(&self.0);
        let pages: i64 = pages.await.unwrap_or(i64::MAX);
        if u64::try_from(pages).is_ok_and(|pages| pages.saturating_mul(PAGE) < CHECKED) {
            self.rearrange().await;
        }
    }

    /// The same, once a day, however long it takes.
    async fn rearrange_daily(&self, now: i64) -> Result<(), Failed> {
        let today = now.div_euclid(86_400).to_be_bytes();
        if self.get(REARRANGED).await?.as_deref() == Some(&today[..]) || !self.rearrange().await {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        put(&mut tx, REARRANGED, &today).await?;
        self.commit(tx).await
    }

    async fn begin(&self) -> Result<Transaction<'_, Sqlite>, Failed> {
        Ok(self.0.begin_with("BEGIN IMMEDIATE").await?)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failed> {
        get(&mut *self.0.acquire().await?, name).await
    }

    /// Keeps a named value, with lines in the log.
    async fn put(&self, name: &str, value: &[u8], events: &[Event], at: i64) -> Result<(), Failed> {
        let mut tx = self.begin().await?;
        put(&mut tx, name, value).await?;
        append_all(&mut tx, at, events).await?;
        self.commit(tx).await
    }

    /// The same, if the value is still `before`.
    async fn replace(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
        events: &[Event],
        at: i64,
    ) -> Result<(), Failed> {
        let mut tx = self.begin().await?;
        if get(&mut tx, name).await?.as_deref() != before {
            return Err(Failed(StoreError::Conflict));
        }
        put(&mut tx, name, after).await?;
        append_all(&mut tx, at, events).await?;
        self.commit(tx).await
    }

    /// The whole log. Whoever reads it wants to know that all is well: the file is looked at as a whole.
    async fn log(&self) -> Result<Vec<Line>, Failed> {
        self.check().await?;
        let rows = sqlx::query("SELECT number, at, event, detail, hash FROM log ORDER BY number")
            .fetch_all(&self.0)
            .await?;
        rows.iter().map(line).collect()
    }
}

fn line(row: &sqlx::sqlite::SqliteRow) -> Result<Line, Failed> {
    Ok(Line {
        number: row.try_get(0)?,
        at: row.try_get(1)?,
        event: Event::read(row.try_get(2)?, row.try_get(3)?),
        hash: Hex(array(row.try_get(4)?)?),
    })
}

async fn get(tx: &mut SqliteConnection, name: &str) -> Result<Option<Vec<u8>>, Failed> {
    let row = sqlx::query("SELECT value FROM meta WHERE name = ?")
        .bind(name)
        .fetch_optional(tx)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

async fn put(tx: &mut SqliteConnection, name: &str, value: &[u8]) -> Result<(), Failed> {
    sqlx::query("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
        .bind(name)
        .bind(value)
        .execute(tx)
        .await?;
    Ok(())
}

/// Appends to the log.
async fn append(tx: &mut SqliteConnection, at: i64, event: Event) -> Result<(), Failed> {
    let last =
        sqlx::query("SELECT number, at, event, detail, hash FROM log ORDER BY number DESC LIMIT 1")
            .fetch_optional(&mut *tx)
            .await?;
    let last = last.as_ref().map(line).transpose()?;
    let next = Line::next(last.as_ref(), at, event);
    sqlx::query("INSERT INTO log (number, at, event, detail, hash) VALUES (?, ?, ?, ?, ?)")
        .bind(next.number)
        .bind(next.at)
        .bind(next.event.word())
        .bind(next.event.detail())
        .bind(&next.hash.0[..])
        .execute(tx)
        .await?;
    Ok(())
}

async fn append_all(tx: &mut SqliteConnection, at: i64, events: &[Event]) -> Result<(), Failed> {
    for event in events {
        append(&mut *tx, at, event.clone()).await?;
    }
    Ok(())
}

/// The named values and the log are the same for authority and issuer.
macro_rules! ledger {
    ($role:ty) => {
        impl veilpass_app::store::Ledger for $role {
            async fn put(
                &self,
                name: &str,
                value: &[u8],
                events: &[Event],
                at: i64,
            ) -> Result<(), StoreError> {
                within(self.0.put(name, value, events, at)).await
            }

            async fn replace(
                &self,
                name: &str,
                before: Option<&[u8]>,
                after: &[u8],
                events: &[Event],
                at: i64,
            ) -> Result<(), StoreError> {
                within(self.0.replace(name, before, after, events, at)).await
            }

            async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
                within(self.0.get(name)).await
            }

            async fn log(&self) -> Result<Vec<Line>, StoreError> {
                within(self.0.log()).await
            }
        }
    };
}

ledger!(SqliteAuthority);
ledger!(SqliteIssuer);
