//! Writes the test vectors: `cargo run -p veilpass-vectors --example write`, or with another folder behind it.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| own.into(), PathBuf::from);
    for (name, text) in veilpass_vectors::files() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
