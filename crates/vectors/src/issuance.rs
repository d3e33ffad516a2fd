//! Offer, request, draw, code, response, credential; and what each side refuses.

use rand::{CryptoRng, SeedableRng, rngs::StdRng};
use veilpass::internals::curve::scalar_from_bytes;
use veilpass::internals::trace;
use veilpass::issuance::{Draw, PendingOffer, PendingRequest, Request, Response};
use veilpass::registry::Handle;
use veilpass::scheme::{Accreditation, Day, IssuerKey, Scheme, Value};
use veilpass_fixture::city::{self, City, NOW};

use crate::encodings::plus_order;
use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::passes::change;
use crate::proof;
use crate::world::{World, days, moment, values};

/// Until when offers are good.
const EXPIRES: i64 = NOW + 900;

/// One issuance, every message kept.
struct Issued {
    kept: PendingOffer,
    pending: PendingRequest,
    handle: Handle,
    accreditation: Option<Accreditation>,
    draw: Draw,
    code: String,
    response: Response,
}

/// Names and values.
#[must_use]
pub fn named(values: &[(&str, Value)]) -> Json {
    let value = |(name, value): &(&str, Value)| match value {
        Value::Date(day) => object! { "name": *name, "day": day.0 },
        Value::Text(text) => object! { "name": *name, "text": text.as_str() },
    };
    Json::List(values.iter().map(value).collect())
}

fn again(scheme: &Scheme, kept: &PendingOffer) -> PendingOffer {
    PendingOffer::from_bytes(scheme, &kept.to_bytes()).unwrap()
}

fn pending_again(scheme: &Scheme, pending: &PendingRequest) -> PendingRequest {
    PendingRequest::from_bytes(scheme, &pending.expose_bytes()).unwrap()
}

fn handle_again(handle: &Handle) -> Handle {
    Handle::from_bytes(&handle.expose_bytes()).unwrap()
}

/// The issuer of a world's passes.
fn issuer(world: &World, hidden: bool) -> &IssuerKey {
    if hidden {
        &world.city.clinic
    } else {
        &world.city.portal
    }
}

fn issue(
    world: &World,
    (values, handle, hidden): (&[(&str, Value)], Handle, bool),
    rng: &mut impl CryptoRng,
) -> Issued {
    let (scheme, key) = (&world.city.scheme, issuer(world, hidden));
    let accreditation = hidden.then(|| world.city.accredit(key));
    let kept = key.offer(scheme, values, moment(EXPIRES), rng).unwrap();
    let own = City::holder_values();
    let pending = kept
        .offer()
        .request(scheme, &own, moment(NOW), rng)
        .unwrap();
    let request = pending.request().clone();
    let checked = again(scheme, &kept)
        .check(scheme, key, &request, moment(NOW))
        .unwrap();
    let (draw, code) = (checked.draw(), checked.code());
    let response = checked
        .issue(accreditation.as_ref(), handle_again(&handle))
        .unwrap();
    Issued {
        kept,
        pending,
        handle,
        accreditation,
        draw,
        code,
        response,
    }
}

/// An accreditation: point, exponent, epoch.
#[must_use]
pub fn accreditation(accreditation: &Accreditation) -> Json {
    bytes(accreditation.to_bytes())
}

fn whole(world: &World, issued: &Issued, hidden: bool, comment: &str) -> Test {
    let (scheme, key) = (&world.city.scheme, issuer(world, hidden));
    let request = trace::request(scheme, &issued.pending).unwrap();
    let challenge = proof::challenge_scalar(&request.challenge);
    let names = ["s", "m_0'", "name", "employer"];
    let variables = names.iter().zip(&request.witness).zip(&request.responses);
    let variables = variables
        .map(|((name, secret), response)| proof::variable(name, secret, response, &challenge));
    let request_bytes = issued.pending.request().to_bytes();
    let x = scalar_from_bytes(&key.expose_bytes()).unwrap();
    let plain = trace::envelope(&issued.pending, &issued.response).unwrap();
    let (draw, salt) = trace::offer_secrets(&issued.kept);
    let received = pending_again(scheme, &issued.pending)
        .receive(&world.holder, &issued.response, moment(NOW))
        .unwrap();
    assert_eq!(
        issued.pending.code(&issued.draw).as_ref(),
        Some(&issued.code)
    );
    Test::valid(
        comment,
        object! {
            "now": NOW,
            "issuerSecretKey": bytes(*key.expose_bytes()),
            "issuerPublicKey": bytes(key.public().id().to_bytes()),
            "issuerValues": named(&values()),
            "salt": bytes(salt),
            "d": bytes(draw),
            "offer": bytes(issued.kept.offer().to_bytes()),
            "pendingOffer": bytes(issued.kept.to_bytes()),
            "holderValues": named(&City::holder_values()),
            "oneTimeKeySeed": bytes(request.key.seed),
            "oneTimePrivateKey": bytes(request.key.private),
            "oneTimePublicKey": bytes(request.key.public),
            "C": &request.commitment,
            "T": &request.nonces,
            "challenge": bytes(request.challenge),
            "variables": variables.collect::<Vec<_>>(),
            "request": bytes(&request_bytes),
            "pendingRequest": bytes(&*issued.pending.expose_bytes()),
            "draw": bytes(issued.draw.to_bytes()),
            "code": issued.code.as_str(),
            "handle": bytes(&*issued.handle.expose_bytes()),
            "accreditation": issued.accreditation.as_ref().map(accreditation),
            "issuanceDigest": bytes(trace::issuance_digest(&issued.kept, &request_bytes)),
            "k": &trace::issuer_entropy(&x, issued.pending.request()),
            "envelope": bytes(&*plain),
            "response": bytes(issued.response.to_bytes()),
            "credential": proof::credential(&received, scheme.schema()),
        },
    )
}

/// What the issuer says of requests.
fn requests(world: &World, issued: &Issued, hidden: bool) -> Group {
    let (scheme, key) = (&world.city.scheme, issuer(world, hidden));
    let good = issued.pending.request().to_bytes();
    let test = |comment: String, request: &[u8], now: i64| {
        let checked = Request::from_bytes(scheme, request).is_ok_and(|request| {
            again(scheme, &issued.kept)
                .check(scheme, key, &request, moment(now))
                .is_ok()
        });
        Test {
            valid: checked,
            ..Test::valid(
                comment,
                object! { "now": now, "change": change(&good, request) },
            )
        }
        .flags(&["Request"])
    };
    let mut tests = vec![
        test("good".into(), &good, NOW),
        test(
            "a second before the offer expires".into(),
            &good,
            EXPIRES - 1,
        ),
        test("the offer has expired".into(), &good, EXPIRES),
    ];
    let flip = |place: usize| {
        let mut spoilt = good.clone();
        spoilt[place] ^= 1;
        spoilt
    };
    let fields = [
        ("version", 0),
        ("kind", 1),
        ("name of the offer", 33),
        ("challenge", 97),
        ("one-time key", 129),
    ];
    for (name, place) in fields {
        tests.push(test(format!("{name} differs"), &flip(place), NOW));
    }
    let with = |place: usize, bytes: &[u8]| {
        let mut spoilt = good.clone();
        spoilt[place..place + bytes.len()].copy_from_slice(bytes);
        spoilt
    };
    for (_, what, point) in crate::encodings::wrong_points(&good[34..82]) {
        tests.push(test(format!("C: {what}"), &with(34, &point), NOW));
    }
    for place in (130..good.len()).step_by(32) {
        tests.push(test(
            format!("the response at byte {place} differs"),
            &flip(place + 31),
            NOW,
        ));
        let unreduced = plus_order(&good[place..place + 32]);
        tests.push(test(
            format!("the response at byte {place} plus r"),
            &with(place, &unreduced),
            NOW,
        ));
    }
    tests.push(test(
        "a byte is missing".into(),
        &good[..good.len() - 1],
        NOW,
    ));
    tests.push(test(
        "a byte is left over".into(),
        &[&good[..], &[0]].concat(),
        NOW,
    ));
    tests.push(test(
        "a response is missing".into(),
        &good[..good.len() - 32],
        NOW,
    ));
    for test in &tests[2..] {
        assert!(!test.valid, "{}", test.comment);
    }
    Group {
        kind: "RequestAtIssuer",
        shared: object! {
            "world": world.name,
            "issuerSecretKey": bytes(*key.expose_bytes()),
            "pendingOffer": bytes(issued.kept.to_bytes()),
            "request": bytes(&good),
        },
        tests,
    }
}

/// What the wallet says of draws and responses.
fn responses(world: &World, issued: &Issued) -> Vec<Group> {
    let scheme = &world.city.scheme;
    let shared = |kind, name: &str, good: &[u8], tests| Group {
        kind,
        shared: object! {
            "world": world.name,
            "pendingRequest": bytes(&*issued.pending.expose_bytes()),
        }
        .and(Json::Object(vec![(name.to_owned(), bytes(good))])),
        tests,
    };
    let spoilt = |good: &[u8], lengths: &[(&str, usize)]| {
        let flip = |(name, place): &(&str, usize)| {
            let mut spoilt = good.to_vec();
            spoilt[*place] ^= 1;
            (format!("{name} differs"), spoilt)
        };
        let mut all = vec![("good".to_owned(), good.to_vec())];
        all.extend(lengths.iter().map(flip));
        all.push((
            "a byte is missing".to_owned(),
            good[..good.len() - 1].to_vec(),
        ));
        all.push(("a byte is left over".to_owned(), [good, &[0]].concat()));
        all
    };
    let good = issued.draw.to_bytes();
    let places = [
        ("version", 0),
        ("kind", 1),
        ("name of the offer", 2),
        ("d", 34),
    ];
    let draws = spoilt(&good, &places).into_iter().map(|(comment, draw)| {
        let code = Draw::from_bytes(&draw)
            .ok()
            .and_then(|draw| issued.pending.code(&draw));
        let valid = code.is_some();
        let fields = object! { "change": change(&good, &draw), "code": code };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&["Draw"])
    });
    let draws = shared("DrawAtWallet", "draw", &good, draws.collect());
    let good = issued.response.to_bytes();
    let places = [
        ("version", 0),
        ("kind", 1),
        ("d", 2),
        ("encapsulated key", 18),
        ("ciphertext", 50),
        ("tag", good.len() - 1),
    ];
    let answers = spoilt(&good, &places)
        .into_iter()
        .map(|(comment, response)| {
            let valid = received(world, scheme, &issued.pending, &response);
            let fields = object! { "now": NOW, "change": change(&good, &response) };
            Test {
                valid,
                ..Test::valid(comment, fields)
            }
            .flags(&["Response"])
        });
    let answers = shared("ResponseAtWallet", "response", &good, answers.collect());
    for group in [&draws, &answers] {
        for (i, test) in group.tests.iter().enumerate() {
            assert_eq!(test.valid, i == 0, "{}", test.comment);
        }
    }
    vec![draws, answers]
}

fn received(world: &World, scheme: &Scheme, pending: &PendingRequest, response: &[u8]) -> bool {
    Response::from_bytes(response).is_ok_and(|response| {
        let pending = pending_again(scheme, pending);
        pending
            .receive(&world.holder, &response, moment(NOW))
            .is_ok()
    })
}

/// Answers that open and that a wallet must not store.
fn false_answers(world: &World, rng: &mut StdRng) -> Vec<Group> {
    let handle = |world: &World, c: Option<[u8; 48]>| {
        let mut bytes = world.handles[0].clone();
        if let Some(c) = c {
            bytes[32..80].copy_from_slice(&c);
        }
        Handle::from_bytes(&bytes).unwrap()
    };
    let dates = |until: Day, from: Day, birth: Day| {
        let mut values = values();
        let days = [until, from, birth].map(Value::Date);
        for ((_, value), day) in values.iter_mut().zip(days) {
            *value = day;
        }
        values
    };
    let born = city::day(1985, 3, 8);
    let other = veilpass::internals::curve::g1_to_bytes(&world.other_witness);
    let oldest = Day(days(0).0 - 128 * 126 + 1);
    let cases = [
        (
            "the last day is the last that the date table reaches",
            dates(days(127), days(0), born),
            None,
            true,
        ),
        (
            "the last day is beyond the date table",
            dates(days(128), days(1), born),
            None,
            false,
        ),
        (
            "the first day is after the last",
            dates(days(10), days(11), born),
            None,
            false,
        ),
        (
            "the first day is u days before the last",
            dates(days(90), days(-38), born),
            None,
            false,
        ),
        (
            "a birth date of today",
            dates(days(90), days(-10), days(0)),
            None,
            true,
        ),
        (
            "a birth date of tomorrow",
            dates(days(90), days(-10), days(1)),
            None,
            false,
        ),
        (
            "the oldest birth date that the date table reaches",
            dates(days(90), days(-10), oldest),
            None,
            true,
        ),
        (
            "a birth date a day older",
            dates(days(90), days(-10), Day(oldest.0 - 1)),
            None,
            false,
        ),
        (
            "the witness of another handle",
            values(),
            Some(other),
            false,
        ),
    ];
    let group = |(comment, values, c, valid): (&str, Vec<(&str, Value)>, _, bool)| {
        let issued = issue(world, (&values, handle(world, c), true), rng);
        let response = issued.response.to_bytes();
        assert_eq!(
            received(world, &world.city.scheme, &issued.pending, &response),
            valid,
            "{comment}"
        );
        let test = Test {
            valid,
            ..Test::valid(comment, object! { "now": NOW, "change": Json::Null })
        };
        Group {
            kind: "ResponseAtWallet",
            shared: object! {
                "world": world.name,
                "pendingRequest": bytes(&*issued.pending.expose_bytes()),
                "response": bytes(response),
            },
            tests: vec![test.flags(&["FalseAnswer"])],
        }
    };
    cases.into_iter().map(group).collect()
}

/// The files.
#[must_use]
pub fn files(hidden: &World, known: &World) -> Vec<VectorFile> {
    let mut rng = StdRng::seed_from_u64(51);
    let handle = |world: &World| Handle::from_bytes(&world.handles[0]).unwrap();
    let first = issue(hidden, (&values(), handle(hidden), true), &mut rng);
    let second = issue(known, (&values(), handle(known), false), &mut rng);
    let good = [
        (hidden, whole(hidden, &first, true, "hidden issuer")),
        (known, whole(known, &second, false, "known issuer")),
    ];
    let good = good.map(|(world, test)| Group {
        kind: "Issuance",
        shared: object! { "world": world.name },
        tests: vec![test],
    });
    let mut refused = vec![requests(hidden, &first, true)];
    refused.extend(responses(hidden, &first));
    refused.extend(false_answers(hidden, &mut rng));
    let header = vec![
        "docs/protocol.md, 3.2, and docs/format.md. A handle is y, C, removals, key set; an accreditation Acc, a, epoch.",
        "The one-time key comes from its seed by DeriveKeyPair of RFC 9180. The envelope is what is in the response, opened.",
        "A pending offer, and a pending request, is what the issuer, or the wallet, keeps. `change` is as in the files of doors.",
    ];
    vec![
        VectorFile {
            name: "issuance",
            algorithm: "issuance",
            header: header.clone(),
            notes: Vec::new(),
            worlds: vec![hidden.for_holders(), known.for_holders()],
            groups: good.to_vec(),
        },
        VectorFile {
            name: "issuance-refused",
            algorithm: "issuance: what each side refuses",
            header,
            notes: vec![
                ("Request", "The issuer checks it before it signs."),
                (
                    "Draw",
                    "The wallet shows a code for the draw of its offer alone.",
                ),
                (
                    "Response",
                    "The wallet opens it and stores nothing before all of it is checked.",
                ),
                (
                    "FalseAnswer",
                    "It opens and is signed; what was signed, or came with it, is refused.",
                ),
            ],
            worlds: vec![hidden.for_holders()],
            groups: refused,
        },
    ]
}
