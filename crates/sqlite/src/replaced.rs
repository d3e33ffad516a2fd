//! What an authority's tables keep of keys and accreditations that are being replaced, and of strips.

use sqlx::sqlite::SqliteConnection;

use super::authority::{SqliteAuthority, accredited};
use super::{Failed, array};
use veilpass::registry::RemovalLog;
use veilpass::scheme::{DateTable, KeySet, Scheme, StripEpoch};
use veilpass::{AuthorityState, OlderAccreditations, OlderKeySet};

/// The named values with the key set that is being replaced, empty if there is none; and with the key set and the epoch
/// of each list of accreditations that is.
const OLDER_KEYS: &str = "older keys";
const OLDER_TABLE: &str = "older table";
const OLDER_ACCREDITATIONS: &str = "older accreditations";

/// The named values with the strip epochs, and with the newest period that ended with its keys, empty if none did.
const STRIP_EPOCHS: &str = "strip epochs";
const STRIPS_ENDED: &str = "strips ended";

/// What these values are in a state.
pub(crate) fn values(state: &AuthorityState) -> [(&'static str, Vec<u8>); 5] {
    let older = state.older_keys.as_ref();
    let places = state.older_accreditations.iter();
    let places = places.flat_map(|list| [list.key_set.to_be_bytes(), list.epoch.to_be_bytes()]);
    let ended = state.strips_ended.map(i32::to_be_bytes);
    [
        (
            OLDER_KEYS,
            older.map_or(Vec::new(), |older| older.keys.to_bytes()),
        ),
        (
            OLDER_TABLE,
            older.map_or(Vec::new(), |older| older.table.to_bytes()),
        ),
        (OLDER_ACCREDITATIONS, places.flatten().collect()),
        (STRIP_EPOCHS, StripEpoch::list_to_bytes(&state.strip_epochs)),
        (
            STRIPS_ENDED,
            ended.map_or(Vec::new(), |ended| ended.to_vec()),
        ),
    ]
}

impl SqliteAuthority {
    /// The key set that is being replaced, if there is one.
    pub(crate) async fn older_keys(&self, scheme: &Scheme) -> Result<Option<OlderKeySet>, Failed> {
        // A database of an earlier form has no such value.
        let keys = self.0.get(OLDER_KEYS).await?.unwrap_or_default();
        if keys.is_empty() {
            return Ok(None);
        }
        let keys = KeySet::from_bytes(scheme, &keys)?;
        Ok(Some(OlderKeySet {
            table: DateTable::from_bytes(&self.bytes(OLDER_TABLE).await?, keys.table())?,
            removals: self.removals(keys.number()).await?,
            checkpoint: self.checkpoint(keys.number()).await?,
            keys,
        }))
    }

    /// The accreditations that are being replaced.
    pub(crate) async fn older_accreditations(&self) -> Result<Vec<OlderAccreditations>, Failed> {
        let places = self.0.get(OLDER_ACCREDITATIONS).await?.unwrap_or_default();
        let mut lists = Vec::new();
        for place in places.chunks(8) {
            let (key_set, epoch) = place.split_at(4.min(place.len()));
            let (key_set, epoch) = (
                u32::from_be_bytes(array(key_set)?),
                u32::from_be_bytes(array(epoch)?),
            );
            let rows = sqlx::query(
                "SELECT issuer.x, x1, older_accreditation.accreditation FROM older_accreditation
                 JOIN issuer USING (x) WHERE key_set = ? AND epoch = ? ORDER BY issuer.x",
            )
            .bind(key_set)
            .bind(epoch)
            .fetch_all(&self.0.0)
            .await?;
            let issuers = rows.iter().map(accredited).collect::<Result<_, _>>()?;
            lists.push(OlderAccreditations {
                key_set,
                epoch,
                issuers,
            });
        }
        Ok(lists)
    }

    pub(crate) async fn strip_epochs(&self) -> Result<Vec<StripEpoch>, Failed> {
        // A database of an earlier form has no such value.
        let list = self.0.get(STRIP_EPOCHS).await?;
        Ok(match list {
            Some(list) => StripEpoch::list_from_bytes(&list)?,
            None => Vec::new(),
        })
    }

    pub(crate) async fn strips_ended(&self) -> Result<Option<i32>, Failed> {
        let ended = self.0.get(STRIPS_ENDED).await?.unwrap_or_default();
        match ended.is_empty() {
            true => Ok(None),
            false => Ok(Some(i32::from_be_bytes(array(&ended)?))),
        }
    }
}

pub(crate) async fn put_older_accreditations(
    tx: &mut SqliteConnection,
    state: &AuthorityState,
) -> Result<(), Failed> {
    sqlx::query("DELETE FROM older_accreditation")
        .execute(&mut *tx)
        .await?;
    for list in &state.older_accreditations {
        for (issuer, accreditation) in &list.issuers {
            sqlx::query(
                "INSERT INTO older_accreditation (key_set, epoch, x, accreditation) VALUES (?, ?, ?, ?)",
            )
            .bind(list.key_set)
            .bind(list.epoch)
            .bind(&issuer.id().to_bytes()[..])
            .bind(accreditation.to_bytes())
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(())
}

/// Writes the checkpoints that are not written yet.
pub(crate) async fn put_checkpoints(
    tx: &mut SqliteConnection,
    state: &AuthorityState,
) -> Result<(), Failed> {
    let older = state.older_keys.as_ref();
    let older = older.map(|older| (older.keys.number(), &older.checkpoint));
    let all = older
        .into_iter()
        .chain([(state.keys.number(), &state.checkpoint)]);
    for (key_set, files) in all {
        let Some(files) = files else { continue };
        let made = files.checkpoint.to_bytes();
        let there = sqlx::query("SELECT 1 FROM checkpoint WHERE key_set = ? AND value = ?")
            .bind(key_set)
            .bind(&made[..])
            .fetch_optional(&mut *tx)
            .await?;
        if there.is_some() {
            continue;
        }
        for table in [
            "DELETE FROM checkpoint WHERE key_set = ?",
            "DELETE FROM bucket WHERE key_set = ?",
        ] {
            sqlx::query(table).bind(key_set).execute(&mut *tx).await?;
        }
        sqlx::query("INSERT INTO checkpoint (key_set, value) VALUES (?, ?)")
            .bind(key_set)
            .bind(made)
            .execute(&mut *tx)
            .await?;
        for (bucket, number) in files.buckets.iter().zip(0_u32..) {
            sqlx::query("INSERT INTO bucket (key_set, number, value) VALUES (?, ?, ?)")
                .bind(key_set)
                .bind(number)
                .bind(&bucket[..])
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

/// Writes all removals of a key set.
pub(crate) async fn put_removals(
    tx: &mut SqliteConnection,
    key_set: u32,
    removals: &RemovalLog,
) -> Result<(), Failed> {
    sqlx::query("DELETE FROM removal WHERE key_set = ?")
        .bind(key_set)
        .execute(&mut *tx)
        .await?;
    for (removal, place) in removals.rows().zip(1_u32..) {
        sqlx::query("INSERT INTO removal (key_set, place, removal) VALUES (?, ?, ?)")
            .bind(key_set)
            .bind(place)
            .bind(&removal[..])
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
