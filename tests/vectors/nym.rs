//! draft-irtf-cfrg-bbs-per-verifier-linkability-03: commitments, signatures and proofs with
//! pseudonyms, one secret and ten.

use super::*;
use crate::bbs::proof::Binding;
use crate::bbs::pseudonym::{Scope, committed_scalars};
use crate::bbs::{
    BlindClaim, Commitment, NymSecrets, PendingPseudonym, Proof, Pseudonym, PseudonymClaim,
    SecretKey, Signature, SignerEntropy,
};

const SET: &str = "fixture_data_nym";

for_both_suites!(generators, commitments, signatures, proofs);

fn generators<S: Vectors>() {
    let interface = &S::interfaces().pseudonym;
    same_generators(interface, &file::<S>(SET, "generators.json"));
}

fn nym_secrets(list: &Value) -> NymSecrets {
    let list = list.as_array().unwrap();
    NymSecrets::from_bytes(&list.iter().flat_map(scalar_bytes).collect::<Vec<_>>()).unwrap()
}

fn commitments<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "nymCommit", 4) {
        let messages = byte_list(&case["committedMessages"]);
        let secrets = nym_secrets(&case["proverNyms"]);
        let count = case["proverNyms"].as_array().unwrap().len();
        let scalars = committed_scalars::<S, _>(None, &messages, &secrets);
        let dst = case["mockRngParameters"]["commit"]["DST"].as_str().unwrap();
        let hash = S::interfaces().pseudonym.hash;
        let mut rng = MockRng::new(hash, dst, messages.len() + count + 2);
        let (pending, commitment) =
            PendingPseudonym::<S>::commit_with(&scalars, count, &mut rng).unwrap();
        assert_eq!(
            *pending.expose_prover_blind(),
            scalar_bytes(&case["proverBlind"]),
            "{name}"
        );
        let encoded = bytes(&case["commitmentWithProof"]);
        assert_eq!(commitment.to_bytes(), encoded, "{name}");
        assert_eq!(
            Commitment::from_bytes(&encoded).unwrap(),
            commitment,
            "{name}"
        );
    }
}

fn pending<S: Vectors>(case: &Value) -> PendingPseudonym<S> {
    PendingPseudonym::restore(
        &scalar_bytes(&case["proverBlind"]),
        &byte_list(&case["committedMessages"]),
        &nym_secrets(&case["proverNyms"]),
    )
    .unwrap()
}

fn entropy(case: &Value) -> SignerEntropy {
    SignerEntropy::from_bytes(&scalar_bytes(&case["signer_nym_entropy"])).unwrap()
}

fn signatures<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "nymSignature", 6) {
        let key = &case["signerKeyPair"];
        let sk = SecretKey::<S>::from_bytes(&bytes(&key["secretKey"])).unwrap();
        let pk = public_key::<S>(&key["publicKey"]);
        let header = bytes(&case["header"]);
        let messages = byte_list(&case["messages"]);
        let commitment = Commitment::from_bytes(&bytes(&case["commitmentWithProof"])).unwrap();
        let count = case["proverNyms"].as_array().unwrap().len();
        let signature = sk
            .blind_sign_with_pseudonym(&commitment, count, &entropy(&case), &header, &messages)
            .unwrap();
        assert_eq!(
            hex::encode(signature.to_bytes()),
            case["signature"],
            "{name}"
        );
        let credential = pending::<S>(&case)
            .receive(&pk, &signature, &entropy(&case), &header, &messages)
            .unwrap();
        let opened = credential.opened();
        // An error of one published file: a letter too many at the end.
        let b = case["trace"]["B"].as_str().unwrap().trim_end_matches('s');
        same_point(opened.b.expose(), &b.into());
        same_scalar(&opened.domain, &case["trace"]["domain"]);
        let signed = opened.messages.expose();
        let expected = case["nym_secrets"].as_array().unwrap();
        for (secret, expected) in signed[signed.len() - count..].iter().zip(expected) {
            same_scalar(secret, expected);
        }
    }
}

fn proofs<S: Vectors>() {
    for (name, case) in folder::<S>(SET, "nymProof", 11) {
        let pk = public_key::<S>(&case["signerPublicKey"]);
        let header = bytes(&case["header"]);
        let presentation_header = bytes(&case["presentationHeader"]);
        let context = bytes(&case["context_id"]);
        let disclosed = indexed(&case["revealedMessages"]);
        let committed = indexed(&case["revealedCommittedMessages"]);
        let secrets = case["nym_secrets"].as_array().unwrap().len();
        let messages = byte_list(&case["messages"]);
        let proof = Proof::<S>::from_bytes(&bytes(&case["proof"])).unwrap();
        let claim = PseudonymClaim {
            blind: BlindClaim {
                header: &header,
                presentation_header: &presentation_header,
                signer_messages: messages.len(),
                disclosed: &as_slices(&disclosed),
                committed: &as_slices(&committed),
            },
            context: &context,
            secrets,
            pseudonym: Pseudonym::from_bytes(&bytes(&case["pseudonym"])).unwrap(),
        };
        assert_eq!(case["result"]["valid"], true);
        assert_eq!(proof.verify_pseudonym(&pk, &claim), Ok(()), "{name}");

        let signature = Signature::<S>::from_bytes(&bytes(&case["signature"])).unwrap();
        let credential = pending::<S>(&case)
            .receive(&pk, &signature, &entropy(&case), &header, &messages)
            .unwrap();
        let places = credential
            .places(&indexes(&disclosed), &indexes(&committed))
            .unwrap();
        let hash = S::interfaces().pseudonym.hash;
        let dst = case["mockRngParameters"]["proof"]["DST"].as_str().unwrap();
        let mut rng = MockRng::new(hash, dst, 5 + proof.hidden());
        let (again, pseudonym) = credential
            .prove_with(&context, &presentation_header, &places, &mut rng)
            .unwrap();
        assert_eq!(hex::encode(again.to_bytes()), case["proof"], "{name}");
        assert_eq!(pseudonym, claim.pseudonym, "{name}");

        let (parts, trace) = (proof.parts(), &case["trace"]);
        let opened = credential.opened();
        same_point(&parts.points.a_bar, &trace["Abar"]);
        same_point(&parts.points.b_bar, &trace["Bbar"]);
        same_point(&parts.points.d, &trace["D"]);
        same_scalar(&opened.domain, &trace["domain"]);
        same_scalar(&parts.challenge, &trace["challenge"]);
        let signed = opened.messages.expose();
        let placed: Vec<_> = places.iter().map(|i| (*i, signed[*i])).collect();
        let scope: Scope<'_> = credential.scope(&context).unwrap();
        let binding = Binding {
            presentation_header: &presentation_header,
            pseudonym: Some(&scope),
        };
        let commitments =
            parts.commitments_vartime(&opened.basis, &opened.domain, &placed, &binding);
        same_point(&commitments[0], &trace["T1"]);
        same_point(&commitments[1], &trace["T2"]);
        same_point(&commitments[2], &trace["Ut"]);
        same_point(&scope.pseudonym, &trace["pseudonym"]);
        if let Some(base) = trace.get("OP") {
            same_point(&scope.base, base);
        }
        if let Some(sum) = trace.get("poly_eval_pseudo") {
            let secrets = &signed[signed.len() - secrets..];
            let terms = secrets.iter().zip(&scope.weights);
            same_scalar(&terms.map(|(nym, z)| nym * z).sum(), sum);
        }
    }
}
