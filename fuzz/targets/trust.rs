#![no_main]
//! Certificates of signers, and key sets of card issuers.

use libfuzzer_sys::fuzz_target;
use veilpass_evidence::{CardIssuers, TrustList};

fuzz_target!(|input: &[u8]| {
    let mut list = TrustList::new();
    match list.add(input) {
        Ok(count) => assert_eq!(count, list.len()),
        Err(_) => assert!(list.is_empty()),
    }
    let _ = CardIssuers::new().add("https://issuer.example", None, input);
    let mut issuers = CardIssuers::new();
    let read = issuers.add_snapshot(input, Some("US"));
    assert_eq!(issuers.is_empty(), !matches!(read, Ok(Some(_))));
});
