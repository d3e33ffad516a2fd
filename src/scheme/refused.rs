//! What the decoders of a scheme refuse and nothing after them would. (The values of attributes are tested in
//! src/presentation/forgery/question.rs.)
//!
//! Compiled under `#[cfg(test)]` only.

use super::{
    AccreditationKey, Anew, BundleVerifyingKey, IssuerMode, KeySet, MinimumAge, Mode, Policy,
    RenewalPolicy, Schema, Scheme, Venues, Zone, are_distinct,
};
use crate::codec::{Reader, Writer};
use rand::{SeedableRng, rngs::StdRng};

#[test]
fn an_attribute_with_unknown_flags() {
    // A schema that is read as another one has another identifier for whoever writes it again: two
    // forms of one scheme.
    let good = Schema::default().write(Writer::default()).finish();
    let read = |flags: u8| {
        // The flags of the last attribute are the last byte.
        let mut bytes = good.clone();
        *bytes.last_mut().unwrap() = flags;
        Schema::read(&mut Reader::new("schema", &bytes)).is_ok()
    };
    for flags in 0..=u8::MAX {
        assert_eq!(read(flags), flags < 8, "{flags}");
    }
}

#[test]
fn a_key_set_with_a_table_of_one_day_or_none() {
    // u = 1 has one digit, 0: every age would be δ = 0 + 1·0, and a pass could be shown on its last day only.
    let mut rng = StdRng::seed_from_u64(61);
    let zone = Zone::new("Europe/Moscow").unwrap();
    let schema = Schema::default();
    let scheme = Scheme::new(
        [6; 32],
        "keys".into(),
        schema,
        IssuerMode::Hidden,
        zone,
        Venues::Open,
    )
    .unwrap();
    let key = *AccreditationKey::generate(&mut rng).public();
    for (table, good) in [(0, false), (1, false), (2, true)] {
        let keys = KeySet::new(&scheme, 1, key, key, table, key);
        let bytes = keys.write(Writer::default()).finish();
        let read = KeySet::read(&scheme, &mut Reader::new("keys", &bytes));
        assert_eq!(read.is_ok(), good, "{table}");
    }
}

/// A renewal of the default schema; `anew` by index and days.
fn renewal(number: u16, until: u8, from: Option<u8>, anew: &[(u8, u16)]) -> RenewalPolicy {
    let anew = anew.iter().map(|(attribute, days)| Anew {
        attribute: *attribute,
        days: *days,
    });
    RenewalPolicy::new(number, "again".into(), until, from, anew.collect())
}

#[test]
fn a_renewal_that_sets_what_no_issuer_may_set_anew() {
    // Secret and handle would be the issuer's to choose, and a text has no limit; 0 is the number of no renewal.
    let schema = Schema::default();
    let read = |renewal: &RenewalPolicy| {
        let bytes = renewal.write(Writer::default()).finish();
        RenewalPolicy::read(&schema, &mut Reader::new("renewal", &bytes)).is_ok()
    };
    let good = renewal(9, 2, None, &[(2, 365), (3, 1)]);
    assert!(read(&good));
    assert!(read(&renewal(9, 2, Some(3), &[(2, 365)])));
    for (why, bad) in [
        ("number 0", renewal(0, 2, None, &[(2, 365)])),
        ("nothing anew", renewal(9, 2, None, &[])),
        ("the secret", renewal(9, 2, None, &[(0, 1), (2, 1)])),
        ("the handle", renewal(9, 2, None, &[(1, 1)])),
        ("the holder's", renewal(9, 2, None, &[(4, 1)])),
        ("a text", renewal(9, 2, None, &[(7, 1)])),
        ("no attribute", renewal(9, 2, None, &[(8, 1)])),
        ("twice", renewal(9, 2, None, &[(2, 1), (2, 2)])),
        ("falling", renewal(9, 2, None, &[(3, 1), (2, 2)])),
        ("no days", renewal(9, 2, None, &[(2, 0)])),
        ("until a text", renewal(9, 7, None, &[(2, 1)])),
        ("one date twice", renewal(9, 2, Some(2), &[(2, 1)])),
    ] {
        assert!(!read(&bad), "{why}");
    }
    // A door's policy cannot have the mode, and of all policies each has its own number and name.
    let door = Policy {
        name: "door".into(),
        minimum_age: None::<MinimumAge>,
        modes: vec![Mode::Poster.with_grace(0)],
        ..good.policy().clone()
    };
    assert_eq!(door.check(&schema), Ok(()));
    let renews = Policy {
        modes: vec![Mode::Renewal.with_grace(0)],
        ..door.clone()
    };
    assert!(renews.check(&schema).is_err());
    let other = Policy {
        number: 8,
        ..door.clone()
    };
    let named = Policy {
        name: "again".into(),
        ..other.clone()
    };
    assert!(are_distinct(&[other], std::slice::from_ref(&good)));
    assert!(!are_distinct(&[door], std::slice::from_ref(&good)));
    assert!(!are_distinct(&[named], std::slice::from_ref(&good)));
}

#[test]
fn an_authority_key_of_small_order() {
    // Under A of order 1 a signature R = s·B holds for every message, under order 2 and 4 for one in two and in
    // four: z·B = R + c·A with c·A = 0. Strict verification refuses it, too; who pins such a key
    // hears of it here.
    let identity = (1, 0x00, 0x00);
    let order_two = (0xec, 0xff, 0x7f);
    let order_four = [(0, 0x00, 0x00), (0, 0x00, 0x80)];
    for (first, middle, last) in [identity, order_two, order_four[0], order_four[1]] {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        assert!(BundleVerifyingKey::from_bytes(&bytes).is_err(), "{bytes:?}");
    }
}
