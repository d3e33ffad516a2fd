//! The verifier's tables.

use std::ops::RangeInclusive;
use std::path::Path;

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Database, Failed, array, damaged, put, within};
use veilpass::presentation::{Challenge, Reason, Remembered, ReplayEntry};
use veilpass::scheme::{Day, UnixTime};
use veilpass_app::store::{Hour, OpenQuestion, StoreError, Tally, VerifierStore};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/verifier");

/// A verifier's database.
pub struct SqliteVerifier(Database);

impl SqliteVerifier {
    /// Opens the file, or makes it if `create`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, create, &MIGRATIONS).await?))
    }
}

/// See [`VerifierStore::remember`].
async fn remember(
    tx: &mut SqliteConnection,
    entry: &ReplayEntry,
    asked: &RangeInclusive<UnixTime>,
) -> Result<Remembered, Failed> {
    let forgotten = sqlx::query("SELECT 1 FROM forgotten WHERE day >= ?")
        .bind(entry.day().0)
        .fetch_optional(&mut *tx)
        .await?;
    if forgotten.is_some() {
        return Err(Failed(StoreError::DayForgotten));
    }
    let known = sqlx::query("SELECT 1 FROM seen WHERE venue = ? AND day = ? AND mark = ?")
        .bind(entry.audience())
        .bind(entry.day().0)
        .bind(entry.tag())
        .fetch_optional(&mut *tx)
        .await?;
    if known.is_some() {
        return Ok(Remembered::Known);
    }
    if let Some(answered) = entry.answered() {
        let used = sqlx::query("DELETE FROM question WHERE nonce = ? AND at BETWEEN ? AND ?")
            .bind(&answered.nonce()[..])
            .bind(asked.start().as_seconds())
            .bind(asked.end().as_seconds())
            .execute(&mut *tx)
            .await?;
        if used.rows_affected() == 0 {
            return Ok(Remembered::NotOpen);
        }
    }
    sqlx::query("INSERT INTO seen (venue, day, mark) VALUES (?, ?, ?)")
        .bind(entry.audience())
        .bind(entry.day().0)
        .bind(entry.tag())
        .execute(tx)
        .await?;
    Ok(Remembered::New)
}

/// Counts a verdict.
async fn count(
    tx: &mut SqliteConnection,
    hour: Hour,
    reason: Option<Reason>,
) -> Result<(), Failed> {
    sqlx::query(
        "INSERT INTO tally (day, hour, verdict, count) VALUES (?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET count = count + 1",
    )
    .bind(hour.day.0)
    .bind(hour.begins.as_seconds())
    .bind(Tally::word(reason))
    .execute(tx)
    .await?;
    Ok(())
}

impl VerifierStore for SqliteVerifier {
    async fn put(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            put(&mut tx, name, value).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        within(async { self.0.get(name).await }).await
    }

    async fn put_bundle(&self, version: u32, bytes: &[u8]) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let newest =
                sqlx::query("SELECT version, bytes FROM bundle ORDER BY version DESC LIMIT 1")
                    .fetch_optional(&mut *tx)
                    .await?;
            if let Some(newest) = newest {
                let (at_hand, same): (i64, &[u8]) = (newest.try_get(0)?, newest.try_get(1)?);
                if at_hand == i64::from(version) && same == bytes {
                    return Ok(());
                }
                if at_hand >= i64::from(version) {
                    return Err(Failed(StoreError::OldBundle));
                }
            }
            sqlx::query("DELETE FROM bundle").execute(&mut *tx).await?;
            sqlx::query("INSERT INTO bundle (version, bytes) VALUES (?, ?)")
                .bind(version)
                .bind(bytes)
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn bundle(&self) -> Result<Option<Vec<u8>>, StoreError> {
        within(async {
            let row = sqlx::query("SELECT bytes FROM bundle ORDER BY version DESC LIMIT 1")
                .fetch_optional(&self.0.0)
                .await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
        .await
    }

    async fn asked(&self, challenge: &Challenge, at: UnixTime) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            sqlx::query("INSERT INTO question (nonce, day, epoch, at) VALUES (?, ?, ?, ?)")
                .bind(&challenge.nonce()[..])
                .bind(challenge.day().0)
                .bind(challenge.epoch())
                .bind(at.as_seconds())
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn open_questions(
        &self,
        asked: RangeInclusive<UnixTime>,
    ) -> Result<Vec<OpenQuestion>, StoreError> {
        within(async {
            let rows = sqlx::query(
                "SELECT nonce, day, epoch, at FROM question WHERE at BETWEEN ? AND ? ORDER BY at, nonce",
            )
            .bind(asked.start().as_seconds())
            .bind(asked.end().as_seconds())
            .fetch_all(&self.0.0)
            .await?;
            let open = rows.iter().map(|row| {
                Ok(OpenQuestion {
                    challenge: Challenge::from_store(
                        array(row.try_get(0)?)?,
                        Day(row.try_get(1)?),
                        row.try_get(2)?,
                    ),
                    at: UnixTime::from_seconds(row.try_get(3)?),
                })
            });
            open.collect()
        })
        .await
    }

    async fn remember(
        &self,
        entry: &ReplayEntry,
        asked: RangeInclusive<UnixTime>,
        hour: Option<Hour>,
    ) -> Result<Remembered, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let remembered = remember(&mut tx, entry, &asked).await?;
            if let Some(hour) = hour {
                count(&mut tx, hour, entry.refused(remembered)).await?;
            }
            self.0.commit(tx).await?;
            Ok(remembered)
        })
        .await
    }

    async fn count(&self, hour: Hour, reason: Reason) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            count(&mut tx, hour, Some(reason)).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn tallies(&self, day: Day) -> Result<Vec<Tally>, StoreError> {
        within(async {
            let rows = sqlx::query(
                "SELECT hour, verdict, count FROM tally WHERE day = ? ORDER BY hour, verdict",
            )
            .bind(day.0)
            .fetch_all(&self.0.0)
            .await?;
            let tallies = rows.iter().map(|row| {
                let word: &str = row.try_get(1)?;
                Ok(Tally {
                    hour: UnixTime::from_seconds(row.try_get(0)?),
                    reason: Tally::verdict(word).ok_or(damaged("an unknown verdict"))?,
                    count: row.try_get(2)?,
                })
            });
            tallies.collect()
        })
        .await
    }

    async fn forget_before(&self, day: Day, since: UnixTime) -> Result<u32, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            sqlx::query(
                "INSERT INTO forgotten SELECT 1, max(day) FROM seen WHERE day < ? HAVING count(*) > 0
                 ON CONFLICT DO UPDATE SET day = max(day, excluded.day)",
            )
            .bind(day.0)
            .execute(&mut *tx)
            .await?;
            let gone = sqlx::query("DELETE FROM seen WHERE day < ?")
                .bind(day.0)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM tally WHERE day < ?")
                .bind(day.0)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM question WHERE at < ?")
                .bind(since.as_seconds())
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await?;
            Ok(u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX))
        })
        .await
    }
}
