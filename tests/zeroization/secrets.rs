//! What is looked for: every secret in each form that it may have in memory, in pieces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use veilpass::internals::curve::{G1Affine, Scalar, g1_to_bytes, scalar_to_bytes};

use super::image::{Place, Region};

/// Bytes of a piece. A freed block loses its first 16 bytes to the allocator and may be cut anywhere by
/// the next owner, so a part of a secret counts as found.
const PIECE: usize = 16;
/// The shortest piece: by chance one of 8 bytes is in an image of 2^25 bytes once in 2^39.
const LEAST: usize = 8;

const ORDER: &str = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
const MODULUS: &str = "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";

/// Secrets by name, each with its forms.
#[derive(Default)]
pub struct Secrets {
    forms: BTreeMap<String, Vec<(&'static str, Vec<u8>)>>,
    fleeting: BTreeSet<String>,
}

/// What was found of one secret: its form, where, how often.
pub type Findings = BTreeMap<(String, Place), BTreeMap<&'static str, usize>>;

impl Secrets {
    fn add(&mut self, name: &str, form: &'static str, bytes: Vec<u8>) {
        assert!(bytes.len() >= LEAST, "{name} is too short to be found");
        let forms = self.forms.entry(name.to_owned()).or_default();
        forms.push((form, bytes));
    }

    /// Bytes that have one form.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.add(name, "bytes", bytes.to_vec());
    }

    /// Bytes that live too short to be found.
    pub fn fleeting(&mut self, name: &str, bytes: &[u8]) {
        self.bytes(name, bytes);
        self.fleeting.insert(name.to_owned());
    }

    /// A scalar: big-endian as it is encoded, little-endian, and in Montgomery form as it lies in memory.
    pub fn scalar(&mut self, name: &str, scalar: &Scalar) {
        let bytes = scalar_to_bytes(scalar);
        let mut little = bytes.to_vec();
        little.reverse();
        self.add(name, "bytes", bytes.to_vec());
        self.add(name, "little-endian", little);
        self.add(name, "limbs", montgomery(&bytes, ORDER));
    }

    /// A point of G1: x as it is encoded, and in Montgomery form as it lies in memory.
    pub fn point(&mut self, name: &str, point: &G1Affine) {
        let mut x = g1_to_bytes(point);
        x[0] &= 0x1f;
        self.add(name, "limbs", montgomery(&x, MODULUS));
        // The first byte has flags.
        self.add(name, "bytes", x[1..].to_vec());
    }

    /// A string, as its bytes.
    pub fn text(&mut self, name: &str, text: &str) {
        self.add(name, "text", text.as_bytes().to_vec());
    }

    /// Only those of these names live long enough to be found.
    pub fn lasting_only(&mut self, names: &[&str]) {
        let all = self.forms.keys();
        let others = all.filter(|name| !names.contains(&name.as_str()));
        self.fleeting = others.cloned().collect();
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.forms.keys().map(String::as_str)
    }

    /// Those that can be found while they live.
    pub fn lasting(&self) -> impl Iterator<Item = &str> {
        self.names().filter(|name| !self.fleeting.contains(*name))
    }

    /// Looks for every piece at every address.
    pub fn find(&self, regions: &[Region]) -> Findings {
        let mut pieces: HashMap<[u8; LEAST], Vec<(&str, &'static str, &[u8])>> = HashMap::new();
        for (name, forms) in &self.forms {
            for (form, bytes) in forms {
                for piece in cut(bytes) {
                    let head = *piece.first_chunk().unwrap();
                    pieces.entry(head).or_default().push((name, form, piece));
                }
            }
        }
        // Most addresses are dismissed by two bytes.
        let mut begins = vec![false; 1 << 16];
        for head in pieces.keys() {
            begins[usize::from(u16::from_le_bytes([head[0], head[1]]))] = true;
        }
        let mut findings = Findings::new();
        for region in regions {
            for (offset, head) in region.bytes.windows(LEAST).enumerate() {
                if !begins[usize::from(u16::from_le_bytes([head[0], head[1]]))] {
                    continue;
                }
                for (name, form, piece) in pieces.get(head).into_iter().flatten() {
                    if region.bytes[offset..].starts_with(piece) {
                        let place = ((*name).to_owned(), region.place);
                        *findings.entry(place).or_default().entry(form).or_default() += 1;
                    }
                }
            }
        }
        findings
    }
}

/// Pieces of 16 bytes, and the last 16 (or all, if there are fewer).
fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    let whole = bytes.chunks_exact(PIECE);
    let mut pieces: Vec<_> = whole.clone().collect();
    if !whole.remainder().is_empty() {
        pieces.push(&bytes[bytes.len().saturating_sub(PIECE)..]);
    }
    pieces
}

/// The number times 2^(its bits) modulo `modulus`, least significant byte first: how both backends keep it
/// on a little-endian machine.
fn montgomery(number: &[u8], modulus: &str) -> Vec<u8> {
    let modulus = hex::decode(modulus).unwrap();
    let mut value = number.to_vec();
    for _ in 0..8 * number.len() {
        // Both moduli leave the highest bit free: doubling does not overflow.
        let mut carry = 0;
        for byte in value.iter_mut().rev() {
            let doubled = u16::from(*byte) * 2 + carry;
            *byte = doubled.to_le_bytes()[0];
            carry = doubled >> 8;
        }
        if value >= modulus {
            let mut borrow = 0;
            for (byte, less) in value.iter_mut().zip(&modulus).rev() {
                let (rest, first) = byte.overflowing_sub(*less);
                let (rest, second) = rest.overflowing_sub(borrow);
                *byte = rest;
                borrow = u8::from(first || second);
            }
        }
    }
    value.reverse();
    value
}
