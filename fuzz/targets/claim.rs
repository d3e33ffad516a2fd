#![no_main]
//! Claim codes as people type them, and sealed claims.

use libfuzzer_sys::fuzz_target;
use veilpass::issuance::ClaimCode;
use veilpass_fuzz::WORLD;

/// A code as it is written, from a code as it was typed.
fn written(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("VPC:").unwrap_or(text);
    let letters = text.chars().filter(|c| !matches!(c, '-' | ' '));
    let letters = letters.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    letters.collect()
}

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Ok(code) = ClaimCode::from_text(&text) {
        let shown = code.expose_text();
        assert_eq!(shown.replace('-', ""), written(&text));
        assert!(ClaimCode::from_text(&shown).is_ok());
        assert!(code.open(&WORLD.city.scheme, input).is_err());
    }
});
