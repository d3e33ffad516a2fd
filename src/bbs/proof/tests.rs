//! What only a forger inside the crate can try. Compiled under `#[cfg(test)]` only.

use super::*;
use crate::bbs::{SecretKey, Sha256};
use crate::curve::Curve;
use rand::{SeedableRng, rngs::StdRng};

/// A credential over `message` whose A nobody signed.
fn unsigned(pk: &PublicKey<Sha256>, message: &[u8]) -> Opened {
    let interface = &Sha256::interfaces().core;
    let basis = Basis::new(interface, 1, 0).unwrap();
    let domain = basis.domain(pk, &[b"header"]);
    let messages = vec![interface.map_message(message)];
    let b = basis.point_b(&domain, &messages).to_affine();
    Opened {
        a: Secret::new(interface.hash_to_g1(b"not a signature")),
        e: Secret::new(Scalar::from(5)),
        b: Secret::new(b),
        basis,
        domain,
        messages: Secret::new(messages),
    }
}

#[test]
fn only_the_pairing_stands_between_an_unsigned_message_and_acceptance() {
    let mut rng = StdRng::seed_from_u64(1);
    let sk = SecretKey::<Sha256>::generate(&mut rng);
    let pk = sk.public_key();
    let opened = unsigned(pk, b"eligible");
    let binding = Binding {
        presentation_header: b"",
        pseudonym: None,
    };
    let parts = prove(&opened, &binding, &[0], &mut rng).unwrap();
    // The Schnorr part is in order: the recomputed commitments give the challenge again ...
    let disclosed = [(0, opened.messages.expose()[0])];
    let commitments =
        parts.commitments_vartime(&opened.basis, &opened.domain, &disclosed, &binding);
    let again = challenge(
        &opened.basis,
        &opened.domain,
        &parts.points,
        &commitments,
        &disclosed,
        &binding,
    );
    assert_eq!(again, parts.challenge);
    // ... and the proof is refused all the same.
    let claim = Claim {
        header: b"header",
        presentation_header: b"",
        disclosed: &[(0, b"eligible")],
    };
    let verified = Proof::<Sha256>::from_parts(parts).verify(pk, &claim);
    assert_eq!(verified, Err(Error::Invalid));
}

#[test]
fn only_the_challenge_stands_between_a_signed_point_and_acceptance() {
    let mut rng = StdRng::seed_from_u64(2);
    let sk = SecretKey::<Sha256>::generate(&mut rng);
    let pk = sk.public_key();
    let signature = sk.sign(b"header", &[b"eligible"]).unwrap();
    let credential = pk.verify(&signature, b"header", &[b"eligible"]).unwrap();
    let proof = credential.prove(b"", &[], &mut rng).unwrap();
    // Points that satisfy the pairing, with responses of somebody who knows no witness.
    let mut parts = proof.parts.clone();
    parts.responses[BEFORE_HIDDEN] += Scalar::ONE;
    let Points { a_bar, b_bar, .. } = &parts.points;
    assert!(pairing_equal(a_bar, pk.prepared(), b_bar));
    let claim = Claim {
        header: b"header",
        presentation_header: b"",
        disclosed: &[],
    };
    assert_eq!(proof.verify(pk, &claim), Ok(()));
    let verified = Proof::<Sha256>::from_parts(parts).verify(pk, &claim);
    assert_eq!(verified, Err(Error::Invalid));
}

#[test]
fn only_the_decoder_stands_between_identity_points_and_acceptance() {
    // Ā = B̄ = ∞ satisfies (7) and, with E = R1 = 0, (4): anybody could make this "proof".
    let mut rng = StdRng::seed_from_u64(3);
    let sk = SecretKey::<Sha256>::generate(&mut rng);
    let mut opened = unsigned(sk.public_key(), b"eligible");
    opened.a = Secret::new(G1Affine::identity());
    let binding = Binding {
        presentation_header: b"",
        pseudonym: None,
    };
    let mut parts = prove(&opened, &binding, &[0], &mut rng).unwrap();
    parts.points.b_bar = G1Affine::identity();
    let proof = Proof::<Sha256>::from_parts(parts);
    let flaw = Proof::<Sha256>::from_bytes(&proof.to_bytes())
        .unwrap_err()
        .flaw;
    assert_eq!(
        flaw,
        crate::codec::Flaw::Point(crate::curve::PointFlaw::Identity)
    );
}

#[test]
fn a_disclosed_entry_that_the_relation_would_pass_over_is_refused() {
    let mut rng = StdRng::seed_from_u64(4);
    let sk = SecretKey::<Sha256>::generate(&mut rng);
    let pk = sk.public_key();
    let messages: [&[u8]; 2] = [b"a", b"b"];
    let signature = sk.sign(b"", &messages).unwrap();
    let credential = pk.verify(&signature, b"", &messages).unwrap();
    let parts = credential.prove(b"", &[1], &mut rng).unwrap().parts;
    let basis = Basis::new(&Sha256::interfaces().core, 2, 0).unwrap();
    let binding = Binding {
        presentation_header: b"",
        pseudonym: None,
    };
    let b = (1, basis.interface.map_message(b"b"));
    let check = |disclosed: &[_]| parts.verify_vartime(pk, &basis, &[b""], disclosed, &binding);
    assert_eq!(check(&[b]), Ok(()));
    assert_eq!(check(&[b, b]), Err(Error::Invalid));
    assert_eq!(check(&[]), Err(Error::Invalid));
}
