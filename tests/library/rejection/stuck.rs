//! What a generator that repeats itself must not give away.

use super::*;

/// A generator that repeats itself, as after the restore of a snapshot.
struct Stuck;
impl rand::TryRng for Stuck {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill(7);
        Ok(())
    }
}
impl rand::TryCryptoRng for Stuck {}

#[test]
fn a_stuck_generator_never_answers_two_challenges_with_one_nonce() {
    // Equal nonces and blinding under two challenges would give ŝ − ŝ' = (c − c')·s away. The same
    // secrets committed to under two interfaces, or two ciphersuites, must not share them.
    let secrets = NymSecrets::random(1, &mut rng()).unwrap();
    let nothing: [&[u8]; 0] = [];
    let sha = PendingPseudonym::<Sha256>::commit(&nothing, &secrets, &mut Stuck).unwrap();
    let shake = PendingPseudonym::<Shake256>::commit(&nothing, &secrets, &mut Stuck).unwrap();
    let again = PendingPseudonym::<Sha256>::commit(&nothing, &secrets, &mut Stuck).unwrap();
    assert_eq!(*sha.0.expose_prover_blind(), *again.0.expose_prover_blind());
    assert_ne!(*sha.0.expose_prover_blind(), *shake.0.expose_prover_blind());
}

#[test]
fn a_stuck_generator_makes_other_proofs_of_other_statements() {
    // Equal Ā under a stuck generator would mean equal nonces. One input at a time.
    let a_bar = |sk: &SecretKey<Sha256>, header: &[u8], last: &[u8], ph: &[u8], shown: &[usize]| {
        let messages: [&[u8]; 2] = [b"name", last];
        let signature = sk.sign(header, &messages).unwrap();
        let credential = sk
            .public_key()
            .verify(&signature, header, &messages)
            .unwrap();
        let proof = credential.prove(ph, shown, &mut Stuck).unwrap();
        proof.to_bytes()[..48].to_vec()
    };
    let (sk, other) = (key(), SecretKey::derive(&[2; 32], b"", None).unwrap());
    let reference = a_bar(&sk, b"h", b"m", b"ph", &[0]);
    assert_eq!(a_bar(&sk, b"h", b"m", b"ph", &[0]), reference);
    assert_ne!(
        a_bar(&sk, b"h", b"m", b"ph", &[1]),
        reference,
        "disclosed set"
    );
    assert_ne!(
        a_bar(&sk, b"h", b"m", b"ph", &[]),
        reference,
        "disclosed set"
    );
    assert_ne!(
        a_bar(&sk, b"h", b"m", b"pi", &[0]),
        reference,
        "presentation header"
    );
    assert_ne!(a_bar(&sk, b"h", b"n", b"ph", &[0]), reference, "message");
    assert_ne!(a_bar(&sk, b"i", b"m", b"ph", &[0]), reference, "header");
    assert_ne!(a_bar(&other, b"h", b"m", b"ph", &[0]), reference, "issuer");
    // A generator that is not stuck makes a difference of its own.
    let signature = sk.sign(HEADER, &MESSAGES).unwrap();
    let credential = sk
        .public_key()
        .verify(&signature, HEADER, &MESSAGES)
        .unwrap();
    let mut rng = rng();
    let mut prove = || credential.prove(PH, &[0], &mut rng).unwrap();
    assert_ne!(prove(), prove());
}

#[test]
fn a_stuck_generator_makes_other_pseudonym_proofs_in_other_contexts() {
    let sk = key();
    let secrets = NymSecrets::random(1, &mut rng()).unwrap();
    let entropy = SignerEntropy::random(&mut rng());
    let (pending, commitment) =
        PendingPseudonym::<Sha256>::commit(&MESSAGES, &secrets, &mut rng()).unwrap();
    let signature =
        (sk.blind_sign_with_pseudonym(&commitment, 1, &entropy, HEADER, &MESSAGES)).unwrap();
    let credential = pending
        .receive(sk.public_key(), &signature, &entropy, HEADER, &MESSAGES)
        .unwrap();
    let prove = |context: &[u8], committed: &[usize]| {
        let (proof, _) = credential
            .prove(context, PH, &[], committed, &mut Stuck)
            .unwrap();
        proof.to_bytes()[..48].to_vec()
    };
    assert_eq!(prove(b"door", &[]), prove(b"door", &[]));
    assert_ne!(prove(b"door", &[]), prove(b"gate", &[]));
    assert_ne!(prove(b"door", &[]), prove(b"door", &[1]));
    let (pending, commitment) = Pending::<Sha256>::commit(&MESSAGES, &mut Stuck).unwrap();
    let other: [&[u8]; 1] = [b"other"];
    let (with_other, _) = Pending::<Sha256>::commit(&other, &mut Stuck).unwrap();
    assert_ne!(
        *pending.expose_prover_blind(),
        *with_other.expose_prover_blind()
    );
    let signature = sk.blind_sign(Some(&commitment), HEADER, &MESSAGES).unwrap();
    let credential = pending
        .receive(sk.public_key(), &signature, HEADER, &MESSAGES)
        .unwrap();
    let prove = |ph: &[u8]| {
        credential
            .prove(ph, &[], &[], &mut Stuck)
            .unwrap()
            .to_bytes()
    };
    assert_ne!(prove(b"a")[..48], prove(b"b")[..48]);
}
