//! SQLite passes the suite that every store must pass, and refuses what is no database.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::Path;

use veilpass_app::store::{IssuerStore, NewOffer, StoreError};
use veilpass_fixture::contract;
use veilpass_sqlite::{SqliteAuthority, SqliteIssuer, SqliteVerifier};

fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn sqlite_keeps_the_authority_s_contract() {
    let folder = folder();
    let path = folder.path().join("a.db");
    let open = |create| SqliteAuthority::open(&path, create);
    block(async {
        assert!(matches!(open(false).await, Err(StoreError::Empty)));
        contract::authority(open(true).await.unwrap(), open(false).await.unwrap()).await;
    });
}

#[test]
fn sqlite_keeps_the_issuer_s_contract() {
    let folder = folder();
    let path = folder.path().join("i.db");
    let open = |create| SqliteIssuer::open(&path, create);
    block(async { contract::issuer(open(true).await.unwrap(), open(false).await.unwrap()).await });
}

#[test]
fn sqlite_keeps_the_contract_of_registers() {
    let folder = folder();
    let path = folder.path().join("r.db");
    let open = |create| SqliteIssuer::open(&path, create);
    block(async {
        contract::register(open(true).await.unwrap(), open(false).await.unwrap()).await
    });
}

#[test]
fn sqlite_keeps_the_contract_of_claims_without_an_approval() {
    let folder = folder();
    let path = folder.path().join("r.db");
    let open = |create| SqliteIssuer::open(&path, create);
    block(async {
        contract::allowance(open(true).await.unwrap(), open(false).await.unwrap()).await
    });
}

#[test]
fn sqlite_keeps_the_verifier_s_contract() {
    let folder = folder();
    let path = folder.path().join("v.db");
    let open = |create| SqliteVerifier::open(&path, create);
    block(async {
        contract::verifier(open(true).await.unwrap(), open(false).await.unwrap()).await
    });
}

fn raw(path: &Path, statement: &'static str) -> i64 {
    block(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let said = sqlx::query_scalar(statement).fetch_optional(&pool).await;
        pool.close().await;
        said.unwrap().unwrap_or(0)
    })
}

fn offer(id: &[u8; 32]) -> NewOffer<'_> {
    NewOffer {
        id,
        offer: &[7; 4000],
        kind: "test",
        expires: 60,
        compared: true,
    }
}

/// What is deleted leaves holes, in whose order rows stood. Once a day there are none.
#[test]
fn a_file_is_written_anew_once_a_day() {
    let folder = folder();
    let path = folder.path().join("i.db");
    let holes = || raw(&path, "PRAGMA freelist_count");
    let issuer = block(SqliteIssuer::open(&path, true)).unwrap();
    let mut left = Vec::new();
    for now in [100, 200, 86_500] {
        for id in 0..20 {
            block(issuer.add_offer(&offer(&[id; 32]), now)).unwrap();
        }
        assert_eq!(block(issuer.forget_expired(now)).unwrap(), 20);
        left.push(holes() > 0);
    }
    assert_eq!(left, [false, true, false]);
}

#[test]
fn open_offers_of_an_earlier_format_are_gone() {
    let folder = folder();
    let path = folder.path().join("i.db");
    let issuer = block(SqliteIssuer::open(&path, true)).unwrap();
    block(issuer.add_offer(&offer(&[1; 32]), 1)).unwrap();
    drop(issuer);
    // As the version before left it.
    raw(&path, "ALTER TABLE offer DROP COLUMN compared");
    raw(&path, "DELETE FROM _sqlx_migrations WHERE version = 6");
    let issuer = block(SqliteIssuer::open(&path, false)).unwrap();
    assert_eq!(block(issuer.offer(&[1; 32])).unwrap(), None);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("v.db");
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    let opened = block(SqliteVerifier::open(Path::new(&path), false));
    assert!(matches!(opened, Err(StoreError::Damaged(_))));
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 4096]);
}
