//! What the plots say, in sentences with numbers from the rows.

use super::measure::{Clock, Row};
use super::plots::number;
use super::{ALL_CORES, ONE_THREAD, start};

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

    /// The slope of the line that fits medians best.
    fn slope(self, plot: &'a str, series: &'a str) -> Option<f64> {
        let points: Vec<(f64, f64)> = self
            .series(plot, series)
            .filter_map(|row| Some((f64::from(row.x?), row.median_ms()?)))
            .collect();
        let count = super::measure::real(points.len());
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
        let both: f64 = points
            .iter()
            .map(|(x, y)| (x - mean_x) * (y - mean_y))
            .sum();
        let own: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        (own > 0.0).then(|| both / own)
    }

    pub(super) fn roles(self) -> Option<String> {
        let sign = self.role("clinic: sign the request")?;
        let make = self.role("guest: make a pass")?;
        let ready = self.role("guest: answer with a prepared pass")?;
        let committed = self.role("guest: answer with commitments ready, too")?;
        Some(format!(
            "A clinic signs {} requests a second on one core. Preparing ahead leaves {} % of making a \
             pass for the moment of the question, with commitments {} %.",
            number((1000.0 / sign).floor()),
            number((100.0 * ready / make).round()),
            number((100.0 * committed / make).round()),
        ))
    }

    pub(super) fn attributes(self) -> Option<String> {
        let mut bytes = self
            .series("attributes", "make")
            .filter_map(|row| Some((row.x?, row.bytes?)));
        let (first, last) = (bytes.next()?, bytes.last()?);
        let added = (last.1 - first.1) / usize::try_from(last.0 - first.0).ok()?;
        Some(format!(
            "One more hidden attribute costs {} ms to make, {} ms to check, and {added} bytes.",
            number(self.slope("attributes", "make")?),
            number(self.slope("attributes", "check")?),
        ))
    }

    pub(super) fn statements(self) -> Option<String> {
        let step = |series, x| self.at("statements", series, x);
        let added =
            |series, x| Some(step(series, x)?.median_ms()? - step(series, x - 1)?.median_ms()?);
        let bytes = |x| Some(step("make", x)?.bytes? - step("make", x - 1)?.bytes?);
        let one = |what: &str, x| {
            Some(format!(
                "{what} adds {} ms to make, {} ms to check, {} bytes",
                number(added("make", x)?),
                number(added("check", x)?),
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
        let single = self.at("batch", ONE_THREAD, 1)?.median_ms()?;
        let last = self.series("batch", ONE_THREAD).last()?;
        let many = self.series("batch", ALL_CORES).last()?.median_ms()?;
        Some(format!(
            "In a batch of {} a pass costs {} of a single check on one thread. All cores together check {} \
             passes a second.",
            last.x?,
            number(last.median_ms()? / single),
            number((1000.0 / many).floor()),
        ))
    }

    pub(super) fn removals(self) -> Option<String> {
        let steps = self.series("removals", "step by step").last()?;
        let x = steps.x?;
        let sum = self.at("removals", "one sum", x)?.median_ms()?;
        let read = self
            .at("removals", "reading the removals", x)?
            .median_ms()?;
        let long =
            (self.0.iter()).find(|row| row.plot == "removals" && row.clock == Some(Clock::Wall))?;
        let memory = long.memory_bytes.map_or(String::new(), |bytes| {
            let megabytes = usize::try_from(bytes >> 20).unwrap_or(usize::MAX);
            format!(
                " and {} MB of memory beside the log",
                number(super::measure::real(megabytes))
            )
        });
        Some(format!(
            "Over {} removals one sum takes {} of the time of following them step by step, both with the \
             points at hand. Reading the removals takes {} times as long as the sum: every point is checked, but \
             only of those since the last update. {} removals at once take {} s on all cores{memory}.",
            number(f64::from(x)),
            number(sum / steps.median_ms()?),
            number(read / sum),
            number(f64::from(long.x?)),
            number(long.median_ms()? / 1000.0),
        ))
    }

    pub(super) fn tables(self) -> Option<String> {
        let per_day = |series| Some(1000.0 * self.slope("table", series)?);
        let [make, verify, pass] = [
            per_day("make the table: authority, once")?,
            per_day("read and check it: holder, each bundle")?,
            per_day("make a pass with it: holder")?,
        ];
        Some(format!(
            "A day more of reach costs 48 bytes, {} µs to make, {} µs to read and check. A pass scans the \
             whole table, so that nothing shows where the day is: {} a day. The check does not know \
             the table's length.",
            number(make),
            number(verify),
            if pass < 1.0 {
                "less than 1 µs".to_owned()
            } else {
                format!("{} µs", number(pass))
            },
        ))
    }

    pub(super) fn start(self) -> Option<String> {
        let part = |series| self.series("start", series).next()?.median_ms();
        let (whole, read, check) = (part(start::WHOLE)?, part(start::READ)?, part(start::CHECK)?);
        Some(format!(
            "The program is started, opens its database, reads the bundle, finds the code in the picture, checks \
             the pass, keeps that it was here, and says green: {} ms, which is {} ms more than the check alone \
             and {} ms more than reading and check.",
            number(whole),
            number(whole - check),
            number(whole - check - read),
        ))
    }

    pub(super) fn codes(self) -> Option<String> {
        let pass = self.series("qr", "pass").next()?;
        let version = pass.qr_version?;
        Some(format!(
            "The pass of {} bytes is a code of version {version}, {} modules a side. Level L, alphanumeric.",
            number(super::measure::real(pass.bytes?)),
            17 + 4 * version,
        ))
    }
}
