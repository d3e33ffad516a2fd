//! An authority from a backup, beside what is public.

use super::*;

#[test]
fn an_authority_behind_what_is_public_publishes_nothing() {
    let (role, keys, first) = founded(0);
    let backup = role.store().clone();
    let second = publish(&role, AT + 60, &OPTIONS).unwrap();
    let open = |public: &[u8]| open_beside(backup.clone(), &keys, public).map(|_| ());
    let refused = open(bundle(&second)).unwrap_err();
    assert!(matches!(
        refused,
        AuthorityRoleError::Behind {
            public: 2,
            known: 1
        }
    ));
    assert_eq!(refused.class(), Class::Refused);
    let mut damaged = bundle(&first).to_vec();
    damaged[10] ^= 1;
    let refused = open(&damaged).unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("public/bundle.vp is damaged")
    );
    open(bundle(&first)).unwrap();
    // The same number once more, by somebody who went round the comparison.
    let other = done(AuthorityRole::open(backup, &keys, KeysNeeded::Daily, &[])).unwrap();
    publish(&other, AT + 90, &OPTIONS).unwrap();
    let forked = open_beside(other.store().clone(), &keys, bundle(&second));
    assert!(matches!(
        forked.map(|_| ()),
        Err(AuthorityRoleError::Forked(2))
    ));
}

fn file<'a>(publication: &'a Publication, name: &str) -> &'a [u8] {
    let mut files = publication.files.iter();
    &files.find(|file| file.name == name).unwrap().bytes
}

fn recovered(
    store: &Memory,
    keys: &MemoryKeys,
    publication: &Publication,
) -> Result<Recovery, AuthorityRoleError> {
    let files = PublicFiles {
        bundle: file(publication, "bundle.vp"),
        holders: file(publication, "holders.vp"),
    };
    done(recover(store, keys, &files, &(AT + 300), rng(9)))
}

#[test]
fn a_restored_authority_takes_back_what_was_published_and_nothing_that_was_taken_away_comes_back() {
    let (role, keys, _) = with_clinic(0);
    let other = IssuerKey::generate(rng(20)).register(&role.store().state().scheme, rng(21));
    done(role.accredit("other", &other, None, &AT)).unwrap();
    let drawn = done(role.draw_handles(("clinic", 2), &[], &AT, &(), rng(22))).unwrap();
    let drawn = HandlePool::open(&role.store().state().signer, &drawn).unwrap();
    let [first, second] = [0, 1].map(|place: usize| drawn.handles()[place].id());
    done(role.revoke(&[first], &AT)).unwrap();
    let backup = role.store().clone();
    // After the backup: a handle more is drawn and revoked, one of before is revoked, an issuer is dropped.
    let later = done(role.draw_handles(("clinic", 1), &[], &AT, &(), rng(23))).unwrap();
    let later = HandlePool::open(&role.store().state().signer, &later).unwrap();
    done(role.revoke(&[second, later.handles()[0].id()], &AT)).unwrap();
    let dropped = ["other".to_owned()];
    let next = Accreditations::Next { dropped: &dropped };
    let publication = done(role.publish(next, &OPTIONS, &(AT + 60), rng(24))).unwrap();

    let recovery = recovered(&backup, &keys, &publication).unwrap();
    let wanted = Recovery {
        from_bundle: 1,
        epochs: publication.epochs,
        dropped: vec!["other".into()],
        accredited: vec!["clinic".into()],
        removed: 1,
        unknown: 1,
    };
    assert_eq!(recovery, wanted);
    let (state, real) = (backup.state(), role.store().state());
    assert_eq!(state.removals, real.removals);
    assert_eq!(state.handles, real.handles);
    assert_eq!(state.former, real.former);
    assert_eq!(state.epochs, real.epochs);
    // It goes on beside what is public, and says to its auditor that lines are missing.
    let role = open_beside(backup, &keys, bundle(&publication)).unwrap();
    let again = done(role.accredit("once more", &other, None, &(AT + 400))).unwrap_err();
    assert!(
        matches!(again, AuthorityRoleError::NotAccredited(_)),
        "{again}"
    );
    let revoked = done(role.revoke(&[first, second], &(AT + 400))).unwrap();
    assert_eq!(revoked.revoked, 0);
    assert_eq!(publish(&role, AT + 500, &OPTIONS).unwrap().epochs.bundle, 3);
    let flag = Flag::Recovered {
        bundle: publication.epochs.bundle,
    };
    assert_eq!(audited(&role, &[], StandingFlags::Named), [flag]);
    assert_eq!(audited(&role, &[], StandingFlags::Acknowledged), []);
    // Nothing is newer now.
    let nothing = recovered(role.store(), &keys, &publication).unwrap_err();
    assert!(
        matches!(nothing, AuthorityRoleError::Recover(_)),
        "{nothing}"
    );
}

#[test]
fn a_rotation_after_the_backup_is_taken_back_with_its_keys_and_not_without_them() {
    let (role, keys, _) = with_clinic(0);
    let drawn = done(role.draw_handles(("clinic", 2), &[], &AT, &(), rng(22))).unwrap();
    let drawn = HandlePool::open(&role.store().state().signer, &drawn).unwrap();
    let [first, second] = [0, 1].map(|place: usize| drawn.handles()[place].id());
    let (backup, old_keys) = (role.store().clone(), keys.clone());
    let later = done(role.draw_handles(("clinic", 1), &[], &AT, &(), rng(23))).unwrap();
    let later = HandlePool::open(&role.store().state().signer, &later).unwrap();
    done(role.revoke(&[first], &AT)).unwrap();
    let mut role = role;
    let rotated = role.rotate(&keys, NEW_GAMMA, &OPTIONS, &(AT + 60), rng(5));
    let publication = done(rotated).unwrap();
    let without = recovered(&backup, &old_keys, &publication).unwrap_err();
    assert!(
        matches!(without, AuthorityRoleError::OlderKeys { key_set: 2 }),
        "{without}"
    );
    assert_eq!(backup.state().version, 1, "nothing was taken back");
    let recovery = recovered(&backup, &keys, &publication).unwrap();
    // The rotation's checkpoint leaves out what was revoked. It counts what was drawn after the backup, and names nothing.
    assert_eq!((recovery.removed, recovery.unknown), (1, 1));
    let role = open_beside(backup, &keys, bundle(&publication)).unwrap();
    let later = later.handles()[0].id();
    let revoked = done(role.revoke(&[first, second, later], &(AT + 400))).unwrap();
    let refused = [
        (first, RegistryError::Removed),
        (later, RegistryError::Unknown),
    ];
    assert_eq!((revoked.revoked, &revoked.refused[..]), (1, &refused[..]));
}

#[test]
fn public_files_of_two_publications_or_another_history_are_not_taken_back() {
    let (role, keys, first) = founded(0);
    let backup = role.store().clone();
    let second = publish(&role, AT + 60, &OPTIONS).unwrap();
    let mixed = Publication {
        files: vec![
            first.files[0].clone(),
            first.files[2].clone(),
            second.files[1].clone(),
        ],
        ..second.clone()
    };
    let refused = recovered(&backup, &keys, &mixed).unwrap_err();
    assert!(
        matches!(
            refused,
            AuthorityRoleError::PublicDiffers {
                verifiers: 1,
                holders: 2
            }
        ),
        "{refused}"
    );
    // A database that revoked on its own after the backup.
    let (role, keys, _) = with_clinic(0);
    let drawn = done(role.draw_handles(("clinic", 2), &[], &AT, &(), rng(22))).unwrap();
    let drawn = HandlePool::open(&role.store().state().signer, &drawn).unwrap();
    let [one, two] = [0, 1].map(|place: usize| drawn.handles()[place].id());
    let astray = open(role.store().clone(), &keys, KeysNeeded::Daily).unwrap();
    done(astray.revoke(&[one], &AT)).unwrap();
    done(role.revoke(&[two], &AT)).unwrap();
    let public = publish(&role, AT + 60, &OPTIONS).unwrap();
    let refused = recovered(astray.store(), &keys, &public).unwrap_err();
    let history = veilpass::RecoverError::OtherHistory;
    assert!(
        matches!(&refused, AuthorityRoleError::Recover(why) if *why == history),
        "{refused}"
    );
    // Another scheme's.
    let others_keys = MemoryKeys::default();
    let found = AuthorityRole::found(
        Memory::default(),
        &others_keys,
        definition(0),
        LIFETIMES,
        &AT,
        rng(40),
    );
    let (_, other) = done(found).unwrap();
    let refused = recovered(astray.store(), &keys, &other).unwrap_err();
    assert!(
        matches!(refused, AuthorityRoleError::PublicUnreadable(_)),
        "{refused}"
    );
}
