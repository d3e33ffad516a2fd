//! What the authority signs and remembers: bundles, rotations, a state that is stored and resumed.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use rand::{SeedableRng, rngs::StdRng};
use veilpass::issuance::ReceiveError;
use veilpass::presentation::{Ask, PresentError, Reason, Verdict};
use veilpass::registry::{Handle, RegistryError, RegistryKey, RemovalLog, Revoked};
use veilpass::scheme::{
    AccreditationKey, BundleError, BundleKey, BundleVerifyingKey, DateTable, Day, HolderBundle,
    IssuerKey, KeySet, Mode, Schema, UnverifiedBundle, UnverifiedHolderBundle,
};
use veilpass::{Authority, AuthorityError, AuthorityKeys, Rotation, SyncError};
use veilpass_fixture::city::{City, DAY, NOW, check, day, refused, rng};

#[test]
fn rollback_fork_forgery_and_other_schemes_of_bundles_are_refused() {
    let mut city = City::new(1);
    let key = city.bundle_key.verifying_key();
    let first = city.bundle_key.sign_bundle(&city.raw_bundle());
    let have = city.door_bundle();
    let mut forked = city.raw_bundle();
    forked.expires += 1;
    let forked = city.bundle_key.sign_bundle(&forked);
    city.next_epoch(NOW);
    let newer = city.door_bundle();
    let verify = |bytes: &[u8], scheme, previous| {
        UnverifiedBundle(bytes)
            .verify(&key, scheme, previous)
            .map(|b| b.version)
    };
    assert_eq!(verify(&first, None, Some(&have)), Ok(1));
    let rollback = BundleError::Rollback { have: 2, got: 1 };
    assert_eq!(verify(&first, None, Some(&newer)), Err(rollback));
    assert_eq!(
        verify(&forked, None, Some(&have)),
        Err(BundleError::Fork(1))
    );
    assert_eq!(
        verify(&first, Some(&[9; 32]), None),
        Err(BundleError::OtherScheme)
    );
    let other = City::new(2).door_bundle();
    assert_eq!(
        verify(&first, None, Some(&other)),
        Err(BundleError::OtherScheme)
    );
    for place in 0..first.len() {
        let mut changed = first.clone();
        changed[place] ^= 1;
        assert!(verify(&changed, None, None).is_err(), "byte {place}");
    }
    let stranger = BundleKey::generate(&mut rng()).sign_bundle(&city.raw_bundle());
    assert_eq!(verify(&stranger, None, None), Err(BundleError::Signature));
    let again = BundleVerifyingKey::from_bytes(&key.to_bytes()).unwrap();
    assert_eq!(again, key);
    // A holders' bundle is not a verifiers' bundle, and its table is checked.
    let mut holder = city.holder_bundle();
    let bytes = city.bundle_key.sign_holder_bundle(&holder);
    assert!(verify(&bytes, None, None).is_err());
    holder.table = City::new(3).table;
    let wrong = city.bundle_key.sign_holder_bundle(&holder);
    let verified = UnverifiedHolderBundle(&wrong).verify(&key, None, None, &mut rng());
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
    let ask = Ask::new(&city.scheme, Mode::Poster, "restaurant", "Cafe");
    let early = credential.present(&after, &ask, Day(0), NOW, &mut rng());
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
        Err(SyncError::Witness(Revoked::Revoked))
    );
    assert_eq!(credential.sync_vartime(&before), Err(SyncError::OlderKeys));
    // A pass made under the old keys is told so.
    let old = city.show(&credential, "restaurant", "Cafe", NOW);
    let mut other = old.clone();
    other[18] = 1; // the key set's number
    assert_eq!(
        refused(&check(&door, "restaurant", "Cafe", &other, NOW)),
        Reason::OtherBundle
    );
    // A handle drawn before the rotation and issued after it is as good as a new one.
    city.pool = Some(pooled);
    let (fresh, _) = city.issue(true, day(2022, 6, 1));
    assert!(city.show(&fresh, "restaurant", "Gate", NOW).len() > 1000);
}

#[test]
fn an_authority_goes_on_from_its_store_and_rotates_its_keys() {
    let mut rng = rng();
    let city = City::new(4);
    let zone = veilpass::scheme::Zone::new("Europe/Moscow").unwrap();
    let schema = Schema::default();
    let mut authority =
        Authority::found("x", schema, zone, city.policies.clone(), &mut rng).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    let first = authority.accredit(&registration).unwrap();
    let handle = authority.handle(&mut rng).unwrap();
    authority.start_epoch(NOW - 9, NOW + DAY, &mut rng).unwrap();
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
    };
    let missing = Err(AuthorityError::NoAccreditationKey);
    assert_eq!(authority.rotate(all, &mut rng), missing);
    assert_eq!(authority.next_accreditation_epoch(|_| true), missing);
    authority.publish(NOW, NOW + DAY, &mut rng).unwrap();

    // With it, everything rotates; the issuer and the handle stay good.
    let state = authority.state();
    let mut keys = authority.into_keys();
    keys.accreditation = safe;
    let mut authority = Authority::resume(state, keys).unwrap();
    authority.rotate(all, &mut rng).unwrap();
    let early = authority.publish(NOW, NOW + DAY, &mut rng);
    assert_eq!(early.err(), Some(AuthorityError::NoEpoch));
    authority.start_epoch(NOW - 5, NOW + DAY, &mut rng).unwrap();
    let published = authority.publish(NOW - 5, NOW + DAY, &mut rng).unwrap();
    let holders = UnverifiedHolderBundle(&published.holders)
        .verify(&key, None, None, &mut rng)
        .unwrap();
    assert_eq!(holders.bundle.keys.number, 2);
    assert_eq!(holders.bundle.epochs.first().unwrap().number, 2);
    let accreditation = authority.accreditation(clinic.public()).unwrap();
    assert_ne!(accreditation, first);
    let values = City::issuer_values(day(2021, 7, 1));
    let offer = |rng: &mut _| clinic.offer(authority.scheme(), &values, NOW + 60, rng);
    for (acc, good) in [(first, false), (accreditation, true)] {
        let kept = offer(&mut rng).unwrap();
        let mine = City::holder_values();
        let pending = (kept.offer())
            .request(authority.scheme(), &mine, NOW, &mut rng)
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
                NOW,
            )
            .unwrap();
        let received = pending.receive(&holders, &response, NOW);
        let why = (!good).then_some(ReceiveError::OldAccreditation);
        assert_eq!(received.err(), why);
    }
}

#[test]
fn a_pass_follows_a_rotation_of_the_accreditation_key() {
    let mut city = City::new(7);
    let (mut credential, _) = city.issue(true, day(2022, 6, 1));
    city.accreditation = AccreditationKey::generate(&mut city.rng);
    city.rotate_registry(NOW - 60);
    let old = &city.keys;
    city.keys = KeySet::new(
        &city.scheme,
        old.number,
        *city.accreditation.public(),
        old.date,
        old.table,
        old.registry,
    );
    credential.sync_vartime(&city.holder_bundle()).unwrap();
    let pass = city.show(&credential, "restaurant", "Cafe", NOW);
    let verdict = check(&city.door_bundle(), "restaurant", "Cafe", &pass, NOW);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

#[test]
fn a_resumed_authority_goes_on_from_its_last_removal_and_numbers_everything() {
    let mut rng = rng();
    let zone = veilpass::scheme::Zone::new("Europe/Moscow").unwrap();
    let policies = City::new(1).policies;
    let mut authority = Authority::found("x", Schema::default(), zone, policies, &mut rng).unwrap();
    let key = authority.verifying_key();
    let gone = authority.handle(&mut rng).unwrap().id();
    authority.revoke(&gone).unwrap();
    let clinic = IssuerKey::generate(&mut rng);
    let registration = clinic.register(authority.scheme(), &mut rng);
    let accreditation = authority.accredit(&registration).unwrap();

    // A store that forgot that the handle is removed: the log has the last word.
    let mut state = authority.state();
    state.handles.insert(gone, true);
    let mut authority = Authority::resume(state, authority.into_keys()).unwrap();
    assert_eq!(authority.revoke(&gone), Err(RegistryError::Removed));

    for (from, until) in [(NOW, NOW), (NOW, NOW - 1)] {
        let empty = authority.start_epoch(from, until, &mut rng);
        assert_eq!(empty, Err(AuthorityError::Epoch));
    }
    authority.start_epoch(NOW - 9, NOW + DAY, &mut rng).unwrap();
    let same = authority.start_epoch(NOW - 9, NOW + DAY, &mut rng);
    assert_eq!(same, Err(AuthorityError::Epoch));
    authority.publish(NOW - 9, NOW + DAY, &mut rng).unwrap();
    authority.start_epoch(NOW - 5, NOW + DAY, &mut rng).unwrap();
    let published = authority.publish(NOW - 5, NOW + DAY, &mut rng).unwrap();
    let holders = UnverifiedHolderBundle(&published.holders)
        .verify(&key, None, None, &mut rng)
        .unwrap();
    let bundle = &holders.bundle;
    assert_eq!(bundle.version, 2);
    let epochs: Vec<_> = bundle
        .epochs
        .iter()
        .map(|e| (e.number, e.from, e.until))
        .collect();
    assert_eq!(epochs, [(1, NOW - 9, NOW - 5), (2, NOW - 5, NOW + DAY)]);

    // A handle drawn after resuming stands on the removal.
    let handle = authority.handle(&mut rng).unwrap();
    let kept = clinic
        .offer(
            authority.scheme(),
            &City::issuer_values(day(2021, 7, 1)),
            NOW + 60,
            &mut rng,
        )
        .unwrap();
    let pending = (kept.offer())
        .request(authority.scheme(), &City::holder_values(), NOW, &mut rng)
        .unwrap();
    let request = pending.request().clone();
    let response = kept
        .issue(
            authority.scheme(),
            &clinic,
            Some(&accreditation),
            &request,
            handle,
            NOW,
        )
        .unwrap();
    pending.receive(&holders, &response, NOW).unwrap();

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
    let mut verify = |change: &dyn Fn(&mut HolderBundle)| {
        let mut changed = good.clone();
        change(&mut changed);
        let bytes = city.bundle_key.sign_holder_bundle(&changed);
        UnverifiedHolderBundle(&bytes)
            .verify(&key, None, None, &mut rng)
            .map(|_| ())
    };
    assert_eq!(verify(&|_| {}), Ok(()));
    // Signed, but not what the bundle of that number says it comes with.
    let fork = Err(BundleError::Fork(good.bundle.version));
    assert_eq!(verify(&|b| b.removals = RemovalLog::default()), fork);
    let other = City::new(9).sealed();
    assert_eq!(verify(&|b| b.accreditations = other.clone()), fork);
    let mut rotated = City::new(8);
    let _ = rotated.registry.draw(&mut rotated.rng).unwrap();
    rotated.rotate_registry(NOW - 60);
    assert_eq!(verify(&|b| b.reissued = rotated.reissued.clone()), fork);
    // A date table of another key is refused whatever the digest says.
    let (table, _) =
        DateTable::generate(veilpass_fixture::city::TABLE, &mut StdRng::seed_from_u64(3)).unwrap();
    let swapped = |b: &mut HolderBundle| {
        b.table = table.clone();
        b.bundle.holder_parts =
            HolderBundle::parts_digest(&b.table, &b.removals, &b.reissued, &b.accreditations);
    };
    assert_eq!(verify(&swapped), Err(BundleError::Signature));

    let mut wrong =
        |change: fn(&mut HolderBundle)| matches!(verify(&change), Err(BundleError::Decode(_)));
    assert!(wrong(|b| b.bundle.epochs[0].until += 1), "they overlap");
    assert!(
        wrong(|b| b.bundle.epochs[1].until = b.bundle.epochs[1].from),
        "empty"
    );
    assert!(wrong(|b| b.bundle.epochs[1].number = 3), "one is left out");
    assert!(wrong(|b| b.bundle.epochs[1].number = 1), "the same number");
    assert!(
        wrong(|b| b.bundle.epochs[0].removals = 2),
        "fewer removals later"
    );
    assert!(
        wrong(|b| b.bundle.policies.push(b.bundle.policies[0].clone())),
        "one name twice"
    );
}
