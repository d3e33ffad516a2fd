//! What the plots say, in sentences with numbers from the rows.
//!
//! What one thing costs more than another is asked within rounds: the median of the differences, or of the
//! ratios, with its quartiles. Where the quartiles of a difference lie on both sides of nothing, no number is said.

use crate::measure::{Clock, Row, Spread, real};
use crate::plots::{number, value};
use crate::{ALL_CORES, ONE_THREAD, start};

/// The rows of a run, asked by plot and series.
#[derive(Clone, Copy)]
pub(super) struct Found<'a>(pub(super) &'a [Row]);

impl<'a> Found<'a> {
    /// The rows of a series, in their order.
    pub(super) fn series(self, plot: &'a str, series: &'a str) -> impl Iterator<Item = &'a Row> {
        (self.0.iter()).filter(move |row| row.plot == plot && row.series == series)
    }

    /// The names of the series of a plot, in their order.
    pub(super) fn names(self, plot: &'a str) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for row in self.0.iter().filter(|row| row.plot == plot) {
            if !names.contains(&row.series.as_str()) {
                names.push(&row.series);
            }
        }
        names
    }

    /// The median of a role's step, milliseconds.
    pub(super) fn role(self, series: &'a str) -> Option<f64> {
        self.series("roles", series).next()?.median_ms()
    }

    fn at(self, plot: &'a str, series: &'a str, x: u32) -> Option<&'a Row> {
        self.series(plot, series).find(|row| row.x == Some(x))
    }

    fn role_row(self, series: &'a str) -> Option<&'a Row> {
        self.series("roles", series).next()
    }

    /// The slope of the line that fits a series best, in every round: milliseconds for one more of x.
    fn slope(self, plot: &'a str, series: &'a str) -> Option<Spread> {
        let rows: Vec<(f64, &Row)> = self
            .series(plot, series)
            .filter_map(|row| Some((f64::from(row.x?), row)))
            .collect();
        let rounds = rows.iter().map(|(_, row)| row.by_round.len()).min()?;
        let in_round = |round: usize| {
            let point = |(x, row): &(f64, &Row)| {
                let time = row.by_round.get(round)?;
                Some((*x, time.as_secs_f64() * 1e3))
            };
            let points: Option<Vec<_>> = rows.iter().map(point).collect();
            slope(&points?)
        };
        Spread::of((0..rounds).filter_map(in_round).collect())
    }

    pub(super) fn roles(self) -> Option<String> {
        let sign = self.role("clinic: sign the request")?;
        let make = self.role_row("guest: make a pass")?;
        let of_making = |series| {
            let part =
                Spread::within(self.role_row(series)?, make, |part, all| 100.0 * part / all)?;
            Some(number(part.median.round()))
        };
        Some(format!(
            "A clinic signs {} requests a second on one core. Preparing ahead leaves {} % of making a \
             pass for the moment of the question.",
            number((1000.0 / sign).floor()),
            of_making("guest: answer with a prepared pass")?,
        ))
    }

    pub(super) fn attributes(self) -> Option<String> {
        let mut bytes = self
            .series("attributes", "make")
            .filter_map(|row| Some((row.x?, row.bytes?)));
        let (first, last) = (bytes.next()?, bytes.last()?);
        let added = (last.1 - first.1) / usize::try_from(last.0 - first.0).ok()?;
        Some(format!(
            "One more hidden attribute costs {} to make, {} to check, and {added} bytes.",
            cost(self.slope("attributes", "make")?, "ms"),
            cost(self.slope("attributes", "check")?, "ms"),
        ))
    }

    pub(super) fn statements(self) -> Option<String> {
        let step = |series, x| self.at("statements", series, x);
        let added = |series, x| {
            let (with, without) = (step(series, x)?, step(series, x - 1)?);
            Some(cost(Spread::within(with, without, |a, b| a - b)?, "ms"))
        };
        let bytes = |x| Some(step("make", x)?.bytes? - step("make", x - 1)?.bytes?);
        let one = |what: &str, x| {
            Some(format!(
                "{what} adds {} to make, {} to check, {} bytes",
                added("make", x)?,
                added("check", x)?,
                bytes(x)?
            ))
        };
        Some(format!(
            "{}; {}; {}; {}. Making includes the wallet's own check of the finished pass.",
            one("The pseudonym", 2)?,
            one("hiding the last day", 3)?,
            one("hiding the issuer and proving its accreditation", 4)?,
            one("an age", 5)?,
        ))
    }

    pub(super) fn batch(self) -> Option<String> {
        let single = self.at("batch", ONE_THREAD, 1)?;
        let last = self.series("batch", ONE_THREAD).last()?;
        let many = self.series("batch", ALL_CORES).last()?.median_ms()?;
        Some(format!(
            "In a batch of {} a pass costs {} of a single check on one thread. All cores together check {} \
             passes a second, by the clock.",
            last.x?,
            ratio(Spread::within(last, single, |a, b| a / b)?),
            number((1000.0 / many).floor()),
        ))
    }

    pub(super) fn removals(self) -> Option<String> {
        let steps = self.series("removals", "step by step").last()?;
        let x = steps.x?;
        let sum = self.at("removals", "one sum", x)?;
        let read = self.at("removals", "reading the removals", x)?;
        let long =
            (self.0.iter()).find(|row| row.plot == "removals" && row.clock == Some(Clock::Wall))?;
        let memory = long.memory_bytes.map_or(String::new(), |bytes| {
            let megabytes = usize::try_from(bytes / 1_000_000).unwrap_or(usize::MAX);
            let megabytes = number(real(megabytes));
            format!(" and {megabytes} MB of memory beside the log")
        });
        Some(format!(
            "Over {} removals one sum takes {} of the time of following them step by step, both with the \
             points at hand. Reading the removals takes {} times as long as the sum: every point is checked, but \
             only of those since the last update. {} removals at once took {} s by the clock{memory}, on all cores; \
             that was done once.",
            number(f64::from(x)),
            ratio(Spread::within(sum, steps, |a, b| a / b)?),
            ratio(Spread::within(read, sum, |a, b| a / b)?),
            number(f64::from(long.x?)),
            value(long.median_ms()? / 1000.0),
        ))
    }

    pub(super) fn tables(self) -> Option<String> {
        let per_day = |series| {
            let slope = self.slope("table", series)?;
            Some(Spread {
                low: 1000.0 * slope.low,
                median: 1000.0 * slope.median,
                high: 1000.0 * slope.high,
            })
        };
        Some(format!(
            "A day more of reach costs 48 bytes, {} to make, {} to read and check. A pass scans the \
             whole table, so that nothing shows where the day is: a day more costs {}. The check does not know \
             the table's length.",
            cost(per_day("make the table: authority, once")?, "µs"),
            cost(per_day("read and check it: holder, each bundle")?, "µs"),
            cost(per_day("make a pass with it: holder")?, "µs"),
        ))
    }

    pub(super) fn start(self) -> Option<String> {
        let part = |series| self.series("start", series).next();
        let whole = part(start::WHOLE)?;
        let more = |than| {
            Some(cost(
                Spread::within(whole, part(than)?, |a, b| a - b)?,
                "ms",
            ))
        };
        let alone = |series| Some(value(part(series)?.median_ms()?));
        Some(format!(
            "The program is started, opens its database, reads the bundle, finds the code in the picture, checks \
             the pass, keeps that it was here, and says green: {} ms, which is {} more than the check alone. \
             Started to say its version it takes {} ms; the bundle takes {} ms, the picture {} ms, the check {} ms. \
             What is left, the folder, the database and the keeping of the verdict, is not broken down.",
            value(whole.median_ms()?),
            more(start::CHECK)?,
            alone(start::BEGIN)?,
            alone(start::BUNDLE)?,
            alone(start::READ)?,
            alone(start::CHECK)?,
        ))
    }

    pub(super) fn codes(self) -> Option<String> {
        let pass = self.series("qr", "pass").next()?;
        let version = pass.qr_version?;
        Some(format!(
            "The pass of {} bytes is a code of version {version}, {} modules a side. Level L, alphanumeric.",
            number(real(pass.bytes?)),
            17 + 4 * version,
        ))
    }
}

/// The slope of the line that fits points best.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = real(points.len());
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let both = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y));
    let both: f64 = both.sum();
    let own: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (own > 0.0).then(|| both / own)
}

/// What something costs, with its quartiles; noise is not told as a cost.
fn cost(spread: Spread, unit: &str) -> String {
    let Spread { low, median, high } = spread;
    if spread.hides_it() {
        return format!(
            "less than the spread ({} to {} {unit})",
            value(low),
            value(high)
        );
    }
    format!(
        "{} ({} to {}) {unit}",
        value(median),
        value(low),
        value(high)
    )
}

fn ratio(spread: Spread) -> String {
    let Spread { low, median, high } = spread;
    format!("{} ({} to {})", value(median), value(low), value(high))
}

#[cfg(test)]
mod tests {
    use super::{Spread, cost, slope};

    #[test]
    fn noise_is_not_told_as_a_cost() {
        let spread = |low, median, high| Spread { low, median, high };
        let told = cost(spread(-0.5, -0.42, 0.1), "ms");
        assert_eq!(told, "less than the spread (-0.50 to 0.10 ms)");
        assert_eq!(cost(spread(0.9, 1.0, 1.25), "ms"), "1.00 (0.90 to 1.25) ms");
    }

    #[test]
    fn a_line_through_points_has_their_slope() {
        let rises = slope(&[(1.0, 3.0), (2.0, 5.0), (4.0, 9.0)]);
        assert!(rises.is_some_and(|slope| (slope - 2.0).abs() < 1e-9));
        assert!(slope(&[(1.0, 1.0)]).is_none());
    }
}
