#![no_main]
//! Pictures: files as they are, grey pixels packed here, and frames of a camera.

use libfuzzer_sys::fuzz_target;
use veilpass_fuzz::png;
use veilpass_reader::{is_picture, text_in_file, text_in_frame};

fuzz_target!(|input: &[u8]| {
    let _ = is_picture(input);
    let _ = text_in_file(input);
    if let Some((width, pixels)) = input.split_first() {
        let _ = text_in_file(&png(u32::from(*width), pixels));
        // A height that fits, and one that does not.
        let height = pixels.len().checked_div(usize::from(*width)).unwrap_or(0);
        for height in [height, height + 1] {
            let height = u32::try_from(height).unwrap_or(u32::MAX);
            let _ = text_in_frame(u32::from(*width), height, pixels);
        }
    }
});
