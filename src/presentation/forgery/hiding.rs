//! What a presentation must not tell, and faults that would make it tell.

use super::forger::*;
use crate::curve::{Scalar, hash_test_point, tables_of};
use crate::presentation::{PresentError, Question};
use crate::scheme::{Mode, at};
use crate::secret::Secret;

#[test]
fn a_presentation_cannot_be_tested_against_a_known_issuer_and_the_multiplicative_variant_could() {
    let lab = lab();
    let (_, body) = lab.built();
    let (a_bar, b_bar) = (body.points[1], body.points[2]);
    let clinic = lab.clinic.public().x.into();
    assert!(!crate::curve::pairing_equal(&a_bar, &clinic, &b_bar));
    // With the key blinded as t·X, Ā and B̄ stay a pair under X itself, for anybody to test: that is
    // what (Ā, B̄) made with e instead of e' = e − t are.
    let variant = crate::curve::msm_each(&crate::signature::blinded_signature(
        lab.credential.a.expose(),
        lab.credential.e.expose(),
        lab.credential.b.expose(),
        &Scalar::from(7),
        &Scalar::from(9),
    ));
    assert!(crate::curve::pairing_equal(
        &variant[0],
        &clinic,
        &variant[1]
    ));
}

#[test]
fn two_dates_equally_far_away_take_no_less_time_to_prove() {
    // Sums that share a point share its table, and a table less is less time. Where `until` is as many days
    // ahead as `from` is behind, both statements use the same entry: nobody may see that.
    let lab = lab();
    let table = lab.table();
    let until = table.entry(12).unwrap();
    let count = |table: &crate::scheme::DateTable| {
        let question = lab.question();
        let list = question.statements();
        let mut rng = crate::sigma::Hedge::derived("test").finish();
        let held = crate::statement::Held {
            credential: &lab.credential,
            table,
            witness: lab.witness(),
            accreditation: lab.ready().accreditation,
            t: Secret::new(Scalar::from(2)),
            shown: None,
            renewed: None,
        };
        let proven = list
            .iter()
            .map(|s| s.prove(&held, &mut rng).unwrap().points);
        tables_of(&proven.flatten().collect::<Vec<_>>())
    };
    // From 2000-01-01 to 2003-06-28 there are 1274 days.
    let apart = count(lab.table());
    for place in [14, 1274 % 128, 1274 / 128] {
        assert_eq!(count(&table.forged(place, until)), apart);
    }
}

#[test]
fn a_pass_that_would_be_refused_is_not_shown() {
    // A stale witness, a signature damaged in memory: the door would turn red, and who damaged it
    // would know the holder again. The wallet runs the door's whole check before it releases anything.
    let mut lab = lab();
    let bundle = &lab.holder.bundle;
    let ask = Question::new(&bundle.scheme, Mode::Poster, &bundle.policies[0], "Door");
    lab.credential.a = Secret::new(hash_test_point(b"A"));
    let shown = (lab.credential).present(&lab.holder, &ask, None, at(NOW), &mut lab.rng);
    assert_eq!(shown.err(), Some(PresentError::SelfCheck));
    let prepared = lab
        .credential
        .prepare(&lab.holder, "all", at(NOW), &mut lab.rng);
    assert_eq!(prepared.err(), Some(PresentError::SelfCheck));
}
