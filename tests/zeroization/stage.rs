//! A scenario is played twice: here, to learn what its secrets are, and in a process of its own, which is
//! looked into. Both draw from the same generator, so that no list of the secrets lies in the other process.

use std::io::{BufRead, Write};

use veilpass::internals::curve::{G1Affine, Scalar, TryCryptoRng, TryRng};
use zeroize::{Zeroize, Zeroizing};

use super::secrets::Secrets;

/// A generator that keeps a counter and nothing of what it gave out.
#[derive(Clone)]
pub struct Fountain(pub u64);

impl Fountain {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        let mut z = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A text that stands in no program, of 40 letters, with room for no more.
    pub fn text(&mut self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(40));
        for _ in 0..40 {
            let letter = u8::try_from(self.next() % 26).unwrap();
            text.push(char::from(b'A' + letter));
        }
        text
    }
}

impl TryRng for Fountain {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let [a, b, c, d, ..] = self.next().to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let mut word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
            word.zeroize();
        }
        Ok(())
    }
}

impl TryCryptoRng for Fountain {}

/// Who plays.
pub enum Stage {
    /// Takes down what the secrets are.
    Learning(Secrets),
    /// Keeps nothing, and waits to be looked into.
    Acting,
}

impl Stage {
    fn learn(&mut self, tell: impl FnOnce(&mut Secrets)) {
        if let Self::Learning(secrets) = self {
            tell(secrets);
        }
    }

    pub fn scalar(&mut self, name: &str, scalar: impl FnOnce() -> Scalar) {
        self.learn(|secrets| secrets.scalar(name, &scalar()));
    }

    pub fn point(&mut self, name: &str, point: impl FnOnce() -> G1Affine) {
        self.learn(|secrets| secrets.point(name, &point()));
    }

    pub fn bytes<B: AsRef<[u8]>>(&mut self, name: &str, bytes: impl FnOnce() -> B) {
        self.learn(|secrets| secrets.bytes(name, bytes().as_ref()));
    }

    /// Bytes that are wiped as soon as they were used: nobody can look in time, so they are only looked
    /// for afterwards.
    pub fn fleeting<B: AsRef<[u8]>>(&mut self, name: &str, bytes: impl FnOnce() -> B) {
        self.learn(|secrets| secrets.fleeting(name, bytes().as_ref()));
    }

    pub fn text<T: AsRef<str>>(&mut self, name: &str, text: impl FnOnce() -> T) {
        self.learn(|secrets| secrets.text(name, text().as_ref()));
    }

    /// Says where the play is.
    pub fn say(&self, word: &str) {
        if matches!(self, Self::Acting) {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{word}").unwrap();
            out.flush().unwrap();
        }
    }

    /// Says where the play is and waits for whoever looks.
    pub fn pause(&self, word: &str) {
        self.say(word);
        if matches!(self, Self::Acting) {
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer).unwrap();
        }
    }
}
