//! What an import writes for people: claims with names and codes, rejects, and letters. Lines are appended and synced
//! before their claims are stored; when an import is resumed, lines whose claims were never stored are cut off. Letters
//! have a name that says `unfinished` until their claims are stored: nobody sends one whose code opens nothing.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::files::{self, Access};
use crate::report::{Failure, hex};
use crate::sheet;
use veilpass_app::issuer::register::rows::{NewLetter, Reject, Written};
use veilpass_app::store::register::Import;
use veilpass_print::letters::{self, Letter, Words};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LetterForm {
    /// One file for 500 letters.
    Pdf,
    /// One file a page.
    Svg,
}

/// How the names of letters begin whose claims are not stored yet.
const UNFINISHED: &str = "unfinished-";

/// A file of this import: its name has a number that was drawn for it, so that no two imports meet in
/// one folder and nobody can be there before.
pub(super) fn named(folder: &Path, import: &Import, what: &str, extension: &str) -> PathBuf {
    let run = hex(&import.run);
    folder.join(format!("{what}-{run}.{extension}"))
}

/// The files of an import.
pub(super) struct Files<'a> {
    folder: &'a Path,
    /// The form of letters, if there shall be any, and the words on them.
    letters: Option<(LetterForm, Words<'a>)>,
    claims: Appended,
    rejects: Appended,
    /// Letters whose claims are not stored yet.
    unfinished: Vec<PathBuf>,
    /// Files of letters that an import which was stopped had left, and that are deleted.
    dropped: usize,
}

impl<'a> Files<'a> {
    /// Opens them where the import stands.
    pub(super) fn open(
        folder: &'a Path,
        import: &Import,
        letters: Option<(LetterForm, Words<'a>)>,
    ) -> Result<Self, Failure> {
        let path = |what| named(folder, import, what, "csv");
        let mut files = Self {
            claims: Appended::open(&path("claims"), import.claims_length)?,
            rejects: Appended::open(&path("rejects"), import.rejects_length)?,
            folder,
            letters,
            unfinished: Vec::new(),
            dropped: 0,
        };
        files.tidy_letters(import)?;
        if import.offset == 0 {
            files
                .claims
                .line(&["line", "name", "code", "letter_until"])?;
            files.rejects.line(&["line", "column", "why"])?;
        }
        Ok(files)
    }

    /// What an import that was stopped left unfinished: deletes letters whose claims were never stored, because their codes
    /// open nothing, and gives the others their name.
    fn tidy_letters(&mut self, import: &Import) -> Result<(), Failure> {
        let run = format!("-{}", hex(&import.run));
        let unfinished = format!("{UNFINISHED}letters-");
        for entry in files::list(self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let line = name
                .and_then(|name| name.strip_prefix(&unfinished)?.split_once(&run))
                .and_then(|(line, _)| line.parse::<u64>().ok());
            match line {
                Some(line) if line > import.line => {
                    files::delete(&path)?;
                    self.dropped += 1;
                }
                Some(_) => self.unfinished.push(path),
                None => {}
            }
        }
        self.finish()
    }

    /// The claims of all letters so far are stored: gives the letters their name.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        for path in self.unfinished.drain(..) {
            let name = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = name.and_then(|name| name.strip_prefix(UNFINISHED)) {
                files::rename(&path, &path.with_file_name(name))?;
            }
        }
        Ok(())
    }

    /// How many files of letters an import that was stopped had left, which are deleted.
    pub(super) fn dropped(&self) -> usize {
        self.dropped
    }

    /// Writes letters and rejects, durably. `then` is where the import stands afterwards.
    pub(super) fn write(
        &mut self,
        then: &Import,
        until: &str,
        new: Vec<NewLetter>,
        rejects: &[Reject],
    ) -> Result<Written, Failure> {
        for Reject { line, column, why } in rejects {
            let column = column.as_deref().unwrap_or_default();
            let fields = [&*line.to_string(), column, &why.to_string()];
            self.rejects.line(&fields)?;
        }
        for NewLetter { line, name, code } in &new {
            let fields = [&*line.to_string(), name, &code.expose_text(), until];
            self.claims.line(&fields)?;
        }
        self.print(then, new)?;
        self.claims.sync()?;
        self.rejects.sync()?;
        Ok(Written {
            claims: self.claims.length,
            rejects: self.rejects.length,
        })
    }

    /// Lays out letters in a file of their own.
    fn print(&mut self, then: &Import, new: Vec<NewLetter>) -> Result<(), Failure> {
        let Some((form, words)) = self.letters.as_ref().filter(|_| !new.is_empty()) else {
            return Ok(());
        };
        let extension = match form {
            LetterForm::Pdf => "pdf",
            LetterForm::Svg => "svg",
        };
        let what = format!("{UNFINISHED}letters-{:08}", then.line);
        let path = named(self.folder, then, &what, extension);
        let letters: Vec<_> = (new.into_iter())
            .map(|NewLetter { name, code, .. }| Letter { name, code })
            .collect();
        let letters: Vec<_> = letters.iter().collect();
        let pages = letters::pages(words, &letters)?;
        (self.unfinished).extend(sheet::write(&pages, &[path], Access::Private)?);
        Ok(())
    }
}

/// A field that a spreadsheet takes for text: names come from outside, and it would compute what begins like a formula.
fn text(field: &str) -> zeroize::Zeroizing<String> {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    zeroize::Zeroizing::new(if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    })
}

/// A file that grows at its end.
struct Appended {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Appended {
    /// Opens it and cuts off what follows the first `length` bytes.
    fn open(path: &Path, length: u64) -> Result<Self, Failure> {
        let about = |error: std::io::Error| Failure::bad(error).about(path.display());
        if path.symlink_metadata().is_ok_and(|there| !there.is_file()) {
            return Err(Failure::bad(format!(
                "{} is no ordinary file",
                path.display()
            )));
        }
        files::make_private(path)?;
        let mut file = File::options().write(true).open(path).map_err(about)?;
        if file.metadata()?.len() < length {
            return Err(Failure::bad(format!(
                "{} is shorter than what was imported; bring it back from where it was moved, or it \
                 cannot go on",
                path.display()
            )));
        }
        file.set_len(length).map_err(about)?;
        file.seek(SeekFrom::Start(length)).map_err(about)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
        })
    }

    fn line(&mut self, fields: &[&str]) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(128));
        let fields: Vec<_> = fields.iter().map(|field| text(field)).collect();
        writer.write_record(fields.iter().map(|field| field.as_bytes()))?;
        let bytes = zeroize::Zeroizing::new(writer.into_inner().map_err(Failure::bad)?);
        let written = self.file.write_all(&bytes);
        written.map_err(|error| Failure::bad(error).about(self.path.display()))?;
        self.length += u64::try_from(bytes.len()).unwrap_or(0);
        Ok(())
    }

    fn sync(&self) -> Result<(), Failure> {
        self.file
            .sync_data()
            .map_err(|error| Failure::bad(error).about(self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use veilpass::issuance::ClaimCode;
    use veilpass::scheme::Day;
    use veilpass_words::Language;
    use veilpass_words::letter::Letter as Sentences;

    /// What is in a folder whose name has this in it.
    fn named_like(folder: &Path, part: &str) -> Vec<String> {
        let all = std::fs::read_dir(folder).unwrap();
        let names = all.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(part)).collect()
    }

    #[test]
    fn letters_are_unfinished_until_their_claims_are_stored_and_go_if_they_never_are() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let sentences = Sentences::new(Language::English, Day::from_ymd(2022, 6, 1).unwrap());
        let letters = || Some((LetterForm::Svg, Words::new("S", &sentences).unwrap()));
        let begun = Import::of([1; 32], [2; 8]);
        let then = Import {
            line: 500,
            ..begun.clone()
        };
        let write = || {
            let mut files = Files::open(folder, &begun, letters()).unwrap();
            let new = NewLetter {
                line: 1,
                name: "Anna".into(),
                code: ClaimCode::generate(&mut rand::rng()),
            };
            files.write(&then, "2022-06-01", vec![new], &[]).unwrap();
            files
        };
        // Stopped before the claims were stored: nobody takes the letters for good ones, and they go.
        drop(write());
        assert_eq!(named_like(folder, "letters-").len(), 1);
        assert!(named_like(folder, "letters-")[0].starts_with(UNFINISHED));
        assert_eq!(write().dropped(), 1);
        // Stopped after: they get their name.
        let again = Files::open(folder, &then, letters()).unwrap();
        assert_eq!(again.dropped(), 0);
        assert_eq!(named_like(folder, UNFINISHED), [""; 0]);
        assert_eq!(named_like(folder, "letters-").len(), 1);
    }
}
