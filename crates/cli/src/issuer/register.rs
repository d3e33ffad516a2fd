//! The clinic's own register: claims without names in the database, names and codes on letters.
//!
//! An import goes in steps ([`super::step`]), so that it can be stopped and goes on where it was.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::clinic::Clinic;
use super::count::unapproved_claims;
use super::step::{Appended, Step};
use crate::evidence;
use crate::files;
use crate::operators::Approving;
use crate::report::{Failure, Report, hex};
use crate::{Context, Dir};
use veilpass::scheme::{Limits, SetBy};
use veilpass_app::approval::{Needed, Subject};
use veilpass_app::log::Hex;
use veilpass_app::store::Ledger;
use veilpass_app::store::register::{Import as Progress, RegisterStore};
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};

#[derive(Subcommand)]
pub(crate) enum RegisterCommand {
    /// Read a register, row by row, and make a claim letter for each person. It can be stopped and begun
    /// again: no row is lost or doubled.
    ///
    /// Example: veilpass issuer register import staff.csv --dir clinic --map map.toml --rules rules.signed.toml
    /// --to letters --letters pdf
    Import(Import),
    /// Count the claims.
    ///
    /// Example: veilpass issuer register status --dir clinic
    Status(Status),
    /// Forget which rows were imported: a row that is imported again gets a second claim from then on.
    ///
    /// Example: veilpass issuer register close --dir clinic --yes
    Close(Close),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LetterForm {
    /// One file for 500 letters.
    Pdf,
    /// One file a page.
    Svg,
}

#[derive(Args)]
pub(crate) struct Import {
    #[command(flatten)]
    dir: Dir,
    /// The register: CSV in UTF-8 with the names of the columns in its first line, or .ndjson with a FHIR
    /// bundle in each line.
    file: PathBuf,
    /// How its columns are read: a TOML file, see docs/operating.md.
    #[arg(long, value_name = "FILE")]
    map: Option<String>,
    /// The authority's rules, signed.
    #[arg(long, value_name = "FILE")]
    rules: String,
    /// The folder for claims, rejects and letters. Who has the claims has the passes: keep it closed, and
    /// delete it when the letters are out.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Also lay out letters to print.
    #[arg(long, value_name = "FORM")]
    pub(super) letters: Option<LetterForm>,
    /// How long the letters are good.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    #[command(flatten)]
    approving: Approving,
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    dir: Dir,
}

#[derive(Args)]
pub(crate) struct Close {
    #[command(flatten)]
    dir: Dir,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    approving: Approving,
}

impl RegisterCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        match self {
            Self::Import(import) => import.run(context),
            Self::Status(status) => status.run(context),
            Self::Close(close) => close.run(context),
        }
    }
}

impl Status {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &self.dir.dir)?;
        let claims = context.wait(clinic.store.claims())?;
        Ok(Report::new(
            format!(
                "{} claims are open, {} used, {} expired",
                claims.open, claims.used, claims.expired
            ),
            json!(claims),
        ))
    }
}

impl Close {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let clinic = Clinic::open(context, &self.dir.dir)?;
        // Whoever knows the issuer's passphrase, and nobody else.
        Clinic::key(context, &self.dir.dir)?;
        let question =
            "Forget which rows have a claim? A row that is imported again gets a second one.";
        context.confirm(question, self.yes)?;
        let (_, needed) = clinic.limits_of(context)?;
        let subject = Subject::RowsForgotten;
        let approval = (self.approving).approve(context, &clinic.store, &needed, subject)?;
        let gone = clinic.store.forget_rows(approval.as_ref(), context.now());
        let rows = context.wait(gone)?;
        Ok(Report::new(
            format!("{rows} rows are forgotten; open claims stay good"),
            json!({ "forgotten": rows }),
        ))
    }
}

impl Import {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let clinic = Clinic::open(context, dir)?;
        let today = clinic.today(context)?;
        let (limits, needed) = clinic.limits_of(context)?;
        let schema = clinic.bundle.scheme.schema();
        let rules = evidence::rules(&self.rules, &clinic.card.key)?;
        let key = Clinic::key(context, dir)?;
        let _lock = files::lock(dir)?;
        // One descriptor for all: what the operators agree to is what is read.
        let file = self.open()?;
        let size = self.measure(&file)?;
        let mut register = self.read(file.try_clone()?)?;
        let known = |name: &str| {
            let mut own = schema.set_by(SetBy::Issuer);
            own.any(|(_, attribute)| attribute.name == name)
        };
        if let Some(name) = register.attributes().find(|name| !known(name)) {
            return Err(Failure::bad(format!(
                "the map's [attributes] has {name}, which the issuer does not set in this scheme"
            )));
        }
        let progress = self.begin(context, &clinic, (limits, needed), &size)?;
        if progress.done {
            return Ok(self.told(
                &progress,
                "this register was imported before, and its letters cannot be made again",
            ));
        }
        register.resume(progress.offset, progress.line)?;
        files::make_folder(&self.to)?;
        let expires = context.now() + i64::from(self.days) * 86_400;
        let until = clinic.bundle.scheme.zone().day_of(expires - 1);
        let mut step = Step {
            import: self,
            context,
            clinic: &clinic,
            key,
            rules,
            today,
            initials: register.initials().to_owned(),
            expires,
            until: until.unwrap_or_default(),
            claims: Appended::open(
                &self.named(&progress, "claims", "csv"),
                progress.claims_length,
            )?,
            rejects: Appended::open(
                &self.named(&progress, "rejects", "csv"),
                progress.rejects_length,
            )?,
            progress,
        };
        self.drop_letters(&step.progress)?;
        if step.progress.offset == 0 {
            step.claims.line(&["line", "name", "code", "until"])?;
            step.rejects.line(&["line", "column", "why"])?;
        }
        let bar = context.progress(size.bytes, "register");
        while !step.progress.done {
            step.advance(&mut register)?;
            bar.set_position(step.progress.offset);
        }
        if self.measure(&file)?.digest != step.progress.file {
            return Err(Failure::refused(
                "the register changed while it was read; look at the claims before you send a letter",
            ));
        }
        bar.finish_and_clear();
        Ok(self.told(&step.progress, "the register is imported"))
    }

    fn open(&self) -> Result<File, Failure> {
        let about = |error: std::io::Error| Failure::bad(error).about(self.file.display());
        let file = File::open(&self.file).map_err(about)?;
        if !file.metadata().map_err(about)?.is_file() {
            let name = self.file.display();
            return Err(Failure::bad(format!("{name} is no ordinary file")));
        }
        Ok(file)
    }

    fn form(&self) -> RegisterForm {
        let extension = self.file.extension();
        match extension.and_then(|extension| extension.to_str()) {
            Some("ndjson" | "jsonl") => RegisterForm::FhirLines,
            _ => RegisterForm::Csv,
        }
    }

    fn read(&self, mut file: File) -> Result<Register<BufReader<File>>, Failure> {
        let map = match &self.map {
            Some(path) => RegisterMap::read(&evidence::text(path)?)
                .map_err(|error| Failure::from(error).about(path))?,
            None => RegisterMap::default(),
        };
        file.seek(SeekFrom::Start(0))?;
        Register::open(BufReader::new(file), self.form(), map)?.map_err(|error| match &self.map {
            Some(_) => Failure::from(error).about(self.file.display()),
            None => Failure::bad("say with --map how the columns of the register are read"),
        })
    }

    /// Digest of register, map and rules together, and how long the register is.
    fn measure(&self, mut file: &File) -> Result<Size, Failure> {
        let mut hash = Sha256::new();
        for path in self.map.iter().chain([&self.rules]) {
            hash.update(Sha256::digest(files::read(path)?));
        }
        file.seek(SeekFrom::Start(0))?;
        let mut buffer = vec![0; 1 << 16];
        let (mut bytes, mut rows, mut last) = (0u64, 0u64, b'\n');
        loop {
            let read = file.read(&mut buffer)?;
            let Some(block) = buffer.get(..read).filter(|block| !block.is_empty()) else {
                break;
            };
            hash.update(block);
            bytes += u64::try_from(read).unwrap_or(0);
            let ends = block.iter().filter(|byte| **byte == b'\n').count();
            rows += u64::try_from(ends).unwrap_or(0);
            last = block.last().copied().unwrap_or(last);
        }
        rows += u64::from(last != b'\n');
        if self.form() == RegisterForm::Csv {
            rows = rows.saturating_sub(1);
        }
        Ok(Size {
            digest: hash.finalize().into(),
            bytes,
            rows,
        })
    }

    /// Letters of a step that was never finished have codes that open nothing.
    fn drop_letters(&self, progress: &Progress) -> Result<(), Failure> {
        let run = format!("-{}", hex(&progress.run));
        for entry in std::fs::read_dir(&self.to)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let line = name
                .and_then(|name| name.strip_prefix("letters-")?.split_once(&run))
                .and_then(|(line, _)| line.parse::<u64>().ok());
            if line.is_some_and(|line| line > progress.line) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Where the import stands; if nowhere, begins it, with the operators' approval if it is large.
    fn begin(
        &self,
        context: &Context,
        clinic: &Clinic,
        (limits, mut needed): (Limits, Needed),
        size: &Size,
    ) -> Result<Progress, Failure> {
        if let Some(progress) = context.wait(clinic.store.import(&size.digest))? {
            return Ok(progress);
        }
        // Many small registers are a large one.
        let lines = context.wait(clinic.store.log())?;
        let others = unapproved_claims(&lines, context.now());
        let large = size.rows.saturating_add(others) > u64::from(limits.import_above);
        if !large {
            needed.operators = 0;
        }
        let subject = Subject::Register {
            file: Hex(size.digest),
        };
        let approval = (self.approving).approve(context, &clinic.store, &needed, subject)?;
        let mut run = [0; 8];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut run);
        let progress = Progress::of(size.digest, run);
        let begun = (clinic.store).begin_import(&progress, approval.as_ref(), context.now());
        context.wait(begun)?;
        Ok(progress)
    }

    /// A file of this import: its name has a number that was drawn for it, so that no two imports meet in
    /// one folder and nobody can be there before.
    pub(super) fn named(&self, progress: &Progress, what: &str, extension: &str) -> PathBuf {
        let run = hex(&progress.run);
        self.to.join(format!("{what}-{run}.{extension}"))
    }

    fn told(&self, progress: &Progress, head: &str) -> Report {
        let rejects = self.named(progress, "rejects", "csv");
        let mut report = Report::new(
            format!(
                "{head}: {} claims, {} rows refused, {} known already",
                progress.imported, progress.rejected, progress.known
            ),
            json!({
                "claims": progress.imported,
                "rejected": progress.rejected,
                "known": progress.known,
                "lines": progress.line,
                "claims_file": self.named(progress, "claims", "csv"),
                "rejects_file": rejects,
            }),
        )
        .line(format!(
            "names and codes: {}",
            self.named(progress, "claims", "csv").display()
        ));
        if progress.rejected > 0 {
            report = report.line(format!(
                "why rows were refused: {}; mend them in a file of their own and import it",
                rejects.display()
            ));
        }
        report.refused = progress.rejected > 0;
        report
    }
}

/// What operators agree to.
struct Size {
    digest: [u8; 32],
    bytes: u64,
    rows: u64,
}
