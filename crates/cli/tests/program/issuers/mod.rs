//! Issuers and their operators, as people use the program.

mod batches;
mod counts;
mod dates;
mod guests;
mod moments;

use crate::terminal::Town;

/// Issues one pass at the clinic, for a wallet that knows nothing of the others.
pub fn issue(town: &Town, label: &str) {
    town.offer("o.vp");
    let own = "--set name=A --set employer=A";
    let request = format!("holder request --dir wallet o.vp {own} --label {label} --out q.vp");
    town.run(&request).good();
    town.run("issuer issue --dir clinic q.vp --yes --out r.vp")
        .good();
}
