//! What a door may ask, by name. Policies are part of the signed bundle: neither the door nor the
//! holder writes them.

use std::time::Duration;

use super::schema::{Attribute, AttributeKind, Schema, SetBy};
use crate::codec::{DecodeError, Reader, Writer};
use crate::text::{self, is_short};
use crate::transcript::tag;

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
    /// No door's: an offer asks, and a new pass comes of it. See [`RenewalPolicy`](super::RenewalPolicy).
    Renewal,
}

impl Mode {
    /// The number that stands for the mode in encodings, for ever.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Challenge => 0,
            Self::Poster => 1,
            Self::Strip => 2,
            Self::Renewal => 3,
        }
    }

    /// The mode that a number stands for.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Challenge, Self::Poster, Self::Strip, Self::Renewal];
        all.into_iter().find(|mode| mode.code() == code)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_code(reader.u8()?).ok_or(reader.value_error("an unknown mode"))
    }

    /// The mode, accepted with this grace in seconds.
    #[must_use]
    pub const fn with_grace(self, grace: u32) -> Accepts {
        Accepts { mode: self, grace }
    }
}

/// A named policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Its number, unique in the bundle and given to no other policy ever: what questions name.
    pub number: u16,
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
    /// The accepted modes, each with its grace.
    pub modes: Vec<Accepts>,
}

/// A mode that a policy accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Accepts {
    /// The mode.
    pub mode: Mode,
    /// How long after its end an epoch is still accepted, in seconds; of strips, how long after the end of their
    /// day.
    pub grace: u32,
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
    /// Whether passes of this mode are accepted.
    #[must_use]
    pub fn takes(&self, mode: Mode) -> bool {
        self.grace(mode).is_some()
    }

    /// How long passes of this mode are accepted after the end of their epoch or day; `None` if they are not.
    #[must_use]
    pub fn grace(&self, mode: Mode) -> Option<Duration> {
        let accepts = self.modes.iter().find(|accepts| accepts.mode == mode)?;
        Some(Duration::from_secs(accepts.grace.into()))
    }

    /// The length of a time bucket.
    #[must_use]
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.window.into())
    }

    /// The first 4 bytes of a hash over all that the policy says.
    pub(crate) fn tag(&self) -> [u8; 4] {
        tag("policy", &self.write(Writer::default()).finish())
    }

    /// Checks a door's policy against a schema.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), &'static str> {
        if self.takes(Mode::Renewal) {
            return Err("a renewal is no policy of a door; it stands in a list of its own");
        }
        self.check_terms(schema)
    }

    /// The same, whoever asks.
    pub(super) fn check_terms(&self, schema: &Schema) -> Result<(), &'static str> {
        let attribute = |index: u8| schema.attributes().get(usize::from(index));
        let certified = |a: &Attribute| a.kind == AttributeKind::Date && a.set_by == SetBy::Issuer;
        let is_certified = |index: u8| attribute(index).is_some_and(certified);
        if self.name.is_empty() || !is_short(&self.name) {
            return Err("a policy's name has 1 to 64 characters");
        }
        if text::check(&self.name).is_err() {
            return Err("a policy's name is no text of the format; type it again");
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
        if self.modes.iter().any(|accepts| accepts.grace > MAX_GRACE) {
            return Err("an epoch is accepted for at most 31 days after its end");
        }
        let strips_only = matches!(&self.modes[..], [only] if only.mode == Mode::Strip);
        if self.any_audience && (!strips_only || self.disclose.is_empty() || self.once_a_day) {
            return Err(
                "only strips that disclose a hint and no pseudonym may be for any audience",
            );
        }
        if self.modes.is_empty()
            || !self
                .modes
                .is_sorted_by(|a, b| a.mode.code() < b.mode.code())
        {
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
        let flags = u8::from(self.any_audience) | u8::from(self.once_a_day) << 1;
        writer
            .u16(self.number)
            .bytes(self.name.as_bytes())
            .u8(flags)
            .u8(self.until)
            .bytes(&self.from.map_or(Vec::new(), |index| vec![index]))
            .bytes(&self.disclose)
            .bytes(
                &self
                    .minimum_age
                    .map_or(Vec::new(), |age| vec![age.attribute, age.years]),
            )
            .u32(self.window)
            .list(&self.modes, |writer, accepts| {
                writer.u8(accepts.mode.code()).u32(accepts.grace)
            })
    }

    pub(crate) fn read(schema: &Schema, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (number, name) = (reader.u16()?, reader.text()?);
        let flags = reader.u8()?;
        if flags > 0b11 {
            return Err(reader.value_error("a policy has unknown flags"));
        }
        let (any_audience, once_a_day) = (flags & 1 != 0, flags & 2 != 0);
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
        let window = reader.u32()?;
        let mut modes = Vec::new();
        for _ in 0..reader.u16()? {
            let mode = Mode::read(reader)?;
            let grace = reader.u32()?;
            modes.push(Accepts { mode, grace });
        }
        let policy = Self {
            number,
            name,
            until,
            from,
            disclose,
            minimum_age,
            any_audience,
            once_a_day,
            window,
            modes,
        };
        policy
            .check(schema)
            .map_err(|why| reader.value_error(why))?;
        Ok(policy)
    }
}
