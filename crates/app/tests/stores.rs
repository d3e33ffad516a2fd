//! The stores in memory pass the suite that every store must pass.
#![allow(missing_docs)]

mod ready;

use ready::ready;
use veilpass_app::store::memory::{MemoryAuthority, MemoryIssuer, MemoryVerifier};
use veilpass_fixture::contract;

#[test]
fn memory_keeps_the_authority_s_contract() {
    let store = MemoryAuthority::default();
    ready(contract::authority(store.clone(), store));
}

#[test]
fn memory_keeps_the_issuer_s_contract() {
    let store = MemoryIssuer::default();
    ready(contract::issuer(store.clone(), store));
}

#[test]
fn memory_keeps_the_contract_of_registers() {
    let store = MemoryIssuer::default();
    ready(contract::register(store.clone(), store));
}

#[test]
fn memory_keeps_the_verifier_s_contract() {
    let store = MemoryVerifier::default();
    ready(contract::verifier(store.clone(), store));
}
