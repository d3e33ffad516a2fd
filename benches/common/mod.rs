//! The operations of the standard layer, ours and zkryptium's side by side: for 10 messages with 4
//! disclosed and 30 with 5, decoding of signatures, commitments and proofs included on both sides.

use std::hint::black_box;

use rand::{SeedableRng, rngs::StdRng};
use veilpass::bbs::{
    BlindClaim, Claim, Commitment, NymSecrets, Pending, PendingPseudonym, Proof, Pseudonym,
    PseudonymClaim, PublicKey, SecretKey, Sha256, Signature, SignerEntropy,
};
use zkryptium::bbsplus::commitment::BlindFactor;
use zkryptium::bbsplus::keys::{BBSplusPublicKey, BBSplusSecretKey};
use zkryptium::bbsplus::pseudonym::{BBSplusPseudonym, PseudonymSecret};
use zkryptium::schemes::algorithms::BbsBls12381Sha256 as Theirs;
use zkryptium::schemes::generics::{
    BlindSignature, Commitment as TheirCommitment, PoKSignature, Signature as TheirSignature,
};

const HEADER: &[u8] = b"header";
const PH: &[u8] = b"presentation header";
const CONTEXT: &[u8] = b"context";

/// One operation done by both.
pub(crate) struct Pair {
    pub(crate) name: String,
    pub(crate) ours: Box<dyn FnMut()>,
    pub(crate) theirs: Box<dyn FnMut()>,
}

fn pair(
    name: &str,
    shape: &str,
    ours: impl FnMut() + 'static,
    theirs: impl FnMut() + 'static,
) -> Pair {
    Pair {
        name: format!("{name}/{shape}"),
        ours: Box::new(ours),
        theirs: Box::new(theirs),
    }
}

fn messages(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|i| format!("message {i}").into_bytes())
        .collect()
}

fn chosen(messages: &[Vec<u8>], indexes: &[usize]) -> Vec<Vec<u8>> {
    indexes.iter().map(|i| messages[*i].clone()).collect()
}

fn claimed(messages: &'static [Vec<u8>], indexes: &[usize]) -> &'static [(usize, &'static [u8])] {
    let list: Vec<_> = indexes
        .iter()
        .map(|i| (*i, messages[*i].as_slice()))
        .collect();
    list.leak()
}

/// All operations for `count` messages with `disclosed` of them shown. In the blind ones half of the
/// messages are the holder's.
#[allow(clippy::too_many_lines)]
pub(crate) fn pairs(count: usize, disclosed: usize) -> (Vec<Pair>, Vec<(String, usize)>) {
    let shape = format!("{count}_{disclosed}");
    let mut rng = StdRng::seed_from_u64(9);
    let sk_bytes = *SecretKey::<Sha256>::generate(&mut rng).expose_bytes();
    let sk = SecretKey::<Sha256>::from_bytes(&sk_bytes).unwrap();
    let pk_bytes = sk.public_key().to_bytes();
    let their_sk: &'static _ =
        Box::leak(Box::new(BBSplusSecretKey::from_bytes(&sk_bytes).unwrap()));
    let their_pk: &'static _ =
        Box::leak(Box::new(BBSplusPublicKey::from_bytes(&pk_bytes).unwrap()));
    let sk: &'static SecretKey<Sha256> = Box::leak(Box::new(sk));
    let pk: &'static PublicKey<Sha256> = sk.public_key();
    let all: &'static [Vec<u8>] = messages(count).leak();
    let shown: &'static [usize] = (0..disclosed).map(|i| 2 * i).collect::<Vec<_>>().leak();

    let signature = sk.sign(HEADER, all).unwrap().to_bytes();
    let proof = pk
        .verify(&Signature::from_bytes(&signature).unwrap(), HEADER, all)
        .unwrap()
        .prove(PH, shown, &mut rng)
        .unwrap()
        .to_bytes();

    // Blind: the first half is the issuer's, the second half the holder's.
    let (signer, holder) = all.split_at(count / 2);
    let (from_signer, from_holder): (Vec<_>, Vec<_>) =
        shown.iter().partition(|i| **i < signer.len());
    let from_holder: &'static [usize] = from_holder
        .iter()
        .map(|i| i - signer.len())
        .collect::<Vec<_>>()
        .leak();
    let from_signer: &'static [usize] = from_signer.leak();
    let (pending, commitment) = Pending::<Sha256>::commit(holder, &mut rng).unwrap();
    let blind = *pending.expose_prover_blind();
    let commitment: &'static [u8] = commitment.to_bytes().leak();
    let blind_claim = BlindClaim {
        header: HEADER,
        presentation_header: PH,
        signer_messages: signer.len(),
        disclosed: claimed(signer, from_signer),
        committed: claimed(holder, from_holder),
    };
    let decoded = Commitment::from_bytes(commitment).unwrap();
    let blind_signature = sk
        .blind_sign(Some(&decoded), HEADER, signer)
        .unwrap()
        .to_bytes();
    let their_blind: &'static _ = Box::leak(Box::new(BlindFactor::from_bytes(&blind).unwrap()));
    let blind_proof: &'static [u8] = Pending::<Sha256>::restore(&blind, holder)
        .unwrap()
        .receive(
            pk,
            &Signature::from_bytes(&blind_signature).unwrap(),
            HEADER,
            signer,
        )
        .unwrap()
        .prove(PH, from_signer, from_holder, &mut rng)
        .unwrap()
        .to_bytes()
        .leak();

    // Pseudonyms: one secret.
    let secret_bytes = NymSecrets::random(1, &mut rng)
        .unwrap()
        .expose_bytes()
        .to_vec();
    let secrets = NymSecrets::from_bytes(&secret_bytes).unwrap();
    let entropy = SignerEntropy::random(&mut rng);
    let (pending, commitment_nym) =
        PendingPseudonym::<Sha256>::commit(holder, &secrets, &mut rng).unwrap();
    let nym_blind = *pending.expose_prover_blind();
    let nym_signature = sk
        .blind_sign_with_pseudonym(&commitment_nym, 1, &entropy, HEADER, signer)
        .unwrap();
    let nym_credential: &'static _ = Box::leak(Box::new(
        pending
            .receive(pk, &nym_signature, &entropy, HEADER, signer)
            .unwrap(),
    ));
    let nym_signature = nym_signature.to_bytes();
    let (nym_proof, pseudonym) = nym_credential
        .prove(CONTEXT, PH, from_signer, from_holder, &mut rng)
        .unwrap();
    let (nym_proof, pseudonym) = (nym_proof.to_bytes(), pseudonym.to_bytes());
    let nym_secret = {
        let prover =
            PseudonymSecret::from_bytes(secret_bytes.as_slice().try_into().unwrap()).unwrap();
        let added = PseudonymSecret::from_bytes(&entropy.expose_bytes()).unwrap();
        &prover + &added
    };
    let their_secrets: &'static _ = Box::leak(Box::new(vec![nym_secret]));
    let their_nym_blind: &'static _ =
        Box::leak(Box::new(BlindFactor::from_bytes(&nym_blind).unwrap()));

    let sizes = vec![
        (format!("proof/{shape}"), proof.len()),
        (format!("blind_proof/{shape}"), blind_proof.len()),
        (format!("nym_proof/{shape}"), nym_proof.len() + 48),
        (format!("commitment/{shape}"), commitment.len()),
    ];
    let proof: &'static [u8] = proof.leak();
    let nym_proof: &'static [u8] = nym_proof.leak();
    let shown_messages: &'static [Vec<u8>] = chosen(all, shown).leak();
    let signer_shown: &'static [Vec<u8>] = chosen(signer, from_signer).leak();
    let holder_shown: &'static [Vec<u8>] = chosen(holder, from_holder).leak();
    let shown_claim = claimed(all, shown);
    let new_rng = || StdRng::seed_from_u64(10);
    let (mut rng1, mut rng2, mut rng3, mut rng4, mut rng5) =
        (new_rng(), new_rng(), new_rng(), new_rng(), new_rng());
    let pairs = vec![
        pair(
            "sign",
            &shape,
            move || {
                black_box(sk.sign(HEADER, all).unwrap());
            },
            move || {
                black_box(
                    TheirSignature::<Theirs>::sign(Some(all), their_sk, their_pk, Some(HEADER))
                        .unwrap(),
                );
            },
        ),
        pair(
            "verify",
            &shape,
            move || {
                let signature = Signature::<Sha256>::from_bytes(&signature).unwrap();
                black_box(pk.verify(&signature, HEADER, all).unwrap());
            },
            move || {
                let signature = TheirSignature::<Theirs>::from_bytes(&signature).unwrap();
                signature.verify(their_pk, Some(all), Some(HEADER)).unwrap();
            },
        ),
        // From the signature's bytes; ours verifies the signature before it proves, theirs does not.
        pair(
            "verify_and_proof_gen",
            &shape,
            move || {
                let signature = Signature::<Sha256>::from_bytes(&signature).unwrap();
                let credential = pk.verify(&signature, HEADER, all).unwrap();
                black_box(credential.prove(PH, shown, &mut rng1).unwrap());
            },
            move || {
                black_box(
                    PoKSignature::<Theirs>::proof_gen(
                        their_pk,
                        &signature,
                        Some(HEADER),
                        Some(PH),
                        Some(all),
                        Some(shown),
                    )
                    .unwrap(),
                );
            },
        ),
        // From a credential that was verified when it was received.
        {
            let credential = pk
                .verify(&Signature::from_bytes(&signature).unwrap(), HEADER, all)
                .unwrap();
            pair(
                "proof_gen",
                &shape,
                move || {
                    black_box(credential.prove(PH, shown, &mut rng2).unwrap());
                },
                move || {
                    black_box(
                        PoKSignature::<Theirs>::proof_gen(
                            their_pk,
                            &signature,
                            Some(HEADER),
                            Some(PH),
                            Some(all),
                            Some(shown),
                        )
                        .unwrap(),
                    );
                },
            )
        },
        pair(
            "proof_verify",
            &shape,
            move || {
                let proof = Proof::<Sha256>::from_bytes(proof).unwrap();
                let claim = Claim {
                    header: HEADER,
                    presentation_header: PH,
                    disclosed: shown_claim,
                };
                proof.verify(pk, &claim).unwrap();
            },
            move || {
                let proof = PoKSignature::<Theirs>::from_bytes(proof).unwrap();
                proof
                    .proof_verify(
                        their_pk,
                        Some(shown_messages),
                        Some(shown),
                        Some(HEADER),
                        Some(PH),
                    )
                    .unwrap();
            },
        ),
        pair(
            "commit",
            &shape,
            move || {
                black_box(Pending::<Sha256>::commit(holder, &mut rng3).unwrap());
            },
            move || {
                black_box(TheirCommitment::<Theirs>::commit(Some(holder)).unwrap());
            },
        ),
        pair(
            "blind_sign",
            &shape,
            move || {
                let commitment = Commitment::from_bytes(commitment).unwrap();
                black_box(sk.blind_sign(Some(&commitment), HEADER, signer).unwrap());
            },
            move || {
                black_box(
                    BlindSignature::<Theirs>::blind_sign(
                        their_sk,
                        their_pk,
                        Some(commitment),
                        Some(HEADER),
                        Some(signer),
                    )
                    .unwrap(),
                );
            },
        ),
        pair(
            "receive_and_blind_proof_gen",
            &shape,
            move || {
                let signature = Signature::<Sha256>::from_bytes(&blind_signature).unwrap();
                let credential = Pending::<Sha256>::restore(&blind, holder)
                    .unwrap()
                    .receive(pk, &signature, HEADER, signer)
                    .unwrap();
                black_box(
                    credential
                        .prove(PH, from_signer, from_holder, &mut rng4)
                        .unwrap(),
                );
            },
            move || {
                black_box(
                    PoKSignature::<Theirs>::blind_proof_gen(
                        their_pk,
                        &blind_signature,
                        Some(HEADER),
                        Some(PH),
                        Some(signer),
                        Some(holder),
                        Some(from_signer),
                        Some(from_holder),
                        Some(their_blind),
                    )
                    .unwrap(),
                );
            },
        ),
        pair(
            "blind_proof_verify",
            &shape,
            move || {
                let proof = Proof::<Sha256>::from_bytes(blind_proof).unwrap();
                proof.verify_blind(pk, &blind_claim).unwrap();
            },
            move || {
                let proof = PoKSignature::<Theirs>::from_bytes(blind_proof).unwrap();
                proof
                    .blind_proof_verify(
                        their_pk,
                        Some(HEADER),
                        Some(PH),
                        Some(signer.len()),
                        Some(signer_shown),
                        Some(holder_shown),
                        Some(from_signer),
                        Some(from_holder),
                    )
                    .unwrap();
            },
        ),
        pair(
            "nym_proof_gen",
            &shape,
            move || {
                black_box(
                    nym_credential
                        .prove(CONTEXT, PH, from_signer, from_holder, &mut rng5)
                        .unwrap(),
                );
            },
            move || {
                black_box(
                    PoKSignature::<Theirs>::proof_gen_with_nym(
                        their_pk,
                        &nym_signature,
                        Some(HEADER),
                        Some(PH),
                        their_secrets,
                        CONTEXT,
                        Some(signer),
                        Some(holder),
                        Some(from_signer),
                        Some(from_holder),
                        Some(their_nym_blind),
                    )
                    .unwrap(),
                );
            },
        ),
        pair(
            "nym_proof_verify",
            &shape,
            move || {
                let proof = Proof::<Sha256>::from_bytes(nym_proof).unwrap();
                let pseudonym = Pseudonym::from_bytes(&pseudonym).unwrap();
                let claim = PseudonymClaim {
                    blind: blind_claim,
                    context: CONTEXT,
                    secrets: 1,
                    pseudonym,
                };
                proof.verify_pseudonym(pk, &claim).unwrap();
            },
            move || {
                let proof = PoKSignature::<Theirs>::from_bytes(nym_proof).unwrap();
                let pseudonym = BBSplusPseudonym::from_bytes(&pseudonym).unwrap();
                proof
                    .proof_verify_with_nym(
                        their_pk,
                        Some(HEADER),
                        Some(PH),
                        &pseudonym,
                        CONTEXT,
                        1,
                        Some(signer.len()),
                        Some(signer_shown),
                        Some(holder_shown),
                        Some(from_signer),
                        Some(from_holder),
                    )
                    .unwrap();
            },
        ),
    ];
    (pairs, sizes)
}

pub(crate) const SHAPES: [(usize, usize); 2] = [(10, 4), (30, 5)];
