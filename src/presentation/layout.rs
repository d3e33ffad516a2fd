//! The parts of a proof by name, for people who look inside a pass.

use std::borrow::Cow;

use super::header::Header;
use super::question::{FullQuestion, Moment, Named};
use crate::artefact::Length;
use crate::codec::Reader;
use crate::scheme::{AttributeKind, Bundle, Day, IssuerMode};
use crate::text::MAX_NAME_BYTES;

/// The parts of a pass behind its header, if the bundle has the policy that the header names.
pub(crate) fn proof_layout(
    payload: &[u8],
    bundle: &Bundle,
) -> Option<Vec<(Cow<'static, str>, Length)>> {
    let header = Header::read(&mut Reader::new("pass", payload)).ok()?;
    let mut policies = bundle.policies.iter();
    let policy = policies.find(|policy| policy.tag() == header.policy)?;
    let epoch = Named::Registry(bundle.epochs.last()?);
    let moment = Moment::Strip(Day(0));
    let question = FullQuestion::new(bundle, policy, "", epoch, moment)?;
    let mut parts: Vec<(Cow<'static, str>, Length)> = Vec::new();
    let mut part = |name: Cow<'static, str>, length| parts.push((name, Length::Bytes(length)));
    if *bundle.scheme.issuer_mode() == IssuerMode::Hidden {
        part("hidden issuer: X', X1'".into(), 144);
    }
    let statements = question.statements();
    for statement in &statements {
        let points = statement.points();
        part(format!("{}: points", statement.name()).into(), 48 * points);
    }
    part("challenge".into(), 16);
    part("response of s".into(), 32);
    let schema = bundle.scheme.schema().attributes();
    let (disclosed, hidden): (Vec<_>, Vec<_>) =
        (schema.iter().enumerate()).partition(|(index, _)| question.discloses(*index));
    for (_, attribute) in hidden {
        part(format!("response of {}", attribute.name).into(), 32);
    }
    for statement in &statements {
        let variables = statement.variables();
        if variables > 0 {
            part(
                format!("{}: responses", statement.name()).into(),
                32 * variables,
            );
        }
    }
    parts.extend(disclosed.into_iter().map(|(_, attribute)| {
        let length = match attribute.kind {
            AttributeKind::Date => Length::Bytes(4),
            // Never disclosed.
            AttributeKind::Secret | AttributeKind::Handle => Length::Bytes(32),
            AttributeKind::Text => Length::Text(MAX_NAME_BYTES),
        };
        (format!("value of {}", attribute.name).into(), length)
    }));
    Some(parts)
}

impl Bundle {
    /// The names of the statements that an answer to `policy` proves, in order; `None` if the bundle has no
    /// such policy.
    #[must_use]
    pub fn statement_names(&self, policy: &str) -> Option<Vec<&'static str>> {
        let (policy, epoch) = (self.policy(policy)?, self.epochs.last()?);
        let (epoch, moment) = (Named::Registry(epoch), Moment::Strip(Day(0)));
        let question = FullQuestion::new(self, policy, "", epoch, moment)?;
        Some(question.statements().iter().map(|s| s.name()).collect())
    }
}
