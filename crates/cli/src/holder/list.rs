//! What is in a wallet, what ends soon, and what it waits for.

use serde_json::{Value as Json, json};

use super::{List, attributes, open, shown};
use crate::bundle::local;
use crate::context::Context;
use crate::report::{Failure, Report};
use crate::values;
use veilpass::scheme::{ClockError, Day, UnixTime, Value};
use veilpass_app::holder::Pass;

/// From so many days before its end on a pass is said to end soon.
const SOON: i32 = 14;

/// What there is to say of the end of a pass: nothing while it is far away.
fn reminder(last: Day, today: Day) -> Option<String> {
    let left = last.0.checked_sub(today.0)?;
    let word = match left {
        ..0 => "is over; ask the issuer for a new pass".to_owned(),
        0 => "ends today; ask the issuer for a new pass".to_owned(),
        1 => "ends tomorrow; ask the issuer for a new pass".to_owned(),
        2..=SOON => format!("ends in {left} days; ask the issuer for a new pass"),
        _ => return None,
    };
    Some(word)
}

/// A pass in lines, with what ends soon, and the same for programs.
fn listed(pass: &Pass<'_>, today: Option<Day>) -> (Vec<String>, Json) {
    let (mut lines, mut soon) = (vec![format!("{}:", pass.label)], Vec::new());
    lines.extend(attributes(pass));
    let mut values = serde_json::Map::new();
    for attribute in &pass.attributes {
        values.insert(attribute.name.to_owned(), shown(attribute).into());
        let end = match attribute.value {
            Value::Date(day) if attribute.is_end && *day != Day::NEVER => Some(*day),
            _ => None,
        };
        let word = end.zip(today);
        if let Some(word) = word.and_then(|(end, today)| reminder(end, today)) {
            lines.push(format!("  NOTE {} {word}", attribute.name));
            soon.push(json!({ "attribute": attribute.name, "note": word }));
        }
    }
    let problem = pass.stands.as_ref().err().map(ToString::to_string);
    lines.extend(problem.iter().map(|why| format!("  NOTE {why}")));
    let json = json!({
        "label": pass.label, "attributes": values, "ends_soon": soon, "problem": problem,
    });
    (lines, json)
}

impl List {
    pub(super) fn run(&self, context: &Context) -> Result<Report, Failure> {
        let opened = open(context, &self.dir.dir)?;
        let holder = &opened.wallet;
        let (zone, now) = (
            holder.scheme().zone(),
            UnixTime::from_seconds(context.now()),
        );
        let (today, bundle) = (zone.day_of(now), holder.bundle());
        let passes: Vec<_> = holder.passes().collect();
        let pending: Vec<_> = holder.pending().collect();
        let until = local(bundle.expires(), zone);
        let mut report = Report::new(
            format!(
                "{} (bundle {}, good until {until}): {}, {} waiting",
                holder.scheme().name(),
                bundle.version(),
                values::counted(passes.len(), "pass", "passes"),
                values::counted(pending.len(), "request", "requests")
            ),
            json!({ "bundle": bundle.version(), "bundle_until": until }),
        );
        match bundle.check_clock(now) {
            Ok(()) => {}
            Err(ClockError::BeforeBundle) => {
                report = report.line("NOTE the clock is earlier than the bundle: set the clock");
            }
            Err(_) => {
                report = report
                    .line("NOTE the bundle is out of date: `holder sync` with the newest one");
            }
        }
        let mut all = Vec::new();
        for pass in &passes {
            let (lines, json) = listed(pass, today);
            report.lines.extend(lines);
            all.push(json);
        }
        let mut waiting = Vec::new();
        for one in &pending {
            let until = local(one.until, zone);
            report = report.line(match now < one.until {
                true => format!(
                    "{}: waits for the issuer's response; the offer is good until {until}",
                    one.label
                ),
                false => format!(
                    "{}: its offer ended {until}; kept until {} in case an answer was made in time",
                    one.label,
                    local(one.kept_until, zone)
                ),
            });
            waiting.push(json!({ "label": one.label, "until": until }));
        }
        Ok(report.field("passes", all).field("pending", waiting))
    }
}
