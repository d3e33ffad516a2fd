//! EU certificates and ICAO seals.

use ciborium::{Value, cbor};
use coset::{Header, HeaderBuilder, TaggedCborSerializable, iana};
use serde_json::json;
use veilpass_evidence::Trust;

use super::{Tried, outcome};
use crate::seals;
use veilpass_fixture::certificates::{
    DAY, NOW, VACCINATION, bytes, claims, claims_of, hc1, judge, recovery, seal, test, vaccination,
    with,
};
use veilpass_fixture::signer::Signer;

/// What comes of this certificate, signed by a good signer.
fn of(certificate: &Value) -> String {
    signed(&claims(certificate))
}

fn signed(claims: &Value) -> String {
    let signer = Signer::german();
    outcome(&judge(&signer.dcc(claims), &signer.trust()))
}

fn text(text: &str) -> String {
    outcome(&judge(text, &Signer::german().trust()))
}

/// With fields set (`/` between names), or taken away.
fn but(certificate: Value, fields: &[(&str, Option<Value>)]) -> String {
    let changed = fields.iter().fold(certificate, |certificate, (path, new)| {
        let path: Vec<_> = path.split('/').collect();
        with(certificate, &path, new.clone())
    });
    of(&changed)
}

fn put(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

pub(super) fn tried() -> Vec<Tried> {
    [
        schema(),
        persons(),
        envelope(),
        signature(),
        seals(),
        foreign(),
    ]
    .concat()
}

fn schema() -> Vec<Tried> {
    let version = |version: &str| ("ver", put(version));
    vec![
        (
            "a dose number that is no whole number",
            but(vaccination(), &[("v/dn", put(2.5))]),
        ),
        (
            "a test without its centre, 1.3.0",
            but(test(), &[("t/tc", None)]),
        ),
        (
            "a test without its centre, 1.0.0",
            but(test(), &[version("1.0.0"), ("t/tc", None)]),
        ),
        (
            "a test's name of 200 characters, 1.3.0",
            but(test(), &[("t/nm", put("x".repeat(200)))]),
        ),
        (
            "empty texts in optional fields",
            but(test(), &[("t/nm", put("")), ("t/ma", put(""))]),
        ),
        (
            "groups that are null",
            but(
                vaccination(),
                &[("r", put(Value::Null)), ("t", put(Value::Null))],
            ),
        ),
        (
            "a dose's date with a time behind it",
            but(vaccination(), &[("v/dt", put("2021-06-01T22:54:00+02:00"))]),
        ),
        (
            "a tagged date of sampling",
            but(
                test(),
                &[(
                    "t/sc",
                    put(Value::Tag(0, Box::new(Value::from("2021-06-27T08:25:00Z")))),
                )],
            ),
        ),
        (
            "a date of sampling in milliseconds",
            but(test(), &[("t/sc", put(1_621_168_496_000_i64))]),
        ),
        (
            "a recovery in the year 909",
            but(recovery(), &[("r/fr", put("0909-03-01"))]),
        ),
        ("no vaccine named", but(vaccination(), &[("v/vp", None)])),
        ("no schema version", but(vaccination(), &[("ver", None)])),
        (
            "somebody's number where the version belongs",
            but(vaccination(), &[("ver", put("12345678Z"))]),
        ),
        (
            "a dose that is still to come",
            but(vaccination(), &[("v/dt", put("2021-07-15"))]),
        ),
        (
            "a dose before the birth",
            but(vaccination(), &[("dob", put("2021-06-02"))]),
        ),
    ]
}

fn persons() -> Vec<Tried> {
    let version = |version: &str| ("ver", put(version));
    vec![
        (
            "a birth without its month, 1.3.0",
            but(vaccination(), &[("dob", put("1980-00"))]),
        ),
        (
            "a birth without its month, 1.0.0",
            but(vaccination(), &[version("1.0.0"), ("dob", put("1980-00"))]),
        ),
        (
            "no date of birth known, 1.3.0",
            but(vaccination(), &[("dob", put(""))]),
        ),
        (
            "a birth with midnight behind it",
            but(vaccination(), &[("dob", put("1980-02-29T00:00:00"))]),
        ),
        (
            "a birth with another time behind it",
            but(vaccination(), &[("dob", put("1980-02-29T05:00:00Z"))]),
        ),
        (
            "a birth with letters in it",
            but(vaccination(), &[("dob", put("1968-xx-xx"))]),
        ),
        (
            "one name only, as in a passport, 1.3.2",
            but(
                vaccination(),
                &[
                    version("1.3.2"),
                    ("nam", put(cbor!({ "gnt" => "SUKARNO" }).unwrap())),
                ],
            ),
        ),
        (
            "one name only, as in a passport, 1.3.0",
            but(
                vaccination(),
                &[("nam", put(cbor!({ "gnt" => "SUKARNO" }).unwrap()))],
            ),
        ),
        (
            "a name whose own letters are empty",
            but(
                vaccination(),
                &[(
                    "nam",
                    put(
                        cbor!({ "fn" => "", "gn" => "", "fnt" => "MUELLER", "gnt" => "ANNA" })
                            .unwrap(),
                    ),
                )],
            ),
        ),
        (
            "a title as two signs of a passport",
            but(vaccination(), &[("nam/fnt", put("DR<<MUELLER"))]),
        ),
        (
            "a passport's name with accents",
            but(vaccination(), &[("nam/fnt", put("NOVÁK"))]),
        ),
        (
            "a name of signs only",
            but(
                vaccination(),
                &[("nam", put(cbor!({ "fnt" => "<<" }).unwrap()))],
            ),
        ),
    ]
}

fn envelope() -> Vec<Tried> {
    let signer = Signer::german();
    let good = signer.dcc(&claims(&vaccination()));
    let (start, end) = good.split_at(60);
    let of_times =
        |issued: i64, expires: i64| signed(&claims_of("DE", issued, expires, &vaccination()));
    let bare = cbor!({ 1 => "DE", -260 => { 1 => vaccination() } }).unwrap();
    vec![
        (
            "a byte order mark before it and a line break in it",
            text(&format!("\u{feff}{start}\r\n{end}\n")),
        ),
        (
            "two certificates at once",
            text(&format!("{good}\n{good}\n")),
        ),
        (
            "times in milliseconds",
            of_times((NOW - DAY) * 1000, (NOW + DAY) * 1000),
        ),
        ("no times at all", signed(&bare)),
        (
            "a number of seconds instead of an end",
            of_times(NOW - DAY, 42),
        ),
        (
            "both times in the year 1",
            of_times(-62_135_596_800, -62_135_596_800),
        ),
    ]
}

fn signature() -> Vec<Tried> {
    let signed_by =
        |signer: &Signer, claims: &Value| outcome(&judge(&signer.dcc(claims), &signer.trust()));
    let issued_by = |issuer: &str, subject: &str| {
        let claims = claims_of(issuer, NOW - DAY, NOW + DAY, &vaccination());
        signed_by(&Signer::new(2, subject, &[]), &claims)
    };
    let signer = Signer::german();
    let message = |protected: Header, unprotected: Header| {
        let message = signer.message(protected, unprotected, bytes(&claims(&vaccination())));
        text(&hc1(&message.to_tagged_vec().unwrap()))
    };
    let algorithm = || HeaderBuilder::new().algorithm(iana::Algorithm::ES256);
    let always = signer.dcc(&claims_of("DE", 0, NOW + 1000 * DAY, &vaccination()));
    let late = veilpass_evidence::check(always.as_bytes(), &signer.trust(), NOW + 200 * DAY);
    vec![
        (
            "a ministry's name as its issuer",
            issued_by("Ministry of Health", "CN=Signer,C=GR"),
        ),
        (
            "an insurance's letters as its issuer",
            issued_by("CNAM", "CN=Signer,C=FR"),
        ),
        (
            "a country in small letters as its issuer",
            issued_by("de", "CN=Signer,C=DE"),
        ),
        (
            "Greece as EL, signed as GR",
            issued_by("EL", "CN=Signer,C=GR"),
        ),
        (
            "another country than its signer's",
            issued_by("FR", "CN=Signer,C=DE"),
        ),
        (
            "its key named beside the signature",
            message(algorithm().build(), signer.header()),
        ),
        (
            "its key named by another digest",
            message(algorithm().key_id(vec![7; 16]).build(), Header::default()),
        ),
        ("its signer's own certificate out of force", outcome(&late)),
        (
            "a signer of web servers",
            signed_by(
                &Signer::new(2, "CN=Signer,C=DE", &["1.3.6.1.5.5.7.3.1"]),
                &claims(&vaccination()),
            ),
        ),
        (
            "a test by a signer for vaccinations",
            signed_by(
                &Signer::new(2, "CN=Signer,C=DE", &[VACCINATION]),
                &claims(&test()),
            ),
        ),
    ]
}

fn seals() -> Vec<Tried> {
    let signer = Signer::german();
    let of = |data: &serde_json::Value| text(&seal(&signer, data).to_string());
    let with = |pointer: &str, new: serde_json::Value| {
        let mut data = seals::vaccinated();
        *data.pointer_mut(pointer).unwrap() = new;
        of(&data)
    };
    let person = |person| with("/msg/pid", person);
    vec![
        ("a seal of vaccination", of(&seals::vaccinated())),
        ("a seal of a test", of(&seals::tested())),
        (
            "a seal with the dose's number as text",
            with("/msg/ve/0/vd/1/seq", json!("2")),
        ),
        (
            "a seal with a passport's number and no birth",
            person(json!({ "n": "MUELLER  ANNA", "i": "C01X00T47" })),
        ),
        (
            "a seal with neither",
            person(json!({ "n": "MUELLER  ANNA" })),
        ),
        (
            "a seal that nobody known signed",
            outcome(&judge(
                &seal(&signer, &seals::vaccinated()).to_string(),
                &Trust::default(),
            )),
        ),
    ]
}

fn foreign() -> Vec<Tried> {
    vec![
        (
            "India's certificate (DIVOC), a file in a code",
            text("PK\u{3}\u{4}\u{14}certificate.json"),
        ),
        (
            "New Zealand's pass",
            text("NZCP:/1/2KCEVIQEIVVWK6JNGEASNICZAEP2KALYDZSGSZB2O5SWEOTOPJRXALTDN53G"),
        ),
        (
            "a Dutch code for doors",
            text("NL2:8KDR4DNT0SA85P1H25O1SL8MJ7TAV45TY"),
        ),
        (
            "a link to records",
            text("shlink:/eyJ1cmwiOiJodHRwczovL2V4YW1wbGUifQ"),
        ),
        ("an address", text("https://verify.example/?c=1234")),
    ]
}
