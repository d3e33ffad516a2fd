//! Interleaved measurement of many operations.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ProcessTime;
use indicatif::{ProgressBar, ProgressStyle};

/// One operation.
pub(crate) struct Candidate {
    pub(crate) name: String,
    /// The bytes of what it makes or checks.
    pub(crate) bytes: usize,
    /// Runs once and says how long the measured part took.
    run: Box<dyn FnMut() -> Duration>,
}

impl Candidate {
    /// An operation that is measured as a whole.
    pub(crate) fn new<R>(name: &str, bytes: usize, mut run: impl FnMut() -> R + 'static) -> Self {
        Self::timed(name, bytes, move || time(&mut run))
    }

    /// An operation that measures itself, to leave something out.
    pub(crate) fn timed(name: &str, bytes: usize, run: impl FnMut() -> Duration + 'static) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            run: Box::new(run),
        }
    }
}

/// How much processor time `run` takes, in all threads.
pub(crate) fn time<R>(run: impl FnOnce() -> R) -> Duration {
    let start = ProcessTime::now();
    black_box(run());
    start.elapsed()
}

/// The samples of one operation, round by round.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) bytes: usize,
    rounds: Vec<Vec<Duration>>,
}

impl Measured {
    /// All samples, shortest first.
    pub(crate) fn sorted(&self) -> Vec<Duration> {
        let mut all: Vec<_> = self.rounds.iter().flatten().copied().collect();
        all.sort_unstable();
        all
    }

    /// The median of every round, in seconds.
    pub(crate) fn by_round(&self) -> Vec<f64> {
        let seconds = |round: &Vec<Duration>| {
            let mut round = round.clone();
            round.sort_unstable();
            round[round.len() / 2].as_secs_f64()
        };
        self.rounds.iter().map(seconds).collect()
    }
}

/// Fast operations repeat within a round, up to this time and so many times.
const SLICE: Duration = Duration::from_millis(4);
const MOST: u128 = 8;

/// Runs every candidate in every round, each round beginning with the next one.
pub(crate) fn interleaved(mut candidates: Vec<Candidate>, rounds: usize) -> Vec<Measured> {
    let repeats: Vec<u128> = (candidates.iter_mut())
        .map(|candidate| {
            (candidate.run)();
            let once = (candidate.run)().as_nanos().max(1);
            (SLICE.as_nanos() / once).clamp(1, MOST)
        })
        .collect();
    let mut measured: Vec<_> = (candidates.iter())
        .map(|candidate| Measured {
            name: candidate.name.clone(),
            bytes: candidate.bytes,
            rounds: Vec::new(),
        })
        .collect();
    let style = ProgressStyle::with_template("{bar:30} round {pos} of {len}, {eta} left");
    let bar = ProgressBar::new(rounds as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    for round in 0..rounds {
        for step in 0..candidates.len() {
            let place = (round + step) % candidates.len();
            let run = &mut candidates[place].run;
            let samples = (0..repeats[place]).map(|_| run()).collect();
            measured[place].rounds.push(samples);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    measured
}
