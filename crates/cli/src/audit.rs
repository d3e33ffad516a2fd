//! Checking a log.

use serde_json::json;

use super::report::{Failure, Report, hex, unhex};
use veilpass_app::log::{self, Event, Flag, Line};

/// A whole log of so many lines, with this head.
pub(super) fn whole(lines: usize, head: &[u8; 32]) -> Report {
    let head = hex(head);
    Report::new(
        format!("the log is whole: {lines} lines"),
        json!({ "lines": lines, "head": head }),
    )
    .line(format!("head {head} (note it elsewhere)"))
}

/// Checks a log, and that an earlier head still stands in it.
pub(super) fn audited(lines: &[Line], head: Option<&str>) -> Result<Report, Failure> {
    let newest = log::verify(lines).map_err(Failure::refused)?;
    if let Some(noted) = head
        && !log::contains(lines, &unhex(noted)?)
    {
        return Err(Failure::refused(
            "the noted head does not stand in the log any more: lines were cut off or replaced",
        ));
    }
    let count = lines.len();
    Ok(Report::new(
        format!("the log is whole: {count} lines"),
        json!({ "lines": count, "head": hex(&newest) }),
    )
    .line(format!("head {} (note it elsewhere)", hex(&newest))))
}

/// Lines that this version does not know.
pub(super) fn unknown(lines: &[Line]) -> impl Iterator<Item = Flag> + '_ {
    let other = |line: &&Line| matches!(line.event, Event::Other { .. });
    lines
        .iter()
        .filter(other)
        .map(|line| Flag::Unknown { line: line.number })
}
