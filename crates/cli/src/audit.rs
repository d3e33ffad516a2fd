//! Checking a log.

use serde_json::json;

use super::report::{Failure, Report, hex, unhex};
use veilpass_app::store::chain;

/// Checks a log, and that an earlier head still stands in it.
pub(super) fn audited(lines: &[chain::Line], head: Option<&str>) -> Result<Report, Failure> {
    let newest = chain::verify(lines).map_err(Failure::refused)?;
    if let Some(noted) = head
        && !chain::contains(lines, &unhex(noted)?)
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
