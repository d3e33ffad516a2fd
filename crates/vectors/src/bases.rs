//! Points that everybody has, attributes as scalars, the domain.

use veilpass::internals::trace;
use veilpass::internals::{curve::HashSuite, first_accumulator};
use veilpass::scheme::{Day, Value};

use crate::json::{Group, Test, VectorFile, bytes};
use crate::object;
use crate::world::World;

const API: &str = "VEILPASS_V2_BLS12381G1_XMD:SHA-256_SSWU_RO_";

/// The file.
#[must_use]
pub fn file(world: &World) -> VectorFile {
    let scheme = &world.city.scheme;
    let generators = trace::all_bases();
    let (hashed, listed): (Vec<_>, Vec<_>) = generators
        .iter()
        .partition(|(name, _)| ["P1", "h_ep", "h", "R"].contains(&name.as_str()));
    let listed = listed.iter().zip(1_u32..).map(|((name, point), index)| {
        Test::valid(name.as_str(), object! { "index": index, "point": point })
    });
    let label = |name: &str| match name {
        "P1" => "P1",
        "h_ep" => "ACCREDITATION_EPOCH",
        "h" => "ACCREDITATION_ISSUER",
        _ => "DATE",
    };
    let point = |name: &str, label: &str, message: &[u8], point: &_| {
        let dst = format!("{API}{label}_");
        assert_eq!(
            HashSuite::XmdSha256.hash_to_g1(&[message], dst.as_bytes()),
            *point
        );
        let fields = object! { "dst": dst, "message": bytes(message), "point": point };
        Test::valid(name, fields)
    };
    let mut to_curve: Vec<_> = (hashed.iter())
        .map(|(name, base)| point(name, label(name), b"base", base))
        .collect();
    let p1 = trace::accreditation_p1(scheme);
    to_curve.push(point(
        "P1' of a scheme",
        "ACCREDITATION_P1",
        scheme.id(),
        &p1,
    ));
    let message = [scheme.id().as_slice(), &1_u32.to_be_bytes()].concat();
    let v0 = first_accumulator(scheme, 1);
    to_curve.push(point(
        "V_0 of the first key set",
        "ACCUMULATOR",
        &message,
        &v0,
    ));
    let group = |kind, shared, tests| Group {
        kind,
        shared,
        tests,
    };
    let nothing = || object! {};
    VectorFile {
        name: "bases",
        algorithm: "bases, attributes, domain",
        header: vec![
            "docs/protocol.md, 3.0: generators are those of create_generators (draft-irtf-cfrg-bbs-signatures, 4.1.1) under apiId, \
             index from 1; other points are hash_to_curve (RFC 9380) of a message under a tag.",
        ],
        worlds: Vec::new(),
        notes: vec![("Refused", "No date: a decoder refuses it.")],
        groups: vec![
            group("Generators", object! { "apiId": API }, listed.collect()),
            group("HashToCurve", nothing(), to_curve),
            group(
                "TextAttributes",
                object! { "dst": "VEILPASS_V2_TEXT_ATTRIBUTE" },
                texts(),
            ),
            group("DateAttributes", nothing(), dates()),
            group("Domain", nothing(), vec![domain(world)]),
        ],
    }
}

fn texts() -> Vec<Test> {
    let texts = ["", "Anna Kuznetsova", "Müller-Łukasiewicz", "Щербакова"];
    let test = |text: &str| {
        let scalar = trace::attribute(&Value::Text(text.to_owned()));
        Test::valid(
            text,
            object! { "text": text, "utf8": bytes(text), "scalar": &scalar },
        )
    };
    texts.into_iter().map(test).collect()
}

fn dates() -> Vec<Test> {
    let days = [0, 1, -1, 18_806, -36_525, i32::MAX, -i32::MAX];
    let test = |day: i32| {
        let scalar = trace::attribute(&Value::Date(Day(day)));
        Test::valid(
            format!("day {day}"),
            object! { "day": day, "scalar": &scalar },
        )
    };
    let least = Test {
        valid: false,
        ..Test::valid(
            "day -2^31",
            object! { "day": i32::MIN, "scalar": None::<String> },
        )
    };
    let days = days.into_iter().map(test);
    days.chain([least.flags(&["Refused"])]).collect()
}

fn domain(world: &World) -> Test {
    let (scheme, bytes_of) = (&world.city.scheme, &world.bundle_bytes);
    let all = trace::all_bases();
    let count = scheme.schema().attributes().len();
    let generators: Vec<_> = (all.iter())
        .filter(|(name, _)| name == "Q1" || name == "H_s")
        .chain((0..count).map(|i| {
            let name = format!("H_{i}");
            all.iter().find(|(known, _)| *known == name).unwrap()
        }))
        .map(|(_, point)| point)
        .collect();
    let fields = crate::hashes::scheme_fields(world);
    let points = generators
        .iter()
        .flat_map(|point| veilpass::internals::curve::g1_to_bytes(point));
    let message: Vec<u8> = fields.iter().copied().chain(points).collect();
    let domain = trace::domain(scheme);
    let dst = "VEILPASS_V2_DOMAIN";
    assert_eq!(
        HashSuite::XmdSha256.hash_to_scalar(&[&message], dst.as_bytes()),
        domain
    );
    Test::valid(
        "the scheme's fields, Q1, H_s, H_0 to H_7",
        object! {
            "schemeFields": bytes(fields),
            "bundle": bytes(bytes_of),
            "message": bytes(message),
            "dst": dst,
            "domain": &domain,
        },
    )
}
