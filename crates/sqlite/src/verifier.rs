//! The verifier's tables.

use std::path::Path;

use sqlx::Row;

use super::{Database, Failed, array, put, within};
use veilpass::scheme::Day;
use veilpass_app::store::{StoreError, VerifierStore};

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

    async fn asked(&self, nonce: &[u8; 16], at: i64) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            sqlx::query("INSERT INTO question (nonce, at) VALUES (?, ?)")
                .bind(&nonce[..])
                .bind(at)
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn take_nonce(&self, since: i64) -> Result<Option<[u8; 16]>, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let row = sqlx::query(
                "DELETE FROM question WHERE number =
             (SELECT number FROM question WHERE at >= ? ORDER BY number DESC LIMIT 1)
             RETURNING nonce",
            )
            .bind(since)
            .fetch_optional(&mut *tx)
            .await?;
            self.0.commit(tx).await?;
            row.map(|row| array(row.try_get(0)?)).transpose()
        })
        .await
    }

    async fn take_this_nonce(&self, nonce: &[u8; 16], since: i64) -> Result<bool, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let taken = sqlx::query("DELETE FROM question WHERE nonce = ? AND at >= ?")
                .bind(&nonce[..])
                .bind(since)
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await?;
            Ok(taken.rows_affected() == 1)
        })
        .await
    }

    async fn mark(&self, venue: &str, day: Day, mark: &[u8]) -> Result<bool, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let new = sqlx::query(
                "INSERT INTO seen (venue, day, mark) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .bind(venue)
            .bind(day.0)
            .bind(mark)
            .execute(&mut *tx)
            .await?;
            self.0.commit(tx).await?;
            Ok(new.rows_affected() == 1)
        })
        .await
    }

    async fn forget_before(&self, day: Day, since: i64) -> Result<u32, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let gone = sqlx::query("DELETE FROM seen WHERE day < ?")
                .bind(day.0)
                .execute(&mut *tx)
                .await?;
            sqlx::query("DELETE FROM question WHERE at < ?")
                .bind(since)
                .execute(&mut *tx)
                .await?;
            self.0.commit(tx).await?;
            Ok(u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX))
        })
        .await
    }
}
