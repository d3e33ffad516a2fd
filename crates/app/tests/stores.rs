//! The stores in memory pass the suite that every store must pass.
#![allow(missing_docs)]

use veilpass_app::store::memory::{MemoryAuthority, MemoryIssuer, MemoryVerifier};
use veilpass_fixture::contract;
use veilpass_fixture::place::done;

#[test]
fn memory_keeps_the_authority_s_contract() {
    let store = MemoryAuthority::default();
    done(contract::authority(store.clone(), store));
}

#[test]
fn memory_keeps_the_issuer_s_contract() {
    let store = MemoryIssuer::default();
    done(contract::issuer(store.clone(), store));
}

#[test]
fn memory_keeps_the_contract_of_registers() {
    let store = MemoryIssuer::default();
    done(contract::register(store.clone(), store));
}

#[test]
fn memory_keeps_the_contract_of_claims_without_an_approval() {
    let store = MemoryIssuer::default();
    done(contract::allowance(store.clone(), store));
}

#[test]
fn memory_keeps_the_verifier_s_contract() {
    let store = MemoryVerifier::default();
    done(contract::verifier(store.clone(), store));
}
