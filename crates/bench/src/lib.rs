//! What `veilpass bench` measures of a machine, and the page that it draws: [`measure`] gives [`Measured`], which is
//! written as JSON, CSV and HTML. Arguments, files and the terminal are the program's.
//!
//! | file | what it does |
//! |---|---|
//! | `world` | whom and what is measured, set up through the library |
//! | `measure` | rounds, clocks, medians |
//! | `roles`, `passes`, `removals`, `lists`, `start` | what is measured: one function a plot |
//! | `machine`, `host` | where it was measured |
//! | `plots` | how lines, bars and steps are drawn |
//! | `figures`, `findings`, `page` | the drawings, what they say, and the page around both |

mod error;
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
mod world;

use std::cell::Cell;
use std::path::Path;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::{Map, Value, json};
use veilpass::internals::{DEFAULT_TABLE, date_table};

pub use error::BenchError;
use error::Fallible;
use machine::Machine;
use measure::{Case, Row};

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Some six minutes on two cores.
    Full,
    /// Few rounds and small sizes, to see that it works: seconds.
    Quick,
}

/// What a run is told.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// How much is measured.
    pub size: Size,
    /// The program `veilpass` that is started for the cold start.
    pub program: &'a Path,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is measured at this moment.
    pub what: &'static str,
    /// Of [`Progress::ALL`].
    pub done: usize,
}

impl Progress {
    /// What is done when all is done.
    pub const ALL: usize = 2 * STEPS * (SETS.len() + 1);
}

/// Who hears how far a run is.
type Listener<'a> = &'a (dyn Fn(Progress) + Sync);

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
    program: &'a Path,
    /// A date table of the usual length.
    table: world::Table,
    all_cores: ThreadPool,
    listener: Listener<'a>,
    /// What is measured at this moment.
    what: Cell<&'static str>,
    /// Plots that are done.
    done: Cell<usize>,
}

/// What [`Progress`] counts for each half of a plot.
const STEPS: usize = 50;

/// What a plot is measured with.
type Set = for<'a> fn(&Measuring<'a>) -> Fallible<Vec<Row>>;

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
    ) -> Fallible<Vec<Row>> {
        measure::rounds(plot, cases, rounds, |done, of| self.show(1, done, of))
    }

    /// So much of the way to the first round.
    fn preparing(&self, done: usize, of: usize) {
        self.show(0, done, of);
    }

    /// A plot has two halves: preparing it, and its rounds.
    fn show(&self, half: usize, done: usize, of: usize) {
        (self.listener)(Progress {
            what: self.what.get(),
            done: (2 * self.done.get() + half) * STEPS + done * STEPS / of.max(1),
        });
    }

    fn all(&self) -> Fallible<Vec<Row>> {
        let mut rows = Vec::new();
        for (name, set) in SETS {
            self.begin(name);
            rows.extend(set(self)?);
            self.done.set(self.done.get() + 1);
        }
        self.begin("QR codes");
        let codes = lists::codes(self, &rows)?;
        rows.extend(codes);
        Ok(rows)
    }

    fn begin(&self, what: &'static str) {
        self.what.set(what);
        self.show(0, 0, 1);
    }
}

/// What was measured, and where.
#[derive(Debug)]
pub struct Measured {
    machine: Machine,
    rows: Vec<Row>,
    size: Size,
    seconds: u64,
}

/// Measures this machine. Everything is checked before it is measured: good is accepted, wrong is refused.
///
/// # Errors
/// [`BenchError::Wrong`] if what was to be measured does not work, [`BenchError::Failed`] if the machine does not give
/// threads, files or processes.
pub fn measure(options: &Options<'_>, listener: Listener<'_>) -> Result<Measured, BenchError> {
    Ok(measured(options, listener)?)
}

fn measured(options: &Options<'_>, listener: Listener<'_>) -> Fallible<Measured> {
    let start = Instant::now();
    let mut machine = Machine::here();
    // One thread: what the library would spread over the cores stays on it.
    let one = ThreadPoolBuilder::new().num_threads(1).build()?;
    let rows = one.install(|| {
        let measuring = Measuring {
            plan: match options.size {
                Size::Full => &FULL,
                Size::Quick => &QUICK,
            },
            program: options.program,
            table: date_table(DEFAULT_TABLE, &mut world::rng())?,
            all_cores: ThreadPoolBuilder::new().build()?,
            listener,
            what: Cell::new("preparing"),
            done: Cell::new(0),
        };
        measuring.all()
    })?;
    machine.over();
    Ok(Measured {
        machine,
        rows,
        size: options.size,
        seconds: start.elapsed().as_secs(),
    })
}

impl Measured {
    /// How long it took.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Everything, as `results.json` has it: the machine, and a row for each point of a plot with its times in
    /// nanoseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut all = self.run();
        if let Some(all) = all.as_object_mut() {
            all.insert("measurements".to_owned(), json!(self.rows));
        }
        all
    }

    /// The run without its rows: how many there are, and the medians of the roles' operations in milliseconds.
    #[must_use]
    pub fn summary(&self) -> Value {
        let medians: Map<_, _> = self
            .roles()
            .map(|(name, median)| (name.to_owned(), json!(median)))
            .collect();
        let mut summary = self.run();
        if let Some(summary) = summary.as_object_mut() {
            summary.insert("points".to_owned(), json!(self.rows.len()));
            summary.insert("milliseconds".to_owned(), medians.into());
        }
        summary
    }

    fn run(&self) -> Value {
        json!({
            "machine": self.machine,
            "quick": self.size == Size::Quick,
            "seconds": self.seconds,
        })
    }

    /// What the roles do, each with its median in milliseconds.
    pub fn roles(&self) -> impl Iterator<Item = (&str, f64)> {
        let rows = self.rows.iter().filter(|row| row.plot == "roles");
        rows.filter_map(|row| Some((row.series.as_str(), row.median_ms()?)))
    }

    /// The rows as a table with a head.
    ///
    /// # Errors
    /// [`BenchError::Failed`], if a row cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>, BenchError> {
        let table = || -> Fallible<_> {
            let mut table = csv::Writer::from_writer(Vec::new());
            for row in &self.rows {
                table.serialize(row)?;
            }
            Ok(table.into_inner()?)
        };
        Ok(table()?)
    }

    /// One page with plots, which needs nothing else.
    ///
    /// # Errors
    /// [`BenchError::Failed`], if a plot cannot be drawn.
    pub fn page(&self) -> Result<String, BenchError> {
        Ok(page::page(self)?)
    }
}
