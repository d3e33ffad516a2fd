//! Keys and accreditations switch with an epoch, and overlap: nobody who fetches in time is refused, and the older ones end
//! with their grace.
use rand::rngs::StdRng;
use veilpass::internals::{HolderParts, PublicKeys, UnsignedBundle, standing};
use veilpass::presentation::{
    Challenge, Door, Expected, MemoryReplayStore, PresentError, Question, Reason, Verdict,
};
use veilpass::registry::WitnessError;
use veilpass::scheme::{
    AccreditationKey, Bundle, BundleError, HolderBundle, IssuerKey, Mode, Trust, UnverifiedBundle,
    UnverifiedHolderBundle,
};
use veilpass::{Authority, AuthorityError, Credential, Published, Replaced, Rotation, SyncError};
use veilpass_fixture::city::{self, City, DAY, HOUR, NOW, at, check, day, refused, rng};

const SWITCH: i64 = NOW + DAY;
const GRACE: i64 = 5 * HOUR;

/// A wallet and a door that have fetched before something was announced, and after it.
struct Switch {
    city: City,
    old_pass: Credential,
    pass: Credential,
    old_holder: HolderBundle,
    holder: HolderBundle,
    old_door: Bundle,
    door: Bundle,
}

/// A city that announces what `change` does for a day from now on.
fn announced(change: impl FnOnce(&mut City)) -> Switch {
    let mut city = City::new(1);
    for accepts in &mut city.policies[0].modes {
        accepts.grace = u32::try_from(GRACE).unwrap();
    }
    let (old_pass, _) = city.issue(true, day(2022, 6, 1));
    let (old_holder, old_door) = (city.holder_bundle(), city.door_bundle());
    change(&mut city);
    Switch {
        pass: city.synced(&old_pass),
        holder: city.holder_bundle(),
        door: city.door_bundle(),
        city,
        old_pass,
        old_holder,
        old_door,
    }
}

/// New α and γ from the switch on.
fn rotation(city: &mut City) {
    city.rotate_registry(SWITCH);
    city.accreditation = AccreditationKey::generate(&mut city.rng);
    let (old, unused) = (
        PublicKeys::of(&city.keys),
        veilpass::registry::RegistryKey::generate(&mut rng()),
    );
    let first = PublicKeys::first(&city.accreditation, (old.date, old.table), &unused);
    let keys = PublicKeys {
        accreditation: first.accreditation,
        ..old
    };
    city.keys = keys.key_set(&city.scheme);
}

/// Another accreditation epoch from the switch on.
fn accreditation(city: &mut City) {
    city.accreditation_epoch += 1;
    city.next_epoch(SWITCH);
}

impl Switch {
    fn poster(&self) -> Question {
        self.city.ask(Mode::Poster, "restaurant", "Cafe")
    }

    fn show(&self, old: bool, now: i64) -> Result<Vec<u8>, PresentError> {
        let (pass, holder) = match old {
            true => (&self.old_pass, &self.old_holder),
            false => (&self.pass, &self.holder),
        };
        let shown = pass.present(holder, &self.poster(), None, at(now), &mut rng())?;
        Ok(shown.into_bytes())
    }
}

fn good(door: &Bundle, pass: &[u8], now: i64) -> Verdict {
    let verdict = check(door, "restaurant", "Cafe", pass, now);
    assert!(
        matches!(verdict, Verdict::Accepted(_)),
        "{now}: {verdict:?}"
    );
    verdict
}

#[test]
fn who_has_fetched_goes_over_at_the_switch_and_who_has_not_is_taken_until_the_grace_is_over() {
    for change in [rotation, accreditation] {
        let scene = announced(change);
        // Before it everybody shows the same, and old doors take it.
        let before = scene.show(false, SWITCH - 1).unwrap();
        good(&scene.old_door, &before, SWITCH - 1);
        good(&scene.door, &before, SWITCH - 1);
        // A pass of the new epoch says that an old door is behind.
        let after = scene.show(false, SWITCH).unwrap();
        good(&scene.door, &after, SWITCH);
        let behind = check(&scene.old_door, "restaurant", "Cafe", &after, SWITCH);
        assert_eq!(refused(&behind), Reason::DoorBehind);
        for (now, taken) in [
            (SWITCH, true),
            (SWITCH + GRACE - 1, true),
            (SWITCH + GRACE, false),
        ] {
            let unsynced = scene.show(true, now).unwrap();
            let verdict = check(&scene.door, "restaurant", "Cafe", &unsynced, now);
            assert_eq!(
                matches!(verdict, Verdict::Accepted(_)),
                taken,
                "{verdict:?}"
            );
            if !taken {
                assert_eq!(refused(&verdict), Reason::EpochTooOld);
            }
        }
    }
}

#[test]
fn a_door_that_names_the_epoch_before_is_answered_under_its_keys_until_the_grace_is_over() {
    for change in [rotation, accreditation] {
        let scene = announced(change);
        let door = Door::new(&scene.old_door, "restaurant", "Cafe").unwrap();
        for (now, taken) in [(SWITCH + GRACE - 1, true), (SWITCH + GRACE, false)] {
            let challenge = Challenge::new(&scene.old_door, at(now), &mut rng()).unwrap();
            let ask = door.ask(&challenge);
            let answer = (scene.pass).present(&scene.holder, &ask, None, at(now), &mut rng());
            let Ok(answer) = answer else {
                assert_eq!(
                    (answer.err(), taken),
                    (Some(PresentError::DoorBehind), false)
                );
                continue;
            };
            let (open, mut seen) = ([challenge], MemoryReplayStore::default());
            let expected = Expected::answers(&open);
            let verdict = door.check(answer.as_bytes(), expected, at(now), &mut seen, &mut rng());
            assert!(
                matches!(verdict, Verdict::Accepted(_)) && taken,
                "{verdict:?}"
            );
        }
    }
}

#[test]
fn nothing_is_left_to_be_made_while_a_door_waits() {
    // The log is gone since the sync: what a wallet shows does not come from it.
    let scene = announced(rotation);
    for now in [NOW, SWITCH] {
        let pass = scene.show(false, now).unwrap();
        good(&scene.door, &pass, now);
    }
    // A pass that was not brought up to date with the bundle at hand is not shown with it.
    let stale = (scene.old_pass).present(&scene.holder, &scene.poster(), None, at(NOW), &mut rng());
    assert_eq!(stale.err(), Some(PresentError::NeedsSync));
    // Nor does a newer pass go back to an older bundle.
    let mut pass = scene.pass;
    assert_eq!(
        pass.sync_vartime(&scene.old_holder),
        Err(SyncError::OlderBundle)
    );
}

#[test]
fn a_pass_whose_issuer_is_dropped_serves_until_the_switch_and_is_told_so() {
    let mut scene = announced(|city| {
        city.accreditation_epoch += 1;
        city.next_epoch(SWITCH);
    });
    // The clinic is in the list of the older epoch alone.
    let mut parts = HolderParts::of(&scene.holder);
    scene.city.clinic = IssuerKey::generate(&mut rng());
    parts.0[0].accreditations[1] = scene.city.holder_parts().0[0].accreditations[1].clone();
    let bundle = UnsignedBundle::of(scene.holder.bundle()).naming(&parts);
    let bytes = bundle.sign_for_holders(&parts, &scene.city.bundle_key);
    let card = scene.city.card();
    let trust = Trust::pinned(&card);
    let holder = UnverifiedHolderBundle::new(&bytes);
    let holder = holder.verify(&trust, &mut rng()).unwrap();
    let mut pass = scene.old_pass;
    assert_eq!(pass.sync_vartime(&holder), Err(SyncError::NotAccredited));
    let ask = scene.city.ask(Mode::Poster, "restaurant", "Cafe");
    let shown = |now| pass.present(&holder, &ask, None, at(now), &mut rng());
    good(
        &scene.door,
        shown(SWITCH - 1).unwrap().as_bytes(),
        SWITCH - 1,
    );
    assert_eq!(shown(SWITCH).err(), Some(PresentError::NotAccredited));
}

#[test]
fn a_handle_drawn_under_announced_keys_serves_from_the_switch_on() {
    let mut scene = announced(rotation);
    let (pass, _) = scene.city.issue(true, day(2022, 6, 1));
    let ask = scene.poster();
    let shown = |now| pass.present(&scene.holder, &ask, None, at(now), &mut rng());
    assert_eq!(shown(SWITCH - 1).err(), Some(PresentError::NotYet));
    good(&scene.door, shown(SWITCH).unwrap().as_bytes(), SWITCH);
}

#[test]
fn whoever_is_removed_under_announced_keys_answers_nothing_any_more() {
    let mut city = City::new(1);
    let (mut pass, id) = city.issue(true, day(2022, 6, 1));
    city.rotate_registry(SWITCH);
    city.registry.remove(&id).unwrap();
    city.next_epoch(SWITCH + 1);
    let holder = city.holder_bundle();
    let revoked = SyncError::Witness(WitnessError::Revoked);
    assert_eq!(pass.stands_vartime(&holder), Err(revoked.clone()));
    assert_eq!(pass.sync_vartime(&holder), Err(revoked.clone()));
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let shown = pass.present(&holder, &ask, None, at(NOW), &mut rng());
    assert_eq!(shown.err(), Some(PresentError::Revoked));
    // It is kept, and stays so.
    let mut kept = Credential::from_bytes(&city.scheme, &pass.expose_bytes()).unwrap();
    assert_eq!(kept.stands_vartime(&holder), Err(revoked.clone()));
    assert_eq!(kept.sync_vartime(&city.holder_bundle()), Err(revoked));
    // Removed before the rotation: not in its list.
    let mut city = City::new(1);
    let (mut pass, id) = city.issue(true, day(2022, 6, 1));
    city.registry.remove(&id).unwrap();
    city.rotate_registry(SWITCH);
    assert!(pass.sync_vartime(&city.holder_bundle()).is_err());
    let shown = pass.present(&city.holder_bundle(), &ask, None, at(NOW), &mut rng());
    assert_eq!(shown.err(), Some(PresentError::Revoked));
}

#[test]
fn key_sets_that_do_not_fit_their_epochs_are_refused() {
    let scene = announced(rotation);
    let key = scene.city.bundle_key.verifying_key();
    let wrong = |change: fn(&mut UnsignedBundle)| {
        let mut bundle = scene.city.raw_bundle();
        change(&mut bundle);
        let bytes = bundle.sign(&scene.city.bundle_key);
        let verified = UnverifiedBundle::new(&bytes).verify(&Trust::on_first_use(&key));
        matches!(verified, Err(BundleError::Decode(_)))
    };
    assert!(!wrong(|_| {}));
    assert!(wrong(|b| b.key_sets.clear()), "none");
    assert!(wrong(|b| b.key_sets.swap(0, 1)), "falling");
    assert!(
        wrong(|b| b.key_sets[1] = b.key_sets[0].clone()),
        "one twice"
    );
    let third = |b: &mut UnsignedBundle| {
        let keys = PublicKeys {
            number: 3,
            ..PublicKeys::of(&b.key_sets[1])
        };
        b.key_sets.push(keys.key_set(&b.scheme));
    };
    assert!(wrong(third), "three");
    assert!(
        wrong(|b| {
            b.key_sets.remove(0);
        }),
        "the older one is named"
    );
    assert!(wrong(|b| b.epochs[1].standing.key_set = 3), "unknown keys");
    assert!(wrong(|b| b.epochs[0].standing.key_set = 3));
    assert!(
        wrong(|b| b.epochs[1].standing.accreditation_epoch -= 1),
        "falling epochs"
    );
    let same_place = |b: &mut UnsignedBundle| {
        let v = b.epochs[1].standing;
        b.epochs[0].standing = standing((2, v.accreditation_epoch, v.removals), other_point());
    };
    assert!(wrong(same_place), "two accumulators at one place");
}

fn other_point() -> veilpass::internals::curve::G1Affine {
    veilpass::internals::curve::HashSuite::XmdSha256.hash_to_g1(&[b"V"], b"TEST")
}

#[test]
fn a_published_key_set_is_not_changed() {
    let scene = announced(rotation);
    let mut bundle = scene.city.raw_bundle();
    bundle.version += 1;
    let card = scene.city.card();
    let verify = |bundle: &UnsignedBundle| {
        let bytes = bundle.sign(&scene.city.bundle_key);
        let trust = Trust::pinned(&card).after(&scene.door);
        UnverifiedBundle::new(&bytes).verify(&trust).err()
    };
    assert_eq!(verify(&bundle), None);
    let swapped = PublicKeys {
        accreditation: PublicKeys::of(&bundle.key_sets[0]).accreditation,
        ..PublicKeys::of(&bundle.key_sets[1])
    };
    bundle.key_sets[1] = swapped.key_set(&scene.city.scheme);
    assert_eq!(
        verify(&bundle),
        Some(BundleError::OtherEpoch(bundle.version))
    );
}

/// A bundle of the authority's, read by a holder.
fn read(authority: &Authority, published: &Published, rng: &mut StdRng) -> HolderBundle {
    let card = authority.card();
    let holders = UnverifiedHolderBundle::new(published.for_holders());
    holders.verify(&Trust::pinned(&card), rng).unwrap()
}

fn numbers(bundle: &Bundle) -> (Vec<u32>, Vec<u32>) {
    let keys = bundle.key_sets().iter().map(|keys| keys.number());
    let epochs = bundle.epochs().iter().map(|epoch| epoch.number);
    (keys.collect(), epochs.collect())
}

#[test]
fn an_authority_keeps_older_keys_and_lists_until_their_epochs_are_past_the_grace() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    let mut policies = city::policies(authority.scheme().schema());
    for accepts in &mut policies[0].modes {
        accepts.grace = u32::try_from(GRACE).unwrap();
    }
    authority.set_policies(policies).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    authority.accredit(&registration).unwrap();
    authority.start_epoch(at(NOW), &mut rng).unwrap();
    let mut publish = |authority: &mut Authority, now| {
        let published = authority
            .publish(at(now), at(now + 9 * DAY), &mut rng)
            .unwrap();
        read(authority, &published, &mut rng)
    };
    publish(&mut authority, NOW);
    let mut rng = city::rng();
    let everything = Rotation {
        accreditation: true,
        dates: true,
        replaced: Replaced::Serve,
    };
    authority.rotate(everything, &mut rng).unwrap();
    authority.next_accreditation_epoch(|_| true).unwrap();
    authority.start_epoch(at(SWITCH), &mut rng).unwrap();
    // Who is accredited now has nothing under the older key, which is gone.
    let late = IssuerKey::generate(&mut rng);
    let registration = late.register(authority.scheme(), &mut rng);
    authority.accredit(&registration).unwrap();
    let both = publish(&mut authority, NOW + 9);
    assert_eq!(numbers(both.bundle()), (vec![1, 2], vec![1, 2]));
    let state = authority.state();
    let [older] = &state.older_accreditations[..] else {
        panic!("{:?}", state.older_accreditations)
    };
    assert_eq!((older.key_set, older.epoch, older.issuers.len()), (1, 1, 1));
    // Until it is over there is no third.
    let under_way = Err(AuthorityError::RotationUnderWay(1));
    assert_eq!(authority.rotate(Rotation::default(), &mut rng), under_way);
    // One window for clocks that differ.
    let last = publish(&mut authority, SWITCH + GRACE + 59);
    assert_eq!(numbers(last.bundle()), (vec![1, 2], vec![1, 2]));
    // Strips of this week and the next one are under the older keys still.
    let strips = publish(&mut authority, SWITCH + GRACE + 60);
    assert_eq!(numbers(strips.bundle()), (vec![1, 2], vec![2]));
    let under_way = Err(AuthorityError::RotationUnderWay(1));
    assert_eq!(authority.rotate(Rotation::default(), &mut rng), under_way);
    let later = NOW + 14 * DAY;
    let gone = publish(&mut authority, later);
    assert_eq!(numbers(gone.bundle()), (vec![2], vec![2]));
    let state = authority.state();
    assert!(state.older_keys.is_none() && state.older_accreditations.is_empty());

    // A second rotation, which ends what was before it; numbers go on.
    let end = Rotation {
        replaced: Replaced::End,
        ..Rotation::default()
    };
    authority.rotate(end, &mut rng).unwrap();
    let none = authority.publish(at(later + DAY), at(later + 2 * DAY), &mut rng);
    assert_eq!(none.err(), Some(AuthorityError::NoEpoch));
    authority.start_epoch(at(later + DAY), &mut rng).unwrap();
    let ended = publish(&mut authority, later + DAY);
    assert_eq!(numbers(ended.bundle()), (vec![3], vec![3]));
}

#[test]
fn keys_that_no_epoch_ever_named_are_replaced_without_a_trace() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    authority.start_epoch(at(NOW), &mut rng).unwrap();
    authority.publish(at(NOW), at(NOW + DAY), &mut rng).unwrap();
    for _ in 0..2 {
        authority.rotate(Rotation::default(), &mut rng).unwrap();
        authority.next_accreditation_epoch(|_| true).unwrap();
    }
    authority.start_epoch(at(NOW + 1), &mut rng).unwrap();
    let published = authority.publish(at(NOW), at(NOW + DAY), &mut rng).unwrap();
    let bundle = read(&authority, &published, &mut rng).into_bundle();
    assert_eq!(numbers(&bundle), (vec![1, 3], vec![1, 2]));
    let lists = authority.state().older_accreditations;
    let lists: Vec<_> = lists
        .iter()
        .map(|list| (list.key_set, list.epoch))
        .collect();
    assert_eq!(lists, [(1, 1)]);
}
