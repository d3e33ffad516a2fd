//! zkryptium: the bare BBS proof.

use zkryptium::keys::pair::KeyPair;
use zkryptium::schemes::algorithms::BbsBls12381Sha256 as Suite;
use zkryptium::schemes::generics::{PoKSignature, Signature};

use crate::SHOWN;
use crate::measure::Candidate;

pub(crate) fn candidates() -> Vec<Candidate> {
    let key = KeyPair::<Suite>::generate(&[7; 32], None, None).unwrap();
    let messages = crate::messages();
    let shown: &'static [Vec<u8>] = SHOWN.map(|index| messages[index].clone()).to_vec().leak();
    let (secret, public) = (key.private_key().clone(), key.public_key().clone());
    let signature = Signature::<Suite>::sign(Some(messages), &secret, &public, Some(b"header"));
    let signature = signature.unwrap().to_bytes();
    let checking = public.clone();
    let make = move || {
        PoKSignature::<Suite>::proof_gen(
            &public,
            &signature,
            Some(b"header"),
            Some(b"nonce"),
            Some(messages),
            Some(&SHOWN),
        )
        .unwrap()
        .to_bytes()
    };
    let check = move |proof: &[u8], nonce: &[u8]| {
        PoKSignature::<Suite>::from_bytes(proof)
            .and_then(|proof| {
                proof.proof_verify(
                    &checking,
                    Some(shown),
                    Some(&SHOWN),
                    Some(b"header"),
                    Some(nonce),
                )
            })
            .is_ok()
    };
    let proof = make();
    assert!(check(&proof, b"nonce") && !check(&proof, b"other"));
    vec![
        Candidate::new("zkryptium/make", proof.len(), make),
        Candidate::new("zkryptium/check", proof.len(), move || {
            assert!(check(&proof, b"nonce"));
        }),
    ]
}
