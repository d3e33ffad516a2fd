use super::*;
use crate::scheme::{IssuerMode, Schema, Venues, Zone};

fn scheme(name: &str) -> Scheme {
    let zone = Zone::new("Europe/Moscow").unwrap();
    Scheme::new(
        [1; 32],
        name.into(),
        Schema::default(),
        IssuerMode::Hidden,
        zone,
        Venues::Open,
    )
    .unwrap()
}

fn line(day: i32, kind: &str, issued: u32) -> DayCount {
    DayCount {
        day: Day(day),
        kind: kind.into(),
        issued,
    }
}

fn count() -> UnsignedCount {
    UnsignedCount {
        at: UnixTime::from_seconds(7),
        rehearsal: false,
        free: 3,
        log_lines: 9,
        log_root: [5; 32],
        days: vec![line(1, "register", 2), line(1, "test", 3), line(2, "a", 4)],
        operators: vec![operator("Анна", 1), operator("boris", 2)],
        proofs: vec![proof(3, 2), proof(8, 0)],
    }
}

fn operator(label: &str, key: u8) -> CountedOperator {
    CountedOperator {
        label: label.into(),
        key: [key; 32],
        approvals: 7,
    }
}

fn proof(lines: u64, hashes: usize) -> LogProof {
    LogProof {
        lines,
        hashes: vec![[6; 32]; hashes],
    }
}

#[test]
fn operators_differ_and_proofs_rise_and_neither_is_longer_than_any() {
    let mut rng = rand::rng();
    let (scheme, key) = (scheme("a"), IssuerKey::generate(&mut rng));
    let refused = |count: UnsignedCount| {
        let bytes = count.sign(scheme.id(), &key, &mut rand::rng());
        UnverifiedCount::from_bytes(&bytes).is_err()
    };
    let (many, empty) = ("a".repeat(257), String::new());
    for operators in [
        vec![operator("anna", 1), operator("anna", 2)],
        vec![operator("anna", 1), operator("boris", 1)],
        vec![operator(&many, 1)],
        vec![operator(&empty, 1)],
        vec![operator("an\u{202e}na", 1)],
        (0..257).map(|n| operator(&n.to_string(), 1)).collect(),
    ] {
        assert!(refused(UnsignedCount {
            operators,
            ..count()
        }));
    }
    for proofs in [
        vec![proof(3, 1), proof(3, 1)],
        vec![proof(4, 1), proof(3, 1)],
        vec![proof(3, 127)],
        (0..9).map(|n| proof(n, 0)).collect(),
    ] {
        assert!(refused(UnsignedCount { proofs, ..count() }));
    }
    assert!(!refused(count()));
}

#[test]
fn a_signed_count_is_read_back_and_every_changed_byte_is_refused() {
    let mut rng = rand::rng();
    let (scheme, key) = (scheme("a"), IssuerKey::generate(&mut rng));
    let count = count();
    let bytes = count.sign(scheme.id(), &key, &mut rng);
    let read = |bytes: &[u8]| {
        let read = UnverifiedCount::from_bytes(bytes).ok()?;
        read.verify_vartime(&scheme, key.public()).ok()
    };
    let verified = read(&bytes).unwrap();
    assert_eq!(*verified.counted(), count);
    let rehearsed = UnsignedCount {
        rehearsal: true,
        ..count
    };
    let rehearsed = rehearsed.sign(scheme.id(), &key, &mut rng);
    assert!(read(&rehearsed).unwrap().is_rehearsal());
    assert_eq!(verified.issued(), 9);
    let by_day: Vec<_> = verified.by_day().collect();
    assert_eq!(by_day, [(Day(1), 5), (Day(2), 4)]);
    for place in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        assert_eq!(read(&bytes), None, "byte {place}");
    }
}

#[test]
fn a_count_is_for_one_scheme_and_of_one_issuer() {
    let mut rng = rand::rng();
    let (ours, other) = (scheme("a"), scheme("b"));
    let (key, stranger) = (IssuerKey::generate(&mut rng), IssuerKey::generate(&mut rng));
    let read = |bytes: &[u8]| UnverifiedCount::from_bytes(bytes).unwrap();
    let bytes = count().sign(ours.id(), &key, &mut rng);
    assert!(read(&bytes).verify_vartime(&other, key.public()).is_err());
    assert!(
        read(&bytes)
            .verify_vartime(&ours, stranger.public())
            .is_err()
    );
    // Signed by a stranger in the issuer's name.
    let id = key.public().id();
    let bytes = count().sign_as(ours.id(), &id, &stranger, &mut rng);
    assert!(read(&bytes).verify_vartime(&ours, key.public()).is_err());
}

#[test]
fn lines_must_rise() {
    let mut rng = rand::rng();
    let (scheme, key) = (scheme("a"), IssuerKey::generate(&mut rng));
    for days in [
        vec![line(1, "a", 1), line(1, "a", 1)],
        vec![line(2, "a", 1), line(1, "b", 1)],
        vec![line(1, &"k".repeat(33), 1)],
        vec![line(1, "a\x1b[2K", 1)],
    ] {
        let count = UnsignedCount { days, ..count() };
        let bytes = count.sign(scheme.id(), &key, &mut rng);
        assert!(UnverifiedCount::from_bytes(&bytes).is_err());
    }
}
