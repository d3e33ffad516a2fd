//! Passes with something wrong in their bytes.

use veilpass::internals::curve::{Scalar, g1_to_bytes, scalar_from_bytes, scalar_to_bytes};
use veilpass::scheme::Mode;

use super::{Good, HEADER};
use crate::encodings::{identity, order, outside, plus_order, unreduced, wrong_points};
use crate::json::{Test, VectorFile};
use crate::passes;
use crate::world::World;

fn file(
    name: &'static str,
    algorithm: &'static str,
    notes: &[(&'static str, &'static str)],
    groups: Vec<(&Good<'_>, Vec<Test>)>,
) -> VectorFile {
    let group =
        |(good, tests): (&Good<'_>, _)| (good.asked).changed(good.world, good.bytes(), tests);
    VectorFile {
        name,
        algorithm,
        header: passes::HEADER.to_vec(),
        notes: notes.to_vec(),
        worlds: groups
            .iter()
            .map(|(good, _)| good.world.trusted())
            .collect(),
        groups: groups.into_iter().map(group).collect(),
    }
}

const GOOD: (&str, &str) = (
    "Good",
    "The pass that all others of the group were made from.",
);

/// Every field before the proof, and lengths.
pub fn header(world: &World) -> VectorFile {
    let good = Good::new(world, "restaurant", Mode::Challenge, 21);
    let fields = [
        ("version", 0, 1),
        ("kind", 1, 1),
        ("tag of the scheme", 2, 4),
        ("tag of the policy", 7, 4),
        ("tag of the audience", 11, 4),
        ("number of the epoch", 15, 4),
        ("day", 19, 4),
        ("tag of the nonce", 23, 4),
    ];
    let mut tests = vec![good.test("Good", "good", good.bytes())];
    for (name, place, length) in fields {
        for (place, bits) in [(place, 0x80), (place + length - 1, 1)] {
            let comment = format!("{name}: byte {place} differs");
            tests.push(good.refused("Header", comment, &good.flipped(place, bits)));
        }
    }
    for version in [0, 1, 3] {
        let comment = format!("version {version}");
        tests.push(good.refused("Header", comment, &good.with(0, &[version])));
    }
    for kind in [b'p', b'n', b'Q'] {
        let comment = format!("kind {}", char::from(kind));
        tests.push(good.refused("Header", comment, &good.with(1, &[kind])));
    }
    for (mode, name) in [
        (1, "poster"),
        (2, "strip"),
        (3, "renewal"),
        (4, "none"),
        (255, "none"),
    ] {
        let comment = format!("mode {mode} ({name})");
        tests.push(good.refused("Header", comment, &good.with(6, &[mode])));
    }
    for epoch in [0, 1, 3, 4_u32] {
        let comment = format!("epoch {epoch}");
        tests.push(good.refused("Header", comment, &good.with(15, &epoch.to_be_bytes())));
    }
    let end = good.bytes().len();
    for length in [
        0,
        1,
        2,
        HEADER - 1,
        HEADER,
        HEADER + 95,
        end - 33,
        end - 32,
        end - 1,
    ] {
        let comment = format!("{length} of {end} bytes");
        tests.push(good.refused("Length", comment, &good.bytes()[..length]));
    }
    for (name, more) in [("a zero", 1), ("a scalar of zero", 32)] {
        let longer = [good.bytes(), &vec![0; more]].concat();
        tests.push(good.refused("Length", format!("{name} behind the end"), &longer));
    }
    let twice = good.bytes().repeat(2);
    tests.push(good.refused("Length", "the pass twice", &twice));
    let notes = [
        GOOD,
        ("Header", "Something before the proof differs."),
        ("Length", "Bytes are missing or left over."),
    ];
    file(
        "door-header",
        "pass at a door: header and length",
        &notes,
        vec![(&good, tests)],
    )
}

/// Every point.
pub fn points(world: &World) -> VectorFile {
    let good = Good::new(world, "all", Mode::Challenge, 22);
    let [first, ..] = good.places();
    let mut all = vec![
        ("X'".to_owned(), HEADER, 96),
        ("X1'".to_owned(), HEADER + 96, 48),
    ];
    let names = [
        "D_bar",
        "A_bar",
        "B_bar",
        "A_c_bar",
        "B_c_bar",
        "W of the last day",
        "W_bar of the last day",
        "W of the first day",
        "W_bar of the first day",
        "C_prime",
        "C_bar_prime",
        "W0",
        "W0_bar",
        "W1",
        "W1_bar",
        "nym",
    ];
    assert_eq!(names.len(), good.traced.points.len());
    all.extend((names.iter().zip(0..)).map(|(name, i)| ((*name).to_owned(), first + 48 * i, 48)));
    let mut tests = vec![good.test("Good", "good", good.bytes())];
    // All that can be wrong with an encoding, of X' and of the first point.
    for (name, place, length) in [&all[0], &all[2]] {
        for (flag, what, bytes) in wrong_points(&good.bytes()[*place..place + length]) {
            tests.push(good.refused(flag, format!("{name}: {what}"), &good.with(*place, &bytes)));
        }
    }
    let other = g1_to_bytes(&world.other_witness);
    for (i, (name, place, length)) in all.iter().enumerate() {
        let whole = &good.bytes()[*place..place + length];
        let another = if *length == 48 {
            other.to_vec()
        } else {
            x_of(&world.city.portal)
        };
        tests.push(good.refused(
            "OtherPoint",
            format!("{name}: another point"),
            &good.with(*place, &another),
        ));
        if i != 0 && i != 2 {
            tests.push(good.refused(
                "Identity",
                format!("{name}: the identity"),
                &good.with(*place, &identity(*length)),
            ));
            tests.push(good.refused(
                "OutsideSubgroup",
                format!("{name}: a point of the curve outside the subgroup"),
                &good.with(*place, &outside(*length)),
            ));
        }
        if let (1.., Some(bytes)) = (i, unreduced(whole)) {
            tests.push(good.refused(
                "Encoding",
                format!("{name}: its coordinate plus p"),
                &good.with(*place, &bytes),
            ));
        }
    }
    let notes = [
        GOOD,
        ("Identity", "The point at infinity."),
        ("Encoding", "No canonical encoding of a point."),
        ("Negated", "The sign bit differs."),
        ("NotOnCurve", "No point has this coordinate."),
        (
            "OutsideSubgroup",
            "A point of the curve that is not in the group of order r.",
        ),
        ("SmallOrder", "A point of the cofactor group."),
        ("OtherPoint", "Another point of the group."),
    ];
    file(
        "door-points",
        "pass at a door: every point",
        &notes,
        vec![(&good, tests)],
    )
}

fn x_of(key: &veilpass::scheme::IssuerKey) -> Vec<u8> {
    key.public().id().to_bytes().to_vec()
}

/// The challenge and every response.
pub fn scalars(world: &World) -> VectorFile {
    let good = Good::new(world, "all", Mode::Challenge, 22);
    let [_, challenge, responses, _] = good.places();
    let mut tests = Vec::new();
    for (place, bits) in [(challenge, 0x80), (challenge + 15, 1)] {
        let comment = format!("the challenge: byte {} of 16 differs", place - challenge);
        tests.push(good.refused("Challenge", comment, &good.flipped(place, bits)));
    }
    tests.push(good.refused(
        "Challenge",
        "the challenge is zero",
        &good.with(challenge, &[0; 16]),
    ));
    for (i, response) in good.traced.responses.iter().enumerate() {
        let place = responses + 32 * i;
        let more = scalar_to_bytes(&(response + Scalar::one()));
        tests.push(good.refused(
            "Response",
            format!("response {i} plus 1"),
            &good.with(place, &more),
        ));
    }
    let last = good.traced.responses.len() - 1;
    for i in [0, 1, 2, 9, 12, last] {
        let place = responses + 32 * i;
        let more = plus_order(&good.bytes()[place..place + 32]);
        tests.push(good.refused(
            "Unreduced",
            format!("response {i} plus r"),
            &good.with(place, &more),
        ));
    }
    let mut at_most = order();
    tests.push(good.refused(
        "Unreduced",
        "response 0 is r",
        &good.with(responses, &at_most),
    ));
    at_most[31] -= 1;
    assert!(scalar_from_bytes(&at_most).is_some());
    tests.push(good.refused(
        "Response",
        "response 0 is r − 1",
        &good.with(responses, &at_most),
    ));
    tests.push(good.refused(
        "Unreduced",
        "response 0 is 2^256 − 1",
        &good.with(responses, &[0xff; 32]),
    ));
    tests.push(good.refused(
        "Response",
        "response 0 is zero",
        &good.with(responses, &[0; 32]),
    ));
    let notes = [
        ("Challenge", "Another challenge."),
        ("Response", "Another response, below r."),
        ("Unreduced", "A response that is not below r."),
    ];
    file(
        "door-scalars",
        "pass at a door: challenge and responses",
        &notes,
        vec![(&good, tests)],
    )
}

/// Disclosed values: none of these bytes is what the proof was made with, and most are no values at all.
pub fn disclosed(world: &World) -> VectorFile {
    // Last day, birth date, hint.
    let good = Good::new(world, "open", Mode::Challenge, 23);
    let [.., values] = good.places();
    let hint = values + 8;
    let mut tests = vec![good.test("Good", "good", good.bytes())];
    let dates = [("the last day", values), ("the birth date", values + 4)];
    for (name, place) in dates {
        let own: [u8; 4] = good.bytes()[place..place + 4].try_into().unwrap();
        for (what, day) in [
            ("a day more", i32::from_be_bytes(own) + 1),
            ("a day less", i32::from_be_bytes(own) - 1),
            ("−2^31", i32::MIN),
        ] {
            let bytes = good.with(place, &day.to_be_bytes());
            tests.push(good.refused("Date", format!("{name}: {what}"), &bytes));
        }
    }
    let text = |text: &[u8]| {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        [&good.bytes()[..hint], &length, text].concat()
    };
    assert_eq!(text(b"A.K."), good.bytes());
    let texts: [(&str, &str, Vec<u8>); 13] = [
        ("Text", "another hint", b"A.L.".to_vec()),
        ("Text", "an empty hint", Vec::new()),
        ("Text", "small letters", b"a.k.".to_vec()),
        (
            "Text",
            "a letter that is taken for another: O",
            b"O.K.".to_vec(),
        ),
        ("Text", "Cyrillic А", "А.K.".into()),
        ("NotNfc", "A with a combining ring", "A\u{30a}.K.".into()),
        ("NotNfc", "the Ångström sign", "\u{212b}.K.".into()),
        (
            "NotNfc",
            "a ligature with a combining mark in front",
            "\u{308}A.K.".into(),
        ),
        ("TooLong", "65 characters", "A".repeat(65).into_bytes()),
        ("TooLong", "300 characters", "A".repeat(300).into_bytes()),
        ("NotText", "no UTF-8", vec![b'A', 0xff]),
        ("NotText", "a control character", b"A.K.\n".to_vec()),
        ("NotText", "a zero-width joiner", "A.K\u{200d}.".into()),
    ];
    for (flag, what, bytes) in texts {
        tests.push(good.refused(flag, format!("the hint: {what}"), &text(&bytes)));
    }
    let mut longer = good.bytes().to_vec();
    longer[hint + 1] += 1;
    tests.push(good.refused(
        "NotText",
        "the hint: its length is one more than it has",
        &longer,
    ));
    longer[hint + 1] -= 2;
    tests.push(good.refused(
        "NotText",
        "the hint: its length is one less than it has",
        &longer,
    ));
    let notes = [
        GOOD,
        ("Date", "Another date, or none of the format."),
        ("Text", "Another text, or no hint of the format."),
        ("NotNfc", "A text that is not in normalisation form C."),
        ("TooLong", "More than 64 characters."),
        ("NotText", "No text of the format."),
    ];
    file(
        "door-disclosed",
        "pass at a door: disclosed values",
        &notes,
        vec![(&good, tests)],
    )
}
