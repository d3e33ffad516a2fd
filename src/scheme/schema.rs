//! What a credential of a scheme says: attributes at fixed indexes, with their types and rules.

use zeroize::Zeroize;

use super::day::Day;
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::{HashSuite, Scalar};
use crate::text::{self, MAX_NAME, hint, is_short};

/// The most attributes that a schema may have.
pub(crate) const MAX_ATTRIBUTES: usize = 32;

/// What an attribute is, and how it becomes a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AttributeKind {
    /// The holder's pseudonym secret: a raw scalar, never disclosed.
    Secret,
    /// The revocation handle: a raw scalar, never disclosed.
    Handle,
    /// A day as an integer.
    Date,
    /// A text, hashed.
    Text,
}

/// Who sets an attribute. A constant of the schema, never taken from a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SetBy {
    /// The holder, unseen by the issuer.
    Holder,
    /// The issuer.
    Issuer,
}

/// One attribute of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attribute {
    /// Its name, unique in the schema.
    pub name: String,
    /// Its type.
    pub kind: AttributeKind,
    /// Who sets it.
    pub set_by: SetBy,
    /// Whether a policy may ask for it. Secret and handle never.
    pub may_disclose: bool,
}

impl Attribute {
    /// Whether it is a hint, whose letters a holder must be able to tell apart: see docs/security.md, "Hints".
    #[must_use]
    pub fn is_hint(&self) -> bool {
        self.kind == AttributeKind::Text && self.set_by == SetBy::Issuer && self.may_disclose
    }

    /// Whether the value can be this attribute's, as far as its letters tell.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        match value {
            Value::Text(text) => !self.is_hint() || hint::is_hint(text),
            Value::Date(_) => true,
        }
    }

    /// Reads a value of this attribute.
    pub(crate) fn read_value(&self, reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
        let value = Value::read(self.kind, reader)?;
        if self.admits(&value) {
            Ok(value)
        } else {
            Err(reader.value_error("a hint has letters that could be taken for others"))
        }
    }
}

/// A disclosed or issued value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Value {
    /// Of a date attribute.
    Date(Day),
    /// Of a text attribute, at most [`Value::MAX_TEXT`] characters.
    Text(String),
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Date(day) => day.0.zeroize(),
            Self::Text(text) => text.zeroize(),
        }
    }
}

impl Value {
    /// The longest text, in characters.
    pub const MAX_TEXT: usize = MAX_NAME;

    pub(crate) fn kind(&self) -> AttributeKind {
        match self {
            Self::Date(_) => AttributeKind::Date,
            Self::Text(_) => AttributeKind::Text,
        }
    }

    /// The scalar that is signed.
    pub(crate) fn to_scalar(&self) -> Scalar {
        match self {
            Self::Date(day) => day.to_scalar(),
            Self::Text(text) => HashSuite::XmdSha256
                .hash_to_scalar(&[text.as_bytes()], b"VEILPASS_V2_TEXT_ATTRIBUTE"),
        }
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Date(day) => writer.i32(day.0),
            Self::Text(text) => writer.bytes(text.as_bytes()),
        }
    }

    pub(crate) fn read(kind: AttributeKind, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match kind {
            AttributeKind::Date => match reader.i32()? {
                i32::MIN => Err(reader.value_error("a date is out of range")),
                day => Ok(Self::Date(Day(day))),
            },
            AttributeKind::Text => {
                let text = reader.text()?;
                if !is_short(&text) {
                    return Err(reader.value_error("a text is longer than 64 characters"));
                }
                Ok(Self::Text(text))
            }
            AttributeKind::Secret | AttributeKind::Handle => {
                Err(reader.value_error("a secret attribute has no value to show"))
            }
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Date(day) => day.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// What is wrong with a list of attributes, or with a scheme's name, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(pub(super) &'static str);

/// A list of attributes. The first is the secret, the second the handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(Vec<Attribute>);

/// The index of the pseudonym secret.
pub(crate) const SECRET: usize = 0;
/// The index of the revocation handle.
pub(crate) const HANDLE: usize = 1;

impl Schema {
    /// The most attributes that a schema may have, secret and handle included.
    pub const MAX_ATTRIBUTES: usize = MAX_ATTRIBUTES;

    /// A schema of the secret, the handle and `attributes`, which are dates and texts with names of
    /// their own.
    ///
    /// # Errors
    /// [`SchemaError`] says what is wrong with the list.
    pub fn new(attributes: Vec<Attribute>) -> Result<Self, SchemaError> {
        Self::check(attributes).map_err(SchemaError)
    }

    fn check(attributes: Vec<Attribute>) -> Result<Self, &'static str> {
        let hidden = |name: &str, kind, set_by| Attribute {
            name: name.to_owned(),
            kind,
            set_by,
            may_disclose: false,
        };
        let mut all = vec![
            hidden("secret", AttributeKind::Secret, SetBy::Holder),
            hidden("handle", AttributeKind::Handle, SetBy::Issuer),
        ];
        all.extend(attributes);
        if all.len() > MAX_ATTRIBUTES {
            return Err("a schema has at most 32 attributes");
        }
        for (i, attribute) in all.iter().enumerate() {
            if i >= 2
                && matches!(
                    attribute.kind,
                    AttributeKind::Secret | AttributeKind::Handle
                )
            {
                return Err("only the first two attributes are secret and handle");
            }
            if attribute.name.is_empty() || attribute.name.len() > 32 {
                return Err("an attribute's name has 1 to 32 bytes");
            }
            if text::check(&attribute.name).is_err() {
                return Err("an attribute's name is no text of the format; type it again");
            }
            if all.iter().take(i).any(|other| other.name == attribute.name) {
                return Err("two attributes have the same name");
            }
        }
        Ok(Self(all))
    }

    /// The attributes, in the order in which they are signed.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.0
    }

    /// The index of the attribute called `name`.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|attribute| attribute.name == name)
    }

    /// The indexes of what `who` sets among dates and texts.
    pub fn set_by(&self, who: SetBy) -> impl Iterator<Item = (usize, &Attribute)> {
        self.0
            .iter()
            .enumerate()
            .skip(2)
            .filter(move |(_, attribute)| attribute.set_by == who)
    }

    /// What `who` sets among dates and texts.
    pub(crate) fn of(&self, who: SetBy) -> Vec<&Attribute> {
        self.set_by(who).map(|(_, attribute)| attribute).collect()
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        let own = self.0.get(2..).unwrap_or(&[]);
        writer.list(own, |writer, attribute| {
            let kind = u8::from(attribute.kind == AttributeKind::Text);
            let set_by = u8::from(attribute.set_by == SetBy::Issuer);
            let disclose = u8::from(attribute.may_disclose);
            writer
                .bytes(attribute.name.as_bytes())
                .u8(kind | set_by << 1 | disclose << 2)
        })
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = usize::from(reader.u16()?);
        if count > MAX_ATTRIBUTES {
            return Err(reader.value_error("a schema has at most 32 attributes"));
        }
        let mut attributes = Vec::with_capacity(count);
        for _ in 0..count {
            let name = reader.text()?;
            let flags = reader.u8()?;
            if flags > 7 {
                return Err(reader.value_error("an attribute has unknown flags"));
            }
            attributes.push(Attribute {
                name,
                kind: if flags & 1 == 1 {
                    AttributeKind::Text
                } else {
                    AttributeKind::Date
                },
                set_by: if flags & 2 == 2 {
                    SetBy::Issuer
                } else {
                    SetBy::Holder
                },
                may_disclose: flags & 4 == 4,
            });
        }
        Self::check(attributes).map_err(|why| reader.value_error(why))
    }
}

impl Default for Schema {
    /// secret, handle, until, until_strict, name, employer, birth_date, id_hint.
    fn default() -> Self {
        let attribute = |name: &str, kind, set_by, may_disclose| Attribute {
            name: name.to_owned(),
            kind,
            set_by,
            may_disclose,
        };
        Self(vec![
            attribute("secret", AttributeKind::Secret, SetBy::Holder, false),
            attribute("handle", AttributeKind::Handle, SetBy::Issuer, false),
            attribute("until", AttributeKind::Date, SetBy::Issuer, true),
            // `Day::NEVER` for somebody who never meets the stricter rule.
            attribute("until_strict", AttributeKind::Date, SetBy::Issuer, true),
            attribute("name", AttributeKind::Text, SetBy::Holder, true),
            attribute("employer", AttributeKind::Text, SetBy::Holder, false),
            attribute("birth_date", AttributeKind::Date, SetBy::Issuer, true),
            // What a paper strip shows, compared with an identity card: initials, say.
            attribute("id_hint", AttributeKind::Text, SetBy::Issuer, true),
        ])
    }
}
