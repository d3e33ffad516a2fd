//! What is inside an artefact: its parts by name, and what is missing if bytes were cut off.

use std::borrow::Cow;

use crate::artefact::{Artefact, Length};
use crate::codec::{DecodeError, Reader};
use crate::issuance::{Draw, Offer, RenewalRequest, Response};
use crate::presentation::{self, Question};
use crate::scheme::{
    Bundle, SchemeCard, UnverifiedCount, UnverifiedIssuer, UnverifiedVenue, UnverifiedVenueCard,
};

/// A part of an artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called, in docs/format.md and here.
    pub name: Cow<'static, str>,
    /// How many bytes it has.
    pub length: usize,
}

/// Why an artefact has no parts to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The end is missing.
    #[error(
        "this begins like {}, but it is cut off in “{part}”: {}{missing} bytes are missing",
        .artefact.name(), if *.at_least { "at least " } else { "" }
    )]
    Cut {
        /// What it begins like.
        artefact: Artefact,
        /// The first part that is not whole.
        part: Cow<'static, str>,
        /// How many bytes are missing, of this part and those behind it.
        missing: usize,
        /// Whether there can be more of them.
        at_least: bool,
    },
    /// There is more than the artefact has.
    #[error("this begins like {}, but {left} bytes are left over at the end", .artefact.name())]
    LeftOver {
        /// What it begins like.
        artefact: Artefact,
        /// How many bytes are left over.
        left: usize,
    },
    /// A part is not what it should be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// A part before its bytes were seen.
pub(crate) type Wanted = (Cow<'static, str>, Length);

impl Artefact {
    /// Names all parts of `bytes`, which are of this kind, with their lengths: together as many bytes as there
    /// are. Without the bundle that it was made under, of a pass the header alone has parts. What can be
    /// decoded without any key is decoded; nothing is verified.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn layout(self, bytes: &[u8], bundle: Option<&Bundle>) -> Result<Vec<Part>, LayoutError> {
        if bytes.len() >= 2 {
            Reader::new("artefact", bytes).header(self)?;
        }
        let wanted = self.wanted(bytes, bundle);
        let mut parts = Vec::with_capacity(wanted.len());
        let (mut rest, mut wanted) = (bytes, wanted.as_slice());
        while let [(name, length), behind @ ..] = wanted {
            let measured = length.measure(rest)?;
            let Some((_, others)) = rest.split_at_checked(measured.bytes) else {
                let missing = measured.bytes.saturating_sub(rest.len());
                let fixed = behind.iter().all(|(_, length)| length.is_fixed());
                return Err(LayoutError::Cut {
                    artefact: self,
                    part: name.clone(),
                    missing: behind.iter().fold(missing, |sum, (_, length)| {
                        sum.saturating_add(length.least())
                    }),
                    at_least: !(measured.is_all && fixed),
                });
            };
            parts.push(Part {
                name: length.name(name.clone(), measured.bytes),
                length: measured.bytes,
            });
            (rest, wanted) = (others, behind);
        }
        if !rest.is_empty() {
            return Err(LayoutError::LeftOver {
                artefact: self,
                left: rest.len(),
            });
        }
        self.decode(bytes)?;
        Ok(parts)
    }

    /// The parts that it should have: of the table, or for a pass of the policy that its header names, if
    /// the bundle has it.
    fn wanted(self, bytes: &[u8], bundle: Option<&Bundle>) -> Vec<Wanted> {
        let head = [("version, kind", Length::Bytes(2))];
        let mut wanted: Vec<Wanted> = (head.iter().chain(self.fields()))
            .map(|(name, length)| (Cow::Borrowed(*name), *length))
            .collect();
        let proof = bundle.filter(|_| self == Self::Pass);
        if let Some(proof) = proof.and_then(|bundle| presentation::proof_layout(bytes, bundle)) {
            wanted.pop();
            wanted.extend(proof);
        }
        wanted
    }

    /// Decodes what needs nothing else.
    fn decode(self, bytes: &[u8]) -> Result<(), DecodeError> {
        match self {
            Self::SchemeCard => SchemeCard::from_bytes(bytes).map(drop),
            Self::Registration => UnverifiedIssuer::from_bytes(bytes).map(drop),
            Self::Count => UnverifiedCount::from_bytes(bytes).map(drop),
            Self::Offer => Offer::from_bytes(bytes).map(drop),
            Self::RenewalRequest => RenewalRequest::from_bytes(bytes).map(drop),
            Self::Draw => Draw::from_bytes(bytes).map(drop),
            Self::Response => Response::from_bytes(bytes).map(drop),
            Self::Question => Question::from_bytes(bytes).map(drop),
            Self::VenueRegistration => UnverifiedVenue::from_bytes(bytes).map(drop),
            Self::VenueCard => UnverifiedVenueCard::from_bytes(bytes).map(drop),
            _ => Ok(()),
        }
    }
}

/// How many bytes a part should have, by what is there.
struct Measured {
    bytes: usize,
    /// Whether there cannot be more of them.
    is_all: bool,
}

impl Length {
    fn is_fixed(self) -> bool {
        matches!(self, Self::Bytes(_))
    }

    fn least(self) -> usize {
        match self {
            Self::Bytes(length) | Self::Rest(length) => length,
            Self::Text(_) | Self::Field(_) => 2,
            Self::Long => 4,
            Self::Each(_) => 0,
        }
    }

    fn measure(self, rest: &[u8]) -> Result<Measured, DecodeError> {
        let mut reader = Reader::new("artefact", rest);
        let known = |bytes| Measured {
            bytes,
            is_all: true,
        };
        let at_least = |bytes| Measured {
            bytes,
            is_all: false,
        };
        Ok(match self {
            Self::Bytes(length) => known(length),
            Self::Text(most) | Self::Field(most) => match reader.u16().map(usize::from) {
                Ok(length) if length > most => {
                    return Err(reader.value_error("a part is longer than it may be"));
                }
                Ok(length) => known(length.saturating_add(2)),
                Err(_) => at_least(2),
            },
            Self::Long => match reader.u32() {
                Ok(length) => {
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    known(length.saturating_add(4))
                }
                Err(_) => at_least(4),
            },
            Self::Each(size) => at_least(rest.len().next_multiple_of(size)),
            Self::Rest(least) => at_least(rest.len().max(least)),
        })
    }

    /// Of items, how many there are.
    fn name(self, name: Cow<'static, str>, bytes: usize) -> Cow<'static, str> {
        match self {
            Self::Each(size) => format!("{} {name}", bytes / size).into(),
            _ => name,
        }
    }
}
