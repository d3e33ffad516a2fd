//! How a pass is renewed, by name: what the old one must prove, and which dates are set anew. Renewals are part of the
//! signed bundle, beside the policies and with a list of their own: a door asks for none.

use super::day::Day;
use super::policy::{Mode, Policy};
use super::schema::{AttributeKind, Schema, SetBy, Value};
use crate::codec::{DecodeError, Reader, Writer};

/// A date that the issuer sets anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anew {
    /// The index of the attribute.
    pub attribute: u8,
    /// At most so many days after the day of the renewal.
    pub days: u16,
}

/// A renewal policy: whoever proves the old pass gets a new one with other dates. It has neither age, disclosure nor
/// pseudonym, so that a request stays short and tells nothing but that somebody eligible renews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalPolicy {
    /// What the old pass must prove: its only mode is that of renewals.
    policy: Policy,
    anew: Vec<Anew>,
}

impl RenewalPolicy {
    /// A renewal of this number and name, which no other policy has either: of passes that last until `until` at least,
    /// and perhaps have begun `from`, with the dates `anew`.
    #[must_use]
    pub fn new(number: u16, name: String, until: u8, from: Option<u8>, anew: Vec<Anew>) -> Self {
        Self {
            policy: Policy {
                number,
                name,
                until,
                from,
                disclose: Vec::new(),
                minimum_age: None,
                any_audience: false,
                once_a_day: false,
                window: 60,
                modes: vec![Mode::Renewal.with_grace(0)],
            },
            anew,
        }
    }

    /// Its number, which no other policy ever has, and which is not 0: an offer of no renewal has that.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.policy.number
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// The index of the date that must be at least today.
    #[must_use]
    pub fn until(&self) -> u8 {
        self.policy.until
    }

    /// The index of the date that must be today or earlier, if there is one.
    #[must_use]
    pub fn from(&self) -> Option<u8> {
        self.policy.from
    }

    /// The dates that are set anew, rising. All other attributes are carried over unseen.
    #[must_use]
    pub fn anew(&self) -> &[Anew] {
        &self.anew
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether an attribute is set anew.
    pub(crate) fn sets(&self, attribute: usize) -> bool {
        (self.anew.iter()).any(|anew| usize::from(anew.attribute) == attribute)
    }

    /// The place of the first of the new dates, in their order, that is past its limit on the day `today`.
    pub(crate) fn past_limit(&self, values: &[Value], today: Day) -> Option<usize> {
        let mut all = self.anew.iter().zip(values);
        all.position(|(anew, value)| match value {
            Value::Date(day) => i64::from(day.0) - i64::from(today.0) > i64::from(anew.days),
            Value::Text(_) => true,
        })
    }

    /// Checks it against a schema.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), &'static str> {
        self.policy.check_terms(schema)?;
        if self.policy.number == 0 {
            return Err("a renewal's number is not 0, which says that nothing is renewed");
        }
        let is_date = |anew: &Anew| {
            let attribute = schema.attributes().get(usize::from(anew.attribute));
            attribute
                .is_some_and(|one| one.kind == AttributeKind::Date && one.set_by == SetBy::Issuer)
        };
        if self.anew.is_empty() || !self.anew.iter().all(is_date) {
            return Err("a renewal sets anew what is not a date set by the issuer, or nothing");
        }
        if !self.anew.is_sorted_by(|a, b| a.attribute < b.attribute) {
            return Err("the dates that a renewal sets anew must rise");
        }
        if self.anew.iter().any(|anew| anew.days == 0) {
            return Err("a renewal reaches at least a day ahead");
        }
        Ok(())
    }

    /// Renewals, with their number in front, for a store.
    #[must_use]
    pub fn list_to_bytes(renewals: &[Self]) -> Vec<u8> {
        let list = Writer::default().list(renewals, |writer, renewal| renewal.write(writer));
        list.finish()
    }

    /// Reads what [`list_to_bytes`](Self::list_to_bytes) wrote, for the same schema.
    ///
    /// # Errors
    /// Anything but a canonical encoding of renewals that fit the schema.
    pub fn list_from_bytes(schema: &Schema, bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new("renewals", bytes);
        let renewals = (0..reader.u16()?)
            .map(|_| Self::read(schema, &mut reader))
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(renewals)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .u16(self.policy.number)
            .bytes(self.policy.name.as_bytes())
            .u8(self.policy.until)
            .bytes(&self.policy.from.map_or(Vec::new(), |index| vec![index]))
            .list(&self.anew, |writer, anew| {
                writer.u8(anew.attribute).u16(anew.days)
            })
    }

    pub(crate) fn read(schema: &Schema, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (number, name, until) = (reader.u16()?, reader.text()?, reader.u8()?);
        let from = match reader.bytes()? {
            [] => None,
            [index] => Some(*index),
            _ => return Err(reader.value_error("a first day is one attribute")),
        };
        let mut anew = Vec::new();
        for _ in 0..reader.u16()? {
            let attribute = reader.u8()?;
            anew.push(Anew {
                attribute,
                days: reader.u16()?,
            });
        }
        let renewal = Self::new(number, name, until, from, anew);
        renewal
            .check(schema)
            .map_err(|why| reader.value_error(why))?;
        Ok(renewal)
    }
}
