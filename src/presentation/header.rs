//! What a verifier asks, and what a payload says about itself before anything is checked.

use crate::artefact::{Artefact, MAX_AUDIENCE, MAX_POLICY};
use crate::codec::{DecodeError, Reader, Writer};
use crate::scheme::{Day, Mode, Scheme};
use crate::text::deceives;
use crate::transcript::Transcript;

/// What a verifier or a poster asks: all that a wallet takes from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The first bytes of the scheme's identifier.
    pub(crate) scheme: [u8; 4],
    /// How the pass is bound to its moment.
    pub mode: Mode,
    /// The name of a policy in the bundle.
    pub policy: String,
    /// Who asks, as the wallet shows it to the holder: at most 64 bytes.
    pub audience: String,
    /// The verifier's nonce, in challenge mode.
    pub nonce: Option<[u8; 16]>,
}

impl Ask {
    /// A poster's or strip's question, without a nonce.
    #[must_use]
    pub fn new(scheme: &Scheme, mode: Mode, policy: &str, audience: &str) -> Self {
        Self {
            scheme: tag("scheme", scheme.id()),
            mode,
            policy: policy.to_owned(),
            audience: audience.to_owned(),
            nonce: None,
        }
    }

    /// The bytes of its QR code.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::artefact(Artefact::Question)
            .raw(&self.scheme)
            .u8(self.mode.tag())
            .bytes(self.policy.as_bytes())
            .bytes(self.audience.as_bytes());
        let nonce = self.nonce.as_ref().map_or(&[][..], |nonce| nonce);
        writer.bytes(nonce).finish()
    }

    /// Reads a question.
    ///
    /// # Errors
    /// Anything but a canonical encoding with a nonce exactly in challenge mode.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("question", bytes);
        reader.header(Artefact::Question)?;
        let scheme = reader.array()?;
        let mode = Mode::from_tag(reader.u8()?).ok_or(reader.value_error("an unknown mode"))?;
        let (policy, audience) = (reader.text()?, reader.text()?);
        let nonce = match reader.bytes()? {
            [] => None,
            nonce => Some(
                nonce
                    .try_into()
                    .map_err(|_| reader.value_error("a nonce has 16 bytes"))?,
            ),
        };
        if nonce.is_some() != (mode == Mode::Challenge) {
            return Err(reader.value_error("a nonce belongs to challenge mode, and to it only"));
        }
        if policy.len() > MAX_POLICY {
            return Err(reader.value_error("a policy's name has at most 64 bytes"));
        }
        if !audience_fits(&audience) {
            return Err(
                reader.value_error("an audience has 1 to 64 bytes and no control characters")
            );
        }
        reader.finish()?;
        Ok(Self {
            scheme,
            mode,
            policy,
            audience,
            nonce,
        })
    }
}

/// Whether a name can stand on a wallet's screen: nothing that is invisible or turns the line around.
pub(super) fn audience_fits(audience: &str) -> bool {
    let bare = audience.trim() == audience && !audience.is_empty();
    bare && audience.len() <= MAX_AUDIENCE && !audience.contains(deceives)
}

/// The first 4 bytes of a hash: enough to tell people what went wrong, never a check.
pub(super) fn tag(label: &str, bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = Transcript::new("tag")
        .field(label.as_bytes())
        .field(bytes)
        .digest();
    [a, b, c, d]
}

impl Mode {
    /// How a pass says that it is bound to its moment. For people who sort what was scanned; what a door takes
    /// is [`Expected`](super::Expected), whatever a pass says.
    #[must_use]
    pub fn claimed_by(payload: &[u8]) -> Option<Self> {
        let header = Header::read(&mut Reader::new("pass", payload)).ok()?;
        Some(header.mode)
    }
}

/// The first 31 bytes of a payload. They say which question was answered, so that a refusal can be
/// explained; the check itself builds its own question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) scheme: [u8; 4],
    pub(super) mode: Mode,
    pub(super) policy: [u8; 4],
    pub(super) audience: [u8; 4],
    pub(super) key_set: u32,
    pub(super) accreditation_epoch: u32,
    pub(super) epoch: u32,
    /// The bucket of a poster, the day of a strip or challenge.
    pub(super) moment: i32,
}

impl Header {
    pub(super) fn write(&self) -> Writer {
        Writer::artefact(Artefact::Pass)
            .raw(&self.scheme)
            .u8(self.mode.tag())
            .raw(&self.policy)
            .raw(&self.audience)
            .u32(self.key_set)
            .u32(self.accreditation_epoch)
            .u32(self.epoch)
            .i32(self.moment)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.header(Artefact::Pass)?;
        let scheme = reader.array()?;
        let mode = Mode::from_tag(reader.u8()?).ok_or(reader.value_error("an unknown mode"))?;
        Ok(Self {
            scheme,
            mode,
            policy: reader.array()?,
            audience: reader.array()?,
            key_set: reader.u32()?,
            accreditation_epoch: reader.u32()?,
            epoch: reader.u32()?,
            moment: reader.i32()?,
        })
    }

    /// The day of a strip.
    pub(super) fn strip_day(&self) -> Day {
        Day(self.moment)
    }
}
