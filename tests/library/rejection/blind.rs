//! Blind signatures and pseudonyms: every part of what is claimed.

use super::*;

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
