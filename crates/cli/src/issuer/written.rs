//! What an import writes for people: claims with names and codes, rejects, and letters. Lines are appended and synced
//! before their claims are stored; when an import is resumed, lines whose claims were never stored are cut off.

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
        };
        files.drop_letters(import)?;
        if import.offset == 0 {
            files
                .claims
                .line(&["line", "name", "code", "letter_until"])?;
            files.rejects.line(&["line", "column", "why"])?;
        }
        Ok(files)
    }

    /// Deletes letters whose claims were never stored: their codes open nothing.
    fn drop_letters(&self, import: &Import) -> Result<(), Failure> {
        let run = format!("-{}", hex(&import.run));
        for entry in std::fs::read_dir(self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let line = name
                .and_then(|name| name.strip_prefix("letters-")?.split_once(&run))
                .and_then(|(line, _)| line.parse::<u64>().ok());
            if line.is_some_and(|line| line > import.line) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
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
    fn print(&self, then: &Import, new: Vec<NewLetter>) -> Result<(), Failure> {
        let Some((form, words)) = self.letters.as_ref().filter(|_| !new.is_empty()) else {
            return Ok(());
        };
        let extension = match form {
            LetterForm::Pdf => "pdf",
            LetterForm::Svg => "svg",
        };
        let what = format!("letters-{:08}", then.line);
        let path = named(self.folder, then, &what, extension);
        let letters: Vec<_> = (new.into_iter())
            .map(|NewLetter { name, code, .. }| Letter { name, code })
            .collect();
        let letters: Vec<_> = letters.iter().collect();
        sheet::write(&letters::pages(words, &letters)?, &[path], Access::Private)?;
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
