//! What a verifier asks, and what a payload says about itself before anything is checked.

use super::expected::Challenge;
use super::venue::VenueSignature;
use crate::artefact::Artefact;
use crate::codec::{DecodeError, Reader, Writer};
use crate::scheme::{Day, Mode, Policy, Scheme, UnixTime, UnverifiedVenueCard, VenueCard};
use crate::text::is_venue_name;
use crate::transcript::tag;

/// What a verifier or a poster asks: all that a wallet takes from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first bytes of the scheme's identifier.
    pub(crate) scheme: [u8; 4],
    /// How the pass is bound to its moment.
    pub mode: Mode,
    /// The number of a policy in the bundle.
    pub policy: u16,
    /// Who asks, as the wallet shows it to the holder: at most 64 characters.
    pub audience: String,
    /// What the verifier asked this one guest, in challenge mode.
    pub challenge: Option<Challenge>,
    /// The card of a registered venue, whose name is the audience.
    pub(crate) card: Option<UnverifiedVenueCard>,
    /// A registered venue's signature of a challenge.
    pub(crate) signature: Option<VenueSignature>,
    /// The channel over which the question came: zeros at a door. Online the wallet computes it from what it
    /// sees of the channel and the origin; it is never taken from the other side, and is in no encoding.
    pub session: [u8; 32],
}

impl Question {
    /// A poster's or strip's question, with no challenge.
    #[must_use]
    pub fn new(scheme: &Scheme, mode: Mode, policy: &Policy, audience: &str) -> Self {
        Self {
            scheme: tag("scheme", scheme.id()),
            mode,
            policy: policy.number,
            audience: audience.to_owned(),
            challenge: None,
            card: None,
            signature: None,
            session: AT_A_DOOR,
        }
    }

    /// The same of a registered venue, whose card the wallet will check.
    #[must_use]
    pub fn registered(
        scheme: &Scheme,
        mode: Mode,
        policy: &Policy,
        card: UnverifiedVenueCard,
    ) -> Self {
        Self {
            card: Some(card.clone()),
            ..Self::new(scheme, mode, policy, card.name())
        }
    }

    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::Question)
            .raw(&self.scheme)
            .u8(self.mode.code())
            .u8(0)
            .u16(self.policy);
        let writer = match &self.card {
            Some(card) => writer.bytes(&[]).bytes(&card.to_bytes()),
            None => writer.bytes(self.audience.as_bytes()).bytes(&[]),
        };
        let writer = match &self.challenge {
            Some(challenge) => writer
                .raw(challenge.nonce())
                .i32(challenge.day().0)
                .u32(challenge.epoch()),
            None => writer,
        };
        match &self.signature {
            Some(by) => writer.i64(by.good_until.as_seconds()).raw(&by.signature),
            None => writer,
        }
        .finish()
    }

    /// Reads a question.
    ///
    /// # Errors
    /// Anything but a canonical encoding with a challenge exactly in challenge mode, and a signature exactly of a
    /// challenge with a card. Nobody has checked card and signature then: see [`asker`](Self::asker).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("question", bytes);
        reader.header(Artefact::Question)?;
        let scheme = reader.array()?;
        let mode = Mode::read(&mut reader)?;
        if reader.u8()? != 0 {
            return Err(reader.value_error("flags that this version does not have are set"));
        }
        let policy = reader.u16()?;
        let (name, card) = (reader.text()?, reader.bytes()?);
        let card = match card {
            [] => None,
            bytes => Some(UnverifiedVenueCard::from_bytes(bytes)?),
        };
        // A registered venue's name is on its card, and nowhere else.
        let audience = match &card {
            Some(card) if name.is_empty() => card.name().to_owned(),
            Some(_) => return Err(reader.value_error("a name stands beside a card")),
            None => name,
        };
        if !is_venue_name(&audience) {
            return Err(
                reader.value_error("an audience has 1 to 64 characters and no space around them")
            );
        }
        let challenge = match mode {
            Mode::Challenge => {
                let (nonce, day) = (reader.array()?, Day(reader.i32()?));
                Some(Challenge::from_store(nonce, day, reader.u32()?))
            }
            Mode::Poster | Mode::Strip => None,
            Mode::Renewal => return Err(reader.value_error("no door asks for a renewal")),
        };
        let signature = match (&card, &challenge) {
            (Some(_), Some(_)) => Some(VenueSignature {
                good_until: UnixTime::read(&mut reader)?,
                signature: reader.array()?,
            }),
            _ => None,
        };
        reader.finish()?;
        Ok(Self {
            scheme,
            mode,
            policy,
            audience,
            challenge,
            card,
            signature,
            session: AT_A_DOOR,
        })
    }
}

/// The session of every question that is asked at a door.
pub(super) const AT_A_DOOR: [u8; 32] = [0; 32];

/// Whom a pass is for: a registered venue by its id and name, another one by its name alone, or for a strip that goes
/// at any door nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Audience<'a> {
    /// Zeros without a card.
    pub(super) id: [u8; 16],
    pub(super) name: &'a str,
}

impl<'a> From<&'a str> for Audience<'a> {
    fn from(name: &'a str) -> Self {
        Self { id: [0; 16], name }
    }
}

impl<'a> From<&'a VenueCard> for Audience<'a> {
    fn from(card: &'a VenueCard) -> Self {
        Self {
            id: card.terms().id.to_bytes(),
            name: &card.terms().name,
        }
    }
}

impl Audience<'_> {
    /// The audience as questions and pseudonyms hash it: the id, the length of the name, the name; nothing for nobody.
    /// Neither card nor key is in it, so that a renewed card recognises the same guests.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        if self.name.is_empty() {
            return Vec::new();
        }
        let writer = Writer::default().raw(&self.id);
        writer.bytes(self.name.as_bytes()).finish()
    }
}

/// The first 27 bytes of a payload. They say which question was answered, so that a refusal can be
/// explained; the check itself builds its own question, and takes no pass whose header is not the one that the
/// question has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) scheme: [u8; 4],
    pub(super) mode: Mode,
    pub(super) policy: [u8; 4],
    pub(super) audience: [u8; 4],
    pub(super) epoch: u32,
    pub(super) day: Day,
    /// Of a challenge, the tag of its nonce; of a poster, the bucket; of a strip, zeros.
    pub(super) moment: [u8; 4],
}

impl Header {
    pub(super) fn write(&self) -> Writer {
        Writer::artefact(Artefact::Pass)
            .raw(&self.scheme)
            .u8(self.mode.code())
            .raw(&self.policy)
            .raw(&self.audience)
            .u32(self.epoch)
            .i32(self.day.0)
            .raw(&self.moment)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(Artefact::Pass)?;
        Ok(Self {
            scheme: reader.array()?,
            mode: Mode::read(reader)?,
            policy: reader.array()?,
            audience: reader.array()?,
            epoch: reader.u32()?,
            day: Day(reader.i32()?),
            moment: reader.array()?,
        })
    }
}
