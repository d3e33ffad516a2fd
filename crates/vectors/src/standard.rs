//! The standard layer: BBS, blind BBS and pseudonyms of the IETF drafts.

use std::convert::Infallible;

use rand::{SeedableRng, rngs::StdRng};
use veilpass::bbs::{
    BlindClaim, Claim, Commitment, NymSecrets, Proof, Pseudonym, PseudonymClaim, SecretKey, Sha256,
    Shake256, Signature, SignerEntropy, Suite,
};
use veilpass::internals::curve::{TryCryptoRng, TryRng};
use veilpass::internals::trace::bbs::{self, TracedProof};

use crate::encodings::{identity, outside, plus_order};
use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::passes::change;

const HEADER: &[u8] = b"header of the issuer";
const PRESENTATION: &[u8] = b"header of the presentation";
const CONTEXT: &[u8] = b"venue.example";
const MESSAGES: [&[u8]; 4] = [b"Anna", b"Kuznetsova", b"", b"1985-03-08"];
const COMMITTED: [&[u8]; 2] = [b"seen by nobody", b"agency"];

/// A seeded generator that remembers what it gave.
struct Recorded {
    rng: StdRng,
    given: Vec<Json>,
}

impl Recorded {
    fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            given: Vec::new(),
        }
    }
}

impl TryRng for Recorded {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("the drafts draw whole scalars")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("the drafts draw whole scalars")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        assert_eq!(out.len(), 48);
        self.rng.try_fill_bytes(out)?;
        self.given.push(bytes(out));
        Ok(())
    }
}

impl TryCryptoRng for Recorded {}

fn key<S: Suite>() -> SecretKey<S> {
    SecretKey::derive(&[7; 32], b"key info", None).unwrap()
}

fn list(messages: &[&[u8]]) -> Json {
    Json::List(messages.iter().map(bytes).collect())
}

fn indexed(messages: &[(usize, &[u8])]) -> Json {
    let one =
        |(index, message): &(usize, &[u8])| object! { "index": *index, "message": bytes(message) };
    Json::List(messages.iter().map(one).collect())
}

fn traced(traced: &TracedProof, drawn: Recorded) -> Json {
    let [a_bar, b_bar, d] = &traced.points;
    object! {
        "B": &traced.b,
        "domain": &traced.domain,
        "signedScalars": Json::List(traced.messages.iter().map(Json::from).collect()),
        "randomness": drawn.given,
        "A_bar": a_bar,
        "B_bar": b_bar,
        "D": d,
        "commitments": Json::List(traced.commitments.iter().map(Json::from).collect()),
        "challenge": &traced.challenge,
        "OP": traced.pseudonym_base.as_ref().map(Json::from),
    }
}

fn shared<S: Suite>(draft: &str) -> Json {
    let key = key::<S>();
    object! {
        "ciphersuite": S::ID,
        "draft": draft,
        "secretKey": bytes(*key.expose_bytes()),
        "publicKey": bytes(key.public_key().to_bytes()),
        "header": bytes(HEADER),
        "presentationHeader": bytes(PRESENTATION),
        "messages": list(&MESSAGES),
    }
}

/// A proof and what is close to it, with what a verifier says.
fn proofs(good: &[u8], verifies: impl Fn(&[u8], &[u8]) -> bool) -> Vec<Test> {
    let flip = |place: usize| {
        let mut spoilt = good.to_vec();
        spoilt[place] ^= 1;
        spoilt
    };
    let with = |place: usize, bytes: &[u8]| {
        let mut spoilt = good.to_vec();
        spoilt[place..place + bytes.len()].copy_from_slice(bytes);
        spoilt
    };
    let swapped = [&good[48..96], &good[..48], &good[96..]].concat();
    let mut cases = vec![
        ("good".to_owned(), good.to_vec()),
        ("A_bar: the identity".to_owned(), with(0, &identity(48))),
        (
            "B_bar: outside the subgroup".to_owned(),
            with(48, &outside(48)),
        ),
        ("D: the identity".to_owned(), with(96, &identity(48))),
        ("A_bar and B_bar exchanged".to_owned(), swapped),
        (
            "a scalar is missing".to_owned(),
            [&good[..144], &good[176..]].concat(),
        ),
        ("a byte is left over".to_owned(), [good, &[0]].concat()),
        (
            "a byte is missing".to_owned(),
            good[..good.len() - 1].to_vec(),
        ),
    ];
    for place in (144..good.len()).step_by(32) {
        cases.push((
            format!("the scalar at byte {place} differs"),
            flip(place + 31),
        ));
        cases.push((
            format!("the scalar at byte {place} plus r"),
            with(place, &plus_order(&good[place..place + 32])),
        ));
        cases.push((
            format!("the scalar at byte {place} is zero"),
            with(place, &[0; 32]),
        ));
    }
    let test = |(i, (comment, proof)): (usize, (String, Vec<u8>))| {
        let valid = verifies(&proof, PRESENTATION);
        assert_eq!(valid, i == 0, "{comment}");
        let fields =
            object! { "presentationHeader": bytes(PRESENTATION), "change": change(good, &proof) };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&["Proof"])
    };
    let mut tests: Vec<_> = cases.into_iter().enumerate().map(test).collect();
    let other = b"another presentation";
    assert!(!verifies(good, other));
    let fields = object! { "presentationHeader": bytes(other), "change": Json::Null };
    let test = Test {
        valid: false,
        ..Test::valid("another presentation header", fields)
    };
    tests.push(test.flags(&["Proof"]));
    tests
}

fn core<S: Suite>(seed: u64) -> Group {
    let key = key::<S>();
    let signature = key.sign(HEADER, &MESSAGES).unwrap();
    let prover = key
        .public_key()
        .verify(&signature, HEADER, &MESSAGES)
        .unwrap();
    let mut drawn = Recorded::new(seed);
    let (proof, trace) = bbs::prove(&prover, PRESENTATION, &[0, 2], &mut drawn).unwrap();
    let disclosed: [(usize, &[u8]); 2] = [(0, MESSAGES[0]), (2, MESSAGES[2])];
    let good = proof.to_bytes();
    let tests = proofs(&good, |proof, presentation_header| {
        let claim = Claim {
            header: HEADER,
            presentation_header,
            disclosed: &disclosed,
        };
        Proof::<S>::from_bytes(proof)
            .is_ok_and(|proof| proof.verify(key.public_key(), &claim).is_ok())
    });
    Group {
        kind: "BbsProof",
        shared: shared::<S>("draft-irtf-cfrg-bbs-signatures").and(object! {
            "signature": bytes(signature.to_bytes()),
            "disclosed": indexed(&disclosed),
            "proof": bytes(&good),
            "trace": traced(&trace, drawn),
        }),
        tests,
    }
}

fn signatures<S: Suite>() -> Group {
    let key = key::<S>();
    let good = key.sign(HEADER, &MESSAGES).unwrap().to_bytes();
    let with = |place: usize, bytes: &[u8]| {
        let mut spoilt = good;
        spoilt[place..place + bytes.len()].copy_from_slice(bytes);
        spoilt.to_vec()
    };
    let other = [MESSAGES[1], MESSAGES[0], MESSAGES[2], MESSAGES[3]];
    type Case<'a> = (&'a str, Vec<u8>, &'a [&'a [u8]]);
    let cases: [Case<'_>; 9] = [
        ("good", good.to_vec(), &MESSAGES),
        ("two messages exchanged", good.to_vec(), &other),
        ("a message is missing", good.to_vec(), &MESSAGES[..3]),
        ("A: the identity", with(0, &identity(48)), &MESSAGES),
        ("A: outside the subgroup", with(0, &outside(48)), &MESSAGES),
        ("e: zero", with(48, &[0; 32]), &MESSAGES),
        ("e plus r", with(48, &plus_order(&good[48..])), &MESSAGES),
        ("a byte is missing", good[..79].to_vec(), &MESSAGES),
        ("a byte is left over", [&good[..], &[0]].concat(), &MESSAGES),
    ];
    let test = |(comment, signature, messages): Case<'_>| {
        let read = Signature::<S>::from_bytes(&signature);
        let valid = read.is_ok_and(|signature| {
            key.public_key()
                .verify(&signature, HEADER, messages)
                .is_ok()
        });
        assert_eq!(valid, comment == "good", "{comment}");
        let fields = object! { "messages": list(messages), "signature": bytes(signature) };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&["Signature"])
    };
    let tests = cases.into_iter().map(test).collect();
    let shared = shared::<S>("draft-irtf-cfrg-bbs-signatures");
    Group {
        kind: "BbsSignature",
        shared: shared.without("messages").without("presentationHeader"),
        tests,
    }
}

fn blind<S: Suite>(seed: u64) -> Group {
    let key = key::<S>();
    let mut drawn = Recorded::new(seed);
    let (pending, commitment) = bbs::commit::<S, _, _>(&COMMITTED, &mut drawn).unwrap();
    let signature = key
        .blind_sign(Some(&commitment), HEADER, &MESSAGES)
        .unwrap();
    let prover_blind = bytes(*pending.expose_prover_blind());
    let prover = pending
        .receive(key.public_key(), &signature, HEADER, &MESSAGES)
        .unwrap();
    let mut for_proof = Recorded::new(seed + 1);
    let indexes: (&[usize], &[usize]) = (&[1], &[0]);
    let (proof, trace) = bbs::prove_blind(&prover, PRESENTATION, indexes, &mut for_proof).unwrap();
    let disclosed: [(usize, &[u8]); 1] = [(1, MESSAGES[1])];
    let committed: [(usize, &[u8]); 1] = [(0, COMMITTED[0])];
    let good = proof.to_bytes();
    let tests = proofs(&good, |proof, presentation_header| {
        let claim = BlindClaim {
            header: HEADER,
            presentation_header,
            signer_messages: MESSAGES.len(),
            disclosed: &disclosed,
            committed: &committed,
        };
        Proof::<S>::from_bytes(proof)
            .is_ok_and(|proof| proof.verify_blind(key.public_key(), &claim).is_ok())
    });
    Group {
        kind: "BlindProof",
        shared: shared::<S>("draft-irtf-cfrg-bbs-blind-signatures-02").and(object! {
            "committedMessages": list(&COMMITTED),
            "commitRandomness": drawn.given,
            "proverBlind": prover_blind,
            "commitmentWithProof": bytes(commitment.to_bytes()),
            "signature": bytes(signature.to_bytes()),
            "disclosed": indexed(&disclosed),
            "committedDisclosed": indexed(&committed),
            "proof": bytes(&good),
            "trace": traced(&trace, for_proof),
        }),
        tests,
    }
}

fn pseudonym<S: Suite>(seed: u64) -> Group {
    let key = key::<S>();
    let nyms = [[1; 32], [2; 32]].concat();
    let (secrets, entropy) = (NymSecrets::from_bytes(&nyms).unwrap(), [3; 32]);
    let entropy_of = SignerEntropy::from_bytes(&entropy).unwrap();
    let mut drawn = Recorded::new(seed);
    let (pending, commitment) =
        bbs::commit_pseudonym::<S, _, _>(&COMMITTED, (&secrets, 2), &mut drawn).unwrap();
    let signature = key
        .blind_sign_with_pseudonym(&commitment, 2, &entropy_of, HEADER, &MESSAGES)
        .unwrap();
    let prover_blind = bytes(*pending.expose_prover_blind());
    let prover = pending
        .receive(key.public_key(), &signature, &entropy_of, HEADER, &MESSAGES)
        .unwrap();
    let mut for_proof = Recorded::new(seed + 1);
    let indexes: (&[usize], &[usize]) = (&[0, 3], &[1]);
    let made = bbs::prove_pseudonym(&prover, (CONTEXT, PRESENTATION), indexes, &mut for_proof);
    let (proof, pseudonym, trace) = made.unwrap();
    let disclosed: [(usize, &[u8]); 2] = [(0, MESSAGES[0]), (3, MESSAGES[3])];
    let committed: [(usize, &[u8]); 1] = [(1, COMMITTED[1])];
    let shown = pseudonym.to_bytes();
    let good = proof.to_bytes();
    let tests = proofs(&good, |proof, presentation_header| {
        let claim = PseudonymClaim {
            blind: BlindClaim {
                header: HEADER,
                presentation_header,
                signer_messages: MESSAGES.len(),
                disclosed: &disclosed,
                committed: &committed,
            },
            context: CONTEXT,
            secrets: 2,
            pseudonym: Pseudonym::<S>::from_bytes(&shown).unwrap(),
        };
        Proof::<S>::from_bytes(proof)
            .is_ok_and(|proof| proof.verify_pseudonym(key.public_key(), &claim).is_ok())
    });
    Group {
        kind: "PseudonymProof",
        shared: shared::<S>("draft-irtf-cfrg-bbs-per-verifier-linkability-03").and(object! {
            "committedMessages": list(&COMMITTED),
            "nymSecretsOfHolder": list(&[&nyms[..32], &nyms[32..]]),
            "signerNymEntropy": bytes(entropy),
            "commitRandomness": drawn.given,
            "proverBlind": prover_blind,
            "commitmentWithProof": bytes(commitment.to_bytes()),
            "signature": bytes(signature.to_bytes()),
            "context": bytes(CONTEXT),
            "pseudonym": bytes(shown),
            "disclosed": indexed(&disclosed),
            "committedDisclosed": indexed(&committed),
            "proof": bytes(&good),
            "trace": traced(&trace, for_proof),
        }),
        tests,
    }
}

/// Commitments with something wrong in them.
fn commitments<S: Suite>(seed: u64) -> Group {
    let key = key::<S>();
    let (_, commitment) = bbs::commit::<S, _, _>(&COMMITTED, &mut Recorded::new(seed)).unwrap();
    let good = commitment.to_bytes();
    let flip = |place: usize| {
        let mut spoilt = good.clone();
        spoilt[place] ^= 1;
        spoilt
    };
    let mut cases = vec![("good".to_owned(), good.clone())];
    for (name, point) in [
        ("the identity", identity(48)),
        ("outside the subgroup", outside(48)),
    ] {
        cases.push((format!("C: {name}"), [&point[..], &good[48..]].concat()));
    }
    for place in (48..good.len()).step_by(32) {
        cases.push((
            format!("the scalar at byte {place} differs"),
            flip(place + 31),
        ));
    }
    cases.push((
        "a scalar is missing".to_owned(),
        [&good[..48], &good[80..]].concat(),
    ));
    cases.push((
        "a byte is missing".to_owned(),
        good[..good.len() - 1].to_vec(),
    ));
    let test = |(comment, commitment): (String, Vec<u8>)| {
        let read = Commitment::<S>::from_bytes(&commitment);
        let valid = read
            .is_ok_and(|commitment| key.blind_sign(Some(&commitment), HEADER, &MESSAGES).is_ok());
        assert_eq!(valid, comment == "good", "{comment}");
        let fields = object! { "change": change(&good, &commitment) };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&["Commitment"])
    };
    let tests = cases.into_iter().map(test).collect();
    Group {
        kind: "BlindCommitment",
        shared: shared::<S>("draft-irtf-cfrg-bbs-blind-signatures-02")
            .without("presentationHeader")
            .and(object! {
                "committedMessages": list(&COMMITTED),
                "commitmentWithProof": bytes(&good),
            }),
        tests,
    }
}

/// The files: one for each draft.
#[must_use]
pub fn files() -> Vec<VectorFile> {
    let file = |name, algorithm, groups| VectorFile {
        name,
        algorithm,
        header: vec![
            "The standard layer (docs/protocol.md, 1), by both ciphersuites. All bytes are hexadecimal. `trace` is what the good proof is made of.",
            "Randomness is what the generator gave, 48 bytes a scalar, big-endian, reduced modulo r, in the order of the drafts: of a proof r1, r2, \
             ẽ, r̃1, r̃3, m̃ of each hidden message; of a commitment the blinding, then a nonce for it and for each message.",
            "A test's proof (or commitment) is the group's with the test's `change`, as in the files of doors.",
        ],
        notes: vec![
            ("Signature", "A signature over these messages, or none."),
            ("Commitment", "The issuer checks it before it signs."),
            ("Proof", "A proof for what the group says, or none."),
        ],
        worlds: Vec::new(),
        groups,
    };
    let used = |mut file: VectorFile| {
        file.notes.retain(|(flag, _)| {
            file.groups
                .iter()
                .flat_map(|group| &group.tests)
                .any(|test| test.flags.contains(flag))
        });
        file
    };
    vec![
        used(file(
            "bbs",
            "BBS signatures",
            vec![
                signatures::<Sha256>(),
                signatures::<Shake256>(),
                core::<Sha256>(91),
                core::<Shake256>(92),
            ],
        )),
        used(file(
            "bbs-blind",
            "blind BBS signatures",
            vec![
                commitments::<Sha256>(93),
                commitments::<Shake256>(94),
                blind::<Sha256>(95),
                blind::<Shake256>(97),
            ],
        )),
        used(file(
            "bbs-pseudonym",
            "blind BBS signatures with pseudonyms",
            vec![pseudonym::<Sha256>(99), pseudonym::<Shake256>(101)],
        )),
    ]
}
