//! What only a forger inside the crate can try. Compiled under `#[cfg(test)]` only.

use super::*;
use crate::bbs::Sha256;
use rand::{SeedableRng, rngs::StdRng};

const MESSAGES: [&[u8]; 1] = [b"m"];

/// A credential with one secret, its key, and its only committed message.
fn credential(secret: Scalar, entropy: Scalar) -> (SecretKey<Sha256>, PseudonymProver<Sha256>) {
    let mut rng = StdRng::seed_from_u64(1);
    let sk = SecretKey::<Sha256>::generate(&mut rng);
    let secrets = NymSecrets(Secret::new(vec![secret]));
    let (pending, commitment) = PendingPseudonym::commit(&MESSAGES, &secrets, &mut rng).unwrap();
    let entropy = SignerEntropy(Secret::new(entropy));
    let signature = sk
        .blind_sign_with_pseudonym(&commitment, 1, &entropy, b"", &MESSAGES)
        .unwrap();
    let credential = pending
        .receive(sk.public_key(), &signature, &entropy, b"", &MESSAGES)
        .unwrap();
    (sk, credential)
}

#[test]
fn a_secret_cannot_be_disclosed_as_a_message_to_slide_the_pseudonym_onto_another_scalar() {
    // The holder arranges that its secret equals the scalar of a message, discloses it as if it
    // were one, and so makes the blinding or a message the "last hidden" scalar.
    let interface = &Sha256::interfaces().pseudonym;
    let (sk, credential) = credential(interface.map_message(b"trick"), Scalar::ZERO);
    // Basis: m, s, committed m, secret. Disclose the secret, claim the committed message.
    let signed = credential.opened.messages.expose();
    let message = signed[2];
    let scope = Scope::new(interface, b"door", 1, |base, _| {
        msm([(Base::Point(*base), message)]).to_affine()
    });
    let binding = Binding {
        presentation_header: b"",
        pseudonym: Some(&scope),
    };
    let mut rng = StdRng::seed_from_u64(2);
    let parts = prove(&credential.opened, &binding, &[3], &mut rng).unwrap();
    let claim = |committed| PseudonymClaim {
        blind: BlindClaim {
            header: b"",
            presentation_header: b"",
            signer_messages: 1,
            disclosed: &[],
            committed,
        },
        context: b"door",
        secrets: 1,
        pseudonym: Pseudonym {
            point: scope.pseudonym,
            suite: PhantomData,
        },
    };
    let proof = Proof::<Sha256>::from_parts(parts);
    // The engine alone would accept it: the statement is true of the signed scalars.
    let basis = &credential.opened.basis;
    let header: &[&[u8]] = &[b"", &length_prefix(1)];
    let disclosed = [(3, signed[3])];
    let engine = proof
        .parts()
        .verify_vartime(sk.public_key(), basis, header, &disclosed, &binding);
    assert_eq!(engine, Ok(()));
    // The index is past the committed messages, and that alone refuses it.
    let verified = proof.verify_pseudonym(sk.public_key(), &claim(&[(1, b"trick")]));
    assert_eq!(verified, Err(Error::Invalid));
}

#[test]
fn secrets_that_cancel_have_no_pseudonym() {
    let (_, credential) = credential(Scalar::from(5), -Scalar::from(5));
    assert_eq!(credential.pseudonym(b"door"), Err(Error::Invalid));
}
