//! Confirming an issuer's operators: a person compares their keys.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::folder::{Opened, Place};
use crate::artefact;
use crate::context::Context;
use crate::files::{self, Access};
use crate::operators::shown;
use crate::report::{Failure, Report};
use veilpass::artefact::Artefact;
use veilpass_app::authority::{IssuerOperators, KeysNeeded, SentCount};

#[derive(Args)]
pub(crate) struct ConfirmOperators {
    #[command(flatten)]
    place: Place,
    /// The issuer's count (`issuer count`), which names its operators.
    count: String,
    /// Where the accreditation goes that says whom you have confirmed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// You have compared the keys with each operator: do not ask.
    #[arg(long)]
    yes: bool,
}

impl ConfirmOperators {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        files::check_target(&self.out)?;
        let count = artefact::load(&self.count, Artefact::Count)?;
        let Opened { role, .. } = self.place.open_for(context, KeysNeeded::Daily, &self.out)?;
        let sent = SentCount {
            name: &self.count,
            bytes: &count,
        };
        let known = context.wait(role.issuer_operators(&sent, context))?;
        let lines = lines(&known);
        context.confirm(&question(&known, &lines), self.yes)?;
        let confirmed = context.wait(role.confirm_operators(&known, context))?;
        artefact::save(&self.out, &confirmed.accreditation, Access::Private)?;
        let label = &known.label;
        let head = format!(
            "{} operators of {label} are confirmed; give it {} to import",
            known.operators.len(),
            self.out.display()
        );
        let operators: Vec<Json> = (known.operators.iter())
            .map(|one| json!({ "operator": one.label, "key": one.key }))
            .collect();
        let mut report = Report::new(
            head,
            json!({ "label": label, "operators": operators, "out": self.out }),
        );
        report.lines.extend(lines);
        Ok(report)
    }
}

/// An operator a line.
fn lines(known: &IssuerOperators) -> Vec<String> {
    let operators = known.operators.iter().enumerate();
    let line = |(place, one): (usize, &veilpass_app::approval::Operator)| {
        let new = if place < known.confirmed {
            ""
        } else {
            " (new)"
        };
        format!("  {}{new}: {}", one.label, shown(&one.key.0))
    };
    operators.map(line).collect()
}

fn question(known: &IssuerOperators, lines: &[String]) -> String {
    format!(
        "{} names these operators:\n{}\nHave you met each of them, and does each show you this key?",
        known.label,
        lines.join("\n")
    )
}
