//! The authority's venues: each has its id and its name for ever.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::{Database, Failed, array, damaged};
use veilpass::AuthorityState;
use veilpass::scheme::{VenueCard, VenueId};
use veilpass_app::store::{StoreError, VenueRecord};

fn venue(id: &[u8]) -> Result<VenueId, Failed> {
    VenueId::from_bytes(array(id)?).ok_or(damaged("a venue's id is all zeros"))
}

/// The withdrawn venues, rising.
pub(crate) async fn withdrawn(database: &Database) -> Result<Vec<VenueId>, Failed> {
    let rows = sqlx::query("SELECT id FROM withdrawn ORDER BY id")
        .fetch_all(&database.0)
        .await?;
    (rows.iter()).map(|row| venue(row.try_get(0)?)).collect()
}

/// All venues by name.
pub(crate) async fn all(database: &Database) -> Result<Vec<VenueRecord>, Failed> {
    let rows = sqlx::query(
        "SELECT venue.id, name, card, withdrawn.id IS NOT NULL
         FROM venue LEFT JOIN withdrawn ON withdrawn.id = venue.id ORDER BY name",
    )
    .fetch_all(&database.0)
    .await?;
    let record = |row: &sqlx::sqlite::SqliteRow| {
        Ok(VenueRecord {
            id: venue(row.try_get(0)?)?,
            name: row.try_get(1)?,
            card: row.try_get(2)?,
            withdrawn: row.try_get(3)?,
        })
    };
    rows.iter().map(record).collect()
}

/// Writes which venues are withdrawn.
pub(crate) async fn put_withdrawn(
    tx: &mut SqliteConnection,
    state: &AuthorityState,
) -> Result<(), Failed> {
    for id in &state.withdrawn {
        sqlx::query("INSERT OR IGNORE INTO withdrawn (id) VALUES (?)")
            .bind(&id.to_bytes()[..])
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Registers a venue whose id and name are new.
pub(crate) async fn add(tx: &mut SqliteConnection, card: &VenueCard) -> Result<(), Failed> {
    let terms = card.terms();
    let added =
        sqlx::query("INSERT INTO venue (id, name, card) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&terms.id.to_bytes()[..])
            .bind(&terms.name)
            .bind(card.to_bytes())
            .execute(tx)
            .await?;
    match added.rows_affected() {
        1 => Ok(()),
        _ => Err(Failed(StoreError::VenueTaken)),
    }
}

/// Gives a venue that stands, under its id and name, another card.
pub(crate) async fn renew(tx: &mut SqliteConnection, card: &VenueCard) -> Result<(), Failed> {
    let terms = card.terms();
    let renewed = sqlx::query(
        "UPDATE venue SET card = ? WHERE id = ? AND name = ? AND id NOT IN (SELECT id FROM withdrawn)",
    )
    .bind(card.to_bytes())
    .bind(&terms.id.to_bytes()[..])
    .bind(&terms.name)
    .execute(tx)
    .await?;
    match renewed.rows_affected() {
        1 => Ok(()),
        _ => Err(Failed(StoreError::NoVenue)),
    }
}
