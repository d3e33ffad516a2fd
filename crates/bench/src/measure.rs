//! Times: many rounds, in each of which every operation of a set runs once; medians and quartiles of them.
//!
//! Neighbours in time meet the same machine, so ratios within a set can be relied on more than the
//! milliseconds.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::error::Fallible;

/// What a time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Clock {
    /// Time that the one thread at work had a processor: other programs do not count.
    Processor,
    /// Time as it passes, where many threads work.
    Wall,
}

/// Does the work once and says how long the part that counts took.
pub(super) type Run<'a> = Box<dyn FnMut() -> Fallible<Duration> + 'a>;

/// One point of a plot, to be measured.
pub(super) struct Case<'a> {
    pub(super) series: String,
    /// Where it stands on the plot's horizontal axis, if it has one.
    pub(super) x: Option<u32>,
    /// Bytes that travel.
    pub(super) bytes: Option<usize>,
    /// So many things at once: the time is of each.
    pub(super) each: u32,
    pub(super) clock: Clock,
    pub(super) run: Run<'a>,
}

impl<'a> Case<'a> {
    /// A case on one thread.
    pub(super) fn new(series: impl Into<String>, run: Run<'a>) -> Self {
        Self {
            series: series.into(),
            x: None,
            bytes: None,
            each: 1,
            clock: Clock::Processor,
            run,
        }
    }

    #[must_use]
    pub(super) fn at(mut self, x: u32) -> Self {
        self.x = Some(x);
        self
    }

    #[must_use]
    pub(super) fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = Some(bytes);
        self
    }
}

/// One point of a plot, as `results.json` and `results.csv` have it. Times in nanoseconds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Row {
    pub(super) plot: &'static str,
    pub(super) series: String,
    pub(super) x: Option<u32>,
    pub(super) clock: Option<Clock>,
    pub(super) rounds: Option<usize>,
    pub(super) median_ns: Option<u64>,
    pub(super) quartile_low_ns: Option<u64>,
    pub(super) quartile_high_ns: Option<u64>,
    pub(super) min_ns: Option<u64>,
    pub(super) max_ns: Option<u64>,
    pub(super) bytes: Option<usize>,
    /// What the most memory in use grew by, where the system says.
    pub(super) memory_bytes: Option<u64>,
    pub(super) qr_version: Option<i16>,
    /// Every round's time, in the order of the rounds: what two cases differ by is asked within rounds.
    #[serde(skip)]
    pub(super) by_round: Vec<Duration>,
}

impl Row {
    /// The median and the quartiles around it, in milliseconds.
    pub(super) fn milliseconds(&self) -> Option<[f64; 3]> {
        let ms = |ns: Option<u64>| ns.map(|ns| Duration::from_nanos(ns).as_secs_f64() * 1e3);
        Some([
            ms(self.quartile_low_ns)?,
            ms(self.median_ns)?,
            ms(self.quartile_high_ns)?,
        ])
    }

    pub(super) fn median_ms(&self) -> Option<f64> {
        self.milliseconds().map(|[_, median, _]| median)
    }
}

/// `work` with the time that this thread's processor spent on it.
pub(super) fn processor<T>(work: impl FnOnce() -> Fallible<T>) -> Fallible<(T, Duration)> {
    let start = ThreadTime::now();
    let done = work()?;
    Ok((done, start.elapsed()))
}

/// The same by the clock on the wall.
pub(super) fn wall<T>(work: impl FnOnce() -> Fallible<T>) -> Fallible<(T, Duration)> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed()))
}

/// `work` with the bytes by which the most memory in use rose above what was in use before; `None` where
/// the system does not say.
pub(super) fn memory<T>(work: impl FnOnce() -> T) -> (T, Option<u64>) {
    // "5" sets the peak back to what is in use now (proc(5)).
    let reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = status("VmRSS:");
    let done = work();
    let grown = || status("VmHWM:")?.checked_sub(before?);
    (done, reset.then(grown).flatten())
}

/// A line of /proc/self/status, in bytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}

/// A run whose whole work counts.
pub(super) fn whole<'a, T>(mut work: impl FnMut() -> Fallible<T> + 'a) -> Run<'a> {
    Box::new(move || processor(&mut work).map(|(_, time)| time))
}

/// A run of two parts: `ahead` makes what `work` takes, and only `work` counts.
pub(super) fn after<'a, A, T>(
    mut ahead: impl FnMut() -> Fallible<A> + 'a,
    mut work: impl FnMut(A) -> Fallible<T> + 'a,
) -> Run<'a> {
    Box::new(move || {
        let made = ahead()?;
        processor(|| work(made)).map(|(_, time)| time)
    })
}

/// Measures all cases of a plot; `progress` hears which part of it is done.
pub(super) fn rounds(
    plot: &'static str,
    mut cases: Vec<Case<'_>>,
    rounds: usize,
    mut progress: impl FnMut(usize, usize),
) -> Fallible<Vec<Row>> {
    let mut times: Vec<Vec<Duration>> = cases.iter().map(|_| Vec::new()).collect();
    let (mut done, steps) = (0, cases.len() * rounds);
    for round in 0..rounds {
        // Every round begins with another one: whatever the machine does in between meets all of them.
        let first = round % cases.len().max(1);
        let mut all: Vec<_> = cases.iter_mut().zip(&mut times).collect();
        all.rotate_left(first);
        for (case, times) in all {
            times.push((case.run)()? / case.each.max(1));
            done += 1;
            progress(done, steps);
        }
    }
    let measured = cases.into_iter().zip(times);
    Ok(measured
        .map(|(case, times)| summary(plot, case, times))
        .collect())
}

fn summary(plot: &'static str, case: Case<'_>, by_round: Vec<Duration>) -> Row {
    let mut times = by_round.clone();
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let at = |place: usize| {
        let time = times.get(place)?;
        u64::try_from(time.as_nanos()).ok()
    };
    Row {
        plot,
        series: case.series,
        x: case.x,
        clock: Some(case.clock),
        rounds: Some(times.len()),
        median_ns: at(last / 2),
        quartile_low_ns: at(last / 4),
        quartile_high_ns: at(last - last / 4),
        min_ns: at(0),
        max_ns: at(last),
        bytes: case.bytes,
        by_round,
        ..Row::default()
    }
}

/// Median and quartiles of what was computed within rounds, as [`summary`] takes them of times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
}

impl Spread {
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |place: usize| values.get(place).copied();
        Some(Self {
            low: at(last / 4)?,
            median: at(last / 2)?,
            high: at(last - last / 4)?,
        })
    }

    /// Of what `within` makes of the times of two cases, milliseconds, round by round.
    pub(super) fn within(a: &Row, b: &Row, within: impl Fn(f64, f64) -> f64) -> Option<Self> {
        let ms = |time: &Duration| time.as_secs_f64() * 1e3;
        let pairs = a.by_round.iter().zip(&b.by_round);
        Self::of(pairs.map(|(a, b)| within(ms(a), ms(b))).collect())
    }

    /// Whether the quartiles lie on both sides of nothing: then the median says little.
    pub(super) fn hides_it(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// A count as a number with a fraction.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Row, Spread};

    #[test]
    fn a_difference_is_taken_within_rounds_and_noise_is_known_as_such() {
        let row = |times: &[u64]| Row {
            by_round: times.iter().copied().map(Duration::from_millis).collect(),
            ..Row::default()
        };
        // The machine is slow in every other round; what is between the two is the same.
        let (a, b) = (row(&[12, 22, 12, 22, 12]), row(&[10, 20, 10, 20, 10]));
        let added = |a: &Row, b: &Row| {
            let spread = Spread::within(a, b, |a, b| a - b);
            spread.unwrap_or(Spread {
                low: f64::NAN,
                median: f64::NAN,
                high: f64::NAN,
            })
        };
        assert!((added(&a, &b).median - 2.0).abs() < 1e-9 && !added(&a, &b).hides_it());
        assert!(added(&a, &row(&[10, 24, 10, 24, 12])).hides_it());
        assert!(Spread::of(Vec::new()).is_none());
    }
}
