use super::*;
use crate::curve::{G2Affine, G2Prepared, hash_test_point, random_scalar, signed_pairing};
use rand::{SeedableRng, rngs::StdRng};

const AT: CheckpointAt = CheckpointAt {
    scheme: [7; 32],
    key_set: 2,
    removals: 5,
};

struct Made {
    alpha: Scalar,
    v: G1Affine,
    handles: Vec<[u8; 32]>,
    files: CheckpointFiles,
}

fn made(count: usize) -> Made {
    let mut rng = StdRng::seed_from_u64(1);
    let (alpha, v) = (random_scalar(&mut rng), hash_test_point(b"V"));
    let handles: Vec<_> = (0..count)
        .map(|_| scalar_to_bytes(&random_scalar(&mut rng)))
        .collect();
    let files = AT.make(&alpha, &v, handles.iter().collect()).unwrap();
    Made {
        alpha,
        v,
        handles,
        files,
    }
}

impl Made {
    fn read(&self, number: u32) -> Result<Bucket, DecodeError> {
        let bytes = &self.files.buckets[usize::try_from(number).unwrap()];
        self.files
            .checkpoint
            .read((&AT.scheme, AT.key_set), number, bytes)
    }

    /// (15).
    fn holds(&self, witness: &Witness) -> bool {
        let q = G2Prepared::from(G2Affine::from(G2Affine::generator() * self.alpha));
        signed_pairing(witness.point(), &q, witness.handle(), &self.v.into())
    }
}

#[test]
fn each_handle_finds_its_witness_in_its_bucket_and_in_no_other() {
    let made = made(4500);
    let checkpoint = made.files.checkpoint;
    assert_eq!((checkpoint.bits, checkpoint.removals), (1, 5));
    let buckets = [0, 1].map(|number| made.read(number).unwrap());
    assert_eq!(buckets.iter().map(|b| b.len()).sum::<usize>(), 4500);
    for (place, id) in made.handles.iter().enumerate() {
        let y = scalar_from_bytes(id).unwrap();
        let name = checkpoint.bucket_of(&AT.scheme, &y);
        let number = name.number;
        for bucket in &buckets {
            assert_eq!(bucket.has(id), bucket.name() == name);
        }
        if place % 500 == 0 {
            let [here, elsewhere] =
                [number, 1 - number].map(|n| &buckets[usize::try_from(n).unwrap()]);
            let witness = here.find(&y).ok().unwrap();
            assert!(made.holds(&witness));
            assert_eq!((witness.removals(), witness.key_set()), (5, 2));
            assert_eq!(elsewhere.find(&y).err(), Some(CheckpointError::Revoked));
        }
    }
}

#[test]
fn who_is_not_in_it_was_revoked() {
    let made = made(3);
    let other = random_scalar(&mut StdRng::seed_from_u64(9));
    let bucket = made.read(0).unwrap();
    assert_eq!(bucket.find(&other).err(), Some(CheckpointError::Revoked));
    // Nobody at all stands.
    let files = AT.make(&made.alpha, &made.v, Vec::new()).unwrap();
    let bytes = &files.buckets[0];
    let empty = files.checkpoint.read((&AT.scheme, 2), 0, bytes).unwrap();
    assert_eq!(empty.find(&other).err(), Some(CheckpointError::Revoked));
}

#[test]
fn an_unlucky_key_makes_no_checkpoint() {
    let made = made(2);
    let mut handles = made.handles.clone();
    handles.push(scalar_to_bytes(&-made.alpha));
    assert!(
        AT.make(&made.alpha, &made.v, handles.iter().collect())
            .is_none()
    );
    handles[2] = [0xff; 32];
    assert!(
        AT.make(&made.alpha, &made.v, handles.iter().collect())
            .is_none()
    );
}

#[test]
fn buckets_split_in_two_where_they_would_be_too_full() {
    for (handles, bits) in [(0, 0), (4000, 0), (4001, 1), (8000, 1), (8001, 2)] {
        assert_eq!(bits_for(handles), bits, "{handles}");
    }
    assert_eq!(bits_for(10_000_000), 12);
    assert_eq!(bits_for(usize::MAX), MAX_BITS);
    // One bit more leaves each handle in one of the two halves of its bucket.
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..50 {
        let y = scalar_to_bytes(&random_scalar(&mut rng));
        let all = [0, 1, 2, MAX_BITS].map(|bits| bucket_of(&AT.scheme, &y, bits));
        assert_eq!(all[0], 0);
        assert_eq!(all[1], all[2] >> 1);
        assert_eq!(all[2], all[3] >> (MAX_BITS - 2));
    }
}

#[test]
fn a_bucket_is_of_its_number_root_and_path() {
    let made = made(8100);
    let checkpoint = made.files.checkpoint;
    assert_eq!(checkpoint.bits, 2);
    let read = |checkpoint: &Checkpoint, number, bytes: &[u8]| {
        checkpoint
            .read((&AT.scheme, AT.key_set), number, bytes)
            .err()
    };
    let bytes = &made.files.buckets[1];
    assert_eq!(read(&checkpoint, 1, bytes), None);
    // Another place, one that there is not, another root, another number of buckets.
    for number in [0, 2, 3, 4, u32::MAX] {
        assert!(read(&checkpoint, number, bytes).is_some(), "{number}");
    }
    let mut other = checkpoint;
    other.root[0] ^= 1;
    assert!(read(&other, 1, bytes).is_some());
    for bits in [0, 1, 3] {
        assert!(read(&Checkpoint { bits, ..checkpoint }, 1, bytes).is_some());
    }
    // Each part: version, kind, bits, path, the first and the last entry; an entry more or less.
    let last = bytes.len() - 1;
    for place in [0, 1, 2, 3, 34, 35, 66, 67, last] {
        let mut other = bytes.clone();
        other[place] ^= 1;
        assert!(read(&checkpoint, 1, &other).is_some(), "{place}");
    }
    for length in [0, 2, 3, 66, last, bytes.len() - ENTRY] {
        assert!(read(&checkpoint, 1, &bytes[..length]).is_some(), "{length}");
    }
    let longer = [bytes.as_slice(), &bytes[67..][..ENTRY]].concat();
    assert!(read(&checkpoint, 1, &longer).is_some());
}

/// A checkpoint of one bucket with these entries, whose root fits.
fn rooted(entries: &[u8]) -> (Checkpoint, Vec<u8>) {
    let mut tree = MemoryBackedTree::<Sha256, [u8; 32]>::new();
    tree.push(leaf(entries));
    let checkpoint = Checkpoint {
        removals: AT.removals,
        bits: 0,
        root: (*tree.root().as_bytes()).into(),
    };
    let writer = Writer::artefact(Artefact::CheckpointBucket).u8(0);
    (checkpoint, writer.raw(entries).finish())
}

#[test]
fn entries_are_whole_and_rise_also_if_the_root_fits() {
    let made = made(3);
    let entries = made.files.buckets[0][3..].to_vec();
    let read = |entries: &[u8]| {
        let (checkpoint, bytes) = rooted(entries);
        checkpoint.read((&AT.scheme, AT.key_set), 0, &bytes).is_ok()
    };
    assert!(read(&entries));
    assert!(!read(&entries[..2 * ENTRY + 1]));
    let mut swapped = entries.clone();
    swapped.rotate_left(ENTRY);
    assert!(!read(&swapped));
    // Two entries of one tag: the second could stop whoever takes the last one.
    let twice = [&entries[..ENTRY], &entries].concat();
    assert!(!read(&twice));
}

#[test]
fn a_wrong_entry_stops_its_holder_by_its_own_check_and_nobody_else() {
    let made = made(3);
    let entries = &made.files.buckets[0][3..];
    let y = scalar_from_bytes(&made.handles[0]).unwrap();
    let tag = AT.tag(&made.handles[0]);
    let place = (entries.chunks(ENTRY))
        .position(|entry| entry[..16] == tag)
        .unwrap();
    let with = |c: &[u8; 48]| {
        let mut other = entries.to_vec();
        let sealed = AT.crypt(&made.handles[0], c);
        other[place * ENTRY + 16..][..48].copy_from_slice(sealed.as_slice());
        let (checkpoint, bytes) = rooted(&other);
        checkpoint
            .read((&AT.scheme, AT.key_set), 0, &bytes)
            .unwrap()
    };
    // A point that is not C: only (15) tells.
    let found = with(&g1_to_bytes(&hash_test_point(b"other"))).find(&y);
    assert!(!made.holds(&found.ok().unwrap()));
    // What is no point.
    let bucket = with(&[0xff; 48]);
    assert_eq!(bucket.find(&y).err(), Some(CheckpointError::Damaged));
    let other = scalar_from_bytes(&made.handles[1]).unwrap();
    assert!(made.holds(&bucket.find(&other).ok().unwrap()));
}

#[test]
fn tags_and_keys_are_of_one_scheme_key_set_and_place() {
    let y = [1; 32];
    let others = [
        CheckpointAt {
            scheme: [8; 32],
            ..AT
        },
        CheckpointAt { key_set: 3, ..AT },
        CheckpointAt { removals: 6, ..AT },
    ];
    for other in others {
        assert_ne!(AT.tag(&y), other.tag(&y));
        assert_ne!(AT.crypt(&y, &[0; 48]), other.crypt(&y, &[0; 48]));
    }
    assert_ne!(AT.tag(&y), AT.tag(&[2; 32]));
    assert_ne!(AT.crypt(&y, &[0; 48]), AT.crypt(&[2; 32], &[0; 48]));
    // Buckets are the same at every place.
    assert_eq!(bucket_of(&AT.scheme, &y, 24), bucket_of(&AT.scheme, &y, 24));
    assert_ne!(bucket_of(&[8; 32], &y, 24), bucket_of(&AT.scheme, &y, 24));
}
