//! Approvals in the log, for audits.

use std::collections::HashSet;

use veilpass::scheme::CountedOperator;

use super::{Approval, Needed, Operators, Subject};
use crate::log::{Event, Flag, Hex, Line};

/// Whether a line enrols an operator whom those before must have approved.
#[must_use]
pub fn is_late_operator(before: &[Line], event: &Event, needed: &Needed) -> bool {
    let is = |event: &Event| matches!(event, Event::Operator { .. });
    is(event) && before.iter().filter(|line| is(&line.event)).count() >= needed.founders()
}

/// How often each operator approved something, by the log.
#[must_use]
pub fn approvals(lines: &[Line], known: &Operators) -> Vec<CountedOperator> {
    let approvals = |label: &str| {
        let by = |line: &&Line| matches!(&line.event, Event::Approved(one) if one.is_by(label));
        u32::try_from(lines.iter().filter(by).count()).unwrap_or(u32::MAX)
    };
    let counted = known.all().map(|(one, _)| CountedOperator {
        label: one.label.clone(),
        key: one.key.0,
        approvals: approvals(&one.label),
    });
    counted.collect()
}

/// Which registers operators approved, by the log, as far as it goes.
pub(crate) struct ApprovedRegisters<'a> {
    known: &'a Operators,
    needed: &'a Needed,
    files: HashSet<[u8; 32]>,
    before: Option<&'a Line>,
}

impl<'a> ApprovedRegisters<'a> {
    /// At the log's beginning.
    pub(crate) fn new(known: &'a Operators, needed: &'a Needed) -> Self {
        Self {
            known,
            needed,
            files: HashSet::new(),
            before: None,
        }
    }

    /// Goes on by a line.
    pub(crate) fn read(&mut self, line: &'a Line) {
        let approval = self.before.and_then(|before| match &before.event {
            Event::Approved(approval) => approval.holds(self.known, self.needed, before.at),
            _ => None,
        });
        if let Event::RegisterApproved { file } = &line.event
            && approval == Some(&Subject::Register { file: *file })
        {
            self.files.insert(file.0);
        }
        self.before = Some(line);
    }

    /// Whether this register was approved up to here.
    pub(crate) fn has(&self, file: &Hex<32>) -> bool {
        self.files.contains(&file.0)
    }
}

/// Lines of the log that let something out without enough operators, and approvals that do not hold.
///
/// `large` says of the line at a place whether it must have been approved on the line before.
#[must_use]
pub fn unapproved(
    lines: &[Line],
    known: &Operators,
    needed: &Needed,
    large: impl Fn(usize, &Line) -> bool,
) -> Vec<Flag> {
    let operators = needed.operators;
    if needed.nobody() {
        return Vec::new();
    }
    let mut seen: Vec<&Approval> = Vec::new();
    let mut flags = Vec::new();
    let mut before: Option<(&Approval, i64)> = None;
    for (place, line) in lines.iter().enumerate() {
        let number = line.number;
        if let Event::Approved(approval) = &line.event {
            let holds = approval.holds(known, needed, line.at).is_some();
            if !holds || seen.contains(&approval) {
                flags.push(Flag::Approval {
                    line: number,
                    operators,
                });
            }
            seen.push(approval);
        } else if large(place, line)
            && let Some(subject) = line.event.subject()
        {
            let approved = before.and_then(|(approval, at)| approval.holds(known, needed, at));
            if approved != Some(&subject) {
                flags.push(Flag::Unapproved {
                    line: number,
                    subject,
                    operators,
                });
            }
        }
        before = match &line.event {
            Event::Approved(approval) => Some((approval, line.at)),
            _ => None,
        };
    }
    flags
}
