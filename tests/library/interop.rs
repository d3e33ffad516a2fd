//! veilpass and zkryptium, two implementations of the same three drafts, understand each other: on
//! random messages, headers and disclosure sets, in both directions, for both ciphersuites.
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use veilpass::bbs::{
    BlindClaim, Claim, Commitment, NymSecrets, Pending, PendingPseudonym, Proof, Pseudonym,
    PseudonymClaim, PublicKey, SecretKey, Sha256, Shake256, Signature, SignerEntropy, Suite,
};
use zkryptium::bbsplus::ciphersuites::{BbsCiphersuite, Bls12381Sha256, Bls12381Shake256};
use zkryptium::bbsplus::commitment::BlindFactor;
use zkryptium::bbsplus::keys::{BBSplusPublicKey, BBSplusSecretKey};
use zkryptium::bbsplus::pseudonym::{BBSplusPseudonym, PseudonymSecret};
use zkryptium::schemes::algorithms::BBSplus;
use zkryptium::schemes::generics::{
    BlindSignature, Commitment as TheirCommitment, PoKSignature, Signature as TheirSignature,
};

/// The same ciphersuite on both sides.
trait Both: Suite {
    type Theirs: BbsCiphersuite;
}
impl Both for Sha256 {
    type Theirs = Bls12381Sha256;
}
impl Both for Shake256 {
    type Theirs = Bls12381Shake256;
}

/// One random case: who says what, and what is shown of it.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    header: Vec<u8>,
    ph: Vec<u8>,
    messages: Vec<Vec<u8>>,
    committed: Vec<Vec<u8>>,
    shown: Vec<usize>,
    shown_committed: Vec<usize>,
    context: Vec<u8>,
    nyms: usize,
}

fn messages_with_choice(most: usize) -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<usize>)> {
    let message = prop::collection::vec(any::<u8>(), 0..40);
    prop::collection::vec((message, any::<bool>()), 0..=most).prop_map(|list| {
        let chosen = list.iter().enumerate().filter(|(_, (_, show))| *show);
        let chosen = chosen.map(|(i, _)| i).collect();
        (
            list.into_iter().map(|(message, _)| message).collect(),
            chosen,
        )
    })
}

fn case() -> impl Strategy<Value = Case> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..50);
    (
        any::<u64>(),
        (bytes(), bytes(), bytes()),
        messages_with_choice(6),
        messages_with_choice(5),
        1usize..4,
    )
        .prop_map(|(seed, (header, ph, context), signer, holder, nyms)| Case {
            seed,
            header,
            ph,
            messages: signer.0,
            shown: signer.1,
            committed: holder.0,
            shown_committed: holder.1,
            context,
            nyms,
        })
}

fn pick(messages: &[Vec<u8>], indexes: &[usize]) -> Vec<Vec<u8>> {
    indexes.iter().map(|i| messages[*i].clone()).collect()
}

fn claimed<'a>(messages: &'a [Vec<u8>], indexes: &[usize]) -> Vec<(usize, &'a [u8])> {
    (indexes.iter().map(|i| (*i, messages[*i].as_slice()))).collect()
}

/// Both sides' form of one issuer key.
struct Keys<S: Both> {
    sk: SecretKey<S>,
    their_sk: BBSplusSecretKey,
    their_pk: BBSplusPublicKey,
}

impl<S: Both> Keys<S> {
    fn new(rng: &mut StdRng) -> Self {
        let sk = SecretKey::<S>::generate(rng);
        let their_sk = BBSplusSecretKey::from_bytes(&*sk.expose_bytes()).unwrap();
        let their_pk = their_sk.public_key();
        assert_eq!(their_pk.to_bytes(), sk.public_key().to_bytes());
        Self {
            sk,
            their_sk,
            their_pk,
        }
    }

    fn pk(&self) -> &PublicKey<S> {
        self.sk.public_key()
    }
}

fn core<S: Both>(case: &Case) {
    let mut rng = StdRng::seed_from_u64(case.seed);
    let keys = Keys::<S>::new(&mut rng);
    let (header, ph, messages) = (&case.header, &case.ph, &case.messages);
    let ours = keys.sk.sign(header, messages).unwrap();
    let theirs = TheirSignature::<BBSplus<S::Theirs>>::sign(
        Some(messages),
        &keys.their_sk,
        &keys.their_pk,
        Some(header),
    )
    .unwrap();
    assert_eq!(ours.to_bytes(), theirs.to_bytes());
    let credential = keys
        .pk()
        .verify(
            &Signature::from_bytes(&theirs.to_bytes()).unwrap(),
            header,
            messages,
        )
        .unwrap();

    let shown = pick(messages, &case.shown);
    let proof = credential
        .prove(ph, &case.shown, &mut rng)
        .unwrap()
        .to_bytes();
    let proof = PoKSignature::<BBSplus<S::Theirs>>::from_bytes(&proof).unwrap();
    // zkryptium underflows (a panic) on a proof about no message at all.
    if !messages.is_empty() {
        proof
            .proof_verify(
                &keys.their_pk,
                Some(&shown),
                Some(&case.shown),
                Some(header),
                Some(ph),
            )
            .unwrap();
        let proof = PoKSignature::<BBSplus<S::Theirs>>::proof_gen(
            &keys.their_pk,
            &ours.to_bytes(),
            Some(header),
            Some(ph),
            Some(messages),
            Some(&case.shown),
        )
        .unwrap();
        let claim = Claim {
            header,
            presentation_header: ph,
            disclosed: &claimed(messages, &case.shown),
        };
        Proof::<S>::from_bytes(&proof.to_bytes())
            .unwrap()
            .verify(keys.pk(), &claim)
            .unwrap();
    }
}

fn blind<S: Both>(case: &Case) {
    let mut rng = StdRng::seed_from_u64(case.seed);
    let keys = Keys::<S>::new(&mut rng);
    let (header, ph) = (&case.header, &case.ph);
    let (messages, committed) = (&case.messages, &case.committed);

    // Our commitment, their signature; their commitment, our signature.
    let (pending, commitment) = Pending::<S>::commit(committed, &mut rng).unwrap();
    let their_blind = BlindFactor::from_bytes(&pending.expose_prover_blind()).unwrap();
    let theirs = BlindSignature::<BBSplus<S::Theirs>>::blind_sign(
        &keys.their_sk,
        &keys.their_pk,
        Some(&commitment.to_bytes()),
        Some(header),
        Some(messages),
    )
    .unwrap();
    let ours = keys
        .sk
        .blind_sign(Some(&commitment), header, messages)
        .unwrap();
    assert_eq!(ours.to_bytes(), theirs.to_bytes());
    let credential = pending
        .receive(
            keys.pk(),
            &Signature::from_bytes(&theirs.to_bytes()).unwrap(),
            header,
            messages,
        )
        .unwrap();
    let (their_commitment, factor) =
        TheirCommitment::<BBSplus<S::Theirs>>::commit(Some(committed)).unwrap();
    let decoded = Commitment::from_bytes(&their_commitment.to_bytes()).unwrap();
    let signed = keys
        .sk
        .blind_sign(Some(&decoded), header, messages)
        .unwrap();
    BlindSignature::<BBSplus<S::Theirs>>::from_bytes(&signed.to_bytes())
        .unwrap()
        .verify_blind_sign(
            &keys.their_pk,
            Some(header),
            Some(messages),
            Some(committed),
            Some(&factor),
        )
        .unwrap();

    // Our proof, their verifier; their proof, our verifier.
    let proof = credential
        .prove(ph, &case.shown, &case.shown_committed, &mut rng)
        .unwrap();
    PoKSignature::<BBSplus<S::Theirs>>::from_bytes(&proof.to_bytes())
        .unwrap()
        .blind_proof_verify(
            &keys.their_pk,
            Some(header),
            Some(ph),
            Some(messages.len()),
            Some(&pick(messages, &case.shown)),
            Some(&pick(committed, &case.shown_committed)),
            Some(&case.shown),
            Some(&case.shown_committed),
        )
        .unwrap();
    let proof = PoKSignature::<BBSplus<S::Theirs>>::blind_proof_gen(
        &keys.their_pk,
        &ours.to_bytes(),
        Some(header),
        Some(ph),
        Some(messages),
        Some(committed),
        Some(&case.shown),
        Some(&case.shown_committed),
        Some(&their_blind),
    )
    .unwrap();
    let claim = BlindClaim {
        header,
        presentation_header: ph,
        signer_messages: messages.len(),
        disclosed: &claimed(messages, &case.shown),
        committed: &claimed(committed, &case.shown_committed),
    };
    let proof = Proof::<S>::from_bytes(&proof.to_bytes()).unwrap();
    proof.verify_blind(keys.pk(), &claim).unwrap();
}

#[allow(clippy::too_many_lines)]
fn pseudonyms<S: Both>(case: &Case) {
    let mut rng = StdRng::seed_from_u64(case.seed);
    let keys = Keys::<S>::new(&mut rng);
    let (header, ph, context) = (&case.header, &case.ph, &case.context);
    let (messages, committed) = (&case.messages, &case.committed);
    let secrets = NymSecrets::random(case.nyms, &mut rng).unwrap();
    let entropy = SignerEntropy::random(&mut rng);
    let their_secrets: Vec<_> = (secrets.expose_bytes().chunks_exact(32))
        .map(|secret| PseudonymSecret::from_bytes(secret.try_into().unwrap()).unwrap())
        .collect();
    let their_entropy = PseudonymSecret::from_bytes(&entropy.expose_bytes()).unwrap();

    let (pending, commitment) =
        PendingPseudonym::<S>::commit(committed, &secrets, &mut rng).unwrap();
    let blind = BlindFactor::from_bytes(&pending.expose_prover_blind()).unwrap();
    let theirs = BlindSignature::<BBSplus<S::Theirs>>::blind_sign_with_nym(
        &keys.their_sk,
        &keys.their_pk,
        Some(&commitment.to_bytes()),
        case.nyms,
        Some(header),
        &their_entropy,
        Some(messages),
    )
    .unwrap();
    let ours = keys
        .sk
        .blind_sign_with_pseudonym(&commitment, case.nyms, &entropy, header, messages)
        .unwrap();
    assert_eq!(ours.to_bytes(), theirs.to_bytes());
    let final_secrets = theirs
        .verify_finalize_with_nym(
            &keys.their_pk,
            Some(header),
            Some(messages),
            Some(committed),
            their_secrets,
            Some(&their_entropy),
            Some(&blind),
        )
        .unwrap();
    let credential = pending
        .receive(keys.pk(), &ours, &entropy, header, messages)
        .unwrap();

    let (proof, pseudonym) = credential
        .prove(context, ph, &case.shown, &case.shown_committed, &mut rng)
        .unwrap();
    assert_eq!(credential.pseudonym(context).unwrap(), pseudonym);
    PoKSignature::<BBSplus<S::Theirs>>::from_bytes(&proof.to_bytes())
        .unwrap()
        .proof_verify_with_nym(
            &keys.their_pk,
            Some(header),
            Some(ph),
            &BBSplusPseudonym::from_bytes(&pseudonym.to_bytes()).unwrap(),
            context,
            case.nyms,
            Some(messages.len()),
            Some(&pick(messages, &case.shown)),
            Some(&pick(committed, &case.shown_committed)),
            Some(&case.shown),
            Some(&case.shown_committed),
        )
        .unwrap();
    let (proof, their_pseudonym) = PoKSignature::<BBSplus<S::Theirs>>::proof_gen_with_nym(
        &keys.their_pk,
        &ours.to_bytes(),
        Some(header),
        Some(ph),
        &final_secrets,
        context,
        Some(messages),
        Some(committed),
        Some(&case.shown),
        Some(&case.shown_committed),
        Some(&blind),
    )
    .unwrap();
    assert_eq!(their_pseudonym.to_bytes(), pseudonym.to_bytes());
    let claim = PseudonymClaim {
        blind: BlindClaim {
            header,
            presentation_header: ph,
            signer_messages: messages.len(),
            disclosed: &claimed(messages, &case.shown),
            committed: &claimed(committed, &case.shown_committed),
        },
        context,
        secrets: case.nyms,
        pseudonym: Pseudonym::from_bytes(&their_pseudonym.to_bytes()).unwrap(),
    };
    let proof = Proof::<S>::from_bytes(&proof.to_bytes()).unwrap();
    proof.verify_pseudonym(keys.pk(), &claim).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn core_signatures_and_proofs_pass_both_ways(case in case()) {
        core::<Sha256>(&case);
        core::<Shake256>(&case);
    }

    #[test]
    fn blind_signatures_and_proofs_pass_both_ways(case in case()) {
        blind::<Sha256>(&case);
        blind::<Shake256>(&case);
    }

    #[test]
    fn pseudonyms_pass_both_ways(case in case()) {
        pseudonyms::<Sha256>(&case);
        pseudonyms::<Shake256>(&case);
    }
}
