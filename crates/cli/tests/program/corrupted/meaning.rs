//! What a spoiled file still says, judged without the program.

use std::io::Cursor;

use veilpass::issuance::{ClaimCode, Offer};
use veilpass::presentation::Question;
use veilpass::qr;
use veilpass_evidence::register::{Register, RegisterForm, RegisterMap};
use veilpass_evidence::rules::{UnverifiedRules, sign};
use veilpass_evidence::{CardIssuers, Trust, TrustList, check};

use super::town::{CARD_ISSUER, MAP, World};

/// What a spoiled file still says, judged without the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is not what it should be: the command must refuse it and change nothing.
    Nothing,
    /// What it said before: a bit of a picture that its error correction mends, a line's end.
    Same,
    /// Something else, in good form: nobody signed this kind of file, so nobody can tell.
    Other,
}
use Meaning::{Nothing, Other, Same};

pub type Judge = fn(&World, good: &[u8], bad: &[u8]) -> Meaning;

/// The bytes of an artefact in any of its forms.
fn payload(content: &[u8]) -> Option<Vec<u8>> {
    if content.starts_with(b"\x89PNG") || content.starts_with(&[0xff, 0xd8]) {
        let text = veilpass_reader::text_in_file(content).ok()?;
        return qr::from_text(&text).ok();
    }
    match content.first()? {
        0..9 => Some(content.to_vec()),
        _ => qr::from_text(std::str::from_utf8(content).ok()?).ok(),
    }
}

fn when(other: bool) -> Meaning {
    if other { Other } else { Nothing }
}

/// Signed, sealed or proven: the same bytes or nothing.
pub fn sealed(_: &World, good: &[u8], bad: &[u8]) -> Meaning {
    let wanted = payload(good).unwrap();
    if payload(bad) == Some(wanted) {
        Same
    } else {
        Nothing
    }
}

pub fn nothing(_: &World, _: &[u8], _: &[u8]) -> Meaning {
    Nothing
}

/// A drawing is not read, but the picture of a question in its place is.
pub fn drawn_question(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(payload(bad).is_some_and(|bytes| Question::from_bytes(&bytes).is_ok()))
}

/// The same for a pass.
pub fn drawn_pass(world: &World, _: &[u8], bad: &[u8]) -> Meaning {
    sealed(world, world.good("pass.vp"), bad)
}

pub fn offer(world: &World, good: &[u8], bad: &[u8]) -> Meaning {
    let same = sealed(world, good, bad);
    let decodes = payload(bad).is_some_and(|bytes| Offer::from_bytes(&bytes).is_ok());
    if same == Same { Same } else { when(decodes) }
}

pub fn question(world: &World, good: &[u8], bad: &[u8]) -> Meaning {
    let same = sealed(world, good, bad);
    let decodes = payload(bad).is_some_and(|bytes| Question::from_bytes(&bytes).is_ok());
    if same == Same { Same } else { when(decodes) }
}

/// For `inspect`, which looks at form alone.
pub fn form(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let letter = payload(bad).and_then(|bytes| bytes.get(1).copied());
    when(letter.is_some_and(|letter| b"SIahcBHOqrQP".contains(&letter)))
}

fn text(bad: &[u8]) -> Option<&str> {
    std::str::from_utf8(bad).ok()
}

pub fn scheme_file(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let table = text(bad).and_then(|text| text.parse::<toml::Table>().ok());
    when(table.is_some_and(|table| {
        ["name", "zone", "policy"]
            .iter()
            .all(|key| table.contains_key(*key))
    }))
}

pub fn rules(world: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(text(bad).is_some_and(|text| sign(text, &world.key, world.card.scheme()).is_ok()))
}

pub fn signed_rules(world: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let good =
        text(bad).is_some_and(|text| UnverifiedRules(text).verify(&world.card, None).is_ok());
    if good { Same } else { Nothing }
}

pub fn map(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(text(bad).is_some_and(|text| RegisterMap::read(text).is_ok()))
}

fn register(bad: &[u8], form: RegisterForm) -> Meaning {
    let map = RegisterMap::read(MAP).unwrap();
    when(Register::open(Cursor::new(bad), form, map).unwrap().is_ok())
}

pub fn csv_register(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    register(bad, RegisterForm::Csv)
}

/// Whatever it is, it has lines.
pub fn ndjson_register(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    register(bad, RegisterForm::FhirLines)
}

/// A list that names at least one handle, and nothing that is none.
pub fn handles(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let Some(text) = text(bad) else {
        return Nothing;
    };
    let mut words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .peekable();
    let some = words.peek().is_some();
    when(some && words.all(|word| word.len() == 64 && hex::decode(word).is_ok()))
}

pub fn claim(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(text(bad).is_some_and(|text| ClaimCode::from_text(text).is_ok()))
}

pub fn claims(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).from_reader(bad);
    let records: Result<Vec<_>, _> = reader.records().collect();
    let Ok(records) = records else { return Nothing };
    let column = records
        .first()
        .and_then(|head| head.iter().position(|name| name == "code"));
    let rows = &records[usize::from(column.is_some()).min(records.len())..];
    let code = |row: &csv::StringRecord| {
        ClaimCode::from_text(row.get(column.unwrap_or(0)).unwrap_or("")).is_ok()
    };
    when(!rows.is_empty() && rows.iter().all(code))
}

pub fn settings(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let lines = text(bad).map(|text| text.lines().filter(|line| !line.trim().is_empty()));
    when(lines.is_some_and(|mut lines| lines.all(|line| line.contains('='))))
}

pub fn passphrase(_: &World, good: &[u8], bad: &[u8]) -> Meaning {
    let first = |bytes| text(bytes).and_then(|text| text.lines().next().map(str::to_owned));
    if first(bad) == first(good) {
        Same
    } else {
        Nothing
    }
}

/// Whom the certificates are judged by.
fn trust(world: &World) -> Trust {
    let mut trust = Trust::default();
    trust
        .certificates
        .add(world.good("signers/state.der"))
        .unwrap();
    trust
        .cards
        .add(CARD_ISSUER, Some("US"), world.good("keys.json"))
        .unwrap();
    trust
}

/// Signed evidence states what it stated, or nothing.
pub fn evidence(world: &World, good: &[u8], bad: &[u8]) -> Meaning {
    let trust = trust(world);
    let stated = |bytes: &[u8]| {
        let text = match bytes.starts_with(b"\x89PNG") {
            true => veilpass_reader::text_in_file(bytes).ok()?.into_bytes(),
            false => bytes.to_vec(),
        };
        check(&text, &trust, veilpass_fixture::certificates::NOW)
            .evidence
            .map(|evidence| format!("{evidence:?}"))
    };
    let (was, is) = (stated(good).unwrap(), stated(bad));
    assert!(
        is.as_ref().is_none_or(|is| *is == was),
        "signed evidence that states something else"
    );
    if is.is_some() { Same } else { Nothing }
}

pub fn unsigned_evidence(world: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(
        check(bad, &trust(world), veilpass_fixture::certificates::NOW)
            .evidence
            .is_some(),
    )
}

/// A signer's certificate that reads: its own signature is of a root that nobody here knows.
pub fn signer(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(TrustList::new().add(bad).is_ok())
}

pub fn card_keys(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    when(CardIssuers::new().add(CARD_ISSUER, Some("US"), bad).is_ok())
}

pub fn cards(_: &World, _: &[u8], bad: &[u8]) -> Meaning {
    let table = text(bad).and_then(|text| text.parse::<toml::Table>().ok());
    when(table.is_some_and(|table| table.contains_key("issuer")))
}
