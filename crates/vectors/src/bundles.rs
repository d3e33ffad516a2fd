//! A bundle, its manifest and parts; and bundles that readers refuse although the authority signed them.

use rand::{SeedableRng, rngs::StdRng};
use veilpass::internals::{PublicKeys, UnsignedBundle};
use veilpass::scheme::{
    HolderFiles, MinimumAge, Mode, PartDigest, Policy, Trust, UnverifiedBundle,
    UnverifiedHolderBundle, VenueId,
};

use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::passes::change;
use crate::world::World;

/// Where the authority's signature is.
const SIGNATURE: std::ops::Range<usize> = 2..66;

fn reads(world: &World, bundle: &[u8]) -> bool {
    let card = world.city.card();
    UnverifiedBundle::new(bundle)
        .verify(&Trust::pinned(&card))
        .is_ok()
}

/// A bundle beside the good one: changed, and then with a signature of its own.
fn test(world: &World, flag: &'static str, comment: &str, bundle: &[u8]) -> Test {
    let mut unsigned = bundle.to_vec();
    let mut signature = Json::Null;
    if bundle.len() >= SIGNATURE.end && bundle[SIGNATURE] != world.bundle_bytes[SIGNATURE] {
        signature = bytes(&bundle[SIGNATURE]);
        unsigned[SIGNATURE].copy_from_slice(&world.bundle_bytes[SIGNATURE]);
    }
    let fields =
        object! { "change": change(&world.bundle_bytes, &unsigned), "signature": signature };
    let valid = reads(world, bundle);
    Test {
        valid,
        ..Test::valid(comment, fields)
    }
    .flags(&[flag])
}

fn spoilt(world: &World) -> Vec<Test> {
    let good = &world.bundle_bytes;
    let flip = |place: usize| {
        let mut bundle = good.clone();
        bundle[place] ^= 1;
        bundle
    };
    let mut tests = vec![test(world, "Good", "good", good)];
    for (name, place) in [
        ("version", 0),
        ("kind", 1),
        ("signature", 40),
        ("scheme_id", 66),
        ("number", 101),
        ("the last byte", good.len() - 1),
    ] {
        tests.push(test(
            world,
            "Bytes",
            &format!("{name} differs"),
            &flip(place),
        ));
    }
    tests.push(test(
        world,
        "Bytes",
        "a byte is missing",
        &good[..good.len() - 1],
    ));
    tests.push(test(
        world,
        "Bytes",
        "a byte is left over",
        &[good, &[0][..]].concat(),
    ));
    tests
}

/// Policies by a name.
type Change = (&'static str, &'static str, fn(&mut UnsignedBundle), bool);

fn restaurant(bundle: &mut UnsignedBundle) -> &mut Policy {
    &mut bundle.policies[0]
}

/// What an authority could sign.
const CHANGES: &[Change] = &[
    (
        "Text",
        "a policy's name of 64 characters",
        |b| restaurant(b).name = "é".repeat(64),
        true,
    ),
    (
        "Text",
        "a policy's name of 65 characters",
        |b| restaurant(b).name = "é".repeat(65),
        false,
    ),
    (
        "Text",
        "a policy without a name",
        |b| restaurant(b).name.clear(),
        false,
    ),
    (
        "Text",
        "a policy's name that is not in normalisation form C",
        |b| restaurant(b).name = "cafe\u{301}".into(),
        false,
    ),
    (
        "Text",
        "a policy's name with a line break",
        |b| restaurant(b).name = "a\nb".into(),
        false,
    ),
    (
        "Text",
        "a policy's name that turns its line around",
        |b| restaurant(b).name = "a\u{202e}b".into(),
        false,
    ),
    (
        "Policy",
        "two policies of one name",
        |b| b.policies[1].name = b.policies[0].name.clone(),
        false,
    ),
    (
        "Policy",
        "two policies of one number",
        |b| b.policies[1].number = b.policies[0].number,
        false,
    ),
    (
        "Policy",
        "a window of 10 seconds",
        |b| restaurant(b).window = 10,
        true,
    ),
    (
        "Policy",
        "a window of 9 seconds",
        |b| restaurant(b).window = 9,
        false,
    ),
    (
        "Policy",
        "a window of 600 seconds",
        |b| restaurant(b).window = 600,
        true,
    ),
    (
        "Policy",
        "a window of 601 seconds",
        |b| restaurant(b).window = 601,
        false,
    ),
    (
        "Policy",
        "a grace of 31 days",
        |b| restaurant(b).modes[0].grace = 31 * 86_400,
        true,
    ),
    (
        "Policy",
        "a grace of 31 days and a second",
        |b| restaurant(b).modes[0].grace = 31 * 86_400 + 1,
        false,
    ),
    ("Policy", "no modes", |b| restaurant(b).modes.clear(), false),
    (
        "Policy",
        "modes that do not rise",
        |b| restaurant(b).modes.swap(0, 1),
        false,
    ),
    (
        "Policy",
        "a mode twice",
        |b| {
            let mode = restaurant(b).modes[0];
            restaurant(b).modes.insert(0, mode);
        },
        false,
    ),
    (
        "Policy",
        "the mode of renewals",
        |b| restaurant(b).modes = vec![Mode::Renewal.with_grace(0)],
        false,
    ),
    (
        "Policy",
        "any audience at posters",
        |b| restaurant(b).any_audience = true,
        false,
    ),
    (
        "Policy",
        "the secret disclosed",
        |b| restaurant(b).disclose = vec![0],
        false,
    ),
    (
        "Policy",
        "the handle disclosed",
        |b| restaurant(b).disclose = vec![1],
        false,
    ),
    (
        "Policy",
        "disclosed attributes that do not rise",
        |b| restaurant(b).disclose = vec![7, 2],
        false,
    ),
    (
        "Policy",
        "an attribute that is not there",
        |b| restaurant(b).until = 8,
        false,
    ),
    (
        "Policy",
        "a last day that is a text",
        |b| restaurant(b).until = 7,
        false,
    ),
    (
        "Policy",
        "a first day that is the last",
        |b| restaurant(b).from = Some(2),
        false,
    ),
    (
        "Policy",
        "an age by the last day",
        |b| {
            restaurant(b).minimum_age = Some(MinimumAge {
                attribute: 2,
                years: 18,
            })
        },
        false,
    ),
    ("Epochs", "no epoch", |b| b.epochs.clear(), false),
    (
        "Epochs",
        "a number is left out",
        |b| b.epochs[2].number += 1,
        false,
    ),
    (
        "Epochs",
        "two begin at once",
        |b| b.epochs[2].from = b.epochs[1].from,
        false,
    ),
    (
        "Epochs",
        "a key set that is not there",
        |b| b.epochs[2].standing.key_set = 2,
        false,
    ),
    (
        "Epochs",
        "an accreditation epoch that falls",
        |b| b.epochs[2].standing.accreditation_epoch = 6,
        false,
    ),
    (
        "Epochs",
        "removals that fall",
        |b| b.epochs[2].standing.removals = 0,
        false,
    ),
    (
        "Epochs",
        "two accumulators for one number of removals",
        |b| b.epochs[2].standing.removals = 1,
        false,
    ),
    (
        "Epochs",
        "periods that are not contiguous",
        |b| b.strip_epochs[2].period += 1,
        false,
    ),
    ("Keys", "no key set", |b| b.key_sets.clear(), false),
    (
        "Keys",
        "a key set twice",
        |b| {
            let keys = b.key_sets[0].clone();
            b.key_sets.push(keys);
        },
        false,
    ),
    (
        "Keys",
        "a date table of one entry",
        |b| {
            let keys = PublicKeys {
                table: 1,
                ..PublicKeys::of(&b.key_sets[0])
            };
            b.key_sets[0] = keys.key_set(&b.scheme);
        },
        false,
    ),
    (
        "Renewals",
        "a renewal with the number of a policy",
        |b| {
            b.policies[0].number = 9;
            b.policies.sort_by_key(|policy| policy.number);
        },
        false,
    ),
    (
        "Venues",
        "withdrawn venues",
        |b| b.withdrawn = venues(&[1, 2]),
        true,
    ),
    (
        "Venues",
        "withdrawn venues that do not rise",
        |b| b.withdrawn = venues(&[2, 1]),
        false,
    ),
    (
        "Venues",
        "a withdrawn venue twice",
        |b| b.withdrawn = venues(&[1, 1]),
        false,
    ),
];

fn venues(ids: &[u8]) -> Vec<VenueId> {
    ids.iter()
        .map(|id| VenueId::from_bytes([*id; 16]).unwrap())
        .collect()
}

fn signed(world: &World) -> Vec<Test> {
    let change = |(flag, comment, change, valid): &Change| {
        let mut bundle = world.raw();
        change(&mut bundle);
        let test = test(world, flag, comment, &bundle.sign(&world.city.bundle_key));
        assert_eq!(test.valid, *valid, "{comment}");
        test
    };
    CHANGES.iter().map(change).collect()
}

/// The manifest, which follows the bundle in what holders get, each with its length in front.
fn signed_manifest(world: &World) -> &[u8] {
    let rest = &world.holder_bytes[2 + 4 + world.bundle_bytes.len()..];
    let (length, rest) = rest.split_first_chunk::<4>().unwrap();
    &rest[..usize::try_from(u32::from_be_bytes(*length)).unwrap()]
}

/// Manifest and parts.
fn parts(world: &World) -> Group {
    let parts = world.parts();
    let manifest = parts.manifest(&world.raw());
    let key_set = &parts.0[0];
    let part = |name: &str, bytes_of: Vec<u8>| {
        let fields = object! { "part": name, "bytes": bytes(&bytes_of), "digest": bytes(PartDigest::of(&bytes_of).0) };
        Test::valid(name, fields)
    };
    let segment = veilpass::internals::segment::segments(
        &key_set.removals.rows().copied().collect::<Vec<_>>(),
    )
    .next();
    Group {
        kind: "Parts",
        shared: object! {
            "world": world.name,
            "manifest": bytes(signed_manifest(world)),
            "manifestDigest": bytes(manifest.digest()),
        },
        tests: vec![
            part("date table", key_set.table.to_bytes()),
            part("segment", segment.unwrap()),
            part("sealed list", key_set.accreditations[0].to_bytes()),
        ],
    }
}

fn holder_files(world: &World) -> Group {
    let good = &world.holder_bytes;
    let card = world.city.card();
    let reads = |bytes: &[u8]| {
        let mut rng = StdRng::seed_from_u64(71);
        UnverifiedHolderBundle::new(bytes)
            .verify(&Trust::pinned(&card), &mut rng)
            .is_ok()
    };
    assert!(HolderFiles::from_bytes(good).is_ok());
    let bundle = 6 + world.bundle_bytes.len();
    let flip = |place: usize| {
        let mut spoilt = good.clone();
        spoilt[place] ^= 1;
        spoilt
    };
    let cases = [
        ("good", good.clone(), true),
        ("the bundle's signature differs", flip(6 + 40), false),
        (
            "the manifest's signature differs",
            flip(bundle + 4 + 40),
            false,
        ),
        ("the manifest's body differs", flip(bundle + 4 + 110), false),
        (
            "an entry of the date table differs",
            flip(good.len() - 2000),
            false,
        ),
        ("a byte is missing", good[..good.len() - 1].to_vec(), false),
        ("a byte is left over", [good, &[0][..]].concat(), false),
    ];
    let test = |(comment, bytes_of, valid): (&str, Vec<u8>, bool)| {
        assert_eq!(reads(&bytes_of), valid, "{comment}");
        let fields = object! { "change": change(good, &bytes_of) };
        Test {
            valid,
            ..Test::valid(comment, fields)
        }
        .flags(&["Holders"])
    };
    Group {
        kind: "HolderBundle",
        shared: object! { "world": world.name },
        tests: cases.into_iter().map(test).collect(),
    }
}

/// The file.
#[must_use]
pub fn file(world: &World) -> VectorFile {
    let mut tests = spoilt(world);
    tests.extend(signed(world));
    let bundles = Group {
        kind: "Bundle",
        shared: object! {
            "world": world.name,
            "authoritySecretKey": bytes(*world.city.bundle_key.expose_bytes()),
        },
        tests,
    };
    VectorFile {
        name: "bundle",
        algorithm: "bundle, manifest, parts",
        header: vec![
            "docs/format.md has the fields, and what readers refuse. The bundle is that of the world, with the test's `change` and then, if there is \
             one, its `signature` at bytes 2 to 65. The signature is good, where only it differs from the good one's beside the change.",
            "A holders' bundle is that of the world with the test's `change`. Whether the clock is within a bundle is no part of reading it.",
        ],
        notes: vec![
            ("Good", "As it was published."),
            ("Bytes", "Not what was signed, or no bundle."),
            ("Text", "Signed; a text at its limits or past them."),
            ("Policy", "Signed; a policy at its limits or past them."),
            ("Epochs", "Signed; epochs that contradict each other."),
            ("Keys", "Signed; key sets that cannot be."),
            ("Renewals", "Signed; renewals that cannot be."),
            ("Venues", "Signed; withdrawn venues."),
            ("Holders", "What only holders get."),
        ],
        worlds: vec![world.for_holders()],
        groups: vec![bundles, parts(world), holder_files(world)],
    }
}
