#![no_main]
//! Pictures: files as they are, and grey pixels packed here.

use libfuzzer_sys::fuzz_target;
use veilpass::qr::text_from_picture;
use veilpass_fuzz::png;

fuzz_target!(|input: &[u8]| {
    let _ = text_from_picture(input);
    if let Some((width, pixels)) = input.split_first() {
        let _ = text_from_picture(&png(u32::from(*width), pixels));
    }
});
