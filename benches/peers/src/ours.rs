//! Veilpass: the pass with all five statements, and the bare BBS proof.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::Credential;
use veilpass::artefact::Artefact;
use veilpass::bbs::{Claim, Proof, SecretKey, Sha256};
use veilpass::presentation::{Question, Door, Expected};
use veilpass::scheme::{Bundle, HolderBundle, Mode};

use crate::measure::{Candidate, time};
use veilpass_fixture::city::{City, NOW, day, at};
use crate::{MESSAGES, SHOWN};

const POLICY: &str = "restaurant";
const VENUE: &str = "Cafe";
const BATCH: u32 = 256;

/// A holder and a door, for the whole run.
struct Scene {
    credential: Credential,
    holder: HolderBundle,
    ask: Question,
    bundle: Bundle,
}

impl Scene {
    fn new() -> &'static Self {
        let mut city = City::new(1);
        let (credential, _) = city.issue(true, day(2022, 6, 1));
        Box::leak(Box::new(Self {
            credential,
            holder: city.holder_bundle(),
            ask: city.ask(Mode::Poster, POLICY, VENUE),
            bundle: city.door_bundle(),
        }))
    }

    fn make(&self, rng: &mut StdRng) -> Vec<u8> {
        let shown = (self.credential).present(&self.holder, &self.ask, None, at(NOW), rng);
        shown.unwrap().as_bytes().to_vec()
    }

    fn check(&self, door: &Door<'_>, pass: &[u8], rng: &mut StdRng) -> bool {
        // Without a replay store: the same pass is checked again and again.
        door.verify(pass, Expected::posters(), at(NOW), rng).is_ok()
    }

    /// How many points of G1 and of G2 a pass has, by its layout.
    fn points(&self, pass: &[u8]) -> (usize, usize) {
        let parts = Artefact::Pass.layout(pass, Some(&self.bundle)).unwrap();
        let of_points = parts.iter().filter(|part| part.name.ends_with(": points"));
        // The hidden issuer's X' and X1' are one part.
        (1 + of_points.map(|part| part.length / 48).sum::<usize>(), 1)
    }
}

/// The pass, and how many points of G1 and of G2 are in it.
pub(crate) fn pass() -> (Vec<Candidate>, (usize, usize)) {
    let scene = Scene::new();
    let door = Door::new(&scene.bundle, POLICY, VENUE).unwrap();
    let new_rng = StdRng::seed_from_u64;
    let mut rng = new_rng(1);
    let pass = scene.make(&mut rng);
    verified(scene, &door, &pass);
    let (bytes, points) = (pass.len(), scene.points(&pass));
    let batch: &[Vec<u8>] = (0..BATCH)
        .map(|_| scene.make(&mut rng))
        .collect::<Vec<_>>()
        .leak();
    let slices: Vec<&[u8]> = batch.iter().map(Vec::as_slice).collect();
    let (mut making, mut checking, mut weights, mut preparing, mut hedging) = (
        new_rng(2),
        new_rng(3),
        new_rng(4),
        new_rng(5),
        new_rng(8),
        new_rng(9),
    );
    let candidates = vec![
        Candidate::new("pass/make", bytes, move || scene.make(&mut making)),
        Candidate::new("pass/prepare", 0, move || {
            let (credential, holder) = (&scene.credential, &scene.holder);
            credential
                .prepare(holder, POLICY, at(NOW), &mut preparing)
                .unwrap()
        }),
        Candidate::timed("pass/answer", bytes, move || {
            let rng = &mut hedging;
            let (credential, holder) = (&scene.credential, &scene.holder);
            let prepared = credential.prepare(holder, POLICY, at(NOW), rng).unwrap();
            time(|| prepared.answer(credential, holder, &scene.ask, at(NOW), rng))
        }),
        Candidate::new("pass/check", bytes, move || {
            assert!(scene.check(&door, &pass, &mut checking));
        }),
        Candidate::timed("pass/check_batch_256_each", bytes, move || {
            let mut verified = Vec::new();
            let all = time(|| {
                verified = door.verify_batch(&slices, Expected::posters(), at(NOW), &mut weights);
            });
            assert!(verified.iter().all(Result::is_ok));
            all / BATCH
        }),
    ];
    (candidates, points)
}

/// A pass is accepted, an answer from prepared points too; neither with a wrong byte nor elsewhere.
fn verified(scene: &Scene, door: &Door<'_>, pass: &[u8]) {
    let mut rng = StdRng::seed_from_u64(6);
    let (credential, holder) = (&scene.credential, &scene.holder);
    let prepared = credential.prepare(holder, POLICY, at(NOW), &mut rng).unwrap();
    let answer = prepared.answer(credential, holder, &scene.ask, at(NOW), &mut rng);
    assert!(scene.check(door, answer.unwrap().as_bytes(), &mut rng));
    assert!(scene.check(door, pass, &mut rng));
    let mut wrong = pass.to_vec();
    wrong[pass.len() - 1] ^= 1;
    assert!(!scene.check(door, &wrong, &mut rng));
    let elsewhere = Door::new(&scene.bundle, POLICY, "Other").unwrap();
    assert!(!scene.check(&elsewhere, pass, &mut rng));
}

/// The bare BBS proof.
pub(crate) fn bare() -> Vec<Candidate> {
    let mut rng = StdRng::seed_from_u64(7);
    let key: &'static _ = Box::leak(Box::new(SecretKey::<Sha256>::generate(&mut rng)));
    let public = key.public_key();
    let messages = crate::messages();
    let shown: &'static [(usize, &'static [u8])] = SHOWN
        .map(|index| (index, messages[index].as_slice()))
        .to_vec()
        .leak();
    let signature = key.sign(b"header", messages).unwrap();
    let credential = public.verify(&signature, b"header", messages).unwrap();
    let mut make = move || {
        let proof = credential.prove(b"nonce", &SHOWN, &mut rng).unwrap();
        proof.to_bytes()
    };
    let check = move |proof: &[u8], nonce: &[u8]| {
        let claim = Claim {
            header: b"header",
            presentation_header: nonce,
            disclosed: shown,
        };
        Proof::<Sha256>::from_bytes(proof).is_ok_and(|proof| proof.verify(public, &claim).is_ok())
    };
    let proof = make();
    assert_eq!(messages.len(), MESSAGES);
    assert!(check(&proof, b"nonce") && !check(&proof, b"other"));
    vec![
        Candidate::new("bbs/make", proof.len(), make),
        Candidate::new("bbs/check", proof.len(), move || {
            assert!(check(&proof, b"nonce"));
        }),
    ]
}
