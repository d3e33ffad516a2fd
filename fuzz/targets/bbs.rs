#![no_main]
//! The standard layer: the first byte says what.

use libfuzzer_sys::fuzz_target;
use veilpass::bbs::{
    Commitment, NymSecrets, Proof, Pseudonym, PublicKey, SecretKey, Sha256, Shake256, Signature,
    SignerEntropy,
};
use veilpass_fuzz::same;

fuzz_target!(|input: &[u8]| {
    let Some((which, bytes)) = input.split_first() else {
        return;
    };
    match which % 8 {
        0 => {
            if let Ok(signature) = Signature::<Sha256>::from_bytes(bytes) {
                same(signature.to_bytes(), bytes);
            }
        }
        1 => {
            if let Ok(proof) = Proof::<Shake256>::from_bytes(bytes) {
                same(proof.to_bytes(), bytes);
            }
        }
        2 => {
            if let Ok(commitment) = Commitment::<Sha256>::from_bytes(bytes) {
                same(commitment.to_bytes(), bytes);
            }
        }
        3 => {
            if let Ok(key) = PublicKey::<Sha256>::from_bytes(bytes) {
                same(key.to_bytes(), bytes);
            }
        }
        4 => {
            if let Ok(key) = SecretKey::<Shake256>::from_bytes(bytes) {
                same(*key.expose_bytes(), bytes);
            }
        }
        5 => {
            if let Ok(pseudonym) = Pseudonym::<Sha256>::from_bytes(bytes) {
                same(pseudonym.to_bytes(), bytes);
            }
        }
        6 => {
            if let Ok(secrets) = NymSecrets::from_bytes(bytes) {
                same(&*secrets.expose_bytes(), bytes);
            }
        }
        _ => {
            if let Ok(entropy) = SignerEntropy::from_bytes(bytes) {
                same(*entropy.expose_bytes(), bytes);
            }
        }
    }
});
