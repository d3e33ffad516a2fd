//! The worked example of docs/format.md, regenerated.
mod layout;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::artefact::Artefact;
use veilpass::layout::LayoutError;
use veilpass::presentation::{Challenge, Door};
use veilpass::scheme::{Mode, VenueId, VenueKey};
use veilpass_fixture::city::{City, NOW, TODAY, at, day, rng};

/// A label, a number of bytes.
type Part = (&'static str, usize);

fn listing(out: &mut String, title: &str, bytes: &[u8], parts: &[Part]) {
    writeln!(out, "\n{title}, {} bytes:\n\n```text", bytes.len()).unwrap();
    let mut rest = bytes;
    for (label, length) in parts {
        let (part, others) = rest.split_at(*length);
        let hex = hex::encode(part);
        let shown = if hex.len() > 64 {
            format!("{}…{}", &hex[..48], &hex[hex.len() - 12..])
        } else {
            hex
        };
        writeln!(out, "{label:<22} {shown}").unwrap();
        rest = others;
    }
    assert!(
        rest.is_empty(),
        "{title}: {} bytes are not listed",
        rest.len()
    );
    writeln!(out, "```").unwrap();
}

fn example() -> String {
    let mut rng = StdRng::seed_from_u64(20_210_628);
    let mut city = City::new(28);
    let values = City::issuer_values(day(2022, 6, 1));
    let kept = city
        .clinic
        .offer(&city.scheme, &values, at(NOW + 600), &mut rng)
        .unwrap();
    let pending = kept
        .offer()
        .request(&city.scheme, &City::holder_values(), at(NOW), &mut rng)
        .unwrap();
    let mut out = String::new();
    listing(
        &mut out,
        "Offer",
        &kept.offer().to_bytes(),
        &[
            ("version, kind", 2),
            ("scheme_id", 32),
            ("X", 96),
            ("nonce", 16),
            ("expires", 8),
            ("renewal", 2),
            ("digest", 32),
            ("H(draw)", 32),
        ],
    );
    listing(
        &mut out,
        "Request",
        &pending.request().to_bytes(),
        &[
            ("version, kind", 2),
            ("H(offer)", 32),
            ("C", 48),
            ("c", 16),
            ("one-time key", 32),
            ("ŝ", 32),
            ("m̂_0", 32),
            ("name", 32),
            ("employer", 32),
        ],
    );
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    renewal(&mut out, &mut city, &credential);
    let bundle = city.door_bundle();
    let challenge = Challenge::from_store([0xab; 16], TODAY, 1);
    let ask = Door::new(&bundle, "restaurant", "Cafe Pushkin")
        .unwrap()
        .ask(&challenge);
    listing(
        &mut out,
        "Question",
        &ask.to_bytes(),
        &[
            ("version, kind", 2),
            ("scheme", 4),
            ("mode", 1),
            ("flags", 1),
            ("policy", 2),
            ("audience", 2 + 12),
            ("card", 2),
            ("nonce", 16),
            ("day", 4),
            ("epoch", 4),
        ],
    );
    let key = VenueKey::generate(&mut rng);
    let id = VenueId::random(&mut rng);
    let card = city.venue_card(id, "Cafe Pushkin", &key);
    listing(
        &mut out,
        "Registration of a venue",
        &key.register(city.scheme.id(), "Cafe Pushkin")
            .unwrap()
            .to_bytes(),
        &[
            ("version, kind", 2),
            ("signature", 64),
            ("scheme_id", 32),
            ("venue's key", 32),
            ("name", 2 + 12),
        ],
    );
    let door = Door::registered(&bundle, "restaurant", &card).unwrap();
    listing(
        &mut out,
        "Question of a registered venue",
        &door
            .ask_signed(&challenge, &key, at(NOW))
            .unwrap()
            .to_bytes(),
        &[
            ("version, kind", 2),
            ("scheme", 4),
            ("mode", 1),
            ("flags", 1),
            ("policy", 2),
            ("audience", 2),
            ("length of the card", 2),
            ("version, kind", 2),
            ("signature", 64),
            ("scheme_id", 32),
            ("id", 16),
            ("name", 2 + 12),
            ("policies", 2 + 2 * 2),
            ("venue's key", 32),
            ("end", 8),
            ("nonce", 16),
            ("day", 4),
            ("epoch", 4),
            ("good until", 8),
            ("signature", 64),
        ],
    );
    let holder = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe Pushkin");
    let pass = credential
        .present(&holder, &ask, None, at(NOW), &mut rng)
        .unwrap();
    listing(
        &mut out,
        "Pass",
        pass.as_bytes(),
        &[
            ("version, kind", 2),
            ("scheme", 4),
            ("mode", 1),
            ("policy", 4),
            ("audience", 4),
            ("epoch or period", 4),
            ("day", 4),
            ("bucket", 4),
            ("X'", 96),
            ("X1'", 48),
            ("D̄", 48),
            ("Ā", 48),
            ("B̄", 48),
            ("Ā_c", 48),
            ("B̄_c", 48),
            ("W", 48),
            ("W̄", 48),
            ("C'", 48),
            ("C̄'", 48),
            ("nym", 48),
            ("c", 16),
            ("ŝ", 32),
            ("secret", 32),
            ("handle", 32),
            ("until", 32),
            ("until_strict", 32),
            ("name", 32),
            ("employer", 32),
            ("birth_date", 32),
            ("id_hint", 32),
            ("ê'", 32),
            ("−r̂1", 32),
            ("−r̂3", 32),
            ("ρ̂", 32),
            ("σ̂", 32),
            ("â", 32),
            ("v̂", 32),
            ("ŵ", 32),
        ],
    );
    out
}

/// The request of a renewal: a pass without header and pseudonym, behind what it is bound to.
fn renewal(out: &mut String, city: &mut City, credential: &Credential) {
    let holder = city.holder_bundle();
    let kept = city.offer_renewal(true, day(2022, 7, 1), NOW);
    let pending = (kept.offer()).renew(&holder, credential, at(NOW), &mut city.rng);
    let parts = [
        ("version, kind", 2),
        ("H(offer)", 32),
        ("C", 48),
        ("one-time key", 32),
        ("X'", 96),
        ("X1'", 48),
        ("D̄, Ā, B̄", 3 * 48),
        ("Ā_c, B̄_c", 2 * 48),
        ("W, W̄", 2 * 48),
        ("C', C̄'", 2 * 48),
        ("c", 16),
        ("ŝ", 32),
        ("secret", 32),
        ("handle", 32),
        ("until", 32),
        ("until_strict", 32),
        ("name", 32),
        ("employer", 32),
        ("birth_date", 32),
        ("id_hint", 32),
        ("ê', −r̂1, −r̂3", 3 * 32),
        ("ρ̂, σ̂, â", 3 * 32),
        ("v̂", 32),
        ("ŵ", 32),
        ("ŝ'", 32),
    ];
    let bytes = pending.unwrap().request().to_bytes();
    listing(out, "Renewal request", &bytes, &parts);
}

/// With `VEILPASS_WRITE_EXAMPLE` set, writes the example into the document instead.
#[test]
fn the_worked_example_of_the_format_is_what_the_code_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- example -->").unwrap();
    let (written, after) = rest.split_once("<!-- /example -->").unwrap();
    let made = format!("{}\n", example());
    if std::env::var_os("VEILPASS_WRITE_EXAMPLE").is_some() {
        fs::write(
            &path,
            format!("{before}<!-- example -->{made}<!-- /example -->{after}"),
        )
        .unwrap();
        return;
    }
    assert_eq!(written.replace("\r\n", "\n"), made);
}

#[test]
fn every_byte_of_a_pass_has_a_name() {
    let (mut city, credential, payload) = veilpass_fixture::city::shown();
    let bundle = city.door_bundle();
    let names = [
        ("signed by a hidden issuer", 3, 3),
        ("issuer accredited", 2, 3),
        ("date at least", 2, 1),
        ("not revoked", 2, 1),
        ("one showing a venue and day", 1, 0),
    ];
    let statements = bundle.statement_names("restaurant").unwrap();
    assert_eq!(statements, names.map(|(name, _, _)| name));
    assert_eq!(bundle.statement_names("no such policy"), None);
    let mut expected = vec![("hidden issuer: X', X1'".to_owned(), 144)];
    expected.extend(names.map(|(name, points, _)| (format!("{name}: points"), 48 * points)));
    expected.push(("challenge".to_owned(), 16));
    expected.push(("response of s".to_owned(), 32));
    let attributes = city.scheme.schema().attributes();
    expected.extend(
        attributes
            .iter()
            .map(|a| (format!("response of {}", a.name), 32)),
    );
    let own = names.iter().filter(|(_, _, variables)| *variables > 0);
    expected.extend(own.map(|(name, _, own)| (format!("{name}: responses"), 32 * own)));
    let layout = |payload: &[u8], bundle| {
        let parts = Artefact::Pass.layout(payload, bundle)?;
        let parts = parts
            .into_iter()
            .map(|part| (part.name.into_owned(), part.length));
        Ok::<Vec<_>, LayoutError>(parts.collect())
    };
    let parts = layout(&payload, Some(&bundle)).unwrap();
    assert_eq!(parts[8..], expected);
    let header: usize = parts[..8].iter().map(|(_, length)| length).sum();
    assert_eq!(header, 27);

    // Without the bundle the header alone has names.
    let parts = layout(&payload, None).unwrap();
    assert_eq!(parts[8..], [("proof".to_owned(), payload.len() - 27)]);
    assert!(layout(&payload[1..], None).is_err());

    // A disclosed attribute has no response; its value comes last.
    let ask = city.ask(Mode::Strip, "paper", "any");
    let holder = city.holder_bundle();
    let strip = credential.present(&holder, &ask, Some(day(2021, 6, 28)), at(NOW), &mut rng());
    let strip = strip.unwrap();
    let parts = layout(strip.as_bytes(), Some(&bundle)).unwrap();
    let value = ("value of id_hint".to_owned(), 2 + "A.K.".len());
    assert_eq!(parts.last(), Some(&value));
    assert!(parts.iter().all(|(name, _)| name != "response of id_hint"));
    let all: usize = parts.iter().map(|(_, length)| length).sum();
    assert_eq!(all, strip.as_bytes().len());
}
