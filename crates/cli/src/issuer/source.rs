//! What an import reads: the register, its map and the rules, each taken once.
//!
//! Operators approve a digest of them. Their files belong to the clerk, who can rewrite a register in place while a
//! passphrase is awaited, and who can name a pipe that says something else at each reading. So the program takes its
//! own copy first; what it measures is what it reads.

use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::Path;

use crate::evidence;
use crate::files;
use crate::report::Failure;
use veilpass::scheme::SchemeCard;
use veilpass_app::issuer::register::Size;
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_evidence::rules::Rules;

/// A register that is read from the program's own copy.
pub(super) type Copied = Register<BufReader<File>>;

/// The files of an import, as the user names them.
pub(super) struct Named<'a> {
    pub(super) register: &'a Path,
    pub(super) map: Option<&'a str>,
    pub(super) rules: &'a str,
}

/// What operators approve and the import reads.
pub(super) struct Source {
    pub(super) size: Size,
    pub(super) register: Copied,
    pub(super) rules: Rules,
}

impl Named<'_> {
    /// Takes the files. The copy of the register has no name, and is in the issuer's own folder, since it has names of
    /// people in it; it is gone when the program ends, however that ends.
    pub(super) fn take(&self, own: &Path, card: &SchemeCard, days: u16) -> Result<Source, Failure> {
        let rules = files::text(self.rules)?;
        let map = self.map.map(files::text).transpose()?;
        let mut copy = self.copy(own)?;
        let form = form(self.register);
        let settings: Vec<_> = (map.iter().chain([&rules])).map(String::as_bytes).collect();
        let size = Size::measure(&mut copy, form, days, &settings)?;
        Ok(Source {
            size,
            rules: evidence::rules_in(&rules, card).map_err(|error| error.about(self.rules))?,
            register: self.read(copy, map.as_deref())?,
        })
    }

    fn copy(&self, own: &Path) -> Result<File, Failure> {
        let about = |error: io::Error| Failure::bad(error).about(self.register.display());
        let mut file = files::open(self.register)?;
        if !file.metadata().map_err(about)?.is_file() {
            let name = self.register.display();
            return Err(Failure::bad(format!("{name} is no ordinary file")));
        }
        let copied = tempfile::tempfile_in(own).and_then(|mut copy| {
            io::copy(&mut file, &mut copy)?;
            Ok(copy)
        });
        copied.map_err(|error| Failure::bad(error).about("the program's own copy of the register"))
    }

    fn read(&self, mut copy: File, map: Option<&str>) -> Result<Copied, Failure> {
        let map_read = match map {
            Some(text) => RegisterMap::read(text)
                .map_err(|error| Failure::from(error).about(self.map.unwrap_or_default()))?,
            None => RegisterMap::default(),
        };
        copy.seek(SeekFrom::Start(0))?;
        Register::open(BufReader::new(copy), form(self.register), map_read)?.map_err(|error| {
            match map {
                Some(_) => Failure::from(error).about(self.register.display()),
                None => Failure::bad("say with --map how the columns of the register are read"),
            }
        })
    }
}

fn form(register: &Path) -> RegisterForm {
    match register
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some("ndjson" | "jsonl") => RegisterForm::FhirLines,
        _ => RegisterForm::Csv,
    }
}
