//! What a text is: which certificate, or what else. Files and scanners add a byte order mark and line breaks, which are
//! no part of any of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Flaw;
use super::dcc;
use super::flaw::Foreign;

/// The longest text of one code that is read, in bytes: two QR codes full of digits. A health card in many codes has as
/// many.
const MAX_CODE: usize = 16 << 10;
const MAX_CARD: usize = 64 << 10;

/// The largest JSON, in bytes.
const MAX_JSON: usize = 256 << 10;

/// The most codes of one health card.
const MAX_CHUNKS: usize = 100;

/// The most cards in a file.
const MAX_CARDS: usize = 16;

/// What the text of a health card's code begins with.
const CARD: &str = "shc:/";

/// What a text is.
pub(super) enum Kind {
    /// An EU DCC, without its prefix.
    Dcc(String),
    /// The digits of a health card.
    Card(String),
    /// Compact JWS of health cards.
    Cards(Vec<String>),
    /// An ICAO seal.
    Seal(Value),
    /// What must be a bundle.
    Bundle(String),
}

impl Kind {
    /// Looks at a text.
    pub(super) fn of(input: &[u8]) -> Result<Self, Flaw> {
        // A ZIP with a file of this name is what DIVOC puts into its codes.
        if input.starts_with(b"PK\x03\x04") {
            return Err(foreign(Foreign::Divoc));
        }
        let text = std::str::from_utf8(input).map_err(|_| Flaw::Unknown)?;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.starts_with('{') {
            return json(text);
        }
        if text.len() > MAX_CARD {
            return Err(Flaw::TooLong);
        }
        if starts_with_card(text) {
            return card(text);
        }
        if text.len() > MAX_CODE {
            return Err(Flaw::TooLong);
        }
        let mut lines = text.lines().map(str::trim_start);
        if lines
            .by_ref()
            .skip(1)
            .any(|line| line.starts_with(dcc::PREFIX) || starts_with_card(line))
        {
            return Err(Flaw::Several);
        }
        if let Some(encoded) = text.strip_prefix(dcc::PREFIX) {
            // A space is a character of base45 like others; one that was copied from a page may be another.
            let encoded = encoded
                .chars()
                .filter(|c| !matches!(c, '\r' | '\n' | '\u{feff}'));
            let encoded = encoded.map(|c| if c == '\u{a0}' { ' ' } else { c });
            return Ok(Self::Dcc(encoded.collect()));
        }
        Err(other(text))
    }
}

fn foreign(kind: Foreign) -> Flaw {
    Flaw::Foreign { kind }
}

fn starts_with_card(text: &str) -> bool {
    let head = text.get(..CARD.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(CARD))
}

/// A text that is no certificate that is read.
fn other(text: &str) -> Flaw {
    let jws = || {
        let parts: Vec<_> = text.split('.').collect();
        text.starts_with("eyJ") && parts.len() == 3
    };
    match text.split_once(':') {
        _ if text.starts_with("PK") => foreign(Foreign::Divoc),
        _ if text.starts_with("NZCP:/") => foreign(Foreign::NewZealand),
        Some((head, _)) if head.len() == 3 && head.starts_with("NL") => foreign(Foreign::Dutch),
        _ if text.contains("shlink:/") => foreign(Foreign::Link),
        _ if text.starts_with("http://") || text.starts_with("https://") => {
            foreign(Foreign::Address)
        }
        Some((context, _)) if context.starts_with("HC") && context.len() == 3 => Flaw::Context,
        _ if jws() => foreign(Foreign::Pass),
        _ => Flaw::Unknown,
    }
}

/// A file of cards, a seal, or a bundle.
fn json(text: &str) -> Result<Kind, Flaw> {
    let whole = || Ok(Kind::Bundle(text.to_owned()));
    if text.len() > MAX_JSON {
        return Err(Flaw::TooLong);
    }
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return whole();
    };
    if let Some(cards) = json.get("verifiableCredential").and_then(Value::as_array) {
        let cards = cards.iter().filter_map(Value::as_str).map(str::to_owned);
        let cards: Vec<_> = cards.take(MAX_CARDS + 1).collect();
        return match cards.len() {
            0 => Err(Flaw::Unknown),
            1..=MAX_CARDS => Ok(Kind::Cards(cards)),
            _ => Err(Flaw::Several),
        };
    }
    if json.get("data").is_some() && json.get("sig").is_some() {
        return Ok(Kind::Seal(json));
    }
    let is_divoc = json.get("credentialSubject").is_some() && json.get("proof").is_some();
    match is_divoc {
        true => Err(foreign(Foreign::Divoc)),
        false => whole(),
    }
}

/// The digits of a health card in one code, `shc:/…`, or in several, `shc:/1/3/…` (framework, "Chunking"), in any order.
fn card(text: &str) -> Result<Kind, Flaw> {
    let codes = text
        .split_whitespace()
        .fold(Vec::<String>::new(), |mut codes, piece| {
            match codes.last_mut() {
                // Digits that go on in the next line.
                Some(last) if !starts_with_card(piece) => last.push_str(piece),
                _ => codes.push(piece.to_owned()),
            }
            codes
        });
    let bodies = codes.iter().filter_map(|code| code.get(CARD.len()..));
    let bodies: Vec<_> = bodies.collect();
    if let [whole] = bodies.as_slice()
        && !whole.contains('/')
    {
        return Ok(Kind::Card((*whole).to_owned()));
    }
    if bodies.iter().all(|body| !body.contains('/')) {
        return Err(Flaw::Several);
    }
    let mut of = None;
    let mut parts = BTreeMap::new();
    for body in bodies {
        let (number, all, digits) = chunk(body).ok_or(Flaw::ChunksDiffer)?;
        let known = parts.insert(number, digits);
        if *of.get_or_insert(all) != all || known.is_some_and(|known| known != digits) {
            return Err(Flaw::ChunksDiffer);
        }
    }
    let (have, of) = (parts.len(), of.unwrap_or(0));
    if have < of {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (have, of) = (count(have), count(of));
        return Err(Flaw::Chunks { have, of });
    }
    Ok(Kind::Card(parts.into_values().collect()))
}

/// Number, how many there are, and digits.
fn chunk(body: &str) -> Option<(usize, usize, &str)> {
    let mut parts = body.splitn(3, '/');
    let number: usize = parts.next()?.parse().ok()?;
    let all: usize = parts.next()?.parse().ok()?;
    let digits = parts.next()?;
    let counts = (1..=all).contains(&number) && all <= MAX_CHUNKS;
    counts.then_some((number, all, digits))
}
