//! The removal log, witnesses that follow it, a checkpoint's bucket, and a sealed list.

use veilpass::Transcript;
use veilpass::internals::curve::{
    G1Affine, Scalar, g1_from_bytes, g1_to_bytes, g1_to_coordinates, g2_to_bytes, scalar_from_bytes,
};
use veilpass::internals::{
    PublicKeys, Witness, bucket_of, find_in_bucket, first_accumulator, segment, witness,
};
use veilpass::registry::{Handle, RemovalLog};
use veilpass::scheme::PartDigest;

use crate::encodings::plus_order;
use crate::json::{Group, Json, Test, VectorFile, bytes};
use crate::object;
use crate::passes::change;
use crate::world::World;

struct Registry<'a> {
    world: &'a World,
    log: RemovalLog,
    rows: Vec<[u8; 128]>,
}

/// V, from a row of the log.
fn accumulator(row: &[u8; 128]) -> G1Affine {
    // The encoding of a point is its x with a sign: whichever of both it is has these coordinates.
    let mut x: [u8; 48] = row[32..80].try_into().unwrap();
    x[0] |= 0x80;
    let signs = [0, 0x20].map(|sign| {
        let mut point = x;
        point[0] |= sign;
        g1_from_bytes(&point).unwrap()
    });
    let found = signs
        .into_iter()
        .find(|point| g1_to_coordinates(point)[..] == row[32..]);
    found.unwrap()
}

fn handle_scalar(row: &[u8]) -> Scalar {
    scalar_from_bytes(row[..32].try_into().unwrap()).unwrap()
}

impl<'a> Registry<'a> {
    fn new(world: &'a World) -> Self {
        let log = world.parts().0[0].removals.clone();
        let rows = log.rows().copied().collect();
        Self { world, log, rows }
    }

    fn own(&self) -> (Witness, Scalar) {
        let bytes = &self.world.handles[1];
        (
            witness(Handle::from_bytes(bytes).unwrap()),
            handle_scalar(bytes),
        )
    }

    fn keys(&self) -> PublicKeys {
        PublicKeys::of(&self.world.city.keys)
    }

    /// V after so many removals.
    fn after(&self, removals: usize) -> G1Affine {
        match removals.checked_sub(1) {
            Some(last) => accumulator(&self.rows[last]),
            None => first_accumulator(&self.world.city.scheme, 1),
        }
    }

    fn removals(&self) -> Group {
        let test = |(row, number): (&[u8; 128], usize)| {
            let fields = object! {
                "y": bytes(&row[..32]),
                "V_before": &self.after(number - 1),
                "V": &self.after(number),
                "published": bytes(row),
            };
            Test::valid(format!("removal {number}"), fields)
        };
        Group {
            kind: "Removal",
            shared: object! { "V_0": &self.after(0), "Q": &self.keys().registry },
            tests: self.rows.iter().zip(1..).map(test).collect(),
        }
    }

    fn updates(&self) -> Group {
        let (own, y) = self.own();
        let update = |from: u32, to: u32| {
            let start = own.at_vartime(&self.log, from).unwrap();
            let end = start.at_vartime(&self.log, to).unwrap();
            let place = |n: u32| usize::try_from(n).unwrap();
            let fields = object! {
                "y": &y,
                "from": from,
                "to": to,
                "C_from": start.point(),
                "V_from": &self.after(place(from)),
                "C_to": end.point(),
                "V_to": &self.after(place(to)),
            };
            Test::valid(format!("from {from} removals to {to}"), fields)
        };
        let mut tests: Vec<_> = [(0, 1), (0, 3), (1, 3), (3, 1), (3, 0)]
            .map(|(from, to)| update(from, to))
            .into();
        // The same point is nobody's witness of a removed handle; there is none.
        let removed = Test {
            valid: false,
            ..Test::valid(
                "the handle is the second that is removed: there is no way on",
                object! {
                    "y": bytes(&self.rows[1][..32]),
                    "from": 0,
                    "to": 3,
                    "C_from": own.point(),
                    "V_from": &self.after(0),
                    "C_to": Json::Null,
                    "V_to": &self.after(3),
                },
            )
        };
        tests.push(removed.flags(&["Removed"]));
        Group {
            kind: "WitnessUpdate",
            shared: object! {
                "Q": &self.keys().registry,
                "segment": bytes(self.log_bytes()),
            },
            tests,
        }
    }

    fn log_bytes(&self) -> Vec<u8> {
        segment::segments(&self.rows).next().unwrap()
    }

    fn segments(&self) -> Group {
        let good = self.log_bytes();
        let with = |place: usize, bytes: &[u8]| {
            let mut spoilt = good.clone();
            spoilt[place..place + bytes.len()].copy_from_slice(bytes);
            spoilt
        };
        // The second removal: y, then x and y of V.
        let (handle, x) = (2 + 128, 2 + 128 + 32);
        let half = |place: usize| good[place..place + 48].to_vec();
        let swapped = [half(x + 48), half(x)].concat();
        let cases = [
            ("good", good.clone()),
            (
                "a handle plus r",
                with(handle, &plus_order(&good[handle..handle + 32])),
            ),
            ("V: both coordinates are zero", with(x, &[0; 96])),
            ("V: not on the curve", with(x, &swapped)),
            (
                "V: (0, 2), of order 3: a reader takes it, and clears it from the sum",
                with(x, &order_3()),
            ),
            ("V: its coordinate is all ones", with(x, &[0xff; 48])),
            ("a byte is missing", good[..good.len() - 1].to_vec()),
            ("a byte is left over", [&good[..], &[0]].concat()),
            ("no removal", good[..2].to_vec()),
            ("another kind", with(1, b"K")),
            ("another version", with(0, &[1])),
        ];
        let test = |(comment, bytes_of): (&str, Vec<u8>)| {
            let valid = segment::read(&bytes_of).is_ok_and(|rows| segment::decode(rows).is_some());
            let fields = object! { "change": change(&good, &bytes_of) };
            Test {
                valid,
                ..Test::valid(comment, fields)
            }
            .flags(&["Segment"])
        };
        Group {
            kind: "Segment",
            shared: object! { "segment": bytes(&good), "digest": bytes(PartDigest::of(&good).0) },
            tests: cases.into_iter().map(test).collect(),
        }
    }

    fn checkpoint(&self) -> Group {
        let id = self.world.city.scheme.id();
        let parts = self.world.parts();
        let made = parts.0[0].checkpoint.clone().unwrap();
        let (checkpoint, bytes_of) = (made.checkpoint, &made.buckets[0]);
        let (own, y) = self.own();
        let at = |y: &Scalar, bytes_of: &[u8]| {
            let name = bucket_of(&checkpoint, id, y);
            let bucket = checkpoint.read((id, 1), name.number, bytes_of).ok()?;
            find_in_bucket(&bucket, y).ok()
        };
        let found = at(&y, bytes_of).unwrap();
        assert_eq!(found.point(), own.at_vartime(&self.log, 3).unwrap().point());
        let removed = handle_scalar(&self.rows[0]);
        let mut spoilt = bytes_of.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        let hash = |label: &str, y: &Scalar| {
            let hash = Transcript::new(label).field(id);
            let hash = hash.field(&veilpass::internals::curve::scalar_to_bytes(y));
            hash.field(&1_u32.to_be_bytes())
                .field(&checkpoint.removals.to_be_bytes())
                .digest()
        };
        let test = |comment: &str, y: &Scalar, bytes_of: &[u8], flag| {
            let found = at(y, bytes_of);
            let fields = object! {
                "y": y,
                "change": change(&made.buckets[0], bytes_of),
                "tag": bytes(&hash("checkpoint tag", y)[..16]),
                "key": bytes(hash("checkpoint key", y)),
                "C": found.as_ref().map(|found| Json::from(found.point())),
            };
            let test = Test {
                valid: found.is_some(),
                ..Test::valid(comment, fields)
            };
            test.flags(&[flag])
        };
        Group {
            kind: "CheckpointBucket",
            shared: object! {
                "schemeId": bytes(id),
                "keySet": 1,
                "removals": checkpoint.removals,
                "bits": checkpoint.bits,
                "root": bytes(checkpoint.root),
                "number": 0,
                "bucket": bytes(bytes_of),
                "V": &self.after(3),
                "Q": &self.keys().registry,
            },
            tests: vec![
                test("a handle that stands", &y, bytes_of, "Checkpoint"),
                test("a handle that was removed", &removed, bytes_of, "Removed"),
                test(
                    "the bucket is not the one of the root",
                    &y,
                    &spoilt,
                    "Checkpoint",
                ),
            ],
        }
    }

    fn sealed(&self) -> Group {
        let (city, keys) = (&self.world.city, self.keys());
        let list = &self.world.parts().0[0].accreditations[0];
        let v0 = self.after(0);
        let own = [
            &keys.number.to_be_bytes()[..],
            &g2_to_bytes(&keys.accreditation),
            &g2_to_bytes(&keys.date),
            &keys.table.to_be_bytes(),
            &g2_to_bytes(&keys.registry),
        ]
        .concat();
        let digest = Transcript::new("key set")
            .field(city.scheme.id())
            .field(&own);
        let digest = digest.field(&g1_to_bytes(&v0)).digest();
        let test = |comment, key: &veilpass::scheme::IssuerKey, epoch: u32, valid: bool| {
            let acc = city.accredit(key);
            let x1 = key.public().to_bytes()[96..].to_vec();
            let fields = object! {
                "X": bytes(key.public().id().to_bytes()),
                "X1": bytes(x1),
                "epoch": epoch,
                "accreditation": valid.then(|| bytes(acc.to_bytes())),
            };
            let test = Test {
                valid,
                ..Test::valid(comment, fields)
            };
            test.flags(&["Sealed"])
        };
        let mut rng: rand::rngs::StdRng = rand::SeedableRng::seed_from_u64(61);
        let stranger = veilpass::scheme::IssuerKey::generate(&mut rng);
        Group {
            kind: "SealedAccreditations",
            shared: object! {
                "schemeId": bytes(city.scheme.id()),
                "keySetDigest": bytes(digest),
                "bundleNumber": self.world.bundle.version(),
                "Gamma": &keys.accreditation,
                "list": bytes(list.to_bytes()),
            },
            tests: vec![
                test("an accredited issuer", &city.clinic, 7, true),
                test("the other accredited issuer", &city.portal, 7, true),
                test("an issuer that is not accredited", &stranger, 7, false),
                test("another epoch", &city.clinic, 8, false),
            ],
        }
    }
}

/// (0, 2).
fn order_3() -> [u8; 96] {
    let mut point = [0; 96];
    point[95] = 2;
    point
}

/// The file.
#[must_use]
pub fn file(world: &World) -> VectorFile {
    let registry = Registry::new(world);
    VectorFile {
        name: "registry",
        algorithm: "removals, witnesses, checkpoint, sealed accreditations",
        header: vec![
            "docs/protocol.md, 3.1 (15) to (17) and 3.1.1. V_before, V and y satisfy e(V, Q + y·g2) = e(V_before, g2); C, V and y \
             satisfy e(C, Q + y·g2) = e(V, g2).",
            "A removal is published as y and both coordinates of V. `change` is as in the files of doors.",
        ],
        notes: vec![
            ("Removed", "The handle was removed."),
            ("Segment", "A part of the log, as it is published."),
            ("Checkpoint", "A bucket, as it is published."),
            (
                "Sealed",
                "A list that holders fetch whole, and open with what they know of their issuer.",
            ),
        ],
        worlds: Vec::new(),
        groups: vec![
            registry.removals(),
            registry.updates(),
            registry.segments(),
            registry.checkpoint(),
            registry.sealed(),
        ],
    }
}
