//! A folder of what is trusted: certificates, signed lists with the keys of their publishers, and snapshots of card
//! issuers, in subfolders too. What is not read is named and the rest is used.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use super::{MAX_FILE, Signer, TrustError, files, published, signer};
use crate::Trust;
use crate::key::Key;

/// How deep folders lie in each other.
const MAX_DEPTH: usize = 8;

/// The most files of a folder.
const MAX_FILES: usize = 20_000;

/// What was not read in a folder, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The path of the file or folder.
    pub path: String,
    /// The number of the certificate in the file, from 1, if the rest of the file was read.
    pub entry: Option<usize>,
    /// Why.
    pub why: TrustError,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "{}, certificate {entry}: {}", self.path, self.why),
            None => write!(f, "{}: {}", self.path, self.why),
        }
    }
}

/// A folder that is being read.
#[derive(Default)]
struct Folder {
    trust: Trust,
    /// Lists, which wait for the keys of their publishers.
    lists: Vec<(PathBuf, String)>,
    uplinks: Vec<Key>,
    files: usize,
    skipped: Vec<Skipped>,
}

impl Trust {
    /// Whoever is trusted by the files of a directory and its subdirectories, whatever they are called: certificates in
    /// PEM, base64 or DER; lists of signers with the public keys of their publishers; snapshots of directories of card
    /// issuers. Says what was not read, each with its reason.
    ///
    /// # Errors
    /// [`Skipped`], if the directory itself cannot be read.
    pub fn from_directory(directory: &Path) -> Result<(Self, Vec<Skipped>), Skipped> {
        let mut folder = Folder::default();
        let read = folder.walk(directory, 0);
        read.map_err(|error| skipped(directory, None, system(&error)))?;
        Ok(folder.trusted())
    }

    /// The same of files that lie elsewhere than in a directory, each with its name.
    #[must_use]
    pub fn from_files(files: &[(&Path, &[u8])]) -> (Self, Vec<Skipped>) {
        let mut folder = Folder::default();
        for (path, content) in files {
            folder.content(path, content);
        }
        folder.trusted()
    }
}

fn skipped(path: &Path, entry: Option<usize>, why: TrustError) -> Skipped {
    let path = path.display().to_string();
    Skipped { path, entry, why }
}

fn system(error: &io::Error) -> TrustError {
    let words = error.to_string();
    TrustError::System { words }
}

impl Folder {
    fn skip(&mut self, path: &Path, entry: Option<usize>, why: TrustError) {
        self.skipped.push(skipped(path, entry, why));
    }

    /// In the order of names: what is said of a folder is the same each time.
    fn walk(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        for path in paths {
            let read = match fs::metadata(&path) {
                Ok(found) if found.is_dir() && depth >= MAX_DEPTH => {
                    self.skip(&path, None, TrustError::TooDeep);
                    Ok(())
                }
                Ok(found) if found.is_dir() => self.walk(&path, depth + 1),
                // A pipe or a device would be read for ever.
                Ok(found) if !found.is_file() => {
                    self.skip(&path, None, TrustError::NotACertificate);
                    Ok(())
                }
                Ok(found) => self.file(&path, found.len()),
                Err(error) => Err(error),
            };
            if let Err(error) = read {
                self.skip(&path, None, system(&error));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, length: u64) -> io::Result<()> {
        self.files += 1;
        if length > MAX_FILE || self.files > MAX_FILES {
            self.skip(path, None, TrustError::TooLarge);
            return Ok(());
        }
        self.content(path, &fs::read(path)?);
        Ok(())
    }

    fn content(&mut self, path: &Path, content: &[u8]) {
        match std::str::from_utf8(content) {
            Ok(text) if published::is_list(text) => {
                self.lists.push((path.to_owned(), text.to_owned()));
            }
            _ => self.certificates(path, content),
        }
    }

    /// Reads the lists, now that the keys of all publishers are known.
    fn trusted(mut self) -> (Trust, Vec<Skipped>) {
        for (path, text) in std::mem::take(&mut self.lists) {
            self.list(&path, &text);
        }
        (self.trust, self.skipped)
    }

    fn certificates(&mut self, path: &Path, content: &[u8]) {
        let text = std::str::from_utf8(content).unwrap_or_default();
        let frames = files::frames(text).into_iter();
        let keys = frames.filter(|(label, _)| *label == files::PUBLIC_KEY);
        for (_, der) in keys {
            match der.as_deref().and_then(signer::public_key) {
                Some(key) => self.uplinks.push(key),
                None => self.skip(path, None, TrustError::Key),
            }
        }
        let all = files::certificates(content);
        let only = all.len() == 1;
        for (entry, der) in all {
            match der.and_then(|der| Signer::from_der(&der)) {
                Ok(signer) => self.trust.certificates.put(signer),
                Err(why) => self.skip(path, entry.filter(|_| !only), why),
            }
        }
    }

    fn list(&mut self, path: &Path, text: &str) {
        let json = text.trim_start_matches('\u{feff}');
        match self.trust.cards.add_snapshot(json.as_bytes(), None) {
            Ok(Some(unread)) => {
                for why in unread {
                    self.skip(path, None, TrustError::KeySet { why });
                }
                return;
            }
            Ok(None) => {}
            Err(why) => return self.skip(path, None, TrustError::KeySet { why }),
        }
        match published::signers(text, &self.uplinks) {
            Ok(signers) => {
                for (number, signer) in signers {
                    match signer {
                        Ok(signer) => self.trust.certificates.put(signer),
                        Err(why) => self.skip(path, Some(number), why),
                    }
                }
            }
            Err(why) => self.skip(path, None, why),
        }
    }
}
