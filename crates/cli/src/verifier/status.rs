//! How the door stands.

use clap::Args;
use serde_json::{Value as Json, json};

use super::{open, taken, words};
use crate::context::{Context, Dir};
use crate::report::{Failure, Report};
use veilpass_app::store::Tally;
use veilpass_app::verifier::Status;

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    dir: Dir,
}

impl Show {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let verifier = open(context, &self.dir.dir)?;
        let status = context.wait(verifier.status(context.time()))?;
        let (venue, policy) = (verifier.venue(), verifier.policy_name());
        let mut report = Report::new(
            format!(
                "the door of {venue} asks {policy} and {}",
                taken(&status.modes)
            ),
            json!({ "venue": venue, "policy": policy, "modes": words(&status.modes) }),
        );
        report.lines.extend(bundle(context, &status));
        report.lines.extend(card(context, &status));
        report.lines.push(questions(context, &status));
        report.lines.extend(today(context, &status.today));
        if status.rehearsal {
            report = report.line("this folder was made for rehearsal");
        }
        Ok(fields(report, context, &status))
    }
}

fn bundle(context: &Context, status: &Status) -> Vec<String> {
    let ends = context.shown(status.bundle_ends);
    let mut lines = vec![format!("bundle {}, until {ends}", status.bundle)];
    if let Some(error) = status.out_of_time {
        lines.push(format!("  {error}"));
    }
    lines.push(match status.epoch {
        Some((number, until)) => format!("registry epoch {number}, until {}", context.shown(until)),
        None => "no registry epoch of the bundle is in force now; get the newest bundle".to_owned(),
    });
    lines
}

fn card(context: &Context, status: &Status) -> Vec<String> {
    let Some(card) = &status.card else {
        let line =
            "no card, and wallets of this scheme answer no venue without one: `verifier register`";
        let lines = status.needs_card.then(|| line.to_owned());
        return lines.into_iter().collect();
    };
    let mut lines = vec![format!("card until {}", context.shown(card.ends))];
    lines.extend(card.problem.map(|why| format!("  {why}")));
    lines
}

fn questions(context: &Context, status: &Status) -> String {
    match &status.questions[..] {
        [] => "no question is open".to_owned(),
        [one] => format!("one question is open, until {}", context.shown(*one)),
        [.., last] => format!(
            "{} questions are open, the last one until {}",
            status.questions.len(),
            context.shown(*last)
        ),
    }
}

/// How many were accepted, and how many refused.
fn sums(tallies: &[Tally]) -> (u32, u32) {
    let sum = |green: bool| {
        let wanted = tallies.iter().filter(|of| of.reason.is_none() == green);
        wanted.fold(0u32, |sum, of| sum.saturating_add(of.count))
    };
    (sum(true), sum(false))
}

fn today(context: &Context, tallies: &[Tally]) -> Vec<String> {
    let (green, red) = sums(tallies);
    let mut lines = vec![format!("today: {green} green, {red} red")];
    for of in tallies {
        let (hour, count) = (context.shown_hour(of.hour), of.count);
        lines.push(match of.reason {
            None => format!("  from {hour}: {count} green"),
            Some(reason) => format!("  from {hour}: {count} red, {reason}"),
        });
    }
    lines
}

fn fields(report: Report, context: &Context, status: &Status) -> Report {
    let (green, red) = sums(&status.today);
    let hours = status.today.iter().map(|of| {
        json!({
            "hour": context.shown(of.hour), "accepted": of.reason.is_none(),
            "reason": of.reason, "count": of.count,
        })
    });
    let questions = status.questions.iter().map(|until| context.shown(*until));
    let epoch = status
        .epoch
        .map(|(number, until)| json!({ "number": number, "until": context.shown(until) }));
    report
        .field("bundle", status.bundle)
        .field("bundle_until", context.shown(status.bundle_ends))
        .field("problem", status.out_of_time.map(|error| error.to_string()))
        .field(
            "card_until",
            status.card.as_ref().map(|card| context.shown(card.ends)),
        )
        .field(
            "card_problem",
            (status.card.as_ref())
                .and_then(|card| card.problem)
                .map(|why| why.to_string()),
        )
        .field(
            "card_fingerprint",
            status.card.as_ref().map(|card| card.fingerprint.as_str()),
        )
        .field("needs_card", status.needs_card)
        .field("registry_epoch", epoch)
        .field("accreditation_epoch", status.accreditation_epoch)
        .field("open_questions", questions.collect::<Vec<_>>())
        .field("green", green)
        .field("red", red)
        .field("today", hours.collect::<Vec<Json>>())
        .field("rehearsal", status.rehearsal)
}
