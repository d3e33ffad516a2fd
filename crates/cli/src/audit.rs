//! What an audit says of a log.

use serde_json::json;

use super::report::{Report, hex};

/// A whole log of so many lines, with this head.
pub(super) fn whole(lines: usize, head: &[u8; 32]) -> Report {
    let head = hex(head);
    Report::new(
        format!("the log is whole: {lines} lines"),
        json!({ "lines": lines, "head": head }),
    )
    .line(format!("head {head} (note it elsewhere)"))
}
