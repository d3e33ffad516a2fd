//! Whether time depends on secrets, measured: one class of runs has one fixed secret, the other has
//! others, run in random order; a t-test compares them. `./timing` runs it, `./timing 4` measures four
//! times as often. On a machine that does other work a verdict is a hint, no proof.

mod operations;
mod statistic;

use operations::{Lab, OPERATIONS};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let factor: f64 = (arguments.next()).map_or(1.0, |text| text.parse().expect("a number"));
    let only = arguments.next();
    println!("| operation | fixed | measurements | median, µs | max abs t | verdict |");
    println!("|---|---|---|---|---|---|");
    let mut lab = Lab::new();
    let wanted = |name: &str| {
        only.as_ref()
            .is_none_or(|only| name.contains(only.as_str()))
    };
    let mut rows = 0;
    for operation in OPERATIONS.iter().filter(|operation| wanted(operation.name)) {
        let count = (operation.count as f64 * factor) as usize;
        for (name, times) in (operation.measure)(&mut lab, count) {
            let finding = times.finding();
            println!(
                "| {name} | {} | {} | {:.1} | {:.1} | {} |",
                operation.fixed,
                finding.measurements,
                finding.median / 1000.0,
                finding.t,
                finding.verdict()
            );
            rows += 1;
            if name.starts_with("planted") && finding.verdict() != "differs" {
                eprintln!("the planted leak was not found: nothing else here says anything");
                std::process::exit(1);
            }
        }
    }
    if rows == 0 {
        eprintln!(
            "no operation has {:?} in its name",
            only.unwrap_or_default()
        );
        std::process::exit(2);
    }
}
