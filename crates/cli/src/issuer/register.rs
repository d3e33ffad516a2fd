//! The clinic's own register: claims without names in the database, names and codes on letters.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::open;
use super::source::{Copied, Named, Source};
use super::written::{Files, LetterForm, named};
use crate::context::{Context, Dir};
use crate::files;
use crate::language::Lang;
use crate::operators::Approving;
use crate::ports::KeyFiles;
use crate::public::make_private_folder;
use crate::report::{Failure, Report};
use crate::values::counted;
use veilpass::scheme::IssuerKey;
use veilpass_app::issuer::register::{RegisterImport, Size, rows::JudgedRows};
use veilpass_app::issuer::{Issuer, open_key};
use veilpass_app::store::register::Import as Progress;
use veilpass_print::letters::Words;
use veilpass_print::sheet::SheetError;
use veilpass_sqlite::SqliteIssuer;
use veilpass_words::letter::Letter;

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
    letters: Option<LetterForm>,
    #[command(flatten)]
    lang: Lang,
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
        let issuer = open(context, &self.dir.dir)?;
        let claims = context.wait(issuer.claims())?;
        Ok(Report::new(
            format!(
                "{} open, {} used, {} expired",
                counted(claims.open, "claim", "claims"),
                claims.used,
                claims.expired
            ),
            json!(claims),
        ))
    }
}

impl Close {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let issuer = open(context, &self.dir.dir)?;
        // Only those who know the issuer's passphrase may do it.
        open_key(&KeyFiles::issuer(context, &self.dir.dir))?;
        let question =
            "Forget which rows have a claim? A row that is imported again gets a second one.";
        context.confirm(question, self.yes)?;
        let needed = context.wait(issuer.needed())?;
        let approving = self.approving.needed_keys(context, &needed)?;
        let mut rng = rand::rng();
        let rows = context.wait(issuer.forget_rows(&approving, context.now(), &mut rng))?;
        Ok(Report::new(
            format!("{rows} rows are forgotten; open claims stay good"),
            json!({ "forgotten": rows }),
        ))
    }
}

impl Import {
    fn run(&self, context: &Context) -> Result<Report, Failure> {
        let dir = &self.dir.dir;
        let issuer = open(context, dir)?;
        issuer.today(context.now())?;
        context.wait(issuer.limits())?;
        let key = open_key(&KeyFiles::issuer(context, dir))?;
        let _lock = files::lock(dir)?;
        let named = Named {
            register: &self.file,
            map: self.map.as_deref(),
            rules: &self.rules,
        };
        let Source {
            size,
            mut register,
            rules,
        } = named.take(dir, issuer.card(), self.days)?;
        issuer.check_map(&register)?;
        let progress = self.begin(context, &issuer, &size)?;
        if progress.done {
            return Ok(self.told(
                &progress,
                "this register was imported before, and its letters cannot be made again",
            ));
        }
        let (days, now) = (self.days, context.now());
        let mut import = issuer.resume_import(progress, rules, &mut register, days, now)?;
        let bar = context.progress(size.bytes, "register");
        let issuing = (context, &issuer, &key);
        let dropped = self.go_on(issuing, &mut import, &mut register, &bar)?;
        bar.finish_and_clear();
        let report = self.told(import.progress(), "the register is imported");
        let report = report.field("dead_letters_deleted", dropped);
        Ok(match dropped {
            0 => report,
            _ => report.line(format!(
                "NOTE {} of letters whose claims were never stored: deleted, an import that was stopped had left them",
                counted(dropped, "file", "files")
            )),
        })
    }

    /// Where the import stands; if nowhere, begins it, with the operators' approval if it needs one.
    fn begin(
        &self,
        context: &Context,
        issuer: &Issuer<SqliteIssuer>,
        size: &Size,
    ) -> Result<Progress, Failure> {
        let now = context.time();
        let stands = context.wait(issuer.import_of(size))?;
        let needed = context.wait(issuer.import_needs(size, stands.as_ref(), now))?;
        let approving = self.approving.needed_keys(context, &needed)?;
        let mut rng = rand::rng();
        Ok(context.wait(issuer.begin_import(size, &approving, now, &mut rng))?)
    }

    /// Goes on to the end. Says how many files of dead letters an earlier run had left, which are deleted.
    fn go_on(
        &self,
        (context, issuer, key): (&Context, &Issuer<SqliteIssuer>, &IssuerKey),
        import: &mut RegisterImport,
        register: &mut Copied,
        bar: &indicatif::ProgressBar,
    ) -> Result<usize, Failure> {
        self.check_folder(import.progress())?;
        make_private_folder(&self.to)?;
        let until = import.until();
        let sentences = Letter::new(self.lang.lang, until);
        let words = |form| Ok((form, Words::new(issuer.scheme().name(), &sentences)?));
        let letters = self.letters.map(words).transpose();
        let letters = letters.map_err(|error: SheetError| Failure::from(error))?;
        let until = until.to_string();
        let mut files = Files::open(&self.to, import.progress(), letters)?;
        let mut rng = rand::rng();
        while !import.progress().done {
            let next = issuer.next_rows(key, import, register, &mut rng);
            let JudgedRows {
                letters,
                rejects,
                claims,
            } = context.wait(next)?;
            let written = files.write(claims.progress(), &until, letters, &rejects)?;
            context.wait(issuer.store_rows(import, claims, written, context.now()))?;
            files.finish()?;
            bar.set_position(import.progress().offset);
        }
        Ok(files.dropped())
    }

    /// An import goes on in the folder where it was begun, or its claims file would lack a beginning.
    fn check_folder(&self, progress: &Progress) -> Result<(), Failure> {
        let claims = named(&self.to, progress, "claims", "csv");
        if progress.claims_length == 0 || claims.exists() {
            return Ok(());
        }
        let name = claims.file_name().unwrap_or_default().display();
        Err(Failure::bad(format!(
            "this import was begun with another --to: give that folder; it has {name}"
        )))
    }

    /// Where a file of the import is: it may have been written to another folder, or deleted since.
    fn place_of(&self, path: &Path, what: &str) -> String {
        match path.exists() {
            true => format!("{what}: {}", path.display()),
            false => {
                let name = path.file_name().unwrap_or_default().display();
                let here = self.to.display();
                format!(
                    "{what} are not in {here}: look for {name} in the folder that was given with --to then"
                )
            }
        }
    }

    fn told(&self, progress: &Progress, head: &str) -> Report {
        let [claims, rejects] =
            ["claims", "rejects"].map(|what| named(&self.to, progress, what, "csv"));
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
                "claims_file": claims.exists().then_some(&claims),
                "rejects_file": rejects.exists().then_some(&rejects),
            }),
        )
        .line(self.place_of(&claims, "names and codes"));
        if progress.rejected > 0 {
            let words = self.place_of(&rejects, "why rows were refused");
            report = report.line(format!(
                "{words}; mend them in a file of their own and import it"
            ));
        }
        report.refused = progress.rejected > 0;
        report
    }
}
