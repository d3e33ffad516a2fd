//! Proofs that say something else than what was signed.

use rand::{SeedableRng, rngs::StdRng};

use super::forger::*;
use crate::curve::{Field, Scalar};
use crate::presentation::{Reason, Verdict};
use crate::scheme::{Policy, at};
use crate::statement::Proven;

fn double_all(proven: &mut Proven) {
    for point in &mut proven.points {
        point.double();
    }
}

fn double_last(proven: &mut Proven) {
    proven.points.last_mut().unwrap().double();
}

#[test]
fn a_pseudonym_of_another_secret() {
    // Nothing pairs with a pseudonym: its equation alone holds it.
    let lab = lab();
    let witness = lab.witness();
    let found = lab.show_with(lab.table(), witness, |list| {
        lying(list, "one showing a venue and day", double_last)
    });
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
}

#[test]
fn points_that_satisfy_their_pairing_and_not_their_equation() {
    // (2W, 2W̄) is still a pair under X_t, and so on: the equations tie the pairs to the attributes.
    let lab = lab();
    let witness = lab.witness();
    let show = |lie| lab.show_with(lab.table(), witness, lie);
    let found = show(|list| lying(list, "date at least", double_all));
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
    let found = show(|list| lying(list, "date at most", double_all));
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
    let found = show(|list| lying(list, "date at most, far back", double_all));
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
    let found = show(|list| lying(list, "not revoked", double_all));
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
    let found = show(|list| lying(list, "issuer accredited", double_all));
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
}

#[test]
fn responses_swapped_between_two_equal_attributes() {
    // Name and employer are the same text, so both responses are a nonce and c times the same. Were
    // the two under one base H, 5 + 3 would be 3 + 5. Swapped, (20) is off by (m̂_1 − m̂_2)·(H_1 − H_2).
    let lab = lab();
    let (question, mut body) = lab.built();
    let scalars = lab.credential.scalars.expose();
    assert_eq!(scalars[var::NAME - 1], scalars[var::EMPLOYER - 1]);
    body.responses.swap(var::NAME, var::EMPLOYER);
    assert_eq!(lab.door(&body), Verdict::Refused(Reason::Invalid));
    let statements = question.statements();
    assert_eq!(judge(question, statements, body), ONLY_SCHNORR_REFUSES);
}

#[test]
fn a_date_proven_of_another_attribute() {
    // The policy asks for `until_strict`, which has passed; the forger proves `until` in its place. A
    // response of the statement's own, and not the one that (20) has for the attribute, would let it.
    let mut lab = lab();
    let policy = &mut lab.holder.bundle.policies[0];
    let other = Policy {
        until: 2,
        from: None,
        ..policy.clone()
    };
    *policy = Policy {
        until: 3,
        ..other.clone()
    };
    let mut elsewhere = lab.question();
    elsewhere.policy = &other;
    let statements = elsewhere.statements();
    let parts = lab.parts(&statements);
    let body = lab.prove(&statements, &parts, &mut StdRng::seed_from_u64(1));
    assert_eq!(
        judge(lab.question(), lab.question().statements(), body.clone()),
        ONLY_SCHNORR_REFUSES
    );
    // The verifier who lets the pass say which attribute it compared.
    assert_eq!(judge(lab.question(), statements, body), GREEN);
}

#[test]
fn a_statement_dropped_or_padded() {
    // Revoked, not accredited, ended: the forger leaves the statement out, and its points and T out of
    // the challenge. A verifier that took the list of statements from the pass would see a whole
    // proof of the rest. The list is the question's, and with it the length.
    let lab = lab();
    let names: Vec<_> = (lab.question().statements().iter())
        .map(|s| s.name())
        .collect();
    for name in names.iter().skip(1) {
        let dropped = || -> List<'_> {
            let all = lab.question().statements().into_iter();
            all.filter(|statement| statement.name() != *name).collect()
        };
        let parts = lab.parts(&dropped());
        let body = lab.prove(&dropped(), &parts, &mut StdRng::seed_from_u64(1));
        assert_eq!(
            judge(lab.question(), dropped(), body.clone()),
            GREEN,
            "{name}"
        );
        assert_eq!(lab.door(&body), Verdict::Refused(Reason::Invalid), "{name}");

        // Honest points of another pass fill the gap, zeros the responses.
        let mut padded = body;
        let (mut place, mut variable) = (0, 9);
        for statement in lab.question().statements() {
            if statement.name() == *name {
                let points = &lab.honest().points[place..place + statement.points()];
                padded.points.splice(place..place, points.iter().copied());
                let zeros = vec![Scalar::ZERO; statement.variables()];
                padded.responses.splice(variable..variable, zeros);
            }
            place += statement.points();
            variable += statement.variables();
        }
        assert_eq!(
            lab.door(&padded),
            Verdict::Refused(Reason::Invalid),
            "{name}"
        );
        let found = judge(lab.question(), lab.question().statements(), padded);
        assert_eq!(found, ONLY_SCHNORR_REFUSES, "{name}");
    }
}

/// (ẑ − ẑ')/(c − c') for every variable: the witness, if both answers have the same nonces.
fn extracted(one: &super::super::body::Body, two: &super::super::body::Body) -> Vec<Scalar> {
    let difference = one.challenge.to_scalar() - two.challenge.to_scalar();
    let inverse = difference.invert().unwrap();
    (one.responses.iter().zip(&two.responses))
        .map(|(one, two)| (one - two) * inverse)
        .collect()
}

#[test]
fn a_nonce_that_answers_two_questions() {
    // ẑ − ẑ' = (c − c')·w: whoever sees both has all attributes, the handle and the pseudonym secret.
    let lab = lab();
    let statements = lab.question().statements();
    let (first, mut second) = (lab.honest(), lab.honest());
    second.points[point::PSEUDONYM] = -second.points[point::PSEUDONYM];
    let twice = |parts| lab.prove(&statements, parts, &mut StdRng::seed_from_u64(1));
    assert_eq!(extracted(&twice(&first), &twice(&second)), first.witness);
}

#[test]
fn points_made_once_and_a_generator_that_repeats_itself() {
    // Points made ahead are the same for two questions (of a policy without a pseudonym, whose point would
    // differ), and a stuck generator gives nothing else: that the question is hashed into the nonces is all
    // that keeps them apart.
    let mut lab = lab();
    lab.holder.bundle.policies[0].once_a_day = false;
    let question = lab.question();
    let mut elsewhere = lab.question();
    elsewhere.audience = "Gate".into();
    let list = question.statements();
    let mut rng = StdRng::seed_from_u64(2);
    let made = (lab.credential).blind(lab.ready(), &question, &list, at(0), &mut rng);
    let (held, blinded) = made.unwrap();
    let answer = |question: &super::super::question::FullQuestion<'_>| {
        let mut stuck = StdRng::seed_from_u64(3);
        let list = question.statements();
        (lab.credential)
            .prove(question, &list, held.shown, &blinded, vec![], &mut stuck)
            .unwrap()
    };
    let (one, two) = (answer(&question), answer(&elsewhere));
    assert_eq!(one.points, two.points);
    let secrets = lab.credential.witness_of(&question, &blinded);
    let found = extracted(&one, &two);
    let mut pairs = found.iter().zip(secrets.expose());
    assert!(pairs.all(|(found, secret)| found != secret));
    // The same question again is the same answer, and no second one.
    assert_eq!(one, answer(&lab.question()));
}
