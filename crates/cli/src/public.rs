//! Folders that everybody may read, and what must not go there.

use std::path::{Path, PathBuf};

use super::files;
use super::report::Failure;

/// The verifiers' bundle among the public files.
pub(crate) const BUNDLE: &str = "bundle.vp";

/// All that holders need, in one file; where handles are many, there is none.
pub(crate) const HOLDERS: &str = "holders.vp";

/// The folder of parts.
const PARTS: &str = "parts";

/// The public files of a scheme, and the folders of parts.
const NAMES: [&str; 5] = ["scheme.vp", BUNDLE, HOLDERS, PARTS, "checkpoints"];

/// Says, in a folder, that what is public is somewhere else by now.
pub(crate) const MOVED: &str = "moved";

/// Refuses a place for something private that is in a folder with public files: the one that is known, or any other.
pub(crate) fn not_public(path: &Path, known: Option<&Path>) -> Result<(), Failure> {
    let known = known.map(real).transpose()?;
    let is_public = |folder: &&Path| known.as_deref() == Some(*folder) || looks_public(folder);
    match real(path)?.ancestors().find(is_public) {
        None => Ok(()),
        Some(folder) => Err(Failure::bad(format!(
            "{} would be in {}, the folder of the public files, which everybody may read; name another place",
            path.display(),
            folder.display()
        ))),
    }
}

/// Whether it has what a folder of public files has, also where somebody copied it for the web: a bundle, and the parts that
/// wallets fetch. Files alone are what a doorman was given, who sets his door up beside them.
fn looks_public(folder: &Path) -> bool {
    folder.join(BUNDLE).exists() && folder.join(PARTS).is_dir()
}

/// Whether something private can be put there, in a new file.
pub(crate) fn check_private(path: &Path) -> Result<(), Failure> {
    files::check_new(path)?;
    not_public(path, None)
}

/// Whether something that is not for everybody can be put there, perhaps over a file that is there.
pub(crate) fn check_target(path: &Path) -> Result<(), Failure> {
    files::check_target(path)?;
    not_public(path, None)
}

/// Makes a folder for its owner alone, if it is not there, and in no folder of public files.
pub(crate) fn make_private_folder(path: &Path) -> Result<(), Failure> {
    not_public(path, None)?;
    files::make_folder(path)
}

/// Refuses a place for public files in which something else would become public: the authority's own folder, and any in
/// which there are other files, unless it is the place of `last` time.
pub(crate) fn only_public(to: &Path, own: &Path, last: Option<&Path>) -> Result<(), Failure> {
    not_public(own, Some(to))?;
    if !to.exists() || (last.is_some_and(|last| same(last, to))) {
        return Ok(());
    }
    for entry in files::list(to)? {
        let name = entry?.file_name();
        if name != MOVED && !NAMES.iter().any(|public| name == *public) {
            return Err(Failure::bad(format!(
                "{} has other files in it ({}), which would be among the public ones; name a folder of their own",
                to.display(),
                name.display()
            )));
        }
    }
    Ok(())
}

/// Whether a path below the folder of the public files is called as parts, manifests and buckets are.
pub(crate) fn is_part(public: &Path, path: &Path) -> bool {
    let Some(name) = path.strip_prefix(public).ok().and_then(Path::to_str) else {
        return false;
    };
    let is_hex = |text: &str, digits| {
        text.len() == digits
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match *name.split('/').collect::<Vec<_>>() {
        ["parts", digest] => is_hex(digest, 64),
        ["checkpoints", root, number] => is_hex(root, 64) && is_hex(number, 6),
        _ => false,
    }
}

/// Whether two paths name one folder.
pub(crate) fn same(one: &Path, other: &Path) -> bool {
    real(one).is_ok_and(|one| real(other).is_ok_and(|other| one == other))
}

/// The path without links and dots, as far as it exists.
fn real(path: impl AsRef<Path>) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path)?;
    let existing = path.ancestors().find_map(|part| {
        let real = part.canonicalize().ok()?;
        let rest = path.strip_prefix(part).ok()?;
        Some(real.join(rest))
    });
    Ok(existing.unwrap_or(path))
}
