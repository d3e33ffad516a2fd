#![no_main]
//! Texts of QR codes.

use libfuzzer_sys::fuzz_target;
use veilpass::qr::{from_text, to_text};

fuzz_target!(|input: &[u8]| {
    assert_eq!(
        from_text(&to_text(&input[..input.len().min(2000)])).unwrap(),
        input[..input.len().min(2000)]
    );
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    for text in [text.to_owned(), format!("VP2:{text}")] {
        if let Ok(bytes) = from_text(&text) {
            assert_eq!(to_text(&bytes), text.trim());
        }
    }
});
