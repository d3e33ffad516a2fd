//! An attacker's notebook: for each pairing and each equation of a presentation, a forger who knows
//! everything else and breaks exactly that one. Each page says which part of the check is all that
//! stands between the forgery and green: the Schnorr part (`schnorr`) or the pairings (`pairings`).
//!
//! Compiled under `#[cfg(test)]` only.

use rand::{SeedableRng, rngs::StdRng};

use super::body::{Body, Claimed};
use super::question::{Moment, Question, bucket_of};
use crate::credential::Credential;
use crate::curve::{G1Affine, Scalar, hash_test_point};
use crate::error::Error;
use crate::issuance::Offer;
use crate::registry::{Registry, RegistryKey};
use crate::scheme::{
    AccreditationKey, Bundle, DateTable, Day, Epoch, HolderBundle, IssuerKey, IssuerMode, KeySet,
    MinimumAge, Mode, Policy, Schema, Scheme, SealedAccreditations, Value, Zone,
};
use crate::secret::Secret;
use crate::sigma::{Hedge, HedgedRng};
use crate::statement::{Held, Own, Proven, Relation, Statement, View, pairings_hold_vartime};

const NOW: i64 = 1_624_896_240;

/// The statements of a question.
type List<'a> = Vec<Box<dyn Statement + 'a>>;

/// Everything a forger has: the keys of all roles, and an honest credential.
struct Lab {
    rng: StdRng,
    holder: HolderBundle,
    accreditation: AccreditationKey,
    registry: Registry,
    clinic: IssuerKey,
    credential: Credential,
}

fn lab() -> Lab {
    let mut rng = StdRng::seed_from_u64(11);
    let zone = Zone::new("Europe/Moscow").unwrap();
    let scheme = Scheme::new(
        [1; 32],
        "lab".into(),
        Schema::default(),
        IssuerMode::Hidden,
        zone,
    );
    let accreditation = AccreditationKey::generate(&mut rng);
    let (table, (date, length)) = DateTable::generate(128, &mut rng).unwrap();
    let key = RegistryKey::generate(&mut rng);
    let keys = KeySet::new(
        &scheme,
        1,
        *accreditation.public(),
        date,
        length,
        *key.public(),
    );
    let mut registry = Registry::new(key, KeySet::first_accumulator(&scheme, 1), 1);
    let handle = registry.draw(&mut rng).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let acc = accreditation.accredit(&scheme, clinic.public(), 3).unwrap();
    let list = [(*clinic.public(), acc)];
    let accreditations = SealedAccreditations::seal(
        &scheme,
        crate::scheme::Edition {
            keys: &keys,
            version: 1,
        },
        &list,
        2,
        &mut rng,
    )
    .unwrap();
    let holder = HolderBundle {
        bundle: Bundle {
            version: 1,
            issued: NOW - 10,
            expires: NOW + 1000,
            keys,
            accreditation_epoch: 3,
            epochs: vec![Epoch {
                number: 1,
                accumulator: *registry.accumulator(),
                removals: 0,
                from: NOW - 10,
                until: NOW + 1000,
                beacon: [5; 32],
            }],
            policies: vec![Policy {
                name: "all".into(),
                until: 2,
                from: Some(3),
                disclose: vec![],
                minimum_age: Some(MinimumAge {
                    attribute: 6,
                    years: 18,
                }),
                any_audience: false,
                once_a_day: true,
                window: 60,
                epoch_grace: 0,
                modes: vec![Mode::Poster],
            }],
            holder_parts: [0; 32],
            scheme,
        },
        table,
        removals: registry.log().clone(),
        reissued: Default::default(),
        accreditations,
    };
    let scheme = &holder.bundle.scheme;
    let values = [
        ("until", Value::Date(day(2021, 7, 10))),
        ("until_strict", Value::Date(day(2021, 6, 14))),
        ("birth_date", Value::Date(day(2000, 1, 1))),
        ("id_hint", Value::Text(String::new())),
    ];
    let kept = clinic.offer(scheme, &values, NOW + 9, &mut rng).unwrap();
    let mine = ["name", "employer"].map(|name| (name, Value::Text(name.into())));
    let offer: &Offer = kept.offer();
    let pending = offer.request(scheme, &mine, NOW, &mut rng).unwrap();
    let request = pending.request().clone();
    let response = kept
        .issue(scheme, &clinic, Some(&acc), &request, handle, NOW)
        .unwrap();
    let credential = pending.receive(&holder, &response, NOW).unwrap();
    Lab {
        rng,
        holder,
        accreditation,
        registry,
        clinic,
        credential,
    }
}

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

/// What a verifier finds.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    schnorr: bool,
    pairings: bool,
}

const GREEN: Found = Found {
    schnorr: true,
    pairings: true,
};
const ONLY_PAIRINGS_REFUSE: Found = Found {
    schnorr: true,
    pairings: false,
};
const ONLY_SCHNORR_REFUSES: Found = Found {
    schnorr: false,
    pairings: true,
};

impl Lab {
    fn question(&self) -> Question<'_> {
        let bundle = &self.holder.bundle;
        let policy = &bundle.policies[0];
        let moment = Moment::Bucket(bucket_of(policy, NOW).unwrap());
        Question::new(bundle, policy, "Door", &bundle.epochs[0], moment).unwrap()
    }

    /// Proves with the lab's credential and a table and witness of the forger's choice, with no check
    /// of the prover's own, and lets an honest verifier look.
    fn show(&self, table: &DateTable, witness: G1Affine) -> Found {
        self.show_with(table, witness, |list| list)
    }

    /// The same with statements that lie when they prove.
    fn show_with(
        &self,
        table: &DateTable,
        witness: G1Affine,
        lie: fn(List<'_>) -> List<'_>,
    ) -> Found {
        let mut rng = StdRng::seed_from_u64(12);
        let mut holder = self.holder.clone();
        holder.table = table.clone();
        let question = self.question();
        let statements = lie(question.statements());
        let built =
            self.credential
                .build(&holder, &question, &statements, witness, vec![], &mut rng);
        let honest = self.question();
        let statements = honest.statements();
        let claimed = Claimed::new(honest, statements, built.unwrap());
        let mut weights: HedgedRng = Hedge::new("test", &mut rng).finish();
        let relation = claimed.relation().unwrap();
        Found {
            schnorr: claimed.schnorr_vartime().is_ok(),
            pairings: pairings_hold_vartime(&relation.pairings, &mut weights),
        }
    }

    /// An honest body with the question that it answers.
    fn built(&self) -> (Question<'_>, Body) {
        let mut rng = StdRng::seed_from_u64(13);
        let question = self.question();
        let statements = question.statements();
        let witness = *self.credential.witness.point();
        let built = self.credential.build(
            &self.holder,
            &question,
            &statements,
            witness,
            vec![],
            &mut rng,
        );
        (question, built.unwrap())
    }

    fn as_it_is(&self) -> Found {
        self.show(&self.holder.table, *self.credential.witness.point())
    }
}

#[test]
fn the_honest_pass_is_green() {
    assert_eq!(lab().as_it_is(), GREEN);
}

#[test]
fn a_signature_that_nobody_made() {
    // e(Ā, X') = e(B̄, g2) alone knows that A is not a signature.
    let mut lab = lab();
    lab.credential.a = Secret::new(hash_test_point(b"A"));
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn attributes_that_nobody_signed() {
    // A later date under an honest signature: B does not fit A.
    let mut lab = lab();
    let mut scalars = lab.credential.scalars.expose().clone();
    scalars[2] = day(2021, 8, 1).to_scalar();
    lab.credential.values[2] = Some(Value::Date(day(2021, 8, 1)));
    let scheme = &lab.holder.bundle.scheme;
    let b = crate::credential::point_b(scheme, lab.credential.s.expose(), &scalars);
    lab.credential.scalars = Secret::new(scalars);
    let signed_b = std::mem::replace(&mut lab.credential.b, Secret::new(b));
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
    // With the B that was signed, the pairings hold and the opening does not.
    lab.credential.b = signed_b;
    assert_eq!(lab.as_it_is(), ONLY_SCHNORR_REFUSES);
}

#[test]
fn an_issuer_whose_x1_belongs_to_an_accredited_stranger() {
    // A rogue issuer signs with its own x but shows the clinic's X1 and accreditation:
    // e(h, X') = e(X1', g2) alone ties the two together.
    let mut lab = lab();
    let rogue = IssuerKey::generate(&mut lab.rng);
    let e = *lab.credential.e.expose();
    let exponent = (rogue.scalar() + e).invert().unwrap();
    let a = *lab.credential.b.expose() * exponent;
    lab.credential.a = Secret::new(a.into());
    lab.credential.issuer.x = rogue.public().x;
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn an_issuer_that_nobody_accredited() {
    // e(Ā_c, Γ) = e(B̄_c, g2) alone knows.
    let mut lab = lab();
    let self_made = AccreditationKey::generate(&mut lab.rng);
    let scheme = &lab.holder.bundle.scheme;
    let acc = self_made.accredit(scheme, lab.clinic.public(), 3).unwrap();
    lab.credential.accreditation = Some(acc);
    assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
}

#[test]
fn an_accreditation_for_another_epoch_or_issuer() {
    let mut lab = lab();
    let scheme = &lab.holder.bundle.scheme;
    let mut old = lab
        .accreditation
        .accredit(scheme, lab.clinic.public(), 2)
        .unwrap();
    old.epoch = 3;
    let other = IssuerKey::generate(&mut lab.rng);
    let others = lab
        .accreditation
        .accredit(scheme, other.public(), 3)
        .unwrap();
    for acc in [old, others] {
        lab.credential.accreditation = Some(acc);
        assert_eq!(lab.as_it_is(), ONLY_PAIRINGS_REFUSE);
    }
}

#[test]
fn a_date_that_the_table_does_not_have() {
    // The forger's own entry for δ: R/(x + δ) under a key of its own.
    let mut lab = lab();
    let (own, _) = DateTable::generate(128, &mut lab.rng).unwrap();
    let delta = 12;
    let entry = own.entry(12).unwrap();
    let table = lab.holder.table.forged(delta, entry);
    let found = lab.show(&table, *lab.credential.witness.point());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
    // The same for the first day, 14 days ago.
    let table = lab.holder.table.forged(14, own.entry(14).unwrap());
    let found = lab.show(&table, *lab.credential.witness.point());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
    // A true entry of another day does not help either: the difference is not free.
    let table = lab
        .holder
        .table
        .forged(delta, lab.holder.table.entry(40).unwrap());
    let found = lab.show(&table, *lab.credential.witness.point());
    assert_eq!(found, ONLY_PAIRINGS_REFUSE);
}

#[test]
fn a_witness_of_somebody_else_or_of_another_accumulator() {
    let mut lab = lab();
    let other = lab.registry.draw(&mut lab.rng).unwrap();
    let table = lab.holder.table.clone();
    assert_eq!(lab.show(&table, *other.0.point()), ONLY_PAIRINGS_REFUSE);
    let made_up = hash_test_point(b"C");
    assert_eq!(lab.show(&table, made_up), ONLY_PAIRINGS_REFUSE);
}

/// A statement whose prover sends other points, or another witness, than the honest one.
struct Lie<'a> {
    honest: Box<dyn Statement + 'a>,
    change: fn(&mut Proven),
}

impl Statement for Lie<'_> {
    fn name(&self) -> &'static str {
        self.honest.name()
    }
    fn points(&self) -> usize {
        self.honest.points()
    }
    fn variables(&self) -> usize {
        self.honest.variables()
    }
    fn relate<'a>(
        &'a self,
        view: &View<'a>,
        own: &Own<'_>,
        relation: &mut Relation<'a>,
    ) -> Result<(), Error> {
        self.honest.relate(view, own, relation)
    }
    fn prove(&self, held: &Held<'_>, rng: &mut HedgedRng) -> Result<Proven, Error> {
        let mut proven = self.honest.prove(held, rng)?;
        (self.change)(&mut proven);
        Ok(proven)
    }
}

/// Replaces the statement called `name` by one that changes what it sends.
fn lying<'a>(list: List<'a>, name: &str, change: fn(&mut Proven)) -> List<'a> {
    let mut found = false;
    let list = list
        .into_iter()
        .map(|honest| {
            if honest.name() == name {
                found = true;
                Box::new(Lie { honest, change })
            } else {
                honest
            }
        })
        .collect();
    assert!(found, "no statement {name}");
    list
}

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
    let witness = *lab.credential.witness.point();
    let found = lab.show_with(&lab.holder.table, witness, |list| {
        lying(list, "one showing a venue and day", double_last)
    });
    assert_eq!(found, ONLY_SCHNORR_REFUSES);
}

#[test]
fn points_that_satisfy_their_pairing_and_not_their_equation() {
    // (2W, 2W̄) is still a pair under X_t, and so on: the equations tie the pairs to the attributes.
    let lab = lab();
    let witness = *lab.credential.witness.point();
    let show = |lie| lab.show_with(&lab.holder.table, witness, lie);
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
fn a_presentation_cannot_be_tested_against_a_known_issuer_and_the_multiplicative_variant_could() {
    let lab = lab();
    let (_, body) = lab.built();
    let (a_bar, b_bar) = (body.points[1], body.points[2]);
    let clinic = lab.clinic.public().x.into();
    assert!(!crate::curve::pairing_equal(&a_bar, &clinic, &b_bar));
    // With the key blinded as t·X, Ā and B̄ stay a pair under X itself, for anybody to test: that is
    // what (Ā, B̄) made with e instead of e' = e − t are.
    let variant = crate::bbs::Points::compute(&crate::bbs::blinded_signature(
        lab.credential.a.expose(),
        lab.credential.e.expose(),
        lab.credential.b.expose(),
        &Scalar::from(7),
        &Scalar::from(9),
    ));
    assert!(crate::curve::pairing_equal(
        &variant.a_bar,
        &clinic,
        &variant.b_bar
    ));
}

#[test]
fn errors_that_cancel_in_an_unweighted_product() {
    // B̄ + P in one pairing and B̄ − P in another: without weights the product would not notice.
    let lab = lab();
    let (question, body) = lab.built();
    let statements = question.statements();
    let claimed = Claimed::new(question, statements, body);
    let mut pairings = claimed.relation().unwrap().pairings;
    let mut weights = Hedge::new("test", &mut StdRng::seed_from_u64(14)).finish();
    assert!(pairings_hold_vartime(&pairings, &mut weights));
    let error = hash_test_point(b"P");
    let last = pairings.len() - 1;
    for (first, second) in [(0, 1), (1, 2), (2, last)] {
        let mut wrong = pairings.clone();
        wrong[first].right = (crate::curve::G1Projective::from(wrong[first].right) + error).into();
        wrong[second].right =
            (crate::curve::G1Projective::from(wrong[second].right) - error).into();
        assert!(!pairings_hold_vartime(&wrong, &mut weights));
    }
    // The same across two passes of a batch.
    let twice = pairings.clone();
    pairings.extend(twice);
    pairings[0].right = (crate::curve::G1Projective::from(pairings[0].right) + error).into();
    let other = last + 1;
    pairings[other].right =
        (crate::curve::G1Projective::from(pairings[other].right) - error).into();
    assert!(!pairings_hold_vartime(&pairings, &mut weights));
}

/// Proves for one question and verifies against another.
fn asked_otherwise(change: fn(&mut HolderBundle), audience: &'static str) -> Found {
    let lab = lab();
    let (_, body) = lab.built();
    let mut door = lab.holder.clone();
    change(&mut door);
    let policy = &door.bundle.policies[0];
    let moment = Moment::Bucket(bucket_of(policy, NOW).unwrap());
    let epoch = &door.bundle.epochs[0];
    let other = Question::new(&door.bundle, policy, audience, epoch, moment).unwrap();
    let statements = other.statements();
    let claimed = Claimed::new(other, statements, body);
    let mut weights = Hedge::new("test", &mut StdRng::seed_from_u64(15)).finish();
    let pairings = claimed.relation().unwrap().pairings;
    Found {
        schnorr: claimed.schnorr_vartime().is_ok(),
        pairings: pairings_hold_vartime(&pairings, &mut weights),
    }
}

#[test]
fn every_field_of_the_question_is_in_the_challenge() {
    assert_eq!(asked_otherwise(|_| {}, "Door"), GREEN);
    // A policy without a pseudonym, so that only the question's bytes know the audience.
    assert_eq!(asked_otherwise(|_| {}, "Gate"), ONLY_SCHNORR_REFUSES);
    let beacon = |door: &mut HolderBundle| door.bundle.epochs[0].beacon = [6; 32];
    assert_eq!(asked_otherwise(beacon, "Door"), ONLY_SCHNORR_REFUSES);
    let number = |door: &mut HolderBundle| door.bundle.epochs[0].number = 2;
    assert_eq!(asked_otherwise(number, "Door"), ONLY_SCHNORR_REFUSES);
    let name = |door: &mut HolderBundle| door.bundle.policies[0].name = "other".into();
    assert_eq!(asked_otherwise(name, "Door"), ONLY_SCHNORR_REFUSES);
    let grace = |door: &mut HolderBundle| door.bundle.policies[0].epoch_grace = 1;
    assert_eq!(asked_otherwise(grace, "Door"), ONLY_SCHNORR_REFUSES);
}

#[test]
fn a_disclosed_date_is_compared_and_not_only_shown() {
    // A patched wallet discloses an honest date that has passed.
    let mut lab = lab();
    lab.holder.bundle.policies[0].disclose = vec![2, 3, 6];
    let show = |today: Day| {
        let mut rng = StdRng::seed_from_u64(16);
        let bundle = &lab.holder.bundle;
        let policy = &bundle.policies[0];
        let strip = Moment::Strip(today);
        let question = Question::new(bundle, policy, "Door", &bundle.epochs[0], strip).unwrap();
        let statements = question.statements();
        let witness = *lab.credential.witness.point();
        let shown: Vec<_> = [2, 3, 6]
            .map(|i| lab.credential.values[i].clone().unwrap())
            .to_vec();
        let body = (lab.credential)
            .build(
                &lab.holder,
                &question,
                &statements,
                witness,
                shown,
                &mut rng,
            )
            .unwrap();
        Claimed::new(question, statements, body)
            .schnorr_vartime()
            .is_ok()
    };
    assert!(show(day(2021, 7, 10)));
    assert!(!show(day(2021, 7, 11)), "ended yesterday");
    assert!(!show(day(2021, 6, 13)), "begins tomorrow");
    assert!(!show(day(2017, 12, 31)), "seventeen years old");
}
