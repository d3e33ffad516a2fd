//! The folders in which the program runs: as they were, as they are, and as they were again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use tempfile::TempDir;

/// However loaded the machine is, no command takes as long as this.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everything below a folder, by path: files with what is in them, folders without.
pub type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// What a command did.
pub struct Ended {
    /// `None`: a signal, or it did not end.
    pub code: Option<i32>,
    pub out: String,
    pub errors: String,
}

pub struct Place {
    pub folder: TempDir,
    pub before: Tree,
}

fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_dir() {
                tree.insert(name, None);
                open.push(path);
            } else {
                tree.insert(name, Some(fs::read(path).unwrap()));
            }
        }
    }
    tree
}

/// Files in which SQLite coordinates processes: empty or without meaning once the last one is gone, and
/// with no page of the database in them.
fn coordinates(path: &Path, content: Option<&Vec<u8>>) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".db-shm") || (name.ends_with(".db-wal") && content.is_some_and(Vec::is_empty))
}

impl Place {
    /// A copy of a folder, for this thread alone.
    pub fn copy(tree: &Tree) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in tree {
            let path = folder.path().join(path);
            match content {
                None => fs::create_dir(path).unwrap(),
                Some(bytes) => fs::write(path, bytes).unwrap(),
            }
        }
        let before = tree.clone();
        Self { folder, before }
    }

    pub fn tree_of(folder: &Path) -> Tree {
        tree(folder)
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    /// What is not as it was, but for the file that was put there.
    pub fn changes(&self, put: &str, bytes: &[u8]) -> Vec<PathBuf> {
        let now = tree(self.folder.path());
        let was = |path: &Path| match path == Path::new(put) {
            true => Some(Some(bytes)),
            false => self.before.get(path).map(Option::as_deref),
        };
        let new = now.iter().filter(|(path, content)| {
            was(path) != Some(content.as_deref()) && !coordinates(path, content.as_ref())
        });
        let gone = self.before.keys().filter(|path| !now.contains_key(*path));
        let all = new.map(|(path, _)| path).chain(gone);
        all.cloned().collect()
    }

    /// Makes everything as it was.
    pub fn restore(&self) {
        let now = tree(self.folder.path());
        for (path, content) in now.iter().rev() {
            let full = self.folder.path().join(path);
            match (self.before.get(path), content) {
                (None, None) => fs::remove_dir(full).unwrap(),
                (None, Some(_)) => fs::remove_file(full).unwrap(),
                (Some(was), content) if was != content => {
                    fs::write(full, was.as_ref().unwrap()).unwrap();
                }
                _ => {}
            }
        }
        for (path, content) in &self.before {
            let full = self.folder.path().join(path);
            match content {
                None => fs::create_dir_all(full).unwrap(),
                Some(bytes) if !full.exists() => fs::write(full, bytes).unwrap(),
                Some(_) => {}
            }
        }
    }

    /// Runs the program as a person would: text, no terminal, nobody who answers.
    pub fn run(&self, words: &[String]) -> Ended {
        let child = Command::new(env!("CARGO_BIN_EXE_veilpass"))
            .args(words)
            .args(["--weak-keys", "--work-factor", "1"])
            .current_dir(self.folder.path())
            .env("VEILPASS_PASSPHRASE", "correct horse")
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let id = child.id();
        let (send, wait) = channel();
        std::thread::spawn(move || send.send(child.wait_with_output()));
        let Ok(output) = wait.recv_timeout(PATIENCE) else {
            let _ = Command::new("kill").arg(id.to_string()).status();
            let errors = format!("it still ran after {PATIENCE:?}");
            return Ended {
                code: None,
                out: String::new(),
                errors,
            };
        };
        let output = output.unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
