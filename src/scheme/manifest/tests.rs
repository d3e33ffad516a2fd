use super::*;

const SCHEME: [u8; 32] = [7; 32];

fn segment(first: u32, count: u16) -> Segment {
    Segment {
        first,
        count,
        digest: PartDigest([1; 32]),
    }
}

fn manifest() -> Manifest {
    let parts = KeySetParts {
        number: 1,
        table: PartDigest([2; 32]),
        segments: vec![segment(0, 4096), segment(4096, 4)],
        checkpoint: Some(Checkpoint {
            removals: 4100,
            bits: 3,
            root: [3; 32],
        }),
        accreditations: vec![(4, PartDigest([4; 32])), (5, PartDigest([5; 32]))],
    };
    let second = KeySetParts {
        number: 2,
        segments: Vec::new(),
        checkpoint: None,
        ..parts.clone()
    };
    Manifest {
        number: 9,
        expires: UnixTime::from_seconds(1000),
        key_sets: vec![parts, second],
    }
}

fn key() -> BundleKey {
    BundleKey::from_bytes(&[8; 32]).unwrap()
}

/// What a bundle that names this manifest says, and says of itself what `usual` says.
fn verified(manifest: &Manifest) -> Result<Manifest, ManifestError> {
    let bytes = key().sign_manifest(&SCHEME, manifest);
    let digest = manifest.digest();
    Manifest::verify(&bytes, &key().verifying_key(), &of(&digest))
}

fn of(digest: &[u8; 32]) -> ManifestOf<'_> {
    ManifestOf {
        scheme: &SCHEME,
        number: 9,
        expires: UnixTime::from_seconds(1000),
        key_sets: vec![(1, 4100), (2, 0)],
        digest,
    }
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    assert_eq!(verified(&manifest()), Ok(manifest()));
    assert_eq!(manifest().key_sets[0].removals(), 4100);
}

#[test]
fn each_byte_of_a_manifest_counts() {
    let bytes = key().sign_manifest(&SCHEME, &manifest());
    let digest = manifest().digest();
    let read = |bytes: &[u8]| Manifest::verify(bytes, &key().verifying_key(), &of(&digest));
    for place in 0..bytes.len() {
        let mut other = bytes.clone();
        other[place] ^= 1;
        assert!(read(&other).is_err(), "{place}");
        assert!(read(&bytes[..place]).is_err(), "{place}");
    }
    // The digest covers the body alone, and holds for a manifest that somebody else signed.
    let other = BundleKey::from_bytes(&[9; 32]).unwrap();
    let refused = read(&other.sign_manifest(&SCHEME, &manifest()));
    assert_eq!(refused, Err(ManifestError::Signature));
    let refused = read(&key().sign_manifest(&[6; 32], &manifest()));
    assert_eq!(refused, Err(ManifestError::Other));
    let bundle = key().sign(Artefact::Bundle, &SCHEME, &manifest().body());
    assert!(matches!(read(&bundle), Err(ManifestError::Decode(_))));
}

#[test]
fn another_manifest_of_the_same_authority_is_refused() {
    // Everything fits but the digest that the bundle has.
    let mut other = manifest();
    other.key_sets[0].table = PartDigest([9; 32]);
    let bytes = key().sign_manifest(&SCHEME, &other);
    let digest = manifest().digest();
    let refused = Manifest::verify(&bytes, &key().verifying_key(), &of(&digest));
    assert_eq!(refused, Err(ManifestError::Other));
}

#[test]
fn a_manifest_that_contradicts_its_bundle_is_refused() {
    // Signed, and named by the bundle: one field is not the bundle's.
    let changes: [fn(&mut Manifest); 6] = [
        |manifest| manifest.number = 8,
        |manifest| manifest.expires = UnixTime::from_seconds(1001),
        |manifest| manifest.key_sets[1].number = 3,
        |manifest| manifest.key_sets.truncate(1),
        |manifest| manifest.key_sets.swap(0, 1),
        |manifest| {
            manifest.key_sets[0].segments[1].count = 3;
            manifest.key_sets[0].checkpoint = None;
        },
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut other = manifest();
        change(&mut other);
        assert_eq!(verified(&other), Err(ManifestError::Contradicts), "{place}");
    }
    // A log that goes further than the newest epoch is no contradiction.
    let mut longer = manifest();
    longer.key_sets[0].segments[1].count = 5;
    assert!(verified(&longer).is_ok());
}

#[test]
fn what_no_manifest_says_is_refused() {
    // Signed, named by the bundle, and of its number: each breaks one rule.
    type Change = fn(&mut KeySetParts);
    let changes: [(&str, Change); 8] = [
        ("is not full", |parts| parts.segments[0].count = 4095),
        ("do not follow", |parts| parts.segments[0].first = 1),
        ("do not follow", |parts| parts.segments[1].first = 4097),
        ("no removals", |parts| parts.segments[1].count = 0),
        ("too many", |parts| parts.segments[1].count = 4097),
        ("too many buckets", |parts| set(parts, 25, 0)),
        ("ahead of the log", |parts| set(parts, 3, 4101)),
        ("do not rise", |parts| parts.accreditations[1].0 = 4),
    ];
    fn set(parts: &mut KeySetParts, bits: u8, removals: u32) {
        parts.checkpoint = Some(Checkpoint {
            bits,
            removals,
            root: [3; 32],
        });
    }
    for (why, change) in changes {
        let mut other = manifest();
        change(&mut other.key_sets[0]);
        let refused = verified(&other).unwrap_err().to_string();
        assert!(refused.contains(why), "{why}: {refused}");
    }
}
