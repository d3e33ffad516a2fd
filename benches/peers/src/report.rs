//! Results as a JSON list, as a JSON object with all there is to know, and as tables for people.

use serde::Serialize;
use serde_json::{Value, json};

use crate::measure::Measured;
use crate::place::Place;

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    median_ns: u128,
    min_ns: u128,
    max_ns: u128,
    bytes: usize,
}

fn line(measured: &Measured) -> Line<'_> {
    let samples: Vec<u128> = (measured.sorted().iter()).map(|d| d.as_nanos()).collect();
    Line {
        name: &measured.name,
        median_ns: samples[samples.len() / 2],
        min_ns: samples[0],
        max_ns: samples[samples.len() - 1],
        bytes: measured.bytes,
    }
}

/// One list, an object for every operation.
pub(crate) fn json(results: &[Measured]) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&results.iter().map(line).collect::<Vec<_>>())
}

/// What is compared with what. Where both have it, the size is compared, too.
const RATIOS: &[(&str, &str)] = &[
    ("bbs/make", "zkryptium/make"),
    ("bbs/check", "zkryptium/check"),
    ("bbs/make", "dock/make"),
    ("bbs/check", "dock/check"),
    ("pass/make", "zkryptium/make"),
    ("pass/check", "zkryptium/check"),
    ("pass/make", "dock_full/make"),
    ("pass/check", "dock_full/check"),
    ("pass/make", "dock_full_one_digit/make"),
    ("pass/check", "dock_full_one_digit/check"),
    ("pass/make", "credx_full/make"),
    ("pass/check", "credx_full/check"),
    ("pass/answer", "pass/make"),
    ("pass/check_batch_256_each", "pass/check"),
];

/// A run that is over.
pub(crate) struct Run<'a> {
    pub(crate) results: &'a [Measured],
    pub(crate) rounds: usize,
    /// Points of a pass, in G1 and in G2.
    pub(crate) points: (usize, usize),
    pub(crate) place: &'a Place,
    pub(crate) quick: bool,
}

/// One quotient of times, and of sizes where both have one.
#[derive(Serialize)]
struct Ratio {
    name: String,
    /// Median and quartiles of the ratios within rounds.
    median: f64,
    quartile_low: f64,
    quartile_high: f64,
    /// The quotient of the two medians over the whole run: another statistic, which need not agree.
    of_medians: f64,
    bytes: Option<f64>,
}

/// Median and quartiles of `top / below`, round by round.
fn ratio(name: String, top: &[f64], below: &[f64], bytes: Option<f64>) -> Ratio {
    let mut within: Vec<f64> = top.iter().zip(below).map(|(a, b)| a / b).collect();
    within.sort_by(f64::total_cmp);
    let last = within.len() - 1;
    Ratio {
        name,
        median: within[within.len() / 2],
        quartile_low: within[last / 4],
        quartile_high: within[last - last / 4],
        of_medians: median(top.to_vec()) / median(below.to_vec()),
        bytes,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Run<'_> {
    fn find(&self, name: &str) -> Option<&Measured> {
        self.results.iter().find(|measured| measured.name == name)
    }

    fn by_round(&self, name: &str) -> Vec<f64> {
        self.find(name).map(Measured::by_round).unwrap_or_default()
    }

    fn ratios(&self) -> Vec<Ratio> {
        let compared = RATIOS.iter().filter_map(|(ours, theirs)| {
            let (a, b) = (self.find(ours)?, self.find(theirs)?);
            let sizes = a.bytes > 0 && b.bytes > 0;
            let bytes = sizes.then(|| a.bytes as f64 / b.bytes as f64);
            let name = format!("{ours} / {theirs}");
            Some(ratio(name, &a.by_round(), &b.by_round(), bytes))
        });
        compared.chain(self.beside_limits()).collect()
    }

    /// The check beside its product of five pairs and the decoding of its points: as the curve crate
    /// decodes them, and with our own decoding in G1, which is faster. Neither is a lower bound.
    fn beside_limits(&self) -> Vec<Ratio> {
        let (in_g1, in_g2) = self.points;
        let (check, product) = (
            self.by_round("pass/check"),
            self.by_round("limit/pairing_product_5"),
        );
        let g2 = self.by_round("limit/g2_decode");
        let beside = |decoding: &str, whose: &str| {
            let parts: Vec<f64> = (product.iter().zip(self.by_round(decoding)).zip(&g2))
                .map(|((product, g1), g2)| product + in_g1 as f64 * g1 + in_g2 as f64 * g2)
                .collect();
            let name =
                format!("pass/check / (product of 5 + {in_g1} G1 + {in_g2} G2 decodings{whose})");
            ratio(name, &check, &parts, None)
        };
        vec![
            beside("limit/g1_decode", ""),
            beside("limit/g1_decode_ours", ", G1 ours"),
        ]
    }

    /// Everything: where and when it ran, of what it was built, all samples' medians round by round.
    pub(crate) fn object(&self) -> Result<String, serde_json::Error> {
        let operations: Result<Vec<Value>, _> = (self.results.iter())
            .map(|measured| {
                let mut operation = serde_json::to_value(line(measured))?;
                operation["seconds_by_round"] = json!(measured.by_round());
                Ok(operation)
            })
            .collect();
        serde_json::to_string_pretty(&json!({
            "place": self.place,
            "rounds": self.rounds,
            "quick": self.quick,
            "points_of_a_pass": { "g1": self.points.0, "g2": self.points.1 },
            "operations": operations?,
            "ratios": self.ratios(),
        }))
    }

    /// Medians and spread, then ratios.
    pub(crate) fn table(&self) {
        println!("{}", self.place.words());
        println!("{} rounds, interleaved, one thread\n", self.rounds);
        println!(
            "{:<28} {:>11} {:>11} {:>11} {:>7}",
            "operation", "median ms", "min ms", "max ms", "bytes"
        );
        let ms = |ns: u128| ns as f64 / 1e6;
        for measured in self.results {
            let line = line(measured);
            println!(
                "{:<28} {:>11.3} {:>11.3} {:>11.3} {:>7}",
                line.name,
                ms(line.median_ns),
                ms(line.min_ns),
                ms(line.max_ns),
                line.bytes
            );
        }
        println!(
            "\n{:<66} {:>7} {:>15} {:>10} {:>7}",
            "ratio: median and quartiles within rounds", "time", "quartiles", "of medians", "bytes"
        );
        for ratio in self.ratios() {
            let quartiles = format!("{:.3} - {:.3}", ratio.quartile_low, ratio.quartile_high);
            let bytes = (ratio.bytes).map_or(String::new(), |bytes| format!("{bytes:.2}"));
            println!(
                "{:<66} {:>7.3} {quartiles:>15} {:>10.3} {bytes:>7}",
                ratio.name, ratio.median, ratio.of_medians
            );
        }
    }
}
