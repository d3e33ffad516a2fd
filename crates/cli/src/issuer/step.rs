//! A step of an import: a few hundred rows. A step's lines are appended to the claims and rejects files
//! and synced; then one transaction keeps the claims and how long those files are. What a program that
//! died had appended beyond that is cut off when the import goes on, so no row is lost or doubled.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::clinic::Clinic;
use super::register::{Import, LetterForm};
use crate::evidence::Given;
use crate::files;
use crate::report::Failure;
use crate::{Context, sheet, values};
use veilpass::issuance::{ClaimCode, row_mark};
use veilpass::scheme::{Day, IssuerKey, Value};
use veilpass_app::store::register::{Import as Progress, NewClaim, RegisterStore};
use veilpass_evidence::register::{Person, Register, Row};
use veilpass_evidence::rules::Rules;
use veilpass_print::letters::{self, Letter, Words};

/// Rows in a step: one transaction, one file of letters.
const STEP: usize = 500;

/// A file that grows by whole steps.
pub(super) struct Appended {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Appended {
    /// Opens it where `length` bytes are kept; what a program that died wrote after them is cut off.
    pub(super) fn open(path: &Path, length: u64) -> Result<Self, Failure> {
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

    pub(super) fn line(&mut self, fields: &[&str]) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(Vec::with_capacity(128));
        writer.write_record(fields)?;
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

/// A person of this step, with a claim.
struct Claimed {
    line: u64,
    letter: Letter,
    claim: NewClaim,
}

/// An import that is under way.
pub(super) struct Step<'a> {
    pub(super) import: &'a Import,
    pub(super) context: &'a Context,
    pub(super) clinic: &'a Clinic,
    pub(super) key: IssuerKey,
    pub(super) rules: Rules,
    pub(super) today: Day,
    /// The attribute that gets the initials.
    pub(super) initials: String,
    pub(super) expires: i64,
    /// The last day of the claims.
    pub(super) until: Day,
    pub(super) claims: Appended,
    pub(super) rejects: Appended,
    pub(super) progress: Progress,
}

impl Step<'_> {
    /// Reads the next rows, writes their letters, then keeps them.
    pub(super) fn advance(
        &mut self,
        register: &mut Register<BufReader<File>>,
    ) -> Result<(), Failure> {
        let before = self.progress.offset;
        let mut rows = Vec::with_capacity(STEP);
        while rows.len() < STEP
            && let Some(row) = register.next_row()?
        {
            rows.push(row);
        }
        match rows.last() {
            Some(last) => {
                self.progress.offset = last.end;
                self.progress.line = last.last_line;
            }
            None => self.progress.done = true,
        }
        let claimed = self.claim(rows)?;
        for one in &claimed {
            let code = one.letter.code.expose_text();
            let until = self.until.to_string();
            let fields = [
                &*one.line.to_string(),
                &*one.letter.name,
                code.as_str(),
                &*until,
            ];
            self.claims.line(&fields)?;
        }
        self.print(&claimed)?;
        self.claims.sync()?;
        self.rejects.sync()?;
        self.progress.imported += u32::try_from(claimed.len()).unwrap_or(0);
        self.progress.claims_length = self.claims.length;
        self.progress.rejects_length = self.rejects.length;
        let claims: Vec<_> = claimed.into_iter().map(|one| one.claim).collect();
        let store = &self.clinic.store;
        let kept = store.advance(before, &self.progress, &claims, self.context.now());
        Ok(self.context.wait(kept)?)
    }

    /// Makes claims of rows that are good and new.
    fn claim(&mut self, rows: Vec<Row>) -> Result<Vec<Claimed>, Failure> {
        let mut claimed: Vec<Claimed> = Vec::with_capacity(rows.len());
        for row in rows {
            let line = row.line;
            let made = match row.person {
                Ok(person) => self.one(line, &person),
                Err(fault) => Err((fault.column.unwrap_or_default(), fault.why)),
            };
            match made {
                Ok(one) => claimed.push(one),
                Err((column, why)) => {
                    self.progress.rejected += 1;
                    self.rejects.line(&[&line.to_string(), &column, &why])?;
                }
            }
        }
        let marks: Vec<_> = claimed.iter().map(|one| one.claim.mark).collect();
        let known = self.context.wait(self.clinic.store.known(&marks))?;
        let mut seen = std::collections::HashSet::new();
        let mut new = Vec::with_capacity(claimed.len());
        for (one, known) in claimed.into_iter().zip(known) {
            if seen.insert(one.claim.mark) && !known {
                new.push(one);
                continue;
            }
            self.progress.known += 1;
            let why = "has a claim already, from an earlier row or import";
            self.rejects.line(&[&one.line.to_string(), "", why])?;
        }
        Ok(new)
    }

    /// The claim of one person; or the column and why not.
    fn one(&self, line: u64, person: &Person) -> Result<Claimed, (String, String)> {
        let none = |why: String| (String::new(), why);
        let granted = (self.rules.apply(&person.evidence, self.today))
            .map_err(|refusal| none(refusal.to_string()))?;
        let given = Given::new(&person.evidence, granted);
        let scheme = &self.clinic.bundle.scheme;
        let mut set = Vec::new();
        for (name, text) in &person.attributes {
            let value = values::read_one(scheme.schema(), name, text);
            set.push((
                name.clone(),
                value.map_err(|failure| (name.clone(), failure.message))?,
            ));
        }
        given.complete(&mut set);
        if !given.is_in(&set) {
            let why =
                "the map takes from a column what the rules give; leave it out of [attributes]";
            return Err(none(why.into()));
        }
        let initials = &self.initials;
        let has = scheme.schema().index_of(initials).is_some();
        if has && !set.iter().any(|(name, _)| name == initials) {
            set.push((initials.clone(), Value::Text(person.initials())));
        }
        self.clinic
            .plausible(&set, self.today)
            .map_err(|failure| none(failure.message))?;
        let code = ClaimCode::generate(&mut rand::rng());
        let set: Vec<_> = set
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        let sealed = code
            .seal(scheme, &set)
            .map_err(|error| none(error.to_string()))?;
        Ok(Claimed {
            line,
            claim: NewClaim {
                name: code.name(scheme),
                mark: row_mark(&self.key, scheme, &person.record),
                sealed,
                kind: given.kind,
                expires: self.expires,
            },
            letter: Letter {
                name: person.name(),
                code,
            },
        })
    }

    /// Lays out the letters of this step.
    fn print(&self, claimed: &[Claimed]) -> Result<(), Failure> {
        let Some(form) = self.import.letters else {
            return Ok(());
        };
        if claimed.is_empty() {
            return Ok(());
        }
        let words = Words {
            scheme: self.clinic.bundle.scheme.name(),
            until: self.until.to_string(),
        };
        let extension = match form {
            LetterForm::Pdf => "pdf",
            LetterForm::Svg => "svg",
        };
        let what = format!("letters-{:08}", self.progress.line);
        let path = self.import.named(&self.progress, &what, extension);
        let letters: Vec<_> = claimed.iter().map(|one| &one.letter).collect();
        sheet::write(&letters::pages(&words, &letters)?, &[path])?;
        Ok(())
    }
}
