//! What an answer tells the verifier: what a holder must know before agreeing to it.

use veilpass::scheme::{Policy, Schema};

/// One thing that a verifier learns from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Learned {
    /// That the day of this attribute has not passed.
    NotPassed(String),
    /// That the day of this attribute has come.
    HasCome(String),
    /// That the holder is at least so many years old.
    AtLeast(u8),
    /// The value of this attribute.
    Value(String),
    /// That it is the same holder, if they come back on the same day.
    SameHolder,
}

impl Learned {
    /// All that an answer to this policy tells.
    pub(super) fn from(policy: &Policy, schema: &Schema) -> Vec<Self> {
        let name = |index: u8| {
            let attribute = schema.attributes().get(usize::from(index));
            attribute.map_or_else(|| "?".to_owned(), |attribute| attribute.name.clone())
        };
        let mut learned = vec![Self::NotPassed(name(policy.until))];
        learned.extend(policy.from.map(|from| Self::HasCome(name(from))));
        learned.extend(policy.minimum_age.map(|age| Self::AtLeast(age.years)));
        let disclosed = policy.disclose.iter();
        learned.extend(disclosed.map(|index| Self::Value(name(*index))));
        learned.extend(policy.once_a_day.then_some(Self::SameHolder));
        learned
    }
}
