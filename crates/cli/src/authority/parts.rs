//! Static parts among the public files.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::files::{self, Access};
use crate::public;
use crate::report::Failure;
use veilpass_app::authority::PublicPart;

/// How long a part stays that no newer publication names: whoever has the bundle before can be in the middle of fetching.
const STAYS: Duration = Duration::from_secs(31 * 86_400);

/// Where parts are, in the folder of the public files.
const FOLDERS: [&str; 2] = ["parts", "checkpoints"];

/// Writes the parts that are not there yet. Each is there whole or not at all, and durable when this returns.
pub(super) fn save(to: &Path, parts: &[PublicPart]) -> Result<(), Failure> {
    let mut folders = HashSet::new();
    for part in parts {
        let path = to.join(part.name.to_string());
        if is_whole(&path, &part.bytes) {
            // It counts from now on when nothing names it any more.
            let there = File::options().write(true).open(&path);
            let _ = there.and_then(|there| there.set_modified(SystemTime::now()));
            continue;
        }
        if let Some(folder) = path.parent() {
            files::make_public_folder(folder)?;
            folders.insert(folder.to_owned());
        }
        files::write(&path, &part.bytes, Access::Public)?;
    }
    for folder in folders {
        files::sync(&folder)?;
        if let Some(above) = folder.parent() {
            files::sync(above)?;
        }
    }
    Ok(())
}

/// Whether a part is there as it must be: one that was damaged is written again.
fn is_whole(path: &Path, bytes: &[u8]) -> bool {
    let length = |file: std::fs::Metadata| file.is_file().then_some(file.len());
    let there = std::fs::metadata(path).ok().and_then(length);
    there == u64::try_from(bytes.len()).ok()
        && std::fs::read(path).is_ok_and(|there| there == bytes)
}

/// Deletes parts that this publication does not name, long after the last one did. Full segments and whatever the epochs
/// and strip epochs of the bundle need are named in each publication. What cannot be deleted stays: it harms nobody.
pub(super) fn sweep(to: &Path, parts: &[PublicPart]) {
    let named: HashSet<_> = (parts.iter())
        .map(|part| to.join(part.name.to_string()))
        .collect();
    for folder in FOLDERS {
        for path in files_below(&to.join(folder)) {
            let old = std::fs::metadata(&path).and_then(|file| file.modified());
            let old = old.is_ok_and(|then| then.elapsed().is_ok_and(|since| since > STAYS));
            if old && !named.contains(&path) && public::is_part(to, &path) {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

/// The files of a folder, and of the folders in it.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}
