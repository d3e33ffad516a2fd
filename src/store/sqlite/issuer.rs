//! The issuer's tables.

use std::path::Path;

use sqlx::Row;
use zeroize::Zeroizing;

use super::{Database, append, array, count, damaged, put};
use crate::scheme::Day;
use crate::store::chain::Line;
use crate::store::{DayCount, IssuerStore, Reserved, StoreError};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/sqlite/migrations/issuer");

/// An issuer's database.
pub struct SqliteIssuer(Database);

impl SqliteIssuer {
    /// Opens the file, or makes it if `create`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        Database::open(path, create, &MIGRATIONS).await.map(Self)
    }
}

/// An offer as it stands in its row.
struct Found {
    pending: Option<Vec<u8>>,
    request: Option<Vec<u8>>,
    response: Option<Vec<u8>>,
}

async fn find(tx: &mut sqlx::sqlite::SqliteConnection, id: &[u8; 32]) -> Result<Found, StoreError> {
    let row = sqlx::query("SELECT pending, request, response FROM offer WHERE id = ?")
        .bind(&id[..])
        .fetch_optional(tx)
        .await?
        .ok_or(StoreError::UnknownOffer)?;
    Ok(Found {
        pending: row.try_get(0)?,
        request: row.try_get(1)?,
        response: row.try_get(2)?,
    })
}

/// The first letters of an offer's name: enough to find it in the log again.
fn short(id: &[u8; 32]) -> String {
    let [a, b, c, d, ..] = *id;
    crate::codec::hex(&[a, b, c, d])
}

impl IssuerStore for SqliteIssuer {
    async fn put(&self, name: &str, value: &[u8], event: &str, at: i64) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        put(&mut tx, name, value).await?;
        append(&mut tx, at, event, name).await?;
        self.0.commit(tx).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(name).await
    }

    async fn add_handles(
        &self,
        handles: &[([u8; 32], Vec<u8>)],
        at: i64,
    ) -> Result<u32, StoreError> {
        let mut tx = self.0.begin().await?;
        let mut added = 0;
        for (id, value) in handles {
            let inserted =
                sqlx::query("INSERT INTO handle (id, value) VALUES (?, ?) ON CONFLICT DO NOTHING")
                    .bind(&id[..])
                    .bind(value)
                    .execute(&mut *tx)
                    .await?;
            added += u32::from(inserted.rows_affected() == 1);
        }
        append(&mut tx, at, "handles", &format!("{added} new")).await?;
        self.0.commit(tx).await?;
        Ok(added)
    }

    async fn free_handles(&self) -> Result<u32, StoreError> {
        let row = sqlx::query("SELECT count(*) FROM handle WHERE offer IS NULL")
            .fetch_one(&self.0.0)
            .await?;
        count(row.try_get(0)?)
    }

    async fn add_offer(
        &self,
        id: &[u8; 32],
        offer: &[u8],
        expires: i64,
        at: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.0.begin().await?;
        sqlx::query("INSERT INTO offer (id, pending, expires) VALUES (?, ?, ?)")
            .bind(&id[..])
            .bind(offer)
            .bind(expires)
            .execute(&mut *tx)
            .await?;
        append(&mut tx, at, "offered", &short(id)).await?;
        self.0.commit(tx).await
    }

    async fn offer(&self, id: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT pending FROM offer WHERE id = ? AND pending <> x''")
            .bind(&id[..])
            .fetch_optional(&self.0.0)
            .await?;
        let pending = row.map(|row| row.try_get(0)).transpose()?;
        Ok(pending.flatten())
    }

    async fn reserve(&self, id: &[u8; 32], request: &[u8; 32]) -> Result<Reserved, StoreError> {
        let mut tx = self.0.begin().await?;
        let found = find(&mut tx, id).await?;
        match (&found.request, found.response) {
            (Some(other), _) if other[..] != request[..] => return Err(StoreError::OfferUsed),
            (_, Some(response)) => {
                let row = sqlx::query("SELECT id FROM handle WHERE offer = ?")
                    .bind(&id[..])
                    .fetch_one(&mut *tx)
                    .await?;
                let handle = array(row.try_get(0)?)?;
                return Ok(Reserved::Answered { response, handle });
            }
            (Some(_), None) => {}
            (None, None) => {
                let taken = sqlx::query(
                    "UPDATE handle SET offer = ?
                     WHERE id = (SELECT id FROM handle WHERE offer IS NULL LIMIT 1)",
                )
                .bind(&id[..])
                .execute(&mut *tx)
                .await?;
                if taken.rows_affected() == 0 {
                    return Err(StoreError::NoHandle);
                }
                sqlx::query("UPDATE offer SET request = ? WHERE id = ?")
                    .bind(&request[..])
                    .bind(&id[..])
                    .execute(&mut *tx)
                    .await?;
            }
        }
        let row = sqlx::query("SELECT value FROM handle WHERE offer = ?")
            .bind(&id[..])
            .fetch_one(&mut *tx)
            .await?;
        let handle: Option<Vec<u8>> = row.try_get(0)?;
        self.0.commit(tx).await?;
        Ok(Reserved::Handle {
            offer: found.pending.ok_or(damaged("an open offer is empty"))?,
            handle: Zeroizing::new(handle.ok_or(damaged("a reserved handle is empty"))?),
        })
    }

    async fn answer(
        &self,
        id: &[u8; 32],
        request: &[u8; 32],
        response: &[u8],
        day: Day,
        at: i64,
    ) -> Result<Vec<u8>, StoreError> {
        let mut tx = self.0.begin().await?;
        let found = find(&mut tx, id).await?;
        if found.request.as_deref() != Some(&request[..]) {
            return Err(StoreError::OfferUsed);
        }
        if let Some(stored) = found.response {
            return Ok(stored);
        }
        sqlx::query("UPDATE offer SET response = ?, pending = NULL WHERE id = ?")
            .bind(response)
            .bind(&id[..])
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE handle SET value = NULL WHERE offer = ?")
            .bind(&id[..])
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO count (day, issued) VALUES (?, 1)
             ON CONFLICT (day) DO UPDATE SET issued = issued + 1",
        )
        .bind(day.0)
        .execute(&mut *tx)
        .await?;
        append(&mut tx, at, "issued", &short(id)).await?;
        self.0.commit(tx).await?;
        Ok(response.to_vec())
    }

    async fn forget_expired(&self, now: i64) -> Result<u32, StoreError> {
        let mut tx = self.0.begin().await?;
        let gone = sqlx::query("DELETE FROM offer WHERE expires <= ? AND request IS NULL")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let emptied = sqlx::query(
            "UPDATE offer SET pending = x'' WHERE expires <= ? AND response IS NULL AND pending <> x''",
        )
        .bind(now)
        .execute(&mut *tx)
        .await?;
        if gone.rows_affected() + emptied.rows_affected() > 0 {
            self.0.commit(tx).await?;
        }
        Ok(u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX))
    }

    async fn counts(&self) -> Result<Vec<DayCount>, StoreError> {
        let rows = sqlx::query("SELECT day, issued FROM count ORDER BY day")
            .fetch_all(&self.0.0)
            .await?;
        (rows.iter())
            .map(|row| {
                Ok(DayCount {
                    day: Day(row.try_get(0)?),
                    issued: count(row.try_get(1)?)?,
                })
            })
            .collect()
    }

    async fn log(&self) -> Result<Vec<Line>, StoreError> {
        self.0.log().await
    }
}
