//! Files: read within bounds, written whole or not at all.

use std::fs::{File, FileTimes};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::report::Failure;
use veilpass::scheme::UnixTime;

/// The largest file that is read: a holders' bundle with a million and a half removals or handles.
pub(crate) const MAX_FILE: u64 = 128 << 20;

/// Who may read a file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, as far as the folder lets them.
    Public,
    /// The owner alone: mode 0600.
    Private,
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, Failure> {
    if path == "-" {
        return bounded(io::stdin().lock(), 0).map_err(|error| explain(error, path, "read"));
    }
    let file = File::open(path).map_err(|error| explain(error, path, "read"))?;
    let length = file.metadata().map_or(0, |file| file.len());
    bounded(file, length).map_err(|error| explain(error, path, "read"))
}

/// Opens a file to be read bit by bit.
pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| explain(error, &path.display().to_string(), "read"))
}

/// Reads what is as long as `length` says, or about: a vector that grows leaves copies behind, and a file
/// may hold a secret.
fn bounded(source: impl Read, length: u64) -> io::Result<Vec<u8>> {
    let room = usize::try_from(length.min(MAX_FILE)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(room.saturating_add(1));
    source.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 128 MB, which nothing of this system is",
        ));
    }
    Ok(bytes)
}

/// Refuses what looks like the address of a file: programs that hand on what a scanner read must not make this one open
/// anything.
pub(crate) fn no_address(source: &str) -> Result<(), Failure> {
    let head = source.get(..5).unwrap_or_default();
    match head.eq_ignore_ascii_case("file:") {
        true => Err(Failure::bad(
            "this is not a veilpass text; a file is named by its path alone",
        )),
        false => Ok(()),
    }
}

/// Reads a file that must be text, or standard input for `-`.
pub(crate) fn text(path: &str) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| Failure::bad(format!("{path} is not a text file")))
}

/// What a TOML file says; an error has the number of its line.
pub(crate) fn toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let failure = Failure::bad(error.message());
        match before {
            Some(before) => failure.about(format!("line {}", before.split('\n').count())),
            None => failure,
        }
    })
}

/// Writes `bytes` to a temporary file beside `path`, syncs it and renames it: whoever looks sees the
/// old file or the new one, also after a power cut.
pub(crate) fn write(path: &Path, bytes: &[u8], access: Access) -> Result<(), Failure> {
    place(path, bytes, access).map_err(|error| explain(error, &path.display().to_string(), "write"))
}

/// The same for one of many files that could be made again: [`sync`] their folder when all are there. Dated as by
/// [`write_dated`].
pub(crate) fn write_fast(
    path: &Path,
    bytes: &[u8],
    access: Access,
    moment: UnixTime,
) -> Result<(), Failure> {
    put(path, bytes, access, false, Some(moment))
        .map_err(|error| explain(error, &path.display().to_string(), "write"))
}

/// Gives a file another name in the same folder, in the place of what had that name; durable when this returns.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::rename(from, to)
        .and_then(|()| sync_folder(folder_of(to)))
        .map_err(|error| explain(error, &from.display().to_string(), "rename"))
}

/// Deletes a file, if it is there.
pub(crate) fn delete(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(explain(error, &path.display().to_string(), "delete"))
        }
        _ => Ok(()),
    }
}

/// What is in a folder.
pub(crate) fn list(folder: &Path) -> Result<std::fs::ReadDir, Failure> {
    std::fs::read_dir(folder).map_err(|error| explain(error, &folder.display().to_string(), "read"))
}

/// Makes what was renamed in a folder durable.
pub(crate) fn sync(folder: &Path) -> Result<(), Failure> {
    sync_folder(folder).map_err(|error| explain(error, &folder.display().to_string(), "write to"))
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether something may be written there on a user's word: the folder exists, what is there already is
/// an ordinary file, and it is none of the files in which a role keeps its state. Asked before anything
/// is changed, so that nothing is made that has no place to go.
pub(crate) fn check_target(path: &Path) -> Result<(), Failure> {
    let name = path.display();
    if !folder_of(path).is_dir() {
        return Err(Failure::bad(format!(
            "cannot write {name}: there is no such folder"
        )));
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    if matches!(extension, Some("age" | "db" | "db-wal" | "db-shm")) {
        return Err(Failure::bad(format!(
            "{name}: keys, wallets and databases have names like this; choose another"
        )));
    }
    match path.symlink_metadata() {
        Ok(there) if !there.is_file() => Err(Failure::bad(format!(
            "cannot write {name}: it is there and is not an ordinary file"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a file that is there already: what is in it would be lost.
pub(crate) fn check_new(path: &Path) -> Result<(), Failure> {
    check_target(path)?;
    if path.exists() {
        return Err(Failure::bad(format!(
            "{} is there already; name a new file",
            path.display()
        )));
    }
    Ok(())
}

/// Refuses a folder with something in it: what is there would mix with what is written, or be lost.
pub(crate) fn check_new_folder(path: &Path) -> Result<(), Failure> {
    let mut entries = match path.read_dir() {
        Ok(entries) => entries,
        // Not there, or no folder: whoever makes it says so.
        Err(_) => return Ok(()),
    };
    if entries.next().is_some() {
        return Err(Failure::bad(format!(
            "{} is there and not empty; name a new folder",
            path.display()
        )));
    }
    Ok(())
}

/// Whether files can be made in a folder: tried, since permissions alone do not tell.
pub(crate) fn check_writable(folder: &Path) -> Result<(), Failure> {
    tempfile::NamedTempFile::new_in(folder)
        .map(|_| ())
        .map_err(|error| explain(error, &folder.display().to_string(), "write to"))
}

/// The same for what belongs to one pass: as if it had been written and read at another moment, the beginning of the day
/// say. Where such files are kept, they tell of no pass when it was issued.
pub(crate) fn write_dated(
    path: &Path,
    bytes: &[u8],
    access: Access,
    moment: UnixTime,
) -> Result<(), Failure> {
    put(path, bytes, access, true, Some(moment))
        .and_then(|()| sync_folder(folder_of(path)))
        .map_err(|error| explain(error, &path.display().to_string(), "write"))
}

fn place(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    put(path, bytes, access, true, None)?;
    sync_folder(folder_of(path))
}

fn put(
    path: &Path,
    bytes: &[u8],
    access: Access,
    durable: bool,
    moment: Option<UnixTime>,
) -> io::Result<()> {
    let folder = folder_of(path);
    // tempfile makes files that only their owner can read.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    if access == Access::Public {
        publish(file.as_file())?;
    }
    if durable {
        file.as_file().sync_all()?;
    }
    if let Some(moment) = moment {
        let since = Duration::from_secs(u64::try_from(moment.as_seconds()).unwrap_or(0));
        let then = SystemTime::UNIX_EPOCH + since;
        let times = FileTimes::new().set_modified(then).set_accessed(then);
        file.as_file().set_times(times)?;
    }
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn publish(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn publish(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes the rename itself durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What an error about a folder says could not be done.
const FOLDER: &str = "make the folder";

/// Makes a folder for what everybody may read.
pub(crate) fn make_public_folder(path: &Path) -> Result<(), Failure> {
    (std::fs::create_dir_all(path))
        .map_err(|error| explain(error, &path.display().to_string(), FOLDER))
}

/// Makes an empty file for its owner alone, if it is not there: a database keeps its mode.
pub(crate) fn make_private(path: &Path) -> Result<(), Failure> {
    (private().open(path))
        .map(|_| ())
        .map_err(|error| explain(error, &path.display().to_string(), "make"))
}

fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes a folder for secrets, if it is not there: for its owner alone.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    (builder.create(path)).map_err(|error| explain(error, &path.display().to_string(), FOLDER))
}

/// Holds a lock on `folder` until the guard is dropped, so that two programs do not change the same
/// file at once.
pub(crate) fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join("lock");
    let name = path.display().to_string();
    let file = (private().open(&path)).map_err(|error| explain(error, &name, "lock"))?;
    if file.try_lock().is_err() {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(
            io::stderr(),
            "another command uses this folder; waiting for it"
        );
        file.lock().map_err(|error| explain(error, &name, "lock"))?;
    }
    Ok(file)
}

/// What is said of a command that has done nothing yet.
pub(crate) const NOTHING_CHANGED: &str = ", nothing was changed";

/// What went wrong with a file, and what to do.
fn explain(error: io::Error, path: &str, verb: &str) -> Failure {
    use io::ErrorKind as Kind;
    let advice = match error.kind() {
        Kind::NotFound => "there is no such file or folder; check the name",
        Kind::PermissionDenied => "that is not allowed here; check the permissions",
        Kind::ReadOnlyFilesystem => "the folder is read-only; choose another one",
        Kind::StorageFull | Kind::FileTooLarge | Kind::QuotaExceeded if verb != "read" => {
            return Failure::bad(format!(
                "cannot {verb} {path}: the disk is full; make room and try again{NOTHING_CHANGED}"
            ));
        }
        Kind::IsADirectory => "that is a folder; name a file",
        Kind::AlreadyExists if verb == FOLDER => "a file has that name; name a new folder",
        Kind::NotADirectory => "a part of the name is a file, not a folder; check the name",
        _ => return Failure::bad(format!("cannot {verb} {path}: {error}")),
    };
    Failure::bad(format!("cannot {verb} {path}: {advice}"))
}
