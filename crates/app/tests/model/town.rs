//! The two guests, the door and what is published, made once; and the real code behind each action, each run once for what
//! it depends on.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

use rand::{SeedableRng, rngs::StdRng};
use veilpass::presentation::{Question, Verdict};
use veilpass::scheme::{
    Accreditation, Day, HolderBundle, IssuerKey, IssuerMode, Mode, Policy, Schema, SchemeCard,
    Trust, UnverifiedHolderBundle, Value, Venues, Zone,
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

/// A renewal that succeeded: who asked, when, and with which publication the clinic answered.
pub(super) type Renewal = (Guest, i64, usize);

/// What a wallet answers, if it does.
type Answered = Option<Arc<[u8]>>;

pub(super) struct Town {
    /// Whether the story is about renewals.
    pub(super) renews: bool,
    zone: Zone,
    card: SchemeCard,
    clinic: IssuerKey,
    accreditation: Accreditation,
    verifiers: Vec<Vec<u8>>,
    holders: Vec<HolderBundle>,
    /// Of each guest, brought up to date with each publication.
    passes: [Vec<Credential>; 2],
    answers: Memo<(Guest, Option<Renewal>, Vec<u8>, i64), Answered>,
    renewed: Memo<Renewal, Option<Arc<[u8]>>>,
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
    pub(super) fn new(renews: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(16);
        let zone = Zone::new("UTC").unwrap();
        let (schema, mode) = (Schema::default(), IssuerMode::Hidden);
        let (venues, policies) = (Venues::Open, vec![policy()]);
        let renewals = city::renewals(&schema);
        let authority =
            Authority::found("x", schema, mode, zone.clone(), venues, policies, &mut rng);
        let mut authority = authority.unwrap();
        authority.set_renewals(renewals).unwrap();
        let clinic = IssuerKey::generate(&mut rng);
        let registration = clinic.register(authority.scheme(), &mut rng);
        let accreditation = authority.accredit(&registration).unwrap();

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
            renews,
            zone,
            card: authority.card(),
            clinic,
            accreditation,
            verifiers,
            holders,
            passes,
            answers: Memo::default(),
            renewed: Memo::default(),
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

    /// The number of the epoch that is in force by this publication's clock.
    pub(super) fn in_force(&self, has: usize, now: i64) -> usize {
        let begun = |switch: &&i64| **switch <= now;
        SWITCHES[..=has].iter().filter(begun).count()
    }

    /// The pass, as bytes, that a guest gets who asks the clinic to renew the first one; `None` if wallet or clinic refuses.
    pub(super) fn renewed(&self, renewal: Renewal) -> Option<Arc<[u8]>> {
        if let Some(known) = self.renewed.lock().unwrap().get(&renewal) {
            return known.clone();
        }
        let pass = self
            .renew(renewal)
            .map(|pass| Arc::from(&pass.expose_bytes()[..]));
        self.renewed.lock().unwrap().insert(renewal, pass.clone());
        pass
    }

    fn renew(&self, renewal: Renewal) -> Option<Credential> {
        let ((guest, has), now, clinic) = renewal;
        let rng = &mut rng(&renewal);
        let bundle = self.holders[clinic].bundle();
        let until = Value::Date(Day::from_ymd(2022, 3, 31).unwrap());
        let values = [("until", until), ("until_strict", Value::Date(Day::NEVER))];
        let moments = (at(now), at(now + HOUR));
        let kept = self
            .clinic
            .offer_renewal(bundle, "renewal", &values, moments, rng)
            .unwrap();
        let (old, holder) = (&self.passes[guest][has], &self.holders[has]);
        let pending = kept.offer().renew(holder, old, at(now), rng).ok()?;
        let checked = kept
            .check_renewal(bundle, &self.clinic, pending.request(), at(now))
            .ok()?;
        let response = checked.issue(Some(&self.accreditation)).unwrap();
        Some(pending.receive(old, holder, &response, at(now)).unwrap())
    }

    /// What a guest's wallet answers that has this publication, with the first pass or with a renewed one.
    pub(super) fn answer(
        &self,
        (guest, has): Guest,
        renewal: Option<Renewal>,
        question: &Question,
        now: i64,
    ) -> Answered {
        let key = ((guest, has), renewal, question.to_bytes(), now);
        if let Some(known) = self.answers.lock().unwrap().get(&key) {
            return known.clone();
        }
        let renewed = renewal.and_then(|renewal| {
            let holder = &self.holders[has];
            let mut pass =
                Credential::from_bytes(holder.bundle().scheme(), &self.renewed(renewal)?);
            // Of a revoked one it fails, as with the first.
            let _ = pass.as_mut().unwrap().sync_vartime(holder);
            pass.ok()
        });
        let (pass, holder) = (
            renewed.as_ref().unwrap_or(&self.passes[guest][has]),
            &self.holders[has],
        );
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
            let pass = self.answer(guest, None, &question, now);
            pass.is_some_and(|pass| self.shown(&store, &pass, now).0)
        });
        self.served.lock().unwrap().insert(key, served);
        served
    }
}
