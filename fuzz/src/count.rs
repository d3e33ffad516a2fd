//! An issuer's signature over a count's body that nobody checked.

use veilpass::artefact::Artefact;
use veilpass::internals::curve::{
    Curve, G1Affine, G1Projective, Scalar, g1_from_bytes, g1_to_bytes, random_scalar,
    scalar_from_bytes, scalar_to_bytes,
};
use veilpass::scheme::UnverifiedIssuer;

use rand::{SeedableRng, rngs::StdRng};

use crate::{WORLD, hash};

/// `body` as a count, signed by the clinic as docs/protocol.md (12) has it.
pub fn count_signed(body: &[u8]) -> Vec<u8> {
    let (city, mut rng) = (&WORLD.city, StdRng::seed_from_u64(4));
    let key = &city.clinic;
    let registration: UnverifiedIssuer = key.register(&city.scheme, &mut rng);
    let x1 = g1_from_bytes(registration.to_bytes()[98..146].try_into().unwrap()).unwrap();
    let x = scalar_from_bytes(&key.expose_bytes()).unwrap();
    // X1 = x·h.
    let h: G1Projective = x1 * Option::<Scalar>::from(x.invert()).unwrap();
    let nonce = random_scalar(&mut rng);
    let t: G1Affine = (h * nonce).to_affine();
    let digest = hash(
        b"issuer statement",
        &[
            city.scheme.id(),
            &key.public().id().to_bytes(),
            &g1_to_bytes(&x1),
            body,
            &g1_to_bytes(&t),
        ],
    );
    let mut challenge = [0; 32];
    challenge[16..].copy_from_slice(&digest[..16]);
    let response = nonce + scalar_from_bytes(&challenge).unwrap() * x;
    [
        &[2, Artefact::Count.letter()][..],
        &digest[..16],
        &scalar_to_bytes(&response),
        body,
    ]
    .concat()
}
