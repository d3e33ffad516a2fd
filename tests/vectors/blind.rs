//! draft-irtf-cfrg-bbs-blind-signatures-02: generators, commitments, blind signatures, proofs.

use super::*;
use crate::bbs::proof::Binding;
use crate::bbs::{BlindClaim, Commitment, Pending, Proof, SecretKey, Signature};
use crate::secret::Secret;

const SET: &str = "fixture_data_blind";

for_both_suites!(generators, commitments, signatures, proofs);

fn generators<S: Vectors>() {
    same_generators(&S::interfaces().blind, &file::<S>(SET, "generators.json"));
}

/// The randomness of a commitment vector: blinding, its nonce, a nonce a message.
fn commit_rng<S: Vectors>(case: &Value, messages: usize) -> MockRng {
    let dst = case["mockRngParameters"]["commit"]["DST"].as_str().unwrap();
    MockRng::new(S::interfaces().blind.hash, dst, messages + 2)
}

fn commitments<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "commit", 2) {
        let messages = byte_list(&case["committedMessages"]);
        let interface = &S::interfaces().blind;
        let scalars = messages.iter().map(|m| interface.map_message(m));
        let scalars = Secret::gather(messages.len(), scalars);
        let mut rng = commit_rng::<S>(&case, messages.len());
        let (pending, commitment) = Pending::<S>::commit_with(&scalars, &mut rng).unwrap();
        assert_eq!(
            hex::encode(*pending.expose_prover_blind()),
            case["proverBlind"],
            "{name}"
        );
        let encoded = bytes(&case["commitmentWithProof"]);
        assert_eq!(commitment.to_bytes(), encoded, "{name}");
        assert_eq!(
            Commitment::from_bytes(&encoded).unwrap(),
            commitment,
            "{name}"
        );
        let sk = SecretKey::<S>::derive(&[7; 32], b"", None).unwrap();
        let nothing: [&[u8]; 0] = [];
        assert!(
            sk.blind_sign(Some(&commitment), b"", &nothing).is_ok(),
            "{name}"
        );
    }
}

fn commitment<S: Vectors>(case: &Value) -> Option<Commitment<S>> {
    let encoded = &case["commitmentWithProof"];
    (!encoded.is_null()).then(|| Commitment::from_bytes(&bytes(encoded)).unwrap())
}

fn pending<S: Vectors>(case: &Value, committed: &[Vec<u8>]) -> Pending<S> {
    match &case["proverBlind"] {
        Value::Null => Pending::without_commitment(),
        blind => Pending::restore(&bytes(blind), committed).unwrap(),
    }
}

fn signatures<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "signature", 5) {
        let key = &case["signerKeyPair"];
        let sk = SecretKey::<S>::from_bytes(&bytes(&key["secretKey"])).unwrap();
        let pk = public_key::<S>(&key["publicKey"]);
        let header = bytes(&case["header"]);
        let messages = byte_list(&case["messages"]);
        let committed = byte_list(&case["committedMessages"]);
        let commitment = commitment::<S>(&case);
        let signature = sk
            .blind_sign(commitment.as_ref(), &header, &messages)
            .unwrap();
        assert_eq!(
            hex::encode(signature.to_bytes()),
            case["signature"],
            "{name}"
        );
        let credential = pending::<S>(&case, &committed)
            .receive(&pk, &signature, &header, &messages)
            .unwrap();
        assert_eq!(case["result"]["valid"], true);
        let (opened, trace) = (credential.opened(), &case["trace"]);
        if (S::FOLDER, name.as_str()) == ("bls12-381-sha-256", "signature003.json") {
            // An error of the published file: B stands in the place of the domain.
            same_point(opened.b.expose(), &trace["domain"]);
            continue;
        }
        same_point(opened.b.expose(), &trace["B"]);
        same_scalar(&opened.domain, &trace["domain"]);
    }
}

fn proofs<S: Vectors>() {
    let all = all_messages();
    for (name, case) in folder::<S>(SET, "proof", 8) {
        let pk = public_key::<S>(&case["signerPublicKey"]);
        let header = bytes(&case["header"]);
        let presentation_header = bytes(&case["presentationHeader"]);
        let disclosed = indexed(&case["revealedMessages"]);
        let committed = indexed(&case["revealedCommittedMessages"]);
        let signer_messages = usize::try_from(case["L"].as_u64().unwrap()).unwrap();
        let proof = Proof::<S>::from_bytes(&bytes(&case["proof"])).unwrap();
        let claim = BlindClaim {
            header: &header,
            presentation_header: &presentation_header,
            signer_messages,
            disclosed: &as_slices(&disclosed),
            committed: &as_slices(&committed),
        };
        assert_eq!(case["result"]["valid"], true);
        assert_eq!(proof.verify_blind(&pk, &claim), Ok(()), "{name}");

        // Make it again: the holder's messages are those of the shared list that fit the proof.
        let hidden = proof.hidden();
        let total_committed = hidden + disclosed.len() + committed.len() - 1 - signer_messages;
        let messages = &all.0[..signer_messages];
        let signature = Signature::<S>::from_bytes(&bytes(&case["signature"])).unwrap();
        let credential = pending::<S>(&case, &all.1[..total_committed])
            .receive(&pk, &signature, &header, messages)
            .unwrap();
        let places = credential
            .places(&indexes(&disclosed), &indexes(&committed))
            .unwrap();
        let interface = &S::interfaces().blind;
        let dst = case["mockRngParameters"]["proof"]["DST"].as_str().unwrap();
        let mut rng = MockRng::new(interface.hash, dst, 5 + hidden);
        let again = credential
            .prove_with(&presentation_header, &places, &mut rng)
            .unwrap();
        assert_eq!(hex::encode(again.to_bytes()), case["proof"], "{name}");

        let (parts, trace) = (proof.parts(), &case["trace"]);
        let opened = credential.opened();
        same_point(opened.b.expose(), &trace["B"]);
        same_point(&parts.points.a_bar, &trace["Abar"]);
        same_point(&parts.points.b_bar, &trace["Bbar"]);
        same_point(&parts.points.d, &trace["D"]);
        same_scalar(&opened.domain, &trace["domain"]);
        same_scalar(&parts.challenge, &trace["challenge"]);
        let signed = opened.messages.expose();
        let placed: Vec<_> = places.iter().map(|i| (*i, signed[*i])).collect();
        let binding = Binding {
            presentation_header: &presentation_header,
            pseudonym: None,
        };
        let commitments =
            parts.commitments_vartime(&opened.basis, &opened.domain, &placed, &binding);
        same_point(&commitments[0], &trace["T1"]);
        same_point(&commitments[1], &trace["T2"]);
    }
}

/// The signer's and the committed messages that the vectors of this set share.
fn all_messages() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let all = read(&fixtures().join(SET).join("messages.json"));
    (
        byte_list(&all["messages"]),
        byte_list(&all["committedMessages"]),
    )
}
