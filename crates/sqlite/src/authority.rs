//! The authority's tables.

use std::collections::HashMap;
use std::path::Path;

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Database, Failed, append, array, count, damaged, put, replaced, venues, within};
use veilpass::registry::{Checkpoint, CheckpointFiles, HandleState, RemovalLog};
use veilpass::scheme::{
    Accreditation, BundleVerifyingKey, DateTable, Epoch, IssuerPublic, KeySet, Policy,
    RenewalPolicy, Scheme,
};
use veilpass::{AuthorityState, Published};
use veilpass_app::log::{Epochs, Event, Hex};
use veilpass_app::store::{
    AuthorityChange, AuthorityStore, PoolCount, Revision, StoreError, VenueRecord,
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/authority");

/// An authority's database.
pub struct SqliteAuthority(pub(crate) Database);

impl SqliteAuthority {
    /// Opens the file, or makes it if `create`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, create, &MIGRATIONS).await?))
    }

    pub(crate) async fn bytes(&self, name: &str) -> Result<Vec<u8>, Failed> {
        self.0.get(name).await?.ok_or(Failed(StoreError::Empty))
    }

    async fn number(&self, name: &str) -> Result<u32, Failed> {
        Ok(u32::from_be_bytes(array(&self.bytes(name).await?)?))
    }

    async fn issuers(&self) -> Result<Vec<(IssuerPublic, Accreditation)>, Failed> {
        let rows = sqlx::query(
            "SELECT x, x1, accreditation FROM issuer WHERE accreditation IS NOT NULL ORDER BY x",
        )
        .fetch_all(&self.0.0)
        .await?;
        rows.iter().map(accredited).collect()
    }

    async fn former(&self) -> Result<Vec<IssuerPublic>, Failed> {
        let rows = sqlx::query("SELECT x, x1 FROM issuer WHERE accreditation IS NULL ORDER BY x")
            .fetch_all(&self.0.0)
            .await?;
        (rows.iter())
            .map(|row| issuer(row.try_get(0)?, row.try_get(1)?))
            .collect()
    }

    pub(crate) async fn removals(&self, key_set: u32) -> Result<RemovalLog, Failed> {
        let rows = "SELECT removal FROM removal WHERE key_set = ? ORDER BY place";
        Ok(RemovalLog::from_rows(&self.column(rows, key_set).await?)?)
    }

    /// The newest checkpoint of a key set, if it has one.
    pub(crate) async fn checkpoint(&self, key_set: u32) -> Result<Option<CheckpointFiles>, Failed> {
        let made = "SELECT value FROM checkpoint WHERE key_set = ?";
        let Some(made) = self.column(made, key_set).await?.pop() else {
            return Ok(None);
        };
        let buckets = "SELECT value FROM bucket WHERE key_set = ? ORDER BY number";
        Ok(Some(CheckpointFiles {
            checkpoint: Checkpoint::from_bytes(&made)?,
            buckets: self.column(buckets, key_set).await?.into(),
        }))
    }

    async fn epochs(&self) -> Result<Vec<Epoch>, Failed> {
        let rows = sqlx::query("SELECT value FROM epoch ORDER BY number")
            .fetch_all(&self.0.0)
            .await?;
        (rows.iter())
            .map(|row| Ok(Epoch::from_bytes(row.try_get(0)?)?))
            .collect()
    }

    async fn handles(&self) -> Result<HashMap<[u8; 32], HandleState>, Failed> {
        let rows = sqlx::query("SELECT id, removed FROM handle")
            .fetch_all(&self.0.0)
            .await?;
        (rows.iter())
            .map(|row| {
                let removed: bool = row.try_get(1)?;
                let state = if removed {
                    HandleState::Revoked
                } else {
                    HandleState::Valid
                };
                Ok((array(row.try_get(0)?)?, state))
            })
            .collect()
    }

    /// All values of one column of a key set, as the statement selects and orders them.
    async fn column(&self, query: &'static str, key_set: u32) -> Result<Vec<Vec<u8>>, Failed> {
        let rows = sqlx::query(query)
            .bind(key_set)
            .fetch_all(&self.0.0)
            .await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?)
    }
}

fn issuer(x: &[u8], x1: &[u8]) -> Result<IssuerPublic, Failed> {
    Ok(IssuerPublic::from_store(&[x, x1].concat())?)
}

/// An issuer with what it has: x, x1, accreditation.
pub(crate) fn accredited(row: &SqliteRow) -> Result<(IssuerPublic, Accreditation), Failed> {
    let accreditation = Accreditation::from_bytes(row.try_get(2)?)?;
    Ok((issuer(row.try_get(0)?, row.try_get(1)?)?, accreditation))
}

/// The constants of a scheme and its newest key set, as they are stored.
fn constants(state: &AuthorityState) -> [(&'static str, Vec<u8>); 8] {
    [
        ("scheme", state.scheme.to_bytes()),
        ("signer", state.signer.to_bytes().to_vec()),
        ("policies", Policy::list_to_bytes(&state.policies)),
        ("renewals", RenewalPolicy::list_to_bytes(&state.renewals)),
        ("keys", state.keys.to_bytes()),
        ("table", state.table.to_bytes()),
        (
            "accreditation epoch",
            state.accreditation_epoch.to_be_bytes().to_vec(),
        ),
        ("registry epoch", state.last_epoch.to_be_bytes().to_vec()),
    ]
}

async fn put_constants(tx: &mut SqliteConnection, state: &AuthorityState) -> Result<(), Failed> {
    for (name, value) in constants(state).into_iter().chain(replaced::values(state)) {
        put(&mut *tx, name, &value).await?;
    }
    Ok(())
}

/// Writes all epochs of the state: others are past their grace.
async fn put_epochs(tx: &mut SqliteConnection, state: &AuthorityState) -> Result<(), Failed> {
    sqlx::query("DELETE FROM epoch").execute(&mut *tx).await?;
    for epoch in &state.epochs {
        sqlx::query("INSERT INTO epoch (number, key_set, value) VALUES (?, ?, ?)")
            .bind(epoch.number)
            .bind(epoch.standing.key_set)
            .bind(epoch.to_bytes())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Writes who is accredited in which epoch, with what.
async fn put_accreditations(
    tx: &mut SqliteConnection,
    state: &AuthorityState,
) -> Result<(), Failed> {
    sqlx::query("UPDATE issuer SET accreditation = NULL")
        .execute(&mut *tx)
        .await?;
    for (issuer, accreditation) in &state.issuers {
        sqlx::query("UPDATE issuer SET accreditation = ? WHERE x = ?")
            .bind(accreditation.to_bytes())
            .bind(&issuer.id().to_bytes()[..])
            .execute(&mut *tx)
            .await?;
    }
    replaced::put_older_accreditations(tx, state).await
}

async fn add_issuer(
    tx: &mut SqliteConnection,
    label: &str,
    issuer: &IssuerPublic,
    accreditation: &Accreditation,
) -> Result<(), Failed> {
    let public = issuer.to_bytes();
    let (x, x1) = (public.split_at_checked(96)).ok_or(damaged("an issuer's key is too short"))?;
    let added = sqlx::query(
        "INSERT INTO issuer (x, x1, label, accreditation) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(x)
    .bind(x1)
    .bind(label)
    .bind(accreditation.to_bytes())
    .execute(tx)
    .await?;
    if added.rows_affected() == 1 {
        Ok(())
    } else {
        Err(Failed(StoreError::Conflict))
    }
}

async fn add_handles(
    tx: &mut SqliteConnection,
    label: &str,
    ids: &[[u8; 32]],
) -> Result<(), Failed> {
    for id in ids {
        sqlx::query("INSERT INTO handle (id, pool) VALUES (?, ?)")
            .bind(&id[..])
            .bind(label)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn remove(
    tx: &mut SqliteConnection,
    ids: &[[u8; 32]],
    state: &AuthorityState,
) -> Result<(), Failed> {
    let all = usize::try_from(state.removals.len()).map_err(|_| damaged("a log without an end"))?;
    let new = (state.removals.rows().zip(1_u32..)).skip(all.saturating_sub(ids.len()));
    for ((removal, place), id) in new.zip(ids) {
        sqlx::query("INSERT INTO removal (key_set, place, removal) VALUES (?, ?, ?)")
            .bind(state.keys.number())
            .bind(place)
            .bind(&removal[..])
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE handle SET removed = 1 WHERE id = ?")
            .bind(&id[..])
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Writes all removals of all key sets, and every handle with whether it stands.
async fn put_history(tx: &mut SqliteConnection, state: &AuthorityState) -> Result<(), Failed> {
    if let Some(older) = &state.older_keys {
        replaced::put_removals(&mut *tx, older.keys.number(), &older.removals).await?;
    }
    replaced::put_removals(&mut *tx, state.keys.number(), &state.removals).await?;
    for (id, stands) in &state.handles {
        sqlx::query(
            "INSERT INTO handle (id, pool, removed) VALUES (?1, NULL, ?2)
             ON CONFLICT (id) DO UPDATE SET removed = ?2",
        )
        .bind(&id[..])
        .bind(*stands == HandleState::Revoked)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

async fn put_bundle(
    tx: &mut SqliteConnection,
    version: u32,
    bundle: &Published,
) -> Result<(), Failed> {
    // What holders got of older bundles, nobody asks for any more, and most of it is in the newest one.
    sqlx::query("UPDATE bundle SET holders = x''")
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO bundle (version, verifiers, holders) VALUES (?, ?, ?)")
        .bind(version)
        .bind(bundle.for_verifiers())
        .bind(bundle.for_holders())
        .execute(tx)
        .await?;
    Ok(())
}

/// Makes the change and says what the log tells of it.
async fn make(
    tx: &mut SqliteConnection,
    change: &AuthorityChange<'_>,
    at: i64,
) -> Result<Event, Failed> {
    match change {
        AuthorityChange::Founded(state) => {
            put_constants(&mut *tx, state).await?;
            replaced::put_checkpoints(tx, state).await?;
            Ok(Event::Founded {
                scheme: state.scheme.name().to_owned(),
            })
        }
        AuthorityChange::Accredited { label, state } => {
            let (issuer, accreditation) =
                (state.issuers.last()).ok_or(damaged("no issuer was accredited"))?;
            add_issuer(&mut *tx, label, issuer, accreditation).await?;
            replaced::put_older_accreditations(tx, state).await?;
            Ok(Event::Accredited {
                label: (*label).to_owned(),
            })
        }
        AuthorityChange::Drawn {
            approval,
            label,
            ids,
        } => {
            if let Some(approval) = *approval {
                append(&mut *tx, at, Event::Approved(approval.clone())).await?;
            }
            add_handles(tx, label, ids).await?;
            Ok(Event::Handles {
                count: u32::try_from(ids.len()).unwrap_or(u32::MAX),
                label: (*label).to_owned(),
            })
        }
        AuthorityChange::Removed { ids, state } => {
            remove(tx, ids, state).await?;
            Ok(Event::Revoked {
                removal: state.removals.len(),
            })
        }
        AuthorityChange::Published { state, bundle } => {
            put_constants(&mut *tx, state).await?;
            put_epochs(&mut *tx, state).await?;
            put_accreditations(&mut *tx, state).await?;
            replaced::put_checkpoints(&mut *tx, state).await?;
            put_bundle(tx, state.version, bundle).await?;
            Ok(Event::Published(Epochs::of(state)))
        }
        AuthorityChange::Recovered { state, bundle } => {
            put_constants(&mut *tx, state).await?;
            put_epochs(&mut *tx, state).await?;
            put_accreditations(&mut *tx, state).await?;
            replaced::put_checkpoints(&mut *tx, state).await?;
            put_history(&mut *tx, state).await?;
            venues::put_withdrawn(&mut *tx, state).await?;
            put_bundle(tx, state.version, bundle).await?;
            Ok(Event::Recovered(Epochs::of(state)))
        }
        AuthorityChange::Rotated(state) => {
            put_constants(&mut *tx, state).await?;
            put_epochs(&mut *tx, state).await?;
            put_accreditations(&mut *tx, state).await?;
            replaced::put_checkpoints(tx, state).await?;
            Ok(Event::Rotated(Epochs::of(state)))
        }
        AuthorityChange::VenueRegistered(card) => {
            venues::add(tx, card).await?;
            let terms = card.terms();
            Ok(Event::VenueRegistered {
                name: terms.name.clone(),
                id: Hex(terms.id.to_bytes()),
            })
        }
        AuthorityChange::VenueRenewed(card) => {
            venues::renew(tx, card).await?;
            let terms = card.terms();
            Ok(Event::VenueRenewed {
                name: terms.name.clone(),
                id: Hex(terms.id.to_bytes()),
            })
        }
        AuthorityChange::VenueWithdrawn { name, id, state } => {
            venues::put_withdrawn(tx, state).await?;
            Ok(Event::VenueWithdrawn {
                name: (*name).to_owned(),
                id: Hex(id.to_bytes()),
            })
        }
    }
}

impl AuthorityStore for SqliteAuthority {
    async fn load(&self) -> Result<(Revision, AuthorityState), StoreError> {
        within(async {
            // The revision first: a change that comes in between makes the next `apply` fail.
            let revision = i64::from_be_bytes(array(&self.bytes("revision").await?)?);
            let scheme = Scheme::from_bytes(&self.bytes("scheme").await?)?;
            let keys = KeySet::from_bytes(&scheme, &self.bytes("keys").await?)?;
            let policies =
                Policy::list_from_bytes(scheme.schema(), &self.bytes("policies").await?)?;
            let renewals =
                RenewalPolicy::list_from_bytes(scheme.schema(), &self.bytes("renewals").await?)?;
            let version = sqlx::query("SELECT coalesce(max(version), 0) FROM bundle")
                .fetch_one(&self.0.0)
                .await?;
            let signer = BundleVerifyingKey::from_bytes(&self.bytes("signer").await?)?;
            let state = AuthorityState {
                signer,
                table: DateTable::from_bytes(&self.bytes("table").await?, keys.table())?,
                issuers: self.issuers().await?,
                former: self.former().await?,
                version: count(version.try_get(0)?)?,
                accreditation_epoch: self.number("accreditation epoch").await?,
                epochs: self.epochs().await?,
                strip_epochs: self.strip_epochs().await?,
                strips_ended: self.strips_ended().await?,
                last_epoch: self.number("registry epoch").await?,
                policies,
                renewals,
                withdrawn: venues::withdrawn(&self.0).await?,
                removals: self.removals(keys.number()).await?,
                checkpoint: self.checkpoint(keys.number()).await?,
                older_keys: self.older_keys(&scheme).await?,
                older_accreditations: self.older_accreditations().await?,
                handles: self.handles().await?,
                scheme,
                keys,
            };
            Ok((revision, state))
        })
        .await
    }

    async fn apply(
        &self,
        revision: Revision,
        change: &AuthorityChange<'_>,
        at: i64,
    ) -> Result<(), StoreError> {
        within(async {
            let mut tx = self.0.begin().await?;
            let row = sqlx::query("SELECT value FROM meta WHERE name = 'revision'")
                .fetch_optional(&mut *tx)
                .await?;
            let current = match row {
                Some(row) => i64::from_be_bytes(array(row.try_get(0)?)?),
                None => 0,
            };
            match change {
                AuthorityChange::Founded(_) if current != 0 => {
                    return Err(Failed(StoreError::NotEmpty));
                }
                _ if current != revision => return Err(Failed(StoreError::Conflict)),
                _ => {}
            }
            let event = make(&mut tx, change, at).await?;
            put(&mut tx, "revision", &(revision + 1).to_be_bytes()).await?;
            append(&mut tx, at, event).await?;
            self.0.commit(tx).await
        })
        .await
    }

    async fn newest_bundle(&self) -> Result<Option<Published>, StoreError> {
        within(async {
            let row =
                sqlx::query("SELECT verifiers, holders FROM bundle ORDER BY version DESC LIMIT 1")
                    .fetch_optional(&self.0.0)
                    .await?;
            row.map(|row| Ok(Published::from_store(row.try_get(0)?, row.try_get(1)?)))
                .transpose()
        })
        .await
    }

    async fn pools(&self) -> Result<Vec<PoolCount>, StoreError> {
        within(async {
            let rows = sqlx::query(
            "SELECT label, accreditation IS NOT NULL, count(handle.id), coalesce(sum(removed), 0)
             FROM issuer LEFT JOIN handle ON pool = label GROUP BY label ORDER BY label",
        )
        .fetch_all(&self.0.0)
        .await?;
            (rows.iter())
                .map(|row| {
                    Ok(PoolCount {
                        label: row.try_get(0)?,
                        accredited: row.try_get(1)?,
                        drawn: count(row.try_get(2)?)?,
                        removed: count(row.try_get(3)?)?,
                    })
                })
                .collect()
        })
        .await
    }

    async fn venues(&self) -> Result<Vec<VenueRecord>, StoreError> {
        within(venues::all(&self.0)).await
    }

    async fn issuer(&self, label: &str) -> Result<Option<IssuerPublic>, StoreError> {
        within(async {
            let row = sqlx::query("SELECT x, x1 FROM issuer WHERE label = ?")
                .bind(label)
                .fetch_optional(&self.0.0)
                .await?;
            row.map(|row| issuer(row.try_get(0)?, row.try_get(1)?))
                .transpose()
        })
        .await
    }
}
