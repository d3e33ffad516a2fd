//! Renewals that carry something else than the old pass has, or prove another pass than a good one. Whoever forges
//! has a pass and every key of a guest; the issuer is honest, and signs whatever is committed to.

use rand::{SeedableRng, rngs::StdRng};

use super::super::body::{Body, challenge, relate, shown_attributes};
use super::super::present::Ready;
use super::super::question::FullQuestion;
use super::super::renewal::Renewing;
use super::forger::*;
use crate::codec::Writer;
use crate::curve::{Curve, Field, G1Affine, G1Projective, Scalar};
use crate::scheme::{Anew, RenewalPolicy, UnixTime, at};
use crate::secret::Secret;
use crate::sigma::{Hedge, Nonces};
use crate::statement::carried;

const DAY: i64 = 86_400;

fn blinding() -> Secret<Scalar> {
    Secret::new(Scalar::from(77))
}

impl Lab {
    /// C of these attributes under the lab's blinding.
    fn committed(&self, scalars: &[Scalar]) -> G1Affine {
        let bundle = &self.holder.bundle;
        let renewal = &bundle.renewals[0];
        carried(&bundle.scheme, renewal, blinding().expose(), scalars)
    }

    fn renewing(&self, commitment: G1Affine) -> Renewing<'_> {
        let bundle = &self.holder.bundle;
        Renewing {
            bundle,
            renewal: &bundle.renewals[0],
            offer: [1; 32],
            key: [2; 32],
            commitment,
        }
    }

    /// The request that an honest wallet would make for the attributes that the lab's credential has.
    fn honestly(&self) -> Renewing<'_> {
        self.renewing(self.committed(self.credential.scalars.expose()))
    }

    /// Proves, with no check of the prover's own.
    fn renew(
        &self,
        question: &FullQuestion<'_>,
        statements: &[Box<dyn crate::statement::Statement + '_>],
    ) -> Body {
        let s = blinding();
        let ready = Ready {
            renewed: Some(&s),
            ..self.ready()
        };
        let mut rng = StdRng::seed_from_u64(5);
        (self
            .credential
            .build(ready, question, statements, vec![], &mut rng))
        .unwrap()
    }

    fn renewed(&self, renewing: &Renewing<'_>) -> Body {
        let question = renewing.question(at(NOW)).unwrap();
        self.renew(&question, &question.statements())
    }
}

/// What Schnorr part and pairings say of an answer.
fn found(renewing: &Renewing<'_>, body: Body) -> Found {
    let question = renewing.question(at(NOW)).unwrap();
    let statements = question.statements();
    judge(question, statements, body)
}

fn signs_at(renewing: &Renewing<'_>, body: &Body, now: UnixTime) -> bool {
    let proof = body.write(Writer::default()).finish();
    let weights = Hedge::derived("test");
    renewing.verify_vartime(&proof, now, weights).is_ok()
}

/// What the issuer says.
fn signs(renewing: &Renewing<'_>, body: &Body) -> bool {
    signs_at(renewing, body, at(NOW))
}

#[test]
fn a_commitment_to_something_else_than_the_old_pass_has() {
    // Another pseudonym secret: a second guest of one handle at each door. Another handle, which nobody removes.
    // Another name, a birth date that is old enough. All of (20) to (24) holds; only (29) ties C to the pass.
    let lab = lab();
    let honest = lab.honestly();
    let body = lab.renewed(&honest);
    assert_eq!(found(&honest, body.clone()), GREEN);
    assert!(signs(&honest, &body));
    for index in [0, 1, 4, 5, 6, 7] {
        let mut other = lab.credential.scalars.expose().clone();
        other[index] += Scalar::ONE;
        let forged = lab.renewing(lab.committed(&other));
        let body = lab.renewed(&forged);
        assert_eq!(
            found(&forged, body.clone()),
            ONLY_SCHNORR_REFUSES,
            "{index}"
        );
        assert!(!signs(&forged, &body), "{index}");
    }
    // What is set anew is in no commitment, or the issuer would add its date to the old one.
    for index in [2, 3] {
        let h = crate::scheme::bases().h[index].point();
        let forged = lab.renewing((honest.commitment + G1Projective::from(h)).to_affine());
        let body = lab.renewed(&forged);
        assert_eq!(found(&forged, body), ONLY_SCHNORR_REFUSES, "{index}");
    }
}

#[test]
fn the_old_blinding_and_the_new_one_are_two_variables() {
    // With one response for both, C could only have the old s, and two commitments would differ by what is set
    // anew: the issuer would know the pass again.
    let lab = lab();
    let renewing = lab.honestly();
    let question = renewing.question(at(NOW)).unwrap();
    let body = lab.renew(&question, &question.statements());
    assert_ne!(Some(&body.responses[0]), body.responses.last());
    assert_ne!(lab.credential.s.expose(), blinding().expose());
}

#[test]
fn a_statement_of_the_old_pass_left_out() {
    // Not signed, not accredited, ended, revoked, nothing carried: the rest is a whole proof.
    let lab = lab();
    let renewing = lab.honestly();
    let question = renewing.question(at(NOW)).unwrap();
    let names: Vec<_> = (question.statements().iter())
        .map(|one| one.name())
        .collect();
    assert_eq!(
        names,
        [
            "signed by a hidden issuer",
            "issuer accredited",
            "date at least",
            "not revoked",
            "carried into a new commitment"
        ]
    );
    for name in names.iter().skip(1) {
        let all = question.statements().into_iter();
        let dropped: List<'_> = all.filter(|one| one.name() != *name).collect();
        let body = lab.renew(&question, &dropped);
        let again = renewing.question(at(NOW)).unwrap();
        assert_eq!(judge(again, dropped, body.clone()), GREEN, "{name}");
        assert!(!signs(&renewing, &body), "{name}");
    }
}

#[test]
fn a_pass_that_has_ended_or_was_revoked_or_is_of_nobody() {
    // The wallet's own checks are patched away. Ended: the table has no entry below zero, so the forger takes
    // the nearest.
    let mut revoked = lab();
    let gone = revoked.registry.draw(&mut revoked.rng).unwrap();
    revoked.registry.remove(&gone.id()).unwrap();
    revoked.holder.bundle.epochs[0].standing.accumulator = *revoked.registry.accumulator();
    let renewing = revoked.honestly();
    let body = revoked.renewed(&renewing);
    assert_eq!(found(&renewing, body.clone()), ONLY_PAIRINGS_REFUSE);
    assert!(!signs(&renewing, &body));

    let mut stranger = lab();
    let other = crate::scheme::AccreditationKey::generate(&mut stranger.rng);
    let public = *stranger.clinic.public();
    let forged = other
        .accredit(&stranger.holder.bundle.scheme, &public, 3)
        .unwrap();
    stranger.hold(forged);
    let renewing = stranger.honestly();
    let body = stranger.renewed(&renewing);
    assert_eq!(found(&renewing, body.clone()), ONLY_PAIRINGS_REFUSE);
    assert!(!signs(&renewing, &body));

    let mut unsigned = lab();
    let mut scalars = unsigned.credential.scalars.expose().clone();
    scalars[2] += Scalar::ONE;
    let s = *unsigned.credential.s.expose();
    let b = crate::credential::point_b(&unsigned.holder.bundle.scheme, &s, &scalars);
    unsigned.credential.scalars = Secret::new(scalars);
    unsigned.credential.b = Secret::new(b);
    let renewing = unsigned.honestly();
    let body = unsigned.renewed(&renewing);
    assert!(!signs(&renewing, &body));
}

#[test]
fn a_request_taken_for_another_offer_key_commitment_day_or_renewal() {
    let mut lab = lab();
    let mut later = lab.holder.bundle.epochs[0].clone();
    later.number += 1;
    later.from = at(NOW + 3600);
    lab.holder.bundle.epochs.push(later);
    let renewing = lab.honestly();
    let body = lab.renewed(&renewing);
    assert!(signs(&renewing, &body));
    // Bound by H(renewal; H(offer), one-time key, C) in the question.
    let mut other = renewing;
    other.offer[0] ^= 1;
    assert_eq!(found(&other, body.clone()), ONLY_SCHNORR_REFUSES);
    let mut other = renewing;
    other.key[0] ^= 1;
    assert_eq!(found(&other, body.clone()), ONLY_SCHNORR_REFUSES);
    let mut other = renewing;
    other.commitment = -other.commitment;
    assert!(!signs(&other, &body));
    // The epoch in force, with no grace, and today.
    assert!(signs_at(&renewing, &body, at(NOW + 3599)));
    assert!(!signs_at(&renewing, &body, at(NOW + 3600)));
    lab.holder.bundle.epochs.pop();
    let renewing = lab.honestly();
    assert!(signs_at(&renewing, &body, at(NOW + 3600)));
    assert!(!signs_at(&renewing, &body, at(NOW + DAY)));
    // Under another policy: a limit that the guest did not see.
    let old = &lab.holder.bundle.renewals[0];
    let anew = old.anew().iter().map(|anew| Anew {
        days: anew.days + 1,
        ..*anew
    });
    let wider = RenewalPolicy::new(9, old.name().to_owned(), 2, None, anew.collect());
    let mut other = renewing;
    other.renewal = &wider;
    assert_eq!(found(&other, body.clone()), ONLY_SCHNORR_REFUSES);
    // After the bundle's end nothing is signed, though the last epoch goes on.
    let expires = lab.holder.bundle.expires;
    assert!(!signs_at(&renewing, &body, expires));
}

#[test]
fn a_pass_shown_as_a_renewal_without_what_is_carried() {
    // A door's question has no (29), so its answer is too short; and a proof of (29) over a door's question, whose points and
    // equations are the same, is none over a renewal's: mode and binding are hashed.
    let lab = lab();
    let renewing = lab.honestly();
    let question = renewing.question(at(NOW)).unwrap();
    let (_, pass) = lab.built();
    assert!(!signs(&renewing, &pass));
    let statements = question.statements();
    let honest = lab.renew(&question, &statements);
    let attributes = shown_attributes(&question, &[]);
    let (issuer, points) = (honest.issuer.as_ref(), &honest.points);
    let relation = relate(&question, &statements, issuer, points, &attributes).unwrap();
    let s = blinding();
    let ready = Ready {
        renewed: Some(&s),
        ..lab.ready()
    };
    let mut rng = StdRng::seed_from_u64(5);
    let blinded = (lab.credential).blind(ready, &question, &statements, at(0), &mut rng);
    let witness = lab.credential.witness_of(&question, &blinded.unwrap().1);
    let nonces = Nonces::draw(witness.expose().len(), &mut rng);
    let commitments = nonces.commit(&relation.equations);
    let elsewhere = lab.question();
    let challenge = challenge(&elsewhere, issuer, points, &commitments, &[]);
    let body = Body {
        responses: nonces.respond(&witness, &challenge.to_scalar()),
        challenge,
        ..honest.clone()
    };
    assert_eq!(found(&renewing, body), ONLY_SCHNORR_REFUSES);
    assert_eq!(found(&renewing, honest), GREEN);
}
