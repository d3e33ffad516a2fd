//! What doors refuse, one fault at a time, and what they still take.

mod bytes;
mod clock;
mod objects;

use veilpass::internals::trace::{Falsified, Traced};
use veilpass::scheme::Mode;
use veilpass_fixture::city::NOW;

use crate::json::{Test, VectorFile};
use crate::passes::Asked;
use crate::world::World;

/// The bytes of a pass before its proof.
const HEADER: usize = 27;

/// A good pass, to be spoilt.
struct Good<'a> {
    world: &'a World,
    asked: Asked,
    traced: Traced,
}

impl<'a> Good<'a> {
    fn new(world: &'a World, policy: &'static str, mode: Mode, seed: u64) -> Self {
        let asked = Asked::new(world, policy, mode, NOW);
        let traced = asked.answered(world, seed, Falsified::default());
        Self {
            world,
            asked,
            traced,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.traced.payload
    }

    /// Where the points of G1 begin, and where the challenge, the responses and the disclosed values do.
    fn places(&self) -> [usize; 4] {
        let points = HEADER + self.traced.issuer.map_or(0, |_| 96 + 48);
        let challenge = points + 48 * self.traced.points.len();
        let responses = challenge + 16;
        [
            points,
            challenge,
            responses,
            responses + 32 * self.traced.responses.len(),
        ]
    }

    fn with(&self, place: usize, bytes: &[u8]) -> Vec<u8> {
        let mut spoilt = self.bytes().to_vec();
        spoilt[place..place + bytes.len()].copy_from_slice(bytes);
        spoilt
    }

    fn flipped(&self, place: usize, bits: u8) -> Vec<u8> {
        self.with(place, &[self.bytes()[place] ^ bits])
    }

    /// What the door says of it now.
    fn test(&self, flag: &'static str, comment: impl Into<String>, payload: &[u8]) -> Test {
        let test = self
            .asked
            .test_changed(self.world, comment, (self.bytes(), payload), NOW);
        test.flags(&[flag])
    }

    /// The same, which must be refused.
    fn refused(&self, flag: &'static str, comment: impl Into<String>, payload: &[u8]) -> Test {
        let test = self.test(flag, comment, payload);
        assert!(!test.valid, "{}", test.comment);
        test
    }
}

/// The files.
#[must_use]
pub fn files(hidden: &World, known: &World, registered: &World) -> Vec<VectorFile> {
    vec![
        bytes::header(hidden),
        bytes::points(hidden),
        bytes::scalars(hidden),
        bytes::disclosed(hidden),
        objects::file(hidden, known),
        clock::file(hidden),
        clock::asked(hidden, known, registered),
    ]
}
