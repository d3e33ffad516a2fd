//! Ways in which a file comes to harm.

use rand::{Rng, RngExt, rngs::StdRng};

/// So many ways there are.
pub const WAYS: usize = 13;

/// More than the program reads: 128 MiB.
const TOO_LARGE: usize = (128 << 20) + 2;

fn noise(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn place(rng: &mut StdRng, bytes: &[u8]) -> usize {
    rng.random_range(0..bytes.len().max(1))
}

fn flip(bytes: &mut [u8], rng: &mut StdRng) {
    let place = place(rng, bytes);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1 << rng.random_range(0..8);
    }
}

/// Two stretches that do not meet, and are as long as each other.
fn stretches(rng: &mut StdRng, bytes: &[u8]) -> (usize, usize, usize) {
    let length = rng.random_range(1..=(bytes.len() / 3).max(1));
    let first = rng.random_range(0..=(bytes.len() / 2).saturating_sub(length));
    let second = rng.random_range(bytes.len() / 2..=bytes.len().saturating_sub(length));
    (first, second, length)
}

/// `good`, spoiled in the given way; never as it was. `others` are files of other kinds. The first file of
/// a kind that is oversized is larger than anything that is read, the others are a megabyte.
pub fn spoil(
    good: &[u8],
    others: &[&[u8]],
    (way, first): (usize, bool),
    rng: &mut StdRng,
) -> Vec<u8> {
    let mut bytes = good.to_vec();
    match way % WAYS {
        0 => bytes.truncate(place(rng, good)),
        1 => flip(&mut bytes, rng),
        2 => (0..rng.random_range(2..20)).for_each(|_| flip(&mut bytes, rng)),
        3 => {
            let (a, b, length) = stretches(rng, good);
            (0..length.min(good.len() - b)).for_each(|i| bytes.swap(a + i, b + i));
        }
        4 => {
            let (a, _, length) = stretches(rng, good);
            let end = (a + length).min(good.len());
            let other = noise(rng, end - a);
            bytes[a..end].copy_from_slice(&other);
        }
        5 => {
            let (_, b, length) = stretches(rng, good);
            let end = (b + length).min(good.len());
            bytes[b..end].fill(0);
        }
        6 => {
            let length = rng.random_range(0..5000);
            bytes = noise(rng, length);
        }
        7 if first => bytes = Vec::new(),
        // The head as it was, the rest noise.
        7 => {
            let keep = place(rng, &good[..good.len().min(100)]);
            let other = noise(rng, good.len() - keep);
            bytes[keep..].copy_from_slice(&other);
        }
        8 => bytes = others[rng.random_range(0..others.len())].to_vec(),
        9 if first => bytes.resize(TOO_LARGE, 0),
        9 => {
            let length = 1 << rng.random_range(0..21);
            let more = noise(rng, length);
            bytes.extend(more);
        }
        10 => bytes = text_noise(rng),
        // What is no UTF-8, or acts on a terminal, in the middle of it.
        11 => {
            let foreign: [&[u8]; 4] = [
                b"\xff\xfe",
                b"\xc3\x28",
                b"\x1b[2J\x1b[31m",
                b"\xe2\x80\xae",
            ];
            let foreign = foreign[rng.random_range(0..4)].iter().copied();
            let place = place(rng, good);
            bytes.splice(place..place, foreign);
        }
        // Some bytes are gone.
        _ => {
            let (a, _, length) = stretches(rng, good);
            bytes.drain(a..a + length.min(20).min(good.len() - a));
        }
    }
    if bytes == good {
        bytes.push(b'!');
        flip(&mut bytes, rng);
    }
    bytes
}

/// Words, numbers and signs that files of this program have, in no order, in lines or without any.
fn text_noise(rng: &mut StdRng) -> Vec<u8> {
    const WORDS: [&str; 24] = [
        "VP2:",
        "HC1:",
        "shc:/",
        "name",
        "=",
        "[",
        "]",
        "[[policy]]",
        "\"",
        "\n",
        "\n",
        ";",
        ",",
        "until",
        "2022-06-01",
        "never",
        "{",
        "}",
        "\u{1b}[31m",
        "\u{202e}",
        "Ä",
        "-1",
        "99999999999999999999",
        " ",
    ];
    let mut text = String::new();
    for _ in 0..rng.random_range(1..400) {
        text.push_str(WORDS[rng.random_range(0..WORDS.len())]);
    }
    text.into_bytes()
}
