//! The parts of a payload by name, for people who look inside.

use super::header::{HEADER_PARTS, Header, tag};
use super::question::{Moment, Question};
use crate::codec::{DecodeError, Reader};
use crate::scheme::{Bundle, Day, IssuerMode};

/// Names and lengths of all parts of a pass, in order. Without the bundle that it was made under only
/// the header has names. Nothing is verified.
///
/// # Errors
/// Anything that does not begin as a pass.
pub fn layout(
    payload: &[u8],
    bundle: Option<&Bundle>,
) -> Result<Vec<(String, usize)>, DecodeError> {
    let mut reader = Reader::new("pass", payload);
    let header = Header::read(&mut reader)?;
    let mut parts: Vec<(String, usize)> = (HEADER_PARTS.iter())
        .map(|(name, length)| ((*name).to_owned(), *length))
        .collect();
    match bundle.and_then(|bundle| body(&header, bundle)) {
        Some(body) => parts.extend(body),
        None => parts.push(("proof".to_owned(), reader.remaining())),
    }
    let named: usize = parts.iter().map(|(_, length)| length).sum();
    if let Some(rest @ 1..) = payload.len().checked_sub(named) {
        parts.push(("disclosed values".to_owned(), rest));
    }
    Ok(parts)
}

/// The parts after the header, if the bundle has the header's policy.
fn body(header: &Header, bundle: &Bundle) -> Option<Vec<(String, usize)>> {
    let mut policies = bundle.policies.iter();
    let policy = policies.find(|policy| tag("policy", policy.name.as_bytes()) == header.policy)?;
    let epoch = bundle.epochs.last()?;
    let moment = Moment::Strip(Day(0));
    let question = Question::new(bundle, policy, "", epoch, moment)?;
    let mut parts = Vec::new();
    if *bundle.scheme.issuer_mode() == IssuerMode::Hidden {
        parts.push(("hidden issuer: X', X1'".to_owned(), 144));
    }
    let statements = question.statements();
    for statement in &statements {
        let points = statement.points();
        parts.push((format!("{}: points", statement.name()), 48 * points));
    }
    parts.push(("challenge".to_owned(), 16));
    parts.push(("response of s".to_owned(), 32));
    let schema = bundle.scheme.schema().attributes().iter().enumerate();
    let hidden = schema.filter(|(index, _)| !question.discloses(*index));
    parts.extend(hidden.map(|(_, attribute)| (format!("response of {}", attribute.name), 32)));
    for statement in &statements {
        let variables = statement.variables();
        if variables > 0 {
            parts.push((format!("{}: responses", statement.name()), 32 * variables));
        }
    }
    Some(parts)
}

/// The names of the statements that an answer to `policy` proves, in order; `None` if the bundle has no
/// such policy.
#[must_use]
pub fn statement_names(bundle: &Bundle, policy: &str) -> Option<Vec<&'static str>> {
    let (policy, epoch) = (bundle.policy(policy)?, bundle.epochs.last()?);
    let question = Question::new(bundle, policy, "", epoch, Moment::Strip(Day(0)))?;
    Some(question.statements().iter().map(|s| s.name()).collect())
}
