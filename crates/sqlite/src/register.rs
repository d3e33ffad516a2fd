//! The issuer's tables for registers.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::issuer::{SqliteIssuer, add_offer, by_itself};
use super::{Failed, append, array, count, damaged, within};
use veilpass::scheme::Day;
use veilpass_app::approval::Approval;
use veilpass_app::log::{Event, Hex};
use veilpass_app::store::register::{
    Allowance, ClaimCounts, Import, NewClaim, OpenClaim, RegisterStore,
};
use veilpass_app::store::{NewOffer, StoreError};

/// A number of bytes or lines as SQLite keeps it.
fn wide(number: u64) -> Result<i64, Failed> {
    i64::try_from(number).map_err(|_| damaged("a number is out of range"))
}

fn narrow(number: i64) -> Result<u64, Failed> {
    u64::try_from(number).map_err(|_| damaged("a number is out of range"))
}

/// The claim, if no answer has used it up.
async fn open_claim(
    tx: &mut SqliteConnection,
    name: &[u8; 32],
    now: i64,
) -> Result<OpenClaim, Failed> {
    // An offer that ended before its request was answered gave nothing away, and is answered no more.
    let row = sqlx::query(
        "SELECT claim.sealed, claim.kind, claim.expires, used,
                coalesce(offer.request IS NOT NULL AND offer.pending <> x'', FALSE),
                offer.id IS NOT NULL AND offer.request IS NULL
         FROM claim LEFT JOIN offer ON offer.id = claim.offer WHERE name = ?",
    )
    .bind(&name[..])
    .fetch_optional(tx)
    .await?
    .ok_or(Failed(StoreError::UnknownClaim))?;
    let (sealed, expires): (Option<Vec<u8>>, i64) = (row.try_get(0)?, row.try_get(2)?);
    let (used, reserved): (bool, bool) = (row.try_get(3)?, row.try_get(4)?);
    match sealed {
        // Somebody's request took the offer; only that request will be answered.
        _ if used || reserved => Err(Failed(StoreError::ClaimUsed)),
        _ if expires <= now => Err(Failed(StoreError::UnknownClaim)),
        None => Err(Failed(StoreError::UnknownClaim)),
        Some(sealed) => Ok(OpenClaim {
            sealed,
            kind: row.try_get(1)?,
            expires,
            offered: row.try_get(5)?,
        }),
    }
}

async fn offer_claim(
    tx: &mut SqliteConnection,
    name: &[u8; 32],
    offer: &NewOffer<'_>,
    at: i64,
) -> Result<(), Failed> {
    open_claim(&mut *tx, name, at).await?;
    sqlx::query(
        "DELETE FROM offer WHERE request IS NULL AND id = (SELECT offer FROM claim WHERE name = ?)",
    )
    .bind(&name[..])
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE claim SET offer = ? WHERE name = ?")
        .bind(&offer.id[..])
        .bind(&name[..])
        .execute(&mut *tx)
        .await?;
    add_offer(tx, offer, Some(name), at).await
}

async fn put_import(tx: &mut SqliteConnection, import: &Import) -> Result<(), Failed> {
    sqlx::query(
        "UPDATE import SET byte = ?, line = ?, imported = ?, rejected = ?, known = ?,
         claims_length = ?, rejects_length = ?, done = ? WHERE file = ?",
    )
    .bind(wide(import.offset)?)
    .bind(wide(import.line)?)
    .bind(import.imported)
    .bind(import.rejected)
    .bind(import.known)
    .bind(wide(import.claims_length)?)
    .bind(wide(import.rejects_length)?)
    .bind(import.done)
    .bind(&import.file[..])
    .execute(tx)
    .await?;
    Ok(())
}

/// Keeps the operators' approval of an import.
async fn approve(
    tx: &mut SqliteConnection,
    file: &[u8; 32],
    approval: &Approval,
    at: i64,
) -> Result<(), Failed> {
    let now = sqlx::query("UPDATE import SET approved = TRUE WHERE file = ? AND NOT approved")
        .bind(&file[..])
        .execute(&mut *tx)
        .await?;
    if now.rows_affected() == 0 {
        return Err(Failed(StoreError::Conflict));
    }
    append(&mut *tx, at, Event::Approved(approval.clone())).await?;
    let file = Hex(*file);
    append(tx, at, Event::RegisterApproved { file }).await
}

async fn made_unapproved(tx: &mut SqliteConnection, day: Day) -> Result<u32, Failed> {
    let made = sqlx::query_scalar("SELECT claims FROM unapproved WHERE day = ?")
        .bind(day.0)
        .fetch_optional(tx)
        .await?;
    count(made.unwrap_or(0))
}

/// Counts claims of an import without an approval, if the day has so many left.
async fn count_unapproved(
    tx: &mut SqliteConnection,
    more: usize,
    allowance: Allowance,
) -> Result<(), Failed> {
    let more = u32::try_from(more).unwrap_or(u32::MAX);
    let made = made_unapproved(&mut *tx, allowance.day).await?;
    let then = made.saturating_add(more);
    match allowance.unapproved {
        Some(most) if more > 0 && then > most => return Err(Failed(StoreError::NeedsApproval)),
        _ => {}
    }
    sqlx::query(
        "INSERT INTO unapproved (day, claims) VALUES (?, ?) ON CONFLICT DO UPDATE SET claims = excluded.claims",
    )
    .bind(allowance.day.0)
    .bind(then)
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_claim(tx: &mut SqliteConnection, claim: &NewClaim) -> Result<(), Failed> {
    let new = sqlx::query("INSERT INTO register_row (mark) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&claim.mark[..])
        .execute(&mut *tx)
        .await?;
    if new.rows_affected() == 0 {
        return Err(Failed(StoreError::Conflict));
    }
    sqlx::query("INSERT INTO claim (name, sealed, kind, expires) VALUES (?, ?, ?, ?)")
        .bind(&claim.name[..])
        .bind(&claim.sealed)
        .bind(claim.kind)
        .bind(claim.expires)
        .execute(tx)
        .await?;
    Ok(())
}

impl RegisterStore for SqliteIssuer {
    async fn import(&self, file: &[u8; 32]) -> Result<Option<Import>, StoreError> {
        within(async {
            let row = sqlx::query(
            "SELECT byte, line, imported, rejected, known, claims_length, rejects_length, done, run, approved
             FROM import WHERE file = ?",
        )
        .bind(&file[..])
        .fetch_optional(&self.0.0)
        .await?;
            row.map(|row| {
                Ok(Import {
                    file: *file,
                    run: array(row.try_get(8)?)?,
                    offset: narrow(row.try_get(0)?)?,
                    line: narrow(row.try_get(1)?)?,
                    imported: count(row.try_get(2)?)?,
                    rejected: count(row.try_get(3)?)?,
                    known: count(row.try_get(4)?)?,
                    claims_length: narrow(row.try_get(5)?)?,
                    rejects_length: narrow(row.try_get(6)?)?,
                    done: row.try_get(7)?,
                    approved: row.try_get(9)?,
                })
            })
            .transpose()
        })
        .await
    }

    async fn begin_import(
        &self,
        import: &Import,
        approval: Option<&Approval>,
        at: i64,
    ) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let new = sqlx::query(
            "INSERT INTO import VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0, FALSE, FALSE) ON CONFLICT DO NOTHING",
        )
        .bind(&import.file[..])
        .bind(&import.run[..])
        .execute(&mut *tx)
        .await?;
            if new.rows_affected() == 0 {
                return Err(Failed(StoreError::Conflict));
            }
            put_import(&mut tx, import).await?;
            let file = Hex(import.file);
            append(&mut tx, at, Event::Register { file }).await?;
            if let Some(approval) = approval {
                approve(&mut tx, &import.file, approval, at).await?;
            }
            self.0.commit(tx).await
        })
        .await
    }

    async fn approve_import(
        &self,
        file: &[u8; 32],
        approval: &Approval,
        at: i64,
    ) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            approve(&mut tx, file, approval, at).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn unapproved(&self, day: Day) -> Result<u32, StoreError> {
        within(async { made_unapproved(&mut *self.0.0.acquire().await?, day).await }).await
    }

    async fn known(&self, marks: &[[u8; 16]]) -> Result<Vec<bool>, StoreError> {
        within(async {
            let mut known = Vec::with_capacity(marks.len());
            for mark in marks {
                let row = sqlx::query("SELECT 1 FROM register_row WHERE mark = ?")
                    .bind(&mark[..])
                    .fetch_optional(&self.0.0)
                    .await?;
                known.push(row.is_some());
            }
            Ok(known)
        })
        .await
    }

    async fn advance(
        &self,
        offset: u64,
        import: &Import,
        claims: &[NewClaim],
        allowance: Allowance,
        at: i64,
    ) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let approved =
                sqlx::query_scalar("SELECT approved FROM import WHERE file = ? AND byte = ?")
                    .bind(&import.file[..])
                    .bind(wide(offset)?)
                    .fetch_optional(&mut *tx)
                    .await?;
            match approved {
                None => return Err(Failed(StoreError::Conflict)),
                Some(true) => {}
                Some(false) => count_unapproved(&mut tx, claims.len(), allowance).await?,
            }
            for claim in claims {
                add_claim(&mut tx, claim).await?;
            }
            put_import(&mut tx, import).await?;
            let event = Event::Claims {
                count: u32::try_from(claims.len()).unwrap_or(u32::MAX),
                file: Hex(import.file),
            };
            append(&mut tx, at, event).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn claim(&self, name: &[u8; 32], now: i64) -> Result<OpenClaim, StoreError> {
        within(async { open_claim(&mut *self.0.0.acquire().await?, name, now).await }).await
    }

    async fn offer_claims(
        &self,
        offers: &[([u8; 32], NewOffer<'_>)],
        at: i64,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let mut all = Vec::with_capacity(offers.len());
            for (claim, offer) in offers {
                all.push(by_itself(offer_claim(&mut tx, claim, offer, at).await)?);
            }
            let made = all.iter().filter(|one| one.is_ok()).count();
            let count = u32::try_from(made).unwrap_or(u32::MAX);
            append(&mut tx, at, Event::OfferedToClaims { count }).await?;
            self.0.commit(tx).await?;
            Ok(all)
        })
        .await
    }

    async fn forget_rows(&self, approval: Option<&Approval>, at: i64) -> Result<u32, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            if let Some(approval) = approval {
                append(&mut tx, at, Event::Approved(approval.clone())).await?;
            }
            let gone = sqlx::query("DELETE FROM register_row")
                .execute(&mut *tx)
                .await?;
            // Whoever imports such a register again wants its rows again.
            sqlx::query("DELETE FROM import WHERE done")
                .execute(&mut *tx)
                .await?;
            let gone = u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX);
            append(&mut tx, at, Event::RowsForgotten).await?;
            self.0.commit(tx).await?;
            Ok(gone)
        })
        .await
    }

    async fn claims(&self) -> Result<ClaimCounts, StoreError> {
        within(async {
            let row =
                sqlx::query("SELECT count(sealed), count(*), coalesce(sum(used), 0) FROM claim")
                    .fetch_one(&self.0.0)
                    .await?;
            let [open, all, used] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
            Ok(ClaimCounts {
                open: count(open)?,
                used: count(used)?,
                expired: count(all - open - used)?,
            })
        })
        .await
    }
}
