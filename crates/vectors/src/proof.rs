//! A proof, part by part.

use veilpass::Credential;
use veilpass::internals::curve::{Scalar, scalar_from_bytes};
use veilpass::internals::trace::{Traced, TracedStatement};
use veilpass::scheme::{AttributeKind, Schema};

use crate::json::{Json, bytes};
use crate::object;

/// What a statement sends, its variables, and how many equations it has: docs/protocol.md, 3.8.
fn parts(code: u8) -> (&'static [&'static str], &'static [&'static str], usize) {
    match code {
        1 | 2 => (
            &["D_bar", "A_bar", "B_bar"],
            &["e_prime", "minus_r1", "minus_r3"],
            2,
        ),
        3 => (&["A_c_bar", "B_c_bar"], &["rho", "sigma", "a"], 1),
        4 | 5 => (&["W", "W_bar"], &["v"], 1),
        6 => (&["C_prime", "C_bar_prime"], &["w"], 1),
        7 => (&["W0", "W0_bar", "W1", "W1_bar"], &["v0", "v1", "d1"], 2),
        8 => (&["nym"], &[], 1),
        9 => (&[], &["s_prime"], 1),
        _ => panic!("a statement that the vectors do not know: {code}"),
    }
}

/// A challenge as a scalar.
#[must_use]
pub fn challenge_scalar(challenge: &[u8; 16]) -> Scalar {
    let mut wide = [0; 32];
    wide[16..].copy_from_slice(challenge);
    scalar_from_bytes(&wide).unwrap()
}

/// A variable with what it hides.
#[must_use]
pub fn variable(name: &str, secret: &Scalar, response: &Scalar, challenge: &Scalar) -> Json {
    object! {
        "name": name,
        "secret": secret,
        "nonce": &(response - challenge * secret),
        "response": response,
    }
}

/// Everything that a proof is made of. `shown` are the attributes that it discloses.
#[must_use]
pub fn proof(traced: &Traced, schema: &Schema, disclosed: &[u8]) -> Json {
    let mut names = vec!["s".to_owned()];
    let hidden = (schema.attributes().iter().zip(0_u8..)).filter(|(_, i)| !disclosed.contains(i));
    names.extend(hidden.map(|(attribute, _)| attribute.name.clone()));
    let (mut points, mut commitments) = (Vec::new(), Vec::new());
    let (mut sent, mut made) = (traced.points.iter(), traced.commitments.iter());
    for TracedStatement {
        code,
        points: count,
        variables,
        ..
    } in &traced.statements
    {
        let (own, own_variables, equations) = parts(*code);
        assert_eq!((own.len(), own_variables.len()), (*count, *variables));
        for name in own {
            points
                .push(object! { "statement": *code, "name": *name, "value": sent.next().unwrap() });
        }
        for number in 1..=equations {
            let t = made.next().unwrap();
            commitments.push(object! { "statement": *code, "equation": number, "value": t });
        }
        names.extend(own_variables.iter().map(|name| (*name).to_owned()));
    }
    assert!(sent.next().is_none() && made.next().is_none());
    assert_eq!(names.len(), traced.witness.len());
    let challenge = challenge_scalar(&traced.challenge);
    let variables = (names.iter().zip(&traced.witness).zip(&traced.responses))
        .map(|((name, secret), response)| variable(name, secret, response, &challenge))
        .collect::<Vec<_>>();
    let statements = traced.statements.iter().map(|statement| {
        object! { "code": statement.code, "name": statement.name }
    });
    object! {
        "question": bytes(&traced.question),
        "statements": statements.collect::<Vec<_>>(),
        "X_prime": traced.issuer.as_ref().map(|(x, _)| Json::from(x)),
        "X1_prime": traced.issuer.as_ref().map(|(_, x1)| Json::from(x1)),
        "t": &traced.t,
        "points": points,
        "OP": traced.pseudonym_base.as_ref().map(Json::from),
        "commitments": commitments,
        "challenge": bytes(traced.challenge),
        "variables": variables,
        "disclosed": bytes(&traced.disclosed),
    }
}

/// What a holder has.
#[must_use]
pub fn credential(credential: &Credential, schema: &Schema) -> Json {
    let scalars = veilpass::internals::trace::attributes_of(credential);
    let attributes = schema
        .attributes()
        .iter()
        .zip(&scalars)
        .map(|(attribute, scalar)| {
            let kind = match attribute.kind {
                AttributeKind::Secret => "secret",
                AttributeKind::Handle => "handle",
                AttributeKind::Date => "date",
                AttributeKind::Text => "text",
            };
            object! { "name": attribute.name.as_str(), "kind": kind, "scalar": scalar }
        });
    object! {
        "bytes": bytes(&*credential.expose_bytes()),
        "B": &veilpass::internals::trace::base_of(credential),
        "attributes": attributes.collect::<Vec<_>>(),
    }
}
