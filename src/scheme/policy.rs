//! What a door may ask, by name. Policies are part of the signed bundle: neither the door nor the
//! holder writes them.

use super::schema::{Attribute, AttributeKind, Schema, SetBy};
use crate::artefact::MAX_POLICY;
use crate::codec::{DecodeError, Reader, Writer};

/// How a pass is bound to its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Mode {
    /// The verifier shows a nonce; the pass answers it, once.
    Challenge,
    /// A poster at the door; the pass is for a time bucket.
    Poster,
    /// A paper strip for one day.
    Strip,
}

impl Mode {
    /// The number that stands for the mode in encodings.
    #[must_use]
    pub fn tag(self) -> u8 {
        match self {
            Self::Challenge => 0,
            Self::Poster => 1,
            Self::Strip => 2,
        }
    }

    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        [Self::Challenge, Self::Poster, Self::Strip]
            .into_iter()
            .find(|mode| mode.tag() == tag)
    }
}

/// A named policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Its name, unique in the bundle, for example `restaurant`.
    pub name: String,
    /// The index (in [`Schema::attributes`]) of the date attribute that must be at least today. Every
    /// compared date must be set by the issuer.
    pub until: u8,
    /// If given: the index of the date attribute that must be today or earlier. The difference must be
    /// less than the date table has days, so a pass may last less than that from its first day on.
    #[cfg_attr(feature = "serde", serde(default))]
    pub from: Option<u8>,
    /// The indexes of attributes to disclose, rising.
    pub disclose: Vec<u8>,
    /// If given: whoever shows the pass must be so old.
    pub minimum_age: Option<MinimumAge>,
    /// For strips that any door accepts: only then, and only with something disclosed that a person
    /// can compare, and no pseudonym.
    pub any_audience: bool,
    /// Whether the same credential is accepted once only at the same venue on the same day, over all
    /// policies and modes that share the venue's memory.
    pub once_a_day: bool,
    /// Length of a time bucket, in seconds.
    pub window: u32,
    /// How long after its end an epoch is still accepted, in seconds; strips live longer than an
    /// epoch.
    pub epoch_grace: u32,
    /// The accepted modes.
    pub modes: Vec<Mode>,
}

/// A minimum age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MinimumAge {
    /// The index of the date attribute with the birth date.
    pub attribute: u8,
    /// At least so many years old.
    pub years: u8,
}

/// The longest grace: 31 days, in seconds.
const MAX_GRACE: u32 = 31 * 86_400;

impl Policy {
    /// The audience that a pass is bound to: nobody, if the policy is for any.
    pub(crate) fn audience<'a>(&self, audience: &'a str) -> &'a str {
        if self.any_audience { "" } else { audience }
    }

    /// Checks the policy against a schema.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), &'static str> {
        let attribute = |index: u8| schema.attributes().get(usize::from(index));
        let certified = |a: &Attribute| a.kind == AttributeKind::Date && a.set_by == SetBy::Issuer;
        let is_certified = |index: u8| attribute(index).is_some_and(certified);
        if self.name.is_empty() || self.name.len() > MAX_POLICY {
            return Err("a policy's name has 1 to 64 bytes");
        }
        let birth = self.minimum_age.map(|age| age.attribute);
        let compared = [Some(self.until), self.from, birth];
        if !compared.into_iter().flatten().all(is_certified) {
            return Err("a policy compares something that is not a date set by the issuer");
        }
        if self.from == Some(self.until)
            || birth == Some(self.until)
            || birth.is_some() && birth == self.from
        {
            return Err("a policy compares one date in two ways");
        }
        if !self.disclose.is_sorted_by(|a, b| a < b) {
            return Err("a policy's disclosed attributes must rise");
        }
        let disclosable = |index: &u8| attribute(*index).is_some_and(|a| a.may_disclose);
        if !self.disclose.iter().all(disclosable) {
            return Err("a policy asks for an attribute that is never disclosed");
        }
        if !(10..=600).contains(&self.window) {
            return Err("a time bucket is 10 to 600 seconds long");
        }
        if self.epoch_grace > MAX_GRACE {
            return Err("an epoch is accepted for at most 31 days after its end");
        }
        let strips_only = self.modes == [Mode::Strip];
        if self.any_audience && (!strips_only || self.disclose.is_empty() || self.once_a_day) {
            return Err(
                "only strips that disclose a hint and no pseudonym may be for any audience",
            );
        }
        if self.modes.is_empty() || !self.modes.is_sorted_by(|a, b| a.tag() < b.tag()) {
            return Err("a policy's modes must be given in the order challenge, poster, strip");
        }
        Ok(())
    }

    /// Policies, with their number in front, for a store.
    #[must_use]
    pub fn list_to_bytes(policies: &[Self]) -> Vec<u8> {
        let list = Writer::default().list(policies, |writer, policy| policy.write(writer));
        list.finish()
    }

    /// Reads what [`list_to_bytes`](Self::list_to_bytes) wrote, for the same schema.
    ///
    /// # Errors
    /// Anything but a canonical encoding of policies that fit the schema.
    pub fn list_from_bytes(schema: &Schema, bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new("policies", bytes);
        let policies = (0..reader.u16()?)
            .map(|_| Self::read(schema, &mut reader))
            .collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(policies)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .bytes(self.name.as_bytes())
            .u8(self.until)
            .bytes(&self.from.map_or(Vec::new(), |index| vec![index]))
            .bytes(&self.disclose)
            .bytes(
                &self
                    .minimum_age
                    .map_or(Vec::new(), |age| vec![age.attribute, age.years]),
            )
            .u8(u8::from(self.any_audience))
            .u8(u8::from(self.once_a_day))
            .u32(self.window)
            .u32(self.epoch_grace)
            .bytes(&self.modes.iter().map(|mode| mode.tag()).collect::<Vec<_>>())
    }

    pub(crate) fn read(schema: &Schema, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = reader.text()?;
        let until = reader.u8()?;
        let from = match reader.bytes()? {
            [] => None,
            [index] => Some(*index),
            _ => return Err(reader.value_error("a first day is one attribute")),
        };
        let disclose = reader.bytes()?.to_vec();
        let minimum_age = match reader.bytes()? {
            [] => None,
            [attribute, years] => Some(MinimumAge {
                attribute: *attribute,
                years: *years,
            }),
            _ => return Err(reader.value_error("a minimum age is an attribute and a number")),
        };
        let mut flag = || match reader.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(reader.value_error("a flag is neither 0 nor 1")),
        };
        let (any_audience, once_a_day) = (flag()?, flag()?);
        let (window, epoch_grace) = (reader.u32()?, reader.u32()?);
        let tags = reader.bytes()?;
        let modes: Vec<_> = tags.iter().filter_map(|tag| Mode::from_tag(*tag)).collect();
        if modes.len() != tags.len() {
            return Err(reader.value_error("a policy has an unknown mode"));
        }
        let policy = Self {
            name,
            until,
            from,
            disclose,
            minimum_age,
            any_audience,
            once_a_day,
            window,
            epoch_grace,
            modes,
        };
        policy
            .check(schema)
            .map_err(|why| reader.value_error(why))?;
        Ok(policy)
    }
}
