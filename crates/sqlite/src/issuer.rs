//! The issuer's tables.

use std::path::Path;

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;
use zeroize::Zeroizing;

use super::{Database, Failed, append, array, count, damaged, within};
use veilpass::scheme::{Day, DayCount};
use veilpass_app::log::{Closing, Event};
use veilpass_app::store::{
    Answer, Answered, IssuerStore, NewOffer, OpenOffer, Quota, RENEWAL, Reserved, StoreError,
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/issuer");

/// An issuer's database.
pub struct SqliteIssuer(pub(crate) Database);

impl SqliteIssuer {
    /// Opens the file, or makes it if `create`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, create, &MIGRATIONS).await?))
    }
}

/// An offer as it stands in its row.
struct Found {
    pending: Option<Vec<u8>>,
    request: Option<Vec<u8>>,
    response: Option<Vec<u8>>,
    kind: String,
    claim: Option<Vec<u8>>,
    drawn: Option<Vec<u8>>,
}

async fn find(tx: &mut SqliteConnection, id: &[u8; 32]) -> Result<Found, Failed> {
    let row = sqlx::query(
        "SELECT pending, request, response, kind, claim, drawn FROM offer WHERE id = ?",
    )
    .bind(&id[..])
    .fetch_optional(tx)
    .await?
    .ok_or(Failed(StoreError::UnknownOffer))?;
    Ok(Found {
        pending: row.try_get(0)?,
        request: row.try_get(1)?,
        response: row.try_get(2)?,
        kind: row.try_get(3)?,
        claim: row.try_get(4)?,
        drawn: row.try_get(5)?,
    })
}

/// One of many: what the contract refuses is refused before it changed anything, and the others go on;
/// what the database refuses ends them all.
pub(super) fn by_itself<T>(result: Result<T, Failed>) -> Result<Result<T, StoreError>, Failed> {
    match result {
        Err(Failed(
            error @ (StoreError::UnknownOffer
            | StoreError::OfferUsed
            | StoreError::NoHandle
            | StoreError::DayFull
            | StoreError::UnknownClaim
            | StoreError::ClaimUsed),
        )) => Ok(Err(error)),
        Err(error) => Err(error),
        Ok(done) => Ok(Ok(done)),
    }
}

/// Keeps an offer, perhaps for a claim.
pub(super) async fn add_offer(
    tx: &mut SqliteConnection,
    offer: &NewOffer<'_>,
    claim: Option<&[u8; 32]>,
    at: i64,
) -> Result<(), Failed> {
    sqlx::query(
        "INSERT INTO offer (id, pending, expires, kind, claim, compared) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&offer.id[..])
    .bind(offer.offer)
    .bind(offer.expires)
    .bind(offer.kind)
    .bind(claim.map(|claim| &claim[..]))
    .bind(offer.compared)
    .execute(&mut *tx)
    .await?;
    // A line for each claim would stand in the order of the register.
    match claim {
        Some(_) => Ok(()),
        None => append(tx, at, Event::Offered).await,
    }
}

/// What the offer's request got.
async fn answered(
    tx: &mut SqliteConnection,
    id: &[u8; 32],
    response: Vec<u8>,
) -> Result<Answered, Failed> {
    let row = sqlx::query("SELECT id FROM handle WHERE offer = ?")
        .bind(&id[..])
        .fetch_optional(tx)
        .await?;
    // A renewal used none.
    let handle = row.map(|row| array(row.try_get(0)?));
    Ok(Answered {
        response,
        handle: handle.transpose()?,
    })
}

/// See [`IssuerStore::answered`].
async fn look_up(
    tx: &mut SqliteConnection,
    id: &[u8; 32],
    request: &[u8; 32],
) -> Result<Option<Answered>, Failed> {
    let found = find(&mut *tx, id).await?;
    if (found.request).is_some_and(|other| other[..] != request[..]) {
        return Err(Failed(StoreError::OfferUsed));
    }
    match (found.response, found.pending.as_deref()) {
        (Some(response), _) => Ok(Some(answered(tx, id, response).await?)),
        // Its attributes are forgotten.
        (None, None | Some([])) => Err(Failed(StoreError::UnknownOffer)),
        (None, Some(_)) => Ok(None),
    }
}

/// See [`IssuerStore::draw`]; `Ok(false)` if a second request closed the offer.
async fn draw(
    tx: &mut SqliteConnection,
    id: &[u8; 32],
    request: &[u8; 32],
    at: i64,
) -> Result<bool, Failed> {
    let found = find(&mut *tx, id).await?;
    if let Some(reserved) = found.request {
        let same = reserved[..] == request[..];
        return same.then_some(true).ok_or(Failed(StoreError::OfferUsed));
    }
    if found.pending.is_none_or(|pending| pending.is_empty()) {
        return Err(Failed(StoreError::UnknownOffer));
    }
    if (found.drawn).is_some_and(|other| other[..] != request[..]) {
        close(tx, id, Closing::TwoRequests, at).await?;
        return Ok(false);
    }
    sqlx::query("UPDATE offer SET drawn = ? WHERE id = ?")
        .bind(&request[..])
        .bind(&id[..])
        .execute(tx)
        .await?;
    Ok(true)
}

/// See [`IssuerStore::close_offer`].
async fn close(
    tx: &mut SqliteConnection,
    id: &[u8; 32],
    why: Closing,
    at: i64,
) -> Result<(), Failed> {
    let gone = sqlx::query("DELETE FROM offer WHERE id = ? AND request IS NULL")
        .bind(&id[..])
        .execute(&mut *tx)
        .await?;
    match gone.rows_affected() {
        0 => Ok(()),
        _ => append(tx, at, Event::OfferClosed { why }).await,
    }
}

/// See [`IssuerStore::reserve`].
async fn reserve(
    tx: &mut SqliteConnection,
    id: &[u8; 32],
    request: &[u8; 32],
    left: &mut u32,
) -> Result<Reserved, Failed> {
    let found = find(&mut *tx, id).await?;
    match (&found.request, found.response) {
        (Some(other), _) if other[..] != request[..] => return Err(Failed(StoreError::OfferUsed)),
        (_, Some(response)) => {
            return Ok(Reserved::Answered(answered(tx, id, response).await?));
        }
        (Some(_), None) => {}
        (None, None) if (found.drawn).is_some_and(|other| other[..] != request[..]) => {
            return Err(Failed(StoreError::OfferUsed));
        }
        (None, None) => {
            let rest = left.checked_sub(1).ok_or(Failed(StoreError::DayFull))?;
            if found.kind != RENEWAL {
                take_handle(&mut *tx, id).await?;
            }
            bind(&mut *tx, id, request).await?;
            *left = rest;
        }
    }
    let offer = (found.pending).ok_or(damaged("an open offer is empty"));
    if found.kind == RENEWAL {
        return Ok(Reserved::Renewal { offer: offer? });
    }
    let row = sqlx::query("SELECT value FROM handle WHERE offer = ?")
        .bind(&id[..])
        .fetch_one(tx)
        .await?;
    let handle: Option<Vec<u8>> = row.try_get(0)?;
    Ok(Reserved::Handle {
        offer: offer?,
        handle: Zeroizing::new(handle.ok_or(damaged("a reserved handle is empty"))?),
    })
}

/// How many handles the day has left: neither answered today nor bound to a request that is not answered
/// yet.
async fn left(tx: &mut SqliteConnection, quota: Quota) -> Result<u32, Failed> {
    let Some(per_day) = quota.per_day else {
        return Ok(u32::MAX);
    };
    let row = sqlx::query(
        "SELECT (SELECT coalesce(sum(issued), 0) FROM issued WHERE day = ?)
              + (SELECT count(*) FROM offer WHERE response IS NULL AND request IS NOT NULL AND pending <> x'')",
    )
    .bind(quota.day.0)
    .fetch_one(tx)
    .await?;
    Ok(per_day.saturating_sub(count(row.try_get(0)?)?))
}

async fn take_handle(tx: &mut SqliteConnection, id: &[u8; 32]) -> Result<(), Failed> {
    // Somewhere in the pool: in order, the names of removed handles would tell when passes were issued.
    let taken = sqlx::query(
        "UPDATE handle SET offer = ?
         WHERE id = coalesce((SELECT id FROM handle WHERE offer IS NULL AND id >= ? ORDER BY id LIMIT 1),
                             (SELECT id FROM handle WHERE offer IS NULL ORDER BY id LIMIT 1))",
    )
    .bind(&id[..])
    .bind(&rand::random::<[u8; 32]>()[..])
    .execute(&mut *tx)
    .await?;
    if taken.rows_affected() == 0 {
        return Err(Failed(StoreError::NoHandle));
    }
    Ok(())
}

/// From now on the offer is for this request.
async fn bind(tx: &mut SqliteConnection, id: &[u8; 32], request: &[u8; 32]) -> Result<(), Failed> {
    sqlx::query("UPDATE offer SET request = ? WHERE id = ?")
        .bind(&request[..])
        .bind(&id[..])
        .execute(tx)
        .await?;
    Ok(())
}

/// See [`IssuerStore::answer`].
async fn answer(
    tx: &mut SqliteConnection,
    answer: &Answer<'_>,
    day: Day,
    at: i64,
) -> Result<Vec<u8>, Failed> {
    let found = find(&mut *tx, answer.id).await?;
    if found.request.as_deref() != Some(&answer.request[..]) {
        return Err(Failed(StoreError::OfferUsed));
    }
    if let Some(stored) = found.response {
        return Ok(stored);
    }
    // Nothing is left that leads from the handle to a moment.
    sqlx::query("UPDATE offer SET response = ?, pending = NULL, expires = 0 WHERE id = ?")
        .bind(answer.response)
        .bind(&answer.id[..])
        .execute(&mut *tx)
        .await?;
    sqlx::query("UPDATE handle SET value = NULL WHERE offer = ?")
        .bind(&answer.id[..])
        .execute(&mut *tx)
        .await?;
    if let Some(claim) = &found.claim {
        // Nothing is left that leads from the letter to the handle.
        sqlx::query("UPDATE claim SET sealed = NULL, used = 1, offer = NULL WHERE name = ?")
            .bind(claim)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE offer SET claim = NULL WHERE id = ?")
            .bind(&answer.id[..])
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "INSERT INTO issued (day, kind, issued) VALUES (?, ?, 1)
         ON CONFLICT (day, kind) DO UPDATE SET issued = issued + 1",
    )
    .bind(day.0)
    .bind(&found.kind)
    .execute(&mut *tx)
    .await?;
    let offered = found.pending.unwrap_or_default();
    let event = Event::issued(&offered, answer.request, day, found.kind);
    append(tx, at, event).await?;
    Ok(answer.response.to_vec())
}

impl IssuerStore for SqliteIssuer {
    async fn add_handles(
        &self,
        handles: &[([u8; 32], Vec<u8>)],
        at: i64,
    ) -> Result<u32, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let mut added = 0;
            for (id, value) in handles {
                let inserted = sqlx::query(
                    "INSERT INTO handle (id, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
                )
                .bind(&id[..])
                .bind(value)
                .execute(&mut *tx)
                .await?;
                added += u32::from(inserted.rows_affected() == 1);
            }
            append(&mut tx, at, Event::HandlesAdded { count: added }).await?;
            self.0.commit(tx).await?;
            Ok(added)
        })
        .await
    }

    async fn free_handles(&self) -> Result<u32, StoreError> {
        within(async {
            let row = sqlx::query("SELECT count(*) FROM handle WHERE offer IS NULL")
                .fetch_one(&self.0.0)
                .await?;
            count(row.try_get(0)?)
        })
        .await
    }

    async fn open_offers(&self, now: i64) -> Result<u32, StoreError> {
        within(async {
            let row = sqlx::query(
                "SELECT count(*) FROM offer WHERE response IS NULL AND pending <> x'' AND expires > ?",
            )
            .bind(now)
            .fetch_one(&self.0.0)
            .await?;
            count(row.try_get(0)?)
        })
        .await
    }

    async fn add_offer(&self, offer: &NewOffer<'_>, at: i64) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            add_offer(&mut tx, offer, None, at).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn offer(&self, id: &[u8; 32]) -> Result<Option<OpenOffer>, StoreError> {
        within(async {
            let row = sqlx::query(
                "SELECT pending, compared, drawn FROM offer WHERE id = ? AND pending <> x''",
            )
            .bind(&id[..])
            .fetch_optional(&self.0.0)
            .await?;
            let Some(row) = row else { return Ok(None) };
            let drawn: Option<&[u8]> = row.try_get(2)?;
            Ok(Some(OpenOffer {
                sealed: row.try_get(0)?,
                compared: row.try_get(1)?,
                drawn: drawn.map(array).transpose()?,
            }))
        })
        .await
    }

    async fn answered_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
    ) -> Result<Vec<Result<Option<Answered>, StoreError>>, StoreError> {
        within(async {
            let mut connection = self.0.0.acquire().await?;
            let mut all = Vec::with_capacity(requests.len());
            for (id, request) in requests {
                all.push(by_itself(look_up(&mut connection, id, request).await)?);
            }
            Ok(all)
        })
        .await
    }

    async fn draw(&self, id: &[u8; 32], request: &[u8; 32], at: i64) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let open = draw(&mut tx, id, request, at).await?;
            self.0.commit(tx).await?;
            open.then_some(()).ok_or(Failed(StoreError::OfferClosed))
        })
        .await
    }

    async fn close_offer(&self, id: &[u8; 32], why: Closing, at: i64) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            close(&mut tx, id, why, at).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn reserve_all(
        &self,
        requests: &[([u8; 32], [u8; 32])],
        quota: Quota,
    ) -> Result<Vec<Result<Reserved, StoreError>>, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let mut left = left(&mut tx, quota).await?;
            let mut all = Vec::with_capacity(requests.len());
            for (id, request) in requests {
                all.push(by_itself(reserve(&mut tx, id, request, &mut left).await)?);
            }
            self.0.commit(tx).await?;
            Ok(all)
        })
        .await
    }

    async fn answer_all(
        &self,
        answers: &[Answer<'_>],
        day: Day,
        at: i64,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let mut all = Vec::with_capacity(answers.len());
            for one in answers {
                all.push(answer(&mut tx, one, day, at).await?);
            }
            self.0.commit(tx).await?;
            self.0.rearrange_small().await;
            Ok(all)
        })
        .await
    }

    async fn forget_expired(&self, now: i64) -> Result<u32, StoreError> {
        within(async {
        let mut tx = self.0.begin().await?;
        let gone = sqlx::query("DELETE FROM offer WHERE expires <= ? AND request IS NULL")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let emptied = sqlx::query(
            "UPDATE offer SET pending = x'', expires = 0 WHERE expires <= ? AND response IS NULL AND pending <> x''",
        )
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let closed =
            sqlx::query("UPDATE claim SET sealed = NULL WHERE expires <= ? AND sealed IS NOT NULL")
                .bind(now)
                .execute(&mut *tx)
                .await?;
        if gone.rows_affected() + emptied.rows_affected() + closed.rows_affected() > 0 {
            self.0.commit(tx).await?;
        } else {
            tx.rollback().await?;
        }
        self.0.rearrange_daily(now).await?;
        Ok(u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX))
     }).await
    }

    async fn counts(&self) -> Result<Vec<DayCount>, StoreError> {
        within(async {
            let rows = sqlx::query("SELECT day, kind, issued FROM issued ORDER BY day, kind")
                .fetch_all(&self.0.0)
                .await?;
            (rows.iter())
                .map(|row| {
                    Ok(DayCount {
                        day: Day(row.try_get(0)?),
                        kind: row.try_get(1)?,
                        issued: count(row.try_get(2)?)?,
                    })
                })
                .collect()
        })
        .await
    }
}
