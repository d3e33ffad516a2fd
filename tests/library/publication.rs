//! What holders fetch: a manifest and the parts that it names, and a bucket of a checkpoint for whoever was away.
use veilpass::internals::{HolderParts, UnsignedBundle};
use veilpass::registry::WitnessError;
use veilpass::scheme::{
    Announced, BundleError, HolderBundle, HolderFiles, ManifestError, Mode, PartDigest, PartsError,
    Trust,
};
use veilpass::{Credential, SyncError};
use veilpass_fixture::city::{City, NOW, at, day, rng};

const SEGMENT: usize = 4096;

fn verified(city: &City, files: &HolderFiles) -> Result<HolderBundle, BundleError> {
    files.verify(&Trust::pinned(&city.card()), &mut rng())
}

fn files(city: &City) -> HolderFiles {
    HolderFiles::from_bytes(&city.holder_bytes()).unwrap()
}

/// What a wallet fetches that has nothing yet: the parts that everybody fetches, and no bucket.
fn fetched(city: &City, all: &HolderFiles) -> HolderFiles {
    let trust = city.card();
    let announced = Announced::verify(&all.bundle, &all.manifest, &Trust::pinned(&trust));
    let wanted = announced.unwrap().wanted().unwrap();
    let named = |part: &&Vec<u8>| {
        let mut names = wanted.iter().filter(|want| part.len() <= want.limit);
        names.any(|want| want.digest == PartDigest::of(part))
    };
    let parts: Vec<_> = all.parts.iter().filter(named).cloned().collect();
    assert_eq!(parts.len(), wanted.len());
    HolderFiles {
        parts,
        buckets: Vec::new(),
        ..all.clone()
    }
}

/// A city with a pass, where then more than a segment of handles was removed, with a checkpoint near the end.
fn away() -> (City, Credential, HolderFiles) {
    let mut city = City::new(21);
    let (credential, _) = city.issue(true, day(2022, 6, 1));
    for removal in 0..SEGMENT + 20 {
        if removal == SEGMENT + 10 {
            let scheme = *city.scheme.id();
            city.checkpoint = Some(city.registry.checkpoint(&scheme).unwrap());
        }
        let gone = city.registry.draw(&mut city.rng).unwrap().id();
        city.registry.remove(&gone).unwrap();
    }
    city.next_epoch(NOW - 60);
    city.forget_older_epochs();
    let all = files(&city);
    (city, credential, all)
}

#[test]
fn whoever_was_away_takes_its_bucket_and_the_end_of_the_log() {
    let (city, mut credential, all) = away();
    let mut files = fetched(&city, &all);
    let segments = |files: &HolderFiles| {
        let segments = files.parts.iter().filter(|part| part[1] == b'L');
        segments.count()
    };
    assert_eq!((segments(&all), segments(&files)), (2, 1));
    let holder = verified(&city, &files).unwrap();
    let needs = credential.needs(&holder);
    assert_eq!(needs.len(), 1);
    let refused = credential.sync_vartime(&holder);
    assert_eq!(refused, Err(SyncError::NeedsBucket(needs[0])));
    // With its bucket it follows, and shows.
    files.buckets = all.buckets.clone();
    let holder = verified(&city, &files).unwrap();
    assert!(credential.needs(&holder).is_empty());
    credential.sync_vartime(&holder).unwrap();
    let ask = city.ask(Mode::Poster, "restaurant", "Cafe");
    credential
        .present(&holder, &ask, None, at(NOW), &mut rng())
        .unwrap();
    // Whoever is up to date needs neither bucket nor the first segment.
    let lean = verified(&city, &fetched(&city, &all)).unwrap();
    assert!(credential.needs(&lean).is_empty());
    credential.sync_vartime(&lean).unwrap();
}

#[test]
fn with_the_whole_log_nobody_needs_a_bucket() {
    let (city, mut credential, mut all) = away();
    all.buckets.clear();
    let holder = verified(&city, &all).unwrap();
    assert!(credential.needs(&holder).is_empty());
    credential.sync_vartime(&holder).unwrap();
}

#[test]
fn a_handle_that_a_checkpoint_leaves_out_is_revoked() {
    let mut city = City::new(22);
    let (mut credential, id) = city.issue(true, day(2022, 6, 1));
    city.registry.remove(&id).unwrap();
    city.rotate_registry(NOW - 60);
    city.forget_older_epochs();
    let holder = city.holder_bundle();
    let revoked = Err(SyncError::Witness(WitnessError::Revoked));
    assert_eq!(credential.sync_vartime(&holder), revoked);
}

#[test]
fn nothing_is_used_before_all_parts_match_one_manifest() {
    let (mut city, _, all) = away();
    let files = fetched(&city, &all);
    assert!(verified(&city, &files).is_ok());
    for missing in 0..files.parts.len() {
        let mut some = files.clone();
        let digest = PartDigest::of(&some.parts.remove(missing));
        let refused = BundleError::Parts(PartsError::Missing(digest));
        assert_eq!(verified(&city, &some).err(), Some(refused.clone()));
        let mut changed = files.clone();
        *changed.parts[missing].last_mut().unwrap() ^= 1;
        assert_eq!(verified(&city, &changed).err(), Some(refused));
    }
    // The manifest of another publication, of the same authority.
    city.next_epoch(NOW - 30);
    let newer = self::files(&city);
    let other = BundleError::Parts(PartsError::Manifest(ManifestError::Other));
    for (bundle, manifest) in [
        (&newer.bundle, &all.manifest),
        (&all.bundle, &newer.manifest),
    ] {
        let mixed = HolderFiles {
            bundle: bundle.clone(),
            manifest: manifest.clone(),
            parts: [&all.parts[..], &newer.parts].concat(),
            buckets: Vec::new(),
        };
        assert_eq!(verified(&city, &mixed).err(), Some(other.clone()));
    }
    // A bucket that is not under the root.
    let mut wrong = all.clone();
    *wrong.buckets[0].1.last_mut().unwrap() ^= 1;
    let refused = verified(&city, &wrong).err();
    assert!(matches!(
        refused,
        Some(BundleError::Parts(PartsError::Decode(_)))
    ));
}

#[test]
fn a_manifest_that_the_bundle_names_must_say_what_the_bundle_says() {
    let mut city = City::new(23);
    let holder = city.holder_bundle();
    let parts = HolderParts::of(&holder);
    let bundle = UnsignedBundle::of(holder.bundle());
    let contradicts = BundleError::Parts(PartsError::Manifest(ManifestError::Contradicts));
    let said = |change: &dyn Fn(&mut veilpass::scheme::Manifest)| {
        let mut manifest = parts.manifest(&bundle);
        change(&mut manifest);
        let mut naming = bundle.clone();
        naming.manifest = manifest.digest();
        let files = naming.holder_files(&parts, &manifest, &city.bundle_key);
        verified(&city, &files).err()
    };
    assert_eq!(said(&|_| {}), None);
    assert_eq!(
        said(&|manifest| manifest.number += 1),
        Some(contradicts.clone())
    );
    let lists = said(&|manifest| manifest.key_sets[0].accreditations.clear());
    assert_eq!(lists, Some(contradicts.clone()));
    assert_eq!(
        said(&|manifest| manifest.key_sets.clear()),
        Some(contradicts)
    );
}

#[test]
fn the_file_with_everything_is_read_whole_or_not_at_all() {
    let (city, _, all) = away();
    let small = HolderFiles {
        parts: all
            .parts
            .into_iter()
            .filter(|part| part[1] == b'A')
            .collect(),
        ..all
    };
    let bytes = small.to_bytes();
    assert_eq!(HolderFiles::from_bytes(&bytes), Ok(small));
    for end in 0..bytes.len() {
        assert!(HolderFiles::from_bytes(&bytes[..end]).is_err(), "{end}");
    }
    assert!(HolderFiles::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    assert!(verified(&city, &HolderFiles::default()).is_err());
}
