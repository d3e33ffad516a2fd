//! Where printed sheets go.

use std::path::PathBuf;

use veilpass_print::sheet::{self, Page};

use super::files::{self, Access};
use super::report::Failure;

/// Whether a sheet can be written to all of these.
pub(super) fn check(paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        files::check_target(path)?;
        sheet::check(path)?;
    }
    Ok(())
}

/// Writes the pages to every path by its extension; returns all files written.
pub(super) fn write(
    pages: &[Page],
    paths: &[PathBuf],
    access: Access,
) -> Result<Vec<PathBuf>, Failure> {
    let mut written = Vec::new();
    for path in paths {
        for (path, bytes) in sheet::draw(pages, path)? {
            files::write(&path, &bytes, access)?;
            written.push(path);
        }
    }
    Ok(written)
}
