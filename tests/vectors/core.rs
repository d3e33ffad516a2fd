//! draft-irtf-cfrg-bbs-signatures: hashing, generators, keys, signatures, proofs.

use super::*;
use crate::bbs::proof::Binding;
use crate::bbs::{Claim, Proof, SecretKey, Signature};
use crate::curve::random_scalar;

const SET: &str = "fixture_data";

for_both_suites!(
    hash_to_scalar,
    messages_to_scalars,
    generators,
    key_pair,
    mocked_randomness,
    signatures,
    proofs,
);

fn hash_to_scalar<S: Vectors>() {
    let case = file::<S>(SET, "h2s.json");
    let scalar = S::interfaces()
        .core
        .hash_to_scalar_with(&[&bytes(&case["message"])], &bytes(&case["dst"]));
    same_scalar(&scalar, &case["scalar"]);
}

fn messages_to_scalars<S: Vectors>() {
    let set = file::<S>(SET, "MapMessageToScalarAsHash.json");
    let interface = &S::interfaces().core;
    let cases = set["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let message = bytes(&case["message"]);
        let under_given_tag = interface.hash_to_scalar_with(&[&message], &bytes(&set["dst"]));
        same_scalar(&under_given_tag, &case["scalar"]);
        same_scalar(&interface.map_message(&message), &case["scalar"]);
    }
}

fn generators<S: Vectors>() {
    let expected = file::<S>(SET, "generators.json");
    let interface = &S::interfaces().core;
    same_point(interface.base_point.point(), &expected["P1"]);
    let list = expected["MsgGenerators"].as_array().unwrap();
    let made = interface.signer.up_to_limit(list.len() + 1);
    same_point(made[0].point(), &expected["Q1"]);
    for (generator, expected) in made[1..].iter().zip(list) {
        same_point(generator.point(), expected);
    }
}

fn key_pair<S: Vectors>() {
    let case = file::<S>(SET, "keypair.json");
    let material = bytes(&case["keyMaterial"]);
    let info = bytes(&case["keyInfo"]);
    let dst = bytes(&case["keyDst"]);
    let sk = SecretKey::<S>::derive(&material, &info, Some(&dst)).unwrap();
    assert_eq!(
        hex::encode(*sk.expose_bytes()),
        case["keyPair"]["secretKey"]
    );
    assert_eq!(
        hex::encode(sk.public_key().to_bytes()),
        case["keyPair"]["publicKey"]
    );
    let by_default_tag = SecretKey::<S>::derive(&material, &info, None).unwrap();
    assert_eq!(by_default_tag.public_key(), sk.public_key());
}

fn mocked_randomness<S: Vectors>() {
    let case = file::<S>(SET, "mockedRng.json");
    assert_eq!(bytes(&case["seed"]), SEED);
    let list = case["mockedScalars"].as_array().unwrap();
    let dst = String::from_utf8(bytes(&case["dst"])).unwrap();
    let mut rng = MockRng::new(S::interfaces().core.hash, &dst, list.len());
    for expected in list {
        same_scalar(&random_scalar(&mut rng), expected);
    }
}

fn signatures<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "signature", 10) {
        let key = &case["signerKeyPair"];
        let sk = SecretKey::<S>::from_bytes(&bytes(&key["secretKey"])).unwrap();
        let pk = public_key::<S>(&key["publicKey"]);
        let header = bytes(&case["header"]);
        let messages = byte_list(&case["messages"]);
        let signature = Signature::<S>::from_bytes(&bytes(&case["signature"])).unwrap();
        let valid = case["result"]["valid"].as_bool().unwrap();
        let verified = pk.verify(&signature, &header, &messages);
        assert_eq!(verified.is_ok(), valid, "{name}");
        if let Ok(credential) = verified {
            assert_eq!(sk.sign(&header, &messages).unwrap(), signature, "{name}");
            let opened = credential.opened();
            same_point(opened.b.expose(), &case["trace"]["B"]);
            same_scalar(&opened.domain, &case["trace"]["domain"]);
        }
    }
}

fn proofs<S: Vectors>() {
    let mut regenerated = 0;
    for (name, case) in folder::<S>(SET, "proof", 15) {
        let pk = public_key::<S>(&case["signerPublicKey"]);
        let header = bytes(&case["header"]);
        let presentation_header = bytes(&case["presentationHeader"]);
        let messages = byte_list(&case["messages"]);
        let disclosed: Vec<usize> =
            serde_json::from_value(case["disclosedIndexes"].clone()).unwrap();
        let shown: Vec<(usize, &[u8])> = (disclosed.iter())
            .map(|i| (*i, messages[*i].as_slice()))
            .collect();
        let proof = Proof::<S>::from_bytes(&bytes(&case["proof"])).unwrap();
        let claim = Claim {
            header: &header,
            presentation_header: &presentation_header,
            disclosed: &shown,
        };
        let valid = case["result"]["valid"].as_bool().unwrap();
        assert_eq!(proof.verify(&pk, &claim).is_ok(), valid, "{name}");
        if !valid {
            continue;
        }
        let signature = Signature::<S>::from_bytes(&bytes(&case["signature"])).unwrap();
        let credential = pk.verify(&signature, &header, &messages).unwrap();
        let interface = &S::interfaces().core;
        let dst = format!("{}MOCK_RANDOM_SCALARS_DST_", interface.api_id);
        let drawn = 5 + messages.len() - disclosed.len();
        let mut rng = MockRng::new(interface.hash, &dst, drawn);
        let again = credential
            .prove_with(&presentation_header, &disclosed, &mut rng)
            .unwrap();
        assert_eq!(hex::encode(again.to_bytes()), case["proof"], "{name}");

        let (parts, trace) = (proof.parts(), &case["trace"]);
        let opened = credential.opened();
        same_point(&parts.points.a_bar, &trace["A_bar"]);
        same_point(&parts.points.b_bar, &trace["B_bar"]);
        same_point(&parts.points.d, &trace["D"]);
        same_scalar(&opened.domain, &trace["domain"]);
        same_scalar(&parts.challenge, &trace["challenge"]);
        let placed: Vec<_> = (shown.iter())
            .map(|(i, m)| (*i, interface.map_message(m)))
            .collect();
        let binding = Binding {
            presentation_header: &presentation_header,
            pseudonym: None,
        };
        let commitments =
            parts.commitments_vartime(&opened.basis, &opened.domain, &placed, &binding);
        same_point(&commitments[0], &trace["T1"]);
        same_point(&commitments[1], &trace["T2"]);
        regenerated += 1;
    }
    assert_eq!(regenerated, 5);
}
