//! How the frozen artefacts were made: everything from fixed seeds.

use super::*;
use veilpass::Credential;
use veilpass::internals::{self, PublicKeys};
use veilpass::registry::Handle;
use veilpass::scheme::{
    CountedOperator, DayCount, Limits, LogProof, UnsignedCount, VenueId, VenueKey,
};
use veilpass_fixture::city::{HOUR, TODAY, at, day};

pub(super) type Files = Vec<(&'static str, Vec<u8>)>;

/// A city with a table short enough for a fixture.
fn city(seed: u64, known: Option<()>) -> City {
    let mut city = City::with(seed, Schema::default(), known);
    let (table, (date, length)) = internals::date_table(128, &mut city.rng).unwrap();
    let keys = PublicKeys {
        date,
        table: length,
        ..PublicKeys::of(&city.keys)
    };
    city.keys = keys.key_set(&city.scheme);
    city.table = table;
    city
}

pub(super) fn until() -> Day {
    day(2021, 10, 1)
}

fn holders(city: &City) -> Vec<u8> {
    city.holder_bytes()
}

/// Issues a pass for `handle`, and gives all that was written on the way.
fn issued(city: &mut City, handle: Handle) -> (Credential, Files) {
    let mut rng = StdRng::seed_from_u64(7);
    let values = City::issuer_values(until());
    let (scheme, clinic) = (&city.scheme, &city.clinic);
    let kept = clinic
        .offer(scheme, &values, at(NOW + HOUR), &mut rng)
        .unwrap();
    let mine = City::holder_values();
    let pending = kept
        .offer()
        .request(scheme, &mine, at(NOW), &mut rng)
        .unwrap();
    let mut files = vec![
        ("offer", kept.offer().to_bytes()),
        ("pending-offer", kept.to_bytes()),
        ("request", pending.request().to_bytes()),
        ("pending-request", pending.expose_bytes().to_vec()),
    ];
    let request = pending.request().clone();
    let acc = city.accredit(clinic);
    let checked = kept.check(scheme, clinic, &request, at(NOW)).ok().unwrap();
    files.push(("draw", checked.draw().to_bytes()));
    let response = checked.issue(Some(&acc), handle).unwrap();
    files.push(("response", response.to_bytes()));
    let credential = pending
        .receive(&city.holder_bundle(), &response, at(NOW))
        .unwrap();
    files.push(("credential", credential.expose_bytes().to_vec()));
    (credential, files)
}

/// What the authority and the clinic hand each other.
fn papers(city: &City, handles: [&Handle; 2]) -> Files {
    let mut rng = StdRng::seed_from_u64(8);
    let (scheme, clinic) = (&city.scheme, &city.clinic);
    let (key, issuer) = (&city.bundle_key, clinic.public().id());
    let limits = Limits {
        at: at(NOW),
        per_day: 400,
        operators: 2,
        import_above: 50,
        operators_digest: [6; 32],
    };
    let accreditation = city.accredit(clinic);
    let accreditation = key.sign_accreditation(scheme.id(), &issuer, &accreditation, &limits);
    let handles = handles.map(|handle| Handle::from_bytes(&handle.expose_bytes()).unwrap());
    let handles = key.sign_handles(scheme.id(), &issuer, &handles);
    let count = UnsignedCount {
        at: at(NOW),
        rehearsal: false,
        free: 17,
        log_lines: 3,
        log_root: [9; 32],
        days: ["by hand", "vaccination"]
            .map(|kind| DayCount {
                day: day(2021, 6, 28),
                kind: kind.into(),
                issued: 2,
            })
            .to_vec(),
        operators: vec![CountedOperator {
            label: "anna".into(),
            key: [7; 32],
            approvals: 1,
        }],
        proofs: vec![LogProof {
            lines: 2,
            hashes: vec![[8; 32]],
        }],
    };
    let code = ClaimCode::generate(&mut rng);
    vec![
        ("card", city.card().to_bytes()),
        ("bundle-key", city.bundle_key.expose_bytes().to_vec()),
        ("issuer-key", clinic.expose_bytes().to_vec()),
        ("registration", clinic.register(scheme, &mut rng).to_bytes()),
        ("accreditation", accreditation),
        ("handles", handles.to_vec()),
        ("count", count.sign(scheme.id(), clinic, &mut rng)),
        ("claim-code", code.expose_text().as_bytes().to_vec()),
        (
            "sealed-claim",
            code.seal(scheme, &City::issuer_values(until())).unwrap(),
        ),
    ]
}

/// The pass is renewed, and all that is written on the way.
fn renewed(city: &mut City, old: &Credential) -> Files {
    let mut rng = StdRng::seed_from_u64(10);
    let (bundle, holder) = (city.door_bundle(), city.holder_bundle());
    let kept = city.offer_renewal(true, day(2021, 10, 20), NOW);
    let pending = kept.offer().renew(&holder, old, at(NOW), &mut rng).unwrap();
    let mut files = vec![
        ("renewal-offer", kept.offer().to_bytes()),
        ("renewal-pending-offer", kept.to_bytes()),
        ("renewal-request", pending.request().to_bytes()),
        ("pending-renewal", pending.expose_bytes().to_vec()),
    ];
    let (request, acc) = (pending.request().clone(), city.accredit(&city.clinic));
    let checked = kept.check_renewal(&bundle, &city.clinic, &request, at(NOW));
    let response = checked.ok().unwrap().issue(Some(&acc)).unwrap();
    files.push(("renewal-response", response.to_bytes()));
    let renewed = pending.receive(old, &holder, &response, at(NOW)).unwrap();
    files.push(("renewed-credential", renewed.expose_bytes().to_vec()));
    files
}

pub(super) const NONCE: [u8; 16] = [0xab; 16];

/// A pass of every mode, and of policies with a far date, with disclosed values, for any audience.
fn passes(city: &mut City, credential: &Credential) -> Files {
    let holder = city.holder_bundle();
    let mut rng = StdRng::seed_from_u64(9);
    let mut show = |ask: &Question| {
        let shown = credential.present(&holder, ask, Some(day(2021, 6, 28)), at(NOW), &mut rng);
        shown.unwrap().as_bytes().to_vec()
    };
    let ask = |mode, policy| city.ask(mode, policy, "Cafe");
    let bundle = city.door_bundle();
    let door = Door::new(&bundle, "restaurant", "Cafe").unwrap();
    let question = door.ask(&Challenge::from_store(NONCE, TODAY, 1));
    let key = VenueKey::from_bytes(&[5; 32]).unwrap();
    let id = VenueId::from_bytes([4; 16]).unwrap();
    let card = city.venue_card(id, "Cafe", &key);
    let registered = Door::registered(&bundle, "restaurant", &card).unwrap();
    let challenge = Challenge::from_store(NONCE, TODAY, 1);
    let signed = registered.ask_signed(&challenge, &key, at(NOW)).unwrap();
    let registration = key.register(city.scheme.id(), "Cafe").unwrap();
    vec![
        ("venue-registration", registration.to_bytes()),
        ("venue-card", card.to_bytes()),
        ("venue-question", signed.to_bytes()),
        ("pass-venue", show(&signed)),
        ("question", question.to_bytes()),
        ("pass-challenge", show(&question)),
        ("pass-poster", show(&ask(Mode::Poster, "restaurant"))),
        ("pass-strip", show(&ask(Mode::Strip, "restaurant"))),
        ("pass-paper", show(&ask(Mode::Strip, "paper"))),
        ("pass-bar", show(&ask(Mode::Poster, "bar"))),
        ("pass-open", show(&ask(Mode::Poster, "open"))),
    ]
}

/// Everything, from fixed seeds.
pub(super) fn make() -> Files {
    let mut city = city(42, None);
    let mut draw = || city.registry.draw(&mut city.rng).unwrap();
    let [mine, early, late] = [draw(), draw(), draw()];
    let mut files = papers(&city, [&mine, &late]);
    files.push(("bundle", city.door_bytes()));
    files.push(("holders", holders(&city)));
    let (mut credential, steps) = issued(&mut city, mine);
    files.extend(steps);
    files.extend(passes(&mut city, &credential));
    files.extend(renewed(&mut city, &credential));

    // One handle is removed, α rotated, another handle removed.
    city.registry.remove(&early.id()).unwrap();
    city.rotate_registry(NOW + DAY);
    city.registry.remove(&late.id()).unwrap();
    city.next_epoch(LATER);
    files.push(("bundle-2", city.door_bytes()));
    files.push(("holders-2", holders(&city)));
    credential.sync_vartime(&city.holder_bundle()).unwrap();
    files.push(("credential-2", credential.expose_bytes().to_vec()));
    files.push((
        "pass-2",
        city.show(&credential, "restaurant", "Cafe", LATER),
    ));

    let mut known = self::city(43, Some(()));
    files.push(("known-bundle-key", known.bundle_key.expose_bytes().to_vec()));
    files.push(("known-bundle", known.door_bytes()));
    let (credential, _) = known.issue(false, until());
    files.push(("known-credential", credential.expose_bytes().to_vec()));
    files.push((
        "known-pass",
        known.show(&credential, "restaurant", "Cafe", NOW),
    ));
    files
}
