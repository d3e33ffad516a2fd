//! What must be refused is refused, and nothing makes the library panic.
mod blind;
mod stuck;

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
