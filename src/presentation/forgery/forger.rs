//! A prover that proves whatever it is told and checks nothing of its own, and an honest verifier to look
//! at the result.

use rand::{SeedableRng, rngs::StdRng};

use super::super::body::{Body, Claimed, challenge, relate, shown_attributes};
use super::super::present::Ready;
use super::super::question::{FullQuestion, Named, bucket_of};
use crate::credential::point_b;
use crate::curve::{G1Affine, Scalar};
use crate::error::Error;
pub(super) use crate::presentation::lab::{Lab, NOW, lab};
use crate::presentation::{Door, Expected, MemoryReplayStore, Verdict};
use crate::scheme::{Accreditation, DateTable, Day, at};
use crate::secret::Secret;
use crate::sigma::{Hedge, HedgedRng, Nonces};
use crate::statement::{
    Held, Own, Proven, Relation, ShownIssuer, Statement, View, pairings_hold_vartime,
};

/// The statements of a question.
pub(super) type List<'a> = Vec<Box<dyn Statement + 'a>>;

/// What a verifier finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) schnorr: bool,
    pub(super) pairings: bool,
}

pub(super) const GREEN: Found = Found {
    schnorr: true,
    pairings: true,
};
pub(super) const ONLY_PAIRINGS_REFUSE: Found = Found {
    schnorr: true,
    pairings: false,
};
pub(super) const ONLY_SCHNORR_REFUSES: Found = Found {
    schnorr: false,
    pairings: true,
};

/// What the Schnorr part and the pairings say of a body, whatever its decoder would say.
pub(super) fn judge(question: FullQuestion<'_>, statements: List<'_>, body: Body) -> Found {
    let claimed = Claimed::new(question, statements, body);
    let mut weights: HedgedRng = Hedge::new("test", &mut StdRng::seed_from_u64(15)).finish();
    let relation = claimed.relation().unwrap();
    Found {
        schnorr: claimed.schnorr_vartime().is_ok(),
        pairings: pairings_hold_vartime(&relation.pairings, &mut weights),
    }
}

/// The places of the points that a pass of the lab's policy sends.
pub(super) mod point {
    pub(in super::super) const SIGNATURE: [usize; 3] = [0, 1, 2];
    pub(in super::super) const ACCREDITATION: [usize; 2] = [3, 4];
    pub(in super::super) const UNTIL: [usize; 2] = [5, 6];
    pub(in super::super) const FROM: [usize; 2] = [7, 8];
    pub(in super::super) const WITNESS: [usize; 2] = [9, 10];
    pub(in super::super) const FAR_LOW: [usize; 2] = [11, 12];
    pub(in super::super) const FAR_HIGH: [usize; 2] = [13, 14];
    pub(in super::super) const PSEUDONYM: usize = 15;
}

/// The places of its variables: s, the eight attributes, then those of the statements.
pub(super) mod var {
    pub(in super::super) const SECRET: usize = 1;
    pub(in super::super) const UNTIL: usize = 3;
    pub(in super::super) const NAME: usize = 5;
    pub(in super::super) const EMPLOYER: usize = 6;
    pub(in super::super) const E: usize = 9;
    pub(in super::super) const MINUS_R1: usize = 10;
    pub(in super::super) const MINUS_R3: usize = 11;
    pub(in super::super) const RHO: usize = 12;
    pub(in super::super) const SIGMA: usize = 13;
    pub(in super::super) const A: usize = 14;
    pub(in super::super) const V_UNTIL: usize = 15;
    pub(in super::super) const V_FROM: usize = 16;
    pub(in super::super) const W: usize = 17;
    pub(in super::super) const V_LOW: usize = 18;
    pub(in super::super) const V_HIGH: usize = 19;
    pub(in super::super) const HIGH_DIGIT: usize = 20;
}

/// Points and witness of a pass before it is proven, for a forger to change.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) issuer: Option<ShownIssuer>,
    pub(super) points: Vec<G1Affine>,
    pub(super) witness: Vec<Scalar>,
}

pub(super) fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_ymd(year, month, day).unwrap()
}

impl Lab {
    /// The clinic signs other attributes for the same holder.
    pub(crate) fn sign_again(&mut self, change: impl FnOnce(&mut [Scalar])) {
        let credential = &mut self.credential;
        let mut scalars = credential.scalars.expose().clone();
        change(&mut scalars);
        let scheme = &self.holder.bundle.scheme;
        let b = point_b(scheme, credential.s.expose(), &scalars);
        let exponent = self.clinic.scalar() + credential.e.expose();
        credential.a = Secret::new((b * exponent.invert().unwrap()).into());
        credential.b = Secret::new(b);
        credential.scalars = Secret::new(scalars);
    }

    /// The date table.
    pub(super) fn table(&self) -> &DateTable {
        &self.holder.of_key_sets[0].table
    }

    /// C.
    pub(super) fn witness(&self) -> G1Affine {
        *self.credential.witnesses[0].point()
    }

    /// The credential shows this accreditation and no other.
    pub(super) fn hold(&mut self, accreditation: Accreditation) {
        self.credential.accreditations = vec![(1, accreditation)];
    }

    /// What the wallet has for the only epoch.
    pub(super) fn ready(&self) -> Ready<'_> {
        Ready {
            table: self.table(),
            witness: self.witness(),
            accreditation: (self.credential.accreditations.first()).map(|(_, first)| first),
            renewed: None,
        }
    }

    pub(super) fn question(&self) -> FullQuestion<'_> {
        let bundle = &self.holder.bundle;
        let policy = &bundle.policies[0];
        let moment = bucket_of(bundle, policy, at(NOW)).unwrap();
        let epoch = Named::Registry(&bundle.epochs[0]);
        FullQuestion::new(bundle, policy, "Door", epoch, moment).unwrap()
    }

    /// The parts of an honest pass, but for the `statements` of the forger's choice.
    pub(super) fn parts(&self, statements: &[Box<dyn Statement + '_>]) -> Parts {
        let mut rng = StdRng::seed_from_u64(17);
        let question = self.question();
        let blinded = (self.credential).blind(self.ready(), &question, statements, at(0), &mut rng);
        let (held, blinded) = blinded.unwrap();
        Parts {
            issuer: held.shown,
            witness: (self.credential.witness_of(&question, &blinded).expose()).clone(),
            points: blinded.points,
        }
    }

    /// The parts of an honest pass.
    pub(super) fn honest(&self) -> Parts {
        self.parts(&self.question().statements())
    }

    /// Proves the equations of `statements` for these parts, whether they hold or not.
    pub(super) fn prove(
        &self,
        statements: &[Box<dyn Statement + '_>],
        parts: &Parts,
        nonces: &mut StdRng,
    ) -> Body {
        let question = self.question();
        let attributes = shown_attributes(&question, &[]);
        let (issuer, points) = (parts.issuer.as_ref(), &parts.points);
        let relation = relate(&question, statements, issuer, points, &attributes).unwrap();
        let nonces = Nonces::draw(parts.witness.len(), nonces);
        let commitments = nonces.commit(&relation.equations);
        let challenge = challenge(&question, issuer, points, &commitments, &[]);
        let witness = Secret::new(parts.witness.clone());
        Body {
            issuer: parts.issuer,
            points: parts.points.clone(),
            responses: nonces.respond(&witness, &challenge.to_scalar()),
            challenge,
            disclosed: vec![],
        }
    }

    /// What an honest verifier finds that gets these parts, proven, without decoding them.
    pub(super) fn forge(&self, parts: &Parts) -> (Found, Body) {
        let (question, statements) = (self.question(), self.question().statements());
        let body = self.prove(&statements, parts, &mut StdRng::seed_from_u64(18));
        (judge(question, statements, body.clone()), body)
    }

    /// What a door says that gets the bytes.
    pub(super) fn door(&self, body: &Body) -> Verdict {
        let door = Door::new(&self.holder.bundle, "all", "Door").unwrap();
        let (mut seen, mut rng) = (MemoryReplayStore::default(), StdRng::seed_from_u64(19));
        let bytes = body.to_bytes(&self.question().header());
        door.check(&bytes, Expected::posters(), at(NOW), &mut seen, &mut rng)
    }

    /// Proves with the lab's credential and a table and witness of the forger's choice, with no check
    /// of the prover's own, and lets an honest verifier look.
    pub(super) fn show(&self, table: &DateTable, witness: G1Affine) -> Found {
        self.show_with(table, witness, |list| list)
    }

    /// The same with statements that lie when they prove.
    pub(super) fn show_with(
        &self,
        table: &DateTable,
        witness: G1Affine,
        lie: fn(List<'_>) -> List<'_>,
    ) -> Found {
        let mut rng = StdRng::seed_from_u64(12);
        let ready = Ready {
            table,
            witness,
            ..self.ready()
        };
        let question = self.question();
        let statements = lie(question.statements());
        let built = (self.credential).build(ready, &question, &statements, vec![], &mut rng);
        let honest = self.question().statements();
        judge(self.question(), honest, built.unwrap())
    }

    /// An honest body with the question that it answers.
    pub(super) fn built(&self) -> (FullQuestion<'_>, Body) {
        let mut rng = StdRng::seed_from_u64(13);
        let question = self.question();
        let statements = question.statements();
        let built = (self.credential).build(self.ready(), &question, &statements, vec![], &mut rng);
        (question, built.unwrap())
    }

    pub(super) fn as_it_is(&self) -> Found {
        self.show(self.table(), self.witness())
    }
}

/// A statement whose prover sends other points, or another witness, than the honest one.
struct Lie<'a> {
    honest: Box<dyn Statement + 'a>,
    change: fn(&mut Proven),
}

impl Statement for Lie<'_> {
    fn code(&self) -> u8 {
        self.honest.code()
    }
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
pub(super) fn lying<'a>(list: List<'a>, name: &str, change: fn(&mut Proven)) -> List<'a> {
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
