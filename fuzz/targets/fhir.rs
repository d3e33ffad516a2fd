#![no_main]
//! FHIR bundles in JSON. Nobody signs them, so what decodes is evidence.

use libfuzzer_sys::fuzz_target;
use veilpass_fuzz::judge;

fuzz_target!(|input: &[u8]| {
    judge(input);
    judge(&[b"{", input].concat());
});
