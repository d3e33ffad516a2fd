//! The door's poster: a sheet to print, in the languages of its guests, or the code alone.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{asked, open};
use crate::artefact::Output;
use crate::context::{Context, Dir};
use crate::files::Access;
use crate::language;
use crate::report::{Failure, Report};
use crate::sheet;
use veilpass::presentation::Question;
use veilpass::qr::Code;
use veilpass_app::verifier::Verifier;
use veilpass_print::poster::{self, Door};
use veilpass_print::sheet::Page;
use veilpass_sqlite::SqliteVerifier;
use veilpass_words::{Language, poster::Poster as Words};

#[derive(Args)]
pub(crate) struct Poster {
    #[command(flatten)]
    dir: Dir,
    /// Write it to this file: .pdf or .svg is a sheet of A4 to print, .png the QR code alone, .txt its text, anything else
    /// the bytes. Can be given more than once.
    #[arg(long, value_name = "FILE")]
    out: Vec<PathBuf>,
    /// Draw the QR code in the terminal.
    #[arg(long)]
    qr: bool,
    /// The languages of the sheet, beside each other: en, ru, or both with a comma.
    #[arg(long, value_name = "LANG", value_parser = language::parser(), value_delimiter = ',', default_value = "en")]
    lang: Vec<Language>,
}

/// Whether a sheet is written under this name, and no bare code.
fn is_sheet(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("pdf" | "svg"))
}

impl Poster {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let (sheets, codes): (Vec<_>, Vec<_>) =
            self.out.iter().cloned().partition(|path| is_sheet(path));
        let output = Output {
            out: codes,
            qr: self.qr,
        };
        output.check_public()?;
        sheet::check(&sheets)?;
        let verifier = open(context, &self.dir.dir)?;
        let question = verifier.poster(context.time())?;
        let mut shown = Vec::new();
        if !sheets.is_empty() {
            let page = self.page(&verifier, &question)?;
            sheet::write(&[page], &sheets, Access::Public)?;
        }
        // Who asks for a sheet alone does not want the code's text as well.
        if sheets.is_empty() || self.qr || !output.out.is_empty() {
            shown = output.put(&question.to_bytes())?;
        }
        Ok(asked(&verifier, &self.out, shown))
    }

    fn page(
        &self,
        verifier: &Verifier<SqliteVerifier>,
        question: &Question,
    ) -> Result<Page, Failure> {
        let (scheme, policy) = (verifier.scheme(), verifier.policy()?);
        let mut languages: Vec<Language> = Vec::new();
        for language in &self.lang {
            if !languages.contains(language) {
                languages.push(*language);
            }
        }
        let words: Vec<_> = (languages.into_iter())
            .map(|language| {
                let words = Words::new(language, policy, scheme.schema());
                match verifier.venue_card() {
                    Some(_) => words.of_registered_venue(language),
                    None => words,
                }
            })
            .collect();
        let door = Door {
            venue: verifier.venue(),
            scheme: scheme.name(),
            code: Code::new(&question.to_bytes())?,
        };
        Ok(poster::page(&door, &words)?)
    }
}
