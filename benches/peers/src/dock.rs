//! dock's bbs_plus: the bare BBS proof, by the protocol that the IETF draft has.

use std::collections::BTreeMap;

use ark_bls12_381::{Bls12_381, Fr};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_std::UniformRand;
use ark_std::rand::{SeedableRng, rngs::StdRng};
use bbs_plus::prelude::{
    KeypairG2, PreparedPublicKeyG2, PreparedSignatureParams23G1, Signature23G1, SignatureParams23G1,
};
use bbs_plus::proof_23_ietf::{PoKOfSignature23G1Proof, PoKOfSignature23G1Protocol};
use blake2::Blake2b512;
use dock_crypto_utils::signature::MessageOrBlinding;
use schnorr_pok::compute_random_oracle_challenge;

use crate::measure::Candidate;
use crate::{MESSAGES, SHOWN};

/// An issuer's parameters and keys, prepared for verifiers, too.
pub(crate) struct Issuer {
    pub(crate) params: SignatureParams23G1<Bls12_381>,
    pub(crate) keys: KeypairG2<Bls12_381>,
    pub(crate) prepared_params: PreparedSignatureParams23G1<Bls12_381>,
    pub(crate) prepared_key: PreparedPublicKeyG2<Bls12_381>,
}

impl Issuer {
    pub(crate) fn new(messages: u32, rng: &mut StdRng) -> &'static Self {
        let params = SignatureParams23G1::new::<Blake2b512>(b"peers", messages);
        let keys = KeypairG2::generate_using_rng_and_bbs23_params(rng, &params);
        Box::leak(Box::new(Self {
            prepared_params: params.clone().into(),
            prepared_key: keys.public_key.clone().into(),
            params,
            keys,
        }))
    }
}

pub(crate) fn candidates() -> Vec<Candidate> {
    let mut rng = StdRng::seed_from_u64(8);
    let issuer = Issuer::new(MESSAGES as u32, &mut rng);
    let messages: &'static [Fr] = (0..MESSAGES)
        .map(|_| Fr::rand(&mut rng))
        .collect::<Vec<_>>()
        .leak();
    let key = &issuer.keys.secret_key;
    let signature = Signature23G1::new(&mut rng, messages, key, &issuer.params).unwrap();
    let shown: &'static BTreeMap<usize, Fr> = Box::leak(Box::new(
        SHOWN
            .iter()
            .map(|index| (*index, messages[*index]))
            .collect(),
    ));
    let mut make = move || {
        let all = messages.iter().enumerate().map(|(index, message)| {
            if SHOWN.contains(&index) {
                MessageOrBlinding::RevealMessage(message)
            } else {
                MessageOrBlinding::BlindMessageRandomly(message)
            }
        });
        let protocol =
            PoKOfSignature23G1Protocol::init(&mut rng, &signature, &issuer.params, all).unwrap();
        let mut hashed = b"nonce".to_vec();
        protocol
            .challenge_contribution(shown, &issuer.params, &mut hashed)
            .unwrap();
        let challenge = compute_random_oracle_challenge::<Fr, Blake2b512>(&hashed);
        let mut bytes = Vec::new();
        let proof = protocol.gen_proof(&challenge).unwrap();
        proof.serialize_compressed(&mut bytes).unwrap();
        bytes
    };
    let check = move |proof: &[u8], nonce: &[u8]| {
        let Ok(proof) = PoKOfSignature23G1Proof::<Bls12_381>::deserialize_compressed(proof) else {
            return false;
        };
        let mut hashed = nonce.to_vec();
        proof
            .challenge_contribution(shown, &issuer.params, &mut hashed)
            .unwrap();
        let challenge = compute_random_oracle_challenge::<Fr, Blake2b512>(&hashed);
        let (key, params) = (&issuer.prepared_key, &issuer.prepared_params);
        proof
            .verify(shown, &challenge, key.clone(), params.clone())
            .is_ok()
    };
    let proof = make();
    assert!(check(&proof, b"nonce") && !check(&proof, b"other"));
    vec![
        Candidate::new("dock/make", proof.len(), make),
        Candidate::new("dock/check", proof.len(), move || {
            assert!(check(&proof, b"nonce"));
        }),
    ]
}
