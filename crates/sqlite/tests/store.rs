//! SQLite passes the suite that every store must pass, and refuses what is no database.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::Path;

use veilpass_app::store::StoreError;
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

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("v.db");
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    let opened = block(SqliteVerifier::open(Path::new(&path), false));
    assert!(matches!(opened, Err(StoreError::Damaged(_))));
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 4096]);
}
