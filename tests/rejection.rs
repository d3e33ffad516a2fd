//! What must be refused is refused, and nothing makes the library panic.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::bbs::{
    BlindClaim, Claim, Commitment, MAX_MESSAGES, NymSecrets, Pending, PendingPseudonym, Proof,
    Pseudonym, PseudonymClaim, PublicKey, SecretKey, Sha256, Shake256, Signature, SignerEntropy,
};
use veilpass::{Error, Flaw};

const HEADER: &[u8] = b"header";
const PH: &[u8] = b"presentation header";
const MESSAGES: [&[u8]; 5] = [b"name", b"employer", b"", b"until", b"hint"];

fn rng() -> StdRng {
    StdRng::seed_from_u64(5)
}

fn key() -> SecretKey<Sha256> {
    SecretKey::derive(&[1; 32], b"", None).unwrap()
}

/// Every encoding that differs from `bytes` in one byte.
fn one_byte_changed(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len()).flat_map(|place| {
        [0x01, 0x80].map(|flip| {
            let mut changed = bytes.to_vec();
            changed[place] ^= flip;
            changed
        })
    })
}

fn claim<'a>(disclosed: &'a [(usize, &'a [u8])]) -> Claim<'a> {
    Claim {
        header: HEADER,
        presentation_header: PH,
        disclosed,
    }
}

#[test]
fn one_changed_byte_anywhere_in_a_signature_is_refused() {
    let sk = key();
    let signature = sk.sign(HEADER, &MESSAGES).unwrap().to_bytes();
    for changed in one_byte_changed(&signature) {
        if let Ok(signature) = Signature::from_bytes(&changed) {
            let verified = sk.public_key().verify(&signature, HEADER, &MESSAGES);
            assert_eq!(verified.err(), Some(Error::Invalid));
        }
    }
}

#[test]
fn one_changed_byte_anywhere_in_a_proof_or_its_claim_is_refused() {
    let sk = key();
    let pk = sk.public_key();
    let signature = sk.sign(HEADER, &MESSAGES).unwrap();
    let credential = pk.verify(&signature, HEADER, &MESSAGES).unwrap();
    let proof = credential.prove(PH, &[0, 3], &mut rng()).unwrap();
    let disclosed = [(0, MESSAGES[0]), (3, MESSAGES[3])];
    proof.verify(pk, &claim(&disclosed)).unwrap();

    for changed in one_byte_changed(&proof.to_bytes()) {
        if let Ok(proof) = Proof::from_bytes(&changed) {
            assert_eq!(proof.verify(pk, &claim(&disclosed)), Err(Error::Invalid));
        }
    }
    for header in one_byte_changed(HEADER) {
        let claim = Claim {
            header: &header,
            ..claim(&disclosed)
        };
        assert_eq!(proof.verify(pk, &claim), Err(Error::Invalid));
    }
    for ph in one_byte_changed(PH) {
        let claim = Claim {
            presentation_header: &ph,
            ..claim(&disclosed)
        };
        assert_eq!(proof.verify(pk, &claim), Err(Error::Invalid));
    }
    for message in one_byte_changed(MESSAGES[3]) {
        let disclosed = [(0, MESSAGES[0]), (3, message.as_slice())];
        assert_eq!(proof.verify(pk, &claim(&disclosed)), Err(Error::Invalid));
    }
    let moved = [(0, MESSAGES[0]), (4, MESSAGES[3])];
    assert_eq!(proof.verify(pk, &claim(&moved)), Err(Error::Invalid));
    let swapped = [(0, MESSAGES[3]), (3, MESSAGES[0])];
    assert_eq!(proof.verify(pk, &claim(&swapped)), Err(Error::Invalid));
    let fewer = [(0, MESSAGES[0])];
    assert_eq!(proof.verify(pk, &claim(&fewer)), Err(Error::Invalid));
    let other = SecretKey::derive(&[2; 32], b"", None).unwrap();
    assert_eq!(
        proof.verify(other.public_key(), &claim(&disclosed)),
        Err(Error::Invalid)
    );
}

#[test]
fn one_changed_byte_anywhere_in_a_commitment_is_refused() {
    let sk = key();
    let (_, commitment) = Pending::<Sha256>::commit(&MESSAGES, &mut rng()).unwrap();
    let bytes = commitment.to_bytes();
    for changed in one_byte_changed(&bytes) {
        if let Ok(commitment) = Commitment::from_bytes(&changed) {
            let signed = sk.blind_sign(Some(&commitment), HEADER, &MESSAGES);
            assert_eq!(signed.err(), Some(Error::Invalid));
        }
    }
}

#[test]
fn a_blind_proof_is_bound_to_all_of_its_claim() {
    let sk = key();
    let pk = sk.public_key();
    let committed: [&[u8]; 2] = [b"secret", b"employer"];
    let (pending, commitment) = Pending::<Sha256>::commit(&committed, &mut rng()).unwrap();
    let signature = sk.blind_sign(Some(&commitment), HEADER, &MESSAGES).unwrap();
    let credential = pending.receive(pk, &signature, HEADER, &MESSAGES).unwrap();
    let proof = credential.prove(PH, &[3], &[1], &mut rng()).unwrap();
    let good = BlindClaim {
        header: HEADER,
        presentation_header: PH,
        signer_messages: 5,
        disclosed: &[(3, b"until")],
        committed: &[(1, b"employer")],
    };
    assert_eq!(proof.verify_blind(pk, &good), Ok(()));
    let bad = [
        BlindClaim {
            header: b"Header",
            ..good
        },
        BlindClaim {
            presentation_header: b"",
            ..good
        },
        BlindClaim {
            signer_messages: 4,
            ..good
        },
        BlindClaim {
            signer_messages: 6,
            ..good
        },
        BlindClaim {
            disclosed: &[(3, b"later")],
            ..good
        },
        BlindClaim {
            disclosed: &[(4, b"until")],
            ..good
        },
        BlindClaim {
            committed: &[(1, b"nobody")],
            ..good
        },
        BlindClaim {
            committed: &[(0, b"employer")],
            ..good
        },
        BlindClaim {
            disclosed: &[],
            ..good
        },
        BlindClaim {
            committed: &[],
            ..good
        },
    ];
    for claim in &bad {
        assert!(proof.verify_blind(pk, claim).is_err(), "{claim:?}");
    }
    // The blinding is never disclosed: no committed index reaches it or goes past the end.
    for indexes in [[3, 3], [3, 0], [3, 5], [3, usize::MAX]] {
        let disclosed = indexes.map(|i| (i, b"until".as_slice()));
        let claim = BlindClaim {
            disclosed: &disclosed,
            ..good
        };
        let verified = proof.verify_blind(pk, &claim);
        assert_eq!(verified, Err(Error::Indexes { messages: 5 }));
    }
    let past = BlindClaim {
        committed: &[(2, b"employer")],
        ..good
    };
    assert_eq!(proof.verify_blind(pk, &past), Err(Error::Invalid));
    let huge = BlindClaim {
        signer_messages: usize::MAX,
        ..good
    };
    assert_eq!(proof.verify_blind(pk, &huge), Err(Error::Invalid));
}

#[test]
fn a_signature_for_other_messages_is_not_received() {
    let sk = key();
    let other: [&[u8]; 1] = [b"other"];
    let (pending, _) = Pending::<Sha256>::commit(&MESSAGES, &mut rng()).unwrap();
    let (_, commitment) = Pending::<Sha256>::commit(&other, &mut rng()).unwrap();
    let signature = sk.blind_sign(Some(&commitment), HEADER, &other).unwrap();
    let received = pending.receive(sk.public_key(), &signature, HEADER, &other);
    assert_eq!(received.err(), Some(Error::Invalid));
}

#[test]
fn a_pseudonym_proof_is_bound_to_context_pseudonym_and_count() {
    let sk = key();
    let pk = sk.public_key();
    let mut rng = rng();
    let committed: [&[u8]; 1] = [b"secret"];
    let secrets = NymSecrets::random(2, &mut rng).unwrap();
    let (pending, commitment) =
        PendingPseudonym::<Sha256>::commit(&committed, &secrets, &mut rng).unwrap();
    let entropy = SignerEntropy::random(&mut rng);
    let sign =
        |count| sk.blind_sign_with_pseudonym(&commitment, count, &entropy, HEADER, &MESSAGES);
    assert_eq!(sign(0).err(), Some(Error::NoPseudonymSecret));
    let short = Error::NotCommitted {
        committed: 3,
        secrets: 4,
    };
    assert_eq!(sign(4).err(), Some(short));
    let signature = sign(2).unwrap();
    let credential = pending
        .receive(pk, &signature, &entropy, HEADER, &MESSAGES)
        .unwrap();
    let (proof, pseudonym) = credential.prove(b"door", PH, &[3], &[0], &mut rng).unwrap();
    let elsewhere = credential.pseudonym(b"other door").unwrap();
    assert_ne!(pseudonym, elsewhere);
    let good = PseudonymClaim {
        blind: BlindClaim {
            header: HEADER,
            presentation_header: PH,
            signer_messages: 5,
            disclosed: &[(3, b"until")],
            committed: &[(0, b"secret")],
        },
        context: b"door",
        secrets: 2,
        pseudonym,
    };
    assert_eq!(proof.verify_pseudonym(pk, &good), Ok(()));
    let bad = [
        PseudonymClaim {
            context: b"other door",
            ..good
        },
        PseudonymClaim {
            pseudonym: elsewhere,
            ..good
        },
        PseudonymClaim { secrets: 1, ..good },
        PseudonymClaim { secrets: 3, ..good },
        PseudonymClaim {
            secrets: usize::MAX,
            ..good
        },
        PseudonymClaim {
            blind: BlindClaim {
                header: b"",
                ..good.blind
            },
            ..good
        },
    ];
    for claim in &bad {
        assert!(proof.verify_pseudonym(pk, claim).is_err(), "{claim:?}");
    }
    assert_eq!(
        proof.verify_pseudonym(pk, &PseudonymClaim { secrets: 0, ..good }),
        Err(Error::NoPseudonymSecret)
    );
    // A secret is not a message that could be disclosed.
    assert!(matches!(
        credential.prove(b"door", PH, &[], &[1], &mut rng),
        Err(Error::Indexes { messages: 1 })
    ));
    // Without the pseudonym's equation the same bytes are no proof of the blind interface.
    assert!(proof.verify_blind(pk, &good.blind).is_err());
    for changed in one_byte_changed(&pseudonym.to_bytes()).step_by(9) {
        if let Ok(pseudonym) = Pseudonym::from_bytes(&changed) {
            let claim = PseudonymClaim { pseudonym, ..good };
            assert_eq!(proof.verify_pseudonym(pk, &claim), Err(Error::Invalid));
        }
    }
}

#[test]
fn index_lists_that_are_unsorted_repeated_or_out_of_range_are_errors() {
    let sk = key();
    let pk = sk.public_key();
    let signature = sk.sign(HEADER, &MESSAGES).unwrap();
    let credential = pk.verify(&signature, HEADER, &MESSAGES).unwrap();
    let error = Err(Error::Indexes { messages: 5 });
    for indexes in [
        &[1, 0][..],
        &[2, 2],
        &[5],
        &[0, usize::MAX],
        &[0, 1, 2, 3, 4, 4],
    ] {
        assert_eq!(
            credential.prove(PH, indexes, &mut rng()),
            error,
            "{indexes:?}"
        );
    }
    let proof = credential.prove(PH, &[0, 1], &mut rng()).unwrap();
    for indexes in [[1, 0], [1, 1], [0, usize::MAX], [usize::MAX, 0]] {
        let disclosed = indexes.map(|i| (i, MESSAGES[0]));
        let verified = proof.verify(pk, &claim(&disclosed));
        let senseless = matches!(verified, Err(Error::Indexes { .. }));
        assert!(senseless, "{indexes:?}: {verified:?}");
    }
    // A proof that is too short for a sensible claim is the proof's fault.
    let disclosed = [0, 5].map(|i| (i, MESSAGES[0]));
    assert_eq!(proof.verify(pk, &claim(&disclosed)), Err(Error::Invalid));
}

#[test]
fn other_lengths_are_refused_with_their_name() {
    let sk = key();
    let signature = sk.sign(HEADER, &MESSAGES).unwrap();
    let credential = sk
        .public_key()
        .verify(&signature, HEADER, &MESSAGES)
        .unwrap();
    let proof = credential.prove(PH, &[0], &mut rng()).unwrap().to_bytes();
    let (_, commitment) = Pending::<Sha256>::commit(&MESSAGES, &mut rng()).unwrap();
    let commitment = commitment.to_bytes();
    let flaw = |error: veilpass::DecodeError| (error.what, error.flaw);

    type Decode = fn(&[u8]) -> Result<(), veilpass::DecodeError>;
    let cases: [(&[u8], Decode); 5] = [
        (proof.as_slice(), |b| {
            Proof::<Sha256>::from_bytes(b).map(drop)
        }),
        (&commitment, |b| {
            Commitment::<Sha256>::from_bytes(b).map(drop)
        }),
        (&signature.to_bytes(), |b| {
            Signature::<Sha256>::from_bytes(b).map(drop)
        }),
        (&sk.public_key().to_bytes(), |b| {
            PublicKey::<Sha256>::from_bytes(b).map(drop)
        }),
        (&*sk.expose_bytes(), |b| {
            SecretKey::<Sha256>::from_bytes(b).map(drop)
        }),
    ];
    for (bytes, decode) in cases {
        assert_eq!(decode(bytes), Ok(()));
        for end in 0..bytes.len() {
            // Proofs and commitments that lose whole scalars are shorter ones, refused later.
            let shorter = decode(&bytes[..end]);
            assert!(shorter.is_err() || end % 32 == bytes.len() % 32, "{end}");
        }
        let longer = [bytes, &[7]].concat();
        let flaw = decode(&longer).map_err(flaw).unwrap_err().1;
        assert!(matches!(flaw, Flaw::Trailing | Flaw::Length), "{flaw:?}");
    }
    let empty = Proof::<Sha256>::from_bytes(&[]).map_err(flaw);
    assert_eq!(empty, Err(("proof", Flaw::Truncated)));
}

#[test]
fn zero_scalars_and_unreduced_scalars_are_refused() {
    let signature = key().sign(HEADER, &MESSAGES).unwrap().to_bytes();
    let with_e = |e: u8| [&signature[..48], &[e; 32]].concat();
    let flaw = |e| {
        Signature::<Sha256>::from_bytes(&with_e(e))
            .unwrap_err()
            .flaw
    };
    assert_eq!(flaw(0), Flaw::ScalarZero);
    assert_eq!(flaw(0xff), Flaw::ScalarNotCanonical);
    assert!(SecretKey::<Sha256>::from_bytes(&[0; 32]).is_err());
}

#[test]
fn more_messages_than_the_limit_are_refused_before_any_work() {
    let sk = key();
    let many = vec![b"m"; MAX_MESSAGES + 1];
    let refused = Err(Error::TooManyMessages {
        count: MAX_MESSAGES + 1,
        limit: MAX_MESSAGES,
    });
    assert_eq!(sk.sign(HEADER, &many).map(drop), refused);
    let huge = vec![0x11; 144 + 32 * (MAX_MESSAGES + 10)];
    assert!(Proof::<Sha256>::from_bytes(&huge).is_err());
}

#[test]
fn ciphersuites_do_not_mix() {
    let sha = key();
    let shake = SecretKey::<Shake256>::from_bytes(&*sha.expose_bytes()).unwrap();
    let signature = sha.sign(HEADER, &MESSAGES).unwrap().to_bytes();
    let signature = Signature::<Shake256>::from_bytes(&signature).unwrap();
    assert!(
        shake
            .public_key()
            .verify(&signature, HEADER, &MESSAGES)
            .is_err()
    );
}

#[test]
fn short_key_material_and_long_info_are_refused() {
    assert!(SecretKey::<Sha256>::derive(&[1; 31], b"", None).is_err());
    assert!(SecretKey::<Sha256>::derive(&[1; 32], &[0; 65_536], None).is_err());
    assert!(SecretKey::<Sha256>::derive(&[1; 32], &[0; 65_535], None).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_disclosure_set_of_any_messages_verifies(
        messages in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..9), any::<bool>()), 0..=64),
        header in prop::collection::vec(any::<u8>(), 0..3),
        ph in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let sk = key();
        let contents: Vec<_> = messages.iter().map(|(m, _)| m.as_slice()).collect();
        let shown: Vec<_> = (0..messages.len()).filter(|i| messages[*i].1).collect();
        let signature = sk.sign(&header, &contents).unwrap();
        let credential = sk.public_key().verify(&signature, &header, &contents).unwrap();
        let proof = credential.prove(&ph, &shown, &mut rng()).unwrap();
        let bytes = proof.to_bytes();
        prop_assert_eq!(bytes.len(), 272 + 32 * (messages.len() - shown.len()));
        let proof = Proof::from_bytes(&bytes).unwrap();
        let disclosed: Vec<_> = shown.iter().map(|i| (*i, contents[*i])).collect();
        let claim = Claim { header: &header, presentation_header: &ph, disclosed: &disclosed };
        prop_assert_eq!(proof.verify(sk.public_key(), &claim), Ok(()));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Proof::<Sha256>::from_bytes(&bytes);
        let _ = Commitment::<Sha256>::from_bytes(&bytes);
        let _ = Signature::<Sha256>::from_bytes(&bytes);
        let _ = PublicKey::<Sha256>::from_bytes(&bytes);
        let _ = SecretKey::<Sha256>::from_bytes(&bytes);
        let _ = Pseudonym::<Sha256>::from_bytes(&bytes);
        let _ = NymSecrets::from_bytes(&bytes);
        let _ = SignerEntropy::from_bytes(&bytes);
        let _ = Pending::<Sha256>::restore(&bytes, &MESSAGES);
    }

    #[test]
    fn no_splice_of_two_proofs_verifies(cut in 0usize..400, seed in 0u64..1000) {
        let sk = key();
        let pk = sk.public_key();
        let signature = sk.sign(HEADER, &MESSAGES).unwrap();
        let credential = pk.verify(&signature, HEADER, &MESSAGES).unwrap();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut proof = || credential.prove(PH, &[3], &mut rng).unwrap().to_bytes();
        let (left, right) = (proof(), proof());
        prop_assert_ne!(&left, &right);
        let spliced = [&left[..cut], &right[cut..]].concat();
        if spliced != left && spliced != right && let Ok(proof) = Proof::from_bytes(&spliced) {
            let verified = proof.verify(pk, &claim(&[(3, MESSAGES[3])]));
            prop_assert_eq!(verified, Err(Error::Invalid));
        }
    }
}

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

#[test]
fn zero_scalars_anywhere_in_proofs_and_commitments_are_refused() {
    let sk = key();
    let signature = sk.sign(HEADER, &MESSAGES).unwrap();
    let credential = sk
        .public_key()
        .verify(&signature, HEADER, &MESSAGES)
        .unwrap();
    let proof = credential.prove(PH, &[0], &mut rng()).unwrap().to_bytes();
    let (_, commitment) = Pending::<Sha256>::commit(&MESSAGES, &mut rng()).unwrap();
    let commitment = commitment.to_bytes();
    let zeroed = |bytes: &[u8], place: usize| {
        let mut bytes = bytes.to_vec();
        bytes[place..place + 32].fill(0);
        bytes
    };
    for place in (144..proof.len()).step_by(32) {
        let flaw = Proof::<Sha256>::from_bytes(&zeroed(&proof, place))
            .unwrap_err()
            .flaw;
        assert_eq!(flaw, Flaw::ScalarZero);
    }
    for place in (48..commitment.len()).step_by(32) {
        let flaw = Commitment::<Sha256>::from_bytes(&zeroed(&commitment, place))
            .unwrap_err()
            .flaw;
        assert_eq!(flaw, Flaw::ScalarZero);
    }
}

#[test]
fn lengths_past_the_limit_are_refused_before_the_scalars_are_read() {
    let point = Pending::<Sha256>::commit(&MESSAGES, &mut rng())
        .unwrap()
        .1
        .to_bytes()[..48]
        .to_vec();
    let scalars = |count: usize| vec![1; 32 * count];
    let proof = |hidden| [point.repeat(3), scalars(4 + hidden)].concat();
    assert!(Proof::<Sha256>::from_bytes(&proof(MAX_MESSAGES)).is_ok());
    let flaw = Proof::<Sha256>::from_bytes(&proof(MAX_MESSAGES + 1))
        .unwrap_err()
        .flaw;
    assert_eq!(flaw, Flaw::Length);
    let commitment = |messages| [point.clone(), scalars(2 + messages)].concat();
    assert!(Commitment::<Sha256>::from_bytes(&commitment(MAX_MESSAGES - 1)).is_ok());
    let flaw = Commitment::<Sha256>::from_bytes(&commitment(MAX_MESSAGES))
        .unwrap_err()
        .flaw;
    assert_eq!(flaw, Flaw::Length);
    // Both lists together count, too.
    let many = vec![b"m"; 600];
    let (_, commitment) = Pending::<Sha256>::commit(&many, &mut rng()).unwrap();
    let refused = key().blind_sign(Some(&commitment), HEADER, &many);
    assert!(matches!(
        refused,
        Err(Error::TooManyMessages { count: 1201, .. })
    ));
    // And a proof that hides all it may leaves no room for a disclosed message: no proof of that.
    let proof = Proof::<Sha256>::from_bytes(&proof(MAX_MESSAGES)).unwrap();
    let disclosed = [(0, MESSAGES[0])];
    assert_eq!(
        proof.verify(key().public_key(), &claim(&disclosed)),
        Err(Error::Invalid)
    );
}

#[test]
fn leftover_bytes_are_refused_in_small_artefacts_too() {
    let secrets = NymSecrets::random(1, &mut rng()).unwrap();
    let entropy = SignerEntropy::random(&mut rng());
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert!(NymSecrets::from_bytes(&longer(&secrets.expose_bytes())).is_err());
    assert!(SignerEntropy::from_bytes(&longer(&*entropy.expose_bytes())).is_err());
    let blind = longer(&*entropy.expose_bytes());
    assert!(Pending::<Sha256>::restore(&blind, &MESSAGES).is_err());
    assert!(PendingPseudonym::<Sha256>::restore(&blind, &MESSAGES, &secrets).is_err());
    let point = key().sign(HEADER, &MESSAGES).unwrap().to_bytes()[..48].to_vec();
    assert!(Pseudonym::<Sha256>::from_bytes(&point).is_ok());
    assert!(Pseudonym::<Sha256>::from_bytes(&longer(&point)).is_err());
}

#[test]
fn absurd_counts_are_errors() {
    let count = usize::MAX;
    assert!(matches!(
        NymSecrets::random(count, &mut rng()),
        Err(Error::TooManyMessages { .. })
    ));
    let many = vec![b"m"; MAX_MESSAGES];
    assert!(Pending::<Sha256>::commit(&many, &mut rng()).is_err());
}
