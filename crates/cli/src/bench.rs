//! `veilpass bench`: a whole set of measurements on this machine, as numbers and as one page with plots.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use veilpass_bench::{BenchError, Measured, Options, Progress, Size, measure};

use super::context::Context;
use super::files::{self, Access};
use super::report::{Failure, Report};

/// Measure this machine: results as JSON and CSV, and a page with plots.
///
/// Every step of every role, what attributes and statements cost, batches, witness updates, date tables, a cold
/// start, QR codes. Writes results.json, results.csv and report.html, one page with plots that needs nothing else, into a new
/// folder. Everything is checked before it is measured: good is accepted, wrong is refused. Some six minutes on
/// two cores; --quick takes seconds and is for seeing that it works.
///
/// Example: veilpass bench --out measured
#[derive(Args)]
pub(super) struct Bench {
    /// Write the results into this folder: a new one, or an empty one.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Few rounds and small sizes.
    #[arg(long)]
    quick: bool,
}

impl Bench {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        context.needs_no_zone()?;
        // Before the measuring, which takes minutes.
        files::check_new_folder(&self.out)?;
        files::make_public_folder(&self.out)?;
        files::check_writable(&self.out)?;
        let options = Options {
            size: if self.quick { Size::Quick } else { Size::Full },
            program: &std::env::current_exe()?,
        };
        let length = u64::try_from(Progress::ALL)?;
        let bar = context.progress(length, "preparing");
        let measured = measure(&options, &|progress: Progress| {
            bar.set_message(progress.what);
            bar.set_position(u64::try_from(progress.done).unwrap_or(length));
        })?;
        bar.finish_and_clear();
        let paths = self.write(&measured)?;
        Ok(report(&measured, paths))
    }

    /// Writes the three files.
    fn write(&self, measured: &Measured) -> Result<Vec<String>, Failure> {
        let mut paths = Vec::new();
        for (name, bytes) in [
            ("results.json", serde_json::to_vec_pretty(&measured.json())?),
            ("results.csv", measured.csv()?),
            ("report.html", measured.page()?.into_bytes()),
        ] {
            let path = self.out.join(name);
            files::write(&path, &bytes, Access::Public)?;
            paths.push(path.display().to_string());
        }
        Ok(paths)
    }
}

fn report(measured: &Measured, paths: Vec<String>) -> Report {
    let page = paths.last().cloned().unwrap_or_default();
    let first = format!("measured in {} seconds: {page}", measured.seconds());
    let mut report = Report::new(first, measured.summary()).field("files", json!(paths));
    for (role, median) in measured.roles() {
        report = report.line(format!("{role:<44} {median:>8.2} ms"));
    }
    report
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Wrong(_) => Self::refused(error),
            _ => Self::bad(error),
        }
    }
}
