//! Claims: a code on a letter, with which a person from a register gets an offer, once.
//!
//! A register may have a hundred thousand people. Until they come the issuer keeps, for each, a hash
//! of the code and what it will sign, sealed under the code: its database is no list of who they are
//! to anybody who does not have the letters. Afterwards only the hash is left.
//!
//! ```text
//! name = H(claim; scheme, code)      key = H(claim key; scheme, code)
//! ```

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{OfferError, in_order};
use crate::codec::{DecodeError, Reader, Writer};
use crate::curve::CryptoRng;
use crate::scheme::{IssuerKey, Scheme, SetBy, Value};
use crate::transcript::Transcript;

impl IssuerKey {
    /// A keyed hash of what makes a row of a register itself, so that an issuer notices a row that comes
    /// again, and nobody else can tell from its database who is in it.
    #[must_use]
    pub fn row_digest(&self, scheme: &Scheme, record: &str) -> [u8; 16] {
        let transcript = Transcript::new("register row")
            .scalar(self.scalar())
            .field(scheme.id());
        let [digest @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            transcript.field(record.as_bytes()).digest();
        digest
    }
}

/// Sealed claims are padded to a multiple of this, so that lengths tell little.
const BLOCK: usize = 64;

/// Characters between two dashes.
const GROUP: usize = 5;

/// A claim's code: 120 bits. Who has it gets the offer, once.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ClaimCode([u8; 15]);

/// Why a text is no claim's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Other characters, or another number of them.
    #[error(
        "this is no claim code; one has 25 letters and digits, like 0A1B2-C3D4E-5F6G7-H8J9K-0M1N2"
    )]
    Form,
    /// The last character does not fit the others.
    #[error("the claim code has a slip of the pen; read it again, letter by letter")]
    Slip,
}

impl ClaimCode {
    /// What the text of a claim's QR code begins with.
    pub const PREFIX: &str = "VPC:";

    /// A fresh code.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut code = [0; 15];
        rng.fill_bytes(&mut code);
        Self(code)
    }

    /// Reads a code as a person types it or a QR code has it: small letters, spaces and dashes, O for 0,
    /// I and L for 1 are understood.
    ///
    /// # Errors
    /// [`ClaimError`].
    pub fn from_text(text: &str) -> Result<Self, ClaimError> {
        let text = text.trim();
        let code = text.strip_prefix(Self::PREFIX).unwrap_or(text);
        let mut plain = Zeroizing::new(String::with_capacity(32));
        let letters = code.chars().filter(|c| !matches!(c, '-' | ' '));
        for letter in letters {
            if !letter.is_ascii_alphanumeric() || plain.len() == 25 {
                return Err(ClaimError::Form);
            }
            plain.push(letter.to_ascii_uppercase());
        }
        let check = plain.pop().ok_or(ClaimError::Form)?;
        let bytes = base32::decode(base32::Alphabet::Crockford, &plain).map(Zeroizing::new);
        let bytes = bytes.ok_or(ClaimError::Form)?;
        let code = Self(bytes.as_slice().try_into().map_err(|_| ClaimError::Form)?);
        let check = match check {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if check == code.check() {
            Ok(code)
        } else {
            Err(ClaimError::Slip)
        }
    }

    /// The code as a letter shows it: five groups of five. Crockford's base 32, the last character a
    /// check of the others.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let plain = Zeroizing::new(base32::encode(base32::Alphabet::Crockford, &self.0));
        let mut text = Zeroizing::new(String::with_capacity(32));
        for (letter, place) in plain.chars().chain([self.check()]).zip(0..) {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    fn check(&self) -> char {
        let [first, ..] = Transcript::new("claim check").field(&self.0).digest();
        let letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars();
        letters.cycle().nth(usize::from(first)).unwrap_or('0')
    }

    /// Under this name the issuer keeps what the code opens.
    #[must_use]
    pub fn name(&self, scheme: &Scheme) -> [u8; 32] {
        self.derive("claim", scheme)
    }

    fn derive(&self, label: &str, scheme: &Scheme) -> [u8; 32] {
        let transcript = Transcript::new(label).field(scheme.id());
        transcript.field(&self.0).digest()
    }

    /// One message a key: a code is drawn for one claim.
    fn cipher(&self, scheme: &Scheme) -> (ChaCha20Poly1305, Nonce) {
        let key = Zeroizing::new(self.derive("claim key", scheme));
        let cipher = ChaCha20Poly1305::new(&Key::from(*key));
        (cipher, Nonce::from([0; 12]))
    }

    /// Seals the issuer's attributes, by name, until the code opens them.
    ///
    /// # Errors
    /// [`OfferError`] if an attribute is missing, unknown, of another type or too long.
    pub fn seal(&self, scheme: &Scheme, values: &[(&str, Value)]) -> Result<Vec<u8>, OfferError> {
        let values =
            in_order(&scheme.schema().of(SetBy::Issuer), values).map_err(OfferError::Attributes)?;
        let values = Zeroizing::new(values);
        let writer = (values.iter()).fold(Writer::default(), |writer, value| value.write(writer));
        let padding = writer.len().next_multiple_of(BLOCK) - writer.len();
        let writer = (0..padding).fold(writer, |writer, _| writer.u8(0));
        let plain = Zeroizing::new(writer.finish());
        let (cipher, nonce) = self.cipher(scheme);
        (cipher.encrypt(&nonce, plain.as_slice()))
            .map_err(|_| OfferError::Attributes("they are too long".into()))
    }

    /// Opens what [`seal`](Self::seal) closed: the attributes by name.
    ///
    /// # Errors
    /// Anything that was not sealed under this code for this scheme.
    pub fn open(
        &self,
        scheme: &Scheme,
        sealed: &[u8],
    ) -> Result<Vec<(String, Value)>, DecodeError> {
        let (cipher, nonce) = self.cipher(scheme);
        let plain = cipher.decrypt(&nonce, sealed).map(Zeroizing::new);
        let plain = plain.map_err(|_| {
            Reader::new("claim", &[]).value_error("it was not sealed under this code")
        })?;
        let mut reader = Reader::new("claim", &plain);
        let values = (scheme.schema().set_by(SetBy::Issuer))
            .map(|(_, attribute)| {
                let value = attribute.read_value(&mut reader)?;
                Ok((attribute.name.clone(), value))
            })
            .collect::<Result<_, DecodeError>>()?;
        if reader.remaining() >= BLOCK || reader.rest().iter().any(|byte| *byte != 0) {
            return Err(Reader::new("claim", &[]).value_error("bytes are left over"));
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::{Day, IssuerMode, Schema, Venues, Zone};

    fn scheme(name: &str) -> Scheme {
        let zone = Zone::new("Europe/Moscow").unwrap();
        Scheme::new(
            [1; 32],
            name.into(),
            Schema::default(),
            IssuerMode::Hidden,
            zone,
            Venues::Open,
        )
        .unwrap()
    }

    fn values(hint: &str) -> Vec<(&'static str, Value)> {
        vec![
            ("until", Value::Date(Day(9))),
            ("until_strict", Value::Date(Day(8))),
            ("birth_date", Value::Date(Day(7))),
            ("id_hint", Value::Text(hint.into())),
        ]
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = ClaimCode([0xa5; 15]);
        let text = code.expose_text();
        assert_eq!(text.len(), 29);
        let sloppy = text.to_lowercase().replace('0', "o").replace('1', "l");
        for read in [
            text.to_string(),
            format!("{}{}\n", ClaimCode::PREFIX, *text),
            text.replace('-', " "),
            sloppy,
        ] {
            assert!(
                ClaimCode::from_text(&read).is_ok_and(|read| read.0 == code.0),
                "{read}"
            );
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_noticed() {
        let text = ClaimCode([0xa5; 15]).expose_text();
        let mut slips = 0;
        for place in (0..text.len()).filter(|place| place % 6 != 5) {
            let mut letters: Vec<char> = text.chars().collect();
            letters[place] = if letters[place] == '7' { '8' } else { '7' };
            let wrong: String = letters.into_iter().collect();
            slips += u32::from(ClaimCode::from_text(&wrong).is_err());
        }
        // Each goes unnoticed with a chance of 1 in 32.
        assert!(slips >= 22, "{slips} of 25 noticed");
        for text in [
            "",
            "VPC:",
            "0A1B2",
            &"0".repeat(26),
            &"й".repeat(25),
            &"*".repeat(25),
        ] {
            assert!(
                matches!(ClaimCode::from_text(text), Err(ClaimError::Form)),
                "{text}"
            );
        }
    }

    #[test]
    fn only_the_code_opens_what_it_sealed_and_only_in_its_scheme() {
        let (ours, other) = (scheme("a"), scheme("b"));
        let code = ClaimCode([7; 15]);
        let sealed = code.seal(&ours, &values("A.K.")).unwrap();
        let opened = code.open(&ours, &sealed).unwrap();
        let expected: Vec<_> = (values("A.K.").into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(opened, expected);
        assert!(code.open(&other, &sealed).is_err());
        assert!(ClaimCode([8; 15]).open(&ours, &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(code.open(&ours, &changed).is_err());
        }
        assert!(code.open(&ours, &[]).is_err());
    }

    #[test]
    fn padding_is_zeros_and_no_longer_than_a_block() {
        let (scheme, code) = (scheme("a"), ClaimCode([7; 15]));
        let (cipher, nonce) = code.cipher(&scheme);
        let sealed = code.seal(&scheme, &values("A.")).unwrap();
        let plain = cipher.decrypt(&nonce, sealed.as_slice()).unwrap();
        let opens = |plain: &[u8]| {
            let sealed = cipher.encrypt(&nonce, plain).unwrap();
            code.open(&scheme, &sealed).is_ok()
        };
        assert!(opens(&plain));
        assert!(!opens(&[&plain[..], &[0; BLOCK]].concat()));
        let mut changed = plain.clone();
        *changed.last_mut().unwrap() = 1;
        assert!(!opens(&changed));
    }

    #[test]
    fn a_digest_depends_on_key_scheme_and_row() {
        let mut rng = rand::rng();
        let (key, other) = (IssuerKey::generate(&mut rng), IssuerKey::generate(&mut rng));
        let (here, there) = (scheme("a"), scheme("b"));
        let digest = key.row_digest(&here, "7");
        assert_eq!(digest, key.row_digest(&here, "7"));
        assert_ne!(digest, key.row_digest(&here, "8"));
        assert_ne!(digest, other.row_digest(&here, "7"));
        assert_ne!(digest, key.row_digest(&there, "7"));
    }

    #[test]
    fn lengths_do_not_tell_names() {
        let (scheme, code) = (scheme("a"), ClaimCode([7; 15]));
        let length = |hint: &str| code.seal(&scheme, &values(hint)).unwrap().len();
        assert_eq!(length("A."), length("A.K.A.D.E.M.I.K."));
        assert_ne!(code.name(&scheme), ClaimCode([8; 15]).name(&scheme));
        assert!(code.seal(&scheme, &values("x")[1..]).is_err());
    }
}
