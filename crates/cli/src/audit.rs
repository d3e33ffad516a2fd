//! Checking a log.

use serde_json::json;

use super::report::{Failure, Report, hex, unhex};
use veilpass_app::log::{self, Line};

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
    let noted = head.map(unhex).transpose()?;
    let head = log::check(lines, noted.as_ref())?;
    Ok(whole(lines.len(), &head))
}
