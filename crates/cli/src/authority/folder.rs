//! An authority's folder: its database and its keys.

use std::path::Path;

use crate::context::Context;
use crate::ports::KeyFiles;
use crate::report::Failure;
use veilpass_app::authority::{AuthorityRole, KeysNeeded};
use veilpass_sqlite::SqliteAuthority;

pub(super) const DATABASE: &str = "authority.db";

/// The authority of a folder, and its keys.
pub(super) fn open<'a>(
    context: &'a Context,
    dir: &Path,
    needed: KeysNeeded,
) -> Result<(AuthorityRole<SqliteAuthority>, KeyFiles<'a>), Failure> {
    let store = context.wait(SqliteAuthority::open(&dir.join(DATABASE), false))?;
    let keys = KeyFiles::authority(context, dir);
    let role = context.wait(AuthorityRole::open(store, &keys, needed))?;
    Ok((role, keys))
}
