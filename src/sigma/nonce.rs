//! Hedged randomness: nonces that stay secret even if the generator is weak, and fresh even if a
//! witness is used twice.
//!
//! One XOF over label ‖ 32 bytes of the generator ‖ every secret ‖ every public input that the
//! challenge will see. With a good generator the output is uniform. With a broken one that repeats
//! itself, the same nonces come back only for the very same statement, hence with the very same
//! challenge, and nothing leaks.

use std::convert::Infallible;

use shake::digest::{ExtendableOutputReset, Update, XofReader};
use shake::{Shake256, Shake256Reader};
use zeroize::Zeroize;

use crate::codec::length_prefix;
use crate::curve::{CryptoRng, Scalar, TryCryptoRng, TryRng, scalar_to_bytes};

/// Absorbs what the randomness shall depend on. The state wipes itself; it is boxed, so that no step of
/// absorbing leaves a copy where it was. (Finishing moves it over the stack once.)
pub(crate) struct Hedge(Box<Shake256>);

impl Hedge {
    /// Starts under `label` with 32 bytes of `rng`.
    pub(crate) fn new<R: CryptoRng + ?Sized>(label: &str, rng: &mut R) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let hedge = Self(Box::default()).bytes(label.as_bytes()).bytes(&seed);
        seed.zeroize();
        hedge
    }

    /// Starts under `label` with no generator at all: for what must come out the same again. The
    /// secrets absorbed are then its only secrecy.
    pub(crate) fn derived(label: &str) -> Self {
        Self(Box::default()).bytes(label.as_bytes()).bytes(&[])
    }

    /// Absorbs a field, with its length in front.
    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        self.0.update(&length_prefix(field.len()));
        self.0.update(field);
        self
    }

    /// Absorbs scalars, with their number in front.
    pub(crate) fn scalars(mut self, scalars: &[Scalar]) -> Self {
        self.0.update(&length_prefix(scalars.len()));
        for scalar in scalars {
            let mut bytes = scalar_to_bytes(scalar);
            self.0.update(&bytes);
            bytes.zeroize();
        }
        self
    }

    /// The generator that all of it seeds.
    pub(crate) fn finish(mut self) -> HedgedRng {
        // Not `finalize_xof`: it would move the state out of its box, and nobody would wipe that.
        HedgedRng(Box::new(self.0.finalize_xof_reset()))
    }
}

/// The generator that a [`Hedge`] seeds.
pub(crate) struct HedgedRng(Box<Shake256Reader>);

impl TryRng for HedgedRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.read(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.read(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.read(out);
        Ok(())
    }
}

impl TryCryptoRng for HedgedRng {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::random_scalar;

    /// A generator that repeats itself, as after the restore of a snapshot.
    struct Stuck;
    impl TryRng for Stuck {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(7)
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(7)
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            out.fill(7);
            Ok(())
        }
    }
    impl TryCryptoRng for Stuck {}

    fn draw(label: &str, field: &[u8], secrets: &[Scalar]) -> Scalar {
        let hedge = Hedge::new(label, &mut Stuck).bytes(field).scalars(secrets);
        random_scalar(&mut hedge.finish())
    }

    #[test]
    fn a_stuck_generator_gives_other_nonces_for_any_other_input() {
        let one = [Scalar::from(1)];
        let reference = draw("a", b"field", &one);
        assert_eq!(draw("a", b"field", &one), reference);
        assert_ne!(draw("b", b"field", &one), reference);
        assert_ne!(draw("a", b"fiele", &one), reference);
        assert_ne!(draw("a", b"field", &[Scalar::from(2)]), reference);
    }

    #[test]
    fn numbers_are_the_next_bytes_of_the_stream() {
        let stream = || Hedge::derived("a").finish();
        let mut bytes = [0; 12];
        stream().try_fill_bytes(&mut bytes).unwrap();
        let mut numbers = stream();
        assert_eq!(numbers.try_next_u32().unwrap().to_le_bytes(), bytes[..4]);
        assert_eq!(numbers.try_next_u64().unwrap().to_le_bytes(), bytes[4..]);
    }

    #[test]
    fn the_generator_matters() {
        let mut rng = rand::rng();
        let mut draw = || random_scalar(&mut Hedge::new("a", &mut rng).finish());
        assert_ne!(draw(), draw());
    }
}
