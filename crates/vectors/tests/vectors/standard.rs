//! Hashes, bases, and the standard layer.

use serde_json::Value;
use veilpass::Transcript;
use veilpass::bbs::Pseudonym;
use veilpass::bbs::{
    BlindClaim, Claim, Commitment, Proof, PseudonymClaim, PublicKey, SecretKey, Signature, Suite,
};
use veilpass::internals::curve::{
    HashSuite, Scalar, g1_to_bytes, scalar_from_bytes, scalar_to_bytes,
};
use veilpass::internals::trace;
use veilpass::scheme::{Day, Value as Attribute};

use crate::reading::{array, bytes, changed, number, text};

/// A challenge of 16 bytes.
pub(super) fn challenge(value: &Value) -> Scalar {
    let mut wide = [0; 32];
    wide[16..].copy_from_slice(&bytes(value));
    scalar_from_bytes(&wide).unwrap()
}

fn is_scalar(scalar: &Scalar, expected: &Value) -> bool {
    hex::encode(scalar_to_bytes(scalar)) == text(expected)
}

pub(super) fn hashes(kind: &str, group: &Value, test: &Value) -> bool {
    match kind {
        "Generators" => {
            // In the order of their index: Q1, H_s, H_0 and so on.
            let index: usize = number(&test["index"]);
            let (name, point) = &trace::all_bases()[index];
            name == text(&test["comment"])
                && hex::encode(g1_to_bytes(point)) == text(&test["point"])
        }
        "HashToCurve" => {
            let message = bytes(&test["message"]);
            let point = HashSuite::XmdSha256.hash_to_g1(&[&message], text(&test["dst"]).as_bytes());
            hex::encode(g1_to_bytes(&point)) == text(&test["point"])
        }
        "TextAttributes" => {
            assert_eq!(text(&test["text"]).as_bytes(), bytes(&test["utf8"]));
            let message = bytes(&test["utf8"]);
            let dst = text(&group["dst"]).as_bytes();
            is_scalar(
                &HashSuite::XmdSha256.hash_to_scalar(&[&message], dst),
                &test["scalar"],
            )
        }
        "DateAttributes" if test["scalar"].is_null() => false,
        "DateAttributes" => {
            let day = Attribute::Date(Day(number(&test["day"])));
            is_scalar(&trace::attribute(&day), &test["scalar"])
        }
        "Domain" => {
            let message = bytes(&test["message"]);
            let dst = text(&test["dst"]).as_bytes();
            is_scalar(
                &HashSuite::XmdSha256.hash_to_scalar(&[&message], dst),
                &test["domain"],
            )
        }
        _ => transcript(test),
    }
}

fn transcript(test: &Value) -> bool {
    let fields = test["fields"].as_array().unwrap();
    let hash = Transcript::new(text(&test["label"]));
    let hash = fields
        .iter()
        .fold(hash, |hash, field| hash.field(&bytes(field)));
    let digest = hash.clone().digest();
    assert_eq!(digest[..], bytes(&test["digest"]));
    let output = match text(&test["as"]) {
        "digest" => hex::encode(digest),
        "challenge" => hex::encode(&digest[..16]),
        "tag" => hex::encode(&digest[..4]),
        "scalar" => hex::encode(scalar_to_bytes(&trace::to_scalar(&hash))),
        "code" => {
            let modulo = |number: u64, byte: &u8| (number << 8 | u64::from(*byte)) % 100_000_000;
            let number = digest.iter().fold(0, modulo);
            format!("{:04}-{:04}", number / 10_000, number % 10_000)
        }
        other => panic!("{other}"),
    };
    output == text(&test["output"])
}

fn messages(list: &Value) -> Vec<Vec<u8>> {
    list.as_array().unwrap().iter().map(bytes).collect()
}

fn indexed(list: &Value) -> Vec<(usize, Vec<u8>)> {
    let one = |one: &Value| (number(&one["index"]), bytes(&one["message"]));
    list.as_array().unwrap().iter().map(one).collect()
}

fn slices(list: &[(usize, Vec<u8>)]) -> Vec<(usize, &[u8])> {
    list.iter()
        .map(|(index, message)| (*index, message.as_slice()))
        .collect()
}

pub(super) fn bbs<S: Suite>(kind: &str, group: &Value, test: &Value) -> bool {
    let public = PublicKey::<S>::from_bytes(&bytes(&group["publicKey"])).unwrap();
    let header = bytes(&group["header"]);
    match kind {
        "BbsSignature" => {
            let signature = Signature::<S>::from_bytes(&bytes(&test["signature"]));
            let messages = messages(&test["messages"]);
            return signature
                .is_ok_and(|signature| public.verify(&signature, &header, &messages).is_ok());
        }
        "BlindCommitment" => {
            let key = SecretKey::<S>::from_bytes(&bytes(&group["secretKey"])).unwrap();
            let commitment = changed(&bytes(&group["commitmentWithProof"]), &test["change"]);
            let messages = messages(&group["messages"]);
            return Commitment::<S>::from_bytes(&commitment).is_ok_and(|commitment| {
                key.blind_sign(Some(&commitment), &header, &messages)
                    .is_ok()
            });
        }
        _ => (),
    }
    let proof = changed(&bytes(&group["proof"]), &test["change"]);
    let Ok(proof) = Proof::<S>::from_bytes(&proof) else {
        return false;
    };
    let presentation_header = bytes(&test["presentationHeader"]);
    let disclosed = indexed(&group["disclosed"]);
    if kind == "BbsProof" {
        let claim = Claim {
            header: &header,
            presentation_header: &presentation_header,
            disclosed: &slices(&disclosed),
        };
        return proof.verify(&public, &claim).is_ok();
    }
    let committed = indexed(&group["committedDisclosed"]);
    let blind = BlindClaim {
        header: &header,
        presentation_header: &presentation_header,
        signer_messages: messages(&group["messages"]).len(),
        disclosed: &slices(&disclosed),
        committed: &slices(&committed),
    };
    if kind == "BlindProof" {
        return proof.verify_blind(&public, &blind).is_ok();
    }
    let claim = PseudonymClaim {
        blind,
        context: &bytes(&group["context"]),
        secrets: messages(&group["nymSecretsOfHolder"]).len(),
        pseudonym: Pseudonym::<S>::from_bytes(&array::<48>(&group["pseudonym"])).unwrap(),
    };
    proof.verify_pseudonym(&public, &claim).is_ok()
}
