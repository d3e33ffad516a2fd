//! Bundles, parts, the removal log and what follows it.

use serde_json::Value;
use veilpass::internals::curve::{
    G1Affine, G2Affine, Scalar, g1_from_bytes, g1_to_coordinates, g2_from_bytes,
    g2_generator_times_plus, pairing_equal, scalar_from_bytes,
};
use veilpass::internals::{bucket_of, find_in_bucket, segment as log};
use veilpass::registry::Checkpoint;
use veilpass::scheme::{PartDigest, Trust, UnverifiedBundle, UnverifiedHolderBundle};

use crate::reading::{Reader, array, bytes, changed, number, rng, text};

pub(super) fn bundle(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    let mut bundle = changed(&world.bundle_bytes, &test["change"]);
    if !test["signature"].is_null() {
        bundle[2..66].copy_from_slice(&bytes(&test["signature"]));
    }
    UnverifiedBundle::new(&bundle)
        .verify(&Trust::pinned(&world.card))
        .is_ok()
}

pub(super) fn holder_bundle(reader: &Reader<'_>, group: &Value, test: &Value) -> bool {
    let world = reader.world(group);
    let holder = changed(&world.holder_bytes, &test["change"]);
    let holder = UnverifiedHolderBundle::new(&holder);
    holder
        .verify(&Trust::pinned(&world.card), &mut rng())
        .is_ok()
}

pub(super) fn part(test: &Value) -> bool {
    hex::encode(PartDigest::of(&bytes(&test["bytes"])).0) == text(&test["digest"])
}

fn point(value: &Value) -> G1Affine {
    g1_from_bytes(&array(value)).unwrap()
}

fn key(value: &Value) -> G2Affine {
    g2_from_bytes(&array(value)).unwrap()
}

fn scalar(value: &Value) -> Scalar {
    scalar_from_bytes(&array(value)).unwrap()
}

/// e(left, Q + y·g2) = e(right, g2).
fn holds(q: &Value, y: &Value, left: &Value, right: &Value) -> bool {
    let key = g2_generator_times_plus(&scalar(y), &key(q));
    pairing_equal(&point(left), &key.into(), &point(right))
}

pub(super) fn witness(kind: &str, group: &Value, test: &Value) -> bool {
    let q = &group["Q"];
    if kind == "Removal" {
        let published = bytes(&test["published"]);
        assert_eq!(published[..32], bytes(&test["y"]));
        assert_eq!(published[32..], g1_to_coordinates(&point(&test["V"])));
        return holds(q, &test["y"], &test["V"], &test["V_before"]);
    }
    let segment = bytes(&group["segment"]);
    let run = log::decode(log::read(&segment).unwrap()).unwrap();
    let (from, to): (usize, usize) = (number(&test["from"]), number(&test["to"]));
    let (y, start) = (scalar(&test["y"]), point(&test["C_from"]));
    let end = match from <= to {
        true => log::forward_vartime(&y, &start, &run[from..to]).ok(),
        false => Some(log::back_vartime(&y, &start, &run[to..from])),
    };
    end.is_some_and(|end| {
        assert_eq!(end, point(&test["C_to"]));
        assert!(holds(q, &test["y"], &test["C_from"], &test["V_from"]));
        holds(q, &test["y"], &test["C_to"], &test["V_to"])
    })
}

pub(super) fn segment(group: &Value, test: &Value) -> bool {
    let segment = changed(&bytes(&group["segment"]), &test["change"]);
    log::read(&segment).is_ok_and(|rows| log::decode(rows).is_some())
}

pub(super) fn bucket(group: &Value, test: &Value) -> bool {
    let checkpoint = Checkpoint {
        removals: number(&group["removals"]),
        bits: number(&group["bits"]),
        root: array(&group["root"]),
    };
    let (scheme, y) = (array(&group["schemeId"]), scalar(&test["y"]));
    let place = bucket_of(&checkpoint, &scheme, &y).number;
    assert_eq!(i64::from(place), number::<i64>(&group["number"]));
    let bucket = changed(&bytes(&group["bucket"]), &test["change"]);
    let read = checkpoint.read((&scheme, number(&group["keySet"])), place, &bucket);
    let found = read
        .ok()
        .and_then(|bucket| find_in_bucket(&bucket, &y).ok());
    found.is_some_and(|found| {
        assert_eq!(*found.point(), point(&test["C"]));
        holds(&group["Q"], &test["y"], &test["C"], &group["V"])
    })
}

/// Opened with nothing but the primitives.
pub(super) fn sealed(group: &Value, test: &Value) -> bool {
    use chacha20poly1305::aead::{Aead, KeyInit, Payload};
    use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
    let mut key = [0; 32];
    let (salt, x) = (bytes(&group["schemeId"]), bytes(&test["X"]));
    let info = [
        b"veilpass accreditation".as_slice(),
        &bytes(&group["keySetDigest"]),
        &number::<u32>(&group["bundleNumber"]).to_be_bytes(),
        &number::<u32>(&test["epoch"]).to_be_bytes(),
    ];
    let hkdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(&salt), &x);
    hkdf.expand(&info.concat(), &mut key).unwrap();
    let cipher = ChaCha20Poly1305::new(&Key::from(key));
    let list = bytes(&group["list"]);
    let aad = bytes(&test["X1"]);
    let opened = list[2..].chunks(100).find_map(|place| {
        let payload = Payload {
            msg: place,
            aad: &aad,
        };
        cipher.decrypt(&Nonce::from([0; 12]), payload).ok()
    });
    assert_eq!(
        test["accreditation"].as_str().map(str::to_owned),
        opened.clone().map(hex::encode)
    );
    opened.is_some()
}
