//! What the authority signs and remembers: bundles, rotations, a state that is stored and resumed.
use rand::{SeedableRng, rngs::StdRng};
use veilpass::internals::{HolderParts, PublicKeys, UnsignedBundle, date_table};
use veilpass::issuance::ReceiveError;
use veilpass::presentation::{PresentError, Question, Verdict};
use veilpass::registry::{
    Handle, HandleState, RegistryError, RegistryKey, RemovalLog, WitnessError,
};
use veilpass::scheme::{
    AccreditationKey, BundleError, BundleKey, BundleVerifyingKey, IssuerKey, IssuerMode,
    ManifestError, Mode, PartsError, Schema, SchemeCard, Trust, UnverifiedBundle,
    UnverifiedHolderBundle,
};
use veilpass::{Authority, AuthorityError, AuthorityKeys, Replaced, Rotation, SyncError};
use veilpass_fixture::city::{self, City, DAY, HOUR, NOW, TABLE, at, check, day, rng};

#[test]
fn rollback_fork_forgery_and_other_schemes_of_bundles_are_refused() {
    let mut city = City::new(1);
    let key = city.bundle_key.verifying_key();
    let first = city.door_bytes();
    let have = city.door_bundle();
    let mut forked = city.raw_bundle();
    forked.expires = at(forked.expires.as_seconds() + 1);
    let forked = forked.sign(&city.bundle_key);
    city.next_epoch(NOW);
    let newer = city.door_bundle();
    let verify = |bytes: &[u8], trust: Trust<'_>| {
        let verified = UnverifiedBundle::new(bytes).verify(&trust);
        verified.map(|bundle| bundle.version())
    };
    let trust = Trust::on_first_use(&key);
    assert_eq!(verify(&first, trust.after(&have)), Ok(1));
    let rollback = BundleError::Rollback { have: 2, got: 1 };
    assert_eq!(verify(&first, trust.after(&newer)), Err(rollback));
    let fork = Err(BundleError::Fork(1));
    assert_eq!(verify(&forked, trust.after(&have)), fork);
    let pinned = SchemeCard::new([9; 32], key);
    let elsewhere = Err(BundleError::OtherScheme);
    assert_eq!(verify(&first, Trust::pinned(&pinned)), elsewhere);
    let other = City::new(2).door_bundle();
    assert_eq!(verify(&first, trust.after(&other)), elsewhere);
    for place in 0..first.len() {
        let mut changed = first.clone();
        changed[place] ^= 1;
        assert!(verify(&changed, trust).is_err(), "byte {place}");
    }
    let stranger = (city.raw_bundle()).sign(&BundleKey::generate(&mut rng()));
    assert_eq!(verify(&stranger, trust), Err(BundleError::Signature));
    let again = BundleVerifyingKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(again, key);
    // A holders' bundle is not a verifiers' bundle, and its table is checked.
    let (bundle, mut parts) = (city.raw_bundle(), city.holder_parts());
    let bytes = bundle.sign_for_holders(&parts, &city.bundle_key);
    assert!(verify(&bytes, trust).is_err());
    parts.0[0].table = City::new(3).table;
    let wrong = bundle.sign_for_holders(&parts, &city.bundle_key);
    let verified = UnverifiedHolderBundle::new(&wrong).verify(&trust, &mut rng());
    assert!(verified.is_err());
}

#[test]
fn a_rotated_accumulator_reaches_every_holder_through_the_bundle_alone() {
    let mut city = City::new(3);
    let (mut credential, _) = city.issue(true, day(2022, 6, 1));
    let (mut revoked, gone) = city.issue(false, day(2022, 6, 1));
    let pooled = city.registry.draw(&mut rng()).unwrap();
    let before = city.holder_bundle();
    city.registry.remove(&gone).unwrap();
    city.rotate_registry(NOW - 60);
    let after = city.holder_bundle();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    let early = credential.present(&after, &ask, None, at(NOW), &mut rng());
    assert_eq!(early.err(), Some(PresentError::NeedsSync));
    credential.sync_vartime(&after).unwrap();
    let pass = city.show(&credential, "restaurant", "Cafe", NOW);
    let door = city.door_bundle();
    assert!(matches!(
        check(&door, "restaurant", "Cafe", &pass, NOW),
        Verdict::Accepted(_)
    ));
    // Who was revoked before has no place in the list; who is revoked after stays revoked, too.
    assert_eq!(
        revoked.sync_vartime(&after),
        Err(SyncError::Witness(WitnessError::Revoked))
    );
    assert_eq!(credential.stands_vartime(&after), Ok(()));
    assert_eq!(
        credential.stands_vartime(&before),
        Err(SyncError::OlderBundle)
    );
    assert_eq!(
        credential.sync_vartime(&before),
        Err(SyncError::OlderBundle)
    );
    // A handle drawn before the rotation and issued after it is as good as a new one.
    city.pool = Some(pooled);
    let (fresh, _) = city.issue(true, day(2022, 6, 1));
    assert!(city.show(&fresh, "restaurant", "Gate", NOW).len() > 1000);
}

#[test]
fn an_authority_goes_on_from_its_store_and_rotates_its_keys() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    let first = authority.accredit(&registration).unwrap();
    let handle = authority.handle(&mut rng).unwrap();
    authority.start_epoch(at(NOW - 9), &mut rng).unwrap();
    let key = authority.verifying_key();

    // Stored and resumed without the accreditation key: it can publish and not accredit.
    let state = authority.state();
    let mut keys = authority.into_keys();
    let safe = keys.accreditation.take();
    let other = AuthorityKeys {
        accreditation: None,
        registry: RegistryKey::generate(&mut rng),
        bundle: BundleKey::from_bytes(&keys.bundle.expose_bytes()[..]).unwrap(),
    };
    let refused = Authority::resume(state.clone(), other);
    assert_eq!(refused.err(), Some(AuthorityError::OtherKeys));
    let other = AuthorityKeys {
        accreditation: None,
        registry: RegistryKey::from_bytes(&keys.registry.expose_bytes()[..]).unwrap(),
        bundle: BundleKey::generate(&mut rng),
    };
    let refused = Authority::resume(state.clone(), other);
    assert_eq!(refused.err(), Some(AuthorityError::OtherKeys));
    let mut twice = state.clone();
    twice.policies.push(twice.policies[0].clone());
    let again = AuthorityKeys {
        accreditation: None,
        registry: RegistryKey::from_bytes(&keys.registry.expose_bytes()[..]).unwrap(),
        bundle: BundleKey::from_bytes(&keys.bundle.expose_bytes()[..]).unwrap(),
    };
    let refused = Authority::resume(twice, again).err();
    assert!(matches!(refused, Some(AuthorityError::Policy(..))));
    let mut authority = Authority::resume(state, keys).unwrap();
    let all = Rotation {
        accreditation: true,
        dates: true,
        replaced: Replaced::End,
    };
    let missing = Err(AuthorityError::NoAccreditationKey);
    assert_eq!(authority.rotate(all, &mut rng), missing);
    assert_eq!(authority.next_accreditation_epoch(|_| true), missing);
    authority.publish(at(NOW), at(NOW + DAY), &mut rng).unwrap();

    // With it, everything rotates; the issuer and the handle stay good.
    let state = authority.state();
    let mut keys = authority.into_keys();
    keys.accreditation = safe;
    let mut authority = Authority::resume(state, keys).unwrap();
    authority.rotate(all, &mut rng).unwrap();
    let early = authority.publish(at(NOW), at(NOW + DAY), &mut rng);
    assert_eq!(early.err(), Some(AuthorityError::NoEpoch));
    authority.start_epoch(at(NOW - 5), &mut rng).unwrap();
    let published = authority
        .publish(at(NOW - 5), at(NOW + DAY), &mut rng)
        .unwrap();
    let holders = UnverifiedHolderBundle::new(published.for_holders())
        .verify(&Trust::on_first_use(&key), &mut rng)
        .unwrap();
    assert_eq!(holders.bundle().key_sets().last().unwrap().number(), 2);
    assert_eq!(holders.bundle().key_sets().len(), 1);
    assert_eq!(holders.bundle().epochs().first().unwrap().number, 2);
    let accreditation = authority.accreditation(clinic.public()).unwrap();
    assert_ne!(accreditation, first);
    let values = City::issuer_values(day(2021, 7, 1));
    let offer = |rng: &mut _| clinic.offer(authority.scheme(), &values, at(NOW + 60), rng);
    for (acc, good) in [(first, false), (accreditation, true)] {
        let kept = offer(&mut rng).unwrap();
        let mine = City::holder_values();
        let pending = (kept.offer())
            .request(authority.scheme(), &mine, at(NOW), &mut rng)
            .unwrap();
        let request = pending.request().clone();
        let handle = Handle::from_bytes(&handle.expose_bytes()).unwrap();
        let response = kept
            .issue(
                authority.scheme(),
                &clinic,
                Some(&acc),
                &request,
                handle,
                at(NOW),
            )
            .unwrap();
        let received = pending.receive(&holders, &response, at(NOW));
        let why = (!good).then_some(ReceiveError::OldAccreditation);
        assert_eq!(received.err(), why);
    }
}

#[test]
fn a_pass_follows_a_rotation_of_the_accreditation_key() {
    let mut city = City::new(7);
    let (mut credential, _) = city.issue(true, day(2022, 6, 1));
    city.accreditation = AccreditationKey::generate(&mut city.rng);
    let unused = RegistryKey::generate(&mut rng());
    city.rotate_registry(NOW - 60);
    let old = PublicKeys::of(&city.keys);
    let date = (old.date, old.table);
    let accreditation = PublicKeys::first(&city.accreditation, date, &unused).accreditation;
    let keys = PublicKeys {
        accreditation,
        ..old
    };
    city.keys = keys.key_set(&city.scheme);
    credential.sync_vartime(&city.holder_bundle()).unwrap();
    let pass = city.show(&credential, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &pass, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

#[test]
fn a_resumed_authority_goes_on_from_its_last_removal_and_numbers_everything() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    let key = authority.verifying_key();
    let gone = authority.handle(&mut rng).unwrap().id();
    authority.revoke(&gone).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    let accreditation = authority.accredit(&registration).unwrap();

    // A store that forgot that the handle is removed: the log has the last word.
    let mut state = authority.state();
    state.handles.insert(gone, HandleState::Valid);
    let mut authority = Authority::resume(state, authority.into_keys()).unwrap();
    assert_eq!(authority.revoke(&gone), Err(RegistryError::Removed));

    authority.start_epoch(at(NOW - 9), &mut rng).unwrap();
    let same = authority.start_epoch(at(NOW - 9), &mut rng);
    assert_eq!(same, Err(AuthorityError::Epoch));
    authority
        .publish(at(NOW - 9), at(NOW + DAY), &mut rng)
        .unwrap();
    authority.start_epoch(at(NOW - 5), &mut rng).unwrap();
    let published = authority
        .publish(at(NOW - 5), at(NOW + DAY), &mut rng)
        .unwrap();
    let holders = UnverifiedHolderBundle::new(published.for_holders())
        .verify(&Trust::on_first_use(&key), &mut rng)
        .unwrap();
    let bundle = holders.bundle();
    assert_eq!(bundle.version(), 2);
    let epochs: Vec<_> = bundle
        .epochs()
        .iter()
        .map(|e| (e.number, e.from.as_seconds(), bundle.end_of(e).as_seconds()))
        .collect();
    assert_eq!(epochs, [(1, NOW - 9, NOW - 5), (2, NOW - 5, NOW + DAY)]);

    // A handle drawn after resuming stands on the removal.
    let handle = authority.handle(&mut rng).unwrap();
    let kept = clinic
        .offer(
            authority.scheme(),
            &City::issuer_values(day(2021, 7, 1)),
            at(NOW + 60),
            &mut rng,
        )
        .unwrap();
    let pending = (kept.offer())
        .request(
            authority.scheme(),
            &City::holder_values(),
            at(NOW),
            &mut rng,
        )
        .unwrap();
    let request = pending.request().clone();
    let response = kept
        .issue(
            authority.scheme(),
            &clinic,
            Some(&accreditation),
            &request,
            handle,
            at(NOW),
        )
        .unwrap();
    pending.receive(&holders, &response, at(NOW)).unwrap();

    // Who was dropped does not come back under the same key.
    authority.next_accreditation_epoch(|_| false).unwrap();
    assert_eq!(authority.accreditation(clinic.public()), None);
    assert_eq!(
        authority.accredit(&registration),
        Err(AuthorityError::KnownKey)
    );
    let state = authority.state();
    let mut authority = Authority::resume(state, authority.into_keys()).unwrap();
    assert_eq!(
        authority.accredit(&registration),
        Err(AuthorityError::KnownKey)
    );
}

#[test]
fn a_bundle_with_other_parts_or_with_epochs_that_overlap_is_refused() {
    let mut city = City::new(8);
    let gone = city.registry.draw(&mut city.rng).unwrap().id();
    city.registry.remove(&gone).unwrap();
    city.next_epoch(NOW - 60);
    let key = city.bundle_key.verifying_key();
    let good = city.holder_bundle();
    let mut rng = rng();
    let mut verify = |change: &dyn Fn(&mut UnsignedBundle, &mut HolderParts)| {
        let (mut bundle, mut parts) = (UnsignedBundle::of(good.bundle()), HolderParts::of(&good));
        change(&mut bundle, &mut parts);
        let bytes = bundle.sign_for_holders(&parts, &city.bundle_key);
        UnverifiedHolderBundle::new(&bytes)
            .verify(&Trust::on_first_use(&key), &mut rng)
            .map(|_| ())
    };
    assert_eq!(verify(&|_, _| {}), Ok(()));
    // Signed, but not what the bundle of that number says it comes with.
    let fork = Err(PartsError::from(ManifestError::Other).into());
    let log = RemovalLog::default();
    assert_eq!(verify(&|_, parts| parts.0[0].removals = log.clone()), fork);
    let other = City::new(9).holder_parts().0.remove(0).accreditations;
    let sealed = |_: &mut UnsignedBundle, parts: &mut HolderParts| {
        parts.0[0].accreditations = other.clone();
    };
    assert_eq!(verify(&sealed), fork);
    let mut rotated = City::new(8);
    let _ = rotated.registry.draw(&mut rotated.rng).unwrap();
    rotated.rotate_registry(NOW - 60);
    let checkpoint = |_: &mut UnsignedBundle, parts: &mut HolderParts| {
        parts.0[0].checkpoint = rotated.checkpoint.clone();
    };
    assert_eq!(verify(&checkpoint), fork);
    // A date table of another key is refused whatever the digest says.
    let (table, _) = date_table(TABLE, &mut StdRng::seed_from_u64(3)).unwrap();
    let swapped = |bundle: &mut UnsignedBundle, parts: &mut HolderParts| {
        parts.0[0].table = table.clone();
        *bundle = bundle.clone().naming(parts);
    };
    assert_eq!(verify(&swapped), Err(PartsError::Table.into()));

    let mut wrong = |change: fn(&mut UnsignedBundle)| {
        let refused = verify(&|bundle, _| change(bundle));
        matches!(refused, Err(BundleError::Decode(_)))
    };
    assert!(wrong(|b| b.epochs[1].from = b.epochs[0].from), "at once");
    assert!(wrong(|b| b.epochs.clear()), "none at all");
    assert!(wrong(|b| b.epochs[1].number = 3), "one is left out");
    assert!(wrong(|b| b.epochs[1].number = 1), "the same number");
    assert!(
        wrong(|b| b.epochs[0].standing.removals = 2),
        "fewer removals later"
    );
    assert!(
        wrong(|b| b.policies.push(b.policies[0].clone())),
        "one name twice"
    );
}

#[test]
fn an_authority_with_one_known_issuer_needs_no_accreditation_and_gives_none() {
    let mut rng = rng();
    let portal = IssuerKey::generate(&mut rng);
    let (schema, policies) = (Schema::default(), City::new(1).policies);
    let mode = IssuerMode::Known(portal.public().id());
    let mut authority = city::found_authority(schema, mode, policies, &mut rng).unwrap();
    let scheme = authority.scheme().clone();
    assert_eq!(*scheme.issuer_mode(), mode);
    let accredited = authority.accredit(&portal.register(&scheme, &mut rng));
    assert_eq!(accredited, Err(AuthorityError::NothingToAccredit));

    // A pass is issued and shown all the same, and another issuer's is not received.
    authority.start_epoch(at(NOW - 9), &mut rng).unwrap();
    let published = (authority.publish(at(NOW - 9), at(NOW + DAY), &mut rng)).unwrap();
    let card = authority.card();
    let trust = Trust::pinned(&card);
    let holder = UnverifiedHolderBundle::new(published.for_holders());
    let holder = holder.verify(&trust, &mut rng).unwrap();
    let door = UnverifiedBundle::new(published.for_verifiers());
    let door = door.verify(&trust).unwrap();
    for (issuer, good) in [(portal, true), (IssuerKey::generate(&mut rng), false)] {
        let values = City::issuer_values(day(2022, 6, 1));
        let kept = (issuer.offer(&scheme, &values, at(NOW + 9), &mut rng)).unwrap();
        let pending = kept.offer();
        let mine = City::holder_values();
        let pending = (pending.request(&scheme, &mine, at(NOW), &mut rng)).unwrap();
        let handle = authority.handle(&mut rng).unwrap();
        let request = pending.request().clone();
        let response = (kept.issue(&scheme, &issuer, None, &request, handle, at(NOW))).unwrap();
        let received = pending.receive(&holder, &response, at(NOW));
        assert_eq!(received.is_ok(), good);
        let Ok(credential) = received else { continue };
        let ask = Question::new(
            &scheme,
            Mode::Poster,
            door.policy("restaurant").unwrap(),
            "Cafe",
        );
        let shown = credential.present(&holder, &ask, None, at(NOW), &mut rng);
        let verdict = check(&door, "restaurant", "Cafe", shown.unwrap().as_bytes(), NOW);
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }
}

#[test]
fn a_published_epoch_may_begin_earlier_and_is_changed_in_nothing_else() {
    let mut city = City::new(4);
    city.next_epoch(NOW + HOUR);
    let before = city.door_bundle();
    let later = |change: fn(&mut UnsignedBundle)| {
        let mut bundle = city.raw_bundle();
        bundle.version += 1;
        change(&mut bundle);
        let bytes = bundle.sign(&city.bundle_key);
        let card = city.card();
        let trust = Trust::pinned(&card);
        let verified = UnverifiedBundle::new(&bytes).verify(&trust.after(&before));
        verified.err()
    };
    assert_eq!(later(|_| {}), None);
    assert_eq!(later(|b| b.epochs[1].from = at(NOW)), None);
    assert_eq!(
        later(|b| b.epochs.truncate(1)),
        None,
        "whoever does not know it is told so"
    );
    let refused = Some(BundleError::OtherEpoch(3));
    assert_eq!(later(|b| b.epochs[1].from = at(NOW + HOUR + 1)), refused);
    assert_eq!(later(|b| b.epochs[1].beacon = [9; 32]), refused);
    assert_eq!(later(|b| b.epochs[1].standing.removals = 7), refused);
}

#[test]
fn what_cannot_wait_moves_an_announced_epoch_to_now_and_adds_another() {
    let mut rng = rng();
    let mut authority = city::authority(&mut rng);
    authority.start_epoch(at(NOW), &mut rng).unwrap();
    authority.start_epoch(at(NOW + DAY), &mut rng).unwrap();
    let announced = authority
        .publish(at(NOW), at(NOW + 3 * DAY), &mut rng)
        .unwrap();
    let card = authority.card();
    let trust = Trust::pinned(&card);
    let announced = UnverifiedBundle::new(announced.for_verifiers())
        .verify(&trust)
        .unwrap();
    let handle = authority.handle(&mut rng).unwrap().id();
    authority.revoke(&handle).unwrap();
    authority.start_epoch_now(at(NOW + 9), &mut rng).unwrap();
    let urgent = authority
        .publish(at(NOW + 9), at(NOW + 3 * DAY), &mut rng)
        .unwrap();
    let urgent = UnverifiedBundle::new(urgent.for_verifiers());
    let urgent = urgent.verify(&trust.after(&announced)).unwrap();
    let epochs = urgent.epochs().iter();
    let epochs: Vec<_> = epochs
        .map(|e| (e.number, e.from.as_seconds(), e.standing.removals))
        .collect();
    assert_eq!(epochs, [(1, NOW, 0), (2, NOW + 9, 0), (3, NOW + 10, 1)]);
    assert_eq!(urgent.epoch_at(at(NOW + 10)).unwrap().number, 3);
}
