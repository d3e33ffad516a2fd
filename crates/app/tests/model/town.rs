//! The two guests, the door and what is published, made once; and the real code behind each action, each run once for what
//! it depends on.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{Question, Verdict};
use veilpass::scheme::{
    Day, HolderBundle, IssuerKey, IssuerMode, Mode, Policy, Schema, SchemeCard, Trust,
    UnverifiedHolderBundle, Venues, Zone,
};
use veilpass::{Authority, Credential};
use veilpass_app::store::memory::MemoryVerifier;
use veilpass_app::verifier::{Setup, Verifier};
use veilpass_fixture::city::{self, City, DAY, HOUR, at};
use veilpass_fixture::place::done;

pub(super) const ANNA: usize = 0;
pub(super) const BORIS: usize = 1;

pub(super) const GRACE: i64 = HOUR;
pub(super) const WINDOW: i64 = 60;

/// Midnight in Greenwich, on 1 July 2021.
const BEGIN: i64 = 1_625_097_600;
const MIDNIGHT: i64 = BEGIN + DAY;
/// When the epochs begin that the publications announce.
const SWITCHES: [i64; 3] = [BEGIN + 8 * HOUR, BEGIN + 20 * HOUR, MIDNIGHT + 2 * HOUR];

/// When something is done: at both sides of each edge, and a window's half from it, so that an answer can be as late as
/// that.
pub(super) const MOMENTS: [i64; 8] = [
    SWITCHES[1] - 30,
    SWITCHES[1] + 15,
    SWITCHES[1] + GRACE - WINDOW - 1,
    SWITCHES[1] + GRACE + WINDOW,
    MIDNIGHT - 30,
    MIDNIGHT + 15,
    SWITCHES[2] + 15,
    SWITCHES[2] + GRACE + WINDOW,
];

type Memo<K, V> = Mutex<HashMap<K, V>>;

/// Which guest, with which publication.
pub(super) type Guest = (usize, usize);

/// What a wallet answers, if it does.
type Answered = Option<Arc<[u8]>>;

pub(super) struct Town {
    zone: Zone,
    card: SchemeCard,
    verifiers: Vec<Vec<u8>>,
    holders: Vec<HolderBundle>,
    /// Of each guest, brought up to date with each publication.
    passes: [Vec<Credential>; 2],
    answers: Memo<(Guest, Vec<u8>, i64), Answered>,
    shown: Memo<(MemoryVerifier, Vec<u8>, i64), (bool, MemoryVerifier)>,
    served: Memo<(MemoryVerifier, Guest, u8, i64), bool>,
}

fn policy() -> Policy {
    let modes = [Mode::Challenge, Mode::Poster];
    let grace = u32::try_from(GRACE).unwrap();
    Policy {
        modes: modes.map(|mode| mode.with_grace(grace)).to_vec(),
        ..city::restaurant(&Schema::default())
    }
}

/// The same for the same input, so that a story can be played again.
fn rng(of: &impl Hash) -> StdRng {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish())
}

fn publish(
    authority: &mut Authority,
    switch: i64,
    before: Option<&HolderBundle>,
    rng: &mut StdRng,
) -> (Vec<u8>, HolderBundle) {
    authority.start_epoch(at(switch), rng).unwrap();
    let (now, end) = (at(BEGIN + 8 * HOUR), at(BEGIN + 8 * DAY));
    let published = authority.publish(now, end, rng).unwrap();
    let card = authority.card();
    let trust = Trust::pinned(&card).after(before.map(HolderBundle::bundle));
    let holders = UnverifiedHolderBundle::new(published.for_holders());
    let holders = holders.verify(&trust, rng).unwrap();
    (published.for_verifiers().to_vec(), holders)
}

/// Through the whole issuance; and the identifier of the handle.
fn pass(
    authority: &mut Authority,
    clinic: &IssuerKey,
    holders: &HolderBundle,
    rng: &mut StdRng,
) -> (Credential, [u8; 32]) {
    let now = BEGIN + 9 * HOUR;
    let scheme = authority.scheme().clone();
    let values = City::issuer_values(Day::from_ymd(2021, 12, 31).unwrap());
    let kept = clinic.offer(&scheme, &values, at(now + HOUR), rng).unwrap();
    let own = City::holder_values();
    let pending = kept.offer().request(&scheme, &own, at(now), rng).unwrap();
    let handle = authority.handle(rng).unwrap();
    let (id, request) = (handle.id(), pending.request().clone());
    let accreditation = authority.accreditation(clinic.public());
    let accreditation = accreditation.as_ref();
    let response = kept.issue(&scheme, clinic, accreditation, &request, handle, at(now));
    let pass = pending.receive(holders, &response.unwrap(), at(now));
    (pass.unwrap(), id)
}

impl Town {
    pub(super) fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(16);
        let zone = Zone::new("UTC").unwrap();
        let (schema, mode) = (Schema::default(), IssuerMode::Hidden);
        let (venues, policies) = (Venues::Open, vec![policy()]);
        let authority =
            Authority::found("x", schema, mode, zone.clone(), venues, policies, &mut rng);
        let mut authority = authority.unwrap();
        let clinic = IssuerKey::generate(&mut rng);
        let registration = clinic.register(authority.scheme(), &mut rng);
        authority.accredit(&registration).unwrap();

        let (bundle, holder) = publish(&mut authority, SWITCHES[0], None, &mut rng);
        let (mut verifiers, mut holders) = (vec![bundle], vec![holder]);
        let (anna, _) = pass(&mut authority, &clinic, &holders[0], &mut rng);
        let (boris, revoked) = pass(&mut authority, &clinic, &holders[0], &mut rng);
        authority.revoke(&revoked).unwrap();
        for switch in &SWITCHES[1..] {
            let (bundle, holder) = publish(&mut authority, *switch, holders.last(), &mut rng);
            verifiers.push(bundle);
            holders.push(holder);
        }
        let passes = [anna, boris].map(|pass| {
            let bytes = pass.expose_bytes();
            let synced = holders.iter().map(|holder| {
                let mut pass = Credential::from_bytes(authority.scheme(), &bytes).unwrap();
                // Of a revoked one it fails, and it answers nothing from then on.
                let _ = pass.sync_vartime(holder);
                pass
            });
            synced.collect()
        });
        Self {
            zone,
            card: authority.card(),
            verifiers,
            holders,
            passes,
            answers: Memo::default(),
            shown: Memo::default(),
            served: Memo::default(),
        }
    }

    pub(super) fn switch(&self, publication: usize) -> i64 {
        SWITCHES[publication]
    }

    pub(super) fn day(&self, now: i64) -> Day {
        self.zone.day_of(at(now)).unwrap()
    }

    /// A publication comes before the epoch that it announces, and after the one before has begun; or never.
    pub(super) fn may_publish(&self, published: usize, now: i64) -> bool {
        published < SWITCHES.len() && SWITCHES[published - 1] <= now && now < SWITCHES[published]
    }

    /// The door's store, when it is set up.
    pub(super) fn opened(&self) -> MemoryVerifier {
        let store = MemoryVerifier::default();
        let setup = Setup::new(self.card, self.verifiers[0].clone(), "Cafe", "restaurant");
        let modes = [Mode::Challenge, Mode::Poster];
        let setup = setup.unwrap().taking(&modes).unwrap().for_rehearsal();
        drop(done(Verifier::create(store.clone(), setup, &BEGIN)).unwrap());
        store
    }

    /// A door with a copy of the store, so that the state before stays as it was.
    fn door(&self, store: &MemoryVerifier) -> (Verifier<MemoryVerifier>, MemoryVerifier) {
        let copy = store.copied();
        let door = done(Verifier::open(copy.clone(), &BEGIN)).unwrap();
        (door, copy)
    }

    pub(super) fn updated(&self, store: &MemoryVerifier, publication: usize) -> MemoryVerifier {
        let (mut door, store) = self.door(store);
        done(door.update(&self.verifiers[publication])).unwrap();
        store
    }

    pub(super) fn asked(
        &self,
        store: &MemoryVerifier,
        now: i64,
    ) -> Option<(Vec<u8>, MemoryVerifier)> {
        let mut rng = rng(&(store, now));
        let (door, store) = self.door(store);
        let question = done(door.ask(at(now), &mut rng)).ok()?;
        Some((question.to_bytes(), store))
    }

    pub(super) fn poster(&self, store: &MemoryVerifier, now: i64) -> Option<Question> {
        self.door(store).0.poster(at(now)).ok()
    }

    /// What a guest's wallet answers that has this publication.
    pub(super) fn answer(&self, (guest, has): Guest, question: &Question, now: i64) -> Answered {
        let key = ((guest, has), question.to_bytes(), now);
        if let Some(known) = self.answers.lock().unwrap().get(&key) {
            return known.clone();
        }
        let (pass, holder) = (&self.passes[guest][has], &self.holders[has]);
        let shown = pass.present(holder, question, None, at(now), &mut rng(&key));
        let answer = shown.ok().map(|pass| Arc::from(pass.as_bytes()));
        self.answers.lock().unwrap().insert(key, answer.clone());
        answer
    }

    /// Whether the door accepts it, and what it remembers then.
    pub(super) fn shown(
        &self,
        store: &MemoryVerifier,
        pass: &[u8],
        now: i64,
    ) -> (bool, MemoryVerifier) {
        let key = (store.copied(), pass.to_vec(), now);
        if let Some(known) = self.shown.lock().unwrap().get(&key) {
            return known.clone();
        }
        let (door, store) = self.door(store);
        // A store that does not know any more lets nobody in.
        let verdict = done(door.verify(pass, None, at(now), &mut rng(&key)));
        let accepted = matches!(verdict, Ok(Verdict::Accepted(_)));
        let outcome = (accepted, store);
        self.shown.lock().unwrap().insert(key, outcome.clone());
        outcome
    }

    /// Whether somebody who asks to be let in now, is.
    pub(super) fn serves(
        &self,
        store: &MemoryVerifier,
        guest: Guest,
        mode: Mode,
        now: i64,
    ) -> bool {
        let key = (store.copied(), guest, mode.code(), now);
        if let Some(known) = self.served.lock().unwrap().get(&key) {
            return *known;
        }
        let asked = match mode {
            Mode::Challenge => self
                .asked(store, now)
                .and_then(|(question, store)| Some((Question::from_bytes(&question).ok()?, store))),
            _ => (self.poster(store, now)).map(|question| (question, store.copied())),
        };
        let served = asked.is_some_and(|(question, store)| {
            let pass = self.answer(guest, &question, now);
            pass.is_some_and(|pass| self.shown(&store, &pass, now).0)
        });
        self.served.lock().unwrap().insert(key, served);
        served
    }
}
