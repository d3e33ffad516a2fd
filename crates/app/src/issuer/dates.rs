//! Whether the dates of a pass can be meant, and can be shown: what a holder's wallet would refuse is refused at the
//! issuer, by the same bounds (docs/protocol.md, 3.2), before anything is signed.

use veilpass::scheme::{Bundle, Day, Policy, Value};

use super::{Implausible, Issuer, IssuerError};
use crate::store::IssuerStore;
use crate::values::{self, NONE, ValueError};

impl<S: IssuerStore> Issuer<S> {
    /// The value that `text` is. `none` is a last day that no policy's "at least today" meets.
    ///
    /// # Errors
    /// [`ValueError`].
    pub fn value(&self, name: &str, text: &str) -> Result<Value, ValueError> {
        let schema = self.scheme().schema();
        if text == NONE && self.is_end(name) {
            return Ok(Value::Date(Day::NEVER));
        }
        values::read(schema, name, text).map_err(|error| match error {
            ValueError::NotADate(text) if self.is_end(name) => ValueError::NoEnd(text),
            other => other,
        })
    }

    /// Whether a policy asks that the date of this name has not passed.
    fn is_end(&self, name: &str) -> bool {
        let index = self.scheme().schema().index_of(name);
        let is_end = |policy: &Policy| Some(usize::from(policy.until)) == index;
        self.bundle.policies().iter().any(is_end)
    }

    /// Last days that come after the scheme's first one: a stricter rule with a later day is likely a slip.
    #[must_use]
    pub fn later_ends(&self, values: &[(String, Value)]) -> Vec<(String, String)> {
        let attributes = self.scheme().schema().attributes().iter();
        let mut ends = attributes
            .filter(|attribute| self.is_end(&attribute.name))
            .filter_map(|attribute| {
                let (name, value) = values.iter().find(|(name, _)| *name == attribute.name)?;
                match value {
                    Value::Date(day) => Some((name, *day)),
                    Value::Text(_) => None,
                }
            });
        let Some((first, last)) = ends.next() else {
            return Vec::new();
        };
        let later = ends.filter(|(_, day)| last != Day::NEVER && *day > last);
        later
            .map(|(name, _)| (name.clone(), first.clone()))
            .collect()
    }

    /// The values as [`value`](Self::value) reads them: what will be signed, for whoever offers it to see.
    #[must_use]
    pub fn stated(&self, values: &[(String, Value)]) -> Vec<(String, String)> {
        let written = values.iter().map(|(name, value)| {
            let shown = match value {
                Value::Date(Day::NEVER) if self.is_end(name) => NONE.to_owned(),
                other => values::show(other),
            };
            (name.clone(), shown)
        });
        written.collect()
    }

    /// Whether a pass with these values can be shown, and its days can be meant.
    ///
    /// # Errors
    /// [`Implausible`].
    pub fn plausible(&self, values: &[(String, Value)], today: Day) -> Result<(), Implausible> {
        let dates = Dates {
            bundle: &self.bundle,
            values,
            today,
        };
        dates.check_ends()?;
        dates.check_lengths()?;
        dates.check_births()
    }

    /// The same at a moment.
    pub(super) fn check_values(
        &self,
        values: &[(String, Value)],
        now: i64,
    ) -> Result<(), IssuerError> {
        Ok(self.plausible(values, self.today(now)?)?)
    }
}

/// The dates of a pass, beside what policies ask of them.
struct Dates<'a> {
    bundle: &'a Bundle,
    values: &'a [(String, Value)],
    today: Day,
}

impl Dates<'_> {
    /// Entries of the date table: fewer days than these can be shown.
    fn table(&self) -> i32 {
        self.bundle.table().into()
    }

    /// The attribute with this index, if it is among the values.
    fn date(&self, index: u8) -> Option<(&str, Day)> {
        let schema = self.bundle.scheme().schema();
        let mut dates = self.values.iter().filter_map(|(name, value)| match value {
            Value::Date(day) if schema.index_of(name) == Some(index.into()) => {
                Some((name.as_str(), *day))
            }
            _ => None,
        });
        dates.next()
    }

    /// Of each policy that compares a last day which is among the values.
    fn ends(&self) -> impl Iterator<Item = (&Policy, &str, Day)> {
        let policies = self.bundle.policies().iter();
        policies.filter_map(|policy| {
            let (name, day) = self.date(policy.until)?;
            Some((policy, name, day))
        })
    }

    fn check_ends(&self) -> Result<(), Implausible> {
        let last = self.today.plus(self.table() - 1).unwrap_or(Day(i32::MAX));
        let mut without: Vec<String> = Vec::new();
        let mut ends = false;
        for (_, name, day) in self.ends() {
            let name = name.to_owned();
            match day {
                Day::NEVER if without.contains(&name) => {}
                Day::NEVER => without.push(name),
                day if day < self.today => return Err(Implausible::Passed { name, day }),
                day if day > last => return Err(Implausible::TooFarAhead { name, day, last }),
                _ => ends = true,
            }
        }
        match without.is_empty() || ends {
            true => Ok(()),
            false => Err(Implausible::NoEnd { names: without }),
        }
    }

    fn check_lengths(&self) -> Result<(), Implausible> {
        for (policy, name, day) in self.ends().filter(|(_, _, day)| *day != Day::NEVER) {
            let Some((_, first)) = policy.from.and_then(|from| self.date(from)) else {
                continue;
            };
            let name = name.to_owned();
            let last = first.plus(self.table() - 1).unwrap_or(Day(i32::MAX));
            if day < first {
                return Err(Implausible::Reversed { name, day, first });
            }
            if day > last {
                return Err(Implausible::TooLong {
                    name,
                    day,
                    first,
                    last,
                });
            }
        }
        Ok(())
    }

    fn check_births(&self) -> Result<(), Implausible> {
        // Two digits show an age, and one table's length of it is needed for the way.
        let oldest = self.table() * (self.table() - 2) - 1;
        let first = self.today.plus(-oldest).unwrap_or(Day(i32::MIN));
        let ages = (self.bundle.policies().iter()).filter_map(|policy| policy.minimum_age);
        for (name, day) in ages.filter_map(|age| self.date(age.attribute)) {
            let name = name.to_owned();
            if day > self.today {
                return Err(Implausible::ToCome { name, day });
            }
            if day < first {
                return Err(Implausible::TooLongAgo { name, day, first });
            }
        }
        Ok(())
    }
}
