//! `veilpass bench`: a whole set of measurements on this machine, as numbers and as one page with plots.
//!
//! | file | what it does |
//! |---|---|
//! | `town` | whom and what is measured, set up through the library |
//! | `measure` | rounds, clocks, medians |
//! | `roles`, `passes`, `removals`, `lists`, `start` | what is measured: one function a plot |
//! | `machine`, `host` | where it was measured |
//! | `plots` | how lines, bars and steps are drawn |
//! | `figures`, `findings`, `page` | the drawings, what they say, and the page around both |

mod figures;
mod findings;
mod host;
mod lists;
mod machine;
mod measure;
mod page;
mod passes;
mod plots;
mod removals;
mod roles;
mod start;
mod town;

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use indicatif::ProgressBar;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Map, json};

use super::context::Context;
use super::files::{self, Access};
use super::report::{Failure, Report};
use machine::Machine;
use measure::{Case, Row};
use veilpass::internals::{DEFAULT_TABLE, DateTablePublic, date_table};
use veilpass::scheme::DateTable;

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

/// The two ways to check a batch.
const ONE_THREAD: &str = "one thread";
const ALL_CORES: &str = "all cores";

/// How much is measured.
struct Sizes {
    rounds: usize,
    /// Of what takes long.
    heavy_rounds: usize,
    /// Of schemas.
    attributes: &'static [u32],
    batches: &'static [u32],
    removals: &'static [u32],
    /// Removals that are followed step by step.
    most_steps: u32,
    /// The longest log, followed once.
    longest: u32,
    tables: &'static [u16],
    /// Bytes between two payloads.
    qr_step: usize,
}

const FULL: Sizes = Sizes {
    rounds: 31,
    heavy_rounds: 7,
    attributes: &[3, 4, 6, 8, 12, 16, 20, 24, 28, 32],
    batches: &[1, 2, 4, 8, 16, 32, 64, 128, 256],
    removals: &[1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000],
    most_steps: 10_000,
    longest: 1_000_000,
    tables: &[64, 128, 256, 512, 1024, 2048, 4096],
    qr_step: 8,
};

const QUICK: Sizes = Sizes {
    rounds: 5,
    heavy_rounds: 3,
    attributes: &[3, 8, 16, 32],
    batches: &[1, 4, 16, 48],
    removals: &[1, 10, 100, 1000],
    most_steps: 1000,
    longest: 20_000,
    tables: &[64, 256, 1024],
    qr_step: 32,
};

/// What every measurement has at hand.
struct Measuring<'a> {
    plan: &'static Sizes,
    /// A date table of the usual length.
    table: (DateTable, DateTablePublic),
    /// Unix seconds, the same all the time.
    now: i64,
    all_cores: ThreadPool,
    bar: &'a ProgressBar,
    /// Plots that are done.
    done: Cell<usize>,
}

/// Steps of the progress bar for each half of a plot.
const STEPS: usize = 50;

/// What a plot is measured with.
type Set = for<'a> fn(&Measuring<'a>) -> Result<Vec<Row>, Failure>;

const SETS: [(&str, Set); 7] = [
    ("every role", roles::roles),
    ("attributes", passes::attributes),
    ("statements", passes::statements),
    ("batches", passes::batch),
    ("removals", removals::removals),
    ("date tables", lists::tables),
    ("a cold start", start::start),
];

impl Measuring<'_> {
    fn rounds(
        &self,
        plot: &'static str,
        cases: Vec<Case<'_>>,
        rounds: usize,
    ) -> Result<Vec<Row>, Failure> {
        measure::rounds(plot, cases, rounds, |done, of| self.show(1, done, of))
    }

    /// So much of the way to the first round.
    fn preparing(&self, done: usize, of: usize) {
        self.show(0, done, of);
    }

    /// A plot has two halves: preparing it, and its rounds.
    fn show(&self, half: usize, done: usize, of: usize) {
        let steps = (2 * self.done.get() + half) * STEPS + done * STEPS / of.max(1);
        self.bar.set_position(u64::try_from(steps).unwrap_or(0));
    }

    fn all(&self) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for (name, set) in SETS {
            self.bar.set_message(name);
            rows.extend(set(self)?);
            self.done.set(self.done.get() + 1);
        }
        self.bar.set_message("QR codes");
        let codes = lists::codes(self, &rows)?;
        rows.extend(codes);
        Ok(rows)
    }
}

impl Bench {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        // Before the measuring, which takes minutes.
        files::check_new_folder(&self.out)?;
        files::make_public_folder(&self.out)?;
        files::check_writable(&self.out)?;
        let plan = if self.quick { &QUICK } else { &FULL };
        let (start, now) = (Instant::now(), context.now());
        let mut machine = Machine::here();
        let bar = context.progress(800, "preparing");
        // One thread: what the library would spread over the cores stays on it.
        let one = ThreadPoolBuilder::new().num_threads(1).build()?;
        let rows = one.install(|| {
            let measuring = Measuring {
                plan,
                table: date_table(DEFAULT_TABLE, &mut town::rng())?,
                now,
                all_cores: ThreadPoolBuilder::new().build()?,
                bar: &bar,
                done: Cell::new(0),
            };
            measuring.all()
        })?;
        bar.finish_and_clear();
        machine.over();
        let seconds = start.elapsed().as_secs();
        let run = page::Run {
            machine: &machine,
            rows: &rows,
            quick: self.quick,
            seconds,
        };
        let paths = self.write(&run)?;
        Ok(self.report(&run, paths))
    }

    /// Writes the three files.
    fn write(&self, run: &page::Run<'_>) -> Result<Vec<String>, Failure> {
        let all = json!({
            "machine": run.machine,
            "quick": run.quick,
            "seconds": run.seconds,
            "measurements": run.rows,
        });
        let mut table = csv::Writer::from_writer(Vec::new());
        for row in run.rows {
            table.serialize(row)?;
        }
        let table = table
            .into_inner()
            .map_err(|error| Failure::bad(error.error()))?;
        let page = page::page(run)?;
        let mut paths = Vec::new();
        for (name, bytes) in [
            ("results.json", serde_json::to_vec_pretty(&all)?),
            ("results.csv", table),
            ("report.html", page.into_bytes()),
        ] {
            let path = self.out.join(name);
            files::write(&path, &bytes, Access::Public)?;
            paths.push(path.display().to_string());
        }
        Ok(paths)
    }

    fn report(&self, run: &page::Run<'_>, paths: Vec<String>) -> Report {
        let roles = run.rows.iter().filter(|row| row.plot == "roles");
        let medians: Map<_, _> = roles
            .clone()
            .filter_map(|row| Some((row.series.clone(), json!(row.median_ms()?))))
            .collect();
        let page = paths.last().cloned().unwrap_or_default();
        let json = json!({
            "files": paths,
            "machine": run.machine,
            "quick": run.quick,
            "seconds": run.seconds,
            "points": run.rows.len(),
            "milliseconds": medians,
        });
        let mut report = Report::new(format!("measured in {} seconds: {page}", run.seconds), json);
        for row in roles {
            let median = row.median_ms().unwrap_or_default();
            report = report.line(format!("{:<44} {median:>8.2} ms", row.series));
        }
        report
    }
}
